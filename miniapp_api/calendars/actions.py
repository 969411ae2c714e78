"""What can happen to a practitioner's calendar: an address is made, given up, asked."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from miniapp_api.booking.calendar_file import CalendarEntry, calendar_feed
from miniapp_api.calendars import models
from server import auth, clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound
from server.ids import new_id

DAYS_BACK = 30
DAYS_AHEAD = 60
REFRESH_MINUTES = 60
VISIT_TYPES = {"ordinary": "普通门诊", "expert": "专家门诊", "special": "特需门诊", "revisit": "复诊"}


@dataclass(frozen=True)
class Feed:
    """Since when a practitioner has an address, and who made it."""

    made_at: datetime
    made_by: str


async def make(staff: SignedInStaff, practitioner_id: UUID) -> str:
    """Make the secret of a new address; one that was there before stops working.

    Raises: NotFound, Forbidden.
    """
    secret = secrets.token_urlsafe(32)
    async with db.transaction():
        await _allowed(staff, practitioner_id)
        await db.fetch(models.REVOKE, practitioner_id)
        await db.fetch(models.MAKE, new_id(), practitioner_id, auth.token_hash(secret), staff.id)
    return secret


async def feed_of(staff: SignedInStaff, practitioner_id: UUID) -> Feed | None:
    """Tell whether there is an address, None when not; the secret itself is not kept.

    Raises: NotFound, Forbidden.
    """
    await _allowed(staff, practitioner_id)
    row = await db.fetch_one(models.FEED_OF, practitioner_id)
    return Feed(**row) if row else None


async def revoke(staff: SignedInStaff, practitioner_id: UUID) -> None:
    """Give the address up.

    Raises: NotFound, Forbidden.
    """
    await _allowed(staff, practitioner_id)
    if not await db.fetch(models.REVOKE, practitioner_id):
        raise NotFound()


async def calendar(secret: str) -> bytes:
    """Write the calendar that an address names: sessions with counts, nobody who is booked.

    Raises: NotFound for an address that was given up or never made.
    """
    owner = await db.fetch_one(models.OWNER, auth.token_hash(secret))
    if owner is None:
        raise NotFound()
    today = clock.today()
    rows = await db.fetch(
        models.SESSIONS, owner["id"], today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)
    )
    entries = [
        CalendarEntry(
            id=row["id"],
            sequence=row["version"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            summary=f"{'停诊 ' if row['status'] == 'stopped' else ''}{row['department_name']}"
            f" {VISIT_TYPES[row['visit_type']]}",
            location=row["location"],
            description=f"号源 {row['capacity'] or 0}，已约 {row['taken'] or 0}",
            is_cancelled=row["status"] == "stopped",
        )
        for row in rows
    ]
    return calendar_feed(f"{owner['name']}的出诊", entries, refresh_minutes=REFRESH_MINUTES)


async def _allowed(staff: SignedInStaff, practitioner_id: UUID) -> None:
    """Let the practitioner and the head of the department; others do not see that there is one."""
    row = await db.fetch_one(models.PRACTITIONER, practitioner_id)
    if row is None:
        raise NotFound()
    if staff.may(Role.DEPARTMENT_HEAD, department_id=row["department_id"]):
        return
    own = await db.fetch_one(models.PRACTITIONER_OF_STAFF, staff.id)
    if own is None or own["practitioner_id"] != practitioner_id:
        raise Forbidden()
