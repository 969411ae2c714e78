"""Live streams (SSE): events are rows with a number per topic and no gap; Redis only says «look».

A reader that comes back with `Last-Event-ID` gets what it missed from the table, or `reset` when that is gone.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from server import db
from server.db import CLEAN, after_commit
from server.fanout import Seat, frame, give_all
from server.tasks import cancel_until_heard

log = structlog.get_logger("live")

CHANNEL = "hospital:live"
BETWEEN = "\n"  # topics of one message
LOOK_SECONDS = 1.0  # without Redis a stream is this late
FOLD_SECONDS = 0.02  # news of one moment is told to the other processes once
FRESH_SECONDS = 3.0  # a look that is older means that the database does not answer
KEPT = timedelta(hours=24)
CATCH_UP = 500
PING_SECONDS = 5.0  # a reader that hears nothing for twice as long knows that its link is dead
RETRY = b"retry: 2000\n\n"  # a reader that was cut off comes back after so many milliseconds
PING = b": ping\n\n"  # tells both ends that the link is alive

ANNOUNCE = """
WITH topic AS (
    INSERT INTO live_topic (topic, seq) VALUES ($1, 1)
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1 RETURNING seq
)
INSERT INTO live_event (topic, seq, kind, payload, at) SELECT $1, seq, $2, $3, app_now() FROM topic RETURNING seq
"""
# $1 topics. A topic that nobody has ever read is not there, and costs no more than this look.
MOVE = """
WITH mine AS (
    SELECT topic FROM live_topic WHERE topic = ANY($1::text[]) ORDER BY topic FOR NO KEY UPDATE
), moved AS (
    UPDATE live_topic t SET seq = t.seq + 1 FROM mine WHERE t.topic = mine.topic RETURNING t.topic, t.seq
)
INSERT INTO live_event (topic, seq, kind, payload, at) SELECT topic, seq, 'changed', '{}', app_now() FROM moved
RETURNING topic
"""
OPEN = "INSERT INTO live_topic (topic, seq) VALUES ($1, 0) ON CONFLICT (topic) DO NOTHING"
NEWEST = "SELECT topic, seq FROM live_topic WHERE topic = ANY($1::text[])"
EVENTS = "SELECT seq, kind, payload FROM live_event WHERE topic = $1 AND seq > $2 ORDER BY seq LIMIT $3"


def queue_topic(department_id: Any) -> str:
    """Name the stream of a department's queue."""
    return f"queue:{department_id}"


def staff_topic(staff_id: Any) -> str:
    """Name the stream of what needs a member of staff now."""
    return f"staff:{staff_id}"


def account_topic(account_id: Any) -> str:
    """Name the stream of an account's open pages."""
    return f"account:{account_id}"


def moved(topic: str) -> None:
    """Say `changed`, without data, to who reads a stream, at the end of the open transaction and once in it.

    Raises: RuntimeError outside a transaction.
    """
    db.at_the_end(_move, topic)


async def _move(topics: list[str]) -> None:
    for row in await db.fetch(MOVE, topics):
        nudge(row["topic"])


async def open_topic(topic: str) -> None:
    """Let a stream be there: from now on what has `moved` is told to its readers."""
    await db.fetch(OPEN, topic)


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
                    # in one message: each costs this process, Redis and every reader more than all its names
                    await self._redis.publish(CHANNEL, BETWEEN.join(topics))


