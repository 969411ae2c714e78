"""Thousands of open streams on one server: how long a call takes to the last reader, and what a stream costs.

The readers are bare connections in the clients' process. The limit is the same fan-out written with nothing but
asyncio: a server that answers each connection with a frame, and writes another one to all of them when it is asked to.
"""

import asyncio
import contextlib
import http.client
import resource
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import ClassVar, cast
from uuid import UUID

import asyncpg
import uvloop

from infra.bench.arithmetic import Turn, percentile
from infra.bench.crowd import Crowd
from infra.bench.load import prepared
from infra.bench.visiting import Hall
from infra.local.children import Child

READERS = 2_000
CALLS = 25
LAST_MS = 500  # what was asked for
OPEN_AT_ONCE = 100
HEARD_SECONDS = 10.0  # at most, until the last reader has heard
CALM_SECONDS = 0.5  # between two acts: what the one before caused is over
PHONES = READERS // 2  # the other half of a mixed crowd are boards

# People who wait behind everybody else, each with an appointment that a phone looks at.
# $1 department, $2 day, $3 how many numbers were given, $4 how many people
PHONES_WAIT = """
WITH booked AS (
    UPDATE appointment SET status = 'checked_in' WHERE id IN (
        SELECT id FROM appointment a WHERE department_id = $1 AND day = $2 AND status = 'booked' AND NOT EXISTS (
            SELECT FROM ticket t WHERE t.patient_id = a.patient_id AND t.department_id = $1 AND t.day = $2) LIMIT $4
    ) RETURNING id, patient_id, account_id
)
INSERT INTO ticket (id, department_id, day, number, label, state, patient_id, account_id, appointment_id, sort_at,
    checked_in_at)
SELECT gen_random_uuid(), $1, $2, $3 + n, 'P' || ($3 + n), 'waiting', b.patient_id, b.account_id, b.id,
    app_now() + interval '1 hour', app_now()
FROM (SELECT *, row_number() OVER ()::integer AS n FROM booked) b RETURNING appointment_id, account_id
"""
GIVEN = "SELECT coalesce(max(number), 0) FROM ticket WHERE department_id = $1 AND day = $2"
POKE = b"POST / HTTP/1.1\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Listening:
    """What one turn of readers heard. lasts: of each act the milliseconds until the last reader; each: of every one.

    kib: resident memory of the server for each stream.
    """

    readers: int = 0
    lasts: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    kib: float = 0.0
    lost: int = 0
    trouble: list[str] = field(default_factory=list)


def many_files() -> None:
    """Let this process and those that it starts open as many connections as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pid_of(child: Child) -> int:
    """Give the process of a program that runs."""
    assert child.process is not None  # it was started
    return child.process.pid


def memory_kib(pid: int) -> int:
    """Give the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def board_request(department_id: UUID) -> bytes:
    """Write what a board asks for."""
    return prepared("GET", f"/api/v1/queues/{department_id}/board/events")


async def phone_requests(connection: asyncpg.Connection, crowd: Crowd, hall: Hall) -> list[bytes]:
    """Let people with phones wait in a hall; write what each phone asks for."""
    given = await connection.fetchval(GIVEN, hall.department_id, hall.day)
    rows = await connection.fetch(PHONES_WAIT, hall.department_id, hall.day, given, PHONES)
    tokens = {one.account_id: one.token for one in crowd.people}
    return [
        prepared("GET", f"/api/v1/appointments/{row['appointment_id']}/queue/events", token=tokens[row["account_id"]])
        for row in rows
    ]


