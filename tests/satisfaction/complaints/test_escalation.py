"""Steps of the ladder: leases, calls again, budgets, gaps in the rota; nobody is ever left in silence."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from satisfaction.complaints import step_rows, tick
from satisfaction.complaints.steps import Setting
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed

MONDAY_NINE = datetime(2026, 11, 23, 9, 0, tzinfo=time.zone())
HARM = {"text": "输液打错药，过敏了，出现休克。"}


async def at(ward, clock, **amount: float) -> None:
    await clock.forward(**amount)
    await ward.run("watch_complaints")


async def steps(ward, complaint_id: str) -> dict[tuple[str, int], dict]:
    found = (await ward.committee.get(f"/complaints/{complaint_id}/escalations"))["items"]
    return {(one["clock"], one["step"]): one for one in found}


async def handlers_step(ward, complaint_id: str) -> dict:
    return (await steps(ward, complaint_id))["acknowledgement", 0]


async def acknowledges(person, complaint_id: str) -> None:
    await person.post(f"/complaints/{complaint_id}/acknowledgement")


async def called_again(ward) -> list[tuple[int, list[str]]]:
    return [(fact["level"], fact["staff_ids"]) for fact in await ward.facts("ComplaintCalledAgain")]


@pytest.fixture
async def monday(clock):
    """A Monday at nine: working hours go on until noon."""
    await clock.set_to(MONDAY_NINE)
    return clock


async def test_the_handler_is_called_again_after_10_20_40_minutes_and_for_ever(ward, clock):
    complaint_id = await ward.complaint()
    heard = []
    for minutes in (9, 2, 8, 2, 18, 2, 38, 2, 38, 3):
        await at(ward, clock, minutes=minutes)
        heard.append(sum(ids == [ward.handler.staff_id] for level, ids in await called_again(ward) if level == 0))
    assert heard == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert (await handlers_step(ward, complaint_id))["calls_now"] == 6


@pytest.mark.parametrize(
    ("severity", "ends_at"),
    [
        ("A", MONDAY_NINE + timedelta(minutes=30)),
        ("B", MONDAY_NINE + timedelta(hours=2)),
        ("C", MONDAY_NINE + timedelta(days=1)),
    ],
)
async def test_an_acknowledgement_is_a_lease(ward, monday, severity, ends_at):
    complaint_id = await ward.complaint()
    await db.fetch("UPDATE complaint SET severity = $1", severity)
    await acknowledges(ward.handler, complaint_id)
    [ack] = (await handlers_step(ward, complaint_id))["acks"]
    assert datetime.fromisoformat(ack["until"]) - ends_at < timedelta(minutes=1)
    assert ack["is_live"]


async def test_a_lease_of_late_afternoon_lasts_into_the_next_working_morning(ward, clock):
    await clock.set_to(MONDAY_NINE.replace(day=27, hour=16, minute=30))  # Friday; the office closes at 17:30
    complaint_id = await ward.complaint()
    await acknowledges(ward.handler, complaint_id)
    [ack] = (await handlers_step(ward, complaint_id))["acks"]
    monday = MONDAY_NINE + timedelta(days=7)
    assert abs(datetime.fromisoformat(ack["until"]) - monday) < timedelta(minutes=1)


async def test_a_lease_that_runs_out_calls_again_and_then_the_supervisor(ward, monday, drain):
    complaint_id = await ward.complaint()
    await acknowledges(ward.handler, complaint_id)
    await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "抱歉，正在核实。"})
    await drain()  # it reaches the patient
    await at(ward, monday, minutes=119)
    assert (await handlers_step(ward, complaint_id))["state"] == "acknowledged"
    await at(ward, monday, minutes=2)
    step = await handlers_step(ward, complaint_id)
    assert (step["state"], step["expired"], step["calls_now"]) == ("notified", 1, 1)
    assert (0, [ward.handler.staff_id]) in await called_again(ward)
    await at(ward, monday, minutes=11)
    found = await steps(ward, complaint_id)
    assert found["lease", 1]["calls"][0]["name"] == "supervisor先生"


async def test_progress_begins_the_lease_anew_and_pressing_does_so_twice_at_most(ward, monday):
    complaint_id = await ward.complaint()
    await acknowledges(ward.handler, complaint_id)
    for _ in range(4):  # eight hours of notes need no pressing
        await monday.forward(minutes=110)
        await ward.handler.post(f"/complaints/{complaint_id}/note", {"text": "继续核实。"})
    [ack] = (await handlers_step(ward, complaint_id))["acks"]
    assert (ack["presses"], ack["is_live"]) == (1, True)
    await acknowledges(ward.handler, complaint_id)  # the same tap twice is no second press
    assert (await handlers_step(ward, complaint_id))["acks"][0]["presses"] == 1
    for presses in (2, 3):
        await db.fetch("UPDATE escalation_ack SET at = app_now() - interval '2 hours', until = app_now() + '1 minute'")
        await acknowledges(ward.handler, complaint_id)
        assert (await handlers_step(ward, complaint_id))["acks"][0]["presses"] == presses
    await db.fetch("UPDATE escalation_ack SET at = app_now() - interval '2 hours', until = app_now() + '1 minute'")
    refused = await ward.handler.refused(f"/complaints/{complaint_id}/acknowledgement")
    assert refused.code == "lease_used_up"
    await ward.handler.post(f"/complaints/{complaint_id}/note", {"text": "已核对处方。"})
    assert (await handlers_step(ward, complaint_id))["acks"][0]["is_live"]


async def test_harm_calls_head_and_supervisor_at_once_and_both_must_take_it(ward, clock, drain):
    complaint_id = await ward.complaint(**HARM)
    await drain()
    step = (await steps(ward, complaint_id))["severity", 2]
    assert {one["name"] for one in step["calls"]} == {"head先生", "supervisor先生"}
    await acknowledges(ward.head, complaint_id)
    await drain()
    assert (await steps(ward, complaint_id))["severity", 2]["state"] == "notified"
    waiting = await ward.supervisor.alerts_about("complaint")
    assert [one["state"] for one in waiting] == ["raised"]  # the other one still sounds
    await at(ward, clock, minutes=11)
    await drain()
    assert (2, [ward.supervisor.staff_id]) in await called_again(ward)
    assert all(ward.head.staff_id not in ids for _, ids in await called_again(ward))
    await acknowledges(ward.supervisor, complaint_id)
    assert (await steps(ward, complaint_id))["severity", 2]["state"] == "acknowledged"


async def test_harm_that_comes_to_light_later_calls_as_well(ward, clock):
    complaint_id = await ward.complaint()
    await acknowledges(ward.handler, complaint_id)
    await db.fetch("UPDATE complaint SET severity = 'A'")
    await at(ward, clock, seconds=2)
    assert ("severity", 2) in await steps(ward, complaint_id)


async def test_two_who_look_at_once_call_each_once(ward, clock):
    for _ in range(5):
        await ward.complaint()
    await clock.forward(minutes=11)
    await asyncio.gather(*(ward.run("watch_complaints") for _ in range(4)))
    assert len(await called_again(ward)) <= 5
    for table, key in (("escalation", "complaint_id, clock, cycle, step"), ("page", "staff_id, hour, n")):
        rows = await db.fetch(f"SELECT {key} FROM {table} WHERE true GROUP BY {key} HAVING count(*) > 1")
        assert [row for row in rows if row.get("n", 0) is not None] == []
    raised = [fact for fact in await ward.facts("ComplaintEscalated") if fact["level"] == 1]
    assert len(raised) == 5


async def test_beyond_six_calls_an_hour_a_person_hears_one_message_for_all(ward, clock, drain):
    await clock.set_to(time.now().replace(minute=1))
    for _ in range(9):
        await ward.complaint()
    calls = await db.fetch("SELECT n, is_pooled FROM page WHERE staff_id = $1 ORDER BY n", UUID(ward.handler.staff_id))
    assert [row["n"] for row in calls] == [1, 2, 3, 4, 5, 6, None, None, None]
    [pooled] = await ward.facts("PagesPooled")
    assert pooled["staff_id"] == ward.handler.staff_id
    await at(ward, clock, minutes=11)  # the supervisor, too, is called for nine
    assert {fact["staff_id"] for fact in await ward.facts("PagesPooled")} == {
        ward.handler.staff_id,
        ward.supervisor.staff_id,
    }
    await drain()
    alerts = await ward.supervisor.alerts_about("escalations")
    assert [one["title"] for one in alerts] == ["9 件投诉需要您"]
    shown = [one for one in await ward.supervisor.alerts_about("complaint") if one["kind"] == "complaint_escalated"]
    assert len(shown) == 6
    listed = (await ward.supervisor.get("/escalations?limit=50"))["items"]
    assert len({one["complaint_id"] for one in listed}) == 9  # what was not told one by one is in the list


async def pages_of_two_looks(ward, clock) -> None:
    """Two looks count the calls of one person at the same moment."""
    for _ in range(4):
        await ward.complaint()
    await db.fetch("DELETE FROM page")
    rows = await db.fetch("SELECT id FROM escalation ORDER BY id")
    person = UUID(ward.supervisor.staff_id)
    calls = [(row["id"], person, 1) for row in rows]

    async def look(mine: list[tuple[UUID, UUID, int]]) -> None:
        async with db.transaction():
            await step_rows.call(mine, 6)

    async with db.transaction():
        await step_rows.call(calls[:2], 6)
        other = db.CLEAN.copy().run(asyncio.get_running_loop().create_task, look(calls[2:]))
        await somebody_waits()
    await other
    found = await db.fetch("SELECT n FROM page ORDER BY n NULLS LAST")
    assert [row["n"] for row in found] == [1, 2, 3, 4]


async def test_two_looks_share_one_budget(ward, clock):
    await pages_of_two_looks(ward, clock)


async def seventh_call(ward, clock) -> None:
    """A person who was called six times in an hour is not called a seventh time."""
    complaint_id = await ward.complaint()
    await db.fetch("DELETE FROM page")
    row = await db.fetch_one("SELECT id FROM escalation WHERE complaint_id = $1", UUID(complaint_id))
    async with db.transaction():
        for _ in range(7):
            await step_rows.call([(row["id"], UUID(ward.handler.staff_id), 0)], 6)
    assert await props.count("page", "n IS NOT NULL") == 6


async def test_the_seventh_call_of_an_hour_is_only_counted(ward, clock):
    await seventh_call(ward, clock)


MUTANTS = [
    Mutant(
        "the budget",
        step_rows,
        "CALL",
        (("CASE WHEN number <= $5 THEN number END, number > $5", "number, false"),),
        seventh_call,
    ),
    Mutant("the calls so far", step_rows, "CALL", (("coalesce(u.n, 0) + ", ""),), pages_of_two_looks),
]


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
async def test_a_budget_without_its_guard_is_noticed(mutant, monkeypatch, ward, clock):
    await is_killed(mutant, monkeypatch, ward, clock)


async def test_a_level_without_anybody_raises_the_next_and_an_alarm_about_the_rota(ward, clock, hospital, drain):
    admin = await a_member_of_staff(hospital, "admin", name="管理员")
    await db.fetch("DELETE FROM duty WHERE level = 1")
    complaint_id = await ward.complaint()
    await at(ward, clock, minutes=11)
    assert (await steps(ward, complaint_id))["acknowledgement", 2]["calls"]
    await drain()
    [alert] = await admin.alerts_about("duty")
    assert "客服主管" in alert["title"]
    await props.a_duty(UUID(ward.supervisor.staff_id), 1)
    await at(ward, clock, seconds=2)
    await drain()
    assert [one["state"] for one in await admin.alerts_about("duty")] == ["resolved"]


async def test_when_nobody_at_all_is_on_duty_everybody_hears_and_it_stays_on_the_list(ward, clock, drain, hospital):
    admin = await a_member_of_staff(hospital, "admin", name="管理员")
    await db.fetch("DELETE FROM duty")
    complaint_id = await ward.complaint()
    await drain()
    for person in (ward.supervisor, admin):
        assert any("无人应答" in one["title"] for one in await person.alerts_about("complaint"))
    [step] = (await ward.supervisor.get("/escalations"))["items"]
    assert (step["complaint_id"], step["clock"], step["state"]) == (complaint_id, "no_handler", "notified")
    await at(ward, clock, minutes=11)  # again and again
    assert len(await ward.facts("ComplaintUnanswered")) == 2
    await props.a_duty(UUID(ward.handler.staff_id), 0)
    await at(ward, clock, seconds=2)
    await at(ward, clock, seconds=2)
    assert (await steps(ward, complaint_id))["no_handler", 3]["state"] == "resolved"


async def test_the_outside_member_handles_what_nobody_else_may(ward, clock, hospital):
    outside = await a_member_of_staff(hospital, "committee", name="纪检")
    await db.fetch("DELETE FROM duty")
    await db.fetch("UPDATE staff_role SET role = 'admin' WHERE staff_id = $1", UUID(ward.supervisor.staff_id))
    rules = await ward.supervisor.get("/admin/escalation-settings")
    sent = {name: value for name, value in rules.items() if name != "history"}
    sent |= {"outside_member_id": outside.staff_id, "why": "院外委员"}
    assert (await ward.supervisor.put("/admin/escalation-settings", sent))["version"] == 1
    complaint_id = await ward.complaint()
    assert (await outside.get(f"/complaints/{complaint_id}"))["handler_name"] == "纪检"
    stale = await ward.supervisor.refused("/admin/escalation-settings", sent, method="PUT")
    assert stale.status == 409


async def test_a_complaint_that_nobody_there_may_have_holds_up_none_and_costs_nothing(
    ward, clock, hospital, monkeypatch, statements
):
    monkeypatch.setattr(tick, "WAITING_AT_MOST", 1)
    await db.fetch("DELETE FROM duty")
    handler_id, relative = UUID(ward.handler.staff_id), await a_patient_by_row(hospital)
    await props.insert(
        "staff_relation",
        staff_id=handler_id,
        to_patient_id=UUID(relative.patient_id),
        why="亲属",
        at=time.now(),
    )
    of_the_relative = await ward.complaint(relative)
    others = [await ward.complaint() for _ in range(2)]
    await props.a_duty(handler_id, 0)

    async def handled() -> list[str]:
        rows = await db.fetch("SELECT id FROM complaint WHERE handler_id = $1 ORDER BY id", handler_id)
        return [str(row["id"]) for row in rows]

    for so_many in (1, 2, 2):
        await at(ward, clock, seconds=2)
        assert await handled() == others[:so_many]
    statements.clear()
    await ward.run("watch_complaints")
    assert not [one for one in statements if "pg_advisory_xact_lock" in one]  # nobody was chosen for it in vain

    await props.a_duty(UUID(ward.supervisor.staff_id), 1)
    await at(ward, clock, seconds=2)
    shown = await ward.committee.get(f"/complaints/{of_the_relative}")
    assert shown["handler_id"] == ward.supervisor.staff_id


async def test_a_handler_who_is_away_is_not_waited_for(ward, clock, hospital):
    complaint_id = await ward.complaint()
    await props.insert(
        "duty_off",
        staff_id=UUID(ward.handler.staff_id),
        from_at=time.now(),
        until_at=time.now() + timedelta(days=3),
        why="病假",
    )
    await at(ward, clock, minutes=10, seconds=5)
    found = await steps(ward, complaint_id)
    assert found["acknowledgement", 1]["calls"][0]["name"] == "supervisor先生"
    assert await called_again(ward) == []


async def test_the_committee_decides_with_minutes(ward, clock, drain):
    path = f"/complaints/{await ward.complaint()}"
    complaint_id = path.rsplit("/", 1)[1]
    for _ in range(2):
        await ward.handler.post(f"{path}/answer", {"finding": "已核实", "action": "已整改", "responsible": "门诊部"})
        await ward.patient.post(f"{path}/confirmation", {"satisfied": False})
    await drain()
    step = (await steps(ward, complaint_id))["reopened", 3]
    assert step["calls"][0]["name"] == "committee先生"
    assert (step["may_decide"], step["waits_for_me"]) == (True, True)
    refused = await ward.handler.refused(f"/escalations/{step['id']}/decision", {"minutes": "由主管协商"})
    assert refused.status == 403
    decided = await ward.committee.post(f"/escalations/{step['id']}/decision", {"minutes": "由主管协商，院长参加。"})
    assert decided["state"] == "resolved"
    again = await ward.committee.refused(f"/escalations/{step['id']}/decision", {"minutes": "再议"})
    assert again.status == 409
    entries = (await ward.committee.get(path))["entries"]
    assert [one["text"] for one in entries if one["kind"] == "step"] == ["院委会决定：由主管协商，院长参加。"]
    seen = await ward.patient.get(path)
    assert all("院委会" not in one["text"] for one in seen["entries"])


async def test_an_acknowledgement_of_a_settled_step_is_nothing(ward, clock):
    complaint_id = await ward.complaint()
    step = await handlers_step(ward, complaint_id)
    await ward.handler.post(f"/complaints/{complaint_id}/closure", {"state": "withdrawn", "reason": "患者撤回"})
    await at(ward, clock, seconds=2)
    assert (await ward.handler.post(f"/escalations/{step['id']}/acknowledgement"))["state"] == "resolved"
    assert await props.count("escalation_ack") == 0


async def test_a_tick_that_dies_halfway_has_done_nothing_and_the_next_does_it_all(ward, clock, monkeypatch):
    for _ in range(3):
        await ward.complaint()
    await clock.forward(minutes=11)
    with monkeypatch.context() as patch:

        async def dies(*_: object, **__: object) -> None:
            raise ConnectionResetError

        patch.setattr(tick.calling, "publish_all", dies)
        await ward.run("watch_complaints")
    assert await ward.facts("ComplaintCalledAgain") == []
    assert await props.count("page", "n > 3") == 0
    await ward.run("watch_complaints")
    assert len([fact for fact in await ward.facts("ComplaintEscalated") if fact["level"] == 1]) == 3


async def test_warnings_at_half_and_four_fifths_of_a_promise_go_to_the_handler(ward, clock):
    complaint_id = await ward.complaint()
    await acknowledges(ward.handler, complaint_id)
    seen = []
    for minutes in (29, 2, 16, 2):
        await at(ward, clock, minutes=minutes)
        seen.append([fact["percent"] for fact in await ward.facts("ComplaintWarned")])
    assert seen == [[], [50], [50], [50, 80]]
    assert {fact["staff_ids"][0] for fact in await ward.facts("ComplaintWarned")} == {ward.handler.staff_id}


async def test_too_many_calls_of_a_day_are_a_task_for_who_owns_the_rules(ward, clock, hospital, drain):
    owner = await a_member_of_staff(hospital, "admin", name="管理员")
    for _ in range(7):
        await ward.complaint()
    await drain()
    [alert] = await owner.alerts_about("escalation_rules")
    assert alert["title"].startswith("handler先生 今天已被提醒 6 次")


async def test_watchers_see_a_complaint_and_are_never_in_conflict(ward, hospital):
    complaint_id = await ward.complaint(encounter_id=str(await ward.visit()))
    slot = await props.a_slot()
    head = await a_member_of_staff(hospital, "department_head", department_id=slot.department_id, name="外科主任")
    doctor = await a_member_of_staff(hospital, "complaint_handler", practitioner_id=ward.slot.practitioner_id)
    path = f"/complaints/{complaint_id}/watchers"
    assert (await head.refused(f"/complaints/{complaint_id}", method="GET")).status == 404
    found = await ward.handler.put(path, {"staff_ids": [head.staff_id]})
    assert [one["name"] for one in found["watchers"]] == ["外科主任"]
    assert (await head.get(f"/complaints/{complaint_id}"))["id"] == complaint_id
    refused = await ward.handler.refused(path, {"staff_ids": [doctor.staff_id]}, method="PUT")
    assert refused.code == "conflict_of_interest"
    assert (await ward.handler.put(path, {"staff_ids": []}))["watchers"] == []


async def test_the_report_tells_how_long_each_level_took(ward, clock):
    complaint_id = await ward.complaint()
    await clock.forward(minutes=4)
    await acknowledges(ward.handler, complaint_id)
    report = await ward.supervisor.get("/reports/escalations")
    [step] = report["steps"]
    assert (step["step_name"], step["raised"], step["taken"], step["p50_minutes"]) == ("处理人", 1, 1, 4.0)
    assert report["calls"][0]["calls"] == 1
    sheet = await ward.supervisor.call("GET", "/reports/escalations", Accept="text/csv")
    assert (sheet.status, "处理人" in sheet.raw.decode("utf-8-sig")) == (200, True)


def test_settings_of_an_older_version_are_read():
    kept = Setting(pages_per_hour=4).as_value()
    kept.pop("lease_c_work_days")
    assert Setting.of(kept) == Setting(pages_per_hour=4)
