"""Official holidays and make-up workdays of mainland China, from a kept library. Pure.

The State Council announces a year in the last months of the one before. A year that the library does not know gives
None, never an ordinary day.
"""

from collections import defaultdict
from datetime import date
from functools import cache

import chinese_calendar
from chinese_calendar import Holiday
from chinese_calendar.constants import in_lieu_days, workdays

from miniapp_api.schedules.rules import CalendarDay, DayKind

_NAMES = {holiday.value: holiday.chinese for holiday in Holiday}
_MONDAY = 0


def official_day(day: date) -> CalendarDay | None:
    """Give what the State Council made of a day, or None when its year is not known."""
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # the library's word for a year that was not announced when it was made
        return None
    if name is None:
        return CalendarDay(day, DayKind.WEEKEND if is_off else DayKind.WORKDAY)
    if is_off:
        return CalendarDay(day, DayKind.HOLIDAY, name=_NAMES[name])
    return CalendarDay(
        day, DayKind.MAKEUP, name=f"{_NAMES[name]}调休", as_weekday=_replaced(day.year).get(day, _MONDAY)
    )


@cache
def _replaced(year: int) -> dict[date, int]:
    """Give the weekday whose work each make-up day does: the days off of one holiday and its make-up days, in order."""
    made_up: dict[str, list[date]] = defaultdict(list)
    days_off: dict[str, list[date]] = defaultdict(list)
    for day, name in workdays.items():
        if day.year == year:
            made_up[name].append(day)
    for day, name in in_lieu_days.items():
        if day.year == year:
            days_off[name].append(day)
    return {
        day: off.weekday()
        for name in made_up
        for day, off in zip(sorted(made_up[name]), sorted(days_off[name]), strict=False)
    }
