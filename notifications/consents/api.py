"""How a phone reports what was tapped, and learns what to ask for."""

from typing import Annotated

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from notifications.consents.actions import CLIENT, keys_by_id, standings, take_results
from notifications.errors import UnknownTemplate
from notifications.texts import has, say
from server.auth import patient_only
from server.web import Form, View, api, language_of

bp = Blueprint("consents", url_prefix="/api/v1")


class TapForm(Form):
    """What was tapped for one template: accept, reject, ban or filter, as `wx.requestSubscribeMessage` says it."""

    template_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    result: Annotated[str, StringConstraints(pattern="^(accept[A-Za-z]{0,20}|reject|ban|filter)$")]


class ConsentForm(Form):
    """The whole answer of one pop-up."""

    results: Annotated[list[TapForm], Field(min_length=1, max_length=20)]


class ConsentView(View):
    """What an account has allowed for one template. status: accepted, rejected, banned or unknown."""

    template_id: str
    key: str
    title: str
    credits: int
    status: str


class ConsentList(View):
    """One entry for each template of this mini-app."""

    items: list[ConsentView]


@bp.post("/consents")
@api(guard=patient_only, body=ConsentForm, returns=ConsentList, creates=True, errors=(UnknownTemplate,), tag="messages")
async def report(request: Request, body: ConsentForm) -> ConsentList:
    """Report the answer of a pop-up; gives the credits afterwards."""
    keys = keys_by_id()
    unknown = [number for number, tap in enumerate(body.results) if tap.template_id not in keys]
    if unknown:
        raise UnknownTemplate(
            errors=[
                {"pointer": f"/results/{number}/template_id", "code": "unknown_template", "detail": "template_id"}
                for number in unknown
            ]
        )
    results = {keys[tap.template_id]: tap.result for tap in body.results}
    await take_results(request.ctx.account.id, results, CLIENT)
    return await _all(request)


@bp.get("/consents")
@api(guard=patient_only, returns=ConsentList, tag="messages")
async def index(request: Request) -> ConsentList:
    """List what is allowed, so that the phone knows what to ask for."""
    return await _all(request)


async def _all(request: Request) -> ConsentList:
    language = language_of(request)
    return ConsentList(
        items=[
            ConsentView(
                template_id=standing.template_id,
                key=standing.key,
                title=say(f"template.{standing.key}", language) if has(f"template.{standing.key}") else standing.key,
                credits=standing.credits,
                status=standing.status,
            )
            for standing in await standings(request.ctx.account.id)
        ]
    )
