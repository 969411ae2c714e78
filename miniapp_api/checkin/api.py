"""How a phone shows its code, how the desk scans it, and how a patient scans the desk."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.checkin import actions, codes, pictures
from miniapp_api.checkin.models import DESKS
from miniapp_api.queue.forms import Wait
from server import clock, db, web
from server.accounts import Role
from server.auth import patient_only, staff_only
from server.errors import IllegalMove, SomeoneWasFaster
from server.ids import new_id
from server.web import Form, Paging, View, api

bp = Blueprint("checkin", url_prefix="/api/v1")

DESK_READERS = (Role.GUIDE, Role.SUPERVISOR, Role.COMPLAINT_HANDLER)
PICTURES = ("image/svg+xml", "image/png")
CODE = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
MOMENT = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class ScanForm(Form):
    """A scan. scan_id is chosen by the device, and the same for every try. scanned_at is kept as evidence."""

    scan_id: UUID
    code: CODE
    desk_id: UUID
    scanned_at: MOMENT | None = None


class ArrivalForm(Form):
    """What a patient read at the desk: the code of its screen, or the scene of its printed mini-app code.

    Without an appointment, the one of today is meant.
    """

    desk_code: CODE
    appointment_id: UUID | None = None


class DeskQuery(Form):
    """Which desk."""

    desk_id: UUID


class CodeView(View):
    """A code, when there is a new one, and from when on this one is refused.

    Each as a moment, and in seconds from now for a device whose clock is wrong. Who shows it asks again at next_at, so
    that an answer that takes a while is there before this one ends.
    """

    code: str
    next_at: str
    next_in: float
    expires_at: str
    expires_in: int


class ScannedAppointment(View):
    """The appointment that was scanned; the name is masked."""

    id: str
    status: str
    number: int
    patient_id: str
    patient_name: str
    department: str
    practitioner: str
    starts_at: str
    ends_at: str


class ScannedTicket(View):
    """The place in the queue. ahead and wait are told when it is new."""

    id: str
    number: str
    state: str
    department: str
    room: str | None
    place: str
    ahead: int | None
    wait: Wait | None
    version: int


class FirstCheckIn(View):
    """When somebody checked in who is scanned again, and at which desk; null: by name, or without a desk."""

    at: str
    desk: str | None


class RightPlace(View):
    """Where somebody checks in who came to the desk of another department. desk: null when it has none of its own."""

    department_id: str
    department: str
    desk: str | None
    location: str


class ScanView(View):
    """What a scan meant: accepted, already_checked_in, or refused with a reason; and what to do next.

    first: of who is here already. right: of who came to the wrong department. acts: what the guide may do about it:
    override, move, show_way.
    """

    outcome: str
    reason: str | None
    appointment: ScannedAppointment | None
    ticket: ScannedTicket | None
    first: FirstCheckIn | None
    right: RightPlace | None
    acts: list[str]
    message: str
    next_step: str


class DeskView(View):
    """A guide desk. poster_checks_in: whether its printed code checks in by itself, or only tells the way."""

    id: str
    code: str
    name: str
    location: str
    department_id: str | None
    department_name: str | None
    poster_checks_in: bool
    poster_edition: int


class DeskList(View):
    """A page of desks."""

    items: list[DeskView]
    next: str | None


def _shown(code: codes.Code) -> dict[str, Any]:
    now = clock.now()
    return {
        "code": code.text,
        "next_at": web.moment(code.next_at),
        "next_in": max(round((code.next_at - now).total_seconds(), 1), 0),
        "expires_at": web.moment(code.expires_at),
        "expires_in": max(int((code.expires_at - now).total_seconds()), 0),
    }


def seed_of(request: Request) -> bytes:
    """Give the root of the keys of codes."""
    return request.app.ctx.settings.keys.code_signing


@bp.get("/appointments/<appointment_id:uuid>/code")
@api(
    guard=patient_only,
    returns=CodeView,
    errors=(IllegalMove,),
    tag="check-in",
)
async def code(request: Request, appointment_id: UUID) -> dict[str, Any] | HTTPResponse:
    """Give the code to show at the desk; as a picture for Accept image/svg+xml or image/png."""
    made = await pictures.code_of(request.ctx.account, appointment_id, seed_of(request))
    accepted = request.headers.get("accept", "")
    for content_type in PICTURES:
        if content_type in accepted:
            picture = await pictures.picture(made.text, content_type)
            return raw(picture, content_type=content_type, headers={"Cache-Control": "no-store"})
    return _shown(made)


@bp.post("/desk/scans")
@api(guard=staff_only(Role.GUIDE), body=ScanForm, returns=ScanView, errors=(SomeoneWasFaster,), tag="desk")
async def scan(request: Request, body: ScanForm) -> HTTPResponse:
    """Check in whom a code names."""
    staff = request.ctx.staff
    said = actions.Scan(
        id=body.scan_id,
        desk_id=body.desk_id,
        by=staff.by,
        staff=staff,
        language=web.language_of(request),
        scanned_at=body.scanned_at,
    )
    return web.reply((await actions.scan(said, body.code, seed_of(request))).encode())


@bp.post("/arrivals")
@api(
    guard=patient_only,
    body=ArrivalForm,
    returns=ScanView,
    creates=True,
    errors=(SomeoneWasFaster,),
    tag="check-in",
)
async def arrive(request: Request, body: ArrivalForm) -> HTTPResponse:
    """Check in by scanning the desk."""
    opened = codes.open_any_desk_code(seed_of(request), body.desk_code, clock.now())
    said = actions.Scan(
        id=new_id(),
        desk_id=None,
        by=request.ctx.account.by,
        staff=None,
        language=web.language_of(request),
    )
    return web.reply((await actions.arrive(said, opened, body.appointment_id)).encode())


@bp.get("/desk/code")
@api(guard=staff_only(Role.GUIDE), query=DeskQuery, returns=CodeView, tag="desk")
async def desk_code(request: Request, query: DeskQuery) -> dict[str, Any]:
    """Give the code for a desk's screen; it is replaced every half a minute."""
    return _shown(await pictures.code_of_desk(query.desk_id, request.ctx.staff, seed_of(request)))


@bp.get("/desks")
@api(guard=staff_only(*DESK_READERS), query=Paging, returns=DeskList, tag="desk")
async def desks(request: Request, query: Paging) -> dict[str, Any]:
    """List the desks of my departments."""
    scope = request.ctx.staff.departments_of(*DESK_READERS)
    rows = await db.fetch(DESKS, None if scope is None else list(scope), query.after(), query.limit + 1)
    return web.listing(rows, query.limit, show_desk)


def show_desk(row: dict[str, Any]) -> dict[str, Any]:
    """Show a desk. row: as `models.DESKS` gives it."""
    department_id = str(row["department_id"]) if row["department_id"] else None
    return {**row, "id": str(row["id"]), "department_id": department_id}
