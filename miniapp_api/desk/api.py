"""How the guide desk speaks: the day's list, check-in by name, annulment, walk-ins."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints, model_validator
from sanic import Blueprint, HTTPResponse, Request

from miniapp_api.checkin import actions as checkin
from miniapp_api.checkin import settling
from miniapp_api.checkin.errors import CheckInRefused, OtherDesk
from miniapp_api.desk import actions
from miniapp_api.desk.actions import Question, WalkIn
from miniapp_api.patients.errors import LooksLike
from miniapp_api.patients.rules import Gender, PatientDraft, Relation
from miniapp_api.queue.errors import HasPlace
from miniapp_api.queue.forms import TicketAnswer, TicketView, Wait
from miniapp_api.queue.showing import show
from miniapp_api.queue.steps import ticket_row
from server import sse, watching
from server.accounts import Role
from server.auth import staff_only
from server.errors import IllegalMove, SomeoneWasFaster, Stale, TooManyStreams
from server.privacy import mask_name, mask_phone
from server.web import Form, Paging, ShortText, View, api, listing, moment

bp = Blueprint("desk", url_prefix="/api/v1")

guide = staff_only(Role.GUIDE)
CHANGES = watching.Question("desk", actions.changes)
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Flag = Literal["elderly", "disabled", "pregnant", "child", "wheelchair", "feverish", "urgent"]
State = Literal[
    "expected",
    "arrived",
    "checked_in",
    "waiting",
    "missed",
    "in_service",
    "completed",
    "no_show",
    "cancelled",
    "left",
]


class Override(Form):
    """Why somebody is let in at another time or day than the rules say."""

    reason: ShortText


class CheckInForm(Form):
    """An appointment that the desk found by name."""

    appointment_id: UUID
    override: Override | None = None


class AnnulmentForm(Form):
    """Why a check-in is taken back. desk_id: where the guide works; another desk's scan is taken back there."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    desk_id: UUID | None = None


class WalkInPatient(Form):
    """Somebody without a file."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    phone: Number | None = None
    id_number: Number | None = None
    birth_date: date | None = None
    gender: Gender | None = None


class WalkInForm(Form):
    """Somebody who came without an appointment: either a new person or one with a file.

    another_than: the files of an answer `looks_like`, of which the guide says that they are about other people.
    reason: what is the matter, in short.
    """

    patient: WalkInPatient | None = None
    patient_id: UUID | None = None
    another_than: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    department_id: UUID
    practitioner_id: UUID | None = None
    triage: Literal["normal", "priority", "urgent"] = "normal"
    flags: Annotated[tuple[Flag, ...], Field(max_length=7)] = ()
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""

    @model_validator(mode="after")
    def one_of_both(self) -> "WalkInForm":
        """Refuse both and none."""
        if (self.patient is None) == (self.patient_id is None):
            raise ValueError("either patient or patient_id")
        return self


class ArrivalsQuery(Paging):
    """Which rows of the day's list; without a date, today's.

    q: name, pinyin, initials, phone or its last digits, file number, identity number.
    """

    date: Day | None = None
    department: UUID | None = None
    state: State | None = None
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] | None = None


class CountsQuery(Form):
    """Of which day and department; without them, of today and of all that are mine."""

    date: Day | None = None
    department: UUID | None = None


class DayCounts(View):
    """How many of the day are in each state; nobody is counted twice."""

    expected: int
    waiting: int
    missed: int
    in_service: int
    completed: int
    no_show: int
    cancelled: int
    left: int


class PatientsQuery(Form):
    """Whom: name, pinyin, initials, phone or its last digits, file number, identity number."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=50)]
    limit: Annotated[int, Field(ge=1, le=20)] = 8


class FoundPatient(View):
    """Somebody with a file; the name and the phone are masked. suggested_flags: by the age; a person decides."""

    id: str
    name: str
    phone_masked: str
    file_number: str
    birth_year: int | None
    gender: str | None
    suggested_flags: list[str]


class FoundPatients(View):
    """The best matches."""

    items: list[FoundPatient]


class DeskTicket(View):
    """A ticket that the desk gave, and what to tell: where to wait, how many are before, about how long.

    suggested_flags: help that the age suggests; a person decides. fever_way: how to come to the fever clinic, of who is
    feverish; empty when nobody has written it down.
    """

    ticket: TicketView
    place: str
    ahead: int | None
    wait: Wait | None
    suggested_flags: list[str]
    fever_way: str | None


class ArrivalTicket(View):
    """The ticket of somebody who has come. arrived_by: the way of the scan; null when nobody was scanned.

    greeted_at: when the desk spoke to somebody who checked in alone.
    """

    id: str
    number: str
    state: str
    triage: str
    flags: list[str]
    checked_in_at: str
    arrived_by: str | None
    greeted_at: str | None


class ArrivalView(View):
    """Somebody expected or here; names and phones are masked."""

    id: str
    appointment_id: str | None
    state: str
    patient_id: str
    name: str
    phone_masked: str
    file_number: str
    department_id: str
    department: str
    practitioner: str | None
    number: int | None
    starts_at: str
    ends_at: str | None
    channel: str
    has_intake: bool
    ticket: ArrivalTicket | None


class ArrivalList(View):
    """A page of the day's list."""

    items: list[ArrivalView]
    next: str | None


