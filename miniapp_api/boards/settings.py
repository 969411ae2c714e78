"""What each department decided about its boards: versions of which the last one holds."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.boards import models
from miniapp_api.boards.rules import BoardSettings
from server import db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster


async def read_many(department_ids: Iterable[UUID]) -> dict[UUID, tuple[BoardSettings, int]]:
    """Give what holds in departments, and its version; 0 where nothing was decided yet."""
    ids = list(department_ids)
    found = {row["department_id"]: of_row(row) for row in await db.fetch(models.SETTINGS, ids)}
    return {each: found.get(each, (BoardSettings(), 0)) for each in ids}


async def read(department_id: UUID) -> tuple[BoardSettings, int]:
    """Give what holds in a department, and its version; 0 when nothing was decided yet."""
    return (await read_many([department_id]))[department_id]


async def decide(department_id: UUID, staff: SignedInStaff, asked: BoardSettings, seen: int) -> int:
    """Decide anew; give the new version. seen: the version that was looked at.

    Raises: SomeoneWasFaster.
    """
    values = (asked.names, list(asked.languages), asked.alternates, asked.voice, asked.spoken)
    try:
        async with db.transaction():
            await db.fetch(models.DECIDE, department_id, seen + 1, *values, list(asked.spoken_languages), staff.id)
    except IntegrityError as error:
        if db.violated(error) == "board_setting_pkey":
            raise SomeoneWasFaster() from error
        raise
    return seen + 1


def changed(held: BoardSettings, changes: dict[str, Any]) -> BoardSettings:
    """Give the settings with some changed; who is shown by number alone is not called by name either."""
    values: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in changes.items()}
    asked = replace(held, **values)
    return replace(asked, spoken="number") if asked.names == "numbers" else asked


def shown(settings: BoardSettings, version: int) -> dict[str, Any]:
    """Show settings on a screen."""
    return {**asdict(settings), "version": version}


def of_row(row: dict[str, Any]) -> tuple[BoardSettings, int]:
    """Read settings and their version; `models.SETTINGS` reads the row."""
    values: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in row.items()}
    version = values.pop("version")
    values.pop("department_id")
    return BoardSettings(**values), version
