"""The figures of a bench: rates of turns, medians of rounds, ratios inside one round. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Turn:
    """One turn of one contestant.

    done: how often it succeeded. seconds: how long the turn took. milliseconds: of each success, in any order.
    trouble: the first answers that were no success.
    """

    done: int
    seconds: float
    milliseconds: tuple[float, ...] = ()
    trouble: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Give successes per second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Spread:
    """A figure over several rounds."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Give median, least and greatest of some values; zeros for none."""
    if not values:
        return Spread(0.0, 0.0, 0.0)
    return Spread(median(values), min(values), max(values))


def ratios(turns: Sequence[Turn], limits: Sequence[Turn]) -> Spread:
    """Compare two contestants round by round: only what ran side by side is compared.

    A round in which the limit did nothing is left out.
    """
    return spread([turn.rate / limit.rate for turn, limit in zip(turns, limits, strict=True) if limit.rate > 0])


def percentile(turns: Sequence[Turn], share: float) -> float:
    """Give the milliseconds under which a share of all successes of all turns lies (nearest rank); 0 for none."""
    values = sorted(value for turn in turns for value in turn.milliseconds)
    if not values:
        return 0.0
    return values[min(len(values) - 1, max(0, -int(-share * len(values) // 1) - 1))]


def rate_of_moments(moments: Sequence[float], batch: float = 0.2) -> float:
    """Give the rate of happenings from their moments in seconds, without the slow beginning and end.

    batch: the share that is left out at each side.
    """
    ordered = sorted(moments)
    first, last = int(len(ordered) * batch), int(len(ordered) * (1 - batch)) - 1
    if last <= first or ordered[last] <= ordered[first]:
        return 0.0
    return (last - first) / (ordered[last] - ordered[first])
