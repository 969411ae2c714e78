"""The routes of the time machine."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from miniapp_api.replay import looking, visits, whatif
from miniapp_api.replay.forms import (
    ReplayDays,
    ReplayEventList,
    ReplayEventsQuery,
    ReplayQuery,
    ReplayView,
    VisitBrief,
    WhatIfQuery,
    WhatIfView,
)
from miniapp_api.replay.looking import WHO_LOOKS, Span
from miniapp_api.replay.whatif import Asked
from server import db, web
from server.accounts import Role
from server.auth import staff_only
from server.web import api

bp = Blueprint("replay", url_prefix="/api/v1")
may_look = staff_only(*WHO_LOOKS)
WHO_ASKS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.ADMIN)


@bp.get("/queues/<department_id:uuid>/replay")
@api(guard=may_look, query=ReplayQuery, returns=ReplayView, tag="replay")
async def replay(request: Request, department_id: UUID, query: ReplayQuery) -> dict[str, Any]:
    """Show a queue and its board as they were at a past second; who looked is written down."""
    looking.check_past(query.at, "/at")
    async with db.transaction():
        department = await looking.may_look(department_id, request.ctx.staff)
        await looking.looked(department_id, looking.day_of(query.at), request.ctx.staff)
        return await looking.replay(department, query.at)


@bp.get("/queues/<department_id:uuid>/replay/events")
@api(guard=may_look, query=ReplayEventsQuery, returns=ReplayEventList, tag="replay")
async def events(request: Request, department_id: UUID, query: ReplayEventsQuery) -> dict[str, Any]:
    """List what happened in a queue between two moments of one day, in its order, with reasons and rules."""
    async with db.transaction():
        await looking.may_look(department_id, request.ctx.staff)
        await looking.looked(department_id, looking.day_of(query.from_), request.ctx.staff)
        span = Span(query.from_, query.to, query.ticket, query.after, query.limit)
        return await looking.events(department_id, span, web.language_of(request))


@bp.get("/queues/<department_id:uuid>/replay/days")
@api(guard=may_look, returns=ReplayDays, tag="replay")
async def days(request: Request, department_id: UUID) -> dict[str, Any]:
    """List the days of a queue that can be looked at, the newest first."""
    await looking.may_look(department_id, request.ctx.staff)
    return {"items": await looking.days_of(department_id)}


@bp.get("/queues/<department_id:uuid>/what-if")
@api(guard=staff_only(*WHO_ASKS), query=WhatIfQuery, returns=WhatIfView, tag="replay")
async def what_if(request: Request, department_id: UUID, query: WhatIfQuery) -> dict[str, Any]:
    """Play a day of a queue again by another rule and compare the waits of each class with what happened."""
    department = await looking.may_look(department_id, request.ctx.staff, *WHO_ASKS)
    return await whatif.what_if(department, query.date, Asked(query.policy, query.settings(), query.seed))


@bp.get("/visits/<visit_id:uuid>/brief")
@api(guard=may_look, returns=VisitBrief, tag="replay")
async def brief(request: Request, visit_id: UUID) -> dict[str, Any]:
    """Tell a visit by its appointment, ticket or encounter: scans, calls, who passed and why, promises, messages."""
    return await visits.brief(visit_id, request.ctx.staff, web.language_of(request))
