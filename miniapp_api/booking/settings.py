"""What the hospital decided about booking: one row, remembered for some seconds, every change recorded."""

from dataclasses import asdict, fields
from typing import Any

import orjson

from miniapp_api.booking.rules import BookingSettings
from server import db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster
from server.ids import new_id
from server.remembered import Remembered

SECONDS = 5.0  # how old a setting may be that a booking is judged by
COLUMNS = tuple(field.name for field in fields(BookingSettings))

_READ = f"SELECT {', '.join(COLUMNS)}, version FROM booking_setting"
_MARKS = ", ".join(f"${number}" for number, _ in enumerate(COLUMNS, start=2))
# $1 version that was seen, 0 when there was none; then the columns
_WRITE = f"""
INSERT INTO booking_setting AS old ({", ".join(COLUMNS)}) SELECT {_MARKS} WHERE $1 = 0
ON CONFLICT DO NOTHING RETURNING version
"""
_CHANGE = f"""
UPDATE booking_setting SET {", ".join(f"{name} = ${number}" for number, name in enumerate(COLUMNS, start=2))},
    version = version + 1 WHERE version = $1 RETURNING version
"""
_RECORD = """
INSERT INTO booking_setting_change (id, before, after, by_id, at) VALUES ($1, $2::jsonb, $3::jsonb, $4, app_now())
"""
CHANGES = """
SELECT c.before, c.after, c.at, s.name AS by_name FROM booking_setting_change c LEFT JOIN staff s ON s.id = c.by_id
ORDER BY c.id DESC LIMIT $1
"""

_remembered: Remembered[int, BookingSettings] = Remembered(seconds=SECONDS, at_most=1)


async def current() -> BookingSettings:
    """Give what holds now; up to `SECONDS` old."""
    found = _remembered.get(1)
    if found is None:
        found, _ = await read()
        _remembered.put(1, found)
    return found


async def read() -> tuple[BookingSettings, int]:
    """Give what holds, and its version; 0 when nothing was decided yet."""
    row = await db.fetch_one(_READ)
    if row is None:
        return BookingSettings(), 0
    version = row.pop("version")
    return BookingSettings(**row), version


async def write(staff: SignedInStaff, settings: BookingSettings, version: int) -> int:
    """Decide anew; give the new version. version: as it was seen.

    Raises: SomeoneWasFaster.
    """
    async with db.transaction():
        before, _ = await read()
        values = [getattr(settings, name) for name in COLUMNS]
        row = await db.fetch_one(_WRITE if version == 0 else _CHANGE, version, *values)
        if row is None:
            raise SomeoneWasFaster()
        await db.fetch(_RECORD, new_id(), _json(before), _json(settings), staff.id)
    _remembered.clear()
    return row["version"]


async def changes(at_most: int) -> list[dict[str, Any]]:
    """List the last changes, newest first: before, after, at, by_name."""
    rows = await db.fetch(CHANGES, at_most)
    return [row | {"before": orjson.loads(row["before"]), "after": orjson.loads(row["after"])} for row in rows]


def _json(settings: BookingSettings) -> str:
    return orjson.dumps(asdict(settings)).decode()


def forget() -> None:
    """Ask the database again; for tests and for whoever changes the row by hand."""
    _remembered.clear()
