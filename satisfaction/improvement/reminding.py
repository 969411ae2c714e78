"""Telling owners what is due, a few working days before and once it is over."""

from datetime import timedelta
from uuid import UUID

from satisfaction.improvement import rules
from server import clock, db, workdays
from server.events import publish
from server.facts import ImprovementDue
from server.jobs import each

BATCH = 200
LOOK_AHEAD = timedelta(days=31)  # longer than any holiday with the working days before it

# What is due and was not told yet. $1 the last day that is told of in advance, $2 today, $3 after which, $4 how many
DUE = """
SELECT i.id, i.number, i.title, i.owner_id, i.due_on, k.kind FROM improvement i
CROSS JOIN LATERAL (SELECT CASE WHEN i.due_on < $2 THEN 'overdue' ELSE 'soon' END AS kind) k
WHERE i.state IN ('accepted', 'doing') AND i.due_on <= $1 AND NOT EXISTS (
    SELECT 1 FROM improvement_reminder r WHERE r.improvement_id = i.id AND r.due_on = i.due_on AND r.kind = k.kind)
AND ($3::uuid IS NULL OR i.id > $3) ORDER BY i.id LIMIT $4
"""
TELL_ONCE = """
INSERT INTO improvement_reminder (improvement_id, due_on, kind, at) VALUES ($1, $2, $3, app_now())
ON CONFLICT DO NOTHING RETURNING improvement_id
"""


async def remind_due() -> int:
    """Tell the owners of what is due within three working days or is overdue, each once; give how many were told."""
    today = clock.today()
    works = await workdays.worked_between(today, today + LOOK_AHEAD)
    until, left = today, rules.REMIND_WORKDAYS
    while left and until < today + LOOK_AHEAD:
        until += timedelta(days=1)
        left -= works(until)
    told, last = 0, None
    while rows := await db.fetch(DUE, until, today, last, BATCH):
        told, last = told + await each("remind_improvements", rows, _tell), rows[-1]["id"]
    return told


async def _tell(row: dict) -> int:
    async with db.transaction():
        if await db.fetch_one(TELL_ONCE, row["id"], row["due_on"], row["kind"]) is None:
            return 0  # somebody was faster
        owner_id: UUID = row["owner_id"]
        await publish(
            ImprovementDue(
                improvement_id=row["id"],
                number=row["number"],
                title=row["title"],
                owner_id=owner_id,
                due_on=row["due_on"],
                is_overdue=row["kind"] == "overdue",
                at=clock.now(),
            )
        )
    return 1
