"""The worker with a misfortune built in: it dies at a point, its clock is wrong, its lease short, a guard gone.

Each is a fork of a server process that has imported everything, so that hundreds can be started.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from infra.simulator.server import run as run_simulator
from infra.simulator.settings import SimulatorSettings
from notifications.rules import LEASE, SETTLE
from server import clock, kill_points
from server.app import models
from server.cli import all_jobs
from server.config import load
from server.logs import set_up
from server.runtime import running

KILLED = 137
SEND = "/cgi-bin/message/subscribe/send"
BYTES_OUT_SECONDS = 0.003  # until what was written has left this process
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["infra.chaos.worker"])


@dataclass(frozen=True)
class Quirks:
    """What is wrong with one worker.

    kill_point: K1 to K8; the process ends like kill -9 when it comes there for the `nth` time.
    clock_shift: seconds by which its own clock is wrong. lease, settle: seconds instead of the product's.
    edits: pieces of statements to be replaced, (constant, old, new): a guard that is missing.
    is_blind: the last look at the lease before the call is missing.
    """

    kill_point: str = ""
    nth: int = 1
    clock_shift: float = 0.0
    lease: float = 0.0
    settle: float = 0.0
    edits: tuple[tuple[str, str, str], ...] = ()
    is_blind: bool = False


def start_worker(environment: dict[str, str], quirks: Quirks, log: Path) -> ForkServerProcess:
    """Start a worker; it runs until SIGTERM, SIGKILL or its point."""
    process = CONTEXT.Process(target=_work, args=(environment, quirks, str(log)), daemon=True)
    process.start()
    return process


def start_simulator(settings: SimulatorSettings, log: Path) -> ForkServerProcess:
    """Start the simulated platform."""
    process = CONTEXT.Process(target=_simulate, args=(settings, str(log)), daemon=True)
    process.start()
    return process


def _simulate(settings: SimulatorSettings, log: str) -> None:
    _write_to(log)
    sys.exit(run_simulator(settings))


def _work(environment: dict[str, str], quirks: Quirks, log: str) -> None:
    from notifications.workers import work

    _write_to(log)
    random.seed()  # a fork begins with its parent's dice
    settings = load(environment)
    set_up(settings.log_level)
    clock.move_to_shift(timedelta(seconds=quirks.clock_shift))
    _shorten(quirks)
    _take_out(quirks)

    async def go() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with running(settings, models=models()) as opened:
            _die_at(quirks)
            await work(opened, all_jobs(), stop)

    uvloop.run(go())


def _write_to(log: str) -> None:
    os.setsid()
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)


def _die_at(quirks: Quirks) -> None:
    left = [quirks.nth]

    def reach(name: str) -> None:
        if name == quirks.kill_point:
            left[0] -= 1
            if not left[0]:
                os._exit(KILLED)

    kill_points.reach = reach


def _traced(quirks: Quirks) -> aiohttp.TraceConfig:
    """K4: the request has left, its answer has not come. K5: the answer has come, nobody has read it."""
    left = [quirks.nth]
    traced = aiohttp.TraceConfig()

    def die(seconds: float) -> None:
        left[0] -= 1
        if not left[0]:
            asyncio.get_running_loop().call_later(seconds, os._exit, KILLED)

    async def sent(session: Any, context: Any, what: Any) -> None:
        if quirks.kill_point == "K4" and what.url.path == SEND:
            die(BYTES_OUT_SECONDS)

    async def ended(session: Any, context: Any, what: Any) -> None:
        if quirks.kill_point == "K5" and what.url.path == SEND:
            die(0)

    traced.on_request_chunk_sent.append(sent)
    traced.on_request_end.append(ended)
    traced.on_request_exception.append(ended)
    return traced


def _shorten(quirks: Quirks) -> None:
    """Give this process other times and hooks, wherever they were imported to."""
    if quirks.lease:
        _replace_everywhere(LEASE, timedelta(seconds=quirks.lease))
    if quirks.settle:
        _replace_everywhere(SETTLE, timedelta(seconds=quirks.settle))
    if quirks.kill_point in ("K4", "K5"):
        made = aiohttp.ClientSession.__init__

        def make(self: aiohttp.ClientSession, *args: Any, **kwargs: Any) -> None:
            made(self, *args, trace_configs=[_traced(quirks)], **kwargs)

        aiohttp.ClientSession.__init__ = make  # type: ignore[method-assign]


def _take_out(quirks: Quirks) -> None:
    from notifications.outbox import lanes, statements

    for constant, old, new in quirks.edits:
        text = getattr(statements, constant)
        if text.count(old) != 1:
            raise ValueError(f"{constant} has {text.count(old)} times: {old}")
        _replace_everywhere(text, text.replace(old, new))
    if quirks.is_blind:
        lanes.time = _Sleepless  # type: ignore[assignment]


class _Sleepless:
    """A clock of the process that stands still: no parcel is ever too old."""

    monotonic: Callable[[], float] = staticmethod(lambda: 0.0)


def _replace_everywhere(value: Any, instead: Any) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("notifications"):
            for attribute, found in list(vars(module).items()):
                if found is value:
                    setattr(module, attribute, instead)
