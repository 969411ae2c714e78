"""Forms and views of calendars, promises, runs and the report of clocks."""

from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from satisfaction.clocks.calendars import Hours, Plan, Span, split
from satisfaction.clocks.policies import Clock
from server.web import Form, ShortText, Version, View

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Time = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Percent = Annotated[int, Field(ge=10, le=99)]
Minute = Annotated[int, Field(ge=0, le=1439)]
CalendarCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,29}$")]
MOST_DAYS = 400
A_MONTH = 31 * 24 * 60
DAYS_A_WEEK = 7


def minute_of(text: str) -> int:
    """Give the minute of the day of a time like 08:30."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


class ClockHoursForm(Form):
    """A stretch of a weekday, Monday is 0. One that ends at or before its start goes on into the next day."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    starts: Time
    ends: Time

    def parts(self) -> list[tuple[int, Span]]:
        """Give it by weekday, parted at midnight."""
        return [
            ((self.weekday + later) % DAYS_A_WEEK, span)
            for later, span in split(minute_of(self.starts), minute_of(self.ends))
        ]


class ClockDayForm(Form):
    """A date that is unlike its weekday: closed, open with the usual hours, or with hours of its own."""

    day: date
    kind: Literal["open", "closed", "hours"]
    starts: Time | None = None
    ends: Time | None = None

    @model_validator(mode="after")
    def _whole(self) -> "ClockDayForm":
        if (self.kind == "hours") != (self.starts is not None and self.ends is not None):
            raise ValueError("hours have a start and an end, other days have none")
        if self.starts and self.ends and minute_of(self.ends) <= minute_of(self.starts):
            raise ValueError("the end is after the start")
        return self


class ClockCalendarTrialForm(Form):
    """Working time to try out."""

    name: ShortText
    follows_workdays: bool
    weekly: Annotated[list[ClockHoursForm], Field(min_length=1, max_length=42)]
    days: Annotated[list[ClockDayForm], Field(max_length=MOST_DAYS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _apart(self) -> "ClockCalendarTrialForm":
        if len({one.day for one in self.days if one.kind != "hours"}) < sum(one.kind != "hours" for one in self.days):
            raise ValueError("a date is named twice")
        plan = self.plan("x")
        if set(plan.dates) & set(plan.days):
            raise ValueError("a date has hours of its own and is open or closed as well")
        for spans in (*plan.weekly.values(), *plan.dates.values()):
            ordered = sorted(spans, key=lambda span: span.starts_minute)
            if any(one.ends_minute > other.starts_minute for one, other in pairwise(ordered)):
                raise ValueError("two stretches of a day overlap")
        return self

    def plan(self, code: str) -> Plan:
        """Give the calendar."""
        weekly: dict[int, Hours] = defaultdict(tuple)
        dates: dict[date, Hours] = defaultdict(tuple)
        for hours in self.weekly:
            for weekday, span in hours.parts():
                weekly[weekday] += (span,)
        for one in self.days:
            if one.starts and one.ends:
                dates[one.day] += (Span(minute_of(one.starts), minute_of(one.ends)),)
        by_hand = {one.day: one.kind == "open" for one in self.days if one.kind != "hours"}
        return Plan(code, self.name, self.follows_workdays, dict(weekly), dict(dates), by_hand)


class ClockCalendarForm(ClockCalendarTrialForm):
    """Working time to hold from now on. version: the one that was changed; 0 for one that is as shipped, or new."""

    version: Version
    why: Why


class ClockPromiseForm(Form):
    """One promise: its target, the calendar by severity, and at how many percent of it the warnings are."""

    minutes: Annotated[int, Field(ge=1, le=A_MONTH)]
    calendars: dict[Literal["A", "B", "C"], CalendarCode]
    half_percent: Percent = 50
    warn_percent: Percent = 80

    @model_validator(mode="after")
    def _whole(self) -> "ClockPromiseForm":
        if len(self.calendars) < 3:
            raise ValueError("each severity has its calendar")
        if self.half_percent >= self.warn_percent:
            raise ValueError("the second warning is later than the first")
        return self


class ClockPolicyTrialForm(Form):
    """Promises to try out. The legal term is none of them: it cannot be set."""

    promises: dict[Literal["acknowledgement", "first_response", "answer", "update", "confirmation"], ClockPromiseForm]
    pauses: Annotated[int, Field(ge=0, le=2)]
    paused_hours: Annotated[int, Field(ge=0, le=72)]
    quiet_from: Minute
    quiet_until: Minute

    @model_validator(mode="after")
    def _all(self) -> "ClockPolicyTrialForm":
        if len(self.promises) < len(Clock) - 1:
            raise ValueError("each clock has its promise")
        return self

    def value(self) -> dict[str, Any]:
        """Give it as a version keeps it."""
        return self.model_dump(include={"promises", "pauses", "paused_hours", "quiet_from", "quiet_until"})


class ClockPolicyForm(ClockPolicyTrialForm):
    """Promises to hold from now on. version: the one that was changed."""

    version: Version
    why: Why


class ClockVersionView(View):
    """One version, without what it says."""

    version: int
    at: str
    by_name: str
    why: str


class ClockSpanView(View):
    """A stretch of a day: 08:00 to 12:00."""

    starts: str
    ends: str


class ClockDayView(View):
    """A date of a calendar as it counts. why: official, weekday, or hand. is_sure: the year's days are announced."""

    day: str
    spans: list[ClockSpanView]
    is_holiday: bool
    is_by_hand: bool
    is_sure: bool


class ClockCalendarView(View):
    """A calendar: its rules, and the days of a month as they count."""

    code: str
    name: str
    is_fixed: bool
    follows_workdays: bool
    version: int
    weekly: list[list[ClockSpanView]]
    by_hand: dict[str, str]
    own_hours: dict[str, list[ClockSpanView]]
    days: list[ClockDayView]
    history: list[ClockVersionView]


class ClockCalendarName(View):
    """A calendar in a list."""

    code: str
    name: str
    is_fixed: bool
    version: int


class ClockCalendarList(View):
    """The calendars that there are."""

    items: list[ClockCalendarName]


class ClockPromiseView(View):
    """One promise; the legal one cannot be set."""

    clock: str
    name: str
    minutes: int
    calendars: dict[str, str]
    half_percent: int
    warn_percent: int
    is_fixed: bool


class ClockPolicyView(View):
    """The promises that hold. version 0: as shipped."""

    version: int
    promises: list[ClockPromiseView]
    pauses: int
    paused_hours: int
    quiet_from: int
    quiet_until: int
    calendars: list[ClockCalendarName]
    history: list[ClockVersionView]


class ClockChangeView(View):
    """A due moment that is another one."""

    complaint_id: UUID
    number: str
    clock: str
    name: str
    was_due_at: str | None
    due_at: str | None


class ClockTrialView(View):
    """What saving would change. late: missed at once; freed: not missed any more. is_all: of all open complaints."""

    looked: int
    changed: int
    late: int
    freed: int
    is_all: bool
    by_clock: dict[str, int]
    examples: list[ClockChangeView]


class DuesRunView(View):
    """One look at all open complaints. why: terms_changed or nightly."""

    id: UUID
    why: str
    started_at: str
    done_at: str | None
    looked: int
    changed: int


class DuesRunList(View):
    """The last looks, the newest first."""

    items: list[DuesRunView]


class DuesChangeList(View):
    """What a look changed, the earliest due first; at most 200."""

    items: list[ClockChangeView]


class ClockMonthQuery(Form):
    """A month to show, like 2026-10; the present one when none is named."""

    month: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = None
