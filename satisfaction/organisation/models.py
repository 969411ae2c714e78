"""The rota and the relations of the staff, as stored."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from satisfaction.organisation.rules import Line
from server import db
from server.ids import new_id

PEOPLE = """
SELECT s.id, s.name, s.manager_id, coalesce(m.name, '') AS manager_name,
    array(SELECT DISTINCT role FROM staff_role WHERE staff_id = s.id ORDER BY 1) AS roles,
    coalesce((SELECT string_agg(DISTINCT d.name, '、') FROM staff_role r JOIN department d ON d.id = r.department_id
              WHERE r.staff_id = s.id), '') AS department_names
FROM staff s LEFT JOIN staff m ON m.id = s.manager_id WHERE s.active ORDER BY s.name, s.id
"""
RELATIONS = """
SELECT r.id, r.staff_id, r.to_staff_id, r.why, coalesce(o.name, '') AS to_staff_name, p.file_number
FROM staff_relation r LEFT JOIN staff o ON o.id = r.to_staff_id LEFT JOIN patient p ON p.id = r.to_patient_id
ORDER BY r.at, r.id
"""
WEEK = """
SELECT w.staff_id, s.name, w.level, w.weekday, w.starts_at, w.ends_at, w.on_holidays
FROM duty w JOIN staff s ON s.id = w.staff_id ORDER BY w.level, w.weekday, w.starts_at, s.name
"""
DATES = """
SELECT x.staff_id, s.name, x.level, x.day, x.starts_at, x.ends_at FROM duty_day x JOIN staff s ON s.id = x.staff_id
WHERE x.day BETWEEN $1 AND $2 ORDER BY x.day, x.level, x.starts_at, s.name
"""
ABSENCES = """
SELECT o.id, o.staff_id, s.name, o.from_at, o.until_at, o.why, o.stands_in, coalesce(i.name, '') AS stands_in_name
FROM duty_off o JOIN staff s ON s.id = o.staff_id LEFT JOIN staff i ON i.id = o.stands_in
WHERE o.until_at > app_now() ORDER BY o.from_at, s.name
"""
VERSION = "SELECT version FROM duty_version WHERE id = 1"
# one at a time, and only on top of what somebody has seen. $1 the version seen
FIRST_VERSION = "INSERT INTO duty_version (id, version) VALUES (1, 1) ON CONFLICT DO NOTHING RETURNING version"
NEXT_VERSION = "UPDATE duty_version SET version = version + 1 WHERE id = 1 AND version = $1 RETURNING version"
KNOWN = "SELECT id FROM staff WHERE id = ANY($1::uuid[]) AND active"
CALENDAR = "SELECT day, kind, name FROM calendar_day WHERE day BETWEEN $1 AND $2"
# Two who are made each other's manager at once would each see nobody above them
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7402120)"
PATIENT = "SELECT id FROM patient WHERE file_number = $1 AND deleted_at IS NULL"


async def take_version(seen: int) -> bool:
    """Take the next version of the rota; False when somebody else has written it since."""
    return bool(await db.fetch(NEXT_VERSION, seen) if seen else await db.fetch(FIRST_VERSION))


async def version() -> int:
    """Give the version of the rota; 0 when nobody has written it here."""
    row = await db.fetch_one(VERSION)
    return row["version"] if row else 0


async def unknown(staff_ids: Iterable[UUID]) -> set[UUID]:
    """Give those of some ids that are no active member of staff."""
    wanted = set(staff_ids)
    return wanted - {row["id"] for row in await db.fetch(KNOWN, sorted(wanted))}


async def write_week(lines: Iterable[Line]) -> None:
    """Write the weekly rota in place of the one there is."""
    await db.fetch("DELETE FROM duty")
    for line in lines:
        await db.fetch(
            "INSERT INTO duty (id, staff_id, level, weekday, starts_at, ends_at, on_holidays)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            new_id(),
            line.staff_id,
            line.level,
            line.weekday,
            line.starts_at,
            line.ends_at,
            line.on_holidays,
        )


async def write_day(day: date, lines: Iterable[Line]) -> None:
    """Write the lines of a date in place of those it has; none gives it back to its weekday."""
    await db.fetch("DELETE FROM duty_day WHERE day = $1", day)
    for line in lines:
        await db.fetch(
            "INSERT INTO duty_day (id, day, staff_id, level, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)",
            new_id(),
            day,
            line.staff_id,
            line.level,
            line.starts_at,
            line.ends_at,
        )


async def write_absence(values: dict[str, Any]) -> UUID:
    """Write down that somebody is away; give its id."""
    absence_id = new_id()
    await db.fetch(
        "INSERT INTO duty_off (id, staff_id, from_at, until_at, why, stands_in, by_id, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, app_now())",
        absence_id,
        *(values[name] for name in ("staff_id", "from_at", "until_at", "why", "stands_in", "by_id")),
    )
    return absence_id


async def end_absence(absence_id: UUID, now: datetime) -> bool:
    """Let somebody be back from now on; an absence that has not begun is taken away. False when there is none."""
    row = await db.fetch_one("SELECT from_at FROM duty_off WHERE id = $1 AND until_at > $2 FOR UPDATE", absence_id, now)
    if row is None:
        return False
    if row["from_at"] >= now:
        await db.fetch("DELETE FROM duty_off WHERE id = $1", absence_id)
    else:
        await db.fetch("UPDATE duty_off SET until_at = $2 WHERE id = $1", absence_id, now)
    return True


async def one_keeper_at_a_time() -> None:
    """Wait until no other transaction writes who leads whom."""
    await db.fetch(ONE_AT_A_TIME)


async def patient_of_file(file_number: str) -> UUID | None:
    """Find a patient by the number of their file."""
    row = await db.fetch_one(PATIENT, file_number)
    return row["id"] if row else None


async def write_member(staff_id: UUID, manager_id: UUID | None, relations: Iterable[dict[str, Any]], by: UUID) -> None:
    """Write who leads somebody, and whom they are related to."""
    await db.fetch("UPDATE staff SET manager_id = $2 WHERE id = $1", staff_id, manager_id)
    kept = []
    for one in relations:
        row = await db.fetch_one(
            "INSERT INTO staff_relation (id, staff_id, to_staff_id, to_patient_id, why, declared_by, at)"
            " VALUES ($1, $2, $3, $4, $5, $6, app_now())"
            " ON CONFLICT ON CONSTRAINT staff_relation_once DO UPDATE SET why = excluded.why RETURNING id",
            new_id(),
            staff_id,
            one["to_staff_id"],
            one["to_patient_id"],
            one["why"],
            by,
        )
        assert row is not None  # either inserted or changed
        kept.append(row["id"])
    await db.fetch("DELETE FROM staff_relation WHERE staff_id = $1 AND NOT (id = ANY($2::uuid[]))", staff_id, kept)


async def leads_in_a_circle(staff_id: UUID, manager_id: UUID) -> bool:
    """Tell whether somebody would stand above themselves."""
    row = await db.fetch_one(
        "WITH RECURSIVE above AS (SELECT $2::uuid AS id UNION"
        " SELECT s.manager_id FROM staff s JOIN above a ON a.id = s.id WHERE s.manager_id IS NOT NULL)"
        " SELECT 1 AS found FROM above WHERE id = $1",
        staff_id,
        manager_id,
    )
    return row is not None
