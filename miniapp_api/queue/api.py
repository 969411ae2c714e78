"""How rooms, desks, boards and phones speak about queues."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.queue import rooms as room_views
from miniapp_api.queue import serving, views
from miniapp_api.queue.calls import calling, undoing
from miniapp_api.queue.errors import (
    CannotUndo,
    HasPlace,
    PlacesFull,
    QueueEmpty,
    RecallTooSoon,
    RoomBusy,
    RoomPaused,
    UndoTooLate,
)
from miniapp_api.queue.forms import (
    AgainstQuery,
    ExplanationView,
    FinishForm,
    LeavingForm,
    PlaceView,
    PlaceWhyView,
    QueueView,
    RoomDay,
    RoomList,
    RoomPatient,
    RoomsQuery,
    StageForm,
    TicketAnswer,
    TransferForm,
)
from miniapp_api.queue.order import reasons
from miniapp_api.queue.places import places
from miniapp_api.queue.serving import Destination, Ending
from miniapp_api.queue.showing import show, show_room
from miniapp_api.queue.stations import way as stations
from miniapp_api.queue.steps import Act, department_of_path
from server import auth, live, sse, web
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale, TooManyStreams, wrong_field
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
    return web.listing(rows, query.limit, show_room)


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
    return _answer(await calling.call_next(room_id, request.ctx.staff))


# ---- tickets -------------------------------------------------------------------------------------------------------


def _act(request: Request, ticket_id: UUID) -> Act:
    version = request.headers.get("if-match")
    return Act(ticket_id, request.ctx.staff, None if version is None else version.strip('" '))


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    return {"ticket": show(row)}


async def _step(request: Request, ticket_id: UUID, step: Callable[[Act], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    return _answer(await step(_act(request, ticket_id)))


@bp.post("/tickets/<ticket_id:uuid>/recall")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=(*STEP_ERRORS, RecallTooSoon), tag="queue")
async def recall(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Ask a called patient once more."""
    return await _step(request, ticket_id, calling.recall)


@bp.post("/tickets/<ticket_id:uuid>/start")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def start(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Begin the visit."""
    return await _step(request, ticket_id, serving.start)


@bp.post("/tickets/<ticket_id:uuid>/pass-over")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def pass_over(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Say that a called patient did not come."""
    return await _step(request, ticket_id, calling.pass_over)


@bp.post("/tickets/<ticket_id:uuid>/return")
@api(guard=may_call, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def come_back(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Put a patient into the line again who missed the call, stepped aside or was away."""
    return await _step(request, ticket_id, calling.come_back)


@bp.post("/tickets/<ticket_id:uuid>/undo")
@api(
    guard=may_call,
    returns=TicketAnswer,
    creates=True,
    errors=(*STEP_ERRORS, UndoTooLate, RoomBusy, CannotUndo),
    tag="queue",
)
async def undo(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Take a call, a pass over, a step aside or a finish back within a minute."""
    return await _step(request, ticket_id, undoing.undo)


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
    return _answer(await serving.transfer(act, Destination(**body.model_dump())))


@bp.post("/tickets/<ticket_id:uuid>/stage")
@api(guard=may_call, body=StageForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def stage(request: Request, ticket_id: UUID, body: StageForm) -> dict[str, Any]:
    """Send a patient to stations, from which they come back; or after which they go home, then the visit ends here."""
    if not body.codes:
        raise wrong_field("/stages", "missing", "at least one station")
    act = _act(request, ticket_id)
    if not body.returns:
        return _answer(await serving.finish(act, Ending(stages=tuple(body.codes))))
    return _answer(await stations.send(act, body.codes, body.place))


@bp.post("/tickets/<ticket_id:uuid>/finish")
@api(guard=may_call, body=FinishForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def finish(request: Request, ticket_id: UUID, body: FinishForm) -> dict[str, Any]:
    """End the visit, with advice and the day of the next."""
    return _answer(await serving.finish(_act(request, ticket_id), Ending(**body.model_dump())))


@bp.post("/tickets/<ticket_id:uuid>/leaving")
@api(guard=may_call, body=LeavingForm, returns=TicketAnswer, creates=True, errors=STEP_ERRORS, tag="queue")
async def leave(request: Request, ticket_id: UUID, body: LeavingForm) -> dict[str, Any]:
    """Record that somebody left without being seen to the end."""
    return _answer(await serving.leave(_act(request, ticket_id), body.reason))


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
    return await reasons.explain(ticket_id, query.against, request.ctx.staff, web.language_of(request))


# ---- queues --------------------------------------------------------------------------------------------------------


@bp.get("/queues/<department_id:uuid>")
@api(guard=may_watch, returns=QueueView, tag="queue")
async def queue(request: Request, department_id: UUID) -> dict[str, Any]:
    """Show a queue in the order of calling."""
    auth.need_department(request.ctx.staff, department_id, *WHO_WATCHES)
    await department_of_path(department_id)
    return await views.queue_of(department_id)


@bp.get("/queues/<department_id:uuid>/events")
@api(guard=may_watch, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="queue")
async def events(request: Request, department_id: UUID) -> HTTPResponse:
    """Stream what happens in a queue; goes on after `Last-Event-ID` without a gap, or says `reset`."""
    auth.need_department(request.ctx.staff, department_id, *WHO_WATCHES)
    await department_of_path(department_id)
    return await sse.follow(request, live.queue_topic(department_id))


@bp.get("/appointments/<appointment_id:uuid>/queue/explanation")
@api(guard=patient_only, returns=PlaceWhyView, tag="queue")
async def own_explanation(request: Request, appointment_id: UUID) -> dict[str, Any]:
    """Tell a patient in plain words why they stand where they stand, and what is promised."""
    return await reasons.explain_own(request.ctx.account, appointment_id, web.language_of(request))


@bp.get("/appointments/<appointment_id:uuid>/queue")
@api(guard=patient_only, returns=PlaceView, tag="queue")
async def place(request: Request, appointment_id: UUID) -> dict[str, Any]:
    """Tell a patient where they stand and what comes next."""
    return await views.place_of(request.ctx.account, appointment_id)


@bp.get("/appointments/<appointment_id:uuid>/queue/events")
@api(guard=patient_only, content_types=(sse.EVENT_STREAM,), errors=(PlacesFull, TooManyStreams), tag="queue")
async def place_events(request: Request, appointment_id: UUID) -> HTTPResponse:
    """Stream where a patient stands, the whole of it each time: `place`, `called`, `recalled`, `paused`."""
    return await places.show(request, request.ctx.account, appointment_id)
