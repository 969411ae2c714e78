"""Signals over HTTP: who leads a unit sees, takes and closes them; the budget of false alarms is decided here."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from satisfaction.scores.rules import dimension_name
from satisfaction.signals import actions, models
from satisfaction.signals.rules import SignalState
from server import db
from server.accounts import Role, SignedInStaff
from server.auth import staff_only
from server.errors import IllegalMove, NotFound, SomeoneWasFaster
from server.web import Form, Paging, ShortText, Text, View, api, language_of, listing, moment

bp = Blueprint("signals", url_prefix="/api/v1")

LEADERS = (Role.SUPERVISOR, Role.OPERATIONS, Role.COMMITTEE, Role.DEPARTMENT_HEAD)
ACTORS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD)
HISTORY_SHOWN = 50


class SignalsQuery(Paging):
    """Which signals."""

    state: Literal["", "open", "closed"] = ""


class SignalView(View):
    """A signal. evidence: bad answers of so many since its chart stood at nothing; usual: their usual share in percent.

    peak, h: how high the chart climbed, and how high it has to. again: how often it got there once more while open.
    """

    id: UUID
    department_id: UUID
    department_name: str
    dimension: str
    dimension_name: str
    state: SignalState
    peak: float
    h: float
    usual: float
    evidence: int
    answers: int
    again: int
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by_name: str | None
    closed_at: str | None
    closed_by_name: str | None
    note: str
    may_act: bool


class SignalPage(View):
    """A page of signals, the newest first."""

    items: list[SignalView]
    next: str | None


class SignalClosureForm(Form):
    """What it was, and what is done about it."""

    note: Annotated[Text, Field(min_length=1)]


class SignalBudgetForm(Form):
    """How many false alarms a week the whole hospital accepts from now on."""

    false_alarms_a_week: Annotated[float, Field(ge=0.1, le=20)]
    why: ShortText


class SignalBudgetVersion(View):
    """One decision."""

    version: int
    false_alarms_a_week: float
    at: str
    by_name: str
    why: str


class SignalBudgetView(View):
    """What is accepted, and what follows from it. h: how high charts must climb. expected: false alarms a week.

    streams: units and dimensions that are watched. version 0: nothing was decided, one a week is accepted.
    """

    version: int
    false_alarms_a_week: float
    h: float
    expected: float
    streams: int
    answers_a_week: int
    tuned_on: str | None
    history: list[SignalBudgetVersion]


def _departments(staff: SignedInStaff, roles: tuple[Role, ...]) -> list[UUID] | None:
    own = staff.departments_of(*roles)
    return None if own is None else sorted(own)


@bp.get("/signals")
@api(guard=staff_only(*LEADERS), query=SignalsQuery, returns=SignalPage, tag="scores")
async def signals(request: Request, query: SignalsQuery) -> dict[str, Any]:
    """List the signals of the units that somebody leads, the newest first."""
    staff, language = request.ctx.staff, language_of(request)
    rows = await db.fetch(models.LIST, _departments(staff, LEADERS), query.state, query.after(), query.limit + 1)
    return listing(rows, query.limit, lambda row: _view(row, staff, language))


@bp.post("/signals/<signal_id:uuid>/acknowledgement")
@api(guard=staff_only(*ACTORS), returns=SignalView, errors=(NotFound, SomeoneWasFaster), tag="scores")
async def acknowledge(request: Request, signal_id: UUID) -> SignalView:
    """Take a signal: I look into it. Again is the same."""
    await actions.acknowledge(request.ctx.staff, signal_id, _departments(request.ctx.staff, ACTORS))
    return await _shown(request, signal_id)


@bp.post("/signals/<signal_id:uuid>/closure")
@api(
    guard=staff_only(*ACTORS),
    body=SignalClosureForm,
    returns=SignalView,
    errors=(NotFound, IllegalMove, SomeoneWasFaster),
    tag="scores",
)
async def close(request: Request, signal_id: UUID, body: SignalClosureForm) -> SignalView:
    """Close a signal with a note of what it was."""
    await actions.close(request.ctx.staff, signal_id, body.note, _departments(request.ctx.staff, ACTORS))
    return await _shown(request, signal_id)


@bp.get("/admin/signal-budget")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=SignalBudgetView, tag="scores")
async def budget(request: Request) -> SignalBudgetView:
    """Give how many false alarms a week are accepted, and what follows from it."""
    return await _budget()


@bp.put("/admin/signal-budget")
@api(
    guard=staff_only(Role.ADMIN, Role.SUPERVISOR),
    body=SignalBudgetForm,
    returns=SignalBudgetView,
    errors=(SomeoneWasFaster,),
    tag="scores",
)
async def decide_budget(request: Request, body: SignalBudgetForm) -> SignalBudgetView:
    """Decide anew how many false alarms a week are accepted; every chart is set by it at once."""
    await actions.decide_budget(request.ctx.staff, body.false_alarms_a_week, body.why)
    return await _budget()


async def _budget() -> SignalBudgetView:
    version, accepted = await actions.budget()
    rows = await db.fetch(models.BUDGETS, HISTORY_SHOWN)
    return SignalBudgetView(
        version=version,
        false_alarms_a_week=accepted,
        history=[SignalBudgetVersion(**(row | {"at": moment(row["at"])})) for row in rows],
        **await actions.standing(),
    )


async def _shown(request: Request, signal_id: UUID) -> SignalView:
    row = await db.fetch_one(models.ONE, None, signal_id)
    if row is None:
        raise NotFound()
    return _view(row, request.ctx.staff, language_of(request))


def _view(row: dict[str, Any], staff: SignedInStaff, language: str) -> SignalView:
    names = ("id", "department_id", "department_name", "dimension", "state", "evidence", "answers", "again", "note")
    return SignalView(
        **{name: row[name] for name in names},
        dimension_name=dimension_name(row["dimension"], language),
        peak=round(row["peak"], 2),
        h=round(row["h"], 2),
        usual=round(100 * row["p0"], 2),
        raised_at=moment(row["raised_at"]) or "",
        acknowledged_at=moment(row["acknowledged_at"]),
        acknowledged_by_name=row["acknowledged_by_name"],
        closed_at=moment(row["closed_at"]),
        closed_by_name=row["closed_by_name"],
        may_act=staff.may(*ACTORS, department_id=row["department_id"]),
    )
