"""Missed visits by the screens: told before the form, appealed in two taps, decided at the console, booked again."""

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from server import clock
from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import NEVER_CLOSED, a_number, department_named, next_slot, sign_in_phone, sign_in_staff
from tests.browser.test_phone_visit import looks_right, shown
from tests.browser.the_past import has_missed_three_visits
from tests.cast import PatientClient

NARROW = {"viewport": {"width": 360, "height": 740}}
WORDS = "那天突发胸痛去了急诊，没来得及取消。"
ANSWER = "核实当天在急诊就诊，已为您撤销。"
TOLD_MS = 30_000  # the worker writes the message


async def confirm_page(hospital: OpenHospital) -> str:
    """Give the page on which the next free place is confirmed."""
    department, slot = await department_named(hospital, NEVER_CLOSED), await next_slot(hospital)
    asked = f"department={department['id']}&day={slot['starts_at'][:10]}&slot={slot['id']}"
    return f"/m/?{slot['id'][-6:]}#/pages/confirm/confirm?{asked}"


async def decide(page: Page, patient: PatientClient, answer: str) -> None:
    """Open the patient's appeal from the list and write the answer."""
    strike = next(one for one in (await patient.get("/strikes"))["items"] if one["appeal"])
    file_number = (await patient.get("/patients"))["items"][0]["file_number"]
    await page.get_by_placeholder("姓名、拼音首字母、病历号、手机尾号").fill(file_number)
    line = page.get_by_role("region", name="申诉列表").get_by_role("link").filter(has_text="没有来就诊")
    await expect(line).to_have_count(1)
    await line.click()
    detail = page.get_by_role("region", name="申诉详情")
    await expect(detail.get_by_text(WORDS)).to_be_visible()
    await expect(detail.get_by_text("没有扫码或报到记录")).to_be_visible()
    await expect(detail.get_by_text(strike["visit"]["department"])).to_be_visible()
    await detail.get_by_label("答复患者的话").fill(answer)


async def test_from_the_pause_over_the_appeal_to_the_next_booking(open_context, desk, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="何晓芳")
    await has_missed_three_visits(open_hospital, patient)

    # whoever cannot book online is told before the form, and where to say otherwise
    booking = await confirm_page(open_hospital)
    await phone.goto(booking)
    await expect(page.get_by_text(re.compile("何晓芳的线上预约暂停到"))).to_be_visible()
    await looks_right(page)
    await phone.shoot("paused", full_page=True)
    phone.guard.allow_status(409, "/api/v1/appointments")
    await shown(page, "button", "确认预约").tap()
    await expect(page.get_by_role("alert").get_by_text(re.compile("暂不能线上预约"))).to_be_visible()
    await phone.shoot("refused")
    await page.get_by_role("alert").get_by_role("button", name="查看原因和申诉").tap()

    # three records with what was found; the appeal is two taps, and words are kept through a reload
    await expect(shown(page, "heading", "没有来就诊")).to_have_count(3)
    await looks_right(page)
    await phone.shoot("records", full_page=True)
    await shown(page, "button", "我要申诉").first.tap()
    await page.get_by_label("说明情况").first.fill(WORDS)
    await page.reload()
    await shown(page, "button", "我要申诉").first.tap()
    await expect(page.get_by_label("说明情况").first).to_have_value(WORDS)
    await looks_right(page)
    await phone.shoot("appeal", full_page=True)
    await shown(page, "button", "提交申诉").tap()
    await expect(page.get_by_text("申诉处理中")).to_be_visible()
    await expect(page.get_by_text(re.compile("到时没有答复，按通过处理"))).to_be_visible()
    await phone.shoot("appealed", full_page=True)

    # the console decides, with the evidence before its eyes
    await sign_in_staff(desk, open_hospital, "service1", "/strikes/appeals")
    await decide(desk.page, patient, ANSWER)
    await axe(desk.page)
    await desk.shoot("appeal")
    await desk.page.get_by_role("button", name="通过，撤销这次记录").click()
    await expect(desk.page.get_by_text("已通过，患者可以照常预约")).to_be_visible()
    await desk.shoot("granted")
    await desk.page.get_by_role("link", name="这位患者的全部记录").click()
    await expect(desk.page.get_by_role("region", name="人员详情").get_by_text("可以预约")).to_be_visible()
    await axe(desk.page)
    await desk.shoot("person")

    # told by a message that leads there; and the place can be booked
    await phone.goto("/m/#/pages/messages/messages")
    message = page.get_by_role("link").filter(has_text="您的申诉已通过").filter(visible=True)
    await expect(message).to_be_visible(timeout=TOLD_MS)
    await phone.shoot("message")
    await message.tap()
    await expect(page.get_by_text(ANSWER).filter(visible=True)).to_be_visible()
    await looks_right(page)
    await phone.shoot("after", full_page=True)
    await phone.goto(await confirm_page(open_hospital))
    await expect(shown(page, "button", "确认预约")).to_be_visible()
    await expect(page.get_by_text(re.compile("线上预约暂停到")).filter(visible=True)).to_have_count(0)
    await shown(page, "button", "确认预约").tap()
    await expect(page.get_by_text("预约成功").filter(visible=True)).to_be_visible()


