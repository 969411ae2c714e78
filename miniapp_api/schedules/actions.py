"""What happens to schedules by itself: sessions and bands are made for the next days, and follow their rules."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.errors import PlanChanged
from miniapp_api.schedules import models
from miniapp_api.schedules.announcements import announce_conflicts, watch_calendar
from miniapp_api.schedules.differences import Changes, StandingSession, World, differences
from miniapp_api.schedules.holidays import official_day
from miniapp_api.schedules.models import read_calendar, read_plan, read_sessions, setting_of
from miniapp_api.schedules.rules import (
    DAYS_AHEAD,
    CalendarDay,
    Template,
    WantedBand,
    WantedSession,
    calendar_day,
    expand_all,
)
from server import clock, db
from server.errors import wrong_field
from server.ids import new_id

ROUNDS = 2  # the second finds what was booked under the first, and settles what lies across it


async def open_sessions(days: int = DAYS_AHEAD) -> int:
    """Bring the sessions and bands of the next days, today included, to what rules and exceptions want.

    Doing it twice, or twice at once, is doing it once. days: at least so many, whatever the departments release.
    Returns: how many sessions were made.
    Raises: what the first department raised that cannot be planned, once the others are.
    """
    made = 0
    bad: list[Exception] = []
    for row in await db.fetch(models.DEPARTMENTS):
        try:
            made += await _open(row["id"], days)
        except Exception as error:  # raised below
            bad.append(error)
    await watch_calendar()
    if bad:
        raise bad[0]
    return made


async def _open(department_id: UUID, days: int) -> int:
    made = 0
    async with db.transaction():
        await db.fetch(models.LOCK)
        for _ in range(ROUNDS):
            changes = await compare(department_id, days)
            if changes.is_empty:
                break
            made += await write(changes)
        await announce_conflicts(department_id, changes)
    return made


async def compare(department_id: UUID, days: int = DAYS_AHEAD) -> Changes:
    """Give what must change so that a department's sessions are as its rules and exceptions want them."""
    setting, _ = await setting_of(department_id)
    today = clock.today()
    last = today + timedelta(days=max(days, setting.horizon_days) - 1)
    rules, exceptions = await read_plan(department_id, today, last)
    template = Template(
        department_id=department_id,
        setting=setting,
        days=tuple(await calendar(days_between(today, last))),
        rules=rules,
        exceptions=exceptions,
    )
    wanted, left_out = expand_all(template)
    people = {one.practitioner_id for one in wanted}
    standing = await read_sessions(department_id, people, today, last)
    changes = differences(template, wanted, World(standing, clock.now()))
    changes.left_out += [one for one in left_out if one.session.ends_at > clock.now()]
    changes.until.append(last)
    await _look_beyond(template, last, changes)
    return changes


async def _look_beyond(template: Template, last: date, changes: Changes) -> None:
    """Find the extra clinics after the last day for which sessions are made, and those that will have no room."""
    spans = await db.fetch(models.EXTRAS_AFTER, template.department_id, last)
    tomorrow = last + timedelta(days=1)
    days = {day for one in spans for day in days_between(max(one["first_day"], tomorrow), one["last_day"])}
    if not days:
        return
    rules, exceptions = await read_plan(template.department_id, min(days), max(days))
    days_then = tuple(await calendar(sorted(days)))
    wanted, left_out = expand_all(replace(template, days=days_then, rules=rules, exceptions=exceptions))
    changes.later += [one for one in wanted if one.exception_id is not None]
    changes.left_out += left_out


