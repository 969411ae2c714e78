"""Reading the reports: whose they are, who has read them, what leaves the house."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.reports import models
from miniapp_api.reports.making import opened
from miniapp_api.reports.rules import READERS, ReportName
from server import db
from server.accounts import SignedInStaff
from server.errors import Forbidden, NotFound
from server.events import publish
from server.facts import ReportRead
from server.ids import new_id
from server.web import moment

EXPORTS_SHOWN = 100


@dataclass(frozen=True)
class Asked:
    """Which reports. department_id: only its visits."""

    name: ReportName
    first: date
    last: date
    department_id: UUID | None = None


def named(name: str) -> ReportName:
    """Give a report by its name.

    Raises: NotFound.
    """
    if name not in set(ReportName):
        raise NotFound()
    return ReportName(name)


async def reports(staff: SignedInStaff, asked: Asked) -> list[dict[str, Any]]:
    """Give the reports of some days with their corrections, the latest day first; of my departments alone.

    Raises: Forbidden.
    """
    scope = _scope(staff, asked)
    rows = await db.fetch(models.REPORTS, asked.name, asked.first, asked.last)
    return [_show(row, scope) for row in rows]


def _scope(staff: SignedInStaff, asked: Asked) -> set[str] | None:
    if not staff.may(*READERS[asked.name]):
        raise Forbidden()
    own = staff.departments_of(*READERS[asked.name])
    if asked.department_id is None:
        return None if own is None else {str(one) for one in own}
    if own is not None and asked.department_id not in own:
        raise Forbidden()
    return {str(asked.department_id)}


def _show(row: dict[str, Any], scope: set[str] | None) -> dict[str, Any]:
    body = opened(row)

    def is_mine(line: dict[str, Any]) -> bool:
        return scope is None or line["department_id"] in scope

    departments = [one for one in body.get("departments", ()) if is_mine(one)]
    words = [word for word in (departments[0] if departments else {}) if word not in ("department_id", "department")]
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "day": row["day"].isoformat(),
        "correction": row["correction"],
        "due_at": moment(row["due_at"]),
        "made_at": moment(row["made_at"]),
        "summary": row["summary"],
        "digest": row["digest"].hex(),
        "told": orjson.loads(row["told"]),
        "read_by": orjson.loads(row["read_by"]),
        "departments": departments,
        "totals": {word: sum(one[word] for one in departments) for word in words},
        "lines": [line for line in body.get("lines", ()) if is_mine(line)],
        "changes": [change for change in body.get("changes", ()) if is_mine(change["line"])],
    }


async def read(staff: SignedInStaff, report_id: UUID) -> None:
    """Write down that somebody has read a report; again is the same.

    Raises: NotFound, Forbidden.
    """
    async with db.transaction():
        row = await db.fetch_one(models.ONE, report_id)
        if row is None:
            raise NotFound()
        if not staff.may(*READERS[ReportName(row["name"])]):
            raise Forbidden()
        if await db.fetch_one(models.READ, report_id, staff.id):
            await publish(ReportRead(report_id=report_id, staff_id=staff.id))


async def log_export(staff: SignedInStaff, asked: Asked, kind: str, lines: int) -> None:
    """Write down that somebody took reports out of the house."""
    await db.fetch(
        models.LOG_EXPORT, new_id(), asked.name, asked.first, asked.last, asked.department_id, kind, lines, staff.id
    )


async def exports() -> list[dict[str, Any]]:
    """List the last exports, newest first."""
    rows = await db.fetch(models.EXPORTS, EXPORTS_SHOWN)
    return [
        row | {"from": row.pop("from_day").isoformat(), "to": row.pop("to_day").isoformat(), "at": moment(row["at"])}
        for row in rows
    ]
