"""Between a worker and its servers: a proxy that cuts a connection once a COMMIT was sent, and one that is slow."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_ENDS_A_STATEMENT = {b"Q", b"S"}  # a simple query (BEGIN, COMMIT), and the Sync that commits a statement of its own


class CutProxy:
    """Passes PostgreSQL's protocol on; now and then it cuts right after a message that commits, before the answer."""

    def __init__(self, server: Path, *, rate: float, seed: int, most: int) -> None:
        self._server = server
        self._rate = rate
        self._dice = random.Random(seed)
        self._left = most
        self.cut = 0
        self._carried: set[asyncio.Task] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if (task := asyncio.current_task()) is not None:
            self._carried.add(task)
            task.add_done_callback(self._carried.discard)
        upstream_reader, upstream = await asyncio.open_unix_connection(str(self._server))
        back = asyncio.create_task(_pump(upstream_reader, writer))
        try:
            upstream.write(await _startup(reader))
            while True:
                kind = await reader.readexactly(1)
                length = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(length, "big") - 4)
                is_commit = kind in _ENDS_A_STATEMENT and not body.upper().startswith((b"BEGIN", b"ROLLBACK"))
                if is_commit and self._left > 0 and self._dice.random() < self._rate:
                    self._left -= 1
                    self.cut += 1
                    back.cancel()
                    await asyncio.wait({back})
                    upstream.write(kind + length + body)
                    await upstream.drain()
                    writer.transport.abort()
                    with suppress(asyncio.IncompleteReadError, OSError):
                        await upstream_reader.read(65536)  # the server has done it
                    return
                upstream.write(kind + length + body)
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            back.cancel()
            upstream.close()
            writer.close()

    def end(self) -> None:
        """Drop every connection."""
        for task in list(self._carried):
            task.cancel()


async def _startup(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length, "big") - 4)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float = 0.0) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while data := await reader.read(65536):
            if delay:
                await asyncio.sleep(delay)
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


@asynccontextmanager
async def cutting(folder: Path, server: Path, proxy: CutProxy) -> AsyncIterator[Path]:
    """Listen in a folder as PostgreSQL would; gives the folder."""
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    listening = await asyncio.start_unix_server(proxy.serve, str(folder / server.name))
    try:
        yield folder
    finally:
        listening.close()
        proxy.end()


@asynccontextmanager
async def slow(folder: Path, server: Path, seconds: float) -> AsyncIterator[Path]:
    """Listen on a socket whose every answer comes late; gives the socket."""
    await asyncio.to_thread(folder.mkdir, exist_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream = await asyncio.open_unix_connection(str(server))
        back = asyncio.create_task(_pump(upstream_reader, writer, seconds))
        await _pump(reader, upstream)
        back.cancel()

    listening = await asyncio.start_unix_server(serve, str(folder / "slow.sock"))
    try:
        yield folder / "slow.sock"
    finally:
        listening.close()
