"""What staff can do with a complaint: acknowledge, write, answer, hand over, escalate, end, reopen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from satisfaction.complaints import clock_rows, escalating, handlers, models, reads, rules, timeline
from satisfaction.complaints.cases import begin_round, end, locked
from satisfaction.complaints.handlers import HANDLERS, LEADERS, READERS, sight_of
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import COMPLAINT, Act, Answer, ComplaintState
from satisfaction.errors import AlreadyHandler, IdentityClosed, NoPhone, SealedNotMerged
from server import clock, db
from server.accounts import SignedInPatient, SignedInStaff
from server.auth import need_department
from server.errors import Forbidden, NotFound
from server.events import publish
from server.facts import (
    AlertAcknowledged,
    ComplaintReplied,
)
from server.history import By, move
from server.hospital import OnDuty

# ---- staff ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A member of staff at a complaint. version: the one they have seen, when they say so."""

    staff: SignedInStaff
    complaint_id: UUID
    version: int | None = None


@asynccontextmanager
async def _held(step: Step) -> AsyncIterator[Complaint]:
    async with db.transaction():
        if await reads.in_sight(sight_of(step.staff, HANDLERS), step.complaint_id) is None:
            raise NotFound()
        yield await locked(step.complaint_id, step.version)


async def acknowledge(step: Step) -> None:
    """Take responsibility for a time, which stops the alerts; doing it twice is doing it once.

    Raises: NotFound, LeaseUsedUp when nothing was done about it since the last times.
    """
    async with _held(step) as complaint:
        await _acknowledge(complaint, step.staff.by)


async def acknowledge_by_alert(fact: AlertAcknowledged) -> None:
    """Count an alert that was acknowledged on the live screen as the acknowledgement of its complaint."""
    if fact.subject_kind != "complaint":
        return
    complaint = await db.lock(Complaint, fact.subject_id)
    if fact.staff_id not in await models.barred_from(complaint.id):
        by = By(kind="staff", id=fact.staff_id, channel="desk", name=fact.staff_name)
        await _acknowledge(complaint, by, is_strict=False)


async def _acknowledge(complaint: Complaint, by: By, *, is_told: bool = True, is_strict: bool = True) -> None:
    if complaint.closed_at is not None:
        return
    is_first = complaint.acknowledged_at is None
    if is_first:
        entry_id = None
        if is_told:
            entry_id = await timeline.write(complaint, "acknowledgement", f"{by.name} 已受理，正在处理。", by=by)
        await happened(complaint, "acknowledged", entry_id=entry_id)
    # a first acknowledgement, and whatever is more than pressing, is never refused
    await escalating.acknowledged(complaint, by, is_first=is_first, is_strict=is_told and is_strict)
    if not is_told:
        await escalating.progressed(complaint, by)


async def assign(step: Step, handler_id: UUID, *, reason: str) -> None:
    """Hand a complaint over to another handler, who has to acknowledge it anew.

    Raises: NotFound, ComplaintIsClosed, AlreadyHandler, ConflictOfInterest, HandlerUnfit.
    """
    async with _held(step) as complaint:
        rules.check_open(complaint.state)
        if complaint.handler_id == handler_id:
            raise AlreadyHandler()
        name = await handlers.check_handler(complaint, handler_id)
        await handlers.take_on(complaint, handler_id, by=step.staff.by)
        await escalating.hand_over(complaint, OnDuty(handler_id, name), by=step.staff.by, reason=f"原因：{reason}")


async def note(step: Step, text: str) -> None:
    """Add an internal note; after the first response it is the beginning of the investigation.

    Raises: NotFound, ComplaintIsClosed.
    """
    async with _held(step) as complaint:
        rules.check_open(complaint.state)
        await timeline.write(complaint, "note", text, by=step.staff.by)
        await models.change(complaint)
        await escalating.progressed(complaint, step.staff.by)
        if complaint.state == ComplaintState.RESPONDED:
            await move(COMPLAINT, complaint, ComplaintState.INVESTIGATING, by=step.staff.by)


