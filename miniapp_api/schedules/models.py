"""Weekly rules, exceptions, what departments decided, the calendar, and the statements that make sessions and slots.

Locks are taken in this order: the plan's, slots, sessions. Slots and sessions are made here and sold by `booking`.
"""

from datetime import date, time
from typing import Any
from uuid import UUID

from tortoise import fields

from miniapp_api.schedules.differences import StandingBand, StandingSession
from miniapp_api.schedules.rules import (
    CalendarDay,
    Capacities,
    DayKind,
    ExceptionKind,
    OnHolidays,
    Pool,
    ReleaseMode,
    ReserveReturn,
    ScheduleException,
    Setting,
    WeeklyRule,
)
from server import clock, db
from server.db import Row

IN_USE = "session_in_use"  # the trigger behind «no session by hand for who is out of use»
NO_OVERLAP = "schedule_rule_no_overlap"  # the constraint behind «nobody is in two clinics at once»


class WallTimeField(fields.Field[time], time):
    """A time of the hospital's day, as the clock on the wall shows it; the ORM's own field wants a zone."""

    SQL_TYPE = "TIME"

    def to_python_value(self, value: Any) -> time | None:
        """Give what the driver or a form gave."""
        return value


class ScheduleRule(Row):
    """A version of a practitioner's weekly clinic. weekday: Monday is 0. Capacities: places of each band, by pool."""

    practitioner_id = fields.UUIDField()
    department_id = fields.UUIDField()
    room_id = fields.UUIDField(null=True)
    weekday = fields.IntField()
    starts_at = WallTimeField()
    ends_at = WallTimeField()
    slot_minutes = fields.IntField(default=30)
    capacity = fields.IntField(default=0)
    desk_capacity = fields.IntField(default=0)
    revisit_capacity = fields.IntField(default=0)
    referral_capacity = fields.IntField(default=0)
    visit_type = fields.TextField(default="ordinary")
    valid_from = fields.DateField()
    valid_until = fields.DateField(null=True)
    follows_id = fields.UUIDField(null=True)
    active = fields.BooleanField(default=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "schedule_rule"


class ExceptionRow(Row):
    """Some days, or some hours of them, that differ from the weekly rules."""

    kind = fields.CharEnumField(ExceptionKind, description="")
    practitioner_id = fields.UUIDField(null=True)
    department_id = fields.UUIDField(null=True)
    first_day = fields.DateField()
    last_day = fields.DateField()
    starts_at = WallTimeField(null=True)
    ends_at = WallTimeField(null=True)
    room_id = fields.UUIDField(null=True)
    slot_minutes = fields.IntField(null=True)
    visit_type = fields.TextField(null=True)
    capacity = fields.IntField(null=True)
    desk_capacity = fields.IntField(null=True)
    revisit_capacity = fields.IntField(null=True)
    referral_capacity = fields.IntField(null=True)
    reason = fields.TextField(default="")
    made_by = fields.UUIDField(null=True)
    made_at = fields.DatetimeField(default=clock.now)
    active = fields.BooleanField(default=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "schedule_exception"


class Session(Row):
    """One practitioner, one day, one half-day (班次). status: open, closed or stopped."""

    schedule_rule_id = fields.UUIDField(null=True)
    exception_id = fields.UUIDField(null=True)
    rule_version = fields.IntField(null=True)
    practitioner_id = fields.UUIDField()
    department_id = fields.UUIDField()
    room_id = fields.UUIDField(null=True)
    day = fields.DateField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    visit_type = fields.TextField(default="ordinary")
    opens_at = fields.DatetimeField()
    status = fields.TextField(default="open")
    is_unconfirmed = fields.BooleanField(default=False)
    has_own_room = fields.BooleanField(default=False)
    is_drawing = fields.BooleanField(default=False)
    version = fields.IntField(default=1)

    class Meta:
        table = "session"


class Slot(Row):
    """A band of a session with the places of one pool (号源时段)."""

    session_id = fields.UUIDField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    pool = fields.CharEnumField(Pool, description="", default=Pool.APP)
    capacity = fields.IntField()
    adjusted = fields.IntField(default=0)
    taken = fields.IntField(default=0)
    last_number = fields.IntField(default=0)
    is_stopped = fields.BooleanField(default=False)
    version = fields.IntField(default=1)

    class Meta:
        table = "slot"


# ---- reading -------------------------------------------------------------------------------------------------------

DEPARTMENTS = "SELECT id FROM department ORDER BY id"  # one that is off has no rules: what is free goes
SETTING = """
SELECT on_holidays, release_days_ahead, release_at, release_mode, draw_window_seconds, reserve_return,
       reserve_return_minutes, reserve_return_at, version
FROM schedule_setting WHERE department_id = $1
"""
RULES = """
SELECT r.id, r.version, r.practitioner_id, r.department_id, r.room_id, r.weekday, r.starts_at, r.ends_at,
       r.slot_minutes, r.capacity, r.desk_capacity, r.revisit_capacity, r.referral_capacity, r.visit_type,
       r.valid_from, r.valid_until
FROM schedule_rule r JOIN practitioner p ON p.id = r.practitioner_id JOIN department d ON d.id = r.department_id
WHERE r.department_id = $1 AND r.active AND p.active AND d.active
  AND r.valid_from <= $3 AND (r.valid_until IS NULL OR r.valid_until >= $2) ORDER BY r.id
"""
# those of the department, of its guests, and of the whole hospital, in the order in which they were made
EXCEPTIONS = """
SELECT id, version, kind, practitioner_id, department_id, first_day, last_day, starts_at, ends_at, room_id,
       slot_minutes, visit_type, capacity, desk_capacity, revisit_capacity, referral_capacity
FROM schedule_exception e
WHERE active AND last_day >= $2 AND first_day <= $3 AND (department_id IS NULL OR department_id = $1)
  AND (kind <> 'extra' OR EXISTS (SELECT FROM practitioner p WHERE p.id = e.practitioner_id AND p.active))
ORDER BY id
"""
# $1 department, $2 practitioners, $3 and $4 days: also what they do in other departments, so that nobody is in two
SESSIONS = """
SELECT id, practitioner_id, department_id, room_id, day, starts_at, ends_at, visit_type, opens_at, status,
       schedule_rule_id AS rule_id, exception_id, rule_version AS version, is_unconfirmed, has_own_room,
       is_drawing
FROM session
WHERE day BETWEEN $3 AND $4 AND department_id = $1
UNION
SELECT id, practitioner_id, department_id, room_id, day, starts_at, ends_at, visit_type, opens_at, status,
       schedule_rule_id, exception_id, rule_version, is_unconfirmed, has_own_room, is_drawing
FROM session
WHERE practitioner_id = ANY($2) AND starts_at >= $3::date - 1 AND starts_at < $4::date + 2 AND department_id <> $1
ORDER BY starts_at, id
"""
BANDS = """
SELECT id, session_id, starts_at, ends_at, pool, capacity, adjusted, taken, last_number
FROM slot WHERE session_id = ANY($1) ORDER BY starts_at, pool
"""
EXTRAS_AFTER = """
SELECT first_day, last_day FROM schedule_exception
WHERE active AND kind = 'extra' AND department_id = $1 AND last_day > $2
"""
SCHEDULES = """
SELECT s.id, s.practitioner_id, p.name AS practitioner_name, s.department_id, s.room_id, r.name AS room_name,
       s.weekday, s.starts_at, s.ends_at, s.slot_minutes, s.capacity, s.desk_capacity, s.revisit_capacity,
       s.referral_capacity, s.visit_type, s.valid_from, s.valid_until, s.follows_id, s.version
FROM schedule_rule s JOIN practitioner p ON p.id = s.practitioner_id LEFT JOIN room r ON r.id = s.room_id
WHERE s.active
"""
SCHEDULES_OF = (
    SCHEDULES + "AND ($1::uuid IS NULL OR s.department_id = $1) AND ($2::uuid IS NULL OR s.practitioner_id = $2)"
    " AND (s.valid_until IS NULL OR s.valid_until >= $3) AND ($4::uuid[] IS NULL OR s.department_id = ANY($4))"
    " ORDER BY p.name, p.id, s.weekday, s.starts_at, s.valid_from"
)
SCHEDULE = SCHEDULES + "AND s.id = $1"
_EXCEPTION_ROWS = """
SELECT e.id, e.kind, e.practitioner_id, p.name AS practitioner_name, e.department_id, e.first_day, e.last_day,
       e.starts_at, e.ends_at, e.room_id, e.slot_minutes, e.visit_type, e.capacity, e.desk_capacity,
       e.revisit_capacity, e.referral_capacity, e.reason, s.name AS made_by_name, e.made_at, e.version
FROM schedule_exception e LEFT JOIN practitioner p ON p.id = e.practitioner_id LEFT JOIN staff s ON s.id = e.made_by
WHERE e.active
"""
# those of the department, of its practitioners, and of the whole hospital
EXCEPTION_ROWS_OF = (
    _EXCEPTION_ROWS + "AND e.last_day >= $1 AND ($2::uuid IS NULL OR e.id < $2) AND ($3::uuid[] IS NULL"
    " OR e.department_id = ANY($3) OR (e.department_id IS NULL AND (p.id IS NULL OR p.department_id = ANY($3))))"
    " ORDER BY e.id DESC LIMIT $4"
)
EXCEPTION_ROW = _EXCEPTION_ROWS + "AND e.id = $1"
CALENDAR_DAYS = "SELECT day, kind, name, as_weekday FROM calendar_day WHERE day BETWEEN $1 AND $2 ORDER BY day"
CALENDAR_YEARS = "SELECT year FROM calendar_year ORDER BY year"

POOL_COLUMNS = {
    Pool.APP: "capacity",
    Pool.DESK: "desk_capacity",
    Pool.REVISIT: "revisit_capacity",
    Pool.REFERRAL: "referral_capacity",
}


def capacities_of(row: dict[str, Any]) -> Capacities:
    """Read the places by pool from the columns of a rule or an exception; a null is left out."""
    return {pool: row[column] for pool, column in POOL_COLUMNS.items() if row[column] is not None}


def _without_capacities(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in POOL_COLUMNS.values()}


async def setting_of(department_id: UUID) -> tuple[Setting, int]:
    """Give what a department decided, and its version; 0 when it decided nothing yet."""
    row = await db.fetch_one(SETTING, department_id)
    if row is None:
        return Setting(), 0
    setting = Setting(
        on_holidays=OnHolidays(row["on_holidays"]),
        days_ahead=row["release_days_ahead"],
        at=row["release_at"],
        mode=ReleaseMode(row["release_mode"]),
        draw_seconds=row["draw_window_seconds"],
        reserve_return=ReserveReturn(row["reserve_return"]),
        return_minutes=row["reserve_return_minutes"],
        return_at=row["reserve_return_at"],
    )
    return setting, row["version"]


def columns_of(setting: Setting) -> dict[str, Any]:
    """Give a setting as the columns of its row."""
    return {
        "on_holidays": setting.on_holidays,
        "release_days_ahead": setting.days_ahead,
        "release_at": setting.at,
        "release_mode": setting.mode,
        "draw_window_seconds": setting.draw_seconds,
        "reserve_return": setting.reserve_return,
        "reserve_return_minutes": setting.return_minutes,
        "reserve_return_at": setting.return_at,
    }


async def read_plan(
    department_id: UUID, today: date, last: date
) -> tuple[tuple[WeeklyRule, ...], tuple[ScheduleException, ...]]:
    """Give the rules and the exceptions of a department for some days."""
    rules = tuple(
        WeeklyRule(**_without_capacities(row), capacities=capacities_of(row))
        for row in await db.fetch(RULES, department_id, today, last)
    )
    exceptions = tuple(_exception(row) for row in await db.fetch(EXCEPTIONS, department_id, today, last))
    return rules, exceptions


def _exception(row: dict[str, Any]) -> ScheduleException:
    values = _without_capacities(row) | {"kind": ExceptionKind(row["kind"])}
    for name in ("slot_minutes", "visit_type"):  # only an extra clinic has them
        if values[name] is None:
            del values[name]
    return ScheduleException(**values, capacities=capacities_of(row))


async def read_sessions(
    department_id: UUID, practitioners: set[UUID], today: date, last: date
) -> tuple[StandingSession, ...]:
    """Give the sessions that stand, with their bands."""
    rows = await db.fetch(SESSIONS, department_id, sorted(practitioners), today, last)
    bands: dict[UUID, list[StandingBand]] = {row["id"]: [] for row in rows}
    for band in await db.fetch(BANDS, list(bands)):
        session_id = band.pop("session_id")
        bands[session_id].append(StandingBand(**band | {"pool": Pool(band["pool"])}))
    return tuple(StandingSession(**row, bands=tuple(bands[row["id"]])) for row in rows)


async def read_calendar(first: date, last: date) -> tuple[dict[date, CalendarDay], set[int]]:
    """Give what the hospital itself says of some days, and the years that a person confirmed."""
    rows = await db.fetch(CALENDAR_DAYS, first, last)
    days = {row["day"]: CalendarDay(row["day"], DayKind(row["kind"]), row["name"], row["as_weekday"]) for row in rows}
    return days, {row["year"] for row in await db.fetch(CALENDAR_YEARS)}


# ---- changing ------------------------------------------------------------------------------------------------------

# One plan is compared and written at a time, for the whole hospital: a practitioner may work in two departments.
LOCK = "SELECT pg_advisory_xact_lock(7402118)"

# What keeps a place from being taken away under its booking: the plan was made from what was read, and somebody may
# have booked since. The constraints slot_never_oversold and appointment's reference to its slot stand behind them.
# Names of their own, so that a test can take them out and see both refuse.
GUARD_GONE = "slot.taken = 0 AND slot.kept = 0 AND slot.last_number = 0"
GUARD_LESS = "greatest(asked.capacity, slot.taken + slot.kept)"

LOCK_SLOTS = "SELECT id FROM slot WHERE id = ANY($1) ORDER BY id FOR UPDATE"
INSERT_SESSIONS = """
INSERT INTO session (id, schedule_rule_id, exception_id, rule_version, practitioner_id, department_id, room_id, day,
                     starts_at, ends_at, visit_type, opens_at, is_unconfirmed, is_drawing)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::uuid[], $6::uuid[], $7::uuid[],
                     $8::date[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::boolean[],
                     $14::boolean[])
ON CONFLICT DO NOTHING RETURNING id
"""
INSERT_SLOTS = """
INSERT INTO slot (id, session_id, starts_at, ends_at, pool, capacity)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::integer[])
ON CONFLICT DO NOTHING RETURNING id
"""
UPDATE_SESSIONS = """
UPDATE session SET room_id = asked.room_id, ends_at = asked.ends_at, visit_type = asked.visit_type,
                   opens_at = asked.opens_at, status = asked.status, schedule_rule_id = asked.rule_id,
                   exception_id = asked.exception_id, rule_version = asked.rule_version,
                   is_unconfirmed = asked.is_unconfirmed,
                   -- a draw that was done since this plan was read stays done
                   is_drawing = CASE WHEN session.is_drawing = asked.was_drawing THEN asked.is_drawing
                                     ELSE session.is_drawing END
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::text[], $7::uuid[],
            $8::uuid[], $9::integer[], $10::boolean[], $11::boolean[], $12::boolean[])
    AS asked (id, room_id, ends_at, visit_type, opens_at, status, rule_id, exception_id, rule_version, is_unconfirmed,
              was_drawing, is_drawing)
WHERE session.id = asked.id AND session.status <> 'stopped'
"""
# whoever remembers a slot of the session looks again
TOUCH_SESSIONS = "UPDATE session SET version = version + 1 WHERE id = ANY($1)"
# one whose bands could not all go stays
DELETE_SESSIONS = """
DELETE FROM session WHERE id = ANY($1) AND NOT EXISTS (SELECT FROM slot WHERE slot.session_id = session.id)
RETURNING id
"""


def delete_slots(guard: str = GUARD_GONE) -> str:
    """Give the statement that takes bands away; a test runs it with another guard."""
    return f"DELETE FROM slot WHERE id = ANY($1) AND {guard} RETURNING id"


def change_capacities(guard: str = GUARD_LESS) -> str:
    """Give the statement that changes the places of bands; a test runs it with another guard."""
    return (
        f"UPDATE slot SET capacity = {guard}, version = slot.version + 1"
        " FROM unnest($1::uuid[], $2::integer[]) AS asked (id, capacity) WHERE slot.id = asked.id"
        " RETURNING slot.id, slot.capacity"
    )


DELETE_SLOTS = delete_slots()
CHANGE_CAPACITIES = change_capacities()

DEPARTMENTS_OF = """
SELECT department_id FROM practitioner WHERE id = $1
UNION SELECT department_id FROM schedule_rule WHERE practitioner_id = $1 AND active
UNION SELECT department_id FROM schedule_exception WHERE practitioner_id = $1 AND active AND department_id IS NOT NULL
UNION SELECT department_id FROM session WHERE practitioner_id = $1 AND day >= $2
"""
# $1 practitioner, $2 and $3 days, $4 and $5 minutes of the day, $6 the hospital's zone, $7 the extra clinic itself
EXTRA_OVERLAPS = """
SELECT s.id FROM generate_series($2::date, $3::date, '1 day') AS d (day)
JOIN session s ON s.practitioner_id = $1 AND s.status <> 'stopped' AND s.exception_id IS DISTINCT FROM $7
    AND s.starts_at < (d.day::timestamp + make_interval(mins => $5)) AT TIME ZONE $6
    AND s.ends_at > (d.day::timestamp + make_interval(mins => $4)) AT TIME ZONE $6
LIMIT 1
"""
WRITE_SETTING = """
INSERT INTO schedule_setting AS old (department_id, on_holidays, release_days_ahead, release_at, release_mode,
                                     draw_window_seconds, reserve_return, reserve_return_minutes, reserve_return_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (department_id) DO UPDATE SET
    on_holidays = excluded.on_holidays, release_days_ahead = excluded.release_days_ahead,
    release_at = excluded.release_at, release_mode = excluded.release_mode,
    draw_window_seconds = excluded.draw_window_seconds, reserve_return = excluded.reserve_return,
    reserve_return_minutes = excluded.reserve_return_minutes, reserve_return_at = excluded.reserve_return_at,
    version = old.version + 1
"""
WRITE_DAY = "INSERT INTO calendar_day (day, kind, name, as_weekday) VALUES ($1, $2, $3, $4)"
FORGET_DAY = "DELETE FROM calendar_day WHERE day = $1 RETURNING kind, name, as_weekday"
CONFIRM_YEAR = "INSERT INTO calendar_year (year) VALUES ($1) ON CONFLICT DO NOTHING RETURNING year"

# what staff have been told of; $1 department, $2 names of what stands in its plan's way now
KEEP_CONFLICTS = """
INSERT INTO schedule_conflict (department_id, name, found_at) SELECT $1, unnest($2::text[]), app_now()
ON CONFLICT DO NOTHING RETURNING name
"""
FORGET_CONFLICTS = "DELETE FROM schedule_conflict WHERE department_id = $1 AND name <> ALL($2::text[]) RETURNING name"
DEPARTMENT_NAME = "SELECT name FROM department WHERE id = $1"
# who plans a department; with null, the whole hospital
PLANNERS = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND CASE WHEN $1::uuid IS NULL THEN r.role = 'admin' AND r.department_id IS NULL
    ELSE r.role IN ('admin', 'department_head') AND (r.department_id IS NULL OR r.department_id = $1) END
ORDER BY s.id
"""
LAST_OF_YEAR = "SELECT after FROM schedule_change WHERE subject = 'year' AND subject_key = $1 ORDER BY id DESC LIMIT 1"
INSERT_CHANGE = """
INSERT INTO schedule_change (id, subject, subject_key, department_id, before, after, by_id, why, at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8, app_now())
"""
CHANGES_OF = """
SELECT c.id, c.subject, c.subject_key, c.before, c.after, c.why, c.at, s.name AS by_name
FROM schedule_change c LEFT JOIN staff s ON s.id = c.by_id
WHERE c.subject = $1 AND c.subject_key = $2 ORDER BY c.id
"""

INVARIANTS = (
    (
        "A band that nobody was ever booked on lies inside its session",
        "SELECT s.id FROM slot s JOIN session se ON se.id = s.session_id"
        " WHERE s.last_number = 0 AND (s.starts_at < se.starts_at OR s.ends_at > se.ends_at)",
    ),
    (
        "No two bands of one session and pool overlap",
        "SELECT s.id FROM slot s JOIN slot o ON o.session_id = s.session_id AND o.pool = s.pool AND o.id <> s.id"
        " AND s.starts_at < o.ends_at AND o.starts_at < s.ends_at AND s.capacity > 0 AND o.capacity > 0",
    ),
)
