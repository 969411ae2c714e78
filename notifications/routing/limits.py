"""When a message may leave: quiet hours, caps for one person, the hospital's settings of both. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

import orjson

from notifications.routing.rules import URGENT
from notifications.rules import MessageClass, Purpose
from server import clock


class Breaks(StrEnum):
    """What may be told in quiet hours."""

    URGENT = "urgent"
    TODAY = "visit_today"  # it is about a visit of this day
    MOMENT = "of_the_moment"  # it answers what the person has just done


class Late(StrEnum):
    """What becomes of a message that would be useless when the quiet hours end."""

    LAST_MOMENT = "last_moment"  # it goes at the last moment that is of use
    EXPIRE = "expire"


# What the person has just done or is waiting for, awake.
OF_THE_MOMENT = frozenset(
    {
        "appointment_booked",
        "appointment_cancelled",
        "waitlist_joined",
        "complaint_filed",
        "queue_joined",
        "queue_called",
        "queue_ready",
        "queue_sent_back",
        "queue_near",
        "queue_missed",
        "doctor_late",
        "doctor_started",
        "visit_finished",
        "visit_reopened",
    }
)
LAST_MOMENT = timedelta(minutes=15)  # before the deadline


@dataclass(frozen=True)
class Quiet:
    """Hours in which nobody is disturbed, in the hospital's zone; they may reach over midnight."""

    since: time
    until: time
    breaks: frozenset[Breaks] = frozenset()
    late: Late = Late.EXPIRE

    def end_after(self, moment: datetime) -> datetime | None:
        """Give the end of the quiet hours in which a moment lies, or None when it lies in none."""
        local = clock.local(moment)
        at = local.time().replace(tzinfo=None)
        if self.since <= self.until:
            return _on(local.date(), self.until) if self.since <= at < self.until else None
        if at >= self.since:
            return _on(local.date() + timedelta(days=1), self.until)
        return _on(local.date(), self.until) if at < self.until else None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Quiet":
        """Read it as the setting keeps it: {"from": "22:00", "to": "07:00", "breaks": [...], "late": ...}."""
        return cls(
            time.fromisoformat(data["from"]),
            time.fromisoformat(data["to"]),
            frozenset(Breaks(one) for one in data.get("breaks", ())),
            Late(data.get("late", Late.EXPIRE)),
        )


def _on(day: date, at: time) -> datetime:
    return clock.at(day, at.hour, at.minute)


class Over(StrEnum):
    """What becomes of a message over the cap."""

    SUPPRESS = "suppress"
    WAIT = "wait"  # for the next hour or day, within its deadline


@dataclass(frozen=True)
class Cap:
    """How many messages of a class one person may get in an hour, a day, and 30 days. urgent: the same for urgent."""

    hour: int
    day: int
    month: int
    over: Over = Over.SUPPRESS

    @property
    def counts(self) -> list[int]:
        """Give the three counts."""
        return [self.hour, self.day, self.month]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Cap":
        """Read it as the setting keeps it."""
        return cls(data["hour"], data["day"], data["month"], Over(data["over"]))


SETTINGS: Mapping[str, Mapping[str, Any]] = {
    # by purpose, else by class; a class that is not named has none
    "quiet_hours": {
        "visit": {
            "from": "22:00",
            "to": "07:00",
            "breaks": ["urgent", "visit_today", "of_the_moment"],
            "late": "last_moment",
        },
        "follow_up": {"from": "21:00", "to": "08:00", "breaks": ["of_the_moment"], "late": "expire"},
        "survey": {"from": "20:30", "to": "09:00", "breaks": [], "late": "expire"},
    },
    # by class; urgent messages of a class share its places and may take more of them
    "caps": {
        "visit": {"hour": 20, "day": 60, "month": 600, "over": "wait"},
        "visit_urgent": {"hour": 40, "day": 120, "month": 1200, "over": "suppress"},
        "follow_up": {"hour": 6, "day": 12, "month": 90, "over": "wait"},
        "survey": {"hour": 2, "day": 3, "month": 12, "over": "suppress"},
        "alert": {"hour": 120, "day": 1000, "month": 10000, "over": "suppress"},
    },
    # the same words to the same person within this time are said once
    "dedupe": {"seconds": 600},
    # when what can wait is told together
    "digest": {"times": ["08:00", "17:00"]},
}


