"""The steps of the ladder as stored: claimed, raised, taken, settled; and the calls with their budget."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from satisfaction.complaints.steps import STEP, Setting, StepState
from server import db
from server.errors import SomeoneWasFaster
from server.history import By
from server.ids import new_id

CALLING = 7_402_122  # the calls of an hour are counted by one at a time

SHOWN = """
SELECT e.id, e.complaint_id, e.clock, e.cycle, e.step, e.state, e.needed, e.asked_at, e.paged_at, e.pages,
    e.is_passed_on, e.expired, e.acknowledged_at, e.why, c.number, c.severity, c.topic, c.department_id,
    coalesce(d.name, '') AS department_name, c.handler_id, c.level, CASE WHEN k.stopped_at IS NULL THEN k.due_at END
      AS due_at,
    c.closed_at IS NOT NULL OR e.cycle < c.cycle OR (e.clock = 'no_handler' AND c.handler_id IS NOT NULL)
      OR (k.stopped_at IS NOT NULL AND NOT (e.clock = 'acknowledgement' AND e.step = 0))
      OR (e.clock <> 'reopened' AND EXISTS (SELECT 1 FROM complaint_clock n WHERE n.complaint_id = e.complaint_id
          AND n.clock = 'answer' AND n.cycle = e.cycle AND n.stopped_at IS NOT NULL)) AS is_over,
    (SELECT json_agg(json_build_array(a.staff_id, a.level, a.until)) FROM escalation_ack a
      WHERE a.escalation_id = e.id AND a.until > app_now())::text AS leases
FROM escalation e JOIN complaint c ON c.id = e.complaint_id
LEFT JOIN department d ON d.id = c.department_id
LEFT JOIN complaint_clock k ON k.complaint_id = e.complaint_id AND k.clock = e.clock AND k.cycle = e.cycle
"""
# Whoever holds a complaint looks after its steps; who comes second goes on with others. $1 how many
CLAIM = f"""
{SHOWN} WHERE e.resolved_at IS NULL AND e.next_look_at <= app_now() ORDER BY e.next_look_at LIMIT $1
FOR NO KEY UPDATE OF e, c SKIP LOCKED
"""
DUE_IDS = "SELECT id FROM escalation WHERE resolved_at IS NULL AND next_look_at <= app_now() ORDER BY next_look_at"
CLAIM_ONE = f"{SHOWN} WHERE e.id = $1 AND e.resolved_at IS NULL FOR NO KEY UPDATE OF e, c SKIP LOCKED"
OF_COMPLAINT = f"{SHOWN} WHERE e.complaint_id = $1 AND e.resolved_at IS NULL ORDER BY e.raised_at, e.id"

# $1-$6 id, complaint, clock, cycle, step, why
RAISE = """
INSERT INTO escalation (id, complaint_id, clock, cycle, step, state, needed, raised_at, asked_at, next_look_at, why)
SELECT n.id, n.complaint_id, n.clock, n.cycle, n.step, 'raised', CASE n.step WHEN 2 THEN 2 ELSE 1 END,
    app_now(), app_now(), app_now(), n.why
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::integer[], $6::text[])
    AS n (id, complaint_id, clock, cycle, step, why)
ON CONFLICT (complaint_id, clock, cycle, step) DO NOTHING RETURNING id
"""
TRANSITIONS = """
INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
SELECT n.id, $1, n.subject_id, n.from_state, $2, $3, $4, $5, $6, app_now()
FROM unnest($7::uuid[], $8::uuid[], $9::text[]) AS n (id, subject_id, from_state)
"""
WRITE = """
UPDATE escalation e SET state = n.state, needed = n.needed, asked_at = n.asked_at, paged_at = n.paged_at,
    pages = n.pages, is_passed_on = n.is_passed_on, expired = n.expired, next_look_at = n.next_look_at,
    acknowledged_at = n.acknowledged_at, version = e.version + 1
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::boolean[],
    $8::integer[], $9::timestamptz[], $10::timestamptz[])
    AS n (id, state, needed, asked_at, paged_at, pages, is_passed_on, expired, next_look_at, acknowledged_at)
