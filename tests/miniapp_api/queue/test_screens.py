"""What rooms, boards and phones see: the list, the stream, the board, the patient's place, the reasons."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from server import clock as time
from server import db
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def test_the_queue_stands_in_the_order_of_calling(scene, clock):
    _, _, first = await scene.arrives(name="张小三")
    _, _, second = await scene.arrives()
    walk_in = await scene.walks_in()
    await scene.doctor.calls_next(scene.room_id)
    await scene.guide.post(f"/tickets/{second['id']}/hold")
    queue = await scene.queue()
    assert [(ticket["number"], ticket["state"]) for ticket in queue["tickets"]] == [
        (first["number"], "called"),
        (walk_in["number"], "waiting"),
        (second["number"], "held"),
    ]
    assert queue["version"] == 5
    assert [(room["name"], room["practitioner"]["name"]) for room in queue["rooms"]] == [("2诊室", "王敏")]
    assert queue["tickets"][0]["patient"]["name"] == "张*三"


async def test_the_board_is_open_to_all_and_shows_no_name(scene):
    await scene.arrives(name="张小三")
    await scene.arrives(name="欧阳小四")
    await scene.doctor.calls_next(scene.room_id)
    board = await Client(site=scene.site).get(f"/queues/{scene.department_id}/board")
    assert [(call["number"], call["name"], call["room"]) for call in board["called"]] == [("A001", "", "2诊室")]
    assert [(ticket["number"], ticket["name"]) for ticket in board["next"]] == [("A002", "")]
    assert "小" not in orjson.dumps(board).decode()
    assert (await Client(site=scene.site).call("GET", f"/queues/{uuid4()}/board")).status == 404


async def test_rooms_are_listed_with_department_and_state(scene):
    await props.a_room(await props.a_department(name="眼科"), name="9诊室")
    rooms = (await scene.doctor.get("/rooms"))["items"]
    assert {(room["name"], room["department"]["name"], room["state"]) for room in rooms} == {
        ("2诊室", "心血管内科", "open"),
        ("9诊室", "眼科", "open"),
    }
    mine = await scene.doctor.get(f"/rooms?department={scene.department_id}&limit=1")
    assert [room["id"] for room in mine["items"]] == [str(scene.room_id)]
    assert mine["next"] is None


async def test_a_patient_sees_the_place_from_booking_to_the_call(scene, clock):
    await scene.arrives()
    await scene.arrives()
    person, booked = await scene.books()
    place = await person.get(f"/appointments/{booked}/queue")
    assert (place["state"], place["number"], place["stage"]) == ("booked", None, "guide")
    await scene.guide.scans(await person.code(booked))
    place = await person.get(f"/appointments/{booked}/queue")
    assert (place["state"], place["number"], place["ahead"], place["room"]) == ("waiting", "A003", 2, "2诊室")
    assert place["wait"]["about_minutes"] % 5 == 0
    assert place["wait"]["about_minutes"] >= 10 + 2 * 8
    called = await scene.doctor.calls_next(scene.room_id)
    assert (await person.get(f"/appointments/{booked}/queue"))["ahead"] == 1
    await scene.doctor.post(f"/tickets/{called['id']}/leaving", {"reason": "-"})
    called = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{called['id']}/leaving", {"reason": "-"})
    await scene.doctor.calls_next(scene.room_id)
    place = await person.get(f"/appointments/{booked}/queue")
    assert (place["state"], place["ahead"], place["next_place"]) == ("called", None, "门诊楼2层 2诊室")


async def test_somebody_elses_place_does_not_exist(scene):
    _, booked, _ = await scene.arrives()
    stranger = await a_patient_by_row(scene.site)
    for path in (f"/appointments/{booked}/queue", f"/appointments/{booked}/code"):
        assert (await stranger.refused(path, method="GET")).status == 404


async def test_an_explanation_names_rules_and_numbers(scene, clock):
    _, _, booked = await scene.arrives()
    walk_in = await scene.walks_in(flags=["elderly"])
    await clock.forward(minutes=1)
    other = await scene.walks_in()
    said = await scene.guide.get(f"/tickets/{walk_in['id']}/explanation?against={booked['id']}")
    assert (said["is_before"], said["bound_minutes"]) == (True, 60)
    assert (said["first"]["rule"], said["first"]["head_start_minutes"]) == ("walk_in", 20)
    assert said["second"]["rule"] == "band"
    assert "提前 20 分钟" in said["text"]
    english = await scene.guide.get(f"/tickets/{other['id']}/explanation?against={booked['id']}", Accept_Language="en")
    assert english["is_before"] is False
    assert english["text"].startswith("A001 comes before A003: A001 booked for 09:10–09:40")
    assert (await scene.guide.refused(f"/tickets/{other['id']}/explanation", method="GET")).status == 422
    assert (
        await scene.guide.refused(f"/tickets/{other['id']}/explanation?against={uuid4()}", method="GET")
    ).status == 404


class Stream:
    """A reader of server-sent events."""

    def __init__(self, reply) -> None:
        self._lines = reply.content

    async def event(self) -> tuple[int | None, str, dict]:
        """Give the next event: number, kind, data."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(20):
            while True:
                line = (await self._lines.readline()).decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    return number, fields["event"], orjson.loads(fields["data"])


