"""Booking: over HTTP against the one statement that does the same effect, from as many connections."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from infra.bench.crowd import Place, Somebody
from infra.bench.load import prepared
from miniapp_api.booking import models
from miniapp_api.booking.models import SlotSeen
from miniapp_api.booking.rules import MAX_OPEN_BOOKINGS
from miniapp_api.booking.views import new_appointment
from server.events import fact_row
from server.facts import AppointmentBooked
from server.idempotency import fingerprint
from server.ids import new_id

PATH = "/api/v1/appointments"
STATEMENT = models.BOOK


def body_of(somebody: Somebody, place: Place) -> bytes:
    """Write what a phone sends to book."""
    return orjson.dumps({"slot_id": str(place.slot_id), "patient_id": str(somebody.patient_id)})


def requests(people: list[Somebody], places: list[Place]) -> list[bytes]:
    """Write one booking for each, with an Idempotency-Key; neighbours in time want other slots."""
    return [
        prepared(
            "POST",
            PATH,
            token=somebody.token,
            body=body_of(somebody, place),
            headers=(("Idempotency-Key", str(new_id())),),
        )
        for somebody, place in zip(people, cycle(places), strict=False)
    ]


async def slots_of(connection: asyncpg.Connection, places: list[Place]) -> dict[UUID, SlotSeen]:
    """Read the slots as the product reads them before it books."""
    found = {}
    for session_id in {place.session_id for place in places}:
        for row in await connection.fetch(models.SLOTS_OF_SESSION, session_id):
            found[row["slot_id"]] = SlotSeen(**dict(row))
    return found


def arguments(people: list[Somebody], places: list[Place], slots: dict[UUID, SlotSeen]) -> list[tuple]:
    """Give the statement's arguments for one booking of each, the same as the product would send."""
    return list(_arguments(people, places, slots))


def _arguments(people: list[Somebody], places: list[Place], slots: dict[UUID, SlotSeen]) -> Iterator[tuple[Any, ...]]:
    for somebody, place in zip(people, cycle(places), strict=False):
        slot, appointment_id = slots[place.slot_id], new_id()
        fact_id, _, payload = fact_row(
            AppointmentBooked(
                appointment_id=appointment_id,
                version=1,
                account_id=somebody.account_id,
                patient_id=somebody.patient_id,
                patient_name="张小三",
                department_id=slot.department_id,
                department_name=slot.department_name,
                practitioner_name=slot.practitioner_name,
                location=slot.location,
                number=0,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
            )
        )
        yield (
            place.slot_id,
            appointment_id,
            somebody.account_id,
            somebody.patient_id,
            MAX_OPEN_BOOKINGS,
            "miniapp",
            None,
            new_id(),
            "patient",
            somebody.account_id,
            fact_id,
            payload,
            *new_appointment(appointment_id, slot, somebody.patient_id),
            f"account:{somebody.account_id}",
            new_id(),
            fingerprint("POST", PATH, body_of(somebody, place)),
            slot.session_version,
        )
