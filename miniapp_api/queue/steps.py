"""What all steps of a ticket share: finding and locking it, moving it, writing the log, telling the screens.

Locks in this order: appointment, the queue's line, ticket; the stream's row last, because it stays locked until the
commit. Whoever holds the line sees everybody in it as they are: no call, no act and no arrival comes between.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import Appointment
from miniapp_api.booking.rules import APPOINTMENT, AppointmentStatus
from miniapp_api.queue import models
from miniapp_api.queue.models import Ticket
from miniapp_api.queue.rules import TICKET, TicketState
from miniapp_api.queue.showing import logged, show_room, told
from miniapp_api.queue.stations import models as step_models
from server import auth, clock, db, history, live
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


@dataclass(frozen=True)
class Happening:
    """What happened to a ticket, for the log. from_state, sort_before: None at its birth."""

    act: str
    by: By
    from_state: str | None = None
    sort_before: datetime | None = None
    why: str = ""


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


async def locked(act: Act, *roles: Role, also: UUID | None = None) -> Ticket:
    """Give the ticket of an act, locked with its appointment and its line, if this person may act on it.

    roles: who may; rooms and guides when none is named. also: another department whose line the act needs.
    Raises: NotFound, Forbidden, Stale.
    """
    ticket = await lock_both(act.ticket_id, also)
    auth.need_department(act.staff, ticket.department_id, *(roles or (Role.ROOM, Role.GUIDE)))
    if act.version is not None and act.version != str(ticket.version):
        raise Stale(resource={"ticket": told(await ticket_row(ticket.id))})
    return ticket


async def lock_both(ticket_id: UUID, also: UUID | None = None) -> Ticket:
    """Give a ticket, locked; its appointment and its line are locked before it, as a scan does.

    also: another department whose line of the same day is locked too, in an order that never crosses.

    Raises: NotFound.
    """
    seen = await Ticket.get_or_none(id=ticket_id)
    if seen is None:
        raise NotFound()
    if seen.appointment_id:
        await db.lock(Appointment, seen.appointment_id)
    await lock_lines(seen.day, seen.department_id, *((also,) if also else ()))
    return await db.lock(Ticket, ticket_id)


async def lock_lines(day: date, *department_ids: UUID) -> None:
    """Lock the lines of departments until the end of the transaction; a line that has no row yet has nobody in it."""
    await db.fetch(models.LOCK_LINES, sorted(set(department_ids)), day)


def only_from(ticket: Ticket, to: TicketState, *states: TicketState) -> TicketState:
    """Give the state to go to, if the ticket is in one of these: two commands lead to one state, each from its own.

    Raises: IllegalMove.
    """
    if ticket.state not in states:
        raise IllegalMove(machine=TICKET.name, old=str(ticket.state), new=str(to))
    return to


async def move(ticket: Ticket, to: TicketState, by: By, act: str, *, why: str = "", **changes: Any) -> Happening:
    """Move a locked ticket together with other columns, and write its history; give what is told of it at the end.

    act: the word of the log: called, recalled, undone, passed_over, held, returned, started, staged, finished, left …
    Raises: IllegalMove, SomeoneWasFaster.
    """
    old, before = str(ticket.state), ticket.sort_at
    # what belongs to one state only, and what could be taken back until now
    ended: dict[str, Any] = {"ready_place": None, "held_until": None, "undo_to": None}
    await history.move(TICKET, ticket, to, by=by, why=why, **{**ended, **changes})
    if old in (TicketState.AWAY, TicketState.DONE):  # back in the line the stations are done, any other way they lapse
        await db.fetch(step_models.CLOSE, ticket.id, "done" if to == TicketState.WAITING else "dropped", by.kind)
    return Happening(act, by, old, before, why)


async def step(
    ticket: Ticket, to: TicketState, act: Act, name: str, *, why: str = "", **changes: Any
) -> dict[str, Any]:
    """Move a locked ticket and tell its screens; give its row.

    name: the word of the log.
    Raises: IllegalMove.
    """
    return await tell_ticket(ticket, await move(ticket, to, act.staff.by, name, why=why, **changes))


async def appointment_to(ticket: Ticket, to: AppointmentStatus, by: By, why: str = "") -> None:
    """Let the appointment follow its ticket; after a transfer it may be where it should be."""
    if ticket.appointment_id is None:
        return
    appointment = await Appointment.get(id=ticket.appointment_id)
    if appointment.status != to:
        await history.move(APPOINTMENT, appointment, to, by=by, why=why)


async def tell_ticket(ticket: Ticket, happening: Happening) -> dict[str, Any]:
    """Write into the log what happened to a ticket and tell the screens; give its row."""
    row = await ticket_row(ticket.id)
    await tell(row, happening)
    return row


async def tell(row: dict[str, Any], happening: Happening) -> None:
    """Write into the log what happened to a ticket just read, and tell the screens; late in the transaction."""
    await db.fetch(models.RECORD, *line_of(row, happening))
    live.nudge(live.queue_topic(row["department_id"]))


def line_of(row: dict[str, Any], happening: Happening) -> tuple[Any, ...]:
    """Give the values of `models.RECORD` for what happened to a ticket just read."""
    by = happening.by
    return (
        live.queue_topic(row["department_id"]),
        "ticket",
        orjson.dumps(told(row)).decode(),
        row["department_id"],
        row["day"],
        row["id"],
        happening.act,
        happening.from_state,
        str(row["state"]),
        by.kind,
        by.id,
        by.channel,
        happening.why[:500],
        happening.sort_before,
        row["sort_at"],
        row["rule"],
        row["rule_version"],
        orjson.dumps(logged(row)).decode(),
    )


async def tell_room(room: dict[str, Any], by: By, act: str, why: str = "") -> None:
    """Write into the log what happened to a room and tell the screens; late in the transaction.

    room: as `models.ROOMS` reads it.
    """
    topic = live.queue_topic(room["department_id"])
    shown = show_room(room)
    small = {name: shown[name] for name in ("id", "name", "state", "pause", "version")}
    await db.fetch(
        models.RECORD,
        topic,
        "room",
        orjson.dumps(small).decode(),
        room["department_id"],
        clock.today(),
        room["id"],
        act,
        None,
        str(room["state"]),
        by.kind,
        by.id,
        by.channel,
        why[:500],
        None,
        None,
        "",
        0,
        orjson.dumps(shown).decode(),
    )
    live.nudge(topic)