WHERE e.id = n.id AND e.resolved_at IS NULL
"""
WRITTEN = (
    "id",
    "state",
    "needed",
    "asked_at",
    "paged_at",
    "pages",
    "is_passed_on",
    "expired",
    "next_look_at",
    "acknowledged_at",
)
RESOLVE = """
UPDATE escalation e SET state = 'resolved', resolved_at = app_now(), next_look_at = NULL, version = e.version + 1
FROM (SELECT id, state FROM escalation WHERE id = ANY($1::uuid[]) AND resolved_at IS NULL) open
WHERE e.id = open.id RETURNING e.id, open.state AS was
"""
# Whoever handles a complaint is asked anew: another handler, or another round. $1 complaint, $2 cycle
ASK_ANEW = """
WITH gone AS (
    DELETE FROM escalation_ack a USING escalation e WHERE e.id = a.escalation_id
    AND e.complaint_id = $1 AND e.clock = 'acknowledgement' AND e.cycle = $2 AND e.step = 0
), told AS (
    UPDATE complaint_clock SET told = 0 WHERE complaint_id = $1 AND clock = 'acknowledgement' AND cycle = $2
), old AS (
    SELECT id, state FROM escalation
    WHERE complaint_id = $1 AND clock = 'acknowledgement' AND cycle = $2 AND step = 0 AND resolved_at IS NULL
)
UPDATE escalation e SET state = 'notified', asked_at = app_now(), pages = 0, paged_at = NULL, is_passed_on = false,
    acknowledged_at = NULL, version = e.version + 1
FROM old WHERE e.id = old.id RETURNING e.id, old.state AS was
"""
# What an acknowledgement of somebody means for each open step. $1 complaint, $2 who
TAKING = """
SELECT e.id, e.step, e.state, a.at, a.until, a.presses,
    (SELECT p.level FROM page p WHERE p.escalation_id = e.id AND p.staff_id = $2 ORDER BY p.at DESC LIMIT 1) AS called
FROM escalation e LEFT JOIN escalation_ack a ON a.escalation_id = e.id AND a.staff_id = $2
WHERE e.complaint_id = $1 AND e.resolved_at IS NULL ORDER BY e.id
"""
# Leases that last, and those of who just did something, begin anew. $1 complaint, $2 until, $3 who did it
PROLONG = """
UPDATE escalation_ack a SET at = app_now(), until = $2 FROM escalation e
WHERE e.id = a.escalation_id AND e.complaint_id = $1 AND e.resolved_at IS NULL
AND (a.until > app_now() OR a.staff_id = $3) RETURNING a.staff_id
"""
STILL_CALLED = """
SELECT DISTINCT e.complaint_id, p.staff_id FROM page p JOIN escalation e ON e.id = p.escalation_id
WHERE e.complaint_id = ANY($1::uuid[]) AND e.resolved_at IS NULL AND e.state = 'notified' AND p.at >= e.asked_at
AND NOT EXISTS (SELECT 1 FROM escalation_ack a
                WHERE a.escalation_id = e.id AND a.level = p.level AND a.until > app_now()) ORDER BY 1, 2
"""
LEASE = """
INSERT INTO escalation_ack (escalation_id, staff_id, level, at, until) VALUES ($1, $2, $3, app_now(), $4)
ON CONFLICT (escalation_id, staff_id) DO UPDATE SET at = app_now(), until = excluded.until, level = excluded.level,
    presses = escalation_ack.presses + $5
