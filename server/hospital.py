"""What is true of the hospital itself: campuses, departments, practitioners, rooms, the duty rota, its policies."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from server import clock, db
from server.db import Row
from server.workdays import is_holiday


class Campus(Row):
    """A site of the hospital (院区)."""

    code = fields.TextField()
    name = fields.TextField()
    address = fields.TextField(default="")
    directions = fields.TextField(default="")

    class Meta:
        table = "campus"


class Hospital(Row):
    """The one hospital of this deployment."""

    name = fields.TextField()
    address = fields.TextField(default="")
    landmarks = fields.TextField(default="")
    bus_routes = fields.TextField(default="")
    phone = fields.TextField(default="")
    emergency_phone = fields.TextField(default="")
    opening_hours = fields.TextField(default="")
    services = fields.TextField(default="")
    latitude = fields.FloatField(null=True)  # GCJ-02, as the platform's maps take it
    longitude = fields.FloatField(null=True)
    emergency_hours = fields.TextField(default="")
    price_notes = fields.TextField(default="")
    is_demo = fields.BooleanField(default=False)

    class Meta:
        table = "hospital"


class Department(Row):
    """A department (科室) with its own rules of check-in."""

    code = fields.TextField()
    name = fields.TextField()
    pinyin = fields.TextField(default="")
    initials = fields.TextField(default="")
    parent_id = fields.UUIDField(null=True)
    campus_id = fields.UUIDField()
    speciality_code = fields.TextField(default="")
    ticket_prefix = fields.TextField(default="A")
    location = fields.TextField(default="")
    introduction = fields.TextField(default="")
    check_in_opens_minutes = fields.IntField(default=120)  # before the slot begins
    check_in_closes_minutes = fields.IntField(default=60)  # after the slot has ended
    service_minutes = fields.IntField(default=8)
    survey_delay_minutes = fields.IntField(default=120)
    active = fields.BooleanField(default=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "department"


class Practitioner(Row):
    """A doctor (医生)."""

    code = fields.TextField()
    name = fields.TextField()
    pinyin = fields.TextField(default="")
    initials = fields.TextField(default="")
    title = fields.TextField(default="")
    department_id = fields.UUIDField()
    specialities = fields.TextField(default="")
    introduction = fields.TextField(default="")
    photo = fields.TextField(default="")
    gender = fields.TextField(null=True)
    active = fields.BooleanField(default=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "practitioner"


class Room(Row):
    """A consulting room (诊室)."""

    code = fields.TextField()
    name = fields.TextField()
    department_id = fields.UUIDField()
    location = fields.TextField(default="")
    state = fields.TextField(default="open")
    pause_reason = fields.TextField(default="")
    paused_until = fields.DatetimeField(null=True)  # when it most likely goes on
    active = fields.BooleanField(default=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "room"


class Duty(Row):
    """One line of the weekly rota. level: 0 handler, 1 supervisor, 2 head, 3 committee. weekday: Monday is 0.

    An end before the beginning is a night shift. on_holidays: it holds on official holidays too.
    """

    staff_id = fields.UUIDField()
    level = fields.IntField()
    weekday = fields.IntField()
    starts_at = fields.TimeField()
    ends_at = fields.TimeField()
    on_holidays = fields.BooleanField(default=True)

    class Meta:
        table = "duty"


@dataclass(frozen=True)
class OnDuty:
    """A member of staff on duty. stands_for: the name of whom they stand in for, if anybody."""

    id: UUID
    name: str
    stands_for: str = ""


# $1 level, $2 today, $3 now on the clock on the wall, $4 and $5 whether the library knows today and yesterday as a
# holiday, $6 the moment. A line whose end is before its beginning is a night shift: it belongs to the day on which it
# begins. Lines of a date stand in place of those of its weekday; whoever is away gives their line to who stands in.
ON_DUTY = """
WITH days AS (
    SELECT d.day, coalesce((SELECT c.kind = 'holiday' FROM calendar_day c WHERE c.day = d.day), d.known) AS is_holiday
    FROM (VALUES ($2::date, $4::boolean), ($2::date - 1, $5::boolean)) AS d (day, known)
), lines AS (
    SELECT x.day, x.staff_id, x.starts_at, x.ends_at FROM duty_day x JOIN days USING (day) WHERE x.level = $1
    UNION ALL
    SELECT days.day, w.staff_id, w.starts_at, w.ends_at
    FROM days JOIN duty w ON w.level = $1 AND w.weekday = extract(isodow FROM days.day) - 1
    WHERE (w.on_holidays OR NOT days.is_holiday)
    AND NOT EXISTS (SELECT 1 FROM duty_day x WHERE x.day = days.day AND x.level = $1)
), present AS (
    SELECT DISTINCT staff_id FROM lines WHERE CASE
        WHEN day = $2::date THEN starts_at <= $3::time AND ($3::time < ends_at OR ends_at < starts_at)
        ELSE ends_at < starts_at AND $3::time < ends_at END
), away AS (
    SELECT staff_id, stands_in FROM duty_off WHERE from_at <= $6::timestamptz AND $6::timestamptz < until_at
), there AS (
    SELECT staff_id, NULL::uuid AS stands_for FROM present
    UNION ALL
    SELECT a.stands_in, a.staff_id FROM away a JOIN present USING (staff_id) WHERE a.stands_in IS NOT NULL
)
SELECT DISTINCT ON (s.username) s.id, s.name, s.username, coalesce(o.name, '') AS stands_for
FROM there t JOIN staff s ON s.id = t.staff_id AND s.active LEFT JOIN staff o ON o.id = t.stands_for
WHERE NOT EXISTS (SELECT 1 FROM away a WHERE a.staff_id = t.staff_id)
ORDER BY s.username, t.stands_for NULLS FIRST
"""


async def on_duty(level: int, at: datetime | None = None) -> list[OnDuty]:
    """Give who is on duty at a level of the ladder, in the order of their user names; may be empty.

    The only answer to this question: ask it at the moment when something is sent, and keep it nowhere.
    """
    at = at or clock.now()
    moment = clock.local(at)
    today = moment.date()
    rows = await db.fetch(
        ON_DUTY,
        level,
        today,
        time(moment.hour, moment.minute, moment.second),
        is_holiday(today),
        is_holiday(today - timedelta(days=1)),
        at,
    )
    return [OnDuty(id=row["id"], name=row["name"], stands_for=row["stands_for"]) for row in rows]


async def policy(name: str, default: Any) -> Any:
    """Give what the hospital decided for a named policy, or the default that the rules name."""
    row = await db.fetch_one("SELECT value FROM policy WHERE name = $1", name)
    return orjson.loads(row["value"]) if row else default
