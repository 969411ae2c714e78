"""Scanning at the desk: over HTTP against one statement a scan that does the same effect."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from infra.bench import single_scan
from infra.bench.crowd import Crowd
from infra.bench.load import prepared
from miniapp_api.checkin import arrivals, codes, models, showing
from miniapp_api.queue.waiting.estimates import Pace, wait_table
from server import clock
from server.history import By
from server.ids import new_id

PATH = "/api/v1/desk/scans"
STATEMENT = single_scan.STATEMENT
ACCEPTED = b'"outcome":"accepted"'

EXPECTED = "SELECT id FROM appointment WHERE status = 'booked' ORDER BY id LIMIT $1"
EVERYBODY_SEEN = "UPDATE ticket SET state = 'done' WHERE state = 'waiting'"
USUAL_MINUTES = 8.0


async def expected(connection: asyncpg.Connection, count: int) -> list[UUID]:
    """Choose patients who are booked and not here yet, and clear the waiting rooms for them."""
    await connection.execute(EVERYBODY_SEEN)
    return [row["id"] for row in await connection.fetch(EXPECTED, count)]


def requests(crowd: Crowd, appointments: list[UUID], signing_key: bytes) -> list[bytes]:
    """Write one scan for each, by the guides in turn. The codes are those of the next step: they live for a minute."""
    now = clock.now() + codes.STEP
    made = [codes.patient_code(signing_key, appointment_id, now).text for appointment_id in appointments]
    return [_request(crowd, number, code) for number, code in enumerate(made)]


def of_slips(crowd: Crowd, appointments: list[UUID], signing_key: bytes) -> list[bytes]:
    """Write one scan for each of a printed slip, which holds for the whole day."""
    made = [codes.slip_code(signing_key, appointment_id, clock.today()) for appointment_id in appointments]
    return [_request(crowd, number, code) for number, code in enumerate(made)]


def _request(crowd: Crowd, number: int, code: str) -> bytes:
    token = crowd.guides[number % len(crowd.guides)]
    return prepared("POST", PATH, token=token, body=_body(crowd.desk_id, code))


def _body(desk_id: UUID, code: str) -> bytes:
    return orjson.dumps({"scan_id": str(new_id()), "code": code, "desk_id": str(desk_id)})


async def arguments(connection: asyncpg.Connection, crowd: Crowd, appointments: list[UUID]) -> list[tuple[Any, ...]]:
    """Give the statement's arguments for one scan of each, made as the product makes them."""
    by = By(kind="staff", id=crowd.guide_ids[0], channel="desk")
    about, within, _ = wait_table(Pace(usual_minutes=USUAL_MINUTES))
    look = await connection.prepare(models.LOOK)
    count = len(appointments)
    rows = [dict(row) for row in await look.fetch([None] * count, appointments, [crowd.desk_id] * count)]
    return [_arguments(row, crowd.desk_id, by, (about, within, clock.now())) for row in rows]


def _arguments(
    row: dict[str, Any], desk_id: UUID, by: By, waits: tuple[list[int], list[int], datetime]
) -> tuple[Any, ...]:
    about, within, now = waits
    ticket_id = new_id()
    # the product's own makers of arguments: a bench that wrote them anew would measure something else one day
    effect = arrivals.effect_of(row, ticket_id, now, by=by)
    scan = (new_id(), desk_id, showing.accepted(row, ticket_id, "zh-CN"))
    return single_scan.arguments(effect, scan, (about, within))
