"""Live streams: numbered without a gap, resumed from the table, or reset."""

import asyncio

import pytest

from server import db, live
from tests import props


@pytest.fixture
async def topic(hospital):
    return "queue:test"


async def frames(topic: str, *, last: int | None, count: int) -> list[bytes]:
    found = []
    async with asyncio.timeout(5):
        async for frame in live.streams().read(topic, last=last):
            found.append(frame)
            if len(found) == count:
                return found
    return found


async def announce(topic: str, n: int) -> None:
    for i in range(n):
        async with db.transaction():
            await live.announce(topic, "ticket", {"i": i})


async def test_events_of_a_topic_are_numbered_without_a_gap_under_concurrency(topic):
    await asyncio.gather(*(announce(topic, 5) for _ in range(8)))
    rows = await db.fetch("SELECT seq FROM live_event WHERE topic = $1 ORDER BY seq", topic)
    assert [row["seq"] for row in rows] == list(range(1, 41))


async def test_a_reader_hears_news(topic):
    reading = asyncio.create_task(frames(topic, last=None, count=3))
    await asyncio.sleep(0)
    while not live.streams()._readers.get(topic):
        await asyncio.sleep(0.01)
    await announce(topic, 2)
    heard = await reading
    assert [b"id: 1" in heard[1], b"id: 2" in heard[2]] == [True, True]


async def test_a_reader_that_comes_back_gets_what_it_missed(topic):
    await announce(topic, 5)
    heard = await frames(topic, last=2, count=2)
    assert [line for line in heard[1].split(b"\n") if line.startswith(b"id:")] == [b"id: 3", b"id: 4", b"id: 5"]


async def test_a_gap_that_is_gone_says_reset(topic):
    await announce(topic, 5)
    await db.fetch("DELETE FROM live_event WHERE topic = $1 AND seq <= 3", topic)
    heard = await frames(topic, last=1, count=2)
    assert heard[1].startswith(b"event: reset")


async def test_what_was_rolled_back_is_never_heard(topic):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await live.announce(topic, "ticket", {})
            raise ZeroDivisionError
    await announce(topic, 1)
    assert await live.seq_of(topic) == 1
    assert await props.count("live_event") == 1
