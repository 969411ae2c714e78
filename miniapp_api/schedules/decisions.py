"""What a department decides about holidays and release, and what the hospital says of single days and years."""

from datetime import date
from uuid import UUID

from miniapp_api.schedules import models
from miniapp_api.schedules.announcements import year_id
from miniapp_api.schedules.edits import Reach, Step
from miniapp_api.schedules.forms import DayForm, SettingForm
from miniapp_api.schedules.models import columns_of, setting_of
from miniapp_api.schedules.notes import plain, write_note
from server import db
from server.accounts import Role, SignedInStaff
from server.auth import need_department
from server.errors import Forbidden, NotFound
from server.events import publish
from server.facts import HolidaysKnown
from server.hospital import Department
from server.jobs import ring


def decide(staff: SignedInStaff, department_id: UUID, form: SettingForm, *, why: str = "") -> Step:
    """Set what a department does on holidays and when it releases. The step raises: NotFound, Forbidden."""

    async def step() -> Reach:
        need_department(staff, department_id, Role.DEPARTMENT_HEAD)
        if not await Department.exists(id=department_id):
            raise NotFound()
        old, version = await setting_of(department_id)
        before, after = columns_of(old), columns_of(form.over(old))
        await db.fetch(models.WRITE_SETTING, department_id, *after.values())
        await write_note(staff, ("setting", department_id, department_id), plain(before), plain(after), why)
        return Reach(frozenset({department_id}), {**after, "version": version + 1})

    return step


def name_day(staff: SignedInStaff, day: date, form: DayForm) -> Step:
    """Say what a day is, whatever the official calendar says. The step raises: Forbidden."""

    async def step() -> Reach:
        need_hospital(staff)
        before = await db.fetch_one(models.FORGET_DAY, day)
        await db.fetch(models.WRITE_DAY, day, form.kind, form.name, form.as_weekday)
        after = {name: getattr(form, name) for name in DayForm.model_fields}
        await write_note(staff, ("day", day, None), plain(before), plain(after), "")
        return Reach(None, day)

    return step


def forget_day(staff: SignedInStaff, day: date) -> Step:
    """Go back to the official calendar for a day. The step raises: NotFound, Forbidden."""

    async def step() -> Reach:
        need_hospital(staff)
        before = await db.fetch_one(models.FORGET_DAY, day)
        if before is None:
            raise NotFound()
        await write_note(staff, ("day", day, None), plain(before), None, "")
        return Reach(None, day)

    return step


async def confirm_year(staff: SignedInStaff, year: int) -> None:
    """Say that the holidays of a year are all entered although the library does not know it.

    Raises: Forbidden.
    """
    need_hospital(staff)
    async with db.transaction():
        if await db.fetch_one(models.CONFIRM_YEAR, year):
            await write_note(staff, ("year", year, None), None, {"confirmed": True}, "")
            await publish(HolidaysKnown(year=year, year_id=year_id(year)))
            ring("open_sessions")  # what waited for this word is in order now, not in an hour


def need_hospital(staff: SignedInStaff) -> None:
    """Refuse staff who are not an administrator of the whole hospital.

    Raises: Forbidden.
    """
    if staff.departments_of(Role.ADMIN) is not None:
        raise Forbidden()
