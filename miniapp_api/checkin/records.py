"""The record of scans: what was scanned at which desk, what came of it, and who did what about it afterwards."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound

READERS = (Role.GUIDE, Role.SUPERVISOR, Role.COMPLAINT_HANDLER)

# Newest first. A guide sees what was scanned at their desks, and what names a patient of their departments.
# $1 from    $2 before    $3 desk or null    $4 departments or null    $5 outcome or null    $6 reason or null
# $7 appointment or null    $8 id of the last row of the page before    $9 limit
SCANS = """
SELECT s.id, s.at, s.scanned_at, s.channel, s.outcome, s.reason, s.desk_id, k.name AS desk_name,
    s.appointment_id, a.department_id, d.name AS department_name, p.name AS patient_name,
    s.ticket_id, t.label AS ticket_label, t.state AS ticket_state, by_staff.name AS by_name,
    s.settled, s.settled_at, s.settled_why, settler.name AS settled_by_name,
    s.annulled_at, s.annulled_why, annuller.name AS annulled_by_name
FROM scan s
LEFT JOIN desk k ON k.id = s.desk_id
LEFT JOIN appointment a ON a.id = s.appointment_id
LEFT JOIN department d ON d.id = a.department_id
LEFT JOIN patient p ON p.id = a.patient_id
LEFT JOIN ticket t ON t.id = s.ticket_id
LEFT JOIN staff by_staff ON by_staff.id = s.by_id
LEFT JOIN staff settler ON settler.id = s.settled_by
LEFT JOIN staff annuller ON annuller.id = s.annulled_by
WHERE s.at >= $1 AND s.at < $2
AND ($3::uuid IS NULL OR s.desk_id = $3::uuid)
AND ($4::uuid[] IS NULL OR k.department_id = ANY($4::uuid[]) OR a.department_id = ANY($4::uuid[])
     OR (s.desk_id IS NOT NULL AND k.department_id IS NULL AND a.id IS NULL))
AND ($5::text IS NULL OR s.outcome = $5::text) AND ($6::text IS NULL OR s.reason = $6::text)
AND ($7::uuid IS NULL OR s.appointment_id = $7::uuid)
AND ($8::uuid IS NULL OR (s.at, s.id) < (SELECT b.at, b.id FROM scan b WHERE b.id = $8::uuid))
ORDER BY s.at DESC, s.id DESC LIMIT $9
"""

DESK_DEPARTMENT = "SELECT department_id FROM desk WHERE id = $1"


@dataclass(frozen=True)
class Question:
    """Which scans; without a day, those of today, but all of an appointment's when one is named."""

    day: date | None = None
    desk_id: UUID | None = None
    outcome: str | None = None
    reason: str | None = None
    appointment_id: UUID | None = None


async def scans(staff: SignedInStaff, question: Question, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List scans of my departments, the newest first; up to `limit + 1` rows.

    Raises: NotFound for an unknown desk, Forbidden for one of others.
    """
    own = staff.departments_of(*READERS)
    if question.desk_id is not None:
        desk = await db.fetch_one(DESK_DEPARTMENT, question.desk_id)
        if desk is None:
            raise NotFound()
        if own is not None and desk["department_id"] is not None and desk["department_id"] not in own:
            raise Forbidden()
    begins, ends = _span(question)
    return await db.fetch(
        SCANS,
        begins,
        ends,
        question.desk_id,
        None if own is None else list(own),
        question.outcome,
        question.reason,
        question.appointment_id,
        after,
        limit + 1,
    )


def _span(question: Question) -> tuple[Any, Any]:
    if question.day is None and question.appointment_id is not None:
        return clock.at(date(2000, 1, 1), 0), clock.at(date(2100, 1, 1), 0)
    day = question.day or clock.today()
    return clock.at(day, 0), clock.at(day + timedelta(days=1), 0)
