"""What is true of the hospital itself: campuses, departments, practitioners, rooms, the duty rota, its policies."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from server import clock, db
from server.db import Row


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
    active = fields.BooleanField(default=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "room"


class Duty(Row):
    """One line of the rota. level: 0 handler, 1 supervisor, 2 head, 3 committee. weekday: Monday is 0."""

    staff_id = fields.UUIDField()
    level = fields.IntField()
    weekday = fields.IntField()
    starts_at = fields.TimeField()
    ends_at = fields.TimeField()

    class Meta:
        table = "duty"


@dataclass(frozen=True)
class OnDuty:
    """A member of staff on duty."""

    id: UUID
    name: str


async def on_duty(level: int, at: datetime | None = None) -> list[OnDuty]:
    """Give who is on duty at a level of the ladder, in the order of their user names; may be empty."""
    moment = clock.local(at or clock.now())
    rows = await db.fetch(
        "SELECT DISTINCT s.id, s.name, s.username FROM duty d JOIN staff s ON s.id = d.staff_id AND s.active"
        " WHERE d.level = $1 AND d.weekday = $2 AND d.starts_at <= $3 AND $3 < d.ends_at ORDER BY s.username",
        level,
        moment.weekday(),
        time(moment.hour, moment.minute, moment.second),
    )
    return [OnDuty(id=row["id"], name=row["name"]) for row in rows]


async def policy(name: str, default: Any) -> Any:
    """Give what the hospital decided for a named policy, or the default that the rules name."""
    row = await db.fetch_one("SELECT value FROM policy WHERE name = $1", name)
    return orjson.loads(row["value"]) if row else default
