"""Surveys over HTTP: the patient's list, one survey with its items, its one response."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from satisfaction.errors import AlreadyAnswered, SurveyClosed
from satisfaction.surveys import actions
from satisfaction.surveys.kinds.items import Item, ItemType, in_language
from satisfaction.surveys.models import Shown
from satisfaction.surveys.rules import Filled, InvitationState
from server import clock
from server.auth import patient_only
from server.errors import SomeoneWasFaster
from server.web import Form, Paging, Text, View, api, language_of, listing, moment

bp = Blueprint("surveys", url_prefix="/api/v1")

MOST_ANSWERS = 100

THANKS = {
    "zh-CN": "感谢您的评价，您的意见会帮助我们做得更好。",
    "zh-TW": "感謝您的評價，您的意見會幫助我們做得更好。",
    "en": "Thank you. What you tell us helps us to do better.",
}
WILL_CALL = {
    "zh-CN": "感谢您告诉我们。很抱歉这次就诊没有让您满意，我们的工作人员会尽快与您联系。",
    "zh-TW": "感謝您告訴我們。很抱歉這次就診沒有讓您滿意，我們的工作人員會盡快與您聯繫。",
    "en": "Thank you for telling us. We are sorry about this visit; somebody will contact you soon.",
}


class ResponseForm(Form):
    """The answers by item. None is forced, but something must be said."""

    answers: Annotated[dict[str, Any], Field(max_length=MOST_ANSWERS, default_factory=dict)]
    comment: Text = ""
    contact_me: bool = False


class OptionView(View):
    """A choice."""

    value: str
    text: str


class ItemView(View):
    """A question, in the caller's language."""

    id: str
    type: ItemType
    text: str
    options: list[OptionView] | None = None
    worst: str | None = None
    best: str | None = None
    dimension: str


class SurveyView(View):
    """A survey about one visit."""

    id: UUID
    state: InvitationState
    title: str
    patient_name: str
    department_name: str
    practitioner_name: str
    visited_at: str
    deadline: str
    answered: bool
    version: int
    items: list[ItemView] | None = None


class SurveyPage(View):
    """A page of surveys."""

    items: list[SurveyView]
    next: str | None


class ReceiptView(View):
    """Thanks for a response, and whether somebody will call."""

    id: UUID
    survey_id: UUID
    is_low: bool
    will_call: bool
    message: str


@bp.get("/surveys")
@api(guard=patient_only, query=Paging, returns=SurveyPage, tag="surveys")
async def surveys(request: Request, query: Paging) -> dict[str, Any]:
    """List the surveys of the account, the newest first."""
    found = await actions.surveys_of(request.ctx.account, after=query.after(), limit=query.limit)
    language = language_of(request)
    return listing(found, query.limit, lambda survey: _view(survey, language))


@bp.get("/surveys/<survey_id:uuid>")
@api(guard=patient_only, returns=SurveyView, tag="surveys")
async def survey(request: Request, survey_id: UUID) -> SurveyView:
    """Show a survey with its items."""
    shown = await actions.survey_of(request.ctx.account, survey_id)
    language = language_of(request)
    return _view(shown, language).model_copy(update={"items": [_item(item, language) for item in shown.items]})


@bp.post("/surveys/<survey_id:uuid>/response")
@api(
    guard=patient_only,
    body=ResponseForm,
    returns=ReceiptView,
    status=201,
    creates=True,
    errors=(AlreadyAnswered, SurveyClosed, SomeoneWasFaster),
    tag="surveys",
)
async def response(request: Request, survey_id: UUID, body: ResponseForm) -> ReceiptView:
    """Answer a survey, once; a low rating opens a complaint by itself."""
    filled = Filled(answers=body.answers, comment=body.comment, contact_me=body.contact_me)
    receipt = await actions.respond(request.ctx.account, survey_id, filled)
    return ReceiptView(
        id=receipt.response_id,
        survey_id=survey_id,
        is_low=receipt.will_call,
        will_call=receipt.will_call,
        message=(WILL_CALL if receipt.will_call else THANKS)[language_of(request)],
    )


def _view(shown: Shown, language: str) -> SurveyView:
    invitation = shown.invitation
    return SurveyView(
        id=invitation.id,
        state=InvitationState.EXPIRED if shown.closes_before(clock.now()) else invitation.state,
        title=in_language(shown.title, language),
        patient_name=invitation.patient_name,
        department_name=invitation.department_name,
        practitioner_name=invitation.practitioner_name,
        visited_at=moment(invitation.visited_at) or "",
        deadline=moment(invitation.deadline) or "",
        answered=invitation.state == InvitationState.ANSWERED,
        version=invitation.version,
    )


def _item(item: Item, language: str) -> ItemView:
    return ItemView(
        id=item.id,
        type=item.type,
        text=in_language(item.text, language),
        options=[OptionView(value=one.value, text=in_language(one.text, language)) for one in item.options] or None,
        worst=in_language(item.worst, language) if item.worst else None,
        best=in_language(item.best, language) if item.best else None,
        dimension=item.dimension,
    )
