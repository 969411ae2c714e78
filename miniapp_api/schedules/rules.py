"""How weekly rules become the sessions and bands of dated days: calendar, exceptions, pools, release. Pure.

An exception takes from the weekly rules (leave, closure, another capacity) or adds to them (an extra clinic). A closure
and a holiday do not touch an extra clinic, which somebody asked for by its date; leave does: nobody is there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from server import clock
from server.errors import wrong_field

DAYS_AHEAD = 14  # for which sessions are made, today included; more where a department releases earlier
RELEASE_SEEN_DAYS = 2  # before its release a session is there, so that people see when it opens
BANDS_OF_A_SESSION = 1440
SUNDAY = 6


class Pool(StrEnum):
    """For whom the places of a band are."""

    APP = "app"  # everybody with the mini-app
    DESK = "desk"  # kept for people without a phone
    REVISIT = "revisit"  # for those whom a practitioner asked to come again
    REFERRAL = "referral"  # for those whom another hospital sends


class DayKind(StrEnum):
    """What the official calendar makes of a day."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"  # a weekend's day on which people work


class OnHolidays(StrEnum):
    """What a department does on an official holiday."""

    CLOSED = "closed"  # no clinic
    SUNDAY = "sunday"  # the clinics of a Sunday
    USUAL = "usual"  # the clinics of that weekday: the official calendar does not matter here


class ReleaseMode(StrEnum):
    """How the places of a session come to people (放号)."""

    FIRST_COME = "first_come"
    DRAW = "draw"  # 摇号: entries for a short while, then a draw


class ReserveReturn(StrEnum):
    """When unsold places of the desk's pool go to the mini-app's."""

    NEVER = "never"
    MINUTES_BEFORE = "minutes_before"  # the session's begin
    DAY_BEFORE = "day_before"  # the session's day, at a time


class ExceptionKind(StrEnum):
    """How some days differ from the weekly rules."""

    LEAVE = "leave"  # a practitioner is away
    CLOSURE = "closure"  # a department or the hospital is closed
    EXTRA = "extra"  # a clinic beside the weekly rules
    CAPACITY = "capacity"  # more or fewer places a band


Capacities = Mapping[Pool, int]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of a session."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as clinics see it.

    as_weekday: whose clinics a make-up workday has. is_confirmed: False when nobody knows yet whether it is a holiday.
    """

    day: date
    kind: DayKind
    name: str = ""
    as_weekday: int | None = None
    is_confirmed: bool = True


@dataclass(frozen=True, kw_only=True)
class WeeklyRule:
    """A version of a practitioner's weekly clinic. weekday: Monday is 0. capacities: places a band, by pool."""

    id: UUID
    version: int
    practitioner_id: UUID
    department_id: UUID
    room_id: UUID | None
    weekday: int
    starts_at: time
    ends_at: time
    slot_minutes: int
    capacities: Capacities
    visit_type: str
    valid_from: date
    valid_until: date | None

    def holds_on(self, day: date) -> bool:
        """Tell whether this version is the one of a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, kw_only=True)
class ScheduleException:
    """Some days, or some hours of them, that differ.

    practitioner_id, department_id: whom it is about; both None is the whole hospital. The last four are an extra
    clinic's; capacities also another capacity's, with the pools that it changes.
    """

    id: UUID
    version: int
    kind: ExceptionKind
    practitioner_id: UUID | None
    department_id: UUID | None
    first_day: date
    last_day: date
    starts_at: time | None = None
    ends_at: time | None = None
    room_id: UUID | None = None
    slot_minutes: int = 30
    visit_type: str = "ordinary"
    capacities: Capacities = field(default_factory=dict)

    def is_about(self, practitioner_id: UUID, department_id: UUID) -> bool:
        """Tell whether it is about a practitioner's clinic in a department."""
        return self.practitioner_id in (None, practitioner_id) and self.department_id in (None, department_id)

    @property
    def narrowness(self) -> int:
        """Give how narrow it is: the narrowest decides, of equals the later made."""
        return 2 * (self.practitioner_id is not None) + (self.department_id is not None)

    def covers(self, band: Band) -> bool:
        """Tell whether a part of a band lies in it."""
        first = clock.local(band.starts_at).date() - timedelta(days=1)  # hours may pass midnight, and bands too
        days = (first + timedelta(days=n) for n in range(3))
        hours = (
            session_time(day, self.starts_at or time(0), self.ends_at or time(0))
            for day in days
            if self.first_day <= day <= self.last_day
        )
        return any(band.starts_at < end and begin < band.ends_at for begin, end in hours)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a department decided.

    days_ahead and at: when places are released (放号), to the second. draw_seconds: for how long people enter a draw.
    return_minutes belongs to MINUTES_BEFORE, return_at to DAY_BEFORE.
    """

    on_holidays: OnHolidays = OnHolidays.SUNDAY
    days_ahead: int = 14
    at: time = time(0)
    mode: ReleaseMode = ReleaseMode.FIRST_COME
    draw_seconds: int = 60
    reserve_return: ReserveReturn = ReserveReturn.NEVER
    return_minutes: int | None = None
    return_at: time | None = None

    @property
    def horizon_days(self) -> int:
        """Give for how many days sessions are made, today included."""
        return max(DAYS_AHEAD, self.days_ahead + RELEASE_SEEN_DAYS)


@dataclass(frozen=True, slots=True)
class WantedBand:
    """Places that shall be."""

    starts_at: datetime
    ends_at: datetime
    pool: Pool
    capacity: int


@dataclass(frozen=True, kw_only=True)
class WantedSession:
    """A session that shall be. It follows a rule or an exception of that version, or nothing (by hand).

    is_drawing: its places are drawn, when it is there before its release.
    """

    practitioner_id: UUID
    department_id: UUID
    room_id: UUID | None
    day: date
    starts_at: datetime
    ends_at: datetime
    visit_type: str
    opens_at: datetime
    rule_id: UUID | None
    exception_id: UUID | None
    version: int | None
    is_unconfirmed: bool
    bands: tuple[WantedBand, ...]
    is_drawing: bool = False


@dataclass(frozen=True, kw_only=True)
class Template:
    """All that decides about the sessions of one department. exceptions: in the order in which they were made."""

    department_id: UUID
    setting: Setting
    days: tuple[CalendarDay, ...]
    rules: tuple[WeeklyRule, ...]
    exceptions: tuple[ScheduleException, ...]

    def is_away(self, practitioner_id: UUID, band: Band) -> bool:
        """Tell whether leave or a closure takes a band."""
        return any(
            one.kind in (ExceptionKind.LEAVE, ExceptionKind.CLOSURE)
            and one.is_about(practitioner_id, self.department_id)
            and one.covers(band)
            for one in self.exceptions
        )


class WhyLeftOut(StrEnum):
    """Why an extra clinic that somebody asked for does not take place."""

    BUSY = "busy"  # the practitioner has another clinic then
    AWAY = "away"  # leave, or a changed capacity, leaves no place in it


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An extra clinic that the plan cannot hold; it is told, never dropped in silence."""

    session: WantedSession
    why: WhyLeftOut


