"""What is kept of improvements, and the statements that count for them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from satisfaction.attachments import models as attachments
from satisfaction.improvement.rules import Days, ImprovementState
from server import clock, db
from server.db import Row
from server.ids import new_id


class Improvement(Row):
    """An improvement (改进). group_id: the analysis that it belongs to. cycle: which measure of it."""

    number = fields.TextField()
    group_id = fields.UUIDField()
    source = fields.TextField()
    source_ref = fields.TextField(default="")
    is_automatic = fields.BooleanField(default=False)
    department_id = fields.UUIDField()
    metric = fields.TextField()
    cause_code = fields.TextField(null=True)
    dimension = fields.TextField(null=True)
    title = fields.TextField()
    measure = fields.TextField(default="")
    strength = fields.TextField(null=True)
    is_training_only = fields.BooleanField(default=False)
    why_only_weak = fields.TextField(default="")
    why_only_weak_by = fields.UUIDField(null=True)
    owner_id = fields.UUIDField(null=True)
    approver_id = fields.UUIDField(null=True)
    due_on = fields.DateField(null=True)
    state = fields.CharEnumField(ImprovementState, description="")
    level = fields.IntField(default=0)
    cycle = fields.IntField(default=1)
    evidence_from = fields.DateField()
    evidence_to = fields.DateField()
    expected_change = fields.FloatField()
    baseline_from = fields.DateField(null=True)
    baseline_to = fields.DateField(null=True)
    baseline: Any = fields.JSONField(null=True)
    power_shown: Any = fields.JSONField(null=True)
    starts_on = fields.DateField(null=True)
    done_on = fields.DateField(null=True)
    check1_on = fields.DateField(null=True)
    check2_on = fields.DateField(null=True)
    verdict: Any = fields.JSONField(null=True)
    done_evidence_id = fields.UUIDField(null=True)
    created_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    needs_another = fields.BooleanField(default=False)
    version = fields.IntField(default=1)

    class Meta:
        table = "improvement"

    @property
    def evidence(self) -> Days:
        """Give the days that raised it."""
        return Days(self.evidence_from, self.evidence_to)


# ---- counting ------------------------------------------------------------------------------------------------------

# Complaints of a department in some days: those of a cause, and those that nobody has given one yet, any of which may
# be of it. $1 department, $2 and $3 moments, $4 cause
COUNT_CASES = """
SELECT count(*) FILTER (WHERE cc.code = $4) AS coded,
    count(*) FILTER (WHERE cc.code IS NULL AND c.state <> 'withdrawn') AS uncoded
FROM complaint c LEFT JOIN complaint_cause cc ON cc.complaint_id = c.id AND cc.place = 0
WHERE c.department_id = $1 AND c.received_at >= $2 AND c.received_at < $3 AND c.state <> 'merged'
"""
COUNT_VISITS = """
SELECT count(*) AS n FROM encounter WHERE department_id = $1 AND started_at >= $2 AND started_at < $3
"""
FIRST_VISIT = "SELECT min(started_at) AS at FROM encounter WHERE department_id = $1"
FIRST_ANSWER = "SELECT min(day) AS day FROM score_cell WHERE department_id = $1"


async def first_visit(department_id: UUID) -> date | None:
    """Give the day of the first visit of a department that is on record."""
    row = await db.fetch_one(FIRST_VISIT, department_id)
    return clock.local(row["at"]).date() if row and row["at"] else None


async def first_answer(department_id: UUID) -> date | None:
    """Give the day of the first answered survey of a department that is on record."""
    row = await db.fetch_one(FIRST_ANSWER, department_id)
    return row["day"] if row else None


async def counted(department_id: UUID, cause_code: str, days: Days) -> tuple[int, int, int]:
    """Count for some days: complaints of a cause, complaints without one, visits."""
    span = clock.at(days.first, 0), clock.at(date.fromordinal(days.last.toordinal() + 1), 0)
    cases = await db.fetch_one(COUNT_CASES, department_id, *span, cause_code)
    visits = await db.fetch_one(COUNT_VISITS, department_id, *span)
    assert cases is not None  # counts always give a row
    assert visits is not None
    return cases["coded"], cases["uncoded"], visits["n"]


# ---- proposing -----------------------------------------------------------------------------------------------------

# Departments and causes that come again: $1 cases or more since $2 that no improvement was proposed for yet, or one of
# severity A; and no improvement of it is under way.
COMING_AGAIN = """
SELECT c.department_id, cc.code, array_agg(c.id ORDER BY c.id) AS complaint_ids, bool_or(c.severity = 'A') AS is_severe,
    (array_agg(c.id ORDER BY c.severity, c.id))[1] AS worst_id
