"""What the hospital decided about improvements: states, strength, what raises one, which days count as before. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from satisfaction.improvement.effect import FEWEST_ANSWERS, LOOK_DAYS, Measured
from server.states import Machine


class ImprovementState(StrEnum):
    """Where an improvement stands."""

    PROPOSED = "proposed"  # written down by a person or by the machine
    ACCEPTED = "accepted"  # has an owner, a measure and a date
    DOING = "doing"  # the baseline is frozen, the work has begun
    DONE = "done"  # in place, with evidence
    MEASURING = "measuring"  # waits for the looks at its effect
    NOT_YET = "not_yet"  # the first look saw nothing; the second decides
    EFFECTIVE = "effective"  # shown
    NOT_EFFECTIVE = "not_effective"  # it would have been seen; goes back one level higher
    TOO_FEW = "too_few"  # cannot be told with what there is
    CLOSED = "closed"  # ended by a leader, with the reason
    REJECTED = "rejected"  # not taken up, with the reason


S = ImprovementState

IMPROVEMENT = Machine(
    "improvement",
    starts=frozenset({S.PROPOSED}),
    moves={
        S.PROPOSED: frozenset({S.ACCEPTED, S.REJECTED}),
        S.ACCEPTED: frozenset({S.DOING, S.CLOSED}),
        S.DOING: frozenset({S.DONE, S.CLOSED}),
        S.DONE: frozenset({S.MEASURING}),
        S.MEASURING: frozenset({S.EFFECTIVE, S.NOT_YET, S.NOT_EFFECTIVE, S.TOO_FEW, S.CLOSED}),
        S.NOT_YET: frozenset({S.EFFECTIVE, S.NOT_EFFECTIVE, S.TOO_FEW, S.CLOSED}),
        S.NOT_EFFECTIVE: frozenset({S.ACCEPTED}),  # by itself, in the same moment
        S.TOO_FEW: frozenset({S.ACCEPTED, S.CLOSED}),
        S.EFFECTIVE: frozenset({S.CLOSED}),
    },
)
CHANGEABLE = frozenset({S.PROPOSED, S.ACCEPTED, S.DOING})


class Strength(StrEnum):
    """How far a measure depends on people remembering it (RCA2)."""

    STRONG = "strong"  # the wrong way is no longer possible: building, forcing function, one standard device
    INTERMEDIATE = "intermediate"  # a second check, a list, more hands, software that warns
    WEAK = "weak"  # a rule, a reminder, training


class Metric(StrEnum):
    """What the effect is measured on."""

    COMPLAINT_RATE = "complaint_rate"  # complaints of one cause per 1,000 visits of the department
    DIMENSION_SCORE = "dimension_score"  # the mean of a dimension, 0 to 100


USUAL_CHANGE = {Metric.COMPLAINT_RATE: 0.5, Metric.DIMENSION_SCORE: 5.0}
WHOLE, TOP_SCORE = 1.0, 100.0  # the most that a rate falls by, and that a score can be
SIMILAR_CASES = 3  # of one department and one cause within the days of evidence raise an improvement
EVIDENCE_DAYS = 90
BASELINE_AT_MOST = 365
HIGHEST_LEVEL = 3
REMIND_WORKDAYS = 3  # before something is due
DAYS_FOR_ANOTHER = 14  # to find another measure, when one had no effect
LEVEL_NAMES = ("负责人", "上级", "质量主管", "院委会")


@dataclass(frozen=True)
class Days:
    """Days from the first to the last, both included; none when the last is before the first."""

    first: date
    last: date

    def __len__(self) -> int:
        return max(0, (self.last - self.first).days + 1)


def evidence_of(day: date) -> Days:
    """Give the days that speak for an improvement that is proposed on a day."""
    return Days(day - timedelta(days=EVIDENCE_DAYS - 1), day)


def baseline_days(starts_on: date, evidence: Days, first_record: date) -> tuple[Days, ...]:
    """Give the days that count as before: up to a year before the start, without those that raised the improvement.

    Whoever picks the worst days as «before» sees an improvement where nothing has changed (regression to the mean).
    first_record: from when there are records at all.
    """
    whole = Days(max(starts_on - timedelta(days=BASELINE_AT_MOST), first_record), starts_on - timedelta(days=1))
    earlier = Days(whole.first, min(whole.last, evidence.first - timedelta(days=1)))
    later = Days(max(whole.first, evidence.last + timedelta(days=1)), whole.last)
    return tuple(days for days in (earlier, later) if len(days))


def look_days(done_on: date, look: int) -> Days:
    """Give the days that a look counts: from the day after the measure was in place."""
    return Days(done_on + timedelta(days=1), done_on + timedelta(days=LOOK_DAYS[look]))


def pooled(parts: Iterable[Measured]) -> Measured:
    """Put the scores of several spans together."""
    filled: Sequence[Measured] = [part for part in parts if part.n]
    n = sum(part.n for part in filled)
    if not n:
        return Measured(0, 0.0, 0.0)
    mean = sum(part.n * part.mean for part in filled) / n
    squares = sum((part.n - 1) * part.sd**2 + part.n * (part.mean - mean) ** 2 for part in filled)
    return Measured(n, mean, (squares / (n - 1)) ** 0.5 if n > 1 else 0.0)


def room_above(before: Mapping[str, Any]) -> float:
    """Give by how many points a score can still rise, in tenths; before: n and mean. A few answers do not say."""
    if before["n"] < FEWEST_ANSWERS:
        return TOP_SCORE
    return math.floor((TOP_SCORE - before["mean"]) * 10) / 10


def fixed(state: ImprovementState, *, has_baseline: bool, is_automatic: bool) -> dict[str, str]:
    """Give the fields that can no longer be changed, each with the code of the reason.

    What the verdict is measured by is fixed when the work begins; the department as soon as something was counted in
    it, or when its own complaints or ratings raised the improvement.
    """
    found = {}
    if is_automatic:
        found["department_id"] = "its_own_cases"
    if has_baseline:
        found["department_id"] = "fixed_at_the_start"
    if state == ImprovementState.DOING:
        found |= dict.fromkeys(("measure", "expected_change", "department_id"), "fixed_at_the_start")
    return found


def next_level(level: int) -> int:
    """Give the level to which a measure without effect goes."""
    return min(level + 1, HIGHEST_LEVEL)


def number_of(sequence: int, day: date) -> str:
    """Write an improvement's number, as people say it: GJ20261122-0001."""
    return f"GJ{day:%Y%m%d}-{sequence:04d}"


def share_effective(effective: int, judged: int) -> float | None:
    """Give the share of measures that were verified to be effective; None while none was judged."""
    return effective / judged if judged else None
