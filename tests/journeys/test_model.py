"""Bands, holds, bookings, moves, waitlist and stops against a small model that knows nothing of databases.

Hypothesis invents histories; each step is done through the API and in the model, and both must agree: on the answer, on
the counters of each band, on where each person stands. `MODEL_EXAMPLES` makes it longer.
"""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
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

from miniapp_api.booking import effects, places
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.mutants import Mutant, is_killed

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "8"))  # noqa: TID251 - of a test, not of the product
STEPS = 35
PEOPLE, BANDS, ROOM = 3, 2, 1
PAUSES = 8  # of six minutes each: a hold ends, an offer does not
person, band = st.integers(0, PEOPLE - 1), st.integers(0, BANDS - 1)
which = st.integers(0, PEOPLE * BANDS - 1)  # of those who can


@dataclass
class Band:
    """What the model knows of a band: who has a place and how, who waits, how many places are set aside."""

    has: dict[int, str] = field(default_factory=dict)  # person: held, booked or offered
    line: list[int] = field(default_factory=list)
    kept: int = 0
    is_stopped: bool = False

    @property
    def free(self) -> int:
        return ROOM - len(self.has) - self.kept

    def refusal(self, who: int) -> str | None:
        if self.is_stopped:
            return "session_stopped"
        if who in self.has:
            return "already_booked"
        return None if self.free > 0 else "slot_full"

    def leave(self, who: int) -> None:
        """Free a place: while somebody waits beyond the kept ones it is kept."""
        del self.has[who]
        if len(self.line) > self.kept:
            self.kept += 1

    def offer(self) -> None:
        """Do what the workers do until nothing is left to do."""
        self.line = [who for who in self.line if self.has.get(who) != "booked"]
        for who in list(self.line):
            if self.kept + self.free <= 0 or self.is_stopped:
                break
            if who not in self.has:
                self.kept -= self.kept > 0
                self.has[who] = "offered"
                self.line.remove(who)
        self.kept = 0  # what fits nobody is let go

    def stop(self) -> None:
        self.is_stopped, self.has, self.kept = True, {}, 0


@dataclass
class World:
    """The real thing, as the model's thread reaches it."""

    loop: asyncio.AbstractEventLoop
    hospital: Any
    clock: Any
    drain: Any

    def do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)


