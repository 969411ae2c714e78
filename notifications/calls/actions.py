"""What can happen to a task of the call list: somebody takes it, gives it back, dials, writes down what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from notifications.calls import models
from notifications.calls.errors import CallNotYours, CallSealed, CallTaken, NoNumber
from notifications.calls.rules import CALL, CHECKED_AFTER, LEASE, CallKind, CallOutcome, CallState, next_after
from notifications.calls.tasks import NewCall, place
from server import clock, db, kill_points, privacy
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import CallClaimed, CallEnded
from server.history import INSERT_TRANSITION
from server.ids import new_id

CALLERS = (Role.CUSTOMER_SERVICE, Role.SUPERVISOR, Role.DEPARTMENT_HEAD)
NOTE = "call_attempt.note_cipher"
BATCH = 200
ONE_AT_A_TIME = "call_task_one_at_a_time"


@dataclass(frozen=True)
class Said:
    """What came of a call. again_at: when the patient wants to be called, or means to come."""

    result: CallOutcome
    note: str = ""
    again_at: datetime | None = None


async def waiting(staff: SignedInStaff, before: datetime, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` tasks that are due before a moment: urgent ones first, then by due time."""
    return await db.fetch(models.WAITING, before, _scope(staff), after, limit + 1, staff.id)


