"""Guards of waiting taken out one by one: a message comes twice, a day is compared twice. Somebody must notice."""

import asyncio
from datetime import timedelta

import pytest

from miniapp_api.queue.waiting import calibration, calibration_models, nearing, nearing_models, waits
from server import clock as time
from server import db
from tests import props
from tests.locks import somebody_waits
from tests.miniapp_api.queue.test_calibration import compared_by_two
from tests.miniapp_api.scenes import a_scene
from tests.mutants import Mutant, is_killed


@pytest.fixture
async def scene(hospital, clock):
    """It is nine, the clinic begins."""
    waits.forget()
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9), ends_at=time.at(time.today(), 12))


async def a_turn_comes_near(scene, clock) -> None:
    for _ in range(5):
        await scene.arrives()
    await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {})
    async with db.alone(scene.site.settings.database_url) as slow, asyncio.TaskGroup() as group, slow.transaction():
        await slow.fetch("SELECT 1 FROM wait_promise FOR UPDATE")
        for _ in range(4):
            group.create_task(nearing.tell_near())
        await somebody_waits(4)
    assert await props.count("fact", "name = 'TurnIsNear'") == 1


async def a_doctor_is_late(scene, clock) -> None:
    await scene.arrives()
    await clock.forward(minutes=16)
    async with db.alone(scene.site.settings.database_url) as slow, asyncio.TaskGroup() as group, slow.transaction():
        await slow.fetch("LOCK TABLE session_begin IN SHARE MODE")
        for _ in range(4):
            group.create_task(nearing.watch_begins())
        await somebody_waits(4)
    assert await props.count("fact", "name = 'DoctorLate'") == 1


MUTANTS = (
    Mutant(
        "each turn told once",
        nearing_models,
        "MARK_NEAR",
        (("p.near_told_at IS NULL AND ", ""),),
        a_turn_comes_near,
    ),
    Mutant(
        "each step of a delay told once",
        nearing_models,
        "KEEP_LATE",
        (("before.told_minutes < excluded.told_minutes AND ", ""),),
        a_doctor_is_late,
    ),
    Mutant(
        "each day compared once",
        calibration_models,
        "ROLL",
        (("ON CONFLICT DO NOTHING", "ON CONFLICT (day) DO UPDATE SET at = excluded.at"),),
        compared_by_two,
    ),
)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_a_guard_of_waiting_is_missed(mutant, scene, clock, monkeypatch):
    assert calibration.models is calibration_models
    await is_killed(mutant, monkeypatch, scene, clock)


@pytest.mark.parametrize("story", [a_turn_comes_near, a_doctor_is_late])
async def test_the_stories_hold_for_the_product(story, scene, clock):
    await story(scene, clock)
