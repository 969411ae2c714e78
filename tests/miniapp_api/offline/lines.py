"""A wire to the server that a test can cut, as a digger does: what is under way is lost, nothing new comes through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit


class Wire:
    """A TCP proxy on a port of its own. eats_answers: what goes there arrives, and nothing comes back."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._links: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self.eats_answers = False
        self.answer_was_eaten = asyncio.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def mend(self) -> None:
        """Let everything through."""
        self.eats_answers = False
        self._server = await asyncio.start_server(self._link, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Let nothing through any more."""
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.transport.abort()
        await asyncio.sleep(0)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._links |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer, is_answer=True))
        finally:
            self._links -= {writer, back}

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if is_answer and self.eats_answers:
                    self.answer_was_eaten.set()
                    continue
                target.write(data)
                await target.drain()
            target.close()


@asynccontextmanager
async def a_wire(site: Any) -> AsyncIterator[tuple[Wire, Any]]:
    """Give a wire, and the same site at its other end."""
    parts = urlsplit(site.base)
    wire = Wire(parts.hostname or "", parts.port or 0)
    await wire.mend()
    try:
        yield wire, replace(site, base=wire.base)
    finally:
        await wire.cut()
