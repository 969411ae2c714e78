"""Ending plans: what was promised is taken back, what has not left is called off, nobody calls any more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from notifications import hub
from notifications.calls import tasks
from notifications.followups import models
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.facts import AppointmentBooked, CallEnded, VisitFinished, VisitReopened
from server.ids import new_id

CALLED_OFF = "plan_stopped"


async def visit_goes_on(fact: VisitReopened) -> None:
    """Take back what the end of a visit began, because the room took that end back."""
    await stop(await _ids(models.OF_VISIT, fact.encounter_id, fact.times), "visit_reopened")
    await hub.call_off(fact.encounter_id, events=("visit_finished",), reason="visit_reopened")


async def seen_again(fact: VisitFinished) -> None:
    """End the plans that were to bring somebody back who has been seen now."""
    ids = await _ids(models.REVISITED, fact.patient_id, fact.department_id, fact.encounter_id, fact.started_at)
    await stop(ids, "revisited")


async def has_booked(fact: AppointmentBooked) -> None:
    """Ask nobody any more to book who has booked; given back, the steps to come ask again."""
    rows = await db.fetch(models.ASKED_TO_BOOK, fact.patient_id, fact.department_id)
    await _call_off(fact.patient_id, rows, "booked")


async def call_ended(fact: CallEnded) -> None:
    """Do what somebody said on the phone: no more of this plan, of any; treated elsewhere; deceased."""
    if fact.result in ("deceased", "refused_all"):
        kind = "deceased" if fact.result == "deceased" else "refused"
        await stop_patient(fact.patient_id, kind, why="电话回访", by=fact.staff_id)
    elif fact.result == "elsewhere":
        await stop(await _ids(models.NAMING, fact.patient_id, "elsewhere"), "elsewhere")
    elif fact.result == "refused" and fact.plan_step_id is not None:
        await stop(await _ids(models.ENROLMENT_OF_STEP, fact.plan_step_id), "refused")


async def stop(enrolment_ids: Sequence[UUID], reason: str) -> None:
    """End enrolments, in the open transaction: planned steps are skipped, what has not left is called off."""
    if not enrolment_ids:
        return
    stopped = await db.fetch(models.STOP, list(enrolment_ids), reason)
    ids = [row["id"] for row in stopped]
    await db.fetch(models.SKIP_REST, ids, reason)
    told = await db.fetch(models.TOLD_OF, ids)
    for patient_id in {row["patient_id"] for row in stopped}:
        await _call_off(patient_id, [row for row in told if row["patient_id"] == patient_id], reason)


async def stop_patient(patient_id: UUID, kind: str, *, why: str, by: UUID | None) -> None:
    """Let no plan go on for a patient, until somebody lifts it.

    kind: `deceased`, `refused`, or `no_calls`: who asked not to be called is still written to, and called where an
        alarming answer, they themselves, or a message that reached nobody asks for it.
    """
    await db.fetch(models.STOP_PATIENT, new_id(), patient_id, kind, why, by)
    if kind == "no_calls":
        await tasks.cancel(patient_id, reason=kind, only_routine=True)
        return
    for row in await db.fetch(models.OF_PATIENT, patient_id):
        await hub.call_off(row["id"], events=(), reason=CALLED_OFF)
    await tasks.cancel(patient_id, reason=kind)


async def lift(staff: SignedInStaff, stop_id: UUID, why: str) -> None:
    """Take back that no plan goes on for a patient, or that they are not called; what was skipped meanwhile stays so.

    Raises: NotFound.
    """
    if not await db.fetch(models.LIFT_STOP, stop_id, staff.id, why):
        raise NotFound()


async def _call_off(patient_id: UUID, steps: Sequence[dict[str, Any]], reason: str) -> None:
    """Call off messages and calls; a message that also tells a step which goes on stays."""
    for row in steps:
        if row["is_stopped"]:
            await hub.call_off(row["id"], events=(), reason=CALLED_OFF)
    if steps:
        await tasks.cancel(patient_id, reason=reason, plan_step_ids=[row["id"] for row in steps])


async def _ids(sql: str, *args: Any) -> list[UUID]:
    return [row["id"] for row in await db.fetch(sql, *args)]
