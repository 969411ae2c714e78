"""One server, database, Redis and simulated platform per session; clean tables per test; the clock; drain()."""

import asyncio
import base64
import itertools
import json
import logging
import os
import socket
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import structlog
import uvloop
from aiohttp import web
from sanic import Sanic
from sanic.application.constants import ServerStage
from sanic.application.state import ApplicationServerInfo
from tortoise.exceptions import OperationalError

from infra.local import throwaway
from infra.simulator.server import SimulatorSettings
from infra.simulator.server import create_app as create_simulator
from infra.simulator.templates import TEMPLATE_IDS
from server import auth, clock, db
from server.app import create_app
from server.cli import all_jobs, migrate_database
from server.config import Settings, load
from server.jobs import Job

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.14 wants a factory, which sync tests do not share
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the loop that the product runs on
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

TEMPLATE = "hospital_template"
_numbers = itertools.count(1)

# Tests move the clock for Python and SQL alike: the function that production defines as now() reads a table here.
MOVABLE_CLOCK = """
CREATE TABLE clock_shift (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), shift interval NOT NULL);
INSERT INTO clock_shift (shift) VALUES ('0');
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT now() + shift FROM clock_shift';
"""
KEPT_TABLES = {"clock_shift", "tortoise_migrations"}


@pytest.fixture(scope="session")
def servers() -> Iterator:
    """Real PostgreSQL and Redis, thrown away in the end."""
    with throwaway() as found:
        yield found