def board_size(port: int, department_id: UUID) -> int:
    """Give the bytes of a board."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HEARD_SECONDS)
    try:
        connection.request("GET", f"/api/v1/queues/{department_id}/board")
        return len(connection.getresponse().read())
    finally:
        connection.close()


def said(found: Sequence[Listening], limits: Sequence[Listening]) -> str:
    """Say what the streams took, beside the bare fan-out of the same rounds."""
    own, bare = (Turn(0, 1.0, tuple(last for one in rounds for last in one.lasts)) for rounds in (found, limits))
    each = Turn(0, 1.0, tuple(wait for one in found for wait in one.each))
    ratio = median(median(one.lasts) / median(limit.lasts) for one, limit in zip(found, limits, strict=True))
    return (
        f"streams: {found[0].readers:,} boards of one queue on one server; from the call to the last of them p50"
        f" {percentile([own], 0.5):.0f} ms, p99 {percentile([own], 0.99):.0f} ms (any of them p50"
        f" {percentile([each], 0.5):.0f} ms, p99 {percentile([each], 0.99):.0f} ms); the bare fan-out p50"
        f" {percentile([bare], 0.5):.0f} ms, p99 {percentile([bare], 0.99):.0f} ms, ratio {ratio:.1f};"
        f" {median(one.kib for one in found):.1f} KiB a stream, bare {median(one.kib for one in limits):.1f}"
    )


def said_mixed(found: Sequence[Listening]) -> str:
    """Say what a crowd of boards and phones took, each phone with a view of its own."""
    own = Turn(0, 1.0, tuple(last for one in found for last in one.lasts))
    return (
        f"streams: {found[0].readers - PHONES:,} boards and {PHONES:,} phones of one queue, each phone told its own"
        f" place; from the call to the last of them p50 {percentile([own], 0.5):.0f} ms, p99"
        f" {percentile([own], 0.99):.0f} ms; {median(one.kib for one in found):.1f} KiB a stream"
    )


Requests = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]


def listen_turn(port: int, pid: int, what: Requests) -> Listening:
    """Open all streams, then act again and again, each time until everybody has heard; in the clients' process.

    pid: of the server. what: the requests of the streams, those of the acts, and what a frame holds that tells of one.
    """
    many_files()
    return uvloop.run(_listen(port, pid, what))


class _Crowd:
    """All readers of a turn. open: how many have their first frame. left: how many have not heard of the act yet."""

    def __init__(self, markers: Sequence[bytes], count: int) -> None:
        self.markers = markers
        self.count = count
        self.open = 0
        self.act = 0
        self.began = 0.0
        self.heard: list[float] = []
        self.lost = 0
        self.all_heard = asyncio.Event()

    def begin(self) -> None:
        self.act += 1
        self.heard = []
        self.all_heard.clear()
        self.began = time.perf_counter()

    def hear(self) -> None:
        self.heard.append((time.perf_counter() - self.began) * 1000)
        if len(self.heard) >= self.count - self.lost:
            self.all_heard.set()


class _Reader(asyncio.Protocol):
    """One open stream."""

    def __init__(self, crowd: _Crowd, request: bytes) -> None:
        self._crowd = crowd
        self._request = request
        self._heard_act = 0
        self._is_open = False
        self._tail = b""
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Look whether it tells of the act."""
        if not self._is_open:
            self._tail += data
            if b"\n\n" in self._tail or b" 200 " not in self._tail[:20]:
                self._is_open = b" 200 " in self._tail[:20]
                self.opened.set_result(self._is_open or self._tail[:200])
                self._tail = b""
            return
        crowd = self._crowd
        if self._heard_act != crowd.act and any(marker in data for marker in crowd.markers):
            self._heard_act = crowd.act
            crowd.hear()

    def connection_lost(self, error: Exception | None) -> None:
        """Be missed."""
        self._crowd.lost += 1
        if not self.opened.done():
            self.opened.set_result(b"lost")

    def close(self) -> None:
        """Leave."""
        self._transport.abort()


class _Actor(asyncio.Protocol):
    """The connection over which somebody acts."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast(asyncio.Transport, transport)
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def send(self, request: bytes) -> None:
        """Act; `answer` is the first part of the reply."""
        self.answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take the reply."""
        if not self.answer.done():
            self.answer.set_result(data)


async def _listen(port: int, pid: int, what: Requests) -> Listening:
    streams, acts, markers = what
    loop = asyncio.get_running_loop()
    crowd, found = _Crowd(markers, len(streams)), Listening(len(streams))
    _, actor = await loop.create_connection(_Actor, "127.0.0.1", port)
    before = memory_kib(pid)
    readers: list[_Reader] = []
    for at in range(0, len(streams), OPEN_AT_ONCE):
        opening = [
            loop.create_connection(partial(_Reader, crowd, request), "127.0.0.1", port)
            for request in streams[at : at + OPEN_AT_ONCE]
        ]
        some = [reader for _, reader in await asyncio.gather(*opening)]
        found.trouble += [
            repr(one) for one in await asyncio.gather(*(reader.opened for reader in some)) if one is not True
        ]
        readers += some
    await asyncio.sleep(CALM_SECONDS)
    found.kib = (memory_kib(pid) - before) / len(streams)
    for act in acts:
        crowd.begin()
        actor.send(act)
        try:
            async with asyncio.timeout(HEARD_SECONDS):
                await crowd.all_heard.wait()
        except TimeoutError:
            answer = actor.answer.result()[:200] if actor.answer.done() else b"no answer"
            found.trouble.append(f"{len(crowd.heard)} of {len(streams)} heard: {answer!r}")
        found.lasts.append(max(crowd.heard, default=HEARD_SECONDS * 1000))
        found.each += crowd.heard
        await asyncio.sleep(CALM_SECONDS)
    found.lost = crowd.lost
    for reader in readers:
        reader.close()
    return found


# ---- the limit -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def bare_server(folder: Path, port: int, size: int) -> Iterator[Child]:
    """Run the bare fan-out with frames of a size in bytes."""
    command = [sys.executable, "-m", "infra.bench.streams", str(port), str(size)]
    child = Child("bare", command, folder / "bare.log", {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"})
    child.start()
    try:
        _wait_for(port)
        yield child
    finally:
        child.stop()


def _wait_for(port: int) -> None:
    began = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            if time.monotonic() - began > HEARD_SECONDS:
                raise
            time.sleep(0.05)
        else:
            return


class _Bare(asyncio.Protocol):
    """A connection of the bare server: it reads, or it asks for a frame to all."""

    readers: ClassVar[set[asyncio.Transport]] = set()
    frame: ClassVar[bytes] = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Read from now on, or write to all."""
        if data.startswith(b"GET"):
            self.readers.add(self._transport)
            self._transport.write(HEAD + self.frame)
            return
        for transport in self.readers:
            transport.write(self.frame)
        self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self.readers.discard(self._transport)


async def _serve(port: int, size: int) -> None:
    data = b"id: 1\nevent: board\ndata: " + b"x" * size + b"\n\n"
    _Bare.frame = b"%x\r\n%b\r\n" % (len(data), data)
    server = await asyncio.get_running_loop().create_server(_Bare, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    many_files()
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
