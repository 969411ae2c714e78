"""What is kept of an account's changes, and how its phone is sealed. The history holds no whole number or address."""

from typing import Any
from uuid import UUID

import orjson

from miniapp_api.staff import models
from server import db, privacy
from server.ids import new_id

PHONE = "staff.phone_cipher"

Row = dict[str, Any]


def seal_phone(staff_id: UUID, phone: str | None) -> bytes | None:
    """Give a phone number as it is kept."""
    return privacy.seal(phone, place=PHONE, row_id=staff_id) if phone else None


def phone_of(row: Row) -> str:
    """Give the whole phone number of an account; empty when there is none."""
    sealed = row["phone_cipher"]
    return privacy.unseal(sealed, place=PHONE, row_id=row["id"]) if sealed else ""


def roles_of(row: Row) -> list[dict[str, Any]]:
    """Give the rights of an account: role, department_id, department_name; no department is the whole hospital."""
    return [
        {"role": role, "department_id": department_id, "department_name": name or ""}
        for role, department_id, name in orjson.loads(row["roles"])
    ]


def recorded(row: Row) -> Row:
    """Give what the history keeps of an account."""
    return {
        **{name: row[name] for name in ("username", "name", "practitioner_name", "wecom_userid")},
        "email": privacy.mask_email(row["email"]),
        "phone": privacy.mask_phone(phone_of(row)[-4:]),
        "roles": [f"{one['role']}@{one['department_name']}" for one in roles_of(row)],
    }


async def write_change(
    by: UUID | None, about: tuple[UUID, str], before: Row | None, after: Row | None, why: str = ""
) -> None:
    """Keep who changed what, in the open transaction; of two rows only what differs.

    by: None is a command on the machine. about: whose, and the act.
    """
    if before is not None and after is not None:
        names = [name for name in after if before.get(name) != after[name]]
        before, after = ({name: side.get(name) for name in names} for side in (before, after))
    sides = [None if side is None else orjson.dumps(side).decode() for side in (before, after)]
    await db.fetch(models.INSERT_CHANGE, new_id(), *about, *sides, by, why)


async def history(staff_id: UUID, after: UUID | None, limit: int) -> list[Row]:
    """Give who changed an account, newest first; up to `limit + 1` rows."""
    rows = await db.fetch(models.CHANGES, staff_id, after, limit + 1)
    return [row | {side: row[side] and orjson.loads(row[side]) for side in ("before", "after")} for row in rows]
