"""Saying how urgent somebody is, again while they wait, and confirming an urgent case."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.queue.models import Ticket
from miniapp_api.queue.order.ordering import after_triage
from miniapp_api.queue.rules import ACTIVE
from miniapp_api.queue.steps import Act, Happening, locked, tell, ticket_row
from miniapp_api.triage import models, settings
from miniapp_api.triage.errors import NothingToConfirm, SecondPersonNeeded, TicketOver
from miniapp_api.triage.models import TicketTriage
from miniapp_api.triage.rules import REASON, Need, TriageSettings, changed, is_worse, need_of
from server import auth, clock, db, privacy
from server.accounts import Role, SignedInStaff
from server.errors import SomeoneWasFaster
from server.events import publish
from server.facts import TriageConfirmed, TriageRaised, TriageSettled
from server.history import By
from server.ids import new_id

WHO = (Role.GUIDE, Role.ROOM, Role.SUPERVISOR)


@dataclass(frozen=True)
class Said:
    """What somebody says of a ticket; None stays as it is. reason: what is the matter, in short."""

    triage: str | None = None
    flags: tuple[str, ...] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """A line to be written. was: before it, None at the ticket's birth. is_checked: nobody else needs to look."""

    need: Need
    was: Need
    reason: str
    by: By
    is_checked: bool


async def change(act: Act, said: Said) -> dict[str, Any]:
    """Say anew how urgent somebody is and what help is needed; the place follows. Give the ticket's row.

    Raises: NotFound, Forbidden, Stale, TicketOver.
    """
    async with db.transaction():
        ticket = await locked(act, *WHO)
        if ticket.state not in ACTIVE:
            raise TicketOver()
        was = need_of(ticket.triage, ticket.flags)
        need = changed(was, said.triage, said.flags)
        sort_before = ticket.sort_at
        values = {"triage": need.triage, "flags": list(need.flags), "version": ticket.version + 1}
        place = await after_triage(ticket, need.triage, list(need.flags))
        if not await Ticket.filter(id=ticket.id, version=ticket.version).update(**values, **place.changes):
            raise SomeoneWasFaster()
        row = await ticket_row(ticket.id)
        line = Line(need, was, said.reason, act.staff.by, act.staff.may(Role.SUPERVISOR))
        await write(row, line, sort_before=sort_before)
        raised = "" if need.triage == was.triage else f"{was.triage} -> {need.triage}"
        why = "; ".join(part for part in (raised, place.why) if part)
        await tell(row, Happening("triaged", act.staff.by, str(row["state"]), sort_before, why))
    return row


async def write(row: dict[str, Any], line: Line, *, sort_before: datetime | None = None) -> None:
    """Write that a ticket was triaged and tell who must know of it; in the transaction of the ticket's change.

    row: the ticket as `ticket_row` gives it, after the change. sort_before: None at its birth.
    """
    now, held = clock.now(), await settings.current()
    need, was = line.need, line.was
    begins = need.triage == "urgent" and was.triage != "urgent"
    if was.triage == "urgent" and need.triage != "urgent":
        await settle(row["id"])
    line_id = new_id()
    needs_second = begins and not line.is_checked
    await TicketTriage.create(
        id=line_id,
        ticket_id=row["id"],
        at=now,
        by_id=line.by.id,
        was_triage=was.triage,
        was_flags=list(was.flags),
        triage=need.triage,
        flags=list(need.flags),
        reason_cipher=privacy.seal(line.reason, place=REASON, row_id=line_id) if line.reason else None,
        sort_before=sort_before,
        sort_after=row["sort_at"],
        confirm_due_at=now + timedelta(minutes=held.confirm_minutes) if needs_second else None,
        settled_at=None if begins else now,
    )
    if is_worse(was.triage, need.triage):
        await _call(row, line_id, line, held)


async def settle(ticket_id: UUID) -> None:
    """Say that nobody needs to watch a ticket for being urgent any more."""
    now = clock.now()
    for row in await TicketTriage.filter(ticket_id=ticket_id, settled_at=None).values("id"):
        if await db.fetch_one(models.SETTLE, row["id"], now):
            await publish(TriageSettled(ticket_id=ticket_id, line_id=row["id"]))


