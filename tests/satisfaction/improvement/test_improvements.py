"""An improvement from the proposal to the verdict, as its people see it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from satisfaction.improvement import models, proposing
from satisfaction.improvement.invariants import IMPROVEMENT_INVARIANTS
from server import clock, db
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.satisfaction.improvement.conftest import CAUSE, acceptance, held_up


def spread(first, last, count: int) -> list:
    """So many days between two, evenly."""
    return [first + (last - first) * n // count for n in range(count)]


async def test_three_alike_raise_one_proposal_with_their_evidence(ward, past):
    item = await past.proposed()
    assert (item["source"], item["cause_code"], item["is_automatic"]) == ("analysis", CAUSE, True)
    assert item["title"].endswith("：候诊时间长")
    for _ in range(2):
        await ward.run("propose_improvements")
    assert len((await ward.supervisor.get("/improvements"))["items"]) == 1
    assert await props.count("improvement_case") == 3
    await ward.run("relay")
    assert [alert["kind"] for alert in await ward.supervisor.alerts_about("improvement")] == ["improvement_proposed"]


async def test_two_are_not_enough_and_one_severe_case_is(ward, past):
    today = clock.today()
    await past.complaints([today - timedelta(days=n) for n in (1, 2)])
    await past.complaints([today - timedelta(days=120)])
    await ward.run("propose_improvements")
    assert await props.count("improvement") == 0
    (severe,) = await past.complaints([today], cause="skill.judgement.delay", severity="A")
    await ward.run("propose_improvements")
    row = await db.fetch_one("SELECT source, source_ref FROM improvement")
    assert row == {"source": "complaint", "source_ref": str(severe)}


async def test_what_was_rejected_comes_again_only_with_new_cases(ward, past):
    item = await past.proposed()
    await ward.supervisor.post(f"/improvements/{item['id']}/rejection", {"reason": "已在别处处理"})
    await ward.run("propose_improvements")
    assert await props.count("improvement") == 1
    await past.complaints([clock.today()] * 3)
    await ward.run("propose_improvements")
    assert await props.count("improvement") == 2


async def a_race_of_proposals(ward, past):
    """Two workers look at the same three cases at the same time."""
    await past.complaints([clock.today()] * 3)

    before = held_up()

    async def one():
        await proposing.propose_due()

    async with db.transaction():
        await db.fetch("LOCK TABLE improvement IN SHARE ROW EXCLUSIVE MODE")
        tasks = [asyncio.create_task(db.detached(one)) for _ in range(2)]
        await somebody_waits(2)
    await asyncio.gather(*tasks)
    assert await props.count("improvement") == 1
    assert held_up() == before  # the slower one finds it there, and stumbles over nothing


async def test_two_workers_propose_once(ward, past):
    await a_race_of_proposals(ward, past)


@pytest.mark.mutant
async def test_without_the_guard_somebody_notices(ward, past, monkeypatch):
    mutant = Mutant(
        "one open proposal of a department and a cause", models, "PROPOSE", ((models.ONCE, ""),), a_race_of_proposals
    )
    await is_killed(mutant, monkeypatch, ward, past)


async def test_a_measure_that_helps_is_verified(ward, past, clock):
    today = clock_today()
    await past.visits(today - timedelta(days=300), today, 20)
    await past.complaints(spread(today - timedelta(days=300), today - timedelta(days=91), 40))
    item = await past.proposed()
    path = f"/improvements/{item['id']}"
    before = await ward.supervisor.get(f"{path}/power")
    assert (before["is_frozen"], before["is_enough"]) == (False, True)
    assert before["baseline"]["count"] == 40  # the three that raised it are not among them
    await past.accepted(item["id"], expected_change=0.8)
    started = await ward.head.post(f"{path}/start")
    assert started["power_shown"]["power"] > 0.8
    assert started["baseline"]["days"] == 211
    assert (await ward.head.refused(f"{path}/completion", {})).code == "evidence_missing"
    done = await ward.head.post(f"{path}/completion", {"text": "新叫号机已启用，验收单 3 号"})
    assert done["state"] == "measuring"
    await past.visits(today + timedelta(days=1), today + timedelta(days=95), 20)
    await clock.forward(days=32)
    await ward.run("measure_improvements")
    await clock.forward(days=60)
    await ward.run("measure_improvements")
    judged = await ward.supervisor.get(path)
    assert judged["state"] == "effective"
    assert judged["looks"][-1]["figures"]["effect"]["high"] < 1
    share = await ward.supervisor.get("/improvements/share-effective")
    assert (share["judged"], share["share"]) == (1, 1.0)
    await ward.run("relay")
    assert "improvement_judged" in [alert["kind"] for alert in await ward.head.alerts_about("improvement")]
    for _, sql in IMPROVEMENT_INVARIANTS:
        assert await db.fetch(sql) == []


async def test_a_measure_without_effect_goes_one_level_higher_by_itself(ward, past, clock):
    today = clock_today()
    await past.visits(today - timedelta(days=300), today + timedelta(days=95), 20)
    await past.complaints(spread(today - timedelta(days=300), today - timedelta(days=91), 60))
    item = await past.proposed()
    path = f"/improvements/{item['id']}"
    await past.accepted(item["id"], expected_change=0.8)
    await ward.head.post(f"{path}/start")
    await ward.head.post(f"{path}/completion", {"text": "已培训全员"})
    await past.complaints(spread(today + timedelta(days=2), today + timedelta(days=90), 26))
    for days in (32, 60):
        await clock.forward(days=days)
        await ward.run("measure_improvements")
        await ward.run("measure_improvements")
    again = await ward.supervisor.get(path)
    assert [look["verdict"] for look in again["looks"]] == ["not_yet", "not_effective"]
    assert (again["state"], again["level"], again["cycle"]) == ("accepted", 1, 2)
    assert again["baseline"]["count"] == 60  # what was before stays what it was
    assert "start" not in again["acts"]
    assert (await ward.head.refused(f"{path}/start")).code == "measure_needed"
    adjusted = await ward.supervisor.post(
        f"{path}/adjustment", acceptance(ward.head.staff_id, measure="候诊分时段，超过二十分钟自动加开诊室")
    )
    assert adjusted["measure"].startswith("候诊分时段")
    await ward.head.post(f"{path}/start")
    assert (await ward.supervisor.get("/improvements/share-effective"))["share"] == 0.0


async def test_complaints_without_a_cause_do_not_make_it_look_better(ward, past, clock):
    today = clock_today()
    await past.visits(today - timedelta(days=300), today + timedelta(days=95), 20)
    await past.complaints(spread(today - timedelta(days=300), today - timedelta(days=91), 60))
    item = await past.proposed()
    path = f"/improvements/{item['id']}"
    await past.accepted(item["id"], expected_change=0.8)
    await ward.head.post(f"{path}/start")
    await ward.head.post(f"{path}/completion", {"text": "已落实"})
    await past.complaints(spread(today + timedelta(days=2), today + timedelta(days=30), 9), cause=None)
    await clock.forward(days=32)
    await ward.run("measure_improvements")
    look = (await ward.supervisor.get(f"{path}/effect"))["looks"][0]
    assert look["figures"]["after"]["uncoded"] == 9
    assert look["figures"]["after"]["count"] == 9
    assert look["verdict"] == "not_yet"


async def test_too_few_is_said_before_the_start_and_at_the_end(ward, past, clock):
    item = await past.proposed()
    path = f"/improvements/{item['id']}"
    said = await ward.supervisor.get(f"{path}/power")
    assert (said["is_enough"], said["power"], said["needed"]) == (False, 0.0, None)
    await past.accepted(item["id"])
    await ward.head.post(f"{path}/start")
    await ward.head.post(f"{path}/completion", {"text": "已落实"})
    for days in (32, 60):
        await clock.forward(days=days)
        await ward.run("measure_improvements")
    assert (await ward.supervisor.get(path))["state"] == "too_few"
    await ward.supervisor.post(f"{path}/closure", {"reason": "就诊人次太少，改看评分"})
    for _, sql in IMPROVEMENT_INVARIANTS:
        assert await db.fetch(sql) == []


async def test_who_may_do_what(ward, past, hospital):
    item = await past.proposed()
    path = f"/improvements/{item['id']}"
    stranger = await a_member_of_staff(hospital, "supervisor", department_id=await props.a_department())
    assert (await stranger.refused(path, method="GET")).status == 404
    assert (await ward.handler.refused(f"{path}/acceptance", acceptance(ward.head.staff_id))).status == 403
    own = await ward.supervisor.refused(f"{path}/acceptance", acceptance(ward.supervisor.staff_id))
    assert own.code == "needs_another"
    past_day = acceptance(ward.head.staff_id, due_on=clock.today().isoformat())
    assert (await ward.supervisor.refused(f"{path}/acceptance", past_day)).status == 422
    nurse = await a_member_of_staff(hospital, "room", department_id=past.department_id)
    await ward.supervisor.post(f"{path}/acceptance", acceptance(nurse.staff_id))
    assert [one["id"] for one in (await nurse.get("/improvements?mine=true"))["items"]] == [item["id"]]
    assert (await nurse.get(path))["acts"] == ["start", "evidence"]
    await nurse.post(f"{path}/start")
    fixed = await ward.supervisor.call("PATCH", path, {"measure": "别的"})
    assert (fixed.status, fixed.body["errors"][0]["code"]) == (422, "fixed_at_the_start")
    assert (await nurse.refused(f"{path}/closure", {"reason": "x"})).status == 403
    assert (await ward.patient.refused(path, method="GET")).status == 403


async def test_who_set_the_cause_or_handles_the_case_does_not_approve(ward, past):
    item = await past.proposed()
    path = f"/improvements/{item['id']}/acceptance"
    await db.fetch("UPDATE complaint_cause SET set_by = $1", UUID(ward.supervisor.staff_id))
    refusal = await ward.supervisor.refused(path, acceptance(ward.head.staff_id))
    assert refusal.status == 409
    await ward.committee.post(path, acceptance(ward.head.staff_id))


async def test_training_alone_is_weak_and_needs_a_better_one_or_a_signature(ward, past):
    item = await past.proposed()
    path = f"/improvements/{item['id']}/acceptance"
    weak = acceptance(ward.head.staff_id, strength="weak", is_training_only=True, measure="全员培训")
    assert (await ward.supervisor.refused(path, weak | {"strength": "strong"})).status == 422
    assert (await ward.supervisor.refused(path, weak)).code == "only_weak"
    signed = weak | {"why_only_weak": "设备要明年才能更换"}
    assert (await ward.supervisor.refused(path, signed)).status == 422
    accepted = await ward.committee.post(path, signed)
    assert (accepted["strength"], accepted["why_only_weak"]) == ("weak", "设备要明年才能更换")


async def test_a_weak_measure_may_stand_beside_a_better_one(ward, past):
    item = await past.proposed()
    better = await ward.supervisor.post(
        "/improvements",
        {
            "title": "换叫号机",
            "department_id": str(past.department_id),
            "metric": "complaint_rate",
            "cause_code": CAUSE,
            "group_of": item["id"],
        },
    )
    await past.accepted(better["id"])
    weak = acceptance(ward.head.staff_id, strength="weak", is_training_only=True)
    await ward.supervisor.post(f"/improvements/{item['id']}/acceptance", weak)
    others = (await ward.supervisor.get(f"/improvements/{item['id']}"))["others"]
    assert [one["id"] for one in others] == [better["id"]]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("approver_id = owner_id", "improvement_by_two"),
        ("is_training_only = true", "improvement_training_is_weak"),
        ("strength = 'weak'", "improvement_not_only_weak"),
        ("state = 'doing'", "improvement_started_whole"),
        ("owner_id = NULL", "improvement_accepted_whole"),
        ("expected_change = 1.5", "improvement_change_is_possible"),
    ],
    ids=lambda value: value if value.startswith("improvement") else "",
)
async def test_the_table_holds_the_rules_too(ward, past, change, constraint):
    item = await past.proposed()
    await past.accepted(item["id"])
    with pytest.raises(IntegrityError) as refused:
        await db.fetch(f"UPDATE improvement SET {change}")
    assert db.violated(refused.value) == constraint


async def test_owners_are_reminded_once_before_and_once_after(ward, past, clock):
    item = await past.proposed()
    await past.accepted(item["id"])
    for days in (0, 19, 0, 3, 0):
        await clock.forward(days=days)
        await ward.run("remind_improvements")
    assert [fact["is_overdue"] for fact in await ward.facts("ImprovementDue")] == [False, True]


async def test_scores_are_measured_too(ward, past):
    made = await ward.supervisor.post(
        "/improvements",
        {
            "title": "医生沟通",
            "department_id": str(past.department_id),
            "metric": "dimension_score",
            "dimension": "communication",
        },
    )
    said = await ward.supervisor.get(f"/improvements/{made['id']}/power")
    assert (said["baseline"]["n"], said["is_enough"]) == (0, False)
    unknown = {"title": "x", "department_id": str(past.department_id), "metric": "dimension_score", "dimension": "?"}
    assert (await ward.supervisor.refused("/improvements", unknown)).status == 422


def clock_today():
    return clock.today()
