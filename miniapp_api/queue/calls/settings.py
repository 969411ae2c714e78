"""What each department decided about calling: versions of which the last one holds, remembered for some seconds."""

from dataclasses import asdict, fields, replace
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.queue.calls.rules import CallingRules
from server import db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster
from server.remembered import Remembered

SECONDS = 5.0  # how old a rule may be by which somebody is called
REMEMBERED = 500  # departments
COLUMNS = tuple(field.name for field in fields(CallingRules))

_READ = f"""
SELECT {", ".join(COLUMNS)}, version FROM calling_rule WHERE department_id = $1 ORDER BY version DESC LIMIT 1
"""
_WRITE = f"""
INSERT INTO calling_rule (department_id, version, by_id, at, {", ".join(COLUMNS)})
VALUES ($1, $2, $3, app_now(), {", ".join(f"${number}" for number, _ in enumerate(COLUMNS, start=4))})
"""

_remembered: Remembered[UUID, CallingRules] = Remembered(seconds=SECONDS, at_most=REMEMBERED)


async def rules_of(department_id: UUID) -> CallingRules:
    """Give what holds in a department; up to `SECONDS` old."""
    found = _remembered.get(department_id)
    if found is None:
        found, _ = await read(department_id)
        _remembered.put(department_id, found)
    return found


async def read(department_id: UUID) -> tuple[CallingRules, int]:
    """Give what holds in a department, and its version; 0 when nothing was decided yet."""
    row = await db.fetch_one(_READ, department_id)
    if row is None:
        return CallingRules(), 0
    version = row.pop("version")
    return CallingRules(**row), version


async def decide(department_id: UUID, staff: SignedInStaff, changes: dict[str, Any], seen: int) -> int:
    """Decide anew; what is not named stays. Give the new version. seen: the version that was looked at.

    Raises: SomeoneWasFaster.
    """
    held, version = await read(department_id)
    if version != seen:
        raise SomeoneWasFaster()
    values = asdict(replace(held, **changes))
    try:
        async with db.transaction():
            await db.fetch(_WRITE, department_id, version + 1, staff.id, *(values[name] for name in COLUMNS))
    except IntegrityError as error:
        if db.violated(error) == "calling_rule_pkey":
            raise SomeoneWasFaster() from error
        raise
    _remembered.forget(department_id)
    return version + 1


def forget() -> None:
    """Ask the database again; for tests and for whoever changes a rule by hand."""
    _remembered.clear()
