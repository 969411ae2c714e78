"""What clocks count by now: the calendars and promises of the hospital."""

import hashlib
from datetime import date, datetime, time, timedelta

from satisfaction.clocks import models
from satisfaction.clocks.calendars import Calendar
from satisfaction.clocks.policies import Terms
from satisfaction.clocks.reading import OLDER_POLICIES, read
from server import clock, workdays

_built: dict[str, Terms] = {}  # the terms of the last text: building calendars anew at each event would cost


async def terms() -> Terms:
    """Give what every due depends on besides its events. Asked anew each time; only what was built of it is kept."""
    text = await models.terms_text(sorted(OLDER_POLICIES))
    key = hashlib.sha256(f"{text}|{clock.zone()}|{workdays.EDITION}".encode()).hexdigest()
    found = _built.get(key)
    if found is None:
        _built.clear()
        found = _built[key] = read(text, fingerprint=key)
    return found


async def calendar(code: str, first: date, last: date) -> Calendar:
    """Give a calendar, laid out from one day to another; it lays out more when it is asked for more.

    code: office, around_the_clock, workdays, or one of the hospital's own. Raises: KeyError.
    """
    found: Calendar = (await terms()).calendars[code]
    begin = datetime.combine(first, time(), tzinfo=clock.zone())
    found.work(begin, datetime.combine(last, time(), tzinfo=clock.zone()) + timedelta(days=1))
    return found


def is_sure(moment: datetime, terms: Terms) -> bool:
    """Tell whether the working days up to a moment are official; else they were taken for those of any week."""
    year = clock.local(moment).year
    return workdays.is_known(year) or year in terms.confirmed_years
