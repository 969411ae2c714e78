"""The clocks of complaints over HTTP: what starts, stops and rests them, breaches, recomputing."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import CheckViolationError, PostgresError, RaiseError
from structlog.testing import capture_logs
from tortoise.exceptions import BaseORMException

from satisfaction.complaints import clock_rows, keeping_time, reaching, recomputing
from satisfaction.complaints.models import Complaint
from server import clock as time
from server import db
from server.db import CLEAN
from server.facts import MessageReached
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed

ANSWER = {"finding": "当天叫号系统故障。", "action": "已修复。", "responsible": "陈静"}


async def story(ward, complaint_id: str) -> dict[str, dict]:
    """Give the clocks of the present round by name; each one's explanation sums to its target."""
    shown = await ward.supervisor.get(f"/complaints/{complaint_id}/clocks")
    for item in shown["items"]:
        assert sum(line["counted_seconds"] for line in item["lines"]) == item["target_seconds"]
        assert item["lines"][0]["starts_at"] == item["starts_at"]
        assert item["lines"][-1]["ends_at"] == item["due_at"]
    return {item["clock"]: item for item in shown["items"] if item["cycle"] == shown["cycle"]} | {
        "pauses": shown["pauses"]
    }


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def breaches() -> list[tuple[str, int, bool]]:
    rows = await db.fetch("SELECT clock, cycle, withdrawn_at IS NULL AS holds FROM breach ORDER BY breached_at, clock")
    return [(row["clock"], row["cycle"], row["holds"]) for row in rows]


async def kinds(complaint_id: str) -> list[str]:
    rows = await db.fetch("SELECT kind FROM complaint_entry WHERE complaint_id = $1 ORDER BY id", UUID(complaint_id))
    return [row["kind"] for row in rows]


# ---- what starts and stops -----------------------------------------------------------------------------------------


async def test_four_clocks_begin_when_a_complaint_is_received(ward):
    clocks = await story(ward, await ward.complaint())
    assert {"acknowledgement", "first_response", "answer", "legal"} <= set(clocks)
    received = at(clocks["answer"]["starts_at"])
    assert at(clocks["acknowledgement"]["due_at"]) - received == timedelta(minutes=10)
    assert at(clocks["first_response"]["due_at"]) - received == timedelta(hours=1)
    assert at(clocks["answer"]["due_at"]) - received == timedelta(hours=24)
    assert clocks["legal"]["target_seconds"] == 5 * 86400
    assert "update" not in clocks
    assert await ward.broken_invariants() == []


async def test_what_the_house_sends_by_itself_is_no_response(ward, drain):
    complaint_id = await ward.complaint()
    await ward.handler.post(f"/complaints/{complaint_id}/acknowledgement")
    await ward.handler.post(f"/complaints/{complaint_id}/note", {"text": "内部"})
    await drain()
    assert (await story(ward, complaint_id))["first_response"]["stopped_at"] is None


async def test_a_response_counts_from_when_it_reached_the_patient(ward, drain, clock):
    complaint_id = await ward.complaint()
    written = (await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "马上核实。"}))["entries"][-1][
        "at"
    ]
    assert (await story(ward, complaint_id))["first_response"]["stopped_at"] is None
    await drain()
    clocks = await story(ward, complaint_id)
    assert at(clocks["first_response"]["stopped_at"]) >= at(written)
    assert clocks["first_response"]["stopped_by"] == "responded"
    assert clocks["update"]["starts_at"] == clocks["first_response"]["stopped_at"]
    assert await ward.broken_invariants() == []


async def test_a_talk_of_half_a_minute_is_a_response_and_a_shorter_one_is_not(ward):
    form = {"text": "家属来电", "source": "desk", "patient_name": "某家属"}
    complaint_id = (await ward.handler.post("/complaints", form))["id"]
    await ward.handler.post(f"/complaints/{complaint_id}/calls", {"seconds": 29, "text": "无人接听"})
    assert (await story(ward, complaint_id))["first_response"]["stopped_at"] is None
    called = await ward.handler.post(f"/complaints/{complaint_id}/calls", {"seconds": 95, "text": "已说明"})
    assert called["state"] == "responded"
    assert (await story(ward, complaint_id))["first_response"]["stopped_by"] == "responded"
    assert await kinds(complaint_id) == ["filed", "call", "call"]


