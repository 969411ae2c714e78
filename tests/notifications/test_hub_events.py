"""The list of messages says when it has changed."""

import pytest

from server import db
from tests.cast import a_member_of_staff
from tests.notifications.telling import SEND, a_phone, called, fault, happens, states
from tests.streams import watching

EVENTS = "/hub/events"


@pytest.fixture
async def operator(hospital):
    return await a_member_of_staff(hospital, "supervisor", name="何主管")


async def run(hospital, *jobs: str) -> None:
    for job in jobs:
        await hospital.jobs[job].run()


async def test_a_message_is_heard_when_it_is_born_and_when_it_is_sent(hospital, operator):
    phone = await a_phone(hospital)
    await phone.accepts("queue_called")
    async with watching(operator, EVENTS) as screen:
        await happens(called(phone.account_id))
        await run(hospital, "relay")
        await screen.changed()
        await run(hospital, "dispatch_wechat_subscribe")
        await screen.changed()
        assert (await states())[0] in ("accepted", "delivered")


async def test_what_fails_or_is_suppressed_is_heard(hospital, operator):
    phone = await a_phone(hospital)
    async with watching(operator, EVENTS) as screen:
        await happens(called(phone.account_id))
        await run(hospital, "relay")
        await screen.changed()
        await run(hospital, "dispatch_wechat_subscribe")
        await screen.changed()
        assert await states() == ["suppressed"]
        await phone.accepts("queue_called")
        await fault(hospital, SEND, "system_busy")
        await happens(called(phone.account_id))
        await run(hospital, "relay", "dispatch_wechat_subscribe")
        await screen.changed()
        assert (await states())[1] not in ("accepted", "delivered")


async def test_what_a_person_does_is_heard(hospital, operator):
    phone = await a_phone(hospital)
    await phone.accepts("queue_called")
    await happens(called(phone.account_id))
    await run(hospital, "relay")
    (message,) = await db.fetch("SELECT id FROM message")
    async with watching(operator, EVENTS) as screen:
        await operator.post(f"/hub/messages/{message['id']}/cancellation")
        await screen.changed()
        await screen.hears_nothing()


async def test_only_who_may_read_the_messages_hears_of_them(hospital):
    for client in (
        await a_phone(hospital),
        await a_member_of_staff(hospital, "guide"),
        await a_member_of_staff(hospital, "complaint_handler"),
    ):
        assert (await client.refused(EVENTS, method="GET")).status == 403
