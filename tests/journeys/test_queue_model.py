"""Tickets against a small model that knows nothing of databases: who waits where, who is called next, what is undone.

Hypothesis invents mornings; each step is done through the API and in the model, and both must agree on the answer and
on every ticket. `QUEUE_MODEL_EXAMPLES` makes it longer.
"""

import asyncio
import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from miniapp_api.queue.order.ordering import DEFAULT_RULE
from miniapp_api.queue.policies.turns import Standing, counted, next_of
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.miniapp_api.scenes import a_scene

EXAMPLES = int(os.environ.get("QUEUE_MODEL_EXAMPLES", "12"))  # noqa: TID251 - of a test, not of the product
STEPS, PEOPLE, ROOMS = 40, 9, 2
which = st.integers(0, PEOPLE - 1)
room = st.integers(0, ROOMS - 1)


@dataclass
class Model:
    """What is known of a ticket. before: how it was before the last act, while that can be taken back."""

    id: str
    standing: Standing
    state: str = "waiting"
    room: int | None = None
    misses: int = 0
    before: "Model | None" = None


@dataclass
class World:
    """The real thing, as the model's thread reaches it."""

    loop: asyncio.AbstractEventLoop
    hospital: Any
    clock: Any

    def do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)


@dataclass
class Line:
    """The whole queue of the model. k: places at each door."""

    k: int = 1
    tickets: list[Model] = field(default_factory=list)
    open: list[bool] = field(default_factory=lambda: [True] * ROOMS)
    is_paused: bool = False
    since_return: int = 1000

    def those(self, *states: str, where: int | None = None) -> list[Model]:
        return [one for one in self.tickets if one.state in states and where in (None, one.room)]

    def first(self, of: list[Model]) -> Model:
        chosen = next_of([one.standing for one in of], self.since_return, DEFAULT_RULE.turn)
        return next(one for one in of if one.standing is chosen)

    def refusal(self, where: int) -> str | None:
        if self.is_paused or not self.open[where]:
            return "paused"
        if self.those("called", "in_service", where=where):
            return "room_busy"
        return None if self.those("waiting") or self.those("ready", where=where) else "queue_empty"

    def call(self, where: int) -> Model:
        door, waiting = self.those("ready", where=where), self.those("waiting")
        urgent = [one for one in door + waiting if one.standing.sort_class == 0]
        one = self.first(urgent or door or waiting)
        self.since_return = min(1000, counted(self.since_return, one.standing))
        one.before = replace(one, before=None)
        one.state, one.room = "called", where
        return one

    def ask_forward(self, where: int) -> list[Model]:
        asked: list[Model] = []
        if self.is_paused or not self.open[where]:
            return asked
        for _ in range(self.k - len(self.those("ready", where=where))):
            if waiting := self.those("waiting"):
                one = self.first(waiting)
                one.state, one.room, one.before = "ready", where, None
                asked.append(one)
        return asked

    def send_back(self, where: int, at_most: int = 99) -> None:
        last = sorted(self.those("ready", where=where), key=lambda one: _plain(one.standing), reverse=True)
        for one in last[:at_most]:
            one.state, one.room, one.before = "waiting", None, None


def _plain(one: Standing) -> tuple[int, datetime, int]:
    return one.sort_class, one.sort_at, one.number


