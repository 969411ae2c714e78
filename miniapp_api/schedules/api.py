"""How an office plans: look at a change first, then make exactly that change."""

from datetime import date
from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from miniapp_api.errors import PlanChanged, ScheduleOverlap
from miniapp_api.schedules import clinics, decisions, edits, forms
from miniapp_api.schedules import exceptions as differing
from miniapp_api.schedules.actions import calendar, days_between
from miniapp_api.schedules.models import columns_of, read_calendar, setting_of
from miniapp_api.schedules.notes import history, plain
from miniapp_api.schedules.views import (
    CalendarView,
    ChangeList,
    ConflictList,
    ExceptionList,
    ExceptionView,
    PlanView,
    ScheduleList,
    ScheduleView,
    SettingView,
    show_conflicts,
    show_day,
    show_exception,
    show_plan,
    show_rule,
)
from server.accounts import Role, SignedInStaff
from server.auth import need_department, staff_only
from server.errors import Forbidden, NotFound, wrong_field
from server.web import api, listing, moment

bp = Blueprint("schedules", url_prefix="/api/v1")

_HEADS = staff_only(Role.DEPARTMENT_HEAD)  # an administrator may all
_REFUSED = (PlanChanged, ScheduleOverlap, Forbidden)
MOST_CALENDAR_DAYS = 400


@bp.get("/admin/schedules")
@api(guard=_HEADS, query=forms.SchedulesQuery, returns=ScheduleList, tag="schedules")
async def schedules(request: Request, query: forms.SchedulesQuery) -> dict[str, Any]:
    """List weekly clinics."""
    rows = await clinics.schedules(request.ctx.staff, query.department, query.practitioner, query.on)
    return {"items": [show_rule(row) for row in rows], "next": None}


@bp.get("/admin/schedules/<schedule_id:uuid>")
@api(guard=_HEADS, returns=ScheduleView, errors=(NotFound, Forbidden), tag="schedules")
async def schedule(request: Request, schedule_id: UUID) -> dict[str, Any]:
    """Give a weekly clinic."""
    return show_rule(await clinics.schedule(request.ctx.staff, schedule_id))


@bp.get("/admin/schedules/<schedule_id:uuid>/history")
@api(guard=_HEADS, returns=ChangeList, errors=(NotFound, Forbidden), tag="schedules")
async def schedule_history(request: Request, schedule_id: UUID) -> dict[str, Any]:
    """Say who changed a weekly clinic, and what."""
    await clinics.schedule(request.ctx.staff, schedule_id)
    return _history(await history("rule", schedule_id))


@bp.post("/admin/schedules/preview")
@api(guard=_HEADS, body=forms.PreviewForm, returns=PlanView, errors=(ScheduleOverlap, Forbidden), tag="schedules")
async def preview(request: Request, body: forms.PreviewForm) -> dict[str, Any]:
    """Show what a change would do, and do nothing."""
    found = await edits.preview(_step(request.ctx.staff, body))
    return await show_plan(found.digest, found.changes)


def _step(staff: SignedInStaff, asked: forms.PreviewForm) -> edits.Step:
    if asked.create is not None:
        return clinics.create_rule(staff, asked.create)
    if asked.change is not None:
        return clinics.change_rule(staff, asked.change.id, asked.change)
    if asked.end is not None:
        return clinics.end_rule(staff, asked.end.id, asked.end.last_day)
    if asked.create_exception is not None:
        return differing.create_exception(staff, asked.create_exception)
    if asked.change_exception is not None:
        return differing.change_exception(staff, asked.change_exception.id, asked.change_exception)
    if asked.end_exception is not None:
        return differing.end_exception(staff, asked.end_exception.id)
    if asked.setting is not None:
        return decisions.decide(staff, asked.setting.department_id, asked.setting)
    if asked.day is not None:
        return decisions.name_day(staff, asked.day.day, asked.day)
    assert asked.forget_day is not None  # the form has exactly one
    return decisions.forget_day(staff, asked.forget_day)


