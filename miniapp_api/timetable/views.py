"""What planners are shown of a week and of a session."""

from datetime import date, time
from typing import Any, Literal

from miniapp_api.schedules.rules import ExceptionKind, Pool
from miniapp_api.schedules.views import ChangeView, DayView, show_day
from miniapp_api.timetable.actions import SessionSeen, Week
from miniapp_api.timetable.models import Cell
from server.web import View, moment


class TimetableName(View):
    """Something with a name."""

    id: str
    name: str


class TimetablePerson(TimetableName):
    """A practitioner of the week."""

    title: str


class PoolPlaces(View):
    """Places of a pool, of all bands together. taken: also those that are kept for whoever waits."""

    capacity: int
    taken: int


class CellView(View):
    """A session as a week shows it.

    origin: a weekly rule, an extra clinic, or opened by hand. has_own_room: a person chose its room. is_unconfirmed:
    nobody knows yet whether the day is a holiday.
    """

    id: str
    practitioner_id: str
    practitioner_name: str
    department_id: str
    room_id: str | None
    room_name: str | None
    day: date
    starts_at: str
    ends_at: str
    visit_type: str
    opens_at: str
    status: Literal["open", "closed", "stopped"]
    origin: Literal["rule", "extra", "hand"]
    rule_id: str | None
    exception_id: str | None
    has_own_room: bool
    is_unconfirmed: bool
    places: dict[Pool, PoolPlaces]
    version: int


class AwayView(View):
    """Leave of a practitioner, or a closure of all; without times it is the whole days."""

    id: str
    kind: ExceptionKind
    practitioner_id: str | None
    first_day: date
    last_day: date
    starts_at: time | None
    ends_at: time | None
    reason: str


class WeekView(View):
    """A department's week, from Monday on. unknown_years: of them nobody knows the holidays."""

    department: TimetableName
    days: list[DayView]
    unknown_years: list[int]
    practitioners: list[TimetablePerson]
    rooms: list[TimetableName]
    sessions: list[CellView]
    away: list[AwayView]


class TimetableBand(View):
    """A band of a session with the places of one pool. adjusted: places that people added or moved."""

    id: str
    starts_at: str
    ends_at: str
    pool: Pool
    capacity: int
    adjusted: int
    taken: int


class TimetableSession(CellView):
    """One session. people: who is booked or waits, and is told when its place changes."""

    place: str
    people: int
    bands: list[TimetableBand]
    changes: list[ChangeView]


def show_week(week: Week) -> dict[str, Any]:
    """Show a week."""
    return {
        "department": _named(week.department),
        "days": [show_day(day, day.day in week.own_days) for day in week.days],
        "unknown_years": sorted({day.day.year for day in week.days if not day.is_confirmed}),
        "practitioners": [{**_named(one), "title": one["title"]} for one in week.people],
        "rooms": [_named(one) for one in week.rooms],
        "sessions": [_cell(one, week.places[one.id]) for one in week.sessions],
        "away": [_away(one) for one in week.away],
    }


def show_session(seen: SessionSeen) -> dict[str, Any]:
    """Show a session."""
    names = ("by_name", "why", "before", "after")
    return {
        **_cell(seen.cell, seen.places),
        "place": seen.cell.place,
        "people": seen.people,
        "bands": [
            {
                **row,
                "id": str(row["id"]),
                "starts_at": moment(row["starts_at"]),
                "ends_at": moment(row["ends_at"]),
            }
            for row in seen.bands
        ],
        "changes": [{"at": moment(row["at"]), **{name: row[name] for name in names}} for row in seen.changes],
    }


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(row["id"]), "name": row["name"]}


def _cell(cell: Cell, places: dict[str, dict[str, int]]) -> dict[str, Any]:
    return {
        "id": str(cell.id),
        "practitioner_id": str(cell.practitioner_id),
        "practitioner_name": cell.practitioner_name,
        "department_id": str(cell.department_id),
        "room_id": _text(cell.room_id),
        "room_name": cell.room_name,
        "day": cell.day.isoformat(),
        "starts_at": moment(cell.starts_at),
        "ends_at": moment(cell.ends_at),
        "visit_type": cell.visit_type,
        "opens_at": moment(cell.opens_at),
        "status": cell.status,
        "origin": cell.origin,
        "rule_id": _text(cell.schedule_rule_id),
        "exception_id": _text(cell.exception_id),
        "has_own_room": cell.has_own_room,
        "is_unconfirmed": cell.is_unconfirmed,
        "places": places,
        "version": cell.version,
    }


def _away(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: row[name].isoformat(timespec="minutes") if row[name] else None for name in ("starts_at", "ends_at")}
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "practitioner_id": _text(row["practitioner_id"]),
        "first_day": row["first_day"].isoformat(),
        "last_day": row["last_day"].isoformat(),
        **times,
        "reason": row["reason"],
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
