"""Who is faster: two workers at once, an answer and the deadline, a cancellation and somebody who joins."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio

from miniapp_api.booking import settings
from miniapp_api.waitlist import answering, jobs, joining, models, offering
from server import clock as time
from server import db
from server.history import SYSTEM
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.waitlist.scenes import (
    a_full_slot,
    broken_promises,
    counts,
    entry,
    gives_back,
    look,
    people_who_wait,
    state,
    waits,
)
from tests.processes import a_process

WORKERS = 4


@pytest_asyncio.fixture(autouse=True)
async def at_ten_in_the_morning(clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    settings.forget()


async def states(people) -> list[str]:
    return [await state(patient, seen) for patient, seen in people]


async def test_four_workers_at_once_offer_each_place_once_and_in_order(hospital):
    slot, owners = await a_full_slot(hospital, capacity=4)
    people = await people_who_wait(hospital, slot, 6)
    await asyncio.gather(*(gives_back(*owner) for owner in owners))
    await asyncio.gather(*(jobs.offer_places() for _ in range(WORKERS)))
    assert await states(people) == ["offered"] * 4 + ["waiting"] * 2
    assert await counts(slot) == {"taken": 4, "kept": 0, "capacity": 4}
    assert await broken_promises() == []


@asynccontextmanager
async def lines_without_lock(monkeypatch, *, patience: float):
    """Let workers make offers of one line at the same time, each looking before the others write.

    patience: seconds for which one waits for the other, who comes only when no lock holds it up.
    """
    everybody_looked = asyncio.Barrier(2)
    places = offering._places

    async def look_and_wait(session_id, holds):
        found = await places(session_id, holds)
        try:
            async with asyncio.timeout(patience):
                await everybody_looked.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            pass  # the other has nothing to look at any more
        return found

    monkeypatch.setattr(offering, "_places", look_and_wait)
    yield


async def test_two_workers_that_look_together_are_kept_apart_by_the_line(hospital, monkeypatch):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    people = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    async with lines_without_lock(monkeypatch, patience=0.5):
        await asyncio.gather(*(offering._offer_next(slot.session_id) for _ in range(2)))
    assert Counter(await states(people)) == {"offered": 1, "waiting": 1}
    assert (await states(people))[0] == "offered"
    assert await broken_promises() == []


@pytest.mark.mutant
async def test_without_the_lock_of_the_line_somebody_is_overlooked(hospital, monkeypatch):
    # the mutant: two workers see two places and one line; the slower one finds the first taken and writes down that it
    # passed over somebody who was being offered a place, or runs into the number of the line's next offer
    slot, owners = await a_full_slot(hospital, capacity=2)
    await people_who_wait(hospital, slot, 2)
    for owner in owners:
        await gives_back(*owner)

    async def no_lock(session_ids):
        await db.fetch(models.MAKE_LINES, list(session_ids))

    monkeypatch.setattr(offering, "lock_lines", no_lock)
    async with lines_without_lock(monkeypatch, patience=10):
        await asyncio.gather(*(offering._offer_next(slot.session_id) for _ in range(2)), return_exceptions=True)
    rows = await db.fetch("SELECT number, passed::text AS passed FROM waitlist_offer ORDER BY number")
    assert len(rows) < 2 or any("offered_elsewhere" in row["passed"] for row in rows)


async def test_an_entry_in_two_lines_is_offered_one_place(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    other, [(other_owner, other_booking)] = await a_full_slot(hospital, hours=72)
    patient = await a_patient_by_row(hospital)
    await waits(patient, slot, other)
    await gives_back(owner, booking)
    await gives_back(other_owner, other_booking)
    await asyncio.gather(*(offering._offer_next(one.session_id) for one in (slot, other)))
    assert await props.count("waitlist_offer", "state = 'live'") == 1
    assert await props.count("appointment", "status = 'held'") == 1
    await look()
    assert await broken_promises() == []


async def test_the_table_refuses_a_second_live_offer(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    await people_who_wait(hospital, slot, 1)
    await gives_back(owner, booking)
    await look()
    with pytest.raises(Exception, match="waitlist_offer_one_live"):
        columns = "session_id, entry_id, state, priority, joined_at, made_at, deadline"
        await db.fetch(
            f"INSERT INTO waitlist_offer (id, number, {columns})"
            f" SELECT gen_random_uuid(), number + 1, {columns} FROM waitlist_offer"
        )


async def offered_to_one(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    [first, second] = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    return slot, first, second


@pytest.mark.parametrize("round_", range(4))
async def test_an_answer_and_the_deadline_at_the_same_instant_are_one_end(hospital, clock, round_):
    slot, (patient, one), second = await offered_to_one(hospital)
    deadline = (await db.fetch("SELECT deadline FROM waitlist_offer"))[0]["deadline"]
    await clock.set_to(deadline - timedelta(milliseconds=20 * round_))
    replies = await asyncio.gather(
        patient.call("POST", f"/waitlist/{one['id']}/acceptance", {}),
        *(jobs.offer_places() for _ in range(2)),
        patient.call("POST", f"/waitlist/{one['id']}/acceptance", {}),
    )
    accepted = sum(reply.status == 200 for reply in (replies[0], replies[-1]))
    await clock.set_to(deadline + timedelta(seconds=1))
    await look()
    assert accepted in (0, 1)
    assert await state(patient, one) == ("booked" if accepted else "expired")
    assert await state(*second) == ("waiting" if accepted else "offered")
    assert (await counts(slot))["taken"] == 1
    assert await broken_promises() == []


async def test_accepting_and_declining_at_once_is_one_of_both(hospital):
    _, (patient, one), second = await offered_to_one(hospital)
    replies = await asyncio.gather(
        *(patient.call("POST", f"/waitlist/{one['id']}/{act}", {}) for act in ("acceptance", "declining") * 3)
    )
    assert sum(reply.status == 200 for reply in replies) == 1
    assert {reply.code for reply in replies if reply.status != 200} == {"offer_over"}
    await look()
    assert (await state(patient, one), await state(*second)) in (("booked", "waiting"), ("declined", "offered"))
    assert await broken_promises() == []


@pytest.mark.mutant
async def test_without_the_lock_of_the_entry_both_answers_are_taken(hospital, monkeypatch):
    # the mutant of the test above: both read the live offer, then one after the other writes
    _, (patient, one), _ = await offered_to_one(hospital)
    both_read, accepted = asyncio.Barrier(2), asyncio.Event()

    async def unlocked(entry_id):
        entry = await models.WaitlistEntry.get(id=entry_id)
        offer = await db.fetch(models.LIVE_OFFER, entry_id)
        await both_read.wait()
        return entry, offer

    async def accepts(entry_id):
        try:
            await answering.accept(entry_id, SYSTEM)
        finally:
            accepted.set()

    async def gives_back_later(offer, becomes, by):
        await accepted.wait()
        await give_back(offer, becomes, by)

    give_back = answering._give_back
    monkeypatch.setattr(answering, "_offered", unlocked)
    monkeypatch.setattr(answering, "_give_back", gives_back_later)
    entry_id = (await db.fetch("SELECT id FROM waitlist_entry ORDER BY id"))[0]["id"]
    found = await asyncio.gather(accepts(entry_id), answering.decline(entry_id, SYSTEM), return_exceptions=True)
    # what stands behind the lock refuses the second, but not in the words of the rules
    assert [type(outcome).__name__ for outcome in found] == ["NoneType", "SomeoneWasFaster"]
    assert await state(patient, one) == "booked"


@pytest.mark.parametrize("round_", range(4))
async def test_a_cancellation_while_somebody_joins_ends_with_an_offer(hospital, round_):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    patient = await a_patient_by_row(hospital)
    body = {"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id}
    reply, _ = await asyncio.gather(patient.call("POST", "/waitlist", body), gives_back(owner, booking))
    await look()
    if reply.status == 409:
        assert reply.code == "places_left"
        assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}
    else:
        assert (await entry(patient, reply.body))["state"] == "offered"
        assert await counts(slot) == {"taken": 1, "kept": 0, "capacity": 1}
    assert await broken_promises() == []


async def test_a_freed_place_never_goes_to_a_stranger_while_somebody_waits(hospital):
    slot, owners = await a_full_slot(hospital, capacity=3)
    people = await people_who_wait(hospital, slot, 3)
    strangers = [await a_patient_by_row(hospital) for _ in range(6)]

    async def tries(stranger):
        body = {"slot_id": str(slot.id), "patient_id": stranger.patient_id}
        for _ in range(5):
            if (await stranger.call("POST", "/appointments", body)).status == 201:
                return True
        return False

    *took, _ = await asyncio.gather(
        *(tries(stranger) for stranger in strangers),
        asyncio.gather(*(gives_back(*owner) for owner in owners), *(jobs.offer_places() for _ in range(3))),
    )
    assert not any(took)
    await look()
    assert await states(people) == ["offered"] * 3
    assert await broken_promises() == []


@pytest.mark.mutant
async def test_without_the_question_of_the_line_a_stranger_takes_the_place(hospital):
    # the mutant: what 0007 laid before there was a waitlist
    source = await db.fetch_one("SELECT pg_get_functiondef('wants_place'::regproc) AS text")
    await db.fetch(
        "CREATE OR REPLACE FUNCTION wants_place(session_id uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'"
    )
    try:
        slot, [(owner, booking)] = await a_full_slot(hospital)
        await people_who_wait(hospital, slot, 1)
        await gives_back(owner, booking)
        await (await a_patient_by_row(hospital)).books(slot.id)
    finally:
        await db.fetch(source["text"])


async def test_one_person_who_joins_many_times_at_once_stands_once(hospital):
    slot, _ = await a_full_slot(hospital)
    patient = await a_patient_by_row(hospital)
    body = {"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id}
    replies = await asyncio.gather(*(patient.call("POST", "/waitlist", body) for _ in range(8)))
    assert Counter(reply.status for reply in replies) == {201: 1, 409: 7}
    assert {reply.code for reply in replies if reply.status == 409} <= {"already_waiting"}
    assert await broken_promises() == []


async def test_nobody_passes_the_limit_by_joining_at_once(hospital):
    slots = [(await a_full_slot(hospital, hours=48 + n))[0] for n in range(6)]
    patient = await a_patient_by_row(hospital)
    bodies = [{"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id} for slot in slots]
    replies = await asyncio.gather(*(patient.call("POST", "/waitlist", body) for body in bodies))
    assert Counter(reply.status for reply in replies) == {201: 3, 409: 3}


@pytest.mark.mutant
async def test_without_the_persons_lock_the_limit_is_passed(hospital, monkeypatch):
    people = (
        "SELECT id, suspended_until FROM person WHERE id IN (SELECT person_id FROM patient WHERE id = ANY($1::uuid[]))"
    )
    monkeypatch.setattr(models, "LOCK_PEOPLE", people)
    checks = asyncio.Barrier(6)
    real = joining._check_people

    async def check_people(*asked, **more):
        await asyncio.wait_for(checks.wait(), 20)  # all are written before anybody counts
        try:
            await real(*asked, **more)
        finally:
            await asyncio.wait_for(checks.wait(), 20)  # and all have counted before anybody is done

    monkeypatch.setattr(joining, "_check_people", check_people)
    slots = [(await a_full_slot(hospital, hours=48 + n))[0] for n in range(6)]
    patient = await a_patient_by_row(hospital)
    bodies = [{"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id} for slot in slots]
    replies = await asyncio.gather(*(patient.call("POST", "/waitlist", body) for body in bodies))
    assert [reply.status for reply in replies] == [201] * 6


async def test_a_worker_killed_while_it_offers_leaves_nothing_half(hospital, drain):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (patient, one), _ = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    async with a_process("worker", {**hospital.environment, "KILL_POINT": "offer_held"}) as worker:
        assert await worker.ended(60) == 137
    assert await state(patient, one) == "waiting"
    assert await counts(slot) == {"taken": 0, "kept": 1, "capacity": 1}
    assert await broken_promises() == []
    await look()
    assert await state(patient, one) == "offered"
    assert await props.count("fact", "name = 'PlaceOffered'") == 1
