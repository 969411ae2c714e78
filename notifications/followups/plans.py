"""What staff do with plans: write a draft, approve it, end a plan; and what a plan would mean for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from notifications.followups import enrolling, models
from notifications.followups.errors import NothingToApprove, PlanCodeTaken
from notifications.followups.kinds import PlanBody
from notifications.followups.rules import Planned, planned
from server import db, kill_points
from server.accounts import SignedInStaff
from server.errors import NotFound, Stale
from server.ids import new_id
from server.jobs import ring
from server.workdays import Works, worked_between


async def plans(plan_id: UUID | None = None) -> list[dict[str, Any]]:
    """List plans with their versions, the newest version first.

    Raises: NotFound, when one is asked for that there is not.
    """
    await enrolling.approved_plans()  # those that come with the product are there
    rows = await db.fetch(models.PLANS, plan_id)
    if plan_id is not None and not rows:
        raise NotFound()
    versions: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for version in await db.fetch(models.VERSIONS, list(versions)):
        versions[version["plan_id"]].append(version)
    return [{**row, "versions": versions[row["id"]]} for row in rows]


async def create(staff: SignedInStaff, code: str, body: PlanBody) -> UUID:
    """Write the first draft of a new plan; give the plan's id.

    Raises: PlanCodeTaken.
    """
    async with db.transaction():
        plan_id = new_id()
        if not await db.fetch(models.MAKE_PLAN, plan_id, code):
            raise PlanCodeTaken()
        await db.fetch(models.WRITE_DRAFT, new_id(), plan_id, _raw(body), staff.id)
    return plan_id


async def write_draft(staff: SignedInStaff, plan_id: UUID, body: PlanBody, *, seen: int | None) -> None:
    """Write over the draft of a plan, or begin one. seen: the draft's version that the writer has before them.

    Raises: NotFound, Stale.
    """
    async with db.transaction():
        if not await db.fetch(models.LOCK_PLAN, plan_id):
            raise NotFound()
        draft = await db.fetch_one(
            "SELECT version FROM care_plan_version WHERE plan_id = $1 AND status = 'draft'", plan_id
        )
        if seen is not None and seen != (draft["version"] if draft else 0):
            raise Stale()
        await db.fetch(models.WRITE_DRAFT, new_id(), plan_id, _raw(body), staff.id)


async def approve(staff: SignedInStaff, plan_id: UUID) -> None:
    """Let patients follow the draft from now on; who follows an older version is asked about (re-plan).

    Raises: NotFound, NothingToApprove.
    """
    async with db.transaction():
        if not await db.fetch(models.LOCK_PLAN, plan_id):
            raise NotFound()
        draft = await db.fetch_one(
            "SELECT id FROM care_plan_version WHERE plan_id = $1 AND status = 'draft' FOR UPDATE", plan_id
        )
        if draft is None:
            raise NothingToApprove()
        await db.fetch(models.RETIRE, plan_id)
        await db.fetch(models.APPROVE, draft["id"], staff.id)
        await db.fetch(models.VOID_OLD, plan_id)
        kill_points.reach("plan_approved")
    ring("replans")


async def retire(plan_id: UUID) -> None:
    """Put nobody on a plan any more; who follows it goes on.

    Raises: NotFound.
    """
    async with db.transaction():
        if not await db.fetch(models.LOCK_PLAN, plan_id):
            raise NotFound()
        await db.fetch(models.RETIRE, plan_id)


@dataclass(frozen=True)
class Preview:
    """What a patient would get: each step with its moments, and whether its day is worked."""

    planned: Planned
    is_worked: bool


async def preview(body: PlanBody, anchor_on: date) -> list[Preview]:
    """Tell what a plan would mean from a day on, in the order of time; nothing is written."""
    works = await works_around(anchor_on)
    steps = sorted(planned(body, anchor_on, works), key=lambda one: (one.due_at, one.step.code))
    return [Preview(one, works(one.due_at.date())) for one in steps]


async def works_around(day: date) -> Works:
    """Give what tells of working days as far as any plan goes from a day."""
    return await worked_between(day - enrolling.BACK, day + enrolling.AHEAD)


async def body_of(code: str) -> tuple[PlanBody, str]:
    """Give the newest version of a plan that is not retired, by the plan's code, with its status.

    Raises: NotFound.
    """
    found = next((row for row in await plans() if row["code"] == code), None)
    versions: Sequence[dict[str, Any]] = found["versions"] if found else ()
    for version in versions:
        if version["status"] != "retired":
            return models.plan_of(version["body"]), version["status"]
    raise NotFound()


def _raw(body: PlanBody) -> str:
    return orjson.dumps(body.as_json()).decode()
