"""Improvements and the analysis of causes over HTTP."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from sanic import Blueprint, HTTPResponse, Request

from satisfaction.attachments.rules import PICTURES, SHOWN_AS
from satisfaction.complaints.files_api import given
from satisfaction.complaints.forms import FileIds
from satisfaction.complaints.handlers import LEADERS
from satisfaction.complaints.serving import handlers_only
from satisfaction.errors import (
    ApproverUnfit,
    ConflictOfInterest,
    EvidenceMissing,
    MeasureNeeded,
    NeedsAnother,
    OnlyWeak,
    StoreAway,
    TooManyFiles,
)
from satisfaction.exporting import FORMATS, exported, wants_table
from satisfaction.improvement import actions, agreeing, analysis, models, reach, rules, views
from satisfaction.improvement.actions import Shown
from satisfaction.improvement.agreeing import Acceptance, Proposal
from satisfaction.improvement.analysis import Period
from satisfaction.improvement.reach import At
from satisfaction.improvement.rules import ImprovementState
from satisfaction.improvement.views import (
    CauseReport,
    CauseReportMonth,
    CauseReportMonths,
    ImprovementDetail,
    ImprovementDimensions,
    ImprovementEffect,
    ImprovementOwner,
    ImprovementOwners,
    ImprovementPage,
    ImprovementPower,
    ImprovementShare,
)
from satisfaction.scores.rules import DIMENSIONS, dimension_name
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import staff_only
from server.errors import Forbidden, IllegalMove, NotFound, SomeoneWasFaster, Stale, wrong_field
from server.web import JSON, Form, Paging, api, check_version, language_of, listing, moment

bp = Blueprint("improvement", url_prefix="/api/v1")

READERS_OF_REPORTS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.COMMITTEE, Role.OPERATIONS)
LONGEST_REPORT = timedelta(days=732)

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Link = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^https?://[^\s<>\"']+$")]
Change = Annotated[float, Field(gt=0, le=100)]


class ImprovementForm(Form):
    """A proposal: what is measured is either the complaints of a cause or the score of a dimension."""

    title: Title
    department_id: UUID
    metric: Literal["complaint_rate", "dimension_score"]
    cause_code: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    dimension: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    measure: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    expected_change: Change | None = None
    complaint_id: UUID | None = None
    group_of: UUID | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> "ImprovementForm":
        if (self.metric == "complaint_rate") != (self.cause_code is not None):
            raise ValueError("a rate is of a cause")
        if (self.metric == "dimension_score") != (self.dimension is not None):
            raise ValueError("a score is of a dimension")
        return self


class ImprovementAcceptanceForm(Form):
    """Who does what until when. expected_change: of a rate the share it falls by, of a score the points it rises by."""

    owner_id: UUID
    due_on: date
    measure: Words
    strength: Literal["strong", "intermediate", "weak"]
    is_training_only: bool = False
    expected_change: Change | None = None
    why_only_weak: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    @model_validator(mode="after")
    def _training_is_weak(self) -> "ImprovementAcceptanceForm":
        if self.is_training_only and self.strength != "weak":
            raise ValueError("training alone is weak")
        return self


class ImprovementChangeForm(Form):
    """What is changed; what is not named stays."""

    title: Title | None = None
    measure: Words | None = None
    department_id: UUID | None = None
    owner_id: UUID | None = None
    due_on: date | None = None
    expected_change: Change | None = None


class ImprovementCompletionForm(Form):
    """Evidence: words, files that were sent before, addresses; may be empty where there is some already."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    attachment_ids: FileIds = ()
    links: Annotated[tuple[Link, ...], Field(max_length=5)] = ()


class ImprovementEvidenceForm(ImprovementCompletionForm):
    """Evidence, with its words."""

    text: Words


class ImprovementReasonForm(Form):
    """Why it ends."""

    reason: Reason


class ImprovementQuery(Paging):
    """Which improvements."""

    state: Literal["", "open"] | ImprovementState = "open"
    mine: bool = False


class CauseReportQuery(Form):
    """A period, and a department when only one is meant; without days, last month."""

    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    department: UUID | None = None


CHANGES = (NotFound, Forbidden, IllegalMove, SomeoneWasFaster, Stale)
anybody = staff_only()


