"""The pure decisions: how long an offer stands, what is picked, what follows, how chances are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.booking.rules import BookingSettings
from miniapp_api.waitlist import rules
from miniapp_api.waitlist.rules import (
    Criteria,
    Half,
    Hope,
    OfferEnd,
    Places,
    WaitlistState,
    chance,
    check_criteria,
    criteria_close_at,
    offer_deadline,
    picks,
    state_after,
    waking_time,
)
from server import clock
from server.errors import Malformed
from server.ids import new_id

SETTINGS = BookingSettings()
DAY = datetime(2026, 11, 24, tzinfo=UTC)


def at(hour: float, day: int = 0) -> datetime:
    """A moment of a day in the hospital's zone."""
    return clock.at(DAY.date() + timedelta(days=day), 0) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("now", "visit", "until"),
    [
        (at(9), at(9, day=3), at(11)),  # two hours
        (at(9), at(13), at(10)),  # a quarter of what is left
        (at(9), at(9 + 50 / 60), at(9 + 12.5 / 60)),
        (at(9), at(9 + 42 / 60), at(9 + 10.5 / 60)),
        (at(9), at(9 + 41 / 60), at(9 + 10.25 / 60)),
        (at(21), at(9, day=2), at(8, day=1)),  # an hour this evening, an hour in the morning
        (at(2), at(9, day=1), at(9)),  # from the morning
        (at(22.5), at(8, day=1), at(7.5, day=1)),  # the line ends before two hours have passed
        (at(22.5), at(7.5, day=1), at(22.5) + timedelta(minutes=120)),  # no morning is left: the time runs
        (at(23), at(25), at(23.5)),  # a clinic at night
    ],
)
def test_an_offer_stands_until(now, visit, until):
    assert offer_deadline(now, visit, SETTINGS) == until


@pytest.mark.parametrize("minutes", [0, 20, 39])
def test_too_near_to_the_visit_nothing_is_offered(minutes):
    assert offer_deadline(at(9), at(9) + timedelta(minutes=minutes), SETTINGS) is None


moments = st.integers(0, 7 * 24 * 60).map(lambda minutes: at(0) + timedelta(minutes=minutes))
hours = st.integers(0, 23)


@given(moments, st.integers(0, 14 * 24 * 60), hours, hours)
def test_an_offer_leaves_time_to_answer_and_ends_before_the_line(now, minutes, first, last):
    settings = replace(SETTINGS, waitlist_quiet_from=first, waitlist_quiet_until=last)
    visit = now + timedelta(minutes=minutes)
    until = offer_deadline(now, visit, settings)
    if minutes < 40:
        assert until is None
        return
    assert now + timedelta(minutes=10) <= until <= visit - timedelta(minutes=30)
    if until < visit - timedelta(minutes=30) and waking_time(now, visit - timedelta(minutes=30), settings) >= timedelta(
        minutes=10
    ):
        wanted = max(min(timedelta(minutes=120), (visit - now) / 4), timedelta(minutes=10))
        assert waking_time(now, until, settings) == wanted


def is_quiet(moment: datetime, settings: BookingSettings) -> bool:
    hour, first, last = clock.local(moment).hour, settings.waitlist_quiet_from, settings.waitlist_quiet_until
    return first <= hour < last if first <= last else hour >= first or hour < last


@given(moments, st.integers(1, 4000), hours, hours)
def test_waking_time_is_what_a_clock_would_count(now, minutes, first, last):
    settings = replace(SETTINGS, waitlist_quiet_from=first, waitlist_quiet_until=last)
    counted = sum(not is_quiet(now + timedelta(minutes=n), settings) for n in range(minutes))
    assert waking_time(now, now + timedelta(minutes=minutes), settings) == timedelta(minutes=counted)


def place(hour: float, *, kept: int = 0, free: int = 0) -> Places:
    return Places(new_id(), at(hour), at(hour + 0.5), kept, free)


def test_a_kept_place_is_offered_before_a_free_one_and_the_earlier_before_the_later():
    later, early, free = place(10, kept=1), place(9, kept=1), place(8, free=1)
    found = [(pick.slot_id, pick.from_kept) for (pick,) in picks([later, early, free], 1)]
    assert found == [(early.slot_id, True), (later.slot_id, True), (free.slot_id, False)]


