"""Watching: a list without a stream of its own says «changed», and its readers ask for the list again.

A question is one cheap statement about what the writers leave behind anyway, so that no writer does anything for it.
It is asked once a second for all its listeners in this process, and only while there are some.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from server import db, live
from server.db import CLEAN
from server.ids import first_id
from server.live import PING, PING_SECONDS, RETRY
from server.tasks import cancel_until_heard

log = structlog.get_logger("watching")

LOOK_SECONDS = 1.0
SETTLED = timedelta(seconds=30)  # ids commit out of order: after this time none of before is still to come
RENEWED = timedelta(seconds=60)  # so far back does a question count at most


@dataclass(frozen=True)
class Question:
    """What many screens want to know.

    ask: one statement, well under a millisecond; its answer differs when the list may have changed. It gets the first
        id that counts, and counts rows from there: the newest id alone would miss one that commits late.
    """

    name: str
    ask: Callable[[UUID], Awaitable[object]]


class Watch:
    """One question, asked for all its listeners."""

    def __init__(self, question: Question) -> None:
        self.listeners = 0
        self.is_over = False
        self.token = ""  # names the present answer; empty until there is one
        self.news = asyncio.Event()  # set when there is another token, then replaced
        self._question = question
        # what happened before this watch it cannot know: its tokens are nobody else's
        self._name = secrets.token_hex(6)
        self._changes = 0
        self._since = UUID(int=0)
        self._answer: object = None
        self._is_answered = True
        self._task = asyncio.get_running_loop().create_task(self._run(), context=CLEAN.copy())

    async def end(self) -> None:
        """Ask no more; nobody listens."""
        await cancel_until_heard([self._task])

    async def _run(self) -> None:
        stopping = live.streams().stopping
        try:
            while not stopping.is_set():
                await self._look_if_possible()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await stopping.wait()
        finally:
            self.is_over = True
            self.news.set()

    async def _look_if_possible(self) -> None:
        try:
            await self._look()
        except Exception as error:  # a lost database connection must not end the streams
            if self._is_answered:  # said once, not every second
                log.warning("question_failed", question=self._question.name, exc_info=not db.is_away(error))
            self._is_answered = False
        else:
            self._is_answered = True

    async def _look(self) -> None:
        fresh: tuple[UUID, object] | None = None
        if first_id(RENEWED) > self._since:
            # asked before the comparison: what happens between the two is told twice, not never
            since = first_id(SETTLED)
            fresh = since, await self._question.ask(since)
        if not self.token:
            self._tell()
        else:
            answer = await self._question.ask(self._since)
            if answer != self._answer:
                self._answer = answer
                self._tell()
        if fresh is not None:
            self._since, self._answer = fresh

    def _tell(self) -> None:
        self._changes += 1
        self.token = f"{self._name}-{self._changes}"
        news, self.news = self.news, asyncio.Event()
        news.set()


_watches: dict[str, Watch] = {}


async def changes(question: Question, *, last: str) -> AsyncGenerator[bytes, None]:
    """Give the frames for one listener until the process stops: `changed`, without data, whenever the answer differs.

    last: the id of the last event that the listener had. Any other than the present token, also none, gets `changed`
        as soon as the question has been answered: what happens after that is never missed. A slow listener hears of
        many changes once.
    """
    watch = _watches.get(question.name)
    if watch is None or watch.is_over:
        watch = _watches[question.name] = Watch(question)
    watch.listeners += 1
    seen = last
    try:
        yield RETRY
        while not watch.is_over:
            news = watch.news
            if watch.token not in ("", seen):
                seen = watch.token
                yield f"event: changed\nid: {seen}\ndata: {{}}\n\n".encode()
                continue
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await news.wait()
            except TimeoutError:
                yield PING
    finally:
        watch.listeners -= 1
        if watch.listeners == 0:
            if _watches.get(question.name) is watch:
                del _watches[question.name]
            await watch.end()
