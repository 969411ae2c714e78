"""A morning of one clinic, whose log is open."""

from datetime import timedelta

import pytest

from miniapp_api.replay import keeping
from server import clock as time
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """Eight in the morning of tomorrow; one clinic in the morning, a colleague in the second room, the day is open."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 8))
    scene = await a_scene(hospital, starts_at=time.at(time.today(), 8, 30))
    scene.supervisor = await a_member_of_staff(hospital, "supervisor")
    colleague = await props.a_practitioner(scene.department_id, name="李建国")
    room = await props.a_room(scene.department_id, name="3诊室")
    scene.second = await props.a_slot(
        starts_at=time.at(time.today(), 9), department_id=scene.department_id, practitioner_id=colleague, room_id=room,
        capacity=100,
    )  # fmt: skip
    await keeping.open_days()
    return scene
