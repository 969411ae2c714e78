"""Real processes of the product, for tests that end them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0


class Process:
    """One process of the product in a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def status(self) -> int | None:
        """Give the exit status, None while it runs."""
        return self._process.returncode

    async def kill(self) -> None:
        """End it like a power cut."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        """Ask it to end and wait; give its status."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), 60)

    async def ended(self, seconds: float = 60) -> int:
        """Wait until it ends by itself; give its status."""
        return await asyncio.wait_for(self._process.wait(), seconds)


@asynccontextmanager
async def a_process(command: str, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run `hospital COMMAND`; kill it in the end when it still runs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.cli",
        command,
        cwd=ROOT,
        env={**kept, **environment},
        start_new_session=True,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Process(process)
    finally:
        await Process(process).kill()


@asynccontextmanager
async def a_server(http: aiohttp.ClientSession, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run `hospital serve` and wait until it answers."""
    async with a_process("serve", environment) as process:
        url = f"http://127.0.0.1:{environment['PORT']}/healthz"
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    async with http.get(url) as reply:
                        if reply.status == 200:
                            break
                except aiohttp.ClientError:
                    assert process.status is None, f"the server ended with {process.status}"
                await asyncio.sleep(0.05)
        yield process
