"""What an office is shown of schedules."""

from collections.abc import Iterable
from datetime import date, time
from typing import Any
from uuid import UUID

from miniapp_api.schedules.differences import (
    Changes,
    Conflict,
    SessionChange,
    StandingBand,
    StandingSession,
    Why,
)
from miniapp_api.schedules.rules import (
    CalendarDay,
    DayKind,
    ExceptionKind,
    LeftOut,
    OnHolidays,
    Pool,
    ReleaseMode,
    ReserveReturn,
    WantedBand,
    WantedSession,
    WhyLeftOut,
)
from server import db
from server.web import View, moment

SHOWN = 200  # of each list of a preview; the counts are of all


class ScheduleView(View):
    """A version of a weekly clinic. Places: a band's."""

    id: str
    practitioner_id: str
    practitioner_name: str
    department_id: str
    room_id: str | None
    room_name: str | None
    weekday: int
    starts_at: time
    ends_at: time
    slot_minutes: int
    capacity: int
    desk_capacity: int
    revisit_capacity: int
    referral_capacity: int
    visit_type: str
    valid_from: date
    valid_until: date | None
    follows_id: str | None
    version: int


class ScheduleList(View):
    """Weekly clinics, by practitioner, weekday and begin; `next` is always null."""

    items: list[ScheduleView]
    next: str | None


class ExceptionView(View):
    """Days that differ."""

    id: str
    kind: ExceptionKind
    practitioner_id: str | None
    practitioner_name: str | None
    department_id: str | None
    first_day: date
    last_day: date
    starts_at: time | None
    ends_at: time | None
    room_id: str | None
    slot_minutes: int | None
    visit_type: str | None
    capacity: int | None
    desk_capacity: int | None
    revisit_capacity: int | None
    referral_capacity: int | None
    reason: str
    made_by_name: str | None
    made_at: str
    version: int


class ExceptionList(View):
    """A page of exceptions, newest first."""

    items: list[ExceptionView]
    next: str | None


class SettingView(View):
    """What a department decides. version 0: nothing yet, these are the defaults."""

    department_id: str
    on_holidays: OnHolidays
    release_days_ahead: int
    release_at: time
    release_mode: ReleaseMode
    draw_window_seconds: int
    reserve_return: ReserveReturn
    reserve_return_minutes: int | None
    reserve_return_at: time | None
    version: int


class DayView(View):
    """What a day is. is_confirmed: False when nobody knows yet whether it is a holiday."""

    day: date
    kind: DayKind
    name: str
    as_weekday: int | None
    is_confirmed: bool
    is_own: bool


class CalendarView(View):
    """Some days. unknown_years: of them the holidays are not known; the weekday decides there until somebody says."""

    days: list[DayView]
    unknown_years: list[int]


class BandShown(View):
    """A band in a preview."""

    practitioner_id: str
    practitioner_name: str
    session_id: str | None
    starts_at: str
    ends_at: str
    pool: Pool
    capacity: int


class SessionShown(View):
    """A session in a preview. places: of all its bands, by pool."""

    id: str | None
    practitioner_id: str
    practitioner_name: str
    department_id: str
    day: date
    starts_at: str
    ends_at: str
    visit_type: str
    opens_at: str
    bands: int
    places: dict[Pool, int]


class CapacityShown(View):
    """Another number of places in a preview."""

    practitioner_id: str
    practitioner_name: str
    session_id: str
    starts_at: str
    ends_at: str
    pool: Pool
    before: int
    after: int
    taken: int


class ConflictView(View):
    """Booked places that the plan does not want so; without a band's time it is the whole session."""

    practitioner_id: str
    practitioner_name: str
    session_id: str
    day: date
    starts_at: str
    ends_at: str
    pool: Pool | None
    why: Why
    taken: int
    wanted: int


class LeftOutView(View):
    """An extra clinic that the plan cannot hold. why: busy, in another clinic then; away, no place is left in it."""

    practitioner_id: str
    practitioner_name: str
    day: date
    starts_at: str
    ends_at: str
    why: WhyLeftOut


