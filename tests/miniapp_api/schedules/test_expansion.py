"""How weekly rules become sessions and bands."""

import itertools
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.schedules import rules
from miniapp_api.schedules.rules import (
    Band,
    CalendarDay,
    DayKind,
    ExceptionKind,
    OnHolidays,
    Pool,
    ScheduleException,
    Setting,
    calendar_day,
    release_moment,
    session_time,
)
from server import clock
from server.errors import Malformed
from server.ids import new_id
from tests.miniapp_api.schedules.things import (
    DEPARTMENT,
    DOCTOR,
    MONDAY,
    a_template,
    at,
    expand,
    ordinary,
    week,
    weekly,
)

NOON = at(MONDAY, 12)
MINUTE = timedelta(minutes=1)


def an_exception(kind: ExceptionKind, first: date = MONDAY, last: date | None = None, **more) -> ScheduleException:
    values = {"practitioner_id": None, "department_id": None, "id": new_id(), "version": 1, **more}
    return ScheduleException(kind=kind, first_day=first, last_day=last or first, **values)


def leave(**more) -> ScheduleException:
    return an_exception(ExceptionKind.LEAVE, **{"practitioner_id": DOCTOR, **more})


def places(session) -> list[tuple[str, int]]:
    return [(f"{clock.local(band.starts_at):%H:%M}", band.capacity) for band in session.bands]


def test_a_session_is_cut_into_bands_and_the_last_may_be_shorter():
    assert rules.bands(NOON, NOON + 75 * MINUTE, 30) == [
        Band(NOON, NOON + 30 * MINUTE),
        Band(NOON + 30 * MINUTE, NOON + 60 * MINUTE),
        Band(NOON + 60 * MINUTE, NOON + 75 * MINUTE),
    ]
    assert rules.bands(NOON, NOON + 10 * MINUTE, 30) == [Band(NOON, NOON + 10 * MINUTE)]
    assert len(rules.bands(NOON, NOON + MINUTE, 0.1)) == 10
    with pytest.raises(Malformed):
        rules.bands(NOON, NOON + timedelta(hours=24), 0.5)


def test_midnight_to_midnight_is_the_whole_day():
    begin, end = session_time(MONDAY, time(0), time(0))
    assert (end - begin, begin.isoformat()) == (timedelta(days=1), "2026-03-02T00:00:00+08:00")
    begin, end = session_time(MONDAY, time(13, 30), time(17))
    assert end - begin == timedelta(hours=3, minutes=30)


def test_several_sessions_of_a_day_each_with_its_pools():
    morning = weekly(ends_at=time(9), capacities={Pool.APP: 4, Pool.DESK: 2, Pool.REVISIT: 0})
    evening = weekly(starts_at=time(18), ends_at=time(0), slot_minutes=180)
    found = expand(a_template(morning, evening))
    assert [(one.day, one.starts_at.hour, one.rule_id) for one in found] == [
        (MONDAY, 8, morning.id),
        (MONDAY, 18, evening.id),
    ]
    assert [(band.pool, band.capacity) for band in found[0].bands] == [(Pool.APP, 4), (Pool.DESK, 2)] * 2
    assert found[1].bands[-1].ends_at == at(MONDAY + timedelta(days=1), 0)


def test_a_version_holds_from_its_first_to_its_last_day():
    next_monday = MONDAY + timedelta(days=7)
    old = weekly(valid_until=next_monday - timedelta(days=1))
    new = weekly(valid_from=next_monday, capacities={Pool.APP: 9})
    found = expand(a_template(old, new, days=week(days=21)))
    assert [(one.rule_id, one.bands[0].capacity) for one in found] == [(old.id, 4), (new.id, 9), (new.id, 9)]


