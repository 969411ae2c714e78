"""A day out of the log, as `reenacting` plays it again: who came, what each did, and how the rooms called. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from miniapp_api.queue.order.ordering import claim_of
from miniapp_api.queue.rules import RoomState, TicketState
from miniapp_api.replay.rebuilding import Line
from miniapp_api.replay.reenacting import Call, End, RoomDay, Stay, Visitor
from miniapp_api.replay.telling import as_row

BREAK = timedelta(minutes=10)  # a room that lets people wait for longer is not there
DAY_CLOSED = "day_closed"  # the night's word for who was left over
_S = TicketState
_LINE = (_S.WAITING, _S.READY)
_ROOM = (_S.CALLED, _S.IN_SERVICE)
_ENDS = {
    _S.AWAY: End.AWAY,
    _S.MISSED: End.MISSED,
    _S.HELD: End.HELD,
    _S.WAITING: End.BACK,
    _S.READY: End.BACK,
}


@dataclass(frozen=True)
class Played:
    """A day as it was. calls: what happened. rule_versions: of the department, that places were given by."""

    visitors: tuple[Visitor, ...]
    rooms: tuple[RoomDay, ...]
    calls: tuple[Call, ...]
    rule_versions: tuple[int, ...]


@dataclass
class _Person:
    """A ticket while its lines are read."""

    first: Line
    state: str
    practitioner: str | None
    since: datetime
    is_return: bool = False
    stays: list[Stay] = field(default_factory=list)
    aside: list[tuple[datetime, datetime]] = field(default_factory=list)
    triaged: list[tuple[datetime, str, frozenset[str]]] = field(default_factory=list)
    needs: tuple[str, frozenset[str]] = ("normal", frozenset())
    gives_up_at: datetime | None = None
    called_at: datetime | None = None  # in a room since
    gone_at: datetime | None = None  # out of line and room since
    room: str | None = None


@dataclass
class _Room:
    """A room while the day is read. ready_at: since when it was free with somebody to call."""

    day: RoomDay  # whom it may take
    shut_since: datetime | None = None
    shut: list[tuple[datetime, datetime]] = field(default_factory=list)
    reactions: list[timedelta] = field(default_factory=list)
    busy: str | None = None
    ready_at: datetime | None = None


class Reader:
    """Reads the lines of a day in their order."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = [line for line in lines if not _is_of_the_night(line)]
        self._people: dict[str, _Person] = {}
        self._calls: list[Call] = []
        self._line: Counter[str | None] = Counter()  # who waits for whom
        self._rooms = {day.id: _Room(day) for day in _whom_rooms_take(self._lines)}
        self._queue_shut_since: datetime | None = None

    def read(self) -> Played:
        """Give the day."""
        for line in self._lines:
            match line.kind:
                case "ticket":
                    self._ticket(line)
                case "room":
                    self._room(str(line.subject_id), line)
                case "queue" if line.act in ("paused", "resumed"):
                    self._queue(line)
            for room in self._rooms.values():
                self._look(room, line.at)
        versions = {line.state["rule_version"] for line in self._lines if line.kind == "ticket"}
        return Played(
            tuple(self._visitor(one) for one in self._people.values()),
            tuple(self._room_day(room) for room in self._rooms.values()),
            tuple(self._calls),
            tuple(sorted(versions)),
        )

    # ---- lines ----

    def _ticket(self, line: Line) -> None:
        state, who = line.state, line.state["id"]
        practitioner = state["practitioner"]["id"] if state["practitioner"] else None
        needs = (state["triage"], frozenset(state["flags"]))
        person = self._people.get(who)
        if person is None:
            self._people[who] = _Person(line, state["state"], practitioner, line.at, needs=needs)
            self._line[practitioner] += 1
            return
        self._line[person.practitioner] -= person.state in _LINE
        old, person.state, person.practitioner = person.state, state["state"], practitioner
        self._line[practitioner] += person.state in _LINE
        if needs != person.needs:
            person.needs = needs
            person.triaged.append((line.at, *needs))
        if old in _ROOM and person.state not in _ROOM:
            self._out_of_room(person, line)
        elif old not in _ROOM and person.state in _ROOM:
            self._into_room(person, old, line)
        elif old in _LINE and person.state not in _LINE:
            self._out_of_line(person, line)
        elif old not in _LINE and person.state in _LINE:
            self._into_line(person, line.at)
        elif person.state in (_S.LEFT, _S.TRANSFERRED) and old == _S.HELD and person.called_at is None:
            person.gives_up_at = person.gone_at

    def _into_room(self, person: _Person, old: str, line: Line) -> None:
        room = self._rooms[line.state["room"]["id"]]
        person.room = room.day.id
        room.busy = line.state["id"]
        if old not in _LINE and person.stays:  # an end was taken back: the stay goes on
            person.called_at = line.at - person.stays.pop().takes
            person.gone_at = room.ready_at = None
            return
        person.called_at = line.at
        reaction = line.at - (room.ready_at or line.at)
        if reaction > BREAK:
            room.shut.append((line.at - reaction, line.at))
            reaction = timedelta(0)
        room.reactions.append(reaction)
        room.ready_at = None
        self._calls.append(Call(line.state["id"], room.day.id, line.at, person.since, person.is_return))

    def _out_of_room(self, person: _Person, line: Line) -> None:
        assert person.called_at is not None  # it was in a room
        assert person.room is not None
        end = _ENDS.get(TicketState(person.state), End.OVER)
        gone = timedelta(0) if end is End.BACK else None
        person.stays.append(Stay(line.at - person.called_at, end, gone))
        person.gone_at = line.at
        self._rooms[person.room].busy = None

    def _out_of_line(self, person: _Person, line: Line) -> None:
        person.gone_at = line.at
        if person.state != _S.HELD:
            person.gives_up_at = line.at
        else:
            person.called_at = None  # stepped aside out of the line, not out of a room

    def _into_line(self, person: _Person, at: datetime) -> None:
        last = person.stays[-1] if person.stays else None
        begins = person.gone_at or at
        if last is not None and last.gone is None and last.end is not End.OVER and person.called_at is not None:
            person.stays[-1] = Stay(last.takes, last.end, at - begins)
            person.is_return = person.is_return or last.end is End.AWAY
            person.since = at
        else:
            person.aside.append((begins, at))

    def _room(self, which: str, line: Line) -> None:
        if which in self._rooms:
            self._shut(self._rooms[which], line.state["state"] != RoomState.OPEN, line.at)

    def _queue(self, line: Line) -> None:
        if line.state.get("pause"):
            self._queue_shut_since = line.at
        elif self._queue_shut_since is not None:
            for room in self._rooms.values():
                room.shut.append((self._queue_shut_since, line.at))
            self._queue_shut_since = None

    def _shut(self, room: _Room, is_shut: bool, at: datetime) -> None:
        if is_shut and room.shut_since is None:
            room.shut_since = at
        elif not is_shut and room.shut_since is not None:
            room.shut.append((room.shut_since, at))
            room.shut_since = None

    def _look(self, room: _Room, now: datetime) -> None:
        """Note since when a free and open room has somebody to call, as the re-enactment looks after each event."""
        if room.busy or room.ready_at or room.shut_since or self._queue_shut_since:
            return
        if self._has_somebody_for(room):
            room.ready_at = now

    def _has_somebody_for(self, room: _Room) -> bool:
        return any(number > 0 and room.day.may_take(practitioner) for practitioner, number in self._line.items())

    # ---- what comes of it ----

    def _room_day(self, room: _Room) -> RoomDay:
        return replace(
            room.day,
            shut=tuple(sorted(room.shut)),
            reactions=tuple(room.reactions),
            closes_at=room.ready_at or (self._lines[-1].at if room.busy else None),
        )

    def _visitor(self, person: _Person) -> Visitor:
        state = person.first.state
        if person.state in _ROOM and person.called_at is not None:  # nobody has ended it yet
            person.stays.append(Stay(self._lines[-1].at - person.called_at, End.OVER))
        if person.state == _S.HELD and person.called_at is None:  # stepped out of the line and never came back
            person.gives_up_at = person.gone_at
        return Visitor(
            id=state["id"],
            number=state["sort_number"],
            claim=claim_of(as_row(state)),
            came_at=person.first.at,
            practitioner=person.practitioner,
            stays=tuple(person.stays),
            aside=tuple(person.aside),
            triaged=tuple(person.triaged),
            gives_up_at=person.gives_up_at,
        )


