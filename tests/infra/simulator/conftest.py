"""A simulator on a free port, a small receiver of its pushes, and a simulator as a process of its own."""

import asyncio
import sys
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from infra.simulator.server import SimulatorSettings, create_app
from tests.infra.simulator.simulated import ROOT, Child, Receiver, Sim, free_port


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


@pytest.fixture
async def start(tmp_path, http):
    """Start simulators in this process; the same folder twice is a restart."""
    runners: list[web.AppRunner] = []

    async def started(folder: str = "data", **settings: Any) -> Sim:
        quick = {"sent_event_delay_ms": 0, "push_pause_ms": 1, "send_takes_ms": 0} | settings
        app = create_app(SimulatorSettings(data_dir=tmp_path / folder, **quick))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return Sim(f"http://127.0.0.1:{port}", http)

    async def stop_all() -> None:
        while runners:
            await runners.pop().cleanup()

    started.stop_all = stop_all  # type: ignore[attr-defined]
    yield started
    await stop_all()


@pytest.fixture
async def sim(start) -> Sim:
    return await start()


@pytest.fixture
async def receiver():
    made = Receiver()
    app = web.Application()
    app.add_routes([web.get("/wechat/push", made.verify), web.post("/wechat/push", made.receive)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    made.url = f"http://127.0.0.1:{port}/wechat/push"
    yield made
    await runner.cleanup()


@pytest.fixture
async def spawn(tmp_path, http):
    """Start a simulator as `python -m infra.simulator` does."""
    children: list[asyncio.subprocess.Process] = []

    async def spawned(*arguments: str, folder: str = "data") -> Child:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra.simulator", "--port", str(free_port())),
            *("--data-dir", str(tmp_path / folder), "--set", "send_takes_ms=0", *arguments),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        children.append(process)
        assert process.stdout is not None
        async with asyncio.timeout(15):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("simulator listening on "), line
        return Child(process, Sim(line.split()[-1], http))

    yield spawned
    for process in children:
        if process.returncode is None:
            process.kill()
        await process.communicate()
