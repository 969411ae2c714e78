"""What people do with draws: look, enter, withdraw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.errors import AlreadyBooked, Suspended
from miniapp_api.release import effects, models
from miniapp_api.release.errors import AlreadyEntered, DrawClosed, DrawNotDone, DrawNotOpen
from miniapp_api.release.models import DrawSeen, EntrySeen
from miniapp_api.release.proof import FORMAT
from miniapp_api.release.rules import DrawState, EntryState, root_of
from server import clock, db
from server.accounts import Role, SignedInPatient, SignedInStaff
from server.auth import need_department
from server.errors import NotFound, SomeoneWasFaster, wrong_field
from server.ids import new_id
from server.web import moment


async def draw(draw_id: UUID) -> DrawSeen:
    """Give a draw by its id, or by its session's.

    Raises: NotFound.
    """
    row = await db.fetch_one(models.DRAW, draw_id)
    if row is None:
        raise NotFound()
    return DrawSeen(**row)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which draws. department_id: None is all that one plans. has_opened: None is either. after: the last of a page."""

    department_id: UUID | None = None
    state: str | None = None
    has_opened: bool | None = None
    after: UUID | None = None


async def draws(staff: SignedInStaff, wanted: Wanted, limit: int) -> list[DrawSeen]:
    """List draws, the latest first; up to `limit + 1` rows, of the departments that this member of staff plans.

    Raises: Forbidden.
    """
    departments = planned(staff, wanted.department_id)
    rows = await db.fetch(models.DRAWS, departments, wanted.state, wanted.has_opened, wanted.after, limit + 1)
    return [DrawSeen(**row) for row in rows]


def planned(staff: SignedInStaff, department_id: UUID | None) -> list[UUID] | None:
    """Give the departments of which this member of staff sees the plan, or the one that is named; None is all.

    Raises: Forbidden.
    """
    if department_id is not None:
        need_department(staff, department_id, Role.DEPARTMENT_HEAD)
        return [department_id]
    own = staff.departments_of(Role.DEPARTMENT_HEAD, Role.ADMIN)
    return None if own is None else list(own)


async def draw_of(staff: SignedInStaff, draw_id: UUID) -> DrawSeen:
    """Give a draw of a department that this member of staff plans.

    Raises: NotFound, Forbidden.
    """
    seen = await draw(draw_id)
    need_department(staff, seen.department_id, Role.DEPARTMENT_HEAD)
    return seen


async def bands(session_id: UUID | None) -> list[dict[str, Any]]:
    """List the bands of a session that can be wished for: id, starts_at, ends_at, places."""
    return await db.fetch(models.BANDS, session_id) if session_id else []


async def record(draw_id: UUID) -> dict[str, Any]:
    """Give the public record of a draw that is done, as `proof.DrawRecord` has it.

    Raises: NotFound, DrawNotDone.
    """
    seen = await draw(draw_id)
    if seen.state != DrawState.DRAWN:
        raise DrawNotDone()
    places = await db.fetch(models.RECORD_PLACES, seen.id)
    entries = await db.fetch(models.RECORD_ENTRIES, seen.id)
    return {
        "format": FORMAT,
        "draw_id": str(seen.id),
        "department": seen.department_name,
        "practitioner": seen.practitioner_name,
        "session_starts_at": moment(seen.starts_at),
        "opens_at": moment(seen.opens_at),
        "closes_at": moment(seen.closes_at),
        "drawn_at": moment(seen.settled_at),
        "loss_days": seen.loss_days,
        "lots_at_most": seen.lots_at_most,
        "seed_sha256": seen.seed_sha256,
        "seed": seen.seed,
        "root": root_of(row["receipt"] for row in entries),
        "places": [
            {
                "slot_id": str(row["slot_id"]),
                "starts_at": moment(row["starts_at"]) or "",
                "places": row["places"],
            }
            for row in places
        ],
        "entries": [
            {
                "receipt": row["receipt"],
                "lots": row["lots"],
                "slot_ids": [str(one) for one in row["slot_ids"]],
                "refused_slot_ids": [str(one) for one in row["refused_slot_ids"]],
                "position": row["position"],
                "result": row["state"],
                "slot_id": str(row["slot_id"]) if row["slot_id"] else None,
            }
            for row in entries
        ],
    }


SAME_ENTRY = frozenset({"draw_entry_receipt_key", "draw_entry_once_per_person"})  # made at this very moment


