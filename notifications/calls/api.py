"""The call list of customer service. Phone numbers are masked; the whole one is shown to who has taken the task."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints
from sanic import Blueprint, HTTPResponse, Request

from notifications.calls import actions
from notifications.calls.errors import CallNotYours, CallSealed, CallTaken, NoNumber
from notifications.calls.rules import ABOUT_COMING, CallKind, CallOutcome
from server import clock, privacy, sse, watching
from server.auth import staff_only
from server.errors import TooManyStreams
from server.web import Form, Paging, View, api, listing, moment

bp = Blueprint("calls", url_prefix="/api/v1")
callers = staff_only(*actions.CALLERS)
CHANGES = watching.Question("calls", actions.changes)
FAR = timedelta(days=3650)
SEALED = "已密封"


class CallQuery(Paging):
    """Which tasks. due: `today` (with what is overdue), `all`, or by the end of a day. ended: those that are over."""

    due: Literal["today", "all"] | date = "today"
    ended: Literal["0", "1"] = "0"

    def before(self) -> datetime:
        """Give the moment before which a task is due."""
        if self.due == "all":
            return clock.now() + FAR
        day = clock.today() if self.due == "today" else self.due
        assert isinstance(day, date)
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.zone())


class CallResultForm(Form):
    """What came of a call. again_at: when the patient wants to be called; needed for `call_later`."""

    result: CallOutcome
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    again_at: AwareDatetime | None = None


class CallTryView(View):
    """One call that was made."""

    number: int
    result: str
    note: str
    by: str
    at: str
    next_at: str | None


class CallTaskView(View):
    """Somebody to call. kind: red_flag, promise, follow_up, revisit, no_show, message, verify_number.

    others: further tasks of the same patient in the next days. results: what may be written down, the usual one first.
    complaint_id: what the call is about. is_sealed: nothing here says who the patient is; they are called from there.
    """

    id: str
    kind: str
    state: str
    title: str
    reason: str
    complaint_id: str | None
    complaint_number: str
    is_sealed: bool
    patient_id: str
    patient: str
    relation: str
    gender: str | None
    age: int | None
    file_number: str
    phone_masked: str
    department: str
    due_at: str
    window_ends_at: str
    is_overdue: bool
    is_urgent: bool
    attempts: int
    result: str
    claimed_by: str
    is_mine: bool
    claim_until: str | None
    ended_at: str | None
    others: int
    results: list[str]
    tries: list[CallTryView]
    version: int


class CallTaskPage(View):
    """Tasks of the call list."""

    items: list[CallTaskView]
    next: str | None


class CallPhoneView(View):
    """A whole phone number."""

    phone: str


@bp.get("/calls")
@api(guard=callers, query=CallQuery, returns=CallTaskPage, tag="calls")
async def index(request: Request, query: CallQuery) -> dict[str, Any]:
    """List whom somebody has to call: urgent ones first, then as they are due."""
    staff = request.ctx.staff
    if query.ended == "1":
        rows = await actions.ended(staff, after=query.after(), limit=query.limit)
    else:
        rows = await actions.waiting(staff, query.before(), after=query.after(), limit=query.limit)
    tries = await actions.tries_of([row["id"] for row in rows])
    return listing(rows, query.limit, lambda row: _shown(row, tries[row["id"]], staff.id))


@bp.get("/calls/events")
@api(guard=callers, content_types=(sse.EVENT_STREAM,), errors=(TooManyStreams,), tag="calls")
async def events(request: Request) -> HTTPResponse:
    """Stream `changed`, without data, whenever the list may have; at once to whoever may be behind."""
    return await sse.stream(request, watching.changes(CHANGES, last=sse.last_event_id(request)))


@bp.get("/calls/<call_id:uuid>")
@api(guard=callers, returns=CallTaskView, tag="calls")
async def one(request: Request, call_id: UUID) -> dict[str, Any]:
    """Show one task."""
    return await _now(request, call_id)


@bp.post("/calls/<call_id:uuid>/claim")
@api(guard=callers, returns=CallTaskView, errors=(CallTaken,), tag="calls")
async def claim(request: Request, call_id: UUID) -> dict[str, Any]:
    """Take a task for a quarter of an hour, so that nobody else calls the same patient."""
    await actions.claim(request.ctx.staff, call_id)
    return await _now(request, call_id)


@bp.post("/calls/<call_id:uuid>/release")
@api(guard=callers, returns=CallTaskView, errors=(CallNotYours,), tag="calls")
async def release(request: Request, call_id: UUID) -> dict[str, Any]:
    """Let others take it."""
    await actions.give_back(request.ctx.staff, call_id)
    return await _now(request, call_id)


@bp.post("/calls/<call_id:uuid>/phone-view")
@api(guard=callers, returns=CallPhoneView, errors=(CallNotYours, CallSealed, NoNumber), tag="calls")
async def phone_view(request: Request, call_id: UUID) -> dict[str, str]:
    """Show the whole phone number; who looked is written down."""
    return {"phone": await actions.show_phone(request.ctx.staff, call_id)}


@bp.post("/calls/<call_id:uuid>/result")
@api(guard=callers, body=CallResultForm, returns=CallTaskView, creates=True, errors=(CallNotYours,), tag="calls")
async def result(request: Request, call_id: UUID, body: CallResultForm) -> dict[str, Any]:
    """Write down what came of the call."""
    await actions.record(request.ctx.staff, call_id, actions.Said(body.result, body.note, body.again_at))
    return await _now(request, call_id)


async def _now(request: Request, call_id: UUID) -> dict[str, Any]:
    row = await actions.task_of(request.ctx.staff, call_id)
    return _shown(row, (await actions.tries_of([call_id]))[call_id], request.ctx.staff.id)


# What stands in place of the patient of a sealed complaint.
_NOBODY = {
    "patient_name": SEALED,
    **dict.fromkeys(("patient_id", "relation", "file_number", "phone_tail"), ""),
    **dict.fromkeys(("gender", "birth_date")),
    "others": 0,
}


def _shown(row: dict[str, Any], tries: list[dict[str, Any]], staff_id: UUID) -> dict[str, Any]:
    plain = ("kind", "title", "reason", "relation", "gender", "file_number", "attempts", "result", "others", "version")
    taken = row["is_taken"]
    row = {**row, **_NOBODY} if row["is_sealed"] else row
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in plain},
        "complaint_id": str(row["complaint_id"]) if row["complaint_id"] else None,
        "complaint_number": row["complaint_number"] or "",
        "is_sealed": row["is_sealed"],
        "state": "open" if row["state"] == "claimed" and not taken else str(row["state"]),
        "patient_id": str(row["patient_id"]),
        "patient": row["patient_name"],
        "age": _age(row["birth_date"]),
        "phone_masked": privacy.mask_phone(row["phone_tail"]),
        "department": row["department_name"] or "",
        "due_at": moment(row["due_at"]),
        "window_ends_at": moment(row["window_ends_at"]),
        "is_overdue": row["ended_at"] is None and row["due_at"] < clock.now(),
        "is_urgent": row["priority"] == 0,
        "claimed_by": row["claimed_by_name"] or "" if taken else "",
        "is_mine": taken and row["claimed_by"] == staff_id,
        "claim_until": moment(row["claim_until"]) if taken else None,
        "ended_at": moment(row["ended_at"]),
        "results": [] if row["ended_at"] else _results(row["kind"]),
        "tries": [
            {
                **{name: one[name] for name in ("number", "result", "note")},
                "by": one["by_name"],
                "at": moment(one["at"]),
                "next_at": moment(one["next_at"]),
            }
            for one in tries
        ],
    }


def _results(kind: str) -> list[str]:
    coming = {CallOutcome.AGREED, CallOutcome.BOOKED}
    is_about_coming = kind in ABOUT_COMING or kind == CallKind.PROMISE
    return [str(one) for one in CallOutcome if one not in coming or is_about_coming]


def _age(born: date | None) -> int | None:
    if born is None:
        return None
    today = clock.today()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