async def _call(row: dict[str, Any], line_id: UUID, line: Line, held: TriageSettings) -> None:
    """Call the rooms, and for an urgent case the emergency department as well; nobody twice, and not who said it."""
    rooms = [one["id"] for one in await db.fetch(models.ROOM_STAFF, row["department_id"])]
    emergency: list[UUID] = []
    if line.need.triage == "urgent":
        found = await db.fetch(models.EMERGENCY_STAFF, held.emergency_department_id)
        emergency = [one["id"] for one in found if one["id"] not in rooms]
    await publish(
        TriageRaised(
            ticket_id=row["id"],
            line_id=line_id,
            label=row["label"],
            department_name=row["department_name"],
            location=row["department_location"],
            triage=line.need.triage,
            by_name=line.by.name,
            room_ids=tuple(one for one in rooms if one != line.by.id),
            emergency_ids=tuple(one for one in emergency if one != line.by.id),
            at=clock.now(),
        )
    )


async def confirm(staff: SignedInStaff, ticket_id: UUID) -> dict[str, Any]:
    """Confirm that a ticket is urgent, as a second person; again gives the same. Gives `story_of` it.

    Raises: NotFound, Forbidden, SecondPersonNeeded, NothingToConfirm.
    """
    async with db.transaction():
        row = await _seen(staff, ticket_id)
        line = await TicketTriage.filter(ticket_id=ticket_id, settled_at=None).select_for_update(no_key=True).first()
        if line is None or line.confirm_due_at is None:
            raise NothingToConfirm()
        if line.by_id == staff.id:
            raise SecondPersonNeeded()
        if await db.fetch_one(models.CONFIRM, line.id, staff.id, clock.now()):
            await publish(TriageConfirmed(ticket_id=ticket_id, line_id=line.id, staff_id=staff.id))
            await tell(row, Happening("confirmed", staff.by, str(row["state"]), row["sort_at"], "urgent"))
    return await story_of(staff, ticket_id)


async def story_of(staff: SignedInStaff, ticket_id: UUID) -> dict[str, Any]:
    """Give what was said of a ticket, the latest first: {ticket, lines, open}; open: the line to be confirmed, or None.

    Raises: NotFound, Forbidden.
    """
    row = await _seen(staff, ticket_id)
    lines = [_read(line) for line in await db.fetch(models.OF_TICKET, ticket_id)]
    waiting = [line for line in lines if line["settled_at"] is None and line["confirm_due_at"] is not None]
    return {"ticket": row, "lines": lines, "open": waiting[0] if waiting else None}


async def unconfirmed(staff: SignedInStaff) -> dict[str, Any]:
    """Give today's urgent cases that wait for a second person, and how today's went: {items, counts}."""
    departments = staff.departments_of(*WHO)
    scope = None if departments is None else list(departments)
    rows = await db.fetch(models.UNCONFIRMED, scope, clock.today())
    counts = await db.fetch_one(models.COUNTED, scope, clock.today())
    return {"items": [_read(row) for row in rows], "counts": counts}


async def _seen(staff: SignedInStaff, ticket_id: UUID) -> dict[str, Any]:
    """Give the ticket that somebody asks for: of the own departments, or an urgent one for the emergency department."""
    row = await ticket_row(ticket_id)
    if row["triage"] == "urgent" and not staff.may(*WHO, department_id=row["department_id"]):
        held = await settings.current()
        if staff.id in {one["id"] for one in await db.fetch(models.EMERGENCY_STAFF, held.emergency_department_id)}:
            return row
    auth.need_department(staff, row["department_id"], *WHO)
    return row


def _read(line: dict[str, Any]) -> dict[str, Any]:
    sealed = line["reason_cipher"]
    return line | {"reason": privacy.unseal(sealed, place=REASON, row_id=line["id"]) if sealed else ""}
