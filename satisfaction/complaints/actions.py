"""What can be done with a complaint: acknowledge, write, answer, confirm, hand over, escalate, end, reopen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from satisfaction.complaints import handlers, ladder, models, reads, rules, timeline
from satisfaction.complaints.handlers import HANDLERS, LEADERS, READERS, sight_of
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import COMPLAINT, Act, Answer, Clock, ComplaintState
from satisfaction.errors import AlreadyHandler, NoPhone
from server import clock, db, hospital
from server.accounts import SignedInPatient, SignedInStaff
from server.auth import need_department
from server.errors import Forbidden, NotFound, SomeoneWasFaster
from server.events import publish
from server.facts import (
    AlertAcknowledged,
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintMessaged,
    ComplaintReopened,
    ComplaintReplied,
)
from server.history import By, move
from server.hospital import OnDuty

# ---- the patient ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Own:
    """A patient at one of their complaints. version: the one they have seen, when they say so."""

    account: SignedInPatient
    complaint_id: UUID
    version: int | None = None


@asynccontextmanager
async def _own(own: Own) -> AsyncIterator[Complaint]:
    async with db.transaction():
        complaint = await Complaint.filter(id=own.complaint_id, account_id=own.account.id).first()
        if complaint is None:
            raise NotFound()
        yield await _locked(own.complaint_id, own.version)


async def _locked(complaint_id: UUID, version: int | None) -> Complaint:
    complaint = await db.lock(Complaint, complaint_id)
    if version is not None and complaint.version != version:
        raise SomeoneWasFaster()  # between the look at the version and the lock
    return complaint


async def confirm(own: Own, *, is_satisfied: bool, text: str) -> None:
    """Take the patient's verdict on the answer: an end, or another round one level higher.

    Raises: NotFound, IllegalMove when there is no answer to judge.
    """
    async with _own(own) as complaint:
        by = own.account.by
        rules.check_confirmation(complaint.state)
        verdict = "满意" if is_satisfied else "不满意"
        await timeline.write(complaint, "confirmation", f"{verdict}：{text}" if text else verdict, by=by)
        if is_satisfied:
            await _end(complaint, ComplaintState.CONFIRMED_CLOSED, by=by)
        else:
            await _reopen(complaint, by=by)


async def add_message(own: Own, text: str) -> None:
    """Add what the patient writes; an answer to a question of ours lets the investigation go on.

    Raises: NotFound, ComplaintIsClosed.
    """
    async with _own(own) as complaint:
        rules.check_open(complaint.state)
        await timeline.write(complaint, "message", text, by=own.account.by)
        await models.change(complaint)
        if complaint.state == ComplaintState.WAITING_PATIENT:
            await move(COMPLAINT, complaint, ComplaintState.INVESTIGATING, by=own.account.by)
        await publish(
            ComplaintMessaged(
                complaint_id=complaint.id,
                number=complaint.number,
                handler_id=complaint.handler_id,
                topic=complaint.topic,
                at=clock.now(),
                barred_ids=await models.barred_ids(complaint.practitioner_id),
            )
        )


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
        yield await _locked(step.complaint_id, step.version)


async def acknowledge(step: Step) -> None:
    """Take responsibility, which stops the alerts; doing it twice is doing it once.

    Raises: NotFound.
    """
    async with _held(step) as complaint:
        await _acknowledge(complaint, step.staff.by)


async def acknowledge_by_alert(fact: AlertAcknowledged) -> None:
    """Count an alert that was acknowledged on the live screen as the acknowledgement of its complaint."""
    if fact.subject_kind != "complaint":
        return
    complaint = await db.lock(Complaint, fact.subject_id)
    if fact.staff_id not in await models.barred_from(complaint.practitioner_id):
        by = By(kind="staff", id=fact.staff_id, channel="desk", name=fact.staff_name)
        await _acknowledge(complaint, by)


async def _acknowledge(complaint: Complaint, by: By, *, is_told: bool = True) -> None:
    if complaint.acknowledged_at is not None or complaint.closed_at is not None:
        return
    assert by.id is not None  # staff have ids
    await handlers.settle(complaint, Clock.ACKNOWLEDGEMENT)
    await models.change(complaint, acknowledged_at=clock.now())
    if is_told:
        await timeline.write(complaint, "acknowledgement", f"{by.name} 已受理，正在处理。", by=by)
    await publish(ComplaintAcknowledged(complaint_id=complaint.id, staff_id=by.id))


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
        await handlers.hand_over(complaint, OnDuty(handler_id, name), by=step.staff.by, reason=f"原因：{reason}")


async def note(step: Step, text: str) -> None:
    """Add an internal note; after the first response it is the beginning of the investigation.

    Raises: NotFound, ComplaintIsClosed.
    """
    async with _held(step) as complaint:
        rules.check_open(complaint.state)
        await timeline.write(complaint, "note", text, by=step.staff.by)
        await models.change(complaint)
        if complaint.state == ComplaintState.RESPONDED:
            await move(COMPLAINT, complaint, ComplaintState.INVESTIGATING, by=step.staff.by)


async def reply(step: Step, text: str, *, waits_for_patient: bool) -> None:
    """Write to the patient; the first time this is the first response. With a question the patient's answer is awaited.

    Raises: NotFound, ComplaintIsClosed, IllegalMove.
    """
    async with _held(step) as complaint:
        await _write_to_patient(complaint, ComplaintState.RESPONDED, step=step, text=text)
        if waits_for_patient and complaint.state != ComplaintState.WAITING_PATIENT:
            await move(COMPLAINT, complaint, ComplaintState.WAITING_PATIENT, by=step.staff.by)


async def answer(step: Step, words: Answer) -> None:
    """Give the answer; the patient is asked whether it settles the matter.

    Raises: NotFound, ComplaintIsClosed, IllegalMove.
    """
    async with _held(step) as complaint:
        await _write_to_patient(complaint, ComplaintState.ANSWERED, step=step, text=words.as_text())


async def _write_to_patient(complaint: Complaint, goal: ComplaintState, *, step: Step, text: str) -> None:
    rules.check_open(complaint.state)
    by, now = step.staff.by, clock.now()
    way = rules.path_to(complaint.state, goal)
    is_answer = goal == ComplaintState.ANSWERED
    # whoever writes to the patient has seen the complaint, and has taken it when nobody had
    await _acknowledge(complaint, by, is_told=False)
    await handlers.settle(complaint, Clock.FIRST_RESPONSE, *([Clock.ANSWER] if is_answer else []))
    if complaint.handler_id is None:
        await models.change(complaint, handler_id=step.staff.id)
    entry_id = await timeline.write(complaint, "answer" if is_answer else "reply", text, by=by)
    await models.change(complaint)
    stops: dict[ComplaintState, dict[str, Any]] = {
        ComplaintState.RESPONDED: {"responded_at": now},
        ComplaintState.ANSWERED: {"answered_at": now},
    }
    for state in way:
        await move(COMPLAINT, complaint, state, by=by, **stops.get(state, {}))
    await publish(
        ComplaintReplied(
            complaint_id=complaint.id,
            entry_id=entry_id,
            number=complaint.number,
            account_id=complaint.account_id,
            is_answer=is_answer,
            at=now,
        )
    )


async def escalate(step: Step, *, reason: str) -> None:
    """Call for the next level.

    Raises: NotFound, ComplaintIsClosed, HighestLevel.
    """
    async with _held(step) as complaint:
        rules.check_open(complaint.state)
        to = rules.level_above(complaint.level)
        await handlers.settle(complaint, Clock.ACKNOWLEDGEMENT)
        await ladder.climb(complaint, to, clock_name=rules.BY_HAND, by=step.staff.by, why=f"人工升级：{reason}")


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
        await _end(complaint, state, by=step.staff.by)


def _need_leader(staff: SignedInStaff, complaint: Complaint) -> None:
    if complaint.department_id is None:
        if not staff.may(*LEADERS):
            raise Forbidden()
    else:
        need_department(staff, complaint.department_id, *LEADERS)


async def _end(complaint: Complaint, state: ComplaintState, *, by: By, into_id: UUID | None = None) -> None:
    await handlers.settle(complaint, *Clock)
    now = clock.now()
    merged: dict[str, Any] = {"merged_into_id": into_id} if into_id else {}
    await move(COMPLAINT, complaint, state, by=by, closed_at=now, **merged)
    await publish(
        ComplaintClosed(
            complaint_id=complaint.id,
            number=complaint.number,
            account_id=complaint.account_id,
            state=str(state),
            at=now,
        )
    )


async def reopen(step: Step, *, reason: str) -> None:
    """Begin another round, after an answer or a closure that did not settle the matter.

    Raises: NotFound, IllegalMove.
    """
    async with _held(step) as complaint:
        COMPLAINT.check(complaint.state, ComplaintState.REOPENED)
        await timeline.write(complaint, "reopening", reason, by=step.staff.by)
        await _reopen(complaint, by=step.staff.by)


async def _reopen(complaint: Complaint, *, by: By) -> None:
    await move(
        COMPLAINT,
        complaint,
        ComplaintState.REOPENED,
        by=by,
        closed_at=None,
        cycle=complaint.cycle + 1,
        level=rules.level_of_round(complaint.level),
        acknowledged_at=None,
        responded_at=None,
        answered_at=None,
        **rules.due(await handlers.promises(), clock.now()),
    )
    handler_id = await handlers.of_next_round(complaint)
    if handler_id:
        await handlers.take_on(complaint, handler_id, by=by)
    await publish(
        ComplaintReopened(
            complaint_id=complaint.id,
            number=complaint.number,
            severity=complaint.severity,
            topic=complaint.topic,
            account_id=complaint.account_id,
            department_name=await models.department_name(complaint.department_id),
            handler_id=complaint.handler_id,
            handler_name=await models.staff_name(complaint.handler_id),
            cycle=complaint.cycle,
            acknowledge_due_at=complaint.acknowledge_due_at,
            response_due_at=complaint.response_due_at,
            barred_ids=await models.barred_ids(complaint.practitioner_id),
        )
    )


async def merge(step: Step, into_id: UUID, *, reason: str) -> None:
    """Let a complaint go on in another one of the same patient, whose clocks take the earlier deadlines.

    Raises: NotFound, NotMergeable, ComplaintIsClosed, IllegalMove.
    """
    async with db.transaction():
        # both in one order, so that two merges that cross do not wait for each other
        for complaint_id in sorted({step.complaint_id, into_id}):
            if await reads.in_sight(sight_of(step.staff, HANDLERS), complaint_id) is None:
                raise NotFound()
            await db.lock(Complaint, complaint_id)
        complaint = await _locked(step.complaint_id, step.version)
        into = await db.lock(Complaint, into_id)
        rules.check_merge(_whose(complaint), _whose(into))
        rules.check_open(complaint.state)
        rules.check_open(into.state)
        by = step.staff.by
        await timeline.write(complaint, "closure", f"已并入 {into.number}，后续在该件中继续处理。", by=by)
        await timeline.write(complaint, "note", f"合并原因：{reason}", by=by)
        await _end(complaint, ComplaintState.MERGED, by=by, into_id=into.id)
        await timeline.write(into, "note", f"{complaint.number} 并入本件。原因：{reason}", by=by)
        await models.change(into, **rules.earlier(vars(complaint), vars(into)))


def _whose(complaint: Complaint) -> tuple[UUID, UUID | None, UUID | None]:
    return complaint.id, complaint.account_id, complaint.patient_id


async def show_phone(step: Step, *, reason: str) -> str:
    """Give the patient's whole phone number, and write down who saw it and why.

    Raises: NotFound, NoPhone.
    """
    async with _held(step) as complaint:
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
    return rules.acts_in(
        row["state"],
        level=row["level"],
        is_acknowledged=row["acknowledged_at"] is not None,
        is_leader=staff.may(*LEADERS, department_id=row["department_id"]),
        has_phone=bool(row["phone_tail"]),
    )


async def candidates(staff: SignedInStaff, complaint_id: UUID) -> list[dict]:
    """List who may handle a complaint instead of its present handler, those on duty first.

    Raises: NotFound.
    """
    row = await reads.in_sight(sight_of(staff, HANDLERS), complaint_id)
    if row is None:
        raise NotFound()
    out = await models.barred_from(row["practitioner_id"]) | {row["handler_id"]}
    on_duty = {person.id for level in rules.Level for person in await hospital.on_duty(level)}
    people = [{**one, "is_on_duty": one["id"] in on_duty} for one in await models.fit_handlers(HANDLERS)]
    return sorted((one for one in people if one["id"] not in out), key=lambda one: not one["is_on_duty"])


async def complaint_of(account: SignedInPatient, complaint_id: UUID) -> dict:
    """Read a complaint of an account.

    Raises: NotFound.
    """
    row = await reads.shown_for(account.id, complaint_id)
    if row is None:
        raise NotFound()
    return row
