"""The catalogue's tables in the terms of a file: read as they stand, and written by code."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.administration.models import LOCK
from miniapp_api.catalogue.spelling import initials, pinyin
from miniapp_api.imports.columns import DEPARTMENT, FAQ, KINDS, PRACTITIONER, Kind
from miniapp_api.imports.drafts import Draft, State, Values
from server import clock, db
from server.ids import new_id

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
    # those that are not over on $1
    "schedule": """
        SELECT p.code AS practitioner_code, d.code AS department_code, r.code AS room_code, s.weekday, s.starts_at,
            s.ends_at, s.slot_minutes, s.capacity, s.desk_capacity, s.revisit_capacity, s.referral_capacity,
            s.visit_type, s.valid_from, s.valid_until, s.active
        FROM schedule_rule s JOIN practitioner p ON p.id = s.practitioner_id
        JOIN department d ON d.id = s.department_id LEFT JOIN room r ON r.id = s.room_id
        WHERE s.active AND (s.valid_until IS NULL OR s.valid_until >= $1)""",
    "exception": """
        SELECT e.kind AS exception, p.code AS practitioner_code, d.code AS department_code, e.first_day, e.last_day,
            e.starts_at, e.ends_at, r.code AS room_code, e.slot_minutes, e.capacity, e.desk_capacity,
            e.revisit_capacity, e.referral_capacity, e.visit_type, e.reason, e.active
        FROM schedule_exception e LEFT JOIN practitioner p ON p.id = e.practitioner_id
        LEFT JOIN department d ON d.id = e.department_id LEFT JOIN room r ON r.id = e.room_id
        WHERE e.active AND e.last_day >= $1""",
    "day": "SELECT day, kind AS day_kind, name, as_weekday, true AS active FROM calendar_day",
    "setting": """
        SELECT d.code AS department_code, s.on_holidays, s.release_days_ahead, s.release_at, s.release_mode,
            s.draw_window_seconds, s.reserve_return, s.reserve_return_minutes, s.reserve_return_at
        FROM schedule_setting s JOIN department d ON d.id = s.department_id""",
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
        INSERT INTO hospital AS old (id, name, address, landmarks, bus_routes, phone, emergency_phone, opening_hours,
            services, emergency_hours, price_notes, latitude, longitude)
        SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, name text, address text, landmarks text,
            bus_routes text, phone text, emergency_phone text, opening_hours text, services text, emergency_hours text,
            price_notes text, latitude double precision, longitude double precision)
        ON CONFLICT (only_one) DO UPDATE SET name = excluded.name, address = excluded.address,
            landmarks = excluded.landmarks, bus_routes = excluded.bus_routes, phone = excluded.phone,
            emergency_phone = excluded.emergency_phone, opening_hours = excluded.opening_hours,
            services = excluded.services, emergency_hours = excluded.emergency_hours,
            price_notes = excluded.price_notes, latitude = excluded.latitude, longitude = excluded.longitude,
            version = old.version + 1""",
    "campus": """
        INSERT INTO campus AS old (id, code, name, address, directions)
        SELECT * FROM jsonb_to_recordset($1::text::jsonb)
            AS r(id uuid, code text, name text, address text, directions text)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, address = excluded.address,
            directions = excluded.directions, version = old.version + 1""",
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
    # of an empty system only: an import goes by the steps of schedules. $2 is the day from which they hold
    "schedule": """
        INSERT INTO schedule_rule (id, practitioner_id, department_id, room_id, weekday, starts_at, ends_at,
            slot_minutes, capacity, desk_capacity, revisit_capacity, referral_capacity, visit_type, valid_from,
            valid_until)
        SELECT r.id, p.id, d.id, room.id, r.weekday, r.starts_at, r.ends_at, r.slot_minutes, r.capacity,
            r.desk_capacity, r.revisit_capacity, r.referral_capacity, r.visit_type, coalesce(r.valid_from, $2),
            r.valid_until
        FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, practitioner_code text, department_code text,
            room_code text, weekday integer, starts_at time, ends_at time, slot_minutes integer, capacity integer,
            desk_capacity integer, revisit_capacity integer, referral_capacity integer, visit_type text,
            valid_from date, valid_until date)
        JOIN practitioner p ON p.code = r.practitioner_code
        JOIN department d ON d.code = r.department_code LEFT JOIN room ON room.code = r.room_code""",
    "price": """
        INSERT INTO price AS old (id, visit_type, department_id, title, price_fen)
        SELECT r.id, r.visit_type, d.id, r.title, r.price
        FROM jsonb_to_recordset($1::text::jsonb)
            AS r(id uuid, visit_type text, department_code text, title text, price integer)
        LEFT JOIN department d ON d.code = r.department_code
        ON CONFLICT ON CONSTRAINT price_once DO UPDATE SET price_fen = excluded.price_fen, version = old.version + 1""",
    # nobody of this system wrote or approved what a file says: the names of who did so before are taken off.
    # $2 is who imports, if a member of staff does
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
        SELECT r.change_id, 'faq', done.id, was.state, done.state, CASE WHEN $2::uuid IS NULL THEN 'system'
            ELSE 'staff' END, $2::uuid, 'import', '', app_now()
        FROM done JOIN jsonb_to_recordset($1::text::jsonb) AS r(code text, change_id uuid) ON r.code = done.code
        LEFT JOIN was ON was.code = done.code
        WHERE was.state IS DISTINCT FROM done.state""",
}

# Of each kind that the history of the catalogue keeps: how its rows are found again by what a file says.
_FOUND = {
    "hospital": "JOIN hospital t ON true",
    "price": "LEFT JOIN department d ON d.code = r.department_code JOIN price t ON t.visit_type = r.visit_type"
    " AND t.department_id IS NOT DISTINCT FROM d.id AND t.title IS NOT DISTINCT FROM r.title",
    **{kind: f"JOIN {kind} t ON t.code = r.code" for kind in ("campus", "department", "practitioner", "room")},
}
WRITE_CHANGES = {
    kind: f"""
        INSERT INTO catalogue_change (id, subject, subject_id, act, before, after, by_id, channel, why, at)
        SELECT r.change_id, '{kind}', t.id, r.act, r.before, r.after, $2, 'import', $3, app_now()
        FROM jsonb_to_recordset($1::text::jsonb) AS r(change_id uuid, act text, before jsonb, after jsonb, code text,
            visit_type text, department_code text, title text) {found}"""
    for kind, found in _FOUND.items()
}

# A parent may stand in the same file, so it is found only when all departments are there.
WRITE_PARENTS = """
    UPDATE department d SET parent_id = p.id
    FROM jsonb_to_recordset($1::text::jsonb) AS r(code text, parent_code text)
    LEFT JOIN department p ON p.code = r.parent_code
    WHERE d.code = r.code AND d.parent_id IS DISTINCT FROM p.id"""


async def lock() -> None:
    """Keep every other writer of the catalogue out until the end of the open transaction."""
    await db.fetch(LOCK)


async def read_state() -> State:
    """Give the catalogue as it stands, in the terms of a file."""
    today = clock.today()
    rows = {kind: await db.fetch(READ[kind.name], *([today] if "$1" in READ[kind.name] else [])) for kind in KINDS}
    return {kind.name: {kind.key_of(row): row for row in rows[kind]} for kind in KINDS}


async def read_staff() -> frozenset[str]:
    """Give the user names of the members of staff who may own an answer."""
    return frozenset(row["username"] for row in await db.fetch("SELECT username FROM staff WHERE active"))


async def write(
    rows: Mapping[str, list[Values]],
    *,
    name_row: Callable[[Kind, tuple], UUID] = lambda kind, key: new_id(),
    by_id: UUID | None = None,
) -> None:
    """Write rows by kind, in the open transaction. name_row: gives a new row its identifier; by_id: who imports."""
    for kind in KINDS:
        some = [
            {**kind.filled(row), **_made(kind, row), "id": name_row(kind, kind.key_of(row))}
            for row in rows.get(kind.name, ())
        ]
        if not some:
            continue
        more: dict[str, list[Any]] = {"schedule": [clock.today()], "faq": [by_id]}
        await db.fetch(WRITE[kind.name], orjson.dumps(some).decode(), *more.get(kind.name, []))
        if kind is DEPARTMENT:
            await db.fetch(WRITE_PARENTS, orjson.dumps(some).decode())


async def write_changes(kind: Kind, drafts: Iterable[Draft], *, by_id: UUID | None, why: str) -> None:
    """Keep who changed what by an import, in the open transaction, once the rows are written."""
    some = [
        {
            "change_id": new_id(),
            "act": "created" if draft.known is None else "changed",
            "before": draft.known and {name: draft.known[name] for name in names},
            "after": {name: draft.row[name] for name in names},
            **{name: draft.row.get(name) for name in ("code", "visit_type", "department_code", "title")},
        }
        for draft in drafts
        if (names := _changed(draft))
    ]
    if some and kind.name in WRITE_CHANGES:
        await db.fetch(WRITE_CHANGES[kind.name], orjson.dumps(some).decode(), by_id, why)


def _changed(draft: Draft) -> list[str]:
    if draft.is_new:
        return list(draft.row)
    return [name for name in draft.row if draft.known is not None and draft.known[name] != draft.row[name]]


def _made(kind: Kind, row: Values) -> dict[str, Any]:
    if kind is FAQ:
        return {"change_id": new_id()}
    if kind not in (DEPARTMENT, PRACTITIONER):
        return {}
    return {"pinyin": pinyin(row["name"]), "initials": initials(row["name"])}
