"""Changes of state: `move` checks the machine, compares and sets, and writes who, when, why and from which channel."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.errors import SomeoneWasFaster
from server.ids import new_id
from server.states import Machine

INSERT_TRANSITION = (
    "INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, app_now())"
)


@dataclass(frozen=True)
class By:
    """Who does something, and from where.

    kind: patient, staff or system. channel: miniapp, web, phone, desk, room, waitlist, import or job.
    """

    kind: str
    id: UUID | None
    channel: str
    name: str = ""


SYSTEM = By(kind="system", id=None, channel="job")


async def born(machine: Machine, row: Row, state: str, *, by: By, why: str = "") -> None:
    """Write the first line of a row's history."""
    await _write(machine, row.id, (None, state), by, why)


async def move(machine: Machine, row: Any, to: str, *, by: By, why: str = "", **changes: Any) -> None:
    """Move a row to another state, together with other columns, and write its history.

    row: has `state` or `status`, and `version`, which is raised. It must have been read in this transaction.
    Raises: IllegalMove, SomeoneWasFaster.
    """
    column = "state" if hasattr(row, "state") else "status"
    old = str(getattr(row, column))
    machine.check(old, to)
    values = {column: to, **changes}
    if hasattr(row, "version"):
        values["version"] = row.version + 1
    count = await type(row).filter(**{"id": row.id, column: old}).update(**values)
    if count == 0:
        raise SomeoneWasFaster()
    for name, value in values.items():
        setattr(row, name, value)
    await _write(machine, row.id, (old, to), by, why)


async def history_of(subject_id: UUID) -> list[dict[str, Any]]:
    """Give the history of a row, oldest first: from_state, to_state, by_kind, by_id, channel, why, at."""
    return await db.fetch(
        "SELECT machine, from_state, to_state, by_kind, by_id, channel, why, at FROM transition"
        " WHERE subject_id = $1 ORDER BY id",
        subject_id,
    )


async def _write(machine: Machine, subject_id: UUID, states: tuple[str | None, str], by: By, why: str) -> None:
    old, new = states
    await db.fetch(
        INSERT_TRANSITION, new_id(), machine.name, subject_id, old, str(new), by.kind, by.id, by.channel, why[:500]
    )
