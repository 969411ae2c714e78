"""In the room and after it: start, stations, finish, leaving, handing on, the end of the day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.queue import models
from miniapp_api.queue.arriving import issue
from miniapp_api.queue.calls import forward
from miniapp_api.queue.calls.undoing import before
from miniapp_api.queue.models import Encounter, Ticket
from miniapp_api.queue.order.ordering import handed_on
from miniapp_api.queue.rules import ACTIVE, TicketState
from miniapp_api.queue.stations.lists import chosen
from miniapp_api.queue.stations.way import give, where
from miniapp_api.queue.steps import (
    Act,
    Happening,
    appointment_to,
    check_practitioner,
    department_of,
    lock_both,
    locked,
    move,
    only_from,
    tell,
    tell_ticket,
    ticket_row,
)
from miniapp_api.queue.waiting.waits import count_visit, promise
from server import clock, db, kill_points, privacy
from server.errors import wrong_field
from server.facts import VisitFinished
from server.history import SYSTEM, By
from server.hospital import Department, Practitioner
from server.ids import new_id
from server.jobs import each

ADVICE = "encounter.advice_cipher"
LEFT_OVER_BATCH = 200
CLOSED_AFTER_MIDNIGHT = timedelta(hours=4)


@dataclass(frozen=True)
class Ending:
    """What the room says at the end of a visit."""

    advice: str | None = None
    revisit_on: date | None = None
    care_plan_id: UUID | None = None
    diagnosis_group: str = ""
    stages: tuple[str, ...] = ()  # where to go after the doctor, in order


async def start(act: Act) -> dict[str, Any]:
    """Begin the visit: the patient is in the room.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        now = clock.now()
        to = only_from(ticket, TicketState.IN_SERVICE, TicketState.CALLED)
        happening = await move(ticket, to, act.staff.by, "started", started_at=now)
        await db.fetch(
            models.BEGIN_ENCOUNTER,
            new_id(),
            ticket.id,
            ticket.appointment_id,
            ticket.patient_id,
            ticket.account_id,
            ticket.department_id,
            ticket.practitioner_id or await _who_sits_in(ticket, now),
            ticket.room_id,
            now,
        )
        await appointment_to(ticket, AppointmentStatus.IN_SERVICE, act.staff.by)
        row = await tell_ticket(ticket, happening)
        assert ticket.room_id is not None  # a called ticket has its room
        await forward.ask(ticket.room_id, ticket.department_id, act.staff.by)
    return row


async def _who_sits_in(ticket: Ticket, now: datetime) -> UUID | None:
    row = await db.fetch_one(models.PRACTITIONER_NOW, ticket.room_id, ticket.department_id, ticket.day, now)
    return row["id"] if row else None


async def finish(act: Act, ending: Ending) -> dict[str, Any]:
    """End the visit with what the room says.

    Raises: NotFound, Forbidden, Stale, IllegalMove, Malformed for a revisit in the past.
    """
    if ending.revisit_on is not None and ending.revisit_on < clock.today():
        raise wrong_field("/revisit_on", "in_the_past", "today or later")
    async with db.transaction():
        ticket = await locked(act)
        now = clock.now()
        undo_to = before(ticket, "finished")
        after = await chosen(ticket.department_id, list(ending.stages))
        ended: dict[str, Any] = {"finished_at": now, "undo_to": undo_to, **where(after)}
        happening = await move(ticket, TicketState.DONE, act.staff.by, "finished", **ended)
        await give(ticket.id, after, is_after=True)
        kill_points.reach("visit_moved")
        encounter = await Encounter.get(ticket_id=ticket.id)
        encounter.times_finished += 1
        sealed = privacy.seal(ending.advice, place=ADVICE, row_id=encounter.id) if ending.advice else None
        await Encounter.filter(id=encounter.id).update(
            finished_at=now,
            advice_cipher=sealed,
            revisit_on=ending.revisit_on,
            care_plan_id=ending.care_plan_id,
            diagnosis_group=ending.diagnosis_group,
            times_finished=encounter.times_finished,
        )
        if encounter.times_finished == 1:  # an end that was taken back was counted already
            await count_visit(ticket, encounter.practitioner_id, now)
        await appointment_to(ticket, AppointmentStatus.COMPLETED, act.staff.by)
        row = await ticket_row(ticket.id)
        await forward.tell_with(row, happening, await _finished(row, encounter, ending, now))
        assert ticket.room_id is not None  # who is in a room has one
        await forward.ask(ticket.room_id, ticket.department_id, act.staff.by)
        kill_points.reach("visit_told")
    return row


