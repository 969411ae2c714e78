"""How a phone asks for any practitioner at a time, or to come again after a visit."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.booking import wishes
from miniapp_api.booking.api import BOOKING_REFUSALS, Day, Intake
from miniapp_api.booking.places import Answer
from miniapp_api.booking.views import AppointmentView, SlotList, show_slot
from miniapp_api.errors import RevisitBooked, RevisitOver
from server import clock
from server.auth import patient_only
from server.web import Form, api, replayed, reply

bp = Blueprint("wishes", url_prefix="/api/v1")


class AnyForm(Form):
    """A time in a department, with whoever is there."""

    department_id: UUID
    starts_at: AwareDatetime
    visit_type: Literal["ordinary", "expert", "special", "revisit"] = "ordinary"
    patient_id: UUID
    intake: Intake | None = None


class RevisitSlotsQuery(Form):
    """For whom, and which days; from today for two weeks when none are named."""

    patient: UUID
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class RevisitForm(Form):
    """A place to come again."""

    slot_id: UUID
    patient_id: UUID
    intake: Intake | None = None


@bp.post("/appointments/any")
@api(
    guard=patient_only,
    body=AnyForm,
    returns=AppointmentView,
    status=201,
    creates="itself",
    errors=BOOKING_REFUSALS,
    tag="appointments",
)
async def book_any(request: Request, body: AnyForm) -> HTTPResponse:
    """Book a time with any practitioner of a department; one is named at check-in."""
    wish = wishes.AnyPractitioner(
        department_id=body.department_id,
        starts_at=body.starts_at,
        visit_type=body.visit_type,
        patient_id=body.patient_id,
        intake=body.intake.model_dump() if body.intake else None,
    )
    return _answer(await wishes.book_any(request.ctx.account, wish, request.ctx.once))


@bp.get("/encounters/<encounter_id:uuid>/revisit-slots")
@api(guard=patient_only, query=RevisitSlotsQuery, returns=SlotList, errors=(RevisitOver,), tag="appointments")
async def revisit_slots(request: Request, encounter_id: UUID, query: RevisitSlotsQuery) -> dict[str, Any]:
    """List the slots to come again after a visit, those of the same practitioner first."""
    now = clock.now()
    days = (query.first, query.last)
    rows = await wishes.revisit_slots(request.ctx.account, encounter_id, query.patient, days)
    return {"items": [show_slot(row, now) for row in rows], "next": None}


@bp.post("/encounters/<encounter_id:uuid>/revisit")
@api(
    guard=patient_only,
    body=RevisitForm,
    returns=AppointmentView,
    status=201,
    creates="itself",
    errors=(*BOOKING_REFUSALS, RevisitOver, RevisitBooked),
    tag="appointments",
)
async def book_revisit(request: Request, encounter_id: UUID, body: RevisitForm) -> HTTPResponse:
    """Book to come again after a finished visit."""
    intake = body.intake.model_dump() if body.intake else None
    claim = (body.slot_id, body.patient_id)
    return _answer(
        await wishes.book_revisit(request.ctx.account, encounter_id, claim, intake=intake, once=request.ctx.once)
    )


def _answer(answer: Answer) -> HTTPResponse:
    return replayed(answer.status, answer.body) if answer.is_replay else reply(answer.body, answer.status)