@pytest.mark.parametrize(
    ("kind", "as_weekday", "setting", "weekday"),
    [
        (DayKind.HOLIDAY, None, OnHolidays.CLOSED, None),
        (DayKind.HOLIDAY, None, OnHolidays.SUNDAY, 6),
        (DayKind.HOLIDAY, None, OnHolidays.USUAL, 0),
        (DayKind.MAKEUP, 4, OnHolidays.SUNDAY, 4),
        (DayKind.MAKEUP, 4, OnHolidays.CLOSED, 4),
        (DayKind.MAKEUP, 4, OnHolidays.USUAL, 0),
        (DayKind.WORKDAY, None, OnHolidays.CLOSED, 0),
        (DayKind.WEEKEND, None, OnHolidays.CLOSED, 0),
    ],
)
def test_whose_clinics_a_day_has(kind, as_weekday, setting, weekday):
    day = CalendarDay(MONDAY, kind, as_weekday=as_weekday)
    found = expand(
        a_template(*(weekly(weekday=n) for n in range(7)), days=(day,), setting=Setting(on_holidays=setting))
    )
    clinics = [one for one in found if one.day == MONDAY]
    assert len(clinics) == (weekday is not None)
    assert rules.weekday_of(day, setting) == weekday


def test_leave_of_hours_takes_the_bands_that_it_touches():
    (session,) = expand(a_template(weekly(), exceptions=(leave(starts_at=time(9, 15), ends_at=time(10)),)))
    assert (session.starts_at, session.ends_at) == (at(MONDAY, 8), at(MONDAY, 12))
    assert [begin for begin, _ in places(session)] == ["08:00", "08:30", "10:00", "10:30", "11:00", "11:30"]


def test_whole_days_away_leave_no_session_also_after_midnight():
    night = weekly(starts_at=time(22), ends_at=time(6), slot_minutes=60)
    assert expand(a_template(weekly(), exceptions=(leave(),))) == []
    (session,) = expand(a_template(night, exceptions=(leave(first=MONDAY + timedelta(days=1)),)))
    assert [begin for begin, _ in places(session)] == ["22:00", "23:00"]


def test_an_extra_clinic_stands_on_a_closed_day_but_not_in_leave():
    extra = an_exception(
        ExceptionKind.EXTRA,
        practitioner_id=DOCTOR,
        department_id=DEPARTMENT,
        starts_at=time(14),
        ends_at=time(15),
        capacities={Pool.APP: 5},
    )
    closure = an_exception(ExceptionKind.CLOSURE)
    (session,) = expand(a_template(weekly(), exceptions=(extra, closure)))
    assert (session.exception_id, places(session)) == (extra.id, [("14:00", 5), ("14:30", 5)])
    assert expand(a_template(exceptions=(extra, leave()))) == []


def test_nobody_is_in_two_places_at_once():
    extra = an_exception(
        ExceptionKind.EXTRA,
        practitioner_id=DOCTOR,
        department_id=DEPARTMENT,
        starts_at=time(11),
        ends_at=time(15),
        capacities={Pool.APP: 5},
    )
    rule = weekly()
    assert [one.rule_id for one in expand(a_template(rule, exceptions=(extra,)))] == [rule.id]


def test_the_narrowest_capacity_decides_and_of_equals_the_later():
    hospital = an_exception(ExceptionKind.CAPACITY, capacities={Pool.APP: 1, Pool.DESK: 1})
    person = an_exception(ExceptionKind.CAPACITY, practitioner_id=DOCTOR, capacities={Pool.APP: 8})
    later = an_exception(
        ExceptionKind.CAPACITY,
        practitioner_id=DOCTOR,
        capacities={Pool.APP: 9},
        starts_at=time(11),
        ends_at=time(0),
    )
    (session,) = expand(a_template(weekly(), exceptions=(person, later, hospital)))
    app = [band.capacity for band in session.bands if band.pool is Pool.APP]
    assert app == [8] * 6 + [9] * 2
    assert {band.capacity for band in session.bands if band.pool is Pool.DESK} == {1}


def test_release_is_to_the_second():
    setting = Setting(days_ahead=7, at=time(7, 0, 30))
    assert release_moment(MONDAY, setting).isoformat() == "2026-02-23T07:00:30+08:00"
    assert setting.horizon_days == 14
    assert Setting(days_ahead=30).horizon_days == 32


def test_a_year_that_nobody_knows_is_marked():
    unknown = calendar_day(MONDAY, official=None, override=None, is_year_confirmed=False)
    assert (unknown.kind, unknown.is_confirmed) == (DayKind.WORKDAY, False)
    assert calendar_day(MONDAY, official=None, override=None, is_year_confirmed=True).is_confirmed
    own = CalendarDay(MONDAY, DayKind.HOLIDAY, name="院庆")
    assert calendar_day(MONDAY, official=ordinary(MONDAY), override=own, is_year_confirmed=False) is own
    (session,) = expand(a_template(weekly(), days=(unknown,)))
    assert session.is_unconfirmed
    (session,) = expand(a_template(weekly(), days=(unknown,), setting=Setting(on_holidays=OnHolidays.USUAL)))
    assert not session.is_unconfirmed


