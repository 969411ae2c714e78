"""Workers that are killed at every point, and a Redis that loses everything: nothing lost, nothing sent twice."""

import asyncio
from collections import Counter

import orjson
import pytest

from notifications.wiring import WIRING
from server import db
from tests import props
from tests.notifications.telling import ROBOT, SEND, a_phone, booked, calls, fault, filed, happens, until
from tests.processes import a_process

PHONES = 6
ENDED = ("accepted", "delivered", "suppressed", "undelivered", "expired", "cancelled", "failed")


@pytest.fixture
async def phones(hospital):
    """People who have allowed one message each, and of whom each has two bookings."""
    found = [await a_phone(hospital) for _ in range(PHONES)]
    for phone in found:
        await phone.accepts("appointment_booked")
    await hospital.jobs["relay"].run()  # what the platform reported of the taps
    await happens(*(booked(phone.account_id) for phone in found for _ in range(2)))
    return found


async def is_at_rest() -> bool:
    rows = await db.fetch(
        "SELECT count(*) AS n FROM delivery WHERE channel <> 'inbox' AND NOT (state = ANY($1::text[]) OR is_settled"
        "    OR (state = 'unknown' AND due_at > app_now() + interval '5 minutes'))",  # a receipt may still come
        list(ENDED),
    )
    waiting = await props.count("fact", "relayed_at IS NULL")
    return rows[0]["n"] == 0 and waiting == 0 and await props.count("delivery") >= 4 * PHONES


async def accepted_by_the_platform(hospital, phones) -> Counter:
    """Count what the simulator's ledger says was taken, for each person and appointment."""
    taken: Counter = Counter()
    openids = {phone.openid for phone in phones}
    for call in await calls(hospital, SEND):
        said = orjson.loads(call["body"]) if isinstance(call["body"], str) else call["body"]
        answer = call["answer"]
        if said["touser"] in openids and answer is not None and answer.get("errcode") == 0:
            taken[(said["touser"], said["page"])] += 1
    return taken


async def nothing_is_lost_and_nothing_doubled(hospital, phones) -> None:
    taken = await accepted_by_the_platform(hospital, phones)
    assert all(count == 1 for count in taken.values()), taken
    assert await props.count("message", "account_id IS NOT NULL") == 2 * PHONES
    rows = await db.fetch("SELECT address, state, is_settled FROM delivery WHERE channel = 'wechat_subscribe'")
    assert len(rows) == 2 * PHONES
    for phone in phones:
        mine = [row for row in rows if row["address"] == phone.openid]
        # one consent, one message: taken, or nobody knows; the other one was not allowed
        left = [row for row in mine if row["state"] in ("accepted", "delivered", "unknown")]
        assert len(left) == 1, mine
        assert [row["state"] for row in mine if row not in left] == ["suppressed"]
        assert len(await phone.phone_shows()) <= 1
        if left[0]["state"] != "unknown":
            assert len(await phone.phone_shows()) == 1
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def the_rest_is_done(hospital, clock) -> None:
    """Let another worker find what the dead one left behind."""
    async with a_process("worker", hospital.environment) as worker:
        for seconds in (0, 31, 61):
            await clock.forward(seconds=seconds)

            async def is_quiet():
                return await props.count("delivery", "state IN ('leased', 'sending') AND lease_until < app_now()") == 0

            await until(is_quiet, 20)
        await until(is_at_rest, 20)
        assert await worker.stop() == 0


@pytest.fixture
async def apart(hospital):
    """Nothing can be taken in one step: claim and intent are two, as when one message of a batch cannot be written."""
    await db.fetch("""
        CREATE FUNCTION not_in_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF current_query() LIKE '%SKIP LOCKED%' THEN RAISE 'apart'; END IF;
            RETURN new;
        END $$""")
    await db.fetch("CREATE TRIGGER not_in_one BEFORE INSERT ON attempt FOR EACH ROW EXECUTE FUNCTION not_in_one()")
    yield
    await db.fetch("DROP FUNCTION not_in_one CASCADE")