"""

# The calls of an hour, numbered for each person: beyond the budget they are only counted. $1-$4 id, step, person,
# audience, in the order in which they matter; $5 budget
CALL = """
WITH asked AS (
    SELECT a.*, date_trunc('hour', app_now()) AS hour
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[]) WITH ORDINALITY
        AS a (id, escalation_id, staff_id, level, place)
), used AS (
    SELECT p.staff_id, max(p.n) AS n FROM page p
    WHERE p.hour = date_trunc('hour', app_now()) AND p.staff_id = ANY($3) GROUP BY 1
), numbered AS (
    SELECT a.*, coalesce(u.n, 0) + row_number() OVER (PARTITION BY a.staff_id ORDER BY a.place) AS number
    FROM asked a LEFT JOIN used u USING (staff_id)
)
INSERT INTO page (id, escalation_id, staff_id, level, hour, n, is_pooled, at)
SELECT id, escalation_id, staff_id, level, hour, CASE WHEN number <= $5 THEN number END, number > $5, app_now()
FROM numbered RETURNING escalation_id, staff_id, is_pooled
"""
# One message an hour stands for all calls that were only counted: in how many complaints somebody is waited for
POOL = """
INSERT INTO page_pool (staff_id, hour, at, waiting)
SELECT s.id, date_trunc('hour', app_now()), app_now(), (
    SELECT count(DISTINCT e.complaint_id) FROM page p JOIN escalation e ON e.id = p.escalation_id
    WHERE p.staff_id = s.id AND p.hour > app_now() - interval '2 days' AND e.resolved_at IS NULL
    AND e.state IN ('raised', 'notified'))
