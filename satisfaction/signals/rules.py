"""The chart of one unit and dimension (Bernoulli CUSUM), and how high it must climb for a promised rarity. Pure.

Every response is one step: bad when any of its answers to the dimension lies in the bottom two categories. A bad one
lifts the chart, a good one lowers it a little, never below nothing; where it reaches h, it raises a signal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from satisfaction.scores.intervals import wilson
from server.states import Machine

FLOOR = 0.01  # nobody is held to less than one bad answer in a hundred
CEILING = 0.30
WORSE = 3.0  # the change that is to be found: so many times the usual share
WORST = 0.95
CAUTIOUS_Z = 0.5  # the usual share is known from few answers: it is taken a little above what was seen
# Shares are rounded up to one of these, so that run lengths are reckoned for a few of them only.
STEPS = (
    0.01, 0.0125, 0.015, 0.0175, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.06, 0.07, 0.08, 0.10, 0.12, 0.14, 0.17, 0.20,
    0.25, 0.30,
)  # fmt: skip
LEAST_H, MOST_H = 4.0, 12.0  # below, a handful of answers would do
NEW_P0, NEW_H = 0.10, 6.0  # of a unit and dimension that nothing is known of yet
FINEST, EXACT = 24, 0.006  # of the lattice of run lengths: parts of a good step, error of a bad one
BUDGET = 1.0  # false alarms a week, until the hospital says otherwise
HISTORY_DAYS = 90
TOLD_A_DAY = 5


class SignalState(StrEnum):
    """Where a signal stands."""

    RAISED = "raised"  # nobody has taken it
    ACKNOWLEDGED = "acknowledged"  # somebody looks into it; the chart began anew
    CLOSED = "closed"  # with a note of what it was


SIGNAL = Machine(
    "signal",
    starts=frozenset({SignalState.RAISED}),
    moves={
        SignalState.RAISED: frozenset({SignalState.ACKNOWLEDGED, SignalState.CLOSED}),
        SignalState.ACKNOWLEDGED: frozenset({SignalState.CLOSED}),
    },
)


def share_to_find(p0: float) -> float:
    """Give the share of bad answers that is to be found soon."""
    return min(WORSE * p0, WORST)


def weights(p0: float) -> tuple[float, float]:
    """Give what a bad answer adds and what a good one takes away: log-likelihood ratios."""
    p1 = share_to_find(p0)
    return math.log(p1 / p0), math.log((1 - p0) / (1 - p1))


def step(value: float, *, is_bad: bool, p0: float) -> float:
    """Give the chart after one more answer."""
    up, down = weights(p0)
    return value + up if is_bad else max(0.0, value - down)


def bad_answers(value: float, n: int, p0: float) -> int:
    """Give how many of the n answers since the chart stood at nothing were bad."""
    up, down = weights(p0)
    return round((value + n * down) / (up + down))


def usual_share(bad: int, n: int, elsewhere: float) -> float:
    """Give p0 of a unit from its last 90 days, cautiously, as one of STEPS.

    elsewhere: the share of the dimension in the whole hospital; counts as thirty answers, so that a young unit is held
    to what is usual in the house.
    """
    found = wilson(bad + 30 * elsewhere, n + 30, z=CAUTIOUS_Z).high
    return next((one for one in STEPS if one >= found - 1e-12), CEILING)


@lru_cache(maxsize=20_000)
def run_length(h: float, p0: float, p: float | None = None) -> float:
    """Give how many answers it takes on average from nothing to h when a share p is bad (p0 when not given).

    The chart is put on a lattice on which both steps are whole; the Markov chain on it is solved exactly.
    """
    share = p0 if p is None else p
    up_weight, down_weight = weights(p0)
    down = _lattice(up_weight / down_weight)
    unit = down_weight / down
    up, size = round(up_weight / unit), math.ceil(h / unit - 1e-9)
    # expected answers N(i) = 1 + p N(i + up) + (1 - p) N(i - down): eliminated from the lowest state upwards
    rows: list[dict[int, float]] = []
    right: list[float] = []
    for place in range(size):
        row, constant = {place: 1.0}, 1.0
        if place + up < size:
            row[place + up] = row.get(place + up, 0.0) - share
        below = max(0, place - down)
        row[below] = row.get(below, 0.0) - (1 - share)
        for column in sorted(row):
            while column < place and row.get(column):
                factor = row.pop(column) / rows[column][column]
                for other, value in rows[column].items():
                    if other != column:
                        row[other] = row.get(other, 0.0) - factor * value
                constant -= factor * right[column]
                column = min(row)
        rows.append(row)
        right.append(constant)
    found = [0.0] * size
    for place in range(size - 1, -1, -1):
        rest = sum(value * found[other] for other, value in rows[place].items() if other > place)
        found[place] = (right[place] - rest) / rows[place][place]
    return found[0]


def _lattice(ratio: float) -> int:
    """Give into how many parts a good step is parted, so that a bad one is nearly whole."""

    def error(parts: int) -> float:
        return abs(round(ratio * parts) / (ratio * parts) - 1)

    return min(range(1, FINEST + 1), key=lambda parts: (max(error(parts), EXACT), parts))


@dataclass(frozen=True)
class Stream:
    """A unit and dimension: its usual share of bad answers, and its answers a week."""

    p0: float
    a_week: float


def false_alarms(streams: Sequence[Stream], h: float) -> float:
    """Give how many false alarms a week the streams raise together when nothing has changed anywhere."""
    return sum(stream.a_week / run_length(h, stream.p0) for stream in streams)


def threshold(streams: Sequence[Stream], budget: float) -> float:
    """Give the lowest h, in tenths, with which all streams together stay within a budget of false alarms a week."""
    low, high = round(LEAST_H * 10), round(MOST_H * 10)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if false_alarms(streams, middle / 10) <= budget else (middle + 1, high)
    return low / 10
