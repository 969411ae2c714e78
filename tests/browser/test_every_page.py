"""Every page of both clients, from lists that cannot forget one: photographed, narrow enough, free of axe findings."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import department_named, next_slot, sign_in_phone, sign_in_staff
from tests.browser.visits import a_survey_after_a_visit

CLIENTS = Path(__file__).parents[2] / "clients"
PAGES = [page["path"] for page in json.loads((CLIENTS / "miniapp" / "src" / "pages.json").read_text())["pages"]]
SECOND = "全科医疗科"
SETTLED_MS = 600  # a page paints its answers a moment after they came
NARROW = {"viewport": {"width": 360, "height": 740}}
DOORS = {
    "/sign-in": None,
    "/desk": "guide1",
    "/room": "room2",
    "/complaints": "handler1",
    "/hub": "supervisor1",
    "/boards": "guide1",
    "/": "ops1",
    "/nowhere/at/all": "guide1",
}


async def what_a_patient_has(phone: Device, hospital: OpenHospital) -> dict[str, str]:
    """Sign in on the phone, and let that person have visits, a survey and a complaint; gives what the pages ask for."""
    patient = await sign_in_phone(phone, hospital)
    survey = await a_survey_after_a_visit(patient)
    seen = (await patient.get("/appointments"))["items"][0]
    slot = await next_slot(hospital, SECOND)
    booked = await patient.books(slot["id"])
    complaint = await patient.post("/complaints", {"text": "等候区太冷，没有人管。"})
    department = (await department_named(hospital, SECOND))["id"]
    return {
        "times": f"department={department}",
        "confirm": f"department={department}&day={slot['starts_at'][:10]}&slot={slot['id']}",
        "appointment": f"id={booked['id']}",
        "survey": f"id={survey['id']}",
        "complaint": f"id={complaint['id']}",
        "complain": f"appointment={seen['id']}",
    }


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
async def test_every_page_of_the_phone(open_context, open_hospital, language):
    phone = await open_context("phone", **NARROW)
    asked = await what_a_patient_has(phone, open_hospital)
    values = json.dumps({"type": "string", "data": language})
    await phone.page.evaluate("(value) => localStorage.setItem('language', value)", values)
    if language == "zh-TW":  # the tired eyes of one language stand for all: sizes do not depend on it
        await phone.page.evaluate("localStorage.setItem('large-type', JSON.stringify({type: 'boolean', data: true}))")
    for path in PAGES:
        name = path.rsplit("/", 1)[1]
        await phone.goto("/m/?" + name + "#/" + path + (f"?{asked[name]}" if name in asked else ""))
        await is_still(phone)
        await phone.shoot(name, full_page=True)
        await fits(phone, name)
        await axe(phone.page)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(("door", "who"), DOORS.items())
async def test_every_page_of_the_console(desk, open_hospital, door, who, language):
    if who:
        await sign_in_staff(desk, open_hospital, who)
    await desk.page.context.add_init_script(f"localStorage.setItem('language', '{language}')")
    await desk.goto(f"/console{door}")
    await is_still(desk)
    assert await desk.page.evaluate("document.documentElement.lang") == language
    await desk.shoot("page")
    await fits(desk, door)
    await axe(desk.page)


async def is_still(device: Device) -> None:
    """Wait until nothing is asked for any more and words stand on the page."""
    await expect(device.page.locator("body")).to_have_text(re.compile(r"\S.{20,}", re.DOTALL))
    await device.page.wait_for_timeout(SETTLED_MS)
    await expect(device.page.get_by_role("status", name=re.compile("加载|載入|Loading"))).to_have_count(0)


async def fits(device: Device, name: str) -> None:
    """Fail when something is wider than the screen."""
    over = await device.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{name} is {over} pixels too wide"