def read_day(lines: Iterable[Line]) -> Played:
    """Give a day as the log tells it. lines: all of one department and day, in their order."""
    return Reader(list(lines)).read()


def _is_of_the_night(line: Line) -> bool:
    return line.kind == "ticket" and line.state.get("reason") == DAY_CLOSED


def _whom_rooms_take(lines: Sequence[Line]) -> list[RoomDay]:
    """Say whom each room takes: who was planned there by the last plan of the day, and whom it called."""
    plans: list[dict[str, Any]] = [line.state for line in lines if line.is_plan]
    planned: dict[str, set[str]] = {room["id"]: set() for room in plans[-1]["rooms"]} if plans else {}
    for session in plans[-1]["sessions"] if plans else ():
        planned.setdefault(session["room_id"], set()).add(session["practitioner_id"])
    called: dict[str, set[str]] = {}
    for line in lines:
        if line.kind == "ticket" and line.state["state"] in _ROOM:
            room, practitioner = line.state["room"]["id"], line.state["practitioner"]
            called.setdefault(room, set()).update([practitioner["id"]] if practitioner else [])
    found = []
    for room in sorted(planned.keys() | called.keys()):
        elsewhere = frozenset[str]().union(*(who for name, who in planned.items() if name != room))
        takes = planned.get(room, set()) | (called.get(room, set()) if planned.get(room) else set())
        found.append(RoomDay(room, frozenset(takes), elsewhere - called.get(room, set())))
    return found
