"""What the screen of a consulting room reads: its line, whom it has seen today, and what it must know of a patient."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import INTAKE
from miniapp_api.queue import models
from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.order.explanations import rule_of
from miniapp_api.queue.order.ordering import rule_of as rule_now_of
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.showing import show, show_pause, show_room
from miniapp_api.queue.views import rooms_of
from server import auth, clock, db, live, privacy
from server.accounts import Role, SignedInStaff
from server.errors import NotFound
from server.privacy import mask_name
from server.web import moment

_KNOWN = (TicketState.CALLED, TicketState.IN_SERVICE, TicketState.AWAY, TicketState.DONE)  # by name


async def open_room(room_id: UUID, day: date) -> dict[str, Any]:
    """Give a room that is in use, with who is planned in it on a day, as `call_statements.ROOM_TODAY` reads it.

    Raises: NotFound.
    """
    room = await db.fetch_one(call_statements.ROOM_TODAY, room_id, day)
    if room is None:
        raise NotFound()
    return room


async def day_of(room_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Give a room's day: whom it has and may take, in the order of calling, and whom it has seen, latest first.

    Raises: NotFound, Forbidden.
    """
    day = clock.today()
    room = await open_room(room_id, day)
    department_id = room["department_id"]
    auth.need_department(staff, department_id, Role.ROOM, Role.GUIDE)
    version = await live.seq_of(live.queue_topic(department_id))
    rooms = await rooms_of([department_id])
    tickets = await db.fetch(models.QUEUE, department_id, day)
    ours = await db.fetch(models.OF_ROOM, department_id, day, room_id, room["practitioner_ids"])
    our_ids = {row["id"] for row in ours}
    turn = rule_now_of(room).turn
    next_one = await db.fetch_one(
        call_statements.NEXT_OF_ROOM,
        department_id,
        day,
        room_id,
        room["practitioner_ids"],
        turn.others,
        turn.window,
    )
    pause = await db.fetch_one(call_statements.LINE_PAUSE, department_id, day)
    seen = await db.fetch(models.SEEN_IN_ROOM, department_id, day, room_id)
    others = [row for row in tickets if row["state"] == TicketState.WAITING and row["id"] not in our_ids]
    return {
        "version": version,
        "at": moment(clock.now()),
        "day": day.isoformat(),
        "room": next(show_room(row) for row in rooms if row["id"] == room_id),
        "tickets": [_with_reason(row) for row in tickets if row["id"] in our_ids],
        "next_id": str(next_one["id"]) if next_one else None,
        "pause": show_pause(pause["pause_reason"], pause["paused_until"]) if pause else None,
        "rules": asdict(await call_settings.rules_of(department_id)),
        "others_waiting": len(others),
        "seen": [show(row) for row in seen],
    }


def _with_reason(row: dict[str, Any]) -> dict[str, Any]:
    band = (row["band_starts_at"], row["band_ends_at"])
    return {**show(row), "rule": rule_of(row), "band": [moment(at) for at in band] if all(band) else None}


async def patient_of(ticket_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Give what the room must know of a patient of today: who it is, what was booked, what was told beforehand.

    The name is whole once the patient is called, because the room makes sure that the right person came in.
    Raises: NotFound, Forbidden.
    """
    row = await db.fetch_one(models.PATIENT_OF_TICKET, ticket_id, clock.today())
    if row is None:
        raise NotFound()
    auth.need_department(staff, row["department_id"], Role.ROOM)
    intake = None
    if row["intake_cipher"] is not None:
        intake = orjson.loads(privacy.unseal(row["intake_cipher"], place=INTAKE, row_id=row["appointment_id"]))
    return {
        "ticket_id": str(row["id"]),
        "name": row["patient_name"] if row["state"] in _KNOWN else mask_name(row["patient_name"]),
        "gender": row["gender"],
        "age": _age(row["birth_date"], clock.today()),
        "file_number": row["file_number"],
        "visit_type": row["visit_type"],
        "intake": intake,
        "visits_before": row["visits_before"],
        "last_visit_on": clock.local(row["last_visit_at"]).date().isoformat() if row["last_visit_at"] else None,
        "is_return": row["is_return"],
    }


def _age(born: date | None, day: date) -> int | None:
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
