"""A hot band: everybody wants the same half hour, which has room for all."""

from datetime import timedelta

import asyncpg

from infra.bench.crowd import Crowd, Place
from server import clock
from server.ids import new_id

CLIENTS = 500
ROOM = 1_000_000


async def prepare(connection: asyncpg.Connection, crowd: Crowd) -> Place:
    """Plan a session in three days with one band."""
    last = crowd.places[-1]
    begins = clock.at(clock.today() + timedelta(days=3), 20)
    session_id, slot_id = new_id(), new_id()
    await connection.execute(
        "INSERT INTO session (id, practitioner_id, department_id, day, starts_at, ends_at, opens_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        session_id,
        last.practitioner_id,
        last.department_id,
        clock.local(begins).date(),
        begins,
        begins + timedelta(minutes=30),
        clock.now() - timedelta(days=1),
    )
    await connection.execute(
        "INSERT INTO slot (id, session_id, starts_at, ends_at, capacity) VALUES ($1, $2, $3, $4, $5)",
        slot_id,
        session_id,
        begins,
        begins + timedelta(minutes=30),
        ROOM,
    )
    return Place(slot_id, session_id, last.department_id, last.practitioner_id)
