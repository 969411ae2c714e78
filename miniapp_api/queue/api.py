"""How rooms, desks, boards and phones speak about queues."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.queue import actions, views
from miniapp_api.queue.actions import Act, Ending
from miniapp_api.queue.errors import HasPlace, QueueEmpty, RoomBusy, RoomPaused, UndoTooLate
from miniapp_api.queue.rules import RoomState
from server import auth, live, web
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale
from server.web import Form, Paging, ShortText, View, api

bp = Blueprint("queue", url_prefix="/api/v1")

WHO_CALLS = (Role.ROOM, Role.GUIDE)
WHO_WATCHES = (Role.ROOM, Role.GUIDE, Role.SUPERVISOR)
may_call = staff_only(*WHO_CALLS)
may_watch = staff_only(*WHO_WATCHES)
STEP_ERRORS = (IllegalMove, SomeoneWasFaster, Stale)

Advice = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
Stage = Literal["billing", "examination", "treatment", "pharmacy", "infusion", "admission"]


# ---- forms ---------------------------------------------------------------------------------------------------------


class TransferForm(Form):
    """Where a patient is handed on to; at least one of the two. Without a practitioner: any of the department."""

    department_id: UUID | None = None
    practitioner_id: UUID | None = None


class StageForm(Form):
    """The station that a patient is sent to, and where it is."""

    stage: Stage
    place: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class FinishForm(Form):
    """What the room says at the end of a visit."""

    advice: Advice | None = None
    revisit_on: Annotated[date, Field(lt=date(2100, 1, 1))] | None = None
    care_plan_id: UUID | None = None
    diagnosis_group: Code = ""


class LeavingForm(Form):
    """Why somebody left without being seen to the end."""

    reason: ShortText


class RoomsQuery(Paging):
    """Which rooms."""

    department: UUID | None = None


class AgainstQuery(Form):
    """The other ticket."""

    against: UUID


# ---- views ---------------------------------------------------------------------------------------------------------


class Named(View):
    """Something with a name."""

    id: str
    name: str


class Where(Named):
    """A room and where it is."""

    location: str


class TicketView(View):
    """A place in a queue; number is what people read and hear."""

    id: str
    number: str
    state: str
    department: Named
    practitioner: Named | None
    room: Where | None
    patient: Named
    appointment_id: str | None
    triage: str
    flags: list[str]
    checked_in_at: str
    called_at: str | None
    call_count: int
    miss_count: int
    started_at: str | None
    finished_at: str | None
    stage: str
    next_place: str
    reason: str
    version: int


class TicketAnswer(View):
    """A ticket after a step."""

    ticket: TicketView


class RoomView(View):
    """A room and who sits there now."""

    id: str
    name: str
    location: str
    state: str
    department: Named
    practitioner: Named | None
    version: int


class RoomList(View):
    """A page of rooms."""

    items: list[RoomView]
    next: str | None


class QueueView(View):
    """A queue in the order of calling."""

    version: int
    rooms: list[RoomView]
    tickets: list[TicketView]


class BoardCall(View):
    """Who is asked in."""

    number: str
    name: str
    state: str
    room: str | None
    location: str | None
    call_count: int
    called_at: str | None


class BoardNext(View):
    """Who is next."""

    number: str
    name: str


class BoardView(View):
    """What everybody in the waiting room may read."""

    version: int
    department: str
    called: list[BoardCall]
    next: list[BoardNext]
    waiting: int


class Wait(View):
    """About so many minutes, and eight of ten within so many."""

    about_minutes: int
    within_minutes: int


class PlaceView(View):
    """A patient's place. Without a number: not checked in yet, the state is that of the appointment."""

    state: str
    number: str | None
    ahead: int | None
    room: str | None
    wait: Wait | None
    stage: str
    next_place: str | None
    version: int | None


class BasisView(View):
    """What a place rests on."""

    number: str
    rule: str
    sort_class: int
    sort_at: str
    checked_in_at: str
    band: list[str] | None
    head_start_minutes: int


class ExplanationView(View):
    """Why one ticket comes before the other."""

    ticket_id: str
    against: str
    is_before: bool
    first: BasisView
    second: BasisView
    bound_minutes: int
    text: str


# ---- rooms ---------------------------------------------------------------------------------------------------------


@bp.get("/rooms")
@api(guard=staff_only(), query=RoomsQuery, returns=RoomList, tag="queue")
async def rooms(request: Request, query: RoomsQuery) -> dict[str, Any]:
    """List the rooms, each with its department and who sits there now."""
    departments = [query.department] if query.department else None
    rows = await views.rooms_of(departments, query.after(), query.limit + 1)
    return web.listing(rows, query.limit, views.show_room)


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
    await actions.department_of_path(department_id)
    return await views.queue_of(department_id)


@bp.get("/queues/<department_id:uuid>/board")
@api(returns=BoardView, tag="queue")
async def board(request: Request, department_id: UUID) -> dict[str, Any]:
    """Show what everybody in the waiting room may read."""
    return await views.board_of(department_id)


@bp.get("/queues/<department_id:uuid>/events")
@api(guard=may_watch, content_types=("text/event-stream",), tag="queue")
async def events(request: Request, department_id: UUID) -> HTTPResponse:
    """Stream what happens in a queue; goes on after `Last-Event-ID` without a gap, or says `reset`."""
    auth.need_department(request.ctx.staff, department_id, *WHO_WATCHES)
    await actions.department_of_path(department_id)
    sent = request.headers.get("last-event-id", "")
    last = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else None
    response = await request.respond(
        content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    async for frame in live.streams().read(live.queue_topic(department_id), last=last):
        await response.send(frame)
    await response.eof()
    return response


@bp.get("/appointments/<appointment_id:uuid>/queue")
@api(guard=patient_only, returns=PlaceView, tag="queue")
async def place(request: Request, appointment_id: UUID) -> dict[str, Any]:
    """Tell a patient where they stand and what comes next."""
    return await views.place_of(request.ctx.account, appointment_id)
