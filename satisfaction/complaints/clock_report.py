"""How promises were kept: by clock, department, severity and month; and how people judged the handling."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator
from sanic import Blueprint, HTTPResponse, Request

from satisfaction.clocks.policies import CLOCK_NAMES
from satisfaction.exporting import exported, wants_table
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import staff_only
from server.errors import NotFound
from server.tables import CSV, XLSX
from server.web import JSON, Form, View, api

bp = Blueprint("complaint_clock_report", url_prefix="/api/v1")

READERS = (Role.SUPERVISOR, Role.OPERATIONS, Role.COMMITTEE, Role.DEPARTMENT_HEAD)
THREE_YEARS = 1100

# $1 the first day, $2 the day after the last, $3 the zone, $4 departments or null
_KEPT = """
SELECT to_char(c.received_at AT TIME ZONE $3, 'YYYY-MM') AS month, coalesce(d.name, '') AS department, c.severity,
    k.clock,
    count(*) FILTER (WHERE b.clock IS NULL AND k.stopped_at IS NOT NULL) AS kept,
    count(*) FILTER (WHERE b.clock IS NOT NULL) AS missed,
    count(*) FILTER (WHERE b.clock IS NULL AND k.stopped_at IS NULL) AS running
FROM complaint c JOIN complaint_clock k ON k.complaint_id = c.id LEFT JOIN department d ON d.id = c.department_id
LEFT JOIN breach b ON b.complaint_id = k.complaint_id AND b.clock = k.clock AND b.cycle = k.cycle
    AND b.withdrawn_at IS NULL
WHERE c.received_at >= $1::date::timestamp AT TIME ZONE $3 AND c.received_at < $2::date::timestamp AT TIME ZONE $3
    AND ($4::uuid[] IS NULL OR c.department_id = ANY($4))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_JUDGED = """
SELECT count(*) FILTER (WHERE c.state = 'confirmed_closed') AS confirmed,
    count(*) FILTER (WHERE c.cycle > 1 AND c.state <> 'confirmed_closed') AS reopened,
    count(*) FILTER (WHERE c.state = 'closed_disagreed' AND c.cycle = 1) AS disagreed,
    count(*) FILTER (WHERE c.state = 'closed_no_reply') AS no_reply
FROM complaint c
WHERE c.received_at >= $1::date::timestamp AT TIME ZONE $3 AND c.received_at < $2::date::timestamp AT TIME ZONE $3
    AND ($4::uuid[] IS NULL OR c.department_id = ANY($4))
"""


class ClockReportQuery(Form):
    """From which day to which complaints were received; this month when none is named."""

    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    department: UUID | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "ClockReportQuery":
        if self.from_ and self.to and not 0 <= (self.to - self.from_).days <= THREE_YEARS:
            raise ValueError("from at most three years before to")
        return self


class ClockReportRow(View):
    """How often a promise was kept and missed; running: neither yet."""

    month: str
    department: str
    severity: str
    clock: str
    name: str
    kept: int
    missed: int
    running: int


class ClockReportView(View):
    """How promises were kept. satisfied_percent: of those who judged; no_reply stands beside it, never in it."""

    first: str
    last: str
    items: list[ClockReportRow]
    confirmed: int
    reopened: int
    disagreed: int
    no_reply: int
    satisfied_percent: float | None


@bp.get("/reports/complaint-clocks")
@api(
    guard=staff_only(*READERS),
    query=ClockReportQuery,
    returns=ClockReportView,
    content_types=(JSON, CSV, XLSX),
    errors=(NotFound,),
    tag="reports",
)
async def report(request: Request, query: ClockReportQuery) -> ClockReportView | HTTPResponse:
    """Give how the promises to those who complained were kept: as JSON, CSV or an Excel file."""
    last = query.to or clock.today()
    first = query.from_ or last.replace(day=1)
    found = await _report(first, last, _departments(request.ctx.staff, query.department))
    if not wants_table(request):
        return found
    asked = {"from": found.first, "to": found.last, "department": query.department}
    return await exported(request, _table(found), name=f"complaint-clocks-{first:%Y-%m}-{last:%Y-%m}", asked=asked)


def _departments(staff: SignedInStaff, department_id: UUID | None) -> list[UUID] | None:
    own = staff.departments_of(*READERS)
    if department_id is None:
        return None if own is None else sorted(own)
    if own is not None and department_id not in own:
        raise NotFound()
    return [department_id]


async def _report(first: date, last: date, departments: list[UUID] | None) -> ClockReportView:
    arguments: tuple[Any, ...] = (first, last + timedelta(days=1), str(clock.zone()), departments)
    rows = await db.fetch(_KEPT, *arguments)
    judged = await db.fetch_one(_JUDGED, *arguments)
    assert judged is not None  # counts always answer
    said = judged["confirmed"] + judged["reopened"] + judged["disagreed"]
    return ClockReportView(
        first=first.isoformat(),
        last=last.isoformat(),
        items=[ClockReportRow(**row, name=CLOCK_NAMES[row["clock"]]) for row in rows],
        **judged,
        satisfied_percent=round(100 * judged["confirmed"] / said, 1) if said else None,
    )


def _table(found: ClockReportView) -> list[list[str]]:
    header = ["月份", "科室", "严重程度", "时限", "按时", "超时", "进行中"]
    rows = [
        [row.month, row.department, row.severity, row.name, str(row.kept), str(row.missed), str(row.running)]
        for row in found.items
    ]
    return [header, *rows]
