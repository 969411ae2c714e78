"""Files of the catalogue and the schedules over HTTP: looked at first, let in whole or not at all, and given back."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from miniapp_api.administration.actions import need_hospital
from miniapp_api.errors import PlanChanged
from miniapp_api.imports import actions
from miniapp_api.imports.actions import Asked
from miniapp_api.imports.columns import KINDS, Kind
from miniapp_api.imports.reading import MEGABYTE
from miniapp_api.imports.views import ImportView, KindList, show_kinds, show_report
from server import clock
from server.accounts import Role
from server.auth import staff_only
from server.errors import Forbidden, NotFound
from server.web import Form, api, language_of

bp = Blueprint("imports", url_prefix="/api/v1/admin")

_ADMIN = staff_only(Role.ADMIN)
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES = {CSV: "csv", XLSX: "xlsx"}
LARGEST = 5 * MEGABYTE
ALL = "catalogue"
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in KINDS}


class ImportQuery(Form):
    """How a file is imported. digest: of the dry run that was seen; the import then does exactly that, or nothing."""

    dry_run: bool = True
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")] | None = None


class ExportQuery(Form):
    """As what kind of file."""

    format: Literal["csv", "xlsx"] = "csv"


def _kind_of(name: object) -> Kind | None:
    """Give the kind that a path names; None is all of them.

    Raises: NotFound.
    """
    if name == ALL:
        return None
    if (kind := BY_NAME.get(str(name))) is None:
        raise NotFound()
    return kind


@bp.get("/imports/columns", name="import_columns")
@api(guard=_ADMIN, returns=KindList, tag="admin")
async def columns(request: Request) -> dict[str, Any]:
    """List the kinds of line that a file may hold, with their columns."""
    return show_kinds()


@bp.post("/imports/<kind:str>", name="import_file")
@api(
    guard=_ADMIN,
    query=ImportQuery,
    returns=ImportView,
    errors=(NotFound, Forbidden, PlanChanged),
    takes=(CSV, XLSX),
    largest=LARGEST,
    tag="admin",
)
async def import_file(request: Request, kind: str, query: ImportQuery) -> dict[str, Any]:
    """Look at a file, or let it in: every bad line, what is new and changed, and what that means for bookings."""
    need_hospital(request.ctx.staff)
    only = _kind_of(kind)
    suffix = SUFFIXES[(request.content_type or "").split(";")[0].strip().lower()]
    asked = Asked(staff=request.ctx.staff, dry_run=query.dry_run, digest=query.digest, why="导入文件")
    report = await actions.import_content(request.body, f"{kind}.{suffix}", only, asked)
    return show_report(report, language_of(request))


@bp.get("/exports/<kind:str>", name="export_file")
@api(guard=_ADMIN, query=ExportQuery, errors=(NotFound, Forbidden), content_types=(CSV, XLSX), tag="admin")
async def export_file(request: Request, kind: str, query: ExportQuery) -> HTTPResponse:
    """Give the catalogue, or one kind of it, as a file that can be imported again and then changes nothing."""
    need_hospital(request.ctx.staff)
    only = _kind_of(kind)
    is_workbook = query.format == "xlsx"
    content = await actions.export_content((only,) if only else KINDS, as_workbook=is_workbook)
    name = f"{kind}-{clock.today().isoformat()}.{query.format}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return raw(content, content_type=XLSX if is_workbook else f"{CSV}; charset=utf-8", headers=headers)
