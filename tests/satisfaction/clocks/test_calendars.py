"""Working time: what adds up, what an amount ends at, nights, holidays. Pure."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from satisfaction.clocks.calendars import OFFICE_HOURS, SHIPPED, Calendar, NoWorkingTime, Plan, Span, split
from satisfaction.clocks.reading import official_with
from server import clock

ZONE = clock.zone()
START = datetime(2026, 1, 1, tzinfo=ZONE)


def calendar(code: str) -> Calendar:
    return Calendar(SHIPPED[code], zone=ZONE, official=official_with([]))


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


spans = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 200)), max_size=3).map(
    lambda found: tuple(
        Span(start, min(1440, start + length))
        for place, (start, length) in enumerate(sorted(found))
        if place == 0 or start >= sorted(found)[place - 1][0] + sorted(found)[place - 1][1]
    )
)
plans = st.builds(
    lambda weekly, follows: Plan("x", "x", follows, {**dict(enumerate(weekly)), 2: weekly[2] or OFFICE_HOURS}),
    st.lists(spans, min_size=7, max_size=7),
    st.booleans(),
)
moments = st.integers(0, 300 * 86400).map(lambda seconds: START + timedelta(seconds=seconds))


@settings(max_examples=150, deadline=None)
@given(plans, moments, moments, moments)
def test_work_is_additive(plan, one, other, third):
    found = Calendar(plan, zone=ZONE, official=official_with([]))
    a, b, c = sorted((one, other, third))
    assert found.work(a, c) == found.work(a, b) + found.work(b, c)


@settings(max_examples=150, deadline=None)
@given(plans, moments, moments)
def test_adding_the_work_between_two_moments_leads_from_one_to_the_other(plan, one, other):
    found = Calendar(plan, zone=ZONE, official=official_with([]))
    start, end = sorted((one, other))
    reached = found.add(start, found.work(start, end))
    assert reached <= end
    assert found.work(start, reached) == found.work(start, end)
    if found.is_open(end - timedelta(microseconds=1)):
        assert reached == end


@pytest.mark.parametrize(
    ("code", "start", "minutes", "due"),
    [
        ("office", at(9, 30, 23), 60, at(10, 8, 9)),  # at night before a holiday of a week
        ("office", at(9, 20, 9), 60, at(9, 20, 10)),  # a Sunday that is worked
        ("office", at(9, 18, 17), 60, at(9, 20, 8, 30)),  # over a Saturday into it
        ("office", at(11, 18, 12), 1, at(11, 18, 13, 31)),  # at the start of the lunch break
        ("office", at(11, 18, 11), 60, at(11, 18, 12)),  # reached as the morning ends, not after lunch
        ("office", at(2, 27, 17), 60, at(2, 28, 8, 30)),  # the last of February is a Saturday that is worked
        ("around_the_clock", at(2, 28, 23, 30), 60, at(3, 1, 0, 30)),
        ("workdays", at(11, 20), 24 * 60, at(11, 21)),  # midnight belongs to the day that ends
        ("workdays", at(11, 21), 24 * 60, at(11, 24)),
    ],
)
def test_golden_cases(code, start, minutes, due):
    assert calendar(code).add(start, timedelta(minutes=minutes)) == due


def test_a_leap_day_is_a_day():
    found = calendar("office")
    start = datetime(2028, 2, 28, 17, tzinfo=ZONE)  # a Monday of a year that nobody has announced
    assert found.add(start, timedelta(hours=1)) == datetime(2028, 2, 29, 8, 30, tzinfo=ZONE)


def test_a_night_is_parted_at_midnight():
    assert split(22 * 60, 6 * 60) == ((0, Span(22 * 60, 1440)), (1, Span(0, 6 * 60)))
    assert split(22 * 60, 0) == ((0, Span(22 * 60, 1440)),)
    assert split(480, 720) == ((0, Span(480, 720)),)


def test_a_date_stands_before_its_weekday_and_the_hand_before_the_official_day():
    plan = Plan(
        "x",
        "x",
        True,
        dict.fromkeys(range(5), OFFICE_HOURS),
        {date(2026, 11, 18): (Span(600, 660),)},
        {date(2026, 10, 1): True, date(2026, 11, 19): False},
    )
    found = Calendar(plan, zone=ZONE, official=official_with([]))
    assert found.hours(date(2026, 11, 18)) == (Span(600, 660),)
    assert found.hours(date(2026, 11, 19)) == ()
    assert found.hours(date(2026, 10, 1)) == OFFICE_HOURS
    assert found.hours(date(2026, 10, 2)) == ()


def test_what_the_hospital_knows_of_a_day_stands_before_the_library():
    official = official_with(
        [["2026-11-18", "holiday", None], ["2026-11-21", "makeup", 3], ["2026-11-19", "weekend", None]]
    )
    assert [official(date(2026, 11, day)) for day in (17, 18, 19, 21, 22)] == [1, None, 6, 3, 6]


def test_a_calendar_that_never_opens_is_said_so():
    with pytest.raises(NoWorkingTime):
        Calendar(Plan("x", "x", False, {}), zone=ZONE).add(START, timedelta(hours=1))
