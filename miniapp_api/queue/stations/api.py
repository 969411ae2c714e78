"""The stations of a visit: lists as administrators decide them, the way as rooms, guides and patients walk it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from miniapp_api.queue.forms import PlaceView, StationCode, StepView, TicketAnswer
from miniapp_api.queue.showing import show
from miniapp_api.queue.stations import lists as stage_lists
from miniapp_api.queue.stations import own
from miniapp_api.queue.stations import way as stations
from miniapp_api.queue.stations.rules import MOST, SENT_TO, Station
from miniapp_api.queue.steps import Act, department_of_path
from server import auth
from server.accounts import Role, SignedInStaff
from server.auth import patient_only, staff_only
from server.errors import Forbidden, IllegalMove, SomeoneWasFaster, Stale
from server.web import Form, Version, View, api

bp = Blueprint("stages", url_prefix="/api/v1")

WHO_DECIDES = (Role.ADMIN, Role.DEPARTMENT_HEAD)
WHO_SENDS = (Role.ROOM, Role.GUIDE)
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
StationKind = Literal[
    "guide",
    "registration",
    "triage",
    "doctor",
    "billing",
    "examination",
    "treatment",
    "pharmacy",
    "infusion",
    "admission",
    "discharge",
]


class StationForm(Form):
    """A station of a list. code: its own in the list. place, hint: where it is, and how one walks there."""

    code: StationCode
    kind: StationKind
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    place: Short = ""
    place_en: Short = ""
    hint: Short = ""
    hint_en: Short = ""
    active: bool = True


class StageListForm(Form):
    """A list, in order. department_id: null for the hospital's. items: null to go by the hospital's list again.

    version: as it was seen; 0 when nothing was decided.
    """

    department_id: UUID | None = None
    version: Version
    items: Annotated[list[StationForm], Field(min_length=1, max_length=MOST)] | None


class StageListQuery(Form):
    """Whose list; the hospital's when no department is named."""

    department: UUID | None = None


class StationView(View):
    """A station of a list."""

    code: str
    kind: str
    name: str
    name_en: str
    place: str
    place_en: str
    hint: str
    hint_en: str
    active: bool


class StationList(View):
    """The stations that a room may choose, in order."""

    items: list[StationView]


class StageListChange(View):
    """What was decided, by whom and when. items: null, the department went by the hospital's list again."""

    version: int
    at: str
    by_name: str | None
    items: list[StationView] | None


class StageListView(View):
    """A list as it holds. is_own: it was decided here, else it is the hospital's or what holds from the start."""

    department_id: str | None
    version: int
    is_own: bool
    items: list[StationView]
    changes: list[StageListChange]


class TicketSteps(View):
    """The way of a ticket through the stations."""

    items: list[StepView]


# ---- the lists -----------------------------------------------------------------------------------------------------


@bp.get("/admin/stages")
@api(guard=staff_only(*WHO_DECIDES), query=StageListQuery, returns=StageListView, tag="admin")
async def stage_list(request: Request, query: StageListQuery) -> dict[str, Any]:
    """Show the stations of a department or of the hospital, and what was decided about them, the last first."""
    await _check(request.ctx.staff, query.department, is_reading=True)
    return await _list(query.department)


@bp.put("/admin/stages")
@api(guard=staff_only(*WHO_DECIDES), body=StageListForm, returns=StageListView, errors=(SomeoneWasFaster,), tag="admin")
async def decide(request: Request, body: StageListForm) -> dict[str, Any]:
    """Decide a list anew, as a whole."""
    await _check(request.ctx.staff, body.department_id)
    items = None if body.items is None else tuple(Station(**item.model_dump()) for item in body.items)
    await stage_lists.decide(request.ctx.staff, body.department_id, items, body.version)
    return await _list(body.department_id)


async def _check(staff: SignedInStaff, department_id: UUID | None, *, is_reading: bool = False) -> None:
    if department_id is not None:
        auth.need_department(staff, department_id, *WHO_DECIDES)
        await department_of_path(department_id)
    elif not is_reading and staff.departments_of(Role.ADMIN) is not None:
        raise Forbidden()


