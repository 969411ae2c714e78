"""Signals through the product: each answer steps once, one is open at a time, who is told, who takes and closes it."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest

from satisfaction.signals import actions, models, rules
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.mutants import Mutant, is_killed
from tests.satisfaction.scores.answers import a_response, edit


async def bad_answers(department: UUID, n: int, item: str = "waiting") -> list[UUID]:
    """So many bad answers to an item."""
    return [await a_response(department, {item: 1}) for _ in range(n)]


async def chart(department: UUID, dimension: str = "process") -> dict:
    row = await db.fetch_one(
        "SELECT value, n, p0, h FROM signal_state WHERE department_id = $1 AND dimension = $2", department, dimension
    )
    assert row is not None
    return row


async def signals() -> list[dict]:
    return await db.fetch("SELECT * FROM signal ORDER BY id")


async def raised(department: UUID) -> dict:
    """A signal about waiting; its row."""
    await bad_answers(department, 6)
    await actions.look()
    return (await signals())[-1]


async def test_answers_step_the_chart_once_each_also_when_they_are_edited(hospital):
    department = await props.a_department()
    ids = await bad_answers(department, 2)
    await a_response(department, {"waiting": 5, "overall": 4})
    await hospital.jobs["look_for_signals"].run()
    up, down = rules.weights(rules.NEW_P0)
    assert (await chart(department))["value"] == pytest.approx(2 * up - down)
    assert (await chart(department, "overall"))["value"] == 0
    await edit(ids[0], {"waiting": 5})
    await actions.look()
    assert (await chart(department))["value"] == pytest.approx(2 * up - down)
    assert await signals() == []


async def a_step_while_another_worker_looks() -> None:
    """Two workers look at the same moment: every answer is taken by one of them."""
    department = await props.a_department()
    await bad_answers(department, 3)

    async def second() -> None:
        await actions.look()

    async with db.transaction():
        await actions._look_once()
        other = asyncio.create_task(second(), context=db.CLEAN.copy())
        await asyncio.wait({other}, timeout=2)
    await other
    up, _ = rules.weights(rules.NEW_P0)
    assert (await chart(department))["value"] == pytest.approx(3 * up)


async def test_two_workers_step_each_answer_once(hospital):
    await a_step_while_another_worker_looks()


@pytest.mark.mutant
async def test_an_answer_that_is_taken_twice_is_noticed(hospital, monkeypatch):
    mutant = Mutant("the lock", models, "TAKE", (("FOR UPDATE SKIP LOCKED", ""),), a_step_while_another_worker_looks)
    await is_killed(mutant, monkeypatch)


async def test_a_process_that_ends_in_the_middle_steps_nothing(hospital, monkeypatch):
    department = await props.a_department()
    await bad_answers(department, 6)

    class _EndedError(Exception):
        pass

    async def ends(*_: object) -> None:
        raise _EndedError

    with monkeypatch.context() as patch:
        patch.setattr(actions, "_tell", ends)
        with pytest.raises(_EndedError):
            await actions.look()
    assert await signals() == []
    await actions.look()
    assert len(await signals()) == 1


async def one_open_for_a_unit_and_dimension() -> None:
    department = await props.a_department()
    first = await raised(department)
    await bad_answers(department, 4)
    await actions.look()
    (only,) = await signals()
    assert only["id"] == first["id"]
    assert only["evidence"] == 10
    assert only["peak"] > first["peak"]


async def test_one_signal_is_open_and_more_evidence_is_added_to_it(hospital):
    await one_open_for_a_unit_and_dimension()


@pytest.mark.mutant
async def test_a_second_open_signal_is_noticed(hospital, monkeypatch):
    mutant = Mutant(
        "the one open signal",
        models,
        "RAISE",
        (("ON CONFLICT (department_id, dimension) WHERE state <> 'closed'", "ON CONFLICT (id)"),),
        one_open_for_a_unit_and_dimension,
    )
    await is_killed(mutant, monkeypatch)


async def test_a_signal_is_told_taken_and_closed_with_a_note(hospital):
    department = await props.a_department()
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    other = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    committee = await a_member_of_staff(hospital, "committee")
    row = await raised(department)
    await hospital.jobs["relay"].run()
    (alert,) = await head.alerts_about("signal")
    assert "评价明显变差" in alert["title"]
    assert await other.alerts_about("signal") == []
    path = f"/signals/{row['id']}"
    assert (await other.call("POST", f"{path}/acknowledgement")).status == 404
    assert (await committee.call("POST", f"{path}/acknowledgement")).status == 403
    assert (await other.get("/signals"))["items"] == []
    (shown,) = (await committee.get("/signals?state=open"))["items"]
    assert (shown["dimension_name"], shown["evidence"], shown["answers"]) == ("流程与等候", 6, 6)
    assert not shown["may_act"]
    for _ in range(2):  # again is the same
        taken = await head.post(f"{path}/acknowledgement")
        assert taken["state"] == "acknowledged"
    assert (await chart(department))["value"] == 0
    await hospital.jobs["relay"].run()
    assert {one["state"] for one in await head.alerts_about("signal")} <= {"acknowledged", "resolved"}
    assert (await head.call("POST", f"{path}/closure", {"note": " "})).status == 422
    closed = await head.post(f"{path}/closure", {"note": "叫号系统故障两天，已修复。"})
    assert (closed["state"], closed["note"]) == ("closed", "叫号系统故障两天，已修复。")
    assert (await head.call("POST", f"{path}/closure", {"note": "x"})).status == 409
    assert (await head.get("/signals?state=open"))["items"] == []


async def test_taking_the_alert_takes_the_signal(hospital):
    department = await props.a_department()
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    await raised(department)
    await hospital.jobs["relay"].run()
    (alert,) = await head.alerts_about("signal")
    await head.call("POST", f"/alerts/{alert['id']}/acknowledgement")
    await hospital.jobs["relay"].run()
    (row,) = await signals()
    assert (row["state"], str(row["acknowledged_by"])) == ("acknowledged", head.staff_id)


async def test_more_of_the_same_after_it_was_taken_is_added_and_begins_anew(hospital):
    department = await props.a_department()
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    row = await raised(department)
    await head.post(f"/signals/{row['id']}/acknowledgement")
    await bad_answers(department, 6)
    await actions.look()
    (only,) = await signals()
    assert (only["again"], only["state"], only["evidence"]) == (1, "acknowledged", 12)
    assert (await chart(department))["value"] == 0


async def test_at_most_five_a_day_for_one_person_and_the_rest_on_monday(hospital, clock):
    await clock.set_to(time.at(date(2026, 5, 6), 9))  # a Wednesday
    head = await a_member_of_staff(hospital, "supervisor")
    for place in range(7):
        department = await props.a_department(name=f"第{place}科")
        await bad_answers(department, 6 + place)
    await actions.look()
    await hospital.jobs["relay"].run()
    told = await head.alerts_about("signal")
    assert len(told) == 5
    assert not any("第0科" in one["title"] or "第1科" in one["title"] for one in told)  # the two that climbed least
    assert await actions.gather() == 0
    await clock.set_to(time.at(date(2026, 5, 11), 7, 59))
    assert await actions.gather() == 0
    await clock.set_to(time.at(date(2026, 5, 11), 8))
    await hospital.jobs["gather_signals"].run()
    await hospital.jobs["relay"].run()
    (digest,) = await head.alerts_about("signals")
    assert digest["title"] == "上周另有 2 项评价变差"
    assert "第1科·流程与等候、第0科·流程与等候" in digest["detail"]
    assert await actions.gather() == 0


async def test_charts_are_set_once_a_week_by_what_is_usual(hospital, clock):
    await clock.set_to(time.at(date(2026, 5, 6), 9))
    department = await props.a_department()
    for place in range(60):
        await a_response(
            department, {"waiting": 1 if place < 6 else 5}, on=date(2026, 4, 1) + timedelta(days=place % 30)
        )
    await actions.look()
    await hospital.jobs["tune_signals"].run()
    row = await chart(department)
    assert row["p0"] == rules.usual_share(6, 60, 0.1)
    assert row["h"] == rules.LEAST_H  # so few answers keep any budget
    assert not await actions.tune_weekly()
    await clock.set_to(time.at(date(2026, 5, 11), 1))
    assert await actions.tune_weekly()


async def test_a_budget_is_decided_with_a_reason_and_says_what_follows(hospital):
    department = await props.a_department()
    for place in range(40):
        await a_response(department, {"waiting": 1 if place < 4 else 5})
    supervisor = await a_member_of_staff(hospital, "supervisor")
    shown = await supervisor.get("/admin/signal-budget")
    assert (shown["version"], shown["false_alarms_a_week"], shown["streams"]) == (0, 1.0, 0)
    shown = await supervisor.put("/admin/signal-budget", {"false_alarms_a_week": 0.5, "why": "先少一些"})
    assert (shown["version"], shown["streams"], shown["history"][0]["why"]) == (1, 1, "先少一些")
    assert 0 < shown["expected"] <= 0.5
    assert shown["h"] >= rules.LEAST_H
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    assert (await head.call("PUT", "/admin/signal-budget", {"false_alarms_a_week": 2, "why": "x"})).status == 403
    wrong = {"false_alarms_a_week": 99, "why": "x"}
    assert (await supervisor.call("PUT", "/admin/signal-budget", wrong)).status == 422