class PlanCounts(View):
    """How much a plan changes. booked: places taken that stand in its way."""

    new_sessions: int
    gone_sessions: int
    changed_sessions: int
    new_bands: int
    gone_bands: int
    capacities: int
    conflicts: int
    booked: int
    left_out: int
    later: int


class PlanView(View):
    """What a change would do. digest: is sent along with the change, which then does exactly this or nothing.

    left_out: extra clinics for which there is no room. later: those after `until`, the last day for which sessions are
    made now; they are made when their time comes.
    """

    digest: str
    counts: PlanCounts
    new_sessions: list[SessionShown]
    gone_sessions: list[SessionShown]
    new_bands: list[BandShown]
    gone_bands: list[BandShown]
    capacities: list[CapacityShown]
    conflicts: list[ConflictView]
    left_out: list[LeftOutView]
    later: list[SessionShown]
    until: date | None


class ConflictList(View):
    """What stands in the way of a department's plan, and the extra clinics without room; `next` is always null."""

    items: list[ConflictView]
    left_out: list[LeftOutView]
    next: str | None


class ChangeView(View):
    """Who changed what."""

    at: str
    by_name: str | None
    why: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class ChangeList(View):
    """The history of something, oldest first; `next` is always null."""

    items: list[ChangeView]
    next: str | None


Names = dict[UUID, str]


async def show_plan(digest: str, changes: Changes) -> dict[str, Any]:
    """Show what a change would do."""
    names = await _names_of(_people(changes))
    return {
        "digest": digest,
        "counts": {
            "new_sessions": len(changes.new_sessions),
            "gone_sessions": len(changes.gone_sessions),
            "changed_sessions": sum(_is_seen(one) for one in changes.sessions),
            "new_bands": len(changes.new_bands) + sum(len(one.bands) for one in changes.new_sessions),
            "gone_bands": len(changes.gone_bands),
            "capacities": len(changes.capacities),
            "conflicts": len(changes.conflicts),
            "booked": sum(max(one.taken - one.wanted, 0) for one in changes.conflicts if one.band is not None),
            "left_out": len(changes.left_out),
            "later": len(changes.later),
        },
        "new_sessions": [_session(one, names) for one in changes.new_sessions[:SHOWN]],
        "gone_sessions": [_session(one, names) for one in changes.gone_sessions[:SHOWN]],
        "new_bands": [_band(session, band, names) for session, band in changes.new_bands[:SHOWN]],
        "gone_bands": [_band(session, band, names) for session, band in changes.gone_bands[:SHOWN]],
        "capacities": [
            {
                **_place(one.session, one.band, names),
                "before": one.band.capacity,
                "after": one.capacity,
                "taken": one.band.taken,
            }
            for one in changes.capacities[:SHOWN]
        ],
        "conflicts": [_conflict(one, names) for one in changes.conflicts[:SHOWN]],
        "left_out": [_left_out(one, names) for one in changes.left_out[:SHOWN]],
        "later": [_session(one, names) for one in changes.later[:SHOWN]],
        "until": min(changes.until).isoformat() if changes.until else None,
    }


def _is_seen(change: SessionChange) -> bool:
    """Tell whether somebody sees the difference: another version of the same rule is none."""
    names = ("room_id", "ends_at", "visit_type", "opens_at", "status", "is_drawing")
    return any(getattr(change, name) != getattr(change.session, name) for name in names)


async def show_conflicts(changes: Changes) -> dict[str, Any]:
    """Show what stands in the way of a plan."""
    names = await _names_of(_people(changes))
    return {
        "items": [_conflict(one, names) for one in changes.conflicts],
        "left_out": [_left_out(one, names) for one in changes.left_out],
        "next": None,
    }


