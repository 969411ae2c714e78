"""How often a measure that changed nothing is called effective, and whether the stated power is reached.

    python -m infra.simulate.improvements [how many] [seed]

Plays whole lives of improvements: complaints or scores come, what looks bad raises an improvement, people take their
time, the effect is looked at after 30 and 90 days, by the rules of the product.
"""

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from satisfaction.improvement import effect, rules
from satisfaction.improvement.effect import Counted, Judged, Measured, Verdict
from satisfaction.improvement.tails import beta_quantile

YEAR, EVIDENCE, HORIZON = 365, rules.EVIDENCE_DAYS, 1100
ALLOWED = 0.05
FULL = 20_000
LEVEL = 0.95
_STARS = (0.0, 25.0, 50.0, 75.0, 100.0)


@dataclass(frozen=True)
class Share:
    """How many of how many, with the exact 95 % interval."""

    k: int
    n: int

    @property
    def share(self) -> float:
        """Give the share; 0 of none."""
        return self.k / self.n if self.n else 0.0

    @property
    def low(self) -> float:
        """Give the lower limit."""
        return beta_quantile((1 - LEVEL) / 2, self.k, self.n - self.k + 1) if self.k else 0.0

    @property
    def high(self) -> float:
        """Give the upper limit."""
        return beta_quantile((1 + LEVEL) / 2, self.k + 1, self.n - self.k) if self.k < self.n else 1.0

    def __str__(self) -> str:
        return f"{self.k} of {self.n} = {self.share:.2%} (95 %: {self.low:.2%} to {self.high:.2%})"


@dataclass(frozen=True)
class Report:
    """What a simulation found. naive: with the days that raised it as «before», as is usually done.

    stated: the mean of the power that was said before the start; reached: the share that was verified.
    """

    false_rates: Share
    false_scores: Share
    naive: Share
    stated: float
    reached: Share
    stated_scores: float
    reached_scores: Share


# ---- complaints ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Life:
    """One improvement: the moments of complaints in days, how many visits a day, when what happened."""

    events: list[float]
    visits: float
    raised: float
    start: float
    done: float

    def count(self, first: float, last: float) -> Counted:
        """Count the days from the first to before the last."""
        days = max(0.0, last - first)
        return Counted(sum(first <= at < last for at in self.events), days * self.visits)

    def before(self) -> Counted:
        """Count the baseline as the product does: without the days of evidence."""
        earlier = self.count(self.start - YEAR, self.raised - EVIDENCE)
        later = self.count(self.raised, self.start)
        return Counted(earlier.count + later.count, earlier.exposure + later.exposure)


def _come(draw: random.Random, rate: float, first: float, last: float) -> Iterator[float]:
    at = first + draw.expovariate(rate)
    while at < last:
        yield at
        at += draw.expovariate(rate)


def _a_life(draw: random.Random, *, change: float = 0.0, is_raised_by_cases: bool = True) -> _Life | None:
    """Play one; None where nothing was raised. Complaints have come for a year when the machine begins to look."""
    visits = 20 * 15 ** draw.random()
    rate = visits * 1e-4 * 50 ** draw.random()
    events = list(_come(draw, rate, 0, HORIZON))
    if is_raised_by_cases:
        seen = [at for at in events if at >= YEAR - EVIDENCE]
        raised = next((b for a, b in zip(seen, seen[2:], strict=False) if b >= YEAR and b - a < EVIDENCE), None)
    else:
        raised = YEAR + draw.random() * 100
    if raised is None or raised > YEAR + 365:
        return None
    start = raised + draw.uniform(1, 45)
    done = start + draw.uniform(7, 60)
    kept = [at for at in events if at < done or draw.random() >= change]
    return _Life(kept, visits, raised, start, done)


def _verdict(look: Callable[[int], Judged]) -> Verdict:
    first = look(1).verdict
    return first if first == Verdict.EFFECTIVE else look(2).verdict


def _judge(life: _Life, before: Counted, change: float) -> Verdict:
    return _verdict(
        lambda look: effect.judge_rate(look, before, life.count(life.done, life.done + effect.LOOK_DAYS[look]), change)
    )


# ---- scores --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Weeks:
    """A dimension's answers by week, the week in which it was seen to sink, and the week in which it was done."""

    weeks: list[list[float]]
    raised: int
    start: int
    done: int

    def measured(self, *spans: tuple[int, int]) -> Measured:
        """Put weeks together."""
        found = [score for first, last in spans for week in self.weeks[max(0, first) : max(0, last)] for score in week]
        n = len(found)
        mean = sum(found) / n if n else 0.0
        return Measured(n, mean, (sum((one - mean) ** 2 for one in found) / (n - 1)) ** 0.5 if n > 1 else 0.0)


_WEEKS_OF_EVIDENCE, _WEEKS = 13, 110


