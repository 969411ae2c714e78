"""Golden numbers of scores: intervals, measures of every scale, small numbers, funnels, periods."""

import math
import random
from datetime import date

import pytest

from satisfaction.scores import intervals, rules
from satisfaction.scores.rules import Band, Cell, Figures, Period, Unit, Verdict


def counted(**by_value: int) -> Figures:
    """Figures of an item from answers by value: v5=3."""
    counts = [0] * 11
    for name, n in by_value.items():
        counts[int(name[1:])] = n
    return Figures(offered=sum(counts) + 2, answered=sum(counts), not_applicable=1, counts=tuple(counts))


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (4, 5, 37.6, 96.4),
        (5, 5, 56.6, 100.0),
        (9, 10, 59.6, 98.2),
        (27, 30, 74.4, 96.5),
        (47, 50, 83.8, 97.9),
        (95, 100, 88.8, 97.8),
        (380, 400, 92.4, 96.7),
    ],
)
def test_wilson_gives_the_golden_numbers(k, n, low, high):
    found = intervals.wilson(k, n).scaled(100)
    assert (round(found.low, 1), round(found.high, 1)) == (low, high)
    assert found.value == 100 * k / n


def test_newcombe_gives_the_published_example():
    """Newcombe 1998, method 10: 56/70 minus 48/80 is 0.2000, 0.0524 to 0.3339."""
    found = intervals.newcombe((56, 70), (48, 80))
    assert [round(one, 4) for one in (found.value, found.low, found.high)] == [0.2, 0.0524, 0.3339]


@pytest.mark.parametrize(("p", "ten", "five"), [(0.9, 35, 139), (0.5, 97, 385)])
def test_sample_sizes_are_those_of_the_rules(p, ten, five):
    """As many answers as ten or five points of precision need, by the normal approximation."""
    for points, n in ((0.10, ten), (0.05, five)):
        assert math.ceil(p * (1 - p) * (intervals.Z95 / points) ** 2) == n


@pytest.mark.parametrize(("degrees", "t"), [(1, 12.7062), (4, 2.7764), (10, 2.2281), (29, 2.0452), (120, 1.9799)])
def test_quantiles_of_student_are_those_of_the_tables(degrees, t):
    assert round(intervals.t_quantile(degrees), 4) == t


@pytest.mark.parametrize(("x", "degrees", "tail"), [(3.8415, 1, 0.05), (18.307, 10, 0.05), (79.082, 60, 0.05)])
def test_tails_of_chi_square_are_those_of_the_tables(x, degrees, tail):
    assert round(intervals.chi_square_tail(x, degrees), 4) == pytest.approx(tail, abs=2e-4)


def test_measures_of_stars_by_hand():
    figures = counted(v1=1, v2=1, v3=2, v4=6, v5=30)
    said = rules.measures(figures, "L5")
    assert said.n == 40
    assert (said.offered, said.not_applicable) == (42, 1)
    assert said.csat is not None
    assert said.csat.value == 90
    assert said.top_box.value == 75
    assert said.negative.value == 5
    assert said.mean.value == pytest.approx((0 + 25 + 2 * 50 + 6 * 75 + 30 * 100) / 40)
    half = intervals.t_quantile(39) * math.sqrt(_variance([0, 25, 50, 50, *[75] * 6, *[100] * 30]) / 40)
    assert (said.mean.low, said.mean.high) == pytest.approx((said.mean.value - half, said.mean.value + half))


def _variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def test_measures_of_frequency_by_hand():
    said = rules.measures(counted(v1=2, v2=8, v3=10, v4=20), "F4")
    assert said.csat is not None
    assert (said.csat.value, said.top_box.value, said.negative.value) == (75, 50, 25)
    assert said.mean.value == pytest.approx((8 / 3 + 20 / 3 + 20) * 100 / 40)


def test_the_net_promoter_score_by_hand():
    """60 promoters, 25 passive, 15 detractors of 100: 45, and half a width of 1.96 * sqrt((0.75 - 0.45²) / 100)."""
    found = rules.nps(counted(v10=40, v9=20, v8=15, v7=10, v6=5, v0=10))
    half = 196 * math.sqrt((0.75 - 0.2025) / 100)
    assert found.value == pytest.approx(45)
    assert found.high - found.value == pytest.approx(half, abs=0.01)
    assert rules.measures(counted(v10=10), "R11").csat is None


def test_the_bootstrap_agrees_with_drawn_resamples():
    """The computed distribution of resamples against 20,000 drawn ones, with a fixed seed."""
    counts = (1, 2, 3, 6, 8)
    scores = rules.SCALES["L5"].scores
    found = intervals.mean_interval(counts, scores)
    draw = random.Random(3)
    means = sorted(sum(draw.choices(scores, counts, k=20)) / 20 for _ in range(20_000))
    assert found.low == pytest.approx(means[500], abs=1.3)
    assert found.high == pytest.approx(means[19_500], abs=1.3)


