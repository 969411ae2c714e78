"""How an operator looks at the hub. Recipients are masked, and so are the names of patients."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sanic import Blueprint, HTTPResponse, Request

from notifications.errors import MessageTooOld, NothingToCancel, NothingToRetry
from notifications.operations import actions
from notifications.routing.errors import ContactCapReached
from notifications.routing.reasons import words
from notifications.rules import DeliveryState
from notifications.texts import PATIENT_LABELS
from server import sse, watching
from server.accounts import Role
from server.auth import staff_only
from server.errors import TooManyStreams
from server.privacy import mask_name
from server.web import Paging, View, api, language_of, listing, moment

bp = Blueprint("hub", url_prefix="/api/v1")
operators = staff_only(Role.SUPERVISOR, Role.ADMIN)
CHANGES = watching.Question("hub", actions.changes)
SEALED = "已密封"


class MessageQuery(Paging):
    """Which messages. With state and channel: a delivery over this channel in this state.

    recipient: id of an account or member of staff, or an openid.
    """

    state: DeliveryState | None = None
    event: Annotated[str, StringConstraints(max_length=50)] | None = None
    channel: Annotated[str, StringConstraints(max_length=50)] | None = None
    recipient: Annotated[str, StringConstraints(max_length=100)] | None = None


class RecipientView(View):
    """Who gets it: account or staff, by its last four characters or by name; nobody where a complaint is sealed."""

    kind: str
    id: str | None
    shown: str


class DeliveryView(View):
    """One message over one channel. step: of the route. reason_text: the reason in words."""

    id: str
    channel: str
    step: int
    state: str
    reason: str
    reason_text: str
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


class HubDeliveryReceiptView(View):
    """What the provider told later about a delivery."""

    delivery_id: str
    received_at: str
    is_good: bool
    code: str


class TakenStepView(View):
    """One step of the route that the message takes. takes: all or first. when: always, not_delivered, not_read."""

    channels: list[str]
    takes: str
    when: str
    wait_seconds: int


class SkippedView(View):
    """A way that was left out, and why."""

    step: int
    channel: str
    reason: str
    reason_text: str


class TakenRouteView(View):
    """Which way was chosen for the message. name: with its version. next_step: looked at then; null: none follows."""

    name: str
    steps: list[TakenStepView]
    skipped: list[SkippedView]
    next_step: int
    next_step_at: str | None
    not_before: str | None


class ActView(View):
    """What somebody did with a delivery, and in which words."""

    delivery_id: str
    from_state: str | None
    to_state: str
    by_kind: str
    by_id: str | None
    by_name: str
    why: str
    at: str


class StoryView(HubMessageView):
    """The whole story of a message. possible: what may be done with it now: retry, cancel."""

    lines: list[list[str]]
    link: str
    language: str
    read_at: str | None
    purpose: str
    template_version: int | None
    route: TakenRouteView
    attempts: list[AttemptView]
    receipts: list[HubDeliveryReceiptView]
    acts: list[ActView]
    possible: list[str]


@bp.get("/hub/messages")
@api(guard=operators, query=MessageQuery, returns=HubMessagePage, tag="hub")
async def index(request: Request, query: MessageQuery) -> dict[str, Any]:
    """Find messages."""
    search = actions.Search(query.state, query.event, query.channel, query.recipient)
    rows = await actions.messages(request.ctx.staff, search, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, lambda row: _shown(row, language_of(request)))


@bp.get("/hub/events")
@api(guard=operators, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="hub")
async def events(request: Request) -> HTTPResponse:
    """Stream `changed`, without data, whenever a message or a delivery may have; at once to whoever may be behind."""
    return await sse.stream(request, watching.changes(CHANGES, last=sse.last_event_id(request)))


@bp.get("/hub/messages/<message_id:uuid>")
@api(guard=operators, returns=StoryView, tag="hub")
async def story(request: Request, message_id: UUID) -> dict[str, Any]:
    """Tell the whole story of a message."""
    return _story(await actions.story_of(request.ctx.staff, message_id), language_of(request))


@bp.post("/hub/messages/<message_id:uuid>/retry")
@api(guard=operators, returns=StoryView, errors=(NothingToRetry, MessageTooOld, ContactCapReached), tag="hub")
async def retry(request: Request, message_id: UUID) -> dict[str, Any]:
    """Send again what failed or was suppressed."""
    await actions.retry(request.ctx.staff, message_id)
    return _story(await actions.story_of(request.ctx.staff, message_id), language_of(request))


@bp.post("/hub/messages/<message_id:uuid>/cancellation")
@api(guard=operators, returns=StoryView, errors=(NothingToCancel,), tag="hub")
async def cancel(request: Request, message_id: UUID) -> dict[str, Any]:
    """Stop what has not left yet."""
    await actions.cancel(request.ctx.staff, message_id)
    return _story(await actions.story_of(request.ctx.staff, message_id), language_of(request))


def _shown(row: dict[str, Any], language: str) -> dict[str, Any]:
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
        "deliveries": [_delivery(delivery, language) for delivery in row["deliveries"]],
    }


def _recipient(row: dict[str, Any]) -> dict[str, Any]:
    if row["is_sealed"]:
        return {"kind": "account", "id": None, "shown": SEALED}
    if row["account_id"]:
        return {"kind": "account", "id": str(row["account_id"]), "shown": f"…{(row['openid'] or '')[-4:]}"}
    if row["staff_id"]:
        return {"kind": "staff", "id": str(row["staff_id"]), "shown": row["staff_name"]}
    return {"kind": "staff", "id": None, "shown": ""}


def _delivery(row: dict[str, Any], language: str) -> dict[str, Any]:
    moments = {name: moment(row[name]) for name in ("due_at", "deadline", "changed_at")}
    plain = {name: row[name] for name in ("channel", "step", "state", "reason", "tries", "is_settled")}
    return {"id": str(row["id"]), "reason_text": words(row["reason"], language), **plain, **moments}


def _story(row: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        **_shown(row, language),
        "lines": [
            [label, (SEALED if row["is_sealed"] else mask_name(text)) if label in PATIENT_LABELS else text]
            for label, text in row["lines"]
        ],
        **{name: row[name] for name in ("link", "language", "purpose", "template_version", "possible")},
        "read_at": moment(row["read_at"]),
        "route": {
            "name": row["route"],
            "steps": row["chain"],
            "skipped": [{**skip, "reason_text": words(skip["reason"], language)} for skip in row["skipped"]],
            "next_step": row["chain_step"],
            "next_step_at": moment(row["next_step_at"]),
            "not_before": moment(row["not_before"]),
        },
        "attempts": [
            {
                **{name: attempt[name] for name in ("fence", "outcome", "code", "detail")},
                "delivery_id": str(attempt["delivery_id"]),
                "started_at": moment(attempt["started_at"]),
                "ended_at": moment(attempt["ended_at"]),
            }
            for attempt in row["attempts"]
        ],
        "receipts": [
            {
                **{name: receipt[name] for name in ("is_good", "code")},
                "delivery_id": str(receipt["delivery_id"]),
                "received_at": moment(receipt["received_at"]),
            }
            for receipt in row["receipts"]
        ],
        "acts": [
            {
                **{name: act[name] for name in ("from_state", "to_state", "by_kind", "why")},
                "delivery_id": str(act["delivery_id"]),
                "by_id": str(act["by_id"]) if act["by_id"] else None,
                "by_name": act["by_name"] or "",
                "at": moment(act["at"]),
            }
            for act in row["acts"]
        ],
    }
