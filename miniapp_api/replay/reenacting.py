"""A day of a queue played again, by the same or by another rule: who would have been called when. Pure.

What people did stays: when they came, how long each stay in a room took, how long they were away, when they gave up.
What rooms did stays: when they were paused, how long they took from being free to the next call. Only whom a room
calls is decided anew, by the same functions that decide in the real queue (`queue.policies`).
"""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from random import Random

from miniapp_api.queue.policies.basis import Claim, Own, Place, Policy, Settings
from miniapp_api.queue.policies.turns import Standing, Turn, counted, key

FIRST_TURN = 1000  # others called since the last return, at the start of a day: it is a return's turn
NO_TIME = timedelta(0)


class End(StrEnum):
    """How a stay in a room ended."""

    OVER = "over"  # seen, gone or handed on
    AWAY = "away"  # sent to a station
    MISSED = "missed"  # did not come when called
    HELD = "held"  # was called and asked for a moment
    BACK = "back"  # the call was taken back: waits again at once, at the same place


@dataclass(frozen=True)
class Stay:
    """One call and what came of it. takes: until the room was free. gone: until back in the line; None: never."""

    takes: timedelta
    end: End
    gone: timedelta | None = None


@dataclass(frozen=True)
class Visitor:
    """Somebody in the queue. came_at: into this line. gives_up_at: left while waiting; None when not.

    aside: spans in which the patient asked for time while waiting. triaged: when the needs were seen otherwise, and
    how: (moment, triage, flags). practitioner: None for any of the department.
    """

    id: str
    number: int
    claim: Claim
    came_at: datetime
    practitioner: str | None = None
    stays: tuple[Stay, ...] = ()
    aside: tuple[tuple[datetime, datetime], ...] = ()
    triaged: tuple[tuple[datetime, str, frozenset[str]], ...] = ()
    gives_up_at: datetime | None = None


@dataclass(frozen=True)
class RoomDay:
    """A room's day. takes: practitioners planned in it; empty: those planned in no other room, `elsewhere`.

    shut: spans in which it did not call. reactions: from being free and somebody waiting to each call, in order.
    closes_at: when it stopped although somebody waited whom it takes; None when it did not.
    """

    id: str
    takes: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    shut: tuple[tuple[datetime, datetime], ...] = ()
    reactions: tuple[timedelta, ...] = ()
    closes_at: datetime | None = None

    def may_take(self, practitioner: str | None) -> bool:
        """Tell whether a ticket for this practitioner is called here."""
        if practitioner is None or practitioner in self.takes:
            return True
        return not self.takes and practitioner not in self.elsewhere

    def open_from(self, at: datetime) -> datetime:
        """Give the first moment from this one on at which the room calls."""
        for begins, ends in self.shut:
            if begins <= at < ends:
                at = ends
        return at


@dataclass(frozen=True)
class Call:
    """Somebody was called. waiting_since: in the line, for this call. is_return: after having been in a room."""

    visitor: str
    room: str
    at: datetime
    waiting_since: datetime
    is_return: bool


@dataclass
class _Place:
    visitor: Visitor
    claim: Claim
    place: Place
    since: datetime
    is_return: bool

    def __post_init__(self) -> None:
        self.standing = Standing(self.place.sort_class, self.place.sort_at, self.visitor.number, self.place.rule)

    def move(self, place: Place) -> None:
        """Stand somewhere else."""
        self.place = place
        self.__post_init__()

    @property
    def own(self) -> Own:
        return Own(self.place.sort_class, self.place.sort_at, self.place.rule, self.place.given)


@dataclass
class _Room:
    day: RoomDay
    calls: int = 0
    opens_at: datetime | None = None  # looks again then


