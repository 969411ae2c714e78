"""Who sees an improvement, and who holds it while something is done with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from satisfaction.complaints.handlers import HANDLERS, LEADERS
from satisfaction.improvement import models
from satisfaction.improvement.models import Improvement
from server import db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, SomeoneWasFaster


@dataclass(frozen=True)
class At:
    """A member of staff at an improvement. version: the one they have seen, when they say so."""

    staff: SignedInStaff
    improvement_id: UUID
    version: int | None = None
    roles: tuple[Role, ...] = field(default=LEADERS)


def sight_of(staff: SignedInStaff) -> tuple[UUID, list[UUID] | None]:
    """Say what of the improvements a member of staff sees: those of their departments as a handler, and their own."""
    departments = staff.departments_of(*HANDLERS, Role.OPERATIONS)
    return staff.id, None if departments is None else list(departments)


async def shown(staff: SignedInStaff, improvement_id: UUID) -> dict[str, Any]:
    """Read an improvement that a member of staff may see.

    Raises: NotFound.
    """
    row = await models.shown(sight_of(staff), improvement_id)
    if row is None:
        raise NotFound()
    return row


@asynccontextmanager
async def held(at: At, *, is_owner_enough: bool = False) -> AsyncIterator[Improvement]:
    """Lock an improvement for who leads its department, or for its owner where that is enough."""
    async with db.transaction():
        await shown(at.staff, at.improvement_id)
        row = await db.lock(Improvement, at.improvement_id)
        is_owner = is_owner_enough and row.owner_id == at.staff.id
        if not is_owner and not at.staff.may(*at.roles, department_id=row.department_id):
            raise Forbidden()
        if at.version is not None and row.version != at.version:
            raise SomeoneWasFaster()
        yield row


async def keep(row: Improvement, **values: Any) -> None:
    """Write values of an improvement that is held.

    Raises: SomeoneWasFaster.
    """
    values["version"] = row.version + 1
    if await Improvement.filter(id=row.id, version=row.version).update(**values) == 0:
        raise SomeoneWasFaster()
    for name, value in values.items():
        setattr(row, name, value)
