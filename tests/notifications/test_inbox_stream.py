"""An open page of an account hears at once that something is in its inbox."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from server import db, live
from tests import props
from tests.notifications.telling import a_phone, booked, happens
from tests.streams import Screen


@asynccontextmanager
async def reading(phone):
    """Read the stream of somebody's inbox from now on."""
    headers = {"Authorization": f"Bearer {phone.token}"}
    async with phone.site.http.get(phone.site.base + "/api/v1/messages/events", headers=headers) as reply:
        assert (reply.status, reply.content_type) == (200, "text/event-stream")
        yield Screen(reply)


async def test_an_open_page_hears_of_its_own_messages_alone(hospital, drain):
    phone, other = await a_phone(hospital), await a_phone(hospital)
    async with reading(phone) as page, reading(other) as another:
        await happens(booked(phone.account_id))
        await drain()
        await page.changed()
        assert (await phone.get("/messages"))["unread"] == 1
        await another.hears_nothing(0.5)


async def test_many_messages_of_one_moment_are_one_word(hospital, drain):
    phone = await a_phone(hospital)
    async with reading(phone) as page:
        await happens(*(booked(phone.account_id) for _ in range(5)))
        await drain()
        await page.changed()
        await page.hears_nothing(0.5)


async def test_who_has_no_page_open_costs_nothing(hospital, drain):
    phone = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    assert await props.count("message", f"account_id = '{phone.account_id}'") == 1
    assert await props.count("live_event", f"topic = '{live.account_topic(phone.account_id)}'") == 0


async def test_without_a_token_there_is_no_stream(hospital):
    async with hospital.http.get(hospital.base + "/api/v1/messages/events") as reply:
        assert reply.status == 401


async def test_two_who_move_the_same_topics_do_not_wait_for_each_other_in_a_ring(hospital):
    topics = [live.account_topic(n) for n in range(40)]
    for topic in topics:
        await live.open_topic(topic)

    async def move(order: list[str]) -> None:
        async with db.transaction():
            for topic in order:
                live.moved(topic)

    await asyncio.gather(*(move(topics if turn % 2 else topics[::-1]) for turn in range(12)))
    assert await live.seq_of(topics[0]) == await live.seq_of(topics[-1]) == 12


async def test_what_is_said_in_no_transaction_is_a_mistake(hospital):
    with pytest.raises(RuntimeError):
        live.moved("account:1")


async def test_what_is_rolled_back_moves_nothing(hospital):
    await live.open_topic("account:1")
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            live.moved("account:1")
            raise ZeroDivisionError
    assert await live.seq_of("account:1") == 0
