"""What the hospital decided about booking."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from miniapp_api.booking import rules
from miniapp_api.booking.rules import (
    APPOINTMENT,
    AppointmentStatus,
    BookingRequest,
    BookingSettings,
    SlotState,
    SlotStatus,
    check_booking,
    check_giving_back,
    slot_status,
)
from miniapp_api.errors import (
    AlreadyBooked,
    CancelTooLate,
    DrawOpen,
    NotYetOpen,
    SamePractitioner,
    SessionStopped,
    SlotFull,
    SlotOver,
    Suspended,
    TimeConflict,
    TooManyBookings,
    TooManyThisMonth,
)
from server.errors import IllegalMove, Malformed, NotFound

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_state(**changed) -> SlotState:
    state = {
        "session_status": "open",
        "is_stopped": False,
        "pool": "app",
        "opens_at": NOW,
        "ends_at": NOW + MINUTE,
        "taken": 1,
        "kept": 0,
        "capacity": 2,
    }
    return SlotState(**(state | changed))


SETTINGS = BookingSettings()
SOMETHING = UUID(int=7)


def a_request(slot: SlotState | None, *, has_patient=True, **more) -> BookingRequest:
    return BookingRequest(slot=slot, has_patient=has_patient, **more)


def asks(request: BookingRequest, **settings) -> None:
    check_booking(request, replace(SETTINGS, **settings), NOW)


@pytest.mark.parametrize(
    ("changed", "status", "refusal"),
    [
        ({}, SlotStatus.OPEN, None),
        ({"taken": 2}, SlotStatus.FULL, SlotFull),
        ({"taken": 0, "capacity": 0}, SlotStatus.FULL, SlotFull),
        ({"taken": 1, "kept": 1}, SlotStatus.FULL, SlotFull),
        ({"is_drawing": True}, SlotStatus.NOT_YET, DrawOpen),
        ({"opens_at": NOW + MINUTE}, SlotStatus.NOT_YET, NotYetOpen),
        ({"opens_at": NOW + MINUTE, "taken": 2}, SlotStatus.NOT_YET, NotYetOpen),
        ({"ends_at": NOW}, SlotStatus.CLOSED, SlotOver),
        ({"session_status": "closed"}, SlotStatus.CLOSED, SlotOver),
        ({"session_status": "stopped", "ends_at": NOW}, SlotStatus.STOPPED, SessionStopped),
        ({"is_stopped": True}, SlotStatus.STOPPED, SessionStopped),
    ],
)
def test_the_status_of_a_slot_and_the_refusal_agree(changed, status, refusal):
    slot = a_state(**changed)
    assert slot_status(slot, NOW) is status
    if refusal is None:
        asks(a_request(slot))
    else:
        with pytest.raises(refusal):
            asks(a_request(slot))


def test_what_is_not_there_or_not_mine_is_not_found():
    for request in (a_request(None), a_request(a_state(), has_patient=False)):
        with pytest.raises(NotFound):
            asks(request)


def test_a_place_of_another_pool_is_not_there():
    with pytest.raises(NotFound):
        asks(a_request(a_state(pool="desk")))
    asks(a_request(a_state(pool="desk"), pools={"app", "desk"}))


def test_the_sixth_open_booking_is_refused():
    asks(a_request(a_state(), open_bookings=4))
    with pytest.raises(TooManyBookings) as refusal:
        asks(a_request(a_state(), open_bookings=5))
    assert "5" in refusal.value.detail("zh-CN")
    asks(a_request(a_state(), open_bookings=5), max_open_bookings=6)


def test_one_booking_a_session_and_one_at_a_time():
    with pytest.raises(AlreadyBooked) as twice:
        asks(a_request(a_state(taken=2), in_session=SOMETHING, at_that_time=SOMETHING))
    assert twice.value.data["appointment_id"] == str(SOMETHING)
    with pytest.raises(TimeConflict):
        asks(a_request(a_state(taken=2), at_that_time=SOMETHING))


def test_a_month_and_a_practitioner_have_their_limits():
    asks(a_request(a_state(), this_month=40))
    with pytest.raises(TooManyThisMonth):
        asks(a_request(a_state(), this_month=8), max_per_month=8)
    with pytest.raises(SamePractitioner):
        asks(a_request(a_state(), that_day=1))
    asks(a_request(a_state(), that_day=1), same_practitioner_per_day=2)


def test_who_is_suspended_books_at_the_desk():
    suspended = {"suspended_until": NOW + MINUTE}
    with pytest.raises(Suspended):
        asks(a_request(a_state(), **suspended))
    asks(a_request(a_state(), **suspended, is_bound=False))
    asks(a_request(a_state(), suspended_until=NOW))


def test_staff_are_not_bound_by_a_persons_limits_but_by_the_table():
    asks(a_request(a_state(), open_bookings=49, this_month=9, that_day=9, is_bound=False), max_per_month=1)
    with pytest.raises(TooManyBookings):
        asks(a_request(a_state(), open_bookings=50, is_bound=False))


def test_only_some_pass_the_release():
    for slot in (a_state(opens_at=NOW + MINUTE), a_state(is_drawing=True)):
        asks(a_request(slot, passes_release=True))


def test_a_kept_place_is_for_the_waitlist_alone():
    slot = a_state(taken=1, kept=1)
    with pytest.raises(SlotFull):
        asks(a_request(slot))
    asks(a_request(slot, from_kept=True))
    with pytest.raises(SlotFull):
        asks(a_request(a_state(taken=1, kept=0), from_kept=True))


def test_a_booking_is_given_back_until_its_slot_begins():
    def gives_back(status, starts_at, **settings):
        check_giving_back(status, AppointmentStatus.CANCELLED, starts_at, replace(SETTINGS, **settings), NOW)

    gives_back("booked", NOW + MINUTE)
    gives_back("held", NOW)
    for starts_at, settings in ((NOW, {}), (NOW + MINUTE, {"cancel_until_minutes": 1})):
        with pytest.raises(CancelTooLate):
            gives_back("booked", starts_at, **settings)
    for status in ("checked_in", "cancelled", "completed", "no_show"):
        with pytest.raises(IllegalMove):
            gives_back(status, NOW + MINUTE)


def test_the_days_that_are_shown():
    today = date(2026, 3, 2)
    assert rules.shown_days(None, None, today) == (today, today + timedelta(days=14))
    later = today + timedelta(days=31)
    assert rules.shown_days(today, later, today) == (today, later)
    for first, last in ((today, today - timedelta(days=1)), (today, later + timedelta(days=1))):
        with pytest.raises(Malformed):
            rules.shown_days(first, last, today)


@pytest.mark.parametrize("hours", [(1, 1), (1, 0), (-2, -1), (0, 25), (9000, 9001)])
def test_an_impossible_session_is_refused(hours):
    begin, end = (NOW + timedelta(hours=hour) for hour in hours)
    with pytest.raises(Malformed):
        rules.check_session(begin, end, NOW)


def test_an_arrival_can_be_annulled_and_an_end_cannot_be_left():
    APPOINTMENT.check("checked_in", AppointmentStatus.BOOKED)
    for status in AppointmentStatus:
        with pytest.raises(IllegalMove):
            APPOINTMENT.check("cancelled", status)
