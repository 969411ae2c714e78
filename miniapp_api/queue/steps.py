"""What all steps of a ticket share: finding and locking it, moving it, telling the screens.

Locks in this order: appointment, ticket; the stream's row last, because it stays locked until the commit.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import Appointment
from miniapp_api.booking.rules import APPOINTMENT, AppointmentStatus
from miniapp_api.queue import models
from miniapp_api.queue.models import Ticket
from miniapp_api.queue.rules import TICKET, TicketState
from server import auth, db, history, live, privacy
from server.accounts import Role, SignedInStaff
from server.errors import IllegalMove, NotFound, Stale, wrong_field
from server.history import By
from server.hospital import Department, Practitioner


@dataclass(frozen=True)
class Act:
    """Somebody does something to a ticket.

    version: the one that was seen, of `If-Match`; None when none was sent. Another one is refused as stale.
    """

    ticket_id: UUID
    staff: SignedInStaff
    version: str | None = None


async def ticket_row(ticket_id: UUID) -> dict[str, Any]:
    """Give a ticket with the names around it, as `models.TICKET` reads it.

    Raises: NotFound.
    """
    row = await db.fetch_one(models.ONE_TICKET, ticket_id)
    if row is None:
        raise NotFound()
    return row


async def department_of(department_id: UUID, pointer: str) -> Department:
    """Give an active department that a form names.

    Raises: Malformed.
    """
    department = await Department.get_or_none(id=department_id, active=True)
    if department is None:
        raise wrong_field(pointer, "unknown_department", "no such department")
    return department


async def department_of_path(department_id: UUID) -> Department:
    """Give the active department that an address names.

    Raises: NotFound.
    """
    department = await Department.get_or_none(id=department_id, active=True)
    if department is None:
        raise NotFound()
    return department


async def check_practitioner(practitioner_id: UUID | None, department_id: UUID) -> None:
    """Refuse a practitioner who does not belong to a department.

    Raises: Malformed.
    """
    if practitioner_id is None:
        return
    if not await Practitioner.exists(id=practitioner_id, department_id=department_id, active=True):
        raise wrong_field("/practitioner_id", "unknown_practitioner", "nobody of this department")


async def locked(act: Act, *roles: Role) -> Ticket:
    """Give the ticket of an act, locked with its appointment, if this person may act on it.

    roles: who may; rooms and guides when none is named.
    Raises: NotFound, Forbidden, Stale.
    """
    ticket = await lock_both(act.ticket_id)
    auth.need_department(act.staff, ticket.department_id, *(roles or (Role.ROOM, Role.GUIDE)))
    if act.version is not None and act.version != str(ticket.version):
        raise Stale(resource={"ticket": told(await ticket_row(ticket.id))})
    return ticket


async def lock_both(ticket_id: UUID) -> Ticket:
    """Give a ticket, locked; its appointment is locked before it, as a scan does.

    Raises: NotFound.
    """
    seen = await Ticket.get_or_none(id=ticket_id)
    if seen is None:
        raise NotFound()
    if seen.appointment_id:
        await db.lock(Appointment, seen.appointment_id)
    return await db.lock(Ticket, ticket_id)


def only_from(ticket: Ticket, to: TicketState, *states: TicketState) -> TicketState:
    """Give the state to go to, if the ticket is in one of these: two commands lead to one state, each from its own.

    Raises: IllegalMove.
    """
    if ticket.state not in states:
        raise IllegalMove(machine=TICKET.name, old=str(ticket.state), new=str(to))
    return to


async def step(ticket: Ticket, to: TicketState, act: Act, *, why: str = "", **changes: Any) -> dict[str, Any]:
    """Move a locked ticket and tell its screens; give its row.

    Raises: IllegalMove.
    """
    await history.move(TICKET, ticket, to, by=act.staff.by, why=why, **changes)
    return await tell_ticket(ticket)


async def appointment_to(ticket: Ticket, to: AppointmentStatus, by: By, why: str = "") -> None:
    """Let the appointment follow its ticket; after a transfer it may be where it should be."""
    if ticket.appointment_id is None:
        return
    appointment = await Appointment.get(id=ticket.appointment_id)
    if appointment.status != to:
        await history.move(APPOINTMENT, appointment, to, by=by, why=why)


async def tell_ticket(ticket: Ticket) -> dict[str, Any]:
    """Tell the screens how a ticket stands; give its row."""
    row = await ticket_row(ticket.id)
    await tell(row)
    return row


async def tell(row: dict[str, Any]) -> None:
    """Tell the screens how a ticket stands that was just read; late in the transaction."""
    await live.announce(live.queue_topic(row["department_id"]), "ticket", told(row))


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Say what a screen needs of a ticket, names masked."""
    return {
        "id": str(row["id"]),
        "number": row["label"],
        "state": str(row["state"]),
        "name": privacy.mask_name(row["patient_name"]),
        "triage": row["triage"],
        "flags": orjson.loads(row["flags"]) if isinstance(row["flags"], str) else row["flags"],
        "practitioner_id": str(row["practitioner_id"]) if row["practitioner_id"] else None,
        "room_id": str(row["room_id"]) if row["room_id"] else None,
        "room": row["room_name"],
        "call_count": row["call_count"],
        "version": row["version"],
    }
