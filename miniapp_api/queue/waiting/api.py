"""How well promised waits held, for who answers for it."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sanic import Blueprint, Request

from miniapp_api.queue.waiting import calibration
from miniapp_api.schedules.forms import Day
from server import clock
from server.auth import staff_only
from server.web import Form, View, api

bp = Blueprint("waits", url_prefix="/api/v1")
DAYS = 28


class WaitsQuery(Form):
    """Which days, and of which department; by default the last four weeks of all that one may see.

    days: how many before the last day, when the first is not named.
    """

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    days: Annotated[int, Field(ge=1, le=calibration.LONGEST_DAYS)] = DAYS
    department: UUID | None = None


class WaitsShares(View):
    """How well promises held. called: whose wait ended with a call. Shares of them, and minutes; null when nobody."""

    promises: int
    called: int
    within_p50: float | None
    within_p80: float | None
    mean_wait_minutes: float | None
    mean_error_minutes: float | None
    bias_minutes: float | None


class WaitsOfDay(WaitsShares):
    """One day."""

    day: str


class WaitsDepartment(View):
    """A department."""

    id: str
    name: str


class WaitsOfDepartment(WaitsShares):
    """A department: all of the days, and each. alarm_since: the day from which on its promises do not hold."""

    department: WaitsDepartment
    alarm_since: str | None
    days: list[WaitsOfDay]


class WaitsLimits(View):
    """Between which shares P80 is meant to hold, and from how many calls on a day is judged."""

    lowest: float
    highest: float
    calls: int


class WaitsReport(View):
    """How well promised waits held."""

    first: str
    last: str
    limits: WaitsLimits
    departments: list[WaitsOfDepartment]


@bp.get("/reports/waits")
@api(guard=staff_only(*calibration.READERS), query=WaitsQuery, returns=WaitsReport, tag="reports")
async def waits(request: Request, query: WaitsQuery) -> dict[str, Any]:
    """Publish how well promised waits held, by department and day; yesterday is there from five in the morning."""
    until = query.last or clock.today()
    since = query.first or until - timedelta(days=query.days)
    return await calibration.published(request.ctx.staff, since, until, query.department)
