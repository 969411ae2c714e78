"""Rooms that call, and a whole day of visits, over HTTP as desks and rooms send it; driven in the clients' process."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop

from infra.bench import scanning
from infra.bench.arithmetic import Turn
from infra.bench.crowd import Crowd
from infra.bench.load import TROUBLE_KEPT, credentials, prepared
from server import clock
from server.ids import new_id

CALLERS = 50  # rooms on one queue, whose buttons are pressed at one moment
WAITING_AT_MOST = 40  # in a queue of the day: the desk is a little ahead of the rooms
EMPTY_SECONDS = 0.05  # a room that finds nobody asks again so soon
TENTH = 10

# The least that a call has to do: who is first, the ticket, its history, the fact, the event on the stream, the log.
# It is done at once, so that its room is free for the next one.
#  $1 department    $2 day    $3 room    $4 transition    $5 fact    $6 its payload    $7 topic    $8 staff
CALL = """
WITH next AS (
    SELECT id FROM ticket WHERE department_id = $1 AND day = $2 AND state = 'waiting'
    ORDER BY sort_class, sort_at, number LIMIT 1 FOR UPDATE SKIP LOCKED
), called AS (
    UPDATE ticket SET state = 'done', room_id = $3, called_at = app_now(), call_count = call_count + 1,
        version = version + 1 FROM next WHERE ticket.id = next.id RETURNING ticket.id, ticket.sort_at
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, at)
    SELECT $4, 'ticket', id, 'waiting', 'called', 'staff', $8, 'room', app_now() FROM called
), told AS (
    INSERT INTO fact (id, name, payload, happened_at, relayed_at)
    SELECT $5, 'TicketCalled', $6::jsonb, app_now(), app_now() FROM called
), topic AS (
    INSERT INTO live_topic (topic, seq) SELECT $7, 1 FROM called
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1 RETURNING seq
), event AS (
    INSERT INTO live_event (topic, seq, kind, payload, at) SELECT $7, seq, 'ticket', $6::jsonb, app_now() FROM topic
), log AS (
    INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, from_state, to_state, by_kind, by_id,
        channel, sort_before, sort_after, state)
    SELECT $1, $2, seq, app_now(), 'ticket', id, 'called', 'waiting', 'called', 'staff', $8, 'room', sort_at, sort_at,
        $6::jsonb FROM topic, called
)
SELECT id FROM called
"""
PAYLOAD = orjson.dumps({f"field_{n}": "门诊楼2层A区" for n in range(25)}).decode()  # as long as the product's

WAITING = """
INSERT INTO ticket (id, department_id, day, number, label, state, patient_id, account_id, sort_at, checked_in_at)
SELECT gen_random_uuid(), $1, $2, $3 + n, 'A' || lpad(($3 + n)::text, 3, '0'), 'waiting', p.id, p.account_id,
    app_now() + n * interval '1 millisecond', app_now()
FROM (SELECT id, account_id, row_number() OVER (ORDER BY id)::integer AS n FROM patient WHERE account_id IS NOT NULL
      LIMIT $4) p
