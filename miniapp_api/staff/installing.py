"""The first administrator of an installation, and the way back in: by command, on the machine."""

import re

from miniapp_api.staff import models
from miniapp_api.staff.actions import one_time_password
from miniapp_api.staff.notes import write_change
from miniapp_api.staff.rules import ONE_TIME_LASTS
from miniapp_api.staff.views import USERNAME
from server import auth, db
from server.accounts import Role
from server.ids import new_id

_ACCOUNT = "SELECT id, active FROM staff WHERE username = $1 FOR UPDATE"


async def make_administrator(username: str, name: str) -> str:
    """Make an account an administrator of the hospital, the account too when there is none; give a one-time password.

    One that was switched off is switched on; its sessions end. Raises: ValueError for what cannot be a user name.
    """
    if not re.fullmatch(USERNAME, username):
        raise ValueError(f"user name {username!r}: small letters, digits, dots and hyphens, 2 to 40")
    password = one_time_password()
    password_hash = await auth.hashed(password)
    async with db.transaction():
        row = await db.fetch_one(_ACCOUNT, username)
        staff_id = row["id"] if row else new_id()
        if row is None:
            values = (username, name or username, password_hash, None, None, None, None, ONE_TIME_LASTS)
            await db.fetch(models.INSERT, staff_id, *values)
        else:
            await db.fetch(models.GIVE_PASSWORD, staff_id, password_hash, ONE_TIME_LASTS)
            await db.fetch(models.SWITCH, staff_id, True)
            await auth.end_sessions(staff_id)
        had = {(one["role"], one["department_id"]) for one in await db.fetch(models.GRANTS, staff_id)}
        if (Role.ADMIN, None) not in had:
            await db.fetch(models.GRANT, new_id(), staff_id, str(Role.ADMIN), None)
        kept = {"username": username, "roles": [f"{Role.ADMIN}@"]}
        await write_change(None, (staff_id, "changed" if row else "created"), None, kept)
    return password
