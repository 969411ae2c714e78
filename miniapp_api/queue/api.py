"""How rooms, desks, boards and phones speak about queues."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.queue import actions, views
from miniapp_api.queue import rooms as room_views
from miniapp_api.queue.actions import Ending
from miniapp_api.queue.boards import boards
from miniapp_api.queue.errors import BoardsFull, HasPlace, QueueEmpty, RoomBusy, RoomPaused, UndoTooLate
from miniapp_api.queue.forms import (
    AgainstQuery,
    BoardView,
    ExplanationView,
    FinishForm,
    LeavingForm,
    PlaceView,
    QueueView,
    RoomDay,
    RoomList,
    RoomPatient,
    RoomsQuery,
    RoomView,
    StageForm,
    TicketAnswer,
    TransferForm,
)
from miniapp_api.queue.rules import RoomState
from miniapp_api.queue.steps import Act, department_of_path
from server import auth, live, sse, web
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale, TooManyStreams
from server.web import api

bp = Blueprint("queue", url_prefix="/api/v1")

WHO_CALLS = (Role.ROOM, Role.GUIDE)
WHO_WATCHES = (Role.ROOM, Role.GUIDE, Role.SUPERVISOR)
may_call = staff_only(*WHO_CALLS)
may_watch = staff_only(*WHO_WATCHES)
STEP_ERRORS = (IllegalMove, SomeoneWasFaster, Stale)


# ---- rooms ---------------------------------------------------------------------------------------------------------


@bp.get("/rooms")
@api(guard=staff_only(), query=RoomsQuery, returns=RoomList, tag="queue")
async def rooms(request: Request, query: RoomsQuery) -> dict[str, Any]:
    """List the rooms, each with its department and who sits there now."""
    departments = [query.department] if query.department else None
    rows = await views.rooms_of(departments, query.after(), query.limit + 1)
    return web.listing(rows, query.limit, views.show_room)


@bp.get("/rooms/<room_id:uuid>/day")
@api(guard=may_call, returns=RoomDay, tag="queue")
async def room_day(request: Request, room_id: UUID) -> dict[str, Any]:
    """Show a room's day: whom it has and may take, in the order of calling, and whom it has seen, latest first."""
    return await room_views.day_of(room_id, request.ctx.staff)


@bp.post("/rooms/<room_id:uuid>/calls")
@api(
    guard=may_call,
    returns=TicketAnswer,
    status=201,
    creates=True,
    errors=(QueueEmpty, RoomBusy, RoomPaused),
    tag="queue",
)
async def call_next(request: Request, room_id: UUID) -> dict[str, Any]:
    """Call the next patient into a room."""
    return _answer(await actions.call_next(room_id, request.ctx.staff))


@bp.post("/rooms/<room_id:uuid>/pause")
@api(guard=may_call, returns=RoomView, creates=True, errors=(IllegalMove,), tag="queue")
async def pause(request: Request, room_id: UUID) -> dict[str, Any]:
    """Stop calling into a room for a while."""
    return await _set_room(request, room_id, RoomState.PAUSED)


@bp.post("/rooms/<room_id:uuid>/resume")
@api(guard=may_call, returns=RoomView, creates=True, errors=(IllegalMove,), tag="queue")
async def resume(request: Request, room_id: UUID) -> dict[str, Any]:
    """Call into a room again."""
    return await _set_room(request, room_id, RoomState.OPEN)


async def _set_room(request: Request, room_id: UUID, to: RoomState) -> dict[str, Any]:
    room = await actions.set_room(room_id, to, request.ctx.staff)
    rows = await views.rooms_of([room.department_id])
    return views.show_room(next(row for row in rows if row["id"] == room_id))


# ---- tickets -------------------------------------------------------------------------------------------------------


def _act(request: Request, ticket_id: UUID) -> Act:
    version = request.headers.get("if-match")
    return Act(ticket_id, request.ctx.staff, None if version is None else version.strip('" '))


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    return {"ticket": views.show(row)}


