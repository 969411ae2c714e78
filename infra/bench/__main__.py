"""`python -m infra.bench`: measure in interleaved turns, print the table, say which targets are met."""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from infra.bench import booking, counting, delivering, scanning, searching, standin
from infra.bench.arithmetic import Turn, percentile
from infra.bench.crowd import Crowd, gather_crowd
from infra.bench.load import Clients, prepared
from infra.bench.stage import POOL_SIZE, SERVERS, Stage, StageBroken, stage
from infra.bench.table import HEAD, Contest, Target, alone, row, verdict
from infra.local.problems import CannotStart
from infra.simulate.ledger import SEND
from miniapp_api.catalogue.search import Index
from notifications.channels import CHANNELS

BOOKERS = POOL_SIZE
SCANNERS = 8
MOST_A_SECOND = 4000  # prepared for a turn; more than these machines do
COUNTED_REQUESTS = 50


@dataclass(frozen=True)
class Size:
    """How long it takes. people: each books once."""

    rounds: int
    seconds: float
    people: int
    deliveries: int
    delivery_rounds: int


FULL = Size(rounds=5, seconds=2.5, people=60_000, deliveries=3_000, delivery_rounds=3)
QUICK = Size(rounds=2, seconds=0.8, people=12_000, deliveries=800, delivery_rounds=1)


@dataclass
class Figures:
    """Everything that was measured."""

    hello: list[Turn] = field(default_factory=list)
    booking: list[Turn] = field(default_factory=list)
    booking_limit: list[Turn] = field(default_factory=list)
    scan: list[Turn] = field(default_factory=list)
    scan_limit: list[Turn] = field(default_factory=list)
    delivery: list[Turn] = field(default_factory=list)
    delivery_limit: list[Turn] = field(default_factory=list)
    posts: list[Turn] = field(default_factory=list)
    search: list[Turn] = field(default_factory=list)
    statements: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    def trouble(self) -> list[str]:
        """List the first answers that were no success."""
        named = vars(self).items()
        return [
            f"{name}: {what}"
            for name, turns in named
            if isinstance(turns, list)
            for turn in turns
            for what in turn.trouble
        ]


