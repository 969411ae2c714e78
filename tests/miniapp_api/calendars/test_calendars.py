"""A practitioner's calendar: an address that is a secret, sessions that a calendar program reads."""

from datetime import timedelta
from uuid import UUID, uuid4

from icalendar import Calendar

from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row


async def the_doctor(hospital, slot):
    doctor = await a_member_of_staff(hospital, "room", department_id=slot.department_id)
    await db.fetch("UPDATE staff SET practitioner_id = $2 WHERE id = $1", UUID(doctor.staff_id), slot.practitioner_id)
    return doctor


async def asks(hospital, path: str, **headers):
    async with hospital.http.get(hospital.base + path, headers=headers) as reply:
        return reply.status, reply.headers, await reply.read()


async def test_a_calendar_shows_sessions_with_counts_and_nobody(hospital):
    slot = await props.a_slot(starts_at=time.at(time.today() + timedelta(days=1), 9), capacity=4)
    stopped = await props.a_slot(
        starts_at=time.at(time.today() + timedelta(days=2), 9),
        department_id=slot.department_id,
        practitioner_id=slot.practitioner_id,
        status="stopped",
    )
    await (await a_patient_by_row(hospital, name="何不显示")).books(slot.id)
    doctor = await the_doctor(hospital, slot)
    made = await doctor.post(f"/practitioners/{slot.practitioner_id}/calendar")
    status, headers, body = await asks(hospital, made["path"])
    assert (status, headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert "何不显示" not in body.decode()
    events = {str(event["uid"]): event for event in Calendar.from_ical(body).walk("VEVENT")}
    assert set(events) == {f"{one.session_id}@hospital-service" for one in (slot, stopped)}
    event = events[f"{slot.session_id}@hospital-service"]
    assert event.decoded("dtstart") == slot.starts_at
    assert "号源 4，已约 1" in str(event["description"])
    assert str(events[f"{stopped.session_id}@hospital-service"]["status"]) == "CANCELLED"


async def test_a_calendar_that_did_not_change_is_not_sent_again(hospital):
    slot = await props.a_slot()
    doctor = await the_doctor(hospital, slot)
    path = (await doctor.post(f"/practitioners/{slot.practitioner_id}/calendar"))["path"]
    _, headers, _ = await asks(hospital, path)
    assert (await asks(hospital, path, **{"If-None-Match": headers["ETag"]}))[0] == 304
    await (await a_patient_by_row(hospital)).books(slot.id)
    assert (await asks(hospital, path, **{"If-None-Match": headers["ETag"]}))[0] == 200


async def test_an_address_dies_with_the_next_one_and_when_it_is_given_up(hospital):
    slot = await props.a_slot()
    doctor = await the_doctor(hospital, slot)
    path = f"/practitioners/{slot.practitioner_id}/calendar"
    assert await doctor.get(path) == {"made_at": None, "made_by": None}
    first = (await doctor.post(path))["path"]
    second = (await doctor.post(path))["path"]
    assert [(await asks(hospital, one))[0] for one in (first, second)] == [404, 200]
    assert (await doctor.get(path))["made_by"]
    assert (await doctor.call("DELETE", path)).status == 204
    assert (await asks(hospital, second))[0] == 404
    assert await db.fetch("SELECT id FROM calendar_feed WHERE revoked_at IS NULL") == []


async def test_only_the_practitioner_and_the_head_have_the_address(hospital):
    slot = await props.a_slot()
    path = f"/practitioners/{slot.practitioner_id}/calendar"
    colleague = await a_member_of_staff(hospital, "room", department_id=slot.department_id)
    assert (await colleague.refused(path)).status == 403
    head = await a_member_of_staff(hospital, "department_head", department_id=slot.department_id)
    await head.post(path)
    assert (await head.refused(f"/practitioners/{uuid4()}/calendar")).status == 404
    assert (await asks(hospital, "/api/v1/calendars/guess/sessions.ics"))[0] == 404
