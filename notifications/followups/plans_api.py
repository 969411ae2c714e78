"""How staff read, write, approve and try follow-up plans, and write down what begins or ends them."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from notifications.calls.actions import CALLERS
from notifications.calls.errors import CallNotYours
from notifications.followups import actions, models, plans, reading, replanning, stopping, views
from notifications.followups.errors import NothingToApprove, PlanCodeTaken, PlanNotRunning
from notifications.followups.kinds import AnchorKind, Code, Group, PlanBody, Text
from notifications.followups.of_patient import PatientFollowUpsView, follow_ups_of
from notifications.followups.views import (
    BegunView,
    CarePlanChoices,
    CarePlanList,
    CarePlanView,
    DecidedView,
    PlanPreviewView,
    ReplanPage,
    SaidList,
)
from server import db
from server.accounts import Role
from server.auth import staff_only
from server.errors import Stale
from server.web import Form, Paging, api, listing

bp = Blueprint("care_plans", url_prefix="/api/v1")
readers = staff_only(Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.CUSTOMER_SERVICE)
writers = staff_only(Role.SUPERVISOR, Role.DEPARTMENT_HEAD)
recorders = staff_only(Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.CUSTOMER_SERVICE, Role.ROOM)
choosers = staff_only(Role.ROOM, Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.CUSTOMER_SERVICE)


class NewPlanForm(Form):
    """A new plan; its code never changes."""

    code: Code
    body: PlanBody


class PlanDraftForm(Form):
    """What a plan is to say from its next approval on."""

    body: PlanBody


class PlanPreviewForm(Form):
    """A plan and the day from which it counts."""

    body: PlanBody
    anchor_on: Annotated[date, Field(gt=date(2000, 1, 1), lt=date(2100, 1, 1))]


class ReplanDecisionForm(Form):
    """Which questions, and whether the new version is followed."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    accept: bool


class AnchorForm(Form):
    """Something that happened to a patient, from which plans count."""

    patient_id: UUID
    kind: Literal["discharge", "operation", "diagnosis_group", "inquiry", "visit"]
    on: Annotated[date, Field(gt=date(2000, 1, 1), lt=date(2100, 1, 1))]
    department_id: UUID | None = None
    diagnosis_group: Group | Literal[""] = ""
    plan_id: UUID | None = None


class FollowUpStopForm(Form):
    """What ends the plans of a patient."""

    patient_id: UUID
    kind: Literal["deceased", "refused", "no_calls", "readmitted", "elsewhere"]
    why: Text = ""


class FollowUpLiftForm(Form):
    """Why a stop is taken back."""

    why: Text = ""


class PlanChoicesQuery(Form):
    """From what the plans count: what ends a visit, or one kind of what staff write down."""

    anchor: Literal["discharge", "operation", "diagnosis_group", "inquiry", "visit"] | None = None


@bp.get("/care-plans")
@api(guard=readers, returns=CarePlanList, tag="care-plans")
async def index(_: Request) -> dict[str, Any]:
    """List every plan with its versions."""
    return {"items": [views.care_plan(row) for row in await plans.plans()]}


@bp.get("/care-plans/choices")
@api(guard=choosers, query=PlanChoicesQuery, returns=CarePlanChoices, tag="care-plans")
async def choices(_: Request, query: PlanChoicesQuery) -> dict[str, Any]:
    """List the approved plans that a room can choose at the end of a visit, or those that count from one anchor."""
    rows = await db.fetch(models.APPROVED)
    chosen = [(row["id"], models.plan_of(row["body"])) for row in rows if row["body"]]
    countable = {AnchorKind.VISIT, AnchorKind.FIRST_VISIT, AnchorKind.DIAGNOSIS_GROUP}
    if query.anchor is not None:
        countable = {AnchorKind(query.anchor)}
    return {"items": [{"id": str(id), "name": plan.name} for id, plan in chosen if countable & set(plan.anchors)]}


@bp.get("/calls/<call_id:uuid>/answers")
@api(guard=staff_only(*CALLERS), returns=SaidList, errors=(CallNotYours,), tag="calls")
async def answers(request: Request, call_id: UUID) -> dict[str, Any]:
    """Show what the patient answered to whoever has taken the call; that it was read is written down."""
    return {"items": await reading.answers_for(request.ctx.staff, call_id)}


@bp.get("/care-plans/<plan_id:uuid>")
@api(guard=readers, returns=CarePlanView, tag="care-plans")
async def one(_: Request, plan_id: UUID) -> dict[str, Any]:
    """Show a plan with its versions."""
    return await _now(plan_id)


@bp.post("/care-plans")
@api(
    guard=writers,
    body=NewPlanForm,
    returns=CarePlanView,
    status=201,
    creates=True,
    errors=(PlanCodeTaken,),
    tag="care-plans",
)
async def create(request: Request, body: NewPlanForm) -> dict[str, Any]:
    """Write a new plan; nobody follows it before it is approved."""
    return await _now(await plans.create(request.ctx.staff, body.code, body.body))