def machine_of(world: World) -> type[RuleBasedStateMachine]:
    """Make the machine whose steps are done by this world."""

    class Tickets(RuleBasedStateMachine):
        @initialize()
        def open(self) -> None:
            self.line = Line()
            world.do(self.prepare())

        async def prepare(self) -> None:
            await world.clock.set_to(time.at(time.today() + timedelta(days=1), 9))
            self.scene = await a_scene(world.hospital, starts_at=time.at(time.today(), 9, 10))
            await db.fetch("UPDATE session SET room_id = NULL")
            await db.fetch(
                "INSERT INTO calling_rule VALUES ($1, 1, 1, 0, 3, 120, 2, 15, 10, 5, 30, app_now(), NULL)",
                self.scene.department_id,
            )
            self.rooms = [await props.a_room(self.scene.department_id, name=f"{n}诊室") for n in range(ROOMS)]

        def ask(self, path: str, body: dict | None = None) -> Any:
            return world.do(self.scene.guide.call("POST", path, body or {}, Idempotency_Key=str(uuid4())))

        def step(self, one: Model, act: str, body: dict | None = None) -> Any:
            reply = self.ask(f"/tickets/{one.id}/{act}", body)
            assert reply.status == 200, (act, one, reply.raw)
            return reply.body["ticket"]

        def some(self, n: int, *states: str) -> Model:
            found = self.line.those(*states)
            return found[n % len(found)]

        def enters(self, ticket: dict) -> Model:
            one = Model(ticket["id"], world.do(self.standing(ticket["id"])))
            self.line.tickets.append(one)
            return one

        async def standing(self, ticket_id: str) -> Standing:
            sql = "SELECT sort_class, sort_at, number, rule FROM ticket WHERE id = $1::uuid"
            row = await db.fetch_one(sql, ticket_id)
            return Standing(**row)

        @precondition(lambda self: len(self.line.tickets) < PEOPLE)
        @rule(how=st.sampled_from(["booked", "normal", "normal", "urgent"]))
        def arrives(self, how: str) -> None:
            if how == "booked":
                self.enters(world.do(self.scene.arrives())[2])
            else:
                self.enters(world.do(self.scene.walks_in(triage=how)))

        @rule(where=room)
        def calls(self, where: int) -> None:
            self.calls_into(where)

        def calls_into(self, where: int) -> None:
            refusal = self.line.refusal(where)
            reply = self.ask(f"/rooms/{self.rooms[where]}/calls")
            if refusal is not None:
                assert (reply.status, reply.code) == (409, refusal)
                return
            assert reply.status == 201, reply.raw
            assert reply.body["ticket"]["id"] == self.line.call(where).id

        @precondition(lambda self: any(self.line.refusal(where) is None for where in range(ROOMS)))
        @rule()
        def calls_where_it_can(self) -> None:
            self.calls_into(next(where for where in range(ROOMS) if self.line.refusal(where) is None))

        @rule(where=room)
        def asks_forward(self, where: int) -> None:
            asked = self.line.ask_forward(where)
            reply = self.ask(f"/rooms/{self.rooms[where]}/ready")
            if asked:
                assert [one["id"] for one in reply.body["tickets"]] == [one.id for one in asked]
            else:
                assert reply.status == 409

        @precondition(lambda self: self.line.those("called"))
        @rule(n=which)
        def recalls(self, n: int) -> None:
            assert self.step(self.some(n, "called"), "recall")["state"] == "called"

        @precondition(lambda self: self.line.those("called"))
        @rule(n=which)
        def starts(self, n: int) -> None:
            one = self.some(n, "called")
            self.step(one, "start")
            one.state, one.before = "in_service", None
            self.line.ask_forward(one.room)

        @precondition(lambda self: self.line.those("called"))
        @rule(n=which)
        def passes_over(self, n: int) -> None:
            one = self.some(n, "called")
            self.step(one, "pass-over")
            one.before = replace(one, before=None)
            one.misses, one.room = one.misses + 1, None
            one.state = "left" if one.misses >= 2 else "missed"

        @precondition(lambda self: self.line.those("waiting", "ready", "called"))
        @rule(n=which)
        def steps_aside(self, n: int) -> None:
            one = self.some(n, "waiting", "ready", "called")
            self.step(one, "hold")
            one.before = replace(one, before=None)
            one.state, one.room = "held", None

        @precondition(lambda self: self.line.those("missed", "held", "away"))
        @rule(n=which)
        def comes_back(self, n: int) -> None:
            one = self.some(n, "missed", "held", "away")
            kept = one.standing if one.state == "held" else None
            self.step(one, "return")
            one.standing = world.do(self.standing(one.id))
            assert kept is None or kept == one.standing
            one.state, one.before = "waiting", None

        @precondition(lambda self: self.line.those("in_service"))
        @rule(n=which)
        def goes_to_a_station(self, n: int) -> None:
            one = self.some(n, "in_service")
            self.step(one, "stage", {"stage": "billing"})
            one.state, one.room, one.before = "away", None, None

        @precondition(lambda self: self.line.those("in_service"))
        @rule(n=which)
        def is_finished(self, n: int) -> None:
            one = self.some(n, "in_service")
            self.step(one, "finish")
            one.before = replace(one, before=None)
            one.state = "done"
            self.line.ask_forward(one.room)

        @precondition(lambda self: any(one.before for one in self.line.tickets))
        @rule(n=which)
        def is_undone(self, n: int) -> None:
            found = [one for one in self.line.tickets if one.before]
            one = found[n % len(found)]
            was = one.before
            busy = [x for x in self.line.those("called", "in_service", where=was.room) if x is not one]
            reply = self.ask(f"/tickets/{one.id}/undo")
            if was.state in ("called", "in_service") and busy:
                assert (reply.status, reply.code) == (409, "room_busy")
                return
            assert reply.status == 200, reply.raw
            one.state, one.misses, one.before = was.state, was.misses, None
            one.room = was.room if was.state != "waiting" else None
            if was.state == "ready" and not self.line.open[was.room]:
                one.state, one.room = "waiting", None
            elif was.state == "ready":
                others = [x for x in self.line.those("ready", where=was.room) if x is not one]
                if len(others) >= self.line.k:
                    one.state, one.room = "waiting", None  # not among those who are sent back
                    self.line.send_back(was.room, 1)
                    one.state, one.room = "ready", was.room

        @precondition(lambda self: self.line.those("waiting", "ready", "missed", "held", "away"))
        @rule(n=which)
        def leaves(self, n: int) -> None:
            one = self.some(n, "waiting", "ready", "missed", "held", "away")
            self.step(one, "leaving", {"reason": "-"})
            one.state, one.room, one.before = "left", None, None

        @precondition(lambda self: self.line.those("waiting", "ready") and len(self.line.tickets) < PEOPLE)
        @rule(n=which, wish=st.booleans())
        def is_handed_on(self, n: int, wish: bool) -> None:
            one = self.some(n, "waiting", "ready")
            body = {"practitioner_id": None, "department_id": str(self.scene.department_id), "wish": wish}
            new = self.enters(self.step(one, "transfer", body))
            assert wish or new.standing.sort_at == one.standing.sort_at
            one.state, one.room, one.before = "transferred", None, None

        @rule(where=room, seldom=st.integers(0, 2))
        def a_room_pauses_or_opens(self, where: int, seldom: int) -> None:
            is_open = self.line.open[where]
            if is_open and seldom:
                return
            assert self.ask(f"/rooms/{self.rooms[where]}/{'pause' if is_open else 'resume'}").status == 200
            self.line.open[where] = not is_open
            if is_open:
                self.line.send_back(where)

        @rule(seldom=st.integers(0, 1))
        def the_queue_pauses_or_goes_on(self, seldom: int) -> None:
            paused = self.line.is_paused
            if not paused and seldom:
                return
            path = f"/queues/{self.scene.department_id}/{'resume' if paused else 'pause'}"
            assert self.ask(path, None if paused else {"reason": "break"}).status == 200
            self.line.is_paused = not paused

        @rule(minutes=st.sampled_from([0, 0, 2, 11]))
        def time_goes_on(self, minutes: int) -> None:
            if minutes:
                world.do(world.clock.forward(minutes=minutes))
                for one in self.line.tickets:
                    one.before = None  # an act of more than a minute ago stays

        @invariant()
        def both_agree(self) -> None:
            if hasattr(self, "rooms"):
                world.do(self.compare())

        async def compare(self) -> None:
            rows = await db.fetch(
                "SELECT id, state, room_id, miss_count FROM ticket WHERE department_id = $1", self.scene.department_id
            )
            found = {str(row["id"]): row for row in rows}
            assert set(found) == {one.id for one in self.line.tickets}
            for one in self.line.tickets:
                row = found[one.id]
                in_room = self.rooms[one.room] if one.room is not None else None
                assert (row["state"], row["miss_count"]) == (one.state, one.misses), one
                assert row["room_id"] == in_room, one

        def teardown(self) -> None:
            world.do(self.finish())

        async def finish(self) -> None:
            await world.hospital.jobs["watch_triage"].run()  # it takes up urgent ones who were handed on
            for sentence, sql in WIRING.invariants:
                assert await db.fetch(sql) == [], sentence

    return Tickets


async def compare_mornings(hospital, clock, examples: int = EXAMPLES) -> None:
    """Invent mornings until the examples are used up, or one is found on which queue and model differ."""
    world = World(asyncio.get_running_loop(), hospital, clock)
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # a difference is a difference: the shortest is looked for by hand
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine_of(world), settings=how)


async def test_tickets_do_what_a_small_model_does(hospital, clock):
    await compare_mornings(hospital, clock)
