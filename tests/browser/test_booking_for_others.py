"""Whoever answers the phone books, moves and cancels for a caller; rooms go beyond the plan and give calendars."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_booked_patient, a_number, a_staff_client, department_named, sign_in_staff
from tests.browser.waits import a_full_clinic
from tests.cast import StaffClient

DEPARTMENT = "全科医疗科"
BY_DRAW = "骨科"
CALLER = "陶来电"
FREE = re.compile(r"余 [1-9]")


async def looks_right(page: Page, device: Device, name: str) -> None:
    """Photograph, and ask axe when nothing is under way."""
    await expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    await device.shoot(name)
    await axe(page)


async def takes_a_time(page: Page, day: int) -> Locator:
    """Choose the first free time of the n-th day that has one."""
    await page.get_by_role("group", name="日期").get_by_role("button", name=FREE).nth(day).click()
    time = page.get_by_role("table").get_by_role("button", name=FREE).first
    await time.click()
    return time


async def open_of(service: StaffClient, phone: str) -> list[str]:
    """Tell when the caller is booked, by what the desk is told."""
    (file,) = (await service.get(f"/desk/patients?q={phone}"))["items"]
    found = (await service.get(f"/desk/appointments?patient={file['id']}"))["items"]
    return [one["slot"]["starts_at"] for one in found]


async def test_a_caller_is_booked_moved_and_cancelled(desk, open_hospital):
    service, number = await a_staff_client(open_hospital, "service1"), a_number()
    page = desk.page
    await sign_in_staff(desk, open_hospital, "service1", "/booking")
    await expect(page.get_by_text("先选科室，再选日期和时间。")).to_be_visible()
    await page.get_by_label("科室").select_option(label=DEPARTMENT)
    await takes_a_time(page, 1)
    await expect(page.get_by_text("请先写明为谁预约")).to_be_visible()
    await expect(page.get_by_role("button", name="确认预约")).to_be_disabled()
    await page.get_by_role("combobox", name="患者").fill(CALLER)
    await page.get_by_label("手机号").fill("12")
    await page.get_by_text("就诊前说明").click()
    await page.get_by_label("现病情").fill("咳嗽一周")
    await looks_right(page, desk, "filled")

    desk.guard.allow_status(422, "/api/v1/desk/appointments")
    await page.get_by_role("button", name="确认预约").click()
    await expect(page.get_by_label("手机号")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("现病情")).to_have_value("咳嗽一周")
    await desk.shoot("refused")
    await page.get_by_label("手机号").fill(number)
    await page.get_by_role("button", name="确认预约").click()
    await expect(page.get_by_role("heading", name="预约成功")).to_be_visible()
    await expect(page.get_by_role("article").filter(has_text="预约成功")).to_contain_text("您约的是全科医疗科")
    await expect(page.get_by_role("button", name=re.compile("^改约"))).to_be_visible()
    await looks_right(page, desk, "booked")
    (first,) = await open_of(service, number)

    await page.get_by_role("button", name=re.compile("^改约")).click()
    await expect(page.get_by_text("请选新的时间")).to_be_visible()
    await takes_a_time(page, 2)
    await looks_right(page, desk, "moving")
    await page.get_by_role("button", name="确认改约").click()
    await expect(page.get_by_role("heading", name="改约成功")).to_be_visible()
    (second,) = await open_of(service, number)
    assert second[:10] > first[:10]

    await page.get_by_role("button", name=re.compile("^取消预约")).click()
    await page.get_by_label("原因（选填）").fill("本人来电取消")
    await looks_right(page, desk, "cancelling")
    await page.get_by_role("dialog").get_by_role("button", name="取消预约").click()
    await expect(page.get_by_text("已取消：")).to_be_visible()
    assert await open_of(service, number) == []
    await desk.shoot("cancelled")


async def test_a_guide_sees_in_english_what_somebody_has_and_what_cannot_be_had(desk, open_hospital):
    number = a_number()
    await a_booked_patient(open_hospital, name="卢老客", phone=number, department=DEPARTMENT)
    page = desk.page
    await sign_in_staff(desk, open_hospital, "guide1", "/booking")
    await page.evaluate("localStorage.setItem('language', 'en')")
    await page.reload()
    department = await department_named(open_hospital, BY_DRAW)
    await page.get_by_label("Department").select_option(department["id"])
    await page.get_by_role("group", name="Days").get_by_role("button", name=re.compile("not yet|draw")).last.click()
    places = page.get_by_role("table").get_by_role("button")
    assert await places.count() == await page.get_by_role("table").get_by_role("button", disabled=True).count() > 0
    await expect(places.first).to_have_accessible_name(re.compile("App (not yet|draw)$"))
    await page.get_by_role("combobox", name="Patient").fill(number[-4:])
    await page.get_by_role("option", name=re.compile(r"卢\*客")).click()
    mine = page.get_by_role("region", name="Upcoming bookings")
    await expect(mine.get_by_role("listitem")).to_contain_text(DEPARTMENT)
    await expect(mine.get_by_role("button", name=re.compile("^Move"))).to_be_visible()
    await looks_right(page, desk, "english")


async def in_the_room(room: Device, hospital: OpenHospital) -> str:
    """Sign the practitioner of a room in and go there; gives their id."""
    doctor = await a_staff_client(hospital, "room1")
    department = await department_named(hospital, DEPARTMENT)
    first = (await doctor.get(f"/rooms?department={department['id']}"))["items"][0]
    await sign_in_staff(room, hospital, "room1", f"/room/{first['id']}")
    return (await doctor.get("/staff/me"))["practitioner_id"]


async def test_a_room_goes_beyond_the_plan(room, open_hospital):
    doctor_id = await in_the_room(room, open_hospital)
    slot, _, _ = await a_full_clinic(open_hospital, DEPARTMENT, doctor_id=doctor_id)
    page = room.page
    await expect(page.get_by_role("region", name="候诊", exact=True)).to_be_visible()
    await room.shoot("room")
    await page.get_by_role("button", name="加号").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=slot["starts_at"][5:10]).click()
    await dialog.get_by_role("button", name=re.compile(f"^{slot['starts_at'][11:16]}.*余 0.1")).click()
    await expect(dialog.get_by_text("这个班次还没有加过号。")).to_be_visible()
    await dialog.get_by_role("combobox", name="患者").fill("宋远来")
    await expect(dialog.get_by_role("button", name="加号", exact=True)).to_be_disabled()
    await dialog.get_by_label("加号原因").fill("外地患者，当天看结果")
    await looks_right(page, room, "extra")
    await dialog.get_by_role("button", name="加号", exact=True).click()
    await expect(dialog.get_by_text(re.compile(r"已加号：宋\*来.*第 2 号"))).to_be_visible()
    granted = dialog.get_by_role("region", name="这个班次已加的号").get_by_role("listitem")
    await expect(granted).to_contain_text("外地患者，当天看结果")
    await looks_right(page, room, "granted")


async def asks(hospital: OpenHospital, address: str) -> tuple[int, str]:
    """Ask an address as a calendar does."""
    async with hospital.http.get(address) as reply:
        return reply.status, await reply.text()


async def test_a_practitioner_subscribes_to_their_clinics(room, open_hospital):
    await in_the_room(room, open_hospital)
    page = room.page
    await page.get_by_role("button", name="出诊日历").click()
    await expect(page.get_by_text("还没有订阅地址。")).to_be_visible()
    await page.get_by_role("button", name="生成地址").click()
    address = page.get_by_label("订阅地址", exact=True)
    await expect(address).to_have_value(re.compile("/api/v1/calendars/"))
    first = await address.input_value()
    await looks_right(page, room, "address")
    status, calendar = await asks(open_hospital, first)
    assert (status, calendar.startswith("BEGIN:VCALENDAR")) == (200, True)
    await page.get_by_role("button", name="复制").click()
    await expect(page.get_by_text(re.compile("已复制|自己复制"))).to_be_visible()

    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="出诊日历").click()
    await expect(page.get_by_text("正在使用")).to_be_visible()
    await expect(address).to_have_count(0)
    await looks_right(page, room, "in-use")
    await page.get_by_role("button", name="换一个新地址").click()
    await expect(address).to_have_value(re.compile("/api/v1/calendars/"))
    second = await address.input_value()
    assert [(await asks(open_hospital, one))[0] for one in (first, second)] == [404, 200]
    await page.get_by_role("button", name="停用地址").click()
    await expect(page.get_by_text("已停用，旧地址不再有效。")).to_be_visible()
    assert (await asks(open_hospital, second))[0] == 404
