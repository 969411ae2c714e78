"""What the screens read of a queue: the room's list, the board, the patient's place, the reasons of the order."""

from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue import explanations, models
from miniapp_api.queue.explanations import Basis
from miniapp_api.queue.rules import TicketState, wait
from miniapp_api.queue.steps import ticket_row
from miniapp_api.queue.waits import pace_of
from server import auth, clock, db, live
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.errors import NotFound
from server.privacy import mask_name
from server.web import moment

BOARD_NEXT = 12  # as many as a screen shows in large type
ROOMS_AT_MOST = 500
_DOCTOR, _GUIDE, _END = "doctor", "guide", "discharge"
_IN_THE_LINE = (TicketState.WAITING, TicketState.MISSED, TicketState.HELD)


async def queue_of(department_id: UUID) -> dict[str, Any]:
    """Give a department's queue of today in the order of calling: {version, rooms, tickets}.

    version: number of the last event that is certainly in it; the stream goes on after that.
    """
    version = await live.seq_of(live.queue_topic(department_id))
    rooms = await rooms_of([department_id])
    tickets = await db.fetch(models.QUEUE, department_id, clock.today())
    return {"version": version, "rooms": [show_room(row) for row in rooms], "tickets": [show(row) for row in tickets]}


async def board_of(department_id: UUID) -> dict[str, Any]:
    """Give what everybody in the waiting room may read: who is called, who is next, who sits where; names masked.

    No id of a person or a ticket is in it: the board is open to all.
    """
    department = await db.fetch_one("SELECT name, location FROM department WHERE id = $1 AND active", department_id)
    if department is None:
        raise NotFound()
    version = await live.seq_of(live.queue_topic(department_id))
    rooms = await rooms_of([department_id])
    tickets = await db.fetch(models.QUEUE, department_id, clock.today())
    called = [row for row in tickets if row["state"] in (TicketState.CALLED, TicketState.IN_SERVICE)]
    waiting = [row for row in tickets if row["state"] == TicketState.WAITING]
    return {
        "version": version,
        "at": moment(clock.now()),
        "day": clock.today().isoformat(),
        "timezone": clock.zone().key,
        "department": department["name"],
        "location": department["location"],
        "rooms": [
            {
                "name": row["name"],
                "location": row["location"],
                "state": row["state"],
                "practitioner": row["practitioner_name"],
            }
            for row in sorted(rooms, key=lambda row: row["name"])
        ],
        "called": [
            {
                "number": row["label"],
                "name": mask_name(row["patient_name"]),
                "state": row["state"],
                "room": row["room_name"],
                "location": row["room_location"],
                "call_count": row["call_count"],
                "called_at": moment(row["called_at"]),
            }
            for row in sorted(called, key=lambda row: row["called_at"], reverse=True)
        ],
        "next": [{"number": row["label"], "name": mask_name(row["patient_name"])} for row in waiting[:BOARD_NEXT]],
        "waiting": len(waiting),
    }


async def rooms_of(
    department_ids: list[UUID] | None, after: UUID | None = None, limit: int = ROOMS_AT_MOST
) -> list[dict[str, Any]]:
    """List the rooms of departments, None for all, each with who sits there now; in the order of their ids."""
    return await db.fetch(models.ROOMS, clock.today(), clock.now(), department_ids, after, limit)


async def place_of(account: SignedInPatient, appointment_id: UUID) -> dict[str, Any]:
    """Give a patient's place: {state, number, ahead, room, wait, stage, next_place}.

    Before check-in the state is that of the appointment, and there is no number.
    Raises: NotFound, also for somebody else's appointment.
    """
    row = await db.fetch_one(models.PLACE_OF_APPOINTMENT, appointment_id, account.id)
    if row is None:
        raise NotFound()
    if row["ticket_id"] is None:
        place = {"state": row["status"], "number": None, "ahead": None, "room": None, "wait": None, "version": None}
        return {**place, "stage": _GUIDE, "next_place": row["department_location"]}
    ticket = await ticket_row(row["ticket_id"])
    return {
        "state": ticket["state"],
        "number": ticket["label"],
        "room": ticket["room_name"] or row["session_room"],
        **await waiting_of(ticket, row["session_starts_at"]),
        "stage": _stage(ticket),
        "next_place": _next_place(ticket, row["session_room"]),
        "version": ticket["version"],
    }


async def waiting_of(ticket: dict[str, Any], session_starts_at: Any = None) -> dict[str, Any]:
    """Give how many are called before a ticket and how long that takes: {ahead, wait}; None when it does not wait.

    ticket: as `ticket_row` gives it. session_starts_at: when its doctor begins, if it is for one.
    """
    if ticket["state"] != TicketState.WAITING:
        return {"ahead": None, "wait": None}
    ahead = await _ahead(ticket)
    return {"ahead": ahead, "wait": await _wait(ticket, ahead, session_starts_at)}