def expand_all(template: Template) -> tuple[list[WantedSession], list[LeftOut]]:
    """Give the sessions that a department shall have, by practitioner and begin, and the extra clinics left out.

    No two sessions of a person overlap. Where an overnight clinic, a holiday that runs as a Sunday or an extra clinic
    would put somebody in two places at once, the weekly rule stands before the extra clinic and the earlier begin
    before the later.
    """
    found = [session for day in template.days for session in _of_rules(template, day)]
    found.sort(key=lambda one: (one.starts_at, str(one.practitioner_id)))
    extras = [session for day in template.days for session in _of_extras(template, day)]
    extras.sort(key=lambda one: one.starts_at)
    busy: dict[UUID, list[WantedSession]] = {}
    left_out = []
    for session in (*found, *extras):
        others = busy.setdefault(session.practitioner_id, [])
        is_extra = session.exception_id is not None
        # a clinic that a closure takes whole does not keep anybody from an extra one
        is_busy = any(_overlap(session, other) for other in others if other.bands or not is_extra)
        if is_extra and (is_busy or not session.bands):
            left_out.append(LeftOut(session, WhyLeftOut.BUSY if session.bands else WhyLeftOut.AWAY))
        elif not is_busy:
            others.append(session)
    kept = [session for sessions in busy.values() for session in sessions if session.bands]
    return sorted(kept, key=lambda one: (str(one.practitioner_id), one.starts_at)), left_out


def _overlap(one: WantedSession, other: WantedSession) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def weekday_of(day: CalendarDay, on_holidays: OnHolidays) -> int | None:
    """Give whose weekly rules a day has; None is no clinic."""
    if on_holidays is OnHolidays.USUAL or day.kind in (DayKind.WORKDAY, DayKind.WEEKEND):
        return day.day.weekday()
    if day.kind is DayKind.MAKEUP:
        return day.as_weekday
    return SUNDAY if on_holidays is OnHolidays.SUNDAY else None


