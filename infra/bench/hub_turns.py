"""The turns of the hub's bench, each beside the least that does the same."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from infra.bench import delivering, standin
from infra.bench.arithmetic import Turn
from infra.bench.crowd import Somebody
from infra.bench.load import Clients
from infra.bench.stage import Stage
from infra.simulate.ledger import SEND
from notifications.channels import CHANNELS
from notifications.channels.content import Content, Receipt
from notifications.channels.wechat import SubscribeMessage
from notifications.outbox import archive
from notifications.outbox.lanes import run_lane
from notifications.rules import LEASE, Outcome
from server import clock
from server.config import load
from server.events import publish
from server.facts import TicketCalled
from server.ids import new_id
from server.runtime import running

WORKERS = 2  # as many as there are cores
PROVIDER_MS = 50
LANES_AT_ONCE = 800  # parcels under way where nothing is sent
CALLS_A_SECOND = 20
PLANNED = (10_000, 1_000_000)
DUE = 200  # among the planned ones
IN_FLIGHT = 10_000
CLAIMS = 20
CHURNS = 5  # rounds in which everything is sent, grows old and is put away
PATIENCE_SECONDS = 120.0

UPDATE_ALL = """
UPDATE delivery SET state = 'accepted', changed_at = app_now() WHERE channel = $1 AND state = 'planned' AND id = ANY($2)
"""
LATER = """
UPDATE delivery SET due_at = app_now() + interval '1 day' * (1 + random() * 300),
                    deadline = app_now() + interval '400 d'
WHERE id = ANY($1)
"""
# As workers leave it that die: half of them before the intent, half after it.
ABANDON = """
WITH dead AS (
    UPDATE delivery SET state = CASE WHEN n % 2 = 0 THEN 'leased' ELSE 'sending' END, fence = fence + 1, owner = 'dead',
                        tries = n % 2, lease_until = app_now() + $2::interval
    FROM unnest($1::uuid[]) WITH ORDINALITY AS t (delivery_id, n) WHERE id = delivery_id RETURNING id, fence, state
)
INSERT INTO attempt (id, delivery_id, fence, request_hash, started_at)
SELECT gen_random_uuid(), id, fence, '\\x00', app_now() FROM dead WHERE state = 'sending'
"""
WORKED_IN = ("delivery", "attempt")
SIZE = "SELECT sum(pg_total_relation_size(name::regclass))::bigint FROM unnest($1::text[]) name"
STUCK = """
SELECT count(*) FROM delivery
WHERE id = ANY($1) AND (state IN ('planned', 'ready', 'leased') OR (state = 'sending' AND owner = 'dead'))
"""


@dataclass(frozen=True)
class Means:
    """What the measurements of the hub share."""

    stage: Stage
    connection: asyncpg.Connection
    people: list[Somebody]
    count: int
    rounds: int
    say: Callable[[str], None]


async def posted(means: Means, workers: list[Clients]) -> Turn:
    """Post as many bodies from as many processes with as many calls at a time, and nothing else."""
    url = f"http://127.0.0.1:{means.stage.platform_port}{SEND}"
    each, body = means.count // WORKERS, delivering.FIELDS.encode()
    at_once = CHANNELS[delivering.CHANNEL].capabilities.at_once
    turns = await asyncio.gather(
        *(asyncio.to_thread(worker.posts, url, each, body, at_once=at_once) for worker in workers)
    )
    return Turn(
        sum(turn.done for turn in turns),
        max(turn.seconds for turn in turns),
        trouble=tuple(what for turn in turns for what in turn.trouble),
    )


def working(means: Means, number: int = WORKERS) -> ExitStack:
    """Start some of the product's workers; close the stack to end them."""
    stack = ExitStack()
    for place in range(number):
        stack.enter_context(means.stage.program("worker", port=place + 1))
    return stack


async def sent(means: Means) -> Turn:
    """Let the product's workers deliver to a slow provider."""
    with working(means):
        return await delivering.worked(means.connection, means.people, means.count)


async def updated(means: Means) -> Turn:
    """Change as many rows by one statement."""
    deliveries = await delivering.fill(means.connection, means.people, means.count)
    began = time.perf_counter()
    await means.connection.execute(UPDATE_ALL, delivering.CHANNEL, deliveries)
    return Turn(len(deliveries), time.perf_counter() - began)


async def emptied(means: Means, worker: Clients) -> Turn:
    """Work off as many by the outbox with nothing behind it."""
    deliveries = await delivering.fill(means.connection, means.people, means.count)
    turn = await asyncio.to_thread(worker.run, drain_turn, means.stage.environment)
    left = await means.connection.fetchval(
        "SELECT count(*) FROM delivery WHERE id = ANY($1) AND state <> 'accepted'", deliveries
    )
    trouble = (f"{left} of {means.count} were left",) if left else ()
    return replace(turn, done=means.count - left, trouble=trouble)


