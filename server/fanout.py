"""Fan-out: what many open streams read is encoded once and written to all of them in one loop.

A stream costs no queue and no task of its own for this: what its reader does not take yet waits in the connection's
buffer. A reader that is too slow for that is cut off; it comes back by itself and goes on where it was.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

BUFFER_AT_MOST = 256 * 1024  # bytes that may wait for one reader


class Way(Protocol):
    """What a connection is to a stream; an asyncio transport is one."""

    def write(self, data: bytes) -> None:
        """Take bytes without waiting."""

    def get_write_buffer_size(self) -> int:
        """Give how many bytes the reader has not taken yet."""

    def is_closing(self) -> bool:
        """Tell whether the reader has gone."""

    def abort(self) -> None:
        """Close at once."""


def frame(seq: int, kind: str, payload: str) -> bytes:
    """Encode one event for the wire."""
    return f"id: {seq}\nevent: {kind}\ndata: {payload}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """Wrap bytes as they stand in a chunked body of HTTP/1.1."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Seat:
    """One open stream. over: set when nothing more will be written to it."""

    __slots__ = ("_way", "over")

    def __init__(self, way: Way) -> None:
        self._way = way
        self.over = asyncio.Event()

    def give(self, chunked: bytes) -> None:
        """Write without waiting; cut the reader off when it is too slow.

        Who has taken everything so far is not too slow, however much comes at once after a pause of the database.
        """
        if self.over.is_set():
            return
        waiting = self._way.get_write_buffer_size()
        if self._way.is_closing():
            self.over.set()
        elif waiting and waiting + len(chunked) > BUFFER_AT_MOST:
            self.over.set()
            self._way.abort()
        else:
            self._way.write(chunked)


def give_all(seats: Iterable[Seat], data: bytes) -> None:
    """Write the same frames to many streams."""
    chunked = chunk(data)
    for seat in seats:
        seat.give(chunked)