async def test_an_answer_ends_the_terms_and_begins_the_confirmation(ward, drain):
    complaint_id = await ward.complaint()
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    await drain()
    clocks = await story(ward, complaint_id)
    assert clocks["answer"]["stopped_by"] == clocks["legal"]["stopped_by"] == "answered"
    assert clocks["confirmation"]["target_seconds"] == 72 * 3600
    await ward.patient.post(f"/complaints/{complaint_id}/confirmation", {"satisfied": False})
    again = await story(ward, complaint_id)
    assert again["answer"]["stopped_at"] is None
    assert "confirmation" not in again
    assert await ward.broken_invariants() == []


async def test_a_merged_case_gives_its_earlier_start(ward, clock):
    first = await ward.complaint()
    await clock.forward(minutes=30)
    second = await ward.complaint()
    started = (await story(ward, first))["answer"]["starts_at"]
    await ward.handler.post(f"/complaints/{first}/merge", {"into_id": second, "reason": "同一件事"})
    assert (await story(ward, second))["answer"]["starts_at"] == started
    assert (await story(ward, first))["answer"]["stopped_by"] == "merged"
    assert await ward.broken_invariants() == []


# ---- pauses --------------------------------------------------------------------------------------------------------


async def asked(ward, drain, complaint_id: str) -> None:
    await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "请问哪天？", "waits_for_patient": True})
    await drain()


async def test_a_question_that_arrived_rests_the_answer_until_the_patient_writes(ward, drain, clock):
    complaint_id = await ward.complaint()
    due = at((await story(ward, complaint_id))["answer"]["due_at"])
    await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "请问哪天？", "waits_for_patient": True})
    assert not (await story(ward, complaint_id))["answer"]["is_resting"]  # nobody has read it yet
    await drain()
    resting = (await story(ward, complaint_id))["answer"]
    assert resting["is_resting"]
    await clock.forward(hours=5)
    await ward.patient.post(f"/complaints/{complaint_id}/messages", {"text": "上周五"})
    clocks = await story(ward, complaint_id)
    gained = at(clocks["answer"]["due_at"]) - due
    assert timedelta(hours=5) <= gained < timedelta(hours=5, minutes=1)
    assert not clocks["answer"]["is_resting"]
    assert {"rested", "counted"} == {line["what"] for line in clocks["answer"]["lines"]}
    found = await kinds(complaint_id)
    assert [kind for kind in found if kind in ("pause", "resume")] == ["pause", "resume"]
    assert "pause" not in [
        entry["kind"] for entry in (await ward.patient.get(f"/complaints/{complaint_id}"))["entries"]
    ]
    assert await ward.broken_invariants() == []


async def test_a_pause_ends_by_itself_after_three_days_and_the_breach_comes(ward, drain, clock):
    complaint_id = await ward.complaint()
    await asked(ward, drain, complaint_id)
    await clock.forward(hours=95)
    await ward.run("note_breaches")
    assert ("answer", 1, True) not in await breaches()
    await clock.forward(hours=2)
    await ward.run("note_breaches")
    assert ("answer", 1, True) in await breaches()


async def test_a_third_pause_needs_the_leave_of_somebody_else(ward, drain, clock):
    complaint_id = await ward.complaint()
    for _ in range(2):
        await asked(ward, drain, complaint_id)
        await clock.forward(minutes=10)
        await ward.patient.post(f"/complaints/{complaint_id}/messages", {"text": "补充"})
    await asked(ward, drain, complaint_id)
    clocks = await story(ward, complaint_id)
    assert not clocks["answer"]["is_resting"]
    assert (clocks["pauses"]["used"], clocks["pauses"]["is_waiting"]) == (3, True)
    path = f"/complaints/{complaint_id}/pause-permission"
    assert (await ward.handler.refused(path, {"reason": "等材料"})).status == 403
    await ward.supervisor.post(path, {"reason": "等材料"})
    assert (await story(ward, complaint_id))["answer"]["is_resting"]
    form = {"handler_id": ward.supervisor.staff_id, "reason": "接手"}
    await ward.supervisor.post(f"/complaints/{complaint_id}/assignment", form)
    assert (await ward.supervisor.refused(path, {"reason": "再等"})).code == "needs_another"


# ---- severity and departments --------------------------------------------------------------------------------------