async def leave(act: Act, reason: str) -> dict[str, Any]:
    """Record that somebody left without being seen to the end (流失).

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        return await _gone(ticket, act.staff.by, reason)


async def _gone(ticket: Ticket, by: By, reason: str) -> dict[str, Any]:
    happening = await move(ticket, TicketState.LEFT, by, "left", why=reason, reason=reason, room_id=None)
    await Encounter.filter(ticket_id=ticket.id, finished_at=None).update(finished_at=clock.now())
    await appointment_to(ticket, AppointmentStatus.LEFT, by, reason)
    return await tell_ticket(ticket, happening)


@dataclass(frozen=True)
class Destination:
    """Where a patient is handed on to. wish: the patient asked for it, and gets a new place instead of the old one."""

    department_id: UUID | None = None
    practitioner_id: UUID | None = None
    wish: bool = False


async def transfer(act: Act, to: Destination) -> dict[str, Any]:
    """Hand a patient on to another department or practitioner: a new ticket, with the old one's place in time.

    Raises: NotFound, Forbidden, Stale, IllegalMove, HasPlace, Malformed when the practitioner is not of the
        department.
    """
    async with db.transaction():
        ticket = await locked(act, also=to.department_id)
        department = await department_of(to.department_id or ticket.department_id, "/department_id")
        await check_practitioner(to.practitioner_id, department.id)
        by = act.staff.by
        gone: dict[str, Any] = {"reason": "transferred", "room_id": None}
        handed = await move(ticket, TicketState.TRANSFERRED, by, "transferred", why=department.name, **gone)
        await Encounter.filter(ticket_id=ticket.id, finished_at=None).update(finished_at=clock.now())
        place = await handed_on(ticket, department.id, wished=to.wish)
        same = {name: getattr(ticket, name) for name in ("appointment_id", "patient_id", "account_id", "triage")}
        kept = {"flags": ticket.flags, "checked_in_at": ticket.checked_in_at, "practitioner_id": to.practitioner_id}
        why = f"transferred from {ticket.label}"
        new = await issue(department, {**same, **kept, **place.changes}, by, why=why)
        row = await ticket_row(new.id)
        both = [
            (await ticket_row(ticket.id), handed),
            (row, Happening("arrived", by, None, ticket.sort_at, f"{why}; {place.why}")),
        ]
        for one, happening in sorted(both, key=lambda pair: pair[0]["department_id"]):  # two transfers must not cross
            await tell(one, happening)
        await promise(row)
        return row


async def close_the_day() -> int:
    """End what yesterday's queues left over, so that nothing stays open for ever; give the number of tickets."""
    # not at midnight: the emergency department works on
    today = clock.local(clock.now() - CLOSED_AFTER_MIDNIGHT).date()
    return await each("close_queues", await db.fetch(models.LEFT_OVER, today, LEFT_OVER_BATCH), _close)


async def _close(row: dict[str, Any]) -> int:
    async with db.transaction():
        ticket = await lock_both(row["id"])
        if ticket.state in ACTIVE:
            await _gone(ticket, SYSTEM, "day_closed")
    return 1


async def _finished(row: dict[str, Any], encounter: Encounter, ending: Ending, now: datetime) -> VisitFinished:
    practitioner = await Practitioner.get_or_none(id=encounter.practitioner_id) if encounter.practitioner_id else None
    department = await Department.get(id=row["department_id"])
    return VisitFinished(
        encounter_id=encounter.id,
        ticket_id=row["id"],
        appointment_id=row["appointment_id"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"],
        department_id=department.id,
        department_name=department.name,
        practitioner_id=practitioner.id if practitioner else None,
        practitioner_name=practitioner.name if practitioner else "",
        has_advice=bool(ending.advice),
        revisit_on=ending.revisit_on,
        started_at=encounter.started_at,
        finished_at=now,
        survey_delay_minutes=department.survey_delay_minutes,
        times=encounter.times_finished,
        care_plan_id=ending.care_plan_id,
        diagnosis_group=ending.diagnosis_group,
    )
