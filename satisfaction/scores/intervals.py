"""How sure a figure is: quantiles, intervals of shares, means and their differences. Pure, without other libraries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
_FEW = 30  # below, a mean has no t interval: its distribution is not near enough to the normal one
_HALVINGS = 60


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval, all in the same unit."""

    value: float
    low: float
    high: float

    def scaled(self, by: float) -> "Interval":
        """Give the same in another unit."""
        return Interval(self.value * by, self.low * by, self.high * by)

    @property
    def half(self) -> float:
        """Give half the width."""
        return (self.high - self.low) / 2


def wilson(k: float, n: int, z: float = Z95) -> Interval:
    """Give a share of n and its Wilson interval, 0 to 1. n must be positive."""
    share = k / n
    square = z * z / n
    centre = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def newcombe(first: tuple[int, int], second: tuple[int, int]) -> Interval:
    """Give the difference of two shares, the first minus the second, with Newcombe's hybrid score interval.

    first, second: (successes, n) of two independent groups.
    """
    one, two = wilson(*first), wilson(*second)
    difference = one.value - two.value
    down = math.hypot(one.value - one.low, two.high - two.value)
    up = math.hypot(one.high - one.value, two.value - two.low)
    return Interval(difference, max(-1.0, difference - down), min(1.0, difference + up))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Give the regularised incomplete beta function I_x(a, b) by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    found = d
    for m in range(1, 400):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + factor * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + factor / c
            c = c if abs(c) > tiny else tiny
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return found


@lru_cache(maxsize=4096)
def t_quantile(degrees: int, p: float = 0.975) -> float:
    """Give the quantile p (0.5 to 1) of Student's distribution."""
    low, high = 0.0, 1e4
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = 1 - incomplete_beta(degrees / 2, 0.5, degrees / (degrees + middle * middle)) / 2
        low, high = (middle, high) if below < p else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def chi_square_tail(statistic: float, degrees: int) -> float:
    """Give the probability of a larger chi-square value: 1 - P(k/2, x/2), by its series or continued fraction."""
    a, x = degrees / 2, statistic / 2
    if x <= 0:
        return 1.0
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-15:
            n += 1
            term *= x / n
            total += term
        return max(0.0, 1 - front * total)
    b, c, d = x + 1 - a, 1e300, 1 / (x + 1 - a)
    found = d
    for i in range(1, 500):
        step = -i * (i - a)
        b += 2
        d, c = 1 / (step * d + b), b + step / c
        found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * found


def mean_of(n: int, total: float, squares: float) -> tuple[float, float]:
    """Give mean and standard deviation (of a sample) from sums; n must be positive."""
    mean = total / n
    variance = max(0.0, squares - n * mean * mean) / (n - 1) if n > 1 else 0.0
    return mean, math.sqrt(variance)


def t_interval(n: int, mean: float, sd: float) -> Interval:
    """Give a mean of scores 0 to 100 with its t interval. n must be positive.

    When all scores are the same, a t interval would have no width, as if that were certain: then as many others as
    Wilson allows may lie at either end of the scale.
    """
    if n == 1 or sd == 0:
        sure = wilson(n, n).low
        return Interval(mean, sure * mean, sure * mean + (1 - sure) * 100)
    half = t_quantile(n - 1) * sd / math.sqrt(n)
    return Interval(mean, max(0.0, mean - half), min(100.0, mean + half))


@lru_cache(maxsize=16_384)
def mean_interval(counts: tuple[int, ...], scores: tuple[float, ...]) -> Interval:
    """Give the mean of scores 0 to 100 and its interval: t, or the bootstrap when there are fewer than 30 answers.

    counts: answers by category; scores: what each category is worth, evenly spaced.
    """
    n = sum(counts)
    total = sum(count * score for count, score in zip(counts, scores, strict=True))
    squares = sum(count * score * score for count, score in zip(counts, scores, strict=True))
    mean, sd = mean_of(n, total, squares)
    if n >= _FEW or sd < 1e-9:
        return t_interval(n, mean, sd if sd >= 1e-9 else 0.0)
    return _bootstrap(counts, scores, n, mean)


def _bootstrap(counts: Sequence[int], scores: Sequence[float], n: int, mean: float) -> Interval:
    """Give the percentiles of all resamples of n answers: their distribution is computed, so that none is drawn."""
    shares = [count / n for count in counts]
    sums = [1.0]  # by the sum of the categories' places
    for _ in range(n):
        after = [0.0] * (len(sums) + len(shares) - 1)
        for place, share in enumerate(shares):
            if share:
                for before, likely in enumerate(sums):
                    after[before + place] += likely * share
        sums = after
    step = scores[1] - scores[0]

    def at(quantile: float) -> float:
        below = 0.0
        for place, likely in enumerate(sums):
            below += likely
            if below >= quantile - 1e-12:
                return scores[0] + step * place / n
        return scores[-1]

    return Interval(mean, at(0.025), at(0.975))


def difference(first: tuple[float, float], second: tuple[float, float]) -> Interval:
    """Give the difference of two means, the first minus the second, from the half widths of their own intervals.

    first, second: (mean, half width): so it holds however the two intervals were found.
    """
    value, half = first[0] - second[0], math.hypot(first[1], second[1])
    return Interval(value, value - half, value + half)
