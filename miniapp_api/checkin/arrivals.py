"""One arrival, together with whoever else arrives at this moment: the read of all that decides, and the effect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.checkin import answers, effects, models, rules
from miniapp_api.queue.order.ordering import rule_of
from miniapp_api.queue.policies.basis import Claim, Place
from miniapp_api.queue.showing import logged, told
from miniapp_api.queue.waiting.waits import Tables, remembered_tables
from server import clock, db, live
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden
from server.events import fact_row
from server.facts import PatientArrived
from server.grouping import Group
from server.history import By
from server.ids import new_id
from server.jobs import ring

ROUNDS = 3  # of reading and trying again when somebody was faster
# what a twin runs into: the same scan, another scan of the same appointment, another way into the same queue
RACES = frozenset({"scan_pkey", "ticket_one_for_an_appointment", "ticket_one_place_for_a_person"})
Asked = tuple[UUID | None, UUID | None, UUID | None]


def served(desk_department_id: UUID | None, staff: SignedInStaff | None) -> frozenset[UUID] | None:
    """Give the departments that a desk and its guide check in for; None is all of them."""
    own = None if staff is None else staff.departments_of(Role.GUIDE)
    if desk_department_id is None:
        return None if own is None else frozenset(own)
    if own is not None and desk_department_id not in own:
        raise Forbidden()
    return frozenset({desk_department_id})


async def look(scan_id: UUID | None, appointment_id: UUID | None, desk_id: UUID | None) -> dict[str, Any]:
    """Read everything that decides about one arrival, together with whoever else arrives at this moment."""
    asked = (scan_id, appointment_id, desk_id)
    return (await look_together([asked]))[0] if db.in_a_transaction() else await _looks.ask(asked)


async def look_together(group: Sequence[Asked]) -> list[dict[str, Any]]:
    """Read for many at once; one row each, in their order."""
    rows = await db.fetch(models.LOOK, *(list(column) for column in zip(*group, strict=True)))
    return sorted(rows, key=lambda row: row["ord"])


async def arrive(arrival: Sequence[Any]) -> dict[str, Any] | None:
    """Do one arrival, together with whoever else arrives at this moment; None when it is no longer as it was read.

    Inside a transaction it is a savepoint, so that a twin's violation leaves the rest standing.
    """
    if not db.in_a_transaction():
        return await _arrivals.ask(arrival)
    async with db.transaction():
        return (await arrive_together([arrival]))[0]


async def arrive_together(group: Sequence[Sequence[Any]]) -> list[dict[str, Any] | None]:
    """Do many arrivals in one statement; None for each that is no longer as it was read."""
    columns = zip(*((n, *one) for n, one in enumerate(group)), strict=True)
    done = {row["ord"]: row for row in await db.fetch(effects.ARRIVE, *(list(column) for column in columns))}
    return [done.get(n) for n in range(len(group))]


# What comes while a group is under way goes with the next, which costs the database hardly more than one arrival. Only
# when a group is held up, by a queue that somebody has locked, does another go beside it. Of more than four the half
# waits: all in one group would let the server and the database wait for each other in turn.
AT_MOST = 8
WHOLE = 4
PATIENCE_SECONDS = 0.02
_looks: Group[Asked, dict[str, Any]] = Group(look_together, at_most=AT_MOST, patience=PATIENCE_SECONDS)
_arrivals: Group[Sequence[Any], dict[str, Any] | None] = Group(
    arrive_together, at_most=AT_MOST, patience=PATIENCE_SECONDS, whole=WHOLE
)


def arrival_of(row: dict[str, Any], serves: frozenset[UUID] | None) -> rules.Arrival:
    """Give what decides about an arrival. row: as `look` gives it. serves: see `served`."""
    return rules.Arrival(
        status=row["status"],
        session_status=row["session_status"],
        has_place=bool(row["has_place"]),
        department_id=row["department_id"],
        day=row["day"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        opens_minutes=row["check_in_opens_minutes"],
        closes_minutes=row["check_in_closes_minutes"],
        serves=serves,
    )


def effect_of(row: dict[str, Any], ticket_id: UUID, now: datetime, *, by: By, why: str = "") -> tuple[Any, ...]:
    """Give the arguments $2 to $26 of the effect. The ticket belongs to the day on which the person is here."""
    is_today = row["day"] == clock.today()
    # somebody who was let in on another day is due now, and sees whoever of the department is here
    band = (row["starts_at"], row["ends_at"]) if is_today else (now, now)
    practitioner_id = row["practitioner_id"] if is_today else None
    place = rule_of(row).place_of(Claim(now, band))
    fact_id, _, payload = fact_row(_arrived(row, ticket_id))
    ticket = _as_shown(row, ticket_id, practitioner_id, now, place)
    return (
        row["id"],
        row["status"],
        row["department_id"],
        clock.today(),
        ticket_id,
        row["ticket_prefix"],
        row["patient_id"],
        row["account_id"],
        practitioner_id,
        place.sort_class,
        place.sort_at,
        place.rule,
        ticket["rule_version"],
        now,
        by.kind,
        by.id,
        by.channel,
        why[:500],
        new_id(),
        new_id(),
        fact_id,
        payload,
        live.queue_topic(row["department_id"]),
        orjson.dumps(told(ticket)).decode(),
        orjson.dumps(logged(ticket)).decode(),
    )


def _as_shown(
    row: dict[str, Any], ticket_id: UUID, practitioner_id: UUID | None, now: datetime, place: Place
) -> dict[str, Any]:
    """Give the ticket that is about to be born as `queue.models.TICKET` will read it; the line gives its number."""
    return {
        "id": ticket_id,
        "label": "",
        "number": 0,
        "state": "waiting",
        "department_id": row["department_id"],
        "department_name": row["department_name"],
        "practitioner_id": practitioner_id,
        "practitioner_name": row["practitioner_name"] if practitioner_id else None,
        "room_id": None,
        "room_name": None,
        "room_location": None,
        "patient_id": row["patient_id"],
        "patient_name": row["patient_name"],
        "appointment_id": row["id"],
        "triage": "normal",
        "flags": "[]",
        "checked_in_at": now,
        "called_at": None,
        "call_count": 0,
        "miss_count": 0,
        "started_at": None,
        "finished_at": None,
        "stage": "",
        "next_place": "",
        "reason": "",
        "ready_place": None,
        "turn_calls": 0,
        "held_until": None,
        "greeted_at": None,
        "informed_at": None,
        "undo_to": None,
        "version": 1,
        "sort_class": place.sort_class,
        "sort_at": place.sort_at,
        "rule": place.rule,
        "rule_version": rule_of(row).version,
        "reorderings": "[]",
        "band_starts_at": row["starts_at"],
        "band_ends_at": row["ends_at"],
    }


async def waits_of(row: dict[str, Any]) -> Tables:
    """Give how long one waits in this line with 0, 1, … ahead."""
    return await remembered_tables(
        row["department_id"],
        row["day"],
        practitioner_id=row["practitioner_id"],
        session_starts_at=row["session_starts_at"],
    )


def promised(waits: Tables, scanned_at: datetime | None = None) -> tuple[Any, ...]:
    """Give the last arguments of the effect: what is told of the wait, the device's time, what the wait rests on."""
    about, within, expected = waits.columns
    return about, within, scanned_at, expected


def ring_for(row: dict[str, Any]) -> None:
    """Wake who tells of an arrival."""
    ring("relay")
    live.nudge(live.queue_topic(row["department_id"]))


def _arrived(row: dict[str, Any], ticket_id: UUID) -> PatientArrived:
    return PatientArrived(
        ticket_id=ticket_id,
        appointment_id=row["id"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        department_id=row["department_id"],
        department_name=row["department_name"],
        location=answers.waiting_place(row),
        label="",
    )
