"""The database: configuration, the base of all tables, transactions, raw statements, what happens after a commit.

The only place that opens transactions.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import asyncpg
from tortoise import Tortoise, fields
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, IntegrityError
from tortoise.models import Model
from tortoise.transactions import in_transaction  # noqa: TID251 - the one place

from server.errors import NotFound
from server.ids import new_id

APP = "hospital"
STATEMENT_SECONDS = 15
IDLE_IN_TRANSACTION_SECONDS = 30
LOCK_SECONDS = 5

# A clean context for work that is started inside a transaction but must not join it.
CLEAN = contextvars.copy_context()

_after: contextvars.ContextVar[list[Callable[[], None]] | None] = contextvars.ContextVar("after_commit", default=None)
# what a transaction does last: an act, and the names that it is done for
_Last = dict[Callable[[list[str]], Awaitable[None]], set[str]]
_last: contextvars.ContextVar[_Last | None] = contextvars.ContextVar("at_the_end", default=None)
_depth: contextvars.ContextVar[int] = contextvars.ContextVar("transaction_depth", default=0)

R = TypeVar("R", bound="Row")


class Row(Model):
    """What every table has: an identifier made by us, so that a retry can name the row before it exists."""

    id: Any = fields.UUIDField(primary_key=True, default=new_id)

    class Meta:
        abstract = True


def config(url: str, *, models: Iterable[str], pool_size: int = 10) -> dict[str, Any]:
    """Make the ORM's configuration from a `postgres://user:password@host:port/name?host=/socket/folder` address."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "connections": {
            "default": {
                "engine": "server.asyncpg_engine",
                "credentials": {
                    "host": query["host"][0] if "host" in query else parts.hostname,
                    "port": parts.port or 5432,
                    "user": unquote(parts.username or "postgres"),
                    "password": unquote(parts.password) if parts.password else None,
                    "database": parts.path.lstrip("/"),
                    "minsize": 2,
                    "maxsize": pool_size,
                    "command_timeout": STATEMENT_SECONDS,
                    "max_inactive_connection_lifetime": 120.0,
                    "server_settings": {
                        "application_name": "hospital",
                        "timezone": "UTC",
                        "jit": "off",
                        # plans are kept for as long as a connection lives: one that was made for an empty table
                        # would read a full one from end to end. Every hot statement has its index.
                        "enable_seqscan": "off",
                        "statement_timeout": str(STATEMENT_SECONDS * 1000),
                        "lock_timeout": str(LOCK_SECONDS * 1000),
                        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_SECONDS * 1000),
                    },
                },
            }
        },
        "apps": {APP: {"models": list(models), "default_connection": "default", "migrations": "infra.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(url: str, *, models: Iterable[str], pool_size: int = 10) -> None:
    """Open the database for this process and fail at once when it is not there."""
    await Tortoise.init(config=config(url, models=models, pool_size=pool_size), _enable_global_fallback=True)
    await fetch("SELECT 1")


async def disconnect() -> None:
    """Close every connection."""
    await Tortoise.close_connections()


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open one connection beside the pool, for what needs a session of its own; without time limits."""
    credentials = config(url, models=())["connections"]["default"]["credentials"]
    names = ("host", "port", "user", "password", "database")
    connection = await asyncpg.connect(**{name: credentials[name] for name in names})
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Do everything inside or nothing. Inside another one it is a savepoint."""
    outermost = _depth.get() == 0
    depth = _depth.set(_depth.get() + 1)
    queue = _after.set([]) if outermost else None
    last: _Last = {}
    gathered = _last.set(last) if outermost else None
    try:
        async with in_transaction():
            yield
            for act, names in last.items():
                await act(sorted(names))
        calls = _after.get() if outermost else None
    finally:
        _depth.reset(depth)
        if queue is not None:
            _after.reset(queue)
        if gathered is not None:
            _last.reset(gathered)
    for call in calls or ():
        call()


def after_commit(call: Callable[[], None]) -> None:
    """Run `call` once the outermost transaction has committed; at once when there is none.

    It carries no data: what a savepoint rolled back may still ring.
    """
    queue = _after.get()
    if queue is None:
        call()
    else:
        queue.append(call)


def at_the_end(act: Callable[[list[str]], Awaitable[None]], name: str) -> None:
    """Let a transaction do something for a name as its last act, once for all names, in their order.

    For rows that many transactions change: they are locked for a moment only, and always in the same order. What a
    savepoint rolled back is done all the same.
    Raises: RuntimeError outside a transaction.
    """
    last = _last.get()
    if last is None:
        raise RuntimeError("nothing is left to do at the end of no transaction")
    last.setdefault(act, set()).add(name)


def in_a_transaction() -> bool:
    """Tell whether a transaction is open in this task."""
    return _depth.get() > 0


async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
    """Run one statement, in the open transaction or as one of its own; give its rows."""
    return await get_connection("default").execute_query_dict(sql, list(args))


async def records(sql: str, *args: Any) -> Sequence[Mapping[str, Any]]:
    """Run one statement like `fetch`, for many rows: they come as the driver has them, to be read by name."""
    _, rows = await get_connection("default").execute_query(sql, list(args))
    return rows


async def fetch_one(sql: str, *args: Any) -> dict[str, Any] | None:
    """Run one statement; give its first row, or None."""
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def lock(model: type[R], row_id: UUID) -> R:
    """Lock one row until the end of the transaction and give it.

    Raises: NotFound.
    """
    row = await model.filter(id=row_id).select_for_update(no_key=True).first()
    if row is None:
        raise NotFound()
    return row


async def detached(make: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine outside the open transaction, on a connection of its own, and wait for it."""
    return await asyncio.get_running_loop().create_task(_call(make), context=CLEAN.copy())


async def _call(make: Callable[[], Awaitable[Any]]) -> Any:
    return await make()


# What the driver raises when the server is away, is starting or stopping, or does not get to it in time.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    DBConnectionError,
    ConnectionError,
    FileNotFoundError,
    TimeoutError,
)


def is_away(error: BaseException) -> bool:
    """Tell whether a statement failed because the database is not there or too busy: trying again may help."""
    return isinstance(error, _AWAY)


def violated(error: IntegrityError) -> str:
    """Name the constraint that a statement ran into; empty when the server did not say."""
    cause = error.args[0] if error.args else None
    name = cause.constraint_name if isinstance(cause, asyncpg.IntegrityConstraintViolationError) else None
    return name or ""
