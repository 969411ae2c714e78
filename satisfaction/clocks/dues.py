"""When a clock of a complaint is due: a function of what happened, the promises and the calendars. Pure.

Nothing here knows who asks or when it was noticed; the order in which events arrived makes no difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from satisfaction.clocks.events import Event, in_order
from satisfaction.clocks.policies import (
    LEGAL_DAYS,
    LEGAL_DAYS_OF_SEVERAL,
    Clock,
    Policy,
    Terms,
)
from satisfaction.clocks.resting import rests_of
from server import clock as zones

DAY = timedelta(days=1)


class What(StrEnum):
    """What a stretch of a clock is."""

    COUNTED = "counted"
    RESTED = "rested"  # the patient is waited for
    NOT_YET = "not_yet"  # the day on which a legal term begins does not count
    QUIET = "quiet"  # at night nobody is written to


@dataclass(frozen=True)
class Piece:
    """A stretch of a clock by one calendar. counted: how much of the target it is worth."""

    what: What
    starts_at: datetime
    ends_at: datetime
    calendar: str
    counted: timedelta


@dataclass(frozen=True)
class Due:
    """One clock of one round. breached_at: the due moment that was missed first, whoever noticed it when.

    pieces: from start to due; what they counted sums to the target. stopped_by: the kind of the event that stopped it.
    """

    clock: Clock
    cycle: int
    starts_at: datetime
    due_at: datetime
    half_at: datetime
    warn_at: datetime
    stopped_at: datetime | None
    stopped_by: str | None
    breached_at: datetime | None
    target: timedelta
    policy_version: int
    pieces: tuple[Piece, ...]

    @property
    def rest(self) -> Piece | None:
        """Give its last pause."""
        return next((piece for piece in reversed(self.pieces) if piece.what == What.RESTED), None)

    def is_resting(self, now: datetime) -> bool:
        """Tell whether it stands still at a moment, waiting for the patient."""
        rest = self.rest
        return rest is not None and self.stopped_at is None and rest.starts_at <= now < rest.ends_at


@dataclass(frozen=True)
class Stint:
    """One run of a clock: from its start until it is stopped, or begins anew. minutes: a target of its own."""

    starts_at: datetime
    ended_at: datetime | None
    ended_by: str | None  # None while it runs, and when it only began anew
    minutes: float | None = None


_BEGINS = {
    Clock.ACKNOWLEDGEMENT: frozenset({"received", "reopened", "unacknowledged"}),
    Clock.FIRST_RESPONSE: frozenset({"received", "reopened"}),
    Clock.ANSWER: frozenset({"received", "reopened"}),
    Clock.LEGAL: frozenset({"received", "reopened"}),
    Clock.UPDATE: frozenset({"outbound"}),
    Clock.CONFIRMATION: frozenset({"answer_reached"}),
}
_STOPS = {
    Clock.ACKNOWLEDGEMENT: frozenset({"acknowledged"}),
    Clock.FIRST_RESPONSE: frozenset({"responded"}),
    Clock.ANSWER: frozenset({"answered"}),
    Clock.LEGAL: frozenset({"answered"}),
    Clock.UPDATE: frozenset({"answered"}),
    Clock.CONFIRMATION: frozenset(),
}
_ENDS = frozenset({"confirmed", "closed", "withdrawn", "merged"})
_BEGINS_ANEW = frozenset({Clock.ACKNOWLEDGEMENT, Clock.UPDATE})


def stints(clock: Clock, events: Sequence[Event], cycle: int) -> list[Stint]:
    """Give the runs of a clock in a round. events: in order."""
    begins, stops, anew = _BEGINS[clock], _STOPS[clock], clock in _BEGINS_ANEW
    found: list[Stint] = []
    since: datetime | None = None
    minutes: float | None = None
    is_over = False
    for event in events:
        ends = event.kind in _ENDS if event.cycle == cycle else event.cycle == cycle + 1 and event.kind == "reopened"
        if ends or (event.cycle == cycle and event.kind in stops):
            # an acknowledgement may be asked for again; an answer or an end is the last word of a round
            is_over = is_over or ends or clock == Clock.UPDATE or (since is not None and not anew)
            if since is not None:
                found.append(Stint(since, event.at, event.kind, minutes))
                since = None
        elif event.cycle == cycle and event.kind in begins and not is_over and (since is None or anew):
            if since is not None:
                found.append(Stint(since, event.at, None, minutes))
            since, minutes = event.at, event.data.get("minutes")
        elif event.cycle == cycle and event.kind == "absorbed" and since is not None and "received" in begins:
            # clocks keep the earliest start of both cases, but for one that began anew meanwhile
            since = since if minutes is not None else min(since, datetime.fromisoformat(event.data["since"]))
    if since is not None:
        found.append(Stint(since, None, None, minutes))
    return found


def due(clock: Clock, events: Sequence[Event], *, terms: Terms, cycle: int, now: datetime) -> Due | None:
    """Tell when a clock of a round is due, or None when it never began. events: of the complaint, in any order.

    Of a clock that begins anew (acknowledgement, update) the last run is told, and the first one that was missed.
    Raises: NoWorkingTime.
    """
    ordered = in_order(events)
    runs = stints(clock, ordered, cycle)
    return _due(clock, runs, ordered, terms=terms, cycle=cycle, now=now) if runs else None


def all_dues(events: Sequence[Event], *, terms: Terms, now: datetime) -> list[Due]:
    """Give every clock of every round that has begun. events: of one complaint, in any order.

    Raises: NoWorkingTime.
    """
    ordered = in_order(events)
    found = []
    for cycle in range(1, max((event.cycle for event in ordered), default=0) + 1):
        for clock in Clock:
            if runs := stints(clock, ordered, cycle):
                found.append(_due(clock, runs, ordered, terms=terms, cycle=cycle, now=now))
    return found


def _due(clock: Clock, runs: list[Stint], events: Sequence[Event], *, terms: Terms, cycle: int, now: datetime) -> Due:
    breached_at: datetime | None = None
    for run in runs:
        policy = terms.policy_at(run.ended_at or now)
        walk = _Walk(clock, run, policy, terms.calendars)
        due_at = walk.through([event for event in events if event.cycle == cycle])
        if (run.ended_at or now) > due_at:
            breached_at = due_at if breached_at is None else min(breached_at, due_at)
    promise = policy.promises[clock]
    return Due(
        clock=clock,
        cycle=cycle,
        starts_at=run.starts_at,
        due_at=due_at,
        half_at=walk.reached(walk.target * promise.half_percent / 100),
        warn_at=walk.reached(walk.target * promise.warn_percent / 100),
        stopped_at=run.ended_at,
        stopped_by=run.ended_by,
        breached_at=breached_at,
        target=walk.target,
        policy_version=policy.version,
        pieces=tuple(walk.pieces),
    )


class _Walk:
    """A walk from the start of a run to its due moment, piece by piece."""

    def __init__(self, clock: Clock, run: Stint, policy: Policy, calendars: Mapping[str, Any]) -> None:
        self.clock = clock
        self.run = run
        self.policy = policy
        self.calendars = calendars
        self.pieces: list[Piece] = []
        self.target = policy.promises[clock].target
        if run.minutes is not None:
            self.target = timedelta(minutes=run.minutes)

    def through(self, events: Sequence[Event]) -> datetime:
        """Go through it; give the due moment. events: of the round, in order."""
        regimes = self._regimes(events)
        starts_at = self.run.starts_at
        if self.clock == Clock.LEGAL:
            starts_at = _next_midnight(starts_at)
            self.pieces.append(Piece(What.NOT_YET, self.run.starts_at, starts_at, regimes[0][1], timedelta(0)))
            return self._legal(starts_at, regimes[0][1], events)
        rests = []
        if self.clock == Clock.ANSWER:
            rests = rests_of(events, self.run.starts_at, self.run.ended_at, free=self.policy.pauses)
        due_at = self._count(starts_at, regimes, rests)
        return self._quiet(due_at) if self.clock == Clock.UPDATE else due_at

    def reached(self, amount: timedelta) -> datetime:
        """Give the moment at which an amount of the target had been counted."""
        before = timedelta(0)
        for piece in self.pieces:
            if piece.counted and before + piece.counted >= amount:
                return self.calendars[piece.calendar].add(piece.starts_at, amount - before)
            before += piece.counted
        return self.pieces[-1].ends_at

    def _regimes(self, events: Sequence[Event]) -> list[tuple[datetime, str]]:
        """Say from when which calendar counts: a change of severity changes what comes, never what has passed."""
        by_severity = self.policy.promises[self.clock].calendars
        found = [(self.run.starts_at, by_severity["B"])]
        for event in events:
            if event.kind in ("received", "reopened", "severity_set") and "severity" in event.data:
                code = by_severity[event.data["severity"]]
                if event.at <= self.run.starts_at or event.kind != "severity_set":
                    found[0] = (self.run.starts_at, code)
                elif code != found[-1][1] and (self.run.ended_at is None or event.at < self.run.ended_at):
                    found.append((event.at, code))
        return found

    def _legal(self, starts_at: datetime, code: str, events: Sequence[Event]) -> datetime:
        """Count whole working days: five, or ten when further departments were called in before those were over."""
        calendar = self.calendars[code]
        self.target = LEGAL_DAYS * DAY
        due_at: datetime = calendar.add(starts_at, self.target)
        counts = [event.data["count"] for event in events if "count" in event.data and event.at <= due_at]
        if counts and counts[-1] > 0:
            self.target = LEGAL_DAYS_OF_SEVERAL * DAY
            due_at = calendar.add(starts_at, self.target)
        self.pieces.append(Piece(What.COUNTED, starts_at, due_at, code, self.target))
        return due_at

    def _count(
        self, starts_at: datetime, regimes: list[tuple[datetime, str]], rests: list[tuple[datetime, datetime | None]]
    ) -> datetime:
        counted, may_rest = timedelta(0), self.policy.paused_at_most
        for begin, end, code, is_rest in _segments(starts_at, regimes, rests):
            calendar = self.calendars[code]
            if is_rest and may_rest:
                work = None if end is None else calendar.work(begin, end)
                cut = end if work is not None and work <= may_rest else calendar.add(begin, may_rest)
                assert cut is not None  # an open rest is cut where nothing of it is left
                self.pieces.append(Piece(What.RESTED, begin, cut, code, timedelta(0)))
                may_rest -= may_rest if work is None else min(work, may_rest)
                if end is not None and cut >= end:
                    continue
                begin = cut
            left = self.target - counted
            work = None if end is None else calendar.work(begin, end)
            if work is None or work >= left:
                due_at: datetime = calendar.add(begin, left)
                self.pieces.append(Piece(What.COUNTED, begin, due_at, code, left))
                return due_at
            assert end is not None  # else it were done
            self.pieces.append(Piece(What.COUNTED, begin, end, code, work))
            counted += work
        raise AssertionError("the last segment has no end")

    def _quiet(self, due_at: datetime) -> datetime:
        """Put off until the morning what would be due at night."""
        local = zones.local(due_at)
        minute, begins, ends = local.hour * 60 + local.minute, self.policy.quiet_from, self.policy.quiet_until
        is_quiet = (begins <= minute or minute < ends) if begins > ends else begins <= minute < ends
        if not is_quiet:
            return due_at
        day = local.date() + (DAY if begins > ends and minute >= begins else timedelta(0))
        morning = datetime.combine(day, time(), tzinfo=zones.zone()) + timedelta(minutes=ends)
        self.pieces.append(Piece(What.QUIET, due_at, morning, self.pieces[-1].calendar, timedelta(0)))
        return morning


def _next_midnight(moment: datetime) -> datetime:
    day = zones.local(moment).date() + DAY
    return datetime.combine(day, time(), tzinfo=zones.zone())


def _segments(
    starts_at: datetime, regimes: list[tuple[datetime, str]], rests: list[tuple[datetime, datetime | None]]
) -> Iterable[tuple[datetime, datetime | None, str, bool]]:
    """Cut the time from a start on wherever the calendar changes or a rest begins or ends; the last one is open."""
    cuts = {starts_at} | {at for at, _ in regimes}
    for begin, end in rests:
        cuts |= {begin} if end is None else {begin, end}
    marks = sorted(cut for cut in cuts if cut >= starts_at)
    for begin, following in zip(marks, [*marks[1:], None], strict=True):
        code = next(code for at, code in reversed(regimes) if at <= begin)
        is_rest = any(rest <= begin and (until is None or begin < until) for rest, until in rests)
        yield begin, following, code, is_rest
