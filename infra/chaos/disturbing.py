"""Everything else that goes wrong: workers that sleep, lost commits, Redis, the database, clocks, a new release."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from redis.asyncio import Redis

from infra.chaos.certificate import Trial
from infra.chaos.facts import publish_bookings
from infra.chaos.filling import OPENIDS, Cast
from infra.chaos.healing import IN_FLIGHT, Round, database_is_back
from infra.chaos.ledger import ROBOT, SEND
from infra.chaos.proxy import CutProxy, cutting, slow
from infra.chaos.stage import Stage
from infra.chaos.worker import CONTEXT, Quirks
from infra.simulate.invariants import check_ledger
from infra.simulator.templates import TEMPLATE_IDS

VISITS, ALERTS = 360, 8
LEASE, SETTLE = 2.0, 3.0  # seconds; where a worker has to sleep for longer than that
ASLEEP = 1.4 * LEASE
PROVIDER_MS = 60
WORK_SECONDS = 20.0
AN_HOUR = 3600.0
BOOKINGS = 100
MESSAGES = "SELECT count(*) FROM message WHERE event = 'appointment_booked'"

Meanwhile = Callable[[Stage, list[ForkServerProcess]], Awaitable[None]]


async def _disturbed(
    stage: Stage, cast: Cast, name: str, meanwhile: Meanwhile, *, quirks: tuple[Quirks, ...] = (Quirks(), Quirks())
) -> Trial:
    """Let workers work while something happens; then a healthy one finds what they left."""
    here = Round(stage, cast)
    await stage.all_well()
    for path in (SEND, ROBOT):
        await stage.fault(path, "slow", delay_ms=PROVIDER_MS)
    await here.fill(visits=VISITS, alerts=ALERTS)
    workers = [stage.worker(one) for one in quirks]
    try:
        await meanwhile(stage, workers)
        await here.until_open_is(VISITS // 3, WORK_SECONDS)
    finally:
        for worker in workers:
            await stage.kill(worker)
    lease, settle = quirks[0].lease, quirks[0].settle
    await here.heal(Quirks(lease=lease, settle=settle), **({"lease": lease} if lease else {}))
    return await here.account(name)


async def asleep(stage: Stage, cast: Cast, seed: int) -> Trial:
    """A worker sleeps in the middle of its work for longer than its lease, wakes up and goes on."""
    dice = random.Random(seed)

    async def meanwhile(stage: Stage, workers: list[ForkServerProcess]) -> None:
        await _at_work(stage)
        for number in range(4):
            sleeper = workers[number % 2]
            stage.freeze(sleeper)
            await asyncio.sleep(ASLEEP)
            stage.thaw(sleeper)
            await asyncio.sleep(dice.uniform(0.05, 0.3))

    short = Quirks(lease=LEASE, settle=SETTLE)
    return await _disturbed(stage, cast, "SIGSTOP longer than the lease", meanwhile, quirks=(short, short))


async def _at_work(stage: Stage) -> None:
    for _ in range(500):
        if await stage.database.fetchval("SELECT count(*) FROM delivery WHERE state IN ('leased', 'sending')"):
            return
        await asyncio.sleep(0.01)


async def lost_commits(stage: Stage, cast: Cast, seed: int) -> Trial:
    """The connection to the database is cut when a COMMIT is out and its answer is not there."""
    here = Round(stage, cast)
    await stage.all_well()
    await here.fill(visits=VISITS, alerts=ALERTS)
    parts = urlsplit(stage.environment["DATABASE_URL"])
    socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
    proxy = CutProxy(socket, rate=0.15, seed=seed, most=40)
    async with cutting(stage.folder / "cut", socket, proxy) as folder:
        url = f"postgres://{parts.username}@/{parts.path.lstrip('/')}?host={quote(str(folder))}"
        workers = [stage.worker(DATABASE_URL=url) for _ in range(2)]
        await here.until_open_is(VISITS // 3, WORK_SECONDS)
        for worker in workers:
            await stage.kill(worker)
    if not proxy.cut:
        here.wrong.append("no connection was cut")
    await here.heal()
    return await here.account("connection lost at COMMIT")


async def redis_flushed(stage: Stage, cast: Cast, seed: int) -> Trial:
    """Everything in Redis is gone, again and again."""

    async def meanwhile(stage: Stage, workers: list[ForkServerProcess]) -> None:
        redis = Redis.from_url(stage.environment["REDIS_URL"])
        for _ in range(10):
            await redis.flushall()
            await asyncio.sleep(0.1)
        await redis.aclose()

    return await _disturbed(stage, cast, "Redis flushed", meanwhile)


async def redis_stopped(stage: Stage, cast: Cast, seed: int) -> Trial:
    """Redis stops in the middle of the work and comes back empty."""

    async def meanwhile(stage: Stage, workers: list[ForkServerProcess]) -> None:
        await _at_work(stage)
        await asyncio.to_thread(stage.redis.child.stop)

    try:
        return await _disturbed(stage, cast, "Redis stopped", meanwhile)
    finally:
        stage.redis.start()
        await asyncio.to_thread(stage.redis.wait_until_ready)


async def redis_slow(stage: Stage, cast: Cast, seed: int) -> Trial:
    """Every answer of Redis takes a second and a half."""
    here = Round(stage, cast)
    await stage.all_well()
    await here.fill(visits=VISITS, alerts=ALERTS)
    socket = Path(stage.environment["REDIS_URL"].removeprefix("unix://"))
    async with slow(stage.folder / "slow", socket, 1.5) as late:
        workers = [stage.worker(REDIS_URL=f"unix://{late}") for _ in range(2)]
        await here.until_open_is(0, WORK_SECONDS)
        for worker in workers:
            await stage.kill(worker)
    await here.heal()
    return await here.account("Redis slow")


def database_restarted(how: signal.Signals, name: str) -> Callable[[Stage, Cast, int], Awaitable[Trial]]:
    """The database goes away in the middle of the work and comes back."""

    async def play(stage: Stage, cast: Cast, seed: int) -> Trial:
        async def meanwhile(stage: Stage, workers: list[ForkServerProcess]) -> None:
            await _at_work(stage)
            process = stage.postgres.process
            process.send_signal(how)
            await asyncio.to_thread(process.wait)
            stage.postgres.start()
            await database_is_back(stage)

        return await _disturbed(stage, cast, name, meanwhile)

    return play


async def wrong_clocks(stage: Stage, cast: Cast, seed: int) -> Trial:
    """One worker's clock is an hour ahead, the other's an hour behind, and one of them is killed."""

    async def meanwhile(stage: Stage, workers: list[ForkServerProcess]) -> None:
        await _at_work(stage)
        await stage.kill(workers[seed % 2])

    quirks = (Quirks(clock_shift=AN_HOUR), Quirks(clock_shift=-AN_HOUR))
    return await _disturbed(stage, cast, "clocks off by an hour", meanwhile, quirks=quirks)


async def released(stage: Stage, cast: Cast, seed: int) -> Trial:
    """SIGTERM in the middle of calls that take their time: each is waited for, none becomes unknown (I-16)."""
    here = Round(stage, cast)
    await stage.all_well()
    await stage.fault(SEND, "slow", delay_ms=300)
    await here.fill(visits=VISITS // 3, alerts=0)
    worker = stage.worker()
    for _ in range(500):
        if await here.count(IN_FLIGHT):
            break
        await asyncio.sleep(0.01)
    if (status := await stage.stop(worker)) != 0:
        here.wrong.append(f"the worker ended with {status}")
    unsure = "SELECT count(*) FROM delivery WHERE id = ANY($1) AND state IN ('sending', 'leased', 'unknown')"
    if left := await here.count(unsure):
        here.wrong.append(f"{left} were left unknown by a worker that was asked to stop")
    await stage.all_well()
    await here.heal()
    return await here.account("SIGTERM during calls")


async def facts_and_kills(stage: Stage, cast: Cast, seed: int) -> Trial:
    """Bookings are committed while workers are killed, and Redis with them: each becomes one message."""
    dice = random.Random(seed)
    here = Round(stage, cast)
    await stage.all_well()
    before = await stage.database.fetchval(MESSAGES)
    taken_before = await _taken(stage)
    publishing = CONTEXT.Process(
        target=publish_bookings, args=(stage.environment, cast.accounts[:BOOKINGS], str(stage.folder / "facts.log"))
    )
    publishing.start()
    while publishing.is_alive():
        worker = stage.worker()
        await stage.ended(publishing, dice.uniform(0.2, 0.9))
        await stage.kill(worker)
    if publishing.exitcode:
        here.wrong.append(f"the bookings ended with {publishing.exitcode}")
    here.deliveries = [
        row["id"]
        for row in await stage.database.fetch(
            "SELECT d.id FROM delivery d JOIN message m ON m.id = d.message_id WHERE m.event = 'appointment_booked'"
        )
    ]
    await here.heal()
    made = await stage.database.fetchval(MESSAGES) - before
    taken = await _taken(stage) - taken_before
    finding = await check_ledger(stage.database, list(OPENIDS), accepted=await _taken(stage), template_ids=TEMPLATE_IDS)
    if made != BOOKINGS:
        here.wrong.append(f"{BOOKINGS} bookings became {made} messages")
    if not finding.holds:
        here.wrong.append(f"{finding.sentence}: {finding.rows}")
    return Trial(
        "bookings while workers die", BOOKINGS, taken.total(), max(0, BOOKINGS - made), wrong=tuple(here.wrong)
    )


async def _taken(stage: Stage) -> Counter[tuple[str, str]]:
    taken: Counter[tuple[str, str]] = Counter()
    for call in await stage.calls(SEND):
        if isinstance(call["body"], dict) and call["answer"] is not None and call["answer"].get("errcode", 0) == 0:
            taken[call["body"]["touser"], call["body"]["template_id"]] += 1
    return taken


DISTURBANCES: tuple[Callable[[Stage, Cast, int], Awaitable[Trial]], ...] = (
    asleep,
    lost_commits,
    redis_flushed,
    redis_stopped,
    redis_slow,
    database_restarted(signal.SIGINT, "database restarted"),
    database_restarted(signal.SIGQUIT, "database crashed"),
    wrong_clocks,
    released,
    facts_and_kills,
)
