"""How fast a line moves today, read from the tickets that are done."""

import time
from datetime import date, datetime
from typing import Any
from uuid import UUID

from miniapp_api.queue import models
from miniapp_api.queue.rules import Pace, wait_table
from server import clock, db

REMEMBERED_SECONDS = 15.0  # a scan tells a wait in steps of five minutes: this old is new enough
REMEMBERED_LINES = 2000
_remembered: dict[tuple[UUID, date, UUID | None], tuple[float, dict[str, Any]]] = {}
_tables: dict[Pace, tuple[list[int], list[int]]] = {}


async def pace_of(
    department_id: UUID, day: date, *, practitioner_id: UUID | None, session_starts_at: datetime | None = None
) -> Pace:
    """Give how fast the line of a department, or of one practitioner in it, moves today."""
    row = await db.fetch_one(models.PACE, department_id, day, practitioner_id)
    assert row is not None  # the department of a ticket exists
    return _pace(row, practitioner_id, session_starts_at)


async def remembered_tables(
    department_id: UUID, day: date, *, practitioner_id: UUID | None, session_starts_at: datetime
) -> tuple[list[int], list[int]]:
    """Give the waits with 0, 1, … people ahead, from a pace that may be some seconds old; for the scan."""
    line = (department_id, day, practitioner_id)
    known = _remembered.get(line)
    if known is None or known[0] < time.monotonic():
        row = await db.fetch_one(models.PACE, department_id, day, practitioner_id)
        assert row is not None  # the department of an appointment exists
        if len(_remembered) >= REMEMBERED_LINES:
            _remembered.clear()
        known = _remembered[line] = (time.monotonic() + REMEMBERED_SECONDS, row)
    pace = _pace(known[1], practitioner_id, session_starts_at)
    if pace not in _tables:
        if len(_tables) >= REMEMBERED_LINES:
            _tables.clear()
        _tables[pace] = wait_table(pace)
    return _tables[pace]


def _pace(row: dict[str, Any], practitioner_id: UUID | None, session_starts_at: datetime | None) -> Pace:
    until = (session_starts_at - clock.now()).total_seconds() / 60 if session_starts_at else 0.0
    return Pace(
        usual_minutes=float(row["service_minutes"]),
        visits=row["visits"],
        minutes=row["minutes"],
        rooms=1 if practitioner_id else row["rooms"],
        starts_in_minutes=float(max(0, round(until))),
    )
