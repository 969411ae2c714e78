"""Rooms and queues that do not call for a while, people who step aside, and how the norms were kept."""

from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from miniapp_api.queue.calls.norms import figures, measured, rank
from miniapp_api.queue.calls.rules import CallingRules
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene, broken_invariants


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def test_a_whole_queue_pauses_says_until_when_and_goes_on(scene):
    person, booked, _ = await scene.arrives()
    path = f"/queues/{scene.department_id}"
    until = time.at(time.today(), 14, 30).isoformat()
    paused = await scene.guide.post(f"{path}/pause", {"reason": "emergency", "until": until})
    assert paused["pause"] == {"reason": "emergency", "until": until}
    refusal = await scene.doctor.refused(f"/rooms/{scene.room_id}/calls")
    assert (refusal.code, refusal.body["scope"]) == ("paused", "queue")
    assert "预计 14:30 恢复" in refusal.body["detail"]
    assert (await scene.queue())["pause"] == paused["pause"]
    assert (await scene.doctor.get(f"/rooms/{scene.room_id}/day"))["pause"] == paused["pause"]
    assert (await person.get(f"/appointments/{booked}/queue"))["pause"] == paused["pause"]
    assert (await scene.guide.refused(f"{path}/pause", {"reason": "break"})).code == "not_so_paused"
    assert (await scene.guide.post(f"{path}/resume"))["pause"] is None
    assert (await scene.guide.refused(f"{path}/resume")).code == "not_so_paused"
    await scene.doctor.calls_next(scene.room_id)
    log = await db.fetch("SELECT act, state FROM queue_event WHERE kind = 'queue' ORDER BY seq")
    assert [(row["act"], orjson.loads(row["state"])["pause"]) for row in log] == [
        ("paused", paused["pause"]),
        ("resumed", None),
    ]
    assert await broken_invariants(WIRING) == []


async def test_a_pause_is_for_those_who_may_and_ends_later_than_now(scene):
    path = f"/queues/{scene.department_id}/pause"
    for body in (
        {},
        {"reason": "lunch"},
        {"reason": "break", "until": time.now().isoformat()},
        {"reason": "break", "until": "2026-01-01"},
    ):
        assert (await scene.guide.refused(path, body)).status == 422, body
    assert (await scene.doctor.refused(path, {"reason": "break"})).status == 403
    stranger = await a_member_of_staff(scene.site, "guide", department_id=await props.a_department())
    assert (await stranger.refused(path, {"reason": "break"})).status == 403
    assert (await scene.guide.refused(f"/queues/{uuid4()}/pause", {"reason": "break"})).status == 404
    assert (await scene.guide.refused(f"/queues/{uuid4()}/resume")).status == 404
    assert (await scene.doctor.refused(f"/rooms/{uuid4()}/pause")).status == 404
    assert await props.count("queue_line", "pause_reason IS NOT NULL") == 0


async def test_who_steps_aside_says_for_how_long_and_is_left_at_the_end_of_the_day(scene, clock, hospital):
    _, _, ticket = await scene.arrives()
    held = (await scene.guide.post(f"/tickets/{ticket['id']}/hold", {"minutes": 20}))["ticket"]
    assert (held["held_until"][11:16], held["undo_until"][11:16]) == ("09:20", "09:01")
    back = (await scene.guide.post(f"/tickets/{ticket['id']}/return"))["ticket"]
    assert (back["state"], back["held_until"]) == ("waiting", None)
    held = (await scene.guide.post(f"/tickets/{ticket['id']}/hold"))["ticket"]
    assert held["held_until"][11:16] == "09:15"
    assert (await scene.guide.refused(f"/tickets/{ticket['id']}/hold", {"minutes": 0})).status == 422
    await clock.set_to(time.at(time.today() + timedelta(days=1), 5))
    await hospital.jobs["close_queues"].run()
    row = await db.fetch_one("SELECT state, reason, held_until FROM ticket")
    assert (row["state"], row["reason"], row["held_until"]) == ("left", "day_closed", None)


