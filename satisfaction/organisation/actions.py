"""Write the rota and the relations of the staff; each in one transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from satisfaction.errors import RotaChanged
from satisfaction.organisation import models, rules
from satisfaction.organisation.rules import Line
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound, wrong_field
from server.jobs import ring

AFTER = "watch_complaints"  # whoever waits for somebody on duty, or must give a complaint up, does so at once


async def write_week(lines: Sequence[Line], *, version: int) -> None:
    """Write the weekly rota on top of the version that somebody has seen.

    Raises: Malformed, NotFound for somebody unknown, RotaChanged.
    """
    rules.check_lines(lines, "/week")
    async with db.transaction():
        await _known(line.staff_id for line in lines)
        if not await models.take_version(version):
            raise RotaChanged()
        await models.write_week(lines)
        ring(AFTER)


async def write_day(day: date, lines: Sequence[Line], *, version: int) -> None:
    """Write the lines of a date; none gives it back to its weekday.

    Raises: Malformed, NotFound for somebody unknown, RotaChanged.
    """
    rules.check_lines(lines, "/lines")
    async with db.transaction():
        await _known(line.staff_id for line in lines)
        if not await models.take_version(version):
            raise RotaChanged()
        await models.write_day(day, lines)
        ring(AFTER)


async def write_absence(
    staff: SignedInStaff,
    *,
    staff_id: UUID,
    span: tuple[datetime, datetime],
    why: str,
    stands_in: UUID | None,
) -> UUID:
    """Write down that somebody is away. span: from and until.

    Raises: Malformed, NotFound.
    """
    if span[0] >= span[1] or span[1] <= clock.now():
        raise wrong_field("/until_at", "no_length", "an absence ends after it begins, and not in the past")
    if stands_in == staff_id:
        raise wrong_field("/stands_in", "same_person", "somebody else stands in")
    async with db.transaction():
        await _known(one for one in (staff_id, stands_in) if one is not None)
        absence_id = await models.write_absence(
            {
                "staff_id": staff_id,
                "from_at": span[0],
                "until_at": span[1],
                "why": why,
                "stands_in": stands_in,
                "by_id": staff.id,
            }
        )
        ring(AFTER)
        return absence_id


async def end_absence(absence_id: UUID) -> None:
    """Let somebody be back.

    Raises: NotFound.
    """
    async with db.transaction():
        if not await models.end_absence(absence_id, clock.now()):
            raise NotFound()
        ring(AFTER)


async def write_member(
    staff: SignedInStaff, staff_id: UUID, *, manager_id: UUID | None, relations: Sequence[dict[str, Any]]
) -> None:
    """Write who leads a member of staff and whom they are related to; open complaints follow within seconds.

    relations: to_staff_id or file_number, and why.
    Raises: NotFound, Malformed for a patient who is not there, or somebody who would stand above themselves.
    """
    async with db.transaction():
        await models.one_keeper_at_a_time()
        people = [staff_id, manager_id, *(one["to_staff_id"] for one in relations)]
        await _known(one for one in people if one is not None)
        if manager_id is not None and await models.leads_in_a_circle(staff_id, manager_id):
            raise wrong_field("/manager_id", "circle", "nobody stands above themselves")
        found = []
        for place, one in enumerate(relations):
            patient_id = None
            if one["to_staff_id"] is None:
                patient_id = await models.patient_of_file(one["file_number"])
                if patient_id is None:
                    raise wrong_field(f"/relations/{place}/file_number", "unknown_file", "no such file")
            elif one["to_staff_id"] == staff_id:
                raise wrong_field(f"/relations/{place}/to_staff_id", "same_person", "nobody is related to themselves")
            found.append({"to_staff_id": one["to_staff_id"], "to_patient_id": patient_id, "why": one["why"]})
        await models.write_member(staff_id, manager_id, found, staff.id)
        ring(AFTER)


async def _known(staff_ids: Any) -> None:
    if await models.unknown(staff_ids):
        raise NotFound()
