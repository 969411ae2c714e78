"""Looking at a queue's past: how it was at a second, and what happened between two moments. Who looked is recorded."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.boards import settings
from miniapp_api.boards.rules import BoardSettings
from miniapp_api.boards.walls import LAST_CALLS, Shown, announced, wall
from miniapp_api.queue.order import ordering
from miniapp_api.replay import models, telling
from miniapp_api.replay.rebuilding import Line, Rebuilt, ahead_of, rebuild
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, wrong_field
from server.web import moment

WHO_LOOKS = (Role.SUPERVISOR, Role.COMPLAINT_HANDLER, Role.DEPARTMENT_HEAD, Role.COMMITTEE)
EVENTS_AT_MOST = 1000
DAYS_AT_MOST = 60
CALLS = ("called", "recalled")
LEEWAY = timedelta(seconds=2)  # clocks of two machines


@dataclass(frozen=True)
class Span:
    """Which events: between two moments of one day, of one ticket or of all, after this number, at most so many."""

    begins_at: datetime
    ends_at: datetime
    ticket_id: UUID | None = None
    after: int = 0
    limit: int = EVENTS_AT_MOST


def day_of(at: datetime) -> date:
    """Give the hospital's day of a moment."""
    return clock.local(at).date()


def check_past(at: datetime, pointer: str) -> None:
    """Refuse a moment that is still to come.

    Raises: Malformed.
    """
    if at > clock.now() + LEEWAY:
        raise wrong_field(pointer, "in_the_future", "not yet")


async def department_like(which: str) -> dict[str, Any]:
    """Give the department that somebody names by id, code or name: {id, name, location}.

    Raises: NotFound, also when two are called so.
    """
    rows = await db.fetch(models.DEPARTMENT, which.strip())
    if len(rows) != 1:
        raise NotFound()
    return rows[0]


async def may_look(department_id: UUID, staff: SignedInStaff, *roles: Role) -> dict[str, Any]:
    """Give the department, if this person may look at its past. roles: `WHO_LOOKS` when none is named.

    Raises: NotFound, also for the department of somebody else.
    """
    row = await db.fetch_one(models.DEPARTMENT, str(department_id))
    if row is None or not staff.may(*(roles or WHO_LOOKS), department_id=department_id):
        raise NotFound()
    return row


async def looked(department_id: UUID, day: date, staff: SignedInStaff) -> None:
    """Write down that somebody looked at a day of a queue."""
    await db.fetch(models.LOOKED, staff.id, department_id, day, clock.today())


async def lines_of(department_id: UUID, day: date, until: datetime) -> list[Line]:
    """Read a day's log up to a moment."""
    rows = await db.fetch(models.LINES, department_id, day, until)
    return [Line(**row | {"state": orjson.loads(row["state"])}) for row in rows]


async def replay(department: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Give a department's queue and board as they were shown at a moment, and what was told to who waited.

    department: {id, name, location}; its names of today are shown only where the log says none.
    hash: SHA-256 of queue and board without the moment; two equal ones showed the same.
    """
    day = day_of(at)
    lines = await lines_of(department["id"], day, at)
    rebuilt = rebuild(lines, at)
    row = await db.fetch_one(models.VERSION, department["id"], day, at)
    version = (row["seq"] if row else None) or 0
    names = rebuilt.department or {"name": department["name"], "location": department["location"]}
    part = Shown(
        department["id"], names["name"], names["location"], version, rebuilt.rooms, rebuilt.shown, rebuilt.pause
    )
    queue = {"version": version, "pause": rebuilt.pause, "rooms": part.rooms, "tickets": part.tickets}
    board = await _board(part, lines, at)
    return {
        "department": {"id": str(department["id"]), "name": names["name"]},
        "day": day.isoformat(),
        "at": at.astimezone(clock.zone()).isoformat(),
        "is_certain": rebuilt.is_certain,
        "queue": queue,
        "board": board,
        "waiting": await _told(rebuilt),
        "hash": hash_of(queue, board),
    }


async def _board(part: Shown, lines: Sequence[Line], at: datetime) -> dict[str, Any]:
    row = await db.fetch_one(models.BOARD_SETTINGS, part.id, at)
    decided = settings.of_row(row) if row else (BoardSettings(), 0)
    calls = [line for line in lines if line.kind == "ticket" and line.act in CALLS and line.at <= at]
    called = [
        {
            "department_id": part.id,
            "number": line.state["number"],
            "name": line.state["patient"]["name"],
            "room": line.state["room"]["name"],
            "called_at": line.state["called_at"],
        }
        for line in reversed(calls[-2 * LAST_CALLS :])
    ]
    stood = await db.fetch(models.STOOD, part.id, at)
    return wall([part], {part.id: decided}, called, at=at) | announced(stood)


_NOT_OF_IT = ("at", "order_text")  # the moment, and what the order promises today


def hash_of(queue: dict[str, Any], board: dict[str, Any]) -> str:
    """Give the SHA-256 of what was shown; the moment itself is not part of it."""
    said = {"queue": queue, "board": {name: value for name, value in board.items() if name not in _NOT_OF_IT}}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def _told(rebuilt: Rebuilt) -> list[dict[str, Any]]:
    """Say of each who waited: the place, how many were ahead, and what was promised at the arrival."""
    line = [one for one in rebuilt.tickets if one["state"] in ("waiting", "ready")]
    promised = await promises([ticket["id"] for ticket in line])
    return [
        {
            "ticket_id": ticket["id"],
            "number": ticket["number"],
            "place": place,
            "ahead": ahead_of(ticket, line),
            "promised": promised.get(ticket["id"]),
            **telling.basis_of(ticket),
        }
        for place, ticket in enumerate(line, start=1)
    ]


async def promises(ticket_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give what was promised at the arrival, for each ticket of which it was kept: {at, ahead, about, within}."""
    rows = await db.fetch(models.PROMISED, [UUID(one) for one in ticket_ids]) if ticket_ids else []
    return {
        str(row["ticket_id"]): {
            "at": moment(row["at"]),
            "ahead": row["ahead"],
            "about_minutes": row["about_minutes"],
            "within_minutes": row["within_minutes"],
        }
        for row in rows
    }


async def events(department_id: UUID, span: Span, language: str) -> dict[str, Any]:
    """List what happened: {items, next}; next: the number to go on after, or None.

    Raises: Malformed when the span leaves its day.
    """
    day = day_of(span.begins_at)
    if day_of(span.ends_at) != day or span.ends_at < span.begins_at:
        raise wrong_field("/to", "not_same_day", "of the same day, not before from")
    rows = await db.fetch(
        models.EVENTS,
        department_id,
        day,
        span.begins_at,
        span.ends_at,
        span.ticket_id,
        span.after,
        span.limit + 1,
    )
    more = len(rows) > span.limit
    rows = rows[: span.limit]
    rules = await ordering.rules_at(department_id, {row["rule_version"] for row in rows})
    items = [telling.event(row, rules, language) for row in rows]
    return {"items": items, "next": rows[-1]["seq"] if more else None}


async def days_of(department_id: UUID) -> list[str]:
    """List the days of which something is kept, the newest first."""
    return [row["day"].isoformat() for row in await db.fetch(models.DAYS, department_id, DAYS_AT_MOST)]
