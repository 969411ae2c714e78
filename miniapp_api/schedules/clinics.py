"""Weekly clinics: they begin, change from a day on, and end."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from miniapp_api.schedules import models
from miniapp_api.schedules.edits import Reach, Step, check_place, not_past, planned_by, update
from miniapp_api.schedules.forms import ScheduleChange, ScheduleForm
from miniapp_api.schedules.models import ScheduleRule
from miniapp_api.schedules.notes import plain, shown, write_note
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.auth import need_department
from server.errors import NotFound, wrong_field

RULE_FIELDS = tuple(ScheduleForm.model_fields)


async def schedules(
    staff: SignedInStaff, department_id: UUID | None, practitioner_id: UUID | None, on: date | None
) -> list[dict[str, Any]]:
    """List the weekly clinics that hold on a day or later, in the departments of this member of staff."""
    mine = planned_by(staff)
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


def create_rule(staff: SignedInStaff, form: ScheduleForm, *, why: str = "") -> Step:
    """Begin a weekly clinic; today when no day is named. The step raises: Forbidden, Malformed."""

    async def step() -> Reach:
        need_department(staff, form.department_id, Role.DEPARTMENT_HEAD)
        await check_place(form.practitioner_id, form.department_id, form.room_id)
        values = {name: getattr(form, name) for name in RULE_FIELDS}
        values["valid_from"] = not_past(form.valid_from, "/valid_from")
        if form.valid_until and form.valid_until < values["valid_from"]:
            raise wrong_field("/valid_until", "wrong_range", "before valid_from")
        row = await ScheduleRule.create(**values)
        await _note(staff, row, after=shown(row, RULE_FIELDS), why=why)
        return Reach(frozenset({row.department_id}), row)

    return step


def change_rule(staff: SignedInStaff, rule_id: UUID, change: ScheduleChange, *, why: str = "") -> Step:
    """Change a weekly clinic from a day on: the version before ends, a new one begins.

    The step raises: NotFound, Forbidden, Malformed.
    """

    async def step() -> Reach:
        old = await _rule_of(staff, rule_id)
        first = max(not_past(change.from_day, "/from_day"), old.valid_from)
        if old.valid_until is not None and first > old.valid_until:
            raise wrong_field("/from_day", "wrong_range", "after the clinic's end")
        before = shown(old, RULE_FIELDS)
        given = {name: getattr(change, name) for name in change.model_fields_set if name in RULE_FIELDS}
        form = _as_form(before | plain(given) | {"valid_from": first.isoformat()})
        await check_place(form.practitioner_id, form.department_id, form.room_id)
        values = {name: getattr(form, name) for name in RULE_FIELDS}
        if first > old.valid_from:
            await update(old, valid_until=first - timedelta(days=1))
            row = await ScheduleRule.create(**values, follows_id=old.id)
        else:
            await update(old, **values)
            row = old
        await _note(staff, row, before=before, after=shown(row, RULE_FIELDS), why=why)
        return Reach(frozenset({row.department_id}), row)

    return step


def end_rule(staff: SignedInStaff, rule_id: UUID, last_day: date | None, *, why: str = "") -> Step:
    """End a weekly clinic after a day; yesterday when none is named.

    The step raises: NotFound, Forbidden, Malformed.
    """

    async def step() -> Reach:
        row = await _rule_of(staff, rule_id)
        before = shown(row, RULE_FIELDS)
        last = last_day or clock.today() - timedelta(days=1)
        if last < clock.today() - timedelta(days=1) or (row.valid_until is not None and last > row.valid_until):
            raise wrong_field("/last_day", "wrong_range", "from yesterday to the clinic's end")
        if last < row.valid_from:  # it never took place
            await update(row, active=False)
        else:
            await update(row, valid_until=last)
        await _note(staff, row, before=before, after=shown(row, (*RULE_FIELDS, "active")), why=why)
        return Reach(frozenset({row.department_id}), row)

    return step


async def _rule_of(staff: SignedInStaff, rule_id: UUID) -> ScheduleRule:
    row = await ScheduleRule.get_or_none(id=rule_id, active=True)
    if row is None:
        raise NotFound()
    need_department(staff, row.department_id, Role.DEPARTMENT_HEAD)
    return row


def _as_form(values: dict[str, Any]) -> ScheduleForm:
    """Check a row as it would become, by the rules of the form.

    Raises: Malformed.
    """
    try:
        return ScheduleForm.model_validate(values)
    except ValidationError as error:
        raise wrong_field("", "impossible", error.errors()[0]["msg"][:200]) from None


async def _note(
    staff: SignedInStaff, row: ScheduleRule, *, before: Any = None, after: Any = None, why: str = ""
) -> None:
    await write_note(staff, ("rule", row.id, row.department_id), before, after, why)