def test_two_get_the_same_band_then_neighbours_then_what_there_is():
    places = [place(8, kept=1), place(9, free=2), place(9.5, kept=1), place(11, free=1)]
    gaps = [abs(b.starts_at - a.starts_at) for a, b in picks(places, 2)]
    assert gaps[0] == timedelta(0)
    assert gaps[1] == timedelta(minutes=30)
    assert all(one <= two for one, two in pairwise(gaps))


def test_one_place_is_nothing_for_two():
    assert picks([place(9, kept=1)], 2) == []


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.integers(0, 3)), max_size=6, unique_by=lambda t: t[0])
)
def test_two_never_get_more_of_a_band_than_there_is(drawn):
    places = [place(8 + n / 2, kept=kept, free=free) for n, kept, free in drawn]
    by_id = {one.slot_id: one for one in places}
    found = picks(places, 2)
    assert bool(found) == (sum(one.kept + one.free for one in places) >= 2)
    for a, b in found:
        for pick in {a, b}:
            used = [a, b].count(pick)
            assert used <= (by_id[pick.slot_id].kept if pick.from_kept else by_id[pick.slot_id].free)


@pytest.mark.parametrize(
    ("end", "can_wait", "missed", "to"),
    [
        (OfferEnd.ACCEPTED, True, 0, WaitlistState.BOOKED),
        (OfferEnd.WITHDRAWN, True, 0, WaitlistState.WITHDRAWN),
        (OfferEnd.DECLINED, True, 0, WaitlistState.WAITING),
        (OfferEnd.DECLINED, False, 0, WaitlistState.DECLINED),
        (OfferEnd.EXPIRED, True, 1, WaitlistState.WAITING),
        (OfferEnd.EXPIRED, True, 2, WaitlistState.EXPIRED),
        (OfferEnd.EXPIRED, False, 1, WaitlistState.EXPIRED),
        (OfferEnd.VOID, True, 0, WaitlistState.WAITING),
        (OfferEnd.VOID, False, 0, WaitlistState.CLOSED),
    ],
)
def test_what_follows_an_offer(end, can_wait, missed, to):
    assert state_after(end, can_wait=can_wait, missed=missed, settings=SETTINGS) is to
    rules.ENTRY.check(WaitlistState.OFFERED, to)


def test_who_took_a_place_never_waits_again():
    assert rules.ENTRY.is_end(WaitlistState.BOOKED)


def test_a_chance_is_told_in_words_until_enough_have_waited():
    assert chance(19, 19) == rules.Chance(Hope.UNKNOWN, None)
    assert chance(20, 20) == rules.Chance(Hope.GOOD, 70)
    assert chance(10, 20) == rules.Chance(Hope.FAIR, 40)
    assert chance(0, 1000) == rules.Chance(Hope.LOW, 10)
    assert chance(1000, 1000) == rules.Chance(Hope.GOOD, 90)


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_chance_is_never_told_higher_than_the_past(offered, lost):
    found = chance(offered, offered + lost)
    if found.percent is not None:
        assert found.percent % 10 == 0
        assert found.percent <= max(100 * offered / (offered + lost), 20)


def criteria(**changes) -> Criteria:
    values = {"department_id": new_id(), "first_day": DAY.date(), "last_day": DAY.date() + timedelta(days=6)}
    return Criteria(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_day": DAY.date() - timedelta(days=1)}, "wrong_range"),
        ({"first_day": DAY.date() - timedelta(days=9), "last_day": DAY.date() - timedelta(days=1)}, "in_the_past"),
        ({"last_day": DAY.date() + timedelta(days=31)}, "range_too_long"),
        (
            {"first_day": DAY.date() + timedelta(days=380), "last_day": DAY.date() + timedelta(days=381)},
            "too_far_ahead",
        ),
    ],
)
def test_criteria_that_nobody_can_meet(changes, code):
    with pytest.raises(Malformed) as refused:
        check_criteria(criteria(**changes), DAY.date())
    assert refused.value.data["errors"][0]["code"] == code


def test_criteria_close_with_the_last_part_of_the_last_day():
    check_criteria(criteria(last_day=DAY.date() + timedelta(days=30)), DAY.date())
    assert criteria_close_at(criteria(halves=(Half.MORNING,))) == at(12, day=6)
    assert criteria_close_at(criteria(halves=(Half.MORNING, Half.AFTERNOON))) == at(18, day=6)
    assert criteria_close_at(criteria()) == at(21, day=6)
