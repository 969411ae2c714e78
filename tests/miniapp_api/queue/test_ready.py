"""The second waiting area: the next few stand at a room's door, are taken first, and go back when it does not call."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene, broken_invariants
from tests.mutants import Mutant, is_killed


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; two may stand at each door."""
    return await _a_scene(hospital, clock)


async def _a_scene(hospital, clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    made = await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))
    await decides(made, ready_places=2)
    return made


async def decides(scene, **rules):
    head = await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)
    path = f"/queues/{scene.department_id}/calling-rules"
    reply = await head.call("PATCH", path, rules)
    assert reply.status == 200, reply.raw
    return reply.body


async def in_state(scene, *states: str) -> list[str]:
    return [one["number"] for one in (await scene.queue())["tickets"] if one["state"] in states]


async def serves(scene, finish: bool = True) -> str:
    """One call and its visit; gives the number."""
    ticket = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    if finish:
        await scene.doctor.post(f"/tickets/{ticket['id']}/finish")
    return ticket["number"]


async def test_the_next_two_are_asked_to_the_door_when_somebody_goes_in(scene, drain):
    people = [await scene.arrives(name=f"张{n}三") for n in "一二三四"]
    assert await serves(scene, finish=False) == "A001"
    assert await in_state(scene, "ready") == ["A002", "A003"]
    place = await people[1][0].get(f"/appointments/{people[1][1]}/queue")
    assert (place["state"], place["room"], place["next_place"]) == ("ready", "2诊室", "门诊楼2层 2诊室")
    await drain()
    assert "请到2诊室门口候诊" in [one["title"] for one in await people[1][0].inbox()]
    assert "请到2诊室门口候诊" not in [one["title"] for one in await people[3][0].inbox()]
    board = await scene.guide.get(f"/queues/{scene.department_id}/board")
    assert [one["number"] for one in board["ready"]] == ["A002", "A003"]
    assert await broken_invariants(WIRING) == []


async def test_who_stands_at_the_door_goes_in_before_who_came_later_but_not_before_an_urgent_one(scene):
    await scene.arrives()
    await scene.arrives()
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    old = await scene.walks_in(flags=["elderly"])
    day = await scene.doctor.get(f"/rooms/{scene.room_id}/day")
    assert (await scene.waiting(), await in_state(scene, "ready")) == ([old["number"]], ["A001", "A002"])
    assert next(one["number"] for one in day["tickets"] if one["id"] == day["next_id"]) == "A001"
    urgent = await scene.walks_in(triage="urgent")
    assert await serves(scene) == urgent["number"]
    assert [await serves(scene) for _ in range(3)] == ["A001", old["number"], "A002"]  # both at the door: by the key


async def test_of_two_urgent_ones_the_first_is_called_though_the_other_stands_at_the_door(scene):
    first = await scene.walks_in(triage="urgent")
    second = await scene.walks_in(triage="urgent")
    await scene.doctor.post(f"/tickets/{first['id']}/hold")
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    assert await in_state(scene, "ready") == [second["number"]]
    await db.fetch("UPDATE ticket SET state = 'waiting', held_until = NULL WHERE id = $1", UUID(first["id"]))
    assert [await serves(scene) for _ in range(2)] == [first["number"], second["number"]]


async def test_a_room_that_pauses_gives_them_back_with_their_places(scene, drain):
    person, booked, _ = await scene.arrives()
    await scene.arrives()
    await scene.walks_in()
    before = await db.fetch("SELECT id, sort_at FROM ticket ORDER BY number")
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    until = (time.now() + timedelta(minutes=20)).isoformat()
    room = await scene.doctor.post(f"/rooms/{scene.room_id}/pause", {"reason": "ward", "until": until})
    assert room["pause"] == {
        "reason": "ward",
        "until": time.local(time.now() + timedelta(minutes=20)).isoformat()[:19] + "+08:00",
    }
    assert await scene.waiting() == ["A001", "A002", "A003"]
    assert await db.fetch("SELECT id, sort_at FROM ticket ORDER BY number") == before
    place = await person.get(f"/appointments/{booked}/queue")
    assert (place["state"], place["pause"]["reason"]) == ("waiting", "ward")
    await drain()
    assert "2诊室暂停叫号，请回候诊区" in [one["title"] for one in await person.inbox()]
    assert (await scene.doctor.refused(f"/rooms/{scene.room_id}/ready")).code == "paused"
    opened = await scene.doctor.post(f"/rooms/{scene.room_id}/resume")
    assert (opened["state"], opened["pause"]) == ("open", None)
    assert await broken_invariants(WIRING) == []


async def test_an_undone_call_gets_the_place_at_the_door_again(scene):
    for _ in range(4):
        await scene.arrives()
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    called = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    assert await in_state(scene, "ready") == ["A002", "A003"]
    undone = (await scene.doctor.post(f"/tickets/{called['id']}/undo"))["ticket"]
    assert (undone["state"], await in_state(scene, "ready")) == ("ready", ["A001", "A002"])
    assert await scene.waiting() == ["A003", "A004"]
    assert await broken_invariants(WIRING) == []


async def test_by_hand_says_why_not(scene):
    path = f"/rooms/{scene.room_id}/ready"
    assert (await scene.doctor.refused(path)).code == "nobody_to_ask"
    for _ in range(3):
        await scene.arrives()
    tickets = (await scene.doctor.post(path))["tickets"]
    assert [(one["number"], one["ready_place"]) for one in tickets] == [("A001", 1), ("A002", 2)]
    assert (await scene.doctor.refused(path)).code == "nobody_to_ask"
    await decides(scene, ready_places=0)
    assert (await scene.doctor.refused(path)).code == "no_ready_places"


