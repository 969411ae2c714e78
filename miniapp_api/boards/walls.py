"""What hangs on the wall: the board of one department or of a zone of several, with all that it shows and says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.boards import models, settings
from miniapp_api.boards.rules import CALL, LANGUAGES, READY, RECALL, BoardSettings, said, where
from miniapp_api.queue import models as queue_models
from miniapp_api.queue.order.explanations import promise
from miniapp_api.queue.order.ordering import bound_today
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.showing import BOARD_NEXT, board, show, show_room
from miniapp_api.queue.views import pause_now, rooms_of
from server import clock, db, live
from server.errors import NotFound
from server.web import moment

LAST_CALLS = 8
ZONE_AT_MOST = 6  # departments that share one wall


@dataclass(frozen=True)
class Shown:
    """A department as it was shown at a moment: rooms and tickets as `queue.showing` shows them, now or of the log."""

    id: UUID
    name: str
    location: str
    version: int
    rooms: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    pause: dict[str, Any] | None = None  # of the whole queue, as `queue.showing.show_pause` shows it


async def wall_of(department_ids: Sequence[UUID]) -> dict[str, Any]:
    """Give what everybody in the waiting room may read: who is called, who is next, who sits where, what is announced.

    No id of a person or a ticket is in it: the board is open to all. Raises: NotFound.
    """
    decided = await settings.read_many(department_ids)
    parts = [await _shown_now(each) for each in department_ids]
    called = await db.fetch(models.LAST_CALLS, list(department_ids), clock.today(), 2 * LAST_CALLS)
    order = await _order_text(department_ids)
    return wall(parts, decided, called, at=clock.now()) | await standing(department_ids) | {"order_text": order}


async def _order_text(department_ids: Sequence[UUID]) -> dict[str, str]:
    """Say what the order promises, in every language; for a zone what holds in all of its departments."""
    bounds = [await bound_today(each) for each in department_ids]
    limits = [bound for bound in bounds if bound is not None]
    bound = max(limits) if len(limits) == len(bounds) else None
    return {language: promise(bound, language) for language in LANGUAGES}


def wall(
    parts: Sequence[Shown],
    decided: Mapping[UUID, tuple[BoardSettings, int]],
    called: list[dict[str, Any]],
    *,
    at: datetime,
) -> dict[str, Any]:
    """Give a wall without what is announced on it. called: as `models.LAST_CALLS` reads them."""
    first, version = decided[parts[0].id]
    dressed = [_part(each, decided[each.id][0], len(parts) > 1) for each in parts]
    return {
        "version": sum(part["version"] for part in dressed),
        "at": moment(at),
        "day": clock.local(at).date().isoformat(),
        "timezone": clock.zone().key,
        **_joined(dressed),
        "last_calls": _last_calls(called, {each.id: decided[each.id][0] for each in parts}),
        "settings": settings.shown(first, version),
    }


async def _shown_now(department_id: UUID) -> Shown:
    department = await db.fetch_one("SELECT name, location FROM department WHERE id = $1 AND active", department_id)
    if department is None:
        raise NotFound()
    seq = await live.seq_of(live.queue_topic(department_id))
    rooms = [show_room(row) for row in await rooms_of([department_id])]
    tickets = [show(row) for row in await db.fetch(queue_models.QUEUE, department_id, clock.today())]
    pause = await pause_now(department_id)
    return Shown(department_id, department["name"], department["location"], seq, rooms, tickets, pause)


def _part(shown: Shown, decided: BoardSettings, is_zone: bool) -> dict[str, Any]:
    core = board(shown.rooms, shown.tickets)
    dressed = dict(core)
    dressed["called"] = [_dressed(each, decided, shown.location) for each in core["called"]]
    dressed["ready"] = [
        _dressed(_ready(ticket), decided, shown.location)
        for ticket in shown.tickets
        if ticket["state"] == TicketState.READY
    ]
    dressed["next"] = [
        {**each, "name": _named(each["name"], decided), "department": shown.name if is_zone else ""}
        for each in core["next"]
    ]
    dressed["missed"] = [ticket["number"] for ticket in shown.tickets if ticket["state"] == TicketState.MISSED]
    dressed["pause"] = shown.pause
    return {"version": shown.version, "department": shown.name, "location": shown.location, **dressed}


def _ready(ticket: dict[str, Any]) -> dict[str, Any]:
    room = ticket["room"] or {"name": None, "location": None}
    return {
        "number": ticket["number"],
        "name": ticket["patient"]["name"],
        "state": ticket["state"],
        "room": room["name"],
        "location": room["location"],
        "call_count": ticket["call_count"],
        "called_at": ticket["called_at"],
    }


def _dressed(call: dict[str, Any], decided: BoardSettings, here: str) -> dict[str, Any]:
    """Add what is said for a call, and leave out what the department does not show."""
    kind = READY if call["state"] == TicketState.READY else RECALL if call["call_count"] > 1 else CALL
    name = call["name"] if decided.spoken == "family_name" else ""
    to = where(call["location"], call["room"], here)
    speech = said(kind, call["number"], to, name=name)
    return {**call, "name": _named(call["name"], decided), "kind": kind, "speech": speech}


def _named(masked: str, decided: BoardSettings) -> str:
    return masked if decided.names == "masked" else ""


def _last_calls(rows: list[dict[str, Any]], decided: dict[UUID, BoardSettings]) -> list[dict[str, Any]]:
    latest = {row["number"]: row for row in reversed(rows)}  # the newest of each number stays
    newest = sorted(latest.values(), key=lambda row: row["called_at"] or "", reverse=True)
    return [
        {
            "number": row["number"],
            "name": _named(row["name"], decided[row["department_id"]]),
            "room": row["room"],
            "called_at": row["called_at"],
        }
        for row in newest[:LAST_CALLS]
    ]


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Put departments on one wall: calls by their time, who is next in turns."""
    columns = zip_longest(*(part["next"] for part in parts))
    after = [each for column in columns for each in column if each is not None]
    called = sorted(chain(*(part["called"] for part in parts)), key=lambda call: call["called_at"], reverse=True)
    return {
        "department": " · ".join(part["department"] for part in parts),
        "location": parts[0]["location"],
        "rooms": [room for part in parts for room in part["rooms"]],
        "called": called,
        "ready": [call for part in parts for call in part["ready"]],
        "next": after[:BOARD_NEXT],
        "waiting": sum(part["waiting"] for part in parts),
        "pause": next((part["pause"] for part in parts if part["pause"]), None),
        "missed": [number for part in parts for number in part["missed"]],
    }


async def standing(department_ids: Sequence[UUID]) -> dict[str, Any]:
    """Give what is announced on the boards of departments: {notices, broadcast}; who wrote it is not shown."""
    return announced(await db.fetch(models.STANDING, list(department_ids)))


def announced(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Show what stood on the boards at a moment: {notices, broadcast}. rows: as `models.STANDING` reads them."""
    lines = [row for row in rows if row["kind"] == "notice"]
    broadcasts = [row for row in rows if row["kind"] == "broadcast"]
    # what concerns the whole hospital comes before what concerns a department
    loudest = min(broadcasts, key=lambda row: row["department_id"] is not None, default=None)
    broadcast = loudest and {
        "texts": orjson.loads(loudest["texts"]),
        "at": moment(loudest["at"]),
        "is_whole": loudest["department_id"] is None,
    }
    notices = [{"texts": orjson.loads(row["texts"]), "at": moment(row["at"])} for row in lines]
    return {"notices": notices, "broadcast": broadcast}
