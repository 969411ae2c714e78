"""Sessions and bands from the plan, in the database."""

from datetime import time, timedelta

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError

from miniapp_api.booking import actions as booking
from miniapp_api.errors import PlanChanged
from miniapp_api.schedules.actions import compare, open_sessions, write
from miniapp_api.wiring import WIRING
from server import clock as watch
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.schedules.things import a_rule, bands_of, slot_at, tomorrow, usual


async def changed(rule, **values) -> None:
    for name, value in values.items():
        await db.fetch(f"UPDATE schedule_rule SET {name} = $2, version = version + 1 WHERE id = $1", rule["id"], value)


async def all_rows() -> list:
    return [await db.fetch(f"SELECT * FROM {table} ORDER BY id") for table in ("session", "slot")]


async def booked(slot: props.Slot, count: int = 1) -> list:
    people = [await a_patient_by_row(None) for _ in range(count)]
    return [await props.an_appointment(slot, person.patient_id, person.account_id) for person in people]


async def assert_sound() -> None:
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def test_the_same_plan_again_changes_nothing(hospital):
    await a_rule(desk_capacity=2)
    assert await open_sessions() > 0
    before = await all_rows()
    assert await open_sessions() == 0
    assert await all_rows() == before


async def test_each_pool_has_its_own_places_and_a_patient_sees_one(hospital):
    rule = await a_rule(desk_capacity=2, revisit_capacity=1, referral_capacity=1)
    await open_sessions()
    half_hours = ["08:00", "08:30", "09:00", "09:30"]
    for pool, places in {"app": 3, "desk": 2, "revisit": 1, "referral": 1}.items():
        assert await bands_of(tomorrow(), pool) == [(begin, places) for begin in half_hours]
    seen, _ = await booking.slots(rule["department_id"], None, tomorrow(), tomorrow())
    assert [list(zip(one.pools, one.capacities, strict=True)) for one in seen] == [[("app", 3)] * 4]


async def test_a_patient_cannot_take_what_is_kept_for_others(hospital):
    await a_rule(desk_capacity=2)
    await open_sessions()
    patient = await a_patient_by_row(hospital)
    kept, own = await slot_at(tomorrow(), 8, pool="desk"), await slot_at(tomorrow(), 8)
    form = {"slot_id": str(kept.id), "patient_id": patient.patient_id}
    assert (await patient.refused("/appointments", form)).status == 404
    mine = await patient.books(own.id)
    path = f"/appointments/{mine['id']}/rescheduling"
    assert (await patient.refused(path, {"slot_id": str(kept.id)})).status == 404
    assert await props.count("slot", "taken > 0 AND pool <> 'app'") == 0


async def test_a_changed_rule_changes_what_is_free_and_keeps_what_is_booked(hospital):
    rule = await a_rule()
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    await booked(slot, 2)
    await changed(rule, capacity=1, ends_at=time(9))
    await open_sessions()
    assert await bands_of(tomorrow()) == [("08:00", 2), ("08:30", 1)]
    assert await bands_of(tomorrow() + timedelta(days=7)) == [("08:00", 1), ("08:30", 1)]
    (conflict,) = (await compare(rule["department_id"])).conflicts
    assert (conflict.band.id, conflict.why, conflict.taken, conflict.wanted) == (slot.id, "too_many", 2, 1)
    await changed(rule, active=False)
    await open_sessions()
    assert await bands_of(tomorrow()) == [("08:00", 2)]
    assert await props.count("session") == 1
    await assert_sound()


async def test_a_clinic_that_comes_back_sells_again(hospital):
    rule = await a_rule()
    await open_sessions()
    patient = await a_patient_by_row(hospital)
    mine = await patient.books((await slot_at(tomorrow(), 8)).id)
    await patient.post(f"/appointments/{mine['id']}/cancellation")
    await changed(rule, active=False)
    await open_sessions()
    assert await bands_of(tomorrow()) == [("08:00", 0)]
    assert (await booking.slots(rule["department_id"], None, tomorrow(), tomorrow()))[0] == []
    await changed(rule, active=True)
    await open_sessions()
    assert await bands_of(tomorrow()) == [(begin, 3) for begin in ("08:00", "08:30", "09:00", "09:30")]
    assert (await patient.books((await slot_at(tomorrow(), 8)).id))["number"] == 2


async def test_an_answer_after_a_change_says_the_new_capacity(hospital):
    rule = await a_rule()
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    one, two = [await a_patient_by_row(hospital) for _ in range(2)]
    assert (await one.books(slot.id))["slot"]["capacity"] == 3
    await changed(rule, capacity=2)
    await open_sessions()
    answer = await two.books(slot.id)
    assert (answer["slot"]["capacity"], answer["slot"]["available"]) == (2, 0)


async def test_a_doctor_who_leaves_takes_the_free_sessions_away(hospital):
    rule = await a_rule()
    await open_sessions()
    await db.fetch("UPDATE practitioner SET active = false WHERE id = $1", rule["practitioner_id"])
    await open_sessions()
    assert await props.count("session") == await props.count("slot") == 0


