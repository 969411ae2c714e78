"""Readers of streams: somebody at a screen that says «changed», and bare ears beside the web server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server.fanout import Seat
from tests.cast import Client

SECONDS = 20.0  # a busy machine may be this late; how soon a screen is told is measured by the bench


class Screen:
    """A reader of a stream of changes."""

    def __init__(self, reply: Any) -> None:
        self._lines = reply.content

    async def changed(self, seconds: float = SECONDS) -> str:
        """Wait until something has changed; give the id of the event."""
        event: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            while True:
                line = (await self._lines.readline()).decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif "event" in event:
                    assert (event["event"], event["data"]) == ("changed", "{}")
                    return event["id"]

    async def ends(self) -> None:
        """Read to the end; it must be a clean one."""
        await self._lines.read()

    async def hears_nothing(self, seconds: float = 1.5) -> None:
        """Assert that nothing changes for a while."""
        try:
            event = await self.changed(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"something changed: {event}")


class Ears:
    """The other end of a seat: a connection that keeps what is written to it."""

    def __init__(self, *, takes: bool = True) -> None:
        self.seat = Seat(self)
        self.written: list[bytes] = []
        self.is_aborted = False
        self._takes = takes
        self._news = asyncio.Event()

    async def hear(self) -> bytes:
        """Wait for the next write; give its frames."""
        while not self.written:
            await self._news.wait()
            self._news.clear()
        size, _, rest = self.written.pop(0).partition(b"\r\n")
        assert len(rest) == int(size, 16) + 2
        return rest[:-2]

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self.written.append(data)
        self._news.set()

    def get_write_buffer_size(self) -> int:
        """Give what was not taken yet."""
        return 0 if self._takes else sum(map(len, self.written))

    def is_closing(self) -> bool:
        """Tell whether it has gone."""
        return self.is_aborted

    def abort(self) -> None:
        """Be cut off."""
        self.is_aborted = True


@asynccontextmanager
async def watching(client: Client, path: str, *, last: str = "", up_to_date: bool = True) -> AsyncIterator[Screen]:
    """Open a stream of changes; past its first word, unless it is asked not to be."""
    headers = {"Authorization": f"Bearer {client.token}", **({"Last-Event-ID": last} if last else {})}
    async with client.site.http.get(f"{client.site.base}/api/v1{path}", headers=headers) as reply:
        assert (reply.status, reply.content_type) == (200, "text/event-stream")
        assert reply.headers["Cache-Control"] == "no-store"
        screen = Screen(reply)
        if up_to_date:
            await screen.changed()
        yield screen
