"""Complaints over HTTP. Patients and staff share the paths of the list, the filing and the one complaint."""

import functools
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints, model_validator
from sanic import Blueprint, HTTPResponse, Request

from satisfaction.complaints import actions, filing, reads, timeline, views
from satisfaction.complaints.actions import Own, Step
from satisfaction.complaints.filing import Filing
from satisfaction.complaints.handlers import FILERS, HANDLERS, READERS, sight_of
from satisfaction.complaints.reads import Search
from satisfaction.complaints.rules import OBJECTION, Answer, ComplaintState, Source
from satisfaction.complaints.views import (
    CandidateList,
    CandidateView,
    ComplaintPage,
    ComplaintView,
    PatientComplaintView,
    PhoneView,
    StaffComplaintDetail,
)
from satisfaction.errors import (
    AlreadyHandler,
    ComplaintIsClosed,
    ConflictOfInterest,
    HandlerUnfit,
    HighestLevel,
    NoPhone,
    NotMergeable,
)
from server import sse, watching
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.auth import patient_only, staff_only, whoever
from server.errors import Forbidden, IllegalMove, SomeoneWasFaster, Stale, TooManyStreams, wrong_field
from server.web import Form, Paging, ShortText, Text, api, check_version, language_of, listing, once_only

Handler = Callable[..., Awaitable[Any]]

bp = Blueprint("complaints", url_prefix="/api/v1")

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Heading = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]


class PatientsAndStaff:
    """Lets patients in, and staff who hold one of the roles; each sees the same path as their own."""

    schemes: tuple[str, ...] = ("patient", "staff")

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> None:
        """Set `request.ctx.account` or `request.ctx.staff`; the other one is None."""
        principal = await whoever(request)
        if isinstance(principal, SignedInStaff) and not principal.may(*self.roles):
            raise Forbidden()
        request.ctx.account = principal if isinstance(principal, SignedInPatient) else None
        request.ctx.staff = principal if isinstance(principal, SignedInStaff) else None


