"""How administrators keep the endpoints of other systems. A secret is shown once, when it is made."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from sanic import Blueprint, HTTPResponse, Request

from notifications.rules import DeliveryState
from notifications.webhooks import actions
from notifications.webhooks.catalogue import LEAVING, example_of
from notifications.webhooks.errors import EndpointIsOff, SameEndpoint, TooManyEndpoints
from notifications.webhooks.models import WebhookEndpoint
from notifications.webhooks.replays import replay_one, replay_since
from notifications.webhooks.rules import EndpointState
from server import db
from server.accounts import Role
from server.auth import staff_only
from server.errors import Stale
from server.web import Form, Paging, ShortText, View, api, check_version, listing, moment, once_only

bp = Blueprint("webhooks", url_prefix="/api/v1")
admins = staff_only(Role.ADMIN)


class EndpointForm(Form):
    """An address of another system, and of what it hears."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    events: Annotated[list[ShortText], Field(min_length=1, max_length=50)]


class ReplayForm(Form):
    """What is sent again: one message, or what happened since a moment and was not taken."""

    message_id: UUID | None = None
    since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "ReplayForm":
        if (self.message_id is None) == (self.since is None):
            raise ValueError("message_id or since")
        return self


class LogQuery(Paging):
    """Which messages of an endpoint."""

    state: DeliveryState | None = None


class EndpointView(View):
    """An endpoint and how it is doing. waiting: messages that have not left yet. rests_until: it is left in peace."""

    id: str
    url: str
    description: str
    events: list[str]
    state: str
    failures: int
    failing_since: str | None
    rests_until: str | None
    last_ok_at: str | None
    last_failed_at: str | None
    last_code: str
    old_secret_until: str | None
    waiting: int
    version: int
    created_at: str


class EndpointList(View):
    """Every endpoint, oldest first."""

    items: list[EndpointView]


class NewEndpointView(EndpointView):
    """An endpoint with its secret, which is never shown again."""

    secret: str


class SecretView(View):
    """A new secret, which is never shown again. The old one signs beside it until then."""

    secret: str
    old_secret_until: str | None


class LeavingView(View):
    """One kind of news that may leave, with an example of what is sent."""

    type: str
    zh: str
    en: str
    example: dict[str, Any]


class LeavingList(View):
    """Every kind of news that may leave."""

    items: list[LeavingView]


class SentView(View):
    """One message to an endpoint. code: of its last call. took_ms: of that call."""

    id: str
    webhook_id: str
    type: str
    is_replay: bool
    state: str
    reason: str
    tries: int
    code: str
    took_ms: int | None
    due_at: str
    changed_at: str
    created_at: str


class SentPage(View):
    """Messages to an endpoint, newest first."""

    items: list[SentView]
    next: str | None


class TriedView(View):
    """The message of a test."""

    message_id: str


class ReplayedView(View):
    """What a replay came to. more: there is more; ask again."""

    messages: int
    more: bool


@bp.get("/admin/webhooks")
@api(guard=admins, returns=EndpointList, tag="webhooks")
async def index(_: Request) -> dict[str, Any]:
    """List the endpoints of other systems."""
    rows = await actions.endpoints()
    waiting = await actions.waiting_of(rows)
    return {"items": [_shown(row, waiting.get(row.id, 0)) for row in rows]}


@bp.get("/admin/webhooks/events")
@api(guard=admins, returns=LeavingList, tag="webhooks")
async def events(_: Request) -> dict[str, Any]:
    """List what may leave the house, with examples."""
    return {
        "items": [
            {"type": one.type, "zh": one.zh, "en": one.en, "example": example_of(kind)} for kind, one in LEAVING.items()
        ]
    }


@bp.post("/admin/webhooks")
@api(
    guard=admins,
    body=EndpointForm,
    returns=NewEndpointView,
    status=201,
    creates="itself",
    errors=(TooManyEndpoints, SameEndpoint),
    tag="webhooks",
)
async def add(request: Request, body: EndpointForm) -> HTTPResponse:
    """Add an endpoint; its secret is shown this once."""
    actions.check_events(body.events)
    await actions.check_url(body.url)

    async def make() -> dict[str, Any]:
        row, secret = await actions.add(request.ctx.staff, body.url, description=body.description, events=body.events)
        return {**_shown(row, 0), "secret": secret}

    return await once_only(request, make, status=201, secret=True)


@bp.get("/admin/webhooks/<endpoint_id:uuid>")
@api(guard=admins, returns=EndpointView, tag="webhooks")
async def show(_: Request, endpoint_id: UUID) -> dict[str, Any]:
    """Show one endpoint."""
    return await _fresh(await actions.endpoint(endpoint_id))


@bp.put("/admin/webhooks/<endpoint_id:uuid>")
@api(guard=admins, body=EndpointForm, returns=EndpointView, errors=(SameEndpoint, Stale), tag="webhooks")
async def change(request: Request, endpoint_id: UUID, body: EndpointForm) -> dict[str, Any]:
    """Change address, description or events of an endpoint."""
    actions.check_events(body.events)
    await actions.check_url(body.url)
    async with db.transaction():
        row = await _locked(request, endpoint_id)
        await actions.change(request.ctx.staff, row, url=body.url, description=body.description, events=body.events)
    return await _fresh(row)


