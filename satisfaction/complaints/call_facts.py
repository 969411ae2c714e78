"""What is told of calls: who is called, who cannot be, gaps in the rota, people who are called too often."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from satisfaction.complaints import models, step_rows, steps
from satisfaction.complaints.rules import LEVEL_NAMES, Level
from satisfaction.complaints.steps import Setting
from server import clock, db
from server.accounts import Role
from server.facts import (
    ComplaintCalledAgain,
    ComplaintEscalated,
    ComplaintUnanswered,
    DutyUncovered,
    Fact,
    PagesPooled,
    PagesTooMany,
)
from server.ids import new_id

Barred = Mapping[UUID, set[UUID]]  # by complaint, who must not hear of it
Pooled = Mapping[tuple[UUID, UUID], bool]  # by step and person, as `step_rows.call` gives it

ALARM = """
INSERT INTO duty_alarm (id, level, opened_at) SELECT $1, $2, app_now()
ON CONFLICT (level) WHERE settled_at IS NULL DO NOTHING RETURNING id
"""
HOLDERS = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id AND r.role = ANY($1::text[])
WHERE s.active ORDER BY 1
"""


def told(
    first: Sequence[dict[str, Any]],
    again: Sequence[dict[str, Any]],
    *,
    barred: Barred,
    pooled: Pooled,
    setting: Setting,
) -> Iterable[Fact]:
    """Give the facts of calls: each step that was raised, and each call again of somebody within the budget.

    first, again: steps that called for the first time, and again, with whom they `called`.
    """
    for row in [*first, *again]:
        ids = [person.id for person, _ in row["called"]]
        single = tuple(one for one in ids if not pooled[row["id"], one])
        shared = {
            "complaint_id": row["complaint_id"],
            "number": row["number"],
            "severity": row["severity"],
            "topic": row["topic"],
            "department_name": row["department_name"],
            "level": row["step"],
            "clock": row["clock"],
            "cycle": row["cycle"],
            "staff_ids": single,
            "due_at": steps.taken_by(row["asked_at"], row["step"], setting),
            "barred_ids": tuple(sorted(barred.get(row["complaint_id"], set()))),
        }
        if row in again or row["step"] == 0:
            if single:
                yield ComplaintCalledAgain(**shared, escalation_id=row["id"], call=row["pages"])
        elif ids:
            yield ComplaintEscalated(**shared, pooled_ids=tuple(one for one in ids if pooled[row["id"], one]))


async def unanswered(rows: Sequence[dict[str, Any]], barred: Barred) -> list[Fact]:
    """Tell every supervisor and administrator of complaints for which nobody at all can be called."""
    if not rows:
        return []
    everybody = [row["id"] for row in await db.fetch(HOLDERS, [str(Role.SUPERVISOR), str(Role.ADMIN)])]
    unfit = await step_rows.barred(everybody, {row["complaint_id"] for row in rows})
    return [
        ComplaintUnanswered(
            complaint_id=row["complaint_id"],
            number=row["number"],
            severity=row["severity"],
            topic=row["topic"],
            department_name=row["department_name"],
            cycle=row["cycle"],
            call=row["pages"],
            staff_ids=tuple(one for one in everybody if one not in unfit.get(row["complaint_id"], set())),
            at=clock.now(),
            barred_ids=tuple(sorted(barred.get(row["complaint_id"], set()))),
        )
        for row in rows
    ]


async def alarms(levels: set[int]) -> list[Fact]:
    """Tell the administrators once that the rota has a gap; again only after it was closed."""
    opened = []
    for level in sorted(levels):
        row = await db.fetch_one(ALARM, new_id(), level)
        opened += [(row["id"], level)] if row else []
    if not opened:
        return []
    admins = tuple(row["id"] for row in await db.fetch(HOLDERS, [str(Role.ADMIN)]))
    return [
        DutyUncovered(
            alarm_id=alarm_id, level=level, level_name=LEVEL_NAMES[Level(level)], staff_ids=admins, at=clock.now()
        )
        for alarm_id, level in opened
    ]


async def beyond_budget(pooled: Pooled, setting: Setting) -> list[Fact]:
    """Give the one message of an hour for who was called too often in it, and the task when a day was too much."""
    now = clock.now()
    people = sorted({staff_id for _, staff_id in pooled})
    if not people:
        return []
    facts: list[Fact] = []
    beyond = sorted({staff_id for (_, staff_id), is_pooled in pooled.items() if is_pooled})
    if beyond:
        facts += [
            PagesPooled(staff_id=row["staff_id"], hour=row["hour"], waiting=row["waiting"], at=now)
            for row in await db.fetch(step_rows.POOL, beyond)
        ]
    midnight = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    often = await db.fetch(step_rows.TOO_MANY, people, clock.today(), midnight, setting.pages_per_day)
    if often:
        owner = (setting.rule_owner_id,) if setting.rule_owner_id else None
        owners = owner or tuple(row["id"] for row in await db.fetch(HOLDERS, [str(Role.ADMIN)]))
        for row in often:
            name = await models.staff_name(row["staff_id"])
            facts.append(
                PagesTooMany(
                    staff_id=row["staff_id"],
                    name=name,
                    day=clock.today(),
                    pages=row["pages"],
                    staff_ids=owners,
                    at=now,
                )
            )
    return facts