FROM unnest($1::uuid[]) AS s (id) ORDER BY 1 ON CONFLICT DO NOTHING RETURNING staff_id, hour, waiting
"""
TOO_MANY = """
INSERT INTO page_rule_task (staff_id, day, pages, at)
SELECT p.staff_id, $2::date, count(*), app_now() FROM page p
WHERE p.staff_id = ANY($1::uuid[]) AND p.at >= $3 AND p.hour >= date_trunc('hour', $3::timestamptz) AND NOT p.is_pooled
GROUP BY 1 HAVING count(*) > $4 ORDER BY 1 ON CONFLICT DO NOTHING RETURNING staff_id, pages
"""
BARRED = """
SELECT s.id AS staff_id, b.complaint_id FROM unnest($1::uuid[]) AS s (id)
CROSS JOIN LATERAL complaints_barred_for(s.id) b WHERE b.complaint_id = ANY($2::uuid[])
"""
SCOPES = """
SELECT staff_id, role, department_id FROM staff_role WHERE staff_id = ANY($1::uuid[])
"""


async def setting() -> Setting:
    """Give how the ladder is climbed now."""
    row = await db.fetch_one("SELECT value FROM escalation_setting ORDER BY version DESC LIMIT 1")
    return Setting.of(orjson.loads(row["value"])) if row else Setting()


async def setting_history(most: int) -> list[dict[str, Any]]:
    """List the versions of the rules, the newest first: version, at, by_name, why."""
    return await db.fetch(
        "SELECT e.version, e.at, coalesce(s.name, '') AS by_name, e.why FROM escalation_setting e"
        " LEFT JOIN staff s ON s.id = e.by_id ORDER BY e.version DESC LIMIT $1",
        most,
    )


async def write_setting(setting: Setting, *, version: int, by_id: UUID, why: str) -> None:
    """Write the rules as the version after one that somebody has seen.

    Raises: SomeoneWasFaster.
    """
    rows = await db.fetch(
        "INSERT INTO escalation_setting (version, value, why, by_id, at) SELECT $1::integer + 1, $2::jsonb, $3, $4,"
        " app_now() WHERE $1 = coalesce((SELECT max(version) FROM escalation_setting), 0)"
        " ON CONFLICT DO NOTHING RETURNING version",
        version,
        orjson.dumps(setting.as_value()).decode(),
        why,
        by_id,
    )
    if not rows:
        raise SomeoneWasFaster()


async def claimed(most: int) -> list[dict[str, Any]]:
    """Take the steps at which somebody has to look now, with their complaints; those that somebody holds are left."""
    return [_with_leases(row) for row in await db.fetch(CLAIM, most)]


async def claimed_one(escalation_id: UUID) -> list[dict[str, Any]]:
    """Take one step; nothing when somebody holds it or it is settled."""
    return [_with_leases(row) for row in await db.fetch(CLAIM_ONE, escalation_id)]


async def open_of(complaint_id: UUID) -> list[dict[str, Any]]:
    """List the open steps of a complaint that is locked."""
    return [_with_leases(row) for row in await db.fetch(OF_COMPLAINT, complaint_id)]


def _with_leases(row: dict[str, Any]) -> dict[str, Any]:
    """Give the leases that last as (staff, audience, until)."""
    found = orjson.loads(row["leases"] or "[]")
    return {**row, "leases": [(UUID(who), level, datetime.fromisoformat(until)) for who, level, until in found]}


async def raise_all(steps: Sequence[tuple[UUID, str, int, int, str]], *, by: By) -> list[UUID]:
    """Raise steps, each once; give the ids of the new ones. steps: complaint, clock, round, step, why."""
    if not steps:
        return []
    columns = zip(*((new_id(), *step) for step in sorted(steps)), strict=True)
    rows = await db.fetch(RAISE, *(list(column) for column in columns))
    ids = [row["id"] for row in rows]
    await moved([(one, None) for one in ids], StepState.RAISED, by=by)
    return ids


async def moved(rows: Iterable[tuple[UUID, str | None]], to: StepState, *, by: By, why: str = "") -> None:
    """Write the history of steps that came to a state. rows: id and the state before."""
    rows = list(rows)
    for _, old in rows:
        if old is not None:
            STEP.check(old, to)
    if rows:
        await db.fetch(
            TRANSITIONS,
            STEP.name,
            str(to),
            by.kind,
            by.id,
            by.channel,
            why[:500],
            [new_id() for _ in rows],
            [row[0] for row in rows],
            [row[1] for row in rows],
        )


async def write(rows: Sequence[dict[str, Any]]) -> None:
    """Write how steps stand now. rows: with all columns of WRITTEN."""
    if rows:
        await db.fetch(WRITE, *([row[name] for row in rows] for name in WRITTEN))


async def resolve(ids: Sequence[UUID], *, by: By, why: str = "") -> None:
    """Settle steps of complaints that the transaction holds."""
    if ids:
        rows = await db.fetch(RESOLVE, list(ids))
        await moved([(row["id"], row["was"]) for row in rows], StepState.RESOLVED, by=by, why=why)


async def still_called(complaint_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Give, by complaint, whom steps of it wait for that nobody has in hand."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    for row in await db.fetch(STILL_CALLED, list(complaint_ids)):
        found[row["complaint_id"]] = (*found.get(row["complaint_id"], ()), row["staff_id"])
    return found


async def lease(escalation_id: UUID, staff_id: UUID, *, level: int, until: datetime, is_press: bool) -> None:
    """Let somebody have a step in hand until a moment. is_press: they pressed again, which is counted."""
    await db.fetch(LEASE, escalation_id, staff_id, level, until, int(is_press))


async def call(calls: Sequence[tuple[UUID, UUID, int]], budget: int) -> dict[tuple[UUID, UUID], bool]:
    """Write down calls and tell which were only counted. calls: step, person, audience, the most urgent first."""
    if not calls:
        return {}
    await db.fetch("SELECT pg_advisory_xact_lock($1)", CALLING)
    ids, steps, people, levels = zip(*((new_id(), *one) for one in calls), strict=True)
    rows = await db.fetch(CALL, list(ids), list(steps), list(people), list(levels), budget)
    return {(row["escalation_id"], row["staff_id"]): row["is_pooled"] for row in rows}


async def barred(staff_ids: Iterable[UUID], complaint_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Give, by complaint, who of some people has a conflict of interest in it."""
    found: dict[UUID, set[UUID]] = {}
    for row in await db.fetch(BARRED, list(staff_ids), list(complaint_ids)):
        found.setdefault(row["complaint_id"], set()).add(row["staff_id"])
    return found


async def scopes(staff_ids: Iterable[UUID]) -> dict[UUID, set[tuple[str, UUID | None]]]:
    """Give the roles of some people: role and department, None for the whole hospital."""
    found: dict[UUID, set[tuple[str, UUID | None]]] = {}
    for row in await db.fetch(SCOPES, list(staff_ids)):
        found.setdefault(row["staff_id"], set()).add((row["role"], row["department_id"]))
    return found