async def _list(department_id: UUID | None) -> dict[str, Any]:
    items, version, is_own = await stage_lists.read(department_id)
    return {
        "department_id": str(department_id) if department_id else None,
        "version": version,
        "is_own": is_own,
        "items": [one.to_json() for one in items],
        "changes": await stage_lists.changes(department_id),
    }


@bp.get("/queues/<department_id:uuid>/stations")
@api(guard=staff_only(*WHO_SENDS), returns=StationList, tag="queue")
async def stations_here(request: Request, department_id: UUID) -> dict[str, Any]:
    """List the stations to which patients of a department are sent."""
    auth.need_department(request.ctx.staff, department_id, *WHO_SENDS)
    await department_of_path(department_id)
    there = await stage_lists.stations_of(department_id)
    return {"items": [one.to_json() for one in there if one.active and one.kind in SENT_TO]}


class WalkedIn(View):
    """A visit of today that no booking leads to."""

    ticket_id: str
    number: str
    state: str
    department_name: str
    patient_name: str
    checked_in_at: str


class WalkedInList(View):
    """Today's visits of an account without an appointment."""

    items: list[WalkedIn]


class VisitPart(View):
    """Who or what a visit is with."""

    id: str
    name: str


class VisitLeft(View):
    """What a visit left. revisit_on: the day to come again, if any."""

    encounter_id: str
    finished_at: str
    advice: str
    revisit_on: str | None


class OwnVisit(PlaceView):
    """A visit by its ticket: how it stands, with whom, and what it left once it is over."""

    patient: VisitPart
    department: VisitPart
    department_location: str
    practitioner: VisitPart | None
    checked_in_at: str
    visit: VisitLeft | None


# ---- the way -------------------------------------------------------------------------------------------------------


@bp.get("/tickets/<ticket_id:uuid>/steps")
@api(guard=staff_only(*WHO_SENDS), returns=TicketSteps, tag="queue")
async def steps(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Show staff the way of a patient."""
    return {"items": await stations.steps_of_ticket(Act(ticket_id, request.ctx.staff))}


@bp.post("/tickets/<ticket_id:uuid>/steps/<step_id:uuid>/completion")
@api(guard=staff_only(*WHO_SENDS), returns=TicketAnswer, creates=True, errors=(IllegalMove, Stale), tag="queue")
async def end_step(request: Request, ticket_id: UUID, step_id: UUID) -> dict[str, Any]:
    """Say that a patient is done at a station."""
    return {"ticket": show(await stations.end_by_staff(Act(ticket_id, request.ctx.staff), step_id))}


@bp.get("/visits")
@api(guard=patient_only, returns=WalkedInList, tag="queue")
async def visits(request: Request) -> dict[str, Any]:
    """List today's visits without an appointment, the latest first."""
    return {"items": await own.visits_of_today(request.ctx.account)}


@bp.get("/visits/<ticket_id:uuid>")
@api(guard=patient_only, returns=OwnVisit, tag="queue")
async def visit(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Tell a patient where they stand and what comes next, by their ticket: also who came without an appointment."""
    return await own.visit_of(request.ctx.account, ticket_id)


@bp.post("/visits/<ticket_id:uuid>/steps/<step_id:uuid>/completion")
@api(guard=patient_only, returns=OwnVisit, creates=True, errors=(IllegalMove,), tag="queue")
async def end_own_step(request: Request, ticket_id: UUID, step_id: UUID) -> dict[str, Any]:
    """Say that one is done at a station; gives where to go next."""
    await stations.end_by_patient(request.ctx.account, ticket_id, step_id)
    return await own.visit_of(request.ctx.account, ticket_id)


@bp.post("/visits/<ticket_id:uuid>/return")
@api(guard=patient_only, returns=OwnVisit, creates=True, errors=(IllegalMove, SomeoneWasFaster), tag="queue")
async def come_back(request: Request, ticket_id: UUID) -> dict[str, Any]:
    """Stand in the line again after the stations."""
    await stations.come_back(request.ctx.account, ticket_id)
    return await own.visit_of(request.ctx.account, ticket_id)
