"""Somebody who cannot wait: registered by the keyboard, seen in the room at once, confirmed by a second person."""

from uuid import uuid4

from playwright.async_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.lines import an_empty_line
from tests.browser.people import a_staff_client
from tests.browser.test_desk import result, sit_down
from tests.browser.test_room import QUIET, enter


async def types(page: Page, phone: str) -> None:
    """Open the form of a walk-in and type somebody in, up to the department."""
    await page.keyboard.press("F4")
    await expect(page.get_by_role("combobox", name="患者", exact=True)).to_be_focused()
    await page.keyboard.type("卫长青")
    await page.get_by_label("手机号").fill(phone)
    await page.get_by_label("出生日期").fill("19500301")
    await page.get_by_role("dialog").get_by_role("combobox", name="科室").fill(QUIET)
    await expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text(QUIET)
    await page.keyboard.press("Enter")


async def test_a_walk_in_who_has_a_file_and_one_who_cannot_wait(desk, room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    here = await enter(room, open_hospital, line.rooms[0])
    emergency = await a_staff_client(open_hospital, "room2")
    phone = f"139{uuid4().int % 10**8:08d}"

    page = await sit_down(desk, open_hospital)
    await types(page, phone)
    await expect(page.get_by_text("按年龄建议：老人")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(result(page)).to_contain_text("取号成功")
    first = await result(page).locator(".number").inner_text()
    await page.keyboard.press("Escape")
    await types(page, phone)
    desk.guard.allow_status(409, "/api/v1/desk/walk-ins")
    await page.keyboard.press("Enter")
    alike = page.get_by_role("region", name="已有相似的档案")
    await expect(alike.get_by_role("button", name="就是这位").first).to_be_focused()
    await expect(alike).to_contain_text("手机号相同")
    await desk.shoot("looks-like")
    await axe(page)
    await page.keyboard.press("ArrowDown")
    await alike.get_by_role("button", name="都不是，是另一个人").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    second = await result(page).locator(".number").inner_text()
    assert second != first

    await expect(here.get_by_role("region", name="候诊", exact=True)).to_contain_text(second)
    await result(page).get_by_role("button", name=f"改分诊 {second}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("急", exact=True).check()
    await dialog.get_by_label("发热").check()
    await dialog.get_by_label("主诉").fill("胸痛十分钟，出冷汗")
    await desk.shoot("triage")
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(here.locator(".row.urgent")).to_contain_text(second, timeout=3_000)
    await expect(here.get_by_text(f"【急】{QUIET} {second} 号请立即接诊")).to_be_visible()
    await room.shoot("urgent")
    (alert,) = [one for one in await emergency.alerts_about("ticket") if second in one["title"]]
    assert "急诊科支援" in alert["title"]

    await here.locator(".row.urgent").click()
    await here.get_by_role("button", name=f"改分诊 {second}").click()
    await expect(here.get_by_role("dialog")).to_contain_text("胸痛十分钟")
    await here.get_by_role("dialog").get_by_role("button", name="确认是急症").click()
    await expect(here.get_by_role("dialog")).to_have_count(0)
    assert second not in {one["number"] for one in (await emergency.get("/triage/unconfirmed"))["items"]}
