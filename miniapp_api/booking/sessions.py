"""What can happen to sessions: they are made from the weekly rules, opened besides, stopped (停诊)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.booking import models
from miniapp_api.booking.models import AppointmentSeen, SessionSeen, SlotSeen
from miniapp_api.booking.news import cancelled
from miniapp_api.booking.rules import DAYS_AHEAD, Band, bands, check_session, days_of, session_time
from miniapp_api.errors import SessionExists, SessionStopped
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster, wrong_field
from server.events import fact_row
from server.hospital import Practitioner, Room
from server.ids import new_id
from server.jobs import ring

SESSIONS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class SessionDraft:
    """A session that shall be. capacity: places of each slot."""

    rule_id: UUID | None
    practitioner_id: UUID
    department_id: UUID
    room_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    slots: list[Band]
    capacity: int
    visit_type: str
    opens_at: datetime

    @property
    def day(self) -> date:
        """Give the day in the hospital's zone."""
        return clock.local(self.starts_at).date()


async def open_sessions(days: int = DAYS_AHEAD) -> int:
    """Make the sessions and slots of the next days, today included, that the weekly rules want and that lack.

    They open for booking on the day on which they are made. Doing it twice, or twice at once, is doing it once.
    Returns: how many sessions were made.
    """
    today = clock.today()
    last = today + timedelta(days=days)
    there = {(row["practitioner_id"], row["starts_at"]) for row in await db.fetch(models.SESSIONS_THERE, today, last)}
    drafts = [
        draft
        for rule in await db.fetch(models.RULES)
        for draft in _wanted(rule, today, days)
        if (draft.practitioner_id, draft.starts_at) not in there
    ]
    count = 0
    for begin in range(0, len(drafts), SESSIONS_AT_ONCE):
        async with db.transaction():
            count += len(await _insert(drafts[begin : begin + SESSIONS_AT_ONCE]))
    return count


def _wanted(rule: dict[str, Any], today: date, days: int) -> list[SessionDraft]:
    drafts = []
    for day in days_of(rule["weekday"], today, days):
        starts_at, ends_at = session_time(day, rule["starts_at"], rule["ends_at"])
        drafts.append(
            SessionDraft(
                rule_id=rule["id"],
                practitioner_id=rule["practitioner_id"],
                department_id=rule["department_id"],
                room_id=rule["room_id"],
                starts_at=starts_at,
                ends_at=ends_at,
                slots=bands(starts_at, ends_at, rule["slot_minutes"]),
                capacity=rule["capacity"],
                visit_type=rule["visit_type"],
                opens_at=clock.at(today, 0),
            )
        )
    return drafts


async def _insert(drafts: list[SessionDraft]) -> list[UUID]:
    """Insert sessions with their slots; leave out what is there. Give the ids of what was made."""
    ids = {new_id(): draft for draft in drafts}
    rows = await db.fetch(
        models.INSERT_SESSIONS,
        list(ids),
        [draft.rule_id for draft in drafts],
        [draft.practitioner_id for draft in drafts],
        [draft.department_id for draft in drafts],
        [draft.room_id for draft in drafts],
        [draft.day for draft in drafts],
        [draft.starts_at for draft in drafts],
        [draft.ends_at for draft in drafts],
        [draft.visit_type for draft in drafts],
        [draft.opens_at for draft in drafts],
    )
    made = [row["id"] for row in rows]
    slots = [(session_id, band, ids[session_id].capacity) for session_id in made for band in ids[session_id].slots]
    await db.fetch(
        models.INSERT_SLOTS,
        [new_id() for _ in slots],
        [session_id for session_id, _, _ in slots],
        [band.starts_at for _, band, _ in slots],
        [band.ends_at for _, band, _ in slots],
        [capacity for _, _, capacity in slots],
    )
    return made


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
    draft = SessionDraft(
        rule_id=None,
        practitioner_id=practitioner.id,
        department_id=practitioner.department_id,
        room_id=asked.room_id,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        slots=bands(asked.starts_at, asked.ends_at, asked.slot_minutes),
        capacity=asked.capacity,
        visit_type=asked.visit_type,
        opens_at=clock.now(),
    )
    async with db.transaction():
        made = await _insert([draft])
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


async def stop(staff: SignedInStaff, session_id: UUID, version: int, *, reason: str) -> None:
    """Stop a session: nobody can book it any more, and everybody who is booked is told.

    Who has already checked in stays: the desk speaks with them.

    version: as the session was seen. Raises: SessionStopped when it is already, SomeoneWasFaster.
    """
    async with db.transaction():
        # a booking under way holds its slot: wait for it, so that it is among those that are cancelled
        await db.fetch(models.LOCK_SLOTS, session_id)
        if await db.fetch_one(models.STOP_SESSION, session_id, version) is None:
            seen, _ = await session(session_id)
            raise SessionStopped() if seen.status == "stopped" else SomeoneWasFaster()
        gone = [AppointmentSeen(**row) for row in await db.fetch(models.BOOKED_OF_SESSION, session_id)]
        facts = [fact_row(cancelled(one, by_clinic=True, reason=reason)) for one in gone]
        await db.fetch(
            models.CANCEL_SESSION,
            session_id,
            [one.id for one in gone],
            [new_id() for _ in gone],
            [fact_id for fact_id, _, _ in facts],
            [payload for _, _, payload in facts],
            staff.by.kind,
            staff.by.id,
            staff.by.channel,
            reason,
        )
        ring("relay")
