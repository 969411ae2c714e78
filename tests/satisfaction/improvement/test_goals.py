"""A goal that cannot be reached is refused, at the field, in words of the caller's language."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from satisfaction.improvement import rules
from server import clock
from tests import props
from tests.cast import a_member_of_staff
from tests.satisfaction.improvement.conftest import CAUSE, acceptance
from tests.satisfaction.improvement.test_signal_proposals import a_signal
from tests.satisfaction.scores.answers import a_response

NEAR_THE_TOP = (5, *(5 for _ in range(28)), 4)  # of 30 answers; 99.1 points
LONG_AGO = timedelta(days=120)  # none of the days that raise an improvement


async def answered(department_id: UUID, values: tuple[int, ...] = NEAR_THE_TOP) -> None:
    """Ratings of the process of a department, from before the days that raise an improvement."""
    for value in values:
        await a_response(department_id, {"waiting": value}, on=clock.today() - LONG_AGO)


def of_process(past, **more) -> dict:
    """A proposal that is measured on a score."""
    body = {"title": "分时段到诊", "department_id": str(past.department_id), "metric": "dimension_score"}
    return {**body, "dimension": "process", **more}


def only_error(reply) -> dict:
    """What is wrong with the one field."""
    assert reply.status == 422, reply.body
    (error,) = reply.body["errors"]
    return error


@pytest.mark.parametrize(
    ("before", "most"),
    [
        ({"n": 30, "mean": 99.1666}, 0.8),
        ({"n": 30, "mean": 100.0}, 0.0),
        ({"n": 30, "mean": 0.0}, 100.0),
        ({"n": 29, "mean": 100.0}, 100.0),  # too few to say where it stands
        ({"n": 0, "mean": 0.0}, 100.0),
    ],
)
def test_a_score_rises_to_the_top_of_its_scale(before, most):
    assert rules.room_above(before) == most


async def test_a_goal_above_the_scale_is_refused_when_it_is_proposed(ward, past):
    await answered(past.department_id)
    reply = await ward.supervisor.refused("/improvements", of_process(past, expected_change=2))
    assert only_error(reply) == {
        "pointer": "/expected_change",
        "code": "beyond_the_scale",
        "detail": "目前 99.2 分，满分 100 分，最多只能提高 0.8 分。",
    }
    made = await ward.supervisor.post("/improvements", of_process(past, expected_change=0.8))
    assert made["expected_change"] == 0.8


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-TW", "目前 99.2 分，滿分 100 分，最多只能提高 0.8 分。"),
        ("en", "It stands at 99.2 of 100 points, so it can rise by 0.8 points at most."),
    ],
)
async def test_the_refusal_speaks_the_callers_language(ward, past, language, said):
    await answered(past.department_id)
    body = of_process(past, expected_change=40)
    reply = await ward.supervisor.call(
        "POST", "/improvements", body, Accept_Language=language, Idempotency_Key=str(uuid4())
    )
    assert only_error(reply)["detail"] == said


async def test_without_a_goal_as_much_is_expected_as_there_is_room_for(ward, past):
    assert (await ward.supervisor.post("/improvements", of_process(past)))["expected_change"] == 5
    await answered(past.department_id)
    assert (await ward.supervisor.post("/improvements", of_process(past)))["expected_change"] == 0.8


async def test_a_score_at_the_top_of_its_scale_is_nothing_to_improve(ward, past):
    await answered(past.department_id, (5,) * 30)
    error = only_error(await ward.supervisor.refused("/improvements", of_process(past)))
    assert (error["pointer"], error["detail"]) == ("/dimension", "目前 100 分，满分 100 分，最多只能提高 0 分。")


async def test_a_goal_above_the_scale_is_neither_agreed_on_nor_written_in_later(ward, past):
    await answered(past.department_id)
    made = await ward.supervisor.post("/improvements", of_process(past))
    path = f"/improvements/{made['id']}"
    agreed = acceptance(ward.head.staff_id, expected_change=3)
    assert only_error(await ward.supervisor.refused(f"{path}/acceptance", agreed))["pointer"] == "/expected_change"
    accepted = await past.accepted(made["id"], expected_change=0.5)
    assert (accepted["state"], accepted["expected_change"]) == ("accepted", 0.5)
    changed = await ward.supervisor.refused(path, {"expected_change": 1}, method="PATCH")
    assert only_error(changed)["code"] == "beyond_the_scale"
    assert (await ward.supervisor.get(path))["expected_change"] == 0.5


async def test_another_department_has_another_score(ward, past, hospital):
    elsewhere = (await props.a_slot()).department_id
    boss = await a_member_of_staff(hospital, "supervisor")
    await answered(elsewhere)
    made = await ward.supervisor.post("/improvements", of_process(past))
    reply = await boss.refused(f"/improvements/{made['id']}", {"department_id": str(elsewhere)}, method="PATCH")
    assert only_error(reply)["code"] == "beyond_the_scale"
    values = {"department_id": str(elsewhere), "expected_change": 0.5}
    assert (await boss.call("PATCH", f"/improvements/{made['id']}", values)).status == 200


async def test_a_goal_that_has_become_too_high_is_refused_when_it_is_accepted(ward, past):
    made = await ward.supervisor.post("/improvements", of_process(past, expected_change=20))
    await answered(past.department_id)
    error = only_error(
        await ward.supervisor.refused(f"/improvements/{made['id']}/acceptance", acceptance(ward.head.staff_id))
    )
    assert (error["pointer"], error["code"]) == ("/expected_change", "beyond_the_scale")


async def test_a_sinking_score_is_proposed_with_a_goal_that_can_be_reached(ward, past):
    await answered(past.department_id)
    await a_signal(ward)
    await ward.run("propose_improvements")
    (item,) = (await ward.supervisor.get("/improvements?state=proposed"))["items"]
    assert (await ward.supervisor.get(f"/improvements/{item['id']}"))["expected_change"] == 0.8


async def test_a_signal_of_a_score_that_was_at_the_top_does_not_stop_the_proposals(ward, past):
    await answered(past.department_id, (5,) * 30)
    await a_signal(ward)
    await a_signal(ward, "reception")
    await ward.run("propose_improvements")
    assert len((await ward.supervisor.get("/improvements?state=proposed"))["items"]) == 2


@pytest.mark.parametrize("change", [0, -1, 101])
async def test_no_change_and_a_change_for_the_worse_are_no_goals(ward, past, change):
    reply = await ward.supervisor.refused("/improvements", of_process(past, expected_change=change))
    assert only_error(reply)["pointer"] == "/expected_change"


async def test_a_rate_falls_by_its_whole_at_most(ward, past):
    body = {
        "title": "换叫号机",
        "department_id": str(past.department_id),
        "metric": "complaint_rate",
        "cause_code": CAUSE,
    }
    reply = await ward.supervisor.refused("/improvements", {**body, "expected_change": 1.1})
    assert only_error(reply)["code"] == "out_of_limits"
    made = await ward.supervisor.post("/improvements", {**body, "expected_change": 1})
    agreed = acceptance(ward.head.staff_id, expected_change=2)
    reply = await ward.supervisor.refused(f"/improvements/{made['id']}/acceptance", agreed)
    assert only_error(reply)["pointer"] == "/expected_change"
    reply = await ward.supervisor.refused(f"/improvements/{made['id']}", {"expected_change": 30}, method="PATCH")
    assert only_error(reply)["code"] == "out_of_limits"