@dataclass
class Reenactment:
    """A day being played. seed: draws how long a stay takes of somebody who in truth was never called."""

    policy: Policy
    settings: Settings
    visitors: Sequence[Visitor]
    rooms: Sequence[RoomDay]
    seed: int = 1
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._turn = Turn(self.settings.others_per_return, self.policy.window(self.settings))
        self._since_return = FIRST_TURN
        self._order = count()
        self._agenda: list[tuple[datetime, int, int, str, str]] = []
        self._waiting: dict[str, _Place] = {}
        self._line: Counter[str | None] = Counter()  # who waits for whom
        self._idle: set[str] = set()  # rooms that look for somebody
        self._aside: dict[str, _Place] = {}
        self._gone: dict[str, _Place] = {}
        self._stays: dict[str, int] = {}
        self._misses: dict[str, int] = {}
        self._by_id: Mapping[str, Visitor] = {one.id: one for one in self.visitors}
        self._known = [stay.takes for one in self.visitors for stay in one.stays if stay.end in (End.OVER, End.AWAY)]

    def play(self) -> list[Call]:
        """Play the day; give the calls in their order."""
        if not self.visitors:
            return []
        rooms = {day.id: _Room(day) for day in self.rooms}
        self._idle = set(rooms)
        for one in self.visitors:
            self._plan(one.came_at, "comes", one.id)
            if one.gives_up_at is not None:
                self._plan(one.gives_up_at, "gives_up", one.id)
            for from_at, to_at in one.aside:
                self._plan(from_at, "steps_aside", one.id)
                self._plan(to_at, "steps_back", one.id)
            for at, *_ in one.triaged:
                self._plan(at, "is_triaged", one.id)
        while self._agenda:
            now, _, _, what, who = heapq.heappop(self._agenda)
            if what == "calls":
                self._call(rooms[who], now)
            elif what == "is_free":
                self._idle.add(who)
            elif what == "opens":
                pass  # only the look below
            else:
                getattr(self, f"_{what}")(who, now)
            for name in sorted(self._idle):
                self._look(rooms[name], now)
        return self.calls

    def _plan(self, at: datetime, what: str, who: str) -> None:
        # at one moment first who comes and goes, then the rooms
        heapq.heappush(self._agenda, (at, what == "calls", next(self._order), what, who))

    def _enter(self, place: _Place) -> None:
        self._waiting[place.visitor.id] = place
        self._line[place.visitor.practitioner] += 1

    def _leave(self, who: str) -> _Place | None:
        place = self._waiting.pop(who, None)
        if place is not None:
            self._line[place.visitor.practitioner] -= 1
        return place

    # ---- what people do ----

    def _comes(self, who: str, now: datetime) -> None:
        visitor = self._by_id[who]
        place = self.policy.place_of(visitor.claim, self.settings)
        self._enter(_Place(visitor, visitor.claim, place, now, False))

    def _gives_up(self, who: str, now: datetime) -> None:
        self._leave(who)
        self._aside.pop(who, None)

    def _steps_aside(self, who: str, now: datetime) -> None:
        if (place := self._leave(who)) is not None:
            self._aside[who] = place

    def _steps_back(self, who: str, now: datetime) -> None:
        if who in self._aside:
            self._enter(self._aside.pop(who))

    def _is_triaged(self, who: str, now: datetime) -> None:
        found = self._waiting.get(who) or self._aside.get(who) or self._gone.get(who)
        if found is not None:
            triage, flags = next((triage, flags) for at, triage, flags in found.visitor.triaged if at == now)
            found.claim = replace(found.claim, triage=triage, flags=flags)
            found.move(self.policy.place_after_triage(found.own, found.claim, self.settings))

    def _returns(self, who: str, now: datetime) -> None:
        old = self._gone.pop(who)
        stay = old.visitor.stays[self._stays[who] - 1]
        if stay.end is End.AWAY:
            place = self.policy.place_of_return(now, old.claim, self.settings)
            self._enter(_Place(old.visitor, old.claim, place, now, True))
            return
        place = old.place
        if stay.end is End.MISSED:
            place = self.policy.place_of_recall(
                old.own, self._first_waiting(old), now=now, times_missed=self._misses[who], settings=self.settings
            )
        since = old.since if stay.end is End.BACK else now
        self._enter(_Place(old.visitor, old.claim, place, since, old.is_return))

    def _first_waiting(self, mine: _Place) -> list[datetime]:
        line = [
            one.standing
            for one in self._waiting.values()
            if one.place.sort_class == mine.place.sort_class
            and (mine.visitor.practitioner is None or one.visitor.practitioner in (None, mine.visitor.practitioner))
        ]
        line.sort(key=lambda one: (one.sort_class, one.sort_at, one.number))
        return [one.sort_at for one in line[: self.settings.missed_places]]

    # ---- what rooms do ----

    def _look(self, room: _Room, now: datetime) -> None:
        """Let a free room that finds somebody waiting call after its reaction."""
        if room.day.closes_at is not None and now >= room.day.closes_at:
            return
        if not any(number > 0 and room.day.may_take(whom) for whom, number in self._line.items()):
            return
        opens = room.day.open_from(now)
        if opens > now:
            if room.opens_at != opens:
                room.opens_at = opens
                self._plan(opens, "opens", room.day.id)
            return
        reactions = room.day.reactions
        reaction = reactions[room.calls] if room.calls < len(reactions) else usual(reactions)
        self._idle.discard(room.day.id)
        self._plan(now + reaction, "calls", room.day.id)

    def _call(self, room: _Room, now: datetime) -> None:
        line = [one for one in self._waiting.values() if room.day.may_take(one.visitor.practitioner)]
        if not line:  # gone meanwhile; the next look waits for the next one
            self._idle.add(room.day.id)
            return
        place = min(line, key=lambda one: key(one.standing, self._since_return, self._turn))
        self._since_return = counted(self._since_return, place.standing)
        who = place.visitor.id
        self._leave(who)
        room.calls += 1
        self.calls.append(Call(who, room.day.id, now, place.since, place.is_return))
        stay = self._stay_of(place.visitor)
        self._stays[who] = self._stays.get(who, 0) + 1
        free_at = now + stay.takes
        self._plan(free_at, "is_free", room.day.id)
        if stay.end is End.MISSED:
            self._misses[who] = self._misses.get(who, 0) + 1
        if stay.gone is not None:
            self._gone[who] = place
            self._plan(free_at + stay.gone, "returns", who)

    def _stay_of(self, visitor: Visitor) -> Stay:
        known = self._stays.get(visitor.id, 0)
        if known < len(visitor.stays):
            return visitor.stays[known]
        if not self._known:
            return Stay(timedelta(minutes=8), End.OVER)
        return Stay(Random(f"{self.seed}:{visitor.id}:{known}").choice(self._known), End.OVER)


def usual(amounts: Sequence[timedelta]) -> timedelta:
    """Give the middle one of some amounts; none: no time."""
    return sorted(amounts)[len(amounts) // 2] if amounts else NO_TIME
