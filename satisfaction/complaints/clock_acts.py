"""What staff do that clocks count by: severity, further departments, logged calls, the leave for a further pause."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from satisfaction.complaints import clock_rows, confirming, models, reads, rules, timeline
from satisfaction.complaints.actions import Step
from satisfaction.complaints.cases import locked
from satisfaction.complaints.handlers import HANDLERS, LEADERS, READERS, sight_of
from satisfaction.complaints.keeping_time import happened, keep, noted
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import COMPLAINT, ComplaintState
from satisfaction.errors import NeedsAnother
from server import db
from server.accounts import SignedInStaff
from server.errors import Forbidden, NotFound
from server.history import move

CALL_COUNTS_FROM = 30  # seconds: who was called for less was hardly reached


@asynccontextmanager
async def _held(step: Step) -> AsyncIterator[Complaint]:
    async with db.transaction():
        if await reads.in_sight(sight_of(step.staff, HANDLERS), step.complaint_id) is None:
            raise NotFound()
        complaint = await locked(step.complaint_id, step.version)
        rules.check_open(complaint.state)
        yield complaint


async def set_severity(step: Step, severity: str, *, reason: str) -> None:
    """Judge anew how severe a complaint is. What its clocks have counted stays counted; only leaders lower it.

    Raises: NotFound, Forbidden, ComplaintIsClosed.
    """
    async with _held(step) as complaint:
        if severity == complaint.severity:
            return
        if severity > complaint.severity and not step.staff.may(*LEADERS, department_id=complaint.department_id):
            raise Forbidden()
        words = f"严重程度由 {complaint.severity} 级改为 {severity} 级。原因：{reason}"
        entry_id = await timeline.write(complaint, "note", words, by=step.staff.by)
        await models.change(complaint, severity=severity)
        await happened(complaint, "severity_set", entry_id=entry_id, severity=severity)


async def add_departments(step: Step, department_ids: Sequence[UUID]) -> None:
    """Call in further departments, which gives ten working days instead of five if it is done before those are over.

    Raises: NotFound, ComplaintIsClosed.
    """
    async with _held(step) as complaint:
        known = await clock_rows.department_names(department_ids)
        if len(known) < len(set(department_ids)):
            raise NotFound()
        added = await clock_rows.add_departments(complaint.id, set(known) - {complaint.department_id})
        if not added:
            return
        names = "、".join(sorted(known[one] for one in added))
        entry_id = await timeline.write(complaint, "department", f"请{names}共同处理。", by=step.staff.by)
        await models.change(complaint)
        count = await clock_rows.further_departments(complaint.id)
        await happened(complaint, "departments_set", entry_id=entry_id, count=count)


async def log_call(step: Step, *, seconds: int, text: str) -> None:
    """Write down a talk with the patient by telephone. One of half a minute or more has reached them, and heard them.

    Raises: NotFound, ComplaintIsClosed.
    """
    async with _held(step) as complaint:
        by = step.staff.by
        reached = seconds >= CALL_COUNTS_FROM
        length = f"{seconds // 60} 分 {seconds % 60} 秒" if seconds >= 60 else f"{seconds} 秒"
        entry_id = await timeline.write(complaint, "call", f"电话沟通（{length}）：{text}", by=by)
        await models.change(complaint)
        if not reached:
            return
        if complaint.handler_id is None:
            await models.change(complaint, handler_id=step.staff.id)
        for kind in ("acknowledged", "responded", "outbound", "inbound"):
            if kind != "acknowledged" or complaint.acknowledged_at is None:
                await noted(complaint, kind, entry_id=entry_id, seconds=seconds)
        if complaint.state == ComplaintState.WAITING_PATIENT:
            await move(COMPLAINT, complaint, ComplaintState.INVESTIGATING, by=by)
        elif complaint.state != ComplaintState.ANSWERED:
            for state in rules.path_to(complaint.state, ComplaintState.RESPONDED):
                await move(COMPLAINT, complaint, state, by=by)
        await keep(complaint)
        await confirming.was_called(complaint, step.staff)


async def allow_pause(step: Step, *, reason: str) -> None:
    """Let the answer's clock rest once more than it may by itself; never by who handles the complaint.

    Raises: NotFound, Forbidden, NeedsAnother, ComplaintIsClosed.
    """
    async with _held(step) as complaint:
        if not step.staff.may(*LEADERS, department_id=complaint.department_id):
            raise Forbidden()
        if complaint.handler_id == step.staff.id:
            raise NeedsAnother()
        entry_id = await timeline.write(complaint, "pause", f"同意再暂停一次计时。原因：{reason}", by=step.staff.by)
        await models.change(complaint)
        await happened(complaint, "pause_allowed", entry_id=entry_id)


async def clocks_of(staff: SignedInStaff, complaint_id: UUID) -> tuple[dict[str, Any], clock_rows.Kept]:
    """Read a complaint that a member of staff may see, with all that its clocks follow from.

    Raises: NotFound.
    """
    row = await reads.in_sight(sight_of(staff, READERS), complaint_id)
    if row is None:
        raise NotFound()
    [kept] = await clock_rows.kept_of([complaint_id])
    return row, kept
