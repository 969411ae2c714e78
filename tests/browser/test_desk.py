"""The guide's desk at its screen: scanner and camera, lost answers, search, walk-ins by the keyboard."""

import json
from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, Page, Route, expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_booked_patient, a_number, sign_in_staff
from tests.browser.scanner import type_as_scanner

SCANS = "**/api/v1/desk/scans"


async def sit_down(device: Device, hospital: OpenHospital, desk: str = "急诊导诊台", who: str = "guide1") -> Page:
    """Sign in at a desk; gives the page when today's list is there."""
    await sign_in_staff(device, hospital, who, "/desk")
    await device.page.get_by_role("dialog").get_by_role("button", name=desk).click()
    await expect(device.page.get_by_role("region", name="今天").first).to_be_visible()
    return device.page


async def a_code(hospital: OpenHospital, name: str, phone: str | None = None) -> str:
    """Bring in somebody with an appointment; gives what the phone shows."""
    patient, booked = await a_booked_patient(hospital, name=name, phone=phone)
    return await patient.code(booked["id"])


def result(page: Page) -> Locator:
    return page.get_by_role("region", name="扫码结果")


def search(page: Page) -> Locator:
    return page.get_by_role("combobox", name="查找患者")


def a_broken_seal(code: str) -> str:
    """Give a code of our form that the hospital did not sign."""
    kept, _, signature = code.rpartition(".")
    return f"{kept}.{signature[40:80]}{signature[:40]}{signature[80:]}"


