"""What every policy of the order shares: the numbers that a department may set, who asks for a place, what it gives.

A place is one fixed instant, `sort_at`; the smallest is next, the ticket's number breaks ties. Nothing is recomputed
while people wait, so a place gets worse only by an arrival whose own instant is earlier.
Source: booking-queue.md 4.1. Pure.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar

HELP_FLAGS = frozenset({"elderly", "disabled", "pregnant", "child", "wheelchair"})
URGENT_CLASS, ORDINARY_CLASS = 0, 1
LATE_AS_ARRIVAL, LATE_LADDER = "arrival", "ladder"
ONE = timedelta(microseconds=1)  # directly behind somebody


@dataclass(frozen=True)
class Settings:
    """What a department may set. Minutes and places, whole numbers; `LIMITS` says from where to where.

    late: where somebody stands who comes after the booked band. arrival: as if booked on arrival. ladder: so many
    places of so many minutes behind the end of the band, and at most `late_ahead_minutes` before one's own coming.
    A place counts in minutes there, because places that depend on who else waits have no bound.
    others_per_return: at most one return for so many others while others wait; 0: as the instants say.
    """

    early_minutes: int = 10  # G: being earlier than this gives nothing more
    walk_in_minutes: int = 20  # W: who comes without a booking stands behind those who booked
    help_minutes: int = 20  # H: who cannot wait long stands this much further ahead
    return_minutes: int = 20  # R: who comes back from an examination
    late: str = LATE_AS_ARRIVAL
    late_places: int = 3
    late_place_minutes: int = 5
    late_ahead_minutes: int = 20
    missed_places: int = 3  # who missed the call goes behind so many
    others_per_return: int = 2

    def to_json(self) -> dict[str, Any]:
        """Give all of it for the database and for programs."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Settings":
        """Read what was kept; a number that did not exist then has its default."""
        return cls(**{field.name: kept[field.name] for field in fields(cls) if field.name in kept})


LIMITS: Mapping[str, tuple[int, int]] = {
    "early_minutes": (0, 60),
    "walk_in_minutes": (0, 120),
    "help_minutes": (0, 60),
    "return_minutes": (0, 60),
    "late_places": (1, 10),
    "late_place_minutes": (1, 30),
    "late_ahead_minutes": (0, 60),
    "missed_places": (1, 20),
    "others_per_return": (0, 10),
}


@dataclass(frozen=True)
class Claim:
    """What decides a place. band: beginning and end of the booked time; None for who came without a booking."""

    checked_in_at: datetime
    band: tuple[datetime, datetime] | None = None
    triage: str = "normal"
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reckoning:
    """How an instant is reckoned: start + shift, kept between two moments, and `help` earlier than that."""

    start: datetime
    shift: timedelta = timedelta(0)
    not_before: datetime | None = None
    not_after: datetime | None = None
    help: timedelta = timedelta(0)

    @property
    def at(self) -> datetime:
        """Give the instant."""
        at = self.start + self.shift
        if self.not_after is not None:
            at = min(at, self.not_after)
        if self.not_before is not None:
            at = max(at, self.not_before)
        return at - self.help


@dataclass(frozen=True)
class Place:
    """Where a ticket stands, by which rule, and how that was reckoned.

    given: how much help is in it; kept through all moves, so that a later triage takes back just that.
    """

    sort_class: int
    rule: str
    reckoning: Reckoning
    given: timedelta = timedelta(0)

    @property
    def sort_at(self) -> datetime:
        """Give the instant that tickets are ordered by."""
        return self.reckoning.at


@dataclass(frozen=True)
class Own:
    """The place that a ticket has before it moves."""

    sort_class: int
    sort_at: datetime
    rule: str
    given: timedelta = timedelta(0)


