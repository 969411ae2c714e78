"""While a patient says nothing to an answer: a reminder, another one by another way, a call, and an honest end.

A look at the database, like every job: which steps exist follows from the answer that has reached the patient; which
of them is due, from the time. Whatever the patient says ends the chain.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from satisfaction.complaints import models, timeline
from satisfaction.complaints.cases import end
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.reopening import REOPENED_WITHIN_DAYS
from satisfaction.complaints.rules import ComplaintState
from server import clock, db
from server.accounts import SignedInStaff
from server.events import publish
from server.facts import CallEnded, ComplaintCalled, ComplaintCallWanted, ComplaintReminded
from server.history import SYSTEM
from server.jobs import each, ring

BATCH = 200
SAME_WAY, OTHER_WAY, CALL, CLOSE = 1, 2, 3, 4
CALL_AGAIN_LOOKED_AT = timedelta(hours=4)  # nobody has called yet: the end waits for it
REACHED = "reached"

# The steps of each answer of which the patient knows: from when it reached them, or from a day later when nothing says
# that it did. Without an account there is only the call; without a patient's file nobody can be called.
PLAN = """
INSERT INTO confirmation_reminder (complaint_id, cycle, step, due_at)
SELECT c.id, c.cycle, s.step, began.at + s.after
FROM complaint c
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT k.starts_at FROM complaint_clock k
     WHERE k.complaint_id = c.id AND k.clock = 'confirmation' AND k.cycle = c.cycle),
    CASE WHEN c.answered_at <= app_now() - interval '24 hours' THEN c.answered_at END) AS at) began
CROSS JOIN (VALUES (1, interval '24 hours'), (2, interval '48 hours'), (3, interval '72 hours'),
                   (4, interval '96 hours')) s (step, after)
WHERE c.state = 'answered' AND began.at IS NOT NULL AND (c.account_id IS NOT NULL OR c.patient_id IS NOT NULL)
  AND (s.step IN (3, 4) OR c.account_id IS NOT NULL) AND (s.step <> 3 OR c.patient_id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM confirmation_reminder r WHERE r.complaint_id = c.id AND r.cycle = c.cycle)
ON CONFLICT DO NOTHING
"""
DUE = """
SELECT complaint_id, cycle, step FROM confirmation_reminder WHERE done_at IS NULL AND due_at <= app_now()
ORDER BY due_at, step LIMIT $1
"""
# Taken in the transaction of what it does, with the complaint locked. $1 complaint, $2 round, $3 step
TAKE = """
UPDATE confirmation_reminder SET done_at = app_now(), outcome = $4
WHERE complaint_id = $1 AND cycle = $2 AND step = $3 AND done_at IS NULL AND due_at <= app_now() RETURNING step
"""
# What ends the silence: a verdict, a word, a new round. $1 complaint, $2 round
SILENT = """
SELECT c.id FROM complaint c WHERE c.id = $1 AND c.cycle = $2 AND c.state = 'answered'
AND NOT EXISTS (SELECT 1 FROM complaint_entry e WHERE e.complaint_id = c.id AND e.author_kind = 'patient'
                AND e.kind IN ('message', 'confirmation') AND e.at >= c.answered_at)
