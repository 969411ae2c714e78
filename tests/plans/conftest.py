"""An old hospital: a hundred thousand visits of the past, thousands of open bookings, as statistics know it and do not.

quiet: the statistics are of a night in which nobody had an open booking; then the day began. known: they are of now.
Connections keep their plans, so a hot statement must be right on both.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from infra.bench import looking
from infra.bench.crowd import Crowd, gather_crowd
from infra.past import make_history
from infra.past.statements import TABLES
from server import clock, db
from tests.conftest import fresh_database
from tests.plans.explaining import as_the_product

PAST = 100_000
PEOPLE = 6_000

# everybody has a booking in the next two weeks, the first thousand one of today too
BOOKED = """
WITH people AS (
    SELECT id, account_id, person_id, row_number() OVER (ORDER BY id) AS n FROM patient WHERE file_number LIKE 'B%'
), bands AS (
    SELECT s.*, se.day, se.department_id, se.practitioner_id, row_number() OVER (ORDER BY s.id) AS n
    FROM slot s JOIN session se ON se.id = s.session_id WHERE (se.day > $1) = $2
), born AS (
    INSERT INTO appointment (id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
                             number, status, held_until, open_place, day, starts_at, ends_at, channel)
    SELECT gen_random_uuid(), p.account_id, p.id, p.person_id, b.id, b.session_id, b.department_id, b.practitioner_id,
           1, CASE WHEN $2 AND n % 20 = 0 THEN 'held' ELSE 'booked' END,
           CASE WHEN $2 AND n % 20 = 0 THEN app_now() + interval '2 minutes' END, CASE WHEN $2 THEN 1 ELSE 2 END,
           b.day, b.starts_at, b.ends_at, 'miniapp'
    FROM people p JOIN bands b USING (n) WHERE b.day >= $1 RETURNING slot_id
)
UPDATE slot SET taken = 1, last_number = 1 FROM born WHERE slot.id = born.slot_id
"""


@dataclass(frozen=True)
class Old:
    """An old hospital: addresses of its two databases, and who is in it."""

    urls: dict[str, str]
    crowd: Crowd
    account_id: UUID  # of somebody with a long past
    today: date


@pytest_asyncio.fixture(scope="session")
async def old(servers, template) -> AsyncIterator[Old]:
    """Build it once."""
    async with fresh_database(servers, template) as quiet:
        connection = await as_the_product(quiet)
        crowd = await gather_crowd(connection, people=PEOPLE)
        await looking.plan_weeks(connection, crowd)
        for table in TABLES:
            await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        await make_history(quiet, PAST, invented=True)
        for is_later in (True, False):
            await connection.execute(BOOKED, clock.today(), is_later)
        account_id = await connection.fetchval(
            "SELECT account_id FROM appointment WHERE day < $1 LIMIT 1", clock.today()
        )
        await connection.close()
        name = quiet.partition("?")[0].rsplit("/", 1)[1]
        async with fresh_database(servers, name) as known:
            async with db.alone(known) as analysed:
                await analysed.execute("ANALYZE")
            yield Old({"quiet": quiet, "known": known}, crowd, account_id, clock.today())


@pytest.fixture(params=["quiet", "known"])
async def connection(old: Old, request: Any) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the product's, to either database."""
    found = await as_the_product(old.urls[request.param])
    yield found
    await found.close()
