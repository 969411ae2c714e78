"""Comments of surveys and the lists of words, over HTTP."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from sanic import Blueprint, Request

from satisfaction.texts import actions, comments, models
from satisfaction.texts.comments import Asked, Comment
from satisfaction.texts.rules import CheckState
from satisfaction.texts.words import TOPIC_NAMES, Vocabulary
from server import clock
from server.accounts import Role, SignedInStaff
from server.auth import staff_only
from server.errors import NotFound, SomeoneWasFaster
from server.web import Form, Paging, Version, View, api, language_of, listing, moment

bp = Blueprint("texts", url_prefix="/api/v1")

OFFICE = (Role.SUPERVISOR,)  # reads what the platform doubts, and decides
COMMENT_READERS = (*OFFICE, Role.DEPARTMENT_HEAD, Role.OPERATIONS, Role.COMMITTEE)
office_only = staff_only(*OFFICE, Role.ADMIN)
PERIOD = timedelta(days=90)

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
Topic = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,29}$")]


class CommentQuery(Paging):
    """What the list is narrowed by. state: passed, or for the office also waiting, hidden, to_be_read."""

    department: UUID | None = None
    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="to")] = None
    topic: Annotated[str, StringConstraints(max_length=30)] = ""
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""
    state: Literal["", "passed", "hidden", "to_be_read", "waiting"] = ""


class CommentDecisionForm(Form):
    """Why a comment is shown or hidden. Empty only for the first decision, when it is to show it."""

    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class CommentDecisionView(View):
    """What somebody decided about a comment."""

    is_shown: bool
    by_name: str
    at: str
    why: str


class CommentView(View):
    """One comment with its author and everybody named in it covered. reason: why a person has to read it.

    decisions: the latest first; only for the office.
    """

    id: UUID
    text: str
    day: str
    department_name: str
    kind: str
    mode: str
    overall: int | None
    topics: list[str]
    is_harmful: bool
    state: str
    reason: str
    label: int | None
    decisions: list[CommentDecisionView]


class CommentTopicView(View):
    """A topic that comments are found by."""

    topic: str
    name: str


class CommentPage(View):
    """A page of comments. fewest: with fewer answers in the period nothing of a department is shown.

    to_be_read: how many wait for a person of the office. may_decide: the caller is one.
    """

    items: list[CommentView]
    next: str | None
    topics: list[CommentTopicView]
    fewest: int
    to_be_read: int
    may_decide: bool


class WordListForm(Form):
    """Words to be read for from now on. version: the one that was changed."""

    harm: Annotated[list[Word], Field(min_length=1, max_length=300)]
    topics: Annotated[dict[Topic, Annotated[list[Word], Field(max_length=300)]], Field(max_length=30)]
    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    version: Version

    @model_validator(mode="after")
    def _known(self) -> "WordListForm":
        if unknown := sorted(set(self.topics) - set(TOPIC_NAMES)):
            raise ValueError(f"no such topic: {', '.join(unknown)}")
        return self


class WordListTopicView(View):
    """A topic with its words."""

    topic: str
    name: str
    words: list[str]


class WordListVersionView(View):
    """One version, without its words."""

    version: int
    at: str
    by_name: str
    why: str


class WordListView(View):
    """The words that hold. version 0: those that are shipped."""

    version: int
    harm: list[str]
    topics: list[WordListTopicView]
    history: list[WordListVersionView]


@bp.get("/survey-comments")
@api(guard=staff_only(*COMMENT_READERS), query=CommentQuery, returns=CommentPage, tag="satisfaction")
async def survey_comments(request: Request, query: CommentQuery) -> CommentPage:
    """List what patients wrote in surveys, masked; heads see their departments, and what has passed the check."""
    staff: SignedInStaff = request.ctx.staff
    language = language_of(request)
    is_office = staff.may(*OFFICE)
    found = await comments.listed(_asked(staff, query), after=query.after(), limit=query.limit)
    page = listing(found, query.limit, _shown)
    return CommentPage(
        items=page["items"],
        next=page["next"],
        topics=[CommentTopicView(topic=code, name=names[language]) for code, names in TOPIC_NAMES.items()],
        fewest=comments.FEWEST,
        to_be_read=await comments.number_to_be_read() if is_office else 0,
        may_decide=is_office,
    )


def _asked(staff: SignedInStaff, query: CommentQuery) -> Asked:
    last = query.last or clock.today()
    departments = staff.departments_of(*COMMENT_READERS)
    if query.department:
        departments = {query.department} if departments is None else departments & {query.department}
    is_office = staff.may(*OFFICE)
    states: tuple[str, ...] = (CheckState.PASSED,)
    if is_office:
        states = (query.state,) if query.state else tuple(CheckState)
    elif query.state not in ("", CheckState.PASSED):
        states = ()
    return Asked(
        first=query.first or last - PERIOD,
        last=last,
        departments=None if departments is None else frozenset(departments),
        states=states,
        topic=query.topic,
        words=query.q,
        is_office=is_office,
    )


def _shown(comment: Comment) -> CommentView:
    decisions = [CommentDecisionView(**{**vars(one), "at": moment(one.at) or ""}) for one in comment.decisions]
    return CommentView(**{**vars(comment), "day": comment.day.isoformat(), "decisions": decisions})


@bp.post("/survey-comments/<response_id:uuid>/release")
@api(guard=office_only, body=CommentDecisionForm, creates=True, errors=(NotFound,), tag="satisfaction")
async def release(request: Request, response_id: UUID, body: CommentDecisionForm) -> None:
    """Let the departments read a comment."""
    await actions.decide(request.ctx.staff, response_id, is_shown=True, why=body.why)


@bp.post("/survey-comments/<response_id:uuid>/hiding")
@api(guard=office_only, body=CommentDecisionForm, creates=True, errors=(NotFound,), tag="satisfaction")
async def hide(request: Request, response_id: UUID, body: CommentDecisionForm) -> None:
    """Keep a comment from the departments; whoever handles its complaint reads it there all the same."""
    await actions.decide(request.ctx.staff, response_id, is_shown=False, why=body.why)


@bp.get("/admin/words")
@api(guard=office_only, returns=WordListView, tag="low ratings")
async def words(request: Request) -> WordListView:
    """Show the words of harm and the words of each topic."""
    return await _words(language_of(request))


@bp.put("/admin/words")
@api(guard=office_only, body=WordListForm, returns=WordListView, errors=(SomeoneWasFaster,), tag="low ratings")
async def save_words(request: Request, body: WordListForm) -> WordListView:
    """Read every text from now on for these words."""
    value = Vocabulary(
        tuple(dict.fromkeys(body.harm)), {topic: tuple(dict.fromkeys(of)) for topic, of in body.topics.items()}
    )
    await actions.save_words(request.ctx.staff, value, seen=body.version, why=body.why)
    return await _words(language_of(request))


async def _words(language: str) -> WordListView:
    version, held = await models.words()
    return WordListView(
        version=version,
        harm=list(held.harm),
        topics=[
            WordListTopicView(topic=code, name=names[language], words=list(held.topics.get(code, ())))
            for code, names in TOPIC_NAMES.items()
        ],
        history=[
            WordListVersionView(version=one["version"], at=moment(one["at"]) or "", by_name=one["name"], why=one["why"])
            for one in await models.history_of_words()
        ],
    )
