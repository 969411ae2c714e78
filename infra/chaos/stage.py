"""What a trial runs on: a durable PostgreSQL, Redis, the simulated platform, the server that takes its pushes."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from infra.bench.load import credentials
from infra.chaos.building import PLENTY, StageBroken, environment_of, free_ports, migrate, servers, write_people
from infra.chaos.worker import Quirks, start_simulator, start_worker
from infra.local.children import Child
from infra.local.movable_clock import FORWARD, MOVABLE_CLOCK
from infra.local.postgres import Postgres
from infra.local.redis import Redis
from infra.simulator.settings import SimulatorSettings

CRASHES, CRASH_SECONDS = 5, 0.2  # one fault ends it at the next call; until its process is seen to be gone
READY_SECONDS = 30.0


@dataclass
class Stage:
    """Everything that runs, and the means to disturb it."""

    folder: Path
    postgres: Postgres
    redis: Redis
    environment: dict[str, str]
    simulator_settings: SimulatorSettings
    http: aiohttp.ClientSession
    database: asyncpg.Connection
    simulator: ForkServerProcess | None = None
    workers: list[ForkServerProcess] = field(default_factory=list)

    @property
    def platform(self) -> str:
        """Give the address of the simulated platform."""
        return self.environment["WECHAT_BASE_URL"]

    async def ensure_platform(self) -> None:
        """Start the simulated platform when it is not there: also after it has crashed."""
        if self.simulator is not None and self.simulator.is_alive():
            return
        log = self.folder / "simulator.log"
        for _ in range(5):
            self.simulator = start_simulator(self.simulator_settings, log)
            if await self._answers():
                return
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
        raise StageBroken(f"the simulated platform does not start:\n{said}")

    async def _answers(self) -> bool:
        ends = time.monotonic() + READY_SECONDS
        while time.monotonic() < ends and self.simulator is not None and self.simulator.is_alive():
            with suppress(aiohttp.ClientError, OSError):
                async with self.http.get(self.platform + "/_sim/health") as reply:
                    if reply.status == 200:
                        return True
            await asyncio.sleep(0.02)
        return False

    async def fault(self, path: str, mode: str, **more: Any) -> None:
        """Break a path of the platform."""
        async with self.http.put(self.platform + "/_sim/faults", json={"path": path, "mode": mode, **more}) as reply:
            if reply.status >= 300:
                raise StageBroken(await reply.text())

    async def all_well(self) -> None:
        """End every fault of the platform."""
        for _ in range(CRASHES):
            await self.ensure_platform()
            try:
                async with self.http.delete(self.platform + "/_sim/faults"):
                    return
            except aiohttp.ClientConnectionError:  # it was just about to crash
                await asyncio.sleep(CRASH_SECONDS)
        raise StageBroken("the simulated platform does not stay")

    async def calls(self, path: str) -> list[dict[str, Any]]:
        """Give every request to a path that the platform has in its ledger."""
        found, after = [], 0
        while True:
            url = f"{self.platform}/_sim/calls?path={path}&limit=1000&after={after}"
            async with self.http.get(url) as reply:
                page = await reply.json()
            found += page["items"]
            if page["next"] is None:
                return found
            after = page["next"]

    def worker(self, quirks: Quirks | None = None, **changed: str) -> ForkServerProcess:
        """Start a worker. changed: variables of its environment."""
        number = len(self.workers)
        process = start_worker(
            {**self.environment, **changed}, quirks or Quirks(), self.folder / f"worker{number % 20}.log"
        )
        self.workers.append(process)
        return process

    async def ended(self, process: ForkServerProcess, seconds: float) -> int | None:
        """Wait for the end of a process; give its status, None when it goes on."""
        ends = time.monotonic() + seconds
        while process.exitcode is None and time.monotonic() < ends:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        return process.exitcode

    async def first_ended(self, processes: Sequence[ForkServerProcess], seconds: float) -> None:
        """Wait until one of some processes has ended."""
        ends = time.monotonic() + seconds
        while all(one.exitcode is None for one in processes) and time.monotonic() < ends:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)

    async def kill(self, process: ForkServerProcess) -> None:
        """End a process like a power cut."""
        if process.is_alive():
            process.kill()
        await self.ended(process, 10)

    async def stop(self, process: ForkServerProcess) -> int | None:
        """Ask a process to end, as a new release does; give its status."""
        if process.is_alive():
            process.terminate()
        return await self.ended(process, 20)

    def freeze(self, process: ForkServerProcess) -> None:
        """Let a process sleep in the middle of whatever it does."""
        os.kill(process.pid or 0, signal.SIGSTOP)

    def thaw(self, process: ForkServerProcess) -> None:
        """Let it go on."""
        os.kill(process.pid or 0, signal.SIGCONT)

    async def forward(self, seconds: float) -> None:
        """Move the time of the database, which is everybody's."""
        await self.database.execute(FORWARD, timedelta(seconds=seconds))

    async def reconnect(self) -> None:
        """Open the trial's own connection anew, once the database answers."""
        with suppress(Exception):
            await self.database.close(timeout=1)
        ends = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.database = await asyncpg.connect(**credentials(self.environment["DATABASE_URL"]))
                return
            except (OSError, asyncpg.PostgresError):
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(0.05)


@asynccontextmanager
async def stage(openids: Sequence[str], *, with_server: bool = True) -> AsyncIterator[Stage]:
    """Build a stage in a temporary folder, clear it away in the end. From the main thread."""
    with servers() as (folder, postgres, redis):
        port, simulator_port = free_ports(2)
        environment = environment_of(folder, (postgres.url, redis.url), (port, simulator_port))
        await asyncio.to_thread(migrate, environment)
        database = await asyncpg.connect(**credentials(postgres.url))
        await database.execute(MOVABLE_CLOCK)
        settings = SimulatorSettings(
            port=simulator_port,
            data_dir=folder / "simulator",
            push_url=f"http://127.0.0.1:{port}/wechat/push" if with_server else None,
            robot_per_minute=PLENTY,
        )
        await asyncio.to_thread(write_people, settings, openids)
        server = Child("serve", [sys.executable, "-m", "server.cli", "serve"], folder / "serve.log", environment)
        if with_server:
            server.start()
        async with aiohttp.ClientSession() as http:
            found = Stage(folder, postgres, redis, environment, settings, http, database)
            try:
                await found.ensure_platform()
                if with_server:
                    await _green(http, f"http://127.0.0.1:{port}/healthz", server)
                yield found
            finally:
                for process in found.workers:
                    await found.kill(process)
                if found.simulator is not None:
                    await found.kill(found.simulator)
                await asyncio.to_thread(server.stop)
                with suppress(Exception):
                    await found.database.close(timeout=2)


async def _green(http: aiohttp.ClientSession, url: str, server: Child) -> None:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and server.exit_status() is None:
        with suppress(aiohttp.ClientError, OSError):
            async with http.get(url) as reply:
                if reply.status == 200:
                    return
        await asyncio.sleep(0.05)
    raise StageBroken(f"the server does not start:\n{server.log_tail()}")
