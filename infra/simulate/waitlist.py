"""What the deadline of an offer does: `python -m infra.simulate.waitlist` compares ours with 24 hours for everybody.

Many full sessions, week after week: places are given back more and more as the visit comes near, people wait, and a
message finds each of them awake or asleep. The rules are the product's own; the people are assumptions, below.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from statistics import mean, median

from miniapp_api.booking.rules import BookingSettings
from miniapp_api.waitlist.rules import after_waking, offer_deadline
from server import clock

SESSIONS = 2_000
WAITING = 20  # people in the line of a session
FREED = 6  # places that are given back on average, of a session that was full a week before
WEEK = timedelta(days=7)
NEVER_SEES = 0.2  # a message that is not looked at
WANTS_IT = 0.75  # of those who look
MEDIAN_MINUTES, SPREAD = 25.0, 1.3  # lognormal: from the message to the answer, while awake

Deadline = Callable[[datetime, datetime, BookingSettings], datetime | None]


def whole_day(now: datetime, starts_at: datetime, settings: BookingSettings) -> datetime | None:
    """Give a deadline as hospitals have it: 24 hours, whatever is left; it ends with the line."""
    closes_at = starts_at - timedelta(minutes=settings.waitlist_closes_minutes)
    least = timedelta(minutes=settings.waitlist_least_minutes)
    return min(now + timedelta(hours=24), closes_at) if closes_at - now >= least else None


@dataclass
class Outcome:
    """What became of the places that were given back. minutes: from then until somebody had the place."""

    freed: int = 0
    filled: int = 0
    offers: int = 0
    too_late: int = 0  # offers that would have been taken a little later
    minutes: list[float] = field(default_factory=list)

    @property
    def fill_rate(self) -> float:
        """Give the share of places that somebody got who waited."""
        return self.filled / max(self.freed, 1)


def simulate(deadline: Deadline, *, seed: int, sessions: int = SESSIONS) -> Outcome:
    """Play so many sessions under one rule; the same seed has the same people and cancellations for every rule."""
    outcome = Outcome()
    for number in range(sessions):
        _one_session(deadline, Random(f"{seed}:{number}"), outcome)
    return outcome


def _one_session(deadline: Deadline, random: Random, outcome: Outcome) -> None:
    settings = BookingSettings()
    starts_at = clock.at(datetime(2026, 3, 9, 12, tzinfo=clock.zone()).date(), random.choice((8, 9, 10, 14, 15)))
    # half of the cancellations come in the last two days, few in the night
    freed = sorted(starts_at - WEEK * random.random() ** 2.2 for _ in range(_poisson(random, FREED)))
    freed = [after_waking(moment, timedelta(minutes=1), settings) for moment in freed]
    line = [_person(random) for _ in range(WAITING)]
    for moment in freed:
        if moment >= starts_at - timedelta(minutes=settings.waitlist_closes_minutes):
            continue  # nobody could come any more, by no rule
        outcome.freed += 1
        _pass_on(deadline, (moment, starts_at), line, outcome)


@dataclass(frozen=True)
class _Person:
    sees: bool
    wants: bool
    waking_minutes: float


def _person(random: Random) -> _Person:
    minutes = MEDIAN_MINUTES * random.lognormvariate(0, SPREAD)
    return _Person(random.random() >= NEVER_SEES, random.random() < WANTS_IT, minutes)


def _pass_on(deadline: Deadline, place: tuple[datetime, datetime], line: list[_Person], outcome: Outcome) -> None:
    """Offer one place down the line until somebody takes it, nobody is left or it is too late."""
    freed_at, starts_at = place
    settings = BookingSettings()
    now = freed_at
    while line and (until := deadline(now, starts_at, settings)) is not None:
        person = line.pop(0)
        outcome.offers += 1
        answer_at = after_waking(now, timedelta(minutes=person.waking_minutes), settings)
        if person.sees and answer_at <= until:
            if person.wants:
                outcome.filled += 1
                outcome.minutes.append((answer_at - freed_at).total_seconds() / 60)
                return
            now = answer_at
        else:
            outcome.too_late += person.sees and person.wants
            now = until


def _poisson(random: Random, average: float) -> int:
    count, gone = 0, random.expovariate(average)
    while gone < 1:
        count, gone = count + 1, gone + random.expovariate(average)
    return count


RULES: Sequence[tuple[str, Deadline]] = (
    ("24 hours", whole_day),
    ("2 hours or a quarter", offer_deadline),
    ("1 hour or a quarter", lambda n, s, holds: offer_deadline(n, s, replace(holds, waitlist_offer_minutes=60))),
    ("4 hours or a quarter", lambda n, s, holds: offer_deadline(n, s, replace(holds, waitlist_offer_minutes=240))),
)


def report(seed: int, sessions: int = SESSIONS) -> str:
    """Give the table of all rules."""
    lines = [f"{'deadline':24}{'filled':>9}{'median':>12}{'mean':>12}{'offers/place':>14}{'came too late':>15}"]
    for name, rule in RULES:
        found = simulate(rule, seed=seed, sessions=sessions)
        lines.append(
            f"{name:24}{found.fill_rate:>8.1%}{median(found.minutes):>8.0f} min{mean(found.minutes):>8.0f} min"
            f"{found.offers / found.freed:>14.2f}{found.too_late / found.offers:>15.1%}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