async def reply(step: Step, text: str, *, waits_for_patient: bool) -> None:
    """Write to the patient; the first time this is the first response. With a question the patient's answer is awaited.

    Raises: NotFound, ComplaintIsClosed, IllegalMove.
    """
    async with _held(step) as complaint:
        kind = "question" if waits_for_patient else "reply"
        await _write_to_patient(complaint, kind, step=step, text=text)
        if waits_for_patient and complaint.state != ComplaintState.WAITING_PATIENT:
            await move(COMPLAINT, complaint, ComplaintState.WAITING_PATIENT, by=step.staff.by)


async def answer(step: Step, words: Answer) -> None:
    """Give the answer; the patient is asked whether it settles the matter.

    Raises: NotFound, ComplaintIsClosed, IllegalMove.
    """
    async with _held(step) as complaint:
        await _write_to_patient(complaint, "answer", step=step, text=words.as_text())


async def _write_to_patient(complaint: Complaint, kind: str, *, step: Step, text: str) -> None:
    """Write a line that the patient is told of; it is a response once it has reached them, see `reaching`."""
    rules.check_open(complaint.state)
    by, now = step.staff.by, clock.now()
    is_answer = kind == "answer"
    way = rules.path_to(complaint.state, ComplaintState.ANSWERED if is_answer else ComplaintState.RESPONDED)
    # whoever writes to the patient has seen the complaint, and has taken it when nobody had
    await _acknowledge(complaint, by, is_told=False)
    if complaint.handler_id is None:
        await models.change(complaint, handler_id=step.staff.id)
    entry_id = await timeline.write(complaint, kind, text, by=by)
    await models.change(complaint)
    for state in way:
        await move(COMPLAINT, complaint, state, by=by)
    if is_answer:
        await happened(complaint, "answered", at=now, entry_id=entry_id)
    await tell_patient(complaint, entry_id, at=now, is_answer=is_answer)


async def tell_patient(complaint: Complaint, entry_id: UUID, *, at: datetime, is_answer: bool = False) -> None:
    """Have the patient told, in the open transaction, that there is a line for them."""
    await publish(
        ComplaintReplied(
            complaint_id=complaint.id,
            entry_id=entry_id,
            number=complaint.number,
            account_id=complaint.account_id,
            is_answer=is_answer,
            at=at,
        )
    )


async def escalate(step: Step, *, reason: str) -> None:
    """Call for the next level.

    Raises: NotFound, ComplaintIsClosed, HighestLevel.
    """
    async with _held(step) as complaint:
        rules.check_open(complaint.state)
        to = rules.level_above(complaint.level)
        await escalating.call_for(complaint, to, by=step.staff.by, why=reason)


async def close(step: Step, state: ComplaintState, *, reason: str) -> None:
    """End a complaint without the patient's consent. Against their word only a leader may.

    state: one of closed_no_reply, closed_disagreed, withdrawn.
    Raises: NotFound, Forbidden, ComplaintIsClosed, IllegalMove.
    """
    async with _held(step) as complaint:
        rules.check_open(complaint.state)
        if state == ComplaintState.CLOSED_DISAGREED:
            _need_leader(step.staff, complaint)
        await timeline.write(complaint, "closure", reason, by=step.staff.by)
        await end(complaint, state, by=step.staff.by)


def _need_leader(staff: SignedInStaff, complaint: Complaint) -> None:
    if complaint.department_id is None:
        if not staff.may(*LEADERS):
            raise Forbidden()
    else:
        need_department(staff, complaint.department_id, *LEADERS)


async def reopen(step: Step, *, reason: str) -> None:
    """Begin another round, after an answer or a closure that did not settle the matter.

    Raises: NotFound, IllegalMove.
    """
    async with _held(step) as complaint:
        COMPLAINT.check(complaint.state, ComplaintState.REOPENED)
        await timeline.write(complaint, "reopening", reason, by=step.staff.by)
        await begin_round(complaint, by=step.staff.by)


