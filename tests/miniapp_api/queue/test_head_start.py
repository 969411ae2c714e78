"""The order: limits, and the properties that are promised on the wall."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.queue.policies.head_start import (
    BOUND,
    EARLY,
    HELP,
    WALK_IN,
    Claim,
    place_of,
    recall_at,
    return_at,
)

NINE = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
BAND = (NINE, NINE + timedelta(minutes=30))


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def sort_at(at: datetime, band=BAND, **more) -> datetime:
    return place_of(Claim(at, band, **more)).sort_at


def test_being_early_gives_nothing_more_than_the_beginning_of_the_band():
    assert sort_at(NINE - minutes(100)) == sort_at(NINE + EARLY) == NINE
    assert sort_at(NINE + minutes(25)) == NINE + minutes(15)


def test_who_comes_after_the_band_stands_as_if_booked_on_arrival():
    at = BAND[1] + minutes(5)
    place = place_of(Claim(at, BAND))
    assert (place.sort_at, place.rule) == (at, "late")


def test_a_walk_in_stands_twenty_minutes_behind_and_help_gives_them_back_once():
    assert sort_at(NINE, None) == NINE + WALK_IN
    assert sort_at(NINE, None, flags=frozenset({"elderly", "wheelchair"}), triage="priority") == NINE + WALK_IN - HELP
    assert sort_at(NINE, None, flags=frozenset({"feverish"})) == NINE + WALK_IN


def test_an_urgent_patient_is_in_a_class_before_all_others():
    assert place_of(Claim(NINE, None, "urgent")).sort_class < place_of(Claim(NINE - minutes(600), BAND)).sort_class


def test_who_missed_the_call_goes_behind_the_third_who_waits_and_never_ahead_of_before():
    waiting = [NINE + minutes(n) for n in range(5)]
    at, rule = recall_at(NINE - minutes(9), waiting, NINE + minutes(8), 1)
    assert (waiting[2] < at < waiting[3], rule) == (True, "recall")
    assert recall_at(NINE, [], NINE + minutes(8), 1)[0] == NINE
    assert recall_at(NINE + minutes(90), waiting, NINE, 1)[0] == NINE + minutes(90)
    assert recall_at(NINE, waiting, NINE + minutes(8), 2) == (NINE + minutes(8), "rejoin")


moments = st.integers(-7200, 7200).map(lambda seconds: NINE + timedelta(seconds=seconds))
bands = st.one_of(
    st.none(),
    st.tuples(moments, st.integers(300, 7200)).map(lambda pair: (pair[0], pair[0] + timedelta(seconds=pair[1]))),
)
needs = st.frozensets(st.sampled_from(["elderly", "disabled", "pregnant", "child", "wheelchair", "feverish"]))
triages = st.sampled_from(["normal", "priority"])


@given(moments, moments, bands, triages, needs)
def test_coming_later_never_gets_one_called_earlier(one, other, band, triage, flags):
    first, second = sorted((one, other))
    assert sort_at(first, band, triage=triage, flags=flags) <= sort_at(second, band, triage=triage, flags=flags)


claims = st.builds(Claim, moments, bands, triages, needs)


@given(claims, claims)
def test_nobody_passes_who_was_there_and_due_longer_than_the_bound_before(mine, other):
    due = max(mine.checked_in_at, mine.band[0]) if mine.band else mine.checked_in_at
    if other.checked_in_at > due + BOUND:
        assert place_of(mine).sort_at < place_of(other).sort_at


@given(moments, bands, triages, needs, moments)
def test_nor_does_somebody_who_returns_from_an_examination(at, band, triage, flags, back):
    due = max(at, band[0]) if band else at
    if back > due + BOUND:
        assert sort_at(at, band, triage=triage, flags=flags) < return_at(back)


@given(moments, st.lists(moments, max_size=8), moments, st.integers(1, 2))
def test_missing_a_call_never_moves_one_forward(own, waiting, now, misses):
    assert recall_at(own, sorted(waiting), now, misses)[0] >= own
