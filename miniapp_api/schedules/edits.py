"""Changing schedules: first seen, then made exactly as it was seen.

Every change is a `Step`: it writes rows, and says which departments it reaches. A preview takes the step, compares the
plan with what stands, and undoes it; the change itself takes the same step, compares again, and refuses when the
comparison has another digest than the one that was seen.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.errors import PlanChanged, ScheduleOverlap
from miniapp_api.schedules import models
from miniapp_api.schedules.actions import compare, write
from miniapp_api.schedules.announcements import announce_conflicts
from miniapp_api.schedules.differences import Changes, Conflict
from miniapp_api.schedules.models import ExceptionRow, ScheduleRule
from miniapp_api.schedules.rules import WhyLeftOut
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import need_department
from server.errors import wrong_field
from server.hospital import Department, Practitioner, Room


@dataclass(frozen=True)
class Reach:
    """What a step changed. departments: whose sessions may change; None is all of them. row: what was made of it."""

    departments: frozenset[UUID] | None
    row: Any = None


Step = Callable[[], Awaitable[Reach]]


@dataclass(frozen=True)
class Preview:
    """What a step would change. digest: names it, for `carry_out`; conflicts and what follows: the step's own only."""

    digest: str
    changes: Changes


class _OnlyTried(Exception):
    """A preview has come to its end: what it wrote is undone."""


async def preview(step: Step) -> Preview:
    """Give what a step would change, and change nothing.

    Raises: ScheduleOverlap, and what the step raises.
    """
    changes, reach = Changes(), Reach(frozenset())
    try:
        async with db.transaction():
            reach, changes = await _try(step)
            raise _OnlyTried
    except _OnlyTried:
        # what stood in the way before is not this step's; where nothing does, nobody need look a second time
        digest = changes.digest
        before = await _compare(reach) if changes.conflicts or changes.left_out or changes.later else Changes()
    except IntegrityError as error:
        raise _in_words(error) from error
    known = {_name_of(one) for one in before.conflicts}
    changes.conflicts = [one for one in changes.conflicts if _name_of(one) not in known]
    changes.left_out = [one for one in changes.left_out if one not in before.left_out]
    changes.later = [one for one in changes.later if one not in before.later]
    return Preview(digest, changes)


def _name_of(conflict: Conflict) -> tuple:
    return conflict.session.id, conflict.band.id if conflict.band else None, conflict.why


async def carry_out(step: Step, digest: str) -> Any:
    """Take a step and change what its preview showed; give the row that it made.

    Raises: PlanChanged when the preview would be another one now; ScheduleOverlap, and what the step raises.
    """
    try:
        async with db.transaction():
            reach, changes = await _try(step)
            if changes.digest != digest:
                raise PlanChanged()
            await write(changes, exactly=True)
            for department_id in await _departments_of(reach):
                await announce_conflicts(department_id, changes)
            return reach.row
    except IntegrityError as error:
        raise _in_words(error) from error


def _in_words(error: IntegrityError) -> Exception:
    return ScheduleOverlap() if db.violated(error) == models.NO_OVERLAP else error


async def _try(step: Step) -> tuple[Reach, Changes]:
    """Take a step in the open transaction, and compare."""
    await db.fetch(models.LOCK)
    reach = await step()
    changes = await _compare(reach)
    if isinstance(reach.row, ExceptionRow) and any(
        one.session.exception_id == reach.row.id and one.why is WhyLeftOut.BUSY for one in changes.left_out
    ):
        raise ScheduleOverlap()  # also on days for which no session is made yet
    return reach, changes


async def _compare(reach: Reach) -> Changes:
    changes = Changes()
    for department_id in await _departments_of(reach):
        changes.add(await compare(department_id))
    return changes


async def _departments_of(reach: Reach) -> list[UUID]:
    if reach.departments is None:
        return [row["id"] for row in await db.fetch(models.DEPARTMENTS)]
    return sorted(reach.departments)


async def conflicts_of(staff: SignedInStaff, department_id: UUID) -> Changes:
    """Give what stands in the way of a department's plan now.

    Raises: Forbidden.
    """
    need_department(staff, department_id, Role.DEPARTMENT_HEAD)
    return await compare(department_id)


# ---- what steps share --------------------------------------------------------------------------------------------


def planned_by(staff: SignedInStaff) -> list[UUID] | None:
    """Give the departments that a member of staff plans; None is all of them."""
    found = staff.departments_of(Role.DEPARTMENT_HEAD)
    return None if found is None else sorted(found)


def not_past(day: date | None, pointer: str) -> date:
    """Give a day from today on; today when none is named.

    Raises: Malformed.
    """
    today = clock.today()
    if day is not None and day < today:
        raise wrong_field(pointer, "in_the_past", "has passed")
    return day or today


async def check_place(practitioner_id: UUID | None, department_id: UUID | None, room_id: UUID | None) -> None:
    """Refuse people and places that are not there.

    Raises: Malformed.
    """
    if department_id is not None and not await Department.exists(id=department_id, active=True):
        raise wrong_field("/department_id", "unknown", "no such department")
    if practitioner_id is not None and not await Practitioner.exists(id=practitioner_id, active=True):
        raise wrong_field("/practitioner_id", "unknown", "no such practitioner")
    if room_id is not None and not await Room.exists(id=room_id, active=True, department_id=department_id):
        raise wrong_field("/room_id", "unknown", "no such room in this department")


async def update(row: ScheduleRule | ExceptionRow, **values: Any) -> None:
    """Change a row and raise its version."""
    row.update_from_dict({**values, "version": row.version + 1})
    await row.save(update_fields=[*values, "version"])