async def test_a_scan_is_answered_big_and_the_second_one_harms_nobody(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    code = await a_code(open_hospital, "郑晓扫")
    await type_as_scanner(page, code)
    await expect(result(page)).to_contain_text("报到成功")
    await expect(result(page)).to_contain_text("郑*扫")
    await expect(result(page)).to_contain_text("急诊医学科")
    number = await result(page).locator(".number").inner_text()
    size = await result(page).locator(".number").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 72, "legible from two metres"
    await desk.shoot("accepted")
    await axe(page)

    await type_as_scanner(page, code)
    await expect(result(page)).to_contain_text("已经报到")
    await expect(result(page)).to_contain_text(number)
    await axe(page)

    await type_as_scanner(page, a_broken_seal(code))
    await expect(result(page)).to_contain_text("伪造的码")
    await type_as_scanner(page, "6901234567892")
    await expect(result(page)).to_contain_text("不是就诊码")
    await result(page).get_by_role("button", name="按姓名查找").click()
    await expect(search(page)).to_be_focused()
    await desk.shoot("refused")
    await axe(page)


async def test_a_scan_is_heard_in_a_field_and_leaves_it_as_it_was(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    await page.keyboard.press("F2")
    await expect(search(page)).to_be_focused()
    await page.keyboard.type("郑", delay=50)
    await type_as_scanner(page, await a_code(open_hospital, "郑晓格"))
    await expect(result(page)).to_contain_text("郑*格")
    await expect(search(page)).to_have_value("郑")

    await page.keyboard.press("F4")
    person = page.get_by_role("combobox", name="患者", exact=True)
    await person.fill("半个名字")
    await type_as_scanner(page, await a_code(open_hospital, "郑晓窗"))
    await expect(result(page)).to_contain_text("郑*窗")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("F4")
    await expect(person).to_have_value("半个名字")
    await axe(page)
    await page.get_by_role("button", name="清空重填").click()


async def test_what_a_person_types_is_theirs(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    number = a_number()
    await a_code(open_hospital, "郑晓打", phone=number)
    await page.keyboard.press("/")
    await page.keyboard.type(number[-4:], delay=80)
    await expect(page.get_by_role("listbox", name="查找结果").get_by_role("option")).to_have_count(1)
    await expect(search(page)).to_have_value(number[-4:])
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(result(page)).to_contain_text("郑*打")
    await expect(search(page)).to_have_value("")


async def test_a_lost_answer_is_asked_for_again_with_the_same_scan(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    desk.guard.allow_status(503, "/api/v1/desk/scans")
    code = await a_code(open_hospital, "郑晓丢")
    tries: list[str] = []

    async def lose(route: Route) -> None:
        tries.append(json.loads(route.request.post_data or "{}")["scan_id"])
        if len(tries) == 1:
            await route.fetch()  # the server did it, and nobody hears
        await route.fulfill(status=503, body="")

    await page.route(SCANS, lose)
    await type_as_scanner(page, code)
    await expect(page.get_by_text("1 条扫码等待发送")).to_be_visible()
    await expect(result(page)).to_contain_text("扫码已保存")
    await desk.shoot("unsent")
    await axe(page)
    await page.reload()  # nothing is forgotten by it
    await expect(page.get_by_text("1 条扫码等待发送")).to_be_visible()
    assert len(tries) > 1
    await page.unroute(SCANS)
    await expect(result(page)).to_contain_text("报到成功")
    await expect(page.get_by_text("等待发送")).to_have_count(0)
    assert len(set(tries)) == 1


async def test_two_desks_at_once_check_somebody_in_once(open_context, open_hospital):
    one, other = await open_context("desk", name="one"), await open_context("desk", name="other")
    pages = [await sit_down(one, open_hospital), await sit_down(other, open_hospital, "门诊导诊台", "guide2")]
    code = await a_code(open_hospital, "郑晓双")
    for page in pages:
        await type_as_scanner(page, code)
    said = []
    for page in pages:
        await expect(result(page)).to_contain_text("郑*双")
        said.append(await result(page).locator(".verdict").inner_text())
    assert sorted(said) == ["已经报到", "报到成功"]


async def test_a_walk_in_gets_a_number_by_the_keyboard_alone(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    await page.keyboard.press("F4")
    await expect(page.get_by_role("combobox", name="患者", exact=True)).to_be_focused()
    await page.keyboard.type("钱无约")
    await page.keyboard.press("Tab")
    await page.keyboard.type("1390000", delay=40)
    await page.keyboard.press("Tab")
    await page.keyboard.type("1101", delay=40)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("jzyx", delay=40)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    desk.guard.allow_status(422, "/api/v1/desk/walk-ins")
    await page.keyboard.press("Enter")
    number = page.get_by_label("身份证号")
    await expect(number).to_be_focused()
    await expect(number).to_have_accessible_description("身份证号应为 18 位。")
    await axe(page)
    await number.fill("")
    await page.keyboard.press("Enter")
    await expect(result(page)).to_contain_text("取号成功")
    await expect(result(page)).to_contain_text("钱*约")
    await expect(result(page)).to_contain_text("急诊楼")
    await desk.shoot("walk-in")


async def test_a_mistake_is_taken_back(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    code = await a_code(open_hospital, "郑晓错")
    await type_as_scanner(page, code)
    await expect(result(page)).to_contain_text("报到成功")
    recent = page.get_by_role("region", name="最近扫码")
    await recent.get_by_role("button", name="撤销").first.click()
    await axe(page)
    await page.get_by_role("dialog").get_by_role("button", name="报错了人").click()
    await page.get_by_role("dialog").get_by_role("button", name="撤销报到").click()
    await expect(recent).to_contain_text("已撤销")
    await type_as_scanner(page, code)
    await expect(result(page)).to_contain_text("报到成功")


async def test_the_camera_is_a_scanner_too(
    desk_with_camera: Callable[[str], Awaitable[Device]], open_hospital: OpenHospital
):
    device = await desk_with_camera(await a_code(open_hospital, "郑晓镜"))
    page = await sit_down(device, open_hospital)
    await page.keyboard.press("F6")
    await expect(result(page)).to_contain_text("郑*镜", timeout=20_000)
    await device.shoot("camera")
    await axe(page)
    await page.keyboard.press("F6")
    await expect(page.get_by_role("region", name="摄像头扫码")).to_have_count(0)


async def test_the_desk_fits_its_screens_and_says_its_keys(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    for width, height in ((1366, 768), (1920, 1080), (390, 844)):
        await page.set_viewport_size({"width": width, "height": height})
        over = await page.evaluate(
            "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
        )
        assert over[0] <= 0, f"{width} px: {over}"
        assert width < 1000 or over[1] <= 0, f"{width}×{height}: {over}"
        await axe(page)
        await desk.shoot(f"{width}")
    await page.set_viewport_size({"width": 1366, "height": 768})
    await page.keyboard.press("F1")
    await expect(page.get_by_role("dialog", name="快捷键")).to_contain_text("F4")
    await page.keyboard.press("Escape")
    await page.keyboard.press("F8")
    await expect(page.get_by_role("img", name="自助二维码")).to_be_visible()
    await axe(page)
