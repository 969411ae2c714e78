"""Many people and workers at once on a few clinics: joins, answers, cancellations, time; every promise holds."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from miniapp_api.booking import jobs as booking_jobs
from miniapp_api.waitlist import jobs
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.waitlist.scenes import broken_promises, look

CLINICS, CAPACITY, PEOPLE, STEPS, WORKERS = 3, 3, 16, 24, 3
REFUSALS = {
    "already_waiting",
    "too_many_waiting",
    "places_left",
    "already_booked",
    "offer_over",
    "illegal_move",
    "slot_full",
    "time_conflict",
    "same_practitioner",
    "too_many_bookings",
    "someone_was_faster",
    "hold_expired",
    "line_closed",
}


class Actor:
    """Somebody with a child who books, waits, answers and changes their mind."""

    def __init__(self, patient, child: str, slots, random: Random) -> None:
        self.patient, self.child, self.slots, self.random = patient, child, slots, random
        self.seen: Counter[str] = Counter()

    async def asks(self, path: str, body=None):
        reply = await self.patient.call("POST", path, body if body is not None else {})
        assert reply.status < 300 or reply.code in REFUSALS, (path, reply.status, reply.raw)
        self.seen["done" if reply.status < 300 else reply.code] += 1

    async def books(self) -> None:
        slot = self.random.choice(self.slots)
        await self.asks("/appointments", {"slot_id": str(slot.id), "patient_id": self.patient.patient_id})

    async def joins(self) -> None:
        body = {"patient_id": self.patient.patient_id}
        if self.random.random() < 0.3:
            body["with_patient_id"] = self.child
        if self.random.random() < 0.3:
            day = time.today() + timedelta(days=9)
            department = str(self.slots[0].department_id)
            body["criteria"] = {
                "department_id": department,
                "first_day": time.today().isoformat(),
                "last_day": day.isoformat(),
            }
        else:
            chosen = self.random.sample(self.slots, self.random.randint(1, len(self.slots)))
            body["session_ids"] = [str(slot.session_id) for slot in chosen]
        await self.asks("/waitlist", body)

    async def answers(self) -> None:
        for entry in (await self.patient.get("/waitlist"))["items"]:
            if entry["state"] == "offered":
                act = self.random.choice(("acceptance", "acceptance", "declining", "withdrawal"))
                await self.asks(f"/waitlist/{entry['id']}/{act}")
            elif entry["state"] == "waiting" and self.random.random() < 0.1:
                await self.asks(f"/waitlist/{entry['id']}/withdrawal")

    async def cancels(self) -> None:
        for one in (await self.patient.get("/appointments"))["items"]:
            if one["status"] == "booked" or (one["status"] == "held" and self.random.random() < 0.1):
                await self.asks(f"/appointments/{one['id']}/cancellation")
                return

    async def lives(self) -> None:
        acts = (self.books, self.joins, self.joins, *[self.answers] * 3, *[self.cancels] * 3)
        for _ in range(STEPS):
            await self.random.choice(acts)()


async def works(stop: asyncio.Event) -> None:
    """One worker that looks again and again."""
    while not stop.is_set():
        await jobs.offer_places()
        await jobs.keep_lines()
        await booking_jobs.expire_holds()
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(2))
async def test_everything_at_once_leaves_every_promise_kept(hospital, clock, seed):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    department = await props.a_department()
    begin = time.now() + timedelta(days=2)
    slots = [
        await props.a_slot(starts_at=begin + timedelta(hours=n), capacity=CAPACITY, department_id=department)
        for n in range(CLINICS)
    ]
    actors = []
    for n in range(PEOPLE):
        patient = await a_patient_by_row(hospital)
        child = str(await props.a_patient(patient.account_id, relation="child", name="张小宝"))
        actors.append(Actor(patient, child, slots, Random(f"{seed}:{n}")))
        if n < CLINICS * CAPACITY:  # all full in the beginning
            await patient.books(slots[n % CLINICS].id)
    stop = asyncio.Event()
    workers = [asyncio.create_task(works(stop)) for _ in range(WORKERS)]
    await asyncio.gather(*(actor.lives() for actor in actors))
    async with asyncio.timeout(60):  # on a busy machine nobody may have met an offer yet
        while not await props.count("waitlist_offer", "state = 'accepted'"):
            await asyncio.gather(*(act() for actor in actors for act in (actor.joins, actor.cancels, actor.answers)))
    stop.set()
    await asyncio.gather(*workers)
    await look()
    await look()
    assert await broken_promises() == []
    seen = sum((actor.seen for actor in actors), Counter())
    assert seen["done"] > PEOPLE
    assert await props.count("waitlist_offer") > CLINICS
    await clock.forward(hours=2, minutes=1)
    await look()
    assert await broken_promises() == []
    rows = await db.fetch("SELECT count(*) AS n FROM waitlist_offer WHERE state = 'live' AND deadline <= app_now()")
    assert rows == [{"n": 0}]
