"""What an operator may do with a delivery that came to nothing, and why not. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifications.rules import CANCELLABLE, RETRIABLE, DeliveryState

S = DeliveryState
DEAD = (S.FAILED, S.UNDELIVERED, S.EXPIRED, S.SUPPRESSED, S.UNKNOWN)
LANES = ("urgent", "near", "bulk")  # by priority
WITHDRAWN = "consent_withdrawn"
LIMITS = frozenset({"cap", "duplicate", "quiet_hours", "preference", "credit_kept"})  # to let it go would break them


class Act(StrEnum):
    """What is done with many deliveries at once."""

    RETRY = "retry"  # let them go again
    CANCEL = "cancel"  # they do not go again
    TAKE = "take"  # look after them
    DONE = "done"  # nothing is left to do about them


@dataclass(frozen=True)
class Letter:
    """One delivery as it is judged. arrived_otherwise: another way of its message reached the person, or may have."""

    state: DeliveryState
    reason: str
    deadline: datetime
    arrived_otherwise: bool


def why_not(act: Act, letter: Letter, *, now: datetime) -> str:
    """Tell as a code why an act is refused for a delivery; empty when it is not."""
    match act:
        case Act.RETRY:
            return _not_again(letter, now)
        case Act.CANCEL:
            return "" if letter.state in CANCELLABLE else "has_left"
        case _:
            return "" if letter.state in DEAD else "still_tried"


def _not_again(letter: Letter, now: datetime) -> str:
    if letter.state == S.UNKNOWN:
        return "may_have_arrived"
    if letter.state == S.EXPIRED or letter.deadline <= now:
        return "deadline"
    if letter.state not in RETRIABLE:
        return "may_have_arrived"
    if letter.reason == WITHDRAWN:
        return WITHDRAWN
    if letter.reason in LIMITS:
        return "limited"
    return "arrived_otherwise" if letter.arrived_otherwise else ""
