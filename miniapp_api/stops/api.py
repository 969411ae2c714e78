"""How an office stops and moves sessions: look first, then do it, and follow what becomes of everybody."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from miniapp_api.booking import sessions
from miniapp_api.booking.views import SessionView
from miniapp_api.booking.views import show_session as show_booked_session
from miniapp_api.errors import PlanChanged, SessionExists, SessionStopped, SlotOver
from miniapp_api.stops import actions, forms, looking, models, reading, shapes, views, visits
from miniapp_api.stops.errors import NotReopened, PlaceTaken, TooManySessions
from miniapp_api.stops.rules import Kind, Place, Proposal
from server import clock, db
from server.accounts import SignedInStaff
from server.auth import staff_only
from server.errors import NotFound, SomeoneWasFaster, Stale, wrong_field
from server.privacy import mask_name, mask_phone
from server.web import api, check_version, listing, moment

bp = Blueprint("stops", url_prefix="/api/v1")

_PLANNERS = staff_only(*looking.PLANNERS)  # an administrator may all
_REFUSED = (SessionStopped, SlotOver, PlaceTaken, TooManySessions, NotFound)
MOST_LISTED = 200
MOST_DAYS = 62


@bp.get("/admin/stops/sessions")
@api(guard=_PLANNERS, query=forms.StoppableQuery, returns=shapes.StoppableList, errors=(NotFound,), tag="schedules")
async def sessions_to_stop(request: Request, query: forms.StoppableQuery) -> dict[str, Any]:
    """List the sessions of some days that I may stop or move, with how many are booked."""
    mine = _scope(request.ctx.staff, query.department)
    first = query.first or clock.today()
    last = query.last or first + timedelta(days=0 if query.session is None else MOST_DAYS)
    if not 0 <= (last - first).days <= MOST_DAYS:
        raise wrong_field("/to", "wrong_range", f"from the first day to {MOST_DAYS} days later")
    rows = await db.fetch(models.SESSIONS_BETWEEN, mine, query.practitioner, first, last, MOST_LISTED, query.session)
    bands = await db.fetch(models.BANDS, [row["id"] for row in rows])
    return {"items": [views.show_session(row, bands) for row in rows], "next": None}


@bp.get("/admin/stops/rooms")
@api(guard=_PLANNERS, query=forms.RoomsOfQuery, returns=shapes.StopRoomList, errors=(NotFound,), tag="schedules")
async def rooms(request: Request, query: forms.RoomsOfQuery) -> dict[str, Any]:
    """List the rooms of a department, for a session that moves."""
    _scope(request.ctx.staff, query.department)
    rows = await db.fetch(models.ROOMS, query.department)
    return {"items": [{"id": str(row["id"]), "name": row["name"], "location": row["location"]} for row in rows]}


def _scope(staff: SignedInStaff, department_id: UUID | None) -> list[UUID] | None:
    mine = looking.planned_by(staff)
    if department_id is None:
        return mine
    if mine is not None and department_id not in mine:
        raise NotFound()
    return [department_id]


@bp.post("/admin/stops/preview")
@api(guard=_PLANNERS, body=forms.StopPreviewForm, returns=shapes.StopPlanView, errors=_REFUSED, tag="schedules")
async def preview(request: Request, body: forms.StopPreviewForm) -> dict[str, Any]:
    """Say who is booked and what is proposed for each, and do nothing."""
    plan = await looking.preview(request.ctx.staff, body.asked(""))
    names = {row["id"]: row for row in await db.fetch(models.NAMES_OF_PRACTITIONERS, _people(plan))}
    counts = dict.fromkeys(("moved", "offered", "released"), 0)
    for _, proposal in plan.proposals:
        counts[proposal.outcome] += 1
    shown = [views.show_session(row, plan.bands) for row in plan.sessions]
    return {
        "digest": plan.digest,
        "counts": counts,
        "held": sum(one["held"] for one in shown),
        "here": sum(one["here"] for one in shown),
        "sessions": shown,
        "visits": [
            _show_proposal(plan.rows[booking.appointment_id], proposal, names) for booking, proposal in plan.proposals
        ],
    }


def _people(plan: looking.Plan) -> list[UUID]:
    return sorted({place.practitioner_id for _, proposal in plan.proposals for place in proposal.places})


def _show_proposal(row: dict[str, Any], proposal: Proposal, names: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
    return {
        "appointment_id": str(row["appointment_id"]),
        "patient": mask_name(row["patient_name"]),
        "phone_masked": mask_phone(row["phone_tail"]),
        "has_account": row["account_id"] is not None,
        "number": row["number"],
        "starts_at": moment(row["starts_at"]),
        "practitioner": row["practitioner_name"],
        "outcome": proposal.outcome,
        "places": [_show_place(place, names[place.practitioner_id]) for place in proposal.places],
    }


def _show_place(place: Place, who: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": None,
        "starts_at": moment(place.starts_at),
        "ends_at": moment(place.ends_at),
        "department_id": str(place.department_id),
        "department": who["department_name"],
        "practitioner": who["name"],
        "practitioner_title": who["title"],
        "location": "",
        "number": None,
        "status": None,
    }


@bp.post("/admin/stops")
@api(
    guard=_PLANNERS,
    body=forms.StopForm,
    returns=shapes.StopDetail,
    status=201,
    creates=True,
    errors=(*_REFUSED, PlanChanged, SessionExists, SomeoneWasFaster),
    tag="schedules",
)
async def stop(request: Request, body: forms.StopForm) -> dict[str, Any]:
    """Stop or move sessions as their preview was seen: nobody can book there any more, everybody gets an outcome."""
    stop_id = await actions.carry_out(request.ctx.staff, body.asked(body.reason), body.digest)
    return await _detail(request.ctx.staff, stop_id)


@bp.get("/admin/stops")
@api(guard=_PLANNERS, query=forms.StopsQuery, returns=shapes.StopList, errors=(NotFound,), tag="schedules")
async def stops(request: Request, query: forms.StopsQuery) -> dict[str, Any]:
    """List stopped and moved sessions, newest first."""
    mine = _scope(request.ctx.staff, query.department)
    rows = await db.fetch(reading.STOPS, mine, query.after(), query.limit + 1)
    shown = {one["id"]: one for one in await views.show_stops(rows)}
    return listing(rows, query.limit, lambda row: shown[str(row["id"])])


@bp.get("/admin/stops/<stop_id:uuid>")
@api(guard=_PLANNERS, returns=shapes.StopDetail, errors=(NotFound,), tag="schedules")
async def one_stop(request: Request, stop_id: UUID) -> dict[str, Any]:
    """Give one act, how far it is, and who had checked in."""
    return await _detail(request.ctx.staff, stop_id)


async def _detail(staff: SignedInStaff, stop_id: UUID) -> dict[str, Any]:
    rows = await db.fetch(reading.STOP, [stop_id], looking.planned_by(staff))
    if not rows:
        raise NotFound()
    (shown,) = await views.show_stops(rows)
    here = await db.fetch(reading.HERE, stop_id)
    return {**shown, "here": [views.show_here(row) for row in here]}


@bp.get("/admin/stops/<stop_id:uuid>/visits")
@api(
    guard=_PLANNERS,
    query=forms.StoppedVisitsQuery,
    returns=shapes.StoppedVisitList,
    errors=(NotFound,),
    tag="schedules",
)
async def visits_of_stop(request: Request, stop_id: UUID, query: forms.StoppedVisitsQuery) -> dict[str, Any]:
    """List what became of everybody, by the hour of their visit."""
    if not await db.fetch(reading.STOP, [stop_id], looking.planned_by(request.ctx.staff)):
        raise NotFound()
    rows = await db.fetch(reading.VISITS_OF_STOP, stop_id, query.outcome, query.contact, query.after(), query.limit + 1)
    seen = await visits.visits([row["id"] for row in rows])
    shown = {one["id"]: one for one in await views.show_visits(seen)}
    return listing(rows, query.limit, lambda row: shown[str(row["id"])])


@bp.post("/admin/stops/<stop_id:uuid>/sessions/<session_id:uuid>/reopening")
@api(
    guard=_PLANNERS,
    body=forms.ReopenSessionForm,
    returns=shapes.StopDetail,
    creates=True,
    errors=(NotFound, NotReopened, PlaceTaken),
    tag="schedules",
)
async def reopen(request: Request, stop_id: UUID, session_id: UUID, body: forms.ReopenSessionForm) -> dict[str, Any]:
    """Let a stopped session take place after all; bookings that ended stay ended."""
    await actions.reopen(request.ctx.staff, stop_id, session_id, body.reason)
    return await _detail(request.ctx.staff, stop_id)


@bp.post("/admin/sessions/<session_id:uuid>/stop")
@api(
    guard=_PLANNERS,
    body=forms.SimpleStopForm,
    returns=SessionView,
    creates=True,
    errors=(*_REFUSED, SomeoneWasFaster, Stale),
    tag="schedules",
)
async def stop_session(request: Request, session_id: UUID, body: forms.SimpleStopForm) -> dict[str, Any]:
    """Stop one session at once, without a look before; its patients are told."""
    staff = request.ctx.staff
    seen, slots = await sessions.session(session_id)
    check_version(request, seen, lambda: show_booked_session(seen, slots, clock.now()))
    asked = looking.Asked(kind=Kind.STOP, parts={session_id: None}, policy=body.policy, reason=body.reason)
    await actions.stop_one(staff, session_id, seen.version, asked)
    return show_booked_session(*await sessions.session(session_id), clock.now())
