"""Filling a stage, letting healthy workers find what is left, and comparing with the ledger in the end."""

import asyncio
import signal
import time
from collections import Counter
from contextlib import suppress
from uuid import UUID

import ormsgpack
from arq.connections import ArqRedis

from infra.chaos.certificate import Trial
from infra.chaos.filling import Cast, fill
from infra.chaos.ledger import PATHS, accepted, reconcile, recorded
from infra.chaos.stage import Stage
from infra.chaos.worker import Quirks
from infra.simulate.invariants import check, every_invariant
from notifications.channels import sending
from notifications.rules import LEASE
from server.runtime import pack, redis_pool

IN_FLIGHT = "SELECT count(*) FROM delivery WHERE id = ANY($1) AND state IN ('leased', 'sending')"
OPEN = """
SELECT count(*) FROM delivery WHERE id = ANY($1)
AND (state IN ('planned', 'held', 'ready', 'retry_wait', 'leased', 'sending') OR (state = 'unknown' AND NOT is_settled))
"""
RECEIPTS_ON_THEIR_WAY = "SELECT count(*) FROM fact WHERE relayed_at IS NULL"
NEXT = """
SELECT extract(epoch FROM min(due_at) - app_now())::float8 FROM delivery WHERE id = ANY($1) AND due_at > app_now()
AND (state IN ('planned', 'held', 'ready', 'retry_wait') OR (state = 'unknown' AND NOT is_settled))
"""
RESTS = (
    "SELECT extract(epoch FROM max(rests_until) - app_now())::float8 FROM channel_state WHERE rests_until > app_now()"
)
MOODS = 5  # jumps in time; then the provider is well again: behind a breaker each costs it one call
SHORT_SECONDS = 31.0  # a channel that rests says for itself how long
PATIENCE_SECONDS = 60.0
QUIET_SECONDS = 0.3


class Round:
    """One run of one trial: its messages, and what came of them."""

    def __init__(self, stage: Stage, cast: Cast) -> None:
        self.stage = stage
        self._cast = cast
        self.deliveries: list[UUID] = []
        self.wrong: list[str] = []

    async def fill(self, *, visits: int, alerts: int) -> None:
        """Write messages that are due now."""
        self.deliveries += await fill(self.stage.database, self._cast, visits=visits, alerts=alerts)

    async def count(self, sql: str) -> float:
        """Ask for a number over the messages of this run."""
        return await self.stage.database.fetchval(sql, self.deliveries)

    async def until_open_is(self, most: int, seconds: float) -> bool:
        """Wait until not more than so many are open."""
        ends = time.monotonic() + seconds
        while (left := await self.count(OPEN)) > most and time.monotonic() < ends:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
        return left <= most

    async def heal(self, quirks: Quirks | None = None, *, lease: float = LEASE.total_seconds()) -> None:
        """Let a healthy worker find what is left; time is moved for it whenever nothing is under way."""
        await self.stage.ensure_platform()
        await self.stage.forward(lease + 1)
        worker = self.stage.worker(quirks)
        try:
            await self._work_off()
        finally:
            status = await self.stage.stop(worker)
            if status not in (0, -signal.SIGTERM):  # that one: nothing was left, and it was asked before it was up
                self.wrong.append(f"a worker that was asked to stop ended with {status}")

    async def _work_off(self) -> None:
        ends, changed = time.monotonic() + PATIENCE_SECONDS, time.monotonic()
        before, jumps = -1.0, 0
        while (open_ := await self.count(OPEN)) or await self.stage.database.fetchval(RECEIPTS_ON_THEIR_WAY):
            if time.monotonic() > ends:
                self.wrong.append(f"{open_} deliveries find no end")
                return
            await self.stage.ensure_platform()
            if open_ != before:
                before, changed = open_, time.monotonic()
            if time.monotonic() - changed > QUIET_SECONDS and not await self.count(IN_FLIGHT):
                rests = await self.stage.database.fetchval(RESTS)
                await self.stage.forward(max(SHORT_SECONDS, (rests or await self.count(NEXT) or 0) + 1))
                changed, jumps = time.monotonic(), jumps + 1
                if jumps == MOODS:
                    await self.stage.all_well()
                await self._ring()
            await asyncio.sleep(0.03)

    async def _ring(self) -> None:
        """Let the worker look at once: time was moved, and its own look may be a second away."""
        arq = ArqRedis(
            redis_pool(self.stage.environment["REDIS_URL"]), job_serializer=pack, job_deserializer=ormsgpack.unpackb
        )
        with suppress(Exception):  # Redis may be away in this trial; then the looks of its own do
            for name in ("relay", "settle", *(f"dispatch_{channel.name}" for channel in sending())):
                await arq.enqueue_job("look", name)
        await arq.aclose(close_connection_pool=True)

    async def account(self, name: str) -> Trial:
        """Compare our rows with the provider's ledger, and ask every invariant."""
        await self.stage.ensure_platform()
        taken: Counter[UUID] = Counter()
        for path in PATHS:
            taken += accepted(await self.stage.calls(path))
        found = reconcile(await recorded(self.stage.database, self.deliveries), taken)
        findings = await check(self.stage.database, every_invariant())
        broken = [f"{one.sentence}: {one.broken}, {one.rows[:1]}" for one in findings if not one.holds]
        return Trial(
            name,
            found.deliveries,
            found.accepted,
            found.lost,
            found.doubled,
            found.again,
            found.held,
            found.held_taken,
            (*self.wrong, *found.wrong, *broken),
        )


async def database_is_back(stage: Stage) -> None:
    """Wait until the database takes connections again."""
    await asyncio.to_thread(stage.postgres.wait_until_ready)
    await stage.reconnect()
