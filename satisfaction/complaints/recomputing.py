"""Recomputes the dues of all open complaints when a calendar, a promise or the official days changed, and every night.

Level-triggered: a run begins when what counts is not what the last run began with. It goes on from where it was.
"""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.dues import Due, all_dues
from satisfaction.complaints import clock_rows, keeping_time
from satisfaction.complaints.cases import locked
from satisfaction.complaints.clock_rows import Kept
from satisfaction.complaints.models import Complaint
from server import clock, db
from server.ids import new_id

log = structlog.get_logger("complaints")

AT_ONCE = 1000
SECONDS_A_LOOK = 20.0
CHANGED, NIGHTLY = "terms_changed", "nightly"

_LAST = "SELECT fingerprint, started_at, done_at FROM dues_run ORDER BY started_at DESC, id DESC LIMIT 1"
_BEGIN = "INSERT INTO dues_run (id, why, fingerprint) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_TAKE = "SELECT id, why, cursor FROM dues_run WHERE done_at IS NULL FOR UPDATE SKIP LOCKED"
_NEXT = """
SELECT id, cycle, acknowledge_due_at, acknowledged_at, response_due_at, responded_at, answer_due_at, answered_at
FROM complaint WHERE closed_at IS NULL AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2 FOR NO KEY UPDATE
"""
_COLUMNS = """
UPDATE complaint c SET acknowledge_due_at = n.a, acknowledged_at = n.b, response_due_at = n.c, responded_at = n.d,
    answer_due_at = n.e, answered_at = n.f
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[]) AS n (id, a, b, c, d, e, f) WHERE c.id = n.id
"""
_NAMES = (
    "acknowledge_due_at",
    "acknowledged_at",
    "response_due_at",
    "responded_at",
    "answer_due_at",
    "answered_at",
)
_CHANGES = """
INSERT INTO dues_change (run_id, complaint_id, clock, cycle, was_due_at, due_at)
SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::timestamptz[], $6::timestamptz[]) AS n
ON CONFLICT (run_id, complaint_id, clock, cycle) DO UPDATE SET due_at = excluded.due_at
"""


async def recompute_dues() -> None:
    """Begin a run when one is needed, and take the open run as far as a look allows."""
    await _begin_if_needed()
    until = time.monotonic() + SECONDS_A_LOOK
    while await _batch() and time.monotonic() < until:
        pass


async def _begin_if_needed() -> None:
    fingerprint = (await clocks.terms()).fingerprint
    last = await db.fetch_one(_LAST)
    if last is None or (last["done_at"] is not None and last["fingerprint"] != fingerprint):
        await db.fetch(_BEGIN, new_id(), CHANGED, fingerprint)
    elif last["done_at"] is not None and clock.local(last["started_at"]).date() < clock.today():
        await db.fetch(_BEGIN, new_id(), NIGHTLY, fingerprint)


async def _batch() -> bool:
    """Recompute some complaints of the open run; tell whether there may be more."""
    async with db.transaction():
        run = await db.fetch_one(_TAKE)
        if run is None:
            return False
        rows = await db.fetch(_NEXT, run["cursor"], AT_ONCE)
        if not rows:
            await db.fetch("UPDATE dues_run SET done_at = app_now() WHERE id = $1", run["id"])
            return False
        changes = await _recomputed_if_possible(run, rows)
        await db.fetch(
            "UPDATE dues_run SET cursor = $2, looked = looked + $3, changed = changed + $4 WHERE id = $1",
            run["id"],
            rows[-1]["id"],
            len(rows),
            changes,
        )
    return True


async def _recomputed_if_possible(run: dict[str, Any], rows: list[dict[str, Any]]) -> int:
    """Recompute complaints; when one of them cannot be, the others are, one by one."""
    try:
        async with db.transaction():
            return await _recomputed(run, rows)
    except Exception:
        if len(rows) == 1:
            log.exception("recompute_failed", complaint=str(rows[0]["id"]))
            return 0
    return sum([await _recomputed_if_possible(run, [row]) for row in rows])


async def _recomputed(run: dict[str, Any], rows: list[dict[str, Any]]) -> int:
    terms = await clocks.terms()
    now = clock.now()
    by_id = {row["id"]: row for row in rows}
    found = [(kept, all_dues(kept.events, terms=terms, now=now)) for kept in await clock_rows.kept_of(list(by_id))]
    copies = keeping_time.changed(found)
    await clock_rows.write(copies, terms.fingerprint)
    await _write_columns(by_id, found)
    for kept, dues in found:
        if keeping_time.breaches_differ(kept, dues):
            complaint = await Complaint.get(id=kept.complaint_id)
            await keeping_time.keep_breaches(complaint, kept, dues, why=run["why"])
    return await _write_changes(run["id"], found)


async def _write_columns(by_id: dict[UUID, dict[str, Any]], found: Sequence[tuple[Kept, Sequence[Due]]]) -> None:
    """Copy the dues of the present rounds into the columns that lists are ordered by."""
    rows = []
    for kept, dues in found:
        row = by_id[kept.complaint_id]
        columns = keeping_time.columns_of(dues, row["cycle"])
        if any(row[name] != value for name, value in columns.items()):
            rows.append((kept.complaint_id, *(columns.get(name, row[name]) for name in _NAMES)))
    if rows:
        await db.fetch(_COLUMNS, *(list(column) for column in zip(*rows, strict=True)))


async def _write_changes(run_id: UUID, found: Sequence[tuple[Kept, Sequence[Due]]]) -> int:
    """List the running clocks whose due moment is another one now; give how many."""
    rows = [
        (kept.complaint_id, str(due.clock), due.cycle, kept.clocks[due.clock, due.cycle][1], due.due_at)
        for kept, dues in found
        for due in dues
        if (due.clock, due.cycle) in kept.clocks and kept.clocks[due.clock, due.cycle][1] != due.due_at
    ]
    if rows:
        await db.fetch(_CHANGES, run_id, *(list(column) for column in zip(*rows, strict=True)))
    return len(rows)


# ---- clocks that ran out ---------------------------------------------------------------------------------------------

_MISSED = """
SELECT DISTINCT k.complaint_id FROM complaint_clock k
WHERE k.stopped_at IS NULL AND k.due_at < app_now() AND NOT EXISTS (
    SELECT 1 FROM breach b WHERE b.complaint_id = k.complaint_id AND b.clock = k.clock AND b.cycle = k.cycle
    AND b.withdrawn_at IS NULL)
"""


async def note_breaches() -> None:
    """Write down the clocks that ran out; a look that comes late changes when that is known, not what is written."""
    for row in await db.fetch(_MISSED):
        try:
            async with db.transaction():
                # locked, so that what stops the clock at this very moment is either seen or sees the breach
                await keeping_time.keep(await locked(row["complaint_id"], None))
        except Exception:  # one bad complaint must not hide the others; the next look tries again
            log.exception("breach_not_noted", complaint=str(row["complaint_id"]))
