"""How long one waits, and what may be undone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.queue.rules import TABLE, UNDO, Pace, may_undo, wait, wait_table

paces = st.builds(
    Pace,
    usual_minutes=st.floats(1, 60),
    visits=st.integers(0, 200),
    minutes=st.floats(0, 3000),
    rooms=st.integers(0, 10),
    starts_in_minutes=st.floats(0, 240),
)


@given(st.integers(0, 200), paces)
def test_a_wait_is_told_in_steps_of_five_and_grows_with_the_line(ahead, pace):
    about, within = wait(ahead, pace)
    assert about % 5 == within % 5 == 0
    assert 5 <= about < within
    assert wait(ahead + 1, pace) >= (about, within)


@given(st.integers(0, TABLE), paces)
def test_the_table_says_what_the_rule_says(ahead, pace):
    about, within = wait_table(pace)
    assert (about[ahead], within[ahead]) == wait(ahead, pace)


def test_today_moves_the_mean_and_rooms_share_the_line():
    assert Pace(8).visit_minutes == 8
    assert Pace(8, visits=8, minutes=128).visit_minutes == 12
    assert wait(10, Pace(8, rooms=4)) < wait(10, Pace(8, rooms=1))
    assert wait(0, Pace(8, starts_in_minutes=60))[0] >= 60


def test_a_call_can_be_taken_back_for_a_minute():
    called_at = datetime(2026, 7, 1, tzinfo=UTC)
    assert may_undo(called_at, called_at + UNDO)
    assert not may_undo(called_at, called_at + UNDO + timedelta(seconds=1))
    assert not may_undo(None, called_at)
