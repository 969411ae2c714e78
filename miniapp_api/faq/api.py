"""Questions and answers: what patients read, and what staff write, approve and review."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sanic import Blueprint, Request

from miniapp_api.faq import actions, models
from miniapp_api.faq.actions import APPROVERS, WRITERS, Text
from miniapp_api.faq.errors import OwnText, ReviewDayPassed
from miniapp_api.faq.rules import is_overdue
from miniapp_api.faq.views import AdminFaqList, AdminFaqView, FaqHistory, FaqList, FaqView, OwnerList
from server import clock
from server.auth import staff_only
from server.errors import IllegalMove, NotFound, SomeoneWasFaster, Stale
from server.web import MAX_PAGE, Form, Paging, ShortText, api, check_version, language_of, listing, moment

bp = Blueprint("faq", url_prefix="/api/v1")

Language = Literal["zh-CN", "zh-TW", "en"]
QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
AnswerText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000)]
Condition = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class FaqQuery(Paging):
    """Which answers. q: what a patient asks; the likeliest come first, and there is no further page."""

    q: Annotated[str, StringConstraints(max_length=200)] = ""
    department: UUID | None = None
    language: Language | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE


class AdminFaqQuery(Paging):
    """Which answers, for staff. q: words of the question, the answer or the condition; overdue: whose review is due."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    state: Literal["draft", "approved", "retired"] | None = None
    department: UUID | None = None
    overdue: bool = False


class FaqForm(Form):
    """A new question with its answer."""

    question: QuestionText
    answer: AnswerText
    department_id: UUID | None = None
    condition: Condition = ""
    language: Language = "zh-CN"
    owner_id: UUID | None = None


class FaqChange(Form):
    """What is said otherwise; what is not named stays."""

    question: QuestionText | None = None
    answer: AnswerText | None = None
    department_id: UUID | None = None
    condition: Condition | None = None
    language: Language | None = None
    owner_id: UUID | None = None


class ApprovalForm(Form):
    """Until when an answer holds; a year when no day is named."""

    review_on: Day | None = None


class RetirementForm(Form):
    """Why an answer is taken away."""

    reason: ShortText


@dataclass(frozen=True)
class _Seen:
    version: int


