"""What planners see and do with sessions: the week, one session, another room for it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.errors import SessionStopped, SlotOver
from miniapp_api.schedules.actions import calendar, days_between
from miniapp_api.schedules.models import LOCK, read_calendar
from miniapp_api.schedules.notes import history, write_note
from miniapp_api.schedules.rules import CalendarDay
from miniapp_api.timetable import models
from miniapp_api.timetable.models import Cell
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import need_department
from server.errors import NotFound, SomeoneWasFaster, wrong_field
from server.events import fact_row, publish
from server.facts import SessionRoomChanged, VisitPlaceChanged
from server.jobs import ring

DAYS = 7

Places = dict[UUID, dict[str, dict[str, int]]]


@dataclass(frozen=True, kw_only=True)
class Week:
    """A department's week. places: of each session, by pool: capacity and taken."""

    department: dict[str, Any]
    days: list[CalendarDay]
    own_days: frozenset[date]
    people: list[dict[str, Any]]
    rooms: list[dict[str, Any]]
    sessions: list[Cell]
    places: Places
    away: list[dict[str, Any]]


async def week(staff: SignedInStaff, department_id: UUID, day: date) -> Week:
    """Give the week of a department in which a day lies, from Monday on.

    Raises: NotFound, Forbidden.
    """
    need_department(staff, department_id, Role.DEPARTMENT_HEAD)
    department = await db.fetch_one(models.DEPARTMENT, department_id)
    if department is None:
        raise NotFound()
    first = day - timedelta(days=day.weekday())
    last = first + timedelta(days=DAYS - 1)
    cells = [Cell(**row) for row in await db.fetch(models.SESSIONS_OF_WEEK, department_id, first, last)]
    people = await db.fetch(models.PEOPLE, department_id, sorted({one.practitioner_id for one in cells}), first, last)
    own, _ = await read_calendar(first, last)
    return Week(
        department=department,
        days=await calendar(days_between(first, last)),
        own_days=frozenset(own),
        people=people,
        rooms=await db.fetch(models.ROOMS, department_id),
        sessions=cells,
        places=await _places([one.id for one in cells]),
        away=await db.fetch(models.AWAY, department_id, first, last, [one["id"] for one in people]),
    )


async def _places(sessions: list[UUID]) -> Places:
    found: Places = {session_id: {} for session_id in sessions}
    for row in await db.fetch(models.PLACES, sessions):
        found[row["session_id"]][row["pool"]] = {"capacity": row["capacity"], "taken": row["taken"]}
    return found


@dataclass(frozen=True, kw_only=True)
class SessionSeen:
    """One session. people: who is booked or waits, and is still to be seen. changes: of the session by hand."""

    cell: Cell
    places: dict[str, dict[str, int]]
    bands: list[dict[str, Any]]
    people: int
    changes: list[dict[str, Any]]

    @property
    def version(self) -> int:
        """Give the session's version, for `If-Match`."""
        return self.cell.version


async def session(staff: SignedInStaff, session_id: UUID) -> SessionSeen:
    """Give one session with its bands.

    Raises: NotFound, Forbidden.
    """
    row = await db.fetch_one(models.SESSION, session_id)
    if row is None:
        raise NotFound()
    cell = Cell(**row)
    need_department(staff, cell.department_id, Role.DEPARTMENT_HEAD)
    count = await db.fetch_one(models.STILL_TO_COME, session_id)
    return SessionSeen(
        cell=cell,
        places=(await _places([session_id]))[session_id],
        bands=await db.fetch(models.BANDS, session_id),
        people=count["people"] if count else 0,
        changes=await history("session", session_id),
    )


async def change_room(staff: SignedInStaff, seen: SessionSeen, room_id: UUID | None, *, why: str = "") -> None:
    """Let a session take place in another room; the plan does not move it back, and whoever is booked is told.

    seen: as `session` gave it. Raises: SessionStopped, SlotOver, SomeoneWasFaster, Malformed for another's room.
    """
    async with db.transaction():
        await db.fetch(LOCK)  # the plan is not written meanwhile
        row = await db.fetch_one(models.LOCK_SESSION, seen.cell.id)
        if row is None or row["version"] != seen.version:
            raise SomeoneWasFaster()
        old = Cell(**row)
        if old.status == "stopped":
            raise SessionStopped()
        if old.ends_at <= clock.now():
            raise SlotOver()
        room = await db.fetch_one(models.ROOM, room_id, old.department_id) if room_id else None
        if room_id is not None and room is None:
            raise wrong_field("/room_id", "unknown", "no such room in this department")
        if room_id == old.room_id:
            return
        await db.fetch(models.CHANGE_ROOM, old.id, room_id)
        about = ("session", old.id, old.department_id)
        await write_note(staff, about, {"room": old.room_name}, {"room": room["name"] if room else None}, why)
        await publish(SessionRoomChanged(session_id=old.id, place=old.place))


async def tell_of_room(fact: SessionRoomChanged) -> None:
    """Say to each who is booked in a session that its place is another one.

    After the change, not in it: a booking that was under way then has come to its end, and is among them.
    """
    await db.fetch(models.LOCK_SLOTS, fact.session_id)
    row = await db.fetch_one(models.SESSION, fact.session_id)
    if row is None or (now := Cell(**row)).place == fact.place:
        return  # gone since, or moved back
    people = await db.fetch(models.EXPECTED, fact.session_id)
    facts = [
        fact_row(
            VisitPlaceChanged(
                **person,
                department_name=now.department_name,
                practitioner_name=now.practitioner_name,
                location=now.place,
            )
        )
        for person in people
    ]
    if facts:
        await db.fetch(models.INSERT_FACTS, *([one[column] for one in facts] for column in range(3)))
        ring("relay")
