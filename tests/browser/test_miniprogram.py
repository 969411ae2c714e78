"""A patient in WeChat: the mini-program package, as it would be uploaded, against a real hospital."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import Locator, expect

from server import clock
from tests.browser.codes import decode_qr
from tests.browser.hospital import OpenHospital
from tests.browser.miniprogram import MiniProgram, start_miniprogram
from tests.browser.people import NEVER_CLOSED, a_number, a_staff_client, department_named, next_slot
from tests.browser.visits import ADVICE, a_survey_after_a_visit, is_called, is_seen
from tests.cast import Client, PatientClient

NAME = "苏晚晴"
ASKED_AFTER_BOOKING = ("appointment_reminder", "queue_called", "appointment_cancelled")
TURN_MS = 9_000  # the page asks every four seconds


async def test_the_way_of_a_patient_from_booking_to_advice(phone, miniprogram_page, open_hospital):
    slot = await next_slot(open_hospital)
    guide = await a_staff_client(open_hospital, "guide1")
    doctor = await a_staff_client(open_hospital, "room2")
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    page = program.page

    # open: nobody has to sign in
    await expect(page.get_by_text("还没有预约")).to_be_visible()
    assert len(await program.calls("login")) == 1
    await phone.shoot("home")

    # department, day, time
    await go_to_confirmation(program, slot)

    # a person
    await button(program, "添加就诊人").tap()
    await field(program, "姓名").fill(NAME)
    await field(program, "手机号").fill(a_number())
    await phone.shoot("person")
    await button(program, "保存").tap()
    await expect(page.get_by_role("radio", name=NAME, checked=True)).to_be_visible()
    await phone.shoot("confirm", full_page=True)

    # the tap asks for permission to write, before anything else; both sides know what was allowed
    patient = await the_same_person(program, open_hospital)
    consents = {one["key"]: one for one in (await patient.get("/consents"))["items"]}
    wanted = [consents[key]["template_id"] for key in ASKED_AFTER_BOOKING]
    before = len(await all_calls(program))
    await button(program, "确认预约").tap()
    await expect(page.get_by_text("预约成功")).to_be_visible()
    await phone.shoot("booked")
    asked = [one for one in (await all_calls(program))[before:] if one[0] in ("request", "requestSubscribeMessage")]
    assert asked[0][0] == "requestSubscribeMessage"
    assert asked[0][1]["tmplIds"] == wanted
    assert [one["data"] for name, one in asked if name == "request" and one["url"].endswith("/consents")] == [
        {"results": [{"template_id": template_id, "result": "accept"} for template_id in wanted], "after": "booked"}
    ]
    credits = {one["key"]: one["credits"] for one in (await patient.get("/consents"))["items"]}
    assert credits["queue_called"] == consents["queue_called"]["credits"] + 1

    # the code that a guide's scanner would read
    await button(program, "查看预约和就诊码").tap()
    picture = page.get_by_role("img", name="就诊码")
    await expect(picture).to_be_visible()
    await expect(page.get_by_text("已保存")).to_be_hidden()  # a note over the page fades slower than this hand taps
    await phone.shoot("code", full_page=True)
    shown = await decode_qr(picture)

    # this patient does it alone, by the code on the desk's screen
    program.will_scan((await guide.get(f"/desk/code?desk_id={guide.desk_id}"))["code"])
    await button(program, "扫导诊台的码报到").tap()
    await expect(page.get_by_text("您的排队号")).to_be_visible()
    again = await guide.scans(shown)
    assert again["outcome"] == "already_checked_in", again
    number = again["ticket"]["number"]
    await expect(page.get_by_text(number, exact=True)).to_be_visible()
    await expect(page.get_by_text("允许我们轮到您时发微信叫您，您可以放心走动。")).to_be_visible()
    await phone.shoot("queue", full_page=True)
    await button(program, "允许提醒").tap()
    await expect(page.get_by_text("发微信提醒您？")).to_be_hidden()  # there is enough of it now

    # the call, by page and by message; then the advice
    room = (await patient.get("/appointments"))["items"][0]["room"]
    ticket = await is_called(doctor, room["id"], number)
    await expect(page.get_by_text(f"请到 {room['name']} 就诊")).to_be_visible(timeout=TURN_MS)
    await phone.shoot("called")
    await is_seen(doctor, ticket, ADVICE)
    await expect(page.get_by_text(ADVICE)).to_be_visible(timeout=TURN_MS)
    await phone.shoot("advice", full_page=True)
    assert "叫号提醒" in [message["title"] for message in await patient.phone_shows()]


async def test_a_refusal_is_shown_in_the_servers_words_and_a_booking_is_given_back(
    phone, miniprogram_page, open_hospital
):
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    page = program.page
    patient = await the_same_person(program, open_hospital)
    await is_added(patient, NAME)
    slot = await a_later_slot(open_hospital)
    await patient.books(slot["id"])
    refusal = await patient.refused("/appointments", {"slot_id": slot["id"], "patient_id": patient.patient_id})
    assert (refusal.status, refusal.code) == (409, "already_booked")

    phone.guard.allow_status(409, "/api/v1/holds")
    await go_to_confirmation(program, slot)
    await expect(page.get_by_role("alert").filter(has_text=refusal.body["detail"])).to_be_visible()
    await phone.shoot("refused", full_page=True)

    await button(program, "看那个预约").tap()
    await expect(page.get_by_text("预约序号")).to_be_visible()
    await program.open("pages/appointments/appointments")
    await button(program, "取消预约").tap()
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text(f"取消 {NAME} ")
    await phone.shoot("question")
    await question.get_by_role("button", name="先不取消").tap()
    assert [one["status"] for one in (await patient.get("/appointments"))["items"]] == ["booked"]
    await button(program, "取消预约").tap()
    await question.get_by_role("button", name="取消预约").tap()
    await expect(page.get_by_role("link", name=re.compile("已取消")).filter(has_text=NAME)).to_be_visible()
    await phone.shoot("given-back")
    assert [one["status"] for one in (await patient.get("/appointments"))["items"]] == ["cancelled"]


async def test_a_doctor_is_found_and_the_map_opens(phone, miniprogram_page, open_hospital):
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    page = program.page
    house = await Client(open_hospital).get("/hospital")
    doctor = (await Client(open_hospital).get("/practitioners?limit=1"))["items"][0]
    await program.open("pages/search/search")
    await page.get_by_placeholder("科室、医生、问题，可用拼音").fill(doctor["pinyin"])
    await page.get_by_role("link", name=doctor["name"]).tap()
    await expect(page.get_by_role("heading", name=doctor["name"]).first).to_be_visible()
    await phone.shoot("doctor", full_page=True)
    await program.open("pages/hospital/hospital")
    await button(program, "打开地图").tap()
    await phone.shoot("hospital", full_page=True)
    (asked,) = await program.calls("openLocation")
    point = house["map_point"]
    assert (asked["name"], asked["latitude"], asked["longitude"]) == (
        house["name"],
        point["latitude"],
        point["longitude"],
    )


async def test_a_person_is_changed_by_a_platform_that_knows_no_patch(phone, miniprogram_page, open_hospital):
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    patient = await the_same_person(program, open_hospital)
    await is_added(patient, NAME)
    await button(program, "我的").tap()
    await button(program, "就诊人").tap()
    await button(program, NAME).tap()
    await phone.shoot("person", full_page=True)
    await expect(field(program, "姓名")).to_have_value(NAME)
    await field(program, "姓名").fill("苏晚清")
    await button(program, "保存").tap()
    await expect(button(program, "苏晚清")).to_be_visible()
    await phone.shoot("family")
    sent = [one for one in await program.calls("request") if "X-HTTP-Method-Override" in one["header"]]
    assert [(one["method"], one["header"]["X-HTTP-Method-Override"]) for one in sent] == [("POST", "PATCH")]
    assert [one["name"] for one in (await patient.get("/patients"))["items"]] == ["苏晚清"]


async def test_a_visit_is_rated_one_question_a_screen(phone, miniprogram_page, open_hospital):
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    page = program.page
    patient = await the_same_person(program, open_hospital)
    await is_added(patient, NAME)
    survey = await a_survey_after_a_visit(patient)
    kinds = [item["type"] for item in survey["items"]]

    await program.open(f"pages/survey/survey?id={survey['id']}")
    for number, kind in enumerate(kinds, start=1):
        await expect(page.get_by_text(f"第 {number} 题，共 {len(kinds)} 题")).to_be_visible()
        await phone.shoot(f"question-{number}")
        # a star leads on by itself
        await (page.get_by_role("radio", name="5 星") if kind == "stars" else button(program, "跳过")).tap()
    await expect(page.get_by_text("最后一步")).to_be_visible()
    await phone.shoot("last")
    await button(program, "提交评价").tap()
    await expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    await phone.shoot("thanks")
    assert (await patient.get(f"/surveys/{survey['id']}"))["answered"] is True


def button(program: MiniProgram, words: str) -> Locator:
    """Find the one button on the page shown that begins with these words."""
    return program.page.get_by_role("button", name=re.compile(f"^{words}"))


def field(program: MiniProgram, label: str) -> Locator:
    """Find a field by the words above it; to a mini-program they belong together by place only."""
    return program.page.locator("app-field", has_text=label).locator("input").filter(visible=True)


async def all_calls(program: MiniProgram) -> list[list[Any]]:
    """List all calls of `wx` so far, in their order."""
    return await program.page.evaluate("() => JSON.parse(JSON.stringify(__wx))")


async def the_same_person(program: MiniProgram, hospital: OpenHospital) -> PatientClient:
    """Sign the person of the program in by the API as well."""
    async with hospital.http.post(f"{hospital.simulator}/_sim/users/{program.openid}/login") as reply:
        code = (await reply.json())["code"]
    person = PatientClient(site=hospital, openid=program.openid)
    person.token = (await person.post("/sessions", {"code": code}, key=str(uuid4())))["token"]
    return person


async def is_added(patient: PatientClient, name: str) -> None:
    """Give the account a file; with a number of its own, so that no test's person has been here in another one."""
    added = await patient.post("/patients", {"name": name, "phone": a_number(), "relation": "self"})
    patient.patient_id = added["id"]


async def a_later_slot(hospital: OpenHospital) -> dict[str, Any]:
    """Give a slot that is far enough away to be given back."""
    department = await department_named(hospital)
    slots = (await Client(hospital).get(f"/slots?department={department['id']}"))["items"]
    later = clock.now() + timedelta(days=1)
    return next(one for one in slots if one["available"] > 0 and datetime.fromisoformat(one["starts_at"]) > later)


async def go_to_confirmation(program: MiniProgram, slot: dict[str, Any]) -> None:
    """Go the way from the home page to a slot, as a person taps."""
    begins = datetime.fromisoformat(slot["starts_at"])
    await button(program, "预约挂号").tap()
    await button(program, NEVER_CLOSED).tap()
    await program.page.get_by_role("tab", name=f"{begins.month}月{begins.day}日").tap()
    await button(program, f"{slot['practitioner_name']} {begins:%H:%M} 余").tap()