def machine_of(world: World) -> type[RuleBasedStateMachine]:
    """Make the machine whose steps are done by this world."""

    class Places(RuleBasedStateMachine):
        @initialize()
        def open(self) -> None:
            self.bands = [Band() for _ in range(BANDS)]
            self.pauses = 0
            self.appointments: dict[tuple[int, int], str] = {}
            self.entries: dict[tuple[int, int], str] = {}
            world.do(self.prepare())

        async def prepare(self) -> None:
            await world.clock.back()
            day = time.today() + timedelta(days=2)
            self.slots = [await props.a_slot(starts_at=time.at(day, 10 + 4 * n), capacity=ROOM) for n in range(BANDS)]
            self.people = [await a_patient_by_row(world.hospital) for _ in range(PEOPLE)]
            self.admin = await a_member_of_staff(world.hospital, "admin")

        def ask(self, who: int, path: str, body: dict | None = None) -> Any:
            return world.do(self.people[who].call("POST", path, body or {}, Idempotency_Key=str(uuid4())))

        def those(self, *how: str) -> list[tuple[int, int]]:
            """Who has a place in which way, or waits in a line, and where."""
            return [
                (who, where)
                for where, model in enumerate(self.bands)
                for who in range(PEOPLE)
                if model.has.get(who, "waiting" if who in model.line else "") in how
            ]

        def one_of(self, n: int, *how: str) -> tuple[int, int]:
            found = self.those(*how)
            return found[n % len(found)]

        # ---- what people do

        @rule(who=person, where=band, path=st.sampled_from(["/appointments", "/holds"]))
        def takes(self, who: int, where: int, path: str) -> None:
            model = self.bands[where]
            if path == "/holds" and who in model.line:
                return  # who holds a place by a form is not asked again for a while: another story
            reply = self.ask(
                who, path, {"slot_id": str(self.slots[where].id), "patient_id": self.people[who].patient_id}
            )
            refusal = model.refusal(who)
            if refusal is not None:
                assert (reply.status, reply.code) == (409, refusal)
                return
            assert reply.status == 201, reply.raw
            model.has[who] = reply.body["status"]
            self.appointments[who, where] = reply.body["id"]

        @precondition(lambda self: self.those("held"))
        @rule(n=which)
        def confirms(self, n: int) -> None:
            who, where = self.one_of(n, "held")
            assert self.ask(who, f"/appointments/{self.appointments[who, where]}/confirmation").status == 200
            self.bands[where].has[who] = "booked"

        @precondition(lambda self: self.those("held", "booked"))
        @rule(n=which)
        def cancels(self, n: int) -> None:
            who, where = self.one_of(n, "held", "booked")
            assert self.ask(who, f"/appointments/{self.appointments[who, where]}/cancellation").status == 200
            self.bands[where].leave(who)

        @precondition(lambda self: self.those("booked"))
        @rule(n=which)
        def moves(self, n: int) -> None:
            who, where = self.one_of(n, "booked")
            here, there = self.bands[where], self.bands[1 - where]
            body = {"slot_id": str(self.slots[1 - where].id)}
            reply = self.ask(who, f"/appointments/{self.appointments[who, where]}/rescheduling", body)
            refusal = there.refusal(who)
            if refusal is not None:
                assert (reply.status, reply.code) == (409, refusal)
                return
            assert reply.status == 201, reply.raw
            there.has[who] = "booked"
            self.appointments[who, 1 - where] = reply.body["id"]
            here.leave(who)

        def may_join(self) -> list[tuple[int, int]]:
            return [
                (who, where)
                for where, model in enumerate(self.bands)
                for who in range(PEOPLE)
                if model.refusal(who) == "slot_full" and who not in model.line
            ]

        @precondition(lambda self: self.may_join())
        @rule(n=which)
        def joins(self, n: int) -> None:
            found = self.may_join()
            who, where = found[n % len(found)]
            reply = self.join(who, where)
            assert reply.status == 201, reply.raw
            self.bands[where].line.append(who)
            self.entries[who, where] = reply.body["id"]

        @rule(who=person, where=band)
        def joins_in_vain(self, who: int, where: int) -> None:
            model = self.bands[where]
            if (who, where) in self.may_join():
                return
            reply = self.join(who, where)
            assert reply.status == 409
            if model.is_stopped:
                assert reply.code == "session_stopped"
            elif who in model.line:
                assert reply.code == "already_waiting"
            elif who in model.has:
                assert reply.code in ("already_booked", "already_waiting")  # an offer is both
            else:
                assert reply.code == "places_left"

        def join(self, who: int, where: int) -> Any:
            body = {"session_ids": [str(self.slots[where].session_id)], "patient_id": self.people[who].patient_id}
            return self.ask(who, "/waitlist", body)

        @precondition(lambda self: self.those("waiting", "offered"))
        @rule(n=which)
        def withdraws(self, n: int) -> None:
            who, where = self.one_of(n, "waiting", "offered")
            model = self.bands[where]
            assert self.ask(who, f"/waitlist/{self.entries[who, where]}/withdrawal").status == 200
            if who in model.line:
                model.line.remove(who)
            else:
                model.leave(who)

        @precondition(lambda self: self.those("offered"))
        @rule(n=which, yes=st.booleans())
        def answers(self, n: int, yes: bool) -> None:
            who, where = self.one_of(n, "offered")
            model = self.bands[where]
            path = f"/waitlist/{self.entries[who, where]}/{'acceptance' if yes else 'declining'}"
            reply = self.ask(who, path)
            assert reply.status == 200, reply.raw
            if yes:
                model.has[who] = "booked"
                self.appointments[who, where] = world.do(self.appointment_of(who, where))
            else:
                model.leave(who)

        async def appointment_of(self, who: int, where: int) -> str:
            row = await db.fetch_one(
                "SELECT id FROM appointment WHERE patient_id = $1 AND slot_id = $2 AND status = 'booked'",
                UUID(self.people[who].patient_id),
                self.slots[where].id,
            )
            return str(row["id"])

        # ---- what the hospital and time do

        @rule()
        def workers_run(self) -> None:
            world.do(world.drain())
            for model in self.bands:
                if not model.is_stopped:
                    model.offer()
                model.line = [] if model.is_stopped else model.line

        @precondition(lambda self: self.pauses < PAUSES)
        @rule()
        def holds_end(self) -> None:
            self.pauses += 1
            world.do(world.clock.forward(minutes=6))
            world.do(places.expire_holds())
            for model in self.bands:
                for who in [who for who, how in model.has.items() if how == "held"]:
                    model.leave(who)

        @precondition(lambda self: not self.bands[1].is_stopped)
        @rule(really=st.integers(0, 5))
        def the_second_clinic_is_stopped(self, really: int) -> None:
            if really:
                return  # seldom
            path = f"/admin/sessions/{self.slots[1].session_id}/stop"
            world.do(self.admin.post(path, {"reason": "医生外出会诊"}))
            self.bands[1].stop()

        # ---- what must be true after every step

        @invariant()
        def both_agree(self) -> None:
            if hasattr(self, "slots"):
                world.do(self.compare())

        async def compare(self) -> None:
            for slot, model in zip(self.slots, self.bands, strict=True):
                row = await db.fetch_one("SELECT taken, kept FROM slot WHERE id = $1", slot.id)
                assert (row["taken"], row["kept"]) == (len(model.has), model.kept), model
                rows = await db.fetch(
                    "SELECT patient_id, status FROM appointment WHERE slot_id = $1 AND status IN ('held', 'booked')",
                    slot.id,
                )
                found = {str(one["patient_id"]): one["status"] for one in rows}
                expected = {
                    self.people[who].patient_id: "booked" if how == "booked" else "held"
                    for who, how in model.has.items()
                }
                assert found == expected
                numbers = await db.fetch("SELECT number FROM appointment WHERE slot_id = $1 ORDER BY 1", slot.id)
                assert [one["number"] for one in numbers] == list(range(1, len(numbers) + 1))

        def teardown(self) -> None:
            world.do(self.finish())

        async def finish(self) -> None:
            await world.drain()
            for sentence, sql in WIRING.invariants:
                assert await db.fetch(sql) == [], sentence

    return Places