@bp.get("/improvements")
@api(guard=anybody, query=ImprovementQuery, returns=ImprovementPage, tag="improvements")
async def improvements(request: Request, query: ImprovementQuery) -> dict[str, Any]:
    """List improvements: of the departments whose complaints one handles, and those that are one's own to do."""
    sight, language = reach.sight_of(request.ctx.staff), language_of(request)
    rows = await models.listed(
        sight, state=str(query.state), is_mine=query.mine, after=query.after(), limit=query.limit
    )
    return listing(rows, query.limit, lambda row: views.in_list(row, language))


@bp.post("/improvements")
@api(
    guard=handlers_only, body=ImprovementForm, returns=ImprovementDetail, status=201, creates=True, errors=(NotFound,),
    tag="improvements",
)  # fmt: skip
async def propose(request: Request, body: ImprovementForm) -> ImprovementDetail:
    """Propose an improvement; the last 90 days count as what raised it, not as what was before."""
    if body.dimension is not None and body.dimension not in DIMENSIONS:
        raise wrong_field("/dimension", "unknown", "no such dimension")
    return await _shown(request, await agreeing.propose(request.ctx.staff, Proposal(**body.model_dump())))


@bp.get("/improvements/share-effective")
@api(guard=anybody, returns=ImprovementShare, tag="improvements")
async def share(request: Request) -> ImprovementShare:
    """Give how many judged measures were verified to be effective."""
    _, departments = reach.sight_of(request.ctx.staff)
    row = await db.fetch_one(models.JUDGED, departments)
    assert row is not None  # counts always give a row
    judged = sum(row.values())
    return ImprovementShare(**row, judged=judged, share=rules.share_effective(row["effective"], judged))


@bp.get("/improvements/dimensions")
@api(guard=handlers_only, returns=ImprovementDimensions, tag="improvements")
async def dimensions(request: Request) -> ImprovementDimensions:
    """List the dimensions of ratings that an effect may be measured on."""
    language = language_of(request)
    items = [{"code": code, "name": dimension_name(code, language)} for code in DIMENSIONS if code != "total"]
    return ImprovementDimensions(items=items)


@bp.get("/improvements/owners/<department_id:uuid>")
@api(guard=handlers_only, returns=ImprovementOwners, tag="improvements")
async def owners(request: Request, department_id: UUID) -> ImprovementOwners:
    """List who may own an improvement of a department: its people, then those of the whole hospital."""
    rows = await db.fetch(
        "SELECT s.id, s.name, bool_or(r.department_id = $1) AS is_own"
        " FROM staff s JOIN staff_role r ON r.staff_id = s.id"
        " WHERE s.active AND s.id <> $2 AND (r.department_id IS NULL OR r.department_id = $1)"
        " GROUP BY s.id, s.name ORDER BY 3 DESC NULLS LAST, s.name, s.id",
        department_id,
        request.ctx.staff.id,
    )
    return ImprovementOwners(items=[ImprovementOwner(id=row["id"], name=row["name"]) for row in rows])


@bp.get("/improvements/<improvement_id:uuid>")
@api(guard=anybody, returns=ImprovementDetail, errors=(NotFound,), tag="improvements")
async def improvement(request: Request, improvement_id: UUID) -> ImprovementDetail:
    """Show an improvement with everything."""
    return await _shown(request, improvement_id)


@bp.patch("/improvements/<improvement_id:uuid>")
@api(
    guard=handlers_only,
    body=ImprovementChangeForm,
    returns=ImprovementDetail,
    errors=(*CHANGES, NeedsAnother),
    tag="improvements",
)
async def change(request: Request, improvement_id: UUID, body: ImprovementChangeForm) -> ImprovementDetail:
    """Change what was agreed; once the work has begun only the name, the owner and the date."""
    values = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    await agreeing.change(await _at(request, improvement_id), values)
    return await _shown(request, improvement_id)


AGREEING = (*CHANGES, NeedsAnother, OnlyWeak, ConflictOfInterest, ApproverUnfit)


@bp.post("/improvements/<improvement_id:uuid>/acceptance")
@api(
    guard=staff_only(*LEADERS),
    body=ImprovementAcceptanceForm,
    returns=ImprovementDetail,
    creates=True,
    errors=AGREEING,
    tag="improvements",
)
async def accept(request: Request, improvement_id: UUID, body: ImprovementAcceptanceForm) -> ImprovementDetail:
    """Take a proposal up. Whoever approves is not the owner, and does not handle the complaint that it comes from."""
    await agreeing.accept(await _at(request, improvement_id), Acceptance(**body.model_dump()))
    return await _shown(request, improvement_id)


