"""One's own password: changed with the old one, and by whoever came with a one-time password."""

from uuid import UUID

from miniapp_api.staff import models
from miniapp_api.staff.notes import write_change
from miniapp_api.staff.rules import weakness
from server import auth, db
from server.accounts import SignedInStaff, Staff
from server.errors import NotFound, SomeoneWasFaster, wrong_field


async def change_password(staff: SignedInStaff, old: str, new: str, *, token: str) -> None:
    """Set a password of one's own; every session but this one ends. token: of this one.

    Raises: Malformed, TooMany, SomeoneWasFaster.
    """
    account = await _account(staff.id)
    if not await auth.is_password_of(account, old):
        raise wrong_field("/old_password", "wrong_old_password", "not the present password")
    if wrong := _wrong(new, old=old, username=account.username):
        raise wrong_field("/new_password", wrong, "too weak, or the old one")
    new_hash = await auth.hashed(new)
    async with db.transaction():
        if not await db.fetch(models.OWN_PASSWORD, staff.id, new_hash, account.password_hash):
            raise SomeoneWasFaster()
        await auth.end_sessions(staff.id, but=token)
        await write_change(staff.id, (staff.id, "password_changed"), None, None)


async def _account(staff_id: UUID) -> Staff:
    account = await Staff.get_or_none(id=staff_id, active=True)
    if account is None:
        raise NotFound()
    return account


def _wrong(new: str, *, old: str, username: str) -> str | None:
    return "password_as_before" if new == old else weakness(new, username=username)
