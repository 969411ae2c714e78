"""Who is on duty: weekdays, dates, holidays, night shifts, absences; asked at the moment of sending."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from server import clock, db
from server.hospital import on_duty
from server.workdays import is_holiday
from tests import props

MONDAY = date(2026, 11, 23)
NEW_YEAR = date(2026, 1, 1)  # a Thursday
GOLDEN_SATURDAY = date(2026, 10, 10)  # worked in place of a day of the National Day week
DAY = (time(8), time(18))
NIGHT = (time(20), time(8))


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.local(clock.now()).tzinfo)


async def weekly(staff_id: UUID, day: date, hours: tuple[time, time] = DAY, **values) -> None:
    line = {"level": 1, "weekday": day.weekday(), "starts_at": hours[0], "ends_at": hours[1], **values}
    await props.insert("duty", staff_id=staff_id, **line)


async def dated(staff_id: UUID, day: date, hours: tuple[time, time] = DAY) -> None:
    await props.insert("duty_day", staff_id=staff_id, day=day, level=1, starts_at=hours[0], ends_at=hours[1])


async def away(staff_id: UUID, day: date, stands_in: UUID | None = None) -> None:
    await props.insert(
        "duty_off",
        staff_id=staff_id,
        from_at=moment(day, 0),
        until_at=moment(day + timedelta(days=1), 0),
        why="休假",
        stands_in=stands_in,
    )


async def names(day: date, hour: int, minute: int = 0) -> list[str]:
    return [person.name for person in await on_duty(1, moment(day, hour, minute))]


@pytest.fixture
async def people(hospital) -> dict[str, UUID]:
    return {name: await props.a_staff("supervisor", name=name) for name in ("甲", "乙", "丙")}


async def test_a_line_of_a_weekday_holds_from_its_beginning_to_just_before_its_end(people):
    await weekly(people["甲"], MONDAY)
    seen = [(await names(MONDAY, *at)) for at in ((7, 59), (8, 0), (17, 59), (18, 0))]
    assert seen == [[], ["甲"], ["甲"], []]
    assert await names(MONDAY + timedelta(days=1), 9) == []
    assert await names(MONDAY + timedelta(days=7), 9) == ["甲"]


async def test_a_night_shift_belongs_to_the_day_on_which_it_begins(people):
    await weekly(people["甲"], MONDAY, NIGHT)
    tuesday = MONDAY + timedelta(days=1)
    assert await names(MONDAY, 19, 59) == []
    assert await names(MONDAY, 3) == []
    assert [await names(MONDAY, 20), await names(tuesday, 7, 59), await names(tuesday, 8)] == [["甲"], ["甲"], []]


async def test_a_line_of_a_date_stands_in_place_of_the_weekday(people):
    await weekly(people["甲"], MONDAY, NIGHT)
    await dated(people["乙"], MONDAY)
    assert await names(MONDAY, 9) == ["乙"]
    assert await names(MONDAY, 21) == []  # the whole weekday, at this level
    assert await names(MONDAY + timedelta(days=1), 3) == []
    assert await names(MONDAY + timedelta(days=7), 21) == ["甲"]


async def test_new_years_day_has_the_lines_that_hold_on_holidays(people):
    assert is_holiday(NEW_YEAR)
    await weekly(people["甲"], NEW_YEAR, on_holidays=False)
    await weekly(people["乙"], NEW_YEAR, on_holidays=True)
    assert await names(NEW_YEAR, 9) == ["乙"]
    assert await names(NEW_YEAR + timedelta(days=7), 9) == ["甲", "乙"]
    await dated(people["丙"], NEW_YEAR, NIGHT)
    assert [await names(NEW_YEAR, 9), await names(NEW_YEAR + timedelta(days=1), 3)] == [[], ["丙"]]


async def test_what_the_hospital_says_of_a_day_counts_more_than_the_library(people):
    await weekly(people["甲"], NEW_YEAR, on_holidays=False)
    await props.insert_without_id("calendar_day", day=NEW_YEAR, kind="workday", name="照常上班")
    assert await names(NEW_YEAR, 9) == ["甲"]
    await weekly(people["乙"], MONDAY, on_holidays=False)
    await props.insert_without_id("calendar_day", day=MONDAY, kind="holiday", name="院庆")
    assert await names(MONDAY, 9) == []


async def test_a_make_up_day_has_the_lines_of_its_own_weekday(people):
    await weekly(people["甲"], GOLDEN_SATURDAY, on_holidays=False)
    assert await names(GOLDEN_SATURDAY, 9) == ["甲"]


async def test_who_is_away_is_not_called_and_who_stands_in_takes_the_line(people):
    await weekly(people["甲"], MONDAY)
    await away(people["甲"], MONDAY, people["丙"])
    [person] = await on_duty(1, moment(MONDAY, 9))
    assert (person.name, person.stands_for) == ("丙", "甲")
    await away(people["丙"], MONDAY)
    assert await names(MONDAY, 9) == []
    assert await names(MONDAY + timedelta(days=7), 9) == ["甲"]


async def test_who_stands_in_and_is_on_duty_anyway_is_called_once(people):
    await weekly(people["甲"], MONDAY)
    await weekly(people["乙"], MONDAY)
    await away(people["甲"], MONDAY, people["乙"])
    assert [(one.name, one.stands_for) for one in await on_duty(1, moment(MONDAY, 9))] == [("乙", "")]


async def test_nobody_who_has_left_is_on_duty(people):
    await weekly(people["甲"], MONDAY)
    await db.fetch("UPDATE staff SET active = false WHERE id = $1", people["甲"])
    assert await names(MONDAY, 9) == []
