"""Which days are worked: official holidays and make-up workdays from a kept library, the hospital's own days first."""

from collections.abc import Callable
from datetime import date
from importlib.metadata import version

import chinese_calendar

from server import db

_OWN = "SELECT day, kind IN ('workday', 'makeup') AS is_worked FROM calendar_day WHERE day BETWEEN $1 AND $2"
_SATURDAY = 5

Works = Callable[[date], bool]
EDITION = version("chinesecalendar")  # another one may know more years


def is_worked(day: date) -> bool:
    """Tell whether people work on a day; in a year that nobody has announced yet, from Monday to Friday."""
    return chinese_calendar.is_workday(day) if is_known(day.year) else day.weekday() < _SATURDAY


def is_holiday(day: date) -> bool:
    """Tell whether a day is an official holiday, not just a weekend; in a year that nobody has announced, never."""
    if not is_known(day.year):
        return False
    is_free, name = chinese_calendar.get_holiday_detail(day)
    return is_free and name is not None


def is_known(year: int) -> bool:
    """Tell whether the official days of a year were announced when the library was made."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:  # the library's word for a year that was not announced when it was made
        return False
    return True


def weekday_of(day: date) -> int | None:
    """Tell whose weekday's hours a day has, Monday is 0: None on an official holiday, Monday's on a make-up day."""
    weekday = day.weekday()
    if is_holiday(day):
        return None
    return 0 if weekday >= _SATURDAY and is_worked(day) else weekday


async def worked_between(first: date, last: date) -> Works:
    """Give what tells of days between two, with what the hospital itself knows better."""
    own = {row["day"]: row["is_worked"] for row in await db.fetch(_OWN, first, last)}
    return lambda day: own.get(day, is_worked(day))
