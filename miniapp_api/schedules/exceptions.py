"""Days that differ from the weekly clinics: leave, closure, another capacity, an extra clinic."""

from datetime import time
from typing import Any
from uuid import UUID

from miniapp_api.errors import ScheduleOverlap
from miniapp_api.schedules import models
from miniapp_api.schedules.decisions import need_hospital
from miniapp_api.schedules.edits import Reach, Step, check_place, planned_by, update
from miniapp_api.schedules.forms import ExceptionForm
from miniapp_api.schedules.models import ExceptionRow
from miniapp_api.schedules.notes import shown, write_note
from miniapp_api.schedules.rules import ExceptionKind
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import need_department
from server.errors import NotFound, wrong_field
from server.hospital import Practitioner

EXCEPTION_FIELDS = tuple(ExceptionForm.model_fields)
DAY_MINUTES = 24 * 60


async def exceptions(
    staff: SignedInStaff, department_id: UUID | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List the exceptions that are not over, newest first; up to `limit + 1` rows."""
    mine = planned_by(staff)
    if department_id is not None:
        mine = [department_id] if mine is None or department_id in mine else []
    return await db.fetch(models.EXCEPTION_ROWS_OF, clock.today(), after, mine, limit + 1)


async def exception(staff: SignedInStaff, exception_id: UUID) -> dict[str, Any]:
    """Give an exception.

    Raises: NotFound, Forbidden.
    """
    await _exception_of(staff, exception_id)
    row = await db.fetch_one(models.EXCEPTION_ROW, exception_id)
    if row is None:
        raise NotFound()
    return row


def create_exception(staff: SignedInStaff, form: ExceptionForm) -> Step:
    """Let some days differ. The step raises: Forbidden, Malformed, ScheduleOverlap for an extra clinic."""

    async def step() -> Reach:
        row = ExceptionRow(made_by=staff.id)
        await _fill(staff, row, form)
        await row.save(force_create=True)
        reach = await _reach(row)
        await _note(staff, row, after=shown(row, EXCEPTION_FIELDS), why=form.reason)
        return reach

    return step


def change_exception(staff: SignedInStaff, exception_id: UUID, form: ExceptionForm) -> Step:
    """Put another exception in the place of one.

    The step raises: NotFound, Forbidden, Malformed, ScheduleOverlap.
    """

    async def step() -> Reach:
        row = await _exception_of(staff, exception_id)
        before, reached = shown(row, EXCEPTION_FIELDS), await _reach(row)
        await _fill(staff, row, form)
        row.version += 1
        await row.save()
        now = await _reach(row)
        await _note(staff, row, before=before, after=shown(row, EXCEPTION_FIELDS), why=form.reason)
        if reached.departments is None or now.departments is None:
            return Reach(None, row)
        return Reach(reached.departments | now.departments, row)

    return step


def end_exception(staff: SignedInStaff, exception_id: UUID, *, why: str = "") -> Step:
    """Take an exception back. The step raises: NotFound, Forbidden."""

    async def step() -> Reach:
        row = await _exception_of(staff, exception_id)
        before, reach = shown(row, EXCEPTION_FIELDS), await _reach(row)
        await update(row, active=False)
        await _note(staff, row, before=before, why=why)
        return reach

    return step


async def _exception_of(staff: SignedInStaff, exception_id: UUID) -> ExceptionRow:
    row = await ExceptionRow.get_or_none(id=exception_id, active=True)
    if row is None:
        raise NotFound()
    await _need_exception(staff, row)
    return row


async def _need_exception(staff: SignedInStaff, row: ExceptionRow) -> None:
    """A head decides about the own department, and about leave of its people; an administrator about the hospital."""
    department_id = row.department_id
    if department_id is None and row.practitioner_id is not None:
        department_id = (await Practitioner.get(id=row.practitioner_id)).department_id
    if department_id is not None:
        need_department(staff, department_id, Role.DEPARTMENT_HEAD)
    else:
        need_hospital(staff)


async def _fill(staff: SignedInStaff, row: ExceptionRow, form: ExceptionForm) -> None:
    """Write a form into a row that is not saved yet."""
    for name in EXCEPTION_FIELDS:
        setattr(row, name, getattr(form, name))
    is_extra = form.kind is ExceptionKind.EXTRA
    await check_place(form.practitioner_id, form.department_id, form.room_id if is_extra else None)
    await _need_exception(staff, row)
    if form.last_day < clock.today():
        raise wrong_field("/last_day", "in_the_past", "has passed")
    if not is_extra:
        row.update_from_dict({"room_id": None, "slot_minutes": None, "visit_type": None})
        return
    row.slot_minutes, row.visit_type = form.slot_minutes or 30, form.visit_type or "ordinary"
    for column in models.POOL_COLUMNS.values():
        setattr(row, column, getattr(form, column) or 0)
    hours, zone = _hours(form.starts_at, form.ends_at), clock.zone().key
    days = (row.first_day, row.last_day)
    if await db.fetch_one(models.EXTRA_OVERLAPS, row.practitioner_id, *days, *hours, zone, row.id):
        raise ScheduleOverlap()


def _hours(starts_at: time | None, ends_at: time | None) -> tuple[int, int]:
    """Give the minutes of the day from which and to which something lasts."""
    begin, end = ((one.hour * 60 + one.minute if one else 0) for one in (starts_at, ends_at))
    return begin, end if end > begin else end + DAY_MINUTES


async def _reach(row: ExceptionRow) -> Reach:
    if row.department_id is not None:
        return Reach(frozenset({row.department_id}), row)
    if row.practitioner_id is not None:
        rows = await db.fetch(models.DEPARTMENTS_OF, row.practitioner_id, clock.today())
        return Reach(frozenset(one["department_id"] for one in rows), row)
    return Reach(None, row)


async def _note(
    staff: SignedInStaff, row: ExceptionRow, *, before: Any = None, after: Any = None, why: str = ""
) -> None:
    await write_note(staff, ("exception", row.id, row.department_id), before, after, why)
