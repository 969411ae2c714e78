"""What lists and screens read of complaints, and who has sight of what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from server import db

SHOWN = """
SELECT c.*, s.name AS handler_name, d.name AS department_name, pr.name AS practitioner_name, p.phone_tail,
    m.number AS merged_into_number,
    (SELECT json_agg(json_build_array(b.clock, b.cycle, b.breached_at) ORDER BY b.breached_at) FROM breach b
      WHERE b.complaint_id = c.id) AS breaches
FROM complaint c
LEFT JOIN staff s ON s.id = c.handler_id
LEFT JOIN department d ON d.id = c.department_id
LEFT JOIN practitioner pr ON pr.id = c.practitioner_id
LEFT JOIN patient p ON p.id = c.patient_id
LEFT JOIN complaint m ON m.id = c.merged_into_id
"""

# Which complaints a member of staff with departments $2 (null: all) may see: those of the departments, one's own, those
# one watches or was called about, what has reached one's level of the rota; never one in which they have a conflict of
# interest. Everything that shows, finds, counts by name or hands out complaints asks this, and nothing else. The last
# line is worked out once for a statement, from the side of the member of staff.
IN_SIGHT = """
($2::uuid[] IS NULL OR c.department_id = ANY($2) OR c.handler_id = $1
    OR EXISTS (SELECT 1 FROM complaint_department o WHERE o.complaint_id = c.id AND o.department_id = ANY($2))
    OR EXISTS (SELECT 1 FROM complaint_watcher w WHERE w.complaint_id = c.id AND w.staff_id = $1)
    OR EXISTS (SELECT 1 FROM escalation e JOIN page g ON g.escalation_id = e.id
               WHERE e.complaint_id = c.id AND g.staff_id = $1)
    OR EXISTS (SELECT 1 FROM duty u WHERE u.staff_id = $1 AND u.level BETWEEN 1 AND c.level))
AND c.id NOT IN (SELECT b.complaint_id FROM complaints_barred_for($1) b)
"""


# What needs somebody first: nobody has taken it, then the clock that runs out next; `infinity` when none runs.
URGENCY = """
(c.acknowledged_at IS NOT NULL)::int, coalesce(least(
    CASE WHEN c.acknowledged_at IS NULL THEN c.acknowledge_due_at END,
    CASE WHEN c.responded_at IS NULL THEN c.response_due_at END,
    CASE WHEN c.answered_at IS NULL THEN c.answer_due_at END), 'infinity'::timestamptz), c.id
"""
SIBLINGS_AT_MOST = 20
NEWEST = "ORDER BY c.id DESC", "c.id < $3"
URGENT = (
    f"AND c.closed_at IS NULL ORDER BY {URGENCY}",
    f"({URGENCY}) > (SELECT {URGENCY} FROM complaint c WHERE c.id = $3)",
)


@dataclass(frozen=True)
class Sight:
    """What a member of staff may see. departments: None means all."""

    staff_id: UUID
    departments: frozenset[UUID] | None

    @property
    def arguments(self) -> tuple[UUID, list[UUID] | None]:
        """Give the arguments of IN_SIGHT."""
        return self.staff_id, None if self.departments is None else list(self.departments)


@dataclass(frozen=True)
class Search:
    """What a list of complaints is narrowed by. state: one of the states, `open`, `closed` or empty.

    is_urgent_first: the open ones alone, in the order in which they need somebody.
    """

    state: str = ""
    words: str = ""
    is_mine: bool = False
    is_urgent_first: bool = False


async def listed(sight: Sight, search: Search, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the complaints that a member of staff may see, the newest or the most urgent first; one more than the limit.

    after: the last one of the page before; it has its place as it is now.
    """
    order, place = URGENT if search.is_urgent_first else NEWEST
    words = search.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # the page is chosen first, and only its rows are joined with what is shown of them
    rows = await db.fetch(
        f"{SHOWN} JOIN (SELECT c.id, row_number() OVER () AS place FROM (SELECT c.id FROM complaint c"
        f" WHERE {IN_SIGHT} AND ($3::uuid IS NULL OR {place})"
        " AND CASE $4 WHEN '' THEN true WHEN 'open' THEN c.closed_at IS NULL WHEN 'closed' THEN c.closed_at IS NOT NULL"
        " ELSE c.state = $4 END AND ($5 = '' OR concat_ws(' ', c.number,"
        " CASE WHEN NOT c.is_sealed THEN c.patient_name END, c.topic,"
        " (SELECT s.name FROM staff s WHERE s.id = c.handler_id),"
        " (SELECT d.name FROM department d WHERE d.id = c.department_id)) ILIKE '%' || $5 || '%')"
        f" AND (NOT $6 OR c.handler_id = $1) {order} LIMIT $7) c) chosen ON chosen.id = c.id ORDER BY chosen.place",
        *sight.arguments,
        after,
        search.state,
        words,
        search.is_mine,
        limit + 1,
    )
    return [_with_breaches(row) for row in rows]