"""
OVER = """
UPDATE confirmation_reminder SET done_at = app_now(), outcome = 'over'
WHERE complaint_id = $1 AND cycle = $2 AND done_at IS NULL
"""
# The call of a round, if one was asked for. $1 its source
CALLED = "SELECT state, attempts, window_ends_at FROM call_task WHERE source = $1"
DONE = "SELECT step, done_at FROM confirmation_reminder WHERE complaint_id = $1 AND cycle = $2 AND outcome = 'sent'"


def source_of(complaint_id: UUID, cycle: int, why: str) -> str:
    """Name what a task of the call list comes from."""
    return f"complaint:{complaint_id}:{cycle}:{why}"


async def remind() -> None:
    """Write down the steps of answers that have reached their patients, and do those that are due."""
    await db.fetch(PLAN)
    await each("remind_confirmations", await db.fetch(DUE, BATCH), _take)


async def _take(row: dict[str, Any]) -> None:
    await take_step(row["complaint_id"], row["cycle"], row["step"])


async def take_step(complaint_id: UUID, cycle: int, step: int) -> None:
    """Do one step of a round, unless the patient has said something since; doing it twice is doing it once."""
    async with db.transaction():
        complaint = await db.lock(Complaint, complaint_id)
        if not await db.fetch(SILENT, complaint_id, cycle):
            await db.fetch(OVER, complaint_id, cycle)
            return
        if step == CLOSE:
            await _close(complaint)
        elif await db.fetch(TAKE, complaint_id, cycle, step, "called" if step == CALL else "sent"):
            await timeline.write(complaint, "reminder", _REMINDED[step], by=SYSTEM)
            if step == CALL:
                await ask_for_call(complaint, why="silent")
            else:
                await _remind(complaint, step)


_REMINDED = {
    SAME_WAY: "已提醒您查看并确认答复。",
    OTHER_WAY: "已换一种方式再次提醒您确认答复。",
    CALL: "已请同事给您打电话，听取您对答复的意见。",
}


async def _remind(complaint: Complaint, step: int) -> None:
    await publish(
        ComplaintReminded(
            complaint_id=complaint.id,
            number=complaint.number,
            account_id=complaint.account_id,
            cycle=complaint.cycle,
            step=step,
            at=clock.now(),
        )
    )


async def ask_for_call(complaint: Complaint, *, why: str, told: str = "") -> None:
    """Ask for a call to the patient, in the open transaction; nobody is called of whom no file is known.

    why: `wanted` by the patient, or `silent`. told: the patient's words, which stay in the complaint.
    """
    if complaint.patient_id is None:
        return
    await publish(
        ComplaintCallWanted(
            complaint_id=complaint.id,
            number=complaint.number,
            patient_id=complaint.patient_id,
            department_id=complaint.department_id,
            source=source_of(complaint.id, complaint.cycle, why),
            why=why,
            at=clock.now(),
        )
    )


async def _close(complaint: Complaint) -> None:
    call = await db.fetch_one(CALLED, source_of(complaint.id, complaint.cycle, "silent"))
    if call and call["state"] in ("open", "claimed") and not call["attempts"] and call["window_ends_at"] > clock.now():
        # nobody may say that the patient did not answer a call that was never made
        await db.fetch(
            "UPDATE confirmation_reminder SET due_at = app_now() + $3::interval"
            " WHERE complaint_id = $1 AND cycle = $2 AND step = 4 AND done_at IS NULL",
            complaint.id,
            complaint.cycle,
            CALL_AGAIN_LOOKED_AT,
        )
        return
    if not await db.fetch(TAKE, complaint.id, complaint.cycle, CLOSE, "closed"):
        return
    sent = await db.fetch(DONE, complaint.id, complaint.cycle)
    text = closing_words(complaint.answered_at, [row["done_at"] for row in sent], calls=call["attempts"] if call else 0)
    await timeline.write(complaint, "closure", text, by=SYSTEM)
    await end(complaint, ComplaintState.CLOSED_NO_REPLY, by=SYSTEM)


async def was_called(complaint: Complaint, staff: SignedInStaff) -> None:
    """End the silence of a round by a talk that staff wrote down; what waits on the call list is done with it."""
    await db.fetch(OVER, complaint.id, complaint.cycle)
    await publish(ComplaintCalled(complaint.id, staff.id, clock.now()))


def closing_words(answered_at: datetime | None, reminded: list[datetime], *, calls: int) -> str:
    """Write why a complaint ends without the patient's word: what was really done, and how to go on."""
    done = [f"{_day(at)}提醒" for at in sorted(reminded)]
    done += [f"电话联系 {calls} 次未接通"] if calls else []
    first = f"我们于{_day(answered_at)}答复" if answered_at else "我们已答复"
    tried = f"，之后{'、'.join(done)}" if done else ""
    return (
        f"{first}{tried}，一直没有收到您的确认，这件意见先结束。这不表示您已经满意。"
        f"{REOPENED_WITHIN_DAYS} 天内随时可以在本页面选择“重新处理”，我们会继续办理。"
    )


def _day(at: datetime) -> str:
    local = clock.local(at)
    return f"{local.month}月{local.day}日"


async def call_ended(fact: CallEnded) -> None:
    """Hear what came of a call: who was reached is silent no more; when nobody will try again, the end is due."""
    row = await db.fetch_one("SELECT source, state FROM call_task WHERE id = $1", fact.call_task_id)
    parts = row["source"].split(":") if row else []
    if row is None or parts[:1] != ["complaint"]:
        return
    complaint_id, cycle = UUID(parts[1]), int(parts[2])
    complaint = await db.lock(Complaint, complaint_id)
    if complaint.cycle != cycle or complaint.state != ComplaintState.ANSWERED:
        return
    if fact.result == REACHED:
        await timeline.write(complaint, "call", "已与您通话。", by=SYSTEM)
        await models.change(complaint)
        await db.fetch(OVER, complaint_id, cycle)
    elif row["state"] not in ("open", "claimed"):
        await db.fetch(
            "UPDATE confirmation_reminder SET due_at = app_now()"
            " WHERE complaint_id = $1 AND cycle = $2 AND step = 4 AND done_at IS NULL AND due_at > app_now()",
            complaint_id,
            cycle,
        )
        ring("remind_confirmations")
