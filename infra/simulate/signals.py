"""`python -m infra.simulate.signals`: years in which nothing changes, and how often the charts raise all the same."""

import argparse
import math
import random
from dataclasses import dataclass

from satisfaction.signals import rules
from satisfaction.signals.rules import Stream

UNITS, DIMENSIONS, WEEKS = 60, 7, 52
USUAL, SPREAD = -3.4, 0.5  # of the logarithm of the share of bad answers: mostly 2 to 6 %
FEWEST, MOST = 5.0, 50.0  # answers a week of a unit and dimension


@dataclass(frozen=True)
class Year:
    """False alarms a week: as promised by what the charts know, and as they came. h: how high charts had to climb."""

    promised: float
    came: float
    h: float


def a_year(seed: int, budget: float = rules.BUDGET) -> Year:
    """Draw a year of a hospital; its charts know of every usual share only what the 90 days before have shown."""
    draw = random.Random(seed)
    shares = [min(0.25, max(0.005, draw.lognormvariate(USUAL, SPREAD))) for _ in range(UNITS * DIMENSIONS)]
    a_week = [draw.uniform(FEWEST, MOST) for _ in shares]
    seen = []
    for share, rate in zip(shares, a_week, strict=True):
        n = int(rate * rules.HISTORY_DAYS / 7)
        seen.append((sum(draw.random() < share for _ in range(n)), n))
    elsewhere = sum(bad for bad, _ in seen) / sum(n for _, n in seen)
    streams = [Stream(rules.usual_share(*one, elsewhere), rate) for one, rate in zip(seen, a_week, strict=True)]
    h = rules.threshold(streams, budget)
    alarms = sum(_alarms(stream, share, h, draw) for stream, share in zip(streams, shares, strict=True))
    return Year(rules.false_alarms(streams, h), alarms / WEEKS, h)


def _alarms(stream: Stream, share: float, h: float, draw: random.Random) -> int:
    (up, down), value, alarms = rules.weights(stream.p0), 0.0, 0
    for _ in range(int(stream.a_week * WEEKS)):
        value = value + up if draw.random() < share else max(0.0, value - down)
        if value >= h:
            alarms, value = alarms + 1, 0.0
    return alarms


def main() -> None:
    """Draw the years and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=100)
    years = [a_year(seed) for seed in range(parser.parse_args().years)]
    came = sum(year.came for year in years) / len(years)
    half = 1.96 * math.sqrt(came / (WEEKS * len(years)))
    promised = sum(year.promised for year in years) / len(years)
    heights = sorted(year.h for year in years)
    print(
        f"{len(years)} years of {UNITS} units with {DIMENSIONS} dimensions: promised at most"
        f" {promised:.2f} false alarms a week, {came:.2f} came ({came - half:.2f} to {came + half:.2f});"
        f" most in a year {max(year.came for year in years):.2f}; h {heights[0]} to {heights[-1]}"
    )


if __name__ == "__main__":
    main()