class SaysYes(SubscribeMessage):
    """The channel with nothing behind it: the outbox alone."""

    capabilities = replace(SubscribeMessage.capabilities, at_once=LANES_AT_ONCE, needs_consent=False)

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Say yes."""
        return Receipt(Outcome.ACCEPTED, "0")


def drain_turn(environment: dict[str, str]) -> Turn:
    """Work off what waits, in a process of its own, and say how long it took."""

    async def run() -> Turn:
        from server.app import models

        async with running(load(environment), models=models()):
            await run_lane(_NOTHING)  # plans and pools are warm
            began = time.perf_counter()
            await run_lane(SaysYes())
            return Turn(0, time.perf_counter() - began)

    return uvloop.run(run())


async def churned(means: Means, worker: Clients) -> list[int]:
    """Send, let it grow old and put it away, again and again; give the bytes of the tables that are worked in."""
    sizes = []
    for _ in range(CHURNS):
        await delivering.fill(means.connection, means.people, means.count)
        await asyncio.to_thread(worker.run, drain_turn, means.stage.environment)
        await asyncio.to_thread(worker.run, archive_turn, means.stage.environment)
        for table in WORKED_IN:
            await means.connection.execute(f"VACUUM {table}")  # as it is done by itself, only at once
        sizes.append(await means.connection.fetchval(SIZE, list(WORKED_IN)))
    return sizes


def archive_turn(environment: dict[str, str]) -> int:
    """Put away what has ended, in a process of its own, as if it had ended a month ago; give how many."""

    async def run() -> int:
        from server.app import models

        archive.KEPT = timedelta(0)
        async with running(load(environment), models=models()):
            moved = 0
            while some := await archive.archive():
                moved += some
            return moved

    return uvloop.run(run())


class _Nothing(SaysYes):
    name = "nothing_is_here"


_NOTHING = _Nothing()


async def all_seen(port: int, openids: list[str]) -> dict[str, float]:
    """Wait until each person's message has come to the provider; give the moments."""
    began = time.monotonic()
    while True:
        seen = await asyncio.to_thread(standin.arrivals, port)
        if all(openid in seen for openid in openids) or time.monotonic() - began > 20:
            return seen
        await asyncio.sleep(0.2)


def call_turn(environment: dict[str, str], people: list[tuple[Any, Any]]) -> dict[Any, float]:
    """Call people as a room does, a transaction each; give the moment of each commit (epoch seconds)."""

    async def run() -> dict[Any, float]:
        from server import db, logs
        from server.app import models

        committed = {}
        logs.set_up("ERROR")  # each ring that Redis does not take would be a line
        async with running(load(environment), models=models()):
            await asyncio.sleep(3.0)  # the worker starts meanwhile
            for account_id, patient_id in people:
                fact = TicketCalled(
                    account_id=account_id,
                    patient_id=patient_id,
                    patient_name="张小三",
                    department_id=new_id(),
                    department_name="心血管内科",
                    room_name="2诊室",
                    room_location="2层",
                    ticket_id=new_id(),
                    label="A012",
                    call_count=1,
                    called_at=clock.now(),
                )
                async with db.transaction():
                    await publish(fact)
                committed[account_id] = time.time()
                await asyncio.sleep(1 / CALLS_A_SECOND)
        return committed

    return uvloop.run(run())


async def found(means: Means, planned: int) -> Turn:
    """Fill up with planned deliveries, then let few be due, again and again; only the taking is timed."""
    there = await means.connection.fetchval("SELECT count(*) FROM delivery WHERE state = 'planned'")
    while there < planned:
        some = await delivering.fill(
            means.connection, means.people, min(len(means.people), planned - there), is_bare=True
        )
        await means.connection.execute(LATER, some)
        there += len(some)
    await means.connection.execute("VACUUM ANALYZE delivery")
    worker = Clients()
    milliseconds = []
    try:
        for _ in range(CLAIMS):
            await delivering.fill(means.connection, means.people, DUE, is_bare=True)
            turn = await asyncio.to_thread(worker.run, drain_turn, means.stage.environment)
            milliseconds.append(turn.seconds * 1000)
    finally:
        worker.close()
    return Turn(CLAIMS, sum(milliseconds) / 1000, tuple(milliseconds))


async def recovered(means: Means) -> float:
    """Give the seconds from the end of the dead workers' leases until nothing waits for them any more."""
    await means.connection.execute(delivering.OVER)
    deliveries: list[UUID] = []
    while len(deliveries) < IN_FLIGHT:
        people = means.people[: IN_FLIGHT - len(deliveries)]
        deliveries += await delivering.fill(means.connection, people, len(people))
    await means.connection.execute(LATER, deliveries)  # none of them leaves while the workers warm up
    with standin.platform(means.stage.platform_port), working(means):
        await asyncio.sleep(3.0)
        await means.connection.execute(ABANDON, deliveries, LEASE)
        ends = time.monotonic() + LEASE.total_seconds()
        while await means.connection.fetchval(STUCK, deliveries):
            if time.monotonic() - ends > PATIENCE_SECONDS:
                break
            await asyncio.sleep(0.1)
    return max(0.0, time.monotonic() - ends)