def _people(changes: Changes) -> Iterable[UUID]:
    yield from (one.practitioner_id for one in changes.new_sessions)
    yield from (one.practitioner_id for one in changes.gone_sessions)
    yield from (one.practitioner_id for one, _ in changes.new_bands)
    yield from (one.practitioner_id for one, _ in changes.gone_bands)
    yield from (one.session.practitioner_id for one in changes.capacities)
    yield from (one.session.practitioner_id for one in changes.conflicts)
    yield from (one.session.practitioner_id for one in changes.left_out)
    yield from (one.practitioner_id for one in changes.later)


async def _names_of(people: Iterable[UUID]) -> Names:
    rows = await db.fetch("SELECT id, name FROM practitioner WHERE id = ANY($1)", sorted(set(people)))
    return {row["id"]: row["name"] for row in rows}


def _person(session: StandingSession | WantedSession, names: Names) -> dict[str, Any]:
    person = session.practitioner_id
    return {"practitioner_id": str(person), "practitioner_name": names.get(person, "")}


def _place(session: StandingSession, band: StandingBand | WantedBand, names: Names) -> dict[str, Any]:
    return {
        **_person(session, names),
        "session_id": str(session.id),
        "starts_at": moment(band.starts_at),
        "ends_at": moment(band.ends_at),
        "pool": band.pool.value,
    }


def _band(session: StandingSession, band: StandingBand | WantedBand, names: Names) -> dict[str, Any]:
    return {**_place(session, band, names), "capacity": band.capacity}


def _session(session: StandingSession | WantedSession, names: Names) -> dict[str, Any]:
    places: dict[str, int] = {}
    for band in session.bands:
        places[band.pool.value] = places.get(band.pool.value, 0) + band.capacity
    return {
        "id": str(session.id) if isinstance(session, StandingSession) else None,
        **_person(session, names),
        "department_id": str(session.department_id),
        "day": session.day.isoformat(),
        "starts_at": moment(session.starts_at),
        "ends_at": moment(session.ends_at),
        "visit_type": session.visit_type,
        "opens_at": moment(session.opens_at),
        "bands": len(session.bands),
        "places": places,
    }


def _conflict(conflict: Conflict, names: Names) -> dict[str, Any]:
    span = conflict.band or conflict.session
    return {
        **_person(conflict.session, names),
        "session_id": str(conflict.session.id),
        "day": conflict.session.day.isoformat(),
        "starts_at": moment(span.starts_at),
        "ends_at": moment(span.ends_at),
        "pool": conflict.band.pool.value if conflict.band else None,
        "why": conflict.why.value,
        "taken": conflict.taken,
        "wanted": conflict.wanted,
    }


def _left_out(one: LeftOut, names: Names) -> dict[str, Any]:
    return {
        **_person(one.session, names),
        "day": one.session.day.isoformat(),
        "starts_at": moment(one.session.starts_at),
        "ends_at": moment(one.session.ends_at),
        "why": one.why.value,
    }


_TIMES = ("starts_at", "ends_at")


def show_rule(row: dict[str, Any]) -> dict[str, Any]:
    """Show a row of SCHEDULES."""
    times = {name: row[name].isoformat(timespec="minutes") for name in _TIMES}
    days = {name: row[name].isoformat() if row[name] else None for name in ("valid_from", "valid_until")}
    return {**_with_texts(row), **times, **days}


def show_exception(row: dict[str, Any]) -> dict[str, Any]:
    """Show a row of EXCEPTION_ROWS."""
    times = {name: row[name].isoformat(timespec="minutes") if row[name] else None for name in _TIMES}
    days = {name: row[name].isoformat() for name in ("first_day", "last_day")}
    return {**_with_texts(row), **times, **days, "made_at": moment(row["made_at"])}


def _with_texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def show_day(day: CalendarDay, is_own: bool) -> dict[str, Any]:
    """Show what a day is."""
    return {
        "day": day.day.isoformat(),
        "kind": day.kind.value,
        "name": day.name,
        "as_weekday": day.as_weekday,
        "is_confirmed": day.is_confirmed,
        "is_own": is_own,
    }
