"""Who may approve, until when an answer holds."""

from datetime import date
from uuid import UUID

import pytest

from miniapp_api.faq.errors import OwnText, ReviewDayPassed
from miniapp_api.faq.rules import check_approval, is_overdue

TODAY, LATER = date(2026, 3, 2), date(2026, 3, 3)
ONE, OTHER = UUID(int=1), UUID(int=2)


def test_nobody_approves_what_they_wrote():
    with pytest.raises(OwnText):
        check_approval(written_by=ONE, approver=ONE, review_on=LATER, today=TODAY)
    check_approval(written_by=ONE, approver=OTHER, review_on=LATER, today=TODAY)
    check_approval(written_by=None, approver=OTHER, review_on=LATER, today=TODAY)


def test_the_day_of_review_is_to_come():
    with pytest.raises(ReviewDayPassed):
        check_approval(written_by=ONE, approver=OTHER, review_on=TODAY, today=TODAY)


@pytest.mark.parametrize(
    ("state", "review_on", "overdue"),
    [("approved", TODAY, True), ("approved", LATER, False), ("draft", TODAY, False), ("retired", TODAY, False)],
)
def test_only_what_patients_read_is_overdue(state, review_on, overdue):
    assert is_overdue(state, review_on, TODAY) is overdue
