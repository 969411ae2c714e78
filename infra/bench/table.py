"""The table that a bench prints: what was measured, how far from the limit, and whether the target is met."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.bench.arithmetic import Spread, Turn, percentile, ratios, spread


@dataclass(frozen=True)
class Contest:
    """The product against the least code that does the same, in interleaved turns."""

    name: str
    limit_name: str
    turns: Sequence[Turn]
    limits: Sequence[Turn]

    @property
    def ratio(self) -> Spread:
        """Give product over limit, round by round."""
        return ratios(self.turns, self.limits)

    @property
    def rate(self) -> Spread:
        """Give the product's successes per second."""
        return spread([turn.rate for turn in self.turns])


@dataclass(frozen=True)
class Target:
    """What was asked for, and what was measured. more_is_better: False for times and counts."""

    name: str
    measured: float
    asked: float
    more_is_better: bool = True

    @property
    def is_met(self) -> bool:
        """Tell whether it is reached."""
        return self.measured >= self.asked if self.more_is_better else self.measured <= self.asked


HEAD = (
    "| what | /s median | min-max | p50 ms | p99 ms | limit | limit /s | ratio median | min-max |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def row(contest: Contest) -> str:
    """Give a contest as a line of a Markdown table."""
    rate, limit, ratio = contest.rate, spread([turn.rate for turn in contest.limits]), contest.ratio
    p50, p99 = percentile(contest.turns, 0.50), percentile(contest.turns, 0.99)
    return (
        f"| {contest.name} | {rate.median:,.0f} | {rate.low:,.0f}-{rate.high:,.0f} | {_ms(p50)} | {_ms(p99)}"
        f" | {contest.limit_name} | {limit.median:,.0f} | {ratio.median:.2f} | {ratio.low:.2f}-{ratio.high:.2f} |"
    )


def _ms(value: float) -> str:
    return f"{value:.1f}" if value else "-"


def alone(name: str, turns: Sequence[Turn]) -> str:
    """Give something that was measured for scale, with no limit, as a line of the same table."""
    rate = spread([turn.rate for turn in turns])
    p50, p99 = percentile(turns, 0.50), percentile(turns, 0.99)
    return (
        f"| {name} | {rate.median:,.0f} | {rate.low:,.0f}-{rate.high:,.0f} | {_ms(p50)} | {_ms(p99)} | - | - | - | - |"
    )


def verdict(target: Target) -> str:
    """Give a target as a line: met or missed."""
    sign = "≥" if target.more_is_better else "≤"
    word = "met   " if target.is_met else "MISSED"
    return f"{word}  {target.name}: {target.measured:.2f} (asked {sign} {target.asked:g})"