def test_answers_that_are_all_the_same_are_not_certain():
    found = intervals.mean_interval((0, 0, 0, 0, 5), rules.SCALES["L5"].scores)
    assert found.value == found.high == 100
    assert round(found.low, 1) == 56.6


def test_a_difference_is_better_worse_or_not_clear():
    good, bad = counted(v5=90, v1=10), counted(v5=60, v1=40)
    assert rules.verdict(rules.share_change(good, bad, (4, 5))) == Verdict.BETTER
    assert rules.verdict(rules.share_change(bad, good, (4, 5))) == Verdict.WORSE
    assert rules.verdict(rules.share_change(bad, bad, (4, 5))) == Verdict.NO_CLEAR_CHANGE
    more_bad = rules.share_change(bad, good, (1, 2))
    assert rules.verdict(more_bad, is_less_better=True) == Verdict.WORSE


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, Band.TOO_FEW), (4, Band.TOO_FEW), (5, Band.GREY), (29, Band.GREY), (30, Band.TREND), (99, Band.TREND),
     (100, Band.RANKED)],
)  # fmt: skip
def test_bands_of_small_numbers(n, said):
    assert rules.band(n) == said


@pytest.mark.parametrize(
    ("cells", "gone"),
    [
        ({"a": 50, "b": 9, "c": 3}, {"b", "c"}),  # one alone would be the total without the others
        ({"a": 50, "b": 9, "c": 3, "d": 2}, {"c", "d"}),  # two together are enough
        ({"a": 50, "b": 9, "c": 1, "d": 2}, {"b", "c", "d"}),  # two that are too few even together
        ({"a": 50, "b": 9}, set()),
        ({"a": 3}, {"a"}),
        ({"a": 50, "b": 0, "c": 4}, {"a", "c"}),  # nobody in a cell hides nothing
    ],
)
def test_what_is_hidden_cannot_be_found_from_the_total(cells, gone):
    assert rules.hidden(cells) == gone


def test_a_funnel_knows_chance_from_more_than_chance():
    draw = random.Random(5)
    alike = [Unit(str(one), sum(draw.random() < 0.9 for _ in range(150)), 150) for one in range(40)]
    by_chance = rules.funnel(alike)
    assert not by_chance.is_overdispersed
    low, high = by_chance.limits(150, 2.0)
    assert 0.83 < low < by_chance.p < high < 0.95
    apart = [Unit(str(one), int(150 * (0.75 + 0.006 * one)), 150) for one in range(40)]
    wide = rules.funnel(apart)
    assert wide.is_overdispersed
    assert wide.spread > 1.5
    assert wide.limits(150, 3.0)[0] < rules.funnel_limits(wide.p, 150, 3.0)[0]


@pytest.mark.parametrize(
    ("key", "first", "last", "before", "last_year"),
    [
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "2025-12", "2025-01"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "2025-Q4", "2025-Q1"),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31), "2026-H1", "2025-H2"),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "2023", "2023"),
    ],
)
def test_periods(key, first, last, before, last_year):
    found = rules.period(key)
    assert (found.key, found.first, found.last) == (key, first, last)
    assert (found.before().key, found.last_year().key) == (before, last_year)


def test_weeks_are_published_three_days_after_their_end():
    assert rules.weeks_due(date(2026, 2, 10), date(2026, 2, 17)) == []
    assert rules.weeks_due(date(2026, 2, 10), date(2026, 2, 18)) == [date(2026, 2, 8)]
    assert rules.weeks_due(date(2026, 2, 20), date(2026, 3, 4)) == [date(2026, 2, 15), date(2026, 2, 22)]
    assert rules.span_of(date(2026, 5, 30), "quarter") == Period(date(2026, 4, 1), 3)


def test_what_is_few_waits_and_is_shown_together_at_the_end():
    few = [Cell("outpatient", "phone", counted(v5=3)), Cell("outpatient", "miniapp", counted(v5=40))]
    shown, withheld = rules.parted(few, is_end=False)
    assert [(cell.kind, cell.mode, cell.figures.answered) for cell in shown] == [("outpatient", "miniapp", 40)]
    assert [cell.figures.answered for cell in withheld] == [3]
    two = [*withheld, Cell("poster", "poster", counted(v1=2))]
    shown, withheld = rules.parted(two, is_end=True)
    assert [(cell.kind, cell.mode, cell.figures.answered) for cell in shown] == [(None, None, 5)]
    assert withheld == []
