"""A full clinic: two phones wait, the place frees, one passes it on, the other takes it; the desk joins a caller."""

import re

from playwright.async_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_number, a_staff_client, department_named, sign_in_phone, sign_in_staff
from tests.browser.test_phone_visit import looks_right, shown
from tests.browser.waits import a_full_clinic, gives_back, waits
from tests.cast import a_patient_with_a_phone

DEPARTMENT = "全科医疗科"
TURN_MS = 30_000  # the page of an entry asks every fifteen seconds, the worker looks every two
NARROW = {"viewport": {"width": 360, "height": 740}}
# how many names of facts run into what stands beside them
SPILLING = "[...document.querySelectorAll('.facts .name')].filter((n) => n.scrollWidth > n.clientWidth).length"


async def joins_by_the_page(phone: Device, hospital: OpenHospital, slot: dict) -> None:
    """Find the full clinic on the page of times and join its waitlist."""
    page = phone.page
    department = await department_named(hospital, DEPARTMENT)
    await phone.goto(f"/m/#/pages/times/times?department={department['id']}")
    day = f"{int(slot['starts_at'][5:7])}月{int(slot['starts_at'][8:10])}日"
    await shown(page, "tab", re.compile(day)).tap()
    doctor = slot["practitioner_name"]
    await phone.shoot("times", full_page=True)
    await shown(page, "button", re.compile(f"登记候补.*{doctor}")).last.tap()
    await expect(page.get_by_text("只等这一班")).to_be_visible()
    await looks_right(page)
    await phone.shoot("join", full_page=True)
    await shown(page, "button", "登记候补").tap()
    await expect(shown(page, "heading", "您排在第 1 位")).to_be_visible()
    await expect(page.get_by_text("候补登记成功")).to_be_hidden()
    await looks_right(page)
    await phone.shoot("waiting", full_page=True)


async def test_a_place_goes_down_the_line(open_context, open_hospital):
    slot, owner, booking = await a_full_clinic(open_hospital, DEPARTMENT)
    first, second = await open_context("phone", name="first"), await open_context("phone", name="second", **NARROW)
    await sign_in_phone(first, open_hospital, name="周一鸣")
    await joins_by_the_page(first, open_hospital, slot)
    other = await sign_in_phone(second, open_hospital, name="吴二妹")
    entry = await waits(other, slot)
    assert entry["ahead"] == 1

    await gives_back(owner, booking)
    page = first.page
    await expect(shown(page, "heading", "有号了，请尽快确认")).to_be_visible(timeout=TURN_MS)
    await looks_right(page)
    await first.shoot("offer", full_page=True)
    await shown(page, "button", "不要，让给下一位").tap()
    await page.get_by_text("不要了", exact=True).tap()
    await expect(page.get_by_text("您没有要这个号，已让给下一位。")).to_be_visible()
    await expect(page.get_by_text("已让给下一位", exact=True)).to_be_hidden()
    await first.shoot("declined", full_page=True)

    await takes_it_from_the_message(second.page, second)


async def takes_it_from_the_message(page: Page, phone: Device) -> None:
    """See on the first page that there is a place, open the message that tells of it, and take it with one tap."""
    await phone.goto("/m/#/pages/home/home")
    await expect(shown(page, "button", re.compile("1 个号等您确认"))).to_be_visible(timeout=2 * TURN_MS)
    await phone.shoot("home", full_page=True)
    await phone.goto("/m/#/pages/messages/messages")
    message = shown(page, "link", re.compile("候补到号了，请尽快确认"))
    await expect(message).to_be_visible(timeout=TURN_MS)
    await phone.shoot("message", full_page=True)
    await message.tap()
    await expect(shown(page, "heading", "有号了，请尽快确认")).to_be_visible()
    await looks_right(page)
    await phone.shoot("offer-narrow", full_page=True)
    await shown(page, "button", "要这个号").tap()
    await expect(page.get_by_text("您已约到号。")).to_be_visible()
    await expect(page.get_by_text("预约成功", exact=True)).to_be_hidden()
    await phone.shoot("accepted", full_page=True)
    await shown(page, "button", "查看预约").tap()
    await expect(page.get_by_text("就诊码").first).to_be_visible()
    await phone.goto("/m/?list#/pages/waitlist/waitlist")
    await expect(page.get_by_text("已约到", exact=True)).to_be_visible()
    await phone.shoot("list", full_page=True)


