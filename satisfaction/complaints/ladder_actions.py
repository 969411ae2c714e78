"""What people set about the ladder: decisions of the committee, watchers, its rules."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from satisfaction.complaints import escalating, models, reads, rules, step_reads, step_rows
from satisfaction.complaints.cases import locked
from satisfaction.complaints.handlers import HANDLERS, READERS, sight_of
from satisfaction.complaints.rules import Level
from satisfaction.complaints.steps import STEP, Setting, StepState
from satisfaction.errors import ConflictOfInterest, HandlerUnfit
from server import db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound

SET_WATCHERS = """
WITH gone AS (
    DELETE FROM complaint_watcher WHERE complaint_id = $1 AND NOT (staff_id = ANY($2::uuid[]))
)
INSERT INTO complaint_watcher (complaint_id, staff_id, added_by, at)
SELECT $1, s.id, $3, app_now() FROM unnest($2::uuid[]) AS s (id) ON CONFLICT DO NOTHING
"""


async def step_of(staff: SignedInStaff, escalation_id: UUID) -> dict[str, Any]:
    """Read a step of a complaint that a member of staff may act on.

    Raises: NotFound.
    """
    row = await step_reads.one(escalation_id, staff.id)
    if row is None or await reads.in_sight(sight_of(staff, HANDLERS), row["complaint_id"]) is None:
        raise NotFound()
    return row


def may_decide(staff: SignedInStaff, setting: Setting, row: dict[str, Any]) -> bool:
    """Tell whether somebody may decide a step: of the committee, or its outside member; while it is open.

    row: with `step` and `resolved_at`.
    """
    is_of_committee = Role.COMMITTEE in staff.roles or staff.id == setting.outside_member_id
    return row["step"] == Level.COMMITTEE and row["resolved_at"] is None and is_of_committee


async def decide(staff: SignedInStaff, escalation_id: UUID, minutes: str) -> None:
    """Write down what the committee has decided about a complaint.

    Raises: NotFound, Forbidden, IllegalMove when the step is settled already.
    """
    async with db.transaction():
        row = await step_of(staff, escalation_id)
        complaint = await locked(row["complaint_id"], None)
        row = await step_of(staff, escalation_id)  # as it is now that nobody else can change it
        if row["resolved_at"] is not None:
            STEP.check(StepState.RESOLVED, StepState.RESOLVED)
        if not may_decide(staff, await step_rows.setting(), row):
            raise Forbidden()
        await escalating.decided(complaint, minutes, by=staff.by)


async def set_watchers(staff: SignedInStaff, complaint_id: UUID, staff_ids: Sequence[UUID]) -> None:
    """Set who follows a complaint.

    Raises: NotFound, ComplaintIsClosed, ConflictOfInterest, HandlerUnfit.
    """
    async with db.transaction():
        if await reads.in_sight(sight_of(staff, HANDLERS), complaint_id) is None:
            raise NotFound()
        complaint = await locked(complaint_id, None)
        rules.check_open(complaint.state)
        barred = await models.barred_from(complaint_id)
        for one in staff_ids:
            roles = await models.roles_of(one)
            if roles is None:
                raise NotFound()
            if one in barred:
                raise ConflictOfInterest()
            if not roles & {*READERS, Role.ADMIN}:
                raise HandlerUnfit()
        await db.fetch(SET_WATCHERS, complaint_id, sorted(set(staff_ids)), staff.id)
        await models.change(complaint)


async def set_rules(staff: SignedInStaff, setting: Setting, *, why: str, version: int) -> None:
    """Write the rules of the ladder as the version after the one that somebody has seen.

    Raises: NotFound for a person who is not there, SomeoneWasFaster.
    """
    for one in (setting.outside_member_id, setting.rule_owner_id):
        if one is not None and await models.roles_of(one) is None:
            raise NotFound()
    await step_rows.write_setting(setting, version=version, by_id=staff.id, why=why)
