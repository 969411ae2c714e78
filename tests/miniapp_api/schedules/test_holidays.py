"""The official calendar, and years that it does not know."""

from datetime import date, timedelta

import pytest

from miniapp_api.schedules.holidays import official_day
from miniapp_api.schedules.rules import DayKind


@pytest.mark.parametrize(
    ("day", "kind", "name", "as_weekday"),
    [
        (date(2026, 1, 1), DayKind.HOLIDAY, "元旦", None),
        (date(2026, 1, 4), DayKind.MAKEUP, "元旦调休", 4),  # a Sunday that does Friday's work
        (date(2026, 2, 14), DayKind.MAKEUP, "春节调休", 4),
        (date(2026, 2, 17), DayKind.HOLIDAY, "春节", None),
        (date(2026, 2, 28), DayKind.MAKEUP, "春节调休", 0),
        (date(2026, 10, 3), DayKind.HOLIDAY, "国庆节", None),  # a Saturday inside it
        (date(2026, 3, 2), DayKind.WORKDAY, "", None),
        (date(2026, 3, 7), DayKind.WEEKEND, "", None),
    ],
)
def test_a_known_day(day, kind, name, as_weekday):
    found = official_day(day)
    assert (found.kind, found.name, found.as_weekday, found.is_confirmed) == (kind, name, as_weekday, True)


@pytest.mark.parametrize("day", [date(2099, 10, 1), date(1999, 10, 1)])
def test_a_year_that_is_not_announced_is_no_ordinary_year(day):
    assert official_day(day) is None


def test_every_make_up_day_of_the_known_years_has_somebody_s_work():
    day = date(2004, 1, 1)
    while (found := official_day(day)) is not None:
        assert (found.kind is DayKind.MAKEUP) == (found.as_weekday is not None)
        day += timedelta(days=1)
    assert day.year > 2026