async def enter(account: SignedInPatient, draw_id: UUID, patient_id: UUID, slot_ids: Sequence[UUID]) -> EntrySeen:
    """Enter a person into a draw, or change the bands that they wish for. Doing it again changes nothing.

    slot_ids: up to three bands of the draw's session, the dearest first.
    Raises: NotFound, DrawNotOpen, DrawClosed, AlreadyEntered, AlreadyBooked, Suspended, Malformed, SomeoneWasFaster.
    """
    slots = list(slot_ids)
    look = await _look(account, draw_id, patient_id, slots)
    check_entering(look, account.id, patient_id)
    by = account.by
    try:
        async with db.transaction():
            row = await db.fetch_one(
                effects.ENTER, draw_id, patient_id, account.id, slots, new_id(), by.kind, by.id, by.channel
            )
    except IntegrityError as error:
        if db.violated(error) == "draw_entry_once_per_file":
            raise AlreadyEntered() from None
        if db.violated(error) not in SAME_ENTRY:
            raise
        row = None
    entry_id = row["id"] if row else None
    if entry_id is None:  # nothing to change, or somebody was faster
        look = await _look(account, draw_id, patient_id, slots)
        check_entering(look, account.id, patient_id)
        entry_id = look["entry_id"]
    if entry_id is None:
        raise SomeoneWasFaster()
    return await entry_of(account, entry_id)


async def _look(account: SignedInPatient, draw_id: UUID, patient_id: UUID, slots: list[UUID]) -> dict[str, Any]:
    row = await db.fetch_one(effects.LOOK_BEFORE_ENTERING, draw_id, patient_id, account.id, slots)
    if row is None:
        raise NotFound()
    return row


def check_entering(look: dict[str, Any], account_id: UUID, patient_id: UUID) -> None:
    """Refuse an entry that the hospital does not allow. look: a row of LOOK_BEFORE_ENTERING."""
    if look["patient_id"] is None:
        raise NotFound()
    if look["now"] < look["opens_at"]:
        raise DrawNotOpen(opens_at=clock.local(look["opens_at"]))
    if look["state"] != DrawState.WAITING or look["now"] >= look["closes_at"]:
        raise DrawClosed()
    if look["entry_id"] is not None and (look["entry_account_id"], look["entry_patient_id"]) != (
        account_id,
        patient_id,
    ):
        raise AlreadyEntered()
    if look["suspended_until"] is not None and look["suspended_until"] > look["now"]:
        raise Suspended(until=clock.local(look["suspended_until"]))
    if look["appointment_id"] is not None:
        raise AlreadyBooked(appointment_id=str(look["appointment_id"]))
    if not look["has_slots"]:
        raise wrong_field("/slot_ids", "unknown", "not all of them are bands of this session")


async def withdraw(account: SignedInPatient, entry_id: UUID) -> EntrySeen:
    """Take an entry back while the draw is open; doing it again changes nothing.

    Raises: NotFound, DrawClosed.
    """
    await entry_of(account, entry_id)
    by = account.by
    row = await db.fetch_one(effects.WITHDRAW, entry_id, account.id, new_id(), by.kind, by.id, by.channel)
    seen = await entry_of(account, entry_id)
    if row is None and seen.state != EntryState.WITHDRAWN:
        raise DrawClosed()
    return seen


async def entry_of(account: SignedInPatient, entry_id: UUID) -> EntrySeen:
    """Give an entry of this account.

    Raises: NotFound, also for one of somebody else.
    """
    row = await db.fetch_one(models.ENTRY_OF, entry_id, account.id)
    if row is None:
        raise NotFound()
    return EntrySeen(**row)


async def entries_of_draw(account: SignedInPatient, draw_id: UUID) -> list[EntrySeen]:
    """List the entries of this account, for all its people, in one draw."""
    return [EntrySeen(**row) for row in await db.fetch(models.ENTRIES_OF_DRAW, draw_id, account.id)]


async def entries_of(account: SignedInPatient, after: UUID | None, limit: int) -> list[EntrySeen]:
    """List the entries of this account, the latest first; up to `limit + 1` rows."""
    return [EntrySeen(**row) for row in await db.fetch(models.ENTRIES_OF, account.id, after, limit + 1)]


async def entries_for_staff(draw_id: UUID, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the entries of a draw in its order; up to `limit + 1` rows."""
    return await db.fetch(models.ENTRIES_FOR_STAFF, draw_id, after, limit + 1)
