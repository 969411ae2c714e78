"""The dues of random histories over 2026 with its real holidays, by the product and by a slow calculator of its own.

`FULL=1` takes 100,000 histories; `python -m tests.satisfaction.clocks.test_slow_agrees 100000` says what it saw.
"""

import random
import sys
from datetime import timedelta
from itertools import pairwise
from os import getenv
from typing import Any

import pytest

from satisfaction.clocks import dues
from satisfaction.clocks.dues import Due, due
from satisfaction.clocks.explaining import explain
from satisfaction.clocks.policies import Clock
from tests.satisfaction.clocks.histories import a_story, as_event, moment, some_rules, terms_of
from tests.satisfaction.clocks.slow import DAY, Result, judge

HISTORIES = 100_000 if getenv("FULL") else 3_000
A_BATCH = 500  # histories that share their promises and calendars
NOW = 330 * DAY


def compared(histories: int, seed: int = 20261122) -> dict[str, int]:
    """Compare every clock of every round of random histories; give how many of each, and of what they had.

    Raises: AssertionError with the history on the first difference.
    """
    dice = random.Random(seed)
    seen = {"histories": 0, "clocks": 0, "breaches": 0, "rests": 0, "lines": 0}
    while seen["histories"] < histories:
        versions = [some_rules(dice, since) for since in (0, dice.randrange(60, 300) * DAY)]
        terms = terms_of(versions)
        for _ in range(min(A_BATCH, histories - seen["histories"])):
            story = a_story(dice)
            events = [as_event(one) for one in story]
            dice.shuffle(events)  # the order in which they arrived makes no difference
            seen["histories"] += 1
            for cycle in range(1, story[-1].cycle + 1):
                for clock in Clock:
                    slow = judge(clock, story, versions, cycle, NOW)
                    fast = due(clock, events, terms=terms, cycle=cycle, now=moment(NOW))
                    _check(clock, slow, fast, story)
                    if fast is not None:
                        seen["clocks"] += 1
                        seen["breaches"] += fast.breached_at is not None
                        seen["rests"] += fast.rest is not None
                        seen["lines"] += _check_lines(fast, terms)
    return seen


def _check(clock: Clock, slow: Result | None, fast: Due | None, story: Any) -> None:
    if slow is None or fast is None:
        assert slow is fast, (clock, slow, fast, story)
        return
    expected = (
        moment(slow.start),
        moment(slow.due),
        moment(slow.half),
        moment(slow.warn),
        None if slow.stop is None else moment(slow.stop),
        None if slow.breached is None else moment(slow.breached),
    )
    found = (fast.starts_at, fast.due_at, fast.half_at, fast.warn_at, fast.stopped_at, fast.breached_at)
    assert found == expected, (clock, found, expected, story)


def _check_lines(fast: Due, terms: Any) -> int:
    """The explanation has no gap from start to due, and what it counts sums to the target, exactly."""
    lines = explain(fast, terms.calendars)
    assert sum((line.counted for line in lines), timedelta(0)) == fast.target
    assert lines[0].starts_at == fast.starts_at
    assert lines[-1].ends_at == fast.due_at
    assert all(one.ends_at == other.starts_at for one, other in pairwise(lines))
    assert all(line.counted in (timedelta(0), line.ends_at - line.starts_at) for line in lines)
    return len(lines)


def test_an_independent_slow_calculator_agrees_on_random_histories_of_a_year():
    seen = compared(HISTORIES)
    assert seen["histories"] == HISTORIES
    assert min(seen.values()) > HISTORIES / 20, seen  # nothing of interest was left out


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_next_midnight", lambda at: at),
        ("rests_of", lambda events, starts_at, ended_at, *, free: []),
        ("in_order", list),
    ],
)
def test_the_slow_calculator_notices_a_broken_fast_one(monkeypatch, name, broken):
    monkeypatch.setattr(dues, name, broken)
    with pytest.raises(AssertionError):
        compared(300)


if __name__ == "__main__":
    sys.stdout.write(f"{compared(int(sys.argv[1]))}\n")