"""
LINE = """
INSERT INTO queue_line (department_id, day, last_number) VALUES ($1, $2, $3)
ON CONFLICT (department_id, day) DO UPDATE SET last_number = excluded.last_number
"""
SEEN = "UPDATE ticket SET state = 'done' WHERE department_id = $1 AND day = $2 AND state <> 'done'"


@dataclass(frozen=True)
class Hall:
    """A department with many rooms and one queue. made: numbers that were given out."""

    department_id: UUID
    rooms: tuple[UUID, ...]
    day: date


@dataclass
class Day:
    """What a day of visits took. of_queue: for each queue the milliseconds of its calls, in their order."""

    visits: int = 0
    seconds: float = 0.0
    scans: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    of_queue: list[list[float]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def growth(self) -> list[float]:
        """Give for each queue how much longer a call takes in its last tenth than in its first, by the median."""
        return [
            _median(one[-(len(one) // TENTH) :]) / _median(one[: len(one) // TENTH])
            for one in self.of_queue
            if len(one) >= TENTH
        ]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


# ---- fifty rooms -----------------------------------------------------------------------------------------------------


async def prepare_hall(connection: asyncpg.Connection, crowd: Crowd) -> Hall:
    """Give one department fifty rooms more, in which nobody is planned."""
    department_id, day = crowd.departments[-1], clock.today()
    rooms = tuple(new_id() for _ in range(CALLERS))
    rows = [(room_id, f"H{n}", f"{n}诊室", department_id, "门诊楼2层") for n, room_id in enumerate(rooms)]
    columns = ("id", "code", "name", "department_id", "location")
    await connection.copy_records_to_table("room", records=rows, columns=columns)
    return Hall(department_id, rooms, day)


async def fill(connection: asyncpg.Connection, hall: Hall, count: int) -> None:
    """Let so many people wait in the hall, and nobody else."""
    await connection.execute(SEEN, hall.department_id, hall.day)
    given = "SELECT coalesce(max(number), 0) FROM ticket WHERE department_id = $1 AND day = $2"
    last = await connection.fetchval(given, hall.department_id, hall.day)
    await connection.execute(WAITING, hall.department_id, hall.day, last, count)
    await connection.execute(LINE, hall.department_id, hall.day, last + count)


def call_requests(crowd: Crowd, hall: Hall) -> list[bytes]:
    """Write one call for each room."""
    return [
        prepared("POST", f"/api/v1/rooms/{room_id}/calls", token=crowd.guides[n % len(crowd.guides)])
        for n, room_id in enumerate(hall.rooms)
    ]


def http_bursts(ports: tuple[int, ...], requests: list[bytes], what: tuple[str, Hall, int]) -> Turn:
    """Press the buttons of all rooms at one moment, so many times; the rooms are freed in between, not timed."""
    url, hall, bursts = what

    async def run() -> Turn:
        connection = await asyncpg.connect(**credentials(url))
        lines = [await _Line.open(ports[n % len(ports)]) for n in range(len(requests))]
        milliseconds, trouble, seconds = [], [], 0.0
        for _ in range(bursts):
            began = time.perf_counter()
            answers = await asyncio.gather(*(line.ask(one) for line, one in zip(lines, requests, strict=True)))
            seconds += time.perf_counter() - began
            for status, body, took in answers:
                if status == 201:
                    milliseconds.append(took)
                else:
                    trouble.append(f"{status} {body[:300]!r}")
            free = "UPDATE ticket SET state = 'done' WHERE department_id = $1 AND day = $2 AND state = 'called'"
            await connection.execute(free, hall.department_id, hall.day)
        for line in lines:
            line.close()
        await connection.close()
        return Turn(len(milliseconds), seconds, tuple(milliseconds), tuple(trouble[:TROUBLE_KEPT]))

    return uvloop.run(run())


def sql_bursts(url: str, hall: Hall, topic: str, staff_id: UUID, bursts: int) -> Turn:
    """The same with the least that a call has to do, from as many connections."""

    async def run() -> Turn:
        connections = [await asyncpg.connect(**credentials(url)) for _ in hall.rooms]
        ready = [await connection.prepare(CALL) for connection in connections]
        milliseconds: list[float] = []
        seconds = 0.0

        async def call(statement: asyncpg.prepared_stmt.PreparedStatement, room_id: UUID) -> bool:
            began = time.perf_counter()
            values = (hall.department_id, hall.day, room_id, new_id(), new_id(), PAYLOAD, topic, staff_id)
            row = await statement.fetchrow(*values)
            milliseconds.append((time.perf_counter() - began) * 1000)
            return row is not None

        try:
            empty = 0
            for _ in range(bursts):
                began = time.perf_counter()
                done = await asyncio.gather(*(call(one, room) for one, room in zip(ready, hall.rooms, strict=True)))
                seconds += time.perf_counter() - began
                empty += done.count(False)
            return Turn(len(milliseconds), seconds, tuple(milliseconds), (f"{empty} found nobody",) if empty else ())
        finally:
            for connection in connections:
                await connection.close()

    return uvloop.run(run())


# ---- a day -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queue:
    """One queue of the day: its scans as they are sent, and the paths of its rooms."""

    scans: list[bytes]
    rooms: tuple[str, ...]


async def queues(connection: asyncpg.Connection, crowd: Crowd, signing_key: bytes) -> list[Queue]:
    """Give each department's queue: a scan for everybody who is booked today, and its rooms."""
    await connection.execute("UPDATE ticket SET state = 'done' WHERE state <> 'done'")
    rows = await connection.fetch(
        "SELECT id, department_id FROM appointment WHERE status = 'booked' AND day = $1 ORDER BY id", clock.today()
    )
    rooms = await connection.fetch("SELECT room_id, department_id FROM session WHERE day = $1", clock.today())
    return [
        Queue(
            scans=scanning.of_slips(crowd, [row["id"] for row in rows if row["department_id"] == one], signing_key),
            rooms=tuple(f"/api/v1/rooms/{row['room_id']}/calls" for row in rooms if row["department_id"] == one),
        )
        for one in crowd.departments
    ]