@bp.post("/admin/schedules")
@api(
    guard=_HEADS,
    body=forms.NewSchedule,
    returns=ScheduleView,
    status=201,
    creates=True,
    errors=_REFUSED,
    tag="schedules",
)
async def create(request: Request, body: forms.NewSchedule) -> dict[str, Any]:
    """Begin a weekly clinic, as its preview was seen."""
    row = await edits.carry_out(clinics.create_rule(request.ctx.staff, body, why=body.why), body.digest)
    return show_rule(await clinics.schedule(request.ctx.staff, row.id))


@bp.patch("/admin/schedules/<schedule_id:uuid>")
@api(guard=_HEADS, body=forms.ChangedSchedule, returns=ScheduleView, errors=(NotFound, *_REFUSED), tag="schedules")
async def change(request: Request, schedule_id: UUID, body: forms.ChangedSchedule) -> dict[str, Any]:
    """Change a weekly clinic from a day on; the answer is the version that holds then."""
    step = clinics.change_rule(request.ctx.staff, schedule_id, body, why=body.why)
    row = await edits.carry_out(step, body.digest)
    return show_rule(await clinics.schedule(request.ctx.staff, row.id))


@bp.delete("/admin/schedules/<schedule_id:uuid>")
@api(guard=_HEADS, query=forms.EndQuery, status=204, errors=(NotFound, *_REFUSED), tag="schedules")
async def end(request: Request, schedule_id: UUID, query: forms.EndQuery) -> None:
    """End a weekly clinic."""
    step = clinics.end_rule(request.ctx.staff, schedule_id, query.last_day, why=query.why)
    await edits.carry_out(step, query.digest)


@bp.get("/admin/schedules/conflicts")
@api(guard=_HEADS, query=forms.ConflictsQuery, returns=ConflictList, errors=(Forbidden,), tag="schedules")
async def conflicts(request: Request, query: forms.ConflictsQuery) -> dict[str, Any]:
    """List the bookings that stand in the way of a department's plan."""
    return await show_conflicts(await edits.conflicts_of(request.ctx.staff, query.department))


@bp.get("/admin/schedule-exceptions")
@api(guard=_HEADS, query=forms.ExceptionsQuery, returns=ExceptionList, tag="schedules")
async def exceptions(request: Request, query: forms.ExceptionsQuery) -> dict[str, Any]:
    """List the exceptions that are not over, newest first."""
    rows = await differing.exceptions(request.ctx.staff, query.department, query.after(), query.limit)
    return listing(rows, query.limit, show_exception)


@bp.get("/admin/schedule-exceptions/<exception_id:uuid>/history")
@api(guard=_HEADS, returns=ChangeList, errors=(NotFound, Forbidden), tag="schedules")
async def exception_history(request: Request, exception_id: UUID) -> dict[str, Any]:
    """Say who changed an exception, and what."""
    await differing.exception(request.ctx.staff, exception_id)
    return _history(await history("exception", exception_id))


@bp.post("/admin/schedule-exceptions")
@api(
    guard=_HEADS,
    body=forms.SeenExceptionForm,
    returns=ExceptionView,
    status=201,
    creates=True,
    errors=_REFUSED,
    tag="schedules",
)
async def create_exception(request: Request, body: forms.SeenExceptionForm) -> dict[str, Any]:
    """Let some days differ, as the preview was seen."""
    row = await edits.carry_out(differing.create_exception(request.ctx.staff, body), body.digest)
    return show_exception(await differing.exception(request.ctx.staff, row.id))


@bp.put("/admin/schedule-exceptions/<exception_id:uuid>")
@api(guard=_HEADS, body=forms.SeenExceptionForm, returns=ExceptionView, errors=(NotFound, *_REFUSED), tag="schedules")
async def change_exception(request: Request, exception_id: UUID, body: forms.SeenExceptionForm) -> dict[str, Any]:
    """Put another exception in the place of one."""
    await edits.carry_out(differing.change_exception(request.ctx.staff, exception_id, body), body.digest)
    return show_exception(await differing.exception(request.ctx.staff, exception_id))


