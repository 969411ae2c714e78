"""Who may check in, when and where; no database."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from miniapp_api.checkin.rules import Arrival, judge_arrival

HERE, THERE = uuid4(), uuid4()
START = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
END = START + timedelta(minutes=30)
DAY = START.date()


def judged(*, now=START, today=DAY, **changes):
    values = {
        "status": "booked",
        "session_status": "open",
        "has_place": False,
        "department_id": HERE,
        "day": DAY,
        "starts_at": START,
        "ends_at": END,
        "opens_minutes": 120,
        "closes_minutes": 60,
        "serves": None,
        **changes,
    }
    judgement = judge_arrival(Arrival(**values), now, today)
    return judgement.reason or judgement.outcome


def test_check_in_opens_two_hours_before_and_closes_an_hour_after():
    second = timedelta(seconds=1)
    opens, closes = START - timedelta(minutes=120), END + timedelta(minutes=60)
    assert [judged(now=opens - second), judged(now=opens)] == ["too_early", "accepted"]
    assert [judged(now=closes), judged(now=closes + second)] == ["accepted", "too_late"]


def test_the_window_is_the_departments():
    assert judged(now=START - timedelta(minutes=31), opens_minutes=30) == "too_early"
    assert judged(now=END + timedelta(seconds=1), closes_minutes=0) == "too_late"


@pytest.mark.parametrize("status", ["checked_in", "in_service", "completed", "left"])
def test_who_has_come_is_already_checked_in_even_when_the_clinic_stops(status):
    assert judged(status=status, session_status="stopped", now=END + timedelta(hours=5)) == "already_checked_in"


@pytest.mark.parametrize("status", ["cancelled", "rescheduled", "expired", "held"])
def test_what_is_no_booking_is_cancelled(status):
    assert judged(status=status) == "cancelled"


def test_who_was_given_up_and_comes_after_all_is_let_in_until_the_window_closes():
    assert judged(status="no_show", now=END + timedelta(minutes=59)) == "accepted"
    assert judged(status="no_show", now=END + timedelta(minutes=61)) == "too_late"


def test_a_stopped_clinic_is_named_before_everything_else():
    assert judged(session_status="stopped", status="cancelled", serves=frozenset({THERE})) == "session_stopped"


def test_a_desk_of_another_department_sends_on_before_it_speaks_of_time():
    assert judged(serves=frozenset({THERE}), now=START - timedelta(hours=5)) == "wrong_department"
    assert judged(serves=frozenset({HERE, THERE})) == "accepted"


def test_another_day_is_named_before_the_hour():
    assert judged(today=DAY - timedelta(days=1), now=START - timedelta(days=1)) == "wrong_day"
    assert judged(today=DAY + timedelta(days=1), now=START + timedelta(days=1)) == "wrong_day"


def test_who_stands_in_the_queue_already_gets_no_second_place():
    assert judged(has_place=True) == "already_checked_in"
