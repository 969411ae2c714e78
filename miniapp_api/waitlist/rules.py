"""What the hospital decided about waiting for a place: the order, how long an offer stands, what an answer leads to.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import combinations
from uuid import UUID

from miniapp_api.booking.rules import BookingSettings
from server import clock
from server.errors import wrong_field
from server.states import Machine

MOST_SESSIONS = 10  # that one entry may name
MOST_PRACTITIONERS = 20
MOST_DAYS = 31  # of criteria, both ends included
MORNING_ENDS, AFTERNOON_ENDS, EVENING_ENDS = 12, 18, 21  # o'clock
HIGHEST_PRIORITY = 9
STOPPED_PRIORITY = 5  # of whoever lost a place by a stop


class WaitlistState(StrEnum):
    """Where an entry of the waitlist stands."""

    WAITING = "waiting"  # stands in one line or more, or waits for sessions that fit
    OFFERED = "offered"  # a place is kept for it until a deadline
    BOOKED = "booked"  # it took the place; whatever becomes of the booking, it never waits again
    DECLINED = "declined"  # it did not want the place, and there is no other to wait for
    EXPIRED = "expired"  # it did not answer
    WITHDRAWN = "withdrawn"  # it does not want to wait any more
    CLOSED = "closed"  # nothing can come any more: end_reason


_E = WaitlistState
_ENDS = frozenset({_E.WITHDRAWN, _E.CLOSED})
ENTRY = Machine(
    "waitlist_entry",
    starts=frozenset({_E.WAITING}),
    moves={
        _E.WAITING: _ENDS | {_E.OFFERED},
        _E.OFFERED: _ENDS | {_E.BOOKED, _E.WAITING, _E.DECLINED, _E.EXPIRED},
    },
)


class OfferEnd(StrEnum):
    """How an offer ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # with the entry
    VOID = "void"  # the hospital took the places back: the clinic is stopped


class EndReason(StrEnum):
    """Why an entry was closed."""

    CUT_OFF = "cut_off"  # too near to the visit
    BOOKED_ELSEWHERE = "booked_elsewhere"  # the person has a place that it waited for
    STOPPED = "stopped"  # the clinics that it waited for do not take place


class Half(StrEnum):
    """A part of a day, by the begin of the session."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


_HALF_ENDS = {Half.MORNING: MORNING_ENDS, Half.AFTERNOON: AFTERNOON_ENDS, Half.EVENING: EVENING_ENDS}


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Any session of a department on some days; what is empty is not asked for."""

    department_id: UUID
    first_day: date
    last_day: date
    practitioner_ids: tuple[UUID, ...] = ()
    halves: tuple[Half, ...] = ()
    visit_types: tuple[str, ...] = ()


def check_criteria(criteria: Criteria, today: date) -> None:
    """Refuse days that are over, in the wrong order or too many.

    Raises: Malformed.
    """
    if criteria.last_day < criteria.first_day:
        raise wrong_field("/criteria/last_day", "wrong_range", "is before first_day")
    if criteria.last_day < today:
        raise wrong_field("/criteria/last_day", "in_the_past", "has passed")
    if criteria.last_day - criteria.first_day >= timedelta(days=MOST_DAYS):
        raise wrong_field("/criteria/last_day", "range_too_long", f"at most {MOST_DAYS} days")
    if criteria.last_day - today > timedelta(days=366):
        raise wrong_field("/criteria/last_day", "too_far_ahead", "at most 366 days from now")


def criteria_close_at(criteria: Criteria) -> datetime:
    """Give the moment after which no session can fit any more."""
    hour = max(_HALF_ENDS[half] for half in criteria.halves) if criteria.halves else EVENING_ENDS
    return clock.at(criteria.last_day, hour)


# ---- how long an offer stands --------------------------------------------------------------------------------------


def offer_deadline(now: datetime, starts_at: datetime, settings: BookingSettings) -> datetime | None:
    """Give until when an offer of a visit at `starts_at` stands; None: it is too near to offer it.

    The answer may take two hours or a quarter of the time that is left, whatever is shorter, and never less than a
    minimum. Quiet hours do not count: at night the time stands still until the morning. It ends with the line at the
    latest. A visit so early that no waking time is left before it is offered with the time running on.
    """
    closes_at = starts_at - timedelta(minutes=settings.waitlist_closes_minutes)
    least = timedelta(minutes=settings.waitlist_least_minutes)
    if closes_at - now < least:
        return None
    share = (starts_at - now) * settings.waitlist_offer_share / 100
    time_to_answer = max(min(timedelta(minutes=settings.waitlist_offer_minutes), share), least)
    if waking_time(now, closes_at, settings) < least:
        return min(now + time_to_answer, closes_at)
    return min(after_waking(now, time_to_answer, settings), closes_at)


