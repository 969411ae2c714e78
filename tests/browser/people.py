"""The people of browser tests: whom a test brings in behind the scenes, and how each signs in by the page."""

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
MOMENT = timedelta(minutes=2)  # a place that ends while the test runs is of no use


async def a_booked_patient(
    hospital: OpenHospital, *, name: str = "陈小雨", phone: str = "13800138000", department: str = NEVER_CLOSED
) -> tuple[PatientClient, dict[str, Any]]:
    """Bring in somebody who holds the next free place of a department; gives them and the appointment."""
    patient = await a_patient_with_a_phone(hospital, name=name, phone=phone)
    slot = await next_slot(hospital, department)
    return patient, await patient.books(slot["id"])


async def department_named(hospital: OpenHospital, name: str = NEVER_CLOSED) -> dict[str, Any]:
    """Give a department."""
    found = await Client(hospital).get("/departments?limit=100")
    return next(one for one in found["items"] if one["name"] == name)


async def next_slot(hospital: OpenHospital, department: str = NEVER_CLOSED) -> dict[str, Any]:
    """Give the next slot of a department that has a place."""
    found = await department_named(hospital, department)
    slots = (await Client(hospital).get(f"/slots?department={found['id']}"))["items"]
    soon = clock.now() + MOMENT
    return next(one for one in slots if one["available"] > 0 and datetime.fromisoformat(one["ends_at"]) > soon)


async def sign_in_phone(
    device: Device, hospital: OpenHospital, *, name: str = "陈小雨", phone: str = "13800138000"
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
    person.patient_id = (await person.post("/patients", {"name": name, "phone": phone, "relation": "self"}))["id"]
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
