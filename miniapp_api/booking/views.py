"""What a phone is shown of slots and appointments."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import ADVICE, INTAKE, AppointmentSeen, SessionSeen, SlotSeen
from miniapp_api.booking.rules import AppointmentStatus, SlotStatus, slot_status
from server import privacy
from server.web import View, moment


class SlotView(View):
    """A slot. status: open, full, not_yet, closed or stopped."""

    id: str
    session_id: str
    department_id: str
    practitioner_id: str
    practitioner_name: str
    visit_type: str
    starts_at: str
    ends_at: str
    opens_at: str
    capacity: int
    available: int
    status: SlotStatus


class SlotList(View):
    """The slots of some days; `next` is always null, the range is the limit."""

    items: list[SlotView]
    next: str | None


class PatientRef(View):
    """Whom a booking is for."""

    id: str
    name: str


class DepartmentRef(View):
    """Where."""

    id: str
    name: str


class PractitionerRef(View):
    """With whom."""

    id: str
    name: str
    title: str


class RoomRef(View):
    """In which room, when it is known."""

    id: str
    name: str


class VisitView(View):
    """What the visit left: advice and the day to come again."""

    advice: str
    revisit_on: date | None
    finished_at: str


class IntakeView(View):
    """What the patient told beforehand."""

    illness: str = ""
    history: str = ""
    expectations: str = ""
    needs: str = ""


class AppointmentView(View):
    """An appointment."""

    id: str
    status: AppointmentStatus
    number: int
    slot: SlotView
    patient: PatientRef
    department: DepartmentRef
    practitioner: PractitionerRef
    room: RoomRef | None
    location: str
    rescheduled_to_id: str | None
    version: int


class AppointmentDetail(AppointmentView):
    """An appointment with what only its owner reads."""

    intake: IntakeView | None
    visit: VisitView | None


class AppointmentList(View):
    """A page of appointments."""

    items: list[AppointmentView]
    next: str | None


class SessionView(View):
    """A session with its slots."""

    id: str
    practitioner_id: str
    department_id: str
    room_id: str | None
    day: date
    starts_at: str
    ends_at: str
    visit_type: str
    opens_at: str
    status: str
    version: int
    slots: list[SlotView]


def show_slot(slot: SlotSeen, now: datetime) -> dict[str, Any]:
    """Show a slot."""
    return {
        **_slot_without_counts(slot),
        "available": max(slot.capacity - slot.taken, 0),
        "status": slot_status(slot.state, now).value,
    }


def _slot_without_counts(slot: SlotSeen) -> dict[str, Any]:
    return {
        "id": str(slot.slot_id),
        "session_id": str(slot.session_id),
        "department_id": str(slot.department_id),
        "practitioner_id": str(slot.practitioner_id),
        "practitioner_name": slot.practitioner_name,
        "visit_type": slot.visit_type,
        "starts_at": moment(slot.starts_at),
        "ends_at": moment(slot.ends_at),
        "opens_at": moment(slot.opens_at),
        "capacity": slot.capacity,
    }


def _place(slot: SlotSeen) -> dict[str, Any]:
    return {
        "department": {"id": str(slot.department_id), "name": slot.department_name},
        "practitioner": {
            "id": str(slot.practitioner_id),
            "name": slot.practitioner_name,
            "title": slot.practitioner_title,
        },
        "room": {"id": str(slot.room_id), "name": slot.room_name} if slot.room_id else None,
        "location": slot.location,
    }


def show_appointment(seen: AppointmentSeen, now: datetime) -> dict[str, Any]:
    """Show an appointment in a list."""
    return {
        "id": str(seen.id),
        "status": seen.status,
        "number": seen.number,
        "slot": show_slot(seen, now),
        "patient": {"id": str(seen.patient_id), "name": seen.patient_name},
        **_place(seen),
        "rescheduled_to_id": str(seen.rescheduled_to_id) if seen.rescheduled_to_id else None,
        "version": seen.version,
    }


def show_detail(seen: AppointmentSeen, now: datetime) -> dict[str, Any]:
    """Show an appointment to its owner, with what was told and advised."""
    intake = visit = None
    if seen.intake_cipher is not None:
        told = orjson.loads(privacy.unseal(seen.intake_cipher, place=INTAKE, row_id=seen.id))
        intake = IntakeView(**told).model_dump()
    if seen.encounter_id is not None:
        sealed = seen.advice_cipher
        visit = {
            "advice": privacy.unseal(sealed, place=ADVICE, row_id=seen.encounter_id) if sealed else "",
            "revisit_on": seen.revisit_on.isoformat() if seen.revisit_on else None,
            "finished_at": moment(seen.visited_at),
        }
    return {**show_appointment(seen, now), "intake": intake, "visit": visit}


def new_appointment(appointment_id: UUID, slot: SlotSeen, patient_id: UUID) -> tuple[str, str, str, str]:
    """Give a new appointment's JSON in four pieces.

    Between them the statement that books writes the patient's name, the number, and the places that are left with the
    slot's status: only it knows them, and the answer has to be kept with the effect.
    """
    start = {
        "id": str(appointment_id),
        "status": AppointmentStatus.BOOKED.value,
        "patient": {"id": str(patient_id)},
    }
    rest = {**_place(slot), "rescheduled_to_id": None, "version": 1}
    return (
        orjson.dumps(start).decode()[:-2] + ',"name":',
        "}," + orjson.dumps(rest).decode()[1:-1] + ',"number":',
        ',"slot":' + orjson.dumps(_slot_without_counts(slot)).decode()[:-1] + ',"available":',
        '"}}',
    )


def show_session(seen: SessionSeen, slots: list[SlotSeen], now: datetime) -> dict[str, Any]:
    """Show a session with its slots."""
    return {
        "id": str(seen.id),
        "practitioner_id": str(seen.practitioner_id),
        "department_id": str(seen.department_id),
        "room_id": str(seen.room_id) if seen.room_id else None,
        "day": seen.day.isoformat(),
        "starts_at": moment(seen.starts_at),
        "ends_at": moment(seen.ends_at),
        "visit_type": seen.visit_type,
        "opens_at": moment(seen.opens_at),
        "status": seen.status,
        "version": seen.version,
        "slots": [show_slot(slot, now) for slot in slots],
    }
