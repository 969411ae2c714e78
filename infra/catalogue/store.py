"""The catalogue's tables in the terms of a file: read as they stand, and written by code."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pypinyin import Style, lazy_pinyin

from infra.catalogue.columns import KINDS, SCHEDULE, Kind
from infra.catalogue.drafts import State, Values
from server import clock, db
from server.ids import new_id

LOCK = 7_402_116  # any number, the same for every process: one catalogue is written at a time

READ = {
    "hospital": "SELECT name, address, landmarks, bus_routes, phone, emergency_phone, opening_hours, services,"
    " emergency_hours, price_notes, latitude, longitude FROM hospital",
    "campus": "SELECT code, name, address, directions FROM campus",
    "department": """
        SELECT d.code, d.name, p.code AS parent_code, c.code AS campus_code, d.speciality_code, d.ticket_prefix,
            d.location, d.introduction, d.aliases, d.check_in_opens_minutes, d.check_in_closes_minutes,
            d.service_minutes, d.survey_delay_minutes, d.active
        FROM department d JOIN campus c ON c.id = d.campus_id LEFT JOIN department p ON p.id = d.parent_id""",
    "practitioner": """
        SELECT p.code, p.name, p.title, d.code AS department_code, p.specialities, p.introduction, p.languages,
            p.photo, p.gender, p.active
        FROM practitioner p JOIN department d ON d.id = p.department_id""",
    "room": """
        SELECT r.code, r.name, d.code AS department_code, r.location, r.active
        FROM room r JOIN department d ON d.id = r.department_id""",
    # of the versions of a clinic the last one that is not over on $1
    "schedule": """
        SELECT DISTINCT ON (s.practitioner_id, s.weekday, s.starts_at)
            p.code AS practitioner_code, d.code AS department_code, r.code AS room_code, s.weekday, s.starts_at,
            s.ends_at, s.slot_minutes, s.capacity, s.visit_type, s.active
        FROM schedule_rule s JOIN practitioner p ON p.id = s.practitioner_id
        JOIN department d ON d.id = s.department_id LEFT JOIN room r ON r.id = s.room_id
        WHERE s.valid_until IS NULL OR s.valid_until >= $1
        ORDER BY s.practitioner_id, s.weekday, s.starts_at, s.active DESC, s.valid_from DESC""",
    "price": """
        SELECT p.visit_type, d.code AS department_code, p.title, p.price_fen AS price
        FROM price p LEFT JOIN department d ON d.id = p.department_id""",
    "faq": """
        SELECT f.code, f.question, f.answer, d.code AS department_code, f.condition, f.language, f.state, f.review_on,
            s.username AS owner
        FROM faq f LEFT JOIN department d ON d.id = f.department_id LEFT JOIN staff s ON s.id = f.owner_id""",
}

# Each takes all rows of its kind as one JSON array; a row whose code is there is updated and keeps its identifier.
WRITE = {
    "hospital": """
        INSERT INTO hospital (id, name, address, landmarks, bus_routes, phone, emergency_phone, opening_hours, services,
            emergency_hours, price_notes, latitude, longitude)
        SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, name text, address text, landmarks text,
            bus_routes text, phone text, emergency_phone text, opening_hours text, services text, emergency_hours text,
            price_notes text, latitude double precision, longitude double precision)
        ON CONFLICT (only_one) DO UPDATE SET name = excluded.name, address = excluded.address,
            landmarks = excluded.landmarks, bus_routes = excluded.bus_routes, phone = excluded.phone,
            emergency_phone = excluded.emergency_phone, opening_hours = excluded.opening_hours,
            services = excluded.services, emergency_hours = excluded.emergency_hours,
            price_notes = excluded.price_notes, latitude = excluded.latitude, longitude = excluded.longitude""",
    "campus": """
        INSERT INTO campus (id, code, name, address, directions)
        SELECT * FROM jsonb_to_recordset($1::text::jsonb)
            AS r(id uuid, code text, name text, address text, directions text)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, address = excluded.address,
            directions = excluded.directions""",
    "department": """
        INSERT INTO department AS old (id, code, name, pinyin, initials, campus_id, speciality_code, ticket_prefix,
            location, introduction, aliases, check_in_opens_minutes, check_in_closes_minutes, service_minutes,
            survey_delay_minutes, active)
        SELECT r.id, r.code, r.name, r.pinyin, r.initials, c.id, r.speciality_code, r.ticket_prefix, r.location,
            r.introduction, r.aliases, r.check_in_opens_minutes, r.check_in_closes_minutes, r.service_minutes,
            r.survey_delay_minutes, r.active
        FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, code text, name text, pinyin text, initials text,
            campus_code text, speciality_code text, ticket_prefix text, location text, introduction text,
            aliases text[], check_in_opens_minutes integer, check_in_closes_minutes integer, service_minutes integer,
            survey_delay_minutes integer, active boolean)
        JOIN campus c ON c.code = r.campus_code
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, pinyin = excluded.pinyin, initials = excluded.initials,
            campus_id = excluded.campus_id, speciality_code = excluded.speciality_code,
            ticket_prefix = excluded.ticket_prefix, location = excluded.location,
            introduction = excluded.introduction, aliases = excluded.aliases,
            check_in_opens_minutes = excluded.check_in_opens_minutes,
            check_in_closes_minutes = excluded.check_in_closes_minutes, service_minutes = excluded.service_minutes,
            survey_delay_minutes = excluded.survey_delay_minutes, active = excluded.active,
            version = old.version + 1""",
    "practitioner": """
        INSERT INTO practitioner AS old (id, code, name, pinyin, initials, title, department_id, specialities,
            introduction, languages, photo, gender, active)
        SELECT r.id, r.code, r.name, r.pinyin, r.initials, r.title, d.id, r.specialities, r.introduction, r.languages,
            r.photo, r.gender, r.active
        FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, code text, name text, pinyin text, initials text,
            title text, department_code text, specialities text, introduction text, languages text[], photo text,
            gender text, active boolean)
        JOIN department d ON d.code = r.department_code
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, pinyin = excluded.pinyin, initials = excluded.initials,
            title = excluded.title, department_id = excluded.department_id, specialities = excluded.specialities,
            introduction = excluded.introduction, languages = excluded.languages, photo = excluded.photo,
            gender = excluded.gender, active = excluded.active, version = old.version + 1""",
    "room": """
        INSERT INTO room AS old (id, code, name, department_id, location, active)
        SELECT r.id, r.code, r.name, d.id, r.location, r.active
        FROM jsonb_to_recordset($1::text::jsonb)
            AS r(id uuid, code text, name text, department_code text, location text, active boolean)
        JOIN department d ON d.code = r.department_code
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, department_id = excluded.department_id,
            location = excluded.location, active = excluded.active, version = old.version + 1""",
    # $2 is the day from which a new clinic holds
    "schedule": """
        WITH asked AS (
            SELECT r.*, p.id AS practitioner_id, d.id AS department_id, room.id AS room_id, (
                SELECT s.id FROM schedule_rule s
                WHERE s.practitioner_id = p.id AND s.weekday = r.weekday AND s.starts_at = r.starts_at
                    AND (s.valid_until IS NULL OR s.valid_until >= $2)
                ORDER BY s.active DESC, s.valid_from DESC LIMIT 1) AS old_id
            FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, practitioner_code text, department_code text,
                room_code text, weekday integer, starts_at time, ends_at time, slot_minutes integer, capacity integer,
                visit_type text, active boolean)
            JOIN practitioner p ON p.code = r.practitioner_code
            JOIN department d ON d.code = r.department_code LEFT JOIN room ON room.code = r.room_code
        ), changed AS (
            UPDATE schedule_rule s SET department_id = asked.department_id, room_id = asked.room_id,
                ends_at = asked.ends_at, slot_minutes = asked.slot_minutes, capacity = asked.capacity,
                visit_type = asked.visit_type, active = asked.active, version = s.version + 1
            FROM asked WHERE s.id = asked.old_id
        )
        INSERT INTO schedule_rule (id, practitioner_id, department_id, room_id, weekday, starts_at, ends_at,
            slot_minutes, capacity, visit_type, active, valid_from)
        SELECT id, practitioner_id, department_id, room_id, weekday, starts_at, ends_at, slot_minutes, capacity,
            visit_type, active, $2
        FROM asked WHERE old_id IS NULL""",
    "price": """
        INSERT INTO price (id, visit_type, department_id, title, price_fen)
        SELECT r.id, r.visit_type, d.id, r.title, r.price
        FROM jsonb_to_recordset($1::text::jsonb)
            AS r(id uuid, visit_type text, department_code text, title text, price integer)
        LEFT JOIN department d ON d.code = r.department_code
        ON CONFLICT ON CONSTRAINT price_once DO UPDATE SET price_fen = excluded.price_fen""",
    # nobody of this system wrote or approved what a file says: the names of who did so before are taken off
    "faq": """
        WITH was AS (SELECT code, state FROM faq), done AS (
            INSERT INTO faq AS old (id, code, department_id, condition, language, question, answer, state, owner_id,
                approved_at, review_on)
            SELECT r.id, r.code, d.id, r.condition, r.language, r.question, r.answer, r.state, s.id,
                CASE WHEN r.state = 'approved' THEN app_now() END, r.review_on
            FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, code text, department_code text, condition text,
                language text, question text, answer text, state text, owner text, review_on date)
            LEFT JOIN department d ON d.code = r.department_code LEFT JOIN staff s ON s.username = r.owner
            ON CONFLICT (code) DO UPDATE SET department_id = excluded.department_id, condition = excluded.condition,
                language = excluded.language, question = excluded.question, answer = excluded.answer,
                state = excluded.state, owner_id = excluded.owner_id, written_by = NULL, approved_by = NULL,
                approved_at = excluded.approved_at, review_on = excluded.review_on, version = old.version + 1
            RETURNING id, code, state)
        INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
        SELECT r.change_id, 'faq', done.id, was.state, done.state, 'system', NULL, 'import', '', app_now()
        FROM done JOIN jsonb_to_recordset($1::text::jsonb) AS r(code text, change_id uuid) ON r.code = done.code
        LEFT JOIN was ON was.code = done.code
        WHERE was.state IS DISTINCT FROM done.state""",
}

# A parent may stand in the same file, so it is found only when all departments are there.
WRITE_PARENTS = """
    UPDATE department d SET parent_id = p.id
    FROM jsonb_to_recordset($1::text::jsonb) AS r(code text, parent_code text)
    LEFT JOIN department p ON p.code = r.parent_code
    WHERE d.code = r.code AND d.parent_id IS DISTINCT FROM p.id"""


async def lock() -> None:
    """Keep every other writer of the catalogue out until the end of the open transaction."""
    await db.fetch("SELECT pg_advisory_xact_lock($1)", LOCK)


async def read_state() -> State:
    """Give the catalogue as it stands, in the terms of a file."""
    return {
        kind.name: {kind.key_of(row): row for row in await db.fetch(READ[kind.name], *_dated(kind))} for kind in KINDS
    }


async def read_staff() -> frozenset[str]:
    """Give the user names of the members of staff who may own an answer."""
    return frozenset(row["username"] for row in await db.fetch("SELECT username FROM staff WHERE active"))


async def write(
    rows: Mapping[str, list[Values]], *, name_row: Callable[[Kind, tuple], UUID] = lambda kind, key: new_id()
) -> None:
    """Write rows by kind, in the open transaction. name_row: gives a new row its identifier."""
    for kind in KINDS:
        some = [{**row, **_made(kind, row), "id": name_row(kind, kind.key_of(row))} for row in rows.get(kind.name, ())]
        if some:
            await db.fetch(WRITE[kind.name], orjson.dumps(some).decode(), *_dated(kind))
        if some and kind.name == "department":
            await db.fetch(WRITE_PARENTS, orjson.dumps(some).decode())


def _dated(kind: Kind) -> tuple[date, ...]:
    return (clock.today(),) if kind is SCHEDULE else ()


def initials(name: str) -> str:
    """Give the pinyin initials of a Chinese name."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


def _made(kind: Kind, row: Values) -> dict[str, Any]:
    if kind.name == "faq":
        return {"change_id": new_id()}
    if kind.name not in ("department", "practitioner"):
        return {}
    return {"pinyin": "".join(lazy_pinyin(row["name"])).lower(), "initials": initials(row["name"])}
