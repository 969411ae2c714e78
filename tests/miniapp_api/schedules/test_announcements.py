"""What staff are told without asking, and extra clinics that no plan may drop in silence."""

from datetime import date, time, timedelta
from typing import Any

import orjson

from miniapp_api.schedules import actions, announcements
from miniapp_api.schedules.actions import open_sessions
from miniapp_api.schedules.rules import DAYS_AHEAD, ExceptionKind, ScheduleException, WhyLeftOut, expand_all
from server import clock as watch
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.test_edits import an_office, creates, does, previews
from tests.miniapp_api.schedules.test_expansion import an_exception
from tests.miniapp_api.schedules.things import DOCTOR, MONDAY, a_rule, a_template, bands_of, slot_at, tomorrow, weekly

FAR = timedelta(days=DAYS_AHEAD * 4)


async def facts(name: str) -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT payload FROM fact WHERE name = $1 ORDER BY id", name)
    return [orjson.loads(row["payload"]) for row in rows]


def an_extra(form: dict[str, Any], day: date, begin: str = "08:00", end: str = "09:00") -> dict[str, Any]:
    names = ("practitioner_id", "department_id", "room_id", "capacity")
    days = {"first_day": day.isoformat(), "last_day": day.isoformat()}
    return {"kind": "extra", "starts_at": begin, "ends_at": end, **days, **{name: form[name] for name in names}}


def extra_from_nine_to_ten() -> ScheduleException:
    hours = {"starts_at": time(9), "ends_at": time(10)}
    return an_exception(ExceptionKind.EXTRA, practitioner_id=DOCTOR, capacities=weekly().capacities, **hours)


def test_an_extra_clinic_beside_another_is_left_out_and_named():
    extra = extra_from_nine_to_ten()
    kept, left_out = expand_all(a_template(weekly(), exceptions=(extra,)))
    assert [one.exception_id for one in kept] == [None]
    assert [(one.session.exception_id, one.why) for one in left_out] == [(extra.id, WhyLeftOut.BUSY)]


def test_a_clinic_that_a_closure_takes_whole_leaves_room_for_an_extra_one():
    extra = extra_from_nine_to_ten()
    closure = an_exception(ExceptionKind.CLOSURE, first=MONDAY)
    kept, left_out = expand_all(a_template(weekly(), exceptions=(closure, extra)))
    assert ([one.exception_id for one in kept], left_out) == ([extra.id], [])


async def test_an_extra_clinic_far_ahead_is_shown_as_later_and_made_when_its_time_comes(hospital, clock):
    admin, form = await an_office(hospital)
    day = tomorrow() + FAR
    extra = an_extra(form, day)
    found = await previews(admin, create_exception=extra)
    assert (found["counts"]["new_sessions"], found["counts"]["later"]) == (0, 1)
    assert [one["day"] for one in found["later"]] == [day.isoformat()]
    assert found["until"] < day.isoformat()
    await admin.post("/admin/schedule-exceptions", extra | {"digest": found["digest"]})
    assert await open_sessions() == 0
    await clock.set_to(watch.at(day - timedelta(days=3), 9))
    assert await open_sessions() == 1
    assert await bands_of(day) == [("08:00", 3), ("08:30", 3)]


async def test_an_extra_clinic_far_ahead_that_has_no_room_is_refused_in_words(hospital):
    admin, form = await an_office(hospital)
    await creates(admin, form)
    extra = an_extra(form, tomorrow() + timedelta(days=7 * 8), "08:30", "09:30")
    assert (await admin.refused("/admin/schedules/preview", {"create_exception": extra})).code == "schedule_overlap"


async def test_a_clinic_that_takes_an_extra_one_its_room_says_so(hospital):
    admin, form = await an_office(hospital)
    for day in (tomorrow(), tomorrow() + timedelta(days=7 * 8)):
        extra = an_extra(form, day)
        digest = (await previews(admin, create_exception=extra))["digest"]
        await admin.post("/admin/schedule-exceptions", extra | {"digest": digest})
    found = await previews(admin, create=form)
    assert [(one["day"], one["why"]) for one in found["left_out"]] == [
        (day.isoformat(), "busy") for day in (tomorrow(), tomorrow() + timedelta(days=7 * 8))
    ]
    await admin.post("/admin/schedules", form | {"digest": found["digest"]})
    told = await admin.get(f"/admin/schedules/conflicts?department={form['department_id']}")
    assert (told["items"], len(told["left_out"])) == ([], 2)
    (fact,) = await facts("ScheduleConflictsFound")
    assert (fact["count"], fact["places"]) == (2, 0)


