"""Telling what is due: a look at the plans of each patient whose moment has come, one transaction for each."""

from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import orjson
import structlog

from notifications import hub
from notifications.calls.rules import CallKind
from notifications.calls.tasks import NewCall, place
from notifications.followups import models
from notifications.followups.deciding import Budget, Candidate, Decision, decide
from notifications.followups.kinds import AnchorKind
from notifications.notices.following import Told, follow_up
from server import clock, db, kill_points
from server.hospital import policy
from server.workdays import worked_between

log = structlog.get_logger("followups")

BATCH = 200
MOST_A_WEEK = 3  # contacts of one patient that are not clinical; the policy `followups.contacts_per_week`
LATE_LASTS = timedelta(days=1)
CALL_LASTS = timedelta(days=3)
AHEAD = timedelta(days=90)


async def tell_due() -> None:
    """Tell, call, put off or skip every step whose moment has come."""
    done = BATCH
    while done == BATCH:
        rows = await db.fetch(models.DUE_PATIENTS, BATCH)
        done = 0
        for row in rows:
            try:
                await _look_at(row["patient_id"])
                done += 1
            except Exception:  # one bad plan must not hold up the other patients
                log.exception("follow_up_failed", patient=str(row["patient_id"]))


async def _look_at(patient_id: UUID) -> None:
    async with db.transaction():
        await db.fetch(models.LOCK_STEPS, patient_id)
        rows = {row["id"]: row for row in await db.fetch(models.OPEN_STEPS, patient_id)}
        lately = tuple(row["told_at"] for row in await db.fetch(models.TOLD_LATELY, patient_id))
        today = clock.today()
        works = await worked_between(today, today + AHEAD)
        budget = Budget(lately, int(await policy("followups.contacts_per_week", MOST_A_WEEK)))
        decisions = decide([_candidate(row) for row in rows.values()], budget, now=clock.now(), works=works)
        for one in decisions:
            await _do(one, rows, [rows[other.id] for other in decisions if other.into == one.id])
        await db.fetch(models.FINISH, sorted({row["enrolment_id"] for row in rows.values()}))


def _candidate(row: dict[str, Any]) -> Candidate:
    step = models.step_of(row["body"])
    names = ("id", "enrolment_id", "earliest_at", "due_at", "latest_at", "is_due", "stays", "has_account", "told")
    return Candidate(
        **{name: row[name] for name in names},
        step=step,
        max_contacts=models.plan_of(row["plan"]).max_contacts,
        depends=_depends(step.depends_when, row["before_state"], row["before_answered"]),
    )


def _depends(when: str, state: str | None, is_answered: bool) -> Literal["yes", "wait", "no"]:
    """Tell whether an earlier step allows this one. state: of the earlier step, None when there is none."""
    if state is None:
        return "yes"
    if state == "planned":
        return "wait"
    if when == "unanswered":
        return "no" if is_answered else "yes"
    if state == "skipped":
        return "no"
    return "yes" if when == "told" or is_answered else "wait"


async def _do(one: Decision, rows: dict[UUID, dict[str, Any]], merged: list[dict[str, Any]]) -> None:
    row = rows[one.id]
    if one.what == "send":
        await _send(row, merged, one.reason)
    elif one.what == "merge":
        await db.fetch(models.TELL, one.id, "merged", one.reason, one.into)
    elif one.what == "call":
        await _call(row, one.reason)
    elif one.what == "hold":
        await db.fetch(models.HOLD, one.id, one.at, one.reason)
    else:
        await db.fetch(models.SKIP, one.id, one.reason)


async def _send(row: dict[str, Any], merged: list[dict[str, Any]], reason: str) -> None:
    to = await hub.account(row["account_id"])
    assert to is not None  # looked at in this transaction; accounts are never deleted
    now = clock.now()
    deadline = now + LATE_LASTS if reason == "late" else row["latest_at"]
    await hub.post(follow_up([told(row), *(told(other) for other in merged)], to.language, deadline), to)
    await db.fetch(models.TELL, row["id"], "sent", reason, None)
    kill_points.reach("plan_step_told")


async def _call(row: dict[str, Any], reason: str) -> None:
    step = models.step_of(row["body"])
    now = clock.now()
    if row["anchor"] == AnchorKind.NO_SHOW:
        kind = CallKind.NO_SHOW
    else:
        kind = CallKind.REVISIT if step.is_booking else CallKind.FOLLOW_UP
    call_id = await place(
        NewCall(
            source=f"plan_step:{row['id']}",
            kind=kind,
            patient_id=row["patient_id"],
            department_id=row["department_id"],
            plan_step_id=row["id"],
            title=f"{models.plan_of(row['plan']).name} · {step.name}",
            reason=step.text or "请按随访表询问并记录。",
            due_at=now,
            window_ends_at=max(row["latest_at"], now + CALL_LASTS),
        )
    )
    if call_id is None:  # the patient's file is gone, or they asked not to be called
        await db.fetch(models.SKIP, row["id"], "nobody")
    else:
        await db.fetch(models.TELL, row["id"], "called", reason, None)


def told(row: dict[str, Any]) -> Told:
    """Give a step as a message tells it."""
    step, data = models.step_of(row["body"]), orjson.loads(row["data"])
    return Told(
        step_id=row["id"],
        patient_id=row["patient_id"],
        patient_name=data.get("patient_name", ""),
        department_name=data.get("department_name", ""),
        practitioner_name=data.get("practitioner_name", ""),
        department_id=row["department_id"],
        practitioner_id=_uuid(data.get("practitioner_id")),
        encounter_id=_uuid(data.get("encounter_id")),
        revisit_on=_day(data.get("revisit_on")),
        purpose=step.purpose,
        route=step.route,
        text=step.text,
        has_form=bool(step.questions),
        is_booking=step.is_booking,
    )


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _day(text: str | None) -> date | None:
    return datetime.fromisoformat(text).date() if text else None
