"""Opening a sealed identity: one person says why, another one allows it, and each look is written down three times.

The time line has it, the record of who saw which patient's data has it, and the patient sees it on their page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from satisfaction.complaints import models, reads, timeline
from satisfaction.complaints.cases import locked
from satisfaction.complaints.handlers import HANDLERS, LEADERS, sight_of
from satisfaction.complaints.models import Complaint
from satisfaction.errors import IdentityClosed, NotSealed
from satisfaction.sealing import models as sealing
from satisfaction.sealing import rules
from satisfaction.sealing.models import Unsealing
from satisfaction.sealing.rules import UNSEALING, UnsealingState
from server import clock, db, hospital, privacy
from server.accounts import Role, SignedInStaff
from server.errors import NotFound
from server.events import publish
from server.facts import UnsealingAsked, UnsealingDecided
from server.history import SYSTEM, born, move
from server.ids import new_id

APPROVERS = (Role.SUPERVISOR, Role.COMMITTEE)


async def seal(staff: SignedInStaff, complaint_id: UUID, *, reason: str) -> None:
    """Seal the identity from now on; doing it twice is doing it once.

    Raises: NotFound.
    """
    async with db.transaction():
        complaint = await _held(staff, complaint_id, LEADERS)
        if not complaint.is_sealed:
            await models.change(complaint, is_sealed=True)
            await timeline.write(complaint, "unseal", f"{staff.name} 密封了患者身份。原因：{reason}", by=staff.by)


async def ask(staff: SignedInStaff, complaint_id: UUID, *, reason: str) -> None:
    """Ask to see a sealed identity; whoever has asked already and waits has asked.

    Raises: NotFound, NotSealed.
    """
    async with db.transaction():
        complaint = await _held(staff, complaint_id, HANDLERS)
        if not complaint.is_sealed:
            raise NotSealed()
        if await _waits(complaint, staff):
            return
        now, unsealing_id = clock.now(), new_id()
        unsealing = await Unsealing.create(
            id=unsealing_id,
            complaint_id=complaint.id,
            asked_by=staff.id,
            asked_at=now,
            why_cipher=privacy.seal(reason, place=sealing.PLACE, row_id=unsealing_id),
            state=UnsealingState.ASKED,
            expires_at=now + rules.DECIDE_WITHIN,
        )
        await born(UNSEALING, unsealing, UnsealingState.ASKED, by=staff.by)
        await timeline.write(complaint, "unseal", f"{staff.name} 申请查看已密封的身份。原因：{reason}", by=staff.by)
        barred = await models.barred_ids(complaint.id)
        on_duty = {person.id for level in (1, 3) for person in await hospital.on_duty(level)}
        await publish(
            UnsealingAsked(
                unsealing_id=unsealing.id,
                complaint_id=complaint.id,
                number=complaint.number,
                asked_name=staff.name,
                staff_ids=tuple(sorted(on_duty - {staff.id, *barred})),
                expires_at=unsealing.expires_at,
                barred_ids=barred,
            )
        )


async def _waits(complaint: Complaint, staff: SignedInStaff) -> bool:
    """Tell whether a request of theirs waits; one that waited too long is put away."""
    open_one = await Unsealing.filter(complaint_id=complaint.id, asked_by=staff.id, state=UnsealingState.ASKED).first()
    if open_one is None or clock.now() < open_one.expires_at:
        return open_one is not None
    await move(UNSEALING, open_one, UnsealingState.EXPIRED, by=SYSTEM)
    return False


async def decide(staff: SignedInStaff, unsealing_id: UUID, *, is_approved: bool) -> UUID:
    """Allow somebody else to see an identity for half an hour, or not; give the complaint.

    Raises: NotFound, OpenedByTwo, UnsealingOver, IllegalMove.
    """
    async with db.transaction():
        unsealing = await Unsealing.filter(id=unsealing_id).first()
        if unsealing is None:
            raise NotFound()
        complaint = await _held(staff, unsealing.complaint_id, APPROVERS)
        unsealing = await db.lock(Unsealing, unsealing_id)
        now, to = clock.now(), UnsealingState.APPROVED if is_approved else UnsealingState.REFUSED
        UNSEALING.check(unsealing.state, to)
        rules.check_decider(unsealing.asked_by, staff.id)
        rules.check_in_time(unsealing.expires_at, now)
        ends: dict[str, Any] = {"expires_at": now + rules.OPEN_FOR} if is_approved else {}
        await move(UNSEALING, unsealing, to, by=staff.by, decided_by=staff.id, decided_at=now, **ends)
        asked_name = await models.staff_name(unsealing.asked_by)
        words = f"同意 {asked_name} 在 30 分钟内查看" if is_approved else f"没有同意 {asked_name} 查看"
        await timeline.write(complaint, "unseal", f"{staff.name} {words}已密封的身份。", by=staff.by)
        await publish(
            UnsealingDecided(
                unsealing_id=unsealing.id,
                complaint_id=complaint.id,
                number=complaint.number,
                is_approved=is_approved,
                asked_by=unsealing.asked_by,
                decided_name=staff.name,
                at=now,
                barred_ids=await models.barred_ids(complaint.id),
            )
        )
        return complaint.id


@dataclass(frozen=True)
class Identity:
    """Whom a complaint is from. open_until: for the person who looks."""

    patient_name: str
    phone: str
    patient_id: UUID | None
    encounter_id: UUID | None
    open_until: datetime


async def look(staff: SignedInStaff, complaint_id: UUID) -> Identity:
    """Show a sealed identity to whom it is open, and write the look down.

    Raises: NotFound, NotSealed, IdentityClosed.
    """
    async with db.transaction():
        complaint = await _held(staff, complaint_id, HANDLERS)
        if not complaint.is_sealed:
            raise NotSealed()
        opened = await sealing.take_a_look(complaint.id, staff.id)
        if opened is None:
            raise IdentityClosed()
        await timeline.write(complaint, "unseal", f"{staff.name} 查看了已密封的身份。", by=staff.by)
        phone = None
        if complaint.patient_id:
            phone = await models.open_phone(complaint.patient_id)
            await models.write_access(
                staff.id, complaint.patient_id, what="sealed_identity", why=f"{complaint.number} {opened['id']}"
            )
        return Identity(
            patient_name=complaint.patient_name,
            phone=phone or "",
            patient_id=complaint.patient_id,
            encounter_id=complaint.encounter_id,
            open_until=opened["expires_at"],
        )


async def _held(staff: SignedInStaff, complaint_id: UUID, roles: tuple[Role, ...]) -> Complaint:
    if await reads.in_sight(sight_of(staff, roles), complaint_id) is None:
        raise NotFound()
    return await locked(complaint_id, None)


def may_decide(staff: SignedInStaff, request: dict[str, Any], now: datetime) -> bool:
    """Tell whether a member of staff who sees the case may decide on a request."""
    is_open = request["state"] == UnsealingState.ASKED and now < request["expires_at"]
    return is_open and staff.may(*APPROVERS) and request["asked_by"] != staff.id
