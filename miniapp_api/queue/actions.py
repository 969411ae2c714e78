"""What can happen to a ticket. Each step writes its history and is told on the stream of the department."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking.models import Appointment
from miniapp_api.booking.rules import APPOINTMENT, AppointmentStatus
from miniapp_api.queue import models
from miniapp_api.queue.errors import HasPlace, QueueEmpty, RoomBusy, RoomPaused, UndoTooLate
from miniapp_api.queue.models import Encounter, Ticket
from miniapp_api.queue.policies import head_start
from miniapp_api.queue.rules import MISSES_UNTIL_GONE, ROOM, TICKET, UNDO, RoomState, TicketState, may_undo
from miniapp_api.queue.steps import (
    Act,
    appointment_to,
    check_practitioner,
    department_of,
    lock_both,
    locked,
    only_from,
    step,
    tell,
    tell_ticket,
    ticket_row,
)
from server import auth, clock, db, history, live, privacy
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import ArrivalAnnulled, PatientArrived, TicketCalled, TicketPassedOver, VisitFinished
from server.history import SYSTEM, By
from server.hospital import Department, Practitioner, Room
from server.ids import new_id

ADVICE = "encounter.advice_cipher"
LEFT_OVER_BATCH = 200
CLOSED_AFTER_MIDNIGHT = timedelta(hours=4)


@dataclass(frozen=True)
class Entry:
    """Who enters a queue without an appointment."""

    patient_id: UUID
    patient_name: str
    account_id: UUID | None
    practitioner_id: UUID | None
    triage: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Ending:
    """What the room says at the end of a visit."""

    advice: str | None = None
    revisit_on: date | None = None
    care_plan_id: UUID | None = None
    diagnosis_group: str = ""


# ---- coming in -----------------------------------------------------------------------------------------------------


async def enter(department: Department, entry: Entry, by: By) -> UUID:
    """Give somebody a ticket who came without an appointment; in the caller's transaction.

    Raises: HasPlace.
    """
    now = clock.now()
    place = head_start.place_of(head_start.Claim(now, None, entry.triage, frozenset(entry.flags)))
    values = {
        "patient_id": entry.patient_id,
        "account_id": entry.account_id,
        "practitioner_id": entry.practitioner_id,
        "triage": entry.triage,
        "flags": list(entry.flags),
        "sort_class": place.sort_class,
        "sort_at": place.sort_at,
        "rule": place.rule,
        "checked_in_at": now,
    }
    ticket = await _issue(department, values, by)
    await publish(
        PatientArrived(
            ticket_id=ticket.id,
            appointment_id=None,
            account_id=entry.account_id,
            patient_id=entry.patient_id,
            patient_name=entry.patient_name,
            department_id=department.id,
            department_name=department.name,
            location=department.location,
            label=ticket.label,
            triage=entry.triage,
        )
    )
    await tell_ticket(ticket)
    return ticket.id


async def _issue(department: Department, values: dict[str, Any], by: By, why: str = "") -> Ticket:
    day = clock.today()
    try:
        async with db.transaction():
            row = await db.fetch_one(models.NEXT_NUMBER, department.id, day)
            assert row is not None  # an upsert always returns its row
            ticket = await Ticket.create(
                department_id=department.id,
                day=day,
                number=row["number"],
                label=label(department.ticket_prefix, row["number"]),
                state=TicketState.WAITING,
                **values,
            )
            await history.born(TICKET, ticket, TicketState.WAITING, by=by, why=why)
    except IntegrityError as error:
        if db.violated(error) == "ticket_one_place_for_a_person":
            raise HasPlace() from error
        raise
    return ticket


def label(prefix: str, number: int) -> str:
    """Say a ticket's number as people read and hear it: A012."""
    return f"{prefix}{number:03d}"


