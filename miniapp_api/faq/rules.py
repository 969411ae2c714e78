"""Answers are written by one person and approved by another, and hold until the day of their review."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from miniapp_api.faq.errors import OwnText, ReviewDayPassed
from server.states import Machine

HOLDS = timedelta(days=365)  # until the next review, when nobody names a day


class FaqState(StrEnum):
    """Whether patients see an answer."""

    DRAFT = "draft"  # being written, or changed since it was approved; staff only
    APPROVED = "approved"  # patients read it
    RETIRED = "retired"  # no longer true or needed; kept, and never shown again


FAQ = Machine(
    "faq",
    starts=frozenset({FaqState.DRAFT}),
    moves={
        FaqState.DRAFT: frozenset({FaqState.APPROVED, FaqState.RETIRED}),
        FaqState.APPROVED: frozenset({FaqState.DRAFT, FaqState.APPROVED, FaqState.RETIRED}),  # approved anew: reviewed
    },
)


def check_approval(*, written_by: Any, approver: Any, review_on: date, today: date) -> None:
    """Refuse an approval by the author, and one that would be overdue at once.

    Raises: OwnText, ReviewDayPassed.
    """
    if written_by is not None and written_by == approver:
        raise OwnText()
    if review_on <= today:
        raise ReviewDayPassed()


def is_overdue(state: str, review_on: date | None, today: date) -> bool:
    """Tell whether patients read an answer that should have been looked at again."""
    return state == FaqState.APPROVED and review_on is not None and review_on <= today
