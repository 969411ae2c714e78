"""The phone finds a doctor, an answer, a place: search, holds, any doctor, coming again after a visit."""

import re
from datetime import datetime, timedelta
from typing import Any

from playwright.async_api import Page, Route, expect

from server import clock
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.lines import an_empty_line
from tests.browser.network import slow_network
from tests.browser.people import NEVER_CLOSED, a_staff_client, department_named, next_slot, sign_in_phone
from tests.browser.test_phone_visit import looks_right, shown
from tests.browser.visits import a_survey_after_a_visit
from tests.cast import Client, PatientClient

NARROW = {"viewport": {"width": 360, "height": 740}}
TIME = re.compile(r"\d\d:\d\d 余")
DEPARTMENT = "全科医疗科"


async def a_doctor_with_a_place(hospital: OpenHospital) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a doctor and a slot of theirs on another day than today."""
    department = await department_named(hospital, DEPARTMENT)
    slots = (await Client(hospital).get(f"/slots?department={department['id']}"))["items"]
    later = clock.now() + timedelta(days=1)
    slot = next(one for one in slots if one["status"] == "open" and datetime.fromisoformat(one["starts_at"]) > later)
    return await Client(hospital).get(f"/practitioners/{slot['practitioner_id']}"), slot


def begins(slot: dict[str, Any]) -> str:
    return slot["starts_at"][11:16]


def tab_of(slot: dict[str, Any]) -> re.Pattern[str]:
    return re.compile(f"{int(slot['starts_at'][5:7])}月{int(slot['starts_at'][8:10])}日")


async def statuses(patient: PatientClient) -> list[str]:
    return [one["status"] for one in (await patient.get("/appointments"))["items"]]


async def test_from_pinyin_over_a_hold_that_is_left_to_a_booking(open_context, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="韩小满")
    doctor, slot = await a_doctor_with_a_place(open_hospital)

    await finds(phone, doctor)
    await shown(page, "tab", tab_of(slot)).tap()
    time = shown(page, "button", re.compile(f"{doctor['name']} {begins(slot)}")).first
    await expect(time).to_contain_text("余")
    await looks_right(page)
    await phone.shoot("doctor", full_page=True)

    # the tap keeps the place; leaving gives it back
    await time.tap()
    await expect(shown(page, "timer", "")).to_have_text(re.compile(r"还剩 0[45]:\d\d"))
    assert await statuses(patient) == ["held"]
    price = next(one["price_fen"] for one in doctor["prices"] if one["visit_type"] == slot["visit_type"])
    await expect(page.get_by_text(f"¥{price // 100}", exact=True).filter(visible=True)).to_be_visible()
    await looks_right(page)
    await phone.shoot("held", full_page=True)
    async with page.expect_response("**/cancellation"):
        await page.go_back()
    await expect(time).to_contain_text("余")
    assert await statuses(patient) == []

    # again; a reload keeps it, and the lists know it as mine
    await time.tap()
    await expect(shown(page, "timer", "")).to_be_visible()
    await page.reload()
    await expect(shown(page, "timer", "")).to_be_visible()
    assert await statuses(patient) == ["held"]
    await phone.goto("/m/?mine#/pages/appointments/appointments")
    await expect(page.get_by_text(re.compile("号为您保留到"))).to_be_visible()
    await looks_right(page)
    await phone.shoot("mine", full_page=True)
    await phone.goto(f"/m/?kept#/pages/times/times?department={slot['department_id']}&day={slot['starts_at'][:10]}")
    kept = shown(page, "button", re.compile(f"{doctor['name']} {begins(slot)} 为您保留"))
    await expect(kept).to_be_visible()
    await phone.shoot("kept", full_page=True)
    await kept.tap()
    await expect(shown(page, "timer", "")).to_be_visible()
    await shown(page, "button", "确认预约").tap()
    await expect(shown(page, "heading", "预约成功")).to_be_visible()
    await phone.shoot("booked", full_page=True)
    assert await statuses(patient) == ["booked"]

    await another_at_that_time(phone, slot)


async def finds(phone: Device, doctor: dict[str, Any]) -> None:
    """Find a doctor from the home page by pinyin, on a network on which every answer takes its time."""
    page = phone.page
    await phone.goto("/m/?home#/pages/home/home")
    await shown(page, "link", "搜科室").tap()
    field = page.get_by_label("科室、医生、问题，可用拼音")
    await looks_right(page)
    await phone.shoot("search")
    async with slow_network(page):
        await field.press_sequentially(doctor["pinyin"], delay=30)
        found = shown(page, "link", re.compile(f"^{doctor['name']}.*医生$"))
        await expect(found).to_be_visible()
        before = await found.bounding_box()
        await field.press_sequentially(" ")  # nothing moves while it is asked again
        assert await found.bounding_box() == before
    await looks_right(page)
    await phone.shoot("found", full_page=True)
    await found.tap()
    await expect(shown(page, "heading", doctor["name"]).first).to_be_visible()


async def another_at_that_time(phone: Device, slot: dict[str, Any]) -> None:
    """Try the same clinic once more: the refusal leads to the booking that stands in the way."""
    phone.guard.allow_status(409, "/api/v1/holds")
    asked = f"department={slot['department_id']}&day={slot['starts_at'][:10]}&slot={slot['id']}"
    await phone.goto(f"/m/?again#/pages/confirm/confirm?{asked}")
    page = phone.page
    await expect(page.get_by_role("alert").filter(has_text="已预约此班次")).to_be_visible()
    await looks_right(page)
    await phone.shoot("refused", full_page=True)
    await shown(page, "button", "看那个预约").tap()
    await expect(page.get_by_text("预约序号").filter(visible=True)).to_be_visible()


async def test_a_hold_that_is_over_is_said_kindly_and_can_be_had_again(phone, open_hospital):
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="钟慢慢")
    _, slot = await a_doctor_with_a_place(open_hospital)

    async def nearly_over(route: Route) -> None:
        answer = await route.fetch()
        soon = (clock.now() + timedelta(seconds=3)).astimezone(datetime.fromisoformat(slot["starts_at"]).tzinfo)
        await route.fulfill(response=answer, json={**await answer.json(), "held_until": soon.isoformat()})

    await page.route("**/api/v1/holds", nearly_over)
    asked = f"department={slot['department_id']}&day={slot['starts_at'][:10]}&slot={slot['id']}"
    await phone.goto(f"/m/?over#/pages/confirm/confirm?{asked}")
    await expect(page.get_by_role("alert").filter(has_text="为您保留的时间到了")).to_be_visible()
    await looks_right(page)
    await phone.shoot("over", full_page=True)
    (held,) = (await patient.get("/appointments?status=held"))["items"]
    await patient.post(f"/appointments/{held['id']}/cancellation")  # what the server's own clock does later
    await page.unroute("**/api/v1/holds")
    await shown(page, "button", "再要一次").tap()
    await expect(shown(page, "timer", "")).to_have_text(re.compile(r"还剩 0[45]:\d\d"))
    await shown(page, "button", "确认预约").tap()
    await expect(shown(page, "heading", "预约成功")).to_be_visible()
    assert await statuses(patient) == ["booked"]


async def test_a_hold_is_given_up_from_the_list(phone, open_hospital):
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="温良")
    _, slot = await a_doctor_with_a_place(open_hospital)
    held = await patient.post("/holds", {"slot_id": slot["id"], "patient_id": patient.patient_id})
    await phone.goto(f"/m/?one#/pages/appointment/appointment?id={held['id']}")
    await expect(shown(page, "button", "继续")).to_be_visible()
    await looks_right(page)
    await phone.shoot("one", full_page=True)
    await phone.goto("/m/?list#/pages/appointments/appointments")
    await shown(page, "button", "放弃").tap()
    await page.get_by_text("放弃", exact=True).last.tap()
    await expect(page.get_by_text("还没有预约").filter(visible=True)).to_be_visible()
    assert await statuses(patient) == []


async def test_any_doctor_is_named_at_the_desk(open_context, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    line = await an_empty_line(open_hospital, NEVER_CLOSED)
    patient = await sign_in_phone(phone, open_hospital, name="苏随意")
    slot = await next_slot(open_hospital)
    colleague = await a_colleagues_clinic(open_hospital, slot)
    await phone.goto(f"/m/?any#/pages/times/times?department={slot['department_id']}&day={slot['starts_at'][:10]}")
    await shown(page, "button", re.compile("看时间.*不限医生")).first.tap()
    at = shown(page, "button", re.compile(f"不限医生 {begins(colleague)} 余"))
    await expect(at).to_be_visible()
    await looks_right(page)
    await phone.shoot("any", full_page=True)
    await at.tap()
    await expect(page.get_by_text("到院后安排医生").filter(visible=True)).to_be_visible()
    await expect(shown(page, "radio", re.compile("苏随意"))).to_be_checked()
    await phone.shoot("any-confirm", full_page=True)
    await shown(page, "button", "确认预约").tap()
    await expect(shown(page, "heading", "预约成功")).to_be_visible()
    await expect(page.get_by_text(re.compile("到院后安排医生")).filter(visible=True)).to_be_visible()
    await shown(page, "button", "查看预约和就诊码").tap()
    await expect(page.get_by_text("到院后安排医生").filter(visible=True)).to_be_visible()
    await phone.shoot("any-booked", full_page=True)

    (booked,) = (await patient.get("/appointments"))["items"]
    assert booked["is_any"]
    scan = await line.guide.scans(await patient.code(booked["id"]))
    assert scan["outcome"] == "accepted", scan
    named = (await patient.get(f"/appointments/{booked['id']}"))["practitioner"]["name"]
    await expect(page.get_by_text(re.compile(named)).filter(visible=True).first).to_be_visible()
    await expect(page.get_by_text("到院后安排医生").filter(visible=True)).to_have_count(0)
    await phone.shoot("any-named", full_page=True)


async def a_colleagues_clinic(hospital: OpenHospital, slot: dict[str, Any]) -> dict[str, Any]:
    """Give a slot of today at which more than one doctor has places; a clinic is opened for it where there is none."""
    day = slot["starts_at"][:10]
    found = await Client(hospital).get(f"/slots?department={slot['department_id']}&from={day}&to={day}")
    free = [one for one in found["items"] if one["status"] == "open" and one["visit_type"] == slot["visit_type"]]
    doctors = {one["practitioner_id"] for one in free}
    if len(doctors) < 2:
        admin = await a_staff_client(hospital, "admin")
        staff = (await Client(hospital).get(f"/practitioners?department={slot['department_id']}"))["items"]
        room = (await admin.get(f"/rooms?department={slot['department_id']}&limit=1"))["items"][0]
        for one in staff:
            body = {
                "practitioner_id": one["id"],
                "room_id": room["id"],  # other tests call whoever is booked here into their room
                "starts_at": slot["starts_at"],
                "ends_at": slot["ends_at"],
                "capacity": 3,
                "visit_type": slot["visit_type"],
            }
            if one["id"] not in doctors and (await admin.call("POST", "/admin/sessions", body)).status == 201:
                break
        else:
            raise AssertionError("no colleague is free")
    return slot


async def test_a_revisit_is_booked_after_a_visit(open_context, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="复小诊")
    await a_survey_after_a_visit(patient)
    (seen,) = (await patient.get("/appointments"))["items"]
    await phone.goto(f"/m/?seen#/pages/appointment/appointment?id={seen['id']}")
    await shown(page, "button", "预约复诊").tap()
    await expect(shown(page, "heading", "上次看您的医生")).to_be_visible()
    await a_day_with_places(page)
    await looks_right(page)
    await phone.shoot("revisit", full_page=True)
    await shown(page, "button", TIME).first.tap()
    await expect(shown(page, "button", "确认复诊")).to_be_visible()
    await expect(page.get_by_text("复小诊", exact=True).filter(visible=True)).to_be_visible()
    await looks_right(page)
    await phone.shoot("revisit-confirm", full_page=True)
    await shown(page, "button", "确认复诊").tap()
    await expect(shown(page, "heading", "预约成功")).to_be_visible()

    # once at a time
    phone.guard.allow_status(409, "/api/v1/encounters/*/revisit")
    encounter = (await patient.get(f"/appointments/{seen['id']}"))["visit"]["encounter_id"]
    where = f"encounter={encounter}&patient={patient.patient_id}&department={seen['department']['id']}"
    await phone.goto(f"/m/?twice#/pages/revisit/revisit?{where}&doctor={seen['practitioner']['id']}")
    await shown(page, "tab", re.compile("余")).last.tap()
    await shown(page, "button", TIME).last.tap()
    await shown(page, "button", "确认复诊").tap()
    await expect(page.get_by_role("alert").filter(has_text="复诊已预约")).to_be_visible()
    await phone.shoot("revisit-twice", full_page=True)


async def a_day_with_places(page: Page) -> None:
    """Choose tomorrow, where nothing is over yet."""
    await shown(page, "tab", re.compile("明天")).tap()
    await expect(shown(page, "button", TIME).first).to_be_visible()


async def test_a_question_finds_its_answer_in_large_type(open_context, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    await phone.goto("/m/")
    await page.evaluate("localStorage.setItem('large-type', JSON.stringify({type: 'boolean', data: true}))")
    await phone.goto("/m/?large#/pages/home/home")
    await shown(page, "button", re.compile("^常见问题")).tap()
    await expect(shown(page, "heading", "全院通用")).to_be_visible()
    await looks_right(page)
    await phone.shoot("faq", full_page=True)
    await page.get_by_label("想问什么？").fill("lunyi")
    await shown(page, "button", re.compile("^可以借轮椅吗")).tap()
    await expect(shown(page, "heading", "可以借轮椅吗？")).to_be_visible()
    await expect(page.get_by_text(re.compile("登记一下就能用")).filter(visible=True)).to_be_visible()
    await looks_right(page)
    await phone.shoot("answer", full_page=True)
    await shown(page, "button", "去预约").tap()
    await expect(shown(page, "button", re.compile(NEVER_CLOSED)).first).to_be_visible()
    await phone.goto("/m/?house#/pages/hospital/hospital")
    await expect(page.get_by_text("纬度 27.3316").filter(visible=True)).to_be_visible()
    await looks_right(page)
    await phone.shoot("hospital", full_page=True)
