"""What is agreed about an improvement: proposed, accepted, changed, another measure instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from satisfaction.complaints import handlers
from satisfaction.complaints import models as complaint_models
from satisfaction.complaints.actions import case_of
from satisfaction.complaints.handlers import HANDLERS, LEADERS
from satisfaction.complaints.models import Complaint
from satisfaction.errors import NeedsAnother, OnlyWeak
from satisfaction.improvement import goals, models, rules
from satisfaction.improvement.measuring import NOTHING_DONE
from satisfaction.improvement.models import Improvement
from satisfaction.improvement.reach import At, held, keep, shown
from satisfaction.improvement.rules import IMPROVEMENT, ImprovementState, Strength
from satisfaction.library import causes
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Malformed, NotFound, wrong_field
from server.events import publish
from server.facts import ImprovementAssigned
from server.history import born, move
from server.ids import new_id


@dataclass(frozen=True)
class Proposal:
    """What a person proposes. complaint_id: the case that it comes from. group_of: a measure of the same analysis."""

    title: str
    department_id: UUID
    metric: str
    cause_code: str | None = None
    dimension: str | None = None
    measure: str = ""
    expected_change: float | None = None
    complaint_id: UUID | None = None
    group_of: UUID | None = None


@dataclass(frozen=True)
class Acceptance:
    """Who does what until when. why_only_weak: signed by the committee, where there is no better measure."""

    owner_id: UUID
    due_on: date
    measure: str
    strength: str
    is_training_only: bool = False
    expected_change: float | None = None
    why_only_weak: str = ""


async def propose(staff: SignedInStaff, asked: Proposal) -> UUID:
    """Propose an improvement; give its id. The last 90 days count as what raised it, not as what was before.

    Raises: NotFound, Malformed.
    """
    await causes.ship()
    async with db.transaction():
        if asked.complaint_id is not None:
            await case_of(staff, asked.complaint_id)
        if not await complaint_models.department_name(asked.department_id):
            raise wrong_field("/department_id", "unknown_department", "no such department")
        if not staff.may(*HANDLERS, department_id=asked.department_id):
            raise NotFound()
        if asked.cause_code is not None and asked.cause_code not in await _leaves():
            raise wrong_field("/cause_code", "unknown", "no leaf in use")
        group = await shown(staff, asked.group_of) if asked.group_of else None
        today, one = clock.today(), new_id()
        evidence = rules.evidence_of(today)
        row = Improvement(
            id=one,
            number=rules.number_of(await models.next_number(), today),
            group_id=group["group_id"] if group else one,
            source=_source(staff, asked),
            source_ref=str(asked.complaint_id or ""),
            department_id=asked.department_id,
            metric=asked.metric,
            cause_code=asked.cause_code,
            dimension=asked.dimension,
            title=asked.title,
            measure=asked.measure,
            state=ImprovementState.PROPOSED,
            evidence_from=group["evidence_from"] if group else evidence.first,
            evidence_to=group["evidence_to"] if group else evidence.last,
            expected_change=asked.expected_change or rules.USUAL_CHANGE[rules.Metric(asked.metric)],
            created_by=staff.id,
            created_at=clock.now(),
        )
        if asked.expected_change is None:
            row.expected_change = await goals.usual(row)
        await goals.check(row, pointer="/dimension" if asked.expected_change is None else "/expected_change")
        await row.save(force_create=True)
        await born(IMPROVEMENT, row, ImprovementState.PROPOSED, by=staff.by)
        if asked.complaint_id is not None:
            await db.fetch(models.KEEP_CASES, row.id, [asked.complaint_id])
        await models.note(row.id, "proposed", asked.title, staff.id)
    return row.id


def _source(staff: SignedInStaff, asked: Proposal) -> str:
    if asked.complaint_id is not None:
        return "complaint"
    return "committee" if Role.COMMITTEE in staff.roles else "hand"


async def _leaves() -> set[str]:
    return {row["code"] for row in await causes.tree() if causes.is_leaf_in_use(row)}


async def accept(at: At, asked: Acceptance) -> None:
    """Take up a proposal: owner, measure, date. Owner, approver and handler of its complaint are three people.

    Raises: NotFound, Forbidden, SomeoneWasFaster, IllegalMove, NeedsAnother, OnlyWeak, Malformed.
    """
    async with held(at) as row:
        IMPROVEMENT.check(row.state, ImprovementState.ACCEPTED)
        values = await _agreed(at.staff, row, asked)
        await move(IMPROVEMENT, row, ImprovementState.ACCEPTED, by=at.staff.by, approver_id=at.staff.id, **values)
        await models.note(row.id, "accepted", asked.measure, at.staff.id)
        await _assigned(row)


async def _agreed(staff: SignedInStaff, row: Improvement, asked: Acceptance) -> dict[str, Any]:
    """Check what was agreed and give it as columns."""
    if asked.owner_id == staff.id:
        raise NeedsAnother()
    if await complaint_models.roles_of(asked.owner_id) is None:
        raise wrong_field("/owner_id", "unknown", "no such member of staff")
    if asked.due_on <= clock.today():
        raise wrong_field("/due_on", "in_the_past", "not after today")
    if asked.why_only_weak and Role.COMMITTEE not in staff.roles:
        raise wrong_field("/why_only_weak", "committee_signs", "only the committee signs this")
    for one in await db.fetch("SELECT complaint_id FROM improvement_case WHERE improvement_id = $1", row.id):
        complaint = await Complaint.get(id=one["complaint_id"])
        set_by = await db.fetch("SELECT DISTINCT set_by FROM complaint_cause WHERE complaint_id = $1", complaint.id)
        await handlers.check_approver(complaint, staff.id, set_by={found["set_by"] for found in set_by})
    is_signed = bool(asked.why_only_weak or row.why_only_weak)
    if asked.strength == Strength.WEAK and not is_signed and not await _has_better(row):
        raise OnlyWeak()
    values: dict[str, Any] = {
        "owner_id": asked.owner_id,
        "due_on": asked.due_on,
        "measure": asked.measure,
        "strength": asked.strength,
        "is_training_only": asked.is_training_only,
    }
    if asked.expected_change is not None:
        row.expected_change = values["expected_change"] = asked.expected_change
    await goals.check(row)
    if asked.why_only_weak:
        values |= {"why_only_weak": asked.why_only_weak, "why_only_weak_by": staff.id}
    return values


async def _has_better(row: Improvement) -> bool:
    found = await db.fetch_one(
        "SELECT 1 FROM improvement WHERE group_id = $1 AND id <> $2 AND strength <> 'weak' AND state <> 'rejected'",
        row.group_id,
        row.id,
    )
    return found is not None


async def _assigned(row: Improvement) -> None:
    assert row.owner_id is not None  # the table holds it
    assert row.due_on is not None
    await publish(
        ImprovementAssigned(
            improvement_id=row.id,
            number=row.number,
            title=row.title,
            department_name=await complaint_models.department_name(row.department_id),
            owner_id=row.owner_id,
            due_on=row.due_on,
            cycle=row.cycle,
            at=clock.now(),
        )
    )


async def change(at: At, values: Mapping[str, Any]) -> None:
    """Change what may be changed: before the start all that was agreed; afterwards name, owner and date.

    Raises: NotFound, Forbidden, SomeoneWasFaster, IllegalMove, NeedsAnother, Malformed with why a field is fixed.
    """
    async with held(at) as row:
        if row.state not in rules.CHANGEABLE:
            IMPROVEMENT.check(row.state, ImprovementState.DOING)
        values = {name: value for name, value in values.items() if value != getattr(row, name)}
        if not values:
            return
        await _check_change(at.staff, row, values)
        changes = {name: [await _said(name, getattr(row, name)), await _said(name, values[name])] for name in values}
        row.update_from_dict(values)
        if values.keys() & {"expected_change", "department_id"}:
            await goals.check(row)
        await keep(row, **values)
        await models.note(row.id, "changed", "、".join(sorted(values)), at.staff.id, changes=changes)
        if "owner_id" in values and row.due_on is not None:
            await _assigned(row)


async def _check_change(staff: SignedInStaff, row: Improvement, values: Mapping[str, Any]) -> None:
    fixed = rules.fixed(row.state, has_baseline=row.baseline is not None, is_automatic=row.is_automatic)
    if refused := sorted(fixed.keys() & values.keys()):
        errors = [
            {"pointer": f"/{name}", "code": fixed[name], "detail": "can no longer be changed"} for name in refused
        ]
        raise Malformed(errors=errors)
    if values.get("owner_id") in (staff.id, row.approver_id) and "owner_id" in values:
        raise NeedsAnother()
    if "owner_id" in values and await complaint_models.roles_of(values["owner_id"]) is None:
        raise wrong_field("/owner_id", "unknown", "no such member of staff")
    if "due_on" in values and values["due_on"] <= clock.today():
        raise wrong_field("/due_on", "in_the_past", "not after today")
    if "department_id" in values and not (
        await complaint_models.department_name(values["department_id"])
        and staff.may(*LEADERS, department_id=values["department_id"])
    ):
        raise wrong_field("/department_id", "unknown_department", "no such department")


async def _said(name: str, value: Any) -> str:
    """Say a value as people read it."""
    if value is None:
        return ""
    if name == "owner_id":
        row = await db.fetch_one("SELECT name FROM staff WHERE id = $1", value)
        return row["name"] if row else ""
    return await complaint_models.department_name(value) if name == "department_id" else str(value)


async def adjust(at: At, asked: Acceptance) -> None:
    """Agree on another measure, where one had no effect or could not be judged. The baseline stays.

    Raises: NotFound, Forbidden, SomeoneWasFaster, IllegalMove, NeedsAnother, OnlyWeak, Malformed.
    """
    async with held(at) as row:
        if row.state == ImprovementState.TOO_FEW:
            await move(IMPROVEMENT, row, ImprovementState.ACCEPTED, by=at.staff.by, cycle=row.cycle + 1, **NOTHING_DONE)
        elif row.state != ImprovementState.ACCEPTED or row.cycle == 1:
            IMPROVEMENT.check(row.state, ImprovementState.ACCEPTED)
        await keep(row, approver_id=at.staff.id, needs_another=False, **await _agreed(at.staff, row, asked))
        await models.note(row.id, "adjusted", asked.measure, at.staff.id)
        await _assigned(row)
