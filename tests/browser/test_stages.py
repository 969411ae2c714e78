"""The way through the stations on a phone: where to go now, what is next, back into the line, on after the doctor."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.lines import an_empty_line
from tests.browser.people import NEVER_CLOSED, a_staff_client, next_slot, sign_in_phone
from tests.browser.test_phone_visit import NARROW, TURN_MS, shown


async def test_a_patient_is_led_from_station_to_station(open_context, open_hospital):
    line = await an_empty_line(open_hospital, NEVER_CLOSED)
    doctor = await a_staff_client(open_hospital, "room2")
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital)
    booked = await patient.books((await next_slot(open_hospital))["id"])
    early = {"appointment_id": booked["id"], "override": {"reason": "early for the test"}}
    await line.guide.post("/desk/check-ins", early)
    ticket = await doctor.calls_next(booked["room"]["id"])
    await doctor.post(f"/tickets/{ticket['id']}/start")
    await doctor.post(f"/tickets/{ticket['id']}/stage", {"stages": ["billing", "examination"], "place": "一楼 3 号窗"})

    await phone.goto(f"/m/#/pages/appointment/appointment?id={booked['id']}")
    await expect(shown(page, "heading", re.compile("^缴费$"))).to_be_visible(timeout=TURN_MS)
    await expect(page.get_by_text("一楼 3 号窗").first).to_be_visible()
    way = shown(page, "list", "")
    await expect(way.get_by_role("listitem").filter(has_text="检查")).to_contain_text("接下来")
    await axe(page)
    await phone.shoot("now")
    await shown(page, "button", "缴费已完成").tap()
    await expect(shown(page, "heading", re.compile("^检查$"))).to_be_visible(timeout=TURN_MS)
    await shown(page, "button", "检查已完成").tap()
    await expect(shown(page, "heading", "都完成了，请回到诊室门口")).to_be_visible(timeout=TURN_MS)
    await axe(page)
    await phone.shoot("back")
    await shown(page, "button", "我回来了，重新排队").tap()
    await expect(shown(page, "heading", re.compile("下一位就是您|前面还有"))).to_be_visible(timeout=TURN_MS)
    await phone.shoot("line")

    await doctor.calls_next(booked["room"]["id"])
    await doctor.post(f"/tickets/{ticket['id']}/start")
    await doctor.post(f"/tickets/{ticket['id']}/finish", {"stages": ["pharmacy", "discharge"]})
    await expect(shown(page, "button", "取药已完成")).to_be_visible(timeout=TURN_MS)
    await axe(page)
    await phone.shoot("after")
