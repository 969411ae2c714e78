"""Putting departments, practitioners and rooms out of use, and bringing them back: whole, or not at all.

What people booked stands in the way. Sessions that nobody booked go in the same transaction; weekly clinics rest, and
come back with what they belong to.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from miniapp_api.administration import models
from miniapp_api.administration.actions import Row, need_keeper, read, use_of
from miniapp_api.administration.errors import AboveInactive, InUse
from miniapp_api.administration.models import DEPARTMENT, PRACTITIONER, ROOM, Kind
from miniapp_api.administration.notes import Author, write_change
from miniapp_api.schedules import models as plans
from miniapp_api.schedules.actions import compare, write
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster

NEEDED = ("bookings", "sessions_by_hand", "departments", "tickets")


def can_rest(kind: Kind, counts: dict[str, int]) -> bool:
    """Tell whether nothing stands in the way. A room is only needed by who plans with it."""
    return not any(counts[name] for name in (*NEEDED, *(("schedules",) if kind is ROOM else ())))


async def deactivate(staff: SignedInStaff, kind: Kind, row_id: UUID, *, version: int, why: str = "") -> Row:
    """Put a thing out of use; what is so already stays.

    Raises: NotFound, Forbidden, InUse, SomeoneWasFaster, PlanChanged when somebody books at this moment.
    """
    async with db.transaction():
        row = await _locked(staff, kind, row_id)
        if not row["active"]:
            return row
        await _turn(kind, row, version, replace(Author(staff.id), why=why))
        await check_rest(kind, row_id)
        await _plan_again(kind, row_id)
        return await read(staff, kind, row_id)


async def activate(staff: SignedInStaff, kind: Kind, row_id: UUID, *, version: int, why: str = "") -> Row:
    """Bring a thing back into use, with its clinics of the next days.

    Raises: NotFound, Forbidden, AboveInactive, SomeoneWasFaster, PlanChanged.
    """
    async with db.transaction():
        row = await _locked(staff, kind, row_id)
        if row["active"]:
            return row
        above = row["parent_id"] if kind is DEPARTMENT else row["department_id"]
        if above is not None and not await db.fetch(models.IN_USE["department"], above):
            raise AboveInactive()
        await _turn(kind, row, version, replace(Author(staff.id), why=why))
        await _plan_again(kind, row_id)
        return await read(staff, kind, row_id)


async def check_rest(kind: Kind, row_id: UUID) -> None:
    """Refuse to leave out of use what people still need; in the transaction that has put it so.

    Raises: InUse, with the counts.
    """
    counts = await use_of(kind, row_id)
    if not can_rest(kind, counts) or (kind is ROOM and await db.fetch(models.ROOMS_SESSIONS, row_id)):
        raise InUse(**counts)


async def _locked(staff: SignedInStaff, kind: Kind, row_id: UUID) -> Row:
    await db.fetch(models.LOCK)
    await db.fetch(plans.LOCK)
    row = await read(staff, kind, row_id)
    need_keeper(staff, kind, row["home_id"])
    return row


async def _turn(kind: Kind, row: dict[str, Any], version: int, author: Author) -> None:
    """Turn a thing on or off. From here on nobody opens a session for it; one that is being opened is waited for."""
    after = not row["active"]
    if not await db.fetch(kind.update(("active",)), row["id"], version, after):
        raise SomeoneWasFaster()
    act = "activated" if after else "deactivated"
    await write_change(author, (kind.name, row["id"], act), {"active": not after}, {"active": after})


async def _plan_again(kind: Kind, row_id: UUID) -> None:
    """Bring the sessions in line at once, so that nobody books what will not take place."""
    departments = {row_id} if kind is DEPARTMENT else set()
    if kind is PRACTITIONER:
        rows = await db.fetch(plans.DEPARTMENTS_OF, row_id, clock.today())
        departments = {row["department_id"] for row in rows}
    for department_id in sorted(departments):
        await write(await compare(department_id), exactly=True)
