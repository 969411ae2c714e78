"""What the hospital decided about a part of its work: one row of a table, every change recorded."""

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from server import db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster
from server.ids import new_id

S = TypeVar("S")


class Decided(Generic[S]):
    """The settings of one part. table: has at most one row, and a table `…_change` beside it for what was decided.

    make: the dataclass of the settings; its defaults hold while nothing is decided.
    """

    def __init__(self, table: str, make: Callable[..., S]) -> None:
        self._make = make
        names = [field.name for field in fields(make)]  # type: ignore[arg-type]
        marks = [f"${number}" for number, _ in enumerate(names, start=2)]
        pairs = ", ".join(f"{name} = {mark}" for name, mark in zip(names, marks, strict=True))
        self._names = names
        self._read = f"SELECT {', '.join(names)}, version FROM {table}"
        self._first = (
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(marks)} WHERE $1::integer = 0"
            " ON CONFLICT DO NOTHING RETURNING version"
        )
        self._change = f"UPDATE {table} SET {pairs}, version = version + 1 WHERE version = $1 RETURNING version"
        self._record = (
            f"INSERT INTO {table}_change (id, before, after, by_id, at)"
            " VALUES ($1, $2::jsonb, $3::jsonb, $4, app_now())"
        )
        self._changes = (
            f"SELECT c.before, c.after, c.at, s.name AS by_name FROM {table}_change c"
            " LEFT JOIN staff s ON s.id = c.by_id ORDER BY c.id DESC LIMIT $1"
        )

    async def read(self) -> tuple[S, int]:
        """Give what holds, and its version; 0 when nothing was decided yet."""
        row = await db.fetch_one(self._read)
        if row is None:
            return self._make(), 0
        version = row.pop("version")
        return self._make(**row), version

    async def write(self, staff: SignedInStaff, settings: S, version: int) -> int:
        """Decide anew; give the new version. version: as it was seen.

        Raises: SomeoneWasFaster.
        """
        async with db.transaction():
            before, _ = await self.read()
            values = [getattr(settings, name) for name in self._names]
            row = await db.fetch_one(self._first if version == 0 else self._change, version, *values)
            if row is None:
                raise SomeoneWasFaster()
            await db.fetch(self._record, new_id(), _json(before), _json(settings), staff.id)
        return row["version"]

    async def changes(self, at_most: int) -> list[dict[str, Any]]:
        """List the last changes, newest first: before, after, at, by_name."""
        rows = await db.fetch(self._changes, at_most)
        return [row | {"before": orjson.loads(row["before"]), "after": orjson.loads(row["after"])} for row in rows]


def _json(settings: Any) -> str:
    return orjson.dumps(asdict(settings), default=_plain).decode()


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
