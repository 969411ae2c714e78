"""Reminders: promised when the fact happens, told when their moment comes, called off when it no longer holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from notifications import hub
from notifications.notices.notice import Notice, end_of
from notifications.notices.visits import revisit_reminder, visit_reminder
from server import clock, db
from server.facts import AppointmentBooked, AppointmentCancelled, Fact, VisitFinished, as_payload, from_payload
from server.ids import new_id

log = structlog.get_logger("reminders")

DAY_BEFORE_HOUR = 18
TWO_HOURS = timedelta(hours=2)
TWO_HOURS_AND_A_BIT = timedelta(hours=2, minutes=10)  # who books later than that needs no second message
REVISIT_HOUR = 9
BATCH = 200

VISIT_KINDS = ("visit_day_before", "visit_two_hours")

INSERT = """
INSERT INTO reminder (id, key, kind, subject_id, state, due_at, deadline, data, created_at)
SELECT t.id, t.key, t.kind, $1, $2, t.due_at, t.deadline, $3, app_now()
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
     AS t (id, key, kind, due_at, deadline)
ON CONFLICT (key) DO UPDATE SET state = 'cancelled' WHERE reminder.state = 'planned' AND excluded.state = 'cancelled'
"""


@dataclass(frozen=True)
class Moment:
    """When a reminder is due and until when it is of use."""

    kind: str
    due_at: datetime
    deadline: datetime


def moments_of_visit(starts_at: datetime, now: datetime) -> list[Moment]:
    """Give the reminders of a visit that was booked now; those whose moment has passed are left out."""
    day_before = clock.local(starts_at).date() - timedelta(days=1)
    evening = clock.at(day_before, DAY_BEFORE_HOUR)
    found = []
    if evening > now:
        # «tomorrow» is wrong after midnight
        found.append(Moment("visit_day_before", evening, end_of(day_before)))
    if starts_at - now >= TWO_HOURS_AND_A_BIT:
        found.append(Moment("visit_two_hours", starts_at - TWO_HOURS, starts_at))
    return found


async def plan_visit(fact: AppointmentBooked) -> None:
    """Promise the reminders of a booking."""
    if fact.account_id is not None:
        await _insert(fact.appointment_id, "planned", moments_of_visit(fact.starts_at, clock.now()), as_payload(fact))


async def call_off_visit(fact: AppointmentCancelled) -> None:
    """Call the reminders of a booking off, also when the booking itself is heard of only later."""
    moments = [Moment(kind, clock.now(), clock.now()) for kind in VISIT_KINDS]
    await _insert(fact.appointment_id, "cancelled", moments, {})
    await hub.call_off(fact.appointment_id, events=VISIT_KINDS, reason="appointment_cancelled")


async def plan_revisit(fact: VisitFinished) -> None:
    """Promise the reminder of a return visit."""
    if fact.account_id is None or fact.revisit_on is None:
        return
    morning = clock.at(fact.revisit_on - timedelta(days=1), REVISIT_HOUR)
    moment = Moment("revisit", max(clock.now(), morning), end_of(fact.revisit_on))
    await _insert(fact.encounter_id, "planned", [moment], as_payload(fact))


async def tell_due() -> None:
    """Make messages of the reminders whose moment has come, each once."""
    done = BATCH
    while done == BATCH:
        rows = await db.fetch(
            "SELECT id, kind, data, deadline FROM reminder WHERE state = 'planned' AND due_at <= app_now()"
            " ORDER BY due_at LIMIT $1",
            BATCH,
        )
        done = 0
        for row in rows:
            try:
                await _tell(row)
                done += 1
            except Exception:  # one bad reminder must not hold up the others
                log.exception("reminder_failed", reminder=str(row["id"]))


async def _tell(row: dict[str, Any]) -> None:
    async with db.transaction():
        # whoever moves the row tells; a moment that was missed by too much is not made up for
        moved = await db.fetch_one(
            "UPDATE reminder SET state = CASE WHEN deadline > app_now() THEN 'sent' ELSE 'cancelled' END"
            " WHERE id = $1 AND state = 'planned' RETURNING state",
            row["id"],
        )
        if moved is None or moved["state"] != "sent":
            return
        fact = _fact_of(row)
        to = await hub.account(fact.account_id) if fact.account_id else None
        if to is not None:
            await hub.post(_notice(row, fact, to.language), to)


def _fact_of(row: dict[str, Any]) -> AppointmentBooked | VisitFinished:
    kind: type[Fact] = VisitFinished if row["kind"] == "revisit" else AppointmentBooked
    fact = from_payload(kind.__name__, orjson.loads(row["data"]))
    assert isinstance(fact, AppointmentBooked | VisitFinished)
    return fact


def _notice(row: dict[str, Any], fact: AppointmentBooked | VisitFinished, language: str) -> Notice:
    if isinstance(fact, VisitFinished):
        assert fact.revisit_on is not None  # promised only with a date
        return revisit_reminder(fact, fact.revisit_on, language)
    return visit_reminder(row["kind"], fact, language=language, deadline=row["deadline"])


async def _insert(subject_id: UUID, state: str, moments: Sequence[Moment], data: dict[str, Any]) -> None:
    if moments:
        await db.fetch(
            INSERT,
            subject_id,
            state,
            orjson.dumps(data).decode(),
            [new_id() for _ in moments],
            [f"{moment.kind}:{subject_id}" for moment in moments],
            [moment.kind for moment in moments],
            [moment.due_at for moment in moments],
            [moment.deadline for moment in moments],
        )