async def ended(staff: SignedInStaff, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` tasks that are over, the latest first."""
    return await db.fetch(models.ENDED, _scope(staff), after, limit + 1, staff.id)


async def task_of(staff: SignedInStaff, call_id: UUID) -> dict[str, Any]:
    """Give a task as the list shows it.

    Raises: NotFound, also for one of a department that is not theirs, or of a complaint that bars them.
    """
    row = await db.fetch_one(models.ONE, call_id, staff.id)
    scope = _scope(staff)
    if row is None or (scope is not None and row["department_id"] not in scope):
        raise NotFound()
    return row


async def tries_of(call_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Give what was tried for these tasks, with the notes in clear."""
    tries: dict[UUID, list[dict[str, Any]]] = {call_id: [] for call_id in call_ids}
    for row in await db.fetch(models.ATTEMPTS, call_ids):
        sealed = row["note_cipher"]
        note = privacy.unseal(sealed, place=NOTE, row_id=row["id"]) if sealed else ""
        tries[row["call_task_id"]].append({**row, "note": note})
    return tries


async def claim(staff: SignedInStaff, call_id: UUID) -> None:
    """Take a task for a quarter of an hour; again prolongs it.

    Raises: NotFound, CallTaken.
    """
    row = await task_of(staff, call_id)
    try:
        async with db.transaction():
            await db.fetch(models.LET_GO_OF_PATIENT, call_id)
            if not await db.fetch(models.CLAIM, call_id, staff.id, LEASE):
                raise CallTaken()
            await _write(call_id, row["state"], CallState.CLAIMED, staff, "")
            await publish(CallClaimed(call_task_id=call_id, staff_id=staff.id))
    except IntegrityError as error:
        if db.violated(error) == ONE_AT_A_TIME:
            raise CallTaken() from error
        raise


async def give_back(staff: SignedInStaff, call_id: UUID) -> None:
    """Let others take it.

    Raises: NotFound, CallNotYours.
    """
    await task_of(staff, call_id)
    async with db.transaction():
        if not await db.fetch(models.GIVE_BACK, call_id, staff.id):
            raise CallNotYours()
        await _write(call_id, CallState.CLAIMED, CallState.OPEN, staff, "")


async def record(staff: SignedInStaff, call_id: UUID, said: Said) -> None:
    """Write down what came of a call; what follows is decided by rule.

    Raises: NotFound, CallNotYours, Malformed for a time that is missing or has passed.
    """
    seen = await task_of(staff, call_id)
    now = clock.now()
    if said.result is CallOutcome.CALL_LATER and (said.again_at is None or said.again_at <= now):
        raise wrong_field("/again_at", "in_the_past", "later than now")
    then = next_after(
        said.result,
        tries=seen["attempts"] + 1,
        now=now,
        window_ends_at=seen["window_ends_at"],
        again_at=said.again_at,
    )
    async with db.transaction():
        row = await db.fetch_one(
            models.RECORD, call_id, staff.id, str(then.state), str(said.result), then.at, int(then.counts)
        )
        if row is None:
            raise CallNotYours()
        attempt_id = new_id()
        sealed = privacy.seal(said.note, place=NOTE, row_id=attempt_id) if said.note else None
        await db.fetch(models.ATTEMPT, attempt_id, call_id, staff.id, str(said.result), sealed, then.at)
        await _write(call_id, CallState.CLAIMED, then.state, staff, str(said.result))
        await _place_what_follows(row, said, now)
        kill_points.reach("call_recorded")
        await publish(_told(row, said, staff.id, now))


def _told(row: dict[str, Any], said: Said, staff_id: UUID, now: datetime) -> CallEnded:
    return CallEnded(
        call_task_id=row["id"],
        kind=row["kind"],
        patient_id=row["patient_id"],
        plan_step_id=row["plan_step_id"],
        result=str(said.result),
        staff_id=staff_id,
        at=now,
    )


async def _place_what_follows(row: dict[str, Any], said: Said, now: datetime) -> None:
    """Ask again whether somebody who agreed to come has booked; have a wrong number put right."""
    follows: dict[str, Any] = {}
    if said.result is CallOutcome.AGREED:
        at = max(said.again_at or now, now) + CHECKED_AFTER
        follows = {"kind": CallKind.PROMISE, "reason": "上次通话答应来复诊，请确认是否已预约", "due_at": at}
    elif said.result is CallOutcome.WRONG_NUMBER and row["kind"] != CallKind.VERIFY_NUMBER:
        at = now
        follows = {"kind": CallKind.VERIFY_NUMBER, "reason": "电话号码不对，请与病案室或家属核对", "due_at": at}
    if follows:
        await place(
            NewCall(
                source=f"after:{row['id']}:{said.result}",
                patient_id=row["patient_id"],
                department_id=row["department_id"],
                plan_step_id=row["plan_step_id"],
                complaint_id=row["complaint_id"],
                title=row["title"],
                window_ends_at=follows["due_at"] + 2 * CHECKED_AFTER,
                **follows,
            )
        )


async def show_phone(staff: SignedInStaff, call_id: UUID) -> str:
    """Give the whole phone number to who has taken the task, and write down who saw it and why.

    Raises: NotFound, CallSealed, CallNotYours, NoNumber.
    """
    row = await task_of(staff, call_id)
    if row["is_sealed"]:
        raise CallSealed()  # at the complaint, where two people open it
    if not row["is_taken"] or row["claimed_by"] != staff.id:
        raise CallNotYours()
    patient = await db.fetch_one(models.PHONE, row["patient_id"])
    if patient is None or patient["phone_cipher"] is None:
        raise NoNumber()
    await db.fetch(models.SEE_PHONE, new_id(), staff.id, patient["id"], f"电话随访 {row['title']}"[:200])
    return privacy.unseal(patient["phone_cipher"], place="patient.phone_cipher", row_id=patient["id"])


async def let_go() -> None:
    """Free what was taken and left lying."""
    await db.fetch(models.LET_GO, BATCH)


async def changes(_: UUID) -> object:
    """Give something that differs when the list has changed."""
    return await db.fetch_one(models.CHANGES)


def _scope(staff: SignedInStaff) -> list[UUID] | None:
    scope = staff.departments_of(*CALLERS)
    return None if scope is None else sorted(scope)


async def _write(call_id: UUID, old: str, new: CallState, staff: SignedInStaff, why: str) -> None:
    by = staff.by
    args = (new_id(), CALL.name, call_id, str(old), str(new), by.kind, by.id, "phone", why)
    await db.fetch(INSERT_TRANSITION, *args)
