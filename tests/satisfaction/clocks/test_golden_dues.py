"""Dues that people have worked out by hand: pauses over holidays, changes while paused, several departments. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from satisfaction.clocks.calendars import SHIPPED, Calendar
from satisfaction.clocks.dues import Due, due
from satisfaction.clocks.events import Event
from satisfaction.clocks.policies import Clock, Policy, Promise, Terms, shipped
from satisfaction.clocks.reading import official_with
from server import clock

ZONE = clock.zone()


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def terms(*policies: Policy, own_days: list[list[Any]] | None = None) -> Terms:
    official = official_with(own_days or [])
    calendars = {code: Calendar(plan, zone=ZONE, official=official) for code, plan in SHIPPED.items()}
    return Terms(policies or (shipped(),), calendars)


def told(*lines: tuple[datetime, str], **first: Any) -> list[Event]:
    return [
        Event(UUID(int=place), moment, kind, 1, {"severity": "B", **first} if place == 0 else {})
        for place, (moment, kind) in enumerate(lines)
    ]


def answer_by(calendar: str, hours: int = 24) -> Policy:
    promises = dict(shipped().promises)
    promises[Clock.ANSWER] = Promise(timedelta(hours=hours), dict.fromkeys("ABC", calendar))
    return replace(shipped(), promises=promises)


def of(name: Clock, events: list[Event], by: Terms, now: datetime | None = None) -> Due:
    found = due(name, events, terms=by, cycle=1, now=now or at(12, 31))
    assert found is not None
    return found


def test_a_pause_over_a_holiday_is_counted_on_the_clocks_own_calendar():
    events = told((at(9, 30, 9), "received"), (at(9, 30, 10), "question_reached"), (at(10, 8, 11), "inbound"))
    found = of(Clock.ANSWER, events, terms(answer_by("office", 8)))
    # an hour was counted; of the pause, six and a half hours and three of the 8th are work; seven hours remain
    assert found.due_at == at(10, 9, 10)
    wall = of(Clock.ANSWER, events, terms())
    assert wall.due_at == at(10, 4, 9)  # around the clock the pause ends by itself after three days


def test_a_calendar_that_changes_while_paused_changes_what_is_left():
    events = told((at(11, 18, 9), "received"), (at(11, 18, 10), "question_reached"), (at(11, 18, 15), "inbound"))
    policy = answer_by("office", 8)
    assert of(Clock.ANSWER, events, terms(policy)).due_at == at(11, 19, 14)
    day_off = terms(policy, own_days=[["2026-11-19", "holiday", None]])
    assert of(Clock.ANSWER, events, day_off).due_at == at(11, 20, 14)


def test_a_target_that_changes_while_paused_does_not_pile_up():
    events = told((at(11, 18, 9), "received"), (at(11, 18, 10), "question_reached"), (at(11, 18, 15), "inbound"))
    shorter = replace(answer_by("around_the_clock", 12), version=1, since=at(11, 18, 12))
    found = of(Clock.ANSWER, events, terms(shipped(), shorter))
    assert (found.due_at, found.target) == (at(11, 19, 2), timedelta(hours=12))
    before = of(Clock.ANSWER, events, terms(shipped(), shorter), now=at(11, 18, 11))
    assert before.target == timedelta(hours=24)


def test_the_legal_term_begins_the_next_day_and_ends_with_the_fifth_working_day():
    events = told((at(9, 30, 23), "received"))
    assert of(Clock.LEGAL, events, terms()).due_at == at(10, 14)  # 8, 9, 10 (worked), 12, 13 October


def test_departments_that_are_called_in_too_late_do_not_undo_a_breach():
    received = told((at(11, 16, 9), "received"))
    in_time = Event(UUID(int=9), at(11, 23, 12), "departments_set", 1, {"count": 1})
    too_late = Event(UUID(int=9), at(11, 24, 12), "departments_set", 1, {"count": 1})
    assert of(Clock.LEGAL, [*received, in_time], terms()).due_at == at(12, 1)
    assert of(Clock.LEGAL, [*received, too_late], terms()).breached_at == at(11, 24)


def test_severity_changes_what_comes_and_never_what_has_passed():
    night = told((at(11, 18, 22), "received"), severity="C")
    raised = Event(UUID(int=8), at(11, 19, 6), "severity_set", 1, {"severity": "A"})
    lowered = Event(UUID(int=8), at(11, 19, 1), "severity_set", 1, {"severity": "C"})
    assert of(Clock.FIRST_RESPONSE, night, terms()).due_at == at(11, 19, 9)
    assert of(Clock.FIRST_RESPONSE, [*night, raised], terms()).due_at == at(11, 19, 7)
    severe = told((at(11, 18, 22), "received"), severity="A")
    assert of(Clock.FIRST_RESPONSE, [*severe, lowered], terms()).due_at == at(11, 18, 23)


def test_an_update_that_would_be_due_at_night_waits_for_the_morning():
    events = told((at(11, 18, 20), "received"), (at(11, 18, 22), "outbound"))
    assert of(Clock.UPDATE, events, terms()).due_at == at(11, 20, 8)
