"""Working time: which minutes of which days count, how much lies between two moments, and what an amount ends at. Pure.

Days are those of the hospital's zone, which must have no summer time. Intervals are half-open: 12:00 is no longer
worked when the morning ends at 12:00.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTES_A_DAY = 24 * 60
AROUND_THE_CLOCK, OFFICE, WORKDAYS = "around_the_clock", "office", "workdays"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_A_MINUTE = 60_000_000
_AHEAD_DAYS = 100  # laid out at once when a question goes beyond what is known
_HORIZON_DAYS = 4 * 366

Official = Callable[[date], int | None]


class NoWorkingTime(ValueError):
    """A calendar is closed for years: nothing that counts by it would ever be due."""


@dataclass(frozen=True)
class Span:
    """Minutes of a day from its midnight, half-open; 1440 is the end of the day."""

    starts_minute: int
    ends_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.starts_minute < self.ends_minute <= MINUTES_A_DAY:
            raise ValueError("a span lies within one day")


@dataclass(frozen=True)
class Interval:
    """A stretch of working time, half-open, in the hospital's zone."""

    starts_at: datetime
    ends_at: datetime


def split(starts_minute: int, ends_minute: int) -> tuple[tuple[int, Span], ...]:
    """Part a shift at midnight: (days later, span) of each part. ends_minute not after the start: the next day."""
    if ends_minute > starts_minute:
        return ((0, Span(starts_minute, ends_minute)),)
    evening = (0, Span(starts_minute, MINUTES_A_DAY))
    return (evening, (1, Span(0, ends_minute))) if ends_minute else (evening,)


Hours = tuple[Span, ...]
_WHOLE_DAY: Hours = (Span(0, MINUTES_A_DAY),)


@dataclass(frozen=True)
class Plan:
    """The rules of a calendar. weekly: by weekday, Monday is 0. dates: instead of that. days: open or closed whatever
    the official days say. follows_workdays: official holidays close it, make-up days have a weekday's hours.
    """

    code: str
    name: str
    follows_workdays: bool
    weekly: Mapping[int, Hours]
    dates: Mapping[date, Hours] = field(default_factory=dict)
    days: Mapping[date, bool] = field(default_factory=dict)

    @property
    def is_always(self) -> bool:
        """Tell whether every minute counts."""
        whole = all(self.weekly.get(weekday) == _WHOLE_DAY for weekday in range(7))
        return whole and not (self.follows_workdays or self.dates or self.days)

    def hours(self, day: date, official: Official) -> Hours:
        """Give the spans of a day: those of the date, then open or closed by hand, then the official day."""
        if day in self.dates:
            return self.dates[day]
        if day in self.days:
            return self._open_hours(day) if self.days[day] else ()
        weekday = official(day) if self.follows_workdays else day.weekday()
        if weekday is None:
            return ()
        return self.weekly.get(weekday, ())

    def _open_hours(self, day: date) -> Hours:
        """Give its weekday's hours or, when that has none, those of the first weekday that has some."""
        own = self.weekly.get(day.weekday(), ())
        return own or next((self.weekly[weekday] for weekday in sorted(self.weekly) if self.weekly[weekday]), ())


OFFICE_HOURS: Hours = (Span(8 * 60, 12 * 60), Span(13 * 60 + 30, 17 * 60 + 30))
SHIPPED: Mapping[str, Plan] = {
    AROUND_THE_CLOCK: Plan(AROUND_THE_CLOCK, "全天候", False, dict.fromkeys(range(7), _WHOLE_DAY)),
    OFFICE: Plan(OFFICE, "办公时间", True, dict.fromkeys(range(5), OFFICE_HOURS)),
    WORKDAYS: Plan(WORKDAYS, "法定工作日", True, dict.fromkeys(range(5), _WHOLE_DAY)),
}


def ordinary(day: date) -> int | None:
    """Take every day for what its weekday says."""
    return day.weekday()


