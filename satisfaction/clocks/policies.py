"""What the hospital promises: targets, the calendar each counts by, warnings, pauses, quiet hours. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from satisfaction.clocks.calendars import AROUND_THE_CLOCK, OFFICE, WORKDAYS

SEVERITIES = ("A", "B", "C")


class Clock(StrEnum):
    """What is promised; each has its row in `breach` when it is missed."""

    ACKNOWLEDGEMENT = "acknowledgement"
    FIRST_RESPONSE = "first_response"
    ANSWER = "answer"
    UPDATE = "update"
    CONFIRMATION = "confirmation"
    LEGAL = "legal"


CLOCK_NAMES: Mapping[str, str] = {
    Clock.ACKNOWLEDGEMENT: "受理",
    Clock.FIRST_RESPONSE: "首次回应",
    Clock.ANSWER: "答复",
    Clock.UPDATE: "进展告知",
    Clock.CONFIRMATION: "患者确认",
    Clock.LEGAL: "法定期限",
}
LEGAL_DAYS, LEGAL_DAYS_OF_SEVERAL = 5, 10  # the law's, no setting: 10 when further departments are needed


@dataclass(frozen=True)
class Promise:
    """One clock: its target, the calendar by severity, and at how many percent of the target the two warnings are."""

    target: timedelta
    calendars: Mapping[str, str]
    half_percent: int = 50
    warn_percent: int = 80


@dataclass(frozen=True)
class Policy:
    """All promises of one version, in force since a moment."""

    version: int
    since: datetime
    promises: Mapping[Clock, Promise]
    pauses: int = 2  # a round may have without the supervisor's leave
    paused_at_most: timedelta = timedelta(hours=72)  # of a round, on the clock's own calendar
    quiet_from: int = 21 * 60  # minutes of the day between which no update is asked for
    quiet_until: int = 8 * 60


def _everywhere(code: str) -> dict[str, str]:
    return dict.fromkeys(SEVERITIES, code)


BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def shipped(minutes: Mapping[Clock, float] | None = None) -> Policy:
    """Give version 0: what is shipped, with the targets that the older policies of the hospital name, in minutes."""
    named = minutes or {}

    def target(clock: Clock, usual: float) -> timedelta:
        return timedelta(minutes=named.get(clock, usual))

    always = _everywhere(AROUND_THE_CLOCK)
    return Policy(
        version=0,
        since=BEGINNING,
        promises={
            Clock.ACKNOWLEDGEMENT: Promise(target(Clock.ACKNOWLEDGEMENT, 10), always),
            Clock.FIRST_RESPONSE: Promise(target(Clock.FIRST_RESPONSE, 60), {**always, "C": OFFICE}),
            Clock.ANSWER: Promise(target(Clock.ANSWER, 24 * 60), always),
            Clock.UPDATE: Promise(timedelta(hours=24), always),
            Clock.CONFIRMATION: Promise(timedelta(hours=72), always),
            Clock.LEGAL: Promise(timedelta(days=LEGAL_DAYS), _everywhere(WORKDAYS)),
        },
    )


@dataclass(frozen=True)
class Terms:
    """Everything besides the events that a due depends on. policies: oldest first, the first since ever.

    fingerprint: differs whenever any due could differ.
    """

    policies: tuple[Policy, ...]
    calendars: Mapping[str, Any]  # of Calendar by its code
    fingerprint: str = ""
    confirmed_years: frozenset[int] = field(default_factory=frozenset)  # by the hospital, where the library knows none

    def policy_at(self, moment: datetime) -> Policy:
        """Give the policy in force at a moment."""
        return next(policy for policy in reversed(self.policies) if policy.since <= moment)
