"""Until when a patient may open a complaint again that ended without their consent. Pure."""

from datetime import datetime, timedelta

from satisfaction.complaints.rules import COMPLAINT, ComplaintState
from satisfaction.errors import TooLateToReopen
from server.errors import IllegalMove

REOPENED_WITHIN_DAYS = 30
REOPENED_WITHIN = timedelta(days=REOPENED_WITHIN_DAYS)
REOPENABLE = frozenset({ComplaintState.CLOSED_NO_REPLY, ComplaintState.CLOSED_DISAGREED})


def reopened_until(state: str, closed_at: datetime | None) -> datetime | None:
    """Give until when the patient may reopen a complaint; None when they may not."""
    return closed_at + REOPENED_WITHIN if closed_at and ComplaintState(state) in REOPENABLE else None


def check_reopening(state: str, closed_at: datetime | None, now: datetime) -> None:
    """Refuse a patient's reopening of what did not end without their consent, or long ago.

    An answer that waits for their verdict is not reopened but judged.
    Raises: IllegalMove, TooLateToReopen.
    """
    until = reopened_until(state, closed_at)
    if until is None:
        raise IllegalMove(machine=COMPLAINT.name, old=str(state), new=str(ComplaintState.REOPENED))
    if now > until:
        raise TooLateToReopen()
