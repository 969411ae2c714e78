"""Reading the catalogue: departments, practitioners and rooms that take patients, and what a visit costs."""

from typing import Any
from uuid import UUID

from miniapp_api.catalogue.rules import Price, VisitType
from server import db
from server.errors import NotFound

DEPARTMENTS = """
SELECT d.id, d.code, d.name, d.pinyin, d.initials, d.parent_id, d.speciality_code, d.location, d.introduction,
       d.aliases, d.check_in_opens_minutes, d.check_in_closes_minutes, d.version,
       c.id AS campus_id, c.name AS campus_name, c.address AS campus_address, c.directions AS campus_directions
FROM department d JOIN campus c ON c.id = d.campus_id
WHERE d.active
"""
PRACTITIONERS = """
SELECT p.id, p.code, p.name, p.pinyin, p.initials, p.title, p.department_id, d.name AS department_name,
       p.specialities, p.introduction, p.languages, p.photo, p.gender, p.version
FROM practitioner p JOIN department d ON d.id = p.department_id
WHERE p.active AND d.active
"""
ROOMS = """
SELECT r.id, r.code, r.name, r.location, r.department_id, d.name AS department_name, r.version
FROM room r JOIN department d ON d.id = r.department_id
WHERE r.active AND d.active AND ($1::uuid IS NULL OR r.department_id = $1) AND ($2::uuid IS NULL OR r.id > $2)
ORDER BY r.id LIMIT $3
"""


async def departments(after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the departments in the order in which the hospital entered them; up to `limit + 1` rows."""
    sql = DEPARTMENTS + " AND ($1::uuid IS NULL OR d.id > $1) ORDER BY d.id LIMIT $2"
    return await db.fetch(sql, after, limit + 1)


async def department(department_id: UUID) -> dict[str, Any]:
    """Give one department.

    Raises: NotFound.
    """
    row = await db.fetch_one(DEPARTMENTS + " AND d.id = $1", department_id)
    if row is None:
        raise NotFound()
    return row


async def practitioners(department_id: UUID | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the practitioners, of one department when it is named; up to `limit + 1` rows."""
    sql = "($1::uuid IS NULL OR p.department_id = $1) AND ($2::uuid IS NULL OR p.id > $2) ORDER BY p.id LIMIT $3"
    return await db.fetch(f"{PRACTITIONERS} AND {sql}", department_id, after, limit + 1)


async def practitioner(practitioner_id: UUID) -> dict[str, Any]:
    """Give one practitioner.

    Raises: NotFound.
    """
    row = await db.fetch_one(PRACTITIONERS + " AND p.id = $1", practitioner_id)
    if row is None:
        raise NotFound()
    return row


async def rooms(department_id: UUID | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the consulting rooms, of one department when it is named; up to `limit + 1` rows."""
    return await db.fetch(ROOMS, department_id, after, limit + 1)


async def prices() -> list[Price]:
    """Give the price list; a few lines."""
    rows = await db.fetch("SELECT visit_type, department_id, title, price_fen FROM price")
    return [
        Price(
            visit_type=VisitType(row["visit_type"]),
            department_id=row["department_id"],
            title=row["title"],
            price_fen=row["price_fen"],
        )
        for row in rows
    ]
