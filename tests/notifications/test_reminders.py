"""Reminders: at the right moment, once, and not when the booking is gone."""

from datetime import date, datetime, timedelta

import pytest

from notifications.reminders import moments_of_visit
from server import clock as time
from server import db
from tests import props
from tests.notifications.telling import a_phone, booked, cancelled, finished, happens


def kinds(starts_at: datetime, now: datetime) -> list[str]:
    return [moment.kind for moment in moments_of_visit(starts_at, now)]


DAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (time.at(DAY - timedelta(days=3), 12), ["visit_day_before", "visit_two_hours"]),
        (time.at(DAY - timedelta(days=1), 17, 59), ["visit_day_before", "visit_two_hours"]),
        (time.at(DAY - timedelta(days=1), 18, 0), ["visit_two_hours"]),
        (time.at(DAY, 6, 50), ["visit_two_hours"]),
        (time.at(DAY, 6, 51), []),
    ],
)
def test_what_is_promised_depends_on_when_it_was_booked(now, expected):
    assert kinds(time.at(DAY, 9), now) == expected


def test_the_evening_before_is_eighteen_oclock_in_the_hospitals_zone():
    (first, second) = moments_of_visit(time.at(DAY, 9), time.at(DAY - timedelta(days=3), 9))
    assert first.due_at == time.at(DAY - timedelta(days=1), 18)
    assert first.deadline < time.at(DAY, 0)
    assert (second.due_at, second.deadline) == (time.at(DAY, 7), time.at(DAY, 9))


@pytest.fixture
async def phone(hospital, clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_phone(hospital)


def the_day_after_tomorrow(hour: int) -> datetime:
    return time.at(time.today() + timedelta(days=2), hour)


async def inbox_events(phone) -> list[str]:
    return [message["event"] for message in await phone.inbox()][::-1]


async def test_both_reminders_come_once(hospital, drain, clock, phone):
    starts_at = the_day_after_tomorrow(10)
    await happens(booked(phone.account_id, starts_at=starts_at))
    await drain()
    assert await inbox_events(phone) == ["appointment_booked"]
    for moment in (time.at(time.today() + timedelta(days=1), 18, 1), starts_at - timedelta(minutes=119)):
        await clock.set_to(moment)
        await drain()
        await drain()
    assert await inbox_events(phone) == ["appointment_booked", "visit_day_before", "visit_two_hours"]


async def test_a_cancelled_booking_reminds_nobody(hospital, drain, clock, phone):
    booking = booked(phone.account_id, starts_at=the_day_after_tomorrow(10))
    await happens(booking)
    await drain()
    await happens(cancelled(booking))
    await drain()
    await clock.forward(days=2)
    await drain()
    assert await inbox_events(phone) == ["appointment_booked", "appointment_cancelled"]


async def test_a_rescheduled_booking_says_nothing_and_reminds_of_the_new_one_only(hospital, drain, clock, phone):
    old = booked(phone.account_id, starts_at=the_day_after_tomorrow(10))
    new = booked(phone.account_id, starts_at=the_day_after_tomorrow(15))
    await happens(old)
    await happens(cancelled(old, is_rescheduled=True), new)
    await drain()
    await clock.set_to(time.at(time.today() + timedelta(days=1), 18, 1))
    await drain()
    assert (await inbox_events(phone)).count("visit_day_before") == 1
    assert "appointment_cancelled" not in await inbox_events(phone)


async def test_tomorrow_is_not_told_the_day_after(hospital, drain, clock, phone):
    await happens(booked(phone.account_id, starts_at=the_day_after_tomorrow(10)))
    await drain()
    await clock.set_to(the_day_after_tomorrow(7))  # no worker ran in the evening
    await drain()
    assert "visit_day_before" not in await inbox_events(phone)


async def test_a_return_visit_is_told_on_the_morning_before(hospital, drain, clock, phone):
    revisit_on = time.today() + timedelta(days=14)
    await happens(finished(phone.account_id, revisit_on=revisit_on))
    await drain()
    await clock.set_to(time.at(revisit_on - timedelta(days=1), 8, 59))
    await drain()
    assert "revisit_reminder" not in await inbox_events(phone)
    await clock.forward(minutes=2)
    await drain()
    await drain()
    assert (await inbox_events(phone)).count("revisit_reminder") == 1


async def test_a_return_visit_tomorrow_is_told_now(hospital, drain, clock, phone):
    await happens(finished(phone.account_id, revisit_on=time.today() + timedelta(days=1)))
    await drain()
    assert (await inbox_events(phone)).count("revisit_reminder") == 1


async def test_one_bad_reminder_does_not_hold_up_the_others(hospital, drain, clock, phone):
    await happens(*(booked(phone.account_id, starts_at=the_day_after_tomorrow(10)) for _ in range(2)))
    await drain()
    await db.fetch("UPDATE reminder SET data = '{}' WHERE id = (SELECT id FROM reminder ORDER BY due_at, id LIMIT 1)")
    await clock.set_to(time.at(time.today() + timedelta(days=1), 18, 1))
    await hospital.jobs["due_reminders"].run()
    assert await props.count("message", "event = 'visit_day_before'") == 1