async def test_a_transfer_by_wish_stands_there_as_who_comes_now(scene, clock):
    _, _, ticket = await scene.arrives()
    other = await props.a_department(name="眼科", ticket_prefix="E")
    await clock.forward(minutes=30)
    body = {"department_id": str(other), "wish": True}
    new = (await scene.guide.post(f"/tickets/{ticket['id']}/transfer", body))["ticket"]
    row = await db.fetch_one("SELECT rule, sort_at FROM ticket WHERE id = $1::uuid", new["id"])
    assert (row["rule"], row["sort_at"] >= time.at(time.today(), 9, 30)) == ("wish", True)


async def test_the_room_knows_who_comes_and_the_desk_greets_and_the_norms_count_it(scene, clock):
    person, booked = await scene.books()
    code = (await scene.guide.get(f"/desk/code?desk_id={scene.desk_id}"))["code"]
    alone = await person.post("/arrivals", {"desk_code": code, "appointment_id": booked})
    ticket = alone["ticket"]
    await clock.forward(seconds=8)
    greeted = (await scene.guide.post(f"/tickets/{ticket['id']}/greeting"))["ticket"]
    again = (await scene.guide.post(f"/tickets/{ticket['id']}/greeting"))["ticket"]
    assert (greeted["greeted_at"][11:19], again["version"]) == ("09:00:08", greeted["version"])
    informed = (await scene.doctor.post(f"/tickets/{ticket['id']}/informed"))["ticket"]
    assert informed["informed_at"] is not None
    await clock.forward(minutes=12)
    called = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{called['id']}/start")
    assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/informed")).code == "illegal_move"
    assert (await scene.guide.refused(f"/tickets/{ticket['id']}/informed")).status == 403
    head = await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)
    norms = await head.get(f"/queues/{scene.department_id}/norms")
    by_name = {one["name"]: one for one in norms["measures"]}
    assert [(by_name["greeted"][key]) for key in ("norm_seconds", "count", "within", "median_seconds")] == [10, 1, 1, 8]
    assert [(by_name["fetched"][key]) for key in ("norm_seconds", "count", "within", "median_seconds")] == [
        300,
        1,
        0,
        720,
    ]
    # the band began at 9:10 and the call came two minutes after
    assert [by_name["wait"][key] for key in ("count", "within", "median_seconds")] == [1, 1, 128]
    assert by_name["fetched"]["worst"][0]["number"] == ticket["number"]
    assert [(one["starts_at"][11:16], one["count"]) for one in norms["bands"]] == [("09:10", 1)]
    assert "name" not in orjson.dumps(norms["measures"][0]["worst"]).decode()
    empty = await head.get(f"/queues/{scene.department_id}/norms?day=2026-01-02")
    assert [(one["count"], one["median_seconds"]) for one in empty["measures"]] == [(0, None)] * 3
    assert (await scene.doctor.refused(f"/queues/{scene.department_id}/norms", method="GET")).status == 403
    assert await broken_invariants(WIRING) == []


def test_ranks_are_values_that_were_measured():
    assert [rank([], 0.5), rank([7], 0.9), rank([1, 2, 3, 4], 0.5), rank(list(range(1, 11)), 0.9)] == [None, 7, 2, 9]


def test_what_nobody_did_is_not_measured():
    nine = time.at(time.today(), 9)
    row = {"subject_id": uuid4(), "number": "A001", "band": None, "arrived_at": nine, "by_kind": "staff"}
    acts = [
        (one, nine + timedelta(minutes=n))
        for n, one in enumerate(("arrived", "greeted", "called", "started", "called"))
    ]
    found = measured({**row, "act": act, "at": at} for act, at in acts)
    assert {name: [took.seconds for took in tooks] for name, tooks in found.items()} == {
        "greeted": [],
        "wait": [120.0],
        "fetched": [],
    }
    assert [one["within"] for one in figures(found, CallingRules(norm_wait_minutes=1))["measures"]] == [0, 0, 0]
