"""The worker: an arq worker that hears the bell, and sweeps of its own that need no Redis.

Every job looks at the database and does what is due; a lost, doubled or late ring has no effect on the end state.
"""

import asyncio
import gc
import os
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import ormsgpack
import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func

from notifications.outbox.lanes import hurry
from notifications.stopping import stop_beginning
from server import db
from server.jobs import Job
from server.metrics import job_runs, job_seconds
from server.runtime import Runtime, pack, redis_pool
from server.tasks import cancel_until_heard

log = structlog.get_logger("worker")

GRACE_SECONDS = 10.0  # longer than the longest call to a provider
RESTART_SECONDS = 2.0
BEAT_SECONDS = 5.0
LOOK_SECONDS = 10  # of the queue's task, which only wakes a job
BEATS_KEPT_MINUTES = 10

WORKER_NAME = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class Runner:
    """Runs jobs, each at most once at a time in this process; a ring during a run means one more run.

    The queue's own tasks only wake it: when Redis goes away they are cancelled, and a job that ran inside one would be
    cut off in the middle of a call to a provider.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs = {job.name: job for job in jobs}
        self._rung = {name: asyncio.Event() for name in self.jobs}
        self._closing = False

    def wake(self, name: str) -> None:
        """Let a job look now, or once more after the look that is going on."""
        rung = self._rung.get(name)
        if rung is None:  # a ring from a newer release
            log.warning("unknown_job", job=name)
        else:
            rung.set()
            hurry(name)

    async def sweep(self, job: Job) -> None:
        """Look when there is a ring, and by itself every so often, until the runner closes."""
        rung = self._rung[job.name]
        while not self._closing:
            rung.clear()
            await self._look(job)
            with suppress(TimeoutError):
                async with asyncio.timeout(job.every.total_seconds()):
                    await rung.wait()

    async def _look(self, job: Job) -> None:
        with job_seconds.labels(job.name).time():
            try:
                await job.run()
                job_runs.labels(job.name, "ok").inc()
            except Exception:  # the next look tries again; one bad look must not end the worker
                job_runs.labels(job.name, "failed").inc()
                log.exception("job_failed", job=job.name)

    def close(self) -> None:
        """Begin nothing new; what is under way ends by itself, so that a call to a provider is not cut off."""
        self._closing = True
        stop_beginning()
        for rung in self._rung.values():
            rung.set()


async def work(opened: Runtime, jobs: Iterable[Job], stop: asyncio.Event) -> None:
    """Work until `stop` is set; then finish what is under way, at most for the grace time."""
    gc.set_threshold(50_000, 20, 100)  # messages make no cycles: looking for them after every 700 objects is waste
    stop_beginning(False)
    runner = Runner(jobs)
    sweeps = [asyncio.create_task(runner.sweep(job)) for job in runner.jobs.values()]
    others = [asyncio.create_task(_beat()), asyncio.create_task(_listen(opened, runner))]
    await stop.wait()
    runner.close()
    _, late = await asyncio.wait(sweeps, timeout=GRACE_SECONDS)
    if late:
        log.warning("cut_off")  # what was being sent is found by its intent and settled by the next worker
    await cancel_until_heard({*late, *others})


async def _beat() -> None:
    while True:
        try:
            await db.fetch(
                "INSERT INTO worker_beat (worker, at) VALUES ($1, app_now())"
                " ON CONFLICT (worker) DO UPDATE SET at = excluded.at",
                WORKER_NAME,
            )
            await db.fetch(
                "DELETE FROM worker_beat WHERE at < app_now() - make_interval(mins => $1)", BEATS_KEPT_MINUTES
            )
        except Exception:
            log.exception("beat_failed")
        await asyncio.sleep(BEAT_SECONDS)


async def _listen(opened: Runtime, runner: Runner) -> None:
    """Hear the bell for ever: a lost Redis ends arq's worker, so start a new one."""

    async def look(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        for name in args:
            runner.wake(name)

    while True:
        pool = ArqRedis(redis_pool(opened.settings.redis_url), job_serializer=pack, job_deserializer=ormsgpack.unpackb)
        worker = Worker(
            [func(look, name="look", timeout=LOOK_SECONDS, max_tries=1, keep_result=0)],
            redis_pool=pool,
            handle_signals=False,
            max_jobs=50,
            poll_delay=0.05,
            health_check_interval=10,
            log_results=False,
            job_serializer=pack,
            job_deserializer=ormsgpack.unpackb,
        )
        try:
            await worker.async_run()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("bell_unheard", error=type(error).__name__)
        finally:
            with suppress(Exception):  # Redis may be away, and arq's close speaks to it
                await worker.close()
            with suppress(Exception):
                await pool.aclose(close_connection_pool=True)
        await asyncio.sleep(RESTART_SECONDS)
