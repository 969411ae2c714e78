"""A platform that answers at once or after a while, in a process of its own: what remains is the product's own time.

It notes when each person's message came; `arrivals` asks for that.
"""

import asyncio
import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import cast

import orjson
import uvloop

ARRIVALS = "/_arrivals"
TOKEN = b'{"access_token":"bench","expires_in":7200}'
STARTS_SECONDS = 20.0


@contextmanager
def platform(port: int, *, delay_ms: int = 0) -> Iterator[None]:
    """Answer every call on a port, each after the delay, for the length of a `with`."""
    context = get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_serve, args=(port, ready, delay_ms / 1000), daemon=True)
    process.start()
    try:
        if not ready.wait(STARTS_SECONDS):
            raise RuntimeError("the stand-in does not start")
        yield
    finally:
        process.terminate()
        process.join()


def arrivals(port: int) -> dict[str, float]:
    """Give the moment (epoch seconds) at which the last message to each person came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10.0)
    try:
        connection.request("GET", ARRIVALS)
        return orjson.loads(connection.getresponse().read())
    finally:
        connection.close()


class _Answering(asyncio.Protocol):
    """Reads requests one after another and says yes to each."""

    numbers = count(3_700_000_000_000_000_000)

    def __init__(self, delay: float, arrived: dict[str, float]) -> None:
        self._received = b""
        self._delay = delay
        self._arrived = arrived

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
            said, self._received = self._received[head + 4 : head + 4 + length], self._received[head + 4 + length :]
            self._answer(start.split(b"?", 1)[0].split(b"\r\n", 1)[0], said)

    def _answer(self, asked: bytes, said: bytes) -> None:
        if ARRIVALS.encode() in asked:
            self._write(orjson.dumps(self._arrived))
        elif b"token" in asked:
            self._write(TOKEN)
        else:
            if (at := said.find(b'"touser":"')) >= 0:
                self._arrived[said[at + 10 : said.find(b'"', at + 10)].decode()] = time.time()
            body = b'{"errcode":0,"errmsg":"ok","msgid":%d}' % next(self.numbers)
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._write, body)
            else:
                self._write(body)

    def _write(self, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )


def _serve(port: int, ready: Event, delay: float) -> None:
    async def run() -> None:
        arrived: dict[str, float] = {}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Answering(delay, arrived), "127.0.0.1", port, backlog=2000)
        ready.set()
        await server.serve_forever()

    uvloop.run(run())
