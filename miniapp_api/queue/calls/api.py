"""How rooms and desks speak about calling: the second waiting area, pauses, acknowledgements, settings, norms."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from miniapp_api.queue.calls import calling, forward, norms, pausing
from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls.forms import (
    CallingRulesForm,
    CallingRulesView,
    NormsQuery,
    NormsView,
    QueuePauseForm,
    QueuePauseView,
    RoomPauseForm,
    StepAsideForm,
    TicketsAnswer,
)
from miniapp_api.queue.calls.pausing import WHO_PAUSES_QUEUES, Pause
from miniapp_api.queue.calls.rules import CallingRules
from miniapp_api.queue.errors import NobodyToAsk, NoReadyPlaces, NotSoPaused, RoomPaused
from miniapp_api.queue.forms import RoomView, TicketAnswer
from miniapp_api.queue.showing import show, show_room
from miniapp_api.queue.steps import Act, department_of_path
from server import auth
from server.accounts import Role
from server.auth import staff_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale
from server.web import api, check_version

bp = Blueprint("calling", url_prefix="/api/v1")

may_call = staff_only(Role.ROOM, Role.GUIDE)
STEP_ERRORS = (IllegalMove, SomeoneWasFaster, Stale)
WHO_DECIDES = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.ADMIN)
WHO_READS_RULES = (*WHO_DECIDES, Role.GUIDE, Role.ROOM)


@bp.post("/rooms/<room_id:uuid>/ready")
@api(
    guard=may_call,
    returns=TicketsAnswer,
    status=201,
    creates=True,
    errors=(NoReadyPlaces, NobodyToAsk, RoomPaused),
    tag="calling",
)
async def ask_forward(request: Request, room_id: UUID) -> dict[str, Any]:
    """Ask the next patients to wait at a room's door."""
    return {"tickets": [show(row) for row in await forward.ask_by_hand(room_id, request.ctx.staff)]}


@bp.post("/rooms/<room_id:uuid>/pause")
@api(guard=may_call, body=RoomPauseForm, returns=RoomView, creates=True, errors=(IllegalMove,), tag="calling")
async def pause(request: Request, room_id: UUID, body: RoomPauseForm) -> dict[str, Any]:
    """Stop calling into a room for a while; who stands at its door goes back into the line."""
    return show_room(await pausing.pause_room(room_id, Pause(body.reason, body.until), request.ctx.staff))


@bp.post("/rooms/<room_id:uuid>/resume")
@api(guard=may_call, returns=RoomView, creates=True, errors=(IllegalMove,), tag="calling")
async def resume(request: Request, room_id: UUID) -> dict[str, Any]:
    """Call into a room again."""
    return show_room(await pausing.resume_room(room_id, request.ctx.staff))


@bp.post("/queues/<department_id:uuid>/pause")
@api(
    guard=staff_only(*WHO_PAUSES_QUEUES),
    body=QueuePauseForm,
    returns=QueuePauseView,
    creates=True,
    errors=(NotSoPaused,),
    tag="calling",
)
async def pause_queue(request: Request, department_id: UUID, body: QueuePauseForm) -> dict[str, Any]:
    """Stop calling from a whole queue for today: a break of the department, an emergency."""
    return await pausing.pause_queue(department_id, Pause(body.reason, body.until), request.ctx.staff)


@bp.post("/queues/<department_id:uuid>/resume")
@api(
    guard=staff_only(*WHO_PAUSES_QUEUES),
    returns=QueuePauseView,
    creates=True,
    errors=(NotSoPaused,),
    tag="calling",
)
async def resume_queue(request: Request, department_id: UUID) -> dict[str, Any]:
    """Call from a queue again."""
    return await pausing.resume_queue(department_id, request.ctx.staff)


# ---- tickets -------------------------------------------------------------------------------------------------------


def _act(request: Request, ticket_id: UUID) -> Act:
    version = request.headers.get("if-match")
    return Act(ticket_id, request.ctx.staff, None if version is None else version.strip('" '))


@bp.post("/tickets/<ticket_id:uuid>/hold")
@api(guard=may_call, body=StepAsideForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="calling")
async def hold(request: Request, ticket_id: UUID, body: StepAsideForm) -> dict[str, Any]:
    """Let a patient step aside for a moment; the place is kept."""
    return {"ticket": show(await calling.hold(_act(request, ticket_id), body.minutes))}


@bp.post("/tickets/<ticket_id:uuid>/informed")
@api(guard=staff_only(Role.ROOM), returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="calling")
async def informed(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Say that the room knows who comes next."""
    return {"ticket": show(await calling.know(_act(request, ticket_id)))}


@bp.post("/tickets/<ticket_id:uuid>/greeting")
@api(guard=staff_only(Role.GUIDE), returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="calling")
async def greeting(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Say that the desk spoke to somebody who checked in alone."""
    return {"ticket": show(await calling.greet(_act(request, ticket_id)))}


# ---- settings and norms --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    version: int


def _shown(department_id: UUID, rules: CallingRules, version: int) -> dict[str, Any]:
    return {"department_id": str(department_id), **asdict(rules), "version": version}


@bp.get("/queues/<department_id:uuid>/calling-rules")
@api(guard=staff_only(*WHO_READS_RULES), returns=CallingRulesView, tag="calling")
async def rules(request: Request, department_id: UUID) -> dict[str, Any]:
    """Tell how a department calls."""
    auth.need_department(request.ctx.staff, department_id, *WHO_READS_RULES)
    await department_of_path(department_id)
    return _shown(department_id, *await call_settings.read(department_id))


@bp.patch("/queues/<department_id:uuid>/calling-rules")
@api(
    guard=staff_only(*WHO_DECIDES),
    body=CallingRulesForm,
    returns=CallingRulesView,
    errors=(SomeoneWasFaster, Stale),
    tag="calling",
)
async def decide(request: Request, department_id: UUID, body: CallingRulesForm) -> dict[str, Any]:
    """Decide anew how a department calls; what is not named stays."""
    auth.need_department(request.ctx.staff, department_id, *WHO_DECIDES)
    await department_of_path(department_id)
    held, version = await call_settings.read(department_id)
    check_version(request, _Seen(version), lambda: _shown(department_id, held, version))
    changes = body.model_dump(exclude_unset=True)
    await call_settings.decide(department_id, request.ctx.staff, changes, version)
    return _shown(department_id, *await call_settings.read(department_id))


@bp.get("/queues/<department_id:uuid>/norms")
@api(guard=staff_only(*norms.WHO_READS), query=NormsQuery, returns=NormsView, tag="calling")
async def kept(request: Request, department_id: UUID, query: NormsQuery) -> dict[str, Any]:
    """Tell how quickly people were greeted, called and fetched on a day, against the norms; numbers only."""
    return await norms.norms_of(department_id, query.day, request.ctx.staff)
