"""What the hospital decided about booking."""

from datetime import UTC, date, datetime, timedelta

import pytest

from miniapp_api.booking import rules
from miniapp_api.booking.rules import (
    APPOINTMENT,
    AppointmentStatus,
    BookingRequest,
    SlotState,
    SlotStatus,
    check_booking,
    check_giving_back,
    check_moving,
    slot_status,
)
from miniapp_api.errors import (
    AlreadyBooked,
    CancelTooLate,
    NotYetOpen,
    SessionStopped,
    SlotFull,
    SlotOver,
    TooManyBookings,
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
        "capacity": 2,
    }
    return SlotState(**(state | changed))


def a_request(slot: SlotState | None, *, places=(), is_in_session=False, has_patient=True) -> BookingRequest:
    return BookingRequest(slot=slot, has_patient=has_patient, is_in_session=is_in_session, open_places=places)


@pytest.mark.parametrize(
    ("changed", "status", "refusal"),
    [
        ({}, SlotStatus.OPEN, None),
        ({"taken": 2}, SlotStatus.FULL, SlotFull),
        ({"taken": 0, "capacity": 0}, SlotStatus.FULL, SlotFull),
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
        check_booking(a_request(slot), NOW)
    else:
        with pytest.raises(refusal):
            check_booking(a_request(slot), NOW)


def test_what_is_not_there_or_not_mine_is_not_found():
    for request in (a_request(None), a_request(a_state(), has_patient=False)):
        with pytest.raises(NotFound):
            check_booking(request, NOW)


def test_a_fifth_open_booking_is_allowed():
    check_booking(a_request(a_state(), places=(2, 3, 4, 5)), NOW)


def test_the_sixth_open_booking_is_refused():
    with pytest.raises(TooManyBookings) as refusal:
        check_booking(a_request(a_state(), places=(1, 2, 3, 4, 5)), NOW)
    assert "5" in refusal.value.detail("zh-CN")


def test_one_booking_a_session():
    with pytest.raises(AlreadyBooked):
        check_booking(a_request(a_state(taken=2), is_in_session=True), NOW)


def test_a_booking_is_given_back_until_its_slot_begins():
    check_giving_back("booked", AppointmentStatus.CANCELLED, NOW + MINUTE, NOW)
    with pytest.raises(CancelTooLate):
        check_giving_back("booked", AppointmentStatus.CANCELLED, NOW, NOW)
    for status in ("checked_in", "cancelled", "completed", "no_show"):
        with pytest.raises(IllegalMove):
            check_giving_back(status, AppointmentStatus.CANCELLED, NOW + MINUTE, NOW)


def test_moving_inside_a_session_is_no_second_booking():
    check_moving(a_request(a_state(), is_in_session=True), same_session=True, same_slot=False, now=NOW)
    for same_session, same_slot in ((False, False), (True, True)):
        with pytest.raises(AlreadyBooked):
            check_moving(
                a_request(a_state(), is_in_session=True), same_session=same_session, same_slot=same_slot, now=NOW
            )


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
