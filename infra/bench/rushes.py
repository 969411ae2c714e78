"""What many people do at once in an old hospital: look for a slot, want the same band, wait for a release."""

from collections.abc import Callable, Iterator

import asyncpg

from infra.bench import booking, counting, hot, looking, release, single
from infra.bench.arithmetic import Turn
from infra.bench.crowd import Crowd, Place, Somebody
from infra.bench.figures import BOOKERS, COUNTED_REQUESTS, Figures, Size
from infra.bench.load import Clients, prepared
from infra.bench.stage import Stage

MOST_A_SECOND = 6000  # prepared for a turn; more than these machines do
WARM_SECONDS = 0.3


class Rushes:
    """The rushes of one bench."""

    def __init__(self, at: Stage, size: Size, connection: asyncpg.Connection, crowd: Crowd, clients: Clients) -> None:
        self._stage = at
        self._size = size
        self._connection = connection
        self._crowd = crowd
        self._clients = clients

    async def measure(self, figures: Figures, people: Iterator[Somebody], told: Callable[[str], None]) -> None:
        """Measure all of it into the figures. people: nobody of them has booked yet."""
        self._people = people
        told("· slots")
        await self._slots(figures)
        told("· release")
        figures.release = await self._release()
        place = await hot.prepare(self._connection, self._crowd)
        await self._hot_round(Figures(), place, WARM_SECONDS)
        for number in range(self._size.hot_rounds):
            told(f"· hot band, round {number + 1} of {self._size.hot_rounds}")
            await self._hot_round(figures, place, self._size.seconds)
        figures.hot_broken = await release.counters(self._connection, [place])

    def _next(self, count: int) -> list[Somebody]:
        return [one for _, one in zip(range(count), self._people, strict=False)]

    def look_around(self, people: list[Somebody]) -> None:
        """Let each phone do what it does before it books, not timed: the server has seen its token in this minute."""
        requests = [prepared("GET", "/api/v1/consents", token=somebody.token) for somebody in people]
        self._clients.http(self._stage.ports, requests, clients=BOOKERS, seconds=60.0)

    async def _slots(self, figures: Figures) -> None:
        figures.slots_shown = await looking.plan_weeks(self._connection, self._crowd)
        self._search(looking.requests(self._crowd, len(self._crowd.departments)))
        figures.slots.append(self._search(looking.requests(self._crowd, self._size.searches)))

        async def search() -> int:
            return self._search(looking.requests(self._crowd, COUNTED_REQUESTS)).done

        figures.statements["slots"] = await counting.statements(self._connection, search)

    def _search(self, requests: list[bytes]) -> Turn:
        """One phone, so that what is measured is an answer and no queue."""
        return self._clients.http(self._stage.ports, requests, clients=1, seconds=60.0, marker=b'"items":[{')

    async def _release(self) -> release.Checked:
        people = self._next(self._size.rush)
        self.look_around(people)
        places, opens_at = await release.prepare(self._connection, self._crowd)
        rush = self._clients.run(release.rush_turn, self._stage.ports, booking.requests(people, places), opens_at)
        broken = (*await release.sold_out(self._connection, places), *await release.counters(self._connection, places))
        return release.Checked(len(people), rush, broken)

    async def _hot_round(self, figures: Figures, place: Place, seconds: float) -> None:
        """The same people book the hot band and then one of many: at another hour of another day."""
        count = min(int(MOST_A_SECOND * seconds), self._size.people // (4 * (self._size.hot_rounds + 1)))
        by_statement, over_http = self._next(count), self._next(count)
        figures.hot_limit.append(self._statements(by_statement, [place], seconds))
        self.look_around(over_http)
        figures.hot.append(self._bookings(over_http, [place], seconds))
        figures.spread_limit.append(self._statements(by_statement, self._crowd.places, seconds))
        self.look_around(over_http)
        figures.spread.append(self._bookings(over_http, self._crowd.places, seconds))

    def _bookings(self, people: list[Somebody], places: list[Place], seconds: float) -> Turn:
        requests = booking.requests(people, places)
        return self._clients.http(
            self._stage.ports, requests, clients=hot.CLIENTS, seconds=seconds, marker=booking.BOOKED
        )

    def _statements(self, people: list[Somebody], places: list[Place], seconds: float) -> Turn:
        return self._clients.sql(
            self._stage.database_url,
            single.STATEMENT,
            single.arguments(people, places),
            clients=BOOKERS,
            seconds=seconds,
        )