@bp.delete("/admin/schedule-exceptions/<exception_id:uuid>")
@api(guard=_HEADS, query=forms.SeenQuery, status=204, errors=(NotFound, *_REFUSED), tag="schedules")
async def end_exception(request: Request, exception_id: UUID, query: forms.SeenQuery) -> None:
    """Take an exception back."""
    await edits.carry_out(differing.end_exception(request.ctx.staff, exception_id, why=query.why), query.digest)


@bp.get("/admin/schedule-settings/<department_id:uuid>")
@api(guard=_HEADS, returns=SettingView, errors=(Forbidden,), tag="schedules")
async def setting(request: Request, department_id: UUID) -> dict[str, Any]:
    """Give what a department decides about holidays and release."""
    need_department(request.ctx.staff, department_id, Role.DEPARTMENT_HEAD)
    return await _show_setting(department_id)


@bp.put("/admin/schedule-settings/<department_id:uuid>")
@api(guard=_HEADS, body=forms.SeenSettingForm, returns=SettingView, errors=(NotFound, *_REFUSED), tag="schedules")
async def decide(request: Request, department_id: UUID, body: forms.SeenSettingForm) -> dict[str, Any]:
    """Set what a department decides, as the preview was seen."""
    step = decisions.decide(request.ctx.staff, department_id, body, why=body.why)
    await edits.carry_out(step, body.digest)
    return await _show_setting(department_id)


async def _show_setting(department_id: UUID) -> dict[str, Any]:
    found, version = await setting_of(department_id)
    return {"department_id": str(department_id), **plain(columns_of(found)), "version": version}


@bp.get("/admin/calendar")
@api(guard=_HEADS, query=forms.CalendarQuery, returns=CalendarView, tag="schedules")
async def days(request: Request, query: forms.CalendarQuery) -> dict[str, Any]:
    """Say what some days are, and of which years nobody knows the holidays yet."""
    if not 0 <= (query.last - query.first).days <= MOST_CALENDAR_DAYS:
        raise wrong_field("/to", "wrong_range", f"from the first day to {MOST_CALENDAR_DAYS} days later")
    own, _ = await read_calendar(query.first, query.last)
    found = await calendar(days_between(query.first, query.last))
    return {
        "days": [show_day(day, day.day in own) for day in found],
        "unknown_years": sorted({day.day.year for day in found if not day.is_confirmed}),
    }


@bp.put("/admin/calendar/days/<day:str>")
@api(guard=staff_only(Role.ADMIN), body=forms.SeenDayForm, status=204, errors=_REFUSED, tag="schedules")
async def name_day(request: Request, day: str, body: forms.SeenDayForm) -> None:
    """Say what a day is, whatever the official calendar says."""
    await edits.carry_out(decisions.name_day(request.ctx.staff, _day(day), body), body.digest)


@bp.delete("/admin/calendar/days/<day:str>")
@api(guard=staff_only(Role.ADMIN), query=forms.SeenQuery, status=204, errors=(NotFound, *_REFUSED), tag="schedules")
async def forget_day(request: Request, day: str, query: forms.SeenQuery) -> None:
    """Go back to the official calendar for a day."""
    await edits.carry_out(decisions.forget_day(request.ctx.staff, _day(day)), query.digest)


@bp.put("/admin/calendar/years/<year:str>")
@api(guard=staff_only(Role.ADMIN), status=204, errors=(Forbidden,), tag="schedules")
async def confirm_year(request: Request, year: str) -> None:
    """Say that all holidays of a year are entered although the product does not know it."""
    first = _day(f"{year}-01-01")
    await decisions.confirm_year(request.ctx.staff, first.year)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound() from None
    if not 2000 <= day.year < 2100:
        raise NotFound()
    return day


def _history(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("by_name", "why", "before", "after")
    return {"items": [{"at": moment(row["at"]), **{name: row[name] for name in names}} for row in rows], "next": None}
