"""Sessions: made from the weekly rules, opened besides, stopped."""

import asyncio
from datetime import time as wall
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from miniapp_api.booking.views import SessionView
from miniapp_api.schedules.actions import open_sessions
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.things import usual


async def a_rule(practitioner_id=None, **values):
    if practitioner_id is None:
        values["department_id"] = await props.a_department()
        await usual(values["department_id"])
        practitioner_id = await props.a_practitioner(values["department_id"])
    return await props.insert(
        "schedule_rule",
        **{
            "practitioner_id": practitioner_id,
            "weekday": time.today().weekday(),
            "starts_at": wall(8),
            "ends_at": wall(11, 45),
            "capacity": 4,
            **values,
        },
    )


async def test_the_weekly_rules_make_two_weeks_that_can_be_booked(hospital):
    await a_rule()
    assert await open_sessions() == 3
    sessions = await db.fetch("SELECT * FROM session ORDER BY day")
    today = time.today()
    assert [session["day"] for session in sessions] == [today + timedelta(days=n) for n in (0, 7, 14)]
    assert sessions[0]["starts_at"] == time.at(today, 8)
    assert [session["opens_at"] for session in sessions] == [
        time.at(session["day"] - timedelta(days=14), 0) for session in sessions
    ]
    slots = await db.fetch("SELECT * FROM slot WHERE session_id = $1 ORDER BY starts_at", sessions[0]["id"])
    assert [slot["capacity"] for slot in slots] == [4] * 8
    assert slots[-1]["ends_at"] == time.at(today, 11, 45)


async def test_making_sessions_again_or_at_once_makes_none_twice(hospital):
    await a_rule()
    await a_rule(starts_at=wall(0), ends_at=wall(0))
    assert sum(await asyncio.gather(*(open_sessions() for _ in range(3)))) == 6
    assert await open_sessions() == 0
    assert (await props.count("session"), await props.count("slot")) == (6, 3 * 8 + 3 * 48)


async def test_the_job_makes_the_day_that_comes_into_reach(hospital, clock):
    await a_rule()
    await hospital.jobs["open_sessions"].run()
    await clock.forward(days=7)
    await hospital.jobs["open_sessions"].run()
    assert await props.count("session") == 4


async def test_rules_that_are_off_make_nothing(hospital):
    department_id = await props.a_department()
    await a_rule(await props.a_practitioner(department_id, active=False), department_id=department_id)
    await a_rule(await props.a_practitioner(department_id), department_id=department_id, active=False)
    assert await open_sessions() == 0


async def an_extra(department_id, **changed) -> dict:
    practitioner_id = changed.pop("practitioner_id", None) or await props.a_practitioner(department_id)
    starts_at = time.now() + timedelta(hours=1)
    return {
        "practitioner_id": str(practitioner_id),
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(minutes=3)).isoformat(),
        "slot_minutes": 0.5,
        "capacity": 2,
        **changed,
    }


async def test_an_extra_clinic_can_be_booked_at_once(hospital):
    admin, patient = await a_member_of_staff(hospital, "admin"), await a_patient_by_row(hospital)
    department_id = await props.a_department()
    room_id = await props.a_room(department_id)
    form = await an_extra(department_id, room_id=str(room_id), visit_type="expert")
    made = await admin.post("/admin/sessions", form)
    SessionView.model_validate(made)
    assert (len(made["slots"]), made["department_id"], made["visit_type"]) == (6, str(department_id), "expert")
    assert {(slot["capacity"], slot["status"]) for slot in made["slots"]} == {(2, "open")}
    booked = await patient.books(made["slots"][0]["id"])
    assert booked["room"]["id"] == str(room_id)


