"""Who is faster: a plan and a booking of the same band, two plans at once. Each guard is taken out once."""

import asyncio
from contextlib import asynccontextmanager
from datetime import time
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from miniapp_api.schedules import actions, models
from miniapp_api.schedules.actions import open_sessions
from miniapp_api.wiring import WIRING
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.locks import somebody_waits
from tests.miniapp_api.schedules.things import a_rule, bands_of, slot_at, tomorrow


async def broken() -> list[str]:
    return [sentence for sentence, sql in WIRING.invariants if await db.fetch(sql)]


async def plan_while_somebody_books(hospital, **change) -> props.Slot:
    """Change the rule; the plan has seen a free band when somebody's booking of it commits."""
    rule = await a_rule(capacity=2)
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    names = ", ".join(f"{name} = ${n}" for n, name in enumerate(change, start=2))
    await db.fetch(f"UPDATE schedule_rule SET {names} WHERE id = $1", rule["id"], *change.values())
    people = [await a_patient_by_row(hospital) for _ in range(2)]
    async with db.alone(hospital.settings.database_url) as other, asyncio.TaskGroup() as group, other.transaction():
        await other.fetch("SELECT FROM slot WHERE id = $1 FOR NO KEY UPDATE", slot.id)
        planning = group.create_task(open_sessions())
        await somebody_waits()
        await books_by_row(other, slot, people)
    assert planning.result() == 0
    return slot


async def books_by_row(connection, slot: props.Slot, people) -> None:
    await connection.execute("UPDATE slot SET taken = 2, last_number = 2 WHERE id = $1", slot.id)
    for number, person in enumerate(people, start=1):
        await connection.execute(
            "WITH a AS (INSERT INTO appointment (id, account_id, patient_id, slot_id, session_id, department_id,"
            " practitioner_id, number, status, open_place, day, starts_at, ends_at, channel)"
            " VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, 'booked', 1, $8, $9, $10, 'miniapp') RETURNING id)"
            " INSERT INTO transition (id, machine, subject_id, to_state, by_kind, channel)"
            " SELECT gen_random_uuid(), 'appointment', id, 'booked', 'patient', 'miniapp' FROM a",
            UUID(person.account_id),
            UUID(person.patient_id),
            slot.id,
            slot.session_id,
            slot.department_id,
            slot.practitioner_id,
            number,
            slot.day,
            slot.starts_at,
            slot.ends_at,
        )


async def test_a_band_that_is_booked_while_its_clinic_ends_stays(hospital):
    await plan_while_somebody_books(hospital, active=False)
    assert await bands_of(tomorrow()) == [("08:00", 2)]
    assert await broken() == []


async def test_without_the_guard_the_booked_band_would_go(hospital, monkeypatch):
    monkeypatch.setattr(models, "DELETE_SLOTS", models.delete_slots(guard="true"))
    with pytest.raises(BaseExceptionGroup) as caught:
        await plan_while_somebody_books(hospital, active=False)
    assert caught.group_contains(IntegrityError, match="appointment_slot_id_fkey")


async def test_fewer_places_stop_at_what_was_booked_meanwhile(hospital):
    await plan_while_somebody_books(hospital, capacity=1)
    assert (await bands_of(tomorrow()))[:2] == [("08:00", 2), ("08:30", 1)]
    assert await broken() == []


async def test_without_the_guard_the_constraint_still_refuses_fewer_places_than_are_taken(hospital, monkeypatch):
    monkeypatch.setattr(models, "CHANGE_CAPACITIES", models.change_capacities(guard="asked.capacity"))
    with pytest.raises(BaseExceptionGroup) as caught:
        await plan_while_somebody_books(hospital, capacity=1)
    assert caught.group_contains(IntegrityError, match="slot_never_oversold")


