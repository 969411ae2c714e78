"""What staff can do about bookings: book for somebody, give back, move, grant an extra place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from miniapp_api.booking import actions as booking
from miniapp_api.booking import places, sessions, settings
from miniapp_api.booking.claims import Claim, Taken
from miniapp_api.booking.models import AppointmentSeen, SlotSeen
from miniapp_api.booking.places import Ending
from miniapp_api.booking.rules import APPOINTMENT, AppointmentStatus, shown_days
from miniapp_api.errors import SlotFull
from miniapp_api.patients.actions import AtDesk, register_walk_in
from miniapp_api.patients.rules import PatientDraft
from miniapp_api.reception import models
from miniapp_api.reception.errors import ExtrasUsed
from miniapp_api.schedules.rules import Pool
from server import auth, clock, db
from server.accounts import Role, SignedInStaff
from server.errors import AppError, Forbidden, NotFound, SomeoneWasFaster, wrong_field
from server.history import By

BOOKERS = (Role.GUIDE, Role.CUSTOMER_SERVICE, Role.SUPERVISOR)
GRANTERS = (Role.ROOM, Role.DEPARTMENT_HEAD)
DESK_POOLS = frozenset({Pool.APP.value, Pool.DESK.value, Pool.REFERRAL.value})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """For whom a booking is, and how they asked: a new person or one with a file. channel: phone, web or desk."""

    slot_id: UUID
    channel: str = "desk"
    patient_id: UUID | None = None
    draft: PatientDraft | None = None
    intake: dict[str, str] | None = None


@dataclass(frozen=True)
class Person:
    """Somebody with a file."""

    id: UUID
    account_id: UUID | None
    person_id: UUID


async def slots(staff: SignedInStaff, department_id: UUID, first: date | None, last: date | None) -> list[SlotSeen]:
    """List the slots of a department with those of every pool, by their begin.

    Raises: Forbidden, Malformed.
    """
    auth.need_department(staff, department_id, *BOOKERS, *GRANTERS)
    return await booking.all_slots(department_id, *shown_days(first, last, clock.today()))


async def book(staff: SignedInStaff, asked: Asked) -> AppointmentSeen:
    """Book for somebody who calls or stands at the desk.

    The person's own limits do not bind the desk, nor does a suspension; the session, the time and the places do. Places
    that are kept for the desk can be had before the release, the others only after it.

    Raises: Malformed, Forbidden, and what `places.take` raises.
    """
    async with db.transaction():
        slot = await _slot(staff, asked.slot_id, *BOOKERS)
        person = await _person(asked)
        claim = replace(
            _claim(asked, person, _by(staff, asked.channel)),
            pools=DESK_POOLS,
            passes_release=slot.pool != Pool.APP.value,
        )
        taken = await _take(claim)
        return await booking.appointment_seen(taken.appointment_id)


async def grant(staff: SignedInStaff, asked: Asked, reason: str) -> AppointmentSeen:
    """Book somebody beyond the plan (加号); a place that is free is taken first.

    By the practitioner of the session, or the head of the department; with a record of who and why.

    Raises: Malformed, Forbidden, ExtrasUsed, and what `places.take` raises but SlotFull.
    """
    async with db.transaction():
        slot = await _slot(staff, asked.slot_id, *GRANTERS)
        await _check_granter(staff, slot)
        person = await _person(asked)
        await db.fetch(models.LOCK_PERSON, person.person_id)
        row = await db.fetch_one(models.LOCK_SLOT, slot.slot_id)
        is_full = row is None or row["taken"] + row["kept"] >= row["capacity"]
        if is_full:
            limit = (await settings.current()).extra_places_per_session
            if await db.fetch_one(models.GRANT, slot.session_id, limit) is None:
                raise ExtrasUsed(limit=limit)
            await db.fetch(models.WIDEN, slot.slot_id)
        claim = replace(
            _claim(asked, person, _by(staff, asked.channel)),
            pools=frozenset({slot.pool}),
            passes_release=True,
            is_extra=is_full,
        )
        taken = await _take(claim)
        if is_full:
            await db.fetch(models.RECORD, taken.appointment_id, slot.session_id, staff.id, reason)
        return await booking.appointment_seen(taken.appointment_id)


async def extras(staff: SignedInStaff, session_id: UUID) -> list[dict[str, Any]]:
    """List the extra places of a session: who granted them, to whom, why.

    Raises: NotFound, Forbidden.
    """
    seen, _ = await sessions.session(session_id)
    auth.need_department(staff, seen.department_id, *GRANTERS, *BOOKERS)
    return await db.fetch(models.EXTRAS_OF, session_id)


async def open_of(staff: SignedInStaff, patient_id: UUID) -> list[AppointmentSeen]:
    """List what somebody has booked or holds from now on in my departments, the next first.

    Raises: NotFound when there is no such file.
    """
    if await db.fetch_one(models.PATIENT, patient_id) is None:
        raise NotFound()
    departments = staff.departments_of(*BOOKERS)
    mine = None if departments is None else list(departments)
    ids = [row["id"] for row in await db.fetch(models.OPEN_OF_PERSON, patient_id, mine)]
    seen = await booking.appointments_seen(ids)
    return sorted(seen, key=lambda one: (one.starts_at, one.id))


async def appointment(staff: SignedInStaff, appointment_id: UUID) -> AppointmentSeen:
    """Give an appointment of a department of mine.

    Raises: NotFound, also for one of another department.
    """
    seen = await booking.appointment_seen(appointment_id)
    if not staff.may(*BOOKERS, *GRANTERS, department_id=seen.department_id):
        raise NotFound()
    return seen


async def cancel(staff: SignedInStaff, seen: AppointmentSeen, *, channel: str, reason: str) -> AppointmentSeen:
    """Give a booking back for somebody who asked for it; also when it is late.

    Raises: IllegalMove, SomeoneWasFaster.
    """
    APPOINTMENT.check(seen.status, AppointmentStatus.CANCELLED)
    ending = Ending(
        appointment_id=seen.id,
        becomes=AppointmentStatus.CANCELLED,
        by=_by(staff, channel),
        why=reason,
        version=seen.version,
    )
    if not await places.end_seen([(ending, seen)]):
        APPOINTMENT.check((await booking.appointment_seen(seen.id)).status, AppointmentStatus.CANCELLED)
        raise SomeoneWasFaster()
    return await booking.appointment_seen(seen.id)


async def move(staff: SignedInStaff, seen: AppointmentSeen, *, slot_id: UUID, channel: str) -> AppointmentSeen:
    """Move a booking for somebody who asked for it; give the new one.

    Raises: IllegalMove, Forbidden, and what `places.take` raises.
    """
    APPOINTMENT.check(seen.status, AppointmentStatus.RESCHEDULED)
    async with db.transaction():
        slot = await _slot(staff, slot_id, *BOOKERS)
        is_return = seen.revisit_of_id is not None and slot.department_id == seen.department_id
        claim = Claim(
            slot_id=slot_id,
            patient_id=seen.patient_id,
            account_id=seen.account_id,
            by=_by(staff, channel),
            intake=places.moved_intake(seen),
            is_own=False,
            is_bound=False,
            pools=DESK_POOLS | {Pool.REVISIT.value} if is_return else DESK_POOLS,
            passes_release=slot.pool != Pool.APP.value,
            revisit_of_id=seen.revisit_of_id if is_return else None,
        )
        moved = await places.move_within(seen, claim)
        if isinstance(moved, AppError):
            raise moved
        return await booking.appointment_seen(moved.appointment_id)


def _by(staff: SignedInStaff, channel: str) -> By:
    return replace(staff.by, channel=channel)


def _claim(asked: Asked, person: Person, by: By) -> Claim:
    return Claim(
        slot_id=asked.slot_id,
        patient_id=person.id,
        account_id=person.account_id,
        by=by,
        intake=asked.intake,
        is_own=False,
        is_bound=False,
    )


async def _take(claim: Claim) -> Taken:
    (found,) = await places.take_within([claim])
    if isinstance(found, SlotFull) and await places.expire_holds_of(claim.slot_id):
        (found,) = await places.take_within([claim])
    if isinstance(found, AppError):
        raise found
    return found


async def _slot(staff: SignedInStaff, slot_id: UUID, *roles: Role) -> SlotSeen:
    seen: Sequence[SlotSeen] = await places.look_at({slot_id})
    if not seen:
        raise NotFound()
    auth.need_department(staff, seen[0].department_id, *roles)
    return seen[0]


async def _check_granter(staff: SignedInStaff, slot: SlotSeen) -> None:
    """Let only the session's own practitioner, or the head of the department, go beyond the plan."""
    if staff.may(Role.DEPARTMENT_HEAD, department_id=slot.department_id):
        return
    row = await db.fetch_one(models.PRACTITIONER_OF_STAFF, staff.id)
    if row is None or row["practitioner_id"] != slot.practitioner_id:
        raise Forbidden()


async def _person(asked: Asked) -> Person:
    if asked.draft is not None:
        made = await register_walk_in(asked.draft, AtDesk(is_near=False))
        patient_id = made.id
    else:
        assert asked.patient_id is not None  # the form takes one of both
        patient_id = asked.patient_id
    row = await db.fetch_one(models.PATIENT, patient_id)
    if row is None:
        raise wrong_field("/patient_id", "unknown_patient", "no such patient")
    return Person(row["id"], row["account_id"], row["person_id"])
