"""How a scan is answered: the appointment, the ticket, and what else the desk reads. Pure; rows are those of `look`."""

from typing import Any
from uuid import UUID

import orjson

from miniapp_api.checkin import answers, rules
from miniapp_api.checkin.answers import ABOUT, AHEAD, NUMBER, WITHIN, Answer
from server.privacy import mask_name
from server.web import moment


def accepted(row: dict[str, Any], ticket_id: UUID, language: str, *, is_paused: bool = False) -> str:
    """Write the answer to who is let in, with places for what only the line knows."""
    ticket = {
        "id": str(ticket_id),
        "number": NUMBER,
        "state": "waiting",
        "department": row["department_name"],
        "room": row["room_name"],
        "place": answers.waiting_place(row),
        "ahead": AHEAD,
        "wait": None if is_paused else {"about_minutes": ABOUT, "within_minutes": WITHIN},
        "version": 1,
    }
    appointment = show_appointment(row) | {"status": "checked_in"}
    said = answers.answer("accepted_paused" if is_paused else rules.ACCEPTED, language, {**row, "ticket_label": None})
    return body_of(rules.ACCEPTED, None, said, appointment=appointment, ticket=ticket)


def ticket_there(row: dict[str, Any]) -> dict[str, Any] | None:
    """Show the ticket that somebody has already, None when there is none. row: as `look` gives it."""
    if row["ticket_id"] is None:
        return None
    return {
        "id": str(row["ticket_id"]),
        "number": row["ticket_label"],
        "state": row["ticket_state"],
        "department": row["ticket_department_name"],
        "room": row["room_name"],
        "place": answers.waiting_place(row),
        "ahead": None,
        "wait": None,
        "version": row["ticket_version"],
    }


def show_appointment(row: dict[str, Any]) -> dict[str, Any]:
    """Show an appointment at the desk, the name masked."""
    return {
        "id": str(row["id"]),
        "status": row["status"],
        "number": row["appointment_number"],
        "patient_id": str(row["patient_id"]),
        "patient_name": mask_name(row["patient_name"]),
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
    }


def first(row: dict[str, Any]) -> dict[str, Any]:
    """Say when and where somebody was checked in before: {at, desk}."""
    return {"at": moment(row["checked_in_at"]), "desk": row["first_desk_name"]}


def right(row: dict[str, Any]) -> dict[str, Any]:
    """Say which department is right, and where its desk is."""
    return {
        "department_id": str(row["department_id"]),
        "department": row["department_name"],
        "desk": row["right_desk_name"],
        "location": row["right_desk_location"] or row["department_location"],
    }


def body_of(outcome: str, reason: str | None, said: Answer, **more: Any) -> str:
    """Write the answer. more: appointment, ticket, first, right, acts; what is left out is null, of acts none."""
    return orjson.dumps(
        {
            "outcome": outcome,
            "reason": reason,
            "appointment": None,
            "ticket": None,
            "first": None,
            "right": None,
            "acts": [],
            "message": said.message,
            "next_step": said.next_step,
            **more,
        }
    ).decode()
