"""Surveys over HTTP: the patient's list, one survey with its items, its one response and what becomes of that."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from satisfaction.errors import AlreadyAnswered, SurveyClosed
from satisfaction.surveys import actions
from satisfaction.surveys.views import (
    ReceiptView,
    ResponseForm,
    SurveyFilledView,
    SurveyPage,
    SurveyView,
    items_view,
    receipt_view,
    survey_view,
)
from server.auth import patient_only
from server.errors import SomeoneWasFaster, Stale
from server.web import Paging, api, language_of, listing, once_only

bp = Blueprint("surveys", url_prefix="/api/v1")


@bp.get("/surveys")
@api(guard=patient_only, query=Paging, returns=SurveyPage, tag="surveys")
async def surveys(request: Request, query: Paging) -> dict[str, Any]:
    """List the surveys of the account, the newest first."""
    found = await actions.surveys_of(request.ctx.account, after=query.after(), limit=query.limit)
    language = language_of(request)
    return listing(found, query.limit, lambda survey: survey_view(survey, language))


@bp.get("/surveys/<survey_id:uuid>")
@api(guard=patient_only, returns=SurveyView, tag="surveys")
async def survey(request: Request, survey_id: UUID) -> SurveyView:
    """Show a survey with the items that were drawn for this person."""
    sheet = await actions.look_at(request.ctx.account, survey_id)
    language = language_of(request)
    said = actions.as_said(sheet.filled)
    return survey_view(sheet.survey, language).model_copy(
        update={
            **items_view(sheet.survey.items, language),
            "filled": SurveyFilledView(**said) if said else None,
            "response_version": sheet.response.version if sheet.response else None,
        }
    )


@bp.put("/surveys/<survey_id:uuid>/draft")
@api(guard=patient_only, body=ResponseForm, status=204, errors=(AlreadyAnswered, SurveyClosed), tag="surveys")
async def draft(request: Request, survey_id: UUID, body: ResponseForm) -> None:
    """Put down what was answered so far, to go on later or elsewhere."""
    await actions.put_down(request.ctx.account, survey_id, body.filled())


@bp.post("/surveys/<survey_id:uuid>/response")
@api(
    guard=patient_only,
    body=ResponseForm,
    returns=ReceiptView,
    status=201,
    creates="itself",
    errors=(AlreadyAnswered, SurveyClosed, SomeoneWasFaster),
    tag="surveys",
)
async def response(request: Request, survey_id: UUID, body: ResponseForm) -> Any:
    """Answer a survey, once; a low rating opens a complaint by itself, unless the survey is anonymous."""
    account, once = request.ctx.account, request.ctx.once

    async def respond() -> ReceiptView:
        key = once.key if once else None
        receipt = await actions.respond(account, survey_id, body.filled(), request_key=key)
        return receipt_view(receipt, survey_id, language_of(request))

    if (await actions.survey_of(account, survey_id)).invitation.is_anonymous:
        return await respond()  # without a record of the request: its fingerprint would tell what was answered
    return await once_only(request, respond, status=201)


@bp.put("/surveys/<survey_id:uuid>/response")
@api(guard=patient_only, body=ResponseForm, returns=ReceiptView, errors=(SurveyClosed, Stale), tag="surveys")
async def change(request: Request, survey_id: UUID, body: ResponseForm) -> ReceiptView:
    """Change one's answer while that is possible; `If-Match` with `response_version` guards against an older page."""
    given = request.headers.get("if-match", "").strip('" ')
    version = int(given) if given.isdigit() else None if not given else -1
    receipt = await actions.change(request.ctx.account, survey_id, body.filled(), version=version)
    return receipt_view(receipt, survey_id, language_of(request))
