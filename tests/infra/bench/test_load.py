"""The bench's own clients and statements do what the product does."""

import asyncio

import pytest

from infra.bench import booking, looking, release, scanning, single
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
    arguments = single.arguments(crowd.people[:4], crowd.places[:2])
    by_statement = await in_a_thread(_sql_turn, hospital.settings.database_url, single.STATEMENT, arguments, (2, 10.0))
    requests = booking.requests(crowd.people[4:], crowd.places[:2])
    over_http = await in_a_thread(_http_turn, (hospital.settings.web.port,), requests, (2, 10.0, booking.BOOKED))
    assert (by_statement.done, by_statement.trouble) == (4, ())
    assert (over_http.done, over_http.trouble) == (4, ())
    assert await release.counters(connection, crowd.places[:2]) == ()
    assert await connection.fetchval("SELECT sum(taken) FROM slot") == 8
    rows = await connection.fetch("SELECT count(*) FROM idempotency_record UNION ALL SELECT count(*) FROM fact")
    assert [row["count"] for row in rows] == [8, 8]
    answers = await connection.fetch("SELECT length(body) AS bytes FROM idempotency_record ORDER BY 1")
    assert answers[-1]["bytes"] - answers[0]["bytes"] < 100, "the reference writes less than the product"


async def test_a_release_is_sold_out_and_everybody_is_told(hospital, connection, monkeypatch):
    monkeypatch.setattr(release, "LEAD_SECONDS", 0.5)
    crowd = await gather_crowd(connection, people=300)
    places, opens_at = await release.prepare(connection, crowd)
    work = booking.requests(crowd.people, places)
    rush = await in_a_thread(release.rush_turn, (hospital.settings.web.port,), work, opens_at)
    assert rush.answers == {release.SOLD: release.PLACES, release.REFUSED: 300 - release.PLACES}
    assert await release.sold_out(connection, places) == ()
    assert await release.counters(connection, places) == ()
    assert release.Checked(300, rush, ()).is_right
    await connection.execute("UPDATE slot SET taken = taken - 1 WHERE id = $1", places[0].slot_id)
    assert await release.counters(connection, places) == ("a counter is not its rows",)


async def test_slots_are_planned_for_two_weeks_and_found(hospital, connection):
    crowd = await gather_crowd(connection, people=1)
    planned = await looking.plan_weeks(connection, crowd)
    turn = await in_a_thread(
        _http_turn, (hospital.settings.web.port,), looking.requests(crowd, 2), (1, 10.0, b'"items":[{')
    )
    assert (turn.done, turn.trouble) == (2, ())
    per_practitioner = looking.DAYS * len(looking.HALVES) * looking.BANDS
    assert planned == 4 * per_practitioner


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