class Policy(ABC):
    """How a department orders its queue. One file each; being in the registry is passing its tests."""

    name: ClassVar[str]
    rules: ClassVar[tuple[str, ...]]  # that a new arrival may stand by
    uses: ClassVar[frozenset[str]]  # which settings decide

    @abstractmethod
    def place_of(self, claim: Claim, settings: Settings) -> Place:
        """Give a new arrival its place."""

    @abstractmethod
    def behind(self, settings: Settings) -> timedelta:
        """Say how far behind being there and due a new place lies at most."""

    @abstractmethod
    def ahead(self, settings: Settings) -> timedelta | None:
        """Say how far before one's coming a new place lies at most; None: that has no limit."""

    def bound(self, settings: Settings) -> timedelta | None:
        """Give what is promised: nobody but an urgent patient passes you who comes more than this after you were
        there and due. None: nothing is promised.
        """
        ahead = self.ahead(settings)
        return None if ahead is None else self.behind(settings) + ahead

    def window(self, settings: Settings) -> timedelta:
        """Say behind which others a return stands while it is their turn: those with an instant so much later.

        A return stands at most `return_minutes` before its coming, so nobody passes it by this who comes more than
        the bound later.
        """
        return self.behind(settings) + minutes(settings.return_minutes)

    def place_of_return(self, now: datetime, claim: Claim, settings: Settings) -> Place:
        """Give the place of somebody who comes back from an examination. claim: with the needs of now."""
        shift, given = -minutes(settings.return_minutes), help_of(claim.triage, claim.flags, settings)
        return Place(class_of(claim.triage), "return", Reckoning(now, shift, help=given), given)

    def place_of_recall(
        self, own: Own, waiting: Sequence[datetime], *, now: datetime, times_missed: int, settings: Settings
    ) -> Place:
        """Give the place of somebody who missed the call and is here again; never ahead of the one before.

        waiting: the instants of the waiting tickets in the order of calling, at least as many as one goes behind.
        After the first miss one goes behind the first few who wait, after the second behind all who are here now.
        """
        if times_missed > 1:
            return _moved(own, "rejoin", Reckoning(own.sort_at, not_before=now))
        behind = waiting[: settings.missed_places]
        not_before = max(behind) + ONE if behind else None
        return _moved(own, "recall", Reckoning(own.sort_at, not_before=not_before))

    def place_of_transfer(self, own: Own, claim: Claim, *, now: datetime, settings: Settings) -> Place:
        """Give the place of somebody whom the clinic hands on: the old one, within what this queue promises others.

        claim: the first coming and the band. Where both queues have the same rule, the place stays as it is.
        """
        ahead, given = self.ahead(settings), min(own.given, minutes(settings.help_minutes))
        not_before = None if ahead is None else claim.checked_in_at - ahead
        not_after = _due(claim, now) + self.behind(settings) - given
        return Place(own.sort_class, "transfer", Reckoning(own.sort_at, timedelta(0), not_before, not_after), given)

    def place_of_wish(self, own: Own, claim: Claim, *, now: datetime, settings: Settings) -> Place:
        """Give the place of somebody who asks for another practitioner or department: now; never ahead of before."""
        given = help_of(claim.triage, claim.flags, settings)
        not_before = min(own.sort_at, _due(claim, now) + self.behind(settings) - given)
        return Place(own.sort_class, "wish", Reckoning(now, -given, not_before=not_before), given)

    def place_after_triage(self, own: Own, claim: Claim, settings: Settings) -> Place:
        """Give the place of somebody whose needs are seen otherwise now; the rule of the place stays.

        claim: the last coming, with the needs of now.
        """
        given, ahead = help_of(claim.triage, claim.flags, settings), self.ahead(settings)
        more = ahead is not None and given > own.given
        # of an older rule one may stand further ahead than this one gives: help never moves anybody back
        not_before = min(own.sort_at, claim.checked_in_at - ahead) if more and ahead is not None else None
        reckoning = Reckoning(own.sort_at, own.given - given, not_before=not_before)
        return Place(class_of(claim.triage), own.rule, reckoning, given)


def help_of(triage: str, flags: Iterable[str], settings: Settings) -> timedelta:
    """Give how much further ahead somebody stands who needs help; once, however many needs there are."""
    return minutes(settings.help_minutes) if triage == "priority" or HELP_FLAGS & set(flags) else timedelta(0)


def class_of(triage: str) -> int:
    """Give the class that is called first, or the one of everybody else."""
    return URGENT_CLASS if triage == "urgent" else ORDINARY_CLASS


def new_place(claim: Claim, rule: str, reckoning: Reckoning, settings: Settings) -> Place:
    """Give a new arrival its place, with the help that is needed."""
    given = help_of(claim.triage, claim.flags, settings)
    helped = Reckoning(reckoning.start, reckoning.shift, reckoning.not_before, reckoning.not_after, given)
    return Place(class_of(claim.triage), rule, helped, given)


def late_place(claim: Claim, ends_at: datetime, settings: Settings) -> Place:
    """Give the place of somebody who comes after the booked band."""
    if settings.late == LATE_AS_ARRIVAL:
        return new_place(claim, "late", Reckoning(claim.checked_in_at), settings)
    not_before = claim.checked_in_at - minutes(settings.late_ahead_minutes)
    return new_place(claim, "ladder", Reckoning(ends_at, _ladder(settings), not_before=not_before), settings)


def late_behind(settings: Settings) -> timedelta:
    """Say how far behind their coming the late ones stand at most."""
    return _ladder(settings) if settings.late == LATE_LADDER else timedelta(0)


def late_ahead(settings: Settings) -> timedelta:
    """Say how far before their coming the late ones stand at most."""
    return minutes(settings.late_ahead_minutes) if settings.late == LATE_LADDER else timedelta(0)


def minutes(number: int) -> timedelta:
    """Give so many minutes."""
    return timedelta(minutes=number)


def _ladder(settings: Settings) -> timedelta:
    return minutes(settings.late_places * settings.late_place_minutes)


def _due(claim: Claim, now: datetime) -> datetime:
    return max(now, claim.band[0]) if claim.band else now


def _moved(own: Own, rule: str, reckoning: Reckoning) -> Place:
    return Place(own.sort_class, rule, reckoning, own.given)
