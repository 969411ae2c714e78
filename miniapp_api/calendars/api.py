"""How staff get the address of a calendar, and how a calendar asks it."""

import hashlib
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, raw

from miniapp_api.calendars import actions
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden
from server.web import View, api, moment

bp = Blueprint("calendars", url_prefix="/api/v1")

_STAFF = staff_only(Role.ROOM, Role.DEPARTMENT_HEAD)
_CALENDAR = "text/calendar"


class NewFeedView(View):
    """The path of a new calendar; it is shown this once. Whoever has it reads the sessions."""

    path: str


class FeedView(View):
    """Since when there is a calendar, and who made it; nulls when there is none."""

    made_at: str | None
    made_by: str | None


@bp.post("/practitioners/<practitioner_id:uuid>/calendar")
@api(guard=_STAFF, returns=NewFeedView, status=201, creates=True, errors=(Forbidden,), tag="calendars")
async def make(request: Request, practitioner_id: UUID) -> dict[str, Any]:
    """Make the address of a practitioner's calendar; the one before stops working."""
    secret = await actions.make(request.ctx.staff, practitioner_id)
    return {"path": f"/api/v1/calendars/{secret}/sessions.ics"}


@bp.get("/practitioners/<practitioner_id:uuid>/calendar")
@api(guard=_STAFF, returns=FeedView, errors=(Forbidden,), tag="calendars")
async def show(request: Request, practitioner_id: UUID) -> dict[str, Any]:
    """Tell whether a practitioner has a calendar."""
    feed = await actions.feed_of(request.ctx.staff, practitioner_id)
    return {"made_at": moment(feed.made_at) if feed else None, "made_by": feed.made_by if feed else None}


@bp.delete("/practitioners/<practitioner_id:uuid>/calendar")
@api(guard=_STAFF, status=204, errors=(Forbidden,), tag="calendars")
async def revoke(request: Request, practitioner_id: UUID) -> None:
    """Give the address up."""
    await actions.revoke(request.ctx.staff, practitioner_id)


@bp.get("/calendars/<secret:str>/sessions.ics")
@api(content_types=(_CALENDAR,), tag="calendars")
async def calendar(request: Request, secret: str | UUID) -> HTTPResponse:
    """Give a practitioner's sessions as a calendar; 304 when nothing changed."""
    body = await actions.calendar(str(secret))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=300"}
    if request.headers.get("if-none-match") == tag:
        return empty(304, headers)
    return raw(body, content_type=f"{_CALENDAR}; charset=utf-8", headers=headers)
