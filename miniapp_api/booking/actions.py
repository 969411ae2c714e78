"""What can happen to appointments: look, book, cancel, move; nobody came. Sessions have `sessions`."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from miniapp_api.booking import models
from miniapp_api.booking.models import INTAKE, AppointmentSeen, Look, SlotSeen
from miniapp_api.booking.news import booked, cancelled
from miniapp_api.booking.rules import (
    MAX_OPEN_BOOKINGS,
    NO_SHOW_BATCH,
    AppointmentStatus,
    check_booking,
    check_giving_back,
    check_moving,
    shown_days,
)
from miniapp_api.booking.views import new_appointment
from server import clock, db, privacy
from server.accounts import SignedInPatient
from server.errors import NotFound, SomeoneWasFaster
from server.events import fact_row
from server.history import SYSTEM
from server.idempotency import Once
from server.ids import new_id
from server.jobs import ring
from server.remembered import Remembered

__all__ = [
    "Answer",
    "appointment_of",
    "appointments_of",
    "book",
    "cancel",
    "mark_no_shows",
    "reschedule",
    "slots",
]

ROUNDS = 4  # of trying, looking and asking the rules: more means that somebody books against themselves
SLOT_SECONDS = 60.0  # how old the names may be that a booking says; a session that changed is always looked at anew
RACES = {"appointment_once_per_session", "appointment_open_place_once", "idempotency_record_pkey"}

_slots: Remembered[UUID, SlotSeen] = Remembered(seconds=SLOT_SECONDS, at_most=5_000)


@dataclass(frozen=True)
class Answer:
    """What a booking is answered with; is_replay: it was answered before."""

    status: int
    body: bytes
    is_replay: bool


async def slots(
    department_id: UUID | None, practitioner_id: UUID | None, first: date | None, last: date | None
) -> list[SlotSeen]:
    """List the slots of a department, a practitioner or both, by their begin.

    Raises: Malformed when the range is wrong.
    """
    days = shown_days(first, last, clock.today())
    if department_id is None:
        rows = await db.fetch(models.SLOTS_OF_PRACTITIONER, practitioner_id, *days)
    elif practitioner_id is None:
        rows = await db.fetch(models.SLOTS_OF_DEPARTMENT, department_id, *days)
    else:
        rows = await db.fetch(models.SLOTS_OF_BOTH, department_id, *days, practitioner_id)
    return [SlotSeen(**row) for row in rows]


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


async def book(
    account: SignedInPatient, slot_id: UUID, patient_id: UUID, *, intake: dict[str, str] | None, once: Once | None
) -> Answer:
    """Sell a place of a slot to a patient of this account.

    One statement does everything under its guards, outside any transaction: it is its own. What it says
    of the slot is of the session's present version. Where it does nothing, a look gives the rules what they need to
    say why, or it is tried again: somebody was faster.

    Raises: NotFound, SessionStopped, SlotOver, NotYetOpen, AlreadyBooked, TooManyBookings, SlotFull, SomeoneWasFaster,
        IdempotencyKeyReused.
    """
    appointment_id = new_id()
    sealed = _sealed_intake(intake, appointment_id)
    slot = _slots.get(slot_id)
    for _ in range(ROUNDS):
        if slot is None:
            look = await _look(slot_id, patient_id, account.id, once)
            if once is not None and look.record is not None:
                return Answer(*once.open(look.record), is_replay=True)
            check_booking(look.request, clock.now())
            assert look.slot is not None  # the rules refuse a slot that is not there
            slot = look.slot
            _slots.put(slot_id, slot)
        fact_id, _, payload = fact_row(booked(appointment_id, account.id, slot, (patient_id, "")))
        try:
            done = await db.fetch_one(
                models.BOOK,
                slot_id,
                appointment_id,
                account.id,
                patient_id,
                MAX_OPEN_BOOKINGS,
                account.by.channel,
                sealed,
                new_id(),
                account.by.kind,
                account.by.id,
                fact_id,
                payload,
                *new_appointment(appointment_id, slot, patient_id),
                once.actor if once else None,
                once.key if once else None,
                once.fingerprint if once else None,
                slot.session_version,
            )
        except IntegrityError as error:
            if db.violated(error) not in RACES:
                raise
            done = None
        if done is not None:
            ring("relay")
            return Answer(201, done["body"].encode(), is_replay=False)
        slot = None
    raise SomeoneWasFaster()


async def _look(slot_id: UUID, patient_id: UUID, account_id: UUID, once: Once | None) -> Look:
    actor, key = (once.actor, once.key) if once else (None, None)
    row = await db.fetch_one(models.LOOK_BEFORE_BOOKING, slot_id, patient_id, account_id, actor, key)
    assert row is not None  # the statement gives one row whatever is there
    return Look.from_row(row)


async def cancel(account: SignedInPatient, seen: AppointmentSeen, *, reason: str) -> AppointmentSeen:
    """Give a booking back. seen: as `appointment_of` gave it.

    Raises: IllegalMove, CancelTooLate, SomeoneWasFaster.
    """
    check_giving_back(seen.status, AppointmentStatus.CANCELLED, seen.starts_at, clock.now())
    fact_id, _, payload = fact_row(cancelled(seen, by_clinic=False))  # the reason stays in the history
    by = account.by
    done = await db.fetch_one(
        models.CANCEL,
        seen.id,
        seen.version,
        seen.slot_id,
        new_id(),
        by.kind,
        by.id,
        by.channel,
        reason,
        fact_id,
        payload,
    )
    fresh = await appointment_of(account, seen.id)
    if done is None:
        check_giving_back(fresh.status, AppointmentStatus.CANCELLED, fresh.starts_at, clock.now())
        raise SomeoneWasFaster()
    ring("relay")
    return fresh


async def reschedule(account: SignedInPatient, seen: AppointmentSeen, slot_id: UUID) -> AppointmentSeen:
    """Move a booking to another slot, of any department; give the new one. seen: as `appointment_of` gave it.

    Raises: NotFound, IllegalMove, CancelTooLate, SessionStopped, SlotOver, NotYetOpen, AlreadyBooked, SlotFull,
        SomeoneWasFaster.
    """
    for _ in range(ROUNDS):
        check_giving_back(seen.status, AppointmentStatus.RESCHEDULED, seen.starts_at, clock.now())
        look = await _look(slot_id, seen.patient_id, account.id, None)
        check_moving(
            look.request,
            same_session=look.slot is not None and look.slot.session_id == seen.session_id,
            same_slot=slot_id == seen.slot_id,
            now=clock.now(),
        )
        assert look.slot is not None  # the rules refuse a slot that is not there
        try:
            async with db.transaction():
                return await _move(account, seen, look.slot)
        except SomeoneWasFaster:
            seen = await appointment_of(account, seen.id)
        except IntegrityError as error:
            if db.violated(error) not in RACES:
                raise
    raise SomeoneWasFaster()


async def _move(account: SignedInPatient, seen: AppointmentSeen, slot: SlotSeen) -> AppointmentSeen:
    appointment_id = new_id()
    intake = None
    if seen.intake_cipher is not None:  # sealed for its row, so it is sealed anew for the new one
        intake = orjson.loads(privacy.unseal(seen.intake_cipher, place=INTAKE, row_id=seen.id))
    old_fact, _, old_payload = fact_row(cancelled(seen, by_clinic=False, is_rescheduled=True))
    new_fact, _, new_payload = fact_row(booked(appointment_id, account.id, slot, (seen.patient_id, seen.patient_name)))
    done = await db.fetch_one(
        models.RESCHEDULE,
        seen.id,
        seen.version,
        seen.slot_id,
        slot.slot_id,
        appointment_id,
        account.by.channel,
        _sealed_intake(intake, appointment_id),
        new_id(),
        new_id(),
        account.by.kind,
        account.by.id,
        old_fact,
        old_payload,
        new_fact,
        new_payload,
    )
    if done is None:
        raise SomeoneWasFaster()  # inside the transaction, so that nothing of it stays
    ring("relay")
    return await appointment_of(account, appointment_id)


async def mark_no_shows() -> int:
    """Mark who did not come until check-in closed, and has no accepted scan; give how many."""
    count = 0
    while rows := await db.fetch(models.MISSED, NO_SHOW_BATCH):
        ids = [row["id"] for row in rows]
        marked = await db.fetch(models.MARK_MISSED, ids, [new_id() for _ in ids], SYSTEM.channel)
        count += len(marked)
        if not marked:
            break  # somebody else is at it
    return count


def _sealed_intake(intake: dict[str, str] | None, appointment_id: UUID) -> bytes | None:
    if not intake:
        return None
    return privacy.seal(orjson.dumps(intake).decode(), place=INTAKE, row_id=appointment_id)
