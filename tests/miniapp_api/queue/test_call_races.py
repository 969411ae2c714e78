"""Rooms in several processes on one queue: who was called when is read back from the log and judged by the key."""

import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as as_if
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest

from miniapp_api.queue import models
from miniapp_api.queue.calls import statements as call_statements
from miniapp_api.queue.order.ordering import DEFAULT_RULE
from miniapp_api.queue.policies.turns import Standing, counted, key
from miniapp_api.wiring import WIRING
from server import db
from tests import props
from tests.cast import StaffClient
from tests.conftest import free_port
from tests.locks import somebody_waits
from tests.miniapp_api.scenes import Scene, a_scene, broken_invariants
from tests.processes import a_server

SECONDS = float(os.environ.get("CALL_HAMMER_SECONDS", "4"))  # noqa: TID251 - of a test, not of the product
ROOMS = 6
ACTS = ("finish", "finish", "finish", "pass-over", "hold", "undo", "stage", "recall", "leaving")


@pytest.fixture
async def scene(hospital):
    """It is now, because other processes have the machine's time; everybody is for any room."""
    made = await a_scene(hospital)
    await db.fetch("UPDATE session SET room_id = NULL")
    return made


def elsewhere(hospital, **environment: str):
    """The same product in another process on another port, over the same database."""
    port = str(free_port())
    return as_if(
        hospital, base=f"http://127.0.0.1:{port}", environment={**hospital.environment, "PORT": port, **environment}
    )


# ---- what the log must say -----------------------------------------------------------------------------------------


