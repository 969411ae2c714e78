"""The servers of a trial, the product's environment, and who is there on the platform."""

import base64
import itertools
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from infra.local.postgres import Postgres
from infra.local.programs import _SIMULATED_ACCOUNT, _template_ids
from infra.local.redis import Redis
from infra.simulator.ledger import Ledger
from infra.simulator.parts import LEDGER_FILE
from infra.simulator.settings import SimulatorSettings
from infra.simulator.templates import TEMPLATE_IDS

FIRST_PORT = 22000
PLENTY = 1_000_000  # consents that a phone has at the platform: what is missing must be missing here
CALL_SECONDS = 2


class StageBroken(Exception):
    """Something that a trial needs does not start or does not end."""


@contextmanager
def servers() -> Iterator[tuple[Path, Postgres, Redis]]:
    """Run PostgreSQL and Redis in a temporary folder for the length of a `with`."""
    folder = Path(tempfile.mkdtemp(prefix="hospital-chaos-"))
    folder.chmod(0o711)  # under root, PostgreSQL's user has to pass here
    postgres, redis = Postgres(folder / "postgres", durable=True), Redis(folder / "redis", durable=False)
    try:
        redis.prepare()
        redis.start()
        postgres.prepare()
        postgres.start()
        redis.wait_until_ready()
        postgres.wait_until_ready()
        yield folder, postgres, redis
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def environment_of(folder: Path, urls: tuple[str, str], ports: tuple[int, int]) -> dict[str, str]:
    """Give the environment of the product's processes. urls: database, Redis. ports: server, platform."""
    platform = f"http://127.0.0.1:{ports[1]}"
    keys = {name: base64.b64encode(name[:1].encode() * 32).decode() for name in ("DATA_KEY", "INDEX_KEY")}
    return {
        **_SIMULATED_ACCOUNT,
        **keys,
        "CODE_SIGNING_KEY": base64.b64encode(b"c" * 32).decode(),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": urls[0],
        "REDIS_URL": urls[1],
        "PORT": str(ports[0]),
        "POOL_SIZE": "8",
        "CLIENTS_DIR": os.devnull,
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        "WECHAT_BASE_URL": platform,
        "WECHAT_TIMEOUT_SECONDS": str(CALL_SECONDS),
        "WECHAT_TEMPLATE_IDS": _template_ids(),
        "WECOM_BASE_URL": platform,
    }


def migrate(environment: dict[str, str]) -> None:
    """Bring the database up to date. Raises: StageBroken."""
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StageBroken(f"the database cannot be migrated:\n{done.stdout}{done.stderr}")


def write_people(settings: SimulatorSettings, openids: Sequence[str]) -> None:
    """Write people into the platform's ledger who have allowed more than anybody will send."""
    path = settings.data_dir / LEDGER_FILE
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as file, file:
        file.executemany(
            "INSERT INTO person (openid, session_key, phone, created_at) VALUES (?, '', '13800000000', 0)",
            [(openid,) for openid in openids],
        )
        file.executemany(
            "INSERT INTO consent (openid, template_id, credits, status) VALUES (?, ?, ?, 'accept')",
            [(openid, template, PLENTY) for openid in openids for template in set(TEMPLATE_IDS.values())],
        )


_next_port = itertools.count(FIRST_PORT + os.getpid() * 11 % 8000)


def free_ports(count: int) -> list[int]:
    """Find ports; no two stages of this process are given the same one, also before anybody listens there."""
    found: list[int] = []
    for port in itertools.takewhile(lambda port: port < 32000, _next_port):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise StageBroken("no free port")