def _of_rules(template: Template, day: CalendarDay) -> Iterator[WantedSession]:
    weekday = weekday_of(day, template.setting.on_holidays)
    for rule in template.rules:
        if rule.weekday != weekday or not rule.holds_on(day.day):
            continue
        starts_at, ends_at = session_time(day.day, rule.starts_at, rule.ends_at)
        session = WantedSession(
            practitioner_id=rule.practitioner_id,
            department_id=rule.department_id,
            room_id=rule.room_id,
            day=day.day,
            starts_at=starts_at,
            ends_at=ends_at,
            visit_type=rule.visit_type,
            opens_at=release_moment(day.day, template.setting),
            rule_id=rule.id,
            exception_id=None,
            version=rule.version,
            is_unconfirmed=not day.is_confirmed and template.setting.on_holidays is not OnHolidays.USUAL,
            bands=(),
            is_drawing=template.setting.mode is ReleaseMode.DRAW,
        )
        cut = [
            band
            for band in bands(starts_at, ends_at, rule.slot_minutes)
            if not template.is_away(rule.practitioner_id, band)
        ]
        yield replace(session, bands=tuple(_places(template, session, cut, rule.capacities)))


def _of_extras(template: Template, day: CalendarDay) -> Iterator[WantedSession]:
    for extra in template.exceptions:
        if extra.kind is not ExceptionKind.EXTRA or not extra.first_day <= day.day <= extra.last_day:
            continue
        assert extra.practitioner_id is not None  # the table refuses an extra clinic of nobody
        starts_at, ends_at = session_time(day.day, extra.starts_at or time(0), extra.ends_at or time(0))
        session = WantedSession(
            practitioner_id=extra.practitioner_id,
            department_id=template.department_id,
            room_id=extra.room_id,
            day=day.day,
            starts_at=starts_at,
            ends_at=ends_at,
            visit_type=extra.visit_type,
            opens_at=release_moment(day.day, template.setting),
            rule_id=None,
            exception_id=extra.id,
            version=extra.version,
            is_unconfirmed=False,
            bands=(),
            is_drawing=template.setting.mode is ReleaseMode.DRAW,
        )
        leaves = [
            one
            for one in template.exceptions
            if one.kind is ExceptionKind.LEAVE and one.is_about(extra.practitioner_id, template.department_id)
        ]
        cut = [
            band
            for band in bands(starts_at, ends_at, extra.slot_minutes)
            if not any(leave.covers(band) for leave in leaves)
        ]
        yield replace(session, bands=tuple(_places(template, session, cut, extra.capacities)))


def _places(
    template: Template, session: WantedSession, cut: Iterable[Band], capacities: Capacities
) -> Iterator[WantedBand]:
    changes = [
        one
        for one in template.exceptions
        if one.kind is ExceptionKind.CAPACITY and one.is_about(session.practitioner_id, session.department_id)
    ]
    changes.sort(key=lambda one: one.narrowness)  # stable: of equals the later made comes last, and stays
    for band in cut:
        places = dict(capacities)
        for change in changes:
            if change.covers(band):
                places |= change.capacities
        for pool in Pool:
            if places.get(pool, 0) > 0:
                yield WantedBand(band.starts_at, band.ends_at, pool, places[pool])


def release_moment(day: date, setting: Setting) -> datetime:
    """Give the moment from which the places of a day can be booked."""
    return datetime.combine(day - timedelta(days=setting.days_ahead), setting.at, tzinfo=clock.zone())


def bands(starts_at: datetime, ends_at: datetime, slot_minutes: float) -> list[Band]:
    """Cut a session into bands; the last one ends with the session and may be shorter.

    Raises: Malformed when there would be too many.
    """
    step = timedelta(minutes=slot_minutes)
    if (ends_at - starts_at) > step * BANDS_OF_A_SESSION:
        raise wrong_field("/slot_minutes", "too_many_slots", f"at most {BANDS_OF_A_SESSION} slots")
    found = []
    begin = starts_at
    while begin < ends_at:
        found.append(Band(begin, min(begin + step, ends_at)))
        begin += step
    return found


def session_time(day: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """Give a session's time from its rule; it ends on the next day when the rule's end is not after its begin.

    So 00:00 to 00:00 is the whole day.
    """
    zone = clock.zone()
    last_day = day if ends > starts else day + timedelta(days=1)
    return datetime.combine(day, starts, tzinfo=zone), datetime.combine(last_day, ends, tzinfo=zone)


def calendar_day(
    day: date, *, official: CalendarDay | None, override: CalendarDay | None, is_year_confirmed: bool
) -> CalendarDay:
    """Give what a day is: the hospital's own word, then the official calendar's.

    Where nobody knows the year, the weekday decides and the day is marked as unconfirmed, unless a person confirmed
    that year.
    """
    if override is not None:
        return override
    if official is not None:
        return official
    kind = DayKind.WEEKEND if day.weekday() >= SUNDAY - 1 else DayKind.WORKDAY
    return CalendarDay(day, kind, is_confirmed=is_year_confirmed)