async def annul(act: Act, why: str) -> dict[str, Any]:
    """Take a check-in back while its ticket waits; the appointment is expected again.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act, Role.GUIDE)
        await history.move(TICKET, ticket, TicketState.VOIDED, by=act.staff.by, why=why, reason=why)
        if ticket.appointment_id:
            await _expect_again(ticket.appointment_id, ticket.patient_id, act.staff.by)
        await publish(
            ArrivalAnnulled(ticket_id=ticket.id, appointment_id=ticket.appointment_id, account_id=ticket.account_id)
        )
        return await tell_ticket(ticket)


async def _expect_again(appointment_id: UUID, patient_id: UUID, by: By) -> None:
    appointment = await Appointment.get(id=appointment_id)
    taken = await Appointment.filter(
        patient_id=patient_id, status__in=(AppointmentStatus.HELD, AppointmentStatus.BOOKED)
    ).values_list("open_place", flat=True)
    place = min(set(range(1, 51)) - set(taken))
    await history.move(APPOINTMENT, appointment, AppointmentStatus.BOOKED, by=by, why="annulled", open_place=place)


# ---- calling -------------------------------------------------------------------------------------------------------


async def call_next(room_id: UUID, staff: SignedInStaff) -> dict[str, Any]:
    """Ask the next patient into a room.

    Raises: NotFound, Forbidden, RoomPaused, RoomBusy, QueueEmpty.
    """
    day = clock.today()
    room = await db.fetch_one(models.ROOM_TODAY, room_id, day)
    if room is None:
        raise NotFound()
    auth.need_department(staff, room["department_id"], Role.ROOM, Role.GUIDE)
    if room["state"] != RoomState.OPEN:
        raise RoomPaused()
    if room["is_busy"]:
        raise RoomBusy()
    try:
        async with db.transaction():
            called = await db.fetch_one(
                models.CALL_NEXT, room["department_id"], day, room_id, room["practitioner_ids"], clock.now()
            )
            if called is None:
                raise QueueEmpty()
            await db.fetch(
                history.INSERT_TRANSITION,
                new_id(),
                TICKET.name,
                called["id"],
                TicketState.WAITING,
                TicketState.CALLED,
                staff.by.kind,
                staff.by.id,
                staff.by.channel,
                str(room["name"]),
            )
            row = await ticket_row(called["id"])
            await publish(_called(row))
            await tell(row)
    except IntegrityError as error:
        if db.violated(error) == "ticket_one_in_a_room":
            raise RoomBusy() from error  # the room's other button was faster
        raise
    return row


async def recall(act: Act) -> dict[str, Any]:
    """Ask a called patient once more.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        await history.move(
            TICKET,
            ticket,
            only_from(ticket, TicketState.CALLED, TicketState.CALLED),
            by=act.staff.by,
            call_count=ticket.call_count + 1,
            called_at=clock.now(),
        )
        row = await ticket_row(ticket.id)
        await publish(_called(row))
        await tell(row)
    return row


async def undo(act: Act) -> dict[str, Any]:
    """Take a call back within a minute; the ticket stands where it stood.

    Raises: NotFound, Forbidden, Stale, IllegalMove, UndoTooLate.
    """
    async with db.transaction():
        ticket = await locked(act)
        to = only_from(ticket, TicketState.WAITING, TicketState.CALLED)
        if not may_undo(ticket.called_at, clock.now()):
            raise UndoTooLate(seconds=int(UNDO.total_seconds()))
        return await step(ticket, to, act, why="undone", room_id=None, called_at=None)


async def pass_over(act: Act) -> dict[str, Any]:
    """Say that a called patient did not come; after the third time the visit is over.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        misses = ticket.miss_count + 1
        await history.move(TICKET, ticket, TicketState.MISSED, by=act.staff.by, miss_count=misses, room_id=None)
        if misses >= MISSES_UNTIL_GONE:
            await history.move(TICKET, ticket, TicketState.LEFT, by=act.staff.by, why="missed", reason="missed")
            await appointment_to(ticket, AppointmentStatus.LEFT, act.staff.by, "missed")
        row = await ticket_row(ticket.id)
        await publish(
            TicketPassedOver(
                ticket_id=ticket.id,
                account_id=ticket.account_id,
                patient_id=ticket.patient_id,
                patient_name=row["patient_name"],
                department_name=row["department_name"],
                label=ticket.label,
            )
        )
        await tell(row)
    return row


async def hold(act: Act) -> dict[str, Any]:
    """Let a patient step aside for a moment; the place is kept.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        return await step(await locked(act), TicketState.HELD, act, room_id=None)


async def come_back(act: Act) -> dict[str, Any]:
    """Put somebody into the line again who missed the call, stepped aside or was away.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        now = clock.now()
        changes: dict[str, Any] = {"stage": "", "next_place": "", "room_id": None}
        match ticket.state:
            case TicketState.MISSED:
                waiting = await db.fetch(
                    models.FIRST_WAITING,
                    ticket.department_id,
                    ticket.day,
                    ticket.sort_class,
                    ticket.practitioner_id,
                    head_start.MISSED_PLACES,
                )
                instants = [row["sort_at"] for row in waiting]
                changes["sort_at"], changes["rule"] = head_start.recall_at(
                    ticket.sort_at, instants, now, ticket.miss_count
                )
            case TicketState.AWAY:
                changes["sort_at"], changes["rule"] = head_start.return_at(now), "return"
        to = only_from(ticket, TicketState.WAITING, TicketState.MISSED, TicketState.HELD, TicketState.AWAY)
        return await step(ticket, to, act, why=_reordered(ticket, changes), **changes)


def _reordered(ticket: Ticket, changes: dict[str, Any]) -> str:
    """Every reordering says from where to where, and by which rule."""
    if "sort_at" not in changes:
        return ""
    return f"{changes['rule']}: {ticket.sort_at.isoformat()} -> {changes['sort_at'].isoformat()}"


# ---- in the room ---------------------------------------------------------------------------------------------------


async def start(act: Act) -> dict[str, Any]:
    """Begin the visit: the patient is in the room.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        now = clock.now()
        await history.move(TICKET, ticket, TicketState.IN_SERVICE, by=act.staff.by, started_at=now)
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
        return await tell_ticket(ticket)


