"""How a phone reports what was tapped, and learns what to ask for."""

from typing import Annotated

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from notifications.consents.actions import ask_after, keys_by_id, standings
from notifications.consents.ledger import CLIENT, take_results
from notifications.consents.rules import Moment, Standing
from notifications.consents.wording import ASK, words_in
from notifications.errors import UnknownTemplate
from notifications.texts import has, say
from server import clock
from server.auth import patient_only
from server.web import Form, View, api, language_of

bp = Blueprint("consents", url_prefix="/api/v1")


class TapForm(Form):
    """What was tapped for one template: accept, reject, ban or filter, as `wx.requestSubscribeMessage` says it."""

    template_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    result: Annotated[str, StringConstraints(pattern="^(accept[A-Za-z]{0,20}|reject|ban|filter)$")]


class ConsentForm(Form):
    """The whole answer of one pop-up. after: what had just happened; the answer then tells what is still to ask for."""

    results: Annotated[list[TapForm], Field(min_length=1, max_length=20)]
    after: Moment | None = None


class ConsentQuery(Form):
    """after: what has just happened; without it nothing is to be asked for."""

    after: Moment | None = None


class ConsentView(View):
    """What an account has allowed for one template. status: accepted, rejected, banned or unknown."""

    template_id: str
    key: str
    title: str
    credits: int
    status: str


class AskView(View):
    """What the phone should ask for now: the template ids for one pop-up, and a sentence that says why.

    titles: of the same templates, in the same order.
    """

    template_ids: list[str]
    titles: list[str]
    why: str


class ConsentList(View):
    """One entry for each template of this mini-app; ask: null when there is nothing to ask for now."""

    items: list[ConsentView]
    ask: AskView | None


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
    await take_results(request.ctx.account.id, results, CLIENT, at=clock.now())
    return await _all(request, body.after)


@bp.get("/consents")
@api(guard=patient_only, query=ConsentQuery, returns=ConsentList, tag="messages")
async def index(request: Request, query: ConsentQuery) -> ConsentList:
    """List what is allowed, and what to ask for after something has happened."""
    return await _all(request, query.after)


async def _all(request: Request, after: Moment | None) -> ConsentList:
    language = language_of(request)
    known = await standings(request.ctx.account.id)
    items = [
        ConsentView(
            template_id=standing.template_id,
            key=standing.key,
            title=_title(standing, language),
            credits=standing.credits,
            status=standing.status,
        )
        for standing in known
    ]
    asked = await ask_after(after, known) if after else []
    ask = (
        AskView(
            template_ids=[standing.template_id for standing in asked],
            titles=[_title(standing, language) for standing in asked],
            why=words_in(ASK[after], language),
        )
        if after and asked
        else None
    )
    return ConsentList(items=items, ask=ask)


def _title(standing: Standing, language: str) -> str:
    key = f"template.{standing.key}"
    return say(key, language) if has(key) else standing.key