def _a_score(draw: random.Random, *, change: float = 0.0, is_raised_by_scores: bool = True) -> _Weeks | None:
    """Play one: answers of few and of many, mostly good ones; raised where 13 weeks are worse than all before."""
    a_week = 2 * 12 ** draw.random()
    good = draw.uniform(1.5, 6)
    weights = [1 / good**place for place in range(len(_STARS))][::-1]
    weeks = [draw.choices(_STARS, weights, k=_poisson(draw, a_week)) for _ in range(_WEEKS)]
    plain = _Weeks(weeks, 0, 0, 0)
    raised = None if is_raised_by_scores else 52
    for week in range(52, 70 if raised is None else 52):
        recent, before = plain.measured((week - _WEEKS_OF_EVIDENCE, week)), plain.measured((0, week))
        if recent.n >= 10 and recent.mean < before.mean - before.sd / recent.n**0.5:
            raised = week
            break
    if raised is None:
        return None
    start = raised + draw.randint(1, 6)
    done = start + draw.randint(1, 8)
    if change:
        for week in range(done, _WEEKS):
            weeks[week] = [score + change for score in weeks[week]]
    return _Weeks(weeks, raised, start, done)


def _poisson(draw: random.Random, mean: float) -> int:
    left, k = mean, 0
    while (left := left - draw.expovariate(1)) > 0:
        k += 1
    return k


def _before(one: _Weeks) -> Measured:
    return one.measured((one.start - 52, one.raised - _WEEKS_OF_EVIDENCE), (one.raised, one.start))


def _judge_score(one: _Weeks, before: Measured, change: float) -> Verdict:
    weeks = {1: 4, 2: 13}
    return _verdict(
        lambda look: effect.judge_score(look, before, one.measured((one.done, one.done + weeks[look])), change)
    )


# ---- all of it -----------------------------------------------------------------------------------------------------


def _some(make: Callable[[], _Life | None], many: int) -> Iterator[_Life]:
    found = 0
    while found < many:
        if (one := make()) is not None:
            found += 1
            yield one


def _some_scores(make: Callable[[], _Weeks | None], many: int) -> Iterator[_Weeks]:
    found = 0
    while found < many:
        if (one := make()) is not None:
            found += 1
            yield one


def simulate(many: int, seed: int) -> Report:
    """Play so many improvements of each kind."""
    draw = random.Random(seed)
    wrong = wrong_scores = naive = 0
    for life in _some(lambda: _a_life(draw), many):
        wrong += _judge(life, life.before(), 0.5) == Verdict.EFFECTIVE
    for one in _some_scores(lambda: _a_score(draw), many):
        wrong_scores += _judge_score(one, _before(one), 5) == Verdict.EFFECTIVE
        worst = one.measured((one.raised - _WEEKS_OF_EVIDENCE, one.raised))
        naive += _judge_score(one, worst, 5) == Verdict.EFFECTIVE
    stated, reached = _power_of_rates(draw, many)
    stated_scores, reached_scores = _power_of_scores(draw, many)
    return Report(
        Share(wrong, many),
        Share(wrong_scores, many),
        Share(naive, many),
        stated / many,
        Share(reached, many),
        stated_scores / many,
        Share(reached_scores, many),
    )


def _power_of_rates(draw: random.Random, many: int) -> tuple[float, int]:
    stated, reached, change = 0.0, 0, 0.6
    for life in _some(lambda: _a_life(draw, change=change, is_raised_by_cases=False), many):
        before = life.before()
        stated += effect.rate_power(before, effect.LOOK_DAYS[2] * life.visits, change)
        reached += _judge(life, before, change) == Verdict.EFFECTIVE
    return stated, reached


def _power_of_scores(draw: random.Random, many: int) -> tuple[float, int]:
    stated, reached, change = 0.0, 0, 8.0
    for one in _some_scores(lambda: _a_score(draw, change=change, is_raised_by_scores=False), many):
        before, after = _before(one), one.measured((one.done, one.done + 13))
        stated += effect.score_power(before, after.n, change)
        reached += _judge_score(one, before, change) == Verdict.EFFECTIVE
    return stated, reached


def main(arguments: list[str]) -> int:
    """Print what was found; 1 when more than 5 % may be wrongly called effective."""
    many, seed = (int(word) for word in (*arguments, *[str(FULL), "7"][len(arguments) :]))
    found = simulate(many, seed)
    print(f"without any change, called effective: rates {found.false_rates}; scores {found.false_scores}")
    print(f"the same scores with the days that raised it as «before»: {found.naive}")
    print(f"power of rates: stated {found.stated:.1%} on average, reached {found.reached}")
    print(f"power of scores: stated {found.stated_scores:.1%} on average, reached {found.reached_scores}")
    return int(max(found.false_rates.high, found.false_scores.high) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
