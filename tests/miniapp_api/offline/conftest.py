"""A department in the morning, and two desks that lose the network."""

from datetime import timedelta

import pytest

from server import clock as time
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.offline.devices import Device
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


@pytest.fixture
async def desks(scene):
    """Two desks that have just heard the server; the clock of the second is five minutes ahead."""
    other = await a_member_of_staff(scene.site, "guide", desk_id=await props.a_desk(name="二号导诊台"))
    two = [Device(scene.guide), Device(other, wrong_by=timedelta(minutes=5))]
    for desk in two:
        await desk.hears_the_server()
    return two
