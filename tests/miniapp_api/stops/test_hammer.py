"""M8: five hundred people in one session that is stopped, a fifth of them acting themselves at that moment; and deaths.

Afterwards nobody is sold a place twice, everybody has exactly one outcome, and counters equal rows.
"""

import asyncio
import random
from uuid import UUID

import pytest

from server import db
from tests import props
from tests.cast import PatientClient, a_patient_by_row
from tests.miniapp_api.stops.scenes import Clinic, a_clinic, another, assert_sound, past_the_deadline
from tests.processes import a_process

PEOPLE, RACING, OUTSIDERS = 500, 100, 60

# people who will not act: accounts, patients and bookings at once. $1 slot, $2 how many, $3 the first number
CROWD = """
WITH n AS (SELECT generate_series($3::integer, $3 + $2 - 1) AS n), place AS (
    SELECT s.*, se.department_id, se.practitioner_id, se.day FROM slot s JOIN session se ON se.id = s.session_id
    WHERE s.id = $1
), accounts AS (
    INSERT INTO account (id, openid) SELECT gen_random_uuid(), 'crowd-' || n FROM n RETURNING id, openid
), patients AS (
    INSERT INTO patient (id, account_id, file_number, name, relation)
    SELECT gen_random_uuid(), id, 'F-' || openid, '王小明', 'self' FROM accounts RETURNING id, account_id, file_number
), made AS (
    INSERT INTO appointment (id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
                             number, status, open_place, day, starts_at, ends_at, channel)
    SELECT gen_random_uuid(), p.account_id, p.id, p.id, place.id, place.session_id, place.department_id,
           place.practitioner_id, replace(p.file_number, 'F-crowd-', '')::integer, 'booked', 1, place.day,
           place.starts_at, place.ends_at, 'miniapp'
    FROM patients p, place RETURNING id, account_id
), history AS (
    INSERT INTO transition (id, machine, subject_id, to_state, by_kind, by_id, channel)
    SELECT gen_random_uuid(), 'appointment', id, 'booked', 'patient', account_id, 'miniapp' FROM made
)
UPDATE slot SET taken = taken + $2, last_number = last_number + $2 WHERE id = $1
"""


