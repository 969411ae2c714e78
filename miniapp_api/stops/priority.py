"""Whoever lost a place by a stop comes first the next time: one entry of the waitlist for each lost place."""

from datetime import timedelta

from miniapp_api.stops.errors import AlreadySettled
from miniapp_api.stops.news import CHANNEL
from miniapp_api.stops.rules import PRIORITY_DAYS
from miniapp_api.stops.visits import Visit
from miniapp_api.waitlist.joining import Asked, join
from miniapp_api.waitlist.ranking import prioritise
from miniapp_api.waitlist.rules import MOST_DAYS, STOPPED_PRIORITY, Criteria
from server import clock, db
from server.errors import IllegalMove
from server.history import By

BATCH = 100
WHY = "停诊后优先安排"

# Entries that wait for the department in which their person lost a place, and were not put first yet; the oldest loss
# is made good first. $1 days, $2 how many
OWED = """
SELECT DISTINCT ON (e.id) e.id AS entry_id, v.id AS visit_id
FROM waitlist_entry e JOIN waitlist_person w ON w.entry_id = e.id JOIN patient p ON p.id = w.patient_id
JOIN patient same ON same.person_id = p.person_id
JOIN stopped_visit v ON v.patient_id = same.id AND v.state = 'settled' AND v.waitlist_entry_id IS NULL AND NOT v.is_hold
    AND (v.outcome = 'released' OR v.answer IN ('gave_back', 'silent') AND v.new_appointment_id IS NULL)
    AND v.settled_at > app_now() - make_interval(days => $1)
WHERE e.state = 'waiting' AND e.priority = 0
  AND EXISTS (SELECT FROM waitlist_target t WHERE t.entry_id = e.id AND t.department_id = v.department_id)
ORDER BY e.id, v.settled_at LIMIT $2
"""
SPEND = """
UPDATE stopped_visit SET waitlist_entry_id = $2, version = version + 1 WHERE id = $1 AND waitlist_entry_id IS NULL
RETURNING id
"""


async def put_first() -> int:
    """Put entries first whose people have lost a place by a stop; give how many."""
    count = 0
    by = By(kind="system", id=None, channel=CHANNEL)
    for row in await db.fetch(OWED, PRIORITY_DAYS, BATCH):
        try:
            async with db.transaction():
                if await db.fetch_one(SPEND, row["visit_id"], row["entry_id"]):
                    await prioritise(row["entry_id"], STOPPED_PRIORITY, by=by, why=WHY)
                    count += 1
        except IllegalMove:
            continue  # it was offered a place in between: nothing is spent
    return count


async def wait(one: Visit, by: By) -> None:
    """Put somebody who has lost a place on the waitlist of the same practitioner, before others; once.

    one: locked. Raises: AlreadySettled, and what joining the waitlist raises.
    """
    has_place = one.new_appointment_id is not None and one.answer != "gave_back"
    if one.settled_at is None or one.is_hold or has_place or one.waitlist_entry_id is not None:
        raise AlreadySettled()
    today = clock.today()
    entry_id = await join(
        Asked(
            account_id=one.account_id,
            patient_ids=(one.patient_id,),
            by=by,
            criteria=Criteria(
                department_id=one.department_id,
                practitioner_ids=(one.practitioner_id,),
                first_day=today,
                last_day=today + timedelta(days=MOST_DAYS - 1),
                visit_types=(one.visit_type,),
            ),
            priority=STOPPED_PRIORITY,
            why=WHY,
        )
    )
    await db.fetch(SPEND, one.id, entry_id)
