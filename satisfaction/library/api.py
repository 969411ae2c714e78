"""Causes, findings and the library of cases over HTTP."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from satisfaction.complaints import actions as complaints
from satisfaction.complaints.actions import Step
from satisfaction.complaints.handlers import LEADERS, READERS, sight_of
from satisfaction.complaints.serving import handlers_only, readers_only, sealed
from satisfaction.errors import CauseMissing, NeedsAnother, TooManyLeaves
from satisfaction.library import actions, causes, finding, models, views
from satisfaction.library.finding import Narrowing
from satisfaction.library.rules import KINDS, MOST_CAUSES, CauseChoice, Story
from satisfaction.library.taxonomy import MOST_LEAVES
from satisfaction.library.views import (
    CaseDraftPage,
    CaseKinds,
    CasePage,
    CaseView,
    CauseList,
    CausesOfComplaint,
)
from server.accounts import Role
from server.auth import staff_only
from server.errors import IllegalMove, NotFound, SomeoneWasFaster, Stale, wrong_field
from server.web import Form, Paging, api, check_version, language_of, listing

bp = Blueprint("library", url_prefix="/api/v1")

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Part = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Code = Annotated[str, StringConstraints(max_length=80, pattern=r"^([a-z][a-z0-9_]*(\.[a-z0-9_]+){0,2})?$")]


class CauseChoiceForm(Form):
    """A cause of a complaint. system_factor: what let it happen, needed where a person's slip is all that is named."""

    code: Code
    system_factor: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class CausesForm(Form):
    """The causes of a complaint, the primary one first."""

    causes: Annotated[list[CauseChoiceForm], Field(max_length=MOST_CAUSES)]


class FindingForm(Form):
    """What an investigation found, what somebody stated, who is responsible, what is done so that it stays away."""

    kind: Literal["finding", "statement", "responsibility", "remedy"]
    text: Words


class CaseForm(Form):
    """A case as somebody writes it; it may not say who it was."""

    title: Title
    story: Part = ""
    finding: Part = ""
    action: Part = ""
    prevention: Part = ""


class CaseWithdrawalForm(Form):
    """Why a case is taken out."""

    reason: Reason


class CaseQuery(Paging):
    """What the library is searched for. cause: with all below it. state: other than published, those one may edit."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    cause: Code = ""
    kind: Annotated[str, StringConstraints(max_length=2)] = ""
    month: Annotated[str, StringConstraints(pattern=r"^((19|20)[0-9]{2}-(0[1-9]|1[0-2]))?$")] = ""


class CaseDraftQuery(Paging):
    """Which cases that are not published."""

    state: Literal["draft", "withdrawn"] = "draft"


class CauseNames(Form):
    """The name of a cause in each language."""

    zh_cn: Name = Field(alias="zh-CN")
    zh_tw: Name = Field(alias="zh-TW")
    en: Name


class CauseForm(Form):
    """A cause of the tree."""

    names: CauseNames
    is_human_error: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class _Seen:
    version: int


# ---- causes of a complaint -----------------------------------------------------------------------------------------


@bp.get("/causes")
@api(guard=readers_only, returns=CauseList, tag="causes")
async def tree(request: Request) -> CauseList:
    """List the causes by which complaints are told apart."""
    return await _tree(request)


@bp.get("/complaints/<complaint_id:uuid>/causes")
@api(guard=readers_only, returns=CausesOfComplaint, errors=(NotFound,), tag="causes")
async def causes_of(request: Request, complaint_id: UUID) -> CausesOfComplaint:
    """Give the causes of a complaint."""
    return await _causes(request, complaint_id)


@bp.put("/complaints/<complaint_id:uuid>/causes")
@api(
    guard=handlers_only,
    body=CausesForm,
    returns=CausesOfComplaint,
    errors=(NotFound, SomeoneWasFaster, Stale),
    tag="causes",
)
async def set_causes(request: Request, complaint_id: UUID, body: CausesForm) -> CausesOfComplaint:
    """Give a complaint its causes. A person's slip alone is refused: what in the system let it happen?"""
    step = await _step(request, complaint_id)
    await causes.set_causes(step, [CauseChoice(one.code, one.system_factor) for one in body.causes])
    return await _causes(request, complaint_id)


@bp.post("/complaints/<complaint_id:uuid>/findings")
@api(
    guard=handlers_only,
    body=FindingForm,
    returns=CausesOfComplaint,
    status=201,
    creates="itself",
    errors=(NotFound, SomeoneWasFaster, Stale),
    tag="causes",
)
@sealed(201)
async def add_finding(request: Request, complaint_id: UUID, body: FindingForm) -> CausesOfComplaint:
    """Write down a finding, a statement, who is responsible, or a remedy; the patient never sees it."""
    await causes.add_finding(await _step(request, complaint_id), body.kind, body.text)
    return await _causes(request, complaint_id)


@bp.get("/complaints/<complaint_id:uuid>/similar")
@api(guard=readers_only, returns=CasePage, errors=(NotFound,), tag="case library")
async def similar(request: Request, complaint_id: UUID) -> CasePage:
    """List the published cases that are most like a complaint."""
    language = language_of(request)
    rows = await finding.similar(request.ctx.staff, complaint_id)
    return CasePage(items=[views.case(row, language) for row in rows], next=None)


async def _step(request: Request, complaint_id: UUID) -> Step:
    row = await complaints.case_of(request.ctx.staff, complaint_id)
    version = row["version"] if request.headers.get("if-match") else None
    check_version(request, _Seen(row["version"]), lambda: {"version": row["version"]})
    return Step(request.ctx.staff, complaint_id, version)


