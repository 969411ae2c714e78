"""A department's week, one session, another room for it."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.schedules.actions import open_sessions
from miniapp_api.timetable import models, views
from miniapp_api.timetable.actions import tell_of_room
from server import clock as watch
from server import db
from server.facts import SessionRoomChanged
from tests import props
from tests.cast import StaffClient, a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.things import a_rule, slot_at, tomorrow


async def a_week(hospital, **rule):
    """An administrator, and a department whose one clinic of tomorrow has its sessions; gives its row too."""
    admin = await a_member_of_staff(hospital, "admin")
    row = await a_rule(desk_capacity=1, **rule)
    await open_sessions()
    return admin, row


async def week_of(staff: StaffClient, department_id: UUID, day=None) -> dict:
    found = await staff.get(f"/admin/timetable?department={department_id}&day={day or tomorrow()}")
    views.WeekView.model_validate(found)
    return found


async def the_session(staff: StaffClient, department_id: UUID) -> dict:
    (cell,) = [one for one in (await week_of(staff, department_id))["sessions"] if one["day"] == str(tomorrow())]
    found = await staff.get(f"/admin/timetable/sessions/{cell['id']}")
    views.TimetableSession.model_validate(found)
    return found


def place_in(message: dict) -> str:
    return next((line["text"] for line in message["lines"] if line["label"] == "地点"), "")


async def puts_room(staff: StaffClient, session: dict, room_id, *, expect: int = 200):
    path = f"/admin/timetable/sessions/{session['id']}/room"
    body = {"room_id": str(room_id) if room_id else None, "why": "设备检修"}
    reply = await staff.call("PUT", path, body, If_Match=str(session["version"]))
    assert reply.status == expect, reply.raw
    return reply


async def test_a_week_says_who_sits_when_and_how_full_it_is(hospital):
    admin, rule = await a_week(hospital)
    await (await a_patient_by_row(hospital)).books((await slot_at(tomorrow(), 8)).id)
    found = await week_of(admin, rule["department_id"])
    assert [one["day"] for one in found["days"]] == [
        str(tomorrow() - timedelta(days=tomorrow().weekday() - n)) for n in range(7)
    ]
    assert [one["id"] for one in found["practitioners"]] == [str(rule["practitioner_id"])]
    (cell,) = [one for one in found["sessions"] if one["day"] == str(tomorrow())]
    assert cell["places"] == {"app": {"capacity": 12, "taken": 1}, "desk": {"capacity": 4, "taken": 0}}
    assert (cell["status"], cell["origin"], cell["rule_id"]) == ("open", "rule", str(rule["id"]))
    session = await the_session(admin, rule["department_id"])
    assert [(one["starts_at"][11:16], one["pool"], one["capacity"], one["taken"]) for one in session["bands"][:3]] == [
        ("08:00", "app", 3, 1),
        ("08:00", "desk", 1, 0),
        ("08:30", "app", 3, 0),
    ]
    assert session["people"] == 1


async def test_who_is_away_and_a_guest_stand_in_the_week(hospital):
    admin, rule = await a_week(hospital)
    department = rule["department_id"]
    guest = await props.a_practitioner(await props.a_department(), name="客座")
    await a_rule(department_id=department, practitioner_id=guest, starts_at=watch.at(tomorrow(), 14).timetz())
    for values in (
        {"kind": "leave", "practitioner_id": rule["practitioner_id"], "reason": "进修"},
        {"kind": "closure", "department_id": department},
        {"kind": "closure", "department_id": await props.a_department()},
    ):
        await props.insert("schedule_exception", first_day=tomorrow(), last_day=tomorrow(), **values)
    found = await week_of(admin, department)
    assert {one["name"] for one in found["practitioners"]} >= {"客座"}
    assert [(one["kind"], one["reason"]) for one in found["away"]] == [("leave", "进修"), ("closure", "")]


async def test_a_week_is_a_few_statements_however_many_sit_there(hospital, monkeypatch):
    admin, rule = await a_week(hospital)
    for _ in range(12):
        person = await props.a_practitioner(rule["department_id"])
        await a_rule(department_id=rule["department_id"], practitioner_id=person)
    await open_sessions()
    asked = []
    fetch = db.fetch

    async def counted(sql, *args):
        asked.append(sql)
        return await fetch(sql, *args)

    monkeypatch.setattr(db, "fetch", counted)
    assert len((await week_of(admin, rule["department_id"]))["practitioners"]) == 13
    assert len(asked) <= 12


async def test_another_room_is_kept_by_the_plan_and_told_to_whoever_is_booked(hospital, drain):
    department = await props.a_department(location="门诊楼2层A区")
    old = await props.a_room(department, name="1诊室")
    new = await props.a_room(department, name="9诊室")
    admin, _ = await a_week(hospital, department_id=department, room_id=old)
    patient = await a_patient_by_row(hospital)
    slot = next(iter((await the_session(admin, department))["bands"]))
    booked = await patient.books(slot["id"])
    before = await the_session(admin, department)
    after = (await puts_room(admin, before, new)).body
    assert (after["room_name"], after["has_own_room"], after["version"] > before["version"]) == ("9诊室", True, True)
    (line,) = after["changes"]
    assert (line["before"], line["after"], line["why"]) == ({"room": "1诊室"}, {"room": "9诊室"}, "设备检修")
    await drain()
    (message,) = [one for one in await patient.inbox() if one["event"] == "visit_place_changed"]
    assert "9诊室" in place_in(message)
    seen = await patient.get(f"/appointments/{booked['id']}")
    assert (seen["room"]["name"], seen["version"]) == ("9诊室", booked["version"] + 1)
    assert (await the_session(admin, department))["room_name"] == "9诊室"
    plan = await admin.get(f"/admin/schedules/conflicts?department={department}")
    assert plan["items"] == []
    back = (await puts_room(admin, after, old)).body
    assert back["has_own_room"] is False


async def test_a_room_that_changes_nothing_tells_nobody(hospital, drain):
    department = await props.a_department()
    one, two = [await props.a_room(department, name="1诊室", location="2层") for _ in range(2)]
    admin, _ = await a_week(hospital, department_id=department, room_id=one)
    patient = await a_patient_by_row(hospital)
    session = await the_session(admin, department)
    await patient.books(session["bands"][0]["id"])
    assert (await puts_room(admin, session, one)).body["version"] == session["version"]
    await puts_room(admin, session, two)
    await drain()
    assert [message["event"] for message in await patient.inbox()] == ["appointment_booked"]


async def test_a_booking_under_way_while_the_room_changes_hears_of_it(hospital, drain):
    department = await props.a_department()
    one, two = [await props.a_room(department, name=f"{n}诊室") for n in (1, 2)]
    admin, _ = await a_week(hospital, department_id=department, room_id=one)
    session = await the_session(admin, department)
    people = [await a_patient_by_row(hospital) for _ in range(6)]
    bands = [band["id"] for band in session["bands"] if band["pool"] == "app"]
    await asyncio.gather(
        *(person.books(bands[n % len(bands)]) for n, person in enumerate(people)), puts_room(admin, session, two)
    )
    await drain()
    for person in people:
        texts = [place_in(one) for one in await person.inbox()]
        assert any("2诊室" in text for text in texts), texts


async def test_what_cannot_be_moved_is_refused(hospital):
    admin, rule = await a_week(hospital)
    department = rule["department_id"]
    session = await the_session(admin, department)
    elsewhere = await props.a_room(await props.a_department())
    assert (await puts_room(admin, session, elsewhere, expect=422)).body["errors"][0]["pointer"] == "/room_id"
    room = await props.a_room(department)
    assert (await puts_room(admin, session | {"version": 99}, room, expect=412)).body["resource"]["version"] == 1
    await db.fetch("UPDATE session SET status = 'stopped' WHERE id = $1", UUID(session["id"]))
    assert (await puts_room(admin, session, room, expect=409)).code == "session_stopped"
    await db.fetch(
        "UPDATE session SET status = 'open', starts_at = app_now() - interval '2 hours',"
        " ends_at = app_now() - interval '1 hour' WHERE id = $1",
        UUID(session["id"]),
    )
    assert (await puts_room(admin, session, room, expect=409)).code == "slot_over"
    assert (await admin.call("GET", f"/admin/timetable/sessions/{uuid4()}")).status == 404
    assert await db.fetch("SELECT * FROM fact WHERE name = 'SessionRoomChanged'") == []


async def test_a_head_sees_the_own_department_only(hospital):
    admin, rule = await a_week(hospital)
    department = rule["department_id"]
    head = await a_member_of_staff(hospital, "department_head", department_id=department)
    other = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    guide = await a_member_of_staff(hospital, "guide")
    session = await the_session(head, department)
    for stranger in (other, guide):
        assert (await stranger.call("GET", f"/admin/timetable?department={department}")).status == 403
        assert (await stranger.call("GET", f"/admin/timetable/sessions/{session['id']}")).status == 403
        await puts_room(stranger, session, None, expect=403)
    assert (await admin.call("GET", f"/admin/timetable?department={uuid4()}")).status == 404
    note = await db.fetch_one("SELECT count(*) AS n FROM schedule_change WHERE subject = 'session'")
    assert orjson.dumps(note) == b'{"n":0}'


@pytest.mark.parametrize(("lock", "told"), [(models.LOCK_SLOTS, 1), ("SELECT $1::uuid", 0)])
async def test_telling_waits_for_a_booking_under_way(hospital, monkeypatch, lock, told):
    """With the lock taken out, somebody who books at that moment never hears of the room."""
    admin, rule = await a_week(hospital)
    session = await the_session(admin, rule["department_id"])
    slot = await slot_at(tomorrow(), 8)
    patient = await a_patient_by_row(hospital)
    monkeypatch.setattr(models, "LOCK_SLOTS", lock)
    is_booking, may_end = asyncio.Event(), asyncio.Event()

    async def books() -> None:
        async with db.transaction():
            await props.an_appointment(slot, patient.patient_id, patient.account_id)
            is_booking.set()
            await may_end.wait()

    async def tells() -> None:
        async with db.transaction():
            await tell_of_room(SessionRoomChanged(session_id=UUID(session["id"]), place="旧地点"))

    booking = asyncio.create_task(books())
    await is_booking.wait()
    telling = asyncio.create_task(tells())
    while not telling.done() and not await db.fetch("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
        await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(booking, telling)
    assert len(await db.fetch("SELECT id FROM fact WHERE name = 'VisitPlaceChanged'")) == told
