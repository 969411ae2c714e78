"""Booking over HTTP, as phones send it."""

from itertools import cycle

import orjson

from infra.bench.crowd import Place, Somebody
from infra.bench.load import prepared
from server.ids import new_id

PATH = "/api/v1/appointments"
BOOKED = b'"status":"booked"'


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
