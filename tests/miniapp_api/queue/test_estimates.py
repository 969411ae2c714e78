"""How long one waits, what is shown of it, and how promises are counted."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.queue.waiting.estimates import (
    POSITIONS,
    RATIO_STEP,
    RATIOS,
    TABLE,
    Kept,
    Pace,
    Shown,
    Stretch,
    Usual,
    is_off,
    is_worth_keeping,
    learn,
    position_of,
    shown,
    stretches_of,
    tally,
    wait,
    wait_table,
)

NINE = datetime(2026, 7, 1, 9, tzinfo=UTC)
paces = st.builds(
    Pace,
    usual_minutes=st.floats(1, 60),
    visits=st.integers(0, 200),
    minutes=st.floats(0, 3000),
    rooms=st.integers(0, 10),
    running=st.integers(0, 10),
    starts_in_minutes=st.floats(0, 240),
    spread=st.floats(0.3, 1.5),
)
told = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n * 5), st.integers(n + 1, 60).map(lambda m: m * 5)))


@given(st.integers(0, 200), paces)
def test_a_wait_is_told_in_steps_of_five_and_grows_with_the_line(ahead, pace):
    found = wait(ahead, pace)
    assert found.about % 5 == found.within % 5 == 0
    assert 5 <= found.about < found.within
    more = wait(ahead + 1, pace)
    assert (more.about, more.within) >= (found.about, found.within)


stretches = st.tuples(st.floats(0.3, 2), st.floats(1, 2)).map(lambda pair: Stretch(pair[0], pair[0] * pair[1]))


@given(paces, st.lists(st.one_of(st.none(), stretches), min_size=len(POSITIONS), max_size=len(POSITIONS)))
def test_the_table_of_a_scan_never_falls_however_the_classes_were_learned(pace, learned):
    stretched = Pace(pace.usual_minutes, pace.visits, pace.minutes, stretches=tuple(learned))
    about, within, expected = wait_table(stretched)
    assert len(about) == len(within) == len(expected) == TABLE + 1
    for column in (about, within, expected):
        assert column == sorted(column)
    assert all(more > half for half, more in zip(about, within, strict=True))


@given(st.integers(0, TABLE), paces)
def test_the_table_says_what_the_rule_says(ahead, pace):
    about, within, expected = wait_table(pace)
    found = wait(ahead, pace)
    assert (about[ahead], within[ahead], expected[ahead]) == (found.about, found.within, found.expected)


def test_today_moves_the_mean_and_rooms_share_the_line():
    assert Pace(8).visit_minutes == 8
    assert Pace(8, visits=8, minutes=128).visit_minutes == 12
    assert wait(10, Pace(8, rooms=4)).about < wait(10, Pace(8, rooms=1)).about
    assert wait(0, Pace(8, starts_in_minutes=60)).about >= 60
    assert wait(0, Pace(8, running=0)).about == 5


def test_a_line_is_paused_when_no_room_calls_and_it_has_begun():
    assert Pace(8, rooms=0).is_paused
    assert not Pace(8, rooms=0, starts_in_minutes=30).is_paused


def test_the_spread_is_learned_once_enough_visits_are_known():
    assert Usual(10, 100, 1000).spread == Usual().spread == 0.7
    assert Usual(100, 1000, 10_900).spread == 0.3
    assert Usual(100, 1000, 12_500).spread == 0.5


@given(told, told, st.integers(0, 3600))
def test_what_is_shown_never_gets_shorter_by_more_than_a_step_a_minute(fresh, before, seconds):
    now = NINE + timedelta(seconds=seconds)
    about, within = shown(fresh, Shown(*before, NINE), now)
    steps = 5 * (seconds // 60)
    assert about >= max(fresh[0], before[0] - steps)
    assert within >= max(fresh[1], before[1] - steps)
    assert about < within
    assert (about, within) == fresh or about > fresh[0] or within > fresh[1]


def test_a_phone_that_looks_every_ten_seconds_sees_one_step_a_minute():
    last, seen = Shown(60, 80, NINE), []
    for second in range(0, 600, 10):
        now = NINE + timedelta(seconds=second)
        found = shown((20, 30), last, now)
        if is_worth_keeping(found, last, now):
            last = Shown(*found, now)
        seen.append(found[0])
    assert max(before - after for before, after in pairwise(seen)) == 5
    assert (seen[0], seen[-1]) == (60, 20)


def test_who_stands_where_is_folded_into_few_classes():
    assert [POSITIONS[position_of(ahead)] for ahead in (0, 1, 5, 6, 7, 13, 500)] == [0, 1, 5, 5, 7, 10, 30]


def test_promises_are_counted_against_the_real_waits():
    kept = [
        Kept(0, 10.0, 10, 20, 9.0),
        Kept(0, 10.0, 10, 20, 15.0),
        Kept(0, 10.0, 10, 20, 25.0),
        Kept(0, 10.0, 10, 20, None),
        Kept(0, 10.0, None, None, 12.0),
        Kept(6, 40.0, 45, 60, 1000.0),
    ]
    counted = tally(kept)
    near, ratios = counted[0]
    assert (near.promises, near.called, near.within_p50, near.within_p80) == (5, 3, 1, 2)
    assert (near.waited, near.error, near.absolute_error) == (49.0, -19.0, 21.0)
    assert sum(ratios) == 3
    assert counted[5][1][RATIOS - 1] == 1


def test_a_stretch_is_learned_from_enough_waits_only():
    ratios = [0] * RATIOS
    ratios[10], ratios[30] = 14, 14
    assert learn(ratios) is None
    ratios[50] = 12
    found = learn(ratios)
    assert found is not None
    assert 10 * RATIO_STEP < found.p50 < 31 * RATIO_STEP < found.p80 <= 51 * RATIO_STEP
    own, all_of_them = {0: Stretch(1, 2)}, {0: Stretch(3, 4), 1: Stretch(5, 6)}
    assert stretches_of(own, all_of_them)[:3] == (Stretch(1, 2), Stretch(5, 6), None)


def test_a_day_is_judged_when_it_has_enough_calls():
    limits = (0.7, 0.9, 30)
    assert is_off(0.5, 29, limits) is None
    assert is_off(0.5, 30, limits) is True
    assert is_off(0.95, 300, limits) is True
    assert is_off(0.9, 300, limits) is False
