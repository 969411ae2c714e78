"""Who came without an appointment has the visit on the phone: the number, the call, the advice."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.lines import an_empty_line
from tests.browser.people import a_staff_client, sign_in_phone
from tests.browser.test_phone_visit import NARROW, TURN_MS, shown

DEPARTMENT = "急诊医学科"


async def test_a_visit_without_an_appointment_is_on_the_phone(open_context, open_hospital):
    line = await an_empty_line(open_hospital, DEPARTMENT)
    doctor = await a_staff_client(open_hospital, "room2")
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="钱无约")
    body = {"patient_id": patient.patient_id, "department_id": line.department_id}
    ticket = (await line.guide.post("/desk/walk-ins", body))["ticket"]

    await phone.goto("/m/?walked#/pages/home/home")
    card = shown(page, "link", re.compile(ticket["number"]))
    await expect(card).to_contain_text("候诊中", timeout=TURN_MS)
    await axe(page)
    await phone.shoot("home")
    await card.tap()
    await expect(page.get_by_text("您的排队号")).to_be_visible()
    await expect(page.get_by_text(ticket["number"]).first).to_be_visible()
    await axe(page)
    await phone.shoot("waiting")

    called = await doctor.calls_next(ticket_room(line))
    assert called["number"] == ticket["number"]
    await expect(shown(page, "heading", re.compile("^请到"))).to_be_visible(timeout=TURN_MS)
    await doctor.post(f"/tickets/{ticket['id']}/start")
    await doctor.post(f"/tickets/{ticket['id']}/finish", {"advice": "多休息，按时服药。"})
    await expect(page.get_by_text("多休息，按时服药。")).to_be_visible(timeout=TURN_MS)
    await axe(page)
    await phone.shoot("after")


def ticket_room(line) -> str:
    """The room of the department in which room2 works."""
    return line.rooms[0]["id"]
