"""The weekly clinics of a department: who sits in which room on which half-day. Pure.

No practitioner is in two rooms at once and no room has two practitioners: a half-day of a department deals its rooms
out to different people.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any

from infra.seed.plan import EMERGENCY, GENERAL, Place

Clinic = dict[str, Any]  # a line of kind `schedule`, in the terms of a catalogue file

MORNING = (time(8), time(12))
AFTERNOON = (time(14), time(17, 30))
EVENING = (time(18), time(21))
EMERGENCY_TURNS = ((time(0), time(8)), (time(8), time(16)), (time(16), time(0)))
GENERAL_TURNS = ((time(7), time(12)), (time(12), time(17)), (time(17), time(22)))
EVERY_DAY = range(7)
WORKDAYS = range(5)
SATURDAY, SUNDAY = 5, 6
EVENING_DAYS = (0, 2, 4)
CAPACITY = {"主任医师": 3, "副主任医师": 4, "主治医师": 5, "住院医师": 6}
SLOT_MINUTES = 30


def clinics(rng: random.Random, place: Place, doctors: Sequence[dict[str, Any]], rooms: Sequence[str]) -> list[Clinic]:
    """Give the weekly clinics of a department; each doctor has at least one.

    doctors: rows of kind `practitioner`, at least as many as rooms. rooms: their codes.
    """
    if place.code == EMERGENCY:
        return list(_in_turns(place, doctors, rooms, turns=EMERGENCY_TURNS, capacity=10))
    if place.code == GENERAL:
        return list(_in_turns(place, doctors, rooms, turns=GENERAL_TURNS, capacity=6))
    return list(_by_half_days(rng, place, doctors, rooms))


def _in_turns(
    place: Place, doctors: Sequence[dict[str, Any]], rooms: Sequence[str], *, turns: Sequence[tuple], capacity: int
) -> Iterator[Clinic]:
    """Fill the first room every day in turns, by two teams of three; the others share the second room by day."""
    for day in EVERY_DAY:
        team = doctors[:3] if day % 2 == 0 else doctors[3:6]
        for doctor, (begin, end) in zip(team, turns, strict=True):
            yield _clinic(place, doctor, rooms[0], when=(day, begin, end), capacity=capacity)
        doctor = doctors[6 + day % 2]
        for begin, end in (MORNING, AFTERNOON):
            yield _clinic(place, doctor, rooms[1], when=(day, begin, end), capacity=capacity)


def _by_half_days(
    rng: random.Random, place: Place, doctors: Sequence[dict[str, Any]], rooms: Sequence[str]
) -> Iterator[Clinic]:
    half_days = [(day, *half, len(rooms)) for day in WORKDAYS for half in (MORNING, AFTERNOON)]
    half_days += [(SATURDAY, *MORNING, len(rooms) - 1)]
    if place.evenings:
        half_days += [(SUNDAY, *MORNING, 1), *((day, *EVENING, 1) for day in EVENING_DAYS)]
    turn = list(doctors)
    rng.shuffle(turn)
    dealt = 0
    for day, begin, end, open_rooms in half_days:
        # the last room stays empty now and then, as rooms do; the first is always in use
        used = open_rooms - 1 if open_rooms > 1 and rng.random() < 0.2 else open_rooms
        for room in rooms[:used]:
            yield _clinic(place, turn[dealt % len(turn)], room, when=(day, begin, end))
            dealt += 1


def _clinic(
    place: Place, doctor: dict[str, Any], room: str, *, when: tuple[int, time, time], capacity: int | None = None
) -> Clinic:
    day, begin, end = when
    most = max(2, SLOT_MINUTES // place.minutes)  # more people than minutes would only make them wait
    is_expert = doctor["title"] in ("主任医师", "副主任医师") and capacity is None
    kept = 1 if is_expert and place.evenings else 0  # of each band, for people without a phone and for revisits
    return {
        "practitioner_code": doctor["code"],
        "department_code": place.code,
        "room_code": room,
        "weekday": day,
        "starts_at": begin,
        "ends_at": end,
        "slot_minutes": SLOT_MINUTES,
        "capacity": capacity or min(CAPACITY[doctor["title"]], most),
        "desk_capacity": kept,
        "revisit_capacity": kept,
        "visit_type": "expert" if is_expert else "ordinary",
        "active": True,
    }
