"""The chart and its promise: run lengths of the rules, and how often it raises when nothing has changed."""

import random

import pytest

from infra.simulate.signals import a_year
from satisfaction.signals import rules
from satisfaction.signals.rules import Stream


@pytest.mark.parametrize(
    ("h", "to_false_alarm", "to_9_percent", "to_15_percent"),
    [(2.5, 499, 50, 23), (3.0, 885, 62, 28), (3.5, 1524, 74, 32), (4.0, 2551, 87, 37)],
)
def test_run_lengths_are_those_of_the_rules(h, to_false_alarm, to_9_percent, to_15_percent):
    assert rules.run_length(h, 0.03) == pytest.approx(to_false_alarm, rel=0.05)
    assert rules.run_length(h, 0.03, 0.09) == pytest.approx(to_9_percent, rel=0.05)
    assert rules.run_length(h, 0.03, 0.15) == pytest.approx(to_15_percent, rel=0.05)


@pytest.mark.parametrize(("p0", "h"), [(0.01, 2.5), (0.05, 3.0), (0.12, 4.0), (0.3, 3.0)])
def test_run_lengths_are_those_of_drawn_answers(p0, h):
    draw, runs, answers = random.Random(7), 400, 0
    for _ in range(runs):
        value = 0.0
        while value < h - 1e-9:
            answers += 1
            value = rules.step(value, is_bad=draw.random() < p0, p0=p0)
    assert rules.run_length(h, p0) == pytest.approx(answers / runs, rel=0.17)  # three standard errors


def test_a_chart_remembers_how_many_were_bad():
    value, n = 0.0, 0
    for is_bad in (True, False, True, True, False, False):
        value, n = rules.step(value, is_bad=is_bad, p0=0.03), n + 1
    assert rules.bad_answers(value, n, 0.03) == 3
    assert rules.step(0.0, is_bad=False, p0=0.03) == 0


def test_the_usual_share_is_cautious_and_never_less_than_the_floor():
    assert rules.usual_share(0, 10_000, 0.0) == rules.FLOOR
    assert rules.usual_share(30, 1000, 0.03) in (0.03, 0.035)
    assert rules.usual_share(0, 0, 0.05) > 0.05  # a young unit is held to what is usual in the house
    assert rules.usual_share(90, 100, 0.5) == rules.CEILING


def test_charts_together_keep_the_budget():
    streams = [Stream(p0, a_week) for p0 in rules.STEPS[2:12] for a_week in (5.0, 20.0, 60.0)]
    for budget in (0.2, 1.0, 5.0):
        h = rules.threshold(streams, budget)
        assert rules.false_alarms(streams, h) <= budget
        assert h == rules.LEAST_H or rules.false_alarms(streams, h - 0.1) > budget


def test_false_alarms_of_a_year_stay_within_the_budget():
    """One of the years that `python -m infra.simulate.signals` draws."""
    found = a_year(0)
    assert found.came <= found.promised <= 1.0


def test_without_caution_the_budget_would_not_hold(monkeypatch):
    """The negative control: shares that are taken as they were seen promise more than they keep."""
    monkeypatch.setattr(rules, "CAUTIOUS_Z", 0.0)
    found = a_year(0)
    assert found.came > found.promised