async def test_bookings_in_the_way_call_the_planners_once_until_they_are_gone(hospital):
    rule = await a_rule()
    department = rule["department_id"]
    admin = await a_member_of_staff(hospital, "admin")
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    await open_sessions()
    assert await facts("ScheduleConflictsFound") == []
    patient = await a_patient_by_row(hospital)
    booked = await patient.books((await slot_at(tomorrow(), 8)).id)
    found = await previews(admin, end={"id": str(rule["id"])})
    await does(admin, "DELETE", f"/admin/schedules/{rule['id']}?digest={found['digest']}", expect=204)
    for _ in range(2):
        await open_sessions()
    (fact,) = await facts("ScheduleConflictsFound")
    assert (fact["department_id"], fact["count"], fact["places"]) == (str(department), 1, 1)
    assert set(fact["staff_ids"]) == {admin.staff_id, head.staff_id}
    assert await facts("ScheduleConflictsSettled") == []
    await patient.post(f"/appointments/{booked['id']}/cancellation", {})
    for _ in range(2):
        await open_sessions()
    assert [one["department_id"] for one in await facts("ScheduleConflictsSettled")] == [str(department)]


async def test_an_alert_rings_for_the_planner_and_ends_with_the_conflict(hospital, drain):
    rule = await a_rule()
    admin = await a_member_of_staff(hospital, "admin")
    await open_sessions()
    patient = await a_patient_by_row(hospital)
    booked = await patient.books((await slot_at(tomorrow(), 8)).id)
    await db.fetch("UPDATE schedule_rule SET active = false WHERE id = $1", rule["id"])
    await drain()
    (alert,) = [one for one in (await admin.get("/alerts"))["items"] if one["kind"] == "schedule_conflicts"]
    assert (alert["state"], alert["subject_kind"]) == ("raised", "department")
    assert "1 个已约号" in alert["detail"]
    await patient.post(f"/appointments/{booked['id']}/cancellation", {})
    await drain()
    (alert,) = [one for one in (await admin.get("/alerts"))["items"] if one["kind"] == "schedule_conflicts"]
    assert alert["state"] == "resolved"


async def test_an_unknown_year_is_told_once_and_its_alert_ends_when_it_is_confirmed(
    hospital, clock, drain, monkeypatch
):
    monkeypatch.setattr(announcements, "official_day", lambda day: None if day.year == 2031 else day)
    monkeypatch.setattr(actions, "official_day", lambda day: None)
    admin = await a_member_of_staff(hospital, "admin")
    head = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    await clock.set_to(watch.at(date(2030, 11, 14), 12))
    await announcements.watch_calendar()
    assert await facts("HolidaysUnknown") == []
    await clock.set_to(watch.at(date(2030, 11, 15), 12))
    for _ in range(3):
        await announcements.watch_calendar()
    (fact,) = await facts("HolidaysUnknown")
    assert (fact["year"], fact["staff_ids"]) == (2031, [admin.staff_id])
    admin.token = await props.a_token(staff_id=admin.staff_id)  # the first one ended in these years
    await drain()
    (alert,) = [one for one in (await admin.get("/alerts"))["items"] if one["kind"] == "holidays_unknown"]
    assert (alert["state"], "2031" in alert["title"]) == ("raised", True)
    head.token = await props.a_token(staff_id=head.staff_id)
    assert (await head.get("/alerts"))["items"] == []
    reply = await admin.call("PUT", "/admin/calendar/years/2031")
    assert reply.status == 204, reply.raw
    await drain()
    (alert,) = [one for one in (await admin.get("/alerts"))["items"] if one["kind"] == "holidays_unknown"]
    assert alert["state"] == "resolved"
    assert len(await facts("HolidaysUnknown")) == 1
