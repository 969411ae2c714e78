"""A release (放号): many people want few places at one moment, and each of them has to be told yes or no."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import orjson
import uvloop

from infra.bench.arithmetic import Turn
from infra.bench.crowd import Crowd, Place
from infra.bench.load import Connection, Score
from server import clock
from server.ids import new_id

CONNECTIONS = 500
PLACES, BANDS = 200, 8  # of two practitioners of one department
LEAD_SECONDS = 3.0  # until the places open: the phones connect meanwhile
FINISHED_SECONDS = 60.0
SOLD = "201"
REFUSED = "409 slot_full"
TRY_AGAIN = frozenset({429, 502, 503, 504})  # no final answer: a phone sends the same request again, with its key


@dataclass(frozen=True)
class Rush:
    """What became of everybody. milliseconds: from the opening to each one's final answer. answers: how many of each
    kind; repeated: how often a phone had to send its request again."""

    seconds: float
    milliseconds: tuple[float, ...]
    answers: Mapping[str, int]
    repeated: int

    @property
    def turn(self) -> Turn:
        """Give it as a turn."""
        return Turn(len(self.milliseconds), self.seconds, self.milliseconds)


@dataclass(frozen=True)
class Checked:
    """A rush, and what the database says of it: broken sentences, none when all is well."""

    people: int
    rush: Rush
    broken: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Tell whether everybody has a final answer, each place was sold once and the counters equal the rows."""
        final = sum(self.rush.answers.get(kind, 0) for kind in (SOLD, REFUSED))
        return not self.broken and final == self.people and self.rush.answers.get(SOLD) == PLACES


class _Everybody(Score):
    """The requests of all, each repeated until it has a final answer."""

    def __init__(self, work: Sequence[bytes], opens: float, seconds: float) -> None:
        super().__init__(work, seconds)
        self._opens = opens
        self._answers: Counter[str] = Counter()
        self._repeated = 0

    def answer(self, request: bytes, status: int, body: bytes, began: float) -> None:
        """Count a final answer; what is none is sent again."""
        if status in TRY_AGAIN:
            self._again(request)
            return
        self._answers[str(status) if status < 300 else f"{status} {orjson.loads(body).get('code')}"] += 1
        self.success(self._opens)  # everybody has waited since then, also for a connection

    def lost(self, request: bytes, error: Exception | None) -> None:
        """Send it again over another connection."""
        self._again(request)

    def _again(self, request: bytes) -> None:
        self._repeated += 1
        self._work.append(request)

    def rush(self) -> Rush:
        """Give what became of everybody."""
        turn = self.turn()
        return Rush(turn.seconds, turn.milliseconds, dict(self._answers), self._repeated)


def rush_turn(ports: tuple[int, ...], work: list[bytes], opens_at: datetime) -> Rush:
    """Connect, wait for the moment and let everybody ask at once."""

    async def run() -> Rush:
        loop, opened = asyncio.get_running_loop(), asyncio.Event()
        opens = time.perf_counter() + (opens_at - clock.now()).total_seconds()
        everybody = _Everybody(work, opens, opens - time.perf_counter() + FINISHED_SECONDS)
        made = [
            await loop.create_connection(lambda: _Waiting(everybody, opened), "127.0.0.1", ports[n % len(ports)])
            for n in range(min(CONNECTIONS, len(work)))
        ]
        await asyncio.sleep(max(0.0, opens - time.perf_counter()))
        everybody.begin()
        opened.set()
        await asyncio.gather(*(connection.over for _, connection in made))
        return everybody.rush()

    return uvloop.run(run())


class _Waiting(Connection):
    """A phone that is connected and sends nothing before the moment."""

    def __init__(self, score: Score, opened: asyncio.Event) -> None:
        super().__init__(score)
        self._opened = opened

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._when_opened())

    async def _when_opened(self) -> None:
        await self._opened.wait()
        self._next()


async def prepare(connection: asyncpg.Connection, crowd: Crowd) -> tuple[list[Place], datetime]:
    """Plan two sessions for the day after tomorrow which open in a moment; give their bands and the moment."""
    opens_at = clock.now() + timedelta(seconds=LEAD_SECONDS)
    day = clock.today() + timedelta(days=2)
    by_department = [place for place in crowd.places if place.department_id == crowd.departments[0]]
    practitioners = list(dict.fromkeys(place.practitioner_id for place in by_department))[:2]
    places, length = [], timedelta(minutes=30)
    for practitioner_id in practitioners:
        session_id, begins = new_id(), clock.at(day, 19)
        await connection.execute(
            "INSERT INTO session (id, practitioner_id, department_id, day, starts_at, ends_at, opens_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            session_id,
            practitioner_id,
            crowd.departments[0],
            day,
            begins,
            begins + length * (BANDS // 2),
            opens_at,
        )
        for band in range(BANDS // 2):
            slot_id = new_id()
            await connection.execute(
                "INSERT INTO slot (id, session_id, starts_at, ends_at, capacity) VALUES ($1, $2, $3, $4, $5)",
                slot_id,
                session_id,
                begins + length * band,
                begins + length * (band + 1),
                PLACES // BANDS,
            )
            places.append(Place(slot_id, session_id, crowd.departments[0], practitioner_id))
    return places, opens_at


BANDS_SOLD = """
SELECT s.capacity, s.taken, s.last_number, count(a.id) AS sold, count(DISTINCT a.patient_id) AS people,
       count(DISTINCT a.number) AS numbers, coalesce(max(a.number), 0) AS highest
FROM slot s LEFT JOIN appointment a ON a.slot_id = s.id AND a.status = 'booked' WHERE s.id = ANY($1) GROUP BY s.id
"""


async def sold_out(connection: asyncpg.Connection, places: list[Place]) -> tuple[str, ...]:
    """Say whether a band that many wanted is oversold, or has places left."""
    rows = await connection.fetch(BANDS_SOLD, [place.slot_id for place in places])
    return () if all(row["sold"] == row["capacity"] for row in rows) else ("a band is oversold or not sold out",)


async def counters(connection: asyncpg.Connection, places: list[Place]) -> tuple[str, ...]:
    """Say which sentences do not hold about bands from which nothing was given back."""
    rows = await connection.fetch(BANDS_SOLD, [place.slot_id for place in places])
    sentences = (
        ("a counter is not its rows", all(row["taken"] == row["sold"] for row in rows)),
        ("somebody has two places", all(row["people"] == row["sold"] for row in rows)),
        ("numbers have a gap", all(row["numbers"] == row["highest"] == row["last_number"] for row in rows)),
    )
    return tuple(sentence for sentence, holds in sentences if not holds)
