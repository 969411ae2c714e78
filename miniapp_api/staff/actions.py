"""What an administrator does with accounts of staff: makes, changes, switches off and on, gives passwords.

Everything is written down with who and when. What lies in somebody's hands stays there when they are switched off.
"""

import secrets
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.staff import models
from miniapp_api.staff.errors import LastAdministrator, OfOneself, UsernameTaken
from miniapp_api.staff.notes import recorded, seal_phone, write_change
from miniapp_api.staff.rules import (
    ONE_TIME_GROUP,
    ONE_TIME_GROUPS,
    ONE_TIME_LASTS,
    ONE_TIME_LETTERS,
    Grant,
    difference,
)
from server import auth, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, SomeoneWasFaster, wrong_field
from server.ids import new_id

Row = dict[str, Any]


def need_hospital(staff: SignedInStaff) -> None:
    """Refuse administrators of single departments: rights are given by the hospital's.

    Raises: Forbidden.
    """
    if staff.departments_of(Role.ADMIN) is not None:
        raise Forbidden()


def one_time_password() -> str:
    """Draw a password that can be read aloud: `kq7m-2vhd-x9tb`."""
    groups = ("".join(secrets.choice(ONE_TIME_LETTERS) for _ in range(ONE_TIME_GROUP)) for _ in range(ONE_TIME_GROUPS))
    return "-".join(groups)


async def read(staff: SignedInStaff, staff_id: UUID) -> Row:
    """Give one account.

    Raises: Forbidden, NotFound.
    """
    need_hospital(staff)
    row = await db.fetch_one(models.ONE, staff_id)
    if row is None:
        raise NotFound()
    return row


async def create(staff: SignedInStaff, values: Row, roles: Iterable[Grant], password_hash: str) -> Row:
    """Make an account, in the open transaction. password_hash: of the one-time password.

    values: username, name, practitioner_id, wecom_userid, email, phone. Raises: Forbidden, Malformed, UsernameTaken.
    """
    need_hospital(staff)
    await _check(values, roles)
    staff_id = new_id()
    try:
        await db.fetch(
            models.INSERT,
            staff_id,
            values["username"],
            values["name"],
            password_hash,
            values["practitioner_id"],
            values["wecom_userid"],
            values["email"],
            seal_phone(staff_id, values["phone"]),
            ONE_TIME_LASTS,
        )
    except IntegrityError as error:
        raise _in_words(error) from error
    for role, department_id in roles:
        await db.fetch(models.GRANT, new_id(), staff_id, role, department_id)
    row = await read(staff, staff_id)
    await write_change(staff.id, (staff_id, "created"), None, recorded(row))
    return row


async def change(staff: SignedInStaff, staff_id: UUID, values: Row, roles: Iterable[Grant] | None, version: int) -> Row:
    """Change an account. values: what of name, practitioner_id, wecom_userid, email and phone changes; roles: all of
    them, None leaves them as they are; version: as it was seen.

    Raises: Forbidden, NotFound, Malformed, SomeoneWasFaster, LastAdministrator.
    """
    async with db.transaction():
        before = await _locked(staff, staff_id, version)
        await _check(values, roles or ())
        if "phone" in values:
            values = {**values, "phone_cipher": seal_phone(staff_id, values["phone"])}
            values.pop("phone")
        if values:
            await db.fetch(models.update(tuple(values)), staff_id, *values.values())
        if roles is not None:
            await _give(staff_id, roles)
        after = await read(staff, staff_id)
        if recorded(before) == recorded(after):
            return after
        await db.fetch(models.RAISE, staff_id)
        await write_change(staff.id, (staff_id, "changed"), recorded(before), recorded(after))
        db.after_commit(auth.forget_remembered)
        return await read(staff, staff_id)


async def deactivate(staff: SignedInStaff, staff_id: UUID, version: int, why: str) -> Row:
    """Switch an account off; every session of it ends.

    Raises: Forbidden, NotFound, SomeoneWasFaster, OfOneself, LastAdministrator.
    """
    if staff_id == staff.id:
        raise OfOneself()
    async with db.transaction():
        before = await _locked(staff, staff_id, version)
        if before["active"]:
            try:
                await db.fetch(models.SWITCH, staff_id, False)
            except IntegrityError as error:
                raise _in_words(error) from error
            await auth.end_sessions(staff_id)
            await write_change(staff.id, (staff_id, "deactivated"), None, None, why)
        return await read(staff, staff_id)


async def activate(staff: SignedInStaff, staff_id: UUID, version: int, why: str) -> Row:
    """Switch an account on again, with the rights that it had.

    Raises: Forbidden, NotFound, SomeoneWasFaster.
    """
    async with db.transaction():
        before = await _locked(staff, staff_id, version)
        if not before["active"]:
            await db.fetch(models.SWITCH, staff_id, True)
            await write_change(staff.id, (staff_id, "activated"), None, None, why)
        return await read(staff, staff_id)


async def give_password(staff: SignedInStaff, staff_id: UUID, password_hash: str) -> Row:
    """Let a one-time password take the place of the old one, in the open transaction; every session ends.

    Raises: Forbidden, NotFound, OfOneself.
    """
    if staff_id == staff.id:
        raise OfOneself()
    await _locked(staff, staff_id, None)
    await db.fetch(models.GIVE_PASSWORD, staff_id, password_hash, ONE_TIME_LASTS)
    await auth.end_sessions(staff_id)
    await write_change(staff.id, (staff_id, "password_given"), None, None)
    return await read(staff, staff_id)


async def sign_out(staff: SignedInStaff, staff_id: UUID) -> Row:
    """End every session of somebody.

    Raises: Forbidden, NotFound.
    """
    async with db.transaction():
        await _locked(staff, staff_id, None)
        ended = await auth.end_sessions(staff_id)
        await write_change(staff.id, (staff_id, "signed_out"), None, {"sessions": ended})
        return await read(staff, staff_id)


async def _locked(staff: SignedInStaff, staff_id: UUID, version: int | None) -> Row:
    """Lock an account and give it. version: as it was seen; None takes it as it is."""
    need_hospital(staff)
    row = await db.fetch_one(models.LOCK, staff_id)
    if row is not None and version is not None and row["version"] != version:
        raise SomeoneWasFaster()
    return await read(staff, staff_id)


async def _give(staff_id: UUID, roles: Iterable[Grant]) -> None:
    had = [(row["role"], row["department_id"]) for row in await db.fetch(models.GRANTS, staff_id)]
    come, go = difference(had, roles)
    for role, department_id in come:
        await db.fetch(models.GRANT, new_id(), staff_id, role, department_id)
    try:
        for role, department_id in go:
            await db.fetch(models.TAKE, staff_id, role, department_id)
    except IntegrityError as error:
        raise _in_words(error) from error


async def _check(values: Row, roles: Iterable[Grant]) -> None:
    """Refuse a department or practitioner that is not there or out of use.

    Raises: Malformed.
    """
    homes = {department_id for _, department_id in roles if department_id is not None}
    there = {row["id"] for row in await db.fetch(models.DEPARTMENTS, sorted(homes))} if homes else set()
    if homes - there:
        raise wrong_field("/roles", "unknown_department", "no such department in use")
    doctor = values.get("practitioner_id")
    if doctor is not None and not await db.fetch(models.PRACTITIONER, doctor):
        raise wrong_field("/practitioner_id", "unknown", "no such practitioner in use")


def _in_words(error: IntegrityError) -> Exception:
    words = {models.LAST_ADMINISTRATOR: LastAdministrator(), models.USERNAME: UsernameTaken()}
    return words.get(db.violated(error), error)