@dataclass(frozen=True)
class Settings:
    """What the hospital has set, over what ships with the product."""

    quiet: Mapping[str, Quiet]
    caps: Mapping[str, Cap]
    dedupe: timedelta
    digest_times: tuple[time, ...]

    @classmethod
    def of_row(cls, column: str | None) -> "Settings":
        """Read them as a statement gives them: JSON of those that were changed, or null."""
        return cls.of(orjson.loads(column) if column else {})

    @classmethod
    def of(cls, changed: Mapping[str, Any]) -> "Settings":
        """Read them. changed: the latest version of each that was changed."""
        found = {**SETTINGS, **changed}
        return cls(
            quiet={name: Quiet.of(one) for name, one in found["quiet_hours"].items()},
            caps={name: Cap.of(one) for name, one in found["caps"].items()},
            dedupe=timedelta(seconds=found["dedupe"]["seconds"]),
            digest_times=tuple(sorted(time.fromisoformat(one) for one in found["digest"]["times"])),
        )


@dataclass(frozen=True)
class Load:
    """What the router must know of a message to say when it may leave. pool: whose places it takes."""

    kind: MessageClass
    priority: int
    purpose: Purpose
    event: str
    deadline: datetime
    visit_at: datetime | None = None
    not_before: datetime | None = None

    @property
    def pool(self) -> str:
        """Give the class whose places it takes."""
        return str(self.kind)

    @property
    def is_urgent(self) -> bool:
        """Tell whether it goes before everything else."""
        return self.priority == URGENT


@dataclass(frozen=True)
class Leaving:
    """When a message may leave. moments: the first, and those to which it may be put off by a cap; empty: never.

    reason: why it never leaves. held: why it does not leave at once.
    caps: places in an hour, a day and 30 days; None: it is not counted.
    """

    moments: tuple[datetime, ...]
    caps: list[int] | None = None
    reason: str = ""
    held: str = ""

    def why(self, moment: datetime) -> str:
        """Tell why it waits for one of its moments: quiet hours, its own time, or a cap; empty when it does not."""
        return self.held if moment == self.moments[0] else "cap"


def leaving(load: Load, settings: Settings, *, at: datetime) -> Leaving:
    """Say when a message may leave that is ready at a moment."""
    wanted = max(at, load.not_before or at)
    first = _after_quiet(load, settings, at=wanted)
    cap = settings.caps.get(f"{load.pool}_urgent" if load.is_urgent else load.pool) or settings.caps.get(load.pool)
    if first is None or first >= load.deadline:
        return Leaving((), None, "quiet_hours" if first is None else "deadline")
    held = "quiet_hours" if first > wanted else "not_before" if first > at else ""
    if cap is None:
        return Leaving((first,), held=held)
    later = _put_off(load, settings, first) if cap.over is Over.WAIT else ()
    return Leaving((first, *later), cap.counts, held=held)


def _after_quiet(load: Load, settings: Settings, *, at: datetime) -> datetime | None:
    """Give the first moment from `at` at which the message may disturb; None when that is too late for it."""
    quiet = settings.quiet.get(str(load.purpose)) or settings.quiet.get(str(load.kind))
    end = quiet.end_after(at) if quiet else None
    if quiet is None or end is None or _breaks(load, quiet, at):
        return at
    if end < load.deadline:
        return end
    return max(at, load.deadline - LAST_MOMENT) if quiet.late is Late.LAST_MOMENT else None


def _breaks(load: Load, quiet: Quiet, at: datetime) -> bool:
    day = clock.local(at).date()
    return (
        (Breaks.URGENT in quiet.breaks and load.is_urgent)
        or (Breaks.MOMENT in quiet.breaks and load.event in OF_THE_MOMENT)
        or (Breaks.TODAY in quiet.breaks and load.visit_at is not None and clock.local(load.visit_at).date() == day)
    )


def _put_off(load: Load, settings: Settings, first: datetime) -> list[datetime]:
    """List the beginnings of the next hour and the next day, as far as the message is of use then."""
    hour = first.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    morning = clock.at(clock.local(first).date() + timedelta(days=1), 0)
    found = {_after_quiet(load, settings, at=moment) for moment in (hour, morning)}
    return sorted(moment for moment in found if moment is not None and first < moment < load.deadline)
