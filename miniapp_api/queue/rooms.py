"""What the screen of a consulting room reads: its line, whom it has seen today, and what it must know of a patient."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import INTAKE
from miniapp_api.queue import models
from miniapp_api.queue.explanations import rule_of
from miniapp_api.queue.rules import TicketState
from miniapp_api.queue.views import rooms_of, show, show_room
from server import auth, clock, db, live, privacy
from server.accounts import Role, SignedInStaff
from server.errors import NotFound
from server.web import moment


async def day_of(room_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Give a room's day: whom it has and may take, in the order of calling, and whom it has seen, latest first.

    Raises: NotFound, Forbidden.
    """
    day = clock.today()
    room = await db.fetch_one(models.ROOM_TODAY, room_id, day)
    if room is None:
        raise NotFound()
    department_id = room["department_id"]
    auth.need_department(staff, department_id, Role.ROOM, Role.GUIDE)
    version = await live.seq_of(live.queue_topic(department_id))
    rooms = await rooms_of([department_id])
    tickets = await db.fetch(models.QUEUE, department_id, day)
    ours = await db.fetch(models.OF_ROOM, department_id, day, room_id, room["practitioner_ids"])
    our_ids = {row["id"] for row in ours}
    seen = await db.fetch(models.SEEN_IN_ROOM, department_id, day, room_id)
    others = [row for row in tickets if row["state"] == TicketState.WAITING and row["id"] not in our_ids]
    return {
        "version": version,
        "at": moment(clock.now()),
        "day": day.isoformat(),
        "room": next(show_room(row) for row in rooms if row["id"] == room_id),
        "tickets": [_with_reason(row) for row in tickets if row["id"] in our_ids],
        "others_waiting": len(others),
        "seen": [show(row) for row in seen],
    }


def _with_reason(row: dict[str, Any]) -> dict[str, Any]:
    band = (row["band_starts_at"], row["band_ends_at"])
    return {**show(row), "rule": rule_of(row), "band": [moment(at) for at in band] if all(band) else None}


async def patient_of(ticket_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Give what the room must know of a patient of today: who it is, what was booked, what was told beforehand.

    The name is whole, because the room makes sure that the right person came in.
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
        "name": row["patient_name"],
        "gender": row["gender"],
        "age": _age(row["birth_date"], clock.today()),
        "file_number": row["file_number"],
        "visit_type": row["visit_type"],
        "intake": intake,
    }


def _age(born: date | None, day: date) -> int | None:
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
