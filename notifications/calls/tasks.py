"""Placing and cancelling tasks of the call list, in the transaction of whoever needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.calls import models
from notifications.calls.rules import CALL, PRIORITY, CallKind, CallState, in_hours
from server import db
from server.history import INSERT_TRANSITION, SYSTEM
from server.ids import new_id


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """Somebody to call.

    source: what it comes from, `message:<id>`; the same source gives the same task. title: what the call is about.
    reason: why somebody has to call, in words. window_ends_at: when a call is of no use any more. complaint_id: the
    one that the call is about, which decides who may see whom it is to.
    """

    source: str
    kind: str
    patient_id: UUID
    title: str
    reason: str
    due_at: datetime
    window_ends_at: datetime
    department_id: UUID | None = None
    plan_step_id: UUID | None = None
    message_id: UUID | None = None
    complaint_id: UUID | None = None


async def place(call: NewCall) -> UUID | None:
    """Put a task on the call list, in the open transaction; an alarming answer at once, others within the hours.

    Returns: its id, or None when the same one is there already, or the patient is gone or is not to be
    called.
    """
    due_at = call.due_at if call.kind == CallKind.RED_FLAG else in_hours(call.due_at)
    row = await db.fetch_one(
        models.PLACE,
        new_id(),
        call.source,
        str(CallKind(call.kind)),
        call.patient_id,
        call.department_id,
        call.plan_step_id,
        call.message_id,
        call.title,
        call.reason,
        PRIORITY[CallKind(call.kind)],
        due_at,
        max(call.window_ends_at, due_at),
        call.complaint_id,
    )
    return row["id"] if row else None


async def cancel(
    patient_id: UUID, *, reason: str, plan_step_ids: Sequence[UUID] | None = None, only_routine: bool = False
) -> int:
    """Take a patient's tasks off the list, all or those of some steps, in the open transaction; give their number.

    only_routine: those that an alarming answer, the patient, or a message that reached nobody asked for stay.
    """
    steps = list(plan_step_ids) if plan_step_ids is not None else None
    rows = await db.fetch(models.CANCEL, patient_id, steps, reason, only_routine)
    await _write_cancelled([row["id"] for row in rows], reason)
    return len(rows)


async def cancel_of_complaint(complaint_id: UUID, *, reason: str) -> None:
    """Take the tasks of a complaint off the list, in the open transaction."""
    rows = await db.fetch(models.CANCEL_OF_COMPLAINT, complaint_id, reason)
    await _write_cancelled([row["id"] for row in rows], reason)


async def _write_cancelled(call_ids: Sequence[UUID], reason: str) -> None:
    for call_id in call_ids:
        await db.fetch(
            INSERT_TRANSITION,
            new_id(),
            CALL.name,
            call_id,
            None,
            str(CallState.CANCELLED),
            SYSTEM.kind,
            None,
            SYSTEM.channel,
            reason,
        )