async def test_any_that_suits_in_large_type_and_english(open_context, open_hospital):
    await a_full_clinic(open_hospital, DEPARTMENT)
    phone = await open_context("phone", **NARROW)
    page = phone.page
    await sign_in_phone(phone, open_hospital, name="郑三")
    await page.evaluate("localStorage.setItem('large-type', JSON.stringify({type: 'boolean', data: true}))")
    await page.evaluate("localStorage.setItem('language', JSON.stringify({type: 'string', data: 'en'}))")
    department = await department_named(open_hospital, DEPARTMENT)
    await phone.goto(f"/m/?any#/pages/wait/wait?department={department['id']}")
    await shown(page, "radio", "Next 3 days").tap()
    await shown(page, "checkbox", "Evening").tap()
    await looks_right(page)
    await phone.shoot("wish", full_page=True)
    phone.guard.allow_status(409, "/api/v1/waitlist")  # where an evening clinic has places there is no need to wait
    await shown(page, "button", "Join the waitlist").tap()
    await expect(shown(page, "heading", "You are next in line")).to_be_visible()
    await looks_right(page)
    assert await page.evaluate(SPILLING) == 0
    await phone.shoot("any", full_page=True)
    await shown(page, "button", "Leave the waitlist").tap()
    await page.get_by_text("Leave the waitlist", exact=True).last.tap()
    await expect(page.get_by_text("You left the waitlist.")).to_be_visible()


async def test_the_desk_waits_for_a_caller(desk, open_hospital):
    slot, owner, booking = await a_full_clinic(open_hospital, DEPARTMENT)
    caller = await a_patient_with_a_phone(open_hospital, name="钱大爷", phone=a_number())
    service = await a_staff_client(open_hospital, "supervisor1")
    page = desk.page
    await sign_in_staff(desk, open_hospital, "service1", "/waitlist")
    await page.get_by_role("button", name="替来电者登记候补").click()
    await page.get_by_role("combobox", name="就诊人").fill("钱大爷")
    await page.get_by_role("option", name=re.compile(r"钱\*爷")).first.click()
    await page.get_by_role("combobox", name=re.compile("^科室")).select_option(label=DEPARTMENT)
    await page.get_by_label(re.compile("^日期")).fill(slot["starts_at"][:10])
    await page.get_by_role("combobox", name=re.compile("^班次")).select_option(slot["session_id"])
    await desk.shoot("join")
    await axe(page)
    await page.get_by_role("button", name="登记", exact=True).click()
    line = page.get_by_role("button", name=re.compile(f"{slot['starts_at'][11:16]}.*{slot['practitioner_name']}"))
    await line.click()
    await expect(page.get_by_role("row", name=re.compile("钱"))).to_be_visible()
    await axe(page)
    await desk.shoot("line")

    (entry,) = (await service.get(f"/desk/waitlist?session={slot['session_id']}"))["items"]
    await page.get_by_role("button", name="调整次序").click()
    await page.get_by_label(re.compile("原因")).fill("停诊后优先安排")
    await page.get_by_role("button", name="确认").click()
    await expect(page.get_by_text(re.compile("优先 1 · 停诊后优先安排"))).to_be_visible()

    await gives_back(owner, booking)
    await expect(page.get_by_text(re.compile("已保留号，还剩"))).to_be_visible(timeout=TURN_MS)
    await desk.shoot("offered")
    await page.get_by_role("button", name="替他接受").click()
    await desk.shoot("ask")
    await page.get_by_role("button", name="确认").click()
    await expect(page.get_by_text("现在没有人候补。")).to_be_visible()
    booked = (await caller.get("/appointments"))["items"]
    assert [one["status"] for one in booked] == ["booked"]
    assert entry["channel"] == "phone"
