"""Bookings that go out together: one that is poison dies alone, and a power cut leaves each done or not done."""

import asyncio
from uuid import UUID, uuid4

import aiohttp
import pytest

from miniapp_api.booking import places
from miniapp_api.booking.claims import Claim
from miniapp_api.wiring import WIRING
from server import db
from server.history import SYSTEM
from server.idempotency import Once
from tests import props
from tests.cast import a_patient_by_row
from tests.journeys.test_lost_answers import elsewhere
from tests.processes import a_server

PEOPLE = 12


def claim_of(patient, slot) -> Claim:
    return Claim(slot_id=slot.id, patient_id=UUID(patient.patient_id), account_id=UUID(patient.account_id), by=SYSTEM)


async def assert_sound() -> None:
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def test_a_poisoned_booking_dies_alone(hospital):
    slot = await props.a_slot(capacity=PEOPLE)
    crowd = [await a_patient_by_row(hospital) for _ in range(PEOPLE)]
    poison = Once(actor="account:x", key="no uuid", fingerprint=b"")  # the database refuses the whole statement
    asked = [places.take(claim_of(patient, slot), poison if n == 5 else None) for n, patient in enumerate(crowd)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [n for n, one in enumerate(found) if isinstance(one, Exception)] == [5]
    assert await props.count("appointment") == PEOPLE - 1
    await assert_sound()


@pytest.mark.parametrize(("point", "done"), [("group_asked", 0), ("group_done", None)])
async def test_a_power_cut_leaves_each_of_a_group_done_or_not_done(hospital, point, done):
    slot = await props.a_slot(capacity=PEOPLE)
    crowd = [await a_patient_by_row(hospital) for _ in range(PEOPLE)]
    keys = [str(uuid4()) for _ in crowd]
    site = elsewhere(hospital, KILL_POINT=point)

    async def books(patient, key):
        patient.site, body = site, {"slot_id": str(slot.id), "patient_id": patient.patient_id}
        with pytest.raises(aiohttp.ClientError):
            await patient.call("POST", "/appointments", body, Idempotency_Key=key)

    async with a_server(hospital.http, site.environment) as server:
        await asyncio.gather(*(books(patient, key) for patient, key in zip(crowd, keys, strict=True)))
        assert await server.ended() == -9 or server.status == 137
    before = await props.count("appointment")
    assert before == done if done is not None else 1 <= before <= PEOPLE
    assert await props.count("idempotency_record") == await props.count("fact") == before  # nothing is half done
    await assert_sound()
    replayed = 0
    for patient, key in zip(crowd, keys, strict=True):
        patient.site = hospital
        body = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
        reply = await patient.call("POST", "/appointments", body, Idempotency_Key=key)
        assert reply.status == 201
        replayed += "Idempotent-Replayed" in reply.headers
    assert replayed == before
    assert await props.count("appointment") == PEOPLE
    await assert_sound()
