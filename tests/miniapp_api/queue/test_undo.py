"""Taking back the last act of a minute, with everything that came of it."""

from datetime import timedelta

import pytest

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.miniapp_api.scenes import a_scene, broken_invariants

REVISIT = "state = 'planned' AND way = 'message' AND purpose = 'return_visit'"


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def status_of(appointment_id: str) -> str:
    row = await db.fetch_one("SELECT status FROM appointment WHERE id = $1::uuid", appointment_id)
    assert row is not None
    return row["status"]


async def undone(scene, ticket) -> dict:
    return (await scene.doctor.post(f"/tickets/{ticket['id']}/undo"))["ticket"]


async def seen(scene, body: dict | None = None) -> dict:
    ticket = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    return (await scene.doctor.post(f"/tickets/{ticket['id']}/finish", body or {}))["ticket"]


async def test_a_finish_is_taken_back_and_whoever_heard_of_it_hears_so(scene, drain, clock):
    person, booked, _ = await scene.arrives()
    await db.fetch("UPDATE department SET survey_delay_minutes = 120")
    revisit_on = (time.today() + timedelta(days=14)).isoformat()
    done = await seen(scene, {"advice": "多喝水。", "revisit_on": revisit_on})
    assert (done["state"], done["undo_until"][11:19]) == ("done", "09:01:00")
    await drain()
    assert await props.count("invitation", "state = 'planned'") == 1
    assert await props.count("plan_step", REVISIT) == 1
    again = await undone(scene, done)
    assert (again["state"], again["finished_at"], again["room"]["name"]) == ("in_service", None, "2诊室")
    assert await status_of(booked) == "in_service"
    assert (await person.get(f"/appointments/{booked}"))["visit"] is None
    await drain()
    assert await props.count("invitation") == 0
    assert await props.count("service_day") == 0
    assert await props.count("plan_step", REVISIT) == 0
    assert "就诊还没有结束，请先不要离开" in [one["title"] for one in await person.inbox()]
    assert await broken_invariants(WIRING) == []

    await clock.forward(minutes=3)
    await scene.doctor.post(f"/tickets/{done['id']}/finish", {"advice": "少盐。", "revisit_on": revisit_on})
    await drain()
    titles = [one["title"] for one in await person.inbox()]
    assert titles.count("本次就诊已完成") == 2
    assert (await person.get(f"/appointments/{booked}"))["visit"]["advice"] == "少盐。"
    assert await props.count("invitation", "state = 'planned'") == 1
    assert await props.count("plan_step", REVISIT) == 1
    assert await broken_invariants(WIRING) == []


async def test_a_finish_is_not_taken_back_while_the_room_has_another_or_after_a_minute(scene, clock):
    await scene.arrives()
    await scene.arrives()
    done = await seen(scene)
    other = await scene.doctor.calls_next(scene.room_id)
    assert (await scene.doctor.refused(f"/tickets/{done['id']}/undo")).code == "room_busy"
    await undone(scene, other)
    await clock.forward(seconds=61)
    assert (await scene.doctor.refused(f"/tickets/{done['id']}/undo")).code == "undo_too_late"
    assert await broken_invariants(WIRING) == []


async def test_a_pass_over_and_a_step_aside_are_taken_back(scene):
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    for act, state in (("pass-over", "missed"), ("hold", "held")):
        after = (await scene.doctor.post(f"/tickets/{ticket['id']}/{act}"))["ticket"]
        assert after["state"] == state
        back = await undone(scene, ticket)
        assert (back["state"], back["room"]["id"], back["miss_count"]) == ("called", str(scene.room_id), 0)
        assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/undo")).code == "illegal_move"
    assert await broken_invariants(WIRING) == []


async def test_who_was_given_up_after_the_last_miss_is_expected_again(scene):
    _, booked, ticket = await scene.arrives()
    await db.fetch("UPDATE ticket SET miss_count = 2")
    await scene.doctor.calls_next(scene.room_id)
    gone = (await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over"))["ticket"]
    assert (gone["state"], await status_of(booked)) == ("left", "left")
    back = await undone(scene, ticket)
    assert (back["state"], back["reason"], back["miss_count"]) == ("called", "", 2)
    assert await status_of(booked) == "checked_in"
    assert await broken_invariants(WIRING) == []


async def test_who_took_another_number_since_is_not_brought_back(scene):
    walk_in = await scene.walks_in()
    await db.fetch("UPDATE ticket SET miss_count = 2")
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{walk_in['id']}/pass-over")
    row = await db.fetch_one("SELECT patient_id FROM ticket")
    body = {"patient_id": str(row["patient_id"]), "department_id": str(scene.department_id)}
    await scene.guide.post("/desk/walk-ins", body)
    assert (await scene.doctor.refused(f"/tickets/{walk_in['id']}/undo")).code == "cannot_undo"
    assert await broken_invariants(WIRING) == []


async def test_a_visit_that_was_running_ends_with_the_last_miss(scene):
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    await scene.doctor.post(f"/tickets/{ticket['id']}/stage", {"stage": "examination"})
    await scene.guide.post(f"/tickets/{ticket['id']}/return")
    await db.fetch("UPDATE ticket SET miss_count = 2")
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over")
    assert await props.count("encounter", "finished_at IS NULL") == 0
    assert await broken_invariants(WIRING) == []
    await undone(scene, ticket)
    assert await props.count("encounter", "finished_at IS NULL") == 1
    assert await broken_invariants(WIRING) == []


async def test_a_start_is_not_taken_back_nor_is_an_act_before_it(scene):
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/undo")).code == "illegal_move"
