"""What a bench runs on: durable PostgreSQL and Redis of its own, the product's server and worker as in production."""

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from infra.bench.load import credentials
from infra.local.children import Child
from infra.local.folder import keys_of
from infra.local.postgres import Postgres
from infra.local.redis import Redis
from infra.simulator.templates import TEMPLATE_IDS

READY_SECONDS = 30.0
POOL_SIZE = 16  # as many connections as the statement is measured with
FIRST_PORT, LAST_PORT = 20000, 32000
# Counting costs nothing until it is switched on.
COUNTING = "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = 'none'\n"
SERVERS = 1  # as `make run`; more share the same two cores with the database and gain nothing here


class StageBroken(Exception):
    """Something the bench needs does not start."""


@dataclass(frozen=True)
class Stage:
    """Addresses of what runs, and the environment of the product's processes."""

    folder: Path
    database_url: str
    ports: tuple[int, ...]  # of the servers
    platform_port: int
    environment: dict[str, str]

    async def connect(self) -> asyncpg.Connection:
        """Open a connection to the database."""
        return await asyncpg.connect(**credentials(self.database_url))

    @property
    def signing_key(self) -> bytes:
        """Give the seed with which codes are signed."""
        return base64.b64decode(self.environment["CODE_SIGNING_KEY"])

    @contextmanager
    def program(self, name: str, *, port: int = 0) -> Iterator[Child]:
        """Run `hospital <name>` for the length of a `with`; a server listens on the port."""
        command = [sys.executable, "-m", "server.cli", name]
        environment = {**self.environment, "PORT": str(port or self.ports[0])}
        child = Child(name, command, self.folder / f"{name}{port}.log", environment)
        child.start()
        try:
            yield child
        finally:
            child.stop()

    @contextmanager
    def web(self) -> Iterator[list[Child]]:
        """Run the web servers and wait until they answer."""
        with ExitStack() as servers:
            running = []
            for port in self.ports:
                child = servers.enter_context(self.program("serve", port=port))
                running.append(child)
                began = time.monotonic()
                while not _answers(port):
                    if child.exit_status() is not None or time.monotonic() - began > READY_SECONDS:
                        raise StageBroken(f"the server does not start:\n{child.log_tail()}")
                    time.sleep(0.05)
            yield running


@contextmanager
def stage() -> Iterator[Stage]:
    """Build the stage in a temporary folder and clear it away in the end; from the main thread."""
    folder = Path(tempfile.mkdtemp(prefix="hospital-bench-"))
    folder.chmod(0o711)  # under root, PostgreSQL's user has to pass here
    postgres, redis = Postgres(folder / "postgres", durable=True), Redis(folder / "redis", durable=True)
    try:
        redis.prepare()
        redis.start()
        postgres.prepare()
        with (folder / "postgres" / "cluster" / "postgresql.conf").open("a") as settings:
            settings.write(COUNTING)
        postgres.start()
        redis.wait_until_ready()
        postgres.wait_until_ready()
        *ports, platform_port = _free_ports(SERVERS + 1)
        environment = _environment(folder, (postgres.url, redis.url), platform_port)
        _migrate(environment)
        yield Stage(folder, postgres.url, tuple(ports), platform_port, environment)
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, urls: tuple[str, str], platform_port: int) -> dict[str, str]:
    platform = f"http://127.0.0.1:{platform_port}"
    return {
        **keys_of(folder),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": urls[0],
        "REDIS_URL": urls[1],
        "POOL_SIZE": str(POOL_SIZE // SERVERS),  # together as many connections as the limit has
        "WECHAT_BASE_URL": platform,
        "WECHAT_APP_ID": "wx0000000000000001",
        "WECHAT_SECRET": "sim-secret",
        "WECHAT_PUSH_TOKEN": "devtoken",
        "WECHAT_PUSH_AES_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
        "WECHAT_TEMPLATE_IDS": json.dumps(TEMPLATE_IDS),
        "WECOM_BASE_URL": platform,
        "WECOM_ROBOT_KEY": "sim-robot",
    }


def _migrate(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StageBroken(f"the database cannot be migrated:\n{done.stdout}{done.stderr}")


def _free_ports(count: int) -> list[int]:
    """Find ports outside the ephemeral range: inside it thousands of clients may take them first."""
    found: list[int] = []
    # two benches that start at once begin to look at different places
    for port in range(FIRST_PORT + os.getpid() * 7 % 9000, LAST_PORT):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise StageBroken("no free port")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
