"""One human being, whatever the account: limits hold for the person, and two acts never pass each other unseen."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from miniapp_api.booking import effects
from miniapp_api.booking.claims import Claim, Taken
from miniapp_api.booking.places import take_within
from miniapp_api.errors import AlreadyBooked, SlotFull
from server import clock as time
from server import db
from server.history import SYSTEM
from tests import props
from tests.cast import a_patient_by_row

NUMBER = b"\x01" * 32  # what an identity number's index looks like


async def the_same_person_twice(hospital):
    """Two accounts, each with a file about one person."""
    return [await a_patient_by_row(hospital, id_number_index=NUMBER) for _ in range(2)]


async def books(patient, slot):
    return await patient.call("POST", "/appointments", {"slot_id": str(slot.id), "patient_id": patient.patient_id})


async def person_of(patient) -> dict:
    return await db.fetch_one(
        "SELECT person.* FROM person JOIN patient p ON p.person_id = person.id WHERE p.id = $1",
        UUID(patient.patient_id),
    )


async def test_two_accounts_of_one_person_share_the_session_the_time_and_the_limit(hospital):
    one, two = await the_same_person_twice(hospital)
    slot = await props.a_slot()
    assert (await books(one, slot)).status == 201
    assert (await books(two, slot)).code == "already_booked"
    assert (await books(two, await props.a_slot())).code == "time_conflict"
    for later in await props.slots_apart(4):
        assert (await books(one, later)).status == 201
    last = await props.a_slot(starts_at=time.now() + timedelta(hours=9))
    assert (await books(two, last)).code == "too_many_bookings"


async def test_one_practitioner_sees_a_person_once_a_day(hospital):
    patient = await a_patient_by_row(hospital)
    morning = await props.a_slot(starts_at=time.at(time.today() + timedelta(days=1), 9))
    afternoon = await props.a_slot(
        starts_at=time.at(time.today() + timedelta(days=1), 14),
        department_id=morning.department_id,
        practitioner_id=morning.practitioner_id,
    )
    assert (await books(patient, morning)).status == 201
    assert (await books(patient, afternoon)).code == "same_practitioner"


async def test_who_is_suspended_hears_until_when(hospital):
    patient = await a_patient_by_row(hospital)
    await db.fetch("UPDATE person SET suspended_until = app_now() + interval '1 day'")
    refused = await books(patient, await props.a_slot())
    assert (refused.status, refused.code) == (409, "suspended")
    assert "until" in refused.body


async def fight(hospital, kind: str) -> int:
    """The same person asks from two accounts at once for what excludes each other; gives how many succeeded."""
    pair = await the_same_person_twice(hospital)
    slot = await props.a_slot(capacity=9)
    other = slot if kind == "session" else await props.a_slot(capacity=9)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_in_a_transaction_of_its_own(patient, asked))
            for patient, asked in zip(pair, (slot, other), strict=True)
        ]
    found = [task.result() for task in tasks]
    await db.fetch("UPDATE appointment SET status = 'cancelled'")
    await db.fetch("DELETE FROM appointment")
    return sum(isinstance(one, Taken) for one in found)


async def _in_a_transaction_of_its_own(patient, slot):
    claim = Claim(slot_id=slot.id, patient_id=UUID(patient.patient_id), account_id=UUID(patient.account_id), by=SYSTEM)
    async with db.transaction():
        (found,) = await take_within([claim])
    return found


@pytest.mark.parametrize("kind", ["session", "time"])
async def test_one_person_asking_twice_at_once_gets_one(hospital, kind):
    assert [await fight(hospital, kind) for _ in range(5)] == [1] * 5


@pytest.mark.mutant
async def test_without_the_persons_guard_one_person_is_in_two_places(hospital, monkeypatch):
    monkeypatch.setattr(effects, "TAKE", effects.take_statement(person_guard="true"))
    await db.fetch("ALTER TABLE appointment DROP CONSTRAINT appointment_no_time_conflict")
    await db.fetch("DROP INDEX appointment_open_place_once")
    try:
        assert 2 in [await fight(hospital, "time") for _ in range(20)]
    finally:
        await db.fetch(
            "CREATE UNIQUE INDEX appointment_open_place_once ON appointment (person_id, open_place)"
            " WHERE status IN ('held', 'booked')"
        )
        await db.fetch(
            "ALTER TABLE appointment ADD CONSTRAINT appointment_no_time_conflict EXCLUDE USING gist (person_id WITH =,"
            " tstzrange(starts_at, ends_at) WITH &&) WHERE (status IN ('held', 'booked', 'checked_in', 'in_service'))"
        )


async def test_what_is_learned_of_a_person_carries_bookings_and_suspension_along(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    assert (await books(patient, slot)).status == 201
    await db.fetch("UPDATE person SET suspended_until = '2099-01-01'")
    before = await person_of(patient)
    await patient.call("PATCH", f"/patients/{patient.patient_id}", {"phone": "13900000001"})
    after = await person_of(patient)
    assert after["id"] != before["id"]
    assert after["suspended_until"] == before["suspended_until"]
    row = await db.fetch_one("SELECT person_id FROM appointment")
    assert row["person_id"] == after["id"]


async def test_a_file_does_not_become_a_person_whose_bookings_exclude_its_own(hospital):
    number = "11010519491231002X"
    one, two = [await a_patient_by_row(hospital) for _ in range(2)]
    slot = await props.a_slot()
    assert [(await books(patient, slot)).status for patient in (one, two)] == [201, 201]
    assert (await one.call("PATCH", f"/patients/{one.patient_id}", {"id_number": number})).status == 200
    clash = await two.call("PATCH", f"/patients/{two.patient_id}", {"id_number": number})
    assert (clash.status, clash.code) == (409, "bookings_clash")
    assert (await person_of(one))["id"] != (await person_of(two))["id"]


async def test_claims_inside_a_transaction_are_each_answered(hospital):
    people = [await a_patient_by_row(hospital) for _ in range(3)]
    slot, other = await props.a_slot(capacity=2), await props.a_slot(starts_at=time.now() + timedelta(hours=3))
    claims = [
        Claim(slot_id=slot.id, patient_id=UUID(p.patient_id), account_id=UUID(p.account_id), by=SYSTEM) for p in people
    ]
    again = Claim(
        slot_id=other.id, patient_id=UUID(people[0].patient_id), account_id=UUID(people[0].account_id), by=SYSTEM
    )
    async with db.transaction():
        found = await take_within([*claims, again, claims[0]])
    assert [type(one) for one in found] == [Taken, Taken, SlotFull, Taken, AlreadyBooked]
    assert [one.number for one in found if isinstance(one, Taken)] == [1, 2, 1]