async def compare_histories(hospital, clock, drain, examples: int = EXAMPLES, *, always_the_same: bool = False) -> None:
    """Invent histories until the examples are used up, or one is found on which the product and the model differ."""
    world = World(asyncio.get_running_loop(), hospital, clock, drain)
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=always_the_same,
        phases=(Phase.generate,),  # a difference is a difference: the shortest is looked for by hand
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine_of(world), settings=how)


async def test_places_do_what_a_small_model_does(hospital, clock, drain):
    await compare_histories(hospital, clock, drain)


async def compare_many_histories(hospital, clock, drain) -> None:
    """The same ones in every run: whether a mutant is noticed must not be a matter of luck."""
    await compare_histories(hospital, clock, drain, EXAMPLES * 5, always_the_same=True)


MUTANTS = [
    Mutant(f"{statement}: {name}", effects, statement, (edit,), compare_many_histories)
    for statement, name, edit in (
        ("GIVE_BACK", "kept for who waits", ("THEN back.places - back.extras", "THEN 0")),
        ("LEFT_FOR", "the old place is freed", ("UPDATE slot SET taken = taken - 1", "UPDATE slot SET taken = taken")),
    )
]


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
async def test_the_model_notices_what_is_gone(hospital, clock, drain, mutant, monkeypatch):
    await is_killed(mutant, monkeypatch, hospital, clock, drain)
