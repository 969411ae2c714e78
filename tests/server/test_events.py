"""Facts: written with their change, handed to each subscriber exactly once, whatever dies in between."""

from uuid import uuid4

import pytest

from server import db
from server.events import Relay, publish
from server.facts import AlertAcknowledged, ComplaintAcknowledged
from tests import props


def a_fact() -> ComplaintAcknowledged:
    return ComplaintAcknowledged(complaint_id=uuid4(), staff_id=uuid4())


async def published(fact) -> None:
    async with db.transaction():
        await publish(fact)


async def test_a_fact_outside_a_transaction_is_a_bug(hospital):
    with pytest.raises(RuntimeError):
        await publish(a_fact())
    assert await props.count("fact") == 0


async def test_a_fact_is_gone_with_its_change(hospital):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await publish(a_fact())
            raise ZeroDivisionError
    assert await props.count("fact") == 0


async def test_a_subscriber_hears_each_fact_once(hospital):
    heard = []

    async def listen(fact):
        heard.append(fact)

    fact = a_fact()
    await published(fact)
    relay = Relay({ComplaintAcknowledged: (listen,)})
    assert await relay.run() == 1
    assert await relay.run() == 0
    assert heard == [fact]


async def test_two_relays_at_once_hand_over_once(hospital):
    import asyncio

    heard = []

    async def listen(fact):
        await props.a_campus()
        heard.append(fact.complaint_id)

    for _ in range(20):
        await published(a_fact())
    relays = [Relay({ComplaintAcknowledged: (listen,)}) for _ in range(4)]
    await asyncio.gather(*(relay.run() for relay in relays))
    assert len(heard) == len(set(heard)) == 20
    assert await props.count("campus") == 20


async def test_a_failing_subscriber_stops_nobody_and_is_tried_again(hospital, clock):
    heard, tries = [], []

    async def broken(fact):
        await props.a_campus()
        tries.append(fact)
        if len(tries) < 3:
            raise ValueError("not yet")

    async def listen(fact):
        heard.append(fact)

    await published(a_fact())
    relay = Relay({ComplaintAcknowledged: (broken, listen)})
    await relay.run()
    assert (len(tries), len(heard), await props.count("campus")) == (1, 1, 0)
    await relay.run()
    assert len(tries) == 1, "a pause lies between two tries"
    for _ in range(2):
        await clock.forward(seconds=10)
        await relay.run()
    assert (len(tries), len(heard), await props.count("campus")) == (3, 1, 1)
    assert await props.count("fact", "relayed_at IS NULL") == 0


async def test_a_fact_that_nobody_hears_does_not_wait_for_ever(hospital):
    await published(AlertAcknowledged(uuid4(), "complaint", uuid4(), uuid4(), "陈静"))
    assert await Relay({}).run() == 1
    assert await props.count("fact", "relayed_at IS NULL") == 0