@bp.get("/desk/counts")
@api(guard=guide, query=CountsQuery, returns=DayCounts, tag="desk")
async def counts(request: Request, query: CountsQuery) -> dict[str, Any]:
    """Count the day's appointments and walk-ins by state."""
    found = await actions.counts(request.ctx.staff, query.date, query.department)
    return {state: found.get(state, 0) for state in DayCounts.model_fields}


@bp.get("/desk/patients")
@api(
    guard=staff_only(Role.GUIDE, Role.CUSTOMER_SERVICE, Role.SUPERVISOR, Role.ROOM, Role.DEPARTMENT_HEAD),
    query=PatientsQuery,
    returns=FoundPatients,
    tag="desk",
)
async def patients(request: Request, query: PatientsQuery) -> dict[str, Any]:
    """Find somebody with a file: who walks in, calls, or gets an extra place is not asked everything again."""
    return {"items": [_show_patient(row) for row in await actions.patients(query.q, query.limit)]}


@bp.get("/desk/arrivals")
@api(guard=guide, query=ArrivalsQuery, returns=ArrivalList, tag="desk")
async def arrivals(request: Request, query: ArrivalsQuery) -> dict[str, Any]:
    """List the day's appointments and walk-ins, in the order of time."""
    question = Question(query.date, query.department, query.state, query.q)
    rows = await actions.arrivals(request.ctx.staff, question, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, _show_arrival)


@bp.get("/desk/events")
@api(guard=guide, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="desk")
async def events(request: Request) -> HTTPResponse:
    """Stream `changed`, without data, whenever the list of today may have changed; at once to whoever may be behind."""
    return await sse.stream(request, watching.changes(CHANGES, last=sse.last_event_id(request)))


@bp.post("/desk/check-ins")
@api(
    guard=guide,
    body=CheckInForm,
    returns=DeskTicket,
    status=201,
    creates=True,
    errors=(CheckInRefused, SomeoneWasFaster),
    tag="desk",
)
async def check_in(request: Request, body: CheckInForm) -> dict[str, Any]:
    """Check in somebody whom the desk found by name."""
    reason = body.override.reason if body.override else None
    ticket = await ticket_row(await checkin.check_in(body.appointment_id, request.ctx.staff, reason))
    return {"ticket": show(ticket), **await actions.told(ticket)}


@bp.post("/desk/check-ins/<check_in_id:uuid>/annulment")
@api(
    guard=staff_only(Role.GUIDE, Role.SUPERVISOR),
    body=AnnulmentForm,
    returns=TicketAnswer,
    creates=True,
    errors=(IllegalMove, OtherDesk, SomeoneWasFaster, Stale),
    tag="desk",
)
async def annul(request: Request, check_in_id: UUID, body: AnnulmentForm) -> dict[str, Any]:
    """Take a check-in back while its ticket waits; named by its scan, its ticket or its appointment."""
    version = request.headers.get("if-match")
    annulment = settling.Annulment(
        check_in_id,
        request.ctx.staff,
        body.desk_id,
        body.reason or "annulled",
        None if version is None else version.strip('" '),
    )
    return {"ticket": show(await settling.annul(annulment))}


@bp.post("/desk/walk-ins")
@api(
    guard=guide, body=WalkInForm, returns=DeskTicket, status=201, creates=True, errors=(HasPlace, LooksLike), tag="desk"
)
async def walk_in(request: Request, body: WalkInForm) -> dict[str, Any]:
    """Give a number to somebody who came without an appointment."""
    draft = PatientDraft(relation=Relation.OTHER, **body.patient.model_dump()) if body.patient else None
    person = WalkIn(
        department_id=body.department_id,
        practitioner_id=body.practitioner_id,
        triage=body.triage,
        flags=tuple(dict.fromkeys(body.flags)),
        patient_id=body.patient_id,
        draft=draft,
        another_than=body.another_than,
        reason=body.reason,
    )
    ticket = await actions.register(request.ctx.staff, person)
    return {"ticket": show(ticket), **await actions.told(ticket)}


def _show_patient(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "name": mask_name(row["name"]),
        "phone_masked": mask_phone(row["phone_tail"]),
        "file_number": row["file_number"],
        "birth_year": row["birth_date"].year if row["birth_date"] else None,
        "gender": row["gender"],
        "suggested_flags": row["suggested_flags"],
    }


def _show_arrival(row: dict[str, Any]) -> dict[str, Any]:
    ticket = None
    if row["ticket_id"]:
        ticket = {
            "id": str(row["ticket_id"]),
            "number": row["label"],
            "state": row["ticket_state"],
            "triage": row["triage"],
            "flags": orjson.loads(row["flags"]),
            "checked_in_at": moment(row["checked_in_at"]),
            "arrived_by": row["arrived_by"],
            "greeted_at": moment(row["greeted_at"]),
        }
    return {
        "id": str(row["id"]),
        "appointment_id": str(row["appointment_id"]) if row["appointment_id"] else None,
        "state": row["state"],
        "patient_id": str(row["patient_id"]),
        "name": mask_name(row["patient_name"]),
        "phone_masked": mask_phone(row["phone_tail"]),
        "file_number": row["file_number"],
        "department_id": str(row["department_id"]),
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "number": row["number"],
        "starts_at": moment(row["at"]),
        "ends_at": moment(row["ends_at"]),
        "channel": row["channel"],
        "has_intake": row["has_intake"],
        "ticket": ticket,
    }
