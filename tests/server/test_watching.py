"""Watching: one question for all listeners, only while there are some; nothing that changed is missed."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis

from server import live, sse, watching
from server.ids import first_id, new_id
from server.watching import Question
from tests.cast import a_member_of_staff
from tests.conftest import free_port
from tests.processes import a_server
from tests.streams import watching as at_a_screen


class Book:
    """Something to ask about: rows that are only added."""

    def __init__(self) -> None:
        self.rows: list[UUID] = []
        self.asked = 0
        self.is_away = False
        self.is_at_once = False  # nothing can be written between two questions of one look
        self.question = Question("book", self.ask)

    async def ask(self, since: UUID) -> object:
        self.asked += 1
        if not self.is_at_once:
            await asyncio.sleep(0)
        if self.is_away:
            raise asyncpg.ConnectionDoesNotExistError("away")
        return sum(row >= since for row in self.rows)

    def write(self) -> None:
        self.rows.append(new_id())


@pytest.fixture
def book(hospital, monkeypatch) -> Book:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.1)
    return Book()


class Listener:
    def __init__(self, frames) -> None:
        self._frames = frames

    async def changed(self) -> str:
        """Wait for the next change; give its id."""
        async with asyncio.timeout(10):
            frame = await anext(self._frames)
        kind, token, data, *_ = frame.decode().split("\n")
        assert (kind, token[:4], data) == ("event: changed", "id: ", "data: {}")
        return token[4:]

    async def hears_nothing(self) -> None:
        """Assert that nothing comes for some looks. It must be the last wish: a generator that was cut off is over."""
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await anext(self._frames)


@asynccontextmanager
async def listening(book: Book, *, last: str = ""):
    async with aclosing(watching.changes(book.question, last=last)) as frames:
        assert await anext(frames) == b"retry: 2000\n\n"
        yield Listener(frames)


async def test_a_change_is_told_to_everybody_and_asked_for_once(book, monkeypatch):
    looks, look = [], watching.Watch._look

    async def counted(watch):
        looks.append(watch)
        await look(watch)

    monkeypatch.setattr(watching.Watch, "_look", counted)
    async with listening(book) as one, listening(book) as other:
        first = await one.changed()
        assert await other.changed() == first
        book.write()
        second = await one.changed()
        assert await other.changed() == second != first
        asked, looked = book.asked, len(looks)
        async with asyncio.timeout(20):
            while len(looks) < looked + 10:
                await asyncio.sleep(0.05)
        assert book.asked - asked == len(looks) - looked  # however many listen


async def test_nobody_listens_and_nothing_is_asked(book):
    async with listening(book) as one:
        await one.changed()
    asked = book.asked
    await asyncio.sleep(0.4)
    assert book.asked == asked
    assert not watching._watches


async def test_who_comes_back_hears_at_once_what_was_missed_and_only_then(book):
    async with listening(book) as stays:
        async with listening(book) as leaves:
            had = await leaves.changed()
        await stays.changed()
        async with listening(book, last=had) as back:
            await back.hears_nothing()
        book.write()
        now = await stays.changed()
        async with listening(book, last=had) as back:
            assert await back.changed() == now
            await back.hears_nothing()


async def test_what_nobody_watched_counts_as_changed(book):
    async with listening(book) as one:
        had = await one.changed()
    async with listening(book, last=had) as back:
        assert await back.changed() != had


async def test_a_row_that_commits_late_is_not_missed(book):
    late = new_id()
    book.write()
    async with listening(book) as one:
        await one.changed()
        book.rows.append(late)  # smaller than the newest
        await one.changed()


async def test_old_rows_are_counted_no_more_and_that_is_no_change(book, monkeypatch):
    monkeypatch.setattr(watching, "SETTLED", timedelta(seconds=0.1))
    monkeypatch.setattr(watching, "RENEWED", timedelta(seconds=0.2))
    book.is_at_once = True  # else what is written between the two is told twice, as it should be
    book.write()
    async with listening(book) as one:
        await one.changed()
        book.write()
        await one.changed()
        await asyncio.sleep(0.5)
        assert await book.ask(first_id(timedelta(seconds=0.2))) == 0
        book.write()
        await one.changed()
        await one.hears_nothing()


async def test_the_database_goes_away_and_comes_back_and_the_stream_lives(book):
    book.is_away = True
    async with listening(book) as one:
        waiting = asyncio.create_task(one.changed())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        book.is_away = False
        await waiting
        book.is_away = True
        await asyncio.sleep(0.3)
        book.write()
        book.is_away = False
        await one.changed()


async def test_a_quiet_stream_beats(book, monkeypatch):
    monkeypatch.setattr(watching, "PING_SECONDS", 0.1)
    async with aclosing(watching.changes(book.question, last="")) as frames:
        heard = [await anext(frames) for _ in range(4)]
    assert heard[-1] == b": ping\n\n"


async def test_a_server_that_stops_ends_its_streams(book, monkeypatch):
    subscriber, redis = Redis(), Redis()  # never used: of another server, only its wish to stop counts here
    streams = live.Streams(subscriber, redis)
    monkeypatch.setattr(live, "streams", lambda: streams)
    async with listening(book) as one:
        await one.changed()
        streams.stopping.set()
        with pytest.raises(StopAsyncIteration):
            await one.changed()
    async with asyncio.timeout(10):
        while watching._watches:
            await asyncio.sleep(0.01)


async def test_a_real_server_ends_its_streams_and_stops_at_once(hospital):
    port = str(free_port() + 2)
    site = replace(hospital, base=f"http://127.0.0.1:{port}", environment={**hospital.environment, "PORT": port})
    async with a_server(hospital.http, site.environment) as server:
        guide = await a_member_of_staff(site, "guide")
        async with at_a_screen(guide, "/desk/events") as screen:
            stopping = asyncio.create_task(server.stop())
            async with asyncio.timeout(4.5):  # the grace of a server is longer
                await screen.ends()
            assert await stopping == 0


async def test_a_member_of_staff_may_hold_so_many_streams_and_no_more(hospital, monkeypatch):
    monkeypatch.setattr(sse, "STREAMS_AT_MOST", 2)
    guide, other = [await a_member_of_staff(hospital, "guide") for _ in range(2)]
    async with at_a_screen(guide, "/desk/events"):
        async with at_a_screen(guide, "/desk/events"):
            for path in ("/desk/events", "/live"):
                refusal = await guide.refused(path, method="GET")
                assert (refusal.status, refusal.code) == (429, "too_many_streams")
                assert refusal.headers["Retry-After"] == "15"
            async with at_a_screen(other, "/desk/events"):
                pass
        async with asyncio.timeout(20):  # the server notices that the screen was closed
            while (await hospital.http.get(f"{hospital.base}/healthz")).status != 200 or sum(sse._open.values()) > 1:
                await asyncio.sleep(0.02)
        async with at_a_screen(guide, "/desk/events"):
            pass
    async with asyncio.timeout(20):
        while sse._open or watching._watches:
            await asyncio.sleep(0.02)
