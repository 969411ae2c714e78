"""Whole phone numbers and mail addresses of staff: shown by an act that is written down."""

from uuid import UUID

from miniapp_api.staff.actions import read
from miniapp_api.staff.notes import phone_of, write_change
from server import db
from server.accounts import SignedInStaff


async def show(staff: SignedInStaff, staff_id: UUID, why: str) -> dict[str, str]:
    """Give phone and email of an account; who looked is written down.

    Raises: Forbidden, NotFound.
    """
    async with db.transaction():
        row = await read(staff, staff_id)
        await write_change(staff.id, (staff_id, "contacts_seen"), None, None, why)
    return {"phone": phone_of(row), "email": row["email"]}
