"""The figures of the bench, and the table that shows them."""

import pytest

from infra.bench.arithmetic import Spread, Turn, percentile, rate_of_moments, ratios, spread
from infra.bench.table import Contest, Target, row, verdict


def turns(*rates: float) -> list[Turn]:
    return [Turn(done=int(rate * 2), seconds=2.0) for rate in rates]


def test_a_rate_is_successes_per_second():
    assert Turn(done=300, seconds=2.0).rate == 150
    assert Turn(done=0, seconds=0.0).rate == 0


def test_a_ratio_is_taken_inside_each_round():
    # the machine was twice as slow in the second round, for both
    assert ratios(turns(100, 50, 80), turns(200, 100, 100)) == Spread(0.5, 0.5, 0.8)


def test_a_round_without_a_limit_is_left_out():
    assert ratios(turns(100, 50), turns(0, 100)) == Spread(0.5, 0.5, 0.5)
    assert ratios([], []) == Spread(0.0, 0.0, 0.0)


def test_a_spread_is_median_least_and_greatest():
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


def test_a_percentile_is_over_all_rounds():
    rounds = [
        Turn(done=2, seconds=1.0, milliseconds=(1.0, 3.0)),
        Turn(done=2, seconds=1.0, milliseconds=(2.0, 100.0)),
    ]
    assert percentile(rounds, 0.5) == 2.0
    assert percentile(rounds, 0.99) == 100.0
    assert percentile([], 0.5) == 0.0


def test_the_rate_of_moments_leaves_out_the_slow_start_and_end():
    steady = [float(number) / 10 for number in range(100)]  # ten a second
    assert rate_of_moments([-30.0, *steady, 60.0]) == pytest.approx(10.0)
    assert rate_of_moments([]) == 0.0
    assert rate_of_moments([5.0] * 50) == 0.0


def test_the_table_tells_rate_limit_and_ratio():
    line = row(Contest("scan over HTTP", "one statement", turns(100, 120, 110), turns(200, 200, 200)))
    assert line == "| scan over HTTP | 110 | 100-120 | - | - | one statement | 200 | 0.55 | 0.50-0.60 |"


@pytest.mark.parametrize(
    ("target", "is_met"),
    [
        (Target("ratio", 0.5, 0.5), True),
        (Target("ratio", 0.49, 0.5), False),
        (Target("p99", 60.0, 60, more_is_better=False), True),
        (Target("p99", 61.0, 60, more_is_better=False), False),
    ],
)
def test_a_target_is_met_or_missed(target, is_met):
    assert target.is_met is is_met
    assert verdict(target).startswith("met" if is_met else "MISSED")