async def test_without_guard_and_constraint_a_band_is_oversold(hospital, monkeypatch):
    monkeypatch.setattr(actions, "ROUNDS", 1)  # a second look would give the places back
    monkeypatch.setattr(models, "CHANGE_CAPACITIES", models.change_capacities(guard="asked.capacity"))
    await db.fetch("ALTER TABLE slot DROP CONSTRAINT slot_never_oversold")
    try:
        await plan_while_somebody_books(hospital, capacity=1)
        assert "No slot has more appointments than places" in await broken()
    finally:
        await db.fetch("TRUNCATE slot CASCADE")
        await db.fetch("ALTER TABLE slot ADD CONSTRAINT slot_never_oversold CHECK (taken BETWEEN 0 AND capacity)")


async def doubles() -> int:
    rows = await db.fetch("SELECT FROM session GROUP BY practitioner_id, starts_at HAVING count(*) > 1")
    return len(rows)


async def test_plans_at_once_make_everything_once(hospital):
    for hour in (8, 10, 12):
        await a_rule(starts_at=time(hour), ends_at=time(hour + 2), desk_capacity=1)
    made = await asyncio.gather(*(open_sessions() for _ in range(4)))
    assert sum(made) == await props.count("session") > 0
    assert await doubles() == 0
    assert await open_sessions() == 0


@asynccontextmanager
async def no_constraint_on_sessions():
    name = "session_practitioner_id_starts_at_key"
    await db.fetch(f"ALTER TABLE session DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        await db.fetch("TRUNCATE session CASCADE")
        await db.fetch(f"ALTER TABLE session ADD CONSTRAINT {name} UNIQUE (practitioner_id, starts_at)")


async def plans_at_once_unlocked(hospital, monkeypatch) -> None:
    """Four plans that have all read before any of them writes: the plan's lock becomes a meeting point."""
    await a_rule()
    monkeypatch.setattr(actions, "ROUNDS", 1)  # a second look would take the doubles away
    monkeypatch.setattr(models, "LOCK", "SELECT 1")
    here = asyncio.Barrier(4)
    insert = models.INSERT_SESSIONS
    fetch = db.fetch

    async def meets(sql, *args):
        if sql == insert:
            await here.wait()
        return await fetch(sql, *args)

    monkeypatch.setattr(db, "fetch", meets)
    await asyncio.gather(*(open_sessions() for _ in range(4)))
    monkeypatch.setattr(db, "fetch", fetch)


async def test_without_the_lock_the_constraint_still_keeps_plans_apart(hospital, monkeypatch):
    await plans_at_once_unlocked(hospital, monkeypatch)
    assert await doubles() == 0
    assert await props.count("slot") == 4 * await props.count("session")


async def test_without_lock_and_constraint_sessions_are_doubled(hospital, monkeypatch):
    async with no_constraint_on_sessions():
        await plans_at_once_unlocked(hospital, monkeypatch)
        assert await doubles() > 0


async def test_a_rush_of_bookings_under_a_plan_leaves_the_counts_right(hospital):
    rule = await a_rule(capacity=8, desk_capacity=2)
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    crowd = [await a_patient_by_row(hospital) for _ in range(16)]

    async def books(person):
        body = {"slot_id": str(slot.id), "patient_id": person.patient_id}
        return await person.call("POST", "/appointments", body)

    async def replans():
        for capacity in (3, 6, 1):
            await db.fetch("UPDATE schedule_rule SET capacity = $2 WHERE id = $1", rule["id"], capacity)
            await open_sessions()

    *replies, _ = await asyncio.gather(*(books(person) for person in crowd), replans())
    sold = [reply.body["number"] for reply in replies if reply.status == 201]
    assert {reply.code for reply in replies if reply.status != 201} <= {"slot_full", "someone_was_faster"}
    assert sorted(sold) == list(range(1, len(sold) + 1))
    (row,) = await db.fetch("SELECT taken, capacity FROM slot WHERE id = $1", slot.id)
    assert row == {"taken": len(sold), "capacity": max(len(sold), 1)}
    assert await broken() == []