async def merge(step: Step, into_id: UUID, *, reason: str) -> None:
    """Let a complaint go on in another one of the same patient, whose clocks take the earlier deadlines.

    Raises: NotFound, SealedNotMerged, NotMergeable, ComplaintIsClosed, IllegalMove.
    """
    async with db.transaction():
        # both in one order, so that two merges that cross do not wait for each other
        for complaint_id in sorted({step.complaint_id, into_id}):
            if await reads.in_sight(sight_of(step.staff, HANDLERS), complaint_id) is None:
                raise NotFound()
            await db.lock(Complaint, complaint_id)
        complaint = await locked(step.complaint_id, step.version)
        into = await db.lock(Complaint, into_id)
        if complaint.is_sealed or into.is_sealed:
            raise SealedNotMerged()  # whoever the other one is from, so that trying tells nothing
        rules.check_merge(_whose(complaint), _whose(into))
        rules.check_open(complaint.state)
        rules.check_open(into.state)
        by = step.staff.by
        await timeline.write(complaint, "closure", f"已并入 {into.number}，后续在该件中继续处理。", by=by)
        await timeline.write(complaint, "note", f"合并原因：{reason}", by=by)
        await models.inherit_people(complaint.id, into.id)
        await end(complaint, ComplaintState.MERGED, by=by, into_id=into.id)
        await timeline.write(into, "note", f"{complaint.number} 并入本件。原因：{reason}", by=by)
        # the clocks of both keep the earliest start
        since = await clock_rows.start_of(complaint.id, complaint.cycle)
        await models.change(into, received_at=min(complaint.received_at, into.received_at))
        await happened(into, "absorbed", since=since.isoformat(), number=complaint.number)


def _whose(complaint: Complaint) -> tuple[UUID, UUID | None, UUID | None]:
    return complaint.id, complaint.account_id, complaint.patient_id


async def show_phone(step: Step, *, reason: str) -> str:
    """Give the patient's whole phone number, and write down who saw it and why.

    Raises: NotFound, NoPhone, IdentityClosed.
    """
    async with _held(step) as complaint:
        if complaint.is_sealed:
            raise IdentityClosed()  # by two people only: see unsealing
        phone = await models.open_phone(complaint.patient_id) if complaint.patient_id else None
        if phone is None or complaint.patient_id is None:
            raise NoPhone()
        await models.write_access(step.staff.id, complaint.patient_id, what="phone", why=f"{complaint.number} {reason}")
        return phone


# ---- reads ---------------------------------------------------------------------------------------------------------


async def case_of(staff: SignedInStaff, complaint_id: UUID) -> dict:
    """Read a complaint that a member of staff may see.

    Raises: NotFound.
    """
    row = await reads.in_sight(sight_of(staff, READERS), complaint_id)
    if row is None:
        raise NotFound()
    return row


async def siblings_of(staff: SignedInStaff, row: dict) -> list[dict]:
    """Read the other complaints of the same person, as far as a member of staff may see them."""
    return await reads.of_same_person(sight_of(staff, READERS), row)


async def acts_of(staff: SignedInStaff, row: dict) -> list[Act]:
    """List what a member of staff may do with a complaint now; nothing for who may only read it."""
    if not staff.may(*HANDLERS) or await reads.in_sight(sight_of(staff, HANDLERS), row["id"]) is None:
        return []
    found = rules.acts_in(
        row["state"],
        level=row["level"],
        is_acknowledged=row["acknowledged_at"] is not None and not await escalating.waits_for(row["id"], staff.id),
        is_leader=staff.may(*LEADERS, department_id=row["department_id"]),
        has_phone=bool(row["phone_tail"]) and not row["is_sealed"],
    )
    return [act for act in found if act != Act.MERGE] if row["is_sealed"] else found


async def complaint_of(account: SignedInPatient, complaint_id: UUID) -> dict:
    """Read a complaint of an account.

    Raises: NotFound.
    """
    row = await reads.shown_for(account.id, complaint_id)
    if row is None:
        raise NotFound()
    return row
