"""Everybody at once, over two servers of which one is killed again and again; afterwards the books are right.

Each client decides by chance: book, hold, confirm, give back, move; once somebody stops a clinic under all of them. A
request whose answer was lost is sent again with the same key until it is answered. `HAMMER_SECONDS` makes it longer.
"""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from miniapp_api.booking import places
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import PatientClient, Reply, a_member_of_staff, a_patient_by_row
from tests.conftest import free_port
from tests.processes import a_server

SECONDS = float(os.environ.get("HAMMER_SECONDS", "5"))  # noqa: TID251 - of a test, not of the product
CLIENTS = 24
ROOM = 6  # of a band; there are four
KILLS = 2  # at least
PATIENCE = 120.0
HOLDS_A_PLACE = ("held", "booked")


@dataclass
class Books:
    """What the clients were told."""

    promised: dict[UUID, str] = field(default_factory=dict)  # appointment: the person it was promised to
    outcomes: Counter = field(default_factory=Counter)
    lost: int = 0


@dataclass
class Stage:
    """The two servers, the bands, the time that is left, how often a server was killed."""

    sites: list[Any]
    slots: list[props.Slot]
    books: Books
    ends: float
    kills: int = 0

    def is_over(self) -> bool:
        return self.kills >= KILLS and asyncio.get_running_loop().time() >= self.ends


async def surely(stage: Stage, patient: PatientClient, path: str, body: dict) -> Reply:
    """Ask until there is an answer, each time whichever server, always with the same key."""
    key = str(uuid4())
    async with asyncio.timeout(PATIENCE):
        while True:
            patient.site = random.choice(stage.sites)
            try:
                reply = await patient.call("POST", path, body, Idempotency_Key=key)
            except aiohttp.ClientError:
                stage.books.lost += 1
                await asyncio.sleep(0.05)
                continue
            if reply.status < 500:
                stage.books.outcomes[reply.body["status"] if reply.status < 300 else reply.code] += 1
                return reply
            await asyncio.sleep(0.05)


async def lives(stage: Stage, patient: PatientClient) -> None:
    """One client's day."""
    mine: list[dict] = []
    while not stage.is_over():
        slot = random.choice(stage.slots)
        asked = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
        what = random.choice(["book", "book", "hold", "confirm", "cancel", "cancel", "move"])
        if what in ("book", "hold"):
            reply = await surely(stage, patient, "/appointments" if what == "book" else "/holds", asked)
        elif not mine:
            continue
        else:
            one = mine.pop(random.randrange(len(mine)))
            path = {"confirm": "confirmation", "cancel": "cancellation", "move": "rescheduling"}[what]
            body = {"slot_id": str(slot.id)} if what == "move" else {}
            reply = await surely(stage, patient, f"/appointments/{one['id']}/{path}", body)
            if reply.status >= 300 and reply.code != "illegal_move":
                mine.append(one)
        if reply.status < 300 and reply.body["status"] in HOLDS_A_PLACE:
            stage.books.promised[UUID(reply.body["id"])] = patient.patient_id
            mine.append(reply.body)


async def kills(stage: Stage, hospital, site) -> None:
    """Run one server, end it like a power cut, run it again, until the time is over."""
    while not stage.is_over():
        async with a_server(hospital.http, site.environment) as server:
            await asyncio.sleep(random.uniform(0.3, 0.9))
            await server.kill()
            stage.kills += 1


async def stops_one(stage: Stage, admin) -> None:
    """Stop the clinic of the last band in the middle of it all."""
    await asyncio.sleep(SECONDS / 2)
    await admin.post(f"/admin/sessions/{stage.slots[-1].session_id}/stop", {"reason": "医生急诊手术"})


async def test_everybody_at_once_under_kills(hospital):
    starts_at = time.now() + timedelta(hours=3)
    slots = [await props.a_slot(starts_at=starts_at + timedelta(hours=n // 2), capacity=ROOM) for n in range(4)]
    crowd = [await a_patient_by_row(hospital) for _ in range(CLIENTS)]
    admin = await a_member_of_staff(hospital, "admin")
    port = str(free_port())
    fragile = replace(hospital, base=f"http://127.0.0.1:{port}", environment={**hospital.environment, "PORT": port})
    ends = asyncio.get_running_loop().time() + SECONDS
    stage = Stage([hospital, fragile], slots, Books(), ends)
    async with asyncio.TaskGroup() as group:
        group.create_task(kills(stage, hospital, fragile))
        group.create_task(stops_one(stage, admin))
        for patient in crowd:
            group.create_task(lives(stage, patient))
    assert stage.books.outcomes["booked"] > ROOM
    assert stage.books.outcomes["held"] > 0
    assert stage.books.outcomes["slot_full"] > 0
    await the_books_are_right(stage)


async def the_books_are_right(stage: Stage) -> None:
    """Counters equal rows, numbers have no gap and no double, every promise has its row and every row its promise."""
    for slot in stage.slots:
        row = await db.fetch_one("SELECT taken, kept, capacity, last_number FROM slot WHERE id = $1", slot.id)
        rows = await db.fetch("SELECT id, number, status FROM appointment WHERE slot_id = $1 ORDER BY number", slot.id)
        holders = [one for one in rows if one["status"] in HOLDS_A_PLACE]
        assert row["taken"] == len(holders) <= row["capacity"]
        assert [one["number"] for one in rows] == list(range(1, row["last_number"] + 1))
    everything = {row["id"]: str(row["patient_id"]) for row in await db.fetch("SELECT id, patient_id FROM appointment")}
    assert everything == stage.books.promised
    stopped = stage.slots[-1].session_id
    still = await db.fetch("SELECT status FROM appointment WHERE session_id = $1", stopped)
    assert not [row for row in still if row["status"] in HOLDS_A_PLACE]
    assert await places.expire_holds() == 0  # none was old enough
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence
