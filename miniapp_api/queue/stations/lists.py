"""Which stations a department has: its own list, or the hospital's, or what holds while nothing was decided."""

from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from miniapp_api.queue.stations.rules import DEFAULT, SENT_TO, Station, wrong_in
from server import db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster, wrong_field
from server.remembered import Remembered
from server.web import moment

SECONDS = 15.0
CHANGES = 20

LATEST = """
SELECT department_id, version, items FROM stage_list
WHERE department_id IS NOT DISTINCT FROM $1::uuid ORDER BY version DESC LIMIT 1
"""
KEEP = """
INSERT INTO stage_list (department_id, version, items, at, by_id) VALUES ($1::uuid, $2, $3::jsonb, app_now(), $4)
"""
HISTORY = """
SELECT l.version, l.items, l.at, s.name AS by_name FROM stage_list l LEFT JOIN staff s ON s.id = l.by_id
WHERE l.department_id IS NOT DISTINCT FROM $1::uuid ORDER BY l.version DESC LIMIT $2
"""

_remembered: Remembered[UUID | None, tuple[Station, ...]] = Remembered(seconds=SECONDS, at_most=1000)


async def stations_of(department_id: UUID) -> tuple[Station, ...]:
    """Give the list that holds in a department, in order, with what is out of use; up to some seconds old."""
    found = _remembered.get(department_id)
    if found is None:
        found, _, _ = await read(department_id)
        _remembered.put(department_id, found)
    return found


async def read(department_id: UUID | None) -> tuple[tuple[Station, ...], int, bool]:
    """Give the list that holds, its version (0: never decided), and whether it is the department's own."""
    row = await db.fetch_one(LATEST, department_id)
    version = row["version"] if row else 0
    if row and row["items"] is not None:
        return _stations(row["items"]), version, True
    if department_id is None:
        return DEFAULT, version, False
    return (await read(None))[0], version, False


async def decide(
    staff: SignedInStaff, department_id: UUID | None, stations: tuple[Station, ...] | None, version: int
) -> None:
    """Decide a list anew. stations: None, to go by the hospital's list again. version: as it was seen.

    Raises: SomeoneWasFaster, Malformed for a list that cannot be.
    """
    if stations is not None and (wrong := wrong_in(stations)):
        raise wrong_field("/items", wrong, "this list cannot be")
    if stations is None and department_id is None:
        raise wrong_field("/items", "missing", "the hospital has a list")
    _, seen, _ = await read(department_id)
    if seen != version:
        raise SomeoneWasFaster()
    items = None if stations is None else orjson.dumps([one.to_json() for one in stations]).decode()
    try:
        async with db.transaction():
            await db.fetch(KEEP, department_id, version + 1, items, staff.id)
    except IntegrityError as error:
        if db.violated(error) == "stage_list_once":
            raise SomeoneWasFaster() from error
        raise
    forget()


async def changes(department_id: UUID | None) -> list[dict[str, Any]]:
    """List what was decided, the last first: {version, at, by_name, items}."""
    rows = await db.fetch(HISTORY, department_id, CHANGES)
    return [
        {
            "version": row["version"],
            "at": moment(row["at"]),
            "by_name": row["by_name"],
            "items": [one.to_json() for one in _stations(row["items"])] if row["items"] is not None else None,
        }
        for row in rows
    ]


async def chosen(department_id: UUID, codes: list[str], place: str = "") -> list[Station]:
    """Give the stations that a room names by their codes. place: where the first one is, when the room says so.

    Raises: Malformed for one that the department does not have.
    """
    there = {one.code: one for one in await stations_of(department_id) if one.active and one.kind in SENT_TO}
    for number, code in enumerate(codes):
        if code not in there:
            raise wrong_field(f"/stages/{number}", "unknown_station", "no such station here")
    found = [there[code] for code in codes]
    if place and found:
        found[0] = Station(**(found[0].to_json() | {"place": place, "place_en": "", "hint": "", "hint_en": ""}))
    return found


def forget() -> None:
    """Ask the database again."""
    _remembered.clear()


def _stations(items: Any) -> tuple[Station, ...]:
    rows = orjson.loads(items) if isinstance(items, str) else items
    return tuple(Station.from_json(row) for row in rows)