async def _who_sits_in(ticket: Ticket, now: datetime) -> UUID | None:
    row = await db.fetch_one(models.PRACTITIONER_NOW, ticket.room_id, ticket.department_id, ticket.day, now)
    return row["id"] if row else None


async def send_to_stage(act: Act, stage: str, place: str) -> dict[str, Any]:
    """Send a patient to a station of the visit, from which they come back.

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        return await step(ticket, TicketState.AWAY, act, why=stage, stage=stage, next_place=place, room_id=None)


async def finish(act: Act, ending: Ending) -> dict[str, Any]:
    """End the visit with what the room says.

    Raises: NotFound, Forbidden, Stale, IllegalMove, Malformed for a revisit in the past.
    """
    if ending.revisit_on is not None and ending.revisit_on < clock.today():
        raise wrong_field("/revisit_on", "in_the_past", "today or later")
    async with db.transaction():
        ticket = await locked(act)
        now = clock.now()
        await history.move(TICKET, ticket, TicketState.DONE, by=act.staff.by, finished_at=now)
        encounter = await Encounter.get(ticket_id=ticket.id)
        sealed = privacy.seal(ending.advice, place=ADVICE, row_id=encounter.id) if ending.advice else None
        await Encounter.filter(id=encounter.id).update(
            finished_at=now,
            advice_cipher=sealed,
            revisit_on=ending.revisit_on,
            care_plan_id=ending.care_plan_id,
            diagnosis_group=ending.diagnosis_group,
        )
        await appointment_to(ticket, AppointmentStatus.COMPLETED, act.staff.by)
        row = await ticket_row(ticket.id)
        await publish(await _finished(row, encounter, ending, now))
        await tell(row)
    return row


async def leave(act: Act, reason: str) -> dict[str, Any]:
    """Record that somebody left without being seen to the end (流失).

    Raises: NotFound, Forbidden, Stale, IllegalMove.
    """
    async with db.transaction():
        ticket = await locked(act)
        return await _gone(ticket, act.staff.by, reason)


async def _gone(ticket: Ticket, by: By, reason: str) -> dict[str, Any]:
    await history.move(TICKET, ticket, TicketState.LEFT, by=by, why=reason, reason=reason, room_id=None)
    await Encounter.filter(ticket_id=ticket.id, finished_at=None).update(finished_at=clock.now())
    await appointment_to(ticket, AppointmentStatus.LEFT, by, reason)
    return await tell_ticket(ticket)


async def transfer(act: Act, department_id: UUID | None, practitioner_id: UUID | None) -> dict[str, Any]:
    """Hand a patient on to another department or practitioner: a new ticket, with the old one's place in time.

    Raises: NotFound, Forbidden, Stale, IllegalMove, HasPlace, Malformed when the practitioner is not of the
        department.
    """
    async with db.transaction():
        ticket = await locked(act)
        department = await department_of(department_id or ticket.department_id, "/department_id")
        await check_practitioner(practitioner_id, department.id)
        by = act.staff.by
        await history.move(
            TICKET, ticket, TicketState.TRANSFERRED, by=by, why=department.name, reason="transferred", room_id=None
        )
        await Encounter.filter(ticket_id=ticket.id, finished_at=None).update(finished_at=clock.now())
        same = {name: getattr(ticket, name) for name in ("appointment_id", "patient_id", "account_id", "triage")}
        kept = {name: getattr(ticket, name) for name in ("flags", "sort_class", "sort_at", "checked_in_at")}
        values = {**same, **kept, "practitioner_id": practitioner_id, "rule": "transfer"}
        new = await _issue(department, values, by, why=f"transferred from {ticket.label}")
        rows = {row["id"]: row for row in (await ticket_row(ticket.id), await ticket_row(new.id))}
        for row in sorted(rows.values(), key=lambda row: row["department_id"]):  # two transfers must not cross
            await tell(row)
        return rows[new.id]


async def close_the_day() -> int:
    """End what yesterday's queues left over, so that nothing stays open for ever; give the number of tickets."""
    # not at midnight: the emergency department works on
    today = clock.local(clock.now() - CLOSED_AFTER_MIDNIGHT).date()
    rows = await db.fetch(models.LEFT_OVER, today, LEFT_OVER_BATCH)
    for row in rows:
        async with db.transaction():
            ticket = await lock_both(row["id"])
            if not TICKET.is_end(ticket.state):
                await _gone(ticket, SYSTEM, "day_closed")
    return len(rows)


# ---- rooms ---------------------------------------------------------------------------------------------------------


async def set_room(room_id: UUID, to: RoomState, staff: SignedInStaff) -> Room:
    """Pause a room or open it again.

    Raises: NotFound, Forbidden, IllegalMove.
    """
    async with db.transaction():
        room = await db.lock(Room, room_id)
        if not room.active:
            raise NotFound()
        auth.need_department(staff, room.department_id, Role.ROOM, Role.GUIDE)
        await history.move(ROOM, room, to, by=staff.by)
        told = {"id": str(room.id), "name": room.name, "state": room.state, "version": room.version}
        await live.announce(live.queue_topic(room.department_id), "room", told)
    return room


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
    )