@bp.post("/improvements/<improvement_id:uuid>/adjustment")
@api(
    guard=staff_only(*LEADERS),
    body=ImprovementAcceptanceForm,
    returns=ImprovementDetail,
    creates=True,
    errors=AGREEING,
    tag="improvements",
)
async def adjust(request: Request, improvement_id: UUID, body: ImprovementAcceptanceForm) -> ImprovementDetail:
    """Agree on another measure where one had no effect or could not be judged."""
    await agreeing.adjust(await _at(request, improvement_id), Acceptance(**body.model_dump()))
    return await _shown(request, improvement_id)


@bp.post("/improvements/<improvement_id:uuid>/start")
@api(guard=anybody, returns=ImprovementDetail, creates=True, errors=(*CHANGES, MeasureNeeded), tag="improvements")
async def start(request: Request, improvement_id: UUID) -> ImprovementDetail:
    """Begin: what was before, and the chance to see the change, are frozen."""
    await actions.start(await _at(request, improvement_id))
    return await _shown(request, improvement_id)


@bp.post("/improvements/<improvement_id:uuid>/evidence")
@api(
    guard=anybody, body=ImprovementEvidenceForm, returns=ImprovementDetail, status=201, creates=True,
    errors=(*CHANGES, TooManyFiles), tag="improvements",
)  # fmt: skip
async def evidence(request: Request, improvement_id: UUID, body: ImprovementEvidenceForm) -> ImprovementDetail:
    """Add what shows that the measure was put in place."""
    await actions.add_evidence(await _at(request, improvement_id), Shown(**body.model_dump()))
    return await _shown(request, improvement_id)


@bp.get("/improvements/<improvement_id:uuid>/files/<attachment_id:uuid>")
@api(
    guard=anybody,
    errors=(NotFound, StoreAway),
    content_types=tuple(sorted({*PICTURES, *SHOWN_AS.values()})),
    tag="improvements",
)
async def evidence_file(request: Request, improvement_id: UUID, attachment_id: UUID) -> HTTPResponse:
    """Give a file of the evidence of an improvement."""
    return await given(await actions.file_of(request.ctx.staff, improvement_id, attachment_id))


@bp.post("/improvements/<improvement_id:uuid>/completion")
@api(
    guard=anybody,
    body=ImprovementCompletionForm,
    returns=ImprovementDetail,
    creates=True,
    errors=(*CHANGES, EvidenceMissing, TooManyFiles),
    tag="improvements",
)
async def complete(request: Request, improvement_id: UUID, body: ImprovementCompletionForm) -> ImprovementDetail:
    """Say that the measure is in place; its effect is looked at 30 and 90 days later."""
    await actions.complete(await _at(request, improvement_id), Shown(**body.model_dump()))
    return await _shown(request, improvement_id)


@bp.post("/improvements/<improvement_id:uuid>/closure")
@api(
    guard=staff_only(*LEADERS), body=ImprovementReasonForm, returns=ImprovementDetail, creates=True, errors=CHANGES,
    tag="improvements",
)  # fmt: skip
async def close(request: Request, improvement_id: UUID, body: ImprovementReasonForm) -> ImprovementDetail:
    """Close an improvement, with the reason."""
    await actions.end(await _at(request, improvement_id), ImprovementState.CLOSED, reason=body.reason)
    return await _shown(request, improvement_id)


@bp.post("/improvements/<improvement_id:uuid>/rejection")
@api(
    guard=staff_only(*LEADERS), body=ImprovementReasonForm, returns=ImprovementDetail, creates=True, errors=CHANGES,
    tag="improvements",
)  # fmt: skip
async def reject(request: Request, improvement_id: UUID, body: ImprovementReasonForm) -> ImprovementDetail:
    """Do not take a proposal up, with the reason."""
    await actions.end(await _at(request, improvement_id), ImprovementState.REJECTED, reason=body.reason)
    return await _shown(request, improvement_id)


@bp.get("/improvements/<improvement_id:uuid>/power")
@api(guard=anybody, returns=ImprovementPower, errors=(NotFound,), tag="improvements")
async def power(request: Request, improvement_id: UUID) -> ImprovementPower:
    """Say what of the expected change will be seen, before anybody begins."""
    row = await reach.shown(request.ctx.staff, improvement_id)
    found = await actions.power(row)
    return ImprovementPower(**found | {"baseline": views.counted(found["baseline"])})


