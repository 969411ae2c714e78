"""A queue as it was at a second, out of the lines of its log. Pure: nothing of today is read.

A ticket's line holds the whole ticket as it was shown. A plan line (`queue_plan` in migration 0022) holds what is shown
beside: the rooms, who sits where from when to when, and what rooms, doctors and the department are called.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from miniapp_api.queue.rules import ACTIVE, TicketState
from miniapp_api.queue.showing import show_room

# what `queue.showing.logged` keeps of a ticket beside what `show` shows
BASIS = ("sort_class", "sort_at", "sort_number", "arrived_at", "rule", "rule_version", "reorderings", "band")
PLAN = "plan"
_RANK = {TicketState.IN_SERVICE: 0, TicketState.CALLED: 1, TicketState.READY: 2, TicketState.WAITING: 3}
_LAST = 4
_IN_LINE = (TicketState.WAITING, TicketState.READY)


@dataclass(frozen=True)
class Line:
    """One line of the log, as `models.LINES` reads it."""

    seq: int
    at: datetime
    kind: str
    subject_id: UUID
    act: str
    state: dict[str, Any]

    @property
    def is_plan(self) -> bool:
        """Tell whether it says what is shown beside the tickets."""
        return self.kind == "queue" and self.act == PLAN


@dataclass
class Rebuilt:
    """A queue at a second. tickets: as logged, active ones in the order of calling. pause: of the whole queue.

    is_certain: what is shown beside the tickets is known, too.
    """

    department: dict[str, Any]
    rooms: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    pause: dict[str, Any] | None
    is_certain: bool

    @property
    def shown(self) -> list[dict[str, Any]]:
        """Give the tickets as the screens showed them."""
        return [shown(ticket) for ticket in self.tickets]


def shown(state: dict[str, Any]) -> dict[str, Any]:
    """Give what the screens showed of a logged ticket."""
    return {name: value for name, value in state.items() if name not in BASIS}


def rebuild(lines: Iterable[Line], at: datetime) -> Rebuilt:
    """Give a queue as it was at a moment.

    lines: of one department and day, in the order of their numbers, up to the moment; of later ones only a plan counts,
        when no earlier one is known.
    """
    plan: Line | None = None
    later: Line | None = None
    last: dict[UUID, Line] = {}
    rooms: dict[str, dict[str, Any]] = {}
    pause: dict[str, Any] | None = None
    for line in lines:
        if line.is_plan and line.at <= at:
            plan = line
            rooms = {room["id"]: room for room in line.state["rooms"]}
        elif line.is_plan and plan is None:
            later = line
            rooms = {room["id"]: room for room in line.state["rooms"]} | rooms
        elif line.at > at:
            continue
        elif line.kind == "room":
            rooms[str(line.subject_id)] = line.state
        elif line.kind == "ticket":
            last[line.subject_id] = line
        elif line.kind == "queue":
            pause = line.state.get("pause")
    known = plan or later
    said = known.state if known else {"department": {}, "sessions": [], "people": {}}
    tickets = [_named(line, known) for line in last.values()]
    return Rebuilt(
        department=said["department"],
        rooms=[_room(rooms[room_id], said, at) for room_id in sorted(rooms)],
        tickets=sorted((one for one in tickets if one["state"] in ACTIVE), key=place_key),
        pause=pause,
        is_certain=plan is not None,
    )


def place_key(ticket: dict[str, Any]) -> tuple[Any, ...]:
    """Give what a queue is shown in the order of, as `queue.models.QUEUE` orders it."""
    return _RANK.get(ticket["state"], _LAST), *key_of(ticket)


def key_of(ticket: dict[str, Any]) -> tuple[int, datetime, int]:
    """Give what waiting tickets are called by."""
    return ticket["sort_class"], datetime.fromisoformat(ticket["sort_at"]), ticket["sort_number"]


def ahead_of(ticket: dict[str, Any], tickets: Iterable[dict[str, Any]]) -> int:
    """Count who was called before a waiting ticket's place, as `queue.models.AHEAD` counts."""
    own, mine = key_of(ticket), _practitioner(ticket)
    return sum(
        other["state"] in _IN_LINE
        and key_of(other) < own
        and (mine is None or _practitioner(other) is None or _practitioner(other) == mine)
        for other in tickets
    )


def _practitioner(ticket: dict[str, Any]) -> str | None:
    return ticket["practitioner"]["id"] if ticket["practitioner"] else None


def _named(line: Line, plan: Line | None) -> dict[str, Any]:
    """Give a ticket with the names that held: a rename after its last line is in the plan."""
    if plan is None or plan.seq < line.seq:
        return line.state
    state, said = dict(line.state), plan.state
    rooms = {room["id"]: room for room in said["rooms"]}
    if state["room"] and (room := rooms.get(state["room"]["id"])):
        state["room"] = {name: room[name] for name in ("id", "name", "location")}
    if state["practitioner"] and (name := said["people"].get(state["practitioner"]["id"])):
        state["practitioner"] = {"id": state["practitioner"]["id"], "name": name}
    state["department"] = {name: said["department"][name] for name in ("id", "name")}
    return state


def _room(room: dict[str, Any], plan: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Give a room as the screens showed it, with who sat there by the plan."""
    sitting = [session for session in plan["sessions"] if session["room_id"] == room["id"]]
    practitioner_id = min(sitting, key=lambda one: _who_sits(one, at))["practitioner_id"] if sitting else None
    department = plan["department"] or room["department"]
    pause = room.get("pause") or {"reason": room.get("pause_reason"), "until": room.get("paused_until")}
    return show_room(
        {
            **room,
            "department_id": department["id"],
            "department_name": department["name"],
            "practitioner_id": practitioner_id,
            "practitioner_name": plan["people"][practitioner_id] if practitioner_id else None,
            "pause_reason": pause["reason"],
            "paused_until": datetime.fromisoformat(pause["until"]) if pause["until"] else None,
        }
    )


def _who_sits(session: dict[str, Any], at: datetime) -> tuple[Any, ...]:
    """The one that runs, or the next one, or the last one; as the screens ask the database."""
    starts_at, ends_at = (datetime.fromisoformat(session[name]) for name in ("starts_at", "ends_at"))
    runs = starts_at <= at < ends_at
    return not runs, ends_at <= at, abs(starts_at - at), session["id"]
