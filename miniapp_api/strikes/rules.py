"""What counts against a person, what excuses it, what is earned back, and when booking by phone is suspended. Pure.

A suspension is never kept as an act: it follows from the strikes that count now. Forgiving one and cancelling early can
only shorten or end it, never bring one about (the tests hold this for any history).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from server.states import Machine

SECOND_THOUGHTS = timedelta(minutes=30)  # a booking that is given back so soon took nothing from anybody
EARLY_STOOD = timedelta(days=1)  # who books and cancels at once earns nothing
MOST_CREDITS = 1  # in one window: nobody cancels their way out of visit after visit
MARK_BATCH = 100


class StrikeKind(StrEnum):
    """What happened."""

    NO_SHOW = "no_show"
    LATE_CANCEL = "late_cancel"


class StrikeState(StrEnum):
    """Whether it counts."""

    COUNTED = "counted"
    APPEALED = "appealed"  # counts until somebody decides
    FORGIVEN = "forgiven"


class AppealState(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class Excuse(StrEnum):
    """Why a strike was forgiven."""

    STOPPED = "stopped"  # the clinic was stopped
    PRESENT = "present"  # the person was there after all
    OUTAGE = "outage"  # nobody could check in
    LATE_DOCTOR = "late_doctor"  # nobody was seen until the time of the visit was over
    APPEAL = "appeal"  # granted by staff
    OVERDUE = "overdue"  # the hospital did not decide about an appeal in time
    STAFF = "staff"  # forgiven with a reason


STRIKE = Machine(
    "strike",
    starts=frozenset({StrikeState.COUNTED}),
    moves={
        StrikeState.COUNTED: frozenset({StrikeState.APPEALED, StrikeState.FORGIVEN}),
        StrikeState.APPEALED: frozenset({StrikeState.COUNTED, StrikeState.FORGIVEN}),
    },
)
APPEAL = Machine(
    "appeal",
    starts=frozenset({AppealState.OPEN}),
    moves={AppealState.OPEN: frozenset({AppealState.GRANTED, AppealState.REFUSED})},
)


@dataclass(frozen=True)
class StrikeRules:
    """What the hospital decided; columns of `booking_setting`. Zero switches a rule off.

    strike_limit: strikes in strike_window_days suspend for suspension_days from the last of them.
    late_cancels_per_strike: so many late cancellations weigh as one missed visit.
    early_cancels_per_credit: so many visits given back at least early_cancel_days before take one strike off.
    """

    strike_limit: int = 3
    strike_window_days: int = 180
    suspension_days: int = 90
    late_cancel_hours: int = 4
    late_cancels_per_strike: int = 3
    early_cancel_days: int = 3
    early_cancels_per_credit: int = 2

    @property
    def window(self) -> timedelta:
        """Give how far back a strike counts."""
        return timedelta(days=self.strike_window_days)


@dataclass(frozen=True)
class Mark:
    """A strike that counts. at: when the visit was, or when it was given back."""

    id: UUID
    kind: StrikeKind
    at: datetime


@dataclass(frozen=True)
class Tally:
    """What one window adds up to. count: strikes after late cancels were folded and credits taken off."""

    no_shows: int
    late_cancels: int
    early_cancels: int
    credits: int
    count: int


@dataclass(frozen=True)
class Suspension:
    """Why and until when nobody books for this person by phone. because: the strikes in its window, oldest first."""

    since: datetime
    until: datetime
    because: tuple[UUID, ...]


@dataclass(frozen=True)
class Standing:
    """Where a person stands now. counted: the strikes in the present window, oldest first."""

    tally: Tally
    counted: tuple[UUID, ...]
    suspension: Suspension | None


def tally(marks: Sequence[Mark], early_cancels: int, rules: StrikeRules) -> Tally:
    """Add up what lies in one window."""
    missed = sum(mark.kind is StrikeKind.NO_SHOW for mark in marks)
    late = len(marks) - missed
    folded = late // rules.late_cancels_per_strike if rules.late_cancels_per_strike else 0
    earned = early_cancels // rules.early_cancels_per_credit if rules.early_cancels_per_credit else 0
    off = min(earned, MOST_CREDITS, missed + folded)
    return Tally(missed, late, early_cancels, off, missed + folded - off)


def standing_of(
    marks: Sequence[Mark], early_cancels: Sequence[datetime], rules: StrikeRules, now: datetime
) -> Standing:
    """Say where a person stands. marks: the strikes that are not forgiven. early_cancels: when visits were given back.

    At each strike one looks back over the window. Where the limit is reached, booking is suspended from this strike on;
    the suspension that lasts longest is the one that runs.
    """
    marks = sorted(marks, key=lambda mark: (mark.at, mark.id))
    running: Suspension | None = None
    for mark in marks:
        until = mark.at + timedelta(days=rules.suspension_days)
        there = [other for other in marks if mark.at - rules.window < other.at <= mark.at]
        # what was earned since the last strike counts too: an early cancellation can end a suspension
        early = sum(mark.at - rules.window < at <= now for at in early_cancels)
        if until > now and tally(there, early, rules).count >= rules.strike_limit:
            running = Suspension(mark.at, until, tuple(one.id for one in there))
    present = [mark for mark in marks if now - rules.window < mark.at]
    early = sum(now - rules.window < at <= now for at in early_cancels)
    return Standing(tally(present, early, rules), tuple(mark.id for mark in present), running)


class Conduct(StrEnum):
    """What giving a visit back means."""

    LATE = "late"
    EARLY = "early"
    NEITHER = "neither"


def judge_cancellation(
    *, starts_at: datetime, booked_at: datetime, given_back_at: datetime, rules: StrikeRules
) -> Conduct:
    """Say whether a visit was given back late, early or neither."""
    stood = given_back_at - booked_at
    left = starts_at - given_back_at
    if left < timedelta(hours=rules.late_cancel_hours) and stood >= SECOND_THOUGHTS:
        return Conduct.LATE
    if left >= timedelta(days=rules.early_cancel_days) and stood >= EARLY_STOOD:
        return Conduct.EARLY
    return Conduct.NEITHER
