"""How an operator tries what somebody would be told."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints, model_validator
from sanic import Blueprint, Request

from notifications.errors import NothingToSay
from notifications.operations import dry
from notifications.operations.api import operators
from notifications.routing.reasons import channel_words, words
from notifications.texts import PATIENT_LABELS
from server.privacy import mask_name
from server.web import Form, View, api, language_of, moment

bp = Blueprint("hub_dry_run", url_prefix="/api/v1")


class DryRunForm(Form):
    """What is tried: a fact for somebody, or a message that there is. at: when it would happen, instead of now.

    recipient: an account by its id or openid, or a member of staff by id or user name.
    """

    fact: Annotated[str, StringConstraints(max_length=60)] | None = None
    recipient: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    message_id: UUID | None = None
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "DryRunForm":
        is_fact = self.fact is not None and self.recipient is not None
        if is_fact == (self.message_id is not None):
            raise ValueError("fact with recipient, or message_id")
        return self


class DryKindView(View):
    """A fact that can be tried. to: account or staff. text: the title of what they would be told."""

    fact: str
    to: str
    text: str


class DryKindList(View):
    """Every fact that can be tried."""

    items: list[DryKindView]


class DryWayView(View):
    """What one channel would do.

    will: at_once, held, later, if_not_delivered, if_not_read, skipped, suppressed or expired. at: null for what would
    not happen.
    """

    step: int
    channel: str
    channel_text: str
    will: str
    at: str | None
    reason: str
    reason_text: str


class DryRunView(View):
    """Who would get what, when, by which channel and why. route: name and version. Nothing was written."""

    event: str
    title: str
    lines: list[list[str]]
    route: str
    deadline: str
    ways: list[DryWayView]


@bp.get("/hub/dry-run/facts")
@api(guard=operators, returns=DryKindList, tag="hub")
async def facts(request: Request) -> dict[str, Any]:
    """List the facts that can be tried."""
    return {"items": dry.kinds(language_of(request))}


@bp.post("/hub/dry-run")
@api(guard=operators, body=DryRunForm, returns=DryRunView, errors=(NothingToSay,), tag="hub")
async def run(request: Request, body: DryRunForm) -> dict[str, Any]:
    """Tell what somebody would get when something happens; nothing is written and nothing is sent."""
    if body.message_id is not None:
        trial = await dry.try_message(request.ctx.staff, body.message_id, at=body.at)
    else:
        trial = await dry.try_fact(body.fact or "", body.recipient or "", at=body.at)
    language, plan = language_of(request), trial.plan
    return {
        "event": trial.notice.event,
        "title": plan.title,
        "lines": [[label, mask_name(text) if label in PATIENT_LABELS else text] for label, text in plan.lines],
        "route": plan.route,
        "deadline": moment(plan.deadline),
        "ways": [
            {
                **{name: getattr(way, name) for name in ("step", "channel", "will", "reason")},
                "channel_text": channel_words(way.channel, language),
                "at": moment(way.at),
                "reason_text": words(way.reason, language),
            }
            for way in plan.ways
        ],
    }
