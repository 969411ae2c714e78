"""Live streams: numbered without a gap, resumed from the table, or reset."""

import asyncio
import re
from contextlib import aclosing

import pytest

from server import db, fanout, live
from tests import props
from tests.streams import Ears


@pytest.fixture
async def topic(hospital):
    return "queue:test"


async def frames(topic: str, *, last: int | None, count: int) -> list[bytes]:
    """What one reader hears: what it missed, then more, until it is `count` frames."""
    ears, heard = Ears(), b""
    async with asyncio.timeout(20), aclosing(live.streams().follow(topic, ears.seat, last=last)) as missed:
        async for some in missed:
            if not some:
                break
            heard += some
        while heard.count(b"\n\n") < count:
            heard += await ears.hear()
    return [frame + b"\n\n" for frame in heard.split(b"\n\n")[:count]]


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
    while not live.streams().readers_of(topic):
        await asyncio.sleep(0.01)
    await announce(topic, 2)
    heard = await reading
    assert [b"id: 1" in heard[1], b"id: 2" in heard[2]] == [True, True]


async def test_a_reader_that_comes_back_gets_what_it_missed(topic):
    await announce(topic, 5)
    heard = await frames(topic, last=2, count=4)
    assert [frame.partition(b"\n")[0] for frame in heard[1:]] == [b"id: 3", b"id: 4", b"id: 5"]


async def test_a_gap_that_is_gone_says_reset(topic):
    await announce(topic, 5)
    await db.fetch("DELETE FROM live_event WHERE topic = $1 AND seq <= 3", topic)
    heard = await frames(topic, last=1, count=2)
    assert heard[1] == b"id: 5\nevent: reset\ndata: {}\n\n"


async def test_what_was_rolled_back_is_never_heard(topic):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await live.announce(topic, "ticket", {})
            raise ZeroDivisionError
    await announce(topic, 1)
    assert await live.seq_of(topic) == 1
    assert await props.count("live_event") == 1


async def test_a_reader_that_is_too_slow_is_cut_off_and_delays_nobody(topic):
    slow, quick = Ears(takes=False), Ears()
    streams = live.streams()
    async with (
        asyncio.timeout(20),
        aclosing(streams.follow(topic, slow.seat, last=None)) as one,
        aclosing(streams.follow(topic, quick.seat, last=None)) as other,
    ):
        assert [len(await anext(each)) > 0 for each in (one, one, other, other)] == [True, False, True, False]
        heard = b""
        for number in range(1, 41):  # one by one: in a burst the first write alone could be more than may wait
            async with db.transaction():
                await live.announce(topic, "ticket", {"text": "x" * 10_000})
            while b"id: %d\n" % number not in heard:
                heard += await quick.hear()
    assert heard.count(b"event: ticket") == 40
    assert (slow.is_aborted, quick.is_aborted) == (True, False)
    assert sum(map(len, slow.written)) <= fanout.BUFFER_AT_MOST
    last = max(int(number) for number in re.findall(rb"id: (\d+)\n", b"".join(slow.written)))
    again = await frames(topic, last=last, count=1 + 40 - last)  # it comes back and misses nothing
    assert [int(re.findall(rb"id: (\d+)", frame)[0]) for frame in again[1:]] == list(range(last + 1, 41))


def test_a_reader_that_has_taken_all_is_not_cut_off_for_a_burst():
    quick, slow = Ears(), Ears(takes=False)
    for ears in (quick, slow):
        ears.seat.give(b"news")
        ears.seat.give(b"x" * 2 * fanout.BUFFER_AT_MOST)
    assert (quick.is_aborted, len(quick.written)) == (False, 2)
    assert (slow.is_aborted, len(slow.written)) == (True, 1)


async def test_without_redis_a_quiet_topic_is_looked_at_although_another_one_is_busy(topic, monkeypatch):
    streams, ears = live.streams(), Ears()
    monkeypatch.setattr(streams._nudger, "nudge", lambda topic: None)
    busy_too = streams.bell("queue:busy", 0, lambda: None)  # what nobody reads would wake nobody
    async with aclosing(streams.follow(topic, ears.seat, last=None)) as missed:
        assert [len(await anext(missed)) > 0, await anext(missed)] == [True, b""]
        # another server told it: nothing rings here
        await db.fetch(live.ANNOUNCE, topic, "ticket", "{}")

        async def busy() -> None:
            while not ears.written:
                streams.nudge("queue:busy")
                await asyncio.sleep(0.05)

        async with asyncio.timeout(20):
            with busy_too:
                await busy()
        assert b"id: 1\n" in await ears.hear()


async def test_news_of_one_moment_goes_in_one_message_and_each_reader_hears_its_own(topic, monkeypatch):
    streams, ears = live.streams(), Ears()
    sent: list[str] = []
    publish = streams._nudger._redis.publish

    async def heard_on_the_way(channel: str, message: str) -> None:
        sent.append(message)
        await publish(channel, message)

    async def nothing() -> set[str]:
        return set()

    monkeypatch.setattr(streams._nudger._redis, "publish", heard_on_the_way)
    monkeypatch.setattr(streams, "_behind", nothing)  # the look of every second would find it too
    async with aclosing(streams.follow(topic, ears.seat, last=None)) as missed:
        assert [len(await anext(missed)) > 0, await anext(missed)] == [True, b""]
        await db.fetch(live.ANNOUNCE, topic, "ticket", "{}")  # by another server: nothing rings here but its message
        for name in ("queue:one", topic, "queue:two"):
            streams._nudger.nudge(name)
        async with asyncio.timeout(20):
            assert b"id: 1\n" in await ears.hear()
    assert [set(message.split("\n")) for message in sent] == [{"queue:one", topic, "queue:two"}]


async def test_a_reader_is_not_told_that_all_is_well_while_the_database_is_away(topic, monkeypatch):
    streams = live.streams()
    assert streams.is_fresh
    monkeypatch.setattr(streams, "_looked", streams._looked - 60)
    assert not streams.is_fresh
