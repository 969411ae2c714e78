"""Jobs: idempotent looks at the database. The queue only says «look»; losing or doubling a ring changes nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import structlog
from arq.connections import ArqRedis
from prometheus_client import Counter
from redis.exceptions import RedisError

from server import db
from server.db import CLEAN, after_commit

T = TypeVar("T")

log = structlog.get_logger("jobs")
lost_rings = Counter("hospital_lost_rings_total", "Rings that Redis did not take; the next sweep does the work")

bad_rows = Counter("hospital_bad_rows_total", "Rows that a look could not deal with; the next one tries again", ["job"])

RING_PAUSE_SECONDS = 0.05  # rings of one moment become one: a ring costs a busy server a millisecond
REDIS_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """Something to look at: when it is rung for, and by itself every so often."""

    name: str
    run: Callable[[], Awaitable[object]]
    every: timedelta


async def each(job: str, rows: Iterable[T], act: Callable[[T], Awaitable[int | None]]) -> int:
    """Do something for each of what a look has found; a bad one does not hold up those behind it.

    It is logged and counted, and the next look tries it again. act: is a transaction of its own.
    Returns: the sum of what `act` gave.
    Raises: what says that the database went away, for that is no row's fault.
    """
    done = 0
    for row in rows:
        try:
            done += await act(row) or 0
        except Exception as error:
            if db.is_away(error):
                raise
            bad_rows.labels(job).inc()
            log.exception("bad_row", job=job, row=_named(row))
    return done


def _named(row: object) -> str | None:
    """Name a row by its ids, which say nothing of a person."""
    if not isinstance(row, dict):
        return None
    return " ".join(f"{key}={value}" for key, value in row.items() if key == "id" or key.endswith("_id"))


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