async def a_full_clinic(hospital, people: int, racing: int) -> tuple[Clinic, list[props.Slot]]:
    """A session with as many people as are asked for, and too few places elsewhere."""
    clinic = await a_clinic(hospital, racing, capacity=people)
    # the triggers that name a person run before the appointment needs it
    await db.fetch(CROWD, clinic.slot.id, people - racing, racing + 1)
    same = [await clinic.same_doctor(hours=24 * n) for n in (1, 2)]
    await db.fetch("UPDATE slot SET capacity = $2 WHERE id = ANY($1)", [one.id for one in same], people // 5)
    others = [await clinic.colleague(hours=2 + 3 * n) for n in range(4)]
    await db.fetch("UPDATE slot SET capacity = $2 WHERE id = ANY($1)", [one.id for one in others], people // 10)
    return clinic, [*same, *others]


async def acts_alone(person: PatientClient, booked: str, targets: list[props.Slot], dice: random.Random) -> None:
    """Somebody who cancels or moves at that moment; being told no is fine."""
    await asyncio.sleep(0)
    if dice.random() < 0.5:
        reply = await person.call("POST", f"/appointments/{booked}/cancellation", {})
    else:
        body = {"slot_id": str(dice.choice(targets).id)}
        reply = await person.call("POST", f"/appointments/{booked}/rescheduling", body)
    assert reply.status in (200, 201, 409), reply.raw


async def books_there(person: PatientClient, target: props.Slot) -> None:
    reply = await person.call("POST", "/appointments", {"slot_id": str(target.id), "patient_id": person.patient_id})
    assert reply.status in (201, 409), reply.raw


async def everybody_has_exactly_one_outcome(clinic: Clinic, people: int) -> None:
    rows = await db.fetch(
        "SELECT a.id, a.status, (SELECT count(*) FROM stopped_visit v WHERE v.appointment_id = a.id"
        " AND v.state <> 'void' AND v.outcome IS NOT NULL) AS outcomes,"
        " EXISTS (SELECT FROM transition t WHERE t.subject_id = a.id AND t.by_kind = 'patient'"
        "  AND t.to_state IN ('cancelled', 'rescheduled')) AS acted"
        " FROM appointment a WHERE a.session_id = $1",
        clinic.slot.session_id,
    )
    assert len(rows) == people
    assert {row["status"] for row in rows} <= {"cancelled", "rescheduled"}
    assert [row for row in rows if row["outcomes"] + row["acted"] != 1] == []
    # nobody is in two of the places: one booking, or up to three that are held, or none
    doubled = await db.fetch(
        "SELECT person_id FROM appointment WHERE status IN ('held', 'booked') GROUP BY person_id"
        " HAVING count(*) FILTER (WHERE status = 'booked') > 1"
        "  OR count(*) FILTER (WHERE status = 'booked') = 1 AND count(*) FILTER (WHERE status = 'held') > 0"
        "  OR count(*) > 3"
    )
    assert doubled == []
    owed = await db.fetch_one(
        "SELECT count(*) AS n FROM stopped_visit v WHERE v.outcome = 'released' AND NOT v.is_hold"
        " AND NOT EXISTS (SELECT FROM refund_due r WHERE r.stopped_visit_id = v.id)"
    )
    assert owed == {"n": 0}
    await assert_sound()


async def test_five_hundred_people_and_a_fifth_of_them_in_the_way(hospital, drain):
    dice = random.Random(20261122)
    clinic, targets = await a_full_clinic(hospital, PEOPLE, RACING)
    outsiders = [await a_patient_by_row(hospital) for _ in range(OUTSIDERS)]
    plan = await clinic.admin.post("/admin/stops/preview", clinic.asked("move"))
    assert sum(plan["counts"].values()) == PEOPLE
    stopping = asyncio.Event()

    async def stops() -> None:
        for _ in range(50):
            asked = clinic.asked("move")
            plan = await clinic.admin.post("/admin/stops/preview", asked)
            body = {**asked, "reason": "医生急诊手术", "digest": plan["digest"]}
            reply = await clinic.admin.call("POST", "/admin/stops", body)
            if reply.status == 201:
                break
            assert reply.code == "plan_changed", reply.raw
        else:
            raise AssertionError("the stop never came through")
        stopping.set()
        await asyncio.gather(*(hospital.jobs["decide_stops"].run() for _ in range(3)))

    async def later(person: PatientClient, booked: str, n: int) -> None:
        if n % 2:  # half of them while it is being decided, the others before and during the stop
            await stopping.wait()
        await acts_alone(person, booked, targets, dice)

    async with asyncio.TaskGroup() as group:
        for n, (person, booked) in enumerate(zip(clinic.people, clinic.booked, strict=True)):
            group.create_task(later(person, booked, n))
        for person in outsiders:
            group.create_task(books_there(person, dice.choice(targets)))
        group.create_task(stops())
    await drain()
    await everybody_has_exactly_one_outcome(clinic, PEOPLE)
    found = await db.fetch("SELECT outcome, count(*) AS n FROM stopped_visit WHERE state <> 'void' GROUP BY 1")
    assert {row["outcome"] for row in found} == {"moved", "offered", "released"}


@pytest.mark.parametrize("point", ["stop_inside", "stop_between"])
async def test_a_worker_that_dies_while_it_decides(hospital, drain, point):
    clinic, _ = await a_full_clinic(hospital, 12, 0)
    await clinic.stops("move")
    async with a_process("worker", {**hospital.environment, "KILL_POINT": point}) as worker:
        assert await worker.ended() == 137
    decided = await props.count("stopped_visit", "state <> 'undecided'")
    assert decided == {"stop_inside": 0, "stop_between": 1}[point]
    await drain()
    await everybody_has_exactly_one_outcome(clinic, 12)


async def test_a_worker_that_is_killed_in_the_middle_of_two_hundred(hospital, drain):
    clinic, _ = await a_full_clinic(hospital, 200, 0)
    await clinic.stops("move")
    async with a_process("worker", hospital.environment) as worker, asyncio.timeout(60):
        while await props.count("stopped_visit", "state <> 'undecided'") < 10:  # far from done, however late it is seen
            await asyncio.sleep(0.01)
        await worker.kill()
    assert await props.count("stopped_visit", "state = 'undecided'") > 0
    late = await a_patient_by_row(hospital)
    body = {"slot_id": str(clinic.slot.id), "patient_id": late.patient_id}
    assert (await late.refused("/appointments", body)).code == "session_stopped"
    await drain()
    await everybody_has_exactly_one_outcome(clinic, 200)
    assert await props.count("stop", "state = 'done'") == 1


async def test_two_stops_of_one_session_at_once_are_one(hospital, drain):
    clinic = await a_clinic(hospital, 3)
    await another(clinic.slot, practitioner_id=clinic.slot.practitioner_id, hours=24)
    plan = await clinic.admin.post("/admin/stops/preview", clinic.asked())
    body = {**clinic.asked(), "reason": "停诊", "digest": plan["digest"]}
    replies = await asyncio.gather(*(clinic.admin.call("POST", "/admin/stops", body) for _ in range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert await props.count("stop") == 1
    await drain()
    assert await props.count("stopped_visit") == 3


async def test_an_answer_and_the_deadline_at_once_end_it_once(hospital, drain, clock):
    clinic = await a_clinic(hospital, 8)
    later = await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    await past_the_deadline(clock)
    visits = await db.fetch("SELECT v.id, v.account_id FROM stopped_visit v WHERE state = 'asked'")
    by_account = {UUID(person.account_id): person for person in clinic.people}

    async def gives_back(row) -> int:
        path = f"/stopped-visits/{row['id']}/answer"
        return (await by_account[row["account_id"]].call("POST", path, {"choice": "give_back"})).status

    *statuses, _ = await asyncio.gather(*(gives_back(row) for row in visits), hospital.jobs["watch_stops"].run())
    back = statuses.count(200)
    assert set(statuses) <= {200, 409}
    assert await props.count("refund_due") == back
    row = await db.fetch_one("SELECT taken FROM slot WHERE id = $1", later.id)
    assert row == {"taken": 8 - back}
    await assert_sound()
