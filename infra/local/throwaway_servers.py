"""PostgreSQL and Redis for the length of a test run: fast, in a temporary folder, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.postgres import Postgres
from infra.local.redis import Redis


@dataclass(frozen=True)
class Throwaway:
    """Addresses of the two servers, and their processes for tests that end them."""

    database_url: str
    redis_url: str
    postgres: Postgres
    redis: Redis


@contextmanager
def throwaway() -> Iterator[Throwaway]:
    """Run both servers without any durability for the length of a `with`; from the main thread."""
    folder = Path(tempfile.mkdtemp(prefix="hospital-"))
    folder.chmod(0o711)  # under root, PostgreSQL's user has to pass here
    postgres = Postgres(folder / "postgres", durable=False)
    redis = Redis(folder / "redis", durable=False)
    try:
        redis.prepare()
        redis.start()
        postgres.prepare()
        postgres.start()
        redis.wait_until_ready()
        postgres.wait_until_ready()
        yield Throwaway(postgres.url, redis.url, postgres, redis)
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