FROM complaint c JOIN complaint_cause cc ON cc.complaint_id = c.id AND cc.place = 0
WHERE c.received_at >= $2 AND c.department_id IS NOT NULL AND c.state NOT IN ('merged', 'withdrawn')
AND NOT EXISTS (SELECT 1 FROM improvement_case ic WHERE ic.complaint_id = c.id)
AND NOT EXISTS (SELECT 1 FROM improvement i WHERE i.department_id = c.department_id AND i.cause_code = cc.code
                AND i.state NOT IN ('effective', 'closed', 'rejected'))
GROUP BY c.department_id, cc.code HAVING count(*) >= $1 OR bool_or(c.severity = 'A')
ORDER BY c.department_id, cc.code
"""
# Open signals for which nothing was proposed yet.
SINKING = """
SELECT s.id, s.department_id, d.name AS department_name, s.dimension FROM signal s
JOIN department d ON d.id = s.department_id
WHERE s.state <> 'closed' AND NOT EXISTS (SELECT 1 FROM improvement i WHERE i.source = 'signal'
    AND i.source_ref = s.id::text) AND NOT EXISTS (SELECT 1 FROM improvement i WHERE i.department_id = s.department_id
    AND i.dimension = s.dimension AND i.state NOT IN ('effective', 'closed', 'rejected'))
ORDER BY s.id
"""
ONCE = "ON CONFLICT (department_id, coalesce(cause_code, '@' || dimension))"
ONCE += " WHERE is_automatic AND state NOT IN ('effective', 'closed', 'rejected') DO NOTHING"
PROPOSE = f"""
INSERT INTO improvement (id, number, group_id, source, source_ref, is_automatic, department_id, metric, cause_code,
    dimension, title, state, evidence_from, evidence_to, expected_change, created_at)