@pytest.mark.parametrize("point", ["K1", "K2", "K3"])
async def test_a_worker_that_dies_between_its_two_steps(hospital, clock, apart, phones, point):
    await test_a_worker_that_dies_at_a_point_of_its_own(hospital, clock, phones, point)


@pytest.mark.parametrize("point", ["K1", "K3", "K6", "K7", "K8"])
async def test_a_worker_that_dies_at_a_point_of_its_own(hospital, clock, phones, point):
    async with a_process("worker", {**hospital.environment, "KILL_POINT": point}) as worker:
        assert await worker.ended() == 137
    await the_rest_is_done(hospital, clock)
    await nothing_is_lost_and_nothing_doubled(hospital, phones)


@pytest.mark.parametrize(("point", "mode"), [("K4", "drop"), ("K5", "slow")])
async def test_a_worker_that_dies_during_the_call(hospital, clock, phones, point, mode):
    """K4: the request is out and not processed. K5: processed, its answer not yet on the way."""
    await fault(hospital, SEND, mode, delay_ms=3000)
    async with a_process("worker", hospital.environment) as worker:

        async def is_out():
            out = str(await calls(hospital, SEND))
            return all(phone.openid in out for phone in phones)  # one alone says nothing of the others

        await until(is_out, 20)
        await worker.kill()
    await fault(hospital, SEND, "ok")
    await the_rest_is_done(hospital, clock)
    await nothing_is_lost_and_nothing_doubled(hospital, phones)
    shown = [len(await phone.phone_shows()) for phone in phones]
    rows = await db.fetch("SELECT state FROM delivery WHERE channel = 'wechat_subscribe' AND state <> 'suppressed'")
    if point == "K5":  # every call had been taken; its receipt tells
        assert set(shown) == {1}
        assert {row["state"] for row in rows} == {"delivered"}
    else:
        assert "unknown" in {row["state"] for row in rows}


async def test_a_staff_alert_survives_the_death_of_its_worker(hospital, clock):
    handler_id = await props.a_staff("complaint_handler")
    complaint = filed(handler_id=handler_id, number="TS-KILL")
    await happens(complaint)
    async with a_process("worker", {**hospital.environment, "KILL_POINT": "K3"}) as worker:
        assert await worker.ended() == 137
    async with a_process("worker", hospital.environment):
        await clock.forward(seconds=31)
        await until(lambda: props.count("delivery", "channel = 'wecom_robot' AND state = 'unknown'"), 20)
        await clock.forward(seconds=61)
        await until(lambda: props.count("delivery", "channel = 'wecom_robot' AND state = 'accepted'"), 20)
    assert len(await calls(hospital, ROBOT, openid="TS-KILL")) == 1


async def test_a_worker_that_is_asked_to_stop_finishes_its_calls(hospital, phones):
    await fault(hospital, SEND, "slow", delay_ms=700)
    async with a_process("worker", hospital.environment) as worker:
        await until(lambda: props.count("delivery", "state = 'sending'"), 20)
        assert await worker.stop() == 0
    assert await props.count("delivery", "state IN ('sending', 'unknown', 'leased')") == 0
    taken = await accepted_by_the_platform(hospital, phones)
    assert taken
    assert set(taken.values()) == {1}


async def test_redis_goes_away_and_comes_back_empty(hospital, servers, clock, phones):
    async with a_process("worker", hospital.environment) as worker:
        await until(lambda: props.count("worker_beat"), 20)
        servers.redis.child.stop()
        try:
            more = [await a_phone(hospital) for _ in range(2)]
            await happens(*(booked(phone.account_id) for phone in more))
            await until(lambda: props.count("delivery", "address = $1", more[1].openid), 20)
            await until(is_at_rest, 20)
        finally:
            servers.redis.start()
            await asyncio.to_thread(servers.redis.wait_until_ready)
        await happens(booked(more[0].account_id))
        await until(lambda: props.count("message", "account_id = $1", more[0].account_id), 20)

        async def is_done():
            return await is_at_rest() and await props.count("message") == 2 * PHONES + 3

        await until(is_done, 20)
        assert worker.status is None
        assert await worker.stop() == 0
    taken = await accepted_by_the_platform(hospital, phones)
    assert len(taken) == PHONES
    assert set(taken.values()) == {1}
