"""Calls that a complaint asks for: the patient wants one, or has said nothing to an answer."""

from notifications.calls import tasks
from notifications.calls.rules import PROMISE_LASTS, CallKind
from notifications.calls.tasks import NewCall
from server.facts import ComplaintCalled, ComplaintCallWanted

TITLE = "投诉答复回访"
REASONS = {
    "wanted": "患者请求回电，请先在投诉中查看答复和患者的话",
    "silent": "已答复，两次提醒后仍未确认，请听取患者意见",
}


async def complaint_wants_call(fact: ComplaintCallWanted) -> None:
    """Put the call on the list. Of no department: whoever a complaint is about may work in it."""
    await tasks.place(
        NewCall(
            source=fact.source,
            kind=CallKind.PROMISE,
            patient_id=fact.patient_id,
            title=TITLE,
            reason=REASONS[fact.why],
            due_at=fact.at,
            window_ends_at=fact.at + PROMISE_LASTS,
            complaint_id=fact.complaint_id,
        )
    )


async def complaint_was_called(fact: ComplaintCalled) -> None:
    """Take the call off the list: somebody has talked with the patient from the complaint's own page."""
    await tasks.cancel_of_complaint(fact.complaint_id, reason="called_elsewhere")
