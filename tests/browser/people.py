"""The people of browser tests: whom a test brings in behind the scenes, and how each signs in by the page."""

import itertools
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import expect

from server import clock
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.cast import Client, PatientClient, StaffClient, a_patient_with_a_phone

NEVER_CLOSED = "急诊医学科"
_numbers = itertools.count(1)
MOMENT = timedelta(minutes=2)  # a place that ends while the test runs is of no use


def a_number() -> str:
    """Give a phone number that nobody has: name and phone are a person, on whichever account they stand."""
    return f"136{next(_numbers):08d}"


async def a_booked_patient(
    hospital: OpenHospital, *, name: str = "陈小雨", phone: str | None = None, department: str = NEVER_CLOSED
) -> tuple[PatientClient, dict[str, Any]]:
    """Bring in somebody who holds the next free place of a department; gives them and the appointment."""
    patient = await a_patient_with_a_phone(hospital, name=name, phone=phone or a_number())
    slot = await next_slot(hospital, department)
    return patient, await patient.books(slot["id"])


async def department_named(hospital: OpenHospital, name: str = NEVER_CLOSED) -> dict[str, Any]:
    """Give a department."""
    found = await Client(hospital).get("/departments?limit=100")
    return next(one for one in found["items"] if one["name"] == name)


async def next_slot(hospital: OpenHospital, department: str = NEVER_CLOSED) -> dict[str, Any]:
    """Give the next slot of a department that has a place; of the one that never closes, today's.

    Late in the evening other tests may have taken all that is left of the day: then one more clinic opens.
    """
    found = await department_named(hospital, department)
    slot = await _next_free(hospital, found["id"])
    if department == NEVER_CLOSED and not slot["starts_at"].startswith(str(clock.today())):
        await open_a_clinic_for_the_evening(hospital, found["id"])
        slot = await _next_free(hospital, found["id"])
    return slot


async def _next_free(hospital: OpenHospital, department_id: str) -> dict[str, Any]:
    slots = (await Client(hospital).get(f"/slots?department={department_id}"))["items"]
    soon = clock.now() + MOMENT
    return next(one for one in slots if one["available"] > 0 and datetime.fromisoformat(one["ends_at"]) > soon)


async def open_a_clinic_for_the_evening(hospital: OpenHospital, department_id: str) -> None:
    """Let somebody who is free see patients from the last full hour until midnight, in the department's first room."""
    admin = await a_staff_client(hospital, "admin")
    rooms = (await admin.get(f"/rooms?department={department_id}&limit=100"))["items"]
    hour = clock.local(clock.now()).replace(minute=0, second=0, microsecond=0)
    midnight = (hour + timedelta(days=1)).replace(hour=0)
    for one in (await admin.get(f"/practitioners?department={department_id}"))["items"]:
        body = {
            "practitioner_id": one["id"],
            "room_id": rooms[0]["id"],  # where room2 calls
            "starts_at": hour.isoformat(),
            "ends_at": midnight.isoformat(),
            "capacity": 100,
            "visit_type": "ordinary",
        }
        if (await admin.call("POST", "/admin/sessions", body)).status == 201:
            return
    raise AssertionError("nobody is free this evening")


async def sign_in_phone(
    device: Device, hospital: OpenHospital, *, name: str = "陈小雨", phone: str | None = None
) -> PatientClient:
    """Sign in on a phone's page as a new simulated person; gives the same session behind the scenes, with a file."""
    page = device.page
    await device.goto("/m/#/pages/signin/signin")
    await expect(page.get_by_role("heading", name="以模拟用户登录")).to_be_visible()
    async with page.expect_response("**/api/v1/sessions") as answer:
        await page.get_by_role("button", name="新建一位模拟用户").tap()
    session = await (await answer.value).json()
    await expect(page).not_to_have_url(re.compile("signin"))
    person = PatientClient(site=hospital, token=session["token"], account_id=session["account"]["id"])
    person.patient_id = (
        await person.post("/patients", {"name": name, "phone": phone or a_number(), "relation": "self"})
    )["id"]
    return person


async def sign_in_staff(device: Device, hospital: OpenHospital, username: str, door: str = "/") -> None:
    """Sign a member of staff in by the console's page, and be at a door behind it: `/desk`, `/room`, `/complaints`."""
    login = hospital.logins[username]
    await device.goto(f"/console/sign-in?next={door}")
    await device.page.get_by_label("用户名").fill(login.username)
    await device.page.get_by_label("密码").fill(login.password)
    await device.page.get_by_role("button", name="登录", exact=True).click()
    await expect(device.page).not_to_have_url(re.compile("/sign-in"))


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
