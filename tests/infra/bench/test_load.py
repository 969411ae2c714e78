"""The bench's own clients and statements do what the product does."""

import asyncio

import pytest

from infra.bench import booking, scanning
from infra.bench.crowd import gather_crowd
from infra.bench.load import _http_turn, _sql_turn, prepared
from server import db


@pytest.fixture
async def connection(hospital):
    async with db.alone(hospital.settings.database_url) as found:
        yield found


async def in_a_thread(function, *arguments):
    """Run a turn beside the server under test, which lives in this loop; the bench has a process for it."""
    return await asyncio.to_thread(function, *arguments)


async def test_the_clients_count_successes_and_keep_the_first_failures(hospital):
    requests = [prepared("GET", "/healthz")] * 20 + [prepared("GET", "/nowhere")] * 5
    turn = await in_a_thread(_http_turn, (hospital.settings.web.port,), requests, (4, 10.0, b""))
    assert (turn.done, len(turn.milliseconds), len(turn.trouble)) == (20, 20, 3)
    assert turn.trouble[0].startswith("404")


async def test_the_statement_books_what_the_api_books(hospital, connection):
    crowd = await gather_crowd(connection, people=8)
    slots = await booking.slots_of(connection, crowd.places[:2])
    arguments = booking.arguments(crowd.people[:4], crowd.places[:2], slots)
    by_statement = await in_a_thread(_sql_turn, hospital.settings.database_url, booking.STATEMENT, arguments, (2, 10.0))
    requests = booking.requests(crowd.people[4:], crowd.places[:2])
    over_http = await in_a_thread(_http_turn, (hospital.settings.web.port,), requests, (2, 10.0, b'"status":"booked"'))
    assert (by_statement.done, by_statement.trouble) == (4, ())
    assert (over_http.done, over_http.trouble) == (4, ())
    assert await connection.fetchval("SELECT sum(taken) FROM slot") == 8
    rows = await connection.fetch("SELECT count(*) FROM idempotency_record UNION ALL SELECT count(*) FROM fact")
    assert [row["count"] for row in rows] == [8, 8]


async def test_the_statement_scans_what_the_api_scans(hospital, connection):
    crowd = await gather_crowd(connection, people=6)
    await in_a_thread(
        _http_turn, (hospital.settings.web.port,), booking.requests(crowd.people, crowd.places), (2, 10.0, b"")
    )
    expected = await scanning.expected(connection, 6)
    arguments = await scanning.arguments(connection, crowd, expected[:3])
    by_statement = await in_a_thread(
        _sql_turn, hospital.settings.database_url, scanning.STATEMENT, arguments, (2, 10.0)
    )
    requests = scanning.requests(crowd, expected[3:], hospital.settings.keys.code_signing)
    over_http = await in_a_thread(_http_turn, (hospital.settings.web.port,), requests, (2, 10.0, scanning.ACCEPTED))
    assert (by_statement.done, by_statement.trouble) == (3, ())
    assert (over_http.done, over_http.trouble) == (3, ())
    assert await connection.fetchval("SELECT count(*) FROM ticket WHERE state = 'waiting'") == 6
