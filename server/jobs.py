"""Jobs: idempotent looks at the database. The queue only says «look»; losing or doubling a ring changes nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from arq.connections import ArqRedis
from prometheus_client import Counter
from redis.exceptions import RedisError

from server.db import CLEAN, after_commit

log = structlog.get_logger("jobs")
lost_rings = Counter("hospital_lost_rings_total", "Rings that Redis did not take; the next sweep does the work")

RING_PAUSE_SECONDS = 0.05  # rings of one moment become one: a ring costs a busy server a millisecond
REDIS_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """Something to look at: when it is rung for, and by itself every so often."""

    name: str
    run: Callable[[], Awaitable[object]]
    every: timedelta


class Bell(Protocol):
    """Whatever can wake the workers."""

    def ring(self, name: str) -> None:
        """Wake the job of this name soon; never fails, never waits."""


class ArqBell:
    """Rings through arq. Rings of one moment are folded; a lost one is counted, the sweep of the worker replaces it."""

    def __init__(self, pool: ArqRedis) -> None:
        self._pool = pool
        self._names: set[str] = set()
        self._task: asyncio.Task | None = None

    def ring(self, name: str) -> None:
        """Wake the job of this name soon."""
        self._names.add(name)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._flush(), context=CLEAN.copy())

    async def _flush(self) -> None:
        while self._names:
            await asyncio.sleep(RING_PAUSE_SECONDS)
            names, self._names = self._names, set()
            for name in names:
                try:
                    # the id names the moment, so that a hundred servers ringing at once leave one job
                    moment = int(time.time() / RING_PAUSE_SECONDS)
                    async with asyncio.timeout(REDIS_SECONDS):
                        await self._pool.enqueue_job("look", name, _job_id=f"look:{name}:{moment}")
                except (RedisError, OSError, TimeoutError) as error:
                    lost_rings.inc()
                    log.warning("ring_lost", job=name, error=type(error).__name__)

    async def close(self) -> None:
        """Let the last rings out."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=REDIS_SECONDS)


_bell: dict[str, Bell | None] = {"bell": None}


def use_bell(bell: Bell | None) -> None:
    """Set the bell of this process; None is silence, the sweeps do the work."""
    _bell["bell"] = bell


def ring(name: str) -> None:
    """Wake the job of this name once the open transaction has committed, or at once when there is none."""

    def now() -> None:
        if (bell := _bell["bell"]) is not None:
            bell.ring(name)

    after_commit(now)
