"""The open stream of the waiting-room boards: the whole masked board at each change, so that no gap is possible.

The staff's events never pass here: they are only the bell. A department is looked at once for all its boards.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import orjson
import structlog

from miniapp_api.queue import views
from miniapp_api.queue.errors import BoardsFull
from server import live
from server.db import CLEAN
from server.errors import NotFound
from server.tasks import cancel_until_heard

log = structlog.get_logger("boards")

READERS_AT_MOST = 1000  # the stream is open to all: it must not become a way to exhaust the server
FOLD_SECONDS = 0.35  # a busy queue is shown about three times a second
BEAT_SECONDS = 5.0  # a board that hears nothing for longer knows that its link is dead
RETRY = b"retry: 2000\n\n"
_OF_THE_LOOK = ("version", "at")  # these differ although the board is the same


class Watch:
    """One department, looked at for all its readers: at news of its queue, and every few seconds.

    The regular look finds what nobody announces (midnight, another session in a room), and its beat says that the
    board still holds; when the database is away there is no beat, and the boards say that they are old.
    """

    def __init__(self, department_id: UUID) -> None:
        self.department_id = department_id
        self.readers = 0
        self.is_over = False
        self._shown: dict[str, Any] | None = None
        self._board = b""
        self._beat = b""
        self._change = 0  # how many boards there were
        self._look = 0
        self._looking = asyncio.Lock()
        self._looked = asyncio.Condition()
        self._news = asyncio.Event()
        self._task: asyncio.Task | None = None

    async def begin(self) -> None:
        """Look for the first time and go on looking.

        Raises: NotFound.
        """
        async with self._looking:
            if self._task is None:
                await self._see()
                self._task = asyncio.get_running_loop().create_task(self._watch(), context=CLEAN.copy())

    async def end(self) -> None:
        """Stop looking; nobody reads."""
        self.is_over = True
        if self._task is not None:
            await cancel_until_heard([self._task])

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Give the board at once, then at each change, and a beat while nothing changes; a slow reader skips some."""
        yield RETRY + self._board
        change, look = self._change, self._look
        while True:
            async with self._looked:
                while self._look == look and not self.is_over:
                    await self._looked.wait()
            if self.is_over:
                return
            yield self._beat if change == self._change else self._board
            change, look = self._change, self._look

    async def _watch(self) -> None:
        listening = asyncio.get_running_loop().create_task(self._listen())
        try:
            while not self.is_over:
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):
                        await self._news.wait()
                self._news.clear()
                if listening.done():
                    return
                await self._see_if_possible()
                await asyncio.sleep(FOLD_SECONDS)
        finally:
            self.is_over = True
            listening.cancel()
            async with self._looked:
                self._looked.notify_all()

    async def _listen(self) -> None:
        """Wait for the bell until the server stops; a look that the database refuses is tried again."""
        while not live.streams().stopping.is_set():
            try:
                async for _ in live.streams().read(live.queue_topic(self.department_id), last=None):
                    self._news.set()
            except Exception:  # a lost database connection must not end the boards
                log.exception("board_bell_failed")
                await asyncio.sleep(BEAT_SECONDS)
        self._news.set()

    async def _see_if_possible(self) -> None:
        try:
            await self._see()
        except NotFound:  # the department was closed: the boards come back and hear so
            self.is_over = True
        except Exception:  # a lost database connection must not end the boards
            log.exception("board_look_failed")

    async def _see(self) -> None:
        board = await views.board_of(self.department_id)
        shown = {key: value for key, value in board.items() if key not in _OF_THE_LOOK}
        if shown != self._shown:
            self._shown = shown
            self._change += 1
        self._board = live.frame(board["version"], "board", orjson.dumps(board).decode())
        self._beat = live.frame(board["version"], "beat", orjson.dumps({"at": board["at"]}).decode())
        self._look += 1
        async with self._looked:
            self._looked.notify_all()


class Boards:
    """All boards that read from this process."""

    def __init__(self, *, at_most: int = READERS_AT_MOST) -> None:
        self._at_most = at_most
        self._watches: dict[UUID, Watch] = {}
        self.readers = 0

    @asynccontextmanager
    async def reading(self, department_id: UUID) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        """Give the frames of a department's board.

        Raises: NotFound, BoardsFull.
        """
        if self.readers >= self._at_most:
            raise BoardsFull()
        watch = self._watches.get(department_id)
        if watch is None or watch.is_over:
            watch = self._watches[department_id] = Watch(department_id)
        self.readers += 1
        watch.readers += 1
        try:
            await watch.begin()
            async with aclosing(watch.frames()) as frames:
                yield frames
        finally:
            self.readers -= 1
            watch.readers -= 1
            if watch.readers == 0:
                if self._watches.get(department_id) is watch:
                    del self._watches[department_id]
                await watch.end()


boards = Boards()
