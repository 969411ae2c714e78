"""Long random histories of one line against a model of thirty lines: nobody jumps it, whatever happens."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
import pytest_asyncio

from miniapp_api.booking import settings
from miniapp_api.waitlist import models
from server import clock as time
from server import db
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.waitlist.scenes import (
    a_full_slot,
    broken_promises,
    counts,
    gives_back,
    look,
    people_who_wait,
    state,
    waits,
)

STEPS = 30
CAPACITY = 3


@dataclass
class Line:
    """The model: who waits as (-priority, joined, name), who is offered a place, how many are free."""

    free: int = 0
    waiting: list[tuple[int, int, str]] = field(default_factory=list)
    offered: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)

    def ends(self, name: str, how: str) -> None:
        """An entry ends; what it was offered is free unless it was taken."""
        if name in self.offered:
            self.offered.remove(name)
            self.free += how != "booked"
        self.waiting = [one for one in self.waiting if one[2] != name]
        self.ended[name] = how

    def looks(self) -> None:
        """Every free place is offered to the first."""
        while self.free and self.waiting:
            first = min(self.waiting)
            self.waiting.remove(first)
            self.offered.add(first[2])
            self.free -= 1

    def state(self, name: str) -> str:
        """Where an entry stands."""
        if name in self.offered:
            return "offered"
        return self.ended.get(name, "waiting")


@pytest_asyncio.fixture(autouse=True)
async def at_nine_in_the_morning(clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))


class History:
    """One random history, told to the product and to the model."""

    def __init__(self, hospital, clock, seed: int) -> None:
        self.hospital, self.clock, self.random = hospital, clock, Random(seed)
        self.model = Line()
        self.people: dict[str, tuple] = {}
        self.joined = 0

    async def begins(self) -> None:
        self.slot, self.owners = await a_full_slot(self.hospital, hours=240, capacity=CAPACITY)
        self.staff = await a_member_of_staff(self.hospital, "supervisor")

    async def joins(self) -> None:
        patient = await a_patient_by_row(self.hospital)
        if self.model.free and not self.model.waiting:
            self.owners.append((patient, await patient.books(self.slot.id)))
            self.model.free -= 1
            return
        seen = await waits(patient, self.slot)
        self.joined += 1
        self.people[seen["id"]] = (patient, seen)
        self.model.waiting.append((0, self.joined, seen["id"]))

    async def gives_back(self) -> None:
        if self.owners:
            await gives_back(*self.owners.pop())
            self.model.free += 1

    async def answers(self, act: str, how: str) -> None:
        if self.model.offered:
            name = self.random.choice(sorted(self.model.offered))
            patient, _ = self.people[name]
            seen = await patient.post(f"/waitlist/{name}/{act}")
            if how == "booked":
                booking = await patient.get(f"/appointments/{seen['appointment_ids'][0]}")
                self.owners.append((patient, booking))
            self.model.ends(name, how)

    async def withdraws(self) -> None:
        names = sorted(self.model.offered | {one[2] for one in self.model.waiting})
        if names:
            name = self.random.choice(names)
            await self.people[name][0].post(f"/waitlist/{name}/withdrawal")
            self.model.ends(name, "withdrawn")

    async def moves_up(self) -> None:
        if self.model.waiting:
            one = self.random.choice(sorted(self.model.waiting))
            priority = self.random.randint(0, 9)
            await self.staff.post(f"/desk/waitlist/{one[2]}/priority", {"priority": priority, "reason": "病情"})
            self.model.waiting.remove(one)
            self.model.waiting.append((-priority, one[1], one[2]))

    async def time_passes(self) -> None:
        await self.clock.forward(minutes=5, seconds=1)
        await look()
        for name in sorted(self.model.offered):
            self.model.ends(name, "expired")

    async def step(self) -> None:
        acts = [
            *[self.joins] * 4,
            *[self.gives_back] * 3,
            lambda: self.answers("acceptance", "booked"),
            lambda: self.answers("declining", "declined"),
            self.withdraws,
            self.moves_up,
            self.time_passes,
        ]
        await self.random.choice(acts)()
        await look()
        self.model.looks()

    async def agrees(self) -> None:
        for name, (patient, seen) in self.people.items():
            assert await state(patient, seen) == self.model.state(name)
        found = await counts(self.slot)
        assert found["capacity"] - found["taken"] == self.model.free
        assert await broken_promises() == []


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_first_in_line_is_next(hospital, clock, seed):
    await db.fetch("DELETE FROM booking_setting")
    await db.fetch("INSERT INTO booking_setting (waitlist_offer_minutes, waitlist_least_minutes) VALUES (5, 5)")
    settings.forget()
    history = History(hospital, clock, seed)
    await history.begins()
    for _ in range(STEPS):
        await history.step()
    await history.agrees()
    assert history.joined
    settings.forget()


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (models.WAITING.replace("t.joined_at, t.entry_id LIMIT", "t.joined_at DESC, t.entry_id LIMIT"), "last first"),
        (models.WAITING.replace("ORDER BY t.priority DESC,", "ORDER BY"), "no priority"),
    ],
)
@pytest.mark.mutant
async def test_a_wrong_order_is_seen_by_the_invariant(hospital, monkeypatch, statement, name):
    assert statement != models.WAITING, name
    slot, [owner] = await a_full_slot(hospital)
    people = await people_who_wait(hospital, slot, 3)
    if name == "no priority":
        staff = await a_member_of_staff(hospital, "supervisor")
        await staff.post(f"/desk/waitlist/{people[1][1]['id']}/priority", {"priority": 1, "reason": "病情"})
    monkeypatch.setattr(models, "WAITING", statement)
    await gives_back(*owner)
    await look()
    assert await broken_promises() == ["Nobody was offered a place while somebody stood before them whom it fitted"]
