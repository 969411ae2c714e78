"""Somebody at a screen that says «changed»."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.cast import Client

SECONDS = 2.0  # a screen may be this late


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
