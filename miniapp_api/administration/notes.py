"""The history of the catalogue: who changed what, from what to what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.administration import models
from miniapp_api.schedules.notes import plain
from server import db
from server.ids import new_id


@dataclass(frozen=True)
class Author:
    """Who changes the catalogue. id None: an import by command. channel: desk or import."""

    id: UUID | None
    channel: str = "desk"
    why: str = ""


async def write_change(
    author: Author, about: tuple[str, UUID, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """Keep who changed what, in the open transaction; of two rows only the columns that differ.

    about: subject, its id and the act (created, changed, deactivated, activated or removed).
    """
    if before is not None and after is not None:
        differing = [name for name in after if before.get(name) != after[name]]
        before, after = ({name: side.get(name) for name in differing} for side in (before, after))
    sides = [None if side is None else orjson.dumps(plain(dict(side))).decode() for side in (before, after)]
    subject, subject_id, act = about
    await db.fetch(
        models.INSERT_CHANGE, new_id(), subject, subject_id, act, *sides, author.id, author.channel, author.why
    )


async def history(subject: str, subject_id: UUID | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Give who changed something, newest first; up to `limit + 1` rows. subject_id None: everything of the kind."""
    rows = await db.fetch(models.CHANGES_OF, subject, subject_id, after, limit + 1)
    return [row | {side: row[side] and orjson.loads(row[side]) for side in ("before", "after")} for row in rows]


def only(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Give some columns of a row."""
    return {name: row[name] for name in names}
