"""Nobody with a conflict of interest: the database against an independent statement, over random organisations."""

import os
import random
from uuid import UUID

import pytest

from satisfaction.complaints import handlers, reads, step_rows
from satisfaction.complaints.rules import TOPICS
from satisfaction.organisation.conflicts import Case, Frozen, Member, Organisation, Relation, barred
from server import db
from server.history import SYSTEM
from server.ids import new_id
from tests import props
from tests.cast import StaffClient, a_patient_by_row
from tests.mutants import Mutant, is_killed

STAFF, CASES, SEEDS = (1000, 1000, 1) if os.environ.get("FULL") else (40, 40, 3)  # noqa: TID251 - a size
ROLES = ("complaint_handler", "supervisor", "department_head", "committee")


async def a_random_house(seed: int) -> tuple[Organisation, dict[UUID, Case]]:
    """Staff with managers, doctors, relations; complaints about some of them. By many rows at once."""
    dice = random.Random(seed)
    departments = [await props.a_department() for _ in range(3)]
    doctors = [await props.a_practitioner(dice.choice(departments)) for _ in range(max(4, STAFF // 4))]
    patients = [await props.a_patient() for _ in range(20)]
    ids = [new_id() for _ in range(STAFF)]
    free = dice.sample(doctors, k=len(doctors))
    members = [
        Member(
            one,
            free.pop() if free and dice.random() < 0.3 else None,
            dice.choice(ids[:n]) if n and dice.random() < 0.7 else None,
        )
        for n, one in enumerate(ids)
    ]
    await db.fetch(
        "INSERT INTO staff (id, username, name, password_hash, practitioner_id)"
        " SELECT n.id, n.id::text, 'Staff', '', n.p FROM unnest($1::uuid[], $2::uuid[]) AS n (id, p)",
        ids,
        [one.practitioner_id for one in members],
    )
    await db.fetch(
        "UPDATE staff s SET manager_id = n.m FROM unnest($1::uuid[], $2::uuid[]) AS n (id, m) WHERE s.id = n.id",
        ids,
        [one.manager_id for one in members],
    )
    relations = set()
    for _ in range(STAFF // 4):
        one, other = dice.sample(ids, 2)
        relations.add(Relation(one, other) if dice.random() < 0.6 else Relation(one, None, dice.choice(patients)))
    await db.fetch(
        "INSERT INTO staff_relation (id, staff_id, to_staff_id, to_patient_id, why)"
        " SELECT gen_random_uuid(), n.* , '亲属' FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n",
        [one.staff_id for one in relations],
        [one.to_staff_id for one in relations],
        [one.to_patient_id for one in relations],
    )
    cases = {new_id(): a_random_case(dice, ids, doctors, patients) for _ in range(CASES)}
    await _file(cases, departments, dice)
    return Organisation({one.id: one for one in members}, relations), cases


def a_random_case(dice: random.Random, ids: list[UUID], doctors: list[UUID], patients: list[UUID]) -> Case:
    people = set()
    for _ in range(dice.randrange(4)):
        role = dice.choice(("named", "doctor", "nurse", "reception", "former_handler"))
        if dice.random() < 0.4:
            people.add(Frozen(role, practitioner_id=dice.choice(doctors)))
        else:
            people.add(Frozen(role, staff_id=dice.choice(ids)))
    doctor = dice.choice(doctors) if dice.random() < 0.6 else None
    return Case(dice.choice(TOPICS), doctor, dice.choice(patients) if dice.random() < 0.7 else None, frozenset(people))


async def _file(cases: dict[UUID, Case], departments: list[UUID], dice: random.Random) -> None:
    await db.fetch(
        "INSERT INTO complaint (id, number, source, state, topic, practitioner_id, patient_id, department_id, level,"
        " received_at, acknowledge_due_at, response_due_at, answer_due_at)"
        " SELECT n.id, n.id::text, 'desk', 'triaged', n.topic, n.doctor, n.patient, n.department, 3, app_now(),"
        " app_now(), app_now(), app_now()"
        " FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[])"
        " AS n (id, topic, doctor, patient, department)",
        list(cases),
        [case.topic for case in cases.values()],
        [case.practitioner_id for case in cases.values()],
        [case.patient_id for case in cases.values()],
        [dice.choice(departments) for _ in cases],
    )
    people = [(case_id, one) for case_id, case in cases.items() for one in case.people]
    await db.fetch(
        "INSERT INTO complaint_person (complaint_id, role, practitioner_id, staff_id)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) ON CONFLICT DO NOTHING",
        [case_id for case_id, _ in people],
        [one.role for _, one in people],
        [one.practitioner_id for _, one in people],
        [one.staff_id for _, one in people],
    )


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_view_and_function_say_what_the_rule_says(hospital, seed):
    house, cases = await a_random_house(seed)
    said = {(case_id, one) for case_id, case in cases.items() for one in barred(case, house)}
    view = await db.fetch("SELECT DISTINCT complaint_id, staff_id FROM complaint_conflict")
    assert {(row["complaint_id"], row["staff_id"]) for row in view} == said
    mine = await db.fetch("SELECT s.id, b.complaint_id FROM staff s CROSS JOIN LATERAL complaints_barred_for(s.id) b")
    assert {(row["complaint_id"], row["id"]) for row in mine} == said
    assert len(said) > len(cases) / 2  # conflicts there are


async def nobody_barred_anywhere(hospital) -> None:
    """Everybody is on duty at every level; all complaints go through the product: no barred person shows up."""
    house, cases = await a_random_house(7)
    staff = dict(zip(house.staff, ROLES * STAFF, strict=False))
    await db.fetch("DELETE FROM escalation")
    people = {}
    for n, (staff_id, role) in enumerate(staff.items()):
        await props.insert("staff_role", staff_id=staff_id, role=role, department_id=None)
        people[staff_id] = StaffClient(
            site=hospital, token=await props.a_token(staff_id=staff_id), staff_id=str(staff_id)
        )
        if n < 12:
            await props.a_duty(staff_id, n % 4)
    said = {case_id: barred(case, house) for case_id, case in cases.items()}
    await hospital.jobs["watch_complaints"].run()
    async with db.transaction():
        steps = [(case_id, "by_hand", 1, n % 3 + 1, "") for n, case_id in enumerate(cases)]
        await step_rows.raise_all(steps, by=SYSTEM)
    await hospital.jobs["watch_complaints"].run()
    await hospital.jobs["relay"].run()
    rows = await db.fetch("SELECT id, handler_id FROM complaint")
    assert sum(row["handler_id"] is not None for row in rows) > CASES / 2
    assert all(row["handler_id"] not in said[row["id"]] for row in rows)
    for sql in (
        "SELECT e.complaint_id AS id, p.staff_id FROM page p JOIN escalation e ON e.id = p.escalation_id",
        "SELECT subject_id AS id, staff_id FROM alert WHERE subject_kind = 'complaint'",
        "SELECT subject_id AS id, staff_id FROM message WHERE staff_id IS NOT NULL AND subject_kind = 'complaint'",
    ):
        found = await db.fetch(sql)
        assert all(row["staff_id"] not in said[row["id"]] for row in found), sql
    assert await props.count("page") > 0
    for staff_id, person in list(people.items())[:12]:
        listed = (await person.get("/complaints?limit=100"))["items"]
        assert all(staff_id not in said[UUID(one["id"])] for one in listed)
        assert len(listed) + sum(staff_id in one for one in said.values()) == CASES  # and all others are there
        listed = (await person.get("/escalations?limit=100"))["items"]
        assert all(staff_id not in said[UUID(one["complaint_id"])] for one in listed)
        for case_id in [one for one in said if staff_id in said[one]][:2]:
            assert (await person.call("GET", f"/complaints/{case_id}")).status == 404
            assert (await person.call("GET", f"/complaints/{case_id}/escalations")).status == 404


async def test_no_barred_person_handles_hears_or_sees(hospital):
    await nobody_barred_anywhere(hospital)


async def candidates_of_all(hospital) -> None:
    """Nobody barred is offered as a handler."""
    house, cases = await a_random_house(9)
    for staff_id in house.staff:
        await props.insert("staff_role", staff_id=staff_id, role="complaint_handler", department_id=None)
    boss = await props.a_staff("supervisor")
    client = StaffClient(site=hospital, token=await props.a_token(staff_id=boss), staff_id=str(boss))
    for case_id, case in list(cases.items())[:10]:
        offered = {UUID(one["id"]) for one in (await client.get(f"/complaints/{case_id}/candidates"))["items"]}
        assert offered == (set(house.staff) | {boss}) - barred(case, house)


async def test_nobody_barred_is_offered_as_a_handler(hospital):
    await candidates_of_all(hospital)


MUTANTS = [
    Mutant(
        "sight without conflicts",
        reads,
        "IN_SIGHT",
        (("AND c.id NOT IN (SELECT b.complaint_id FROM complaints_barred_for($1) b)", ""),),
        nobody_barred_anywhere,
    ),
]


@pytest.mark.mutant
async def test_a_list_that_forgets_conflicts_is_noticed(hospital, monkeypatch):
    await is_killed(MUTANTS[0], monkeypatch, hospital)


async def test_a_pager_that_forgets_conflicts_is_noticed(hospital, monkeypatch):
    """The negative control of the story above, for who is called."""

    async def nobody(*_: object) -> dict:
        return {}

    monkeypatch.setattr(step_rows, "barred", nobody)
    with pytest.raises(AssertionError):
        await nobody_barred_anywhere(hospital)


async def test_the_table_refuses_a_barred_handler_whoever_writes_it(hospital):
    house, cases = await a_random_house(3)
    case_id, people = next((one, barred(case, house)) for one, case in cases.items() if barred(case, house))
    for statement in (
        "UPDATE complaint SET handler_id = $2 WHERE id = $1",
        "INSERT INTO complaint_watcher (complaint_id, staff_id) VALUES ($1, $2)",
    ):
        with pytest.raises(Exception, match="conflict of interest"):
            await db.fetch(statement, case_id, next(iter(people)))


async def test_a_relation_declared_later_takes_the_complaint_away(hospital, drain):
    slot = await props.a_slot()
    patient = await a_patient_by_row(hospital)
    first, second = [await props.a_staff("complaint_handler", name=name) for name in ("甲", "乙")]
    boss = await props.a_staff("supervisor", name="主管")
    await props.a_duty(first, 0)
    encounter_id = await props.an_encounter(slot, UUID(patient.patient_id), UUID(patient.account_id))
    filed = await patient.post("/complaints", {"text": "等了很久。", "encounter_id": str(encounter_id)})
    await props.a_duty(second, 0)
    keeper = StaffClient(site=hospital, token=await props.a_token(staff_id=boss), staff_id=str(boss))
    row = await db.fetch_one("SELECT file_number FROM patient WHERE id = $1", UUID(patient.patient_id))
    relation = {"file_number": row["file_number"], "why": "亲属"}
    await keeper.put("/admin/organisation", {"staff_id": str(first), "relations": [relation]})
    await drain()
    row = await db.fetch_one("SELECT handler_id FROM complaint WHERE id = $1", UUID(filed["id"]))
    assert row["handler_id"] == second
    entries = (await keeper.get(f"/complaints/{filed['id']}"))["entries"]
    assert any("需要回避" in one["text"] for one in entries)


async def test_who_was_found_unfair_has_nothing_more_to_do_with_it(hospital):
    from satisfaction.complaints.cases import begin_round, locked

    patient = await a_patient_by_row(hospital)
    first, second = [await props.a_staff("complaint_handler", name=name) for name in ("甲", "乙")]
    await props.a_duty(first, 0)
    complaint_id = UUID((await patient.post("/complaints", {"text": "等了很久。"}))["id"])
    client = StaffClient(site=hospital, token=await props.a_token(staff_id=first), staff_id=str(first))
    answer = {"finding": "已核实", "action": "已整改", "responsible": "门诊部"}
    await client.post(f"/complaints/{complaint_id}/answer", answer)
    await props.a_duty(second, 0)
    async with db.transaction():
        await begin_round(await locked(complaint_id, None), by=SYSTEM, is_unfair=True)
    row = await db.fetch_one("SELECT handler_id FROM complaint WHERE id = $1", complaint_id)
    assert row["handler_id"] == second
    assert (await client.call("GET", f"/complaints/{complaint_id}")).status == 404


async def test_who_handles_or_has_set_the_causes_does_not_approve(hospital):
    from satisfaction.complaints.models import Complaint
    from satisfaction.errors import ApproverUnfit, ConflictOfInterest

    slot = await props.a_slot()
    patient = await a_patient_by_row(hospital)
    handler, boss = await props.a_staff("complaint_handler"), await props.a_staff("supervisor")
    doctor = await props.a_staff("committee", practitioner_id=slot.practitioner_id)
    await props.a_duty(handler, 0)
    encounter_id = await props.an_encounter(slot, UUID(patient.patient_id), UUID(patient.account_id))
    filed = await patient.post("/complaints", {"text": "等了很久。", "encounter_id": str(encounter_id)})
    complaint = await Complaint.get(id=UUID(filed["id"]))
    for one, set_by, refusal in (
        (handler, (), ApproverUnfit),
        (boss, (boss,), ApproverUnfit),
        (doctor, (), ConflictOfInterest),
    ):
        with pytest.raises(refusal):
            await handlers.check_approver(complaint, one, set_by=set_by)
    await handlers.check_approver(complaint, boss)


async def test_a_department_comes_first_then_the_whole_hospital_and_load_is_weighed(hospital):
    slot = await props.a_slot()
    patient = await a_patient_by_row(hospital)
    everywhere = await props.a_staff("complaint_handler", name="全院")
    mine = await props.a_staff("complaint_handler", name="本科", department_id=slot.department_id)
    other = await props.a_staff("complaint_handler", name="本科二", department_id=slot.department_id)
    for one in (everywhere, mine, other):
        await props.a_duty(one, 0)
    handled = []
    for text in ("输液打错药，过敏休克。", "等了很久。", "等了很久。", "态度不好。"):
        encounter_id = await props.an_encounter(slot, UUID(patient.patient_id), UUID(patient.account_id))
        filed = await patient.post("/complaints", {"text": text, "encounter_id": str(encounter_id)})
        row = await db.fetch_one("SELECT handler_id FROM complaint WHERE id = $1", UUID(filed["id"]))
        handled.append(row["handler_id"])
    assert everywhere not in handled
    assert handled[1] == handled[2] != handled[0]  # a severe one weighs as much as one and a half of the others
    assert handled[3] == handled[0]
