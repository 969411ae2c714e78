"""A platform that answers at once, in a process of its own: what remains is the product's own time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import cast

import uvloop

TOKEN = b'{"access_token":"bench","expires_in":7200}'
STARTS_SECONDS = 20.0


@contextmanager
def platform(port: int) -> Iterator[None]:
    """Answer every call on a port for the length of a `with`."""
    context = get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_serve, args=(port, ready), daemon=True)
    process.start()
    try:
        if not ready.wait(STARTS_SECONDS):
            raise RuntimeError("the stand-in does not start")
        yield
    finally:
        process.terminate()
        process.join()


class _Answering(asyncio.Protocol):
    """Reads requests one after another and says yes to each."""

    numbers = count(3_700_000_000_000_000_000)

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (head := self._received.find(b"\r\n\r\n")) >= 0:
            start = self._received[:head].lower()
            at = start.find(b"content-length:")
            length = int(start[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._received) < head + 4 + length:
                return
            is_token = b"token" in start.split(b"?", 1)[0].split(b"\r\n", 1)[0]
            self._received = self._received[head + 4 + length :]
            body = TOKEN if is_token else b'{"errcode":0,"errmsg":"ok","msgid":%d}' % next(self.numbers)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )


def _serve(port: int, ready: Event) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", port)
        ready.set()
        await server.serve_forever()

    uvloop.run(run())