async def test_an_extra_clinic_is_asked_for_once(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    form, key = await an_extra(await props.a_department()), str(uuid4())
    first = await admin.call("POST", "/admin/sessions", form, Idempotency_Key=key)
    again = await admin.call("POST", "/admin/sessions", form, Idempotency_Key=key)
    assert (first.status, first.raw) == (201, again.raw)
    reply = await admin.refused("/admin/sessions", form)
    assert (reply.status, reply.code) == (409, "session_exists")
    assert await props.count("session") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"practitioner_id": str(uuid4())},
        {"room_id": str(uuid4())},
        {"starts_at": "2026-03-01T08:00:00"},
        {"starts_at": "soon"},
        {"ends_at": "2020-01-01T00:00:00+08:00"},
        {"ends_at": "2999-01-01T00:00:00+08:00"},
        {"starts_at": "9999-12-31T00:00:00-12:00", "ends_at": "9999-12-31T23:59:59-12:00"},
        {"starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "0001-01-01T01:00:00+14:00"},
        {"slot_minutes": 0.05},
        {"slot_minutes": "NaN"},
        {"capacity": 0},
        {"capacity": 201},
        {"capacity": 10**30},
        {"visit_type": "secret"},
    ],
)
async def test_an_impossible_clinic_is_refused(hospital, change):
    admin = await a_member_of_staff(hospital, "admin")
    reply = await admin.refused("/admin/sessions", await an_extra(await props.a_department()) | change)
    assert (reply.status, reply.code) == (422, "malformed")
    assert await props.count("session") == 0


async def test_no_clinic_is_opened_where_nobody_is_in_use(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    here = await props.a_department()
    form = await an_extra(here)
    await db.fetch("UPDATE department SET active = false WHERE id = $1", here)
    reply = await admin.refused("/admin/sessions", form)
    assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, "/practitioner_id")


async def test_only_an_administrator_opens_and_stops(hospital):
    slot = await props.a_slot()
    guide, patient = await a_member_of_staff(hospital, "guide"), await a_patient_by_row(hospital)
    for person in (guide, patient):
        assert (await person.refused("/admin/sessions", {})).status == 403
        assert (await person.refused(f"/admin/sessions/{slot.session_id}/stop", {"reason": "x"})).status == 403


async def test_a_stop_cancels_and_tells_everybody(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    one, two, here = [await a_patient_by_row(hospital) for _ in range(3)]
    slot = await props.a_slot()
    ids = [(await patient.books(slot.id))["id"] for patient in (one, two, here)]
    await db.fetch("UPDATE appointment SET status = 'checked_in' WHERE id = $1", ids[2])
    stopped = await admin.post(f"/admin/sessions/{slot.session_id}/stop", {"reason": "医生外出会诊"})
    assert (stopped["status"], stopped["version"]) == ("stopped", 2)
    assert [(item["status"], item["available"]) for item in stopped["slots"]] == [("stopped", 9)]
    assert (await one.get(f"/appointments/{ids[0]}"))["status"] == "cancelled"
    assert (await here.get(f"/appointments/{ids[2]}"))["status"] == "checked_in"
    told = [
        orjson.loads(row["payload"])
        for row in await db.fetch("SELECT payload FROM fact WHERE name = 'AppointmentCancelled'")
    ]
    assert {(fact["appointment_id"], fact["by_clinic"], fact["reason"]) for fact in told} == {
        (ids[0], True, "医生外出会诊"),
        (ids[1], True, "医生外出会诊"),
    }
    assert (await one.refused("/appointments", {"slot_id": str(slot.id), "patient_id": one.patient_id})).code == (
        "session_stopped"
    )


async def test_a_stopped_session_is_not_stopped_again(hospital):
    admin = await a_member_of_staff(hospital, "admin")
    slot = await props.a_slot()
    path = f"/admin/sessions/{slot.session_id}/stop"
    assert (await admin.call("POST", path, {"reason": "x"}, If_Match='"9"')).status == 412
    await admin.post(path, {"reason": "停诊"})
    assert (await admin.refused(path, {"reason": "停诊"})).code == "session_stopped"
    assert (await admin.refused(path, {"reason": ""})).status == 422
    assert (await admin.refused(f"/admin/sessions/{uuid4()}/stop", {"reason": "停诊"})).status == 404
