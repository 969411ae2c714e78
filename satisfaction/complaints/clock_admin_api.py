"""Working calendars, promises and recomputing over HTTP, for those who set them."""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sanic import Blueprint, Request

from satisfaction.clocks import actions as clocks
from satisfaction.clocks.calendars import Hours, Plan
from satisfaction.clocks.policies import CLOCK_NAMES, Clock, Terms
from satisfaction.complaints import clock_settings
from satisfaction.complaints.clock_forms import (
    ClockCalendarForm,
    ClockCalendarList,
    ClockCalendarName,
    ClockCalendarTrialForm,
    ClockCalendarView,
    ClockChangeView,
    ClockDayView,
    ClockMonthQuery,
    ClockPolicyForm,
    ClockPolicyTrialForm,
    ClockPolicyView,
    ClockPromiseView,
    ClockSpanView,
    ClockTrialView,
    ClockVersionView,
    DuesChangeList,
    DuesRunList,
    DuesRunView,
)
from satisfaction.complaints.clock_settings import FIXED, Trial
from satisfaction.errors import CalendarFixed
from server import clock, workdays
from server.accounts import Role
from server.auth import staff_only
from server.errors import NotFound, SomeoneWasFaster
from server.web import api, moment

bp = Blueprint("complaint_clock_settings", url_prefix="/api/v1")

setters = staff_only(Role.SUPERVISOR, Role.ADMIN)
TAG = "complaint clocks"
CODE = re.compile(r"^[a-z][a-z0-9_]{1,29}$")


# ---- calendars -----------------------------------------------------------------------------------------------------


@bp.get("/admin/work-calendars")
@api(guard=setters, returns=ClockCalendarList, tag=TAG)
async def work_calendars(request: Request) -> ClockCalendarList:
    """List the calendars that promises count by."""
    return ClockCalendarList(items=await _names(await clocks.terms()))


@bp.get("/admin/work-calendars/<code:str>")
@api(guard=setters, query=ClockMonthQuery, returns=ClockCalendarView, errors=(NotFound,), tag=TAG)
async def work_calendar(request: Request, code: str, query: ClockMonthQuery) -> ClockCalendarView:
    """Show a calendar and the days of a month as they count."""
    return await _shown(code, query.month)


@bp.put("/admin/work-calendars/<code:str>")
@api(
    guard=setters, body=ClockCalendarForm, returns=ClockCalendarView, errors=(CalendarFixed, SomeoneWasFaster), tag=TAG
)
async def save_work_calendar(request: Request, code: str, body: ClockCalendarForm) -> ClockCalendarView:
    """Let a calendar be another one; the open complaints are recomputed at once."""
    if not CODE.match(code):
        raise NotFound()
    await clock_settings.save_calendar(request.ctx.staff, body.plan(code), seen=body.version, why=body.why)
    return await _shown(code, None)


@bp.post("/admin/work-calendars/<code:str>/preview")
@api(guard=setters, body=ClockCalendarTrialForm, returns=ClockTrialView, errors=(CalendarFixed,), tag=TAG)
async def try_work_calendar(request: Request, code: str, body: ClockCalendarTrialForm) -> ClockTrialView:
    """Say which open complaints would be due at another moment; nothing is kept."""
    return _trial(await clock_settings.try_calendar(body.plan(code)))


async def _names(terms: Terms) -> list[ClockCalendarName]:
    versions = await clock_settings.calendar_versions()
    return [
        ClockCalendarName(code=code, name=one.plan.name, is_fixed=code in FIXED, version=versions.get(code, 0))
        for code, one in terms.calendars.items()
    ]


async def _shown(code: str, month: str | None) -> ClockCalendarView:
    terms = await clocks.terms()
    if code not in terms.calendars:
        raise NotFound()
    plan: Plan = terms.calendars[code].plan
    return ClockCalendarView(
        code=code,
        name=plan.name,
        is_fixed=code in FIXED,
        follows_workdays=plan.follows_workdays,
        version=(await clock_settings.calendar_versions()).get(code, 0),
        weekly=[_spans(plan.weekly.get(weekday, ())) for weekday in range(7)],
        by_hand={day.isoformat(): "open" if is_open else "closed" for day, is_open in sorted(plan.days.items())},
        own_hours={day.isoformat(): _spans(hours) for day, hours in sorted(plan.dates.items())},
        days=_days(code, month, terms),
        history=_history(await clock_settings.calendar_history(code)),
    )


