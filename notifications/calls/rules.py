"""When somebody is called again, and what ends a task. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from server import clock
from server.states import Machine


class CallState(StrEnum):
    """A task of the call list."""

    OPEN = "open"  # waits for somebody
    CLAIMED = "claimed"  # one person is on it, for a quarter of an hour
    DONE = "done"  # there was an answer
    CANCELLED = "cancelled"  # no longer needed
    LOST = "lost"  # never reached


class CallKind(StrEnum):
    """Why a task is there; decides its place in the list."""

    RED_FLAG = "red_flag"  # an alarming answer
    PROMISE = "promise"  # the patient was promised a call
    FOLLOW_UP = "follow_up"  # a step of a plan that is a call
    REVISIT = "revisit"  # the day to come again passed without a booking
    NO_SHOW = "no_show"  # a booked visit was missed
    MESSAGE = "message"  # no other way reached the person
    VERIFY_NUMBER = "verify_number"  # the number on file is wrong


class CallOutcome(StrEnum):
    """What came of a call."""

    REACHED = "reached"
    CALL_LATER = "call_later"  # at the time that the patient named
    AGREED = "agreed"  # will come again
    BOOKED = "booked"  # has a place now
    NOT_REACHED = "not_reached"  # no answer, busy, off
    REFUSED = "refused"  # this plan no more
    REFUSED_ALL = "refused_all"  # no plan and no call any more
    WRONG_NUMBER = "wrong_number"
    DECEASED = "deceased"
    ELSEWHERE = "elsewhere"  # is treated in another place


S = CallState
CALL = Machine(
    "call_task",
    starts=frozenset({S.OPEN}),
    moves={
        S.OPEN: frozenset({S.CLAIMED, S.CANCELLED}),
        S.CLAIMED: frozenset({S.OPEN, S.DONE, S.LOST, S.CANCELLED}),
    },
)

PRIORITY = {
    CallKind.RED_FLAG: 0,
    CallKind.PROMISE: 1,
    CallKind.MESSAGE: 2,
    CallKind.FOLLOW_UP: 3,
    CallKind.REVISIT: 4,
    CallKind.NO_SHOW: 5,
    CallKind.VERIFY_NUMBER: 6,
}

LEASE = timedelta(minutes=15)
MOST_TRIES = 4  # a fifth call reaches hardly anybody and annoys
FIRST_HOUR, LAST_HOUR = 9, 20  # nobody is called outside
OTHER_TIME = timedelta(hours=4)  # the second try, at another time of the day
PROMISE_LASTS = timedelta(days=2)
CHECKED_AFTER = timedelta(days=3)  # who agreed to come and has not booked is asked again

# what the caller may choose when it is about coming again
ABOUT_COMING = frozenset({CallKind.REVISIT, CallKind.NO_SHOW})


@dataclass(frozen=True)
class Next:
    """What becomes of a task. at: when it is called again. counts: the try is one of the few."""

    state: CallState
    at: datetime | None = None
    counts: bool = True


def in_hours(moment: datetime) -> datetime:
    """Give the first moment from then on at which people are called."""
    local = clock.local(moment)
    if local.hour < FIRST_HOUR:
        return clock.at(local.date(), FIRST_HOUR)
    if local.hour >= LAST_HOUR:
        return clock.at(local.date() + timedelta(days=1), FIRST_HOUR)
    return moment


def next_after(
    result: CallOutcome, *, tries: int, now: datetime, window_ends_at: datetime, again_at: datetime | None = None
) -> Next:
    """Decide what follows a call.

    tries: with this one. again_at: the time that the patient named.
    """
    if result is CallOutcome.CALL_LATER:
        assert again_at is not None  # the form asks for it
        return Next(S.OPEN, in_hours(again_at), counts=False)
    if result is CallOutcome.WRONG_NUMBER:
        return Next(S.DONE, counts=False)
    if result is not CallOutcome.NOT_REACHED:
        return Next(S.DONE)
    if tries >= MOST_TRIES:
        return Next(S.LOST)
    return Next(S.OPEN, _again(tries, now, window_ends_at))


def _again(tries: int, now: datetime, window_ends_at: datetime) -> datetime:
    """Give the time of the next try: later the same day, the next day, in the last third of the window."""
    today = clock.local(now).date()
    if tries == 1:
        return in_hours(now + OTHER_TIME)
    tomorrow = in_hours(max(_at_noon(today + timedelta(days=1)), now + OTHER_TIME))
    if tries == MOST_TRIES - 1:
        return max(tomorrow, in_hours(now + (window_ends_at - now) * 2 / 3))
    return tomorrow


def _at_noon(day: date) -> datetime:
    return clock.at(day, 11)
