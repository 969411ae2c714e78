"""What can happen to campuses, departments, practitioners and rooms: they are made and changed."""

from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.administration import models
from miniapp_api.administration.errors import CodeTaken, DepartmentCircle, InUse, PrefixTaken
from miniapp_api.administration.models import CAMPUS, DEPARTMENT, KINDS, ROOM, Kind
from miniapp_api.administration.notes import Author, only, write_change
from miniapp_api.administration.rules import free_prefix
from miniapp_api.catalogue.specialities import specialities
from miniapp_api.catalogue.spelling import initials, pinyin
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, SomeoneWasFaster, wrong_field
from server.ids import new_id

Row = dict[str, Any]


def need_hospital(staff: SignedInStaff) -> None:
    """Refuse administrators of single departments.

    Raises: Forbidden.
    """
    if staff.departments_of(Role.ADMIN) is not None:
        raise Forbidden()


def need_keeper(staff: SignedInStaff, kind: Kind, home_id: UUID | None) -> None:
    """Refuse who may not write this: a department's administrator keeps its practitioners and rooms, no more.

    Raises: Forbidden, NotFound for what is in another department.
    """
    homes = staff.departments_of(Role.ADMIN)
    if homes is None:
        return
    if home_id not in homes:
        raise NotFound()
    if kind in (CAMPUS, DEPARTMENT):
        raise Forbidden()


async def read(staff: SignedInStaff, kind: Kind, row_id: UUID) -> Row:
    """Give one thing.

    Raises: NotFound, also for what is in a department that is not one's own.
    """
    row = await db.fetch_one(kind.one, row_id)
    homes = staff.departments_of(Role.ADMIN)
    if row is None or (homes is not None and row["home_id"] not in homes):
        raise NotFound()
    return row


async def page(
    staff: SignedInStaff,
    kind: Kind,
    *,
    active: bool | None,
    q: str,
    department_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> list[Row]:
    """List up to `limit + 1` things by their codes, those out of use too."""
    homes = staff.departments_of(Role.ADMIN)
    mine = None if homes is None else sorted(homes)
    return await db.fetch(kind.page, active, q.strip(), mine, department_id, after, limit + 1)


async def create(staff: SignedInStaff, kind: Kind, values: Row) -> Row:
    """Make a thing. values: its columns.

    Raises: CodeTaken, PrefixTaken, Malformed, Forbidden.
    """
    need_keeper(staff, kind, values.get("department_id"))
    row_id = new_id()
    async with db.transaction():
        await db.fetch(models.LOCK)
        values = await _filled(kind, values | await _defaults(kind, values))
        try:
            await db.fetch(kind.insert(("id", *values)), row_id, *values.values())
        except IntegrityError as error:
            raise _in_words(error) from error
        row = await read(staff, kind, row_id)
        await write_change(Author(staff.id), (kind.name, row_id, "created"), None, only(row, kind.recorded))
    return row


async def change(staff: SignedInStaff, kind: Kind, row_id: UUID, values: Row, *, version: int) -> Row:
    """Change a thing. values: the columns that change; version: as it was seen.

    Raises: NotFound, Forbidden, SomeoneWasFaster, PrefixTaken, DepartmentCircle, InUse, Malformed.
    """
    async with db.transaction():
        await db.fetch(models.LOCK)
        before = await read(staff, kind, row_id)
        need_keeper(staff, kind, before["home_id"])
        if "department_id" in values:
            need_keeper(staff, kind, values["department_id"])
        values = {name: value for name, value in values.items() if before[name] != value}
        if not values:
            return before
        if kind is ROOM and "department_id" in values:
            await _not_planned(row_id)
        values = await _filled(kind, values, row_id)
        try:
            done = await db.fetch(kind.update(tuple(values)), row_id, version, *values.values())
        except IntegrityError as error:
            raise _in_words(error) from error
        if not done:
            raise SomeoneWasFaster()
        row = await read(staff, kind, row_id)
        changed = (only(side, kind.recorded) for side in (before, row))
        await write_change(Author(staff.id), (kind.name, row_id, "changed"), *changed)
    return row


async def check_department(department_id: UUID | None, pointer: str = "/department_id") -> None:
    """Refuse a department that is not there or is out of use.

    Raises: Malformed.
    """
    if department_id is None or not await db.fetch(models.IN_USE["department"], department_id):
        raise wrong_field(pointer, "unknown", "no such department in use")


async def use_of(kind: Kind, row_id: UUID) -> dict[str, int]:
    """Count what uses a department, practitioner or room now and in the time to come."""
    (counts,) = await db.fetch(models.use_of(kind.name), row_id, clock.today())
    return counts


async def _not_planned(room_id: UUID) -> None:
    """A clinic has a room of its department: one that is planned with does not move away."""
    counts = await use_of(ROOM, room_id)
    if counts["schedules"] or await db.fetch(models.ROOMS_SESSIONS, room_id):
        raise InUse(**counts)


async def _defaults(kind: Kind, values: Row) -> Row:
    """Give what a new department has when nothing is said: the only campus, free letters."""
    if kind is not DEPARTMENT:
        return {}
    found: Row = {}
    if values.get("campus_id") is None:
        campuses = await db.fetch(models.CAMPUSES)
        if len(campuses) != 1:
            raise wrong_field("/campus_id", "needed", "there are several campuses")
        found["campus_id"] = campuses[0]["id"]
    if values.get("ticket_prefix") is None:
        taken = {row["ticket_prefix"] for row in await db.fetch(models.PREFIXES, None)}
        found["ticket_prefix"] = free_prefix(initials(values["name"]), taken)
    return found


async def _filled(kind: Kind, values: Row, row_id: UUID | None = None) -> Row:
    """Check what is about to be written, and add how a name is spelled."""
    if "department_id" in values:
        await check_department(values["department_id"])
    if kind is DEPARTMENT:
        await _check_department_row(values, row_id)
    if "name" in values and kind.name in ("department", "practitioner"):
        return values | {"pinyin": pinyin(values["name"]), "initials": initials(values["name"])}
    return values


async def _check_department_row(values: Row, row_id: UUID | None) -> None:
    if values.get("parent_id") is not None:
        if values["parent_id"] == row_id:
            raise DepartmentCircle()
        await check_department(values["parent_id"], "/parent_id")
    if "campus_id" in values and not await db.fetch_one(KINDS["campus"].one, values["campus_id"]):
        raise wrong_field("/campus_id", "unknown", "no such campus")
    if values.get("speciality_code", "") not in ("", *specialities()):
        raise wrong_field("/speciality_code", "unknown", "not in the national list")
    prefix = values.get("ticket_prefix")
    if any(row["ticket_prefix"] == prefix for row in await db.fetch(models.PREFIXES, row_id)):
        raise PrefixTaken(prefix=prefix)


def _in_words(error: IntegrityError) -> Exception:
    violated = db.violated(error)
    if violated == models.TREE:
        return DepartmentCircle()
    return CodeTaken() if violated in models.CODES else error
