"""What the hospital decided about booking: who may, until when, for how long. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from miniapp_api.errors import (
    AlreadyBooked,
    CancelTooLate,
    NotYetOpen,
    SessionStopped,
    SlotFull,
    SlotOver,
    TooManyBookings,
)
from server import clock
from server.errors import NotFound, wrong_field
from server.states import Machine

MAX_OPEN_BOOKINGS = 5  # of one person; the table allows up to 50
CANCEL_UNTIL_MINUTES = 0  # before the slot begins
NO_SHOW_BATCH = 500
PATIENTS_POOLS = frozenset({"app"})  # what a patient may take in the mini-app
SLOT_DAYS_SHOWN = 14  # when the question names no end
SLOT_DAYS_AT_MOST = 31
LONGEST_SESSION = timedelta(hours=24)
LATEST_SESSION = timedelta(days=366)  # from now


class AppointmentStatus(StrEnum):
    """Where an appointment stands."""

    HELD = "held"  # a place is kept while somebody decides or pays
    BOOKED = "booked"  # a place is sold, the patient is expected
    CHECKED_IN = "checked_in"  # arrived, stands in a queue
    IN_SERVICE = "in_service"  # with the practitioner
    COMPLETED = "completed"  # the visit took place
    EXPIRED = "expired"  # nobody decided in time
    CANCELLED = "cancelled"  # given back, by the patient or by the clinic
    RESCHEDULED = "rescheduled"  # moved; rescheduled_to_id names the new one
    NO_SHOW = "no_show"  # nobody came in time
    LEFT = "left"  # came, and left without being seen


_S = AppointmentStatus
APPOINTMENT = Machine(
    "appointment",
    starts=frozenset({_S.HELD, _S.BOOKED}),
    moves={
        _S.HELD: frozenset({_S.BOOKED, _S.EXPIRED, _S.CANCELLED}),
        _S.BOOKED: frozenset({_S.CHECKED_IN, _S.CANCELLED, _S.RESCHEDULED, _S.NO_SHOW}),
        _S.CHECKED_IN: frozenset({_S.IN_SERVICE, _S.BOOKED, _S.LEFT}),  # back to booked: the check-in was annulled
        _S.IN_SERVICE: frozenset({_S.COMPLETED, _S.CHECKED_IN, _S.LEFT}),  # back in the queue: the start was undone
        _S.NO_SHOW: frozenset({_S.BOOKED, _S.CHECKED_IN}),  # excused, or came late and the desk lets them in
    },
)


class SlotStatus(StrEnum):
    """Whether a place of a slot can be had."""

    OPEN = "open"
    FULL = "full"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SlotState:
    """What decides whether a place of a slot can be had."""

    session_status: str
    is_stopped: bool
    pool: str
    opens_at: datetime
    ends_at: datetime
    taken: int
    capacity: int


def slot_status(slot: SlotState, now: datetime) -> SlotStatus:
    """Give the first reason against a booking, or OPEN. A slot can be booked until it ends."""
    if slot.is_stopped or slot.session_status == "stopped":
        return SlotStatus.STOPPED
    if slot.ends_at <= now or slot.session_status == "closed":
        return SlotStatus.CLOSED
    if slot.opens_at > now:
        return SlotStatus.NOT_YET
    return SlotStatus.FULL if slot.taken >= slot.capacity else SlotStatus.OPEN


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What is known when somebody asks for a place. open_places: the numbers of the person's open bookings."""

    slot: SlotState | None
    has_patient: bool
    is_in_session: bool
    open_places: Collection[int]


def check_booking(request: BookingRequest, now: datetime) -> None:
    """Refuse a booking that the hospital does not allow.

    Raises: NotFound, SessionStopped, SlotOver, NotYetOpen, AlreadyBooked, TooManyBookings, SlotFull.
    """
    if request.slot is None or request.slot.pool not in PATIENTS_POOLS or not request.has_patient:
        raise NotFound()
    status = slot_status(request.slot, now)
    _check_time(request.slot, status)
    if request.is_in_session:
        raise AlreadyBooked()
    if len(request.open_places) >= MAX_OPEN_BOOKINGS:
        raise TooManyBookings(limit=MAX_OPEN_BOOKINGS)
    if status is SlotStatus.FULL:
        raise SlotFull()


def _check_time(slot: SlotState, status: SlotStatus) -> None:
    if status is SlotStatus.STOPPED:
        raise SessionStopped()
    if status is SlotStatus.CLOSED:
        raise SlotOver()
    if status is SlotStatus.NOT_YET:
        raise NotYetOpen(opens_at=clock.local(slot.opens_at))


def check_giving_back(status: str, to: AppointmentStatus, starts_at: datetime, now: datetime) -> None:
    """Refuse to cancel or move what is no longer open, or too late.

    Raises: IllegalMove, CancelTooLate.
    """
    APPOINTMENT.check(status, to)
    if now >= starts_at - timedelta(minutes=CANCEL_UNTIL_MINUTES):
        raise CancelTooLate()


def check_moving(request: BookingRequest, *, same_session: bool, same_slot: bool, now: datetime) -> None:
    """Refuse a new place for a booking; it frees its own, so the limit and its own session do not count.

    Raises: NotFound, SessionStopped, SlotOver, NotYetOpen, AlreadyBooked, SlotFull.
    """
    if request.slot is None or request.slot.pool not in PATIENTS_POOLS:
        raise NotFound()
    status = slot_status(request.slot, now)
    _check_time(request.slot, status)
    if same_slot or (request.is_in_session and not same_session):
        raise AlreadyBooked()
    if status is SlotStatus.FULL:
        raise SlotFull()


def shown_days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Give the days for which slots are shown, both included.

    Raises: Malformed when they are in the wrong order or too many.
    """
    first = first or today
    last = last or first + timedelta(days=SLOT_DAYS_SHOWN)
    if last < first:
        raise wrong_field("/to", "wrong_range", "is before from")
    if last - first > timedelta(days=SLOT_DAYS_AT_MOST):
        raise wrong_field("/to", "range_too_long", f"at most {SLOT_DAYS_AT_MOST} days")
    return first, last


def check_session(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Refuse a session that is over or beyond a year, that ends before it begins, or that is longer than a day.

    Raises: Malformed.
    """
    if ends_at <= starts_at or ends_at - starts_at > LONGEST_SESSION:
        raise wrong_field("/ends_at", "wrong_range", "after starts_at, at most 24 hours later")
    if ends_at <= now:
        raise wrong_field("/ends_at", "in_the_past", "has passed")
    if ends_at - now > LATEST_SESSION:
        raise wrong_field("/ends_at", "too_far_ahead", f"at most {LATEST_SESSION.days} days from now")
