"""What the clocks of complaints stand on, as stored: events, the copies of their dues, breaches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from satisfaction.clocks.dues import Due
from satisfaction.clocks.events import Event
from server import db
from server.ids import new_id

ClockKey = tuple[str, int]  # of a clock and its round

_INSERT_EVENT = """
INSERT INTO complaint_event (id, complaint_id, cycle, kind, at, recorded_at, entry_id, data)
VALUES ($1, $2, $3, $4, $5, app_now(), $6, $7) ON CONFLICT (complaint_id, kind, entry_id) DO NOTHING
"""

# in one look, for one complaint or for a thousand
_KEPT = """
SELECT c.id,
    (SELECT json_agg(json_build_array(e.id, e.at, e.kind, e.cycle, e.data)) FROM complaint_event e
      WHERE e.complaint_id = c.id)::text AS events,
    (SELECT json_agg(json_build_array(k.clock, k.cycle, k.starts_at, k.due_at, k.half_at, k.warn_at, k.stopped_at,
        k.stopped_by, k.breached_at, k.rests_from, k.rests_until)) FROM complaint_clock k
      WHERE k.complaint_id = c.id)::text AS clocks,
    (SELECT json_agg(json_build_array(b.clock, b.cycle, b.breached_at, b.withdrawn_at IS NULL)) FROM breach b
      WHERE b.complaint_id = c.id)::text AS breaches
FROM unnest($1::uuid[]) AS c (id)
"""

_WRITE = """
INSERT INTO complaint_clock (complaint_id, clock, cycle, starts_at, due_at, half_at, warn_at, stopped_at, stopped_by,
    breached_at, rests_from, rests_until, policy_version, calendar_version, computed_at)
SELECT n.*, $14, app_now() FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
    $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::timestamptz[], $11::timestamptz[],
    $12::timestamptz[], $13::integer[]) AS n
ON CONFLICT (complaint_id, clock, cycle) DO UPDATE SET starts_at = excluded.starts_at, due_at = excluded.due_at,
    half_at = excluded.half_at, warn_at = excluded.warn_at, stopped_at = excluded.stopped_at,
    stopped_by = excluded.stopped_by, breached_at = excluded.breached_at, rests_from = excluded.rests_from,
    rests_until = excluded.rests_until, policy_version = excluded.policy_version,
    calendar_version = excluded.calendar_version, computed_at = excluded.computed_at
"""


@dataclass(frozen=True)
class Kept:
    """What is kept of one complaint. clocks: the copies, as `copy_of` gives them. breaches: moment and whether it
    holds.
    """

    complaint_id: UUID
    events: tuple[Event, ...]
    clocks: dict[ClockKey, tuple[Any, ...]]
    breaches: dict[ClockKey, tuple[datetime, bool]]


async def append(complaint_id: UUID, event: Event, entry_id: UUID | None) -> None:
    """Write down what happened; the same kind of the same line only once."""
    await db.fetch(
        _INSERT_EVENT,
        event.id,
        complaint_id,
        event.cycle,
        event.kind,
        event.at,
        entry_id,
        orjson.dumps(event.data).decode(),
    )


async def further_departments(complaint_id: UUID) -> int:
    """Count the departments besides the first one that a complaint needs."""
    row = await db.fetch_one("SELECT count(*) AS n FROM complaint_department WHERE complaint_id = $1", complaint_id)
    assert row is not None  # a count always answers
    return row["n"]


async def department_names(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the names of those departments that there are."""
    rows = await db.fetch("SELECT id, name FROM department WHERE id = ANY($1::uuid[]) AND active", list(ids))
    return {row["id"]: row["name"] for row in rows}


async def add_departments(complaint_id: UUID, ids: Iterable[UUID]) -> set[UUID]:
    """Add departments that a complaint needs; give those that are new."""
    rows = await db.fetch(
        "INSERT INTO complaint_department (complaint_id, department_id, added_at)"
        " SELECT $1, n.id, app_now() FROM unnest($2::uuid[]) AS n (id) ON CONFLICT DO NOTHING RETURNING department_id",
        complaint_id,
        sorted(ids),
    )
    return {row["department_id"] for row in rows}


