"""How an operator sees what came to nothing, and acts on it by cause."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints
from sanic import Blueprint, Request

from notifications.operations import dead
from notifications.operations.api import operators
from notifications.operations.rules import Act
from notifications.routing.reasons import words
from notifications.rules import DeliveryState
from server.web import Form, Paging, View, api, language_of, listing, moment

bp = Blueprint("hub_dead_letters", url_prefix="/api/v1")

Code = Annotated[str, StringConstraints(max_length=150)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]


class LetterQuery(Paging):
    """Which dead letters: of one cause. is_mine: only those that I look after."""

    channel: Code
    state: DeliveryState
    reason: Code
    is_mine: bool = False


class DeadActForm(Form):
    """What is done with the next batch of one cause. why: for the history. after: from the answer before."""

    act: Act
    channel: Code
    state: DeliveryState
    reason: Code
    why: Words
    after: UUID | None = None


class DeadCauseView(View):
    """One group. in_time: how many could still be of use. taken: somebody looks after so many."""

    channel: str
    state: str
    reason: str
    reason_text: str
    letters: int
    in_time: int
    taken: int
    first_at: str
    last_at: str


class DeadCauseList(View):
    """Every group, the largest first."""

    items: list[DeadCauseView]


class DeadLetterView(View):
    """One delivery that came to nothing. owner_name: who looks after it; empty: nobody."""

    id: str
    message_id: str
    channel: str
    event: str
    title: str
    state: str
    reason: str
    reason_text: str
    tries: int
    deadline: str
    changed_at: str
    owner_id: str | None
    owner_name: str
    note: str


class DeadLetterPage(View):
    """Dead letters of one cause, newest first."""

    items: list[DeadLetterView]
    next: str | None


class RefusedView(View):
    """How many of a batch were refused, and why: as a code and in words."""

    code: str
    text: str
    letters: int


class DeadDoneView(View):
    """What came of a batch. after: to go on with; null at the end."""

    done: int
    refused: list[RefusedView]
    after: str | None


_REFUSALS = {
    "may_have_arrived": ("可能已经送达，不重发", "可能已經送達，不重送", "It may have arrived"),
    "arrived_otherwise": ("已由其他渠道送达", "已由其他管道送達", "It has arrived by another way"),
    "limited": ("受发送上限或规则限制", "受發送上限或規則限制", "A limit or a rule stopped it"),
    "has_left": ("已经发出或已结束", "已經送出或已結束", "It has left or has ended"),
    "still_tried": ("系统仍在重试", "系統仍在重試", "It is still being tried"),
}


@bp.get("/hub/dead-letters/causes")
@api(guard=operators, returns=DeadCauseList, tag="hub")
async def causes(request: Request) -> dict[str, Any]:
    """Show what came to nothing in the last 30 days, or is tried again, by cause; what is done with is left out."""
    language = language_of(request)
    return {
        "items": [
            {
                **row,
                "reason_text": words(row["reason"], language),
                "first_at": moment(row["first_at"]),
                "last_at": moment(row["last_at"]),
            }
            for row in await dead.causes()
        ]
    }


@bp.get("/hub/dead-letters")
@api(guard=operators, query=LetterQuery, returns=DeadLetterPage, tag="hub")
async def letters(request: Request, query: LetterQuery) -> dict[str, Any]:
    """List the deliveries of one cause, newest first."""
    cause = dead.Cause(query.channel, query.state, query.reason)
    owner = request.ctx.staff.id if query.is_mine else None
    rows = await dead.letters(request.ctx.staff, cause, owner=owner, after=query.after(), limit=query.limit)
    return listing(rows, query.limit, lambda row: _shown(row, language_of(request)))


@bp.post("/hub/dead-letters/acts")
@api(guard=operators, body=DeadActForm, returns=DeadDoneView, creates=True, tag="hub")
async def act(request: Request, body: DeadActForm) -> dict[str, Any]:
    """Retry, cancel, take on or close the next batch of one cause; what is refused stays as it is."""
    cause = dead.Cause(body.channel, body.state, body.reason)
    done = await dead.do(request.ctx.staff, body.act, cause, why=body.why, after=body.after)
    language = language_of(request)
    return {
        "done": done.done,
        "refused": [
            {"code": code, "text": _refusal(code, language), "letters": count} for code, count in done.refused.items()
        ],
        "after": str(done.last) if done.last else None,
    }


def _refusal(code: str, language: str) -> str:
    if code not in _REFUSALS:
        return words(code, language)
    return _REFUSALS[code][{"zh-CN": 0, "zh-TW": 1}.get(language, 2)]


def _shown(row: dict[str, Any], language: str) -> dict[str, Any]:
    plain = ("channel", "event", "title", "state", "reason", "tries", "note")
    return {
        **{name: row[name] for name in plain},
        "id": str(row["id"]),
        "message_id": str(row["message_id"]),
        "reason_text": words(row["reason"], language),
        "deadline": moment(row["deadline"]),
        "changed_at": moment(row["changed_at"]),
        "owner_id": str(row["owner_id"]) if row["owner_id"] else None,
        "owner_name": row["owner_name"] or "",
    }