async def test_a_minor_complaint_at_night_is_answered_for_in_the_morning_until_it_is_severe(ward, clock):
    await clock.set_to(time.at(date(2026, 11, 20), 22))  # a Friday evening
    complaint_id = await ward.complaint()
    path = f"/complaints/{complaint_id}/severity"
    assert (await ward.handler.refused(path, {"severity": "C", "reason": "轻微"})).status == 403
    assert (await ward.supervisor.post(path, {"severity": "C", "reason": "轻微"}))["severity"] == "C"
    due = time.local(at((await story(ward, complaint_id))["first_response"]["due_at"]))
    assert (due.date(), due.hour) == (date(2026, 11, 23), 8)  # a few moments were counted before it was judged
    await clock.forward(hours=2)
    await ward.handler.post(path, {"severity": "A", "reason": "有伤害"})
    clocks = await story(ward, complaint_id)
    left = at(clocks["first_response"]["due_at"]) - time.now()
    assert timedelta(minutes=55) < left <= timedelta(hours=1)  # from now on around the clock; nothing is late at once
    assert await breaches() == [("acknowledgement", 1, True)] or await breaches() == []


async def test_further_departments_give_ten_working_days(ward, clock):
    await clock.set_to(time.at(date(2026, 9, 21), 10))
    complaint_id = await ward.complaint()
    assert at((await story(ward, complaint_id))["legal"]["due_at"]) == time.at(date(2026, 9, 30), 0)
    more = await props.a_department(name="药剂科")
    path = f"/complaints/{complaint_id}/departments"
    await ward.handler.post(path, {"department_ids": [str(more)]})
    await ward.handler.post(path, {"department_ids": [str(more)]})
    # 25-27 September and 1-7 October are holidays, 10 October is worked
    assert at((await story(ward, complaint_id))["legal"]["due_at"]) == time.at(date(2026, 10, 13), 0)
    assert (await kinds(complaint_id)).count("department") == 1
    assert (await ward.handler.refused(path, {"department_ids": [str(uuid4())]})).status == 404


# ---- breaches ------------------------------------------------------------------------------------------------------


async def test_without_any_scheduler_a_late_stop_writes_the_breach_with_the_due_time(ward, clock, drain):
    complaint_id = await ward.complaint()
    rows = await db.fetch("SELECT clock, due_at FROM complaint_clock")
    due = {row["clock"]: row["due_at"] for row in rows}
    await clock.forward(hours=30)
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    rows = await db.fetch("SELECT clock, breached_at FROM breach WHERE clock IN ('acknowledgement', 'answer')")
    assert {row["clock"]: row["breached_at"] for row in rows} == {
        name: due[name] for name in ("acknowledgement", "answer")
    }
    await drain()
    again = await db.fetch("SELECT breached_at FROM breach WHERE clock = 'answer'")
    assert [row["breached_at"] for row in again] == [due["answer"]]
    assert await ward.broken_invariants() == []


async def test_a_message_that_had_arrived_in_time_takes_the_breach_back(ward, clock):
    complaint_id = await ward.complaint()
    entry_id = (await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "马上"}))["entries"][-1]["id"]
    arrived = time.now()
    await clock.forward(minutes=61)
    await ward.run("note_breaches")
    assert ("first_response", 1, True) in await breaches()
    fact = MessageReached("complaint", UUID(complaint_id), f"complaint_progress:{complaint_id}:{entry_id}", arrived)
    for _ in range(2):  # heard twice
        async with db.transaction():
            await reaching.message_reached(fact)
    assert ("first_response", 1, False) in await breaches()
    assert (await story(ward, complaint_id))["first_response"]["breached_at"] is None
    assert await props.count("complaint_event", "kind = 'responded'") == 1
    assert await ward.broken_invariants() == []


async def test_events_are_final_and_short_calls_are_none(ward):
    complaint_id = UUID(await ward.complaint())
    for statement in ("UPDATE complaint_event SET at = app_now()", "DELETE FROM complaint_event"):
        with pytest.raises((RaiseError, BaseORMException), match="cannot be rewritten"):
            await db.fetch(statement)
    with pytest.raises((CheckViolationError, BaseORMException), match="complaint_event_call_is_long"):
        async with db.transaction():
            complaint = await db.lock(Complaint, complaint_id)
            await keeping_time.happened(complaint, "responded", seconds=29)


# ---- recomputing ---------------------------------------------------------------------------------------------------


