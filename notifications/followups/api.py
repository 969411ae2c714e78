"""How a patient reads and answers follow-ups."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from notifications.followups import actions, views
from notifications.followups.errors import AnsweredAlready, FollowUpOver
from notifications.followups.views import AnsweredView, FollowUpPage, FollowUpView
from server import db
from server.auth import patient_only
from server.web import Form, Paging, api, listing

bp = Blueprint("followups", url_prefix="/api/v1")

Code = Annotated[str, StringConstraints(max_length=40)]
Said = bool | int | float | Annotated[str, StringConstraints(max_length=1000)] | list[Code]


class FollowUpQuery(Paging):
    """Which follow-ups. open: only those with a form to fill."""

    open: Literal["0", "1"] = "0"


class FollowUpResponseForm(Form):
    """Answers by the code of their question."""

    answers: Annotated[dict[Code, Said], Field(max_length=40)]


@bp.get("/follow-ups")
@api(guard=patient_only, query=FollowUpQuery, returns=FollowUpPage, tag="follow-ups")
async def index(request: Request, query: FollowUpQuery) -> dict[str, Any]:
    """List what I was told by follow-up plans, the latest first."""
    rows = await actions.mine(
        request.ctx.account.id, only_open=query.open == "1", after=query.after(), limit=query.limit
    )
    return listing(rows, query.limit, views.follow_up)


@bp.get("/follow-ups/<step_id:uuid>")
@api(guard=patient_only, returns=FollowUpView, tag="follow-ups")
async def one(request: Request, step_id: UUID) -> dict[str, Any]:
    """Show one follow-up with its form."""
    return views.follow_up(await actions.one_of(request.ctx.account.id, step_id))


@bp.post("/follow-ups/<step_id:uuid>/response")
@api(
    guard=patient_only,
    body=FollowUpResponseForm,
    returns=AnsweredView,
    status=201,
    creates=True,
    errors=(AnsweredAlready, FollowUpOver),
    tag="follow-ups",
)
async def respond(request: Request, step_id: UUID, body: FollowUpResponseForm) -> dict[str, Any]:
    """Answer a form, once; an alarming answer calls the department at once."""
    advice = await actions.respond(request.ctx.account, step_id, body.answers)
    row = await db.fetch_one("SELECT emergency_phone FROM hospital LIMIT 1")
    phone = row["emergency_phone"] if row else ""
    return {"is_alarming": bool(advice), "advice": advice, "emergency_phone": phone}


@bp.post("/follow-ups/<step_id:uuid>/refusal")
@api(guard=patient_only, returns=FollowUpView, creates=True, tag="follow-ups")
async def refuse(request: Request, step_id: UUID) -> dict[str, Any]:
    """Stop the plan to which this belongs."""
    await actions.refuse(request.ctx.account, step_id)
    return views.follow_up(await actions.one_of(request.ctx.account.id, step_id))
