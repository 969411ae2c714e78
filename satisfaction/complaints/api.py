"""Complaints over HTTP. Patients and staff share the paths of the list, the filing and the one complaint."""

from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from satisfaction.complaints import actions, filing, people, reads, views
from satisfaction.complaints.filing import Filing
from satisfaction.complaints.forms import (
    AnswerForm,
    AssignmentForm,
    CandidateQuery,
    ClosureForm,
    ComplaintQuery,
    FileForm,
    MergeForm,
    ReasonForm,
    ReplyForm,
    TextForm,
)
from satisfaction.complaints.handlers import FILERS, READERS, sight_of
from satisfaction.complaints.reads import Search
from satisfaction.complaints.rules import Answer, ComplaintState, Source
from satisfaction.complaints.serving import (
    PatientsAndStaff,
    handlers_only,
    in_full,
    need_words_or_files,
    readers_only,
    sealed,
    shown_after,
    shown_to_patient,
    step_of,
)
from satisfaction.complaints.views import (
    CandidateBarred,
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
    IdentityClosed,
    NoPhone,
    NotMergeable,
    SealedNotMerged,
)
from server import sse, watching
from server.errors import IllegalMove, SomeoneWasFaster, Stale, TooManyStreams, wrong_field
from server.web import api, language_of, listing, moment

bp = Blueprint("complaints", url_prefix="/api/v1")


patients_and_readers = PatientsAndStaff(*READERS)
patients_and_filers = PatientsAndStaff(*FILERS)
CHANGES = watching.Question("complaints", reads.changes)


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
        return await shown_to_patient(request, complaint_id)
    return await in_full(request, await reads.shown(complaint_id))


def _filing(request: Request, body: FileForm) -> Filing:
    by_staff = request.ctx.account is None
    need_words_or_files(body.text, body.attachment_ids)
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
        is_sealed=body.is_sealed,
        attachment_ids=body.attachment_ids,
    )


@bp.get("/complaints/<complaint_id:uuid>")
@api(guard=patients_and_readers, returns=ComplaintView, tag="complaints")
async def complaint(request: Request, complaint_id: UUID) -> PatientComplaintView | StaffComplaintDetail:
    """Show a complaint: to the patient what is meant for them, to staff everything."""
    if request.ctx.account:
        return await shown_to_patient(request, complaint_id)
    return await in_full(request, await actions.case_of(request.ctx.staff, complaint_id))


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
    await actions.acknowledge(await step_of(request, complaint_id))
    return await shown_after(request, complaint_id)


@bp.get("/complaints/<complaint_id:uuid>/candidates")
@api(guard=handlers_only, query=CandidateQuery, returns=CandidateList, tag="complaints")
async def candidates(request: Request, complaint_id: UUID, query: CandidateQuery) -> CandidateList:
    """List who may take the complaint over, or follow it: those on duty first; beside them who must keep away."""
    to_watch = query.purpose == "watching"
    found = await people.candidates(request.ctx.staff, complaint_id, to_watch=to_watch)
    same = ("id", "name", "roles", "is_on_duty", "open_complaints", "load", "instead_name")
    return CandidateList(
        items=[
            CandidateView(**{name: one[name] for name in same}, away_until=moment(one["away_until"]))
            for one in found.free
        ],
        barred=[CandidateBarred(id=one["id"], name=one["name"], kind=one["kind"]) for one in found.barred],
    )


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
    await actions.assign(await step_of(request, complaint_id), body.handler_id, reason=body.reason)
    return await shown_after(request, complaint_id)


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
    await actions.note(await step_of(request, complaint_id), body.text)
    return await shown_after(request, complaint_id)


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
    step = await step_of(request, complaint_id)
    await actions.reply(step, body.text, waits_for_patient=body.waits_for_patient)
    return await shown_after(request, complaint_id)


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
    await actions.answer(await step_of(request, complaint_id), words)
    return await shown_after(request, complaint_id)


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
    await actions.escalate(await step_of(request, complaint_id), reason=body.reason)
    return await shown_after(request, complaint_id)


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
    await actions.close(await step_of(request, complaint_id), ComplaintState(body.state), reason=body.reason)
    return await shown_after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/merge")
@api(
    guard=handlers_only,
    body=MergeForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, NotMergeable, SealedNotMerged, IllegalMove, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def merge(request: Request, complaint_id: UUID, body: MergeForm) -> StaffComplaintDetail:
    """Let a complaint go on in another one of the same patient."""
    await actions.merge(await step_of(request, complaint_id), body.into_id, reason=body.reason)
    return await shown_after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/phone-view")
@api(
    guard=handlers_only,
    body=ReasonForm,
    returns=PhoneView,
    creates="itself",
    errors=(NoPhone, IdentityClosed),
    tag="complaints",
)
@sealed()
async def phone_view(request: Request, complaint_id: UUID, body: ReasonForm) -> PhoneView:
    """Show the patient's whole phone number; who looked and why is written down."""
    return PhoneView(phone=await actions.show_phone(await step_of(request, complaint_id), reason=body.reason))