async def test_a_day_off_that_is_announced_moves_the_dues_and_is_listed(ward, clock):
    await clock.set_to(time.at(date(2026, 11, 16), 10))
    complaint_id = await ward.complaint()
    await ward.run("recompute_dues")
    assert at((await story(ward, complaint_id))["legal"]["due_at"]) == time.at(date(2026, 11, 24), 0)
    await clock.set_to(time.at(date(2026, 11, 24), 1))
    await ward.run("note_breaches")
    assert ("legal", 1, True) in await breaches()
    await db.fetch("INSERT INTO calendar_day (day, kind, name) VALUES ('2026-11-20', 'holiday', '临时放假')")
    await ward.run("recompute_dues")
    run = await db.fetch_one("SELECT * FROM dues_run ORDER BY started_at DESC, id DESC LIMIT 1")
    assert (run["why"], run["looked"], run["changed"]) == ("terms_changed", 1, 1)
    [change] = await db.fetch("SELECT * FROM dues_change")
    assert (change["clock"], change["due_at"]) == ("legal", time.at(date(2026, 11, 25), 0))
    row = await db.fetch_one("SELECT due_at FROM complaint_clock WHERE clock = 'legal'")
    assert row["due_at"] == change["due_at"]
    assert ("legal", 1, False) in await breaches()
    await ward.run("recompute_dues")
    assert await props.count("dues_run") == 2  # nothing changed since
    assert await ward.broken_invariants() == []


async def test_every_night_all_dues_are_looked_at(ward, clock):
    await ward.run("recompute_dues")
    await clock.forward(days=1)
    await ward.run("recompute_dues", "recompute_dues")
    rows = await db.fetch("SELECT why FROM dues_run ORDER BY started_at, id")
    assert [row["why"] for row in rows] == ["terms_changed", "nightly"]


async def test_one_complaint_that_cannot_be_recomputed_does_not_stop_the_others(ward, clock):
    bad, good = await ward.complaint(), await ward.complaint()
    await ward.run("recompute_dues")
    await db.fetch("INSERT INTO policy (name, value) VALUES ('complaint.answer_minutes', '600')")
    await db.fetch(f"ALTER TABLE complaint ADD CONSTRAINT test_refuses CHECK (id <> '{bad}') NOT VALID")
    try:
        await ward.run("recompute_dues")
    finally:
        await db.fetch("ALTER TABLE complaint DROP CONSTRAINT test_refuses")
    rows = await db.fetch(
        "SELECT complaint_id FROM complaint_clock WHERE clock = 'answer' AND due_at - starts_at = '10 h'"
    )
    assert [str(row["complaint_id"]) for row in rows] == [good]


# ---- races ---------------------------------------------------------------------------------------------------------


async def a_stop_and_a_tick_at_once(ward, clock) -> None:
    """A response of the last minute arrives while the tick notes the breach: one of them is first, and both agree."""
    complaint_id = UUID(await ward.complaint())
    await clock.forward(minutes=61)
    with capture_logs() as logs:
        await _both(complaint_id)
    assert logs == []  # neither had to give way to the other
    assert ("first_response", 1, True) not in await breaches()
    assert await ward.broken_invariants() == []


async def _both(complaint_id: UUID) -> None:
    async with db.transaction():
        complaint = await db.lock(Complaint, complaint_id)
        tick = asyncio.get_running_loop().create_task(recomputing.note_breaches(), context=CLEAN.copy())
        await somebody_waits()
        await keeping_time.happened(complaint, "responded", at=time.now() - timedelta(minutes=5))
    await tick


async def test_a_stop_and_a_tick_agree(ward, clock):
    await a_stop_and_a_tick_at_once(ward, clock)


@pytest.mark.mutant
async def test_a_tick_that_does_not_wait_for_the_stop_is_noticed(ward, clock, monkeypatch):
    monkeypatch.setattr(recomputing, "locked", lambda complaint_id, _: Complaint.get(id=complaint_id))
    with pytest.raises((AssertionError, TimeoutError, BaseORMException, PostgresError)):
        await a_stop_and_a_tick_at_once(ward, clock)


async def a_message_heard_twice(ward) -> None:
    """Facts are told at least once; what they say happened once."""
    complaint_id = await ward.complaint()
    entry_id = (await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "马上"}))["entries"][-1]["id"]
    fact = MessageReached("complaint", UUID(complaint_id), f"complaint_progress:{complaint_id}:{entry_id}", time.now())
    for _ in range(2):
        async with db.transaction():
            await reaching.message_reached(fact)
    assert await props.count("complaint_event", "kind = 'responded'") == 1


async def test_a_message_that_is_heard_twice_is_one_event(ward):
    await a_message_heard_twice(ward)


@pytest.mark.mutant
async def test_an_event_that_is_written_twice_is_noticed(ward, monkeypatch):
    edits = ((" ON CONFLICT (complaint_id, kind, entry_id) DO NOTHING", ""),)
    mutant = Mutant("the event's own line", clock_rows, "_INSERT_EVENT", edits, a_message_heard_twice)
    await is_killed(mutant, monkeypatch, ward)
