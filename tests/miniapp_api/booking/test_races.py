"""Who is faster: the last place, one person in two places at once, a stop under a rush of bookings."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from miniapp_api.booking import effects
from miniapp_api.patients.models import LOCK_TO_REMOVE
from miniapp_api.stops import models as stops
from miniapp_api.wiring import WIRING
from server import clock, db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.locks import somebody_waits

CLIENTS = 60


async def a_crowd(hospital, size: int = CLIENTS) -> list:
    return [await a_patient_by_row(hospital) for _ in range(size)]


async def books(patient, slot_id, **headers):
    body = {"slot_id": str(slot_id), "patient_id": patient.patient_id}
    return await patient.call("POST", "/appointments", body, **headers)


def outcomes(replies) -> Counter:
    return Counter(reply.body["status"] if reply.status < 300 else reply.code for reply in replies)


async def row_of(slot) -> dict:
    return await db.fetch_one("SELECT taken, capacity, last_number FROM slot WHERE id = $1", slot.id)


async def assert_sound() -> None:
    """What the package promises of its tables holds."""
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def fight_for_the_last_place(hospital):
    crowd = await a_crowd(hospital)
    slot = await props.a_slot(capacity=1)
    return slot, outcomes(await asyncio.gather(*(books(patient, slot.id) for patient in crowd)))


@asynccontextmanager
async def nothing_behind_the_guard():
    """Take the constraint away that would still refuse what the statement's guard let through."""
    await db.fetch("ALTER TABLE slot DROP CONSTRAINT slot_never_oversold")
    try:
        yield
    finally:
        await db.fetch("TRUNCATE slot CASCADE")
        await db.fetch(
            "ALTER TABLE slot ADD CONSTRAINT slot_never_oversold"
            " CHECK (taken >= 0 AND kept >= 0 AND taken + kept <= capacity)"
        )


async def test_sixty_fight_for_the_last_place_and_one_gets_it(hospital):
    slot, found = await fight_for_the_last_place(hospital)
    assert found == {"booked": 1, "slot_full": CLIENTS - 1}
    assert await row_of(slot) == {"taken": 1, "capacity": 1, "last_number": 1}
    assert await props.count("appointment") == await props.count("fact") == await props.count("transition") == 1
    await assert_sound()


@pytest.mark.mutant
async def test_without_the_guard_the_last_place_is_sold_twice(hospital, monkeypatch):
    # without the look before the lock too: it refuses whoever comes in a later group
    blind = effects.take_statement(guard="true").replace("ELSE taken + kept < capacity END", "ELSE true END")
    monkeypatch.setattr(effects, "TAKE", blind)
    async with nothing_behind_the_guard():
        _, found = await fight_for_the_last_place(hospital)
        assert found["booked"] > 1
        with pytest.raises(AssertionError):
            await assert_sound()


@pytest.mark.mutant
async def test_without_the_guard_the_constraint_still_stands(hospital, monkeypatch):
    monkeypatch.setattr(effects, "TAKE", effects.take_statement(guard="true"))
    slot = await props.a_slot(capacity=0)
    patient = await a_patient_by_row(hospital)
    with pytest.raises(Exception, match="slot_never_oversold"):
        await db.fetch("UPDATE slot SET taken = taken + 1 WHERE id = $1", slot.id)
    assert (await books(patient, slot.id)).code == "slot_full"


async def test_a_slot_with_room_for_all_numbers_them_without_a_gap(hospital):
    crowd = await a_crowd(hospital, 20)
    slot = await props.a_slot(capacity=20)
    replies = await asyncio.gather(*(books(patient, slot.id) for patient in crowd))
    assert sorted(reply.body["number"] for reply in replies) == list(range(1, 21))
    assert sorted(reply.body["slot"]["available"] for reply in replies) == list(range(20))
    await assert_sound()


