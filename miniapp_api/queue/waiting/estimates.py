"""How long somebody waits: the estimate, what is shown of it, and how well it held. Pure.

E = (ahead x m + r) / rooms + the time until the clinic begins. m: the mean visit, today's drawn towards the last
weeks'. r: what the running visit still takes on average; elapsed time says little about that. The hospital's own
days say by how much E is stretched so that half, and eight of ten, are called by then.
Source: booking-queue.md 4.2.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt

PRIOR_VISITS = 8  # what is usual weighs as much as so many visits of today
SPREAD = 0.7  # coefficient of variation of a visit, until enough visits are known
SPREAD_NEEDS = 50
SPREAD_BOUNDS = (0.3, 1.5)
P80 = 0.84  # of the normal distribution: the start, until the hospital's own days say better
STEP_MINUTES = 5
TABLE = 60  # people ahead; behind more the wait is told as for so many
LEAST_MINUTES = 0.5  # of an estimate: with nobody ahead and a free room

POSITIONS = (0, 1, 2, 3, 4, 5, 7, 10, 14, 20, 30)  # ahead, folded: the smallest of each class
RATIO_STEP, RATIOS = 0.05, 101  # classes of waited / expected; the last one is everything above
RATIO_NEEDS = 30  # waits, before the own days say more than the start
WEEKS = 4  # that are learned from


@dataclass(frozen=True)
class Stretch:
    """By how much an estimate is stretched, learned from real waits, so that half and eight of ten are called."""

    p50: float
    p80: float


@dataclass(frozen=True)
class Usual:
    """The visits of the last weeks: how many, the sum of their minutes, and of the squares of these."""

    visits: int = 0
    minutes: float = 0.0
    squares: float = 0.0

    @property
    def spread(self) -> float:
        """Give the coefficient of variation."""
        if self.visits < SPREAD_NEEDS or self.minutes <= 0:
            return SPREAD
        mean = self.minutes / self.visits
        found = sqrt(max(0.0, self.squares / self.visits - mean**2)) / mean
        return min(max(found, SPREAD_BOUNDS[0]), SPREAD_BOUNDS[1])


@dataclass(frozen=True)
class Pace:
    """How fast a line moves.

    usual_minutes: what a visit takes. spread: its coefficient of variation. visits, minutes: finished today and their
    sum. rooms: those that call from this line; 0 when all of them are paused. running: rooms with somebody inside.
    starts_in_minutes: until the clinic begins; 0 when it has. stretches: one for each of POSITIONS, None where too
    little is known.
    """

    usual_minutes: float
    visits: int = 0
    minutes: float = 0.0
    rooms: int = 1
    running: int = 1
    starts_in_minutes: float = 0.0
    spread: float = SPREAD
    stretches: tuple[Stretch | None, ...] = (None,) * len(POSITIONS)

    @property
    def visit_minutes(self) -> float:
        """Give the mean visit, drawn towards what is usual while today has shown little."""
        return shrunk(self.usual_minutes, self.visits, self.minutes)

    @property
    def is_paused(self) -> bool:
        """Tell whether no room calls although the clinic has begun; no number is honest then."""
        return self.rooms == 0 and self.starts_in_minutes == 0


@dataclass(frozen=True)
class Wait:
    """A wait in minutes. expected: the bare estimate. about, within: as they are told."""

    expected: float
    about: int
    within: int


def shrunk(usual: float, visits: int, minutes: float) -> float:
    """Give a mean that is drawn towards what is usual while few visits are known."""
    return (PRIOR_VISITS * usual + minutes) / (PRIOR_VISITS + visits)


def position_of(ahead: int) -> int:
    """Give the class of a place in the line, as its number in POSITIONS."""
    return bisect_right(POSITIONS, ahead) - 1


def wait(ahead: int, pace: Pace) -> Wait:
    """Say how long somebody waits with so many ahead: about, and within which eight of ten are called.

    Both are rounded up to 5, never 0: an estimate that was too low is what people remember.
    """
    expected, half, most = quantiles(ahead, pace)
    about = _up(half)
    return Wait(expected, about, max(_up(most), about + STEP_MINUTES))


def quantiles(ahead: int, pace: Pace) -> tuple[float, float, float]:
    """Give the bare estimate, P50 and P80 in minutes, not rounded."""
    rooms = max(1, pace.rooms)
    rest = pace.visit_minutes * (1 + pace.spread**2) / 2 * min(pace.running, rooms)
    expected = max(pace.starts_in_minutes + (ahead * pace.visit_minutes + rest) / rooms, LEAST_MINUTES)
    stretch = pace.stretches[position_of(ahead)]
    if stretch is not None:
        return expected, expected * stretch.p50, expected * stretch.p80
    return expected, expected, expected + P80 * pace.spread * pace.visit_minutes * sqrt(ahead + 1) / rooms


def wait_table(pace: Pace) -> tuple[list[int], list[int], list[float]]:
    """Give the waits with 0, 1, … people ahead, for a statement that counts them itself: about, within, expected."""
    waits = [wait(ahead, pace) for ahead in range(TABLE + 1)]
    # one more ahead is never told as less, also where a class of places begins
    for number in range(1, len(waits)):
        waits[number] = _at_least(waits[number], waits[number - 1])
    return [one.about for one in waits], [one.within for one in waits], [one.expected for one in waits]


def _at_least(later: Wait, before: Wait) -> Wait:
    return Wait(later.expected, max(later.about, before.about), max(later.within, before.within))


def _up(minutes: float) -> int:
    return max(STEP_MINUTES, ceil(minutes / STEP_MINUTES - 1e-9) * STEP_MINUTES)


# ---- what is shown -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """What somebody saw last of a wait, and when."""

    about: int
    within: int
    at: datetime


def shown(fresh: tuple[int, int], last: Shown | None, now: datetime) -> tuple[int, int]:
    """Give what is shown now: about and within. Never shorter by more than one step for each minute since the last."""
    about, within = fresh
    if last is None:
        return about, within
    less = STEP_MINUTES * max(0, int((now - last.at).total_seconds() // 60))
    about = max(about, last.about - less)
    return about, max(within, last.within - less, about + STEP_MINUTES)


def is_worth_keeping(told: tuple[int, int], last: Shown | None, now: datetime) -> bool:
    """Tell whether what is shown must be remembered: it is another, or the last one is over a minute old."""
    return last is None or told != (last.about, last.within) or (now - last.at).total_seconds() >= 60


# ---- how well it held ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A promise and what became of it. about, within: None when the line was paused. waited: None when not called."""

    ahead: int
    expected: float
    about: int | None
    within: int | None
    waited: float | None


