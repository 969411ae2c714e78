"""Asking patients in: call next, again, pass over, step aside, come back; what the room and the desk acknowledge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking.models import Appointment
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.calls.forward import tell_with
from miniapp_api.queue.calls.undoing import before
from miniapp_api.queue.errors import QueueEmpty, RecallTooSoon, RoomBusy, RoomPaused
from miniapp_api.queue.models import Encounter, Ticket
from miniapp_api.queue.order.ordering import back_in_line, rule_of
from miniapp_api.queue.rooms import open_room
from miniapp_api.queue.rules import RoomState, TicketState
from miniapp_api.queue.steps import (
    Act,
    Happening,
    appointment_to,
    lock_lines,
    locked,
    move,
    only_from,
    step,
    tell_ticket,
    ticket_row,
)
from server import auth, clock, db, kill_points
from server.accounts import Role, SignedInStaff
from server.errors import IllegalMove, NotFound
from server.facts import TicketCalled, TicketPassedOver
from server.ids import new_id


async def call_next(room_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Ask the next patient into a room: who stands at its door first, but an urgent one before all.

    The rooms of a queue call one after the other, each holding the queue's line. Three statements under that lock.
    Raises: NotFound, Forbidden, RoomPaused, RoomBusy, QueueEmpty.
    """
    day, by = clock.today(), staff.by
    async with _one_transaction():
        room = await open_room(room_id, day)
        department_id = room["department_id"]
        auth.need_department(staff, department_id, Role.ROOM, Role.GUIDE)
        turn = rule_of(room).turn
        await lock_lines(day, department_id)
        try:
            row = await db.fetch_one(
                call_statements.CALL,
                department_id,
                day,
                room_id,
                room["practitioner_ids"],
                clock.now(),
                new_id(),
                by.kind,
                by.id,
                by.channel,
                turn.others,
                turn.window,
            )
        except IntegrityError as error:
            if db.violated(error) == "ticket_one_in_a_room":
                raise RoomBusy() from error
            raise
        if row is None:
            raise NotFound()
        if row["id"] is None:
            raise _why_nobody(row)
        kill_points.reach("ticket_called")
        await tell_with(
            row, Happening("called", by, row["from_state"], row["sort_before"], row["called_to"]), _called(row)
        )
        kill_points.reach("call_told")
    return row


@asynccontextmanager
async def _one_transaction() -> AsyncIterator[None]:
    """Join the request's transaction instead of standing in it as a savepoint: what is refused here ends it anyway."""
    if db.in_a_transaction():
        yield
        return
    async with db.transaction():
        yield


def _why_nobody(place: dict[str, Any]) -> Exception:
    if place["queue_pause"]:
        return RoomPaused("queue", place["queue_until"])
    if place["place_state"] != RoomState.OPEN:
        return RoomPaused()
    return RoomBusy() if place["is_busy"] else QueueEmpty()


async def recall(act: Act) -> dict[str, Any]:
    """Ask a called patient once more.

    Raises: NotFound, Forbidden, Stale, IllegalMove, RecallTooSoon.
    """
    async with db.transaction():
        ticket = await locked(act)
        now = clock.now()
        to = only_from(ticket, TicketState.CALLED, TicketState.CALLED)
        rules = await call_settings.rules_of(ticket.department_id)
        ready_at = (ticket.called_at or now) + timedelta(seconds=rules.recall_seconds)
        if now < ready_at:
            raise RecallTooSoon(seconds=max(1, round((ready_at - now).total_seconds())))
        happening = await move(
            ticket,
            to,
            act.staff.by,
            "recalled",
            call_count=ticket.call_count + 1,
            turn_calls=ticket.turn_calls + 1,
            called_at=now,
            undo_to={**ticket.undo_to, "at": now.isoformat()} if ticket.undo_to else None,
        )
        row = await ticket_row(ticket.id)
        await tell_with(row, happening, _called(row))
    return row


