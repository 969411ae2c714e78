"""What screens and reports read of the ladder: the steps of a complaint, the list nobody may miss, times and calls."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from satisfaction.complaints.reads import IN_SIGHT, Sight
from server import clock, db
from server.web import moment

# it called $1, who has not answered it
WAITS = """e.resolved_at IS NULL AND e.state = 'notified' AND EXISTS (SELECT 1 FROM page p WHERE p.escalation_id = e.id
        AND p.staff_id = $1 AND p.at >= e.asked_at AND NOT EXISTS (SELECT 1 FROM escalation_ack a
        WHERE a.escalation_id = e.id AND a.level = p.level AND a.until > app_now()))"""
HOLDS = (
    "EXISTS (SELECT 1 FROM escalation_ack a WHERE a.escalation_id = e.id AND a.staff_id = $1 AND a.until > app_now())"
)
STEPS = f"""
SELECT e.*, c.number, c.severity, c.topic, c.state AS complaint_state, coalesce(d.name, '') AS department_name,
    coalesce(h.name, '') AS handler_name,
    (SELECT json_agg(json_build_object('name', s.name, 'staff_id', s.id, 'level', a.level, 'at', a.at, 'until', a.until,
        'presses', a.presses, 'is_live', a.until > app_now()) ORDER BY a.at)
     FROM escalation_ack a JOIN staff s ON s.id = a.staff_id WHERE a.escalation_id = e.id)::text AS acks,
    (SELECT json_agg(json_build_object('name', s.name, 'level', p.level, 'at', p.at, 'is_pooled', p.is_pooled)
        ORDER BY p.at, s.name)
     FROM page p JOIN staff s ON s.id = p.staff_id WHERE p.escalation_id = e.id)::text AS calls,
    {WAITS} AS waits_for_me
FROM escalation e JOIN complaint c ON c.id = e.complaint_id
LEFT JOIN department d ON d.id = c.department_id LEFT JOIN staff h ON h.id = c.handler_id
"""
# untaken ones first, the oldest of them on top; $4 a step after which the page begins
PLACE = "(e.state = 'acknowledged'), e.raised_at, e.id"
OPEN = f"""
JOIN (SELECT e.id, row_number() OVER () AS place FROM (
    SELECT e.id FROM escalation e JOIN complaint c ON c.id = e.complaint_id
    WHERE {IN_SIGHT} AND e.resolved_at IS NULL AND CASE $3 WHEN 'open' THEN true WHEN 'mine' THEN {WAITS} OR {HOLDS}
        ELSE (e.state = 'acknowledged') = ($3 = 'taken') END
    AND ($4::uuid IS NULL OR ({PLACE}) > (SELECT {PLACE} FROM escalation e WHERE e.id = $4))
    ORDER BY {PLACE} LIMIT $5) e
) chosen ON chosen.id = e.id ORDER BY chosen.place
"""
RESOLVED = f"""
JOIN (SELECT e.id, row_number() OVER () AS place FROM (
    SELECT e.id FROM escalation e JOIN complaint c ON c.id = e.complaint_id
    WHERE {IN_SIGHT} AND e.resolved_at IS NOT NULL AND $3 = 'resolved'
    AND ($4::uuid IS NULL OR (e.resolved_at, e.id) < (SELECT e.resolved_at, e.id FROM escalation e WHERE e.id = $4))
    ORDER BY e.resolved_at DESC, e.id DESC LIMIT $5) e
) chosen ON chosen.id = e.id ORDER BY chosen.place
"""
WATCHERS = """
SELECT s.id, s.name FROM complaint_watcher w JOIN staff s ON s.id = w.staff_id WHERE w.complaint_id = $1
AND NOT EXISTS (SELECT 1 FROM complaint_conflict b WHERE b.complaint_id = w.complaint_id AND b.staff_id = w.staff_id)
ORDER BY s.name, s.id
"""
# $1, $2 the period; the levels of the ladder with how long they took
TIMES = """
SELECT e.step, count(*) AS raised, count(e.acknowledged_at) AS taken, sum(e.expired)::integer AS expired,
    count(*) FILTER (WHERE e.is_passed_on) AS passed_on,
    count(*) FILTER (WHERE e.resolved_at IS NULL) AS open,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.acknowledged_at - e.raised_at)) AS p50,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM e.acknowledged_at - e.raised_at)) AS p90
FROM escalation e WHERE e.raised_at >= $1 AND e.raised_at < $2 GROUP BY 1 ORDER BY 1
"""
CALLS = """
SELECT s.id AS staff_id, s.name, (p.at AT TIME ZONE $3)::date AS day, count(*) FILTER (WHERE NOT p.is_pooled) AS calls,
    count(*) FILTER (WHERE p.is_pooled) AS pooled
FROM page p JOIN staff s ON s.id = p.staff_id WHERE p.at >= $1 AND p.at < $2
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3 DESC, 2 LIMIT 200
"""


async def of_complaint(complaint_id: UUID, staff_id: UUID) -> list[dict[str, Any]]:
    """List the steps of a complaint, the oldest first. staff_id: who looks."""
    rows = await db.fetch(f"{STEPS} WHERE e.complaint_id = $2 ORDER BY e.raised_at, e.id", staff_id, complaint_id)
    return [_opened(row) for row in rows]


async def one(escalation_id: UUID, staff_id: UUID) -> dict[str, Any] | None:
    """Read a step. staff_id: who looks; whether they may is not asked here."""
    row = await db.fetch_one(f"{STEPS} WHERE e.id = $2", staff_id, escalation_id)
    return _opened(row) if row else None


async def listed(sight: Sight, state: str, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the steps of complaints that a member of staff may see; one more than the limit.

    state: mine (waits for me, or I have it in hand), open, untaken, taken (the untaken and oldest first), or resolved
    (the last first).
    """
    chosen = RESOLVED if state == "resolved" else OPEN
    return [_opened(row) for row in await db.fetch(STEPS + chosen, *sight.arguments, state, after, limit + 1)]


async def watchers(complaint_id: UUID) -> list[dict[str, Any]]:
    """List who follows a complaint; whoever has a conflict of interest by now does not."""
    return await db.fetch(WATCHERS, complaint_id)


async def report(first: date, last: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give how long each level took in a period, both days included, and who was called how often on which day."""
    begins, ends = clock.at(first, 0), clock.at(last + timedelta(days=1), 0)
    times = await db.fetch(TIMES, begins, ends)
    return times, await db.fetch(CALLS, begins, ends, str(clock.zone()))


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    found = {**row, **{name: orjson.loads(row[name] or "[]") for name in ("acks", "calls")}}
    for one in (*found["acks"], *found["calls"]):
        one |= {name: moment(datetime.fromisoformat(one[name])) for name in ("at", "until") if name in one}
    return found
