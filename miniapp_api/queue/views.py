"""What the screens read of a queue: the room's list, the board, the patient's place, the reasons of the order."""

from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue import models
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.showing import show, show_pause, show_room
from miniapp_api.queue.stations import models as step_models
from miniapp_api.queue.stations.lists import stations_of
from miniapp_api.queue.stations.rules import Station, Step, Visit, way
from miniapp_api.queue.steps import ticket_row
from miniapp_api.queue.waiting.waits import told_now
from server import clock, db, live
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.hospital import Room
from server.web import moment

ROOMS_AT_MOST = 500
AWAITED = ("held", "booked", "checked_in", "in_service")
_DOCTOR, _GUIDE, _END = "doctor", "guide", "discharge"
_IN_THE_LINE = (TicketState.WAITING, TicketState.MISSED, TicketState.HELD)


async def queue_of(department_id: UUID) -> dict[str, Any]:
    """Give a department's queue of today in the order of calling: {version, pause, rooms, tickets}.

    version: number of the last event that is certainly in it; the stream goes on after that.
    """
    version = await live.seq_of(live.queue_topic(department_id))
    rooms = await rooms_of([department_id])
    tickets = await db.fetch(models.QUEUE, department_id, clock.today())
    return {
        "version": version,
        "pause": await pause_now(department_id),
        "rooms": [show_room(row) for row in rooms],
        "tickets": [show(row) for row in tickets],
    }


async def pause_now(department_id: UUID) -> dict[str, Any] | None:
    """Say why nobody is called from a whole queue today, and until when; None while it is called from."""
    row = await db.fetch_one(call_statements.LINE_PAUSE, department_id, clock.today())
    return show_pause(row["pause_reason"], row["paused_until"]) if row else None


async def rooms_of(
    department_ids: list[UUID] | None, after: UUID | None = None, limit: int = ROOMS_AT_MOST
) -> list[dict[str, Any]]:
    """List the rooms of departments, None for all, each with who sits there now; in the order of their ids."""
    return await db.fetch(models.ROOMS, clock.today(), clock.now(), department_ids, after, limit)


async def room_row(room: Room) -> dict[str, Any]:
    """Give one room as `models.ROOMS` reads it."""
    return next(row for row in await rooms_of([room.department_id]) if row["id"] == room.id)


async def place_of(account: SignedInPatient, appointment_id: UUID) -> dict[str, Any]:
    """Give a patient's place: {state, number, ahead, room, wait, stage, next_place}.

    Before check-in the state is that of the appointment, and there is no number.
    Raises: NotFound, also for somebody else's appointment.
    """
    row = await db.fetch_one(models.PLACE_OF_APPOINTMENT, appointment_id, account.id)
    if row is None:
        raise NotFound()
    return await place_of_row(row, await ticket_row(row["ticket_id"]) if row["ticket_id"] else None)


async def place_of_row(row: dict[str, Any], ticket: dict[str, Any] | None) -> dict[str, Any]:
    """Give the place of what was read: an appointment, or nothing of one, and its ticket."""
    way = await steps_of(ticket, row)
    if ticket is None:
        return place_from(row, None, None, None, way=way)
    waiting = await waiting_of(ticket, row["session_starts_at"])
    key = (ticket["department_id"], ticket["day"], ticket["practitioner_id"])
    pause = await db.fetch_one(call_statements.PAUSE_FOR, *key) if stands_in_line(ticket) else None
    return place_from(row, ticket, waiting, pause_shown(pause), way=way)


async def steps_of(ticket: dict[str, Any] | None, row: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Give the way through the stations of a ticket, or of an appointment without one."""
    kept = await db.fetch(step_models.STEPS, [ticket["id"]]) if ticket else []
    return await way_of(ticket, row, kept)


async def way_of(
    ticket: dict[str, Any] | None, row: dict[str, Any] | None, kept: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Give the way through the stations. kept: the rows of the ticket's stations, in order."""
    known = ticket or row
    assert known is not None  # an appointment, or a ticket
    if ticket is None and known["status"] not in AWAITED:
        return []
    room = " ".join(part for part in (known["department_location"], (row or {}).get("session_room")) if part)
    if ticket is not None and ticket["room_id"]:
        room = " ".join(part for part in (ticket["room_location"], ticket["room_name"]) if part)
    is_booked = ticket is None or ticket["appointment_id"] is not None
    steps = [
        Step(str(one["id"]), Station.from_json(orjson.loads(one["station"])), one["is_after"], one["state"])
        for one in kept
    ]
    visit = Visit(str(ticket["state"]) if ticket else None, is_booked, room)
    return way(await stations_of(known["department_id"]), visit, steps)


def place_from(
    row: dict[str, Any],
    ticket: dict[str, Any] | None,
    waiting: dict[str, Any] | None,
    pause: dict[str, Any] | None,
    *,
    way: list[dict[str, Any]],
) -> dict[str, Any]:
    """Make a patient's place of what was read: the appointment, its ticket, the wait, why the line stands still."""
    if ticket is None:
        place = {"state": row["status"], "number": None, "ahead": None, "room": None, "wait": None, "version": None}
        here = {"wait_note": None, "pause": None, "stage": _GUIDE, "next_place": row["department_location"]}
        return {**place, **here, "steps": way, "ticket_id": None}
    return {
        "state": str(ticket["state"]),
        "number": ticket["label"],
        "room": ticket["room_name"] or row["session_room"],
        **(waiting or {"ahead": None, "wait": None, "wait_note": None}),
        "stage": _stage(ticket),
        "next_place": _next_place(ticket, row["session_room"]),
        "pause": pause if stands_in_line(ticket) else None,
        "version": ticket["version"],
        "steps": way,
        "ticket_id": str(ticket["id"]),
    }


def stands_in_line(ticket: dict[str, Any]) -> bool:
    """Tell whether a pause of the line concerns a ticket."""
    return ticket["state"] in (*_IN_THE_LINE, TicketState.READY)


def pause_shown(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Show why a line stands still and until when; None while it moves. row: of `call_statements.PAUSE_FOR`."""
    if row is None or not row["is_paused"]:
        return None
    return {"reason": row["reason"] or None, "until": moment(row["until"])}


async def waiting_of(ticket: dict[str, Any], session_starts_at: Any = None) -> dict[str, Any]:
    """Give how many are called before a ticket and how long that takes: {ahead, wait, wait_note}; None if it does not.

    ticket: as `ticket_row` gives it. session_starts_at: when its doctor begins, if it is for one.
    """
    if ticket["state"] not in (TicketState.WAITING, TicketState.READY):
        return {"ahead": None, "wait": None, "wait_note": None}
    return await told_now(ticket, session_starts_at)


def _stage(ticket: dict[str, Any]) -> str:
    if ticket["state"] in (TicketState.AWAY, TicketState.DONE) and ticket["stage"]:
        return ticket["stage"]
    return _END if ticket["state"] in (TicketState.DONE, TicketState.LEFT) else _DOCTOR


def _next_place(ticket: dict[str, Any], session_room: str | None) -> str | None:
    match ticket["state"]:
        case TicketState.AWAY | TicketState.DONE if ticket["stage"]:
            return ticket["next_place"] or None
        case TicketState.AWAY:  # all stations are done: back to the doctor
            return " ".join(part for part in (ticket["department_location"], session_room) if part)
        case TicketState.READY | TicketState.CALLED | TicketState.IN_SERVICE:
            return " ".join(part for part in (ticket["room_location"], ticket["room_name"]) if part)
        case state if state in _IN_THE_LINE:
            return " ".join(part for part in (ticket["department_location"], session_room) if part)
    return None
