"""The people of browser tests: whom a test brings in behind the scenes, and how each signs in by the page."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from server import clock
from tests.browser.hospital import OpenHospital
from tests.cast import Client, PatientClient, StaffClient, a_patient_with_a_phone

NEVER_CLOSED = "急诊医学科"
MOMENT = timedelta(minutes=2)  # a place that ends while the test runs is of no use


async def a_booked_patient(
    hospital: OpenHospital, *, name: str = "陈小雨", phone: str = "13800138000", department: str = NEVER_CLOSED
) -> tuple[PatientClient, dict[str, Any]]:
    """Bring in somebody who holds the next free place of a department; gives them and the appointment."""
    patient = await a_patient_with_a_phone(hospital, name=name, phone=phone)
    slot = await next_slot(hospital, department)
    return patient, await patient.books(slot["id"])


async def next_slot(hospital: OpenHospital, department: str = NEVER_CLOSED) -> dict[str, Any]:
    """Give the next slot of a department that has a place."""
    anybody = Client(hospital)
    departments = (await anybody.get("/departments?limit=100"))["items"]
    department_id = next(one["id"] for one in departments if one["name"] == department)
    slots = (await anybody.get(f"/slots?department={department_id}"))["items"]
    soon = clock.now() + MOMENT
    return next(one for one in slots if one["available"] > 0 and datetime.fromisoformat(one["ends_at"]) > soon)


async def a_staff_client(hospital: OpenHospital, username: str) -> StaffClient:
    """Sign a member of staff in by the API, for what a test does behind the scenes."""
    login = hospital.logins[username]
    reply = await Client(hospital).call(
        "POST",
        "/staff/sessions",
        {"username": login.username, "password": login.password},
        Idempotency_Key=str(uuid4()),
    )
    assert reply.status == 201, reply.raw
    return StaffClient(hospital, reply.body["token"], staff_id=reply.body["staff"]["id"], desk_id=hospital.desk_id)
