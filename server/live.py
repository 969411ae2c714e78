"""Live streams (SSE): events are rows with a number per topic and no gap; Redis only says «look».

A reader that comes back with `Last-Event-ID` gets what it missed from the table, or `reset` when that is gone.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server import db
from server.db import CLEAN, after_commit
from server.tasks import cancel_until_heard

log = structlog.get_logger("live")

CHANNEL = "hospital:live"
LOOK_SECONDS = 1.0  # without Redis a stream is this late
FOLD_SECONDS = 0.02  # news of one moment is told to the other processes once
KEPT = timedelta(hours=24)
QUEUE_EVENTS = 500  # a reader that lags by more is cut off and starts again with a reset
CATCH_UP = 500
PING_SECONDS = 15.0
RETRY = b"retry: 2000\n\n"  # a reader that was cut off comes back after so many milliseconds
PING = b": ping\n\n"  # tells both ends that the link is alive

ANNOUNCE = """
WITH topic AS (
    INSERT INTO live_topic (topic, seq) VALUES ($1, 1)
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1 RETURNING seq
)
INSERT INTO live_event (topic, seq, kind, payload, at) SELECT $1, seq, $2, $3, app_now() FROM topic RETURNING seq
"""


def queue_topic(department_id: Any) -> str:
    """Name the stream of a department's queue."""
    return f"queue:{department_id}"


def staff_topic(staff_id: Any) -> str:
    """Name the stream of what needs a member of staff now."""
    return f"staff:{staff_id}"


async def announce(topic: str, kind: str, payload: dict[str, Any]) -> int:
    """Write an event to a stream, in the transaction of its change; give its number.

    Call it late in the transaction: the topic's row stays locked until the commit.
    """
    row = await db.fetch_one(ANNOUNCE, topic, kind, orjson.dumps(payload).decode())
    nudge(topic)
    assert row is not None  # the statement always inserts
    return row["seq"]


def nudge(topic: str) -> None:
    """Tell every server, after the commit, that a topic has news."""

    def now() -> None:
        if (found := _streams["streams"]) is not None:
            found.nudge(topic)

    after_commit(now)


async def seq_of(topic: str) -> int:
    """Give the number of the last event of a topic; 0 when there was none."""
    row = await db.fetch_one("SELECT seq FROM live_topic WHERE topic = $1", topic)
    return row["seq"] if row else 0


def frame(seq: int, kind: str, payload: str) -> bytes:
    """Encode one event for the wire."""
    return f"id: {seq}\nevent: {kind}\ndata: {payload}\n\n".encode()


class Nudger:
    """Tells the servers about news; all that a process without readers of its own, such as a worker, needs."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._topics: set[str] = set()
        self._task: asyncio.Task | None = None

    def start(self) -> None:
        """Nothing to start: it works when there is news."""

    async def stop(self) -> None:
        """Let the last news out."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=LOOK_SECONDS)

    def nudge(self, topic: str) -> None:
        """Tell every server that a topic has news."""
        self._topics.add(topic)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell(), context=CLEAN.copy())

    async def _tell(self) -> None:
        while self._topics:
            await asyncio.sleep(FOLD_SECONDS)
            topics, self._topics = self._topics, set()
            with suppress(RedisError, OSError, TimeoutError):  # the servers look every second anyway
                async with asyncio.timeout(LOOK_SECONDS):
                    for topic in topics:
                        await self._redis.publish(CHANNEL, topic)


