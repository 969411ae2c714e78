"""Who was let in without the network and cannot be by the rules: kept until a person decides."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from miniapp_api.checkin import actions as checkin
from miniapp_api.checkin import arrivals
from miniapp_api.offline import models, placing, rules
from miniapp_api.offline.errors import ConflictResolved
from miniapp_api.offline.models import Conflict
from miniapp_api.offline.rules import ConflictState
from server import clock, db, history
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import OfflineConflictFound, OfflineConflictSettled
from server.history import SYSTEM, By


@dataclass(frozen=True)
class Found:
    """A scan that a device let in and the server cannot. department_id, appointment_id: None when it names nobody."""

    scan_id: UUID
    desk_id: UUID
    department_id: UUID | None
    appointment_id: UUID | None
    reason: str


@dataclass(frozen=True)
class Decision:
    """What a person decides: check_in, or dismiss; with the reason."""

    act: str
    reason: str


async def open_for(found: Found, by: By, *, ticket_id: UUID | None) -> None:
    """Ask a person about a scan; in the caller's transaction.

    ticket_id: the ticket that this person has by another scan; then there is nothing left to decide.
    """
    conflict = await Conflict.create(
        scan_id=found.scan_id,
        desk_id=found.desk_id,
        department_id=found.department_id,
        appointment_id=found.appointment_id,
        reason=found.reason,
        state=ConflictState.OPEN,
        found_at=clock.now(),
    )
    await history.born(rules.CONFLICT, conflict, ConflictState.OPEN, by=by, why=found.reason)
    if ticket_id is not None:
        await _resolve(conflict, SYSTEM, act=rules.SETTLED, ticket_id=ticket_id)
        return
    row = await db.fetch_one(models.FOUND, conflict.id)
    assert row is not None  # it was just written
    await publish(
        OfflineConflictFound(
            conflict_id=conflict.id,
            desk_name=row["desk_name"],
            department_name=row["department_name"] or "",
            reason=found.reason,
            scanned_at=row["corrected_at"],
            staff_ids=(by.id,) if by.id else (),
            at=clock.now(),
        )
    )


async def settle_of(appointment_id: UUID, ticket_id: UUID) -> None:
    """End what is asked about an appointment that has a ticket now; in the caller's transaction."""
    for row in await db.fetch(models.OPEN_OF, appointment_id):
        await _resolve(await db.lock(Conflict, row["id"]), SYSTEM, act=rules.SETTLED, ticket_id=ticket_id)


async def list_open(
    staff: SignedInStaff, *, desk_id: UUID | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List what waits for a decision in my departments, oldest first; up to `limit + 1` rows."""
    own = staff.departments_of(Role.GUIDE)
    return await db.fetch(models.CONFLICTS, None if own is None else list(own), desk_id, after, limit + 1)


async def decide(staff: SignedInStaff, conflict_id: UUID, decision: Decision) -> UUID | None:
    """Let somebody in after all, or not; give the ticket, None after a dismissal. The same decision again is the same.

    Raises: NotFound, Forbidden, ConflictResolved, CheckInRefused when the rules do not allow it with a reason either.
    """
    async with db.transaction():
        seen = await Conflict.get_or_none(id=conflict_id)
        if seen is None or not await _may_see(staff, seen):
            raise NotFound()
        if seen.appointment_id is not None:
            await db.fetch(models.LOCK, seen.appointment_id)
        conflict = await db.lock(Conflict, conflict_id)
        if conflict.state != ConflictState.OPEN:
            if conflict.act == decision.act:
                return conflict.ticket_id
            raise ConflictResolved(act=conflict.act)
        if decision.act == rules.DISMISS:
            await _resolve(conflict, staff.by, act=rules.DISMISS, note=decision.reason)
            return None
        ticket_id = await _let_in(staff, conflict, decision.reason)
        await _resolve(conflict, staff.by, act=rules.CHECK_IN, note=decision.reason, ticket_id=ticket_id)
        return ticket_id


async def _let_in(staff: SignedInStaff, conflict: Conflict, reason: str) -> UUID:
    if conflict.appointment_id is None:
        raise wrong_field("/act", "unknown_appointment", "the code names nobody")
    standing = await db.fetch_one(models.STANDING, conflict.appointment_id)
    if standing is not None and standing["id"] is not None:
        return standing["id"]  # another scan was quicker than this decision
    ticket_id = await checkin.check_in(conflict.appointment_id, staff, reason)
    row = await arrivals.look(conflict.scan_id, conflict.appointment_id, conflict.desk_id)
    scan = await db.fetch_one(models.TIME_OF_SCAN, conflict.scan_id)
    if scan is not None and scan["time_source"] == rules.DEVICE and row["day"] == clock.local(scan["at"]).date():
        # they have been here since then, and the delay was not theirs
        await placing.count_from(ticket_id, scan["at"], row, by=staff.by, why=reason)
    return ticket_id


async def _may_see(staff: SignedInStaff, conflict: Conflict) -> bool:
    own = staff.departments_of(Role.GUIDE)
    if own is None:
        return True
    department_id = conflict.department_id
    if department_id is None:
        desk = await db.fetch_one(models.DESK, conflict.desk_id)
        department_id = desk["department_id"] if desk else None
    return department_id is None or department_id in own


async def _resolve(conflict: Conflict, by: By, **columns: Any) -> None:
    why = str(columns.get("note", "")) or str(columns["act"])
    is_a_person = by.kind == "staff"
    await history.move(
        rules.CONFLICT,
        conflict,
        ConflictState.RESOLVED,
        by=by,
        why=why,
        resolved_at=clock.now(),
        resolved_by=by.id if is_a_person else None,
        **columns,
    )
    await publish(OfflineConflictSettled(conflict_id=conflict.id))
