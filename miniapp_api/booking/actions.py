"""What a patient can do: look, hold, book, confirm, cancel, move. Sessions have `sessions`."""

from datetime import date, datetime, timedelta
from uuid import UUID

from miniapp_api.booking import models, places, settings
from miniapp_api.booking.claims import Claim
from miniapp_api.booking.models import AppointmentSeen, BandsSeen, SlotSeen
from miniapp_api.booking.places import Answer, Ending
from miniapp_api.booking.rules import (
    PATIENTS_POOLS,
    REVISIT_POOLS,
    AppointmentStatus,
    check_giving_back,
    shown_days,
)
from server import clock, db
from server.accounts import SignedInPatient
from server.errors import AppError, NotFound, SomeoneWasFaster
from server.idempotency import Once

__all__ = [
    "Answer",
    "all_slots",
    "appointment_of",
    "appointment_seen",
    "appointments_of",
    "appointments_seen",
    "book",
    "cancel",
    "confirm",
    "hold",
    "reschedule",
    "slots",
]

ROUNDS = 4  # of looking and moving: more means that somebody moves against themselves


async def slots(
    department_id: UUID | None, practitioner_id: UUID | None, first: date | None, last: date | None
) -> tuple[list[BandsSeen], datetime]:
    """List the sessions of a department, a practitioner or both with their bands; and the database's clock.

    Raises: Malformed when the range is wrong.
    """
    days = shown_days(first, last, clock.today())
    if department_id is None:
        rows = await db.fetch(models.BANDS_OF_PRACTITIONER, practitioner_id, *days)
    elif practitioner_id is None:
        rows = await db.fetch(models.BANDS_OF_DEPARTMENT, department_id, *days)
    else:
        rows = await db.fetch(models.BANDS_OF_BOTH, department_id, *days, practitioner_id)
    return [BandsSeen(**row) for row in rows], rows[0]["now"] if rows else clock.now()


async def all_slots(department_id: UUID, first: date, last: date) -> list[SlotSeen]:
    """List the slots of a department with those of every pool, by their begin; for staff."""
    return [SlotSeen(**row) for row in await db.fetch(models.SLOTS_OF_ALL_POOLS, department_id, first, last)]


async def appointments_of(
    account: SignedInPatient, status: AppointmentStatus | None, after: UUID | None, limit: int
) -> list[AppointmentSeen]:
    """List the appointments of an account, newest first; up to `limit + 1` rows."""
    rows = await db.fetch(models.APPOINTMENTS_OF, account.id, after, status, limit + 1)
    return [AppointmentSeen(**row) for row in rows]


async def appointment_of(account: SignedInPatient, appointment_id: UUID) -> AppointmentSeen:
    """Give an appointment of this account.

    Raises: NotFound, also for one of somebody else.
    """
    row = await db.fetch_one(models.APPOINTMENT_OF, appointment_id, account.id)
    if row is None:
        raise NotFound()
    return AppointmentSeen(**row)


async def appointment_seen(appointment_id: UUID) -> AppointmentSeen:
    """Give an appointment whoever's it is; for staff.

    Raises: NotFound.
    """
    found = await appointments_seen([appointment_id])
    if not found:
        raise NotFound()
    return found[0]


async def appointments_seen(appointment_ids: list[UUID]) -> list[AppointmentSeen]:
    """Give those of the appointments that are there, whoever's they are; for staff."""
    return [AppointmentSeen(**row) for row in await db.fetch(models.APPOINTMENTS_BY_ID, appointment_ids)]


async def book(
    account: SignedInPatient, slot_id: UUID, patient_id: UUID, *, intake: dict[str, str] | None, once: Once | None
) -> Answer:
    """Sell a place of a slot to a patient of this account.

    Raises: what `places.take` raises.
    """
    claim = Claim(slot_id=slot_id, patient_id=patient_id, account_id=account.id, by=account.by, intake=intake)
    return await places.take(claim, once)


async def hold(account: SignedInPatient, slot_id: UUID, patient_id: UUID, *, once: Once | None) -> Answer:
    """Keep a place for a patient of this account while the form is filled.

    Raises: what `places.take` raises.
    """
    until = clock.now() + timedelta(seconds=(await settings.current()).hold_seconds)
    claim = Claim(slot_id=slot_id, patient_id=patient_id, account_id=account.id, by=account.by, held_until=until)
    return await places.take(claim, once)


async def confirm(account: SignedInPatient, seen: AppointmentSeen, *, intake: dict[str, str] | None) -> AppointmentSeen:
    """Turn a hold into a booking. seen: as `appointment_of` gave it.

    Raises: HoldExpired, IllegalMove, SomeoneWasFaster.
    """
    await places.confirm(seen, account.by, intake)
    return await appointment_of(account, seen.id)


async def cancel(account: SignedInPatient, seen: AppointmentSeen, *, reason: str) -> AppointmentSeen:
    """Give a booking or a hold back. seen: as `appointment_of` gave it.

    Raises: IllegalMove, CancelTooLate, SomeoneWasFaster.
    """
    holds = await settings.current()
    check_giving_back(seen.status, AppointmentStatus.CANCELLED, seen.starts_at, holds, clock.now())
    ending = Ending(
        appointment_id=seen.id,
        becomes=AppointmentStatus.CANCELLED,
        by=account.by,
        why=reason,
        version=seen.version,
    )
    done = await places.end_seen([(ending, seen)])
    fresh = await appointment_of(account, seen.id)
    if not done:
        check_giving_back(fresh.status, AppointmentStatus.CANCELLED, fresh.starts_at, holds, clock.now())
        raise SomeoneWasFaster()
    return fresh


async def reschedule(account: SignedInPatient, seen: AppointmentSeen, slot_id: UUID) -> AppointmentSeen:
    """Move a booking to another slot, of any department; give the new one. seen: as `appointment_of` gave it.

    Raises: IllegalMove, CancelTooLate, and what `places.take` raises.
    """
    slots_there = await places.look_at({slot_id})
    # a return to a visit stays one in its department, and may take what is kept there for returns
    is_return = seen.revisit_of_id is not None and any(one.department_id == seen.department_id for one in slots_there)
    claim = Claim(
        slot_id=slot_id,
        patient_id=seen.patient_id,
        account_id=account.id,
        by=account.by,
        pools=REVISIT_POOLS if is_return else PATIENTS_POOLS,
        intake=places.moved_intake(seen),
        revisit_of_id=seen.revisit_of_id if is_return else None,
    )
    for _ in range(ROUNDS):
        holds = await settings.current()
        check_giving_back(seen.status, AppointmentStatus.RESCHEDULED, seen.starts_at, holds, clock.now())
        async with db.transaction():
            new = await places.move_within(seen, claim)
        if isinstance(new, SomeoneWasFaster):
            seen = await appointment_of(account, seen.id)
        elif isinstance(new, AppError):
            raise new
        else:
            return await appointment_of(account, new.appointment_id)
    raise SomeoneWasFaster()
