"""What the hospital decided about booking: who may, until when, for how long. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

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
from server import clock
from server.errors import NotFound, wrong_field
from server.states import Machine

HOLD_BATCH = 500
PATIENTS_POOLS = frozenset({"app"})  # what a patient may take in the mini-app
REVISIT_POOLS = frozenset({"app", "revisit"})  # and for a visit that asked to come again, in its department
OPEN_PLACES = 50  # of one person at once, whoever books: the table allows no more
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
        _S.COMPLETED: frozenset({_S.IN_SERVICE}),  # the room took the end back at once
        _S.LEFT: frozenset({_S.CHECKED_IN, _S.IN_SERVICE}),  # given up after the last miss, and called again at once
        _S.NO_SHOW: frozenset({_S.BOOKED, _S.CHECKED_IN}),  # excused, or came late and the desk lets them in
    },
)


@dataclass(frozen=True, kw_only=True)
class BookingSettings:
    """What the hospital decided about booking; the fields are the columns of `booking_setting`.

    max_open_bookings, max_per_month (None: no limit), same_practitioner_per_day: of one person.
    cancel_until_minutes: before the slot begins. hold_seconds: how long a place is kept while a form is filled.
    strike_limit to early_cancels_per_credit: what counts as 爽约, see `strikes.rules`. appeal_hours: until an appeal is
    decided; after that it is granted.
    revisit_days: after a visit, in which its return can be booked. extra_places_per_session: 加号 at most.
    waitlist_offer_minutes: how long an offer stands at most; waitlist_offer_share: at most this per cent of the time
    until the visit; waitlist_least_minutes: at least. waitlist_quiet_from, waitlist_quiet_until: o'clock, between which
    the time of an offer stands still. waitlist_closes_minutes: before the visit. waitlist_max_open: entries of one
    person. waitlist_missed_at_most: unanswered offers. waitlist_release_minutes: after 放号, during which free places
    are everybody's.
    draw_loss_days: for how long a lost draw gives another lot. draw_lots_at_most: how many lots an entry may have.
    stop_answer_minutes: how long somebody may think about the place that a stop of the clinic gave them.
    stop_call_after_minutes: not reached by then, somebody calls. stop_reached_by: what counts, delivered, read or
    answered. stop_on_silence: of held places the first stays, or all are released. stop_search_days: how far ahead a
    stop looks for another place.
    """

    max_open_bookings: int = 5
    max_per_month: int | None = None
    same_practitioner_per_day: int = 1
    cancel_until_minutes: int = 0
    hold_seconds: int = 300
    strike_limit: int = 3
    strike_window_days: int = 180
    suspension_days: int = 90
    late_cancel_hours: int = 4
    late_cancels_per_strike: int = 3
    early_cancel_days: int = 3
    early_cancels_per_credit: int = 2
    appeal_hours: int = 48
    revisit_days: int = 90
    extra_places_per_session: int = 5
    stop_answer_minutes: int = 720
    stop_call_after_minutes: int = 30
    stop_reached_by: str = "delivered"
    stop_on_silence: str = "release"
    stop_search_days: int = 14
    waitlist_offer_minutes: int = 120
    waitlist_offer_share: int = 25
    waitlist_least_minutes: int = 10
    waitlist_quiet_from: int = 22
    waitlist_quiet_until: int = 7
    waitlist_closes_minutes: int = 30
    waitlist_max_open: int = 3
    waitlist_missed_at_most: int = 2
    waitlist_release_minutes: int = 10
    draw_loss_days: int = 90
    draw_lots_at_most: int = 4


class SlotStatus(StrEnum):
    """Whether a place of a slot can be had."""

    OPEN = "open"
    FULL = "full"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SlotState:
    """What decides whether a place of a slot can be had. kept: places set aside for the waitlist.

    is_drawing: the places come by a draw that is not done; draw_id and draw_closes_at: which, once it is made.
    """

    session_status: str
    is_stopped: bool
    pool: str
    opens_at: datetime
    ends_at: datetime
    taken: int
    kept: int
    capacity: int
    is_drawing: bool = False
    draw_id: UUID | None = None
    draw_closes_at: datetime | None = None

    @property
    def available(self) -> int:
        """Give how many places anybody may take."""
        return max(self.capacity - self.taken - self.kept, 0)


def slot_status(slot: SlotState, now: datetime) -> SlotStatus:
    """Give the first reason against a booking, or OPEN. A slot can be booked until it ends."""
    if slot.is_stopped or slot.session_status == "stopped":
        return SlotStatus.STOPPED
    if slot.ends_at <= now or slot.session_status == "closed":
        return SlotStatus.CLOSED
    if slot.opens_at > now or slot.is_drawing:
        return SlotStatus.NOT_YET
    return SlotStatus.OPEN if slot.available else SlotStatus.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """What is known when somebody asks for a place.

    slot, has_patient: None and False when they are not there for whoever asks. pools: of which the slot may be.
    in_session: the person's open appointment in this session. at_that_time: another one at the same time.
    open_bookings, this_month, that_day: how many the person has open, in the slot's month, that day with the same
    practitioner. is_bound: the person's limits hold. passes_release: may take before 放号. from_kept: takes a place
    that is set aside.
    """

    slot: SlotState | None
    has_patient: bool
    pools: Collection[str] = PATIENTS_POOLS
    in_session: UUID | None = None
    at_that_time: UUID | None = None
    open_bookings: int = 0
    this_month: int = 0
    that_day: int = 0
    suspended_until: datetime | None = None
    is_bound: bool = True
    passes_release: bool = False
    from_kept: bool = False


def check_booking(request: BookingRequest, settings: BookingSettings, now: datetime) -> None:
    """Refuse a booking that the hospital does not allow.

    Raises: NotFound, SessionStopped, SlotOver, NotYetOpen, DrawOpen, Suspended, AlreadyBooked, TimeConflict,
        TooManyBookings, TooManyThisMonth, SamePractitioner, SlotFull.
    """
    if request.slot is None or request.slot.pool not in request.pools or not request.has_patient:
        raise NotFound()
    _check_time(request, now)
    if request.is_bound and request.suspended_until is not None and request.suspended_until > now:
        raise Suspended(until=clock.local(request.suspended_until))
    if request.in_session is not None:
        raise AlreadyBooked(appointment_id=str(request.in_session))
    if request.at_that_time is not None:
        raise TimeConflict(appointment_id=str(request.at_that_time))
    _check_limits(request, settings)
    if not (request.slot.kept if request.from_kept else request.slot.available):
        raise SlotFull()


def _check_time(request: BookingRequest, now: datetime) -> None:
    assert request.slot is not None  # the caller has refused a slot that is not there
    status = slot_status(request.slot, now)
    if status is SlotStatus.STOPPED:
        raise SessionStopped()
    if status is SlotStatus.CLOSED:
        raise SlotOver()
    if status is SlotStatus.NOT_YET and not request.passes_release:
        if request.slot.opens_at > now:
            raise NotYetOpen(opens_at=clock.local(request.slot.opens_at))
        raise _draw_open(request.slot)


def _draw_open(slot: SlotState) -> DrawOpen:
    if slot.draw_id is None or slot.draw_closes_at is None:
        return DrawOpen()
    return DrawOpen(draw_id=str(slot.draw_id), closes_at=clock.local(slot.draw_closes_at))


def _check_limits(request: BookingRequest, settings: BookingSettings) -> None:
    most = settings.max_open_bookings if request.is_bound else OPEN_PLACES
    if request.open_bookings >= most:
        raise TooManyBookings(limit=most)
    if not request.is_bound:
        return
    if settings.max_per_month is not None and request.this_month >= settings.max_per_month:
        raise TooManyThisMonth(limit=settings.max_per_month)
    if request.that_day >= settings.same_practitioner_per_day:
        raise SamePractitioner(limit=settings.same_practitioner_per_day)


def check_giving_back(
    status: str, to: AppointmentStatus, starts_at: datetime, settings: BookingSettings, now: datetime
) -> None:
    """Refuse to cancel or move what is no longer open, or too late; a hold can be given back until it ends.

    Raises: IllegalMove, CancelTooLate.
    """
    APPOINTMENT.check(status, to)
    if status == AppointmentStatus.BOOKED and now >= starts_at - timedelta(minutes=settings.cancel_until_minutes):
        raise CancelTooLate()


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
