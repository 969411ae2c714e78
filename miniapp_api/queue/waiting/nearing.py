"""Who waits and must hear: that few are ahead, that the doctor is late, that the doctor has begun. Jobs look for them.

What is told is written down first, in the transaction of the fact, so that two workers never tell twice.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.queue.waiting import nearing_models as models
from server import clock, db
from server.events import publish
from server.facts import DoctorLate, DoctorStarted, TurnIsNear
from server.hospital import policy
from server.jobs import each

BATCH = 500
NEAR_AHEAD = 3
LATE = {"after_minutes": 15, "step_minutes": 15, "booked_hours": 2}


async def tell_near() -> None:
    """Tell those whose turn is near, each ticket once: when it came to so few ahead and had more when it was given."""
    few = await policy("queue.near_ahead", NEAR_AHEAD)
    await each("tell_near", await db.fetch(models.NEAR, clock.today(), few, BATCH), _near)


async def _near(row: dict[str, Any]) -> None:
    async with db.transaction():
        if await db.fetch_one(models.MARK_NEAR, row["ticket_id"], clock.now()) is not None:
            await publish(TurnIsNear(**row, at=clock.now()))


async def watch_begins() -> None:
    """Tell who waits and who comes soon that a clinic does not begin, once for each step; and that it has begun."""
    setting = LATE | await policy("queue.late_doctor", {})
    now = clock.now()

    async def watch(row: dict[str, Any]) -> None:
        if row["has_begun"]:
            await _begun(row)
        elif row["since"] is not None:
            late = _step(now - row["since"], setting["step_minutes"])
            if late >= setting["after_minutes"] and late > row["told_minutes"]:
                await _late(row, late, now + timedelta(hours=setting["booked_hours"]))

    await each("watch_begins", await db.fetch(models.BEGINS, clock.today(), now, setting["after_minutes"]), watch)


def _step(gone: timedelta, step_minutes: int) -> int:
    minutes = int(gone.total_seconds() // 60)
    return minutes - minutes % step_minutes


async def _late(session: dict[str, Any], minutes: int, until: datetime) -> None:
    async with db.transaction():
        people = await db.fetch(
            models.PEOPLE,
            session["id"],
            session["department_id"],
            clock.today(),
            session["practitioner_id"],
            until,
        )
        told = [one["ticket_id"] or one["appointment_id"] for one in people]
        if await db.fetch_one(models.KEEP_LATE, session["id"], minutes, told) is None:
            return  # another worker told this step, or the clinic has begun
        for one in people:
            if one["account_id"] is not None:
                await publish(DoctorLate(**one, **_about(session), minutes=minutes, at=clock.now()))


async def _begun(session: dict[str, Any]) -> None:
    async with db.transaction():
        row = await db.fetch_one(models.KEEP_BEGUN, session["id"], clock.now())
        if row is None or row["told_minutes"] == 0:
            return
        told: set[UUID] = set(row["told_ids"])
        end_of_day = clock.at(clock.today() + timedelta(days=1), 0)
        people = await db.fetch(
            models.PEOPLE,
            session["id"],
            session["department_id"],
            clock.today(),
            session["practitioner_id"],
            end_of_day,
        )
        for one in people:
            if one["account_id"] is not None and {one["ticket_id"], one["appointment_id"]} & told:
                await publish(DoctorStarted(**one, **_about(session), at=clock.now()))


def _about(session: dict[str, Any]) -> dict[str, Any]:
    names = ("department_name", "practitioner_name", "location")
    return {"session_id": session["id"], **{name: session[name] for name in names}}