minutes_of_day = st.integers(0, 287).map(lambda n: time(n // 12, n % 12 * 5))
some_rules = st.lists(
    st.builds(
        lambda weekday, begin, end, minutes, people, app, desk: weekly(
            weekday=weekday,
            starts_at=begin,
            ends_at=end,
            slot_minutes=minutes,
            practitioner_id=people,
            capacities={Pool.APP: app, Pool.DESK: desk},
        ),
        st.integers(0, 6),
        minutes_of_day,
        minutes_of_day,
        st.sampled_from([5, 20, 30, 45, 60]),
        st.sampled_from([DOCTOR, DEPARTMENT]),
        st.integers(0, 5),
        st.integers(0, 2),
    ),
    max_size=6,
)


@given(some_rules, st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "UTC"]))
def test_sessions_are_the_rules_on_their_weekdays_cut_without_gap(some, zone):
    clock.use_zone(zone)
    try:
        found = expand(a_template(*some, days=week(days=14)))
        by_id = {rule.id: rule for rule in some}
        for session in found:
            rule = by_id[session.rule_id]
            begin = session.starts_at.astimezone(ZoneInfo(zone))
            assert (begin.date(), begin.time(), begin.weekday()) == (session.day, rule.starts_at, rule.weekday)
            assert session.ends_at.astimezone(ZoneInfo(zone)).time() == rule.ends_at
            assert timedelta(0) < session.ends_at - session.starts_at <= timedelta(days=1)
            for pool in Pool:
                mine = [band for band in session.bands if band.pool is pool]
                if not rule.capacities.get(pool):
                    assert mine == []
                    continue
                assert (mine[0].starts_at, mine[-1].ends_at) == (session.starts_at, session.ends_at)
                assert all(one.ends_at == other.starts_at for one, other in itertools.pairwise(mine))
                length = timedelta(minutes=rule.slot_minutes)
                assert all(band.ends_at - band.starts_at == length for band in mine[:-1])
                assert timedelta(0) < mine[-1].ends_at - mine[-1].starts_at <= length
        for person in {session.practitioner_id for session in found}:
            mine = [session for session in found if session.practitioner_id == person]
            assert all(one.ends_at <= other.starts_at for one, other in itertools.pairwise(mine))
        assert expand(a_template(*some, days=week(days=14))) == found
    finally:
        clock.use_zone("Asia/Shanghai")


@given(some_rules, st.integers(0, 6), minutes_of_day, minutes_of_day)
def test_no_band_of_somebody_lies_in_their_leave_and_all_others_stay(some, offset, begin, end):
    day = MONDAY + timedelta(days=offset)
    away = leave(first=day, starts_at=begin, ends_at=end)
    whole, cut = (expand(a_template(*some, exceptions=exceptions)) for exceptions in ((), (away,)))
    away_from, away_to = session_time(day, begin, end)

    def bands(sessions):
        return {(one.practitioner_id, band) for one in sessions for band in one.bands}

    touched = {
        (person, band)
        for person, band in bands(whole)
        if person == DOCTOR and band.starts_at < away_to and away_from < band.ends_at
    }
    assert bands(cut) == bands(whole) - touched


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.sampled_from(OnHolidays))
def test_a_closed_hospital_has_no_clinic_whatever_the_day(day, setting):
    everything = [weekly(weekday=n) for n in range(7)]
    closure = an_exception(ExceptionKind.CLOSURE, first=day)
    template = a_template(*everything, days=(ordinary(day),), setting=Setting(on_holidays=setting))
    assert len(expand(template)) == 1
    assert expand(replace(template, exceptions=(closure,))) == []


def test_zones_matter_only_to_the_hospital():
    assert session_time(MONDAY, time(0, 30), time(1))[0] == datetime(2026, 3, 1, 16, 30, tzinfo=ZoneInfo("UTC"))