async def _causes(request: Request, complaint_id: UUID) -> CausesOfComplaint:
    row = await complaints.case_of(request.ctx.staff, complaint_id)
    language = language_of(request)
    items = [views.cause_of_complaint(one, language) for one in await models.causes_of(complaint_id)]
    return CausesOfComplaint(items=items, version=row["version"])


# ---- the library ---------------------------------------------------------------------------------------------------


@bp.get("/case-library")
@api(guard=readers_only, query=CaseQuery, returns=CasePage, tag="case library")
async def search(request: Request, query: CaseQuery) -> dict[str, Any] | CasePage:
    """Search the published cases in Chinese, in either script; without words the newest first."""
    language, staff = language_of(request), request.ctx.staff
    month = date.fromisoformat(f"{query.month}-01") if query.month else None
    narrowing = Narrowing(query.cause, query.kind, month)
    if query.q:
        rows = await finding.search(staff, query.q, narrowing)
        return CasePage(items=[views.case(row, language) for row in rows[: query.limit]], next=None)
    sight = sight_of(staff, READERS)
    rows = await models.listed(sight, narrowing.arguments, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, lambda row: views.case(row, language))


@bp.get("/case-library/drafts")
@api(guard=handlers_only, query=CaseDraftQuery, returns=CaseDraftPage, tag="case library")
async def drafts(request: Request, query: CaseDraftQuery) -> dict[str, Any]:
    """List the cases that wait to be edited and approved, of complaints that the caller may see."""
    sight = sight_of(request.ctx.staff, READERS)
    rows = await models.drafts(sight, query.state, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, views.draft)


@bp.get("/case-library/kinds")
@api(guard=readers_only, returns=CaseKinds, tag="case library")
async def kinds(request: Request) -> CaseKinds:
    """List the kinds of departments."""
    return CaseKinds(items=[{"code": code, "name": name} for code, name in KINDS.items()])


@bp.get("/case-library/<case_id:uuid>")
@api(guard=readers_only, returns=CaseView, errors=(NotFound,), tag="case library")
async def case(request: Request, case_id: UUID) -> CaseView:
    """Show a case: a published one to everybody who reads complaints."""
    return await _case(request, case_id)


@bp.put("/case-library/<case_id:uuid>")
@api(
    guard=handlers_only,
    body=CaseForm,
    returns=CaseView,
    errors=(NotFound, IllegalMove, SomeoneWasFaster, Stale),
    tag="case library",
)
async def write(request: Request, case_id: UUID, body: CaseForm) -> CaseView:
    """Write a case anew; a published one has to be approved again."""
    version = await _version(request, case_id)
    await actions.write(request.ctx.staff, case_id, Story(**body.model_dump()), version=version)
    return await _case(request, case_id)


@bp.post("/case-library/<case_id:uuid>/publication")
@api(
    guard=staff_only(*LEADERS),
    returns=CaseView,
    creates=True,
    errors=(NotFound, NeedsAnother, CauseMissing, IllegalMove, SomeoneWasFaster, Stale),
    tag="case library",
)
async def publish(request: Request, case_id: UUID) -> CaseView:
    """Approve a case that a colleague wrote. Refused as long as it says who it was."""
    await actions.publish(request.ctx.staff, case_id, version=await _version(request, case_id))
    return await _case(request, case_id)


@bp.post("/case-library/<case_id:uuid>/withdrawal")
@api(
    guard=staff_only(*LEADERS),
    body=CaseWithdrawalForm,
    returns=CaseView,
    creates=True,
    errors=(NotFound, IllegalMove, SomeoneWasFaster),
    tag="case library",
)
async def withdraw(request: Request, case_id: UUID, body: CaseWithdrawalForm) -> CaseView:
    """Take a case out of the library, or discard a draft."""
    await actions.withdraw(request.ctx.staff, case_id, reason=body.reason)
    return await _case(request, case_id)


async def _case(request: Request, case_id: UUID) -> CaseView:
    row, story = await actions.case_of(request.ctx.staff, case_id)
    return views.case(row, language_of(request), vars(story))


async def _version(request: Request, case_id: UUID) -> int | None:
    if request.headers.get("if-match") is None:
        return None
    view = await _case(request, case_id)
    check_version(request, view, lambda: view.model_dump(mode="json"))
    return view.version


# ---- administration ------------------------------------------------------------------------------------------------


@bp.get("/admin/causes")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=CauseList, tag="causes")
async def admin_tree(request: Request) -> CauseList:
    """List the causes with those out of use."""
    return await _tree(request)


@bp.put("/admin/causes/<code:str>")
@api(
    guard=staff_only(Role.ADMIN, Role.SUPERVISOR),
    body=CauseForm,
    returns=CauseList,
    errors=(NotFound, TooManyLeaves),
    tag="causes",
)
async def put_cause(request: Request, code: str, body: CauseForm) -> CauseList:
    """Rename a cause, put a leaf out of use or back, or add one below a group."""
    if not _is_code(code):
        raise wrong_field("/code", "string_pattern_mismatch", "no code of a cause")
    asked = {
        "names": body.names.model_dump(by_alias=True),
        "is_human_error": body.is_human_error,
        "is_active": body.is_active,
    }
    await causes.put_cause(request.ctx.staff, code, asked)
    return await _tree(request)


def _is_code(code: str) -> bool:
    parts = code.split(".")
    return len(code) <= 80 and all(part and part.isascii() and part.replace("_", "a").isalnum() for part in parts)


async def _tree(request: Request) -> CauseList:
    language = language_of(request)
    items = [views.cause(row, language) for row in await causes.tree()]
    in_use = sum(item.level == 3 and item.is_active for item in items)
    return CauseList(items=items, places_left=MOST_LEAVES - in_use)
