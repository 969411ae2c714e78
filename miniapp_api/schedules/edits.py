"""Changing schedules: first seen, then made exactly as it was seen.

Every change is a `Step`: it writes rows, and says which departments it reaches. A preview takes the step, compares the
plan with what stands, and undoes it; the change itself takes the same step, compares again, and refuses when the
comparison has another digest than the one that was seen.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from tortoise.exceptions import IntegrityError

from miniapp_api.errors import PlanChanged, ScheduleOverlap
from miniapp_api.schedules import models
from miniapp_api.schedules.actions import compare, write
from miniapp_api.schedules.differences import Changes, Conflict
from miniapp_api.schedules.forms import DayForm, ExceptionForm, ScheduleChange, ScheduleForm, SettingForm
from miniapp_api.schedules.models import ExceptionRow, ScheduleRule, setting_of
from miniapp_api.schedules.rules import ExceptionKind
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import need_department
from server.errors import Forbidden, NotFound, wrong_field
from server.hospital import Department, Practitioner, Room
from server.ids import new_id

RULE_FIELDS = tuple(ScheduleForm.model_fields)
DAY_MINUTES = 24 * 60
EXCEPTION_FIELDS = tuple(ExceptionForm.model_fields)


@dataclass(frozen=True)
class Reach:
    """What a step changed. departments: whose sessions may change; None is all of them. row: what was made of it."""

    departments: frozenset[UUID] | None
    row: Any = None


Step = Callable[[], Awaitable[Reach]]


@dataclass(frozen=True)
class Preview:
    """What a step would change. digest: names it, for `carry_out`; conflicts: the step's own, not the earlier ones."""

    digest: str
    changes: Changes


class _OnlyTried(Exception):
    """A preview has come to its end: what it wrote is undone."""


async def preview(step: Step) -> Preview:
    """Give what a step would change, and change nothing.

    Raises: ScheduleOverlap, and what the step raises.
    """
    changes, reach = Changes(), Reach(frozenset())
    try:
        async with db.transaction():
            reach, changes = await _try(step)
            raise _OnlyTried
    except _OnlyTried:
        digest, before = changes.digest, await _compare(reach)
    except IntegrityError as error:
        raise _in_words(error) from error
    known = {_name_of(one) for one in before.conflicts}
    changes.conflicts = [one for one in changes.conflicts if _name_of(one) not in known]
    return Preview(digest, changes)


def _name_of(conflict: Conflict) -> tuple:
    return conflict.session.id, conflict.band.id if conflict.band else None, conflict.why


async def carry_out(step: Step, digest: str) -> Any:
    """Take a step and change what its preview showed; give the row that it made.

    Raises: PlanChanged when the preview would be another one now; ScheduleOverlap, and what the step raises.
    """
    try:
        async with db.transaction():
            reach, changes = await _try(step)
            if changes.digest != digest:
                raise PlanChanged()
            await write(changes, exactly=True)
            return reach.row
    except IntegrityError as error:
        raise _in_words(error) from error


def _in_words(error: IntegrityError) -> Exception:
    return ScheduleOverlap() if db.violated(error) == models.NO_OVERLAP else error


async def _try(step: Step) -> tuple[Reach, Changes]:
    """Take a step in the open transaction, and compare."""
    await db.fetch(models.LOCK)
    reach = await step()
    return reach, await _compare(reach)


async def _compare(reach: Reach) -> Changes:
    departments = reach.departments
    if departments is None:
        departments = frozenset(row["id"] for row in await db.fetch(models.DEPARTMENTS))
    changes = Changes()
    for department_id in sorted(departments):
        changes.add(await compare(department_id))
    return changes


async def schedules(
    staff: SignedInStaff, department_id: UUID | None, practitioner_id: UUID | None, on: date | None
) -> list[dict[str, Any]]:
    """List the weekly clinics that hold on a day or later, in the departments of this member of staff."""
    mine = _mine(staff)
    return await db.fetch(models.SCHEDULES_OF, department_id, practitioner_id, on or clock.today(), mine)


