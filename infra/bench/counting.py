"""Statements per request, as PostgreSQL itself counts them: BEGIN and COMMIT and every look are in it."""

from collections.abc import Awaitable, Callable

import asyncpg

COUNT = """
SELECT coalesce(sum(calls), 0)::integer FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query NOT LIKE '%pg_stat_statements%'
"""
QUERIES = """
SELECT calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) AS query FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query NOT LIKE '%pg_stat_statements%' ORDER BY calls DESC LIMIT 12
"""


async def _track(connection: asyncpg.Connection, what: str) -> None:
    await connection.execute(f"ALTER SYSTEM SET pg_stat_statements.track = '{what}'")
    await connection.execute("SELECT pg_reload_conf()")
    # every session reads the change before its next statement; this one proves that the postmaster has told them
    while await connection.fetchval("SHOW pg_stat_statements.track") != what:
        await connection.execute("SELECT pg_sleep(0.01)")


async def statements(connection: asyncpg.Connection, work: Callable[[], Awaitable[int]]) -> tuple[float, list[str]]:
    """Count the statements that some work makes the server run.

    work: does it and gives how many requests it made; nothing else may run meanwhile.
    Returns: statements per request, and the statements themselves with how often each ran.
    """
    await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    await _track(connection, "top")
    try:
        await connection.execute("SELECT pg_stat_statements_reset()")
        requests = await work()
        count = await connection.fetchval(COUNT)
        queries = [f"{row['calls']:>6} × {row['query']}" for row in await connection.fetch(QUERIES)]
    finally:
        await _track(connection, "none")
    return count / max(requests, 1), queries
