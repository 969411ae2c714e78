"""How a phone reads its messages."""

from typing import Any
from uuid import UUID

import orjson
from sanic import Blueprint, HTTPResponse, Request

from notifications.inbox import messages_of, read, unread_of
from server import live, sse
from server.auth import patient_only
from server.errors import TooManyStreams
from server.web import Paging, View, api, listing, moment

bp = Blueprint("messages", url_prefix="/api/v1")


class LineView(View):
    """One line of a message."""

    label: str
    text: str


class ActionView(View):
    """Something that can be done about a message. link: a page of the mini-app."""

    label: str
    link: str


class MessageView(View):
    """One message. link: a page of the mini-app, empty when there is none."""

    id: str
    event: str
    title: str
    lines: list[LineView]
    link: str
    actions: list[ActionView]
    patient_id: str | None
    subject_kind: str
    subject_id: str
    created_at: str
    read_at: str | None


class MessagePage(View):
    """Messages, newest first. unread: of all pages."""

    items: list[MessageView]
    next: str | None
    unread: int


@bp.get("/messages")
@api(guard=patient_only, query=Paging, returns=MessagePage, tag="messages")
async def index(request: Request, query: Paging) -> dict[str, Any]:
    """List my messages."""
    account_id = request.ctx.account.id
    rows = await messages_of(account_id, after=query.after(), limit=query.limit)
    return {**listing(rows, query.limit, shown), "unread": await unread_of(account_id)}


@bp.get("/messages/events")
@api(guard=patient_only, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="messages")
async def events(request: Request) -> HTTPResponse:
    """Stream `changed`, without data, when something new is in my inbox."""
    topic = live.account_topic(request.ctx.account.id)
    await live.open_topic(topic)
    return await sse.follow(request, topic)


@bp.post("/messages/<message_id:uuid>/reading")
@api(guard=patient_only, returns=MessageView, tag="messages")
async def reading(request: Request, message_id: UUID) -> dict[str, Any]:
    """Mark one of my messages as read; again gives the same answer."""
    return shown(await read(request.ctx.account.id, message_id))


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Show a message to the account that it is for."""
    return {
        "id": str(row["id"]),
        "event": row["event"],
        "title": row["title"],
        "lines": [{"label": label, "text": text} for label, text in orjson.loads(row["lines"])],
        "link": row["link"],
        "actions": [{"label": label, "link": link} for label, link in orjson.loads(row["actions"])],
        "patient_id": str(row["patient_id"]) if row["patient_id"] else None,
        "subject_kind": row["subject_kind"],
        "subject_id": str(row["subject_id"]),
        "created_at": moment(row["created_at"]),
        "read_at": moment(row["read_at"]),
    }
