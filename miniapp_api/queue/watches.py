"""A look at queues for all who read them in this process: at news of a queue, and every few seconds.

The regular look finds what nobody announces: midnight, another session in a room, a notice that is over.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from uuid import UUID

import structlog

from server import live
from server.db import CLEAN
from server.errors import NotFound
from server.fanout import Seat
from server.tasks import cancel_until_heard

log = structlog.get_logger("boards")

FOLD_SECONDS = 0.15  # a busy queue is shown about six times a second
BEAT_SECONDS = 5.0  # a reader that hears nothing for longer knows that its link is dead


class Watch(ABC):
    """Some departments, looked at for all its readers."""

    def __init__(self, department_ids: Sequence[UUID]) -> None:
        self.department_ids = tuple(department_ids)
        self.readers = 0
        self.is_over = False
        self._news = asyncio.Event()
        self._beginning = asyncio.Lock()
        self._bells = ExitStack()
        self._task: asyncio.Task | None = None

    @abstractmethod
    async def look(self) -> None:
        """Look at the database and write what is new to the readers.

        Raises: NotFound when there is nothing to look at any more.
        """

    @abstractmethod
    def seats(self) -> list[Seat]:
        """Give where it writes."""

    async def begin(self) -> None:
        """Look for the first time and go on looking.

        Raises: NotFound.
        """
        async with self._beginning:
            if self._task is not None:
                return
            await self._listen()
            try:
                await self.look()
            except BaseException:
                self._bells.close()
                raise
            self._task = asyncio.get_running_loop().create_task(self._watch(), context=CLEAN.copy())

    async def end(self) -> None:
        """Stop looking; nobody reads."""
        self.is_over = True
        self._bells.close()
        if self._task is not None:
            await cancel_until_heard([self._task])

    def ring(self) -> None:
        """Look soon."""
        self._news.set()

    async def _listen(self) -> None:
        # the numbers are asked for before the look: what happens after it is news
        newest = [await live.seq_of(live.queue_topic(each)) for each in self.department_ids]
        for department_id, seq in zip(self.department_ids, newest, strict=True):
            self._bells.enter_context(live.streams().bell(live.queue_topic(department_id), seq, self.ring))

    async def _watch(self) -> None:
        stopping = live.streams().stopping
        try:
            while not self.is_over:
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):
                        await self._news.wait()
                self._news.clear()
                if stopping.is_set():
                    return
                began = time.monotonic()
                await self._look_if_possible()
                await asyncio.sleep(max(FOLD_SECONDS, time.monotonic() - began))  # never more than half of the time
        finally:
            self.is_over = True
            for seat in self.seats():
                seat.over.set()

    async def _look_if_possible(self) -> None:
        try:
            await self.look()
        except NotFound:  # the department was closed: the readers come back and hear so
            self.is_over = True
        except Exception:  # a lost database connection must not end the streams
            log.exception("look_failed", departments=[str(each) for each in self.department_ids])
