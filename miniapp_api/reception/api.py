"""How the desk, customer service and rooms book for others."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from sanic import Blueprint, Request

from miniapp_api.booking.api import BOOKING_REFUSALS, Day, Intake
from miniapp_api.booking.models import AppointmentSeen
from miniapp_api.booking.rules import AppointmentStatus
from miniapp_api.booking.views import AppointmentView, SlotList, show_appointment, show_slot
from miniapp_api.desk.api import WalkInPatient
from miniapp_api.patients.rules import PatientDraft, Relation
from miniapp_api.reception import actions
from miniapp_api.reception.actions import BOOKERS, GRANTERS, Asked
from miniapp_api.reception.errors import ExtrasUsed
from server import clock
from server.auth import staff_only
from server.errors import Forbidden, IllegalMove, SomeoneWasFaster, Stale
from server.privacy import mask_name
from server.web import Form, ShortText, View, api, check_version, moment

bp = Blueprint("reception", url_prefix="/api/v1")

Channel = Literal["phone", "web", "desk"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_BOOKERS = staff_only(*BOOKERS)
_GRANTERS = staff_only(*GRANTERS)
_EITHER = staff_only(*BOOKERS, *GRANTERS)


class DeskSlotsQuery(Form):
    """Which slots: of a department, from today for two weeks when no days are named."""

    department: UUID
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class ForSomebody(Form):
    """Either a new person or one with a file."""

    patient: WalkInPatient | None = None
    patient_id: UUID | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> "ForSomebody":
        """Refuse both and none."""
        if (self.patient is None) == (self.patient_id is None):
            raise ValueError("either patient or patient_id")
        return self

    @property
    def draft(self) -> PatientDraft | None:
        """Give the new person."""
        return PatientDraft(relation=Relation.OTHER, **self.patient.model_dump()) if self.patient else None


class DeskBookingForm(ForSomebody):
    """A place for somebody who asked by phone, on the web or at the desk."""

    slot_id: UUID
    channel: Channel
    intake: Intake | None = None


class ExtraPlaceForm(ForSomebody):
    """A place beyond the plan, and why."""

    reason: ShortText


class DeskCancelForm(Form):
    """How they asked, and why if they said."""

    channel: Channel
    reason: Reason = ""


class DeskMoveForm(Form):
    """Where to, and how they asked."""

    slot_id: UUID
    channel: Channel


class DeskAppointmentView(AppointmentView):
    """An appointment as staff see it: the name is masked. channel: how it was asked for."""

    channel: str
    is_extra: bool


class DeskAppointmentsQuery(Form):
    """Whose."""

    patient: UUID


class DeskAppointmentList(View):
    """What somebody has open from now on, the next first; `next` is always null, a person has few."""

    items: list[DeskAppointmentView]
    next: str | None


class ExtraPlaceView(View):
    """An extra place: who has it, who granted it, why."""

    appointment_id: str
    patient: str
    number: int
    status: AppointmentStatus
    starts_at: str
    by_name: str
    reason: str
    at: str


class ExtraPlaceList(View):
    """The extra places of a session, oldest first."""

    items: list[ExtraPlaceView]


@bp.get("/desk/slots")
@api(guard=_EITHER, query=DeskSlotsQuery, returns=SlotList, errors=(Forbidden,), tag="reception")
async def slots(request: Request, query: DeskSlotsQuery) -> dict[str, Any]:
    """List the slots of a department with those that are kept for the desk, revisits and referrals."""
    now = clock.now()
    rows = await actions.slots(request.ctx.staff, query.department, query.first, query.last)
    return {"items": [show_slot(row, now) for row in rows], "next": None, "now": moment(now)}


@bp.get("/desk/appointments")
@api(guard=_BOOKERS, query=DeskAppointmentsQuery, returns=DeskAppointmentList, tag="reception")
async def open_of(request: Request, query: DeskAppointmentsQuery) -> dict[str, Any]:
    """List what a caller has booked or holds from now on, in the departments of whoever asks."""
    return {"items": [_shown(seen) for seen in await actions.open_of(request.ctx.staff, query.patient)], "next": None}


@bp.post("/desk/appointments")
@api(
    guard=_BOOKERS,
    body=DeskBookingForm,
    returns=DeskAppointmentView,
    status=201,
    creates=True,
    errors=BOOKING_REFUSALS,
    tag="reception",
)
async def book(request: Request, body: DeskBookingForm) -> dict[str, Any]:
    """Book for somebody who calls or stands at the desk."""
    asked = Asked(
        slot_id=body.slot_id,
        channel=body.channel,
        patient_id=body.patient_id,
        draft=body.draft,
        intake=body.intake.model_dump() if body.intake else None,
    )
    return _shown(await actions.book(request.ctx.staff, asked))


@bp.post("/desk/appointments/<appointment_id:uuid>/cancellation")
@api(
    guard=_BOOKERS,
    body=DeskCancelForm,
    returns=DeskAppointmentView,
    creates=True,
    errors=(IllegalMove, SomeoneWasFaster, Stale),
    tag="reception",
)
async def cancel(request: Request, appointment_id: UUID, body: DeskCancelForm) -> dict[str, Any]:
    """Give a booking back for somebody who asked for it."""
    seen = await actions.appointment(request.ctx.staff, appointment_id)
    check_version(request, seen, lambda: _shown(seen))
    return _shown(await actions.cancel(request.ctx.staff, seen, channel=body.channel, reason=body.reason))


@bp.post("/desk/appointments/<appointment_id:uuid>/rescheduling")
@api(
    guard=_BOOKERS,
    body=DeskMoveForm,
    returns=DeskAppointmentView,
    status=201,
    creates=True,
    errors=(*BOOKING_REFUSALS, IllegalMove, Stale),
    tag="reception",
)
async def move(request: Request, appointment_id: UUID, body: DeskMoveForm) -> dict[str, Any]:
    """Move a booking for somebody who asked for it; the answer is the new one."""
    seen = await actions.appointment(request.ctx.staff, appointment_id)
    check_version(request, seen, lambda: _shown(seen))
    return _shown(await actions.move(request.ctx.staff, seen, slot_id=body.slot_id, channel=body.channel))


@bp.post("/slots/<slot_id:uuid>/extra-places")
@api(
    guard=_GRANTERS,
    body=ExtraPlaceForm,
    returns=DeskAppointmentView,
    status=201,
    creates=True,
    errors=(*BOOKING_REFUSALS, ExtrasUsed, Forbidden),
    tag="reception",
)
async def grant(request: Request, slot_id: UUID, body: ExtraPlaceForm) -> dict[str, Any]:
    """Book somebody beyond the plan (加号)."""
    asked = Asked(slot_id=slot_id, channel="room", patient_id=body.patient_id, draft=body.draft)
    return _shown(await actions.grant(request.ctx.staff, asked, body.reason))


@bp.get("/sessions/<session_id:uuid>/extra-places")
@api(guard=_EITHER, returns=ExtraPlaceList, errors=(Forbidden,), tag="reception")
async def extras(request: Request, session_id: UUID) -> dict[str, Any]:
    """List the extra places of a session: who granted them, to whom, why."""
    rows = await actions.extras(request.ctx.staff, session_id)
    return {
        "items": [
            {
                "appointment_id": str(row["appointment_id"]),
                "patient": mask_name(row["patient_name"]),
                "number": row["number"],
                "status": row["status"],
                "starts_at": moment(row["starts_at"]),
                "by_name": row["by_name"],
                "reason": row["reason"],
                "at": moment(row["at"]),
            }
            for row in rows
        ]
    }


def _shown(seen: AppointmentSeen) -> dict[str, Any]:
    shown = show_appointment(seen, clock.now())
    shown["patient"]["name"] = mask_name(seen.patient_name)
    return shown | {"channel": seen.channel, "is_extra": seen.is_extra}
