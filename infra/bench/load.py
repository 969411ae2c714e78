"""The clients, in a process of their own, so that their work is not the server's.

HTTP: hand-made keep-alive connections that write bytes prepared beforehand and look for status and length only. On two
cores a full HTTP client costs more processor time than the server it measures; this one costs about a tenth of it.
SQL: asyncpg connections, each running one prepared statement after another.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import uvloop

from infra.bench.arithmetic import Turn

TROUBLE_KEPT = 3
POSTS_SECONDS = 30.0  # at most
T = TypeVar("T")


def prepared(
    method: str, path: str, *, token: str = "", body: bytes = b"", headers: Sequence[tuple[str, str]] = ()
) -> bytes:
    """Write a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join((*lines, "", "")).encode() + body


class Clients:
    """A process with clients."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))

    def http(
        self, ports: tuple[int, ...], requests: list[bytes], *, clients: int, seconds: float, marker: bytes = b""
    ) -> Turn:
        """Send requests one after another over some connections until time or requests run out.

        ports: of the servers, which share the connections. marker: what a successful body holds; 2xx alone is enough
        when it is empty.
        """
        return self._pool.submit(_http_turn, ports, requests, (clients, seconds, marker)).result()

    def sql(self, url: str, statement: str, arguments: list[tuple], *, clients: int, seconds: float) -> Turn:
        """Run one statement over some connections until time or arguments run out; no row is no success."""
        return self._pool.submit(_sql_turn, url, statement, arguments, (clients, seconds)).result()

    def posts(self, url: str, count: int, body: bytes, *, at_once: int) -> Turn:
        """Post the same body over and over with the HTTP client that the product sends with, and nothing else."""
        return self._pool.submit(_post_turn, url, count, (body, at_once)).result()

    def run(self, turn: Callable[..., T], *arguments: Any) -> T:
        """Run another kind of turn in the process."""
        return self._pool.submit(turn, *arguments).result()

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


class Score:
    """What the clients of one turn share: the work that is left, and what came of the rest."""

    def __init__(self, work: Sequence[Any], seconds: float, marker: bytes = b"") -> None:
        self._work = deque(work)
        self._marker = marker
        self._ends = time.perf_counter() + seconds
        self._began = time.perf_counter()
        self._last = self._began
        self._milliseconds: list[float] = []
        self._trouble: list[str] = []

    def begin(self) -> None:
        """Start the clock anew."""
        self._began = self._last = time.perf_counter()

    def take(self) -> Any:
        """Give the next piece of work, or None when the turn is over."""
        return self._work.popleft() if self._work and time.perf_counter() < self._ends else None

    def answer(self, request: bytes, status: int, body: bytes, began: float) -> None:
        """Take the answer to a request that was sent at a moment."""
        if 200 <= status < 300 and self._marker in body:
            self.success(began)
        else:
            self.failure(f"{status} {body[:300].decode('utf-8', 'replace')}")

    def lost(self, request: bytes, error: Exception | None) -> None:
        """Take it that the connection went away before the answer came."""
        self.failure(f"connection lost: {error}")

    def success(self, began: float) -> None:
        """Count one."""
        self._last = time.perf_counter()
        self._milliseconds.append((self._last - began) * 1000)

    def failure(self, what: str) -> None:
        """Keep the first few."""
        if len(self._trouble) < TROUBLE_KEPT:
            self._trouble.append(what)

    def turn(self) -> Turn:
        """Give the figures."""
        return Turn(
            done=len(self._milliseconds),
            seconds=max(self._last - self._began, 1e-9),
            milliseconds=tuple(self._milliseconds),
            trouble=tuple(self._trouble),
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends the next request as soon as the last one is answered."""

    def __init__(self, score: Score) -> None:
        self._score = score
        self._received = b""
        self._began = 0.0
        self._request: bytes | None = None
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._begin()

    def _begin(self) -> None:
        self._next()

    def _next(self) -> None:
        self._request = self._score.take()
        if self._request is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take a whole answer and send the next request."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._received[:head].lower().find(b"content-length:")
        length = int(self._received[at + 15 : self._received.find(b"\r\n", at)]) if at >= 0 else 0
        if len(self._received) < head + 4 + length:
            return
        if self._request is not None:
            self._score.answer(self._request, int(self._received[9:12]), self._received[head + 4 :], self._began)
        self._received = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Say which answer will not come."""
        if self._request is not None:
            self._score.lost(self._request, error)
        if not self.over.done():
            self.over.set_result(None)


def _http_turn(ports: tuple[int, ...], requests: list[bytes], how: tuple[int, float, bytes]) -> Turn:
    clients, seconds, marker = how

    async def run() -> Turn:
        score = Score(requests, seconds, marker)
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: Connection(score), "127.0.0.1", ports[n % len(ports)])
            for n in range(clients)
        ]
        await asyncio.gather(*(connection.over for _, connection in made))
        return score.turn()

    return uvloop.run(run())


def _sql_turn(url: str, statement: str, arguments: list[tuple], how: tuple[int, float]) -> Turn:
    import asyncpg

    clients, seconds = how

    async def work(connection: asyncpg.Connection, score: Score) -> None:
        ready = await connection.prepare(statement)
        while (values := score.take()) is not None:
            began = time.perf_counter()
            if await ready.fetchrow(*values) is None:
                score.failure("no row")
            else:
                score.success(began)

    async def run() -> Turn:
        connections = [await asyncpg.connect(**credentials(url)) for _ in range(clients)]
        try:
            score = Score(arguments, seconds)
            await asyncio.gather(*(work(connection, score) for connection in connections))
            return score.turn()
        finally:
            for connection in connections:
                await connection.close()

    return uvloop.run(run())


def _post_turn(url: str, count: int, what: tuple[bytes, int]) -> Turn:
    import aiohttp

    body, at_once = what

    async def work(http: aiohttp.ClientSession, score: Score) -> None:
        while (number := score.take()) is not None:
            began = time.perf_counter()
            async with http.post(url, data=body, headers={"Content-Type": "application/json"}) as reply:
                await reply.json()
            if reply.status == 200:
                score.success(began)
            else:
                score.failure(f"post {number}: {reply.status}")

    async def run() -> Turn:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as http:
            score = Score(range(count), POSTS_SECONDS)
            await asyncio.gather(*(work(http, score) for _ in range(at_once)))
            return score.turn()

    return uvloop.run(run())


def credentials(url: str) -> dict[str, Any]:
    """Read a database's address into what a connection takes, with the product's own session settings."""
    parts = urlsplit(url)
    return {
        "host": parse_qs(parts.query)["host"][0],
        "user": parts.username,
        "database": parts.path.lstrip("/"),
        "server_settings": {"timezone": "UTC", "jit": "off", "enable_seqscan": "off"},
    }