VALUES ($1, $2, $1, $3, $4, true, $5, $6, $7, $8, $9, 'proposed', $10, $11, $12, app_now()) {ONCE} RETURNING id
"""
KEEP_CASES = """
INSERT INTO improvement_case (improvement_id, complaint_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING
"""

# What is to be looked at: the second look only after the first. $1 today, $2 after which, $3 how many
TO_JUDGE = """
SELECT id FROM improvement
WHERE ((state = 'measuring' AND check1_on < $1) OR (state = 'not_yet' AND check2_on < $1))
AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
"""
WRITE_LOOK = """
INSERT INTO improvement_look (improvement_id, cycle, look, verdict, strength, figures, judged_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, app_now())
"""
LOOKS = """
SELECT cycle, look, verdict, figures, judged_at FROM improvement_look WHERE improvement_id = $1 ORDER BY cycle, look
"""
# Measures that were judged for good. Each counts once: what its last look said.
JUDGED = """
SELECT count(*) FILTER (WHERE verdict = 'effective') AS effective, count(*) FILTER (WHERE verdict = 'not_effective')
    AS not_effective, count(*) FILTER (WHERE verdict = 'too_few') AS too_few
FROM (SELECT DISTINCT ON (l.improvement_id, l.cycle) l.verdict, l.look FROM improvement_look l
      JOIN improvement i ON i.id = l.improvement_id WHERE $1::uuid[] IS NULL OR i.department_id = ANY($1)
      ORDER BY l.improvement_id, l.cycle, l.look DESC) last
WHERE last.look = 2 OR last.verdict = 'effective'
"""

SHOWN = """
SELECT i.*, d.name AS department_name, ca.names AS cause_names, o.name AS owner_name, a.name AS approver_name
FROM improvement i JOIN department d ON d.id = i.department_id LEFT JOIN cause ca ON ca.code = i.cause_code
LEFT JOIN staff o ON o.id = i.owner_id LEFT JOIN staff a ON a.id = i.approver_id
"""
# Whom a member of staff $1 with departments $2 (null: all) may see: those of the departments, and their own to do
IN_SIGHT = "($2::uuid[] IS NULL OR i.department_id = ANY($2) OR i.owner_id = $1)"
JSON_COLUMNS = ("baseline", "power_shown", "verdict", "cause_names")


async def next_number() -> int:
    """Take the next number of the hospital's book of improvements."""
    row = await db.fetch_one("SELECT nextval('improvement_number') AS n")
    assert row is not None  # a sequence always answers
    return row["n"]


async def note(
    improvement_id: UUID, kind: str, text: str, by: UUID | None, *, changes: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write down what was said or decided of an improvement. changes: by field what it was and what it is, in words."""
    await db.fetch(
        "INSERT INTO improvement_note (id, improvement_id, kind, text, by_id, changes, at)"
        " VALUES ($1, $2, $3, $4, $5, $6::jsonb, app_now())",
        new_id(),
        improvement_id,
        kind,
        text,
        by,
        orjson.dumps(changes or {}).decode(),
    )


async def write_evidence(improvement_id: UUID, text: str, links: Sequence[str], by: UUID) -> UUID:
    """Keep what shows that a measure was put in place; give its id. links: addresses of what lies elsewhere."""
    row_id = new_id()
    await db.fetch(
        "INSERT INTO improvement_evidence (id, improvement_id, text, by_id, links, at)"
        " VALUES ($1, $2, $3, $4, $5, app_now())",
        row_id,
        improvement_id,
        text,
        by,
        list(links),
    )
    return row_id


async def is_evidence(improvement_id: UUID, evidence_id: UUID | None) -> bool:
    """Tell whether evidence is of an improvement."""
    found = await db.fetch_one(
        "SELECT 1 FROM improvement_evidence WHERE id = $1 AND improvement_id = $2", evidence_id, improvement_id
    )
    return found is not None


async def last_evidence(improvement_id: UUID) -> UUID | None:
    """Give the latest evidence of an improvement."""
    row = await db.fetch_one(
        "SELECT id FROM improvement_evidence WHERE improvement_id = $1 ORDER BY id DESC LIMIT 1", improvement_id
    )
    return row["id"] if row else None


# $1 staff, $2 the complaint that an improvement came from
BARRED = "SELECT 1 AS yes FROM complaints_barred_for($1) b WHERE b.complaint_id::text = $2"


async def shown(arguments: Sequence[Any], improvement_id: UUID) -> dict[str, Any] | None:
    """Read an improvement that a member of staff may see; not from which complaint it came, to whom that one bars.

    arguments: of IN_SIGHT.
    """
    row = await db.fetch_one(f"{SHOWN} WHERE {IN_SIGHT} AND i.id = $3", *arguments, improvement_id)
    if row is None:
        return None
    if row["source_ref"] and await db.fetch(BARRED, arguments[0], row["source_ref"]):
        row = {**row, "source_ref": ""}
    return _opened(row)


async def listed(
    arguments: Sequence[Any], *, state: str, is_mine: bool, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List the improvements that a member of staff may see, the newest first; one more than the limit."""
    rows = await db.fetch(
        f"{SHOWN} WHERE {IN_SIGHT} AND ($3::uuid IS NULL OR i.id < $3) AND (NOT $4 OR i.owner_id = $1)"
        " AND CASE $5 WHEN '' THEN true WHEN 'open' THEN i.state NOT IN ('effective', 'closed', 'rejected')"
        " ELSE i.state = $5 END ORDER BY i.id DESC LIMIT $6",
        *arguments,
        after,
        is_mine,
        state,
        limit + 1,
    )
    return [_opened(row) for row in rows]


def _opened(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: orjson.loads(value) if name in JSON_COLUMNS and isinstance(value, str) else value
        for name, value in row.items()
    }


async def beside(row: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Read what stands beside an improvement: notes, evidence, looks, complaints, the others of its analysis."""
    one = row["id"]
    with_names = "SELECT x.*, s.name AS by_name FROM {} x LEFT JOIN staff s ON s.id = x.by_id WHERE improvement_id = $1"
    evidence = await db.fetch(f"{with_names.format('improvement_evidence')} ORDER BY x.id", one)
    files = await attachments.of_evidence([row["id"] for row in evidence])
    evidence = [{**row, "files": files.get(row["id"], [])} for row in evidence]
    return {
        "notes": [
            {**row, "changes": orjson.loads(row["changes"])}
            for row in await db.fetch(f"{with_names.format('improvement_note')} ORDER BY x.id", one)
        ],
        "evidence": evidence,
        "looks": [_look(look) for look in await db.fetch(LOOKS, one)],
        "others": await db.fetch(
            "SELECT id, number, title, state, strength FROM improvement WHERE group_id = $1 AND id <> $2 ORDER BY id",
            row["group_id"],
            one,
        ),
    }


def _look(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "figures": orjson.loads(row["figures"])}


# Whom an improvement goes to: the owner's manager, then who leads at the level. $1 owner, $2 department, $3 role
ABOVE = """
SELECT s.id, s.name FROM staff s WHERE s.active AND s.id = (SELECT manager_id FROM staff WHERE id = $1)
UNION ALL
SELECT * FROM (SELECT s.id, s.name FROM staff s JOIN staff_role r ON r.staff_id = s.id
    WHERE s.active AND r.role = $3 AND (r.department_id IS NULL OR r.department_id = $2) ORDER BY s.username) leads
"""


async def above(owner_id: UUID, department_id: UUID, role: str) -> list[dict[str, Any]]:
    """List who stands above the owner of an improvement, the nearest first."""
    return await db.fetch(ABOVE, owner_id, department_id, role)


async def leads_of(department_id: UUID) -> tuple[UUID, ...]:
    """Give who hears of a proposal: the heads of the department and the supervisors."""
    rows = await db.fetch(
        "SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id WHERE s.active"
        " AND ((r.role = 'department_head' AND r.department_id = $1)"
        " OR (r.role = 'supervisor' AND (r.department_id IS NULL OR r.department_id = $1))) ORDER BY s.id",
        department_id,
    )
    return tuple(row["id"] for row in rows)