async def changes(since: UUID) -> object:
    """Give something that differs when a complaint has changed; since: the first id that counts.

    Whatever happens to a complaint, a person's act or a clock that ran out, adds a line to its time line; the arrival
    of a message at the patient is an event of its clocks alone.
    """
    return await db.fetch_one(
        "SELECT (SELECT count(*) FROM complaint_entry WHERE id >= $1) AS lines,"
        " (SELECT count(*) FROM complaint_event WHERE id >= $1) AS events",
        since,
    )


async def of_same_person(sight: Sight, row: dict[str, Any]) -> list[dict[str, Any]]:
    """List the other complaints of the same account or, without one, of the same patient; the newest first."""
    mine = "c.account_id = $4" if row["account_id"] else "c.account_id IS NULL AND c.patient_id = $4"
    person_id = row["account_id"] or row["patient_id"]
    if person_id is None or row["is_sealed"]:  # other complaints would tell whom a sealed one is from, and vice versa
        return []
    found = await db.fetch(
        f"{SHOWN} WHERE {IN_SIGHT} AND c.id <> $3 AND NOT c.is_sealed AND {mine}"
        f" ORDER BY c.id DESC LIMIT {SIBLINGS_AT_MOST}",
        *sight.arguments,
        row["id"],
        person_id,
    )
    return [_with_breaches(one) for one in found]


async def in_sight(sight: Sight, complaint_id: UUID) -> dict[str, Any] | None:
    """Read one complaint that a member of staff may see."""
    row = await db.fetch_one(f"{SHOWN} WHERE {IN_SIGHT} AND c.id = $3", *sight.arguments, complaint_id)
    return _with_breaches(row) if row else None


async def shown(complaint_id: UUID) -> dict[str, Any]:
    """Read one complaint for somebody who has just acted on it, and may have handed it out of their sight."""
    row = await db.fetch_one(f"{SHOWN} WHERE c.id = $1", complaint_id)
    assert row is not None  # complaints are never deleted
    return _with_breaches(row)


async def listed_for(account_id: UUID, state: str, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the complaints of an account, the newest first; one more than the limit."""
    rows = await db.fetch(
        f"{SHOWN} WHERE c.account_id = $1 AND ($2::uuid IS NULL OR c.id < $2)"
        " AND CASE $3 WHEN '' THEN true WHEN 'open' THEN c.closed_at IS NULL WHEN 'closed' THEN c.closed_at IS NOT NULL"
        " ELSE c.state = $3 END ORDER BY c.id DESC LIMIT $4",
        account_id,
        after,
        state,
        limit + 1,
    )
    return [_with_breaches(row) for row in rows]


async def shown_for(account_id: UUID, complaint_id: UUID) -> dict[str, Any] | None:
    """Read one complaint of an account."""
    row = await db.fetch_one(f"{SHOWN} WHERE c.account_id = $1 AND c.id = $2", account_id, complaint_id)
    return _with_breaches(row) if row else None


def _with_breaches(row: dict[str, Any]) -> dict[str, Any]:
    """Give the breaches as (clock, cycle, moment)."""
    found = [
        (clock, cycle, datetime.fromisoformat(moment)) for clock, cycle, moment in orjson.loads(row["breaches"] or "[]")
    ]
    return {**row, "breaches": found}
