"""How an operator looks at the hub. Recipients are masked, and so are the names of patients."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sanic import Blueprint, HTTPResponse, Request

from notifications.errors import MessageTooOld, NothingToCancel, NothingToRetry
from notifications.operations import actions
from notifications.rules import DeliveryState
from notifications.texts import PATIENT_LABELS
from server import sse, watching
from server.accounts import Role
from server.auth import staff_only
from server.errors import TooManyStreams
from server.privacy import mask_name
from server.web import Paging, View, api, listing, moment

bp = Blueprint("hub", url_prefix="/api/v1")
operators = staff_only(Role.SUPERVISOR, Role.ADMIN)
CHANGES = watching.Question("hub", actions.changes)


class MessageQuery(Paging):
    """Which messages. With state and channel: a delivery over this channel in this state.

    recipient: id of an account or member of staff, or an openid.
    """

    state: DeliveryState | None = None
    event: Annotated[str, StringConstraints(max_length=50)] | None = None
    channel: Annotated[str, StringConstraints(max_length=50)] | None = None
    recipient: Annotated[str, StringConstraints(max_length=100)] | None = None


class RecipientView(View):
    """Who gets it: account or staff, by its last four characters or by name."""

    kind: str
    id: str | None
    shown: str


class DeliveryView(View):
    """One message over one channel."""

    id: str
    channel: str
    state: str
    reason: str
    tries: int
    due_at: str
    deadline: str
    is_settled: bool
    changed_at: str


class HubMessageView(View):
    """One message and where it is."""

    id: str
    event: str
    kind: str
    title: str
    subject_kind: str
    subject_id: str
    recipient: RecipientView
    created_at: str
    deadline: str
    deliveries: list[DeliveryView]


class HubMessagePage(View):
    """Messages, newest first."""

    items: list[HubMessageView]
    next: str | None


class AttemptView(View):
    """One call to a provider. outcome: null while it is under way."""

    delivery_id: str
    fence: int
    started_at: str
    ended_at: str | None
    outcome: str | None
    code: str
    detail: str


class ActView(View):
    """What somebody did with a delivery."""

    delivery_id: str
    from_state: str | None
    to_state: str
    by_kind: str
    by_id: str | None
    at: str


class StoryView(HubMessageView):
    """The whole story of a message. possible: what may be done with it now: retry, cancel."""

    lines: list[list[str]]
    link: str
    language: str
    read_at: str | None
    attempts: list[AttemptView]
    acts: list[ActView]
    possible: list[str]


class ChannelView(View):
    """One channel. counts: the last day's deliveries by state. lag_seconds: of what has been due for longest."""

    name: str
    is_paused: bool
    waiting: int
    lag_seconds: int
    counts: dict[str, int]


class ChannelList(View):
    """Every channel that calls a provider."""

    items: list[ChannelView]


@bp.get("/hub/messages")
@api(guard=operators, query=MessageQuery, returns=HubMessagePage, tag="hub")
async def index(_: Request, query: MessageQuery) -> dict[str, Any]:
    """Find messages."""
    search = actions.Search(query.state, query.event, query.channel, query.recipient)
    return listing(await actions.messages(search, after=query.after(), limit=query.limit), query.limit, _shown)


@bp.get("/hub/events")
@api(guard=operators, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="hub")
async def events(request: Request) -> HTTPResponse:
    """Stream `changed`, without data, whenever a message or a delivery may have; at once to whoever may be behind."""
    return await sse.stream(request, watching.changes(CHANGES, last=sse.last_event_id(request)))


@bp.get("/hub/messages/<message_id:uuid>")
@api(guard=operators, returns=StoryView, tag="hub")
async def story(_: Request, message_id: UUID) -> dict[str, Any]:
    """Tell the whole story of a message."""
    return _story(await actions.story_of(message_id))


@bp.post("/hub/messages/<message_id:uuid>/retry")
@api(guard=operators, returns=StoryView, errors=(NothingToRetry, MessageTooOld), tag="hub")
async def retry(request: Request, message_id: UUID) -> dict[str, Any]:
    """Send again what failed or was suppressed."""
    await actions.retry(request.ctx.staff, message_id)
    return _story(await actions.story_of(message_id))


@bp.post("/hub/messages/<message_id:uuid>/cancellation")
@api(guard=operators, returns=StoryView, errors=(NothingToCancel,), tag="hub")
async def cancel(request: Request, message_id: UUID) -> dict[str, Any]:
    """Stop what has not left yet."""
    await actions.cancel(request.ctx.staff, message_id)
    return _story(await actions.story_of(message_id))


@bp.get("/hub/channels")
@api(guard=operators, returns=ChannelList, tag="hub")
async def channels(_: Request) -> dict[str, Any]:
    """Show every channel: what waits, for how long, and what became of the last day's messages."""
    return {"items": await actions.channels()}


@bp.post("/hub/channels/<name:str>/pause")
@api(guard=operators, returns=ChannelView, tag="hub")
async def pause(request: Request, name: str) -> dict[str, Any]:
    """Stop a channel; what is due waits."""
    return await actions.pause(request.ctx.staff, name, is_paused=True)


@bp.post("/hub/channels/<name:str>/resume")
@api(guard=operators, returns=ChannelView, tag="hub")
async def resume(request: Request, name: str) -> dict[str, Any]:
    """Let a channel go on."""
    return await actions.pause(request.ctx.staff, name, is_paused=False)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "event": row["event"],
        "kind": row["kind"],
        "title": row["title"],
        "subject_kind": row["subject_kind"],
        "subject_id": str(row["subject_id"]),
        "recipient": _recipient(row),
        "created_at": moment(row["created_at"]),
        "deadline": moment(row["deadline"]),
        "deliveries": [_delivery(delivery) for delivery in row["deliveries"]],
    }


def _recipient(row: dict[str, Any]) -> dict[str, Any]:
    if row["account_id"]:
        return {"kind": "account", "id": str(row["account_id"]), "shown": f"…{(row['openid'] or '')[-4:]}"}
    if row["staff_id"]:
        return {"kind": "staff", "id": str(row["staff_id"]), "shown": row["staff_name"]}
    return {"kind": "staff", "id": None, "shown": ""}


def _delivery(row: dict[str, Any]) -> dict[str, Any]:
    moments = {name: moment(row[name]) for name in ("due_at", "deadline", "changed_at")}
    plain = {name: row[name] for name in ("channel", "state", "reason", "tries", "is_settled")}
    return {"id": str(row["id"]), **plain, **moments}


def _story(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **_shown(row),
        "lines": [[label, mask_name(text) if label in PATIENT_LABELS else text] for label, text in row["lines"]],
        "link": row["link"],
        "language": row["language"],
        "read_at": moment(row["read_at"]),
        "possible": row["possible"],
        "attempts": [
            {
                **{name: attempt[name] for name in ("fence", "outcome", "code", "detail")},
                "delivery_id": str(attempt["delivery_id"]),
                "started_at": moment(attempt["started_at"]),
                "ended_at": moment(attempt["ended_at"]),
            }
            for attempt in row["attempts"]
        ],
        "acts": [
            {
                **{name: act[name] for name in ("from_state", "to_state", "by_kind")},
                "delivery_id": str(act["delivery_id"]),
                "by_id": str(act["by_id"]) if act["by_id"] else None,
                "at": moment(act["at"]),
            }
            for act in row["acts"]
        ],
    }
