"""What is kept of questions and answers, and the reads that show them."""

from datetime import date
from typing import Any
from uuid import UUID

from tortoise import fields

from miniapp_api.faq.rules import FaqState
from server import clock, db
from server.db import Row

PUBLIC = """
SELECT f.id, f.question, f.answer, f.condition, f.language, f.department_id, coalesce(d.name, '') AS department_name,
       f.version
FROM faq f LEFT JOIN department d ON d.id = f.department_id
WHERE f.state = 'approved' AND (f.department_id IS NULL OR d.active)
"""
WHOLE = """
SELECT f.id, f.code, f.question, f.answer, f.condition, f.language, f.department_id,
       coalesce(d.name, '') AS department_name, f.state, f.owner_id, coalesce(o.name, '') AS owner_name,
       coalesce(w.name, '') AS written_by_name, coalesce(a.name, '') AS approved_by_name, f.approved_at, f.review_on,
       f.version
FROM faq f LEFT JOIN department d ON d.id = f.department_id LEFT JOIN staff o ON o.id = f.owner_id
LEFT JOIN staff w ON w.id = f.written_by LEFT JOIN staff a ON a.id = f.approved_by
"""


class Faq(Row):
    """A question and its answer. written_by None: the text was imported."""

    code = fields.TextField()
    department_id = fields.UUIDField(null=True)
    condition = fields.TextField(default="")
    language = fields.TextField(default="zh-CN")
    question = fields.TextField()
    answer = fields.TextField()
    state = fields.CharEnumField(FaqState, description="")
    owner_id = fields.UUIDField(null=True)
    written_by = fields.UUIDField(null=True)
    approved_by = fields.UUIDField(null=True)
    approved_at = fields.DatetimeField(null=True)
    review_on = fields.DateField(null=True)
    created_at = fields.DatetimeField(default=clock.now)
    version = fields.IntField(default=1)

    class Meta:
        table = "faq"


async def public(
    *, languages: list[str], department_id: UUID | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List up to `limit + 1` approved answers in some languages, of one department when it is named."""
    return await db.fetch(
        PUBLIC + " AND f.language = ANY($1) AND ($2::uuid IS NULL OR f.department_id = $2)"
        " AND ($3::uuid IS NULL OR f.id > $3) ORDER BY f.id LIMIT $4",
        languages,
        department_id,
        after,
        limit + 1,
    )


async def public_of(ids: list[UUID], *, department_id: UUID | None) -> list[dict[str, Any]]:
    """Give the approved answers among some ids, in their order, of one department when it is named."""
    return await db.fetch(
        PUBLIC + " AND f.id = ANY($1) AND ($2::uuid IS NULL OR f.department_id = $2) ORDER BY array_position($1, f.id)",
        ids,
        department_id,
    )


async def whole(
    *,
    state: str | None,
    department_id: UUID | None,
    overdue_on: date | None,
    words: str,
    after: UUID | None,
    limit: int,
) -> list[dict[str, Any]]:
    """List up to `limit + 1` answers as staff see them.

    overdue_on: only those whose review is due by that day. words: only those that say them somewhere; empty for all.
    """
    return await db.fetch(
        WHOLE + " WHERE ($1::text IS NULL OR f.state = $1) AND ($2::uuid IS NULL OR f.department_id = $2)"
        " AND ($3::date IS NULL OR (f.state = 'approved' AND f.review_on <= $3))"
        " AND ($4 = '' OR position(lower($4) IN lower(f.question || ' ' || f.answer || ' ' || f.condition)) > 0)"
        " AND ($5::uuid IS NULL OR f.id > $5) ORDER BY f.id LIMIT $6",
        state,
        department_id,
        overdue_on,
        words,
        after,
        limit + 1,
    )


async def whole_of(faq_id: UUID) -> dict[str, Any] | None:
    """Give one answer as staff see it."""
    return await db.fetch_one(WHOLE + " WHERE f.id = $1", faq_id)


async def owners(roles: list[str]) -> list[dict[str, Any]]:
    """List the members of staff who hold one of some roles, by name: id, name."""
    return await db.fetch(
        "SELECT s.id, s.name FROM staff s WHERE s.active"
        " AND EXISTS (SELECT 1 FROM staff_role r WHERE r.staff_id = s.id AND r.role = ANY($1)) ORDER BY s.name, s.id",
        roles,
    )


async def steps_of(faq_id: UUID) -> list[dict[str, Any]]:
    """Give the steps of an answer, oldest first: at, from_state, to_state, by_name, why."""
    return await db.fetch(
        "SELECT t.at, t.from_state, t.to_state, coalesce(s.name, '') AS by_name, t.why FROM transition t"
        " LEFT JOIN staff s ON s.id = t.by_id WHERE t.subject_id = $1 AND t.machine = 'faq' ORDER BY t.id",
        faq_id,
    )
