"""What a desk takes along for a day: enough to go on without the network, little enough for a minute's look."""

import asyncio
import base64
import gzip
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson

from miniapp_api.checkin.codes import day_public_key, open_patient_code
from miniapp_api.offline import day
from server import clock as time
from server import db
from server.accounts import Role, SignedInStaff
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.offline.devices import at


async def the_day(guide, since: str | None = None) -> dict:
    return await guide.get(f"/desks/{guide.desk_id}/day" + (f"?since={since}" if since else ""))


async def test_a_desk_takes_along_whom_it_may_check_in_and_no_secret(scene):
    person, booked = await scene.books(name="张小三", phone="13812345678", initials="zxs", file_number="T777")
    _, gone = await scene.books()
    await db.fetch("UPDATE appointment SET status = 'cancelled' WHERE id = $1::uuid", gone)
    await scene.guide.scans(await person.code(booked))
    reply = await scene.guide.call("GET", f"/desks/{scene.desk_id}/day")
    told = reply.body
    assert told["day"] == time.today().isoformat()
    [one] = [row for row in told["people"] if row["id"] == booked]
    assert (one["name"], one["initials"], one["phone_tail"], one["file_number"]) == ("张*三", "zxs", "5678", "T777")
    assert (one["state"], one["ticket"]) == ("here", "A001")
    assert [row["state"] for row in told["people"] if row["id"] == gone] == ["cancelled"]
    [band] = told["bands"]
    assert (band["slot_id"], band["place"]) == (one["slot_id"], "门诊楼2层 2诊室")
    assert band["opens_at"] < band["starts_at"] < band["ends_at"] < band["closes_at"]
    assert "12345678" not in reply.raw.decode()
    assert "小三" not in reply.raw.decode()
    seed = scene.site.settings.keys.code_signing
    key = base64.urlsafe_b64decode(told["keys"][0]["public_key"] + "=")
    assert key == day_public_key(seed, time.today())
    assert base64.urlsafe_b64encode(seed).decode().rstrip("=") not in reply.raw.decode()
    code = await person.code(booked)
    assert open_patient_code({time.today(): key}, code, time.now()).subject_id == UUID(booked)


async def test_a_minute_later_only_what_differs_is_told(scene):
    people = [await scene.books() for _ in range(8)]
    first = await the_day(scene.guide)
    assert (first["is_whole"], len(first["people"])) == (True, 8)
    same = await the_day(scene.guide, first["version"])
    assert (same["is_whole"], same["people"], same["parts"], same["version"]) == (False, [], [], first["version"])
    person, booked = people[3]
    await scene.guide.scans(await person.code(booked))
    later = await the_day(scene.guide, first["version"])
    assert later["parts"] == [day.part_of(UUID(booked))]
    assert {row["id"]: row["state"] for row in later["people"]}[booked] == "here"
    await db.fetch("UPDATE slot SET is_stopped = true")
    stopped = await the_day(scene.guide, later["version"])
    assert {row["id"] for row in stopped["people"]} == {booked for _, booked in people}
    assert stopped["bands"][0]["is_stopped"]
    assert (await the_day(scene.guide, "rubbish"))["is_whole"]


async def test_a_new_day_and_another_right_are_told_as_a_whole(scene, clock):
    await scene.books()
    first = await the_day(scene.guide)
    await clock.set_to(at(24 * 60))
    tomorrow = await the_day(scene.guide, first["version"])
    assert (tomorrow["is_whole"], tomorrow["people"], tomorrow["day"] > first["day"]) == (True, [], True)
    assert tomorrow["keys"] != first["keys"]


async def test_a_desk_of_a_department_takes_along_only_that(scene):
    await scene.books()
    elsewhere = await props.a_slot(starts_at=at(30))
    _, other = await scene.books(elsewhere)
    own = await a_member_of_staff(scene.site, "guide", department_id=elsewhere.department_id, desk_id=scene.desk_id)
    told = await the_day(own)
    assert [row["id"] for row in told["people"]] == [other]
    assert [row["id"] for row in told["departments"]] == [str(elsewhere.department_id)]
    desk_id = await props.a_desk(department_id=scene.department_id)
    own.desk_id = str(desk_id)
    assert (await own.call("GET", f"/desks/{desk_id}/day")).status == 403
    assert (await own.call("GET", f"/desks/{uuid4()}/day")).status == 404
    room = await a_member_of_staff(scene.site, "room")
    assert (await room.call("GET", f"/desks/{desk_id}/day")).status == 403


async def test_two_thousand_appointments_are_little(scene):
    slots = [
        await props.a_slot(starts_at=at(30 * n), department_id=scene.department_id, capacity=50) for n in range(20)
    ]
    patient = await props.a_patient()
    await db.fetch(
        "INSERT INTO appointment (id, patient_id, slot_id, session_id, department_id, practitioner_id, number, status,"
        " open_place, day, starts_at, ends_at, channel)"
        " SELECT gen_random_uuid(), $1, s.id, s.session_id, se.department_id, se.practitioner_id, n, 'no_show', NULL,"
        " se.day, s.starts_at, s.ends_at, 'desk' FROM slot s JOIN session se ON se.id = s.session_id"
        " CROSS JOIN generate_series(1, 100) n WHERE s.id = ANY($2::uuid[])",
        patient,
        [slot.id for slot in slots],
    )
    known = await day.day_of(scene.desk_id, _staff(), b"c" * 32)
    body = day.told(known, None)
    assert len(known.people) == 2000
    packed = await asyncio.to_thread(gzip.compress, body, 6)
    assert len(packed) < 90_000, f"{len(packed)} of {len(body)} bytes"
    version = orjson.loads(body)["version"]
    assert len(day.told(known, version)) < 4_000
    await db.fetch("UPDATE appointment SET status = 'cancelled' WHERE id = $1", UUID(known.people[7]["id"]))
    changed = day.told(await day.day_of(scene.desk_id, _staff(), b"c" * 32), version)
    assert len(changed) < 25_000, f"{len(changed)} bytes for one change"


def _staff():
    return SignedInStaff(id=uuid4(), name="李导", grants=((Role.GUIDE, None),))


async def test_the_server_s_time_is_told_to_the_millisecond(scene):
    before = time.now()
    told = datetime.fromisoformat((await the_day(scene.guide))["server_at"])
    assert before - timedelta(milliseconds=1) <= told <= time.now()
