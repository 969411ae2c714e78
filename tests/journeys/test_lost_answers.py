"""The answer is lost: a server is restarted, or killed between commit and reply. Asking again tells the truth."""

from dataclasses import replace
from uuid import uuid4

import aiohttp
import pytest

from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.conftest import free_port
from tests.processes import a_server


def elsewhere(hospital, **environment: str):
    """The same product in another process on another port, over the same database."""
    port = str(free_port())
    env = {**hospital.environment, "PORT": port, **environment}
    return replace(hospital, base=f"http://127.0.0.1:{port}", environment=env)


async def test_a_booking_is_answered_again_after_a_restart(hospital):
    slot = await props.a_slot()
    patient = await a_patient_by_row(hospital)
    key, body = str(uuid4()), {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    site = elsewhere(hospital)
    patient.site = site
    async with a_server(hospital.http, site.environment) as server:
        first = await patient.call("POST", "/appointments", body, Idempotency_Key=key)
        assert await server.stop() == 0
    async with a_server(hospital.http, site.environment):
        again = await patient.call("POST", "/appointments", body, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201)
    assert again.raw == first.raw
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await props.count("appointment") == 1


async def test_a_booking_whose_answer_was_killed_is_there_once(hospital):
    slot = await props.a_slot(capacity=1)
    patient = await a_patient_by_row(hospital)
    key, body = str(uuid4()), {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    site = elsewhere(hospital, KILL_POINT="before_reply")
    patient.site = site
    async with a_server(hospital.http, site.environment) as server:
        with pytest.raises(aiohttp.ClientError):
            await patient.call("POST", "/appointments", body, Idempotency_Key=key)
        assert await server.ended() == -9 or server.status == 137
    assert await props.count("appointment") == 1
    patient.site = hospital
    again = await patient.call("POST", "/appointments", body, Idempotency_Key=key)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.body["status"] == "booked"
    assert await props.count("appointment") == 1
    assert await props.count("slot", "taken = 1") == 1


async def test_a_walk_in_whose_answer_was_killed_has_one_ticket(hospital):
    department_id = await props.a_department()
    guide = await a_member_of_staff(hospital, "guide", desk_id=await props.a_desk())
    key = str(uuid4())
    body = {
        "patient": {"name": "李小四", "phone": "13900139000"},
        "department_id": str(department_id),
        "triage": "normal",
    }
    site = elsewhere(hospital, KILL_POINT="before_reply")
    guide.site = site
    async with a_server(hospital.http, site.environment) as server:
        with pytest.raises(aiohttp.ClientError):
            await guide.call("POST", "/desk/walk-ins", body, Idempotency_Key=key)
        await server.ended()
    guide.site = hospital
    again = await guide.call("POST", "/desk/walk-ins", body, Idempotency_Key=key)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true"), again.raw
    assert await props.count("ticket") == 1
    assert await props.count("patient") == 1