def sealed(status: int = 200) -> Callable[[Handler], Handler]:
    """Keep the answer for a repeated request encrypted: it holds what people wrote."""

    def wrap(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def route(request: Request, **arguments: Any) -> Any:
            return await once_only(request, lambda: handler(request, **arguments), status=status, secret=True)

        return route

    return wrap


patients_and_readers = PatientsAndStaff(*READERS)
patients_and_filers = PatientsAndStaff(*FILERS)
handlers_only = staff_only(*HANDLERS)
readers_only = staff_only(*READERS)
CHANGES = watching.Question("complaints", reads.changes)


class FileForm(Form):
    """A complaint. Staff name its source; patients do not."""

    text: Words
    topic: Heading = ""
    appointment_id: UUID | None = None
    encounter_id: UUID | None = None
    patient_id: UUID | None = None
    wants_contact: bool = False
    source: Literal["phone", "desk", "call_back", "letter"] | None = None
    department_id: UUID | None = None
    patient_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""

    @model_validator(mode="after")
    def _one_visit(self) -> "FileForm":
        if self.appointment_id and self.encounter_id:
            raise ValueError("name the appointment or the encounter, not both")
        return self


class ConfirmationForm(Form):
    """The patient's verdict on the answer."""

    satisfied: bool
    text: Text = ""


class TextForm(Form):
    """A text."""

    text: Words


class ReplyForm(Form):
    """A text for the patient; with a question, the patient's answer is waited for."""

    text: Words
    waits_for_patient: bool = False


class AnswerForm(Form):
    """The answer: nothing of it may be empty."""

    finding: Words
    action: Words
    responsible: ShortText
    objection: Words = OBJECTION


class AssignmentForm(Form):
    """A hand-over."""

    handler_id: UUID
    reason: Reason


class ReasonForm(Form):
    """A reason."""

    reason: Reason


class ClosureForm(Form):
    """An end without the patient's consent; the patient reads the reason."""

    state: Literal["closed_no_reply", "closed_disagreed", "withdrawn"]
    reason: Reason


class MergeForm(Form):
    """Where the complaint goes on."""

    into_id: UUID
    reason: Reason


class ComplaintQuery(Paging):
    """What the list is narrowed by. order `urgent`, for staff: only open ones, those first that need somebody first."""

    state: Literal["", "open", "closed"] | ComplaintState = ""
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""
    mine: bool = False
    order: Literal["newest", "urgent"] = "newest"


# ---- patients and staff --------------------------------------------------------------------------------------------


@bp.get("/complaints")
@api(guard=patients_and_readers, query=ComplaintQuery, returns=ComplaintPage, tag="complaints")
async def complaints(request: Request, query: ComplaintQuery) -> dict[str, Any]:
    """List the patient's own complaints, or those that a member of staff may see; the newest or most urgent first."""
    if request.ctx.account:
        language = language_of(request)
        rows = await reads.listed_for(request.ctx.account.id, str(query.state), after=query.after(), limit=query.limit)
        return listing(rows, query.limit, lambda row: views.for_patient(row, language))
    is_urgent = query.order == "urgent"
    search = Search(state=str(query.state), words=query.q, is_mine=query.mine, is_urgent_first=is_urgent)
    sight = sight_of(request.ctx.staff, READERS)
    rows = await reads.listed(sight, search, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, views.for_staff)


@bp.post("/complaints")
@api(guard=patients_and_filers, body=FileForm, returns=ComplaintView, status=201, creates="itself", tag="complaints")
@sealed(201)
async def file(request: Request, body: FileForm) -> PatientComplaintView | StaffComplaintDetail:
    """File a complaint; staff do it for somebody who called, came or wrote."""
    complaint_id = await filing.file(request.ctx.account or request.ctx.staff, _filing(request, body))
    if request.ctx.account:
        return await _for_patient(request, complaint_id)
    return await _in_full(request, await reads.shown(complaint_id))


def _filing(request: Request, body: FileForm) -> Filing:
    by_staff = request.ctx.account is None
    if by_staff and body.source is None:
        raise wrong_field("/source", "missing", "staff name the source")
    for name in ("source", "department_id", "patient_name"):
        if not by_staff and getattr(body, name):
            raise wrong_field(f"/{name}", "staff_only", "only staff name this")
    return Filing(
        text=body.text,
        source=Source(body.source) if body.source else Source.MINIAPP,
        heading=body.topic,
        appointment_id=body.appointment_id,
        encounter_id=body.encounter_id,
        patient_id=body.patient_id,
        department_id=body.department_id,
        patient_name=body.patient_name,
        wants_contact=body.wants_contact,
    )


@bp.get("/complaints/<complaint_id:uuid>")
@api(guard=patients_and_readers, returns=ComplaintView, tag="complaints")
async def complaint(request: Request, complaint_id: UUID) -> PatientComplaintView | StaffComplaintDetail:
    """Show a complaint: to the patient what is meant for them, to staff everything."""
    if request.ctx.account:
        return await _for_patient(request, complaint_id)
    return await _in_full(request, await actions.case_of(request.ctx.staff, complaint_id))


# ---- patients ------------------------------------------------------------------------------------------------------


@bp.post("/complaints/<complaint_id:uuid>/confirmation")
@api(
    guard=patient_only,
    body=ConfirmationForm,
    returns=PatientComplaintView,
    creates="itself",
    errors=(IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def confirmation(request: Request, complaint_id: UUID, body: ConfirmationForm) -> PatientComplaintView:
    """Say whether the answer settles the matter; if not, another round begins one level higher."""
    await actions.confirm(await _own(request, complaint_id), is_satisfied=body.satisfied, text=body.text)
    return await _for_patient(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/messages")
@api(
    guard=patient_only,
    body=TextForm,
    returns=PatientComplaintView,
    status=201,
    creates="itself",
    errors=(ComplaintIsClosed, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed(201)
async def messages(request: Request, complaint_id: UUID, body: TextForm) -> PatientComplaintView:
    """Write something more about an open complaint."""
    await actions.add_message(await _own(request, complaint_id), body.text)
    return await _for_patient(request, complaint_id)


async def _own(request: Request, complaint_id: UUID) -> Own:
    version = await _version(request, lambda: _for_patient(request, complaint_id))
    return Own(request.ctx.account, complaint_id, version)


async def _for_patient(request: Request, complaint_id: UUID) -> PatientComplaintView:
    row = await actions.complaint_of(request.ctx.account, complaint_id)
    return views.for_patient(row, language_of(request), await timeline.lines(complaint_id, for_patient=True))


# ---- staff ---------------------------------------------------------------------------------------------------------


@bp.get("/complaints/events")
@api(guard=readers_only, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="complaints")
async def events(request: Request) -> HTTPResponse:
    """Stream `changed`, without data, whenever a complaint may have; at once to whoever may be behind."""
    return await sse.stream(request, watching.changes(CHANGES, last=sse.last_event_id(request)))


@bp.post("/complaints/<complaint_id:uuid>/acknowledgement")
@api(
    guard=handlers_only,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def acknowledgement(request: Request, complaint_id: UUID) -> StaffComplaintDetail:
    """Take responsibility for a complaint; its alerts stop."""
    await actions.acknowledge(await _step(request, complaint_id))
    return await _after(request, complaint_id)


@bp.get("/complaints/<complaint_id:uuid>/candidates")
@api(guard=handlers_only, returns=CandidateList, tag="complaints")
async def candidates(request: Request, complaint_id: UUID) -> CandidateList:
    """List who may take the complaint over: those on duty first, never whom it is about."""
    people = await actions.candidates(request.ctx.staff, complaint_id)
    return CandidateList(items=[CandidateView(**person) for person in people])


@bp.post("/complaints/<complaint_id:uuid>/assignment")
@api(
    guard=handlers_only,
    body=AssignmentForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, AlreadyHandler, ConflictOfInterest, HandlerUnfit, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def assignment(request: Request, complaint_id: UUID, body: AssignmentForm) -> StaffComplaintDetail:
    """Hand a complaint over to another handler."""
    await actions.assign(await _step(request, complaint_id), body.handler_id, reason=body.reason)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/note")
@api(
    guard=handlers_only,
    body=TextForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def note(request: Request, complaint_id: UUID, body: TextForm) -> StaffComplaintDetail:
    """Add an internal note, which the patient never sees."""
    await actions.note(await _step(request, complaint_id), body.text)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/reply")
@api(
    guard=handlers_only,
    body=ReplyForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def reply(request: Request, complaint_id: UUID, body: ReplyForm) -> StaffComplaintDetail:
    """Write to the patient; the first time this is the first response."""
    step = await _step(request, complaint_id)
    await actions.reply(step, body.text, waits_for_patient=body.waits_for_patient)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/answer")
@api(
    guard=handlers_only,
    body=AnswerForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def answer(request: Request, complaint_id: UUID, body: AnswerForm) -> StaffComplaintDetail:
    """Give the answer: what was found, what is done, who is responsible, how to object."""
    words = Answer(body.finding, body.action, body.responsible, body.objection)
    await actions.answer(await _step(request, complaint_id), words)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/escalation")
@api(
    guard=handlers_only,
    body=ReasonForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, HighestLevel, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def escalation(request: Request, complaint_id: UUID, body: ReasonForm) -> StaffComplaintDetail:
    """Call for the next level."""
    await actions.escalate(await _step(request, complaint_id), reason=body.reason)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/closure")
@api(
    guard=handlers_only,
    body=ClosureForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def closure(request: Request, complaint_id: UUID, body: ClosureForm) -> StaffComplaintDetail:
    """End a complaint without the patient's consent; against their word only a leader may."""
    await actions.close(await _step(request, complaint_id), ComplaintState(body.state), reason=body.reason)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/reopening")
@api(
    guard=handlers_only,
    body=ReasonForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def reopening(request: Request, complaint_id: UUID, body: ReasonForm) -> StaffComplaintDetail:
    """Begin another round."""
    await actions.reopen(await _step(request, complaint_id), reason=body.reason)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/merge")
@api(
    guard=handlers_only,
    body=MergeForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, NotMergeable, IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def merge(request: Request, complaint_id: UUID, body: MergeForm) -> StaffComplaintDetail:
    """Let a complaint go on in another one of the same patient."""
    await actions.merge(await _step(request, complaint_id), body.into_id, reason=body.reason)
    return await _after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/phone-view")
@api(
    guard=handlers_only,
    body=ReasonForm,
    returns=PhoneView,
    creates="itself",
    errors=(NoPhone,),
    tag="complaints",
)
@sealed()
async def phone_view(request: Request, complaint_id: UUID, body: ReasonForm) -> PhoneView:
    """Show the patient's whole phone number; who looked and why is written down."""
    return PhoneView(phone=await actions.show_phone(await _step(request, complaint_id), reason=body.reason))


async def _step(request: Request, complaint_id: UUID) -> Step:
    async def fresh() -> StaffComplaintDetail:
        return await _in_full(request, await actions.case_of(request.ctx.staff, complaint_id))

    return Step(request.ctx.staff, complaint_id, await _version(request, fresh))


async def _version(request: Request, fresh: Callable[[], Awaitable[Any]]) -> int | None:
    """Give the version that the caller has seen, when they say so and it is the present one."""
    if request.headers.get("if-match") is None:
        return None
    view = await fresh()
    check_version(request, view, lambda: view.model_dump(mode="json"))
    return view.version


async def _after(request: Request, complaint_id: UUID) -> StaffComplaintDetail:
    return await _in_full(request, await reads.shown(complaint_id))


async def _in_full(request: Request, row: dict[str, Any]) -> StaffComplaintDetail:
    staff = request.ctx.staff
    siblings = await actions.siblings_of(staff, row)
    return await views.in_full(row, siblings=siblings, acts=await actions.acts_of(staff, row))
