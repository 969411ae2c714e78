"""`seed_demo`: writes the demonstration hospital once, and tells its logins."""

import asyncio
from datetime import time
from typing import Any

import orjson

from infra.seed.draw import Demo, Rows, draw
from infra.seed.plan import BY_ARRIVAL, DESKS, DRAWING, EMERGENCY, FEVER_WAY, GENERAL, HALL, LOGINS, PASSWORD
from infra.seed.stations import stations
from miniapp_api.imports.store import lock, write
from miniapp_api.schedules.actions import open_sessions
from server import db
from server.auth import hash_password

SESSION_DAYS = 14
END_OF_DAY = time(23, 59, 59, 999999)  # the rota's end does not belong to the duty: somebody is there at 23:59:59

INSERT_DESKS = """
    INSERT INTO desk (id, code, name, campus_id, department_id, location)
    SELECT r.id, r.code, r.name, c.id, d.id, r.location
    FROM jsonb_to_recordset($1::text::jsonb)
        AS r(id uuid, code text, name text, campus text, department text, location text)
    JOIN campus c ON c.code = r.campus LEFT JOIN department d ON d.code = r.department"""
INSERT_STAFF = """
    INSERT INTO staff (id, username, name, password_hash, wecom_userid, email, created_at)
    SELECT r.id, r.username, r.name, $2, r.username, r.username || '@hospital.example', app_now()
    FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, username text, name text)"""
INSERT_ROLES = """
    INSERT INTO staff_role (id, staff_id, role, department_id)
    SELECT r.id, r.staff_id, r.role, d.id
    FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, staff_id uuid, role text, department text)
    LEFT JOIN department d ON d.code = r.department"""
# a room is signed in by the first practitioner of its department, so that what only they may do can be seen
NAME_DOCTORS = """
    UPDATE staff s SET practitioner_id = p.id, name = p.name
    FROM staff_role r CROSS JOIN LATERAL (
        SELECT id, name FROM practitioner WHERE department_id = r.department_id AND active ORDER BY code LIMIT 1
    ) p
    WHERE r.staff_id = s.id AND r.role = 'room'"""
INSERT_DUTY = """
    INSERT INTO duty (id, staff_id, level, weekday, starts_at, ends_at)
    SELECT r.id, r.staff_id, r.level, r.weekday, '00:00', $2
    FROM jsonb_to_recordset($1::text::jsonb) AS r(id uuid, staff_id uuid, level integer, weekday integer)"""
INSERT_SETTINGS = """
    INSERT INTO schedule_setting (department_id, on_holidays, release_days_ahead, release_at)
    SELECT id, 'usual', 14, '00:00' FROM department WHERE code = ANY($1)"""
# one department gives its places by a draw, so that it can be seen
INSERT_DRAW_SETTING = """
    INSERT INTO schedule_setting (department_id, on_holidays, release_days_ahead, release_at, release_mode,
                                  draw_window_seconds)
    SELECT id, 'sunday', 3, '07:00', 'draw', 120 FROM department WHERE code = $1"""
# one department calls in another order, so that a rule with its reason can be seen
INSERT_ORDER = """
    INSERT INTO queue_rule (department_id, version, policy, settings, at, by_id, why)
    SELECT d.id, 1, 'arrival', '{"help_minutes": 15}', app_now(), s.id, '患儿多为现场就诊，家长要求先到先看'
    FROM department d LEFT JOIN staff s ON s.username = 'head1' WHERE d.code = $1"""
INSERT_TRIAGE_SETTING = "INSERT INTO triage_setting (fever_way) VALUES ($1)"
# where the stations of a visit are, and how one walks there
INSERT_STAGES = (
    "INSERT INTO stage_list (department_id, version, items, at) VALUES (NULL, 1, $1::text::jsonb, app_now())"
)
LOGINS_THERE = """
    SELECT s.username, json_agg(DISTINCT r.role) AS roles,
        coalesce(json_agg(DISTINCT r.department_id) FILTER (WHERE r.department_id IS NOT NULL), '[]') AS departments
    FROM staff s JOIN staff_role r ON r.staff_id = s.id
    WHERE s.username = ANY($1) AND s.active AND EXISTS (SELECT FROM hospital WHERE is_demo)
    GROUP BY s.username ORDER BY array_position($1, s.username)"""


async def seed_demo(seed: int) -> dict[str, Any]:
    """Load the demonstration hospital when there is none yet; where a hospital stands, change nothing.

    Returns: the demonstration logins and the desk for every department; a real hospital has none of them.
    """
    async with db.transaction():
        await lock()
        if await db.fetch_one("SELECT id FROM hospital") is None:
            await _write(draw(seed))
            await open_sessions(days=SESSION_DAYS)
        return await _logins()


async def _write(demo: Demo) -> None:
    answers = {"faq": demo.catalogue["faq"]}
    await _write_catalogue(demo, {name: rows for name, rows in demo.catalogue.items() if name not in answers})
    await db.fetch("UPDATE hospital SET is_demo = true")
    await db.fetch(INSERT_SETTINGS, [EMERGENCY, GENERAL])  # there on holidays too; the others have a Sunday's clinics
    await db.fetch(INSERT_DRAW_SETTING, DRAWING)
    await db.fetch(INSERT_TRIAGE_SETTING, FEVER_WAY)
    desks = [{"id": demo.name_row("desk", desk.code), **vars(desk)} for desk in DESKS]
    await db.fetch(INSERT_DESKS, _json(desks))
    staff = [
        {"id": demo.name_row("staff", login.username), "username": login.username, "name": demo.names[login.username]}
        for login in LOGINS
    ]
    # one hash for all: it is slow on purpose, and this password is no secret
    await db.fetch(INSERT_STAFF, _json(staff), await asyncio.to_thread(hash_password, PASSWORD))
    roles = [
        {
            "id": demo.name_row("role", login.username),
            "staff_id": demo.name_row("staff", login.username),
            "role": login.role,
            "department": login.department,
        }
        for login in LOGINS
    ]
    await db.fetch(INSERT_ROLES, _json(roles))
    await db.fetch(NAME_DOCTORS)
    await db.fetch(INSERT_ORDER, BY_ARRIVAL)
    await db.fetch(INSERT_STAGES, _json([station.to_json() for station in stations()]))
    duty = [
        {
            "id": demo.name_row("duty", login.username, day),
            "staff_id": demo.name_row("staff", login.username),
            "level": login.duty,
            "weekday": day,
        }
        for login in LOGINS
        if login.duty is not None
        for day in range(7)
    ]
    await db.fetch(INSERT_DUTY, _json(duty), END_OF_DAY)
    await _write_catalogue(demo, answers)  # the staff are there now who own them


async def _write_catalogue(demo: Demo, rows: dict[str, Rows]) -> None:
    await write(rows, name_row=lambda kind, key: demo.name_row(kind.name, *key))


async def _logins() -> dict[str, Any]:
    rows = await db.fetch(LOGINS_THERE, [login.username for login in LOGINS])
    desk = await db.fetch_one("SELECT id FROM desk WHERE code = $1", HALL)
    return {
        "staff": [
            {
                "username": row["username"],
                "password": PASSWORD,
                "roles": orjson.loads(row["roles"]),
                "departments": orjson.loads(row["departments"]),
            }
            for row in rows
        ],
        "desk_id": str(desk["id"]) if desk and rows else None,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