def free_port() -> int:
    """Give a port outside the ephemeral range that nobody listens on."""
    for port in range(21000 + (os.getpid() * 7) % 9000, 32000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")


def environment(servers, *, port: int, simulator_port: int, database_url: str) -> dict[str, str]:
    """Give the environment of a product under test."""
    return {
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "REDIS_URL": servers.redis_url,
        "DATA_KEY": base64.b64encode(b"d" * 32).decode(),
        "INDEX_KEY": base64.b64encode(b"i" * 32).decode(),
        "CODE_SIGNING_KEY": base64.b64encode(b"c" * 32).decode(),
        "WECHAT_BASE_URL": f"http://127.0.0.1:{simulator_port}",
        "WECHAT_APP_ID": "wx0000000000000001",
        "WECHAT_SECRET": "sim-secret",
        "WECHAT_PUSH_TOKEN": "devtoken",
        "WECHAT_PUSH_AES_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
        "WECHAT_TIMEOUT_SECONDS": "2",
        "WECHAT_TEMPLATE_IDS": json.dumps(TEMPLATE_IDS),
        "WECOM_BASE_URL": f"http://127.0.0.1:{simulator_port}",
        "WECOM_ROBOT_KEY": "sim-robot",
        "LOG_LEVEL": "WARNING",
        "CLIENTS_DIR": os.devnull,  # no pages, whatever is built here; the tests of pages bring their own
    }


def database_named(url: str, name: str) -> str:
    """Give the address of another database of the same server."""
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name + (f"?{query}" if query else "")


@pytest_asyncio.fixture(scope="session")
async def template(servers) -> str:
    """A database that has been migrated, to copy from."""
    async with db.alone(servers.database_url) as admin:
        await admin.execute(f"CREATE DATABASE {TEMPLATE}")
    url = database_named(servers.database_url, TEMPLATE)
    await migrate_database(url)
    async with db.alone(url) as connection:
        await connection.execute(MOVABLE_CLOCK)
    return TEMPLATE


@asynccontextmanager
async def fresh_database(servers, template: str) -> AsyncIterator[str]:
    """Give the address of a new copy of the migrated database; drop it in the end."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    async with db.alone(servers.database_url) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield database_named(servers.database_url, name)
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass
class Site:
    """The product under test, in this process, and the simulated platform beside it."""

    base: str
    simulator: str
    settings: Settings
    http: aiohttp.ClientSession
    jobs: dict[str, Job]
    environment: dict[str, str]
    app: Sanic


@pytest_asyncio.fixture(scope="session")
async def site(servers, template, tmp_path_factory) -> AsyncIterator[Site]:
    """One server and one simulated platform for the whole session."""
    port, simulator_port = free_port(), free_port() + 1
    async with fresh_database(servers, template) as database_url:
        env = environment(servers, port=port, simulator_port=simulator_port, database_url=database_url)
        settings = load(env)
        async with (
            simulated_platform(simulator_port, port, tmp_path_factory.mktemp("simulator")),
            served(settings) as app,
            aiohttp.ClientSession() as http,
        ):
            yield Site(
                base=f"http://127.0.0.1:{port}",
                simulator=f"http://127.0.0.1:{simulator_port}",
                settings=settings,
                http=http,
                jobs={job.name: job for job in all_jobs()},
                environment=env,
                app=app,
            )


@asynccontextmanager
async def simulated_platform(port: int, product_port: int, folder: Path) -> AsyncIterator[None]:
    """Run the simulated platform in this process."""
    # the robot's 20 a minute would be counted over many tests; the one about them asks for a refusal itself
    app = create_simulator(
        SimulatorSettings(
            port=port,
            data_dir=folder,
            push_url=f"http://127.0.0.1:{product_port}/wechat/push",
            robot_per_minute=1_000_000,
        )
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Sanic]:
    """Serve the product in this process and loop."""
    Sanic.test_mode = True
    Sanic._app_registry.clear()
    app = create_app(settings)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((settings.web.host, settings.web.port))
    server = await app.create_server(sock=sock, return_asyncio_server=True)
    await server.startup()
    await server.before_start()
    await server.after_start()
    app.state.server_info.append(ApplicationServerInfo(settings={}, stage=ServerStage.SERVING))
    try:
        yield app
    finally:
        await server.before_stop()
        await server.close()
        for connection in list(server.connections):
            connection.abort()
        await server.after_stop()


async def clean_tables() -> None:
    """Empty every table but those that a migration filled."""
    rows = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted(row["tablename"] for row in rows if row["tablename"] not in KEPT_TABLES)
    counted = await db.fetch(" UNION ALL ".join(f"(SELECT '{name}' AS name FROM {name} LIMIT 1)" for name in names))
    if counted:
        filled = ", ".join(row["name"] for row in counted)
        for is_last in (False, False, True):
            try:
                await db.fetch(f"TRUNCATE {filled} CASCADE")
                return
            except OperationalError:  # a push of the test before came at the same moment: a deadlock
                if is_last:
                    raise


@pytest_asyncio.fixture
async def hospital(site) -> AsyncIterator[Site]:
    """The product with empty tables, the clock on time, nobody remembered."""
    for path in ("/_sim/faults", "/_sim/pushes"):  # what the test before left on its way
        async with site.http.delete(site.simulator + path) as reply:
            assert reply.status < 300
    await clean_tables()
    auth.forget_remembered()
    yield site
    await Clock().back()


class Clock:
    """Moves time for Python and SQL together."""

    async def forward(self, **amount: float) -> None:
        """Move on: `await clock.forward(minutes=4)`."""
        await self._set(clock.shift() + timedelta(**amount))

    async def set_to(self, moment) -> None:
        """Move to a moment."""
        await self._set(clock.shift() + (moment - clock.now()))

    async def back(self) -> None:
        """Return to the machine's time."""
        if clock.shift():
            await self._set(timedelta(0))

    async def _set(self, shift: timedelta) -> None:
        clock.move_to_shift(shift)
        await db.fetch("UPDATE clock_shift SET shift = $1", shift)
        auth.forget_remembered()


@pytest.fixture(name="clock")
def movable_clock(hospital) -> Clock:
    return Clock()


@pytest.fixture
def drain(hospital) -> Callable[[], Awaitable[None]]:
    """Run every job of the workers until nothing waits any more."""

    async def run() -> None:
        for _ in range(30):
            for job in hospital.jobs.values():
                if job.name != "housekeeping":
                    await job.run()
            row = await db.fetch_one(
                "SELECT (SELECT count(*) FROM fact WHERE relayed_at IS NULL AND tries = 0)"
                " + (SELECT count(*) FROM delivery WHERE state IN ('planned', 'held', 'ready', 'retry_wait')"
                "    AND due_at <= app_now()) AS waiting"
            )
            if row and row["waiting"] == 0:
                return
        raise AssertionError("the workers do not come to rest")

    return run
