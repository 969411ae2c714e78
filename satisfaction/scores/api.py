"""Scores over HTTP, for leaders of what they lead; of people by name see people_api."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sanic import Blueprint, HTTPResponse, Request

from satisfaction.exporting import exported, wants_table
from satisfaction.scores import comparing, models, reading
from satisfaction.scores.reading import Scope
from satisfaction.scores.rules import DIMENSIONS, OUTCOMES, dimension_name
from satisfaction.scores.views import (
    ScoreReport,
    ScoreReportQuery,
    ScoreResponsesQuery,
    ScoreResponsesView,
    ScoresQuery,
    ScoresView,
    ScoreTrendQuery,
    ScoreTrendView,
    ScoreUnitsQuery,
    ScoreUnitsView,
    ScoreWeightsForm,
    ScoreWeightsView,
)
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import staff_only
from server.errors import NotFound, SomeoneWasFaster, wrong_field
from server.tables import CSV, XLSX
from server.web import JSON, api, language_of, moment

bp = Blueprint("scores", url_prefix="/api/v1")

READERS = (Role.SUPERVISOR, Role.OPERATIONS, Role.COMMITTEE, Role.DEPARTMENT_HEAD)
HISTORY_SHOWN = 50


def scope_of(
    staff: SignedInStaff, department_id: UUID | None, kind: str | None = None, mode: str | None = None
) -> Scope:
    """Give what somebody may read of what was asked for.

    Raises: NotFound for a department that is not theirs.
    """
    own = staff.departments_of(*READERS)
    if department_id is not None:
        if own is not None and department_id not in own:
            raise NotFound()
        return Scope((department_id,), kind, mode)
    return Scope(None if own is None else tuple(sorted(own)), kind, mode)


@bp.get("/scores")
@api(guard=staff_only(*READERS), query=ScoresQuery, returns=ScoresView, errors=(NotFound,), tag="scores")
async def scores(request: Request, query: ScoresQuery) -> ScoresView:
    """Give the scores of a period, with intervals, beside those of the period before or of the year before."""
    scope = scope_of(request.ctx.staff, query.department, query.kind, query.mode)
    return await reading.dashboard(query.period, query.compare, scope, language_of(request))


@bp.get("/scores/units")
@api(guard=staff_only(*READERS), query=ScoreUnitsQuery, returns=ScoreUnitsView, errors=(NotFound,), tag="scores")
async def units(request: Request, query: ScoreUnitsQuery) -> ScoreUnitsView:
    """Lay departments side by side as a funnel plot: no ranks, but what is more than chance."""
    scope = scope_of(request.ctx.staff, query.department, query.kind, query.mode)
    return await comparing.units(query.period, query.item, scope, language_of(request))


@bp.get("/scores/trend")
@api(guard=staff_only(*READERS), query=ScoreTrendQuery, returns=ScoreTrendView, errors=(NotFound,), tag="scores")
async def trend(request: Request, query: ScoreTrendQuery) -> ScoreTrendView:
    """Give the months up to a period, each beside the same month of the year before."""
    scope = scope_of(request.ctx.staff, query.department, query.kind, query.mode)
    return await comparing.trend(query.period, query.months, query.item, scope, language_of(request))


@bp.get("/scores/responses")
@api(
    guard=staff_only(*READERS), query=ScoreResponsesQuery, returns=ScoreResponsesView, errors=(NotFound,), tag="scores"
)
async def responses(request: Request, query: ScoreResponsesQuery) -> ScoreResponsesView:
    """Give what became of the invitations of a period: planned, sent, delivered, opened, started, answered."""
    scope = scope_of(request.ctx.staff, query.department, query.kind)
    return await comparing.responses(query.period, scope)


@bp.get("/reports/satisfaction")
@api(
    guard=staff_only(*READERS),
    query=ScoreReportQuery,
    returns=ScoreReport,
    content_types=(JSON, CSV, XLSX),
    errors=(NotFound,),
    tag="reports",
)
async def report(request: Request, query: ScoreReportQuery) -> ScoreReport | HTTPResponse:
    """Give the scores of whole months by department and item: as JSON, CSV or an Excel file."""
    scope = scope_of(request.ctx.staff, query.department, query.kind, query.mode)
    last: date = query.to or query.from_ or clock.today()
    found = await comparing.report(query.from_ or last, last, scope, language_of(request))
    if not wants_table(request):
        return found
    asked = {"from": found.first, "to": found.last, "department": query.department, "kind": query.kind}
    name = f"satisfaction-{found.first[:7]}-{found.last[:7]}"
    return await exported(request, comparing.table_of(found), name=name, asked=asked | {"mode": query.mode})


@bp.get("/admin/score-weights")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=ScoreWeightsView, tag="scores")
async def weights(request: Request) -> dict[str, Any]:
    """Give how much each dimension weighs in the total, and how that came about."""
    return await _weights(language_of(request))


@bp.put("/admin/score-weights")
@api(
    guard=staff_only(Role.ADMIN, Role.SUPERVISOR),
    body=ScoreWeightsForm,
    returns=ScoreWeightsView,
    errors=(SomeoneWasFaster,),
    tag="scores",
)
async def decide_weights(request: Request, body: ScoreWeightsForm) -> dict[str, Any]:
    """Decide anew how much each dimension weighs; a weight of 0 leaves it out of the total."""
    if body.weights and not any(body.weights.values()) and set(body.weights) >= set(DIMENSIONS) - set(OUTCOMES):
        raise wrong_field("/weights", "all_zero", "at least one dimension weighs something")
    version, _ = await reading.weights_in_force()
    said = orjson.dumps(body.weights).decode()
    if not await db.fetch(models.DECIDE_WEIGHTS, version + 1, said, request.ctx.staff.id, body.why):
        raise SomeoneWasFaster()
    return await _weights(language_of(request))


async def _weights(language: str) -> dict[str, Any]:
    rows = await db.fetch(models.WEIGHTS, HISTORY_SHOWN)
    history = [row | {"weights": orjson.loads(row["weights"]), "at": moment(row["at"])} for row in rows]
    known = {name: dimension_name(name, language) for name in DIMENSIONS if name not in (*OUTCOMES, "total")}
    return {
        "version": history[0]["version"] if history else 0,
        "weights": history[0]["weights"] if history else {},
        "dimensions": known,
        "history": history,
    }
