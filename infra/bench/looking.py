"""Looking for a slot: the bands of a department for two weeks, as a phone asks for them before it books."""

from datetime import timedelta
from itertools import product

import asyncpg

from infra.bench.crowd import Crowd
from infra.bench.load import prepared
from server import clock
from server.ids import new_id

DAYS = 14
HALVES = (8, 13)  # the hours at which mornings and afternoons begin
BANDS = 8
PLACES = 9


async def plan_weeks(connection: asyncpg.Connection, crowd: Crowd) -> int:
    """Give every practitioner full days for two weeks from tomorrow; give the bands of a department."""
    today, opens_at, half_hour = clock.today(), clock.now() - timedelta(days=1), timedelta(minutes=30)
    who = await connection.fetch(
        "SELECT practitioner_id, department_id, room_id FROM session WHERE id = ANY($1)",
        [*dict.fromkeys(place.session_id for place in crowd.places)],
    )
    sessions, slots = [], []
    for person, day, hour in product(who, range(1, DAYS + 1), HALVES):
        session_id, begins = new_id(), clock.at(today + timedelta(days=day), hour)
        sessions.append(
            (session_id, *person, today + timedelta(days=day), begins, begins + half_hour * BANDS, opens_at)
        )
        bands = [begins + half_hour * n for n in range(BANDS)]
        slots += [(new_id(), session_id, band, band + half_hour, PLACES) for band in bands]
    named = ("id", "practitioner_id", "department_id", "room_id", "day", "starts_at", "ends_at", "opens_at")
    await connection.copy_records_to_table("session", records=sessions, columns=named)
    of_slots = ("id", "session_id", "starts_at", "ends_at", "capacity")
    await connection.copy_records_to_table("slot", records=slots, columns=of_slots)
    await connection.execute("ANALYZE session, slot")
    return len(slots) // len(crowd.departments)


def requests(crowd: Crowd, count: int) -> list[bytes]:
    """Write searches, one department after the other, from today for two weeks."""
    last = clock.today() + timedelta(days=DAYS)
    return [
        prepared("GET", f"/api/v1/slots?department={crowd.departments[n % len(crowd.departments)]}&to={last}")
        for n in range(count)
    ]
