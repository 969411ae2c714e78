"""What a day of calls was like for whom: waits and overtakings by class, and two days beside each other. Pure."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from miniapp_api.queue.policies.basis import HELP_FLAGS
from miniapp_api.replay.reenacting import Call, Visitor

BOOKED, LATE, WALK_IN, RETURN, PRIORITY, URGENT = "booked", "late", "walk_in", "return", "priority", "urgent"
CLASSES = (BOOKED, LATE, WALK_IN, RETURN, PRIORITY, URGENT)


@dataclass(frozen=True)
class Waited:
    """How one class waited, in minutes. overtaken: how often somebody who was there and due later was called before."""

    who: str
    people: int
    mean: float
    p95: float
    overtaken_mean: float
    overtaken_max: int

    def to_json(self) -> dict[str, Any]:
        """Show it."""
        return {
            "who": self.who,
            "people": self.people,
            "mean_minutes": self.mean,
            "p95_minutes": self.p95,
            "overtaken_mean": self.overtaken_mean,
            "overtaken_max": self.overtaken_max,
        }


def class_of(visitor: Visitor) -> str:
    """Say as what somebody waits for the first call."""
    claim = visitor.claim
    if claim.triage == "urgent":
        return URGENT
    if claim.triage == "priority" or HELP_FLAGS & claim.flags:
        return PRIORITY
    if claim.band is None:
        return WALK_IN
    return LATE if claim.checked_in_at > claim.band[1] else BOOKED


def due_of(visitor: Visitor) -> datetime:
    """Give since when somebody is there and due."""
    claim = visitor.claim
    return max(claim.checked_in_at, claim.band[0]) if claim.band else claim.checked_in_at


def waited(visitors: Sequence[Visitor], calls: Iterable[Call]) -> list[Waited]:
    """Give how each class waited on a day; classes without anybody are left out."""
    by_id = {one.id: one for one in visitors}
    firsts: list[tuple[Visitor, Call]] = []
    minutes: dict[str, list[float]] = defaultdict(list)
    seen: set[str] = set()
    returned: set[tuple[str, datetime]] = set()
    for call in sorted(calls, key=lambda one: one.at):
        visitor = by_id[call.visitor]
        if call.visitor not in seen:
            seen.add(call.visitor)
            firsts.append((visitor, call))
            minutes[class_of(visitor)].append(_minutes(call.at, due_of(visitor)))
        elif call.is_return and (call.visitor, call.waiting_since) not in returned:
            returned.add((call.visitor, call.waiting_since))
            minutes[RETURN].append(_minutes(call.at, call.waiting_since))
    passed: dict[str, list[int]] = defaultdict(list)
    for visitor, times in _overtaken(firsts):
        passed[class_of(visitor)].append(times)
    return [_waited(who, minutes[who], passed[who]) for who in CLASSES if minutes[who]]


def _overtaken(firsts: Sequence[tuple[Visitor, Call]]) -> Iterable[tuple[Visitor, int]]:
    """Count for each who was called before although due later, of those who wait for the same practitioner or any."""
    lines: dict[str | None, list[datetime]] = defaultdict(list)
    for visitor, _ in firsts:
        due, mine = due_of(visitor), visitor.practitioner
        asked = lines.values() if mine is None else (lines[mine], lines[None])
        yield visitor, sum(len(line) - bisect_right(line, due) for line in asked)
        if visitor.claim.triage != "urgent":
            insort(lines[mine], due)


def _waited(who: str, minutes: list[float], passed: list[int]) -> Waited:
    ordered = sorted(minutes)
    return Waited(
        who=who,
        people=len(ordered),
        mean=round(sum(ordered) / len(ordered), 1),
        p95=round(ordered[ceil(0.95 * len(ordered)) - 1], 1),
        overtaken_mean=round(sum(passed) / len(passed), 2) if passed else 0.0,
        overtaken_max=max(passed, default=0),
    )


def _minutes(at: datetime, since: datetime) -> float:
    return max(0.0, (at - since).total_seconds() / 60)


def same_order(first: Sequence[Call], second: Sequence[Call]) -> tuple[int, int]:
    """Count the calls that are at the same place of both days, by who and where; and how many there are at all."""
    same = sum(
        (one.visitor, one.room) == (other.visitor, other.room) for one, other in zip(first, second, strict=False)
    )
    return same, max(len(first), len(second))
