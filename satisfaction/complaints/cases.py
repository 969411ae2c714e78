"""What both sides do with a case: lock it, bring it to an end, begin another round."""

from typing import Any
from uuid import UUID

from satisfaction.complaints import escalating, handlers, models, rules
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import COMPLAINT, ENDS, ComplaintState
from server import clock, db
from server.errors import SomeoneWasFaster
from server.events import publish
from server.facts import ComplaintClosed, ComplaintReopened
from server.history import By, move


async def locked(complaint_id: UUID, version: int | None) -> Complaint:
    """Lock a complaint. version: the one that somebody has seen, when they say so.

    Raises: SomeoneWasFaster.
    """
    complaint = await db.lock(Complaint, complaint_id)
    if version is not None and complaint.version != version:
        raise SomeoneWasFaster()  # between the look at the version and the lock
    return complaint


async def end(complaint: Complaint, state: ComplaintState, *, by: By, into_id: UUID | None = None) -> None:
    """Bring a complaint to one of its ends, in the open transaction. into_id: the one in which it goes on."""
    now = clock.now()
    merged: dict[str, Any] = {"merged_into_id": into_id} if into_id else {}
    await move(COMPLAINT, complaint, state, by=by, closed_at=now, **merged)
    await happened(complaint, ENDS[state], at=now)
    await publish(
        ComplaintClosed(
            complaint_id=complaint.id,
            number=complaint.number,
            account_id=complaint.account_id,
            state=str(state),
            at=now,
        )
    )


async def begin_round(complaint: Complaint, *, by: By, is_unfair: bool = False) -> None:
    """Begin another round, one level higher, with clocks of its own.

    is_unfair: the handler so far was found unfair, and has nothing more to do with it.
    """
    await move(
        COMPLAINT,
        complaint,
        ComplaintState.REOPENED,
        by=by,
        closed_at=None,
        cycle=complaint.cycle + 1,
        level=rules.level_of_round(complaint.level),
    )
    await happened(complaint, "reopened")
    if is_unfair and complaint.handler_id is not None:
        await models.bar(complaint.id, complaint.handler_id, role="former_handler")
    handler_id = await handlers.of_next_round(complaint)
    if handler_id:
        await handlers.take_on(complaint, handler_id, by=by)
    elif complaint.handler_id is not None:
        await models.change(complaint, handler_id=None)
    pooled = await escalating.raised(complaint)
    await publish(
        ComplaintReopened(
            complaint_id=complaint.id,
            number=complaint.number,
            severity=complaint.severity,
            topic=complaint.topic,
            account_id=complaint.account_id,
            department_name=await models.department_name(complaint.department_id),
            handler_id=complaint.handler_id,
            handler_name=await models.staff_name(complaint.handler_id),
            cycle=complaint.cycle,
            acknowledge_due_at=complaint.acknowledge_due_at,
            response_due_at=complaint.response_due_at,
            barred_ids=await models.barred_ids(complaint.id),
            pooled_ids=pooled,
        )
    )