async def start_of(complaint_id: UUID, cycle: int) -> datetime:
    """Give when the clocks of a round began."""
    row = await db.fetch_one(
        "SELECT starts_at FROM complaint_clock WHERE complaint_id = $1 AND cycle = $2 AND clock = 'answer'",
        complaint_id,
        cycle,
    )
    assert row is not None  # every round begins with its clocks
    return row["starts_at"]


async def cycle_at(complaint_id: UUID, moment: datetime) -> int:
    """Give the round in which a moment lies."""
    row = await db.fetch_one(
        "SELECT 1 + count(*) AS n FROM complaint_event WHERE complaint_id = $1 AND kind = 'reopened' AND at <= $2",
        complaint_id,
        moment,
    )
    assert row is not None  # a count always answers
    return row["n"]


async def kept_of(ids: Sequence[UUID]) -> list[Kept]:
    """Read what is kept of some complaints."""
    return [_kept(row) for row in await db.fetch(_KEPT, list(ids))]


def _kept(row: dict[str, Any]) -> Kept:
    events = orjson.loads(row["events"] or "[]")
    clocks = orjson.loads(row["clocks"] or "[]")
    breaches = orjson.loads(row["breaches"] or "[]")
    return Kept(
        complaint_id=row["id"],
        events=tuple(Event(UUID(eid), _moment(at), kind, cycle, data) for eid, at, kind, cycle, data in events),
        clocks={
            (clock, cycle): (*map(_moment_or_none, moments[:5]), moments[5], *map(_moment_or_none, moments[6:]))
            for clock, cycle, *moments in clocks
        },
        breaches={(clock, cycle): (_moment(at), holds) for clock, cycle, at, holds in breaches},
    )


def copy_of(due: Due) -> tuple[Any, ...]:
    """Give what is copied of a due: start, due, warnings, stop and its kind, breach, begin and end of the last rest."""
    rest = due.rest
    return (
        due.starts_at,
        due.due_at,
        due.half_at,
        due.warn_at,
        due.stopped_at,
        due.stopped_by,
        due.breached_at,
        rest.starts_at if rest else None,
        rest.ends_at if rest else None,
    )


async def write(dues: Iterable[tuple[UUID, Due]], fingerprint: str) -> None:
    """Write the copies of dues, each with its complaint."""
    rows = [(complaint_id, str(due.clock), due.cycle, *copy_of(due), due.policy_version) for complaint_id, due in dues]
    if rows:
        await db.fetch(_WRITE, *(list(column) for column in zip(*rows, strict=True)), fingerprint[:16])


async def write_breach(complaint_id: UUID, due: Due, breached_at: datetime) -> None:
    """Write down that a clock was missed, dated by the clock; one that was taken back holds again."""
    await db.fetch(
        "INSERT INTO breach (complaint_id, clock, cycle, breached_at, noticed_at) VALUES ($1, $2, $3, $4, app_now())"
        " ON CONFLICT (complaint_id, clock, cycle) DO UPDATE SET breached_at = excluded.breached_at,"
        " withdrawn_at = NULL, withdrawn_why = ''",
        complaint_id,
        str(due.clock),
        due.cycle,
        breached_at,
    )


async def withdraw_breach(complaint_id: UUID, key: ClockKey, *, why: str) -> None:
    """Mark a breach that does not hold any more; it is never deleted."""
    await db.fetch(
        "UPDATE breach SET withdrawn_at = app_now(), withdrawn_why = $4"
        " WHERE complaint_id = $1 AND clock = $2 AND cycle = $3",
        complaint_id,
        *key,
        why,
    )


def event(kind: str, at: datetime, cycle: int, data: dict[str, Any]) -> Event:
    """Make an event with an id of its own."""
    return Event(new_id(), at, kind, cycle, data)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