def _show(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def _show_whole(row: dict[str, Any]) -> dict[str, Any]:
    shown = _show(row)
    review_on: date | None = row["review_on"]
    shown["approved_at"] = moment(row["approved_at"])
    shown["review_on"] = review_on.isoformat() if review_on else None
    shown["is_overdue"] = is_overdue(row["state"], review_on, clock.today())
    return shown


async def _seen(request: Request, faq_id: UUID) -> int:
    """Look at the answer that a command is about; give the version that was seen."""
    seen = await actions.whole_answer_of(faq_id)
    check_version(request, _Seen(seen["version"]), lambda: _show_whole(seen))
    return seen["version"]


@bp.get("/faq")
@api(query=FaqQuery, returns=FaqList, tag="catalogue")
async def faq(request: Request, query: FaqQuery) -> dict[str, Any]:
    """List the approved answers, or find them by characters, pinyin or initials; in the caller's language."""
    languages: list[str] = [query.language] if query.language else sorted({language_of(request), "zh-CN"})
    if query.q.strip():
        rows = await actions.found(query.q, languages=languages, department_id=query.department, limit=query.limit)
        return {"items": [_show(row) for row in rows], "next": None}
    rows = await models.public(
        languages=languages, department_id=query.department, after=query.after(), limit=query.limit
    )
    return listing(rows, query.limit, _show)


@bp.get("/faq/<faq_id:uuid>")
@api(returns=FaqView, errors=(NotFound,), tag="catalogue")
async def one(request: Request, faq_id: UUID) -> dict[str, Any]:
    """Give one approved answer."""
    return _show(await actions.answer_of(faq_id))


@bp.get("/admin/faq")
@api(guard=staff_only(*WRITERS), query=AdminFaqQuery, returns=AdminFaqList, tag="admin")
async def all_of_it(request: Request, query: AdminFaqQuery) -> dict[str, Any]:
    """List every answer with its state, owner and day of review."""
    rows = await models.whole(
        state=query.state,
        department_id=query.department,
        overdue_on=clock.today() if query.overdue else None,
        words=query.q,
        after=query.after(),
        limit=query.limit,
    )
    return listing(rows, query.limit, _show_whole)


@bp.get("/admin/faq/<faq_id:uuid>")
@api(guard=staff_only(*WRITERS), returns=AdminFaqView, errors=(NotFound,), tag="admin")
async def whole(request: Request, faq_id: UUID) -> dict[str, Any]:
    """Give one answer with its state, owner and day of review."""
    return _show_whole(await actions.whole_answer_of(faq_id))


@bp.get("/admin/faq/owners")
@api(guard=staff_only(*WRITERS), returns=OwnerList, tag="admin")
async def owners(request: Request) -> dict[str, Any]:
    """List who can be the owner of an answer: all who may write one, by name; `next` is always null."""
    return {"items": [_show(row) for row in await models.owners([str(role) for role in WRITERS])], "next": None}


@bp.get("/admin/faq/<faq_id:uuid>/history")
@api(guard=staff_only(*WRITERS), returns=FaqHistory, errors=(NotFound,), tag="admin")
async def told(request: Request, faq_id: UUID) -> dict[str, Any]:
    """Tell who wrote, approved, rewrote and retired an answer, oldest first; `next` is always null."""
    rows = await actions.history(faq_id)
    return {"items": [{**row, "at": moment(row["at"])} for row in rows], "next": None}


@bp.post("/admin/faq")
@api(
    guard=staff_only(*WRITERS),
    body=FaqForm,
    returns=AdminFaqView,
    status=201,
    creates=True,
    errors=(NotFound,),
    tag="admin",
)
async def write(request: Request, body: FaqForm) -> dict[str, Any]:
    """Write a question and its answer. It is a draft until a colleague approves it."""
    return _show_whole(await actions.write(request.ctx.staff, Text(**body.model_dump())))


@bp.patch("/admin/faq/<faq_id:uuid>")
@api(
    guard=staff_only(*WRITERS),
    body=FaqChange,
    returns=AdminFaqView,
    errors=(NotFound, IllegalMove, SomeoneWasFaster, Stale),
    tag="admin",
)
async def rewrite(request: Request, faq_id: UUID, body: FaqChange) -> dict[str, Any]:
    """Change what is said. An approved answer becomes a draft again, which patients do not see."""
    version = await _seen(request, faq_id)
    changes = body.model_dump(exclude_unset=True)
    kept = {name for name in ("question", "answer", "condition", "language") if changes.get(name, "") is None}
    changes = {name: value for name, value in changes.items() if name not in kept}
    return _show_whole(await actions.rewrite(request.ctx.staff, faq_id, changes, version=version))


@bp.post("/admin/faq/<faq_id:uuid>/approval")
@api(
    guard=staff_only(*APPROVERS),
    body=ApprovalForm,
    returns=AdminFaqView,
    creates=True,
    errors=(NotFound, OwnText, ReviewDayPassed, IllegalMove, SomeoneWasFaster, Stale),
    tag="admin",
)
async def approve(request: Request, faq_id: UUID, body: ApprovalForm) -> dict[str, Any]:
    """Let patients read an answer; an approved one was reviewed and is still true. Never by who wrote it."""
    version = await _seen(request, faq_id)
    return _show_whole(await actions.approve(request.ctx.staff, faq_id, body.review_on, version=version))


@bp.post("/admin/faq/<faq_id:uuid>/retirement")
@api(
    guard=staff_only(*APPROVERS),
    body=RetirementForm,
    returns=AdminFaqView,
    creates=True,
    errors=(NotFound, IllegalMove, SomeoneWasFaster, Stale),
    tag="admin",
)
async def retire(request: Request, faq_id: UUID, body: RetirementForm) -> dict[str, Any]:
    """Take an answer away for good."""
    version = await _seen(request, faq_id)
    return _show_whole(await actions.retire(request.ctx.staff, faq_id, body.reason, version=version))
