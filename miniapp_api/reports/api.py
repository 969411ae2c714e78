"""How the console and other programs read the reports of the desk."""

from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.reports import actions
from miniapp_api.reports.actions import Asked
from miniapp_api.reports.rules import ReportSettings
from miniapp_api.reports.settings import HELD
from miniapp_api.reports.views import (
    DeskReports,
    ReportExports,
    ReportSettingsChanges,
    ReportSettingsForm,
    ReportSettingsView,
    ReportsQuery,
)
from miniapp_api.reports.writing import table_of
from server import clock
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden, NotFound, SomeoneWasFaster, Stale, wrong_field
from server.tables import CSV, XLSX, as_csv, as_workbook
from server.web import JSON, api, check_version, moment

bp = Blueprint("reports", url_prefix="/api/v1")

CHANGES_SHOWN = 50


@dataclass(frozen=True)
class _Seen:
    version: int


@bp.get("/reports/<name:str>")
@api(
    guard=staff_only(Role.GUIDE, Role.SUPERVISOR, Role.OPERATIONS, Role.CUSTOMER_SERVICE),
    query=ReportsQuery,
    returns=DeskReports,
    content_types=(JSON, CSV, XLSX),
    errors=(Forbidden, NotFound),
    tag="reports",
)
async def reports(request: Request, name: str, query: ReportsQuery) -> dict[str, Any] | HTTPResponse:
    """Give the reports of some days as they were sent, with their corrections: as JSON, CSV or an Excel file.

    name: desk-morning, desk-arrivals or desk-evening.
    """
    staff, today = request.ctx.staff, clock.today()
    last = query.to or query.from_ or today
    asked = Asked(actions.named(name), query.from_ or last, last, query.department)
    found = await actions.reports(staff, asked)
    accepted = request.headers.get("accept", "")
    if XLSX not in accepted and CSV not in accepted:
        return {"name": name, "items": found}
    table = table_of(found)
    is_csv = XLSX not in accepted
    await actions.log_export(staff, asked, "csv" if is_csv else "xlsx", len(table) - 1)
    body = as_csv(table) if is_csv else as_workbook(table, name)
    file_name = f"{name}-{asked.first.isoformat()}-{asked.last.isoformat()}.{'csv' if is_csv else 'xlsx'}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return raw(body, content_type=CSV if is_csv else XLSX, headers=headers)


@bp.post("/desk-reports/<report_id:uuid>/reading")
@api(
    guard=staff_only(Role.GUIDE, Role.SUPERVISOR, Role.OPERATIONS, Role.CUSTOMER_SERVICE),
    status=204,
    errors=(Forbidden, NotFound),
    tag="reports",
)
async def read(request: Request, report_id: UUID) -> None:
    """Say that I have read a report; again is the same."""
    await actions.read(request.ctx.staff, report_id)


@bp.get("/admin/report-exports")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=ReportExports, tag="reports")
async def exports(request: Request) -> dict[str, Any]:
    """List the last exports of reports, newest first: who took what, and when."""
    return {"items": await actions.exports()}


@bp.get("/admin/report-settings")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=ReportSettingsView, tag="reports")
async def show_settings(request: Request) -> dict[str, Any]:
    """Give when the reports of a day are made."""
    return _show(*await HELD.read())


@bp.patch("/admin/report-settings")
@api(
    guard=staff_only(Role.ADMIN),
    body=ReportSettingsForm,
    returns=ReportSettingsView,
    errors=(SomeoneWasFaster, Stale),
    tag="reports",
)
async def decide(request: Request, body: ReportSettingsForm) -> dict[str, Any]:
    """Decide anew when the reports of a day are made; what is not named stays."""
    held, version = await HELD.read()
    check_version(request, _Seen(version), lambda: _show(held, version))
    asked = replace(held, **{name: at.replace(tzinfo=None) for name, at in body.model_dump(exclude_unset=True).items()})
    if not asked.morning_at < asked.arrivals_at < asked.evening_at:
        raise wrong_field("/evening_at", "not_in_order", "morning before arrivals before evening")
    return _show(asked, await HELD.write(request.ctx.staff, asked, version))


@bp.get("/admin/report-settings/changes")
@api(guard=staff_only(Role.ADMIN, Role.SUPERVISOR), returns=ReportSettingsChanges, tag="reports")
async def changes(request: Request) -> dict[str, Any]:
    """List the last changes of these times, newest first."""
    return {"items": [row | {"at": moment(row["at"])} for row in await HELD.changes(CHANGES_SHOWN)]}


def _show(found: ReportSettings, version: int) -> dict[str, Any]:
    return {**{name: f"{at:%H:%M}" for name, at in asdict(found).items()}, "version": version}