@dataclass
class History:
    """A queue as its log tells it: each line is judged by what came before it."""

    tickets: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    since_return: int = 1000
    calls: int = 0

    def hear(self, line: dict[str, Any]) -> None:
        """Take one line in; fails when it contradicts the ones before."""
        state = orjson.loads(line["state"])
        before = self.tickets.get(line["subject_id"])
        assert (before["state"] if before else None) == line["from_state"], (line, before)
        if line["act"] == "called":
            self._was_next(line, before, state)
        self.tickets[line["subject_id"]] = state
        rooms = [one["room"]["id"] for one in self.tickets.values() if one["state"] in ("called", "in_service")]
        assert len(rooms) == len(set(rooms)), line

    def _was_next(self, line: dict[str, Any], before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        assert before is not None
        room = after["room"]["id"]
        here = [one for one in self.tickets.values() if one["state"] == "ready" and one["room"]["id"] == room]
        line_up = [one for one in self.tickets.values() if one["state"] == "waiting"]
        urgent = [one for one in line_up + here if one["sort_class"] == 0]
        first = min(urgent or here or line_up, key=self._key)
        assert first["id"] == str(line["subject_id"]), (line, first)
        self.since_return = min(counted(self.since_return, _standing(before)), 1000)
        self.calls += 1

    def _key(self, state: dict[str, Any]) -> Any:
        return key(_standing(state), self.since_return, DEFAULT_RULE.turn)


def _standing(state: dict[str, Any]) -> Standing:
    return Standing(state["sort_class"], datetime.fromisoformat(state["sort_at"]), state["sort_number"], state["rule"])


async def history_of(scene: Scene) -> History:
    lines = await db.fetch(
        "SELECT subject_id, act, from_state, state FROM queue_event WHERE department_id = $1 AND kind = 'ticket'"
        " ORDER BY seq",
        scene.department_id,
    )
    history = History()
    for line in lines:
        history.hear(line)
    return history


# ---- the hammer ----------------------------------------------------------------------------------------------------


@dataclass
class Shift:
    """The time in which the rooms work: so many seconds, and on a busy machine until each has called some."""

    ends: float
    called: int = 0

    def is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.ends and self.called >= ROOMS * 3


async def works(room: StaffClient, room_id: UUID, shift: Shift, dice: random.Random) -> None:
    """Call, and do something with who comes, until the time is over; an empty queue is waited for."""
    while not shift.is_over():
        await room.call("POST", f"/rooms/{room_id}/ready", {})
        reply = await room.call("POST", f"/rooms/{room_id}/calls", {}, Idempotency_Key=str(uuid4()))
        if reply.status == 409:
            assert reply.code in ("queue_empty", "paused"), reply.raw
            await room.call("POST", f"/rooms/{room_id}/resume", {})
            continue
        assert reply.status == 201, reply.raw
        shift.called += 1
        await goes_on(room, reply.body["ticket"]["id"], dice)
        if dice.random() < 0.1:
            await room.post(f"/rooms/{room_id}/pause")


async def goes_on(room: StaffClient, ticket_id: str, dice: random.Random) -> None:
    path, act = f"/tickets/{ticket_id}", dice.choice(ACTS)
    if act in ("finish", "stage"):
        await room.post(f"{path}/start")
    if act == "recall":
        assert (await room.refused(f"{path}/recall")).code == "recall_too_soon"
        act = "pass-over"
    await room.post(f"{path}/{act}", {"stage": {"stage": "billing"}, "leaving": {"reason": "-"}}.get(act))
    if act in ("pass-over", "hold") and dice.random() < 0.4:
        await room.call("POST", f"{path}/undo", {})
        await room.call("POST", f"{path}/leaving", {"reason": "-"})
    elif act in ("pass-over", "hold", "stage") and dice.random() < 0.7:
        await room.call("POST", f"{path}/return", {})


async def arrives(scene: Scene, shift: Shift, dice: random.Random) -> None:
    while not shift.is_over():
        await scene.walks_in(triage="urgent" if dice.random() < 0.05 else "normal")


async def test_the_log_of_a_hammered_queue_obeys_the_key_and_no_ticket_was_in_two_rooms(scene, hospital):
    await db.fetch(
        "INSERT INTO calling_rule VALUES ($1, 1, 1, 10, 3, 120, 3, 15, 10, 5, 30, app_now(), NULL)", scene.department_id
    )
    rooms = [await props.a_room(scene.department_id, name=f"{n}诊室") for n in range(ROOMS)]
    for _ in range(ROOMS):
        await scene.walks_in()
    other = elsewhere(hospital)
    async with a_server(hospital.http, other.environment):
        sites = [hospital, other]
        shift = Shift(asyncio.get_running_loop().time() + SECONDS)
        async with asyncio.TaskGroup() as group:
            group.create_task(arrives(scene, shift, random.Random(0)))
            for n, room_id in enumerate(rooms):
                client = as_if(scene.guide, site=sites[n % 2])
                group.create_task(works(client, room_id, shift, random.Random(n)))
    history = await history_of(scene)
    assert history.calls >= ROOMS * 3
    rows = await db.fetch("SELECT id, state, version FROM ticket")
    assert {(row["id"], row["state"]) for row in rows} == {
        (one, state["state"]) for one, state in history.tickets.items()
    }
    assert await broken_invariants(WIRING) == []


# ---- guards --------------------------------------------------------------------------------------------------------


async def eight_call_at_once(scene: Scene) -> None:
    """Eight rooms call at the same moment, again and again: each time the first eight of the line are called."""
    rooms = [await props.a_room(scene.department_id, name=f"{n}诊室") for n in range(8)]
    for _ in range(27):
        await scene.walks_in()
    for _ in range(3):
        first = (await scene.waiting())[:8]
        async with db.alone(scene.site.settings.database_url) as slow, asyncio.TaskGroup() as group, slow.transaction():
            await slow.fetch("SELECT FROM ticket WHERE state = 'waiting' ORDER BY id FOR UPDATE")
            calls = [group.create_task(scene.guide.call("POST", f"/rooms/{room}/calls", {})) for room in rooms]
            await somebody_waits(2)
        replies = [call.result() for call in calls]
        assert [reply.status for reply in replies] == [201] * 8, [reply.raw for reply in replies]
        called = [reply.body["ticket"] for reply in replies]
        assert sorted(ticket["number"] for ticket in called) == first
        for ticket in called:
            await scene.guide.post(f"/tickets/{ticket['id']}/leaving", {"reason": "-"})
    await history_of(scene)
    assert await broken_invariants(WIRING) == []


async def test_eight_rooms_that_call_at_once_get_the_first_eight(scene):
    await eight_call_at_once(scene)


def _edited(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.mutant
@pytest.mark.parametrize("what", ["the lock", "the lock and the guard behind it"])
async def test_without_its_guard_a_line_breaks(scene, what, monkeypatch):
    monkeypatch.setattr(models, "LOCK_LINES", _edited(models.LOCK_LINES, "FOR UPDATE", ""))
    if what != "the lock":
        guarded = f"AND {call_statements.GUARD}"
        monkeypatch.setattr(call_statements, "CALL", _edited(call_statements.CALL, guarded, ""))
    with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever goes wrong
        await eight_call_at_once(scene)


async def test_two_buttons_of_one_room_and_a_call_that_meets_a_pause(scene):
    room = await props.a_room(scene.department_id)
    for _ in range(4):
        await scene.walks_in()
    calls: Sequence[Any] = await asyncio.gather(
        *(scene.guide.call("POST", f"/rooms/{room}/{what}", {}) for what in ("calls", "pause", "calls"))
    )
    states = {reply.status for reply in calls}
    assert states <= {200, 201, 409}
    assert {reply.code for reply in calls if reply.status == 409} <= {"room_busy", "paused"}
    assert await props.count("ticket", "state = 'called'") <= 1
    await history_of(scene)


# ---- crashes -------------------------------------------------------------------------------------------------------


async def killed_at(point: str, scene: Scene, path: str, key_: str, body: dict | None = None) -> None:
    """Send a command to a process that ends at a point, and see it end."""
    site = elsewhere(scene.site, KILL_POINT=point)
    guide = as_if(scene.guide, site=site)
    async with a_server(scene.site.http, site.environment) as server:
        with pytest.raises(aiohttp.ClientError):
            await guide.call("POST", path, body or {}, Idempotency_Key=key_)
        await server.ended()


@pytest.mark.parametrize(("point", "is_done"), [("ticket_called", False), ("call_told", False), ("before_reply", True)])
async def test_a_call_that_was_killed_is_whole_or_was_not(scene, point, is_done):
    await scene.walks_in()
    await scene.walks_in()
    path, key_ = f"/rooms/{scene.room_id}/calls", str(uuid4())
    await killed_at(point, scene, path, key_)
    assert await props.count("ticket", "state = 'called'") == is_done
    assert await props.count("fact", "name = 'TicketCalled'") == is_done
    assert await props.count("queue_event", "act = 'called'") == is_done
    again = await scene.guide.call("POST", path, {}, Idempotency_Key=key_)
    assert (again.status, again.body["ticket"]["number"]) == (201, "A001")
    assert await props.count("ticket", "state = 'called'") == await props.count("fact", "name = 'TicketCalled'") == 1
    await history_of(scene)
    assert await broken_invariants(WIRING) == []


@pytest.mark.parametrize("point", ["visit_moved", "visit_told"])
async def test_a_finish_that_was_killed_leaves_the_visit_running(scene, point):
    await scene.walks_in()
    ticket = await scene.guide.calls_next(scene.room_id)
    await scene.guide.post(f"/tickets/{ticket['id']}/start")
    path, key_ = f"/tickets/{ticket['id']}/finish", str(uuid4())
    await killed_at(point, scene, path, key_, {"advice": "多喝水。"})
    assert (
        await props.count("encounter", "finished_at IS NULL")
        == await props.count("ticket", "state = 'in_service'")
        == 1
    )
    again = await scene.guide.call("POST", path, {"advice": "多喝水。"}, Idempotency_Key=key_)
    twice = await scene.guide.call("POST", path, {"advice": "多喝水。"}, Idempotency_Key=key_)
    assert (again.status, twice.raw) == (200, again.raw)
    assert await props.count("fact", "name = 'VisitFinished'") == 1
    assert await broken_invariants(WIRING) == []


# ---- cost ----------------------------------------------------------------------------------------------------------


async def test_a_call_takes_few_statements(scene, statements):
    calls, starts = [], []
    for _ in range(3):  # what is remembered for a minute may run out in one of them
        await scene.walks_in()
        statements.clear()
        ticket = await scene.guide.calls_next(scene.room_id)
        calls.append(list(statements))
        statements.clear()
        await scene.guide.post(f"/tickets/{ticket['id']}/start")
        starts.append(list(statements))
        await scene.guide.post(f"/tickets/{ticket['id']}/finish", {"advice": None})
    # the request's record and its answer, the room, the line's lock, the call, what is told of it
    assert min(map(len, calls)) == 6, calls
    assert min(map(len, starts)) <= 16, starts