async def test_leave_extra_clinic_and_capacity_by_rows(hospital):
    rule = await a_rule()
    person, here, day = rule["practitioner_id"], rule["department_id"], tomorrow()
    days = {"first_day": day, "last_day": day}
    await props.insert(
        "schedule_exception", kind="leave", practitioner_id=person, starts_at=time(8), ends_at=time(9), **days
    )
    await props.insert("schedule_exception", kind="capacity", department_id=here, capacity=7, desk_capacity=1, **days)
    await props.insert(
        "schedule_exception",
        kind="extra",
        practitioner_id=person,
        department_id=here,
        starts_at=time(19),
        ends_at=time(20),
        slot_minutes=60,
        visit_type="expert",
        capacity=5,
        desk_capacity=0,
        revisit_capacity=0,
        referral_capacity=0,
        **days,
    )
    await open_sessions()
    assert await bands_of(day) == [("09:00", 7), ("09:30", 7), ("19:00", 7)]
    assert await bands_of(day, "desk") == [("09:00", 1), ("09:30", 1), ("19:00", 1)]
    await db.fetch("UPDATE schedule_exception SET active = false")
    await open_sessions()
    assert await bands_of(day) == [(begin, 3) for begin in ("08:00", "08:30", "09:00", "09:30")]
    assert await bands_of(day, "desk") == []


async def test_an_own_holiday_closes_or_runs_as_a_sunday(hospital):
    rule = await a_rule()
    closed = await a_rule()
    await db.fetch("DELETE FROM schedule_setting WHERE department_id = $1", rule["department_id"])
    await db.fetch(
        "UPDATE schedule_setting SET on_holidays = 'closed' WHERE department_id = $1", closed["department_id"]
    )
    sunday = await a_rule(weekday=6, starts_at=time(14), ends_at=time(15), department_id=rule["department_id"])
    await db.fetch("INSERT INTO calendar_day (day, kind, name) VALUES ($1, 'holiday', '院庆')", tomorrow())
    await open_sessions()
    found = await db.fetch("SELECT schedule_rule_id FROM session WHERE day = $1", tomorrow())
    assert [row["schedule_rule_id"] for row in found] == [sunday["id"]]


async def test_an_unknown_year_is_flagged_until_somebody_says(hospital, clock):
    await clock.set_to(watch.at(watch.today().replace(year=2090, month=5, day=2), 9))
    rule = await a_rule()
    await db.fetch("DELETE FROM schedule_setting")
    await open_sessions()
    assert await props.count("session", "NOT is_unconfirmed") == 0 < await props.count("session")
    await db.fetch("INSERT INTO calendar_year (year) VALUES (2090)")
    assert await open_sessions() == 0
    assert await props.count("session", "is_unconfirmed") == 0
    await usual(rule["department_id"])


async def test_places_open_at_the_second_that_the_department_set(hospital, clock):
    rule = await a_rule()
    await db.fetch("UPDATE schedule_setting SET release_days_ahead = 7, release_at = '07:00:30'")
    day = tomorrow() + timedelta(days=7)
    await open_sessions()
    opens_at = watch.at(watch.today() + timedelta(days=1), 7) + timedelta(seconds=30)
    slot = await slot_at(day, 8)
    (row,) = await db.fetch("SELECT opens_at FROM session WHERE id = $1", slot.session_id)
    assert row["opens_at"] == opens_at
    await clock.set_to(opens_at - timedelta(seconds=5))
    patient = await a_patient_by_row(hospital)
    form = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    assert (await patient.refused("/appointments", form)).code == "not_yet_open"
    await clock.set_to(opens_at)
    assert (await patient.books(slot.id))["number"] == 1
    assert rule["capacity"] == 3


async def test_the_database_refuses_two_clinics_of_one_person_at_once(hospital):
    rule = await a_rule(weekday=6, starts_at=time(22), ends_at=time(6))
    same = {"practitioner_id": rule["practitioner_id"], "department_id": rule["department_id"]}
    for weekday, begin, end in ((6, 23, 0), (0, 5, 7), (0, 0, 0), (6, 21, 23)):
        with pytest.raises(IntegrityError, match="schedule_rule_no_overlap"):
            await a_rule(**same, weekday=weekday, starts_at=time(begin), ends_at=time(end))
    await a_rule(**same, weekday=0, starts_at=time(6), ends_at=time(8))
    await a_rule(**same, weekday=6, starts_at=time(20), ends_at=time(22))
    await a_rule(**same, weekday=6, starts_at=time(21), ends_at=time(23), active=False)
    await db.fetch("UPDATE schedule_rule SET valid_until = $1 WHERE id = $2", tomorrow(), rule["id"])
    after = tomorrow() + timedelta(days=1)
    await a_rule(**same, weekday=6, starts_at=time(23), ends_at=time(0), valid_from=after)
    with pytest.raises(IntegrityError, match="schedule_rule_no_overlap"):
        await a_rule(**same, weekday=6, starts_at=time(23), ends_at=time(0), valid_from=tomorrow())


async def test_the_database_keeps_one_band_of_a_pool(hospital):
    await a_rule(desk_capacity=1)
    await open_sessions()
    slot = await slot_at(tomorrow(), 8)
    band = {"session_id": slot.session_id, "starts_at": slot.starts_at, "ends_at": slot.ends_at, "capacity": 1}
    with pytest.raises(IntegrityError, match="slot_once_per_pool"):
        await props.insert("slot", **band, pool="desk")
    await props.insert("slot", **band, pool="revisit")


async def test_what_somebody_has_seen_is_written_or_nothing(hospital):
    rule = await a_rule()
    await open_sessions()
    await changed(rule, active=False)
    changes = await compare(rule["department_id"])
    await booked(await slot_at(tomorrow(), 9))
    with pytest.raises(PlanChanged):
        async with db.transaction():
            await write(changes, exactly=True)
    assert await bands_of(tomorrow()) == [(begin, 3) for begin in ("08:00", "08:30", "09:00", "09:30")]


def test_the_driver_knows_an_exclusion_as_an_integrity_error():
    assert issubclass(asyncpg.ExclusionViolationError, asyncpg.IntegrityConstraintViolationError)