def _days(code: str, month: str | None, terms: Terms) -> list[ClockDayView]:
    one = terms.calendars[code]
    first = date.fromisoformat(f"{month}-01") if month else clock.today().replace(day=1)
    is_sure = workdays.is_known(first.year) or first.year in terms.confirmed_years
    found = []
    for number in range(1, monthrange(first.year, first.month)[1] + 1):
        day = first.replace(day=number)
        found.append(
            ClockDayView(
                day=day.isoformat(),
                spans=_spans(one.hours(day)),
                is_holiday=one.is_holiday(day),
                is_by_hand=day in one.plan.days or day in one.plan.dates,
                is_sure=is_sure or not one.plan.follows_workdays,
            )
        )
    return found


def _spans(hours: Hours) -> list[ClockSpanView]:
    return [ClockSpanView(starts=_time(span.starts_minute), ends=_time(span.ends_minute)) for span in hours]


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


# ---- promises ------------------------------------------------------------------------------------------------------


@bp.get("/admin/clock-policy")
@api(guard=setters, returns=ClockPolicyView, tag=TAG)
async def clock_policy(request: Request) -> ClockPolicyView:
    """Show what is promised, and who changed that when."""
    return await _policy()


@bp.put("/admin/clock-policy")
@api(guard=setters, body=ClockPolicyForm, returns=ClockPolicyView, errors=(SomeoneWasFaster,), tag=TAG)
async def save_clock_policy(request: Request, body: ClockPolicyForm) -> ClockPolicyView:
    """Let other promises hold; the open complaints are recomputed at once."""
    await clock_settings.save_policy(request.ctx.staff, body.value(), seen=body.version, why=body.why)
    return await _policy()


@bp.post("/admin/clock-policy/preview")
@api(guard=setters, body=ClockPolicyTrialForm, returns=ClockTrialView, tag=TAG)
async def try_clock_policy(request: Request, body: ClockPolicyTrialForm) -> ClockTrialView:
    """Say which open complaints would be due at another moment; nothing is kept."""
    return _trial(await clock_settings.try_policy(body.value()))


async def _policy() -> ClockPolicyView:
    terms = await clocks.terms()
    policy = terms.policies[-1]
    return ClockPolicyView(
        version=policy.version,
        promises=[
            ClockPromiseView(
                clock=str(name),
                name=CLOCK_NAMES[name],
                minutes=int(promise.target.total_seconds() // 60),
                calendars=dict(promise.calendars),
                half_percent=promise.half_percent,
                warn_percent=promise.warn_percent,
                is_fixed=name == Clock.LEGAL,
            )
            for name, promise in policy.promises.items()
        ],
        pauses=policy.pauses,
        paused_hours=int(policy.paused_at_most.total_seconds() // 3600),
        quiet_from=policy.quiet_from,
        quiet_until=policy.quiet_until,
        calendars=await _names(terms),
        history=_history(await clock_settings.policy_history()),
    )


def _history(rows: Iterable[dict[str, Any]]) -> list[ClockVersionView]:
    return [
        ClockVersionView(version=row["version"], at=moment(row["at"]) or "", by_name=row["by_name"], why=row["why"])
        for row in rows
    ]


def _trial(trial: Trial) -> ClockTrialView:
    return ClockTrialView(
        looked=trial.looked,
        changed=trial.changed,
        late=trial.late,
        freed=trial.freed,
        is_all=trial.is_all,
        by_clock=dict(trial.by_clock),
        examples=[_change(row) for row in trial.examples],
    )


def _change(row: dict[str, Any]) -> ClockChangeView:
    return ClockChangeView(
        complaint_id=row["complaint_id"],
        number=row["number"],
        clock=row["clock"],
        name=CLOCK_NAMES[row["clock"]],
        was_due_at=moment(row["was_due_at"]),
        due_at=moment(row["due_at"]),
    )


# ---- runs ----------------------------------------------------------------------------------------------------------


@bp.get("/admin/dues-runs")
@api(guard=setters, returns=DuesRunList, tag=TAG)
async def dues_runs(request: Request) -> DuesRunList:
    """List the last times that all open complaints were recomputed."""
    return DuesRunList(
        items=[
            DuesRunView(**{**row, "started_at": moment(row["started_at"]) or "", "done_at": moment(row["done_at"])})
            for row in await clock_settings.runs()
        ]
    )


@bp.get("/admin/dues-runs/<run_id:uuid>")
@api(guard=setters, returns=DuesChangeList, errors=(NotFound,), tag=TAG)
async def dues_run(request: Request, run_id: UUID) -> DuesChangeList:
    """List the dues that a look changed."""
    return DuesChangeList(items=[_change(row) for row in await clock_settings.run_changes(run_id)])
