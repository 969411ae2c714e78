"""`make_history`: writes a past of sessions, visits and people, in chunks of whole days."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pypinyin import lazy_pinyin

from infra.past import statements
from infra.past.plan import Plan, plan
from infra.seed.people import Names
from miniapp_api.catalogue.spelling import initials
from server import clock, db

WRITERS = 2  # connections that write chunks at the same time
NAMES = 500


class NotADemonstration(Exception):
    """This database is no demonstration's: nothing may be invented in it."""


@dataclass(frozen=True)
class Past:
    """What was made. bytes: the size of the database afterwards."""

    visits: int
    people: int
    days: int
    seconds: float
    bytes: int

    def text(self) -> str:
        """Say it."""
        return (
            f"已生成 / made: {self.visits:,} 次预约 appointments, {self.people:,} 人 people, {self.days} 天 days,"
            f" {self.seconds:.0f} s; 数据库 database {self.bytes / 2**30:.1f} GiB"
        )


async def make_history(
    url: str, visits: int, *, invented: bool = False, told: Callable[[str], None] = lambda text: None
) -> Past:
    """Give a hospital a past that ends before its first known day; twice makes it longer.

    url: of the database. visits: how many appointments, all of them over: 88 of 100 seen, 5 not come, 7 cancelled.
    invented: the database is the caller's own and need not be a demonstration's. told: hears how far it is.

    Raises: NotADemonstration, NothingToVisit.
    """
    began = time.monotonic()
    async with db.alone(url) as connection:
        if not invented and not await connection.fetchval(statements.IS_DEMONSTRATION):
            raise NotADemonstration()
        await _ready(connection)
        known = await connection.fetchval(statements.FIRST_KNOWN_DAY)
        count = await connection.fetchval(statements.HOW_MANY_CLINICS)
        made = plan(visits, count, before=min(known or clock.today(), clock.today()))
        born = clock.at(made.first_day, 0)
        told(f"{made.people:,} people")
        await _people(connection, made.people, born)
        await connection.execute("ANALYZE patient")
        chunks = iter(list(made.chunks()))
        await asyncio.gather(*(_write(url, made, chunks, told) for _ in range(WRITERS)))
        told("cleaning and analysing")
        await connection.execute(statements.FINISH)
        size = await connection.fetchval(statements.SIZE)
    return Past(made.visits, made.people, made.days, time.monotonic() - began, size)


async def _ready(connection: asyncpg.Connection) -> None:
    await connection.execute(statements.MADE_ID)
    await connection.execute(statements.CLINICS)
    await connection.execute("ANALYZE clinic")


async def _people(connection: asyncpg.Connection, count: int, born: datetime) -> None:
    drawn = Names(random.Random(1))
    names = [drawn.draw() for _ in range(NAMES)]
    pinyin = ["".join(lazy_pinyin(name)) for name in names]
    accounts, patients = statements.PEOPLE
    async with connection.transaction():
        await connection.execute(statements.LATE_COMMIT)
        await connection.execute(accounts, count, born)
        await connection.execute(patients, count, born, names, pinyin, [initials(name) for name in names])


async def _write(url: str, made: Plan, chunks, told: Callable[[str], None]) -> None:
    """Write chunks until none is left; `chunks` is shared by the writers."""
    async with db.alone(url) as connection:
        await _ready(connection)
        may_skip = await _may_skip_triggers(connection)
        for first, end in chunks:
            async with connection.transaction():
                await connection.execute(statements.LATE_COMMIT)
                if may_skip:
                    await connection.execute(statements.WITHOUT_TRIGGERS)
                await _chunk(connection, made, first, end)
            told(f"{end:,} of {made.visits:,} visits")


async def _may_skip_triggers(connection: asyncpg.Connection) -> bool:
    """Tell whether this role may; without the right every foreign key is asked for, and it takes twice as long."""
    try:
        async with connection.transaction():
            await connection.execute(statements.WITHOUT_TRIGGERS)
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


async def _chunk(connection: asyncpg.Connection, made: Plan, first: int, end: int) -> None:
    await connection.execute(
        statements.VISITS,
        first,
        end,
        made.practitioners,
        made.places,
        made.first_day,
        made.people,
        clock.at(made.first_day, 0),
        clock.zone().key,
    )
    for statement in statements.OF_A_CHUNK:
        await connection.execute(statement, *((made.places,) if statement is statements.SLOTS else ()))
