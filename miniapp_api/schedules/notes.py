"""The history of schedules: who changed what, from what to what."""

from datetime import date, time
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.schedules import models
from server import db
from server.accounts import SignedInStaff
from server.ids import new_id


async def history(subject: str, key: object) -> list[dict[str, Any]]:
    """Give who changed something, oldest first. subject: rule, exception, setting, day, year or session."""
    rows = await db.fetch(models.CHANGES_OF, subject, str(key))
    return [row | {side: row[side] and orjson.loads(row[side]) for side in ("before", "after")} for row in rows]


def shown(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Give some columns of a row as the history keeps them."""
    return plain({name: getattr(row, name) for name in names})


def plain(values: dict[str, Any] | None) -> Any:
    """Give values as the history keeps them."""
    return None if values is None else {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, time | date):
        return value.isoformat()
    return value


async def write_note(
    staff: SignedInStaff | None, about: tuple[str, Any, UUID | None], before: Any, after: Any, why: str
) -> None:
    """Keep who changed what, in the open transaction. staff: None is the product itself. about: subject, key and
    department.
    """
    subject, key, department_id = about
    sides = [None if side is None else orjson.dumps(side).decode() for side in (before, after)]
    await db.fetch(
        models.INSERT_CHANGE, new_id(), subject, str(key), department_id, *sides, staff.id if staff else None, why
    )
