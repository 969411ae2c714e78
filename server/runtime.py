"""`async with running(settings)`: opens database, Redis and HTTP alike for servers, workers, commands and tests."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import ormsgpack
from arq.connections import ArqRedis
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from server import clock, db, jobs, kill_points, live, privacy
from server.config import Settings
from server.wechat import Wechat

KERNEL_MODELS = ("server.accounts", "server.hospital")
REDIS_SECONDS = 2.0


@dataclass(frozen=True)
class Runtime:
    """What a process has open."""

    settings: Settings
    redis: Redis
    arq: ArqRedis
    http: aiohttp.ClientSession
    wechat: Wechat


_running: dict[str, Runtime | None] = {"runtime": None}


def runtime() -> Runtime:
    """Give what this process has open.

    Raises: RuntimeError when nothing is.
    """
    found = _running["runtime"]
    if found is None:
        raise RuntimeError("nothing is running in this process")
    return found


def pack(value: object) -> bytes:
    """Encode what goes through the queue; an exception becomes its name and text."""
    return ormsgpack.packb(value, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, BaseException):
        return {"error": type(value).__name__}
    return str(value)


def redis_pool(url: str, *, size: int = 20) -> BlockingConnectionPool:
    """Make a pool with time limits; `unix:///path` or `redis://host:port/n`. It connects when it is first used."""
    return BlockingConnectionPool.from_url(
        url,
        max_connections=size,
        timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def subscriber_of(url: str) -> Redis:
    """Make a client for one endless subscription: it waits without a time limit."""
    if url.startswith("unix://"):
        return Redis(connection_pool=_unlimited(url))
    return Redis.from_url(url, socket_connect_timeout=REDIS_SECONDS)


def _unlimited(url: str) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(url, max_connections=10, connection_class=UnixDomainSocketConnection)


@asynccontextmanager
async def running(settings: Settings, *, models: Iterable[str], serves: bool = False) -> AsyncIterator[Runtime]:
    """Open everything, give it, and close it in the end.

    models: modules with the tables of the packages. serves: whether this process has readers of live streams.
    Redis may be away: it is only the bell.
    """
    clock.use_zone(settings.zone)
    privacy.use_keys(settings.keys)
    kill_points.use_kill_point(settings.kill_point)
    await db.connect(settings.database_url, models=(*KERNEL_MODELS, *models), pool_size=settings.pool_size)
    redis = Redis(connection_pool=redis_pool(settings.redis_url))
    subscriber = subscriber_of(settings.redis_url)
    arq = ArqRedis(redis_pool(settings.redis_url), job_serializer=pack, job_deserializer=ormsgpack.unpackb)
    bell = jobs.ArqBell(arq)
    # no limit here: each channel has its own, and a slow provider must not take the connections of another
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())
    found = Runtime(settings=settings, redis=redis, arq=arq, http=http, wechat=Wechat(settings.wechat, http))
    streams = live.Streams(subscriber, redis) if serves else live.Nudger(redis)
    try:
        jobs.use_bell(bell)
        live.use_streams(streams)
        streams.start()
        _running["runtime"] = found
        yield found
    finally:
        _running["runtime"] = None
        await streams.stop()
        await bell.close()
        jobs.use_bell(None)
        live.use_streams(None)
        await http.close()
        for client in (redis, subscriber, arq):
            await client.aclose(close_connection_pool=True)
        await db.disconnect()
