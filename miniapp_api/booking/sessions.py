"""What can happen to sessions by hand: they are opened besides the plan."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from miniapp_api.booking import models
from miniapp_api.booking.models import SessionSeen, SlotSeen
from miniapp_api.booking.rules import check_session
from miniapp_api.errors import SessionExists
from miniapp_api.schedules.actions import insert_sessions
from miniapp_api.schedules.rules import Pool, WantedBand, WantedSession, bands
from server import clock, db
from server.errors import NotFound, wrong_field
from server.hospital import Practitioner, Room


@dataclass(frozen=True, kw_only=True)
class ExtraClinic:
    """A session beside the weekly rules, as an administrator asks for it."""

    practitioner_id: UUID
    room_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    slot_minutes: float
    capacity: int
    visit_type: str


async def open_extra(asked: ExtraClinic) -> UUID:
    """Open a session beside the weekly rules (加班门诊); it can be booked at once. Give its id.

    Raises: Malformed, SessionExists.
    """
    check_session(asked.starts_at, asked.ends_at, clock.now())
    practitioner = await Practitioner.get_or_none(id=asked.practitioner_id, active=True)
    if practitioner is None:
        raise wrong_field("/practitioner_id", "unknown", "no such practitioner")
    if asked.room_id is not None and not await Room.exists(id=asked.room_id, active=True):
        raise wrong_field("/room_id", "unknown", "no such room")
    wanted = WantedSession(
        practitioner_id=practitioner.id,
        department_id=practitioner.department_id,
        room_id=asked.room_id,
        day=clock.local(asked.starts_at).date(),
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        visit_type=asked.visit_type,
        opens_at=clock.now(),
        rule_id=None,
        exception_id=None,
        version=None,
        is_unconfirmed=False,
        bands=tuple(
            WantedBand(band.starts_at, band.ends_at, Pool.APP, asked.capacity)
            for band in bands(asked.starts_at, asked.ends_at, asked.slot_minutes)
        ),
    )
    async with db.transaction():
        made = await insert_sessions([wanted])
        if not made:
            raise SessionExists()
    return made[0]


async def session(session_id: UUID) -> tuple[SessionSeen, list[SlotSeen]]:
    """Give a session and its slots.

    Raises: NotFound.
    """
    row = await db.fetch_one(models.SESSION, session_id)
    if row is None:
        raise NotFound()
    return SessionSeen(**row), [SlotSeen(**slot) for slot in await db.fetch(models.SLOTS_OF_SESSION, session_id)]