async def schedule(staff: SignedInStaff, rule_id: UUID) -> dict[str, Any]:
    """Give a weekly clinic.

    Raises: NotFound, Forbidden.
    """
    row = await db.fetch_one(models.SCHEDULE, rule_id)
    if row is None:
        raise NotFound()
    need_department(staff, row["department_id"], Role.DEPARTMENT_HEAD)
    return row


async def exceptions(
    staff: SignedInStaff, department_id: UUID | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List the exceptions that are not over, newest first; up to `limit + 1` rows."""
    mine = _mine(staff)
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


def _mine(staff: SignedInStaff) -> list[UUID] | None:
    found = staff.departments_of(Role.DEPARTMENT_HEAD)
    return None if found is None else sorted(found)


async def history(subject: str, key: object) -> list[dict[str, Any]]:
    """Give who changed something, oldest first. subject: rule, exception, setting, day or year."""
    rows = await db.fetch(models.CHANGES_OF, subject, str(key))
    return [row | {side: row[side] and orjson.loads(row[side]) for side in ("before", "after")} for row in rows]


async def conflicts_of(staff: SignedInStaff, department_id: UUID) -> Changes:
    """Give what stands in the way of a department's plan now.

    Raises: Forbidden.
    """
    need_department(staff, department_id, Role.DEPARTMENT_HEAD)
    return await compare(department_id)


# ---- weekly rules --------------------------------------------------------------------------------------------------


def create_rule(staff: SignedInStaff, form: ScheduleForm, *, why: str = "") -> Step:
    """Begin a weekly clinic; today when no day is named. The step raises: Forbidden, Malformed."""

    async def step() -> Reach:
        need_department(staff, form.department_id, Role.DEPARTMENT_HEAD)
        await _check_place(form.practitioner_id, form.department_id, form.room_id)
        values = {name: getattr(form, name) for name in RULE_FIELDS}
        values["valid_from"] = _not_past(form.valid_from, "/valid_from")
        if form.valid_until and form.valid_until < values["valid_from"]:
            raise wrong_field("/valid_until", "wrong_range", "before valid_from")
        row = await ScheduleRule.create(**values)
        await _note(staff, row, after=_shown(row, RULE_FIELDS), why=why)
        return Reach(frozenset({row.department_id}), row)

    return step


def change_rule(staff: SignedInStaff, rule_id: UUID, change: ScheduleChange, *, why: str = "") -> Step:
    """Change a weekly clinic from a day on: the version before ends, a new one begins.

    The step raises: NotFound, Forbidden, Malformed.
    """

    async def step() -> Reach:
        old = await _rule_of(staff, rule_id)
        first = max(_not_past(change.from_day, "/from_day"), old.valid_from)
        if old.valid_until is not None and first > old.valid_until:
            raise wrong_field("/from_day", "wrong_range", "after the clinic's end")
        before = _shown(old, RULE_FIELDS)
        given = {name: getattr(change, name) for name in change.model_fields_set if name in RULE_FIELDS}
        form = _as_form(ScheduleForm, before | _plain(given) | {"valid_from": first.isoformat()})
        await _check_place(form.practitioner_id, form.department_id, form.room_id)
        values = {name: getattr(form, name) for name in RULE_FIELDS}
        if first > old.valid_from:
            await _update(old, valid_until=first - timedelta(days=1))
            row = await ScheduleRule.create(**values, follows_id=old.id)
        else:
            await _update(old, **values)
            row = old
        await _note(staff, row, before=before, after=_shown(row, RULE_FIELDS), why=why)
        return Reach(frozenset({row.department_id}), row)

    return step


def end_rule(staff: SignedInStaff, rule_id: UUID, last_day: date | None, *, why: str = "") -> Step:
    """End a weekly clinic after a day; yesterday when none is named.

    The step raises: NotFound, Forbidden, Malformed.
    """

    async def step() -> Reach:
        row = await _rule_of(staff, rule_id)
        before = _shown(row, RULE_FIELDS)
        last = last_day or clock.today() - timedelta(days=1)
        if last < clock.today() - timedelta(days=1) or (row.valid_until is not None and last > row.valid_until):
            raise wrong_field("/last_day", "wrong_range", "from yesterday to the clinic's end")
        if last < row.valid_from:  # it never took place
            await _update(row, active=False)
        else:
            await _update(row, valid_until=last)
        await _note(staff, row, before=before, after=_shown(row, (*RULE_FIELDS, "active")), why=why)
        return Reach(frozenset({row.department_id}), row)

    return step


async def _rule_of(staff: SignedInStaff, rule_id: UUID) -> ScheduleRule:
    row = await ScheduleRule.get_or_none(id=rule_id, active=True)
    if row is None:
        raise NotFound()
    need_department(staff, row.department_id, Role.DEPARTMENT_HEAD)
    return row


# ---- exceptions ----------------------------------------------------------------------------------------------------


def create_exception(staff: SignedInStaff, form: ExceptionForm) -> Step:
    """Let some days differ. The step raises: Forbidden, Malformed, ScheduleOverlap for an extra clinic."""

    async def step() -> Reach:
        row = ExceptionRow(made_by=staff.id)
        await _fill(staff, row, form)
        await row.save(force_create=True)
        reach = await _reach(row)
        await _note(staff, row, after=_shown(row, EXCEPTION_FIELDS), why=form.reason)
        return reach

    return step


def change_exception(staff: SignedInStaff, exception_id: UUID, form: ExceptionForm) -> Step:
    """Put another exception in the place of one.

    The step raises: NotFound, Forbidden, Malformed, ScheduleOverlap.
    """

    async def step() -> Reach:
        row = await _exception_of(staff, exception_id)
        before, reached = _shown(row, EXCEPTION_FIELDS), await _reach(row)
        await _fill(staff, row, form)
        row.version += 1
        await row.save()
        now = await _reach(row)
        await _note(staff, row, before=before, after=_shown(row, EXCEPTION_FIELDS), why=form.reason)
        if reached.departments is None or now.departments is None:
            return Reach(None, row)
        return Reach(reached.departments | now.departments, row)

    return step


def end_exception(staff: SignedInStaff, exception_id: UUID, *, why: str = "") -> Step:
    """Take an exception back. The step raises: NotFound, Forbidden."""

    async def step() -> Reach:
        row = await _exception_of(staff, exception_id)
        before, reach = _shown(row, EXCEPTION_FIELDS), await _reach(row)
        await _update(row, active=False)
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


def need_hospital(staff: SignedInStaff) -> None:
    """Refuse staff who are not an administrator of the whole hospital.

    Raises: Forbidden.
    """
    if staff.departments_of(Role.ADMIN) is not None:
        raise Forbidden()


async def _fill(staff: SignedInStaff, row: ExceptionRow, form: ExceptionForm) -> None:
    """Write a form into a row that is not saved yet."""
    for name in EXCEPTION_FIELDS:
        setattr(row, name, getattr(form, name))
    is_extra = form.kind is ExceptionKind.EXTRA
    await _check_place(form.practitioner_id, form.department_id, form.room_id if is_extra else None)
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


# ---- what a department decides, and the calendar -------------------------------------------------------------------


def decide(staff: SignedInStaff, department_id: UUID, form: SettingForm, *, why: str = "") -> Step:
    """Set what a department does on holidays and when it releases. The step raises: NotFound, Forbidden."""

    async def step() -> Reach:
        need_department(staff, department_id, Role.DEPARTMENT_HEAD)
        if not await Department.exists(id=department_id):
            raise NotFound()
        old, version = await setting_of(department_id)
        before = {"on_holidays": old.on_holidays, "release_days_ahead": old.days_ahead, "release_at": old.at}
        await db.fetch(models.WRITE_SETTING, department_id, form.on_holidays, form.release_days_ahead, form.release_at)
        after = {name: getattr(form, name) for name in SettingForm.model_fields}
        await _write_note(staff, ("setting", department_id, department_id), _plain(before), _plain(after), why)
        return Reach(frozenset({department_id}), {**after, "version": version + 1})

    return step


def name_day(staff: SignedInStaff, day: date, form: DayForm) -> Step:
    """Say what a day is, whatever the official calendar says. The step raises: Forbidden."""

    async def step() -> Reach:
        need_hospital(staff)
        before = await db.fetch_one(models.FORGET_DAY, day)
        await db.fetch(models.WRITE_DAY, day, form.kind, form.name, form.as_weekday)
        after = {name: getattr(form, name) for name in DayForm.model_fields}
        await _write_note(staff, ("day", day, None), _plain(before), _plain(after), "")
        return Reach(None, day)

    return step


def forget_day(staff: SignedInStaff, day: date) -> Step:
    """Go back to the official calendar for a day. The step raises: NotFound, Forbidden."""

    async def step() -> Reach:
        need_hospital(staff)
        before = await db.fetch_one(models.FORGET_DAY, day)
        if before is None:
            raise NotFound()
        await _write_note(staff, ("day", day, None), _plain(before), None, "")
        return Reach(None, day)

    return step


async def confirm_year(staff: SignedInStaff, year: int) -> None:
    """Say that the holidays of a year are all entered although the library does not know it.

    Raises: Forbidden.
    """
    need_hospital(staff)
    async with db.transaction():
        if await db.fetch_one(models.CONFIRM_YEAR, year):
            await _write_note(staff, ("year", year, None), None, {"confirmed": True}, "")


# ---- what all share ------------------------------------------------------------------------------------------------


def _not_past(day: date | None, pointer: str) -> date:
    today = clock.today()
    if day is not None and day < today:
        raise wrong_field(pointer, "in_the_past", "has passed")
    return day or today


async def _check_place(practitioner_id: UUID | None, department_id: UUID | None, room_id: UUID | None) -> None:
    if department_id is not None and not await Department.exists(id=department_id, active=True):
        raise wrong_field("/department_id", "unknown", "no such department")
    if practitioner_id is not None and not await Practitioner.exists(id=practitioner_id, active=True):
        raise wrong_field("/practitioner_id", "unknown", "no such practitioner")
    if room_id is not None and not await Room.exists(id=room_id, active=True, department_id=department_id):
        raise wrong_field("/room_id", "unknown", "no such room in this department")


async def _update(row: ScheduleRule | ExceptionRow, **values: Any) -> None:
    row.update_from_dict({**values, "version": row.version + 1})
    await row.save(update_fields=[*values, "version"])


def _as_form(kind: type[ScheduleForm], values: dict[str, Any]) -> ScheduleForm:
    """Check a row as it would become, by the rules of the form.

    Raises: Malformed.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise wrong_field("", "impossible", error.errors()[0]["msg"][:200]) from None


def _shown(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return _plain({name: getattr(row, name) for name in names})


def _plain(values: dict[str, Any] | None) -> Any:
    return None if values is None else {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, time | date):
        return value.isoformat()
    return value


async def _note(staff: SignedInStaff, row: Any, *, before: Any = None, after: Any = None, why: str = "") -> None:
    subject = "rule" if isinstance(row, ScheduleRule) else "exception"
    await _write_note(staff, (subject, row.id, row.department_id), before, after, why)


async def _write_note(
    staff: SignedInStaff, about: tuple[str, Any, UUID | None], before: Any, after: Any, why: str
) -> None:
    subject, key, department_id = about
    sides = [None if side is None else orjson.dumps(side).decode() for side in (before, after)]
    await db.fetch(models.INSERT_CHANGE, new_id(), subject, str(key), department_id, *sides, staff.id, why)
