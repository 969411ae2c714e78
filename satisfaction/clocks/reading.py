"""From stored calendars and promises to those that count. Pure but for the library of official days."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from satisfaction.clocks.calendars import SHIPPED, Calendar, Hours, Official, Plan, Span
from satisfaction.clocks.policies import BEGINNING, SEVERITIES, Clock, Policy, Promise, Terms, shipped
from server import clock, workdays

OLDER_POLICIES: Mapping[str, Clock] = {
    "complaint.acknowledge_minutes": Clock.ACKNOWLEDGEMENT,
    "complaint.response_minutes": Clock.FIRST_RESPONSE,
    "complaint.answer_minutes": Clock.ANSWER,
}
_SATURDAY, _SUNDAY = 5, 6


def read(text: str, *, fingerprint: str) -> Terms:
    """Build the terms from the text of `models.terms_text`."""
    calendars, intervals, days, own_days, years, versions, older = orjson.loads(text)
    official = official_with(own_days or [])
    plans = {**SHIPPED, **_plans(calendars or [], intervals or [], days or [])}
    first = shipped({OLDER_POLICIES[name]: minutes for name, minutes in (older or {}).items()})
    policies = [first]
    for version, value, at in versions or []:
        policies.append(policy_from(value, version=version, since=datetime.fromisoformat(at)))
    return Terms(
        policies=tuple(policies),
        calendars={code: Calendar(plan, zone=clock.zone(), official=official) for code, plan in plans.items()},
        fingerprint=fingerprint,
        confirmed_years=frozenset(years or []),
    )


def official_with(own: list[list[Any]]) -> Official:
    """Give which weekday's hours a day has, None for a holiday: the hospital's own days before the library's."""
    known = {date.fromisoformat(day): (kind, as_weekday) for day, kind, as_weekday in own}

    def official(day: date) -> int | None:
        if day not in known:
            return workdays.weekday_of(day)
        kind, as_weekday = known[day]
        weekday = day.weekday()
        if kind == "holiday":
            return None
        if kind == "makeup":
            return int(as_weekday)
        if kind == "weekend":
            return weekday if weekday >= _SATURDAY else _SUNDAY
        return weekday if weekday < _SATURDAY else 0

    return official


def _plans(calendars: list[list[Any]], intervals: list[list[Any]], days: list[list[Any]]) -> dict[str, Plan]:
    weekly: dict[str, dict[int, Hours]] = defaultdict(dict)
    dates: dict[str, dict[date, Hours]] = defaultdict(dict)
    by_hand: dict[str, dict[date, bool]] = defaultdict(dict)
    for code, weekday, day, starts_minute, ends_minute in intervals:
        span = (Span(starts_minute, ends_minute),)
        if day is None:
            weekly[code][weekday] = weekly[code].get(weekday, ()) + span
        else:
            on = date.fromisoformat(day)
            dates[code][on] = dates[code].get(on, ()) + span
    for code, day, kind in days:
        by_hand[code][date.fromisoformat(day)] = kind == "open"
    return {
        code: Plan(code, name, follows, weekly[code], dates[code], by_hand[code]) for code, name, follows in calendars
    }


def policy_from(value: Mapping[str, Any], *, version: int, since: datetime = BEGINNING) -> Policy:
    """Build a version of the promises from how it is stored. The legal term is never stored: it is the law's."""
    promises = {
        Clock(name): Promise(
            target=timedelta(minutes=one["minutes"]),
            calendars={severity: one["calendars"][severity] for severity in SEVERITIES},
            half_percent=one["half_percent"],
            warn_percent=one["warn_percent"],
        )
        for name, one in value["promises"].items()
    }
    return Policy(
        version=version,
        since=since,
        promises={**shipped().promises, **promises},
        pauses=value["pauses"],
        paused_at_most=timedelta(hours=value["paused_hours"]),
        quiet_from=value["quiet_from"],
        quiet_until=value["quiet_until"],
    )
