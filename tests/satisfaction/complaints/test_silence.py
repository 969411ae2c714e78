"""What happens while a patient says nothing to an answer, and that nothing of it happens to who says something."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from satisfaction.complaints import confirming
from satisfaction.complaints.confirming import closing_words, take_step
from server import clock as time
from server import db
from server.events import publish
from server.facts import CallEnded
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed

ANSWER = {"finding": "当天叫号系统故障。", "action": "已修复并增设人工引导。", "responsible": "陈静"}


async def answered(ward, drain, **form) -> str:
    """A complaint whose answer has reached the patient."""
    complaint_id = await ward.complaint(**form)
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    await drain()
    await ward.run("remind_confirmations")
    return complaint_id


async def state_of(complaint_id: str) -> str:
    row = await db.fetch_one("SELECT state FROM complaint WHERE id = $1", UUID(complaint_id))
    assert row is not None
    return row["state"]


async def lines(ward, complaint_id: str) -> list[str]:
    return [entry["kind"] for entry in (await ward.patient.get(f"/complaints/{complaint_id}"))["entries"]]


async def steps() -> list[tuple[int, str | None]]:
    rows = await db.fetch("SELECT step, outcome FROM confirmation_reminder ORDER BY complaint_id, cycle, step")
    return [(row["step"], row["outcome"]) for row in rows]


async def a_call_is_made(result: str, *, times: int = 1) -> None:
    """Let somebody call everybody on the list about a complaint, as the call desk records it."""
    for _ in range(times):
        await db.fetch(
            "UPDATE call_task SET attempts = attempts + 1, state = $1, ended_at = app_now(),"
            " result = $2 WHERE source LIKE 'complaint:%'",
            "done" if result == "reached" else "lost",
            result,
        )


async def the_call_ended(ward, result: str) -> None:
    task = await db.fetch_one("SELECT id, patient_id FROM call_task WHERE source LIKE 'complaint:%'")
    assert task is not None
    await a_call_is_made(result)
    async with db.transaction():
        await publish(
            CallEnded(task["id"], "promise", task["patient_id"], None, result, UUID(ward.handler.staff_id), time.now())
        )
    await ward.run("relay", "remind_confirmations")


async def test_silence_is_reminded_twice_called_and_then_closed_with_what_was_done(ward, clock, drain):
    complaint_id = await answered(ward, drain)
    assert await steps() == [(1, None), (2, None), (3, None), (4, None)]

    await clock.forward(hours=23)
    await ward.run("remind_confirmations")
    assert [outcome for _, outcome in await steps()] == [None] * 4
    await clock.forward(hours=1, minutes=1)
    await ward.run("remind_confirmations")
    await drain()
    await clock.forward(hours=24)
    await ward.run("remind_confirmations")
    await drain()
    told = await db.fetch("SELECT route FROM message WHERE subject_id = $1 ORDER BY id", UUID(complaint_id))
    assert [row["route"].partition(":")[0] for row in told][-2:] == ["news", "complaint_reminder"]

    await clock.forward(hours=24)
    await ward.run("remind_confirmations", "relay")
    [task] = await db.fetch("SELECT title, department_id, kind FROM call_task")
    assert (task["title"], task["department_id"], task["kind"]) == ("投诉答复回访", None, "promise")
    assert await state_of(complaint_id) == "answered"
    await the_call_ended(ward, "not_reached")
    assert await state_of(complaint_id) == "closed_no_reply"
    assert await steps() == [(1, "sent"), (2, "sent"), (3, "called"), (4, "closed")]

    seen = await ward.patient.get(f"/complaints/{complaint_id}")
    last = seen["entries"][-1]
    assert (last["kind"], last["author"]) == ("closure", "system")
    assert "这不表示您已经满意" in last["text"]
    assert "电话联系 1 次未接通" in last["text"]
    assert last["text"].count("提醒") == 2
    assert seen["reopen_until"]


async def test_a_closed_complaint_is_opened_again_by_its_patient_within_thirty_days(ward, clock, drain):
    complaint_id = await answered(ward, drain)
    await ward.handler.post(
        f"/complaints/{complaint_id}/closure", {"state": "closed_no_reply", "reason": "多次联系未果"}
    )
    await clock.forward(days=29)
    seen = await ward.patient.post(f"/complaints/{complaint_id}/reopening", {"reason": "才看到，问题还在"})
    assert (seen["state"], seen["reopen_until"]) == ("assigned", None)
    assert seen["entries"][-1]["text"] == "才看到，问题还在"
    row = await db.fetch_one("SELECT cycle, closed_at FROM complaint WHERE id = $1", UUID(complaint_id))
    assert row is not None
    assert (row["cycle"], row["closed_at"]) == (2, None)
    # the second round has steps of its own
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    await drain()
    await ward.run("remind_confirmations")
    assert len(await steps()) == 8


async def test_after_thirty_days_it_is_written_anew(ward, clock, drain):
    complaint_id = await answered(ward, drain)
    await ward.handler.post(
        f"/complaints/{complaint_id}/closure", {"state": "closed_no_reply", "reason": "多次联系未果"}
    )
    await clock.forward(days=31)
    refused = await ward.patient.refused(f"/complaints/{complaint_id}/reopening", {"reason": "还在"})
    assert (refused.status, refused.code) == (409, "too_late_to_reopen")
    assert (await ward.patient.get(f"/complaints/{complaint_id}"))["reopen_until"] is None


@pytest.mark.parametrize("end", ["satisfied", "open"])
async def test_what_did_not_end_against_the_patient_is_not_reopened_by_them(ward, drain, end):
    complaint_id = await answered(ward, drain)
    if end == "satisfied":
        await ward.patient.post(f"/complaints/{complaint_id}/confirmation", {"satisfied": True})
    refused = await ward.patient.refused(f"/complaints/{complaint_id}/reopening", {"reason": "还在"})
    assert (refused.status, refused.code) == (409, "illegal_move")


@pytest.mark.parametrize("says", ["message", "call", "no"])
async def test_who_says_something_is_not_reminded(ward, clock, drain, says):
    complaint_id = await answered(ward, drain)
    if says == "message":
        await ward.patient.post(f"/complaints/{complaint_id}/messages", {"text": "我再想想。"})
    elif says == "call":
        await ward.patient.post(f"/complaints/{complaint_id}/confirmation", {"satisfied": None, "call_me": True})
    else:
        await ward.patient.post(f"/complaints/{complaint_id}/confirmation", {"satisfied": False})
    before = await lines(ward, complaint_id)
    await clock.forward(days=5)
    await ward.run("remind_confirmations")
    assert {outcome for _, outcome in await steps()} == {"over"}
    after = await lines(ward, complaint_id)
    assert [kind for kind in after[len(before) :] if kind in ("reminder", "closure")] == []
    assert await state_of(complaint_id) in ("answered", "assigned")


async def test_please_call_me_puts_a_call_on_the_list_and_decides_nothing(ward, drain):
    complaint_id = await answered(ward, drain)
    seen = await ward.patient.post(
        f"/complaints/{complaint_id}/confirmation", {"satisfied": None, "call_me": True, "text": "下午方便"}
    )
    assert (seen["state"], seen["may_confirm"]) == ("answered", True)
    assert seen["entries"][-1]["text"] == "请给我回电：下午方便"
    await ward.run("relay")
    [task] = await db.fetch("SELECT source, reason FROM call_task")
    assert task["source"].endswith(":wanted")
    assert "下午方便" not in task["reason"]  # the patient's words stay in the complaint
    [fact] = await ward.facts("ComplaintMessaged")
    assert fact["handler_id"] == ward.handler.staff_id
    # and after the call they decide
    await ward.patient.post(f"/complaints/{complaint_id}/confirmation", {"satisfied": True})
    assert await state_of(complaint_id) == "confirmed_closed"


async def test_a_verdict_says_something(ward, drain):
    complaint_id = await answered(ward, drain)
    refused = await ward.patient.refused(f"/complaints/{complaint_id}/confirmation", {"satisfied": None})
    assert refused.status == 422


async def test_who_finds_it_unfair_gets_somebody_else(ward, drain):
    complaint_id = await answered(ward, drain)
    path = f"/complaints/{complaint_id}/confirmation"
    assert (await ward.patient.refused(path, {"satisfied": True, "unfair": True})).status == 422
    seen = await ward.patient.post(path, {"satisfied": False, "unfair": True, "text": "没有去问当班的人"})
    assert "不满意，希望换人处理：没有去问当班的人" in str(seen["entries"])
    row = await db.fetch_one("SELECT handler_id FROM complaint WHERE id = $1", UUID(complaint_id))
    assert row is not None
    assert str(row["handler_id"]) != ward.handler.staff_id
    assert (await ward.handler.refused(f"/complaints/{complaint_id}", method="GET")).status == 404


async def test_who_was_reached_by_the_call_is_silent_no_more(ward, clock, drain):
    complaint_id = await answered(ward, drain)
    await clock.forward(hours=73)
    await ward.run("remind_confirmations", "relay")
    await the_call_ended(ward, "reached")
    await clock.forward(days=3)
    await ward.run("remind_confirmations")
    assert await state_of(complaint_id) == "answered"
    assert (await lines(ward, complaint_id))[-1] == "call"


async def test_nobody_is_said_not_to_have_answered_a_call_that_was_not_made(ward, clock, drain):
    complaint_id = await answered(ward, drain)
    await clock.forward(hours=73)
    await ward.run("remind_confirmations", "relay")
    await clock.forward(hours=25)
    await ward.run("remind_confirmations")
    assert await state_of(complaint_id) == "answered"  # the call is still on the list
    await clock.forward(days=3)
    await ward.run("remind_confirmations")
    assert await state_of(complaint_id) == "closed_no_reply"
    text = (await ward.patient.get(f"/complaints/{complaint_id}"))["entries"][-1]["text"]
    assert "电话" not in text


async def test_an_answer_that_did_not_arrive_is_not_taken_for_silence_at_once(ward, clock):
    complaint_id = await ward.complaint()
    await ward.handler.post(f"/complaints/{complaint_id}/answer", ANSWER)
    await ward.run("remind_confirmations")  # the message has not left yet
    assert await steps() == []
    await clock.forward(hours=25)
    await ward.run("remind_confirmations")
    assert (await steps())[:2] == [(1, "sent"), (2, None)]


async def test_somebody_without_an_account_is_only_called(ward, clock):
    patient_id = await props.a_patient()
    filed = await ward.handler.post(
        "/complaints", {"text": "来信投诉等候。", "source": "letter", "patient_id": str(patient_id)}
    )
    await ward.handler.post(f"/complaints/{filed['id']}/answer", ANSWER)
    await clock.forward(hours=25)
    await ward.run("remind_confirmations")
    assert [step for step, _ in await steps()] == [3, 4]


async def test_two_workers_remind_once(ward, clock, drain):
    complaint_id = await answered(ward, drain)
    await clock.forward(hours=25)
    await asyncio.gather(*(ward.run("remind_confirmations") for _ in range(4)))
    assert (await lines(ward, complaint_id)).count("reminder") == 1
    assert len(await ward.facts("ComplaintReminded")) == 1


async def _a_word_at_the_last_moment(ward, clock, drain) -> None:
    """The patient confirms while the end is being written: the patient's word stands."""
    complaint_id = await answered(ward, drain)
    await clock.forward(days=9)
    await db.fetch(
        "UPDATE confirmation_reminder SET done_at = app_now(), outcome = 'sent' WHERE step < 4 AND done_at IS NULL"
    )
    async with db.transaction():
        await db.fetch("SELECT 1 FROM complaint WHERE id = $1 FOR NO KEY UPDATE", UUID(complaint_id))
        body = {"satisfied": True}
        path = f"/complaints/{complaint_id}/confirmation"
        word = asyncio.create_task(
            db.detached(lambda: ward.patient.call("POST", path, body, Idempotency_Key=str(uuid4())))
        )
        await somebody_waits(1)
        end = asyncio.create_task(db.detached(lambda: take_step(UUID(complaint_id), 1, confirming.CLOSE)))
        await somebody_waits(2)
    reply, _ = await word, await end
    assert reply.status == 200, reply.raw
    assert await state_of(complaint_id) == "confirmed_closed"
    assert (await lines(ward, complaint_id))[-1] == "confirmation"


