"""The clocks of a complaint over HTTP: why each is due when it is, and what staff do that they count by."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.dues import all_dues
from satisfaction.clocks.events import in_order
from satisfaction.complaints import clock_acts
from satisfaction.complaints.clock_views import ClockStoryView, due_view, pauses_view
from satisfaction.complaints.forms import Reason, ReasonForm, Words
from satisfaction.complaints.handlers import LEADERS
from satisfaction.complaints.serving import handlers_only, readers_only, sealed, shown_after, step_of
from satisfaction.complaints.views import StaffComplaintDetail
from satisfaction.errors import ComplaintIsClosed, NeedsAnother
from server import clock
from server.errors import SomeoneWasFaster, Stale
from server.web import Form, api, language_of

bp = Blueprint("complaint_clocks", url_prefix="/api/v1")

A_LONG_CALL = 4 * 3600


class ClockSeverityForm(Form):
    """How severe a complaint is: A somebody was or may be harmed, B serious, C minor."""

    severity: Literal["A", "B", "C"]
    reason: Reason


class ClockDepartmentsForm(Form):
    """The departments besides the first one that a complaint needs."""

    department_ids: Annotated[list[UUID], Field(min_length=1, max_length=10)]


class ClockCallForm(Form):
    """A talk by telephone, and what was said."""

    seconds: Annotated[int, Field(ge=1, le=A_LONG_CALL)]
    text: Words


@bp.get("/complaints/<complaint_id:uuid>/clocks")
@api(guard=readers_only, returns=ClockStoryView, tag="complaints")
async def clock_story(request: Request, complaint_id: UUID) -> ClockStoryView:
    """Explain every clock of every round: when it is due, and which minutes were counted."""
    staff = request.ctx.staff
    row, kept = await clock_acts.clocks_of(staff, complaint_id)
    terms, now, language = await clocks.terms(), clock.now(), language_of(request)
    dues = sorted(all_dues(kept.events, terms=terms, now=now), key=lambda due: -due.cycle)
    present = [due for due in dues if due.cycle == row["cycle"]]
    events = [event for event in in_order(kept.events) if event.cycle == row["cycle"]]
    may_allow = staff.may(*LEADERS, department_id=row["department_id"]) and row["handler_id"] != staff.id
    return ClockStoryView(
        severity=row["severity"],
        cycle=row["cycle"],
        items=[due_view(due, terms, language=language, now=now) for due in dues],
        pauses=pauses_view(events, present, terms, now),
        may_allow_pause=may_allow and row["closed_at"] is None,
    )


@bp.post("/complaints/<complaint_id:uuid>/severity")
@api(
    guard=handlers_only,
    body=ClockSeverityForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def severity(request: Request, complaint_id: UUID, body: ClockSeverityForm) -> StaffComplaintDetail:
    """Judge anew how severe a complaint is; only leaders lower it."""
    await clock_acts.set_severity(await step_of(request, complaint_id), body.severity, reason=body.reason)
    return await shown_after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/departments")
@api(
    guard=handlers_only,
    body=ClockDepartmentsForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def departments(request: Request, complaint_id: UUID, body: ClockDepartmentsForm) -> StaffComplaintDetail:
    """Call in further departments; the legal term becomes ten working days."""
    await clock_acts.add_departments(await step_of(request, complaint_id), body.department_ids)
    return await shown_after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/calls")
@api(
    guard=handlers_only,
    body=ClockCallForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def calls(request: Request, complaint_id: UUID, body: ClockCallForm) -> StaffComplaintDetail:
    """Write down a talk by telephone; from half a minute on it is a response."""
    await clock_acts.log_call(await step_of(request, complaint_id), seconds=body.seconds, text=body.text)
    return await shown_after(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/pause-permission")
@api(
    guard=handlers_only,
    body=ReasonForm,
    returns=StaffComplaintDetail,
    creates="itself",
    errors=(ComplaintIsClosed, NeedsAnother, SomeoneWasFaster, Stale),
    tag="complaints",
)
@sealed()
async def pause_permission(request: Request, complaint_id: UUID, body: ReasonForm) -> StaffComplaintDetail:
    """Let the answer's clock rest once more than it may by itself; never by who handles the complaint."""
    await clock_acts.allow_pause(await step_of(request, complaint_id), reason=body.reason)
    return await shown_after(request, complaint_id)
