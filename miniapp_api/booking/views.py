"""What a phone is shown of slots and appointments."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import ADVICE, INTAKE, AppointmentSeen, BandsSeen, SessionSeen, SlotSeen
from miniapp_api.booking.rules import AppointmentStatus, SlotStatus, slot_status
from server import privacy
from server.web import View, moment


class SlotDraw(View):
    """The draw by which a session's places come to people: entered from opens_at until closes_at."""

    id: str
    opens_at: str
    closes_at: str


class SlotView(View):
    """A slot. status: open, full, not_yet, closed or stopped. pool: app, desk, revisit or referral.

    draw: while it is not done the slot is not_yet.
    """

    id: str
    session_id: str
    department_id: str
    practitioner_id: str
    practitioner_name: str
    visit_type: str
    pool: str
    starts_at: str
    ends_at: str
    opens_at: str
    capacity: int
    available: int
    status: SlotStatus
    draw: SlotDraw | None


class SlotList(View):
    """The slots of some days; `next` is always null, the range is the limit. now: the clock that opens them."""

    items: list[SlotView]
    next: str | None
    now: str


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

    encounter_id: str

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
    """An appointment. held_until: until when a hold keeps its place; null for any other.

    is_any: any practitioner will do; the one that is named here only keeps the place.
    """

    id: str
    status: AppointmentStatus
    held_until: str | None
    is_any: bool
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
        "available": slot.state.available,
        "status": slot_status(slot.state, now).value,
    }


def show_bands(sessions: Sequence[BandsSeen], now: datetime) -> list[dict[str, Any]]:
    """Show the slots of some sessions by their begin: of each what `show_slot` shows.

    Hundreds are one answer, so what is the same in many of them is made once: a session's part, and each moment.
    """
    said = cache(moment)
    shown: list[tuple[datetime, dict[str, Any]]] = []
    for seen in sessions:
        same = _session_part(seen)
        for slot_id, starts_at, state in zip(seen.ids, seen.starts, seen.states(), strict=True):
            slot = {
                "id": str(slot_id),
                **same,
                "pool": state.pool,
                "starts_at": said(starts_at),
                "ends_at": said(state.ends_at),
                "capacity": state.capacity,
                "available": state.available,
                "status": slot_status(state, now).value,
            }
            shown.append((starts_at, slot))
    shown.sort(key=itemgetter(0))
    return [slot for _, slot in shown]


def _session_part(seen: SlotSeen | BandsSeen) -> dict[str, Any]:
    return {
        "session_id": str(seen.session_id),
        "department_id": str(seen.department_id),
        "practitioner_id": str(seen.practitioner_id),
        "practitioner_name": seen.practitioner_name,
        "visit_type": seen.visit_type,
        "opens_at": moment(seen.opens_at),
        "draw": _draw(seen),
    }


def _slot_without_counts(slot: SlotSeen) -> dict[str, Any]:
    return {
        "id": str(slot.slot_id),
        **_session_part(slot),
        "pool": slot.pool,
        "starts_at": moment(slot.starts_at),
        "ends_at": moment(slot.ends_at),
        "capacity": slot.capacity,
    }


def _draw(slot: SlotSeen | BandsSeen) -> dict[str, Any] | None:
    if slot.draw_id is None:
        return None
    opens_at, closes_at = moment(slot.draw_opens_at), moment(slot.draw_closes_at)
    return {"id": str(slot.draw_id), "opens_at": opens_at, "closes_at": closes_at}


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
        "held_until": moment(seen.held_until) if seen.held_until else None,
        "is_any": seen.is_any,
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
            "encounter_id": str(seen.encounter_id),
            "advice": privacy.unseal(sealed, place=ADVICE, row_id=seen.encounter_id) if sealed else "",
            "revisit_on": seen.revisit_on.isoformat() if seen.revisit_on else None,
            "finished_at": moment(seen.visited_at),
        }
    return {**show_appointment(seen, now), "intake": intake, "visit": visit}


def new_appointment(appointment_id: UUID, patient_id: UUID, *, held_until: datetime | None, is_any: bool) -> str:
    """Give the begin of a new appointment's JSON, up to the patient's name."""
    start = {
        "id": str(appointment_id),
        "status": (AppointmentStatus.HELD if held_until else AppointmentStatus.BOOKED).value,
        "held_until": moment(held_until) if held_until else None,
        "is_any": is_any,
        "patient": {"id": str(patient_id)},
    }
    return orjson.dumps(start).decode()[:-2] + ',"name":'


def new_at(slot: SlotSeen) -> tuple[str, str, str]:
    """Give the rest of a new appointment's JSON, which is the same for everybody who books the slot, in three pieces.

    Before, between and after them the statement that books writes the patient's name, the number, and the places that
    are left with the slot's status: only it knows them, and the answer has to be kept with the effect.
    """
    rest = {**_place(slot), "rescheduled_to_id": None, "version": 1}
    return (
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
