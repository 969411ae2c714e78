"""The open stream of the boards: the whole masked board at each change, a beat in between, nobody's data ever."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.boards import api, walls
from miniapp_api.boards.errors import BoardsFull
from miniapp_api.boards.stream import Boards, _first
from miniapp_api.queue import watches
from server import clock as time
from server import db
from server.errors import NotFound
from tests.cast import Client, a_member_of_staff
from tests.miniapp_api.scenes import a_scene
from tests.processes import a_server
from tests.streams import Ears


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


class Board:
    """A board on the wall: it keeps what it was sent, word for word."""

    def __init__(self, frames) -> None:
        self._frames = frames
        self.sent = b""

    async def hears(self, kind: str) -> dict:
        """Wait for the next event of a kind."""
        async with asyncio.timeout(30):
            async for frame in self._frames:
                self.sent += frame
                fields = dict(line.split(": ", 1) for line in frame.decode().splitlines() if line)
                if fields.get("event") == kind:
                    return {**orjson.loads(fields["data"]), "id": int(fields["id"])}
        raise AssertionError("the stream ended")

    async def shows(self, right) -> dict:
        """Wait until the board is as somebody wants it."""
        while not right(board := await self.hears("board")):
            pass
        return board


@asynccontextmanager
async def reading(boards: Boards, department_id: UUID):
    """Read a board beside the web server."""
    ears = Ears()
    async with boards.reading(ears.seat, department_id) as watch:
        yield _heard(ears, watch)


async def _heard(ears: Ears, watch):
    async for frames in _first(watch, ears.seat):
        if not frames:
            break
        yield frames
    while not ears.seat.over.is_set() or ears.written:
        hearing = asyncio.create_task(ears.hear())
        over = asyncio.create_task(ears.seat.over.wait())
        await asyncio.wait({hearing, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not hearing.done():
            hearing.cancel()
            return
        yield hearing.result()


def address(scene) -> str:
    return f"{scene.site.base}/api/v1/queues/{scene.department_id}/board/events"


async def frames_of(reply):
    """Cut a stream into frames."""
    lines = b""
    async for line in reply.content:
        lines += line
        if line == b"\n":
            yield lines
            lines = b""


async def test_a_board_is_right_at_once_and_at_every_call(scene, clock):
    await scene.arrives(name="张小三")
    await scene.arrives(name="欧阳小四")
    async with scene.site.http.get(address(scene)) as reply:
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        board = Board(frames_of(reply))
        first = await board.hears("board")
        assert [ticket["number"] for ticket in first["next"]] == ["A001", "A002"]
        assert (first["day"], first["timezone"]) == (time.today().isoformat(), "Asia/Shanghai")
        ticket = await scene.doctor.calls_next(scene.room_id)
        called = await board.shows(lambda board: board["called"])
        assert [(call["number"], call["name"], call["room"]) for call in called["called"]] == [("A001", "", "2诊室")]
        assert (called["waiting"], called["id"]) == (1, called["version"])
        await clock.forward(minutes=1)
        await scene.doctor.post(f"/tickets/{ticket['id']}/recall")
        again = await board.shows(lambda board: board["called"][0]["call_count"] == 2)
        assert again["id"] > called["id"]


async def test_no_frame_says_who_somebody_is(scene):
    supervisor = await a_member_of_staff(scene.site, "supervisor")
    await supervisor.call("PATCH", f"/queues/{scene.department_id}/board/settings", {"names": "masked"})
    people = [await scene.arrives(name=name) for name in ("张小三", "欧阳小四", "Johnny Smith")]
    await scene.walks_in(patient={"name": "赵小约", "phone": "13800138000"})
    async with scene.site.http.get(address(scene)) as reply:
        board = Board(frames_of(reply))
        await board.hears("board")
        ticket = await scene.doctor.calls_next(scene.room_id)
        await scene.guide.post(f"/tickets/{people[1][2]['id']}/hold")
        await scene.doctor.post(f"/tickets/{ticket['id']}/start")
        await board.shows(lambda board: board["called"] and board["called"][0]["state"] == "in_service")
        await scene.doctor.post(f"/rooms/{scene.room_id}/pause")
        await board.shows(lambda board: board["rooms"][0]["state"] == "paused")
    told = board.sent.decode()
    assert "J***" in told
    for secret in ("小", "Johnny", "Smith", "13800138000", "8000"):
        assert secret not in told
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}", told) == []


async def test_a_board_that_comes_back_needs_no_history(scene):
    await scene.arrives()
    await scene.doctor.calls_next(scene.room_id)
    await db.fetch("DELETE FROM live_event")
    for last in ("1", "999", "rubbish"):
        async with scene.site.http.get(address(scene), headers={"Last-Event-ID": last}) as reply:
            assert [call["number"] for call in (await Board(frames_of(reply)).hears("board"))["called"]] == ["A001"]


async def test_a_paused_room_and_its_doctor_are_shown(scene):
    async with scene.site.http.get(address(scene)) as reply:
        board = Board(frames_of(reply))
        room = {"name": "2诊室", "location": "门诊楼2层", "state": "open", "practitioner": "王敏"}
        shown = (await board.hears("board"))["rooms"]
        assert [{key: each[key] for key in room} for each in shown] == [room]
        await scene.doctor.post(f"/rooms/{scene.room_id}/pause")
        assert (await board.shows(lambda board: board["rooms"][0]["state"] == "paused"))["rooms"][0]["name"] == "2诊室"


async def test_midnight_clears_the_board_though_nothing_is_announced(scene, clock, monkeypatch):
    monkeypatch.setattr(watches, "BEAT_SECONDS", 0.1)
    await scene.arrives()
    async with reading(Boards(), scene.department_id) as frames:
        board = Board(frames)
        assert (await board.hears("board"))["waiting"] == 1
        await board.hears("beat")
        await clock.set_to(time.at(time.today() + timedelta(days=1), 0, 1))
        tomorrow = await board.hears("board")
        assert (tomorrow["waiting"], tomorrow["day"]) == (0, time.today().isoformat())


async def test_many_steps_and_many_boards_cost_a_few_looks(scene, monkeypatch):
    looks = 0
    look = walls.wall_of

    async def counted(department_ids: list[UUID]) -> dict:
        nonlocal looks
        looks += 1
        return await look(department_ids)

    monkeypatch.setattr(walls, "wall_of", counted)
    boards = Boards()

    async def one() -> dict:
        async with reading(boards, scene.department_id) as frames:
            return await Board(frames).shows(lambda board: board["waiting"] == 12)

    readers = [asyncio.create_task(one()) for _ in range(30)]
    began = asyncio.get_running_loop().time()
    for _ in range(12):
        await scene.arrives()
    seen = await asyncio.gather(*readers)
    seconds = asyncio.get_running_loop().time() - began
    assert len({board["version"] for board in seen}) == 1
    assert looks <= 4 + seconds / watches.FOLD_SECONDS
    assert boards.readers == 0


async def test_a_beat_says_that_the_board_still_holds(scene, monkeypatch):
    monkeypatch.setattr(watches, "BEAT_SECONDS", 0.05)
    async with reading(Boards(), scene.department_id) as frames:
        board = Board(frames)
        first = await board.hears("board")
        beat = await board.hears("beat")
        assert (beat["id"], set(beat)) == (first["version"], {"id", "at"})
        assert board.sent.count(b"event: board") == 1


async def test_without_the_database_there_is_no_beat_and_then_the_board_goes_on(scene, monkeypatch):
    monkeypatch.setattr(watches, "BEAT_SECONDS", 0.05)
    look, refused = walls.wall_of, asyncio.Event()

    async def away(department_ids: list[UUID]) -> dict:
        refused.set()
        raise ConnectionError

    async with reading(Boards(), scene.department_id) as frames:
        board = Board(frames)
        await board.hears("beat")
        monkeypatch.setattr(walls, "wall_of", away)
        await refused.wait()
        next_beat = asyncio.create_task(board.hears("beat"))
        await asyncio.wait({next_beat}, timeout=1)
        assert not next_beat.done()
        monkeypatch.setattr(walls, "wall_of", look)
        await next_beat


async def test_more_boards_than_the_server_takes_are_asked_to_come_later(scene, monkeypatch):
    monkeypatch.setattr(api, "boards", Boards(at_most=1))
    async with scene.site.http.get(address(scene)) as reply:
        await Board(frames_of(reply)).hears("board")
        async with scene.site.http.get(address(scene)) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "15")
            assert (await refused.json(content_type=None))["code"] == BoardsFull.code


async def test_a_department_that_is_not_there_has_no_board(scene):
    path = f"/queues/{uuid4()}/board/events"
    assert (await Client(site=scene.site).call("GET", path)).status == 404
    boards = Boards()
    with pytest.raises(NotFound):
        async with boards.reading(Ears().seat, uuid4()):
            pass
    assert boards.readers == 0


async def test_a_closed_department_ends_its_boards(scene, monkeypatch):
    monkeypatch.setattr(watches, "BEAT_SECONDS", 0.05)
    async with reading(Boards(), scene.department_id) as frames:
        await anext(frames)
        await db.fetch("UPDATE department SET active = false")
        async with asyncio.timeout(20):
            assert [frame async for frame in frames if b"event: board" in frame] == []


async def test_a_server_that_stops_ends_its_boards(scene):
    port = int(scene.site.environment["PORT"]) + 7
    environment = {**scene.site.environment, "PORT": str(port)}
    async with a_server(scene.site.http, environment) as server:
        url = f"http://127.0.0.1:{port}/api/v1/queues/{scene.department_id}/board/events"
        async with scene.site.http.get(url) as reply:
            frames = frames_of(reply)
            await Board(frames).hears("board")
            assert await server.stop() == 0
            async with asyncio.timeout(20):
                assert b"event: board" not in b"".join([frame async for frame in frames])