class Calendar:
    """The working time of a plan. It lays its days out as far as it is asked, and remembers them."""

    def __init__(self, plan: Plan, *, zone: tzinfo, official: Official = ordinary) -> None:
        self.plan = plan
        self._zone = zone
        self._official = official
        self._always = plan.is_always
        self._first: date | None = None
        self._next: date = date.min
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []  # work before each interval, since the first day

    def with_plan(self, plan: Plan) -> "Calendar":
        """Give a calendar of another plan, with the same zone and official days."""
        return Calendar(plan, zone=self._zone, official=self._official)

    def hours(self, day: date) -> Hours:
        """Give the spans of a day."""
        return self.plan.hours(day, self._official)

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """Give the working time of a day."""
        midnight = datetime.combine(day, time(), tzinfo=self._zone)
        return tuple(
            Interval(midnight + timedelta(minutes=span.starts_minute), midnight + timedelta(minutes=span.ends_minute))
            for span in self.hours(day)
        )

    def is_holiday(self, day: date) -> bool:
        """Tell whether it is closed on a day because that is an official holiday."""
        return self.plan.follows_workdays and self._official(day) is None and not self.intervals(day)

    def is_open(self, moment: datetime) -> bool:
        """Tell whether a moment counts."""
        return any(
            one.starts_at <= moment < one.ends_at for one in self.intervals(moment.astimezone(self._zone).date())
        )

    def work(self, starts_at: datetime, ends_at: datetime) -> timedelta:
        """Give how much working time lies between two moments; nothing when the second is not later."""
        if ends_at <= starts_at:
            return timedelta(0)
        if self._always:
            return ends_at - starts_at
        self._lay_out(starts_at, ends_at)
        return (self._total(_ticks(ends_at)) - self._total(_ticks(starts_at))) * _TICK

    def add(self, starts_at: datetime, amount: timedelta) -> datetime:
        """Give the first moment by which an amount of working time has passed since another.

        Raises: NoWorkingTime when that is years away.
        """
        if amount <= timedelta(0):
            return starts_at
        if self._always:
            return starts_at + amount
        until = starts_at + timedelta(days=_AHEAD_DAYS)
        self._lay_out(starts_at, until)
        goal = self._total(_ticks(starts_at)) + amount // _TICK
        while self._worked < goal:
            until += timedelta(days=_AHEAD_DAYS)
            if until - starts_at > timedelta(days=_HORIZON_DAYS):
                raise NoWorkingTime(self.plan.code)
            self._lay_out(starts_at, until)
        # the last interval that begins with less than the goal done is the one in which it is reached
        place = bisect_left(self._before, goal) - 1
        return (_EPOCH + (self._starts[place] + goal - self._before[place]) * _TICK).astimezone(UTC)

    @property
    def _worked(self) -> int:
        return self._before[-1] + self._ends[-1] - self._starts[-1] if self._before else 0

    def _total(self, ticks: int) -> int:
        """Give the work between the first day and a moment."""
        place = bisect_right(self._starts, ticks) - 1
        if place < 0:
            return 0
        return self._before[place] + min(ticks, self._ends[place]) - self._starts[place]

    def _lay_out(self, starts_at: datetime, ends_at: datetime) -> None:
        first = starts_at.astimezone(self._zone).date()
        last = ends_at.astimezone(self._zone).date()
        if self._first is None or first < self._first:  # from the beginning: sums count from the first day
            last = max(last, self._next)
            self._first = self._next = first
            self._starts, self._ends, self._before = [], [], []
        if last < self._next:
            return
        last += timedelta(days=_AHEAD_DAYS)
        while self._next <= last:
            self._take(self._next)
            self._next += timedelta(days=1)

    def _take(self, day: date) -> None:
        hours = self.plan.hours(day, self._official)
        if not hours:
            return
        midnight = _ticks(datetime.combine(day, time(), tzinfo=self._zone))
        for span in sorted(hours, key=lambda span: span.starts_minute):
            done = self._worked
            self._starts.append(midnight + span.starts_minute * _A_MINUTE)
            self._ends.append(midnight + span.ends_minute * _A_MINUTE)
            self._before.append(done)


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK
