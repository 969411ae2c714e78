"""Who was not reached and is called, and fees that have to go back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from miniapp_api.booking import settings
from miniapp_api.stops import reading, visits
from miniapp_api.stops.answering import Choice, Wish, answer, answer_late, locked, settle_over
from miniapp_api.stops.news import note
from miniapp_api.stops.rules import REFUND, Answer, CallResult, Contact, RefundState, VisitState, next_call
from miniapp_api.stops.visits import Visit
from server import clock, db, privacy
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.history import By
from server.ids import new_id

CALLERS = (Role.CUSTOMER_SERVICE, Role.GUIDE, Role.SUPERVISOR, Role.DEPARTMENT_HEAD)
PHONE = "patient.phone_cipher"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What came of a call. alternative_id: the held appointment that was chosen."""

    result: CallResult
    alternative_id: UUID | None = None
    note: str = ""


async def watch() -> None:
    """Settle what is over, see who has been reached, and put whoever was not on the call list."""
    await settle_over()
    holds = await settings.current()
    await db.fetch(reading.REACH, holds.stop_reached_by, holds.stop_call_after_minutes)
    await db.fetch(reading.CLOSE)


def called_by(staff: SignedInStaff, department_id: UUID | None = None) -> list[UUID] | None:
    """Give the departments whose patients somebody calls; None is all of them. department_id: only this one."""
    found = staff.departments_of(*CALLERS)
    if department_id is not None:
        return [department_id] if found is None or department_id in found else []
    return None if found is None else sorted(found)


async def to_call(
    staff: SignedInStaff, department_id: UUID | None, *, later: bool, after: UUID | None, limit: int
) -> list[Visit]:
    """List who is to be called, by the hour of their visit; up to `limit + 1`. later: also whose time has not come."""
    rows = await db.fetch(reading.TO_CALL, called_by(staff, department_id), after, limit + 1, later)
    return await visits.visits([row["id"] for row in rows])


async def visit_of(staff: SignedInStaff, visit_id: UUID) -> Visit:
    """Give a stopped visit that somebody may call about.

    Raises: NotFound, also for another department's.
    """
    one, mine = await visits.visit(visit_id), called_by(staff)
    if one is None or one.outcome is None or (mine is not None and one.department_id not in mine):
        raise NotFound()
    return one


async def phone_of(staff: SignedInStaff, visit_id: UUID) -> str | None:
    """Give the whole phone number; that somebody saw it is written down.

    Raises: NotFound.
    """
    one = await visit_of(staff, visit_id)
    async with db.transaction():
        await db.fetch(reading.INSERT_ACCESS, new_id(), staff.id, one.patient_id, "phone", f"停诊联系 {one.id}")
        row = await db.fetch_one(reading.PHONE_OF, visit_id)
    if row is None or row["phone_cipher"] is None:
        return None
    return privacy.unseal(row["phone_cipher"], place=PHONE, row_id=row["id"])


async def record_call(staff: SignedInStaff, visit_id: UUID, call: Call) -> None:
    """Write down what came of a call, and do what the patient said.

    Raises: NotFound, Malformed, AlreadySettled, HoldExpired.
    """
    await visit_of(staff, visit_id)
    async with db.transaction():
        one = await locked(visit_id)
        by = By(kind="staff", id=staff.id, channel="phone", name=staff.name)
        await _act_upon(one, call, by)
        await db.fetch(reading.INSERT_CALL, new_id(), visit_id, staff.id, str(call.result), call.note)
        again = next_call(one.calls + 1, clock.now()) if call.result is CallResult.NO_ANSWER else None
        contact = Contact.REACHED if again is None else Contact.TO_CALL
        await db.fetch(reading.CALLED, visit_id, str(contact), again)


async def _act_upon(one: Visit, call: Call, by: By) -> None:
    """Do what the patient said; nothing when the call only told what is settled already."""
    is_open = one.state == VisitState.ASKED
    is_silent = one.answer == Answer.SILENT and one.new_appointment_id is not None
    match call.result:
        case CallResult.CHOSE:
            await answer(one.id, Wish(choice=Choice.CHOOSE, by=by, alternative_id=call.alternative_id))
        case CallResult.RELEASED if is_open:
            await answer(one.id, Wish(choice=Choice.GIVE_BACK, by=by))
        case CallResult.RELEASED if is_silent:
            await answer_late(one, Answer.GAVE_BACK, by)
        case CallResult.ACCEPTED if is_open:
            await answer(one.id, Wish(choice=Choice.KEEP, by=by))
        case CallResult.ACCEPTED if is_silent:
            await answer_late(one, Answer.KEPT, by)


# ---- refunds -------------------------------------------------------------------------------------------------------


async def refunds(staff: SignedInStaff, state: str | None, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List fees that have to go back, newest first; up to `limit + 1` rows."""
    return await db.fetch(reading.REFUNDS, called_by(staff), state, after, limit + 1, None)


async def refund_of(staff: SignedInStaff, refund_id: UUID) -> dict[str, Any]:
    """Give one fee that has to go back.

    Raises: NotFound, also for another department's.
    """
    rows = await db.fetch(reading.REFUNDS, called_by(staff), None, None, 1, refund_id)
    if not rows:
        raise NotFound()
    return rows[0]


async def complete_refund(staff: SignedInStaff, row: dict[str, Any], receipt: str) -> None:
    """Write down that a fee went back. row: as `refund_of` gave it; receipt: its number, or why there is none.

    Raises: IllegalMove, SomeoneWasFaster.
    """
    REFUND.check(row["state"], RefundState.DONE)
    async with db.transaction():
        done = await db.fetch_one(reading.COMPLETE_REFUND, row["id"], row["version"], receipt, staff.id)
        if done is None:
            raise SomeoneWasFaster()
        await note(REFUND, row["id"], (RefundState.OPEN, RefundState.DONE), staff.by, receipt)
