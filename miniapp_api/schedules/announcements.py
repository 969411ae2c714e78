"""What staff are told of schedules unasked: bookings in the plan's way, and years whose holidays nobody knows."""

from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson
import structlog

from miniapp_api.schedules import models
from miniapp_api.schedules.differences import Changes
from miniapp_api.schedules.holidays import official_day
from miniapp_api.schedules.models import read_calendar
from miniapp_api.schedules.notes import write_note
from miniapp_api.schedules.rules import WhyLeftOut
from server import clock, db
from server.events import publish
from server.facts import HolidaysKnown, HolidaysUnknown, ScheduleConflictsFound, ScheduleConflictsSettled

log = structlog.get_logger("schedules")

YEAR_NEEDED_FROM = (11, 15)  # of the year before: by then the State Council has announced it, or is about to


async def announce_conflicts(department_id: UUID, changes: Changes) -> None:
    """Call the planners of a department when something new stands in the way of its plan, in the open transaction.

    changes: as they were found, also of other departments. The caller holds the plan's lock.
    """
    standing = _standing(department_id, changes)
    found = await db.fetch(models.KEEP_CONFLICTS, department_id, list(standing))
    gone = await db.fetch(models.FORGET_CONFLICTS, department_id, list(standing))
    if found:
        who = await db.fetch(models.PLANNERS, department_id)
        row = await db.fetch_one(models.DEPARTMENT_NAME, department_id)
        await publish(
            ScheduleConflictsFound(
                department_id=department_id,
                department_name=row["name"] if row else "",
                count=len(standing),
                places=sum(places for places, _ in standing.values()),
                first_at=min(starts_at for _, starts_at in standing.values()),
                staff_ids=tuple(one["id"] for one in who),
                at=clock.now(),
            )
        )
    elif gone and not standing:
        await publish(ScheduleConflictsSettled(department_id=department_id))


def _standing(department_id: UUID, changes: Changes) -> dict[str, tuple[int, datetime]]:
    """Give what stands in the way by a name that stays the same: booked places, and when."""
    conflicts = {
        f"{one.session.id}:{one.band.id if one.band else ''}:{one.why}": (
            max(one.taken - one.wanted, 0) if one.band else 0,
            (one.band or one.session).starts_at,
        )
        for one in changes.conflicts
        if one.session.department_id == department_id
    }
    left_out = {
        f"extra:{one.session.exception_id}:{one.session.starts_at.isoformat()}": (0, one.session.starts_at)
        for one in changes.left_out
        if one.session.department_id == department_id and one.why is WhyLeftOut.BUSY
    }
    return conflicts | left_out


def year_id(year: int) -> UUID:
    """Give the id that stands for a year where one is asked for."""
    return uuid5(NAMESPACE_OID, f"calendar:{year}")


async def watch_calendar() -> None:
    """Tell the administrators, once, of a near year whose holidays nobody knows, and once more when they are known.

    Near is this year, and from the middle of November the next.
    """
    today = clock.today()
    is_late = (today.month, today.day) >= YEAR_NEEDED_FROM
    _, confirmed = await read_calendar(today, today)
    for year in (today.year, today.year + 1) if is_late else (today.year,):
        is_known = year in confirmed or official_day(date(year, 1, 1)) is not None
        if not is_known:
            log.warning("holidays_unknown", year=year)
        async with db.transaction():
            await db.fetch(models.LOCK)
            await _tell_of_year(year, is_known)


async def _tell_of_year(year: int, is_known: bool) -> None:
    row = await db.fetch_one(models.LAST_OF_YEAR, str(year))
    last = orjson.loads(row["after"] or "{}") if row else {}
    if is_known and last.get("unknown"):
        await write_note(None, ("year", year, None), last, {"known": True}, "")
        await publish(HolidaysKnown(year=year, year_id=year_id(year)))
    elif not is_known and not last.get("unknown"):
        await write_note(None, ("year", year, None), None, {"unknown": True}, "")
        who = await db.fetch(models.PLANNERS, None)
        await publish(
            HolidaysUnknown(year=year, year_id=year_id(year), staff_ids=tuple(one["id"] for one in who), at=clock.now())
        )
