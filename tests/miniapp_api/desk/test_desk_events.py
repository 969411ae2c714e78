"""The desk's list of today says when it has changed."""

from datetime import timedelta
from uuid import UUID

import pytest

from server import clock as time
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene
from tests.streams import watching

EVENTS = "/desk/events"


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in half an hour."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 30))


async def test_every_step_of_today_is_heard(scene):
    person = await a_patient_by_row(scene.site)
    async with watching(scene.guide, EVENTS) as screen:
        booked = await person.books(scene.slot.id)
        await screen.changed()
        await scene.guide.scans(await person.code(booked["id"]))
        await screen.changed()
        ticket = await scene.doctor.calls_next(scene.room_id)
        await screen.changed()
        await scene.doctor.post(f"/tickets/{ticket['id']}/start")
        await screen.changed()
        await scene.doctor.post(f"/tickets/{ticket['id']}/finish")
        await screen.changed()
        await scene.walks_in()
        await screen.changed()
        other = await a_patient_by_row(scene.site)
        booked = await other.books(scene.slot.id)
        await screen.changed()
        await other.post(f"/appointments/{booked['id']}/cancellation")
        await screen.changed()


async def test_what_moves_no_ticket_is_heard_too(scene):
    person = await a_patient_by_row(scene.site)
    booked = await person.books(scene.slot.id)
    ticket = (await scene.guide.scans(await person.code(booked["id"])))["ticket"]
    async with watching(scene.guide, EVENTS) as screen:
        await scene.guide.post(f"/tickets/{ticket['id']}/greeting")
        await screen.changed()
        await scene.guide.post(f"/tickets/{ticket['id']}/triage", {"triage": "priority", "flags": ["elderly"]})
        await screen.changed()


async def test_a_booking_for_another_day_wakes_nobody(scene):
    tomorrow = await props.a_slot(
        starts_at=time.at(time.today() + timedelta(days=1), 9), department_id=scene.department_id
    )
    person = await a_patient_by_row(scene.site)
    async with watching(scene.guide, EVENTS) as screen:
        await person.books(tomorrow.id)
        await screen.hears_nothing()


async def test_midnight_is_a_change(scene, clock):
    async with watching(scene.guide, EVENTS) as screen:
        await clock.set_to(time.at(time.today() + timedelta(days=1), 0, 1))
        await screen.changed()


async def test_what_was_missed_is_heard_on_coming_back(scene):
    async with watching(scene.guide, EVENTS, up_to_date=False) as screen:
        had = await screen.changed()
    await scene.walks_in()
    async with watching(scene.guide, EVENTS, last=had, up_to_date=False) as screen:
        assert await screen.changed() != had


async def test_only_who_may_read_the_list_hears_of_it(scene):
    department_id = UUID(str(scene.department_id))
    for client in (
        await a_patient_by_row(scene.site),
        await a_member_of_staff(scene.site, "room", department_id=department_id),
        await a_member_of_staff(scene.site, "complaint_handler"),
    ):
        assert (await client.refused(EVENTS, method="GET")).status == 403
