"""Coming into a queue without an appointment, and taking a check-in back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.booking.models import Appointment
from miniapp_api.booking.rules import APPOINTMENT, AppointmentStatus
from miniapp_api.queue import models
from miniapp_api.queue.errors import HasPlace
from miniapp_api.queue.models import Ticket
from miniapp_api.queue.order.ordering import rule_now
from miniapp_api.queue.policies.basis import Claim
from miniapp_api.queue.rules import TICKET, TicketState
from miniapp_api.queue.steps import Happening, move, tell_ticket
from miniapp_api.queue.waiting.waits import promise
from server import clock, db, history
from server.events import publish
from server.facts import ArrivalAnnulled, PatientArrived
from server.history import By
from server.hospital import Department


@dataclass(frozen=True)
class Entry:
    """Who enters a queue without an appointment."""

    patient_id: UUID
    patient_name: str
    account_id: UUID | None
    practitioner_id: UUID | None
    triage: str
    flags: tuple[str, ...]


async def enter(department: Department, entry: Entry, by: By) -> UUID:
    """Give somebody a ticket who came without an appointment; in the caller's transaction.

    Raises: HasPlace.
    """
    now = clock.now()
    rule = await rule_now(department.id)
    place = rule.place_of(Claim(now, None, entry.triage, frozenset(entry.flags)))
    values = {
        "patient_id": entry.patient_id,
        "account_id": entry.account_id,
        "practitioner_id": entry.practitioner_id,
        "triage": entry.triage,
        "flags": list(entry.flags),
        "sort_class": place.sort_class,
        "sort_at": place.sort_at,
        "rule": place.rule,
        "rule_version": rule.version,
        "checked_in_at": now,
    }
    ticket = await issue(department, values, by)
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
    await promise(await tell_ticket(ticket, Happening("arrived", by)))
    return ticket.id


async def issue(department: Department, values: dict[str, Any], by: By, why: str = "") -> Ticket:
    """Give a department's next number to somebody; in the caller's transaction, who tells it.

    Raises: HasPlace.
    """
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


async def take_back(ticket: Ticket, by: By, why: str) -> dict[str, Any]:
    """Take back the check-in of a locked ticket that waits, in the caller's transaction; the caller knows who may.

    Raises: IllegalMove.
    """
    happening = await move(ticket, TicketState.VOIDED, by, "annulled", why=why, reason=why)
    if ticket.appointment_id:
        await _expect_again(ticket.appointment_id, by)
    await publish(
        ArrivalAnnulled(ticket_id=ticket.id, appointment_id=ticket.appointment_id, account_id=ticket.account_id)
    )
    return await tell_ticket(ticket, happening)


async def _expect_again(appointment_id: UUID, by: By) -> None:
    appointment = await Appointment.get(id=appointment_id)
    taken = await Appointment.filter(
        person_id=appointment.person_id, status__in=(AppointmentStatus.HELD, AppointmentStatus.BOOKED)
    ).values_list("open_place", flat=True)
    place = min(set(range(1, 51)) - set(taken))
    await history.move(APPOINTMENT, appointment, AppointmentStatus.BOOKED, by=by, why="annulled", open_place=place)
