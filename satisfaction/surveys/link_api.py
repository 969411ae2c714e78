"""Surveys by a link, without a sign-in: of one invitation, of a poster, of a tablet."""

from typing import Annotated, Any

from pydantic import StringConstraints
from sanic import Blueprint, Request

from satisfaction.errors import AlreadyAnswered, LinkExhausted, LinkOver, SurveyClosed
from satisfaction.surveys import actions
from satisfaction.surveys.kinds.items import in_language
from satisfaction.surveys.links import Opened
from satisfaction.surveys.rules import InvitationState
from satisfaction.surveys.throttle import Throttle
from satisfaction.surveys.views import ItemView, ReceiptView, ResponseForm, items_view, receipt_view
from server import clock
from server.errors import NotFound, SomeoneWasFaster, TooMany
from server.web import View, api, language_of, moment, once_only

bp = Blueprint("survey_links", url_prefix="/api/v1")

unknown_links = Throttle(at_most=30, seconds=60)  # tries of one address, before it has to wait

Device = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{8,64}$")]


class SurveyLinkForm(ResponseForm):
    """An answer by a link. device: a random word that the phone keeps, so that it answers a poster once a day."""

    device: Device | None = None


class SurveyLinkView(View):
    """What a link leads to. may_contact: of an anonymous survey nobody can be called back."""

    kind: str
    title: str
    department_name: str
    practitioner_name: str
    is_anonymous: bool
    may_contact: bool
    answered: bool
    closed: bool
    deadline: str | None
    items: list[ItemView]
    closing: ItemView | None


@bp.get("/survey-links/<token:str>")
@api(returns=SurveyLinkView, errors=(NotFound, LinkOver, TooMany), tag="surveys")
async def survey_link(request: Request, token: str) -> SurveyLinkView:
    """Show the survey that a link leads to; of an invitation nothing that names the patient."""
    return _view(await _found(request, str(token)), language_of(request))


@bp.post("/survey-links/<token:str>/response")
@api(
    body=SurveyLinkForm,
    returns=ReceiptView,
    status=201,
    creates="itself",
    errors=(NotFound, AlreadyAnswered, LinkOver, LinkExhausted, SurveyClosed, SomeoneWasFaster, TooMany),
    tag="surveys",
)
async def response_by_link(request: Request, token: str, body: SurveyLinkForm) -> Any:
    """Answer by a link. An anonymous answer is kept sealed until enough others lie beside it."""
    found, once = await _found(request, str(token)), request.ctx.once

    async def respond() -> ReceiptView:
        key = once.key if once else None
        receipt = await actions.respond_by_link(found, body.filled(), device=body.device, request_key=key)
        return receipt_view(receipt, None, language_of(request))

    if found.is_anonymous:
        return await respond()  # without a record of the request: its fingerprint would tell what was answered
    return await once_only(request, respond, status=201)


async def _found(request: Request, token: str) -> Opened:
    """Look for a link; who tries many that do not exist has to wait."""
    address = request.remote_addr or request.ip
    if seconds := unknown_links.wait_of(address):
        raise TooMany(retry_after=seconds)
    try:
        return await actions.look_by_link(token)
    except NotFound:
        unknown_links.note(address)
        raise


def _view(found: Opened, language: str) -> SurveyLinkView:
    invitation = found.survey.invitation if found.survey else None
    state = invitation.state if invitation else None
    return SurveyLinkView(
        kind=found.link.kind,
        title=in_language(found.questionnaire.title, language),
        department_name=found.department_name,
        practitioner_name=invitation.practitioner_name if invitation else "",
        is_anonymous=found.is_anonymous,
        may_contact=not found.is_anonymous,
        answered=state == InvitationState.ANSWERED,
        closed=invitation is not None and (state == InvitationState.EXPIRED or clock.now() >= invitation.deadline),
        deadline=moment(invitation.deadline) if invitation else None,
        **items_view(found.items, language),
    )
