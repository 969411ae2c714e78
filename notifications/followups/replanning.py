"""What a new version changes for those who follow an older one: written down, and done when a supervisor accepts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import structlog

from notifications.followups import enrolling, models
from notifications.followups.plans import works_around
from notifications.followups.rules import Change, Planned, Standing, difference, planned
from server import clock, db
from server.accounts import SignedInStaff
from server.ids import new_id

log = structlog.get_logger("followups")
BATCH = 200
REPLACED = "replaced"


async def propose() -> None:
    """Write down, for everybody who follows an older version, what the approved one changes; each once."""
    done = BATCH
    while done == BATCH:
        rows = await db.fetch(models.BEHIND, BATCH)
        done = 0
        for row in rows:
            try:
                async with db.transaction():
                    await _propose(row["id"], row["version_id"])
                done += 1
            except Exception:  # one bad enrolment must not hold up the others
                log.exception("replan_failed", enrolment=str(row["id"]))


async def _propose(enrolment_id: UUID, version_id: UUID) -> None:
    enrolment, old, new = await _both(enrolment_id, version_id)
    changes = difference(old, new, clock.now())
    shown = orjson.dumps([_shown(change) for change in changes]).decode()
    # what changes nothing for somebody needs nobody's word
    state = "proposed" if changes else "void"
    await db.fetch(models.PROPOSE, new_id(), enrolment_id, version_id, shown, state)
    if not changes:
        await db.fetch(models.FOLLOW_VERSION, enrolment["id"], version_id)


async def decide(staff: SignedInStaff, plan_id: UUID, replan_ids: Sequence[UUID], *, accept: bool) -> int:
    """Do what a new version changes, or leave those patients on the version that they have; give their number.

    What was told since the question was written stays as it is.
    """
    count = 0
    for replan_id in sorted(replan_ids):
        async with db.transaction():
            row = await db.fetch_one(models.TAKE_REPLAN, replan_id, plan_id)
            if row is None:
                continue
            if accept:
                await _apply(row["enrolment_id"], row["version_id"])
            await db.fetch(models.DECIDE_REPLAN, replan_id, "accepted" if accept else "declined", staff.id)
            count += 1
    return count


async def _apply(enrolment_id: UUID, version_id: UUID) -> None:
    enrolment, old, new = await _both(enrolment_id, version_id)
    if enrolment["state"] != "active":
        return
    by_code = {one.step.code: one for one in new}
    ids = {row["step"]: row["id"] for row in enrolment["steps"]}
    changes = difference(old, new, clock.now())
    for change in changes:
        if change.what == "removed":
            await db.fetch(models.SKIP, ids[change.code], REPLACED)
        elif change.what != "added":
            await _change(ids[change.code], by_code[change.code])
    added = [by_code[change.code] for change in changes if change.what == "added"]
    if added:
        await enrolling.write_steps(enrolment_id, enrolment["cycle"], enrolling.Whose(**_whose(enrolment)), added)
    await db.fetch(models.FOLLOW_VERSION, enrolment_id, version_id)
    await db.fetch(models.FINISH, [enrolment_id])


def _whose(enrolment: dict[str, Any]) -> dict[str, Any]:
    return {name: enrolment[name] for name in ("patient_id", "account_id")}


async def _change(step_id: UUID, to: Planned) -> None:
    step = to.step
    moments = (to.earliest_at, to.due_at, to.latest_at)
    await db.fetch(models.CHANGE_STEP, step_id, step.purpose, step.way, step.model_dump_json(), *moments)


async def _both(enrolment_id: UUID, version_id: UUID) -> tuple[dict[str, Any], list[Standing], list[Planned]]:
    """Give an enrolment, locked, with its steps as they stand and as a version has them."""
    enrolment = await db.fetch_one(models.LOCK_ENROLMENT, enrolment_id)
    version = await db.fetch_one("SELECT body FROM care_plan_version WHERE id = $1", version_id)
    assert enrolment is not None  # enrolments and versions are never deleted
    assert version is not None
    steps = await db.fetch(models.STANDING, enrolment_id, enrolment["cycle"])
    old = [
        Standing(row["step"], models.step_of(row["body"]), row["due_at"], row["latest_at"], row["state"] != "planned")
        for row in steps
    ]
    works = await works_around(enrolment["anchor_on"])
    return {**enrolment, "steps": steps}, old, planned(models.plan_of(version["body"]), enrolment["anchor_on"], works)


def _shown(change: Change) -> dict[str, Any]:
    return {
        "step": change.code,
        "name": change.name,
        "what": change.what,
        "from": change.old_at.isoformat() if change.old_at else None,
        "to": change.new_at.isoformat() if change.new_at else None,
    }