async def pass_over(act: Act) -> dict[str, Any]:
    """Say that a called patient did not come; after so many times, by the department's rule, the visit is over.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        misses = ticket.miss_count + 1
        rules = await call_settings.rules_of(ticket.department_id)
        to, by = TicketState.MISSED, act.staff.by
        undo_to = before(ticket, "passed_over")
        happening = await move(ticket, to, by, "passed_over", miss_count=misses, room_id=None, undo_to=undo_to)
        if misses >= rules.misses_until_gone:
            await _gone_for_good(ticket, act, undo_to)
        row = await ticket_row(ticket.id)
        await tell_with(row, happening, _passed_over(ticket, row))
    return row


async def _gone_for_good(ticket: Ticket, act: Act, undo_to: dict[str, Any]) -> None:
    by = act.staff.by
    status = None
    if ticket.appointment_id:
        status = str((await Appointment.get(id=ticket.appointment_id)).status)
    ended = await Encounter.filter(ticket_id=ticket.id, finished_at=None).update(finished_at=clock.now())
    undo_to = {**undo_to, "appointment": status, "ended_visit": bool(ended)}
    await move(ticket, TicketState.LEFT, by, "left", why="missed", reason="missed", undo_to=undo_to)
    await appointment_to(ticket, AppointmentStatus.LEFT, by, "missed")


async def hold(act: Act, minutes: int | None = None) -> dict[str, Any]:
    """Let a patient step aside for a moment; the place is kept. minutes: as the department does when nobody said.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        rules = await call_settings.rules_of(ticket.department_id)
        until = clock.now() + timedelta(minutes=minutes or rules.hold_minutes)
        changes: dict[str, Any] = {"room_id": None, "held_until": until, "undo_to": before(ticket, "held")}
        return await step(ticket, TicketState.HELD, act, "held", **changes)


async def come_back(act: Act) -> dict[str, Any]:
    """Put somebody into the line again who missed the call, stepped aside or was away.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        to = only_from(ticket, TicketState.WAITING, TicketState.MISSED, TicketState.HELD, TicketState.AWAY)
        place = await back_in_line(ticket, clock.now())
        here: dict[str, Any] = {"stage": "", "next_place": "", "room_id": None}
        return await step(ticket, to, act, "returned", why=place.why, **here, **place.changes)


async def know(act: Act) -> dict[str, Any]:
    """Write down that the room knows who comes next (知道了); once, a second time changes nothing.

    Raises: NotFound, Forbidden, Stale, IllegalMove for somebody who does not wait.
    """
    return await _acknowledge(act, "informed", Role.ROOM)


async def greet(act: Act) -> dict[str, Any]:
    """Write down that the desk spoke to somebody who checked in alone; once, a second time changes nothing.

    Raises: NotFound, Forbidden, Stale, IllegalMove for somebody who does not wait.
    """
    return await _acknowledge(act, "greeted", Role.GUIDE)


async def _acknowledge(act: Act, word: str, role: Role) -> dict[str, Any]:
    async with db.transaction():
        ticket = await locked(act, role)
        if ticket.state not in (TicketState.WAITING, TicketState.READY, TicketState.CALLED):
            raise IllegalMove(machine="ticket", old=str(ticket.state), new=word)
        if getattr(ticket, f"{word}_at") is not None:
            return await ticket_row(ticket.id)
        values = {f"{word}_at": clock.now(), "version": ticket.version + 1}
        await Ticket.filter(id=ticket.id).update(**values)
        return await tell_ticket(ticket, Happening(word, act.staff.by, str(ticket.state), ticket.sort_at))


def _passed_over(ticket: Ticket, row: dict[str, Any]) -> TicketPassedOver:
    return TicketPassedOver(
        ticket_id=ticket.id,
        account_id=ticket.account_id,
        patient_id=ticket.patient_id,
        patient_name=row["patient_name"],
        department_name=row["department_name"],
        label=ticket.label,
        misses=ticket.miss_count,
        is_over=ticket.state == TicketState.LEFT,
    )


def _called(row: dict[str, Any]) -> TicketCalled:
    return TicketCalled(
        ticket_id=row["id"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        department_id=row["department_id"],
        department_name=row["department_name"],
        label=row["label"],
        room_name=row["room_name"],
        room_location=row["room_location"],
        call_count=row["call_count"],
        called_at=row["called_at"],
        appointment_id=row["appointment_id"],
    )
