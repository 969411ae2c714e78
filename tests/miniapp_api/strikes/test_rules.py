"""What counts, what is earned back, when booking is suspended: decision tables, and what holds for any history."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miniapp_api.strikes.rules import (
    APPEAL,
    STRIKE,
    Conduct,
    Mark,
    StrikeKind,
    StrikeRules,
    judge_cancellation,
    standing_of,
    tally,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RULES = StrikeRules()
_ids = count(1)


def mark(days_ago: float, kind: str = "no_show") -> Mark:
    return Mark(UUID(int=next(_ids)), StrikeKind(kind), NOW - timedelta(days=days_ago))


def marks(missed: int, late: int) -> list[Mark]:
    return [mark(n + 1) for n in range(missed)] + [mark(n + 1, "late_cancel") for n in range(late)]


@pytest.mark.parametrize(
    ("missed", "late", "early", "counts"),
    [
        # missed visits count one each
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (3, 0, 0, 3),
        # late cancellations are counted apart: three of them weigh as one
        (0, 2, 0, 0),
        (0, 3, 0, 1),
        (0, 5, 0, 1),
        (2, 3, 0, 3),
        # two early cancellations take one off, once in a window
        (1, 0, 1, 1),
        (1, 0, 2, 0),
        (3, 0, 2, 2),
        (3, 0, 6, 2),
        (2, 3, 2, 2),
        # nothing is earned in advance
        (0, 0, 4, 0),
        (0, 2, 2, 0),
    ],
)
def test_what_a_window_adds_up_to(missed, late, early, counts):
    assert tally(marks(missed, late), early, RULES).count == counts


@pytest.mark.parametrize(
    ("rules", "missed", "late", "early", "counts"),
    [
        (StrikeRules(late_cancels_per_strike=0), 1, 9, 0, 1),
        (StrikeRules(late_cancels_per_strike=1), 1, 2, 0, 3),
        (StrikeRules(early_cancels_per_credit=0), 2, 0, 9, 2),
        (StrikeRules(early_cancels_per_credit=1), 2, 0, 1, 1),
    ],
)
def test_the_weights_are_settings_and_zero_switches_them_off(rules, missed, late, early, counts):
    assert tally(marks(missed, late), early, rules).count == counts


@pytest.mark.parametrize(
    ("days_ago", "suspended_for"),
    [
        ([], None),
        ([1, 2], None),
        ([1, 2, 3], 89),  # ninety days from the last one
        ([1, 90, 179], 89),
        ([1, 90, 180.9], 89),  # 180 days back from the last one, not from now
        ([1, 90, 181], None),
        ([89, 100, 110], 1),
        ([90, 100, 110], None),  # it is over today
        ([1, 2, 3, 4], 89),
        ([10, 120, 130, 140], 80),  # another one while the others still count: it begins anew
        ([100, 120, 130, 140], None),
    ],
)
def test_when_booking_is_suspended(days_ago, suspended_for):
    found = standing_of([mark(days) for days in days_ago], [], RULES, NOW).suspension
    assert (found and (found.until - NOW).days) == suspended_for


def test_a_suspension_names_what_it_rests_on():
    old, *recent = (mark(days) for days in (200, 100, 50, 10))
    found = standing_of([*recent, old], [], RULES, NOW).suspension
    assert found is not None
    assert found.because == tuple(one.id for one in recent)
    assert (found.since, found.until) == (recent[-1].at, recent[-1].at + timedelta(days=90))


def test_without_days_nobody_is_suspended():
    rules = StrikeRules(suspension_days=0)
    assert standing_of(marks(9, 0), [], rules, NOW).suspension is None


def test_an_early_cancellation_after_the_last_strike_ends_a_suspension():
    strikes, early = marks(3, 0), [NOW - timedelta(hours=3), NOW - timedelta(hours=2)]
    assert standing_of(strikes, early[:1], RULES, NOW).suspension is not None
    assert standing_of(strikes, early, RULES, NOW).suspension is None
    assert standing_of([*strikes, mark(1)], early, RULES, NOW).suspension is not None


@pytest.mark.parametrize(
    ("hours_before", "booked_hours_earlier", "meaning"),
    [
        (3.9, 48, Conduct.LATE),
        (4, 48, Conduct.NEITHER),
        (71.9, 48, Conduct.NEITHER),
        (72, 48, Conduct.EARLY),
        (72, 23.9, Conduct.NEITHER),  # booked yesterday: nobody else was kept away for long
        (1, 0.4, Conduct.NEITHER),  # second thoughts
        (1, 0.5, Conduct.LATE),
        (-1, 48, Conduct.LATE),
    ],
)
def test_when_a_visit_was_given_back(hours_before, booked_hours_earlier, meaning):
    given_back_at = NOW - timedelta(hours=hours_before)
    booked_at = given_back_at - timedelta(hours=booked_hours_earlier)
    times = {"starts_at": NOW, "booked_at": booked_at, "given_back_at": given_back_at}
    assert judge_cancellation(**times, rules=RULES) is meaning


def test_lateness_can_be_switched_off():
    times = {"starts_at": NOW, "booked_at": NOW - timedelta(days=2), "given_back_at": NOW - timedelta(minutes=1)}
    assert judge_cancellation(**times, rules=StrikeRules(late_cancel_hours=0)) is Conduct.NEITHER


SOME_MARKS = st.lists(
    st.tuples(st.integers(0, 400 * 24), st.sampled_from(["no_show", "late_cancel"])).map(
        lambda pair: mark(pair[0] / 24, pair[1])
    ),
    max_size=12,
)
SOME_EARLY = st.lists(st.integers(0, 400 * 24).map(lambda hours: NOW - timedelta(hours=hours)), max_size=6)
SOME_RULES = st.builds(
    StrikeRules,
    strike_limit=st.integers(1, 5),
    strike_window_days=st.integers(1, 365),
    suspension_days=st.integers(0, 200),
    late_cancels_per_strike=st.integers(0, 4),
    early_cancels_per_credit=st.integers(0, 3),
)


def ends(strikes, early, rules) -> datetime:
    found = standing_of(strikes, early, rules, NOW).suspension
    return found.until if found else NOW


@settings(max_examples=300, deadline=None)
@given(SOME_MARKS, SOME_EARLY, SOME_RULES, st.data())
def test_forgiving_and_cancelling_early_never_make_it_worse(strikes, early, rules, data):
    before = ends(strikes, early, rules)
    if strikes:
        gone = data.draw(st.sampled_from(strikes))
        assert ends([one for one in strikes if one is not gone], early, rules) <= before
    assert ends(strikes, [*early, NOW], rules) <= before


@settings(max_examples=200, deadline=None)
@given(SOME_MARKS, SOME_EARLY, SOME_RULES)
def test_a_suspension_rests_on_enough_and_its_order_is_nobodys(strikes, early, rules):
    found = standing_of(strikes, early, rules, NOW)
    assert found == standing_of(strikes[::-1], early[::-1], rules, NOW)
    if found.suspension:
        chosen = [one for one in strikes if one.id in found.suspension.because]
        assert tally(chosen, 0, rules).count >= rules.strike_limit
        assert found.suspension.since < found.suspension.until > NOW


def test_what_is_forgiven_stays_so_and_nobody_decides_twice():
    assert STRIKE.is_end("forgiven")
    assert APPEAL.is_end("granted")
    assert APPEAL.is_end("refused")
