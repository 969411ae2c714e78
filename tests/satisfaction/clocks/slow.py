"""A slow calculator of dues that shares no code with the product: every minute of 2026 in a bitmap, event by event.

It knows the notice of the State Council for 2026 by heart and imports nothing of the product. Times are minutes since
2026-01-01 00:00 in the hospital's zone.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

DAY = 1440
FIRST = date(2026, 1, 1)
DAYS = 365
_HOLIDAYS = (
    *((1, day) for day in (1, 2, 3)),  # 元旦
    *((2, day) for day in range(15, 24)),  # 春节
    *((4, day) for day in (4, 5, 6)),  # 清明
    *((5, day) for day in range(1, 6)),  # 劳动节
    *((6, day) for day in (19, 20, 21)),  # 端午
    *((9, day) for day in (25, 26, 27)),  # 中秋
    *((10, day) for day in range(1, 8)),  # 国庆
)
_MADE_UP = ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))
HOLIDAYS = frozenset(date(2026, month, day) for month, day in _HOLIDAYS)
MADE_UP = frozenset(date(2026, month, day) for month, day in _MADE_UP)
MORNING, AFTERNOON = range(8 * 60, 12 * 60), range(13 * 60 + 30, 17 * 60 + 30)


def works(day: date) -> bool:
    """Tell whether people work on a day of 2026."""
    return day in MADE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


def _bitmap(kind: str) -> list[int]:
    bits = [0] * (DAYS * DAY)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        if kind == "around_the_clock":
            minutes = [range(DAY)]
        elif not works(day):
            minutes = []
        else:
            minutes = [range(DAY)] if kind == "workdays" else [MORNING, AFTERNOON]
        for stretch in minutes:
            for minute in stretch:
                bits[number * DAY + minute] = 1
    return bits


SUMS = {
    kind: [0, *accumulate(_bitmap(kind))] for kind in ("around_the_clock", "office", "workdays")
}  # worked minutes before each minute of the year


def work(kind: str, start: int, end: int) -> int:
    """Count the worked minutes between two."""
    return SUMS[kind][end] - SUMS[kind][start] if end > start else 0


def land(kind: str, start: int, amount: int) -> int:
    """Give the first minute by which an amount has been worked since another."""
    return bisect_left(SUMS[kind], SUMS[kind][start] + amount, lo=start) if amount > 0 else start


@dataclass(frozen=True)
class Said:
    """What a promise says, in minutes."""

    target: int
    calendars: dict[str, str]
    half: int
    warn: int


@dataclass(frozen=True)
class Rules:
    """One version of the promises."""

    since: int
    promises: dict[str, Said]
    pauses: int
    paused_at_most: int
    quiet: tuple[int, int]


@dataclass(frozen=True)
class Happened:
    """An event; number: its place among those of the same minute."""

    number: int
    at: int
    kind: str
    cycle: int
    severity: str = ""
    count: int = -1
    minutes: int = -1
    asked_at: int = -1
    since: int = -1


@dataclass
class Result:
    """What is said of a clock."""

    start: int = -1
    due: int = -1
    half: int = -1
    warn: int = -1
    stop: int | None = None
    breached: int | None = None
    missed: list[int] = field(default_factory=list)


class Meter:
    """Counts minutes of one run towards its target, told of each change as it happens."""

    def __init__(self, start: int, target: int, marks: tuple[int, int], may_rest: int) -> None:
        self.now = start
        self.target = target
        self.counted = 0
        self.may_rest = may_rest
        self.kind = ""
        self.resting = False
        self.found: dict[int, int] = {}
        self.marks = (*marks, target)

    def go(self, until: int | None) -> None:
        """Let time pass; without an end until it is due."""
        if self.resting and self.may_rest:
            rested = None if until is None else work(self.kind, self.now, until)
            if rested is not None and rested <= self.may_rest:
                self.may_rest -= rested
                self.now = until
                return
            self.now = land(self.kind, self.now, self.may_rest)
            self.may_rest = 0
        gained = None if until is None else work(self.kind, self.now, until)
        for mark in self.marks:
            if mark not in self.found and (gained is None or self.counted + gained >= mark):
                self.found[mark] = land(self.kind, self.now, mark - self.counted)
        if until is not None:
            self.counted += gained
            self.now = max(until, self.now)


ENDS = ("confirmed", "closed", "withdrawn", "merged")
STARTS = ("received", "reopened")


def judge(clock: str, events: list[Happened], versions: list[Rules], cycle: int, now: int) -> Result | None:
    """Say when a clock of a round is due, or None when it never began."""
    story = sorted(events, key=lambda event: (event.at, event.number))
    result = Result()
    if clock == "acknowledgement":
        _restarting(result, story, versions, cycle, now, begins=(*STARTS, "unacknowledged"), stop="acknowledged")
    elif clock == "update":
        _restarting(result, story, versions, cycle, now, begins=("outbound",), stop="answered")
    else:
        _once(clock, result, story, versions, cycle, now)
    if result.start < 0:
        return None
    result.breached = min(result.missed, default=None)
    return result


def _is_end(event: Happened, cycle: int) -> bool:
    return (event.cycle == cycle and event.kind in ENDS) or (event.cycle == cycle + 1 and event.kind == "reopened")


def _version(versions: list[Rules], at: int) -> Rules:
    return [rules for rules in versions if rules.since <= at][-1]


def _restarting(result, story, versions, cycle, now, *, begins, stop) -> None:
    """Acknowledgement and update: each beginning replaces the one before; all count around the clock."""
    running, minutes, over = None, -1, False
    clock = "acknowledgement" if stop == "acknowledged" else "update"

    def close(at: int | None) -> None:
        rules = _version(versions, now if at is None else at)
        said = rules.promises[clock]
        target = said.target if minutes < 0 else minutes
        result.start, result.stop = running, None
        result.half, result.warn = (running + target * percent // 100 for percent in (said.half, said.warn))
        result.due = running + target
        if clock == "update":
            result.due = _in_the_morning(result.due, rules.quiet)
        if (now if at is None else at) > result.due:
            result.missed.append(result.due)

    for event in story:
        ended = _is_end(event, cycle)
        if ended or (event.cycle == cycle and event.kind == stop):
            if running is not None:
                close(event.at)
                result.stop = event.at
                running = None
            if ended or clock == "update":
                over = True
        elif event.cycle == cycle and event.kind in begins and not over:
            if running is not None:
                close(event.at)
            running, minutes = event.at, event.minutes
        elif event.cycle == cycle and event.kind == "absorbed" and running is not None and clock == "acknowledgement":
            running = min(running, event.since) if minutes < 0 else running
    if running is not None:
        close(None)


def _in_the_morning(due: int, quiet: tuple[int, int]) -> int:
    begins, ends = quiet
    minute = due % DAY
    if minute >= begins:
        return due - minute + DAY + ends
    return due - minute + ends if minute < ends else due


def _once(clock, result, story, versions, cycle, now) -> None:
    """The clocks that begin once a round."""
    begins = ("answer_reached",) if clock == "confirmation" else STARTS
    stop_kind = {"first_response": "responded", "answer": "answered", "legal": "answered", "confirmation": ""}[clock]
    start = stop = None
    severity = "B"
    over = False
    for event in story:
        if event.cycle == cycle and event.severity and event.kind in STARTS:
            severity = event.severity
        if _is_end(event, cycle) or (event.cycle == cycle and event.kind == stop_kind):
            if start is not None:
                stop = event.at
                break
            over = over or _is_end(event, cycle)
        elif event.cycle == cycle and event.kind in begins and start is None and not over:
            start = event.at
        elif event.cycle == cycle and event.kind == "absorbed" and start is not None and clock != "confirmation":
            start = min(start, event.since)
    if start is None:
        return
    rules = _version(versions, now if stop is None else stop)
    said = rules.promises[clock]
    mine = [event for event in story if event.cycle == cycle]
    if clock == "legal":
        midnight = start - start % DAY + DAY
        days = 5
        due = land("workdays", midnight, days * DAY)
        told = [event.count for event in mine if event.count >= 0 and event.at <= due]
        if told and told[-1] > 0:
            days = 10
            due = land("workdays", midnight, days * DAY)
        marks = [land("workdays", midnight, days * DAY * percent // 100) for percent in (said.half, said.warn)]
        result.start, result.stop, result.due, (result.half, result.warn) = start, stop, due, marks
    else:
        marks = (said.target * said.half // 100, said.target * said.warn // 100)
        may_rest = rules.paused_at_most if clock == "answer" else 0
        meter = Meter(start, said.target, marks, may_rest)
        meter.kind = said.calendars[severity]
        _live(meter, mine, said, rules, (start, stop), rests=clock == "answer")
        result.start, result.stop, result.due = start, stop, meter.found[said.target]
        result.half, result.warn = (meter.found[mark] for mark in marks)
    if (now if stop is None else stop) > result.due:
        result.missed.append(result.due)


def _live(meter: Meter, events, said: Said, rules: Rules, span: tuple[int, int | None], *, rests: bool) -> None:
    """Tell the meter what happens, minute by minute, until it is stopped; then let it run on to its due."""
    start, stop = span
    heard, used, leaves = -1, 0, 0
    waiting_since = resting_since = None
    paid_by = ""  # how the present rest was paid for
    for event in events:
        moment = max(event.at, start)
        if event.kind == "severity_set" and (event.at <= start or stop is None or event.at < stop):
            if event.at > start:
                meter.go(moment)
            meter.kind = said.calendars[event.severity]
        if not rests:
            continue
        if event.kind == "pause_allowed":
            leaves += 1
            if waiting_since is not None and resting_since is None and (stop is None or event.at < stop):
                leaves -= 1
                meter.go(moment)
                meter.resting, resting_since, paid_by = True, event.at, "leave"
        if stop is not None and event.at >= stop:
            continue
        if event.kind == "inbound":
            heard = event.at
            if resting_since is not None:
                meter.go(moment)
                meter.resting = False
                if resting_since == event.at:  # not a minute of it
                    used -= paid_by == "free"
                    leaves += paid_by == "leave"
            waiting_since = resting_since = None
        elif event.kind == "question_reached" and waiting_since is None and event.at >= start:
            asked_at = event.asked_at if event.asked_at >= 0 else event.at
            if heard >= asked_at:
                continue
            waiting_since = event.at
            if used < rules.pauses:
                used += 1
                paid_by = "free"
            elif leaves:
                leaves -= 1
                paid_by = "leave"
            else:
                continue
            meter.go(moment)
            meter.resting, resting_since = True, event.at
    if stop is not None and resting_since is not None:
        meter.go(stop)
        meter.resting = False
    meter.go(None)