def opened(scene, **headers):
    url = f"{scene.site.base}/api/v1/queues/{scene.department_id}/events"
    return scene.site.http.get(url, headers={"Authorization": f"Bearer {scene.guide.token}", **headers})


async def test_the_stream_tells_every_step_and_resumes_without_a_gap(scene, clock):
    await scene.arrives()
    version = (await scene.queue())["version"]
    async with opened(scene, **{"Last-Event-ID": str(version)}) as reply:
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        ticket = await scene.doctor.calls_next(scene.room_id)
        number, kind, data = await Stream(reply).event()
        assert (number, kind, data["state"], data["room"]) == (version + 1, "ticket", "called", "2诊室")
        assert data["name"] == "张*三"
    for step in ("recall", "recall", "start", "finish"):
        await clock.forward(seconds=30)
        await scene.doctor.post(f"/tickets/{ticket['id']}/{step}")
    await scene.walks_in()
    async with opened(scene, **{"Last-Event-ID": str(version + 1)}) as reply:
        stream = Stream(reply)
        events = [await stream.event() for _ in range(5)]
        await scene.doctor.post(f"/rooms/{scene.room_id}/pause")
        events.append(await stream.event())
    assert [number for number, _, _ in events] == list(range(version + 2, version + 8))
    told = [(kind, data["state"]) for _, kind, data in events]
    assert told == [
        ("ticket", "called"),
        ("ticket", "called"),
        ("ticket", "in_service"),
        ("ticket", "done"),
        ("ticket", "waiting"),
        ("room", "paused"),
    ]


async def test_a_number_from_elsewhere_gets_a_reset(scene):
    await scene.arrives()
    async with opened(scene, **{"Last-Event-ID": "999"}) as reply:
        number, kind, _ = await Stream(reply).event()
        assert (number, kind) == (1, "reset")


async def test_the_stream_is_for_staff_of_the_department(scene):
    stranger = await a_member_of_staff(scene.site, "room", department_id=await props.a_department())
    person = await a_patient_by_row(scene.site)
    for somebody in (stranger, person):
        reply = await somebody.refused(f"/queues/{scene.department_id}/events", method="GET")
        assert reply.status == 403
    assert (await scene.guide.refused(f"/queues/{uuid4()}/events", method="GET")).status == 404


async def test_visits_of_today_move_the_estimate(scene, clock):
    await scene.arrives()
    person, booked, _ = await scene.arrives()
    await clock.set_to(time.at(time.today(), 9, 20))
    before = (await person.get(f"/appointments/{booked}/queue"))["wait"]["about_minutes"]
    await db.fetch(
        "INSERT INTO service_day (department_id, day, practitioner_id, visit_type, visits, minutes, squares)"
        " SELECT department_id, day, practitioner_id, 'ordinary', 20, 600, 20000 FROM ticket LIMIT 1"
    )
    after = (await person.get(f"/appointments/{booked}/queue"))["wait"]["about_minutes"]
    assert (before, after) == (10, 25)