class Topic:
    """One topic, looked at once for all who read it in this process.

    sent: the number up to which every seat has everything. users: how many read it, or are about to.
    """

    def __init__(self, sent: int) -> None:
        self.sent = sent
        self.users = 0
        self.seats: set[Seat] = set()
        self.bells: set[Callable[[], None]] = set()

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Give new events to all seats; without a pause, so that no seat can come in between."""
        new = [row for row in rows if row["seq"] > self.sent]
        if not new:
            return
        self.sent = new[-1]["seq"]
        give_all(self.seats, _frames(new))
        for ring in list(self.bells):
            ring()


class Streams:
    """The live streams of one process: one Redis subscription, one look at the database for all readers of a topic."""

    def __init__(self, subscriber: Redis, redis: Redis) -> None:
        self._subscriber = subscriber
        self._nudger = Nudger(redis)
        self._topics: dict[str, Topic] = {}
        self._news: set[str] = set()
        self._wake = asyncio.Event()
        self._looked = time.monotonic()
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
        for topic in list(self._topics.values()):
            for seat in topic.seats:
                seat.over.set()
            for ring in list(topic.bells):
                ring()
        await cancel_until_heard(self._tasks)
        self._tasks.clear()
        await self._nudger.stop()

    @property
    def is_fresh(self) -> bool:
        """Tell whether the database was looked at just now: otherwise nobody may say that all is told."""
        return time.monotonic() - self._looked < FRESH_SECONDS

    def readers_of(self, topic: str) -> int:
        """Give how many in this process read a topic."""
        found = self._topics.get(topic)
        return len(found.seats) if found else 0

    def nudge(self, topic: str) -> None:
        """Look at a topic soon, here and in every other process."""
        self._hear((topic,))
        self._nudger.nudge(topic)

    def _hear(self, topics: Iterable[str]) -> None:
        """Look soon at those that somebody reads here; what nobody reads wakes nobody."""
        if news := self._topics.keys() & topics:
            self._news |= news
            self._wake.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._subscriber.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self._hear(message["data"].decode().split(BETWEEN))
            except (RedisError, OSError) as error:
                log.warning("live_without_redis", error=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS)

    async def _deliver(self) -> None:
        """Look at what has news, and every second at everything, however much news there is of something else."""
        due = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._wake.wait()
            self._wake.clear()
            names, self._news = self._news & self._topics.keys(), set()
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + LOOK_SECONDS
                    names |= await self._behind()
                    self._looked = time.monotonic()
                for name in names:
                    await self._look(name)
            except Exception:  # a lost database connection must not end the streams
                log.exception("live_look_failed")
                await asyncio.sleep(LOOK_SECONDS / 5)

    async def _behind(self) -> set[str]:
        rows = await db.fetch(NEWEST, list(self._topics)) if self._topics else []
        newest = {row["topic"]: row["seq"] for row in rows}
        return {name for name, topic in self._topics.items() if newest.get(name, 0) > topic.sent}

    async def _look(self, name: str) -> None:
        while (topic := self._topics.get(name)) is not None:
            rows = await db.fetch(EVENTS, name, topic.sent, CATCH_UP)
            topic.take(rows)
            if len(rows) < CATCH_UP:
                return

    @contextmanager
    def _using(self, name: str, newest: int) -> Iterator[Topic]:
        topic = self._topics.setdefault(name, Topic(newest))
        topic.users += 1
        try:
            yield topic
        finally:
            topic.users -= 1
            if topic.users == 0:
                del self._topics[name]

    async def follow(self, name: str, seat: Seat, *, last: int | None) -> AsyncGenerator[bytes, None]:
        """Give what a reader missed after event `last`, then nothing: from then on all is written to its seat.

        The last thing given is empty: the seat is taken, and is given up when the generator is closed.
        A reader without `last` starts now. `event: reset` says that the gap is larger than what is kept.
        """
        with self._using(name, await seq_of(name)) as topic:
            yield RETRY
            position = topic.sent if last is None else last
            if position > topic.sent:
                await self._look(name)  # another server has told it already
                if position > topic.sent:  # a number from another database
                    position = topic.sent
                    yield _reset(position)
            while position < topic.sent:
                rows = await db.fetch(EVENTS, name, position, CATCH_UP)
                rows = [row for row in rows if row["seq"] <= topic.sent]
                if not rows or rows[0]["seq"] != position + 1:
                    position = topic.sent
                    yield _reset(position)
                else:
                    position = rows[-1]["seq"]
                    yield _frames(rows)
            # nothing has waited since the comparison: no event can lie between
            topic.seats.add(seat)
            try:
                if self.stopping.is_set():
                    seat.over.set()
                yield b""
            finally:
                topic.seats.discard(seat)

    @contextmanager
    def bell(self, name: str, newest: int, ring: Callable[[], None]) -> Iterator[None]:
        """Be rung at every news of a topic after event `newest`, and when the process stops."""
        with self._using(name, newest) as topic:
            topic.bells.add(ring)
            try:
                yield
            finally:
                topic.bells.discard(ring)


def _reset(newest: int) -> bytes:
    """Say that what lies before event `newest` is gone: ask for everything again."""
    return frame(newest, "reset", "{}")


def _frames(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(frame(row["seq"], row["kind"], row["payload"]) for row in rows)


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
