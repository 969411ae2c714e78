"""How tickets and rooms are shown: to the desk and the room, on the stream, and in the log that stays. Names masked."""

from datetime import datetime
from typing import Any

import orjson

from miniapp_api.queue.rules import UNDO, TicketState
from server.privacy import mask_name
from server.web import moment

BOARD_NEXT = 12  # as many as a screen shows in large type


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
        "ready_place": row["ready_place"],
        "turn_calls": row["turn_calls"],
        "held_until": moment(row["held_until"]),
        "greeted_at": moment(row["greeted_at"]),
        "informed_at": moment(row["informed_at"]),
        "undo_until": _undo_until(row["undo_to"]),
        "version": row["version"],
    }


def _undo_until(undo_to: Any) -> str | None:
    """Say until when the last act can be taken back; None when it cannot."""
    last = orjson.loads(undo_to) if isinstance(undo_to, str) else undo_to
    return moment(datetime.fromisoformat(last["at"]) + UNDO) if last else None


def show_pause(reason: str | None, until: datetime | None) -> dict[str, Any] | None:
    """Say why nobody is called and when it most likely goes on; None when nothing was said of either."""
    return {"reason": reason or None, "until": moment(until)} if reason or until else None


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
        "pause": show_pause(row["pause_reason"], row["paused_until"]),
        "version": row["version"],
    }


def board(rooms: list[dict[str, Any]], tickets: list[dict[str, Any]]) -> dict[str, Any]:
    """Say what a board shows of rooms and tickets: who is called, who is next, who sits where; nobody's id.

    rooms, tickets: as `show_room` and `show` give them, now or out of the log; tickets in the order of calling.
    """
    called = [ticket for ticket in tickets if ticket["state"] in (TicketState.CALLED, TicketState.IN_SERVICE)]
    waiting = [ticket for ticket in tickets if ticket["state"] == TicketState.WAITING]
    return {
        "rooms": [
            {
                "name": room["name"],
                "location": room["location"],
                "state": room["state"],
                "pause": room.get("pause"),
                "practitioner": room["practitioner"]["name"] if room["practitioner"] else None,
            }
            for room in sorted(rooms, key=lambda room: room["name"])
        ],
        "called": [
            {
                "number": ticket["number"],
                "name": ticket["patient"]["name"],
                "state": ticket["state"],
                "room": ticket["room"]["name"],
                "location": ticket["room"]["location"],
                "call_count": ticket["call_count"],
                "called_at": ticket["called_at"],
            }
            for ticket in sorted(called, key=lambda ticket: ticket["called_at"], reverse=True)
        ],
        "ready": [
            {"number": ticket["number"], "name": ticket["patient"]["name"], "room": ticket["room"]["name"]}
            for ticket in tickets
            if ticket["state"] == TicketState.READY
        ],
        "next": [{"number": ticket["number"], "name": ticket["patient"]["name"]} for ticket in waiting[:BOARD_NEXT]],
        "waiting": len(waiting),
    }


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Say on the stream what a screen needs of a ticket."""
    return {
        "id": str(row["id"]),
        "number": row["label"],
        "state": str(row["state"]),
        "name": mask_name(row["patient_name"]),
        "triage": row["triage"],
        "flags": orjson.loads(row["flags"]) if isinstance(row["flags"], str) else row["flags"],
        "practitioner_id": str(row["practitioner_id"]) if row["practitioner_id"] else None,
        "room_id": str(row["room_id"]) if row["room_id"] else None,
        "room": row["room_name"],
        "call_count": row["call_count"],
        "version": row["version"],
    }


def logged(row: dict[str, Any]) -> dict[str, Any]:
    """Give a ticket as it is kept in the log: all that is shown of it, and what its place rests on."""
    band = (row["band_starts_at"], row["band_ends_at"])
    return {
        **show(row),
        "sort_class": row["sort_class"],
        "sort_at": row["sort_at"].isoformat(),
        "sort_number": row["number"],
        "arrived_at": row["checked_in_at"].isoformat(),  # to the microsecond: a what-if gives it another place
        "rule": row["rule"],
        "rule_version": row["rule_version"],
        "reorderings": orjson.loads(row["reorderings"]),
        "band": [moment(at) for at in band] if all(band) else None,
    }
