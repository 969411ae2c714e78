"""The hospital page and the price list."""

from typing import Any
from uuid import UUID

from miniapp_api.administration import models
from miniapp_api.administration.actions import Row, check_department, need_hospital
from miniapp_api.administration.notes import Author, only, write_change
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.ids import new_id

PRICE_COLUMNS = ("visit_type", "department_id", "title", "price_fen")


async def hospital(staff: SignedInStaff) -> Row | None:
    """Give the hospital page, or None while there is none.

    Raises: Forbidden.
    """
    need_hospital(staff)
    return await db.fetch_one(models.HOSPITAL)


async def write_hospital(staff: SignedInStaff, values: dict[str, Any], *, version: int | None) -> Row:
    """Write the hospital page. version: of the page that was seen; None when there was none.

    Raises: Forbidden, SomeoneWasFaster.
    """
    need_hospital(staff)
    async with db.transaction():
        await db.fetch(models.LOCK)
        before = await db.fetch_one(models.HOSPITAL)
        if (before["version"] if before else None) != version:
            raise SomeoneWasFaster()
        row_id = before["id"] if before else new_id()
        columns = tuple(values)
        if before is None:
            places = ", ".join(f"${n}" for n in range(2, len(columns) + 2))
            sql = f"INSERT INTO hospital (id, {', '.join(columns)}) VALUES ($1, {places})"
        else:
            changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=2))
            sql = f"UPDATE hospital SET {changes}, version = version + 1 WHERE id = $1"
        await db.fetch(sql, row_id, *values.values())
        row = await db.fetch_one(models.HOSPITAL)
        assert row is not None  # just written
        old = only(before, columns) if before else None
        await write_change(
            Author(staff.id), ("hospital", row_id, "changed" if before else "created"), old, only(row, columns)
        )
    return row


async def prices(staff: SignedInStaff) -> list[Row]:
    """List the lines of the price list, the most general first.

    Raises: Forbidden.
    """
    need_hospital(staff)
    return await db.fetch(
        f"{models.PRICES} ORDER BY p.visit_type, p.department_id IS NOT NULL, d.name, p.title IS NOT NULL, p.title"
    )


async def price_of(values: dict[str, Any]) -> Row | None:
    """Give the line for exactly this type, department and title, if there is one."""
    return await db.fetch_one(models.PRICE_OF, values["visit_type"], values["department_id"], values["title"])


async def write_price(staff: SignedInStaff, values: dict[str, Any], *, version: int | None) -> Row:
    """Set a line of the price list. version: of the line that was seen; None when there was none.

    Raises: Forbidden, Malformed, SomeoneWasFaster.
    """
    need_hospital(staff)
    async with db.transaction():
        await db.fetch(models.LOCK)
        if values["department_id"] is not None:
            await check_department(values["department_id"])
        before = await price_of(values)
        if (before["version"] if before else None) != version:
            raise SomeoneWasFaster()
        (done,) = await db.fetch(models.WRITE_PRICE, new_id(), *only(values, PRICE_COLUMNS).values())
        row = await price_of(values)
        assert row is not None  # just written
        about = ("price", done["id"], "changed" if before else "created")
        await write_change(Author(staff.id), about, only(before, PRICE_COLUMNS) if before else None, values)
    return row


async def price(staff: SignedInStaff, price_id: UUID) -> Row:
    """Give a line of the price list.

    Raises: Forbidden, NotFound.
    """
    need_hospital(staff)
    row = await db.fetch_one(f"{models.PRICES} WHERE p.id = $1", price_id)
    if row is None:
        raise NotFound()
    return row


async def remove_price(staff: SignedInStaff, price_id: UUID, *, version: int) -> None:
    """Take a line off the price list: a more general one holds then. version: as it was seen.

    Raises: Forbidden, NotFound, SomeoneWasFaster.
    """
    async with db.transaction():
        await db.fetch(models.LOCK)
        before = await price(staff, price_id)
        if not await db.fetch("DELETE FROM price WHERE id = $1 AND version = $2 RETURNING id", price_id, version):
            raise SomeoneWasFaster()
        await write_change(Author(staff.id), ("price", price_id, "removed"), only(before, PRICE_COLUMNS), None)
