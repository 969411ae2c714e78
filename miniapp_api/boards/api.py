"""How boards and those who announce on them speak with the server."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.boards import messages, settings, walls
from miniapp_api.boards.errors import BoardsFull, BroadcastRuns, MessageOver
from miniapp_api.boards.forms import (
    BoardMessageList,
    BoardMessageView,
    BoardSettingsForm,
    BoardSettingsView,
    BroadcastForm,
    NoticeForm,
    WallView,
    ZoneQuery,
)
from miniapp_api.boards.stream import boards
from miniapp_api.queue.steps import department_of_path
from server import auth, sse
from server.accounts import Role
from server.auth import staff_only
from server.errors import Malformed, SomeoneWasFaster, Stale
from server.web import api

bp = Blueprint("boards", url_prefix="/api/v1")

WHO_ANNOUNCES = messages.ANNOUNCERS
may_announce = staff_only(*WHO_ANNOUNCES)
WHO_DECIDES = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD)


# ---- open to all ---------------------------------------------------------------------------------------------------


@bp.get("/queues/<department_id:uuid>/board")
@api(returns=WallView, tag="boards")
async def board(request: Request, department_id: UUID) -> dict[str, Any]:
    """Show what everybody in the waiting room may read."""
    return await walls.wall_of([department_id])


@bp.get("/queues/<department_id:uuid>/board/events")
@api(content_types=(sse.EVENT_STREAM,), errors=(BoardsFull,), tag="boards")
async def board_events(request: Request, department_id: UUID) -> HTTPResponse:
    """Stream the board: `event: board` is the whole of it, `event: beat` says that the last one still holds."""
    return await boards.show(request, department_id)


@bp.get("/boards")
@api(query=ZoneQuery, returns=WallView, tag="boards")
async def zone(request: Request, query: ZoneQuery) -> dict[str, Any]:
    """Show one wall of several departments."""
    return await walls.wall_of(_zone(query))


@bp.get("/boards/events")
@api(query=ZoneQuery, content_types=(sse.EVENT_STREAM,), errors=(BoardsFull,), tag="boards")
async def zone_events(request: Request, query: ZoneQuery) -> HTTPResponse:
    """Stream one wall of several departments, as the board of one."""
    return await boards.show(request, *_zone(query))


def _zone(query: ZoneQuery) -> tuple[UUID, ...]:
    ids = query.ids()
    if len(ids) > walls.ZONE_AT_MOST:
        values = {"max_length": walls.ZONE_AT_MOST}
        problem = {"pointer": "/departments", "code": "too_long", "detail": "too many departments", "values": values}
        raise Malformed(errors=[problem])
    return ids


# ---- settings ------------------------------------------------------------------------------------------------------


@bp.get("/queues/<department_id:uuid>/board/settings")
@api(guard=staff_only(*WHO_DECIDES, *WHO_ANNOUNCES), returns=BoardSettingsView, tag="boards")
async def board_settings(request: Request, department_id: UUID) -> dict[str, Any]:
    """Tell how a department's boards show and speak."""
    auth.need_department(request.ctx.staff, department_id, *WHO_DECIDES, *WHO_ANNOUNCES)
    await department_of_path(department_id)
    return settings.shown(*await settings.read(department_id))


@bp.patch("/queues/<department_id:uuid>/board/settings")
@api(
    guard=staff_only(*WHO_DECIDES),
    body=BoardSettingsForm,
    returns=BoardSettingsView,
    errors=(SomeoneWasFaster, Stale),
    tag="boards",
)
async def decide(request: Request, department_id: UUID, body: BoardSettingsForm) -> dict[str, Any]:
    """Decide how a department's boards show and speak; what is not named stays."""
    auth.need_department(request.ctx.staff, department_id, *WHO_DECIDES)
    await department_of_path(department_id)
    held, version = await settings.read(department_id)
    if request.headers.get("if-match", str(version)).strip('" ') != str(version):
        raise Stale(resource=settings.shown(held, version))
    asked = settings.changed(held, body.model_dump(exclude_unset=True, exclude_none=True))
    fresh = await settings.decide(department_id, request.ctx.staff, asked, version)
    boards.look_again(department_id)
    return settings.shown(asked, fresh)


# ---- notices and broadcasts ----------------------------------------------------------------------------------------


@bp.get("/queues/<department_id:uuid>/notices")
@api(guard=may_announce, returns=BoardMessageList, tag="boards")
async def notices(request: Request, department_id: UUID) -> dict[str, Any]:
    """List what stands on the boards of a department now, broadcasts too."""
    auth.need_department(request.ctx.staff, department_id, *WHO_ANNOUNCES)
    await department_of_path(department_id)
    return {"items": [messages.shown(row) for row in await messages.listed([department_id])]}


@bp.post("/queues/<department_id:uuid>/notices")
@api(guard=may_announce, body=NoticeForm, returns=BoardMessageView, status=201, creates=True, tag="boards")
async def post_notice(request: Request, department_id: UUID, body: NoticeForm) -> dict[str, Any]:
    """Put a line on the boards of a department until a moment."""
    staff, texts = request.ctx.staff, body.text.by_language()
    return messages.shown(await messages.post_notice(staff, department_id, texts, body.until))


@bp.post("/broadcasts")
@api(
    guard=may_announce,
    body=BroadcastForm,
    returns=BoardMessageView,
    status=201,
    creates=True,
    errors=(BroadcastRuns,),
    tag="boards",
)
async def broadcast(request: Request, body: BroadcastForm) -> dict[str, Any]:
    """Fill the boards of a department, or of the whole hospital, until it is ended."""
    return messages.shown(await messages.broadcast(request.ctx.staff, body.department_id, body.text.by_language()))


@bp.post("/board-messages/<message_id:uuid>/ending")
@api(guard=may_announce, returns=BoardMessageView, creates=True, errors=(MessageOver,), tag="boards")
async def end(request: Request, message_id: UUID) -> dict[str, Any]:
    """Take a notice or a broadcast off the boards."""
    return messages.shown(await messages.end(request.ctx.staff, message_id))