class Streams:
    """The live streams of one process: one Redis subscription, one look at the database for all readers of a topic."""

    def __init__(self, subscriber: Redis, redis: Redis) -> None:
        self._subscriber = subscriber
        self._nudger = Nudger(redis)
        self._readers: dict[str, set[asyncio.Queue[tuple[int, bytes] | None]]] = {}
        self._sent: dict[str, int] = {}
        self._news: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task] = []
        self.stopping = asyncio.Event()

    def start(self) -> None:
        """Begin to listen."""
        for work in (self._listen(), self._deliver()):
            self._tasks.append(asyncio.get_running_loop().create_task(work, context=CLEAN.copy()))

    async def stop(self) -> None:
        """End every stream; the browsers reconnect elsewhere."""
        self.stopping.set()
        self._wake.set()
        for readers in self._readers.values():
            for queue in readers:
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(None)
        await cancel_until_heard(self._tasks)
        self._tasks.clear()
        await self._nudger.stop()

    def nudge(self, topic: str) -> None:
        """Look at a topic soon, here and in every other process."""
        self._news.add(topic)
        self._wake.set()
        self._nudger.nudge(topic)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._subscriber.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._news.add(message["data"].decode())
                            self._wake.set()
            except (RedisError, OSError) as error:
                log.warning("live_without_redis", error=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS)

    async def _deliver(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
                topics = {topic for topic in self._news if self._readers.get(topic)}
            except TimeoutError:
                topics = {topic for topic, readers in self._readers.items() if readers}
            self._wake.clear()
            self._news.clear()
            for topic in topics:
                try:
                    await self._deliver_topic(topic)
                except Exception:  # a lost database connection must not end the streams
                    log.exception("live_look_failed", topic=topic)

    async def _deliver_topic(self, topic: str) -> None:
        rows = await db.fetch(
            "SELECT seq, kind, payload FROM live_event WHERE topic = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            topic,
            self._sent.get(topic, 0),
            CATCH_UP,
        )
        for row in rows:
            self._sent[topic] = row["seq"]
            event = (row["seq"], frame(row["seq"], row["kind"], row["payload"]))
            for queue in list(self._readers.get(topic, ())):
                try:
                    queue.put_nowait(event)
                except asyncio.QueueFull:
                    self._readers[topic].discard(queue)

    async def read(
        self, topic: str, *, last: int | None, ping_seconds: float = PING_SECONDS
    ) -> AsyncGenerator[bytes, None]:
        """Give the frames of a topic for one reader, from after event `last`, until the process stops.

        A reader without `last` starts now. `event: reset` says that the gap is larger than what is kept.
        """
        queue: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(QUEUE_EVENTS)
        newest = await seq_of(topic)
        self._sent.setdefault(topic, newest)
        self._readers.setdefault(topic, set()).add(queue)
        try:
            yield RETRY
            position = newest
            if last is not None:
                async for frames, reached in self._catch_up(topic, last):
                    position = reached
                    yield frames
            while not self.stopping.is_set():
                try:
                    async with asyncio.timeout(ping_seconds):
                        event = await queue.get()
                except TimeoutError:
                    if queue not in self._readers.get(topic, ()):
                        return
                    yield PING
                    continue
                if event is None:
                    return
                seq, data = event
                if seq > position:
                    position = seq
                    yield data
        finally:
            self._readers[topic].discard(queue)
            if not self._readers[topic]:
                del self._readers[topic]
                self._sent.pop(topic, None)

    async def _catch_up(self, topic: str, position: int) -> AsyncIterator[tuple[bytes, int]]:
        newest = await seq_of(topic)
        if position > newest:  # a number from another database
            yield b"event: reset\ndata: {}\n\n", newest
            return
        while position < newest:
            rows = await db.fetch(
                "SELECT seq, kind, payload FROM live_event WHERE topic = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                topic,
                position,
                CATCH_UP,
            )
            if not rows or rows[0]["seq"] != position + 1:
                yield b"event: reset\ndata: {}\n\n", newest
                return
            position = rows[-1]["seq"]
            yield b"".join(frame(row["seq"], row["kind"], row["payload"]) for row in rows), position


_streams: dict[str, Streams | Nudger | None] = {"streams": None}


def use_streams(streams: Streams | Nudger | None) -> None:
    """Set the streams of this process."""
    _streams["streams"] = streams


def streams() -> Streams:
    """Give the streams of this process.

    Raises: RuntimeError when it has none.
    """
    found = _streams["streams"]
    if not isinstance(found, Streams):
        raise RuntimeError("this process serves no streams")
    return found


async def forget_old() -> None:
    """Delete events that no reader will ask for again."""
    await db.fetch("DELETE FROM live_event WHERE at < app_now() - $1::interval", KEPT)