async def _step(request: Request, ticket_id: UUID, step: Callable[[Act], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    return _answer(await step(_act(request, ticket_id)))


@bp.post("/tickets/<ticket_id:uuid>/recall")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def recall(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Ask a called patient once more."""
    return await _step(request, ticket_id, actions.recall)


@bp.post("/tickets/<ticket_id:uuid>/start")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def start(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Begin the visit."""
    return await _step(request, ticket_id, actions.start)


@bp.post("/tickets/<ticket_id:uuid>/pass-over")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def pass_over(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Say that a called patient did not come."""
    return await _step(request, ticket_id, actions.pass_over)


@bp.post("/tickets/<ticket_id:uuid>/hold")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def hold(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Let a patient step aside for a moment."""
    return await _step(request, ticket_id, actions.hold)


@bp.post("/tickets/<ticket_id:uuid>/return")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def come_back(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Put a patient into the line again who missed the call, stepped aside or was away."""
    return await _step(request, ticket_id, actions.come_back)


@bp.post("/tickets/<ticket_id:uuid>/undo")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=(*STEP_ERRORS, UndoTooLate), tag="queue")
async def undo(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Take a call back within a minute."""
    return await _step(request, ticket_id, actions.undo)


@bp.post("/tickets/<ticket_id:uuid>/transfer")
@api(
    guard=may_call,
    body=TransferForm,
    returns=TicketAnswer,
    creates=True,
    errors=(*STEP_ERRORS, HasPlace),
    tag="queue",
)
async def transfer(request: Request, ticket_id: UUID, body: TransferForm) -> dict[str, Any]:
    """Hand a patient on; gives the new ticket."""
    act = _act(request, ticket_id)
    return _answer(await actions.transfer(act, body.department_id, body.practitioner_id))


@bp.post("/tickets/<ticket_id:uuid>/stage")
@api(guard=may_call, body=StageForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def stage(request: Request, ticket_id: UUID, body: StageForm) -> dict[str, Any]:
    """Send a patient to a station, from which they come back."""
    return _answer(await actions.send_to_stage(_act(request, ticket_id), body.stage, body.place))


@bp.post("/tickets/<ticket_id:uuid>/finish")
@api(guard=may_call, body=FinishForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def finish(request: Request, ticket_id: UUID, body: FinishForm) -> dict[str, Any]:
    """End the visit, with advice and the day of the next."""
    return _answer(await actions.finish(_act(request, ticket_id), Ending(**body.model_dump())))


@bp.post("/tickets/<ticket_id:uuid>/leaving")
@api(guard=may_call, body=LeavingForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def leave(request: Request, ticket_id: UUID, body: LeavingForm) -> dict[str, Any]:
    """Record that somebody left without being seen to the end."""
    return _answer(await actions.leave(_act(request, ticket_id), body.reason))


@bp.get("/tickets/<ticket_id:uuid>/patient")
@api(guard=staff_only(Role.ROOM), returns=RoomPatient, tag="queue")
async def patient(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Tell the room who the patient is, what was booked and what was told beforehand; of today only."""
    return await room_views.patient_of(ticket_id, request.ctx.staff)


@bp.get("/tickets/<ticket_id:uuid>/explanation")
@api(
    guard=staff_only(*WHO_WATCHES, Role.COMPLAINT_HANDLER),
    query=AgainstQuery,
    returns=ExplanationView,
    tag="queue",
)
async def explanation(request: Request, ticket_id: UUID, query: AgainstQuery) -> dict[str, Any]:
    """Say why one ticket is before the other, with the rule and the numbers."""
    return await views.explain(ticket_id, query.against, request.ctx.staff, web.language_of(request))


# ---- queues --------------------------------------------------------------------------------------------------------


@bp.get("/queues/<department_id:uuid>")
@api(guard=may_watch, returns=QueueView, tag="queue")
async def queue(request: Request, department_id: UUID) -> dict[str, Any]:
    """Show a queue in the order of calling."""
    auth.need_department(request.ctx.staff, department_id, *WHO_WATCHES)
    await department_of_path(department_id)
    return await views.queue_of(department_id)


@bp.get("/queues/<department_id:uuid>/board")
@api(returns=BoardView, tag="queue")
async def board(request: Request, department_id: UUID) -> dict[str, Any]:
    """Show what everybody in the waiting room may read."""
    return await views.board_of(department_id)


@bp.get("/queues/<department_id:uuid>/board/events")
@api(content_types=(sse.EVENT_STREAM,), errors=(BoardsFull,), tag="queue")
async def board_events(request: Request, department_id: UUID) -> HTTPResponse:
    """Stream the board: `event: board` is the whole of it, `event: beat` says that the last one still holds."""
    async with boards.reading(department_id) as frames:
        return await sse.stream(request, frames)


@bp.get("/queues/<department_id:uuid>/events")
@api(guard=may_watch, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="queue")
async def events(request: Request, department_id: UUID) -> HTTPResponse:
    """Stream what happens in a queue; goes on after `Last-Event-ID` without a gap, or says `reset`."""
    auth.need_department(request.ctx.staff, department_id, *WHO_WATCHES)
    await department_of_path(department_id)
    topic = live.queue_topic(department_id)
    return await sse.stream(request, live.streams().read(topic, last=sse.last_number(request)))


@bp.get("/appointments/<appointment_id:uuid>/queue")
@api(guard=patient_only, returns=PlaceView, tag="queue")
async def place(request: Request, appointment_id: UUID) -> dict[str, Any]:
    """Tell a patient where they stand and what comes next."""
    return await views.place_of(request.ctx.account, appointment_id)