async def test_one_request_sent_many_times_at_once_is_one_booking(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    key = str(uuid4())
    replies = await asyncio.gather(*(books(patient, slot.id, Idempotency_Key=key) for _ in range(8)))
    assert {(reply.status, reply.raw) for reply in replies} == {(201, replies[0].raw)}
    assert sum("Idempotent-Replayed" in reply.headers for reply in replies) == 7
    assert (await row_of(slot))["taken"] == 1


async def test_one_person_cannot_pass_the_limit_by_booking_at_once(hospital):
    patient = await a_patient_by_row(hospital)
    slots = await props.slots_apart(12)
    await asyncio.gather(*(books(patient, slot.id) for slot in slots))
    while (last := await books(patient, slots[-1].id)).status == 201:
        slots.append(await props.a_slot(starts_at=clock.now() + timedelta(hours=len(slots) + 1)))
    assert last.code in ("too_many_bookings", "already_booked")
    assert await props.count("appointment", "status = 'booked'") <= 5
    await assert_sound()


async def test_bookings_and_cancellations_at_once_leave_the_count_right(hospital):
    crowd = await a_crowd(hospital, 16)
    slots = [await props.a_slot(capacity=3) for _ in range(2)]

    async def dithers(patient, slot) -> None:
        for _ in range(3):
            reply = await books(patient, slot.id)
            if reply.status == 201:
                await asyncio.gather(
                    *(patient.call("POST", f"/appointments/{reply.body['id']}/cancellation", {}) for _ in range(2))
                )

    await asyncio.gather(*(dithers(patient, slots[n % 2]) for n, patient in enumerate(crowd)))
    assert await props.count("appointment", "status = 'booked'") == 0
    assert [(await row_of(slot))["taken"] for slot in slots] == [0, 0]
    await assert_sound()


async def test_two_who_swap_their_slots_do_not_block_each_other(hospital):
    one, two = await a_crowd(hospital, 2)
    here, there = await props.a_slot(capacity=2), await props.a_slot(capacity=2)
    for _ in range(4):
        first, second = (await books(one, here.id)).body, (await books(two, there.id)).body
        replies = await asyncio.gather(
            one.call("POST", f"/appointments/{first['id']}/rescheduling", {"slot_id": str(there.id)}),
            two.call("POST", f"/appointments/{second['id']}/rescheduling", {"slot_id": str(here.id)}),
        )
        assert [reply.status for reply in replies] == [201, 201]
        for patient, reply in zip((one, two), replies, strict=True):
            await patient.post(f"/appointments/{reply.body['id']}/cancellation")
    await assert_sound()


async def test_a_stop_under_a_rush_leaves_nobody_in_the_stopped_session(hospital):
    crowd = await a_crowd(hospital, 24)
    slot = await props.a_slot(capacity=24)
    admin = await a_member_of_staff(hospital, "admin")

    async def stops():
        while (await row_of(slot))["taken"] < 3:
            await asyncio.sleep(0)
        return await admin.post(f"/admin/sessions/{slot.session_id}/stop", {"reason": "医生外出会诊"})

    *replies, _ = await asyncio.gather(*(books(patient, slot.id) for patient in crowd), stops())
    found = outcomes(replies)
    assert set(found) <= {"booked", "session_stopped"}
    assert await props.count("appointment", "status = 'booked'") == 0
    assert await props.count("fact", "name = 'AppointmentCancelled'") == found["booked"]
    assert (await row_of(slot))["taken"] == 0
    await assert_sound()


async def test_a_booking_that_waited_for_a_stop_hears_of_it(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    async with db.alone(hospital.settings.database_url) as desk, asyncio.TaskGroup() as group, desk.transaction():
        await desk.fetch(stops.LOCK_SLOTS, [slot.session_id])
        booking = group.create_task(books(patient, slot.id))
        await somebody_waits()
        await desk.fetch(stops.STOP_SESSIONS, [slot.session_id], [1])
        await desk.fetch(stops.STOP_SLOTS, [slot.id])
    assert booking.result().code == "session_stopped"
    await assert_sound()


async def test_a_booking_that_waited_for_a_removal_finds_nobody(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    async with db.alone(hospital.settings.database_url) as owner, asyncio.TaskGroup() as group, owner.transaction():
        await owner.fetch(LOCK_TO_REMOVE, patient.patient_id)
        booking = group.create_task(books(patient, slot.id))
        await somebody_waits()
        await owner.fetch("UPDATE patient SET deleted_at = app_now() WHERE id = $1", patient.patient_id)
    assert booking.result().status == 404
    assert (await row_of(slot))["taken"] == 0
