"""How planners look at a week and change one session's room."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from miniapp_api.errors import SessionStopped, SlotOver
from miniapp_api.schedules.forms import Day, Reason
from miniapp_api.timetable import actions
from miniapp_api.timetable.views import TimetableSession, WeekView, show_session, show_week
from server import clock
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden, NotFound, SomeoneWasFaster, Stale
from server.web import Form, api, check_version

bp = Blueprint("timetable", url_prefix="/api/v1")

_HEADS = staff_only(Role.DEPARTMENT_HEAD)  # an administrator may all


class WeekQuery(Form):
    """Of which department, and a day of the week; this week when none is named."""

    department: UUID
    day: Day | None = None


class RoomForm(Form):
    """Another room of the session's department; null is none. why: kept in the history."""

    room_id: Annotated[UUID | None, Field()]
    why: Reason = ""


@bp.get("/admin/timetable")
@api(guard=_HEADS, query=WeekQuery, returns=WeekView, errors=(Forbidden, NotFound), tag="schedules")
async def week(request: Request, query: WeekQuery) -> dict[str, Any]:
    """Give the week of a department: days, people, rooms, sessions with their places, who is away."""
    return show_week(await actions.week(request.ctx.staff, query.department, query.day or clock.today()))


@bp.get("/admin/timetable/sessions/<session_id:uuid>")
@api(guard=_HEADS, returns=TimetableSession, errors=(Forbidden, NotFound), tag="schedules")
async def session(request: Request, session_id: UUID) -> dict[str, Any]:
    """Give one session with its bands and what was changed of it by hand."""
    return show_session(await actions.session(request.ctx.staff, session_id))


@bp.put("/admin/timetable/sessions/<session_id:uuid>/room")
@api(
    guard=_HEADS,
    body=RoomForm,
    returns=TimetableSession,
    errors=(Forbidden, NotFound, SessionStopped, SlotOver, SomeoneWasFaster, Stale),
    tag="schedules",
)
async def change_room(request: Request, session_id: UUID, body: RoomForm) -> dict[str, Any]:
    """Let a session take place in another room; whoever is booked is told."""
    staff = request.ctx.staff
    seen = await actions.session(staff, session_id)
    check_version(request, seen, lambda: show_session(seen))
    await actions.change_room(staff, seen, body.room_id, why=body.why)
    return show_session(await actions.session(staff, session_id))
