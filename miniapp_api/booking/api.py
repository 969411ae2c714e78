"""How a phone asks for slots and appointments, and how an administrator opens sessions."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.booking import actions, sessions
from miniapp_api.booking.calendar_file import CalendarEntry, calendar_file
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.booking.views import (
    AppointmentDetail,
    AppointmentList,
    AppointmentView,
    SessionView,
    SlotList,
    show_appointment,
    show_bands,
    show_detail,
    show_session,
)
from miniapp_api.errors import (
    AlreadyBooked,
    CancelTooLate,
    DrawOpen,
    HoldExpired,
    NotYetOpen,
    SamePractitioner,
    SessionExists,
    SessionStopped,
    SlotFull,
    SlotOver,
    Suspended,
    TimeConflict,
    TooManyBookings,
    TooManyThisMonth,
)
from server import clock
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale, wrong_field
from server.hospital import Hospital
from server.web import Form, Paging, Text, api, check_version, listing, replayed, reply

bp = Blueprint("booking", url_prefix="/api/v1")

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]  # beyond, adding days would overflow
BOOKING_REFUSALS = (
    SlotFull,
    AlreadyBooked,
    TimeConflict,
    TooManyBookings,
    TooManyThisMonth,
    SamePractitioner,
    Suspended,
    NotYetOpen,
    DrawOpen,
    SessionStopped,
    SlotOver,
    SomeoneWasFaster,
)
_ENDED = frozenset(
    {AppointmentStatus.CANCELLED, AppointmentStatus.RESCHEDULED, AppointmentStatus.EXPIRED, AppointmentStatus.NO_SHOW}
)


class SlotsQuery(Form):
    """Which slots: of a department, a practitioner or both; from today for two weeks when no days are named."""

    department: UUID | None = None
    practitioner: UUID | None = None
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class AppointmentsQuery(Paging):
    """Which appointments."""

    status: AppointmentStatus | None = None


class Intake(Form):
    """What the practitioner should know before: present illness, history, expectations, special needs."""

    illness: Text = ""
    history: Text = ""
    expectations: Text = ""
    needs: Text = ""


class BookForm(Form):
    """A place for a person."""

    slot_id: UUID
    patient_id: UUID
    intake: Intake | None = None


class HoldForm(Form):
    """A place to be kept for a person while the form is filled."""

    slot_id: UUID
    patient_id: UUID


class ConfirmForm(Form):
    """What the practitioner should know before."""

    intake: Intake | None = None


class CancelForm(Form):
    """Why, if somebody wants to say."""

    reason: Reason = ""


class RescheduleForm(Form):
    """Where to."""

    slot_id: UUID


class ExtraSessionForm(Form):
    """An extra clinic. slot_minutes may be a fraction; capacity: places of each slot."""

    practitioner_id: UUID
    room_id: UUID | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    slot_minutes: Annotated[float, Field(ge=0.1, le=1440, allow_inf_nan=False)] = 30.0
    capacity: Annotated[int, Field(ge=1, le=200)]
    visit_type: Literal["ordinary", "expert", "special", "revisit"] = "ordinary"


@bp.get("/slots")
@api(query=SlotsQuery, returns=SlotList, tag="catalogue")
async def slots(request: Request, query: SlotsQuery) -> dict[str, Any]:
    """List slots, by their begin."""
    if query.department is None and query.practitioner is None:
        raise wrong_field("/department", "missing", "name a department or a practitioner")
    rows, now = await actions.slots(query.department, query.practitioner, query.first, query.last)
    # to the millisecond: a phone's countdown is set by it
    shown = clock.local(now).isoformat(timespec="milliseconds")
    return {"items": show_bands(rows, now), "next": None, "now": shown}


@bp.post("/appointments")
@api(
    guard=patient_only,
    body=BookForm,
    returns=AppointmentView,
    status=201,
    creates="itself",
    errors=BOOKING_REFUSALS,
    tag="appointments",
)
async def book(request: Request, body: BookForm) -> HTTPResponse:
    """Book a place."""
    intake = body.intake.model_dump() if body.intake else None
    answer = await actions.book(
        request.ctx.account, body.slot_id, body.patient_id, intake=intake, once=request.ctx.once
    )
    return replayed(answer.status, answer.body) if answer.is_replay else reply(answer.body, answer.status)


@bp.post("/holds")
@api(
    guard=patient_only,
    body=HoldForm,
    returns=AppointmentView,
    status=201,
    creates="itself",
    errors=BOOKING_REFUSALS,
    tag="appointments",
)
async def hold(request: Request, body: HoldForm) -> HTTPResponse:
    """Keep a place for some minutes; the answer is an appointment that is held."""
    answer = await actions.hold(request.ctx.account, body.slot_id, body.patient_id, once=request.ctx.once)
    return replayed(answer.status, answer.body) if answer.is_replay else reply(answer.body, answer.status)


@bp.post("/appointments/<appointment_id:uuid>/confirmation")
@api(
    guard=patient_only,
    body=ConfirmForm,
    returns=AppointmentDetail,
    creates=True,
    errors=(HoldExpired, IllegalMove, SomeoneWasFaster, Stale),
    tag="appointments",
)
async def confirm(request: Request, appointment_id: UUID, body: ConfirmForm) -> dict[str, Any]:
    """Book the place that is kept."""
    seen = await actions.appointment_of(request.ctx.account, appointment_id)
    check_version(request, seen, lambda: show_detail(seen, clock.now()))
    intake = body.intake.model_dump() if body.intake else None
    return show_detail(await actions.confirm(request.ctx.account, seen, intake=intake), clock.now())


@bp.get("/appointments")
@api(guard=patient_only, query=AppointmentsQuery, returns=AppointmentList, tag="appointments")
async def appointments(request: Request, query: AppointmentsQuery) -> dict[str, Any]:
    """List my appointments, newest first. A hold that came to nothing is listed only by its status."""
    now = clock.now()
    rows = await actions.appointments_of(request.ctx.account, query.status, query.after(), query.limit)
    return listing(rows, query.limit, lambda row: show_appointment(row, now))


@bp.get("/appointments/<appointment_id:uuid>")
@api(guard=patient_only, returns=AppointmentDetail, tag="appointments")
async def appointment(request: Request, appointment_id: UUID) -> dict[str, Any]:
    """Give one of my appointments, with what the visit left."""
    return show_detail(await actions.appointment_of(request.ctx.account, appointment_id), clock.now())


@bp.get("/appointments/<appointment_id:uuid>/calendar.ics")
@api(guard=patient_only, content_types=("text/calendar",), tag="appointments")
async def calendar(request: Request, appointment_id: UUID) -> HTTPResponse:
    """Give one of my appointments as a calendar file."""
    seen = await actions.appointment_of(request.ctx.account, appointment_id)
    hospital = await Hospital.first()
    entry = CalendarEntry(
        id=seen.id,
        sequence=seen.version,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
        summary=f"就诊：{seen.department_name} {seen.practitioner_name}",
        location=" ".join(part for part in (hospital.name if hospital else "", seen.location) if part),
        description=f"就诊人：{seen.patient_name}\n预约序号：{seen.number}\n请携带有效证件，提前到导诊台报到。",
        is_cancelled=seen.status in _ENDED,
    )
    return raw(
        calendar_file(entry, clock.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


@bp.post("/appointments/<appointment_id:uuid>/cancellation")
@api(
    guard=patient_only,
    body=CancelForm,
    returns=AppointmentDetail,
    creates=True,
    errors=(IllegalMove, CancelTooLate, SomeoneWasFaster, Stale),
    tag="appointments",
)
async def cancel(request: Request, appointment_id: UUID, body: CancelForm) -> dict[str, Any]:
    """Give a booking back."""
    seen = await actions.appointment_of(request.ctx.account, appointment_id)
    check_version(request, seen, lambda: show_detail(seen, clock.now()))
    fresh = await actions.cancel(request.ctx.account, seen, reason=body.reason)
    return show_detail(fresh, clock.now())


@bp.post("/appointments/<appointment_id:uuid>/rescheduling")
@api(
    guard=patient_only,
    body=RescheduleForm,
    returns=AppointmentDetail,
    status=201,
    creates=True,
    errors=(*BOOKING_REFUSALS, IllegalMove, CancelTooLate, Stale),
    tag="appointments",
)
async def reschedule(request: Request, appointment_id: UUID, body: RescheduleForm) -> dict[str, Any]:
    """Move a booking to another slot; the answer is the new one."""
    seen = await actions.appointment_of(request.ctx.account, appointment_id)
    check_version(request, seen, lambda: show_detail(seen, clock.now()))
    fresh = await actions.reschedule(request.ctx.account, seen, body.slot_id)
    return show_detail(fresh, clock.now())


@bp.post("/admin/sessions")
@api(
    guard=staff_only(Role.ADMIN),
    body=ExtraSessionForm,
    returns=SessionView,
    status=201,
    creates=True,
    errors=(SessionExists,),
    tag="schedules",
)
async def open_extra(request: Request, body: ExtraSessionForm) -> dict[str, Any]:
    """Open an extra clinic."""
    session_id = await sessions.open_extra(sessions.ExtraClinic(**dict(body)))
    return show_session(*await sessions.session(session_id), clock.now())
