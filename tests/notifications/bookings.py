"""Real appointments for the tests of reminders: each change of a row with its fact, as the features do it."""

import itertools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from server import clock, db
from server.events import publish
from server.facts import AppointmentBooked, AppointmentCancelled
from tests import props
from tests.cast import PatientClient

_places = itertools.count(0)
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Booking:
    """An appointment and what is around it."""

    id: UUID
    account_id: UUID | None
    patient_id: UUID
    slot: props.Slot
    starts_at: datetime


async def books(phone: PatientClient, starts_at: datetime, **patient: object) -> Booking:
    """Book a place of a slot of its own, and let the fact be heard of later. Each booking is a person of its own."""
    account_id = UUID(phone.account_id)
    slot = await props.a_slot(starts_at=starts_at)
    async with db.transaction():
        patient_id = await props.a_patient(account_id, **{"relation": "other", **patient})
        appointment_id = await props.an_appointment(slot, patient_id, account_id, open_place=1 + next(_places) % 50)
        await db.fetch("UPDATE transition SET at = app_now() WHERE subject_id = $1", appointment_id)
        booking = Booking(appointment_id, account_id, patient_id, slot, starts_at)
        await publish(_booked(booking))
    return booking


def _booked(booking: Booking) -> AppointmentBooked:
    return AppointmentBooked(
        appointment_id=booking.id,
        version=1,
        account_id=booking.account_id,
        patient_id=booking.patient_id,
        patient_name="张小三",
        department_id=booking.slot.department_id,
        department_name="心血管内科",
        practitioner_name="王敏",
        location="门诊楼2层",
        number=1,
        starts_at=booking.starts_at,
        ends_at=booking.starts_at + HALF_HOUR,
    )


async def ends(booking: Booking, status: str = "cancelled", *, by_clinic: bool = False) -> None:
    """Give a booking back: `cancelled`, or `rescheduled` to another."""
    async with db.transaction():
        await _set(booking, status)
        await publish(
            AppointmentCancelled(
                appointment_id=booking.id,
                account_id=booking.account_id,
                patient_id=booking.patient_id,
                patient_name="张小三",
                department_name="心血管内科",
                starts_at=booking.starts_at,
                by_clinic=by_clinic,
                is_rescheduled=status == "rescheduled",
            )
        )


async def _set(booking: Booking, status: str) -> None:
    await db.fetch("UPDATE appointment SET status = $2, version = version + 1 WHERE id = $1", booking.id, status)


async def stops(booking: Booking) -> None:
    """Stop the session: the booking ends by the clinic's hand."""
    async with db.transaction():
        await db.fetch("UPDATE session SET status = 'stopped' WHERE id = $1", booking.slot.session_id)
        await db.fetch("UPDATE slot SET is_stopped = true WHERE id = $1", booking.slot.id)
        await ends(booking, by_clinic=True)


async def moves(phone: PatientClient, booking: Booking, starts_at: datetime) -> Booking:
    """Move a booking to another slot: an end and a new appointment, in one transaction."""
    async with db.transaction():
        await ends(booking, "rescheduled")
        return await books(phone, starts_at)


async def shifts(booking: Booking, starts_at: datetime) -> Booking:
    """Give the same appointment another time; nobody publishes anything."""
    await db.fetch(
        "UPDATE appointment SET starts_at = $2, ends_at = $3, version = version + 1 WHERE id = $1",
        booking.id,
        starts_at,
        starts_at + HALF_HOUR,
    )
    return replace(booking, starts_at=starts_at)


async def changes_room(booking: Booking, name: str) -> None:
    """Give the session another room."""
    room_id = await props.a_room(booking.slot.department_id, name=name)
    await db.fetch("UPDATE session SET room_id = $2 WHERE id = $1", booking.slot.session_id, room_id)


async def is_scanned_by_mistake(booking: Booking) -> None:
    """Check somebody in and take it back."""
    await _set(booking, "checked_in")
    await _set(booking, "booked")


async def told(event: str = "") -> list[dict]:
    """List the reminders that became messages."""
    return await db.fetch(
        "SELECT subject_id, event, visit_at, created_at, lines, actions FROM message"
        " WHERE event LIKE 'visit_%' AND event <> 'visit_finished' AND ($1 = '' OR event = $1) ORDER BY id",
        event,
    )


def at(day: datetime, hours: float) -> datetime:
    """Give a time of the day of a moment."""
    local = clock.local(day)
    return clock.at(local.date(), 0) + timedelta(hours=hours)
