"""Surveys that staff ask: by phone, at the bed, after a stay."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime
from sanic import Blueprint, Request

from satisfaction.errors import AlreadyAnswered, ConcernedByAnswers, NoPhone, PatientNotAsked, SurveyClosed
from satisfaction.surveys import staff_side
from satisfaction.surveys.kinds.items import SurveyKind, in_language
from satisfaction.surveys.models import Invitation, Shown
from satisfaction.surveys.rules import InvitationState
from satisfaction.surveys.staff_side import ASKERS, Asking, SurveyCalls
from satisfaction.surveys.views import ItemView, ReceiptView, ResponseForm, items_view, receipt_view
from server.auth import staff_only
from server.errors import SomeoneWasFaster
from server.privacy import mask_name
from server.web import Form, Paging, View, api, language_of, listing, moment, once_only

bp = Blueprint("survey_calls", url_prefix="/api/v1")

askers_only = staff_only(*ASKERS)
Moment = Annotated[datetime, AwareDatetime]


class SurveyAskForm(Form):
    """Whom to ask. happened_at: the end of the stay, or of what is asked about."""

    kind: Literal["discharge", "phone", "interview"]
    patient_id: UUID
    department_id: UUID
    practitioner_id: UUID | None = None
    encounter_id: UUID | None = None
    happened_at: Moment


class SurveyCallQuery(Paging):
    """What is looked for."""

    kind: SurveyKind | None = None
    state: InvitationState | None = None


class SurveyCallView(View):
    """A patient whom staff ask. The name is masked in the list, and whole where they are asked."""

    id: UUID
    kind: SurveyKind
    state: InvitationState
    mode: str
    patient_name: str
    department_name: str
    practitioner_name: str
    visited_at: str
    deadline: str
    version: int


class SurveyCallDetail(SurveyCallView):
    """What to ask, in the words to be read out."""

    title: str
    is_anonymous: bool
    items: list[ItemView]
    closing: ItemView | None


class SurveyCallPage(View):
    """A page of patients whom staff ask."""

    items: list[SurveyCallView]
    next: str | None


class SurveyPhoneView(View):
    """The whole number to call."""

    phone: str


@bp.post("/survey-invitations")
@api(
    guard=askers_only,
    body=SurveyAskForm,
    returns=SurveyCallView,
    status=201,
    creates=True,
    errors=(PatientNotAsked, AlreadyAnswered),
    tag="surveys",
)
async def ask(request: Request, body: SurveyAskForm) -> SurveyCallView:
    """Have a patient asked after a stay, or begin to ask them by phone or at the bed."""
    wish = Asking(**{**body.model_dump(), "kind": SurveyKind(body.kind)})
    return _view(await staff_side.ask(request.ctx.staff, wish), is_whole=True)


@bp.get("/survey-invitations")
@api(guard=askers_only, query=SurveyCallQuery, returns=SurveyCallPage, tag="surveys")
async def calls(request: Request, query: SurveyCallQuery) -> dict[str, Any]:
    """List the patients whom staff ask, of one's departments, the newest first."""
    wanted = SurveyCalls(query.kind, query.state, query.after(), query.limit)
    found = await staff_side.asked(request.ctx.staff, wanted)
    return listing(found, query.limit, lambda invitation: _view(invitation, is_whole=False))


@bp.get("/survey-invitations/<invitation_id:uuid>")
@api(guard=askers_only, returns=SurveyCallDetail, tag="surveys")
async def call(request: Request, invitation_id: UUID) -> SurveyCallDetail:
    """Show one with the questions that were drawn for this patient."""
    shown = await staff_side.one(request.ctx.staff, invitation_id)
    return _detail(shown, language_of(request))


@bp.post("/survey-invitations/<invitation_id:uuid>/phone")
@api(guard=askers_only, returns=SurveyPhoneView, errors=(NoPhone,), tag="surveys")
async def phone(request: Request, invitation_id: UUID) -> SurveyPhoneView:
    """Show the whole number to call; who looked is written down."""
    return SurveyPhoneView(phone=await staff_side.phone_of(request.ctx.staff, invitation_id))


@bp.post("/survey-invitations/<invitation_id:uuid>/response")
@api(
    guard=askers_only,
    body=ResponseForm,
    returns=ReceiptView,
    status=201,
    creates="itself",
    errors=(AlreadyAnswered, SurveyClosed, SomeoneWasFaster, ConcernedByAnswers),
    tag="surveys",
)
async def write_down(request: Request, invitation_id: UUID, body: ResponseForm) -> Any:
    """Write down what a patient answered; a low rating opens its complaint as always."""
    staff, once = request.ctx.staff, request.ctx.once

    async def write() -> ReceiptView:
        key = once.key if once else None
        receipt = await staff_side.write_down(staff, invitation_id, body.filled(), request_key=key)
        return receipt_view(receipt, invitation_id, language_of(request))

    if (await staff_side.one(staff, invitation_id)).invitation.is_anonymous:
        return await write()
    return await once_only(request, write, status=201)


def _view(invitation: Invitation, *, is_whole: bool) -> SurveyCallView:
    return SurveyCallView(**_members(invitation, is_whole=is_whole))


def _detail(shown: Shown, language: str) -> SurveyCallDetail:
    return SurveyCallDetail(
        **_members(shown.invitation, is_whole=True),
        title=in_language(shown.title, language),
        is_anonymous=shown.invitation.is_anonymous,
        **items_view(shown.items, language),
    )


def _members(invitation: Invitation, *, is_whole: bool) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "kind": SurveyKind(invitation.kind),
        "state": invitation.state,
        "mode": invitation.mode,
        "patient_name": invitation.patient_name if is_whole else mask_name(invitation.patient_name),
        "department_name": invitation.department_name,
        "practitioner_name": invitation.practitioner_name,
        "visited_at": moment(invitation.visited_at) or "",
        "deadline": moment(invitation.deadline) or "",
        "version": invitation.version,
    }