class Bench:
    """One bench on one stage."""

    def __init__(self, at: Stage, size: Size, connection: asyncpg.Connection, crowd: Crowd) -> None:
        self._stage = at
        self._size = size
        self._connection = connection
        self._crowd = crowd
        self._people = iter(crowd.people)
        self._clients = Clients()
        self._searched = searching.entries()
        self._index = Index(self._searched)
        self.figures = Figures()

    async def run(self) -> None:
        """Measure everything."""
        try:
            with self._stage.web():
                await self._count_statements()
                await self._warm_up()
                for number in range(self._size.rounds):
                    _say(f"· round {number + 1} of {self._size.rounds}")
                    await self._round(self._size.seconds)
            await self._deliveries()
        finally:
            self._clients.close()

    def _next(self, count: int) -> list:
        return [one for _, one in zip(range(count), self._people, strict=False)]

    def _most(self, seconds: float) -> int:
        """Give how many may book in a turn, so that enough are left for the turns to come."""
        return min(int(MOST_A_SECOND * seconds), len(self._crowd.people) // (2 * self._size.rounds + 2))

    async def _warm_up(self) -> None:
        """Fill caches, prepare plans, connect pools; what it measures is thrown away."""
        await self._round(0.3)
        self.figures = Figures(statements=self.figures.statements)

    async def _round(self, seconds: float) -> None:
        figures = self.figures
        figures.hello.append(self._hello(seconds / 2))
        figures.booking_limit.append(await self._book_by_statement(seconds))
        figures.booking.append(self._book_over_http(seconds))
        figures.scan_limit.append(await self._scan_by_statement(seconds))
        figures.scan.append(await self._scan_over_http(seconds))
        number = len(figures.search)
        figures.search.append(searching.measured(self._index, self._searched, seconds / 2, number=number))

    def _hello(self, seconds: float) -> Turn:
        requests = [prepared("GET", "/healthz")] * int(20_000 * seconds)
        return self._clients.http(self._stage.ports, requests, clients=BOOKERS, seconds=seconds)

    def _book_over_http(self, seconds: float) -> Turn:
        people = self._next(self._most(seconds))
        self._look_around(people)
        requests = booking.requests(people, self._crowd.places)
        return self._clients.http(self._stage.ports, requests, clients=BOOKERS, seconds=seconds)

    def _look_around(self, people: list) -> None:
        """Let each phone do what it does before it books, not timed: the server has seen its token in this minute."""
        requests = [prepared("GET", "/api/v1/consents", token=somebody.token) for somebody in people]
        self._clients.http(self._stage.ports, requests, clients=BOOKERS, seconds=60.0)

    async def _book_by_statement(self, seconds: float) -> Turn:
        slots = await booking.slots_of(self._connection, self._crowd.places)
        arguments = booking.arguments(self._next(self._most(seconds)), self._crowd.places, slots)
        return self._clients.sql(
            self._stage.database_url, booking.STATEMENT, arguments, clients=BOOKERS, seconds=seconds
        )

    async def _scan_over_http(self, seconds: float) -> Turn:
        expected = await scanning.expected(self._connection, int(MOST_A_SECOND * seconds / 2))
        requests = scanning.requests(self._crowd, expected, self._stage.signing_key)
        return self._clients.http(
            self._stage.ports, requests, clients=SCANNERS, seconds=seconds, marker=scanning.ACCEPTED
        )

    async def _scan_by_statement(self, seconds: float) -> Turn:
        expected = await scanning.expected(self._connection, int(MOST_A_SECOND * seconds / 2))
        arguments = await scanning.arguments(self._connection, self._crowd, expected)
        return self._clients.sql(
            self._stage.database_url, scanning.STATEMENT, arguments, clients=SCANNERS, seconds=seconds
        )

    async def _count_statements(self) -> None:
        people = self._next(COUNTED_REQUESTS)

        async def book() -> int:
            requests = booking.requests(people, self._crowd.places)
            return self._clients.http(self._stage.ports, requests, clients=1, seconds=30.0).done

        async def scan() -> int:
            requests = scanning.requests(self._crowd, expected, self._stage.signing_key)
            turn = self._clients.http(self._stage.ports, requests, clients=1, seconds=30.0, marker=scanning.ACCEPTED)
            return turn.done

        async def search() -> int:
            requests = searching.requests(COUNTED_REQUESTS)
            return self._clients.http(self._stage.ports, requests, clients=1, seconds=30.0).done

        _say("· counting statements")
        self._look_around(people)
        self.figures.statements["booking"] = await counting.statements(self._connection, book)
        expected = await scanning.expected(self._connection, COUNTED_REQUESTS)
        self.figures.statements["scan"] = await counting.statements(self._connection, scan)
        await search()  # makes the index
        self.figures.statements["search"] = await counting.statements(self._connection, search)

    async def _deliveries(self) -> None:
        """Turn by turn: the worker is started for its own turn only, as both look for the same rows."""
        await self._connection.execute(delivering.NOTHING_WAITS)
        people, count = self._crowd.people, self._size.deliveries
        with standin.platform(self._stage.platform_port):
            for number in range(self._size.delivery_rounds):
                _say(f"· deliveries, round {number + 1} of {self._size.delivery_rounds}")
                self.figures.delivery_limit.append(await delivering.leased(self._connection, people, count))
                self.figures.posts.append(self._posts(count))
                with self._stage.program("worker"):
                    self.figures.delivery.append(await delivering.worked(self._connection, people, count))

    def _posts(self, count: int) -> Turn:
        url = f"http://127.0.0.1:{self._stage.platform_port}{SEND}"
        at_once = CHANNELS[delivering.CHANNEL].at_once
        return self._clients.posts(url, count, delivering.FIELDS.encode(), at_once=at_once)


def contests(figures: Figures) -> list[Contest]:
    """Give what is compared with what."""
    return [
        Contest(f"booking over HTTP, {BOOKERS} clients", "one statement", figures.booking, figures.booking_limit),
        Contest(f"scan over HTTP, {SCANNERS} clients", "one statement", figures.scan, figures.scan_limit),
        Contest("delivery by the worker", "bare lease table", figures.delivery, figures.delivery_limit),
        Contest("delivery by the worker", "same HTTP client, no database", figures.delivery, figures.posts),
    ]


def targets(figures: Figures) -> list[Target]:
    """Give what was asked for, beside what was measured."""
    booked, scanned, *_ = contests(figures)
    return [
        Target("booking, ratio to its statement", booked.ratio.median, 0.5),
        Target("scan, ratio to its statement", scanned.ratio.median, 0.5),
        Target("scans a second", scanned.rate.median, 150),
        Target("scan, p99 in ms", percentile(figures.scan, 0.99), 60, more_is_better=False),
        Target(
            f"search with {searching.ENTRIES:,} names, p99 in ms",
            percentile(figures.search, 0.99),
            20,
            more_is_better=False,
        ),
        *(
            Target(f"statements for one {name}", count, 6, more_is_better=False)
            for name, (count, _) in figures.statements.items()
        ),
    ]


def report(figures: Figures, size: Size, seconds: float) -> str:
    """Write everything down as Markdown and plain lines."""
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {SERVERS} server process and PostgreSQL"
        f" with fsync on the same machine;"
        f" {size.rounds} rounds of {size.seconds:g} s a turn; {seconds:.0f} s in all",
        "",
        HEAD,
        *(row(contest) for contest in contests(figures)),
        alone(f"search in process, one core, {searching.ENTRIES:,} names", figures.search),
        alone("hello world on the same servers (/healthz)", figures.hello),
        "",
    ]
    for name, (count, queries) in figures.statements.items():
        lines += [f"statements for one {name}: {count:.2f}, counted over {COUNTED_REQUESTS} requests", *queries, ""]
    lines += [verdict(target) for target in targets(figures)]
    if trouble := figures.trouble():
        lines += ["", f"trouble: {len(trouble)}", *trouble[:10]]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; 1 when it cannot run, or with --strict when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a minute: a rough look")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a target is missed")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    began = time.monotonic()
    try:
        _say("· starting servers")
        with stage() as at:
            figures = asyncio.run(_measure(at, size))
    except (CannotStart, StageBroken) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(report(figures, size, time.monotonic() - began))
    is_good = all(target.is_met for target in targets(figures)) and not figures.trouble()
    return 1 if options.strict and not is_good else 0


async def _measure(at: Stage, size: Size) -> Figures:
    connection = await at.connect()
    try:
        _say(f"· {size.people} people sign in")
        bench = Bench(at, size, connection, await gather_crowd(connection, people=size.people))
        await bench.run()
        return bench.figures
    finally:
        await connection.close()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