@bp.post("/admin/webhooks/<endpoint_id:uuid>/secret")
@api(guard=admins, returns=SecretView, status=201, creates="itself", tag="webhooks")
async def renew(request: Request, endpoint_id: UUID) -> HTTPResponse:
    """Make a new secret; for a day the old one signs as well."""

    async def make() -> dict[str, Any]:
        row = await _locked(request, endpoint_id)
        secret = await actions.renew_secret(request.ctx.staff, row)
        return {"secret": secret, "old_secret_until": moment(row.old_secret_until)}

    return await once_only(request, make, status=201, secret=True)


@bp.post("/admin/webhooks/<endpoint_id:uuid>/pause")
@api(guard=admins, returns=EndpointView, tag="webhooks")
async def pause(request: Request, endpoint_id: UUID) -> dict[str, Any]:
    """Switch an endpoint off; what has not left for it is called off."""
    return await _switched(request, endpoint_id, EndpointState.OFF)


@bp.post("/admin/webhooks/<endpoint_id:uuid>/resume")
@api(guard=admins, returns=EndpointView, tag="webhooks")
async def resume(request: Request, endpoint_id: UUID) -> dict[str, Any]:
    """Switch an endpoint on; what it missed is sent by a replay."""
    return await _switched(request, endpoint_id, EndpointState.ON)


@bp.delete("/admin/webhooks/<endpoint_id:uuid>")
@api(guard=admins, returns=EndpointView, tag="webhooks")
async def remove(request: Request, endpoint_id: UUID) -> dict[str, Any]:
    """Remove an endpoint."""
    return await _switched(request, endpoint_id, EndpointState.REMOVED)


@bp.post("/admin/webhooks/<endpoint_id:uuid>/test")
@api(guard=admins, returns=TriedView, status=201, creates=True, errors=(EndpointIsOff,), tag="webhooks")
async def try_out(_: Request, endpoint_id: UUID) -> dict[str, Any]:
    """Send a test."""
    return {"message_id": str(await actions.try_out(await actions.endpoint(endpoint_id)))}


@bp.get("/admin/webhooks/<endpoint_id:uuid>/messages")
@api(guard=admins, query=LogQuery, returns=SentPage, tag="webhooks")
async def log(_: Request, endpoint_id: UUID, query: LogQuery) -> dict[str, Any]:
    """Show what was sent to an endpoint, newest first."""
    await actions.endpoint(endpoint_id)
    rows = await actions.log_of(endpoint_id, state=query.state, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, _sent)


@bp.post("/admin/webhooks/<endpoint_id:uuid>/replays")
@api(
    guard=admins,
    body=ReplayForm,
    returns=ReplayedView,
    status=201,
    creates=True,
    errors=(EndpointIsOff,),
    tag="webhooks",
)
async def replay(_: Request, endpoint_id: UUID, body: ReplayForm) -> dict[str, Any]:
    """Send one message again, or what was not taken since a moment; at most some hundreds at a time."""
    row = await _locked(None, endpoint_id)
    if body.since is not None:
        done = await replay_since(row, body.since)
    else:
        done = await replay_one(row, body.message_id)  # type: ignore[arg-type]  # one of them is there
    return {"messages": done.messages, "more": done.more}


async def _switched(request: Request, endpoint_id: UUID, to: EndpointState) -> dict[str, Any]:
    async with db.transaction():
        row = await _locked(request, endpoint_id)
        await actions.switch(request.ctx.staff, row, to)
    return await _fresh(row)


async def _locked(request: Request | None, endpoint_id: UUID) -> WebhookEndpoint:
    """Lock an endpoint in the open transaction, as the version that the request names if it does."""
    await actions.endpoint(endpoint_id)
    row = await db.lock(WebhookEndpoint, endpoint_id)
    if request is not None:
        check_version(request, row, lambda: _shown(row, 0))
    return row


async def _fresh(row: WebhookEndpoint) -> dict[str, Any]:
    return _shown(row, (await actions.waiting_of([row])).get(row.id, 0))


def _shown(row: WebhookEndpoint, waiting: int) -> dict[str, Any]:
    moments = ("failing_since", "last_ok_at", "last_failed_at", "old_secret_until", "created_at")
    plain = ("url", "description", "events", "failures", "last_code", "version")
    return {
        "id": str(row.id),
        "state": str(row.state),
        "waiting": waiting,
        "rests_until": moment(row.open_until) if row.failures else None,
        **{name: getattr(row, name) for name in plain},
        **{name: moment(getattr(row, name)) for name in moments},
    }


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    began, ended = row["started_at"], row["ended_at"]
    return {
        "id": str(row["id"]),
        "is_replay": row["event_key"].count(":") > 2,
        "code": row["code"] or "",
        "took_ms": round((ended - began).total_seconds() * 1000) if began and ended else None,
        **{name: row[name] for name in ("webhook_id", "type", "state", "reason", "tries")},
        **{name: moment(row[name]) for name in ("due_at", "changed_at", "created_at")},
    }
