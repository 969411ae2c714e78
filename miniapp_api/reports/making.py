"""Making the reports of a day when they are due, and correcting what was sent when something was not so."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import INTAKE
from miniapp_api.reports import models
from miniapp_api.reports.rules import (
    BODY,
    CORRECTED_DAYS,
    GAP,
    READERS,
    ReportName,
    ReportSettings,
    Visit,
    body_of,
    changes,
    summary,
)
from miniapp_api.reports.settings import HELD
from server import clock, db, privacy
from server.events import publish
from server.facts import ReportMade
from server.ids import new_id
from server.jobs import each

LOOKED_BACK = timedelta(days=1)  # a report whose hour nobody was there at is made afterwards


@dataclass(frozen=True)
class Draft:
    """A report that is to be kept. correction: 0 for the report itself."""

    name: ReportName
    day: date
    correction: int
    due_at: datetime
    body: dict[str, Any]
    said: str


async def make_due() -> int:
    """Make the reports whose hour has come, also those of yesterday when nobody was there; give how many."""
    held, _ = await HELD.read()
    now, today = clock.now(), clock.today()
    first, oldest = today - LOOKED_BACK, await db.fetch_one(models.FIRST_TRACE)
    if oldest is None:
        return 0
    made = {(row["name"], row["day"]) for row in await db.fetch(models.MADE, first)}
    found = [(name, day, due(name, day, held)) for day in (first, today) for name in ReportName]
    late = [one for one in found if oldest["at"] <= one[2] <= now and (str(one[0]), one[1]) not in made]
    return await each("make_reports", late, lambda one: make(*one))


def due(name: ReportName, day: date, held: ReportSettings) -> datetime:
    """Give the moment of a report."""
    at = held.of(name)
    return clock.at(day, at.hour, at.minute)


async def make(name: ReportName, day: date, due_at: datetime) -> bool:
    """Make one report, once; tell whether it was this call that did."""
    body = body_of(name, day, await _visits(day), due_at)
    return await _keep(Draft(name, day, 0, due_at, body, summary(name, day, body["totals"])))


async def correct_sent(days: set[date] | None = None) -> int:
    """Make a correction of each report that says what was not so; give how many.

    days: only those; None looks at all that may still be corrected.
    Raises: what the first bad report raised, once the others are corrected.
    """
    count, now = 0, clock.now()
    bad: list[Exception] = []
    for row in await db.fetch(models.TO_CORRECT, clock.today() - timedelta(days=CORRECTED_DAYS)):
        if now - row["last_at"] >= GAP and (days is None or row["day"] in days):
            try:
                count += await correct(ReportName(row["name"]), row["day"], row["due_at"], row["last"] + 1)
            except Exception as error:  # raised below: the next look comes back to the same days
                bad.append(error)
    if bad:
        raise bad[0]
    return count


async def moved_since(first: UUID) -> set[date]:
    """Give the days that may need a correction: whose visits have moved since. first: id from which it counts."""
    rows = await db.fetch(models.MOVED, first, clock.today() - timedelta(days=CORRECTED_DAYS))
    return {row["day"] for row in rows}


async def correct(name: ReportName, day: date, due_at: datetime, number: int) -> bool:
    """Make the next correction of a report when there is something to correct; tell whether it was made."""
    now = clock.now()
    until = due_at if name == ReportName.ARRIVALS else max(due_at, now)
    present = body_of(name, day, await _visits(day), until)["lines"]
    found = changes(name, await _sent(name, day), present)
    if not found:
        return False
    body = {"name": str(name), "day": day.isoformat(), "corrects": number - 1, "changes": found}
    words = f"{summary_name(name)} {day} 更正 {number}：{len(found)} 处"
    return await _keep(Draft(name, day, number, due_at, body, words))


def summary_name(name: ReportName) -> str:
    """Say which report in Chinese."""
    return {ReportName.MORNING: "早间核对", ReportName.ARRIVALS: "到诊报告", ReportName.EVENING: "晚间报告"}[name]


async def _sent(name: ReportName, day: date) -> dict[str, dict[str, Any]]:
    """Give the lines of a report by their key, as the last correction of each has it."""
    lines: dict[str, dict[str, Any]] = {}
    for row in await db.fetch(models.SENT, name, day):
        body = opened(row)
        lines |= {line["key"]: line for line in body.get("lines", ())}
        lines |= {change["line"]["key"]: change["line"] for change in body.get("changes", ())}
    return lines


def opened(row: dict[str, Any]) -> dict[str, Any]:
    """Give the body of a report as it was sent."""
    return orjson.loads(privacy.unseal(row["body_cipher"], place=BODY, row_id=row["id"]))


async def _keep(draft: Draft) -> bool:
    text = orjson.dumps(draft.body).decode()
    report_id, now = new_id(), clock.now()
    async with db.transaction():
        people = await db.fetch(models.RECIPIENTS, list(READERS[draft.name]))
        row = await db.fetch_one(
            models.KEEP,
            report_id,
            draft.name,
            draft.day,
            draft.correction,
            draft.due_at,
            now,
            privacy.seal(text, place=BODY, row_id=report_id),
            hashlib.sha256(text.encode()).digest(),
            draft.said,
            orjson.dumps([{"id": str(one["id"]), "name": one["name"]} for one in people]).decode(),
        )
        if row is None:
            return False  # another worker was at it in the same moment
        if people:
            await publish(
                ReportMade(
                    report_id=report_id,
                    name=draft.name,
                    title=summary_name(draft.name),
                    summary=draft.said,
                    correction=draft.correction,
                    staff_ids=tuple(one["id"] for one in people),
                    at=now,
                )
            )
    return True


async def _visits(day: date) -> list[Visit]:
    return [_visit(row) for row in await db.fetch(models.VISITS, day)]


def _visit(row: dict[str, Any]) -> Visit:
    sealed = row.pop("intake_cipher")
    appointment_id = row.pop("appointment_id")
    intake = orjson.loads(privacy.unseal(sealed, place=INTAKE, row_id=appointment_id)) if sealed else None
    flags = tuple(orjson.loads(row.pop("flags") or "[]"))
    department_id = str(row.pop("department_id"))
    starts_at, came_at = clock.local(row.pop("starts_at")), row.pop("came_at")
    return Visit(
        **row,
        department_id=department_id,
        intake=intake,
        flags=flags,
        starts_at=starts_at,
        came_at=clock.local(came_at) if came_at else None,
    )