async def test_a_person_is_forgiven_with_a_reason(phone, desk, open_hospital):
    number = a_number()
    patient = await sign_in_phone(phone, open_hospital, name="吕文涛", phone=number)
    await has_missed_three_visits(open_hospital, patient)
    await phone.goto("/m/?me#/pages/me/me")
    await expect(phone.page.get_by_text("线上预约暂停中").filter(visible=True)).to_be_visible()
    await phone.shoot("me")
    await sign_in_staff(desk, open_hospital, "supervisor1", "/strikes/people")
    page = desk.page
    await page.get_by_label("只看暂停预约的").check()
    await page.get_by_placeholder("姓名、拼音首字母、病历号、手机尾号").fill(number[-4:])
    line = page.get_by_role("region", name="爽约人员").get_by_role("link").filter(has_text="吕*涛")
    await expect(line).to_have_count(1)
    await desk.shoot("people")
    await line.click()
    await page.get_by_role("button", name="全部撤销，恢复预约").click()
    await expect(page.get_by_role("button", name="撤销", exact=True).last).to_be_disabled()
    await page.get_by_label("原因（患者会看到）").fill("住院期间无法到诊")
    await axe(page)
    await desk.shoot("forgive")
    await page.get_by_role("dialog").get_by_role("button", name="撤销", exact=True).click()
    await expect(page.get_by_role("region", name="人员详情").get_by_text("可以预约")).to_be_visible()
    slot = await next_slot(open_hospital)
    assert (await patient.books(slot["id"]))["status"] == "booked"


async def test_an_outage_is_recorded_and_ended(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "guide1", "/strikes/outages")
    page = desk.page
    await page.get_by_role("button", name="记一次故障").click()
    begin = clock.local(clock.now() - timedelta(hours=2))
    await page.get_by_label("开始").fill(f"{begin:%Y-%m-%dT%H:%M}")
    await page.get_by_label("情况说明").fill("门诊大厅停电")
    await axe(page)
    await desk.shoot("dialog")
    await page.get_by_role("button", name="记录", exact=True).click()
    item = page.get_by_role("listitem").filter(has_text="门诊大厅停电")
    await expect(item.get_by_text(f"{begin:%Y-%m-%d %H:%M}")).to_be_visible()
    await item.get_by_role("button", name="已恢复").click()
    await expect(item.get_by_role("button", name="已恢复")).to_have_count(0)
    await axe(page)
    await desk.shoot("outages")


async def test_a_number_of_booking_is_changed_and_recorded(desk, open_context, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/admin/booking-settings")
    page = desk.page
    hours = page.get_by_label("申诉答复时限")
    await expect(hours).to_have_value("48")
    await desk.shoot("settings")
    await hours.fill("0")
    desk.guard.allow_status(422, "/api/v1/admin/booking-settings")
    await page.get_by_role("button", name=re.compile("^保存")).click()
    await expect(hours).to_have_attribute("aria-invalid", "true")
    await hours.fill("72")
    await page.get_by_role("button", name=re.compile("^保存")).click()
    await expect(page.get_by_text("已保存")).to_be_visible()
    await expect(page.get_by_text("申诉答复时限：48 → 72")).to_be_visible()
    await axe(page)
    await desk.shoot("saved", full_page=True)

    # two at one form: the second one sees what the first has saved, and loses nothing
    other = await open_context("desk", name="other")
    await sign_in_staff(other, open_hospital, "admin", "/admin/booking-settings")
    theirs = other.page.get_by_label("申诉答复时限")
    await expect(theirs).to_have_value("72")
    await hours.fill("48")
    await page.get_by_role("button", name=re.compile("^保存")).click()
    await expect(page.get_by_text("申诉答复时限：72 → 48")).to_be_visible()
    await other.page.get_by_label("提前多久取消算提前取消").fill("4")
    other.guard.allow_status(412, "/api/v1/admin/booking-settings")
    await other.page.get_by_role("button", name=re.compile("^保存")).click()
    await expect(other.page.get_by_text("您填写的时候，同事刚保存过这一项")).to_be_visible()
    await expect(theirs).to_have_value("48")
    await expect(other.page.get_by_label("提前多久取消算提前取消")).to_have_value("4")


async def test_a_reminder_is_answered_with_one_tap(open_context, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="孟建国")
    department = await department_named(open_hospital, NEVER_CLOSED)
    slots = (await patient.get(f"/slots?department={department['id']}"))["items"]
    booked = await patient.books(next(one for one in reversed(slots) if one["status"] == "open")["id"])

    # «do you come» with two answers; the first one leaves everything as it is
    await phone.goto(f"/m/#/pages/appointment/appointment?id={booked['id']}&ask=coming")
    await expect(shown(page, "heading", re.compile("^要去就诊吗"))).to_be_visible()
    await looks_right(page)
    await phone.shoot("coming")
    await shown(page, "button", "能来").tap()
    await expect(shown(page, "heading", re.compile("^要去就诊吗"))).to_have_count(0)
    assert (await patient.get(f"/appointments/{booked['id']}"))["status"] == "booked"

    # «I cannot come»: the question is open at once
    await phone.goto(f"/m/?2#/pages/appointment/appointment?id={booked['id']}&ask=cancel")
    await expect(page.get_by_text(re.compile("^确定取消"))).to_be_visible()
    await phone.shoot("cancel")
    await page.get_by_text("取消预约", exact=True).last.tap()
    await expect(page.get_by_text("已取消").filter(visible=True).first).to_be_visible()
    assert (await patient.get(f"/appointments/{booked['id']}"))["status"] == "cancelled"
