"""The database: transactions, what happens after them, and cancellation that loses no connection."""

import asyncio
import random

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError

from server import db
from tests import props


async def test_after_commit_waits_for_the_outermost_transaction(hospital):
    calls = []
    async with db.transaction():
        async with db.transaction():
            db.after_commit(lambda: calls.append("inner"))
        assert calls == []
    assert calls == ["inner"]


async def test_after_commit_says_nothing_about_what_was_rolled_back(hospital):
    calls = []
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            db.after_commit(lambda: calls.append("never"))
            raise ZeroDivisionError
    assert calls == []


async def test_a_broken_constraint_is_named(hospital):
    await props.a_campus(code="same")
    with pytest.raises(IntegrityError) as caught:
        await props.a_campus(code="same")
    assert db.violated(caught.value) == "campus_code_key"


async def test_cancelled_requests_lose_no_connection(hospital):
    async def work():
        async with db.transaction():
            await db.fetch("SELECT pg_sleep(0.002)")

    for _ in range(200):
        tasks = [asyncio.create_task(work()) for _ in range(4)]
        await asyncio.sleep(random.random() * 0.004)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(20):
        await asyncio.gather(*(db.fetch("SELECT 1") for _ in range(hospital.settings.pool_size)))


async def test_detached_work_does_not_join_the_open_transaction(hospital):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await db.detached(props.a_campus)
            raise ZeroDivisionError
    assert await props.count("campus") == 1


async def test_the_movable_clock_moves_both_python_and_sql(hospital, clock):
    from server import clock as time

    await clock.forward(days=3)
    row = await db.fetch_one("SELECT abs(extract(epoch FROM app_now() - $1)) AS seconds", time.now())
    assert row["seconds"] < 5


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (asyncpg.ConnectionDoesNotExistError("gone"), True),
        (asyncpg.CannotConnectNowError("starting up"), True),
        (asyncpg.AdminShutdownError("stopping"), True),
        (asyncpg.QueryCanceledError("statement timeout"), True),
        (asyncpg.DeadlockDetectedError("deadlock"), True),
        (ConnectionRefusedError(), True),
        (FileNotFoundError("socket"), True),
        (asyncpg.UndefinedTableError("a bug"), False),
        (ZeroDivisionError(), False),
    ],
)
def test_a_database_that_is_away_is_no_bug(error, is_away):
    assert db.is_away(error) is is_away