def day_turn(ports: tuple[int, ...], queues: list[Queue], token: str) -> Day:
    """Live through a day: each desk scans, each room calls, starts and finishes, until everybody was seen."""

    async def run() -> Day:
        day = Day()
        began = time.perf_counter()
        await asyncio.gather(*(_queue(ports[n % len(ports)], queue, token, day) for n, queue in enumerate(queues)))
        day.seconds = time.perf_counter() - began
        return day

    return uvloop.run(run())


async def _queue(port: int, queue: Queue, token: str, day: Day) -> None:
    calls: list[float] = []
    day.of_queue.append(calls)
    waiting = asyncio.Semaphore(WAITING_AT_MOST)
    left = {"to_scan": len(queue.scans), "to_see": len(queue.scans)}

    async def desk() -> None:
        line = await _Line.open(port)
        for request in queue.scans:
            await waiting.acquire()
            status, body, took = await line.ask(request)
            if status != 200 or b'"outcome":"accepted"' not in body:
                day.trouble.append(f"scan: {status} {body[:200]!r}")
                left["to_see"] -= 1
            day.scans.append(took)
        line.close()

    async def room(path: str) -> None:
        line = await _Line.open(port)
        while left["to_see"] > 0:
            status, body, took = await line.ask(_post(path, token))
            if status != 201:
                if b"queue_empty" not in body:
                    day.trouble.append(f"call: {status} {body[:200]!r}")
                await asyncio.sleep(EMPTY_SECONDS)
                continue
            calls.append(took)
            day.calls.append(took)
            left["to_see"] -= 1
            waiting.release()
            ticket = orjson.loads(body)["ticket"]["id"]
            for step in ("start", "finish"):
                status, body, _ = await line.ask(_post(f"/api/v1/tickets/{ticket}/{step}", token, b"{}"))
                if status != 200:
                    day.trouble.append(f"{step}: {status} {body[:200]!r}")
            day.visits += 1
        line.close()

    await asyncio.gather(desk(), *(room(path) for path in queue.rooms))


def _post(path: str, token: str, body: bytes = b"") -> bytes:
    return prepared("POST", path, token=token, body=body, headers=(("Idempotency-Key", str(uuid4())),))


class _Line:
    """One keep-alive connection; the next request goes out when the last one is answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "_Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> tuple[int, bytes, float]:
        """Give status, body and milliseconds."""
        began = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 : head.find(b"\r\n", at)]) if at >= 0 else 0
        body = await self._reader.readexactly(length)
        return int(head[9:12]), body, (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._writer.close()
