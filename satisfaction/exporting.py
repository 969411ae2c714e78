"""Figures that leave the house as a table: in the form that was asked for, and written down who took what."""

from collections.abc import Mapping
from typing import Any

import orjson
from sanic import HTTPResponse, Request
from sanic.response import raw

from server import db
from server.accounts import SignedInStaff
from server.ids import new_id
from server.tables import CSV, XLSX, as_csv, as_workbook

FORMATS = (CSV, XLSX)
LOG = """
INSERT INTO export_log (id, name, asked, format, lines, by_id, at) VALUES ($1, $2, $3::jsonb, $4, $5, $6, app_now())
"""


def wants_table(request: Request) -> bool:
    """Tell whether a request asks for a file instead of JSON."""
    accepted = request.headers.get("accept", "")
    return CSV in accepted or XLSX in accepted


async def exported(request: Request, table: list[list[str]], *, name: str, asked: Mapping[str, Any]) -> HTTPResponse:
    """Give a table as the file that a request asks for, and write down who took it.

    table: its header first. name: of the file and the sheet. asked: the period, and what it was narrowed by.
    """
    staff: SignedInStaff = request.ctx.staff
    kind = "xlsx" if XLSX in request.headers.get("accept", "") else "csv"
    said = orjson.dumps(dict(asked), default=str).decode()
    await db.fetch(LOG, new_id(), name, said, kind, len(table) - 1, staff.id)
    body = as_workbook(table, name[:31]) if kind == "xlsx" else as_csv(table)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return raw(body, content_type=XLSX if kind == "xlsx" else CSV, headers=headers)