def days_between(first: date, last: date) -> list[date]:
    """Give some days, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


async def calendar(days: Sequence[date]) -> list[CalendarDay]:
    """Give what each of some days is. days: in their order, at least one."""
    overrides, confirmed = await read_calendar(days[0], days[-1])
    return [
        calendar_day(
            day, official=official_day(day), override=overrides.get(day), is_year_confirmed=day.year in confirmed
        )
        for day in days
    ]


async def write(changes: Changes, *, exactly: bool = False) -> int:
    """Write changes in the open transaction; give how many sessions were made.

    What was booked since they were found is kept. exactly: then refuse instead, since somebody has seen them.
    Raises: PlanChanged.
    """
    gone = [band.id for _, band in changes.gone_bands]
    asked = {one.band.id: one.capacity for one in changes.capacities}
    await db.fetch(models.LOCK_SLOTS, [*gone, *asked])
    stayed = set(gone) - {row["id"] for row in await db.fetch(models.DELETE_SLOTS, gone)} if gone else set()
    asked |= dict.fromkeys(stayed, 0)  # booked in between: the place stays
    found = await db.fetch(models.CHANGE_CAPACITIES, list(asked), list(asked.values())) if asked else []
    if exactly and (stayed or any(row["capacity"] != asked[row["id"]] for row in found)):
        raise PlanChanged()
    made = await insert_sessions(changes.new_sessions)
    await _insert_slots([(session.id, band) for session, band in changes.new_bands])
    await _update_sessions(changes)
    if changes.gone_sessions:
        await db.fetch(models.DELETE_SESSIONS, [one.id for one in changes.gone_sessions])
    if exactly and len(made) != len(changes.new_sessions):
        raise PlanChanged()
    return len(made)


async def insert_sessions(wanted: Sequence[WantedSession]) -> list[UUID]:
    """Make sessions with their bands in the open transaction; leave out what is there. Give the ids of the new.

    Raises: Malformed for one by hand whose practitioner or department is out of use.
    """
    if not wanted:
        return []
    ids = {new_id(): session for session in wanted}
    try:
        rows = await db.fetch(
            models.INSERT_SESSIONS,
            list(ids),
            [one.rule_id for one in wanted],
            [one.exception_id for one in wanted],
            [one.version for one in wanted],
            [one.practitioner_id for one in wanted],
            [one.department_id for one in wanted],
            [one.room_id for one in wanted],
            [one.day for one in wanted],
            [one.starts_at for one in wanted],
            [one.ends_at for one in wanted],
            [one.visit_type for one in wanted],
            [one.opens_at for one in wanted],
            [one.is_unconfirmed for one in wanted],
            [one.is_drawing for one in wanted],
        )
    except IntegrityError as error:
        if db.violated(error) != models.IN_USE:
            raise
        raise wrong_field("/practitioner_id", "unknown", "the practitioner or the department is out of use") from error
    made = [row["id"] for row in rows]
    await _insert_slots([(session_id, band) for session_id in made for band in ids[session_id].bands])
    return made


async def _insert_slots(bands: Sequence[tuple[UUID, WantedBand]]) -> None:
    if bands:
        await db.fetch(
            models.INSERT_SLOTS,
            [new_id() for _ in bands],
            [session_id for session_id, _ in bands],
            [band.starts_at for _, band in bands],
            [band.ends_at for _, band in bands],
            [band.pool.value for _, band in bands],
            [band.capacity for _, band in bands],
        )


async def _update_sessions(changes: Changes) -> None:
    some = changes.sessions
    if some:
        await db.fetch(
            models.UPDATE_SESSIONS,
            [one.session.id for one in some],
            [one.room_id for one in some],
            [one.ends_at for one in some],
            [one.visit_type for one in some],
            [one.opens_at for one in some],
            [one.status for one in some],
            [one.rule_id for one in some],
            [one.exception_id for one in some],
            [one.version for one in some],
            [one.is_unconfirmed for one in some],
            [one.session.is_drawing for one in some],
            [one.is_drawing for one in some],
        )
    touched = {one.session.id for one in some} | _with_other_bands(changes)
    if touched:
        await db.fetch(models.TOUCH_SESSIONS, sorted(touched))


def _with_other_bands(changes: Changes) -> set[UUID]:
    pairs: Iterable[StandingSession] = (
        *(session for session, _ in changes.new_bands),
        *(session for session, _ in changes.gone_bands),
        *(one.session for one in changes.capacities),
    )
    return {session.id for session in pairs}
