"""Waiting until statements of the product stand before a lock: a race that always happens."""

import asyncio

from server import db

_WAITING = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def somebody_waits(people: int = 1) -> None:
    """Come back when so many statements wait for a lock; fails after twenty seconds.

    Inside a transaction too, where the server would go on telling what it told first.
    """
    async with asyncio.timeout(20):
        while (row := await db.fetch_one(_WAITING)) is None or row["n"] < people:
            await asyncio.sleep(0.005)
            await db.fetch("SELECT pg_stat_clear_snapshot()")
