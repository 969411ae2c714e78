"""What tests of schedules begin with."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.schedules.rules import (
    CalendarDay,
    DayKind,
    OnHolidays,
    Pool,
    Setting,
    Template,
    WantedSession,
    WeeklyRule,
    expand_all,
)
from server import clock, db
from server.ids import new_id
from tests import props

MONDAY = date(2026, 3, 2)
DEPARTMENT, DOCTOR = new_id(), new_id()


def ordinary(day: date) -> CalendarDay:
    return CalendarDay(day, DayKind.WEEKEND if day.weekday() > 4 else DayKind.WORKDAY)


def week(first: date = MONDAY, days: int = 7) -> tuple[CalendarDay, ...]:
    return tuple(ordinary(first + timedelta(days=n)) for n in range(days))


def weekly(**changed: Any) -> WeeklyRule:
    values = {
        "id": new_id(),
        "version": 1,
        "practitioner_id": DOCTOR,
        "department_id": DEPARTMENT,
        "room_id": None,
        "weekday": 0,
        "starts_at": time(8),
        "ends_at": time(12),
        "slot_minutes": 30,
        "capacities": {Pool.APP: 4},
        "visit_type": "ordinary",
        "valid_from": date(2000, 1, 1),
        "valid_until": None,
    }
    return WeeklyRule(**values | changed)


def a_template(*rules: WeeklyRule, **changed: Any) -> Template:
    values = {
        "department_id": DEPARTMENT,
        "setting": Setting(on_holidays=OnHolidays.SUNDAY),
        "days": week(),
        "rules": rules,
        "exceptions": (),
    }
    return Template(**values | changed)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return clock.at(day, hour, minute)


async def a_rule(**values: Any) -> dict[str, Any]:
    """A weekly clinic of tomorrow's weekday, 8 to 10, in a department that holds it on holidays too; a row."""
    if "department_id" not in values:
        values["department_id"] = await props.a_department()
        await usual(values["department_id"])
    if "practitioner_id" not in values:
        values["practitioner_id"] = await props.a_practitioner(values["department_id"])
    row = {
        "weekday": tomorrow().weekday(),
        "starts_at": time(8),
        "ends_at": time(10),
        "capacity": 3,
        **values,
    }
    return row | {"id": await props.insert("schedule_rule", **row)}


async def usual(department_id: UUID) -> None:
    """Let a department keep its clinics on holidays, so that a test means the same on every day of the year."""
    await db.fetch(
        "INSERT INTO schedule_setting (department_id, on_holidays, release_days_ahead, release_at)"
        " VALUES ($1, 'usual', 14, '00:00')",
        department_id,
    )


def tomorrow() -> date:
    return clock.today() + timedelta(days=1)


async def bands_of(day: date, pool: str = "app") -> list[tuple[str, int]]:
    """The bands of a day: begin and places."""
    rows = await db.fetch(
        "SELECT s.starts_at, s.capacity FROM slot s JOIN session se ON se.id = s.session_id"
        " WHERE se.day = $1 AND s.pool = $2 ORDER BY s.starts_at",
        day,
        pool,
    )
    return [(f"{clock.local(row['starts_at']):%H:%M}", row["capacity"]) for row in rows]


async def slot_at(day: date, hour: int, minute: int = 0, pool: str = "app") -> props.Slot:
    """The slot that begins then."""
    row = await db.fetch_one(
        "SELECT s.id, s.session_id, se.department_id, se.practitioner_id, se.room_id, s.starts_at, s.ends_at, se.day"
        " FROM slot s JOIN session se ON se.id = s.session_id WHERE s.starts_at = $1 AND s.pool = $2",
        clock.at(day, hour, minute),
        pool,
    )
    assert row is not None
    return props.Slot(**row)


def expand(template: Template) -> list[WantedSession]:
    """The sessions of a template, without what is left out."""
    return expand_all(template)[0]
