"""Reminders: promised for a moment, and told only when what they say still holds.

The appointment is the truth, not the order in which facts arrive: every look asks `visit_now`. A reminder is planned
for one version of one appointment, and its text is made when it is told, so it names the room of that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from notifications import hub
from notifications.notices.notice import end_of
from notifications.notices.reminding import Visit, visit_reminder
from server import clock, db, kill_points
from server.facts import AppointmentBooked, AppointmentCancelled, VisitPlaceChanged
from server.ids import new_id

log = structlog.get_logger("reminders")

DAY_BEFORE_HOUR = 18
TWO_HOURS = timedelta(hours=2)
TWO_HOURS_AND_A_BIT = timedelta(hours=2, minutes=10)  # who books later than that needs no second message
BATCH = 200

VISIT_KINDS = ("visit_day_before", "visit_two_hours")
MISSED_MOMENT = "cancelled"  # too late for it: noted, so that the next look need not think again

VISIT = """
SELECT id, version, account_id, patient_id, patient_name, number, starts_at, ends_at, is_expected, is_over,
       department_name, practitioner_name, location, campus_name, campus_address, campus_directions, hospital_address,
       hospital_bus_routes, booked_at
FROM visit_now WHERE id = $1
"""
# Whoever ends the booking now waits until the message is written, or this waits and sees the end.
LOCK_VISIT = "SELECT id FROM appointment WHERE id = $1 FOR SHARE"

# $1 subject, $2 version, $3 time of the visit; a row for each reminder
PLAN = """
INSERT INTO reminder (id, subject_id, version, visit_at, kind, state, due_at, deadline, created_at)
SELECT t.id, $1, $2, $3, t.kind, t.state, t.due_at, t.deadline, app_now()
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
     AS t (id, kind, state, due_at, deadline)
ON CONFLICT DO NOTHING
"""
# $1 appointment, $2 the time that it is booked for, or null when it is over
CALL_OFF = """
UPDATE reminder SET state = 'cancelled'
WHERE subject_id = $1 AND state = 'planned' AND kind = ANY($3::text[]) AND visit_at IS DISTINCT FROM $2::timestamptz
"""
# Appointments whose time is another than any that was planned for: the same one was moved, whoever did it.
MOVED = """
SELECT DISTINCT r.subject_id FROM reminder r JOIN appointment a ON a.id = r.subject_id
WHERE r.visit_at > app_now() - interval '1 day' AND a.starts_at <> r.visit_at AND a.starts_at > app_now()
  AND a.status = 'booked'
  AND NOT EXISTS (SELECT FROM reminder n WHERE n.subject_id = a.id AND n.visit_at = a.starts_at
                  AND n.version = a.version)
LIMIT $1
"""
DUE = """
SELECT id, kind, subject_id FROM reminder WHERE state = 'planned' AND due_at <= app_now() ORDER BY due_at LIMIT $1
"""
TAKE = """
SELECT id, kind, subject_id, version, visit_at, deadline, deadline > app_now() AS is_in_time FROM reminder
WHERE id = $1 AND state = 'planned' FOR UPDATE
"""


@dataclass(frozen=True)
class Moment:
    """When a reminder is due and until when it is of use. is_missed: it was too late when it was planned."""

    kind: str
    due_at: datetime
    deadline: datetime
    is_missed: bool = False


def moments_of_visit(starts_at: datetime, booked_at: datetime) -> list[Moment]:
    """Give the two reminders of a visit. What had passed when the place was booked makes no sense any more."""
    day_before = clock.local(starts_at).date() - timedelta(days=1)
    evening = clock.at(day_before, DAY_BEFORE_HOUR)
    return [
        # «tomorrow» is wrong after midnight
        Moment("visit_day_before", evening, end_of(day_before), is_missed=evening <= booked_at),
        Moment(
            "visit_two_hours",
            starts_at - TWO_HOURS,
            starts_at,
            is_missed=starts_at - booked_at < TWO_HOURS_AND_A_BIT,
        ),
    ]


async def follow_visit(fact: AppointmentBooked | AppointmentCancelled | VisitPlaceChanged) -> None:
    """Bring the reminders of an appointment into line with how it stands now."""
    await _follow(fact.appointment_id)


async def follow_moved() -> None:
    """Bring the reminders of appointments into line whose time was changed; in the hub's own job."""
    for row in await db.fetch(MOVED, BATCH):
        async with db.transaction():
            await _follow(row["subject_id"])


async def _follow(appointment_id: UUID) -> None:
    visit = await _visit(appointment_id)
    if visit is None or visit.is_over or visit.account_id is None:
        await db.fetch(CALL_OFF, appointment_id, None, list(VISIT_KINDS))
        await hub.call_off(appointment_id, events=VISIT_KINDS, reason="appointment_cancelled")
        return
    await db.fetch(CALL_OFF, appointment_id, visit.starts_at, list(VISIT_KINDS))
    # a place that was moved since is as late as the move, which is now
    booked_at = visit.booked_at if await _is_first_plan(appointment_id) else clock.now()
    await _plan(visit.id, visit.version, moments_of_visit(visit.starts_at, booked_at), visit_at=visit.starts_at)
    kill_points.reach("reminder_planned")


async def _is_first_plan(appointment_id: UUID) -> bool:
    row = await db.fetch_one("SELECT 1 FROM reminder WHERE subject_id = $1 LIMIT 1", appointment_id)
    return row is None


async def tell_due() -> None:
    """Make messages of the reminders whose moment has come, each once."""
    done = BATCH
    while done == BATCH:
        rows = await db.fetch(DUE, BATCH)
        done = 0
        for row in rows:
            try:
                await _tell(row["id"])
                done += 1
            except Exception:  # one bad reminder must not hold up the others
                log.exception("reminder_failed", reminder=str(row["id"]))


async def _tell(reminder_id: UUID) -> None:
    async with db.transaction():
        # whoever holds the row tells; a moment that was missed by too much is not made up for
        row = await db.fetch_one(TAKE, reminder_id)
        if row is None:
            return
        told = row["is_in_time"] and await _tell_visit(row)
        await db.fetch("UPDATE reminder SET state = $2 WHERE id = $1", row["id"], "sent" if told else "cancelled")


async def _tell_visit(row: dict[str, Any]) -> bool:
    await db.fetch(LOCK_VISIT, row["subject_id"])
    visit = await _visit(row["subject_id"])
    if visit is None or not visit.is_expected or visit.starts_at != row["visit_at"] or visit.account_id is None:
        return False
    to = await hub.account(visit.account_id)
    if to is None:
        return False
    notice = visit_reminder(row["kind"], visit, version=row["version"], language=to.language, deadline=row["deadline"])
    await hub.post(notice, to)
    kill_points.reach("reminder_told")
    return True


async def _visit(appointment_id: UUID) -> Visit | None:
    row = await db.fetch_one(VISIT, appointment_id)
    return Visit(**row) if row else None


async def _plan(
    subject_id: UUID,
    version: int,
    moments: Sequence[Moment],
    *,
    visit_at: datetime | None = None,
) -> None:
    await db.fetch(
        PLAN,
        subject_id,
        version,
        visit_at,
        [new_id() for _ in moments],
        [moment.kind for moment in moments],
        [MISSED_MOMENT if moment.is_missed else "planned" for moment in moments],
        [moment.due_at for moment in moments],
        [moment.deadline for moment in moments],
    )