async def test_who_stands_at_a_door_may_step_aside_leave_or_be_handed_on(scene):
    tickets = [(await scene.arrives())[2] for _ in range(3)]
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    held = (await scene.guide.post(f"/tickets/{tickets[0]['id']}/hold", {"minutes": 5}))["ticket"]
    assert (held["state"], held["room"], held["ready_place"]) == ("held", None, None)
    await scene.guide.post(f"/tickets/{tickets[1]['id']}/leaving", {"reason": "不等了"})
    back = (await scene.guide.post(f"/tickets/{tickets[0]['id']}/undo"))["ticket"]
    assert (back["state"], back["room"]["name"], back["ready_place"]) == ("ready", "2诊室", 1)
    other = await props.a_department(name="眼科", ticket_prefix="E")
    await scene.guide.post(f"/tickets/{tickets[0]['id']}/transfer", {"department_id": str(other)})
    assert await in_state(scene, "ready", "waiting") == ["A003"]
    assert await broken_invariants(WIRING) == []


async def places_are_never_taken_twice(hospital, clock):
    """Rooms ask forward and call at once: never more at a door than it has places, nobody at two doors."""
    scene = await _a_scene(hospital, clock)
    rooms = [scene.room_id] + [await props.a_room(scene.department_id, name=f"{n}诊室") for n in range(3, 6)]
    await db.fetch("UPDATE session SET room_id = NULL")
    for _ in range(14):
        await scene.walks_in()
    replies = await asyncio.gather(
        *(
            scene.guide.call("POST", f"/rooms/{room}/{what}", {})
            for room in rooms
            for what in ("ready", "calls", "ready")
        )
    )
    assert {reply.status for reply in replies} <= {201, 409}
    for room in rooms:  # fill what the calls left free
        assert (await scene.guide.call("POST", f"/rooms/{room}/ready", {})).status in (201, 409)
    doors = await db.fetch("SELECT room_id, count(*) FROM ticket WHERE state = 'ready' GROUP BY room_id")
    assert [row["count"] for row in doors] == [2, 2, 2, 2]
    assert await props.count("ticket", "state = 'called'") == 4
    assert await props.count("ticket", "state = 'waiting'") == 2
    assert await broken_invariants(WIRING) == []


async def test_doors_hold_two_under_a_race(hospital, clock):
    await places_are_never_taken_twice(hospital, clock)


async def the_door_comes_first(hospital, clock):
    """Who stands at the door is called before who waits with an earlier key."""
    scene = await _a_scene(hospital, clock)
    await scene.arrives()
    await scene.doctor.post(f"/rooms/{scene.room_id}/ready")
    await scene.walks_in(flags=["elderly"])
    assert await serves(scene, finish=False) == "A001"


async def a_paused_queue_is_not_called_from(hospital, clock):
    """No room calls from a paused queue, whatever the screen showed."""
    scene = await _a_scene(hospital, clock)
    await scene.arrives()
    await scene.guide.post(f"/queues/{scene.department_id}/pause", {"reason": "emergency"})
    assert (await scene.doctor.refused(f"/rooms/{scene.room_id}/calls")).code == "paused"
    assert await scene.waiting() == ["A001"]


@pytest.mark.parametrize("story", [the_door_comes_first, a_paused_queue_is_not_called_from])
async def test_the_story_holds(hospital, clock, story):
    await story(hospital, clock)


MUTANTS = [
    Mutant(
        "CALL: the door before the line",
        call_statements,
        "CALL",
        (("t.state <> 'ready', t.sort_class", "t.sort_class"),),
        the_door_comes_first,
    ),
    Mutant(
        "CALL: a paused queue",
        call_statements,
        "CALL",
        (("place.queue_pause IS NULL", "true"),),
        a_paused_queue_is_not_called_from,
    ),
    Mutant(
        "ASK_FORWARD: only free places",
        call_statements,
        "ASK_FORWARD",
        ((") n\n    WHERE NOT EXISTS", ") n\n    WHERE true OR EXISTS"),),
        places_are_never_taken_twice,
    ),
]


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
async def test_without_the_guard_a_door_is_overfull(hospital, clock, mutant, monkeypatch):
    await is_killed(mutant, monkeypatch, hospital, clock)


async def test_what_was_decided_is_kept_by_version_and_bounded(scene):
    head = await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)
    path = f"/queues/{scene.department_id}/calling-rules"
    held = await head.get(path)
    assert (held["ready_places"], held["recall_seconds"], held["version"]) == (2, 10, 1)
    stale = await head.call("PATCH", path, {"recall_seconds": 5}, If_Match='"0"')
    assert stale.status == 412
    wrong = await head.call("PATCH", path, {"ready_places": 6})
    assert wrong.status == 422
    assert (await decides(scene, recall_seconds=0))["version"] == 2
    assert [row["ready_places"] for row in await db.fetch("SELECT * FROM calling_rule ORDER BY version")] == [2, 2]
    stranger = await a_member_of_staff(scene.site, "department_head", department_id=await props.a_department())
    assert (await stranger.refused(path, {}, method="PATCH")).status == 403
    assert (await scene.doctor.refused(path, {}, method="PATCH")).status == 403
    call_settings.forget()
