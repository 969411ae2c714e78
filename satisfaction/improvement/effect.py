"""Did it help? Exact tests of rates, intervals of scores, power before the start, and the verdict by rule. Pure.

A measure is looked at twice, 30 and 90 days after it was done. The 5 % of wrongly «effective» are shared between the
looks (0.5 % and 4.5 %), so that both together stay below 5 %; an exact test stays below what it is given.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from satisfaction.improvement.tails import (
    NORMAL,
    beta_quantile,
    beta_share,
    binomial_at_least,
    t_below,
    t_quantile,
)

ALPHA: Mapping[int, float] = MappingProxyType({1: 0.005, 2: 0.045})  # of looks; one-sided
LAST_LOOK = 2
LOOK_DAYS: Mapping[int, int] = MappingProxyType({1: 30, 2: 90})  # after the measure was done
POWER_WANTED = 0.8
LEVEL = 0.95  # of the intervals that are shown
BASELINE_DAYS = 90
BASELINE_ANSWERS = 100
FEWEST_ANSWERS = 30  # below, a mean of stars is no bell curve
_FARTHEST = 1000.0  # times the baseline: what is not seen by then is not seen
_CURVE_POINTS = 12


class Verdict(StrEnum):
    """What a look says."""

    EFFECTIVE = "effective"
    NOT_YET = "not_yet"  # only at the first look
    NOT_EFFECTIVE = "not_effective"
    TOO_FEW = "too_few"  # needs more


@dataclass(frozen=True)
class Counted:
    """Complaints of one cause among so many visits."""

    count: int
    exposure: float


@dataclass(frozen=True)
class Measured:
    """Scores of a dimension, 0 to 100."""

    n: int
    mean: float
    sd: float


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits; high is infinite when nothing bounds it."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """What a look found. effect: the ratio of rates after to before, or the difference of means.

    power: the chance that the expected change would have been seen with as much as there is now.
    """

    verdict: Verdict
    p: float
    alpha: float
    effect: Interval
    power: float


@dataclass(frozen=True)
class Power:
    """What can be seen, said before the start. planned: visits or answers expected within 90 days.

    curve: pairs of visits or answers and the chance to see the expected change with them.
    """

    is_enough: bool
    planned: int
    power: float
    needed: int | None
    curve: tuple[tuple[int, float], ...]


# ---- rates ---------------------------------------------------------------------------------------------------------


def poisson_test(before: Counted, after: Counted) -> float:
    """Give the chance of so great a fall of a rate, or a greater one, when nothing has changed.

    Exact: given the sum of both counts, the count before is binomial with the share of the exposure before.
    """
    if not before.exposure or not after.exposure:
        return 1.0
    share = before.exposure / (before.exposure + after.exposure)
    return binomial_at_least(before.count, before.count + after.count, share)


def rate_ratio(before: Counted, after: Counted) -> Interval:
    """Give the rate after divided by the rate before, with its exact 95 % interval (Clopper and Pearson)."""
    if not before.exposure or not after.exposure or not before.count + after.count:
        return Interval(math.nan, 0.0, math.inf)
    scale, tail = before.exposure / after.exposure, (1 - LEVEL) / 2
    x, n = after.count, before.count + after.count
    low = beta_quantile(tail, x, n - x + 1) if x else 0.0
    high = beta_quantile(1 - tail, x + 1, n - x) if x < n else 1.0
    return Interval(*(_odds(share) * scale for share in (x / n, low, high)))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def most_cases(before: Counted, exposure: float, alpha: float) -> int:
    """Give up to how many cases after the measure still show that the rate fell; -1 when not even none would."""
    if poisson_test(before, Counted(0, exposure)) > alpha:
        return -1
    low, high = 0, 1
    while poisson_test(before, Counted(high, exposure)) <= alpha:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if poisson_test(before, Counted(middle, exposure)) <= alpha else (low, middle)
    return low


def rate_power(before: Counted, exposure: float, change: float, alpha: float = ALPHA[LAST_LOOK]) -> float:
    """Give the chance to see that a rate has fallen by a share, with so many visits after the measure.

    change: 0.3 is a fall by 30 %. The rate before is only an estimate, and the chance counts that: the cases to come
    are negative binomial (Jeffreys' prior).
    """
    most = most_cases(before, exposure, alpha)
    if most < 0:
        return 0.0
    return beta_share(before.count + 0.5, most + 1, before.exposure / (before.exposure + (1 - change) * exposure))


def needed_exposure(before: Counted, change: float) -> int | None:
    """Give how many visits after the measure it takes to see a fall with 80 %; None when no number is enough."""
    if not before.exposure or not before.count:
        return None
    return _least(lambda visits: rate_power(before, visits, change), math.ceil(before.exposure * _FARTHEST))


# ---- scores --------------------------------------------------------------------------------------------------------


def score_difference(before: Measured, after: Measured) -> Interval:
    """Give how many points a mean has risen, with its 95 % interval (Welch)."""
    difference, (error, freedom) = after.mean - before.mean, _error(before, after)
    if not math.isfinite(error):
        return Interval(difference, -math.inf, math.inf)
    half = t_quantile((1 + LEVEL) / 2, freedom) * error
    return Interval(difference, difference - half, difference + half)


def score_test(before: Measured, after: Measured) -> float:
    """Give the chance of so great a rise of a mean, or a greater one, when nothing has changed (Welch)."""
    error, freedom = _error(before, after)
    if not math.isfinite(error):
        return 1.0
    if error == 0:
        return 0.0 if after.mean > before.mean else 1.0
    return 1 - t_below((after.mean - before.mean) / error, freedom)


def _error(before: Measured, after: Measured) -> tuple[float, float]:
    """Give the standard error of the difference of two means and its degrees of freedom."""
    if before.n < 2 or after.n < 2:
        return math.inf, 1.0
    one, other = before.sd**2 / before.n, after.sd**2 / after.n
    if one + other == 0:
        return 0.0, 1.0
    freedom = (one + other) ** 2 / (one**2 / (before.n - 1) + other**2 / (after.n - 1))
    return math.sqrt(one + other), freedom


def score_power(before: Measured, answers: float, change: float, alpha: float = ALPHA[LAST_LOOK]) -> float:
    """Give the chance to see that a mean has risen by so many points, with so many answers after the measure."""
    if before.n < FEWEST_ANSWERS or answers < FEWEST_ANSWERS:
        return 0.0
    error, freedom = _error(before, Measured(int(answers), before.mean, before.sd))
    if error == 0:
        return 1.0
    z = NORMAL.inv_cdf(1 - alpha)
    wanted = z + (z**3 + z) / (4 * freedom)  # of t, as near as a power needs it: there are dozens of answers
    return NORMAL.cdf(change / error - wanted)


def needed_answers(before: Measured, change: float) -> int | None:
    """Give how many answers after the measure it takes to see a rise with 80 %; None when no number is enough."""
    if before.n < FEWEST_ANSWERS:
        return None
    return _least(lambda answers: score_power(before, answers, change), math.ceil(before.n * _FARTHEST))


def _least(power: Callable[[float], float], most: int) -> int | None:
    """Give the least number with which the wanted power is reached, within `most`."""
    high = 1
    while power(high) < POWER_WANTED:
        high *= 2
        if high > most:
            return None
    low = high // 2
    while high - low > max(1, high // 1000):
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= POWER_WANTED else (middle, high)
    return high


# ---- before the start ----------------------------------------------------------------------------------------------


def rate_prospect(before: Counted, change: float, *, days: int) -> Power:
    """Say what of a fall of a rate will be seen. days: over which the baseline was counted."""
    planned = round(before.exposure / days * LOOK_DAYS[LAST_LOOK]) if days else 0
    needed = needed_exposure(before, change)
    return Power(
        is_enough=days >= BASELINE_DAYS or before.exposure >= BASELINE_ANSWERS,
        planned=planned,
        power=rate_power(before, planned, change) if planned else 0.0,
        needed=needed,
        curve=_curve(lambda visits: rate_power(before, visits, change), planned, needed),
    )


def score_prospect(before: Measured, change: float, *, days: int) -> Power:
    """Say what of a rise of a score will be seen. days: over which the baseline was answered."""
    planned = round(before.n / days * LOOK_DAYS[LAST_LOOK]) if days else 0
    needed = needed_answers(before, change)
    return Power(
        is_enough=before.n >= FEWEST_ANSWERS and (days >= BASELINE_DAYS or before.n >= BASELINE_ANSWERS),
        planned=planned,
        power=score_power(before, planned, change),
        needed=needed,
        curve=_curve(lambda answers: score_power(before, answers, change), planned, needed),
    )


def _curve(power: Callable[[float], float], planned: int, needed: int | None) -> tuple[tuple[int, float], ...]:
    end = max(2 * planned, int(1.2 * (needed or 0)), _CURVE_POINTS)
    if needed and planned and needed > 8 * planned:
        end = 4 * planned  # too far away to be drawn beside what is planned
    steps = (round(end * at / _CURVE_POINTS) for at in range(1, _CURVE_POINTS + 1))
    return tuple((step, round(power(step), 4)) for step in steps)


# ---- the verdict ---------------------------------------------------------------------------------------------------


def judge_rate(look: int, before: Counted, after: Counted, change: float) -> Judged:
    """Say at a look whether a rate has fallen. change: the share by which it was expected to fall."""
    effect, p = rate_ratio(before, after), poisson_test(before, after)
    power = rate_power(before, after.exposure, change, ALPHA[look]) if after.exposure and before.count else 0.0
    return Judged(
        verdict=_verdict(
            look,
            is_seen=p <= ALPHA[look],
            could_be_seen=bool(after.exposure) and most_cases(before, after.exposure, ALPHA[look]) >= 0,
            is_refuted=power >= POWER_WANTED or effect.low > 1 - change,
        ),
        p=p,
        alpha=ALPHA[look],
        effect=effect,
        power=power,
    )


def judge_score(look: int, before: Measured, after: Measured, change: float) -> Judged:
    """Say at a look whether a score has risen. change: the points by which it was expected to rise."""
    effect, p = score_difference(before, after), score_test(before, after)
    has_enough = before.n >= FEWEST_ANSWERS and after.n >= FEWEST_ANSWERS
    power = score_power(before, after.n, change, ALPHA[look])
    return Judged(
        verdict=_verdict(
            look,
            is_seen=has_enough and p <= ALPHA[look],
            could_be_seen=has_enough,
            is_refuted=has_enough and (power >= POWER_WANTED or effect.high < change),
        ),
        p=p,
        alpha=ALPHA[look],
        effect=effect,
        power=power,
    )


def _verdict(look: int, *, is_seen: bool, could_be_seen: bool, is_refuted: bool) -> Verdict:
    """Decide. is_refuted: had there been the expected change, it would most likely have been seen, and was not."""
    if is_seen:
        return Verdict.EFFECTIVE
    if not could_be_seen:
        return Verdict.TOO_FEW
    if look < LAST_LOOK:
        return Verdict.NOT_YET
    return Verdict.NOT_EFFECTIVE if is_refuted else Verdict.TOO_FEW
