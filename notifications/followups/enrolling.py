"""Putting patients on plans: which plans an anchor begins, and their steps, made once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from notifications.followups import models, shipped
from notifications.followups.kinds import AnchorKind
from notifications.followups.rules import Anchored, Planned, anchor_of, planned
from server import clock, db, kill_points
from server.facts import StrikeGiven, VisitFinished
from server.ids import new_id
from server.workdays import Works, worked_between

BACK, AHEAD = timedelta(days=120), timedelta(days=1200)  # no step lies further from its anchor


@dataclass(frozen=True)
class Approved:
    """A plan that patients follow now."""

    id: UUID
    code: str
    version_id: UUID
    body: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something that may begin plans for a patient. subject_id: the visit, or what stands for the anchor.

    began_at: bookings since then are a return. data: what messages name. plan_id: the plan that somebody chose.
    """

    patient_id: UUID
    account_id: UUID | None
    subject_id: UUID
    department_id: UUID | None
    anchored: Anchored
    began_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    cycle: int = 1
    plan_id: UUID | None = None


@dataclass(frozen=True)
class Whose:
    """The patient whose steps are written, and the account that is told."""

    patient_id: UUID
    account_id: UUID | None


async def approved_plans() -> list[Approved]:
    """Give the plans that patients follow; those that come with the product are put there when they are missing."""
    rows = await db.fetch(models.APPROVED)
    if not {row["code"] for row in rows} >= shipped.PLANS.keys():
        await lay_shipped()
        rows = await db.fetch(models.APPROVED)
    return [Approved(**row) for row in rows if row["version_id"] is not None]


async def lay_shipped() -> None:
    """Put the plans there that come with the product: drafts, which a department has to approve."""
    for code, body in shipped.PLANS.items():
        plan_id = shipped.plan_id(code)
        await db.fetch(models.LAY_PLAN, plan_id, code)
        status = "approved" if code in shipped.APPROVED else "draft"
        raw = orjson.dumps(body.as_json()).decode()
        await db.fetch(models.LAY_VERSION, shipped.version_id(code), plan_id, status, raw)


async def visit_finished(fact: VisitFinished) -> None:
    """Begin the plans that a finished visit begins."""
    person = await db.fetch_one(
        models.PERSON, fact.patient_id, fact.department_id, fact.encounter_id, fact.started_at, fact.times
    )
    assert person is not None  # a row of expressions
    if person["goes_on"]:  # the room has taken the end back already
        return
    day = clock.local(fact.finished_at).date()
    days = {AnchorKind.VISIT: day}
    if person["is_first"]:
        days[AnchorKind.FIRST_VISIT] = day
    if fact.diagnosis_group:
        days[AnchorKind.DIAGNOSIS_GROUP] = day
    if fact.revisit_on is not None:
        days[AnchorKind.REVISIT_DATE] = fact.revisit_on
    await begin(
        Case(
            patient_id=fact.patient_id,
            account_id=fact.account_id,
            subject_id=fact.encounter_id,
            cycle=fact.times,
            department_id=fact.department_id,
            began_at=fact.started_at,
            plan_id=fact.care_plan_id,
            anchored=Anchored(
                days=days,
                department_code=person["department_code"],
                diagnosis_group=fact.diagnosis_group,
                age=_age(person["birth_date"], day),
            ),
            data={
                "patient_name": fact.patient_name,
                "department_name": fact.department_name,
                "practitioner_name": fact.practitioner_name,
                "practitioner_id": str(fact.practitioner_id) if fact.practitioner_id else None,
                "encounter_id": str(fact.encounter_id),
                "revisit_on": fact.revisit_on.isoformat() if fact.revisit_on else None,
            },
        )
    )


_STRIKE = "SELECT a.department_id, s.kind FROM strike s JOIN appointment a ON a.id = s.appointment_id WHERE s.id = $1"


async def visit_missed(fact: StrikeGiven) -> None:
    """Begin the plans that a missed visit begins."""
    if fact.kind != "no_show":
        return
    row = await db.fetch_one(_STRIKE, fact.strike_id)
    day = clock.local(fact.starts_at).date()
    await begin(
        Case(
            patient_id=fact.patient_id,
            account_id=fact.account_id,
            subject_id=fact.strike_id,
            department_id=row["department_id"] if row else None,
            began_at=fact.starts_at,
            anchored=Anchored(days={AnchorKind.NO_SHOW: day}),
            data={"patient_name": fact.patient_name, "department_name": fact.department_name},
        )
    )


async def begin(case: Case) -> list[UUID]:
    """Put a patient on every plan that the case begins, in the open transaction; again changes nothing.

    Returns: the enrolments that are new, or begin another cycle.
    """
    begun = []
    works: Works | None = None
    for plan in await approved_plans():
        body = models.plan_of(plan.body)
        anchored = Anchored(**{**vars(case.anchored), "is_chosen": plan.id == case.plan_id})
        found = anchor_of(body, anchored)
        if found is None:
            continue
        if works is None:
            first = min(case.anchored.days.values())
            works = await worked_between(first - BACK, first + AHEAD)
        kind, anchor_on = found
        enrolment = await _enrol(case, plan, kind, anchor_on)
        if enrolment is not None:
            whose = Whose(case.patient_id, case.account_id)
            await write_steps(enrolment, case.cycle, whose, planned(body, anchor_on, works))
            begun.append(enrolment)
    kill_points.reach("enrolled")
    return begun


async def _enrol(case: Case, plan: Approved, kind: AnchorKind, anchor_on: date) -> UUID | None:
    row = await db.fetch_one(
        models.ENROL,
        new_id(),
        plan.id,
        plan.version_id,
        case.patient_id,
        case.account_id,
        case.subject_id,
        case.cycle,
        str(kind),
        anchor_on,
        case.department_id,
        orjson.dumps(case.data).decode(),
        case.began_at,
    )
    return row["id"] if row else None


async def write_steps(enrolment_id: UUID, cycle: int, whose: Whose, steps: Sequence[Planned]) -> None:
    """Write the steps of a cycle, each once."""
    await db.fetch(
        models.STEPS,
        enrolment_id,
        cycle,
        whose.patient_id,
        whose.account_id,
        [new_id() for _ in steps],
        [one.step.code for one in steps],
        [one.step.purpose for one in steps],
        [one.step.way for one in steps],
        [one.step.model_dump_json() for one in steps],
        [one.earliest_at for one in steps],
        [one.due_at for one in steps],
        [one.latest_at for one in steps],
    )


def _age(born: date | None, day: date) -> int | None:
    if born is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