async def test_a_word_at_the_last_moment_counts(ward, clock, drain):
    await _a_word_at_the_last_moment(ward, clock, drain)


@pytest.mark.mutant
async def test_an_end_that_does_not_look_again_is_noticed(ward, clock, drain, monkeypatch):
    mutant = Mutant(
        "the second look at the state",
        confirming,
        "SILENT",
        ((" AND c.state = 'answered'", ""), ("'confirmation'", "'x'")),
        _a_word_at_the_last_moment,
    )
    await is_killed(mutant, monkeypatch, ward, clock, drain)


async def test_a_patient_takes_a_complaint_back_in_their_own_words(ward):
    complaint_id = await ward.complaint()
    refused = await ward.patient.refused(f"/complaints/{complaint_id}/withdrawal", {"reason": " "})
    assert refused.status == 422
    seen = await ward.patient.post(f"/complaints/{complaint_id}/withdrawal", {"reason": "已经当面说清楚了"})
    assert (seen["state"], seen["may_write"]) == ("withdrawn", False)
    assert seen["entries"][-1]["text"] == "患者撤回：已经当面说清楚了"
    again = await ward.patient.refused(f"/complaints/{complaint_id}/withdrawal", {"reason": "再撤"})
    assert again.code == "complaint_closed"
    other = await ward.handler.refused(f"/complaints/{complaint_id}/withdrawal", {"reason": "代撤"})
    assert other.status == 403


def test_the_words_of_an_end_name_only_what_was_done():
    at = time.now()
    assert "之后" not in closing_words(at, [], calls=0)
    text = closing_words(at, [at + timedelta(days=1)], calls=2)
    assert "电话联系 2 次未接通" in text
    assert "30 天内" in text
