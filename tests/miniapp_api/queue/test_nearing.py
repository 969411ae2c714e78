"""Told while they wait: few ahead, the doctor late by so many minutes, the doctor has begun; nothing twice."""

import asyncio
from datetime import timedelta

import pytest

from miniapp_api.queue.waiting import nearing
from server import clock as time
from server import db
from tests import props
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is nine, the clinic begins."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9), ends_at=time.at(time.today(), 12))


async def told(person, event: str) -> list[str]:
    """The titles of the messages of one kind in somebody's inbox, oldest first."""
    items = (await person.get("/messages"))["items"]
    return [item["title"] for item in reversed(items) if item["event"] == event]


async def calls(scene) -> dict:
    ticket = (await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {}))["ticket"]
    await scene.doctor.post(f"/tickets/{ticket['id']}/start", {})
    await scene.doctor.post(f"/tickets/{ticket['id']}/finish", {})
    return ticket


async def test_who_comes_to_three_ahead_hears_it_once_and_who_began_there_does_not(scene, drain):
    people = [await scene.arrives() for _ in range(6)]
    await drain()
    assert [await told(person, "queue_near") for person, _, _ in people] == [[]] * 6
    await calls(scene)
    await drain()
    assert await told(people[4][0], "queue_near") == ["快到您了，前面还有 3 位"]
    assert await told(people[5][0], "queue_near") == []
    await calls(scene)
    await drain()
    assert [len(await told(person, "queue_near")) for person, _, _ in people] == [0, 0, 0, 0, 1, 1]


async def test_two_workers_tell_one_turn_once(scene):
    for _ in range(5):
        await scene.arrives()
    await calls(scene)
    await asyncio.gather(*(nearing.tell_near() for _ in range(4)))
    assert await props.count("fact", "name = 'TurnIsNear'") == 1


async def test_who_is_called_meanwhile_is_not_told_that_the_turn_is_near(scene, hospital, drain):
    people = [await scene.arrives() for _ in range(5)]
    await calls(scene)
    last, _, ticket = people[4]
    await nearing.tell_near()
    await db.fetch("UPDATE ticket SET state = 'left', version = version + 1 WHERE id = $1", ticket["id"])
    row = await db.fetch_one("SELECT wait_stands('ticket', $1) AS stands", ticket["id"])
    assert row == {"stands": False}
    await hospital.jobs["relay"].run()
    assert await told(last, "queue_near") == []


async def test_nobody_is_marked_who_left_between_the_look_and_the_word(scene, monkeypatch):
    people = [await scene.arrives() for _ in range(5)]
    await calls(scene)
    real = db.fetch

    async def fetch(sql, *args):
        rows = await real(sql, *args)
        if sql == nearing.models.NEAR:
            await scene.guide.post(f"/tickets/{people[4][2]['id']}/leaving", {"reason": "回家"})
        return rows

    monkeypatch.setattr(nearing.db, "fetch", fetch)
    await nearing.tell_near()
    assert await props.count("fact", "name = 'TurnIsNear'") == 0


async def test_a_late_doctor_is_told_once_for_each_step_and_then_that_it_begins(scene, clock, drain):
    here, _, _ = await scene.arrives()
    later = await props.insert(
        "slot",
        session_id=scene.slot.session_id,
        starts_at=time.at(time.today(), 9, 20),
        ends_at=time.at(time.today(), 9, 30),
        capacity=5,
    )
    booked, its = await scene.books()
    await db.fetch(
        "UPDATE appointment SET slot_id = $2, starts_at = $3 WHERE id = $1", its, later, time.at(time.today(), 9, 20)
    )
    await clock.forward(minutes=14)
    await drain()
    assert await told(here, "doctor_late") == []
    for minutes in (2, 5, 10):
        await clock.forward(minutes=minutes)
        await drain()
        await drain()
    assert await told(here, "doctor_late") == ["很抱歉，医生晚到约 15 分钟", "很抱歉，医生晚到约 30 分钟"]
    assert await told(booked, "doctor_late") == await told(here, "doctor_late")
    newcomer, _, _ = await scene.arrives()
    await calls(scene)
    await drain()
    await drain()
    assert await told(here, "doctor_started") == []  # in the room already
    assert await told(booked, "doctor_started") == ["医生已开始接诊"]
    assert await told(newcomer, "doctor_started") == []  # never heard of a delay
    await clock.forward(minutes=20)
    await drain()
    assert len(await told(booked, "doctor_late")) == 2


async def test_a_doctor_for_whom_nobody_waits_is_not_late(scene, clock, drain):
    await clock.forward(minutes=16)
    person, _, _ = await scene.arrives()
    await drain()
    assert await told(person, "doctor_late") == []
    await clock.forward(minutes=16)
    await drain()
    assert await told(person, "doctor_late") == ["很抱歉，医生晚到约 15 分钟"]


async def test_two_workers_tell_one_step_once(scene, clock):
    await scene.arrives()
    await clock.forward(minutes=16)
    await asyncio.gather(*(nearing.watch_begins() for _ in range(4)))
    assert await props.count("fact", "name = 'DoctorLate'") == 1
    assert await props.count("session_begin") == 1
