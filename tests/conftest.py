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
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import structlog
import uvloop
from aiohttp import web
from hypothesis import settings as property_tests
from sanic import Sanic
from sanic.application.constants import ServerStage
from sanic.application.state import ApplicationServerInfo
from tortoise.exceptions import OperationalError
from xdist.scheduler import LoadScopeScheduling

from infra.local import throwaway
from infra.local.movable_clock import MOVABLE_CLOCK
from infra.simulator.server import SimulatorSettings
from infra.simulator.server import create_app as create_simulator
from infra.simulator.templates import TEMPLATE_IDS
from miniapp_api.booking import settings
from miniapp_api.queue.calls import settings as call_settings
from notifications.outbox.lanes import run_lane
from server import auth, clock, db
from server.app import create_app
from server.asyncpg_engine import SafeAsyncpgClient, SafeTransactionWrapper
from server.cli import all_jobs, migrate_database
from server.config import Settings, load
from server.ids import new_id
from server.jobs import Job
from tests import second_tries

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.14 wants a factory, which sync tests do not share
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the loop that the product runs on
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

TEMPLATE = "hospital_template"
BROWSER_TESTS = "tests/browser/"
_numbers = itertools.count(1)

# The same examples each time, for a run that decides whether a change lands; without it each run looks for new ones.
property_tests.register_profile("certain", derandomize=True)

KEPT_TABLES = {"clock_shift", "tortoise_migrations", "credit_rank", "purpose_default"}


@pytest.fixture(scope="session")
def servers() -> Iterator:
    """Real PostgreSQL and Redis, thrown away in the end."""
    with throwaway() as found:
        yield found


def free_port() -> int:
    """Give a port outside the ephemeral range that nobody listens on."""
    for port in range(21000 + (os.getpid() * 7) % 9000, 32000):
        with socket.socket() as probe:  # bound, not called: who listens there need not hear of it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
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
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WEBHOOK_TIMEOUT_SECONDS": "2",
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
        env["DATA_DIR"] = str(tmp_path_factory.mktemp("data"))
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
            mail_port=port + 1,
            aliyun_receipts_url=f"http://127.0.0.1:{product_port}/aliyun/sms-receipts?token=sim-receipts",
            tencent_receipts_url=f"http://127.0.0.1:{product_port}/tencent/sms-receipts?token=sim-receipts",
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


LARGE_BYTES = 16 * 1024 * 1024  # of a table that is better thrown away than emptied row by row


async def clean_tables() -> None:
    """Empty every table but those that a migration filled."""
    rows = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted(row["tablename"] for row in rows if row["tablename"] not in KEPT_TABLES)
    counted = await db.fetch(
        " UNION ALL ".join(
            f"(SELECT '{name}' AS name, pg_relation_size('{name}') AS size FROM {name} LIMIT 1)" for name in names
        )
    )
    filled = [row["name"] for row in counted]
    if not filled:
        return
    # a truncation of all that hangs together makes new files for a hundred tables: a second, where this takes a blink.
    # As a replica: what is emptied as a whole needs no look along its references
    emptied = "; ".join(f"DELETE FROM {name}" for name in filled)
    statement = f"DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', true); {emptied}; END $$"
    if any(row["size"] > LARGE_BYTES for row in counted):
        statement = f"TRUNCATE {', '.join(filled)} CASCADE"
    for is_last in (False, False, True):
        try:
            await db.fetch(statement)
            return
        except OperationalError:  # a push of the test before came at the same moment: a deadlock
            if is_last:
                raise


# Nobody sleeps: a test must hold at night as well. Those of the quiet hours set them again.
AWAKE = "INSERT INTO routing_setting (id, name, version, value) VALUES ($1, 'quiet_hours', 1, '{}')"


@pytest_asyncio.fixture
async def hospital(site) -> AsyncIterator[Site]:
    """The product with empty tables, the clock on time, nobody remembered."""
    for path in ("/_sim/faults", "/_sim/pushes"):  # what the test before left on its way
        async with site.http.delete(site.simulator + path) as reply:
            assert reply.status < 300
    await clean_tables()
    await db.fetch(AWAKE, new_id())
    auth.forget_remembered()
    settings.forget()
    call_settings.forget()
    yield site
    await end_lanes()
    await Clock().back()


async def end_lanes() -> None:
    """End the lanes that a failed scenario has left running: they would take the messages of the next tests."""
    left = [task for task in asyncio.all_tasks() if task.get_coro().__name__ == run_lane.__name__]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


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
        settings.forget()
        call_settings.forget()


@pytest.fixture(name="clock")
def movable_clock(hospital) -> Clock:
    return Clock()


BY_THE_HOUR = ("housekeeping", "make_reports")  # what a test would see of these depends on when it runs


@pytest.fixture
def drain(hospital) -> Callable[[], Awaitable[None]]:
    """Run every job of the workers until nothing waits any more."""

    async def run() -> None:
        for turn in range(60):
            if turn > 9:
                await asyncio.sleep(0.2)  # whatever still waits, waits for time to pass
            for job in hospital.jobs.values():
                if job.name not in BY_THE_HOUR:
                    await job.run()
            row = await db.fetch_one(
                "SELECT (SELECT count(*) FROM fact WHERE relayed_at IS NULL AND tries = 0)"
                " + (SELECT count(*) FROM delivery WHERE state IN ('planned', 'held', 'ready', 'retry_wait')"
                "    AND due_at <= app_now() AND NOT channel_rests(channel)) AS waiting"
            )
            if row and row["waiting"] == 0:
                return
        left = await db.fetch("SELECT channel, state, owner, count(*) AS n FROM delivery GROUP BY 1, 2, 3")
        raise AssertionError(f"the workers do not come to rest: {row}, {left}")

    return run


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """The statements that the product sends; a test empties the list when it begins to count."""
    sent: list[str] = []

    for kind in (SafeAsyncpgClient, SafeTransactionWrapper):
        monkeypatch.setattr(kind, "execute_query_dict", _counting(kind.execute_query_dict, sent))
    return sent


def _counting(real: Any, sent: list[str]) -> Any:
    async def counted(self: Any, query: str, values: Any = None) -> Any:
        sent.append(query)
        return await real(self, query, values)

    return counted


class BrowserInOne(LoadScopeScheduling):
    """Several processes: one runs all browser tests, around one Chromium and one hospital, the others file by file."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER_TESTS if nodeid.startswith(BROWSER_TESTS) else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Share the tests out."""
    return BrowserInOne(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test that fails be tried again."""
    second_tries.mark(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when too many tests had to be tried again."""
    if second_tries.are_too_many(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tried again; count the mutants: guards that were taken out, and noticed to be gone."""
    second_tries.say_why(terminalreporter)
    marked = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    mutants = [report for report in marked if report.when == "call" and "mutant" in report.keywords]
    if mutants:
        killed = sum(report.passed for report in mutants)
        terminalreporter.write_line(f"mutants killed: {killed} of {len(mutants)}")
