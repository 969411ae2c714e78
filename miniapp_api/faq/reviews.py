"""Answers whose day of review has come: whoever keeps them true is told, once for each such day."""

from typing import Any
from uuid import UUID

from server import clock, db
from server.events import publish
from server.facts import AnswerDue, AnswerSettled

BATCH = 100

# Looked for first: a statement that changes answers makes every search look at all of them again.
DUE = """
SELECT id FROM faq WHERE state = 'approved' AND review_on <= $1 AND due_told_for IS DISTINCT FROM review_on
ORDER BY id LIMIT $2
"""
SETTLED = """
SELECT id FROM faq WHERE due_told_for IS NOT NULL AND (state <> 'approved' OR review_on > $1) ORDER BY id LIMIT $2
"""
# The condition again: of two workers that saw the same answer only one tells.
GUARD = "f.due_told_for IS DISTINCT FROM f.review_on"
FORGET = "UPDATE faq SET due_told_for = NULL WHERE id = ANY($1) AND due_told_for IS NOT NULL RETURNING id"
# its owner, else who wrote it, else the supervisors of its department and of the hospital, else the administrators
KEEPERS = """
SELECT s.id, CASE WHEN s.id = $1 THEN 1 WHEN s.id = $2 THEN 2
    WHEN EXISTS (SELECT FROM staff_role r WHERE r.staff_id = s.id AND r.role = 'supervisor'
        AND (r.department_id IS NULL OR r.department_id = $3)) THEN 3
    WHEN EXISTS (SELECT FROM staff_role r WHERE r.staff_id = s.id AND r.role = 'admin'
        AND r.department_id IS NULL) THEN 4 END AS rank
FROM staff s WHERE s.active ORDER BY rank NULLS LAST, s.id
"""


def take_due(guard: str = GUARD) -> str:
    """Give the statement that marks answers as told; a test runs it with another guard."""
    return f"""
    WITH due AS (
        UPDATE faq f SET due_told_for = f.review_on WHERE f.id = ANY($1) AND {guard} RETURNING f.*
    )
    SELECT due.id, due.question, due.review_on, due.owner_id, due.written_by, due.department_id,
           coalesce(d.name, '') AS department_name
    FROM due LEFT JOIN department d ON d.id = due.department_id ORDER BY due.id
    """


TAKE_DUE = take_due()


async def tell_due() -> int:
    """Tell of the answers whose review is due, and of those that have been looked at since; give how many are due."""
    today = clock.today()
    told = 0
    if due := await _ids(DUE, today):
        async with db.transaction():
            for row in await db.fetch(TAKE_DUE, due):
                await publish(
                    AnswerDue(
                        faq_id=row["id"],
                        question=row["question"],
                        department_name=row["department_name"],
                        review_on=row["review_on"],
                        staff_ids=await _keepers(row),
                        at=clock.now(),
                    )
                )
                told += 1
    if settled := await _ids(SETTLED, today):
        async with db.transaction():
            for row in await db.fetch(FORGET, settled):
                await publish(AnswerSettled(faq_id=row["id"]))
    return told


async def _ids(sql: str, today: Any) -> list[UUID]:
    return [row["id"] for row in await db.fetch(sql, today, BATCH)]


async def _keepers(answer: dict[str, Any]) -> tuple[UUID, ...]:
    rows = await db.fetch(KEEPERS, answer["owner_id"], answer["written_by"], answer["department_id"])
    best = min((row["rank"] for row in rows if row["rank"] is not None), default=None)
    return tuple(row["id"] for row in rows if best is not None and row["rank"] == best)
