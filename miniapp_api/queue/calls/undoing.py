"""Taking back the last act of a minute: a call, a pass over, a step aside, a finish."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.queue.calls import forward
from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.errors import CannotUndo, RoomBusy, UndoTooLate
from miniapp_api.queue.models import Encounter, Ticket
from miniapp_api.queue.rules import UNDO, TicketState, may_undo
from miniapp_api.queue.steps import Act, appointment_to, locked, move, tell_ticket
from miniapp_api.queue.waiting.waits import uncount_visit
from server import clock, db
from server.errors import IllegalMove
from server.events import publish
from server.facts import VisitReopened
from server.hospital import Room

# What stands in the way of taking back: the person or the appointment has gone another way since.
TAKEN = ("ticket_one_place_for_a_person", "appointment_once_per_session", "appointment_no_time_conflict")


def before(ticket: Ticket, act: str) -> dict[str, Any]:
    """Give what an act that is about to change a ticket leaves behind, so that it can be taken back."""
    return {
        "act": act,
        "at": clock.now().isoformat(),
        "state": str(ticket.state),
        "room_id": str(ticket.room_id) if ticket.room_id else None,
        "called_at": ticket.called_at.isoformat() if ticket.called_at else None,
        "turn_calls": ticket.turn_calls,
        "miss_count": ticket.miss_count,
    }


async def undo(act: Act) -> dict[str, Any]:
    """Take the last act on a ticket back within a minute; it stands again where it stood, with its place in the line.

    Raises: NotFound, Forbidden, Stale, IllegalMove when there is nothing to take back, UndoTooLate, RoomBusy,
        CannotUndo.
    """
    try:
        async with db.transaction():
            ticket = await locked(act)
            was = ticket.undo_to
            if was is None:
                raise IllegalMove(machine="ticket", old=str(ticket.state), new="undone")
            if not may_undo(datetime.fromisoformat(was["at"]), clock.now()):
                raise UndoTooLate(seconds=int(UNDO.total_seconds()))
            return await _take_back(ticket, was, act)
    except IntegrityError as error:
        if db.violated(error) == "ticket_one_in_a_room":
            raise RoomBusy() from error
        if db.violated(error) in TAKEN:
            raise CannotUndo() from error
        raise


async def _take_back(ticket: Ticket, was: dict[str, Any], act: Act) -> dict[str, Any]:
    by = act.staff.by
    changes: dict[str, Any] = {
        "room_id": UUID(was["room_id"]) if was["room_id"] else None,
        "called_at": datetime.fromisoformat(was["called_at"]) if was["called_at"] else None,
        "turn_calls": was["turn_calls"],
    }
    to = TicketState(was["state"])
    match was["act"]:
        case "finished":
            changes["finished_at"] = None
            await _reopen(ticket, act)
        case "passed_over":
            changes["miss_count"] = was["miss_count"]
            if ticket.state == TicketState.LEFT:
                changes["reason"] = ""
                await _come_again(ticket, was, act)
    if to == TicketState.READY:
        to, changes["ready_place"] = await _door(changes["room_id"], ticket, act)
    if to == TicketState.WAITING:
        changes["room_id"] = None
    happening = await move(ticket, to, by, "undone", why=was["act"], **changes)
    return await tell_ticket(ticket, happening)


async def _door(room_id: UUID, ticket: Ticket, act: Act) -> tuple[TicketState, int | None]:
    """Give somebody the place at the door again, even if another was asked there meanwhile; or a place in the line."""
    places = (await call_settings.rules_of(ticket.department_id)).ready_places
    room = await Room.get(id=room_id)
    if room.state != "open" or places == 0:
        return TicketState.WAITING, None
    for _ in range(2):
        row = await db.fetch_one(call_statements.FREE_PLACE, room_id, places)
        if row and row["place"] is not None:
            return TicketState.READY, row["place"]
        await forward.send_back(room_id, act.staff.by, why="undone", at_most=1)
    return TicketState.WAITING, None


async def _come_again(ticket: Ticket, was: dict[str, Any], act: Act) -> None:
    """Who was given up after the last miss is expected again."""
    if was["appointment"]:
        await appointment_to(ticket, AppointmentStatus(was["appointment"]), act.staff.by, "undone")
    if was["ended_visit"]:
        await Encounter.filter(ticket_id=ticket.id).update(finished_at=None)


async def _reopen(ticket: Ticket, act: Act) -> None:
    """The visit goes on: whoever was told of its end hears so."""
    encounter = await Encounter.get(ticket_id=ticket.id)
    await Encounter.filter(id=encounter.id).update(finished_at=None)
    await uncount_visit(ticket, encounter.practitioner_id)
    await appointment_to(ticket, AppointmentStatus.IN_SERVICE, act.staff.by, "undone")
    await publish(
        VisitReopened(
            encounter_id=encounter.id,
            ticket_id=ticket.id,
            appointment_id=ticket.appointment_id,
            account_id=ticket.account_id,
            patient_id=ticket.patient_id,
            times=encounter.times_finished,
            at=clock.now(),
        )
    )
