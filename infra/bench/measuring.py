"""The sections of a bench, in interleaved turns: the product, and the least that does the same."""

import sys
from collections.abc import Container

import asyncpg

from infra.bench import (
    booking,
    counting,
    delivering,
    hub,
    opinions,
    scanning,
    searching,
    single,
    standin,
    streams,
    visiting,
)
from infra.bench.arithmetic import Turn
from infra.bench.crowd import Crowd
from infra.bench.figures import BOOKERS, COUNTED_REQUESTS, SCANNERS, Figures, Size
from infra.bench.load import Clients, prepared
from infra.bench.opinions_parts import PARTS
from infra.bench.rushes import Rushes
from infra.bench.stage import Stage
from infra.local.children import Child
from infra.simulate.ledger import SEND
from miniapp_api.catalogue.search import Index
from notifications.channels import CHANNELS
from server import live

SECTIONS = ("usual", "rushes", "calls", "day", "streams", "deliveries", "hub", "opinions")
MOST_A_SECOND = 4000  # prepared for a turn; more than these machines do


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(text, file=sys.stderr, flush=True)


class Bench:
    """One bench on one stage."""

    def __init__(self, at: Stage, size: Size, connection: asyncpg.Connection, crowd: Crowd) -> None:
        self._stage = at
        self._size = size
        self._connection = connection
        self._crowd = crowd
        self._people = iter(crowd.people)
        self._clients = Clients()
        self._rushes = Rushes(at, size, connection, crowd, self._clients)
        self._searched = searching.entries()
        self._index = Index(self._searched)
        self.figures = Figures()

    async def run(self, sections: Container[str]) -> None:
        """Measure the sections that are named."""
        try:
            with self._stage.web():
                if "usual" in sections:
                    await self._usual()
                if "rushes" in sections:
                    await self._rushes.measure(self.figures, self._people, say)
                if "calls" in sections:
                    await self._calls()
                if "day" in sections:
                    await self._day()
            if "streams" in sections:
                await self._streams()
            if "deliveries" in sections:
                await self._deliveries()
            if "hub" in sections:
                await self._hub()
            if "opinions" in sections:
                await self._opinions()
        finally:
            self._clients.close()

    async def _usual(self) -> None:
        await self._count_statements()
        await self._warm_up()
        for number in range(self._size.rounds):
            say(f"· round {number + 1} of {self._size.rounds}")
            await self._round(self._size.seconds)

    def _next(self, count: int) -> list:
        return [one for _, one in zip(range(count), self._people, strict=False)]

    def _most(self, seconds: float) -> int:
        """Give how many may book in a turn, so that enough are left for the turns to come."""
        return min(int(MOST_A_SECOND * seconds), self._size.people // (4 * (self._size.rounds + 1)))

    async def _warm_up(self) -> None:
        """Fill caches, prepare plans, connect pools; what it measures is thrown away."""
        await self._round(0.3)
        self.figures = Figures(statements=self.figures.statements)

    async def _round(self, seconds: float) -> None:
        figures = self.figures
        figures.hello.append(self._hello(seconds / 2))
        figures.booking_limit.append(self._book_by_statement(seconds))
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
        self._rushes.look_around(people)
        requests = booking.requests(people, self._crowd.places)
        return self._clients.http(self._stage.ports, requests, clients=BOOKERS, seconds=seconds)

    def _book_by_statement(self, seconds: float) -> Turn:
        arguments = single.arguments(self._next(self._most(seconds)), self._crowd.places)
        return self._clients.sql(
            self._stage.database_url, single.STATEMENT, arguments, clients=BOOKERS, seconds=seconds
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

    async def _calls(self) -> None:
        """Fifty rooms press their buttons at one moment, again and again, on a queue that is long enough."""
        hall = await visiting.prepare_hall(self._connection, self._crowd)
        requests = visiting.call_requests(self._crowd, hall)
        topic, guide = live.queue_topic(hall.department_id), self._crowd.guide_ids[0]
        url, bursts = self._stage.database_url, self._size.bursts
        for number in range(self._size.rounds + 1):  # the first warms up
            say(f"· calls, round {number} of {self._size.rounds}")
            await visiting.fill(self._connection, hall, visiting.CALLERS * (bursts + 1))
            limit = self._clients.run(visiting.sql_bursts, url, hall, topic, guide, bursts)
            await visiting.fill(self._connection, hall, visiting.CALLERS * (bursts + 1))
            turn = self._clients.run(visiting.http_bursts, self._stage.ports, requests, (url, hall, bursts))
            if number:
                self.figures.call_limit.append(limit)
                self.figures.call.append(turn)

    async def _day(self) -> None:
        """A whole day through the API: everybody is booked, then scanned, called, begun and finished."""
        say(f"· a day of {self._size.visits:,} visits")
        people = self._next(self._size.visits)
        arguments = single.arguments(people, self._crowd.places)
        self._clients.sql(self._stage.database_url, single.STATEMENT, arguments, clients=BOOKERS, seconds=120.0)
        queues = await visiting.queues(self._connection, self._crowd, self._stage.signing_key)
        self.figures.day = self._clients.run(visiting.day_turn, self._stage.ports, queues, self._crowd.guides[0])

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

        say("· counting statements")
        self._rushes.look_around(people)
        self.figures.statements["booking"] = await counting.statements(self._connection, book)
        expected = await scanning.expected(self._connection, COUNTED_REQUESTS)
        self.figures.statements["scan"] = await counting.statements(self._connection, scan)
        await search()  # makes the index
        self.figures.statements["search"] = await counting.statements(self._connection, search)

    async def _streams(self) -> None:
        """Calls in a hall whose boards thousands read; each round has a fresh server, whose memory is its own."""
        hall = await visiting.prepare_hall(self._connection, self._crowd)
        await self._book_for_phones(hall)
        acts = visiting.call_requests(self._crowd, hall)[: streams.CALLS]
        boards = [streams.board_request(hall.department_id)] * streams.READERS
        for number in range(self._size.hot_rounds):
            say(f"· {streams.READERS:,} streams, round {number + 1} of {self._size.hot_rounds}")
            await visiting.fill(self._connection, hall, 2 * visiting.CALLERS)
            with self._stage.web() as (server,):
                size = streams.board_size(self._stage.ports[0], hall.department_id)
                self.figures.streams.append(self._listen(server, boards, acts))
            port = self._stage.platform_port
            with streams.bare_server(self._stage.folder, port, size) as bare:
                pokes = [streams.POKE] * len(acts)
                self.figures.streams_limit.append(self._listen(bare, boards, pokes, port=port))
            await visiting.fill(self._connection, hall, 2 * visiting.CALLERS)
            phones = await streams.phone_requests(self._connection, self._crowd, hall)
            with self._stage.web() as (server,):
                mixed = [*phones, *boards[len(phones) :]]
                self.figures.streams_mixed.append(self._listen(server, mixed, acts))

    async def _book_for_phones(self, hall: visiting.Hall) -> None:
        here = [place for place in self._crowd.places if place.department_id == hall.department_id]
        # some of them stand in the hall already, behind no appointment
        people = self._next(streams.PHONES * self._size.hot_rounds + 2 * visiting.CALLERS)
        arguments = single.arguments(people, here)
        self._clients.sql(self._stage.database_url, single.STATEMENT, arguments, clients=BOOKERS, seconds=60.0)

    def _listen(self, server: Child, requests: list[bytes], acts: list[bytes], *, port: int = 0) -> streams.Listening:
        what = (requests, acts, (b"event: board", b"event: place"))
        return self._clients.run(streams.listen_turn, port or self._stage.ports[0], streams.pid_of(server), what)

    async def _deliveries(self) -> None:
        """Turn by turn: the worker is started for its own turn only, as both look for the same rows."""
        await self._connection.execute(delivering.NOTHING_WAITS)
        people, count = self._crowd.people, self._size.deliveries
        with standin.platform(self._stage.platform_port):
            for number in range(self._size.delivery_rounds):
                say(f"· deliveries, round {number + 1} of {self._size.delivery_rounds}")
                self.figures.delivery_limit.append(await delivering.leased(self._connection, people, count))
                self.figures.posts.append(self._posts(count))
                with self._stage.program("worker"):
                    self.figures.delivery.append(await delivering.worked(self._connection, people, count))

    async def _hub(self) -> None:
        size = self._size
        means = hub.turns.Means(
            self._stage, self._connection, self._crowd.people, size.hub_deliveries, size.delivery_rounds, say
        )
        self.figures.hub = await hub.measure(means)

    async def _opinions(self) -> None:
        size = self._size
        means = opinions.Means(
            self._stage,
            self._connection,
            self._crowd,
            self._clients,
            answers=size.answers,
            cases=size.cases,
            rounds=size.rounds,
            say=say,
        )
        self.figures.opinions = await opinions.measure(means, PARTS)

    def _posts(self, count: int) -> Turn:
        url = f"http://127.0.0.1:{self._stage.platform_port}{SEND}"
        at_once = CHANNELS[delivering.CHANNEL].capabilities.at_once
        return self._clients.posts(url, count, delivering.FIELDS.encode(), at_once=at_once)
