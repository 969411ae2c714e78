"""What an office sends to change a schedule."""

from dataclasses import replace
from datetime import date, time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from miniapp_api.schedules.rules import DayKind, ExceptionKind, OnHolidays, ReleaseMode, ReserveReturn, Setting
from server.web import Form, Paging

Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]  # beyond, adding days would overflow
Places = Annotated[int, Field(ge=0, le=200)]
Minutes = Annotated[int, Field(ge=5, le=480)]
Weekday = Annotated[int, Field(ge=0, le=6)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
VisitType = Literal["ordinary", "expert", "special", "revisit"]
MOST_PLACES = 400  # of a band, in all pools
MOST_DAYS = 366  # of an exception


def _on_the_wall(value: time) -> time:
    if value.tzinfo is not None or value.microsecond:
        raise ValueError("a time of the hospital's day, without zone")
    return value


def _whole_minute(value: time) -> time:
    if value.second:
        raise ValueError("whole minutes")
    return _on_the_wall(value)


WallTime = Annotated[time, AfterValidator(_whole_minute)]
WallSecond = Annotated[time, AfterValidator(_on_the_wall)]


class ScheduleForm(Form):
    """A weekly clinic. weekday: Monday is 0. ends_at: not after starts_at, it is on the next day. Places: a band's."""

    practitioner_id: UUID
    department_id: UUID
    room_id: UUID | None = None
    weekday: Weekday
    starts_at: WallTime
    ends_at: WallTime
    slot_minutes: Minutes = 30
    capacity: Places
    desk_capacity: Places = 0
    revisit_capacity: Places = 0
    referral_capacity: Places = 0
    visit_type: VisitType = "ordinary"
    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        places = self.capacity + self.desk_capacity + self.revisit_capacity + self.referral_capacity
        if not 1 <= places <= MOST_PLACES:
            raise ValueError(f"from 1 to {MOST_PLACES} places in all pools")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("valid_until is before valid_from")
        return self


class ScheduleChange(Form):
    """What of a weekly clinic changes, from a day on (today when none is named); what is absent stays."""

    from_day: Day | None = None
    room_id: UUID | None = None
    weekday: Weekday | None = None
    starts_at: WallTime | None = None
    ends_at: WallTime | None = None
    slot_minutes: Minutes | None = None
    capacity: Places | None = None
    desk_capacity: Places | None = None
    revisit_capacity: Places | None = None
    referral_capacity: Places | None = None
    visit_type: VisitType | None = None
    valid_until: Day | None = None


class ExceptionForm(Form):
    """Days, or hours of them, that differ.

    leave: a practitioner. closure: a department, or with none the hospital. extra: a practitioner's clinic in a
    department, with all its places. capacity: other places of each band; what is absent stays.
    """

    kind: ExceptionKind
    practitioner_id: UUID | None = None
    department_id: UUID | None = None
    first_day: Day
    last_day: Day
    starts_at: WallTime | None = None
    ends_at: WallTime | None = None
    room_id: UUID | None = None
    slot_minutes: Minutes | None = None
    visit_type: VisitType | None = None
    capacity: Places | None = None
    desk_capacity: Places | None = None
    revisit_capacity: Places | None = None
    referral_capacity: Places | None = None
    reason: Reason = ""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days <= MOST_DAYS:
            raise ValueError(f"last_day is from first_day to {MOST_DAYS} days later")
        if (self.starts_at is None) != (self.ends_at is None):
            raise ValueError("starts_at and ends_at belong together")
        if self.kind is ExceptionKind.LEAVE and self.practitioner_id is None:
            raise ValueError("leave is somebody's")
        if self.kind is ExceptionKind.CLOSURE and self.practitioner_id is not None:
            raise ValueError("a closure is of a department or of the hospital")
        places = (self.capacity, self.desk_capacity, self.revisit_capacity, self.referral_capacity)
        if self.kind is ExceptionKind.CAPACITY and all(one is None for one in places):
            raise ValueError("a changed capacity names a pool")
        if self.kind is ExceptionKind.EXTRA:
            if None in (self.practitioner_id, self.department_id, self.starts_at):
                raise ValueError("an extra clinic has practitioner, department and time")
            if not 1 <= sum(one or 0 for one in places) <= MOST_PLACES:
                raise ValueError(f"from 1 to {MOST_PLACES} places in all pools")
        elif self.kind is not ExceptionKind.CAPACITY and any(one is not None for one in places):
            raise ValueError("places belong to an extra clinic or a changed capacity")
        return self


class SettingForm(Form):
    """What a department decides. release_at: to the second. What is absent of the last five stays as it is.

    reserve_return_minutes belongs to minutes_before, reserve_return_at to day_before.
    """

    on_holidays: OnHolidays
    release_days_ahead: Annotated[int, Field(ge=0, le=90)]
    release_at: WallSecond
    release_mode: ReleaseMode | None = None
    draw_window_seconds: Annotated[int, Field(ge=30, le=600)] | None = None
    reserve_return: ReserveReturn | None = None
    reserve_return_minutes: Annotated[int, Field(ge=0, le=10080)] | None = None
    reserve_return_at: WallTime | None = None

    @model_validator(mode="after")
    def _knows_return(self) -> Self:
        is_minutes = self.reserve_return is ReserveReturn.MINUTES_BEFORE
        is_day = self.reserve_return is ReserveReturn.DAY_BEFORE
        if is_minutes != (self.reserve_return_minutes is not None) or is_day != (self.reserve_return_at is not None):
            raise ValueError("reserve_return_minutes belongs to minutes_before, reserve_return_at to day_before")
        return self

    def over(self, old: Setting) -> Setting:
        """Give the setting that this makes of the old one."""
        setting = replace(
            old,
            on_holidays=self.on_holidays,
            days_ahead=self.release_days_ahead,
            at=self.release_at,
            mode=self.release_mode or old.mode,
            draw_seconds=self.draw_window_seconds or old.draw_seconds,
        )
        if self.reserve_return is None:
            return setting
        return replace(
            setting,
            reserve_return=self.reserve_return,
            return_minutes=self.reserve_return_minutes,
            return_at=self.reserve_return_at,
        )


class DayForm(Form):
    """What a day is. as_weekday: whose clinics a make-up workday has, and only that."""

    kind: DayKind
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    as_weekday: Weekday | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if (self.kind is DayKind.MAKEUP) != (self.as_weekday is not None):
            raise ValueError("as_weekday belongs to a make-up workday")
        return self


class ChangeAsked(ScheduleChange):
    """A change of the clinic with this id."""

    id: UUID


class EndAsked(Form):
    """The end of the clinic with this id. last_day: yesterday when none is named."""

    id: UUID
    last_day: Day | None = None


class RemovalAsked(Form):
    """The end of the exception with this id."""

    id: UUID


class ExceptionAsked(ExceptionForm):
    """The exception with this id, as it shall be."""

    id: UUID


class SettingAsked(SettingForm):
    """What this department shall decide."""

    department_id: UUID


class DayAsked(DayForm):
    """What this day shall be."""

    day: Day


class PreviewForm(Form):
    """One change, to be looked at before it is made."""

    create: ScheduleForm | None = None
    change: ChangeAsked | None = None
    end: EndAsked | None = None
    create_exception: ExceptionForm | None = None
    change_exception: ExceptionAsked | None = None
    end_exception: RemovalAsked | None = None
    setting: SettingAsked | None = None
    day: DayAsked | None = None
    forget_day: Day | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len([name for name in type(self).model_fields if getattr(self, name) is not None]) != 1:
            raise ValueError("exactly one change")
        return self


class NewSchedule(ScheduleForm):
    """A weekly clinic, as its preview was seen. why: kept in the history."""

    digest: Digest
    why: Reason = ""


class ChangedSchedule(ScheduleChange):
    """A change, as its preview was seen."""

    digest: Digest
    why: Reason = ""


class EndQuery(Form):
    """The end of a weekly clinic, as its preview was seen."""

    digest: Digest
    last_day: Day | None = None
    why: Reason = ""


class SeenExceptionForm(ExceptionForm):
    """An exception, as its preview was seen."""

    digest: Digest


class SeenSettingForm(SettingForm):
    """What a department decides, as its preview was seen."""

    digest: Digest
    why: Reason = ""


class SeenDayForm(DayForm):
    """What a day is, as its preview was seen."""

    digest: Digest


class SeenQuery(Form):
    """A removal, as its preview was seen."""

    digest: Digest
    why: Reason = ""


class SchedulesQuery(Form):
    """Which clinics: of a department or a practitioner, as they hold on a day or later (today when none is named)."""

    department: UUID | None = None
    practitioner: UUID | None = None
    on: Day | None = None


class ExceptionsQuery(Paging):
    """Which exceptions: those that are not over, of a department when one is named."""

    department: UUID | None = None


class CalendarQuery(Form):
    """Which days, both ends included."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]


class ConflictsQuery(Form):
    """Of which department."""

    department: UUID
