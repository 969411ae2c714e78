"""Every page of both clients, from lists that cannot forget one: photographed, narrow enough, free of axe findings."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.follow_ups import a_follow_up
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named, next_slot, sign_in_phone, sign_in_staff
from tests.browser.stops import a_stopped_visit
from tests.browser.visits import a_survey_after_a_visit
from tests.browser.waits import a_full_clinic, waits
from tests.cast import Client

CLIENTS = Path(__file__).parents[2] / "clients"
PAGES = [page["path"] for page in json.loads((CLIENTS / "miniapp" / "src" / "pages.json").read_text())["pages"]]
SECOND = "全科医疗科"
NARROW = {"viewport": {"width": 360, "height": 740}}
DOORS = {
    "/sign-in": None,
    "/desk": "guide1",
    "/room": "room2",
    "/complaints": "handler1",
    "/complaint-clocks": "supervisor1",
    "/hub": "supervisor1",
    "/hub/overview": "supervisor1",
    "/hub/dead-letters": "supervisor1",
    "/hub/trial": "supervisor1",
    "/admin/low-rules": "supervisor1",
    "/escalations": "supervisor1",
    "/duty": "supervisor1",
    "/duty/dates": "supervisor1",
    "/duty/away": "supervisor1",
    "/duty/people": "supervisor1",
    "/duty/rules": "supervisor1",
    "/comments": "supervisor1",
    "/case-library": "handler1",
    "/complaint-analysis": "supervisor1",
    "/improvements": "supervisor1",
    "/improvements/new": "supervisor1",
    "/admin/complaint-causes": "admin",
    "/admin/webhooks": "admin",
    "/admin/webhooks/new": "admin",
    "/strikes/appeals": "service1",
    "/strikes/people": "supervisor1",
    "/strikes/outages": "guide1",
    "/admin/booking-settings": "admin",
    "/admin/templates": "ops1",
    "/consents": "service1",
    "/admin/queue-rules": "head1",
    "/queue-order": "guide1",
    "/booking": "service1",
    "/waitlist": "service1",
    "/scans": "handler1",
    "/posters": "supervisor1",
    "/waits": "supervisor1",
    "/scores": "supervisor1",
    "/scores/people": "head1",
    "/signals": "supervisor1",
    "/replay": "supervisor1",
    "/what-if": "head1",
    "/calling": "guide1",
    "/boards": "guide1",
    "/stops": "supervisor1",
    "/stop-calls": "service1",
    "/calls": "service1",
    "/admin/care-plans": "supervisor1",
    "/triage": "supervisor1",
    "/survey-calls": "service1",
    "/questionnaires": "supervisor1",
    "/survey-links": "supervisor1",
    "/survey-settings": "admin",
    "/reports": "supervisor1",
    "/admin/routing": "admin",
    "/admin/routing/visit": "admin",
    "/admin/report-settings": "admin",
    "/admin/triage-settings": "admin",
    "/admin/schedules": "admin",
    "/admin/schedules/rules": "admin",
    "/admin/schedules/exceptions": "admin",
    "/admin/schedules/calendar": "admin",
    "/admin/schedules/release": "admin",
    "/admin/schedules/draws": "admin",
    "/admin/schedules/conflicts": "admin",
    "/admin/faq": "service1",
    "/admin/faq/new": "supervisor1",
    "/admin/hospital": "admin",
    "/admin/campuses": "admin",
    "/admin/departments": "admin",
    "/admin/departments/new": "admin",
    "/admin/practitioners": "admin",
    "/admin/practitioners/new": "admin",
    "/admin/rooms/new": "admin",
    "/admin/prices": "admin",
    "/admin/stages": "admin",
    "/admin/imports": "admin",
    "/staff": "admin",
    "/staff/new": "admin",
    "/follow-ups": "service1",
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
    stopped = await a_stopped_visit(patient, policy="offer")
    follow_up = await a_follow_up(patient)  # before the complaint, which would hold it
    complaint = await patient.post("/complaints", {"text": "等候区太冷，没有人管。"})
    department = (await department_named(hospital, SECOND))["id"]
    visit = (await patient.get(f"/appointments/{seen['id']}"))["visit"]["encounter_id"]
    later = await a_slot_on_another_day(hospital, slot)
    answer = (await Client(hospital).get("/faq?limit=1"))["items"][0]
    admin = await a_staff_client(hospital, "admin")
    draw = (await admin.get("/admin/draws?limit=1"))["items"][0]  # of the department that draws, however far it is
    full, _, _ = await a_full_clinic(hospital, SECOND)
    entry = await waits(patient, full)
    guide = await a_staff_client(hospital, "guide1")
    alone = {"patient_id": patient.patient_id, "department_id": department}
    supervisor = await a_staff_client(hospital, "supervisor1")
    poster = await supervisor.post("/admin/survey-links", {"kind": "poster", "department_id": department})
    walked_in = (await guide.post("/desk/walk-ins", alone))["ticket"]
    return {
        "times": f"department={department}",
        "confirm": f"department={department}&day={later['starts_at'][:10]}&slot={later['id']}",
        "answer": f"id={answer['id']}",
        "revisit": f"encounter={visit}&patient={patient.patient_id}&department={seen['department']['id']}",
        "appointment": f"id={booked['id']}",
        "visit": f"id={walked_in['id']}",
        "survey": f"id={survey['id']}",
        "s": f"t={poster['url'].partition('t=')[2]}",
        "complaint": f"id={complaint['id']}",
        "followup": f"id={follow_up['id']}",
        "complain": f"appointment={seen['id']}",
        "stopped": f"id={stopped['id']}",
        "draw": f"id={draw['id']}",
        "waiting": f"id={entry['id']}",
        "wait": f"department={department}&session={full['session_id']}&day={full['starts_at'][:10]}",
    }


async def a_slot_on_another_day(hospital: OpenHospital, slot: dict[str, Any]) -> dict[str, Any]:
    """Give a free slot of the same department on another day, which the same person can have as well."""
    slots = (await Client(hospital).get(f"/slots?department={slot['department_id']}"))["items"]
    return next(one for one in slots if one["status"] == "open" and one["starts_at"][:10] > slot["starts_at"][:10])


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
@pytest.mark.parametrize("who", dict.fromkeys(DOORS.values()))
async def test_every_page_of_the_console(desk, open_hospital, who, language):
    if who:
        await sign_in_staff(desk, open_hospital, who)
    await desk.page.context.add_init_script(f"localStorage.setItem('language', '{language}')")
    for door in (door for door, opener in DOORS.items() if opener == who):
        await desk.goto(f"/console{door}")
        await is_still(desk)
        assert await desk.page.evaluate("document.documentElement.lang") == language, door
        await desk.shoot(door.strip("/").replace("/", "-") or "home")
        await fits(desk, door)
        await axe(desk.page)


async def is_still(device: Device) -> None:
    """Wait until nothing is asked for any more and words stand on the page."""
    await expect(device.page.locator("body")).to_have_text(re.compile(r"\S.{20,}", re.DOTALL))
    await device.guard.quiet()
    await expect(device.page.get_by_role("status", name=re.compile("加载|載入|Loading"))).to_have_count(0)


async def fits(device: Device, name: str) -> None:
    """Fail when something is wider than the screen."""
    over = await device.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert over <= 0, f"{name} is {over} pixels too wide"