@bp.get("/improvements/<improvement_id:uuid>/effect")
@api(guard=anybody, returns=ImprovementEffect, errors=(NotFound,), tag="improvements")
async def effect(request: Request, improvement_id: UUID) -> ImprovementEffect:
    """Give the looks at the effect that were taken, with their figures."""
    detail = await _shown(request, improvement_id)
    return ImprovementEffect(looks=detail.looks, check1_on=detail.check1_on, check2_on=detail.check2_on)


@bp.get("/reports/complaint-causes")
@api(
    guard=staff_only(*READERS_OF_REPORTS),
    query=CauseReportQuery,
    returns=CauseReport,
    content_types=(JSON, *FORMATS),
    errors=(Forbidden,),
    tag="reports",
)
async def causes_report(request: Request, query: CauseReportQuery) -> dict[str, Any] | HTTPResponse:
    """Give why complaints came, and what has changed since the period before and the same of last year."""
    period = _period(query)
    found = await analysis.analysed(period, _departments(request.ctx.staff, query.department), language_of(request))
    if not wants_table(request):
        return found
    asked = {"from": period.first, "to": period.last, "department": query.department}
    name = f"complaint-causes-{period.first}-{period.last}"
    return await exported(request, analysis.table_of(found), name=name, asked=asked)


@bp.get("/reports/complaint-causes/months")
@api(guard=staff_only(Role.SUPERVISOR, Role.COMMITTEE, Role.OPERATIONS), returns=CauseReportMonths, tag="reports")
async def kept_months(request: Request) -> CauseReportMonths:
    """List the monthly analyses as they were kept; of the whole hospital."""
    if request.ctx.staff.departments_of(*READERS_OF_REPORTS) is not None:
        raise Forbidden()
    rows = await analysis.kept_months()
    return CauseReportMonths(
        items=[
            CauseReportMonth(month=f"{row['month']:%Y-%m}", made_at=moment(row["made_at"]) or "", body=row["body"])
            for row in rows
        ]
    )


def _period(query: CauseReportQuery) -> Period:
    last = query.to or clock.today().replace(day=1) - timedelta(days=1)
    first = query.from_ or last.replace(day=1)
    if first > last:
        raise wrong_field("/to", "wrong_range", "the end is before the beginning")
    if last - first > LONGEST_REPORT:
        raise wrong_field("/from", "range_too_long", "two years at most")
    if first.year < 2000 or last.year > clock.today().year + 1:
        raise wrong_field("/from", "wrong_range", "out of the records")
    return Period(first, last)


def _departments(staff: SignedInStaff, department_id: UUID | None) -> list[UUID] | None:
    own = staff.departments_of(*READERS_OF_REPORTS)
    if department_id is None:
        return None if own is None else sorted(own)
    if own is not None and department_id not in own:
        raise Forbidden()
    return [department_id]


async def _at(request: Request, improvement_id: UUID) -> At:
    view = await _shown(request, improvement_id)
    check_version(request, view, lambda: view.model_dump(mode="json"))
    version = view.version if request.headers.get("if-match") else None
    return At(request.ctx.staff, improvement_id, version)


async def _shown(request: Request, improvement_id: UUID) -> ImprovementDetail:
    staff = request.ctx.staff
    row = await reach.shown(staff, improvement_id)
    return views.in_full(row, await models.beside(row), _acts(staff, row), language_of(request))


def _acts(staff: SignedInStaff, row: dict[str, Any]) -> list[str]:
    """List what the caller may do now, so that no screen offers what is refused."""
    leads = staff.may(*LEADERS, department_id=row["department_id"])
    does = leads or row["owner_id"] == staff.id
    state, found = row["state"], []
    if leads and state == ImprovementState.PROPOSED:
        found += ["accept", "reject"]
    if leads and state in rules.CHANGEABLE:
        found.append("change")
    if does and state == ImprovementState.ACCEPTED and not row["needs_another"]:
        found.append("start")
    if leads and (state == ImprovementState.TOO_FEW or (state == ImprovementState.ACCEPTED and row["cycle"] > 1)):
        found.append("adjust")
    if does and state in (ImprovementState.ACCEPTED, ImprovementState.DOING):
        found.append("evidence")
    if does and state == ImprovementState.DOING:
        found.append("complete")
    if leads and ImprovementState.CLOSED in rules.IMPROVEMENT.moves.get(ImprovementState(state), ()):
        found.append("close")
    return found
