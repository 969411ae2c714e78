"""Bounded head start: every ticket has one fixed instant, `sort_at`; the smallest is next. Pure.

Nothing is recomputed while people wait, so a place gets worse only by an arrival whose own instant is earlier, and
nobody but an urgent patient passes somebody who was there and due more than `BOUND` before.
Source: booking-queue.md 4.1 (Jackson's dynamic priority, equal rates), simulated on 600 sessions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EARLY = timedelta(minutes=10)  # G: being earlier than this gives nothing more
WALK_IN = timedelta(minutes=20)  # W: who comes without a booking stands behind those who booked
HELP = timedelta(minutes=20)  # H: who cannot wait long stands this much further ahead
RETURN = timedelta(minutes=20)  # R: who comes back from an examination
BOUND = WALK_IN + HELP + max(EARLY, RETURN)
MISSED_PLACES = 3  # who missed the call goes behind so many

HELP_FLAGS = frozenset({"elderly", "disabled", "pregnant", "child", "wheelchair"})
URGENT_CLASS, ORDINARY_CLASS = 0, 1
_BEHIND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Place:
    """Where a ticket stands. rule: band, late, walk_in, return, recall, rejoin or transfer; it is shown on request."""

    sort_class: int
    sort_at: datetime
    rule: str


@dataclass(frozen=True)
class Claim:
    """What decides a place. band: beginning and end of the booked time; None for who came without a booking."""

    checked_in_at: datetime
    band: tuple[datetime, datetime] | None = None
    triage: str = "normal"
    flags: frozenset[str] = frozenset()


def place_of(claim: Claim) -> Place:
    """Give a new arrival its place."""
    at, rule = _base(claim)
    sort_class = URGENT_CLASS if claim.triage == "urgent" else ORDINARY_CLASS
    return Place(sort_class, at - head_start(claim.triage, claim.flags), rule)


def head_start(triage: str, flags: Iterable[str]) -> timedelta:
    """Give how much further ahead somebody stands who needs help; once, however many needs there are."""
    return HELP if triage == "priority" or HELP_FLAGS & set(flags) else timedelta(0)


def return_at(now: datetime) -> datetime:
    """Give the instant of somebody who comes back from an examination."""
    return now - RETURN


def recall_at(own: datetime, waiting: Sequence[datetime], now: datetime, times_missed: int) -> tuple[datetime, str]:
    """Give the instant and the rule of somebody who missed the call and is here again.

    own: the instant before. waiting: those of the waiting tickets in the order of calling.
    After the first miss one goes behind the third who waits, after the second behind all who are here now; never
    ahead of where one was.
    """
    if times_missed > 1:
        return max(own, now), "rejoin"
    behind = waiting[:MISSED_PLACES]
    return max(own, behind[-1] + _BEHIND) if behind else own, "recall"


def _base(claim: Claim) -> tuple[datetime, str]:
    if claim.band is None:
        return claim.checked_in_at + WALK_IN, "walk_in"
    starts_at, ends_at = claim.band
    if claim.checked_in_at > ends_at:
        return claim.checked_in_at, "late"
    return max(starts_at, claim.checked_in_at - EARLY), "band"
