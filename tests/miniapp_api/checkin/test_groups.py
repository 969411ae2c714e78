"""Those who arrive at one moment arrive in one statement, each as if alone."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from miniapp_api.checkin import arrivals
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from server.grouping import Group
from tests import props
from tests.miniapp_api.scenes import a_scene, broken_invariants

MANY = 12


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


@pytest.fixture
def sizes(monkeypatch):
    """How many went out together, each time; the first ones wait until some others are there."""
    seen: list[int] = []
    real = arrivals.arrive_together

    async def counted(group):
        seen.append(len(group))
        if len(seen) == 1:
            async with asyncio.timeout(20):
                while len(together._waiting) < 3:
                    await asyncio.sleep(0.005)
        return await real(group)

    together: Group = Group(counted, lanes=1)
    monkeypatch.setattr(arrivals, "_arrivals", together)
    return seen


async def codes_of(scene, count: int) -> list[str]:
    codes = []
    for _ in range(count):
        person, booked = await scene.books()
        codes.append(await person.code(booked))
    return codes


async def test_each_gets_a_number_of_its_own_and_who_was_before_it_counts(scene, sizes):
    answers = await asyncio.gather(*(scene.guide.scans(code) for code in await codes_of(scene, MANY)))
    assert max(sizes) > 2
    assert sum(sizes) == MANY
    # all are early for the same band, so they stand in the order of their numbers
    told = {answer["ticket"]["number"]: answer["ticket"]["ahead"] for answer in answers}
    assert told == {f"A{n:03d}": n - 1 for n in range(1, MANY + 1)}
    for answer in answers:
        assert f"前面 {answer['ticket']['ahead']} 人" in answer["message"]
    rows = await db.fetch("SELECT seq, state ->> 'number' AS number FROM queue_event ORDER BY seq")
    assert [(row["seq"], row["number"]) for row in rows] == [(n, f"A{n:03d}") for n in range(1, MANY + 1)]
    assert await broken_invariants(WIRING) == []


async def test_who_is_refused_by_a_constraint_stops_nobody_else(scene, sizes):
    codes = await codes_of(scene, MANY)
    person, booked = await scene.books()
    # the person stands in this queue another way, and the look did not see it
    await db.fetch(
        "INSERT INTO ticket (id, department_id, day, number, label, state, patient_id, sort_at, checked_in_at)"
        " SELECT gen_random_uuid(), department_id, day, 900, 'A900', 'waiting', patient_id, starts_at, starts_at"
        " FROM appointment WHERE id = $1::text::uuid",
        booked,
    )
    look = arrivals.look_together

    async def blind(group):
        return [{**row, "has_place": None} for row in await look(group)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrivals, "_looks", Group(blind))
        codes.append(await person.code(booked))
        bodies = [{"scan_id": str(uuid4()), "code": code, "desk_id": str(scene.desk_id)} for code in codes]
        *others, refused = await asyncio.gather(*(scene.guide.call("POST", "/desk/scans", body) for body in bodies))
    assert {reply.body["outcome"] for reply in others} == {"accepted"}
    assert refused.status == 409
    assert await props.count("ticket", "number < 900") == MANY