def waking_time(start: datetime, end: datetime, settings: BookingSettings) -> timedelta:
    """Give how much of a span lies outside the quiet hours."""
    total, at = timedelta(0), start
    while at < end:
        quiet_from, quiet_until = _quiet_near(at, settings)
        if quiet_from <= at < quiet_until:
            at = quiet_until
        else:
            stop = min(quiet_from if quiet_from > at else end, end)
            total, at = total + (stop - at), stop
    return total


def after_waking(start: datetime, amount: timedelta, settings: BookingSettings) -> datetime:
    """Give the moment at which so much waking time has passed."""
    at = start
    while True:
        quiet_from, quiet_until = _quiet_near(at, settings)
        if quiet_from <= at < quiet_until:
            at = quiet_until
        elif quiet_from <= at or at + amount <= quiet_from:
            return at + amount
        else:
            amount, at = amount - (quiet_from - at), quiet_until


def _quiet_near(moment: datetime, settings: BookingSettings) -> tuple[datetime, datetime]:
    """Give the quiet hours that hold now or come next; an empty span in the past when there are none."""
    first, last = settings.waitlist_quiet_from, settings.waitlist_quiet_until
    if first == last:
        return moment, moment
    today = clock.local(moment).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        begin = _o_clock(day, first)
        end = _o_clock(day + timedelta(days=1) if last < first else day, last)
        if moment < end:
            return begin, end
    raise AssertionError("the quiet hours of tomorrow end after now")


def _o_clock(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=clock.zone())


# ---- which places ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Places:
    """What is left in one band. kept: set aside for who waits; free: anybody may take it."""

    slot_id: UUID
    starts_at: datetime
    ends_at: datetime
    kept: int
    free: int


@dataclass(frozen=True, slots=True)
class Pick:
    """One place that can be offered."""

    slot_id: UUID
    starts_at: datetime
    from_kept: bool


def picks(places: Sequence[Places], seats: int) -> list[tuple[Pick, ...]]:
    """List what can be offered to so many people together, the best first.

    One person gets the earliest kept place, then a free one. Two get the pair that is nearest in time: the same band
    before neighbours before others.
    """
    single = [
        Pick(place.slot_id, place.starts_at, from_kept)
        for from_kept in (True, False)
        for place in sorted(places, key=lambda one: one.starts_at)
        for _ in range(min(place.kept if from_kept else place.free, seats))
    ]
    if seats == 1:
        return [(pick,) for pick in single]
    pairs = {
        (a.slot_id, b.slot_id): (a, b)
        for a, b in reversed(list(combinations(sorted(single, key=lambda pick: pick.starts_at), 2)))
    }
    return sorted(pairs.values(), key=lambda pair: (pair[1].starts_at - pair[0].starts_at, pair[0].starts_at))


# ---- what follows an offer -----------------------------------------------------------------------------------------


def state_after(end: OfferEnd, *, can_wait: bool, missed: int, settings: BookingSettings) -> WaitlistState:
    """Give where an entry goes when its offer ends.

    can_wait: there are other sessions, now or to come. missed: unanswered offers, with this one.
    """
    if end is OfferEnd.ACCEPTED:
        return WaitlistState.BOOKED
    if end is OfferEnd.WITHDRAWN:
        return WaitlistState.WITHDRAWN
    if end is OfferEnd.EXPIRED:
        may_go_on = can_wait and missed < settings.waitlist_missed_at_most
        return WaitlistState.WAITING if may_go_on else WaitlistState.EXPIRED
    if can_wait:
        return WaitlistState.WAITING
    return WaitlistState.DECLINED if end is OfferEnd.DECLINED else WaitlistState.CLOSED


# ---- how likely a place is -----------------------------------------------------------------------------------------

LEADS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))  # classes of the time left until a session
HISTORY_DAYS = 180
ENOUGH = 20  # entries of the past, before a number is said
PRIOR_OFFERED, PRIOR_ALL = 2.0, 10.0  # as if ten had waited before and two had got a place
GOOD, FAIR = 0.6, 0.3


class Hope(StrEnum):
    """How likely a place is, in words."""

    GOOD = "good"
    FAIR = "fair"
    LOW = "low"
    UNKNOWN = "unknown"  # too few have waited like this before


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a place is. percent: in tens, None where the past says too little."""

    hope: Hope
    percent: int | None


def chance(offered: int, waited: int) -> Chance:
    """Estimate from how many who waited alike and no further back got an offer: cautious, and never more precise."""
    if waited < ENOUGH:
        return Chance(Hope.UNKNOWN, None)
    share = (offered + PRIOR_OFFERED) / (waited + PRIOR_ALL)
    hope = Hope.GOOD if share >= GOOD else Hope.FAIR if share >= FAIR else Hope.LOW
    return Chance(hope, min(max(int(share * 10) * 10, 10), 90))


def lead_class(left: timedelta) -> int:
    """Give the class of a time until a session: 0 less than a day, up to 3."""
    return sum(left >= bound for bound in LEADS)
