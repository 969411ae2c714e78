"""How clocks are shown to staff: each with its explanation, whose lines sum to its target."""

from collections.abc import Sequence
from datetime import datetime

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.dues import Due, Event
from satisfaction.clocks.explaining import explain
from satisfaction.clocks.policies import CLOCK_NAMES, Clock, Terms
from satisfaction.clocks.resting import waits_of
from server.web import View, moment


class ClockLineView(View):
    """A stretch of an explanation. counted_seconds: of it, towards the target."""

    starts_at: str
    ends_at: str
    counted_seconds: float
    what: str
    words: str


class ClockDueView(View):
    """One clock of one round. seconds_left: below zero when it is overdue, null when it does not run.

    lines: from start to due, without a gap; their counted seconds sum to target_seconds. is_sure: all days up to it are
    officially known.
    """

    clock: str
    name: str
    cycle: int
    starts_at: str
    due_at: str
    half_at: str
    warn_at: str
    stopped_at: str | None
    stopped_by: str | None
    breached_at: str | None
    target_seconds: float
    seconds_left: int | None
    is_resting: bool
    rests_until: str | None
    is_sure: bool
    policy_version: int
    lines: list[ClockLineView]


class ClockPauseView(View):
    """The pauses of the present round. used: waits so far; free: how many need no leave; leaves: given so far.

    rested_seconds: of most_seconds altogether.
    """

    used: int
    free: int
    leaves: int
    rested_seconds: float
    most_seconds: float
    is_waiting: bool


class ClockStoryView(View):
    """All clocks of a complaint, the present round first."""

    severity: str
    cycle: int
    items: list[ClockDueView]
    pauses: ClockPauseView
    may_allow_pause: bool


def due_view(due: Due, terms: Terms, *, language: str, now: datetime) -> ClockDueView:
    """Show one clock with its explanation."""
    rest = due.rest
    resting = due.is_resting(now)
    return ClockDueView(
        clock=str(due.clock),
        name=CLOCK_NAMES[due.clock],
        cycle=due.cycle,
        starts_at=_moment(due.starts_at),
        due_at=_moment(due.due_at),
        half_at=_moment(due.half_at),
        warn_at=_moment(due.warn_at),
        stopped_at=moment(due.stopped_at),
        stopped_by=due.stopped_by,
        breached_at=moment(due.breached_at),
        target_seconds=due.target.total_seconds(),
        seconds_left=None if due.stopped_at else int((due.due_at - now).total_seconds()),
        is_resting=resting,
        rests_until=moment(rest.ends_at) if rest and resting else None,
        is_sure=clocks.is_sure(due.due_at, terms)
        or all(terms.calendars[p.calendar].plan.is_always for p in due.pieces),
        policy_version=due.policy_version,
        lines=[
            ClockLineView(
                starts_at=_moment(line.starts_at),
                ends_at=_moment(line.ends_at),
                counted_seconds=line.counted.total_seconds(),
                what=line.what,
                words=line.words[language],
            )
            for line in explain(due, terms.calendars)
        ],
    )


def _is_sure(due: Due, terms: Terms) -> bool:
    """Tell whether no day that nobody has announced yet has a part in it."""
    calendars = {piece.calendar for piece in due.pieces}
    return clocks.is_sure(due.due_at, terms) or not any(
        terms.calendars[code].plan.follows_workdays for code in calendars
    )


def pauses_view(events: Sequence[Event], dues: Sequence[Due], terms: Terms, now: datetime) -> ClockPauseView:
    """Show the pauses of the present round. events, dues: of that round; events in order."""
    policy = terms.policy_at(now)
    answer = next((due for due in dues if due.clock == Clock.ANSWER), None)
    waits = waits_of(events, answer.starts_at, answer.stopped_at) if answer else []
    rested = sum(
        (min(piece.ends_at, now) - piece.starts_at).total_seconds()
        for piece in (answer.pieces if answer else ())
        if piece.what == "rested" and piece.starts_at < now
    )
    return ClockPauseView(
        used=len(waits),
        free=policy.pauses,
        leaves=sum(event.kind == "pause_allowed" for event in events),
        rested_seconds=rested,
        most_seconds=policy.paused_at_most.total_seconds(),
        is_waiting=bool(waits) and waits[-1][1] is None,
    )


def _moment(value: datetime) -> str:
    return moment(value) or ""