@dataclass
class Tally:
    """Promises of one class of places, counted against the real waits."""

    promises: int = 0
    called: int = 0
    within_p50: int = 0
    within_p80: int = 0
    waited: float = 0.0
    error: float = 0.0
    absolute_error: float = 0.0


def tally(promises: Iterable[Kept]) -> dict[int, tuple[Tally, list[int]]]:
    """Count promises by the class of their place: the tally, and how often waited / expected was in each class."""
    found: dict[int, tuple[Tally, list[int]]] = {}
    for promise in promises:
        counts, ratios = found.setdefault(POSITIONS[position_of(promise.ahead)], (Tally(), [0] * RATIOS))
        counts.promises += 1
        if promise.waited is None or promise.about is None or promise.within is None:
            continue
        off = promise.about - promise.waited
        counts.called += 1
        counts.within_p50 += promise.waited <= promise.about
        counts.within_p80 += promise.waited <= promise.within
        counts.waited += promise.waited
        counts.error += off
        counts.absolute_error += abs(off)
        ratios[min(int(promise.waited / promise.expected / RATIO_STEP), RATIOS - 1)] += 1
    return found


def learn(ratios: Sequence[int]) -> Stretch | None:
    """Give the stretch of a class of places from how often waited / expected was what; None when too few are known."""
    if sum(ratios) < RATIO_NEEDS:
        return None
    p50, p80 = _quantile(ratios, 0.5), _quantile(ratios, 0.8)
    return Stretch(p50, p80)


def stretches_of(known: Mapping[int, Stretch], everywhere: Mapping[int, Stretch]) -> tuple[Stretch | None, ...]:
    """Give the stretch of each class: the department's own, or the hospital's, or none."""
    return tuple(known.get(position) or everywhere.get(position) for position in POSITIONS)


def _quantile(ratios: Sequence[int], share: float) -> float:
    """Give where a share of all is below, evenly within a class."""
    wanted, below = share * sum(ratios), 0
    for number, count in enumerate(ratios):
        if below + count >= wanted:
            inside = (wanted - below) / count if count else 1.0
            return max((number + inside) * RATIO_STEP, RATIO_STEP)
        below += count
    return RATIOS * RATIO_STEP


def is_off(coverage: float, called: int, limits: tuple[float, float, int]) -> bool | None:
    """Tell whether a day's P80 left its bounds; None when too few were called to say.

    limits: lowest and highest share, and how many calls a day needs to be judged.
    """
    low, high, needs = limits
    return None if called < needs else not low <= coverage <= high
