"""Each guard of the statements that take and give back places, taken out: somebody must notice."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from miniapp_api.booking import effects
from miniapp_api.booking.claims import Claim, Taken
from miniapp_api.booking.places import Ending, give_back, take_within
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.errors import AlreadyBooked, SlotFull
from miniapp_api.stops import models as stops
from server import clock as time
from server import db
from server.history import SYSTEM
from tests import props
from tests.cast import a_patient_by_row
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed


async def books(patient, slot, path="/appointments"):
    return await patient.call("POST", path, {"slot_id": str(slot.id), "patient_id": patient.patient_id})


async def taken(slot) -> int:
    return (await db.fetch_one("SELECT taken FROM slot WHERE id = $1", slot.id))["taken"]


async def refuses(hospital, code: str, **session) -> None:
    """A booking in such a session is refused with this code, and nothing is written."""
    slot = await props.a_slot(**session)
    reply = await books(await a_patient_by_row(hospital), slot)
    assert (reply.status, reply.code) == (409, code)
    assert await taken(slot) == 0


async def before_the_release(hospital):
    await refuses(hospital, "not_yet_open", opens_at=time.now() + timedelta(minutes=1))


async def while_it_is_drawn(hospital):
    await refuses(hospital, "draw_open", is_drawing=True)


async def when_the_session_is_closed(hospital):
    await refuses(hospital, "slot_over", status="closed")


async def when_the_slot_is_over(hospital):
    await refuses(hospital, "slot_over", starts_at=time.now() - timedelta(minutes=31))


async def a_place_of_the_desk(hospital):
    slot = await props.a_slot()
    await db.fetch("UPDATE slot SET pool = 'desk' WHERE id = $1", slot.id)
    assert (await books(await a_patient_by_row(hospital), slot)).status == 404
    assert await taken(slot) == 0


async def twice_in_a_session(hospital):
    patient, slot = await a_patient_by_row(hospital), await props.a_slot()
    later = {"starts_at": slot.ends_at, "ends_at": slot.ends_at + timedelta(minutes=30)}
    other = await props.insert("slot", session_id=slot.session_id, capacity=5, **later)
    assert (await books(patient, slot)).status == 201
    assert isinstance(await a_claim(patient, replace(slot, id=other), is_bound=False), AlreadyBooked)


async def in_two_places_at_once(hospital):
    patient = await a_patient_by_row(hospital)
    await books(patient, await props.a_slot())
    assert (await books(patient, await props.a_slot())).code == "time_conflict"


async def a_sixth_open_booking(hospital):
    patient = await a_patient_by_row(hospital)
    *slots, last = await props.slots_apart(6)
    for slot in slots:
        assert (await books(patient, slot)).status == 201
    assert (await books(patient, last)).code == "too_many_bookings"


async def the_same_practitioner_twice_a_day(hospital):
    patient = await a_patient_by_row(hospital)
    tomorrow = time.today() + timedelta(days=1)
    first = await props.a_slot(starts_at=time.at(tomorrow, 9))
    later = await props.a_slot(
        starts_at=time.at(tomorrow, 14), department_id=first.department_id, practitioner_id=first.practitioner_id
    )
    assert (await books(patient, first)).status == 201
    assert (await books(patient, later)).code == "same_practitioner"


async def a_suspended_person(hospital):
    patient = await a_patient_by_row(hospital)
    await db.fetch("UPDATE person SET suspended_until = app_now() + interval '1 hour'")
    assert (await books(patient, await props.a_slot())).code == "suspended"


async def somebody_elses_patient(hospital):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot = await props.a_slot()
    body = {"slot_id": str(slot.id), "patient_id": other.patient_id}
    assert (await patient.call("POST", "/appointments", body)).status == 404


async def a_removed_person(hospital):
    patient, slot = await a_patient_by_row(hospital), await props.a_slot()
    await db.fetch("UPDATE patient SET deleted_at = app_now()")
    assert (await books(patient, slot)).status == 404


async def a_kept_place(hospital):
    patient, slot = await a_patient_by_row(hospital), await props.a_slot(capacity=1)
    await db.fetch("UPDATE slot SET kept = 1 WHERE id = $1", slot.id)
    assert (await books(patient, slot)).code == "slot_full"


async def a_stop_while_somebody_waits_for_the_row(hospital):
    patient, slot = await a_patient_by_row(hospital), await props.a_slot()
    async with db.alone(hospital.settings.database_url) as desk, asyncio.TaskGroup() as group, desk.transaction():
        await desk.fetch(stops.LOCK_SLOTS, [slot.session_id])
        booking = group.create_task(books(patient, slot))
        await somebody_waits()
        await desk.fetch(stops.STOP_SLOTS, [slot.id])
    assert booking.result().status == 409
    assert await taken(slot) == 0


async def a_claim(patient, slot, **more):
    claim = Claim(
        slot_id=slot.id, patient_id=UUID(patient.patient_id), account_id=UUID(patient.account_id), by=SYSTEM, **more
    )
    async with db.transaction():
        (found,) = await take_within([claim])
    return found


async def a_hold(hospital, seconds=60):
    patient, slot = await a_patient_by_row(hospital), await props.a_slot()
    found = await a_claim(patient, slot, held_until=time.now() + timedelta(seconds=seconds))
    assert isinstance(found, Taken)
    return patient, slot, found.appointment_id


async def ends(appointment_id, becomes) -> int:
    return len(await give_back([Ending(appointment_id=appointment_id, becomes=becomes, by=SYSTEM)]))


async def a_hold_that_still_has_time(hospital):
    _, slot, held = await a_hold(hospital)
    assert await ends(held, AppointmentStatus.EXPIRED) == 0
    assert await taken(slot) == 1


async def a_booking_that_cannot_expire(hospital):
    patient, slot = await a_patient_by_row(hospital), await props.a_slot()
    found = await a_claim(patient, slot)
    assert await ends(found.appointment_id, AppointmentStatus.EXPIRED) == 0


async def given_back_twice(hospital):
    _, slot, held = await a_hold(hospital)
    assert [await ends(held, AppointmentStatus.CANCELLED) for _ in range(2)] == [1, 0]
    assert await taken(slot) == 0


async def a_hold_that_is_over(hospital):
    patient, _, held = await a_hold(hospital)
    await db.fetch("UPDATE appointment SET held_until = app_now() - interval '1 second' WHERE id = $1", held)
    reply = await patient.call("POST", f"/appointments/{held}/confirmation", {})
    assert (reply.status, reply.code) == (409, "hold_expired")


async def a_hold_in_a_stopped_slot(hospital):
    patient, slot, held = await a_hold(hospital)
    await db.fetch("UPDATE slot SET is_stopped = true WHERE id = $1", slot.id)
    assert (await patient.call("POST", f"/appointments/{held}/confirmation", {})).status == 409


async def a_booking_moved_twice_at_once(hospital):
    patient = await a_patient_by_row(hospital)
    first, *others = [await props.a_slot(starts_at=time.now() + timedelta(hours=n + 1)) for n in range(3)]
    booked = (await books(patient, first)).body
    path = f"/appointments/{booked['id']}/rescheduling"
    async with db.alone(hospital.settings.database_url) as desk, asyncio.TaskGroup() as group, desk.transaction():
        await desk.fetch(stops.LOCK_SLOTS, [first.session_id])
        for slot in others:
            group.create_task(patient.call("POST", path, {"slot_id": str(slot.id)}))
        await somebody_waits(people=2)
    assert await taken(first) == 0
    assert sum([await taken(slot) for slot in others]) == 1
    assert await props.count("appointment", "status = 'booked'") == 1


async def two_ask_for_the_last_place_together(hospital):
    slot = await props.a_slot(capacity=1)
    crowd = [await a_patient_by_row(hospital) for _ in range(2)]
    claims = [
        Claim(slot_id=slot.id, patient_id=UUID(p.patient_id), account_id=UUID(p.account_id), by=SYSTEM) for p in crowd
    ]
    async with db.transaction():
        found = await take_within(claims)
    assert [type(one) for one in found] == [Taken, SlotFull]
    assert await taken(slot) == 1


async def numbers_without_a_double(hospital):
    first, *crowd = [await a_patient_by_row(hospital) for _ in range(8)]
    slot = await props.a_slot(capacity=8)
    replies = [await books(first, slot), *await asyncio.gather(*(books(patient, slot) for patient in crowd))]
    assert sorted(reply.body["number"] for reply in replies) == list(range(1, 9))


def of(statement: str, name: str, scenario, *edits: tuple[str, str]) -> Mutant:
    return Mutant(f"{statement}: {name}", effects, statement, edits, scenario)


MUTANTS = [
    of("TAKE", "release", before_the_release, ("opens_at <= now AND", "true AND")),
    of("TAKE", "draw", while_it_is_drawn, ("AND NOT is_drawing)", "AND true)")),
    of("TAKE", "session open", when_the_session_is_closed, ("AND session_status = 'open'", "")),
    of("TAKE", "end of the slot", when_the_slot_is_over, ("AND ends_at > now AND", "AND")),
    of("TAKE", "pool", a_place_of_the_desk, ("pool = ANY (string_to_array(pools, ','))", "true")),
    of("TAKE", "once a session", twice_in_a_session, ("AND in_session IS NULL AND", "AND")),
    of("TAKE", "one time", in_two_places_at_once, ("AND at_that_time IS NULL AND", "AND")),
    of("TAKE", "open bookings", a_sixth_open_booking, ("THEN $30::integer ELSE", "THEN 50 ELSE")),
    of("TAKE", "practitioner a day", the_same_practitioner_twice_a_day, ("AND that_day < $32::integer", "")),
    of(
        "TAKE",
        "suspension",
        a_suspended_person,
        ("(suspended_until IS NULL OR suspended_until <= now) AND", ""),
        ("OR people.suspended_until IS NULL OR people.suspended_until <= fits.now)", "OR true)"),
    ),
    of(
        "TAKE",
        "own patient",
        somebody_elses_patient,
        ("(NOT asked.is_own OR patient.account_id = asked.account_id)", "true"),
    ),
    of("TAKE", "removed patient", a_removed_person, ("AND patient.deleted_at IS NULL", "")),
    of(
        "TAKE",
        "kept places",
        a_kept_place,
        ("ELSE taken + kept < capacity END", "ELSE taken < capacity END"),
        ("ELSE nth <= capacity - taken - kept END", "ELSE nth <= capacity - taken END"),
    ),
    of("TAKE", "stop", a_stop_while_somebody_waits_for_the_row, ("WHERE NOT places.is_stopped", "WHERE true")),
    of(
        "TAKE",
        "places",
        two_ask_for_the_last_place_together,
        ("ELSE nth <= capacity - taken - kept END", "ELSE true END"),
    ),
    of(
        "TAKE", "count", two_ask_for_the_last_place_together, ("taken = slot.taken + sold.places", "taken = slot.taken")
    ),
    of("TAKE", "numbers", numbers_without_a_double, ("slot.last_number + sold.places", "slot.last_number + 0")),
    of("GIVE_BACK", "time of a hold", a_hold_that_still_has_time, ("AND was.held_until <= app_now()", "")),
    of(
        "GIVE_BACK",
        "bookings do not expire",
        a_booking_that_cannot_expire,
        ("said.becomes IN ('cancelled', 'rescheduled')", "true"),
    ),
    of("GIVE_BACK", "once", given_back_twice, ("ELSE false END", "ELSE true END")),
    of("CONFIRM", "time of the hold", a_hold_that_is_over, ("AND appointment.held_until > app_now()", "")),
    of("CONFIRM", "stop", a_hold_in_a_stopped_slot, ("AND NOT slot.is_stopped", "")),
    of("LEAVE", "only a booking", a_booking_moved_twice_at_once, ("AND status = 'booked' AND version = $2", "")),
]


@pytest.mark.parametrize("scenario", sorted({one.scenario for one in MUTANTS}, key=lambda s: s.__name__))
async def test_the_story_holds(hospital, scenario):
    await scenario(hospital)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
async def test_without_the_guard_the_story_does_not_hold(hospital, mutant, monkeypatch):
    await is_killed(mutant, monkeypatch, hospital)
