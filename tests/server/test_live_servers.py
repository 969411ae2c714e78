"""Streams over several server processes: what happens on one is seen on all, with Redis and without, over a restart."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest

from server import clock as time
from server import db
from tests.miniapp_api.scenes import a_scene
from tests.processes import a_server


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


class Reader:
    """A reader of a stream that comes back with the last number it had, as a browser does."""

    def __init__(self, site, ports: list[int], path: str, token: str = "") -> None:
        self._site, self._ports, self._path = site, ports, path
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.numbers: list[int] = []
        self.kinds: list[str] = []
        self._news = asyncio.Condition()

    async def run(self) -> None:
        """Read for ever, from whichever server answers."""
        turn = 0
        while True:
            headers = {**self._headers, **({"Last-Event-ID": str(self.numbers[-1])} if self.numbers else {})}
            url = f"http://127.0.0.1:{self._ports[turn % len(self._ports)]}/api/v1{self._path}"
            turn += 1
            try:
                async with self._site.http.get(url, headers=headers) as reply:
                    await self._read(reply)
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)

    async def _read(self, reply) -> None:
        async for line in reply.content:
            if line.startswith(b"id: "):
                self.numbers.append(int(line[4:]))
            elif line.startswith(b"event: "):
                self.kinds.append(line[7:].decode().strip())
            async with self._news:
                self._news.notify_all()

    async def reaches(self, number: int, seconds: float = 30) -> None:
        """Wait until an event was heard."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: bool(self.numbers) and self.numbers[-1] >= number)

    async def has_begun(self) -> None:
        """Wait until there is an answer."""
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(lambda: bool(self.numbers))


@asynccontextmanager
async def reading(*readers: Reader):
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def second(site, number: int = 1, **more: str) -> tuple[int, dict[str, str]]:
    port = int(site.environment["PORT"]) + 10 + number
    return port, {**site.environment, "PORT": str(port), **more}


async def seq(scene) -> int:
    row = await db.fetch_one("SELECT seq FROM live_topic WHERE topic = $1", f"queue:{scene.department_id}")
    return row["seq"]


async def test_an_act_on_one_server_is_seen_on_the_streams_of_another(scene):
    site = scene.site
    port, environment = second(site)
    person, booked, _ = await scene.arrives()
    queue = f"/queues/{scene.department_id}"
    readers = [
        Reader(site, [port], f"{queue}/events", scene.guide.token),
        Reader(site, [port], f"{queue}/board/events"),
        Reader(site, [port], f"/appointments/{booked}/queue/events", person.token),
    ]
    readers[0].numbers.append(0)  # from the beginning
    async with a_server(site.http, environment), reading(*readers):
        for reader in readers:
            await reader.has_begun()
        await readers[0].reaches(await seq(scene))
        await scene.doctor.calls_next(scene.room_id)
        number = await seq(scene)
        for reader in readers:
            await reader.reaches(number, seconds=3)
        assert "called" in readers[2].kinds


async def test_without_redis_the_other_server_sees_it_within_a_moment_all_the_same(scene):
    site = scene.site
    port, environment = second(site, REDIS_URL="redis://127.0.0.1:1/0")  # nobody listens there
    await scene.arrives()
    queue = f"/queues/{scene.department_id}"
    readers = [
        Reader(site, [port], f"{queue}/events", scene.guide.token),
        Reader(site, [port], f"{queue}/board/events"),
    ]
    readers[0].numbers.append(0)
    async with a_server(site.http, environment), reading(*readers):
        for reader in readers:
            await reader.has_begun()
        await readers[0].reaches(await seq(scene))
        await scene.doctor.calls_next(scene.room_id)
        for reader in readers:
            await reader.reaches(await seq(scene), seconds=2.5)


async def test_a_server_that_is_restarted_in_the_middle_loses_and_doubles_nothing(scene):
    """Every reader ends with the same sequence, whichever server it was on."""
    site = scene.site
    ports = [int(site.environment["PORT"]), second(site)[0]]
    await scene.arrives()
    path = f"/queues/{scene.department_id}/events"
    readers = [Reader(site, ports[n % 2 :] + ports[: n % 2], path, scene.guide.token) for n in range(8)]
    for reader in readers:
        reader.numbers.append(0)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(a_server(site.http, second(site)[1]))
        await stack.enter_async_context(reading(*readers))
        for n in range(12):
            await scene.arrives()
            if n == 3:
                await server.kill()
            if n == 8:
                await stack.enter_async_context(a_server(site.http, second(site)[1]))
        last = await seq(scene)
        for reader in readers:
            await reader.reaches(last)
    assert {tuple(reader.numbers) for reader in readers} == {tuple(range(last + 1))}
    assert {kind for reader in readers for kind in reader.kinds} == {"ticket"}
