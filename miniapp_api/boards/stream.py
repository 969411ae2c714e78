"""The open stream of the waiting-room boards: the whole masked board at each change, so that no gap is possible.

The staff's events never pass here: they are only the bell. A department is looked at once for all its boards.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from sanic import HTTPResponse, Request

from miniapp_api.boards import walls
from miniapp_api.boards.errors import BoardsFull
from miniapp_api.queue.watches import Watch
from server import sse
from server.fanout import Seat, frame, give_all
from server.live import RETRY

READERS_AT_MOST = 5000  # the stream is open to all: it must not become a way to exhaust the server
_OF_THE_LOOK = ("version", "at")  # these differ although the board is the same


class BoardWatch(Watch):
    """The board of some departments: the whole of it at each change, and a beat while nothing changes.

    The beat says that the board still holds; when the database is away there is none, and the boards say that they
    are old.
    """

    def __init__(self, department_ids: tuple[UUID, ...]) -> None:
        super().__init__(department_ids)
        self.board = b""
        self._shown: dict[str, Any] | None = None
        self._seats: set[Seat] = set()

    def seats(self) -> list[Seat]:
        """Give where it writes."""
        return list(self._seats)

    def add(self, seat: Seat) -> None:
        """Write to a seat from now on, which has the present board."""
        self._seats.add(seat)
        if self.is_over:
            seat.over.set()

    def remove(self, seat: Seat) -> None:
        """Write to it no more."""
        self._seats.discard(seat)

    async def look(self) -> None:
        """Write the board where it has changed, otherwise a beat."""
        board = await walls.wall_of(self.department_ids)
        shown = {key: value for key, value in board.items() if key not in _OF_THE_LOOK}
        is_new, self._shown = shown != self._shown, shown
        self.board = frame(board["version"], "board", orjson.dumps(board).decode())
        beat = frame(board["version"], "beat", orjson.dumps({"at": board["at"]}).decode())
        give_all(self._seats, self.board if is_new else beat)


class Boards:
    """All boards that read from this process."""

    def __init__(self, *, at_most: int = READERS_AT_MOST) -> None:
        self._at_most = at_most
        self._watches: dict[tuple[UUID, ...], BoardWatch] = {}
        self.readers = 0

    def look_again(self, department_id: UUID) -> None:
        """Look at a department soon, in this process; the others see it at their next regular look."""
        for watch in self._watches.values():
            if department_id in watch.department_ids:
                watch.ring()

    async def show(self, request: Request, *department_ids: UUID) -> HTTPResponse:
        """Answer with the board of some departments for as long as it is read.

        Raises: NotFound, BoardsFull.
        """
        seat = sse.seat_of(request)
        async with self.reading(seat, *department_ids) as watch, aclosing(_first(watch, seat)) as first:
            return await sse.seated(request, seat, first)

    @asynccontextmanager
    async def reading(self, seat: Seat, *department_ids: UUID) -> AsyncIterator[BoardWatch]:
        """Count a reader of a board, and look at it.

        Raises: NotFound, BoardsFull.
        """
        if self.readers >= self._at_most:
            raise BoardsFull()
        watch = self._watches.get(department_ids)
        if watch is None or watch.is_over:
            watch = self._watches[department_ids] = BoardWatch(department_ids)
        self.readers += 1
        watch.readers += 1
        try:
            await watch.begin()
            yield watch
        finally:
            watch.remove(seat)
            self.readers -= 1
            watch.readers -= 1
            if watch.readers == 0:
                if self._watches.get(department_ids) is watch:
                    del self._watches[department_ids]
                await watch.end()


async def _first(watch: BoardWatch, seat: Seat) -> AsyncGenerator[bytes, None]:
    board = watch.board
    yield RETRY + board
    while board is not watch.board:  # it has changed while the first one was on its way
        board = watch.board
        yield board
    watch.add(seat)
    yield b""


boards = Boards()
