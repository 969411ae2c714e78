"""What the screen of a consulting room reads."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.booking.models import INTAKE
from server import clock as time
from server import db, privacy
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def test_a_rooms_day_has_its_line_with_reasons_and_whom_it_has_seen(scene, clock):
    _, _, booked = await scene.arrives(name="张小三")
    walk_in = await scene.walks_in()
    urgent = await scene.walks_in(patient={"name": "钱急"}, triage="urgent")
    called = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{called['id']}/start")
    await scene.doctor.post(f"/tickets/{called['id']}/finish")
    day = await scene.doctor.get(f"/rooms/{scene.room_id}/day")
    assert (called["id"], [ticket["id"] for ticket in day["seen"]]) == (urgent["id"], [urgent["id"]])
    assert [(ticket["id"], ticket["rule"]) for ticket in day["tickets"]] == [
        (booked["id"], "band"),
        (walk_in["id"], "walk_in"),
    ]
    assert [at[11:16] for at in day["tickets"][0]["band"]] == ["09:10", "09:40"]
    assert day["tickets"][1]["band"] is None
    assert (day["room"]["name"], day["day"], day["at"][11:16]) == ("2诊室", time.today().isoformat(), "09:00")
    assert day["version"] == (await scene.queue())["version"]
    assert "小" not in orjson.dumps(day["tickets"]).decode()


async def test_a_room_sees_whom_it_may_call_and_counts_the_rest(scene):
    other = await props.a_slot(department_id=scene.department_id, starts_at=scene.slot.starts_at)
    _, _, theirs = await scene.arrives(other)
    _, _, ours = await scene.arrives()
    anybodys = await scene.walks_in()
    mine = await scene.doctor.get(f"/rooms/{scene.room_id}/day")
    assert {ticket["id"] for ticket in mine["tickets"]} == {ours["id"], anybodys["id"]}
    assert mine["others_waiting"] == 1
    called = await scene.doctor.calls_next(other.room_id)
    assert called["id"] == theirs["id"]
    mine = await scene.doctor.get(f"/rooms/{scene.room_id}/day")
    assert (len(mine["tickets"]), mine["others_waiting"]) == (2, 0)


async def test_the_room_knows_its_patient(scene):
    born = date(time.today().year - 40, 12, 31)
    _, appointment, ticket = await scene.arrives(name="张小三", gender="female", birth_date=born)
    told = {"illness": "胸闷三天", "history": "高血压", "expectations": "查清原因", "needs": "听力不好"}
    sealed = privacy.seal(orjson.dumps(told).decode(), place=INTAKE, row_id=UUID(appointment))
    await db.fetch("UPDATE appointment SET intake_cipher = $2 WHERE id = $1::uuid", appointment, sealed)
    known = await scene.doctor.get(f"/tickets/{ticket['id']}/patient")
    assert (known["name"], known["intake"]) == ("张*三", told)  # not called yet: no whole name on the screen
    assert (known["visits_before"], known["last_visit_on"], known["is_return"]) == (0, None, False)
    await scene.doctor.calls_next(scene.room_id)
    known = await scene.doctor.get(f"/tickets/{ticket['id']}/patient")
    is_over = (time.today().month, time.today().day) == (12, 31)
    assert (known["name"], known["gender"], known["age"]) == ("张小三", "female", 40 if is_over else 39)
    assert (known["intake"], known["visit_type"]) == (told, "ordinary")
    walk_in = await scene.walks_in()
    known = await scene.doctor.get(f"/tickets/{walk_in['id']}/patient")
    assert (known["name"], known["intake"], known["visit_type"], known["age"]) == ("赵*约", None, None, None)


async def test_rooms_and_patients_of_others_stay_shut(scene, clock):
    ticket = await scene.walks_in()
    stranger = await a_member_of_staff(scene.site, "room", department_id=await props.a_department(name="眼科"))
    for somebody, path in (
        (stranger, f"/rooms/{scene.room_id}/day"),
        (stranger, f"/tickets/{ticket['id']}/patient"),
        (scene.guide, f"/tickets/{ticket['id']}/patient"),
    ):
        assert (await somebody.refused(path, method="GET")).status == 403
    for path in (f"/rooms/{uuid4()}/day", f"/tickets/{uuid4()}/patient"):
        assert (await scene.doctor.refused(path, method="GET")).status == 404
    await clock.forward(hours=24)
    assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/patient", method="GET")).status == 404


async def test_who_sits_in_a_room_is_who_works_now_then_who_comes_next(scene, clock):
    day = time.today()
    room_id = await props.a_room(scene.department_id)
    of_the_room = {"department_id": scene.department_id, "room_id": room_id}
    early = await props.a_slot(starts_at=time.at(day, 8), ends_at=time.at(day, 16), **of_the_room)
    late = await props.a_slot(starts_at=time.at(day, 16), ends_at=time.at(day, 20), **of_the_room)

    async def sits() -> str:
        rooms = (await scene.doctor.get(f"/rooms?department={scene.department_id}"))["items"]
        return next(room["practitioner"]["id"] for room in rooms if room["id"] == str(room_id))

    for hour, minute, who in ((7, 0, early), (15, 59, early), (16, 0, late), (19, 0, late), (21, 0, late)):
        await clock.set_to(time.at(day, hour, minute))  # 15:59 is far from 8 o'clock and near the next begin
        assert await sits() == str(who.practitioner_id), (hour, minute)