async def _ahead(ticket: dict[str, Any]) -> int:
    key = (ticket["sort_class"], ticket["sort_at"], ticket["number"])
    row = await db.fetch_one(models.AHEAD, ticket["department_id"], ticket["day"], *key, ticket["practitioner_id"])
    assert row is not None  # a count always gives a row
    return row["ahead"]


async def _wait(ticket: dict[str, Any], ahead: int, session_starts_at: Any) -> dict[str, int]:
    pace = await pace_of(
        ticket["department_id"],
        ticket["day"],
        practitioner_id=ticket["practitioner_id"],
        session_starts_at=session_starts_at,
    )
    about, within = wait(ahead, pace)
    return {"about_minutes": about, "within_minutes": within}


def _stage(ticket: dict[str, Any]) -> str:
    if ticket["state"] == TicketState.AWAY:
        return ticket["stage"]
    return _END if ticket["state"] in (TicketState.DONE, TicketState.LEFT) else _DOCTOR


def _next_place(ticket: dict[str, Any], session_room: str | None) -> str | None:
    match ticket["state"]:
        case TicketState.AWAY:
            return ticket["next_place"] or None
        case TicketState.CALLED | TicketState.IN_SERVICE:
            return " ".join(part for part in (ticket["room_location"], ticket["room_name"]) if part)
        case state if state in _IN_THE_LINE:
            return " ".join(part for part in (ticket["department_location"], session_room) if part)
    return None


async def explain(ticket_id: UUID, against: UUID, staff: SignedInStaff, language: str) -> dict[str, Any]:
    """Say which of two tickets comes first, with the rule and the numbers of each.

    Raises: NotFound, also for tickets of two queues; Forbidden.
    """
    row, other = await ticket_row(ticket_id), await ticket_row(against)
    auth.need_department(staff, row["department_id"], Role.ROOM, Role.GUIDE, Role.SUPERVISOR, Role.COMPLAINT_HANDLER)
    if (row["department_id"], row["day"]) != (other["department_id"], other["day"]):
        raise NotFound()
    first, second = sorted((_basis(row), _basis(other)), key=lambda basis: basis.key)
    return {
        "ticket_id": str(ticket_id),
        "against": str(against),
        "is_before": first.number == row["number"],
        "first": explanations.numbers(first),
        "second": explanations.numbers(second),
        "bound_minutes": int(explanations.head_start.BOUND.total_seconds() // 60),
        "text": explanations.sentence(first, second, language),
    }


def _basis(row: dict[str, Any]) -> Basis:
    return Basis(
        label=row["label"],
        number=row["number"],
        rule=row["rule"],
        sort_class=row["sort_class"],
        sort_at=row["sort_at"],
        checked_in_at=row["checked_in_at"],
        band=(row["band_starts_at"], row["band_ends_at"]) if row["band_starts_at"] else None,
        triage=row["triage"],
        flags=tuple(orjson.loads(row["flags"])),
    )


def show(row: dict[str, Any]) -> dict[str, Any]:
    """Show a ticket to the desk and the room, the name masked."""
    room = {"id": str(row["room_id"]), "name": row["room_name"], "location": row["room_location"]}
    practitioner = {"id": str(row["practitioner_id"]), "name": row["practitioner_name"]}
    return {
        "id": str(row["id"]),
        "number": row["label"],
        "state": str(row["state"]),
        "department": {"id": str(row["department_id"]), "name": row["department_name"]},
        "practitioner": practitioner if row["practitioner_id"] else None,
        "room": room if row["room_id"] else None,
        "patient": {"id": str(row["patient_id"]), "name": mask_name(row["patient_name"])},
        "appointment_id": str(row["appointment_id"]) if row["appointment_id"] else None,
        "triage": row["triage"],
        "flags": orjson.loads(row["flags"]),
        "checked_in_at": moment(row["checked_in_at"]),
        "called_at": moment(row["called_at"]),
        "call_count": row["call_count"],
        "miss_count": row["miss_count"],
        "started_at": moment(row["started_at"]),
        "finished_at": moment(row["finished_at"]),
        "stage": row["stage"],
        "next_place": row["next_place"],
        "reason": row["reason"],
        "version": row["version"],
    }


def show_room(row: dict[str, Any]) -> dict[str, Any]:
    """Show a room and who sits there now."""
    practitioner = {"id": str(row["practitioner_id"]), "name": row["practitioner_name"]}
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "location": row["location"],
        "state": row["state"],
        "department": {"id": str(row["department_id"]), "name": row["department_name"]},
        "practitioner": practitioner if row["practitioner_id"] else None,
        "version": row["version"],
    }