@bp.put("/care-plans/<plan_id:uuid>/draft")
@api(guard=writers, body=PlanDraftForm, returns=CarePlanView, errors=(Stale,), tag="care-plans")
async def write_draft(request: Request, plan_id: UUID, body: PlanDraftForm) -> dict[str, Any]:
    """Write the draft of a plan. `If-Match`: the version of the draft that was seen, 0 when there was none."""
    header = request.headers.get("if-match", "").strip('" ')
    seen = int(header) if header.isdigit() else None
    await plans.write_draft(request.ctx.staff, plan_id, body.body, seen=seen)
    return await _now(plan_id)


@bp.post("/care-plans/<plan_id:uuid>/approval")
@api(guard=writers, returns=CarePlanView, errors=(NothingToApprove,), creates=True, tag="care-plans")
async def approve(request: Request, plan_id: UUID) -> dict[str, Any]:
    """Approve the draft: patients follow it from now on."""
    await plans.approve(request.ctx.staff, plan_id)
    return await _now(plan_id)


@bp.post("/care-plans/<plan_id:uuid>/retirement")
@api(guard=writers, returns=CarePlanView, tag="care-plans")
async def retire(_: Request, plan_id: UUID) -> dict[str, Any]:
    """Put nobody on this plan any more; who follows it goes on."""
    await plans.retire(plan_id)
    return await _now(plan_id)


@bp.post("/care-plans/preview")
@api(guard=readers, body=PlanPreviewForm, returns=PlanPreviewView, tag="care-plans")
async def preview(_: Request, body: PlanPreviewForm) -> dict[str, Any]:
    """Show what a patient would get and when; nothing is written."""
    return views.preview(body.body.name, body.anchor_on.isoformat(), await plans.preview(body.body, body.anchor_on))


@bp.get("/care-plans/<plan_id:uuid>/replans")
@api(guard=readers, query=Paging, returns=ReplanPage, tag="care-plans")
async def replans(_: Request, plan_id: UUID, query: Paging) -> dict[str, Any]:
    """List what the approved version changes for those who follow an older one."""
    rows = await db.fetch(models.REPLANS, plan_id, query.after(), query.limit + 1)
    return listing(rows, query.limit, views.replan)


@bp.post("/care-plans/<plan_id:uuid>/replans/decision")
@api(guard=staff_only(Role.SUPERVISOR), body=ReplanDecisionForm, returns=DecidedView, creates=True, tag="care-plans")
async def decide(request: Request, plan_id: UUID, body: ReplanDecisionForm) -> dict[str, int]:
    """Let patients follow the new version, or leave them on theirs. What was told never changes."""
    return {"count": await replanning.decide(request.ctx.staff, plan_id, body.ids, accept=body.accept)}


@bp.get("/follow-ups-of/<patient_id:uuid>")
@api(guard=recorders, returns=PatientFollowUpsView, tag="care-plans")
async def of_patient(request: Request, patient_id: UUID) -> dict[str, Any]:
    """Show the plans of one patient and what stops them; that it was read is written down."""
    return await follow_ups_of(request.ctx.staff, patient_id)


@bp.post("/follow-up-anchors")
@api(
    guard=recorders,
    body=AnchorForm,
    returns=BegunView,
    status=201,
    creates=True,
    errors=(PlanNotRunning,),
    tag="care-plans",
)
async def record_anchor(request: Request, body: AnchorForm) -> dict[str, int]:
    """Write down an operation, a discharge, an inquiry …: the plans that count from it begin, each once."""
    anchor = actions.NewAnchor(**{**body.model_dump(), "kind": AnchorKind(body.kind)})
    return {"count": len(await actions.record_anchor(request.ctx.staff, anchor))}


@bp.post("/follow-up-stops")
@api(guard=recorders, body=FollowUpStopForm, status=204, creates=True, tag="care-plans")
async def record_stop(request: Request, body: FollowUpStopForm) -> None:
    """Write down what ends the plans of a patient."""
    await actions.record_stop(request.ctx.staff, body.patient_id, body.kind, body.why)


@bp.post("/follow-up-stops/<stop_id:uuid>/lifting")
@api(guard=staff_only(Role.SUPERVISOR), body=FollowUpLiftForm, status=204, tag="care-plans")
async def lift(request: Request, stop_id: UUID, body: FollowUpLiftForm) -> None:
    """Take back that no plan goes on for a patient, or that they are not called."""
    await stopping.lift(request.ctx.staff, stop_id, body.why)


async def _now(plan_id: UUID) -> dict[str, Any]:
    return views.care_plan((await plans.plans(plan_id))[0])
