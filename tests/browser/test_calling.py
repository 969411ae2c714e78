"""Calling in full: who comes next is announced, doors, undo, pauses with a reason, and the phone that shows it."""

from playwright.async_api import expect

from tests.browser.hospital import OpenHospital
from tests.browser.lines import an_empty_line
from tests.browser.people import a_staff_client, sign_in_staff
from tests.browser.test_room import QUIET, act, enter, fits, looks_right


async def test_the_room_knows_who_comes_asks_them_to_the_door_and_takes_a_finish_back(
    room, open_hospital: OpenHospital
):
    line = await an_empty_line(open_hospital, QUIET)
    await line.decides(open_hospital, ready_places=2, recall_seconds=10)
    first, second, third = [(await line.walks_in(flags=flags))["number"] for flags in (["wheelchair"], [], [])]
    page = await enter(room, open_hospital, line.rooms[0])
    waiting = page.get_by_role("region", name="候诊", exact=True)
    await expect(waiting.get_by_text("下一位")).to_be_visible()
    await page.keyboard.press("F1")
    await expect(waiting.get_by_text("已知道")).to_be_visible()
    await page.keyboard.press("Shift+F2")
    await expect(waiting.get_by_text("门口候诊", exact=True)).to_have_count(2)
    await fits(page)
    await looks_right(page)
    await room.shoot("door")

    await page.keyboard.press("F8")
    await expect(page.locator("article.patient")).to_contain_text(first)
    await expect(act(page, "再叫一次")).to_be_disabled()
    await page.keyboard.press("F2")
    await expect(act(page, "完成就诊")).to_be_visible()
    assert (await line.states())[third] == "ready"
    await page.keyboard.press("F9")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(act(page, "叫下一位")).to_be_focused()
    await page.keyboard.press("Control+z")
    await expect(page.locator("article.patient")).to_contain_text(first)
    assert (await line.states())[first] == "in_service"
    await page.keyboard.press("F9")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(act(page, "叫下一位")).to_be_visible()

    await page.keyboard.press("Shift+F8")
    await page.get_by_text("去病房").click()
    await page.get_by_text("20 分钟").click()
    await looks_right(page)
    await room.shoot("pausing")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("已暂停叫号")).to_be_visible()
    await expect(page.get_by_text("去病房 · 预计")).to_be_visible()
    await room.shoot("paused")
    assert list((await line.states()).values()) == ["waiting", "waiting"]
    await page.keyboard.press("Shift+F8")
    await page.keyboard.press("F8")
    await expect(page.locator("article.patient")).to_contain_text(second)
    await line.decides(open_hospital, ready_places=0)


async def test_a_supervisor_pauses_a_queue_reads_the_norms_and_decides_how_it_calls(desk, open_hospital: OpenHospital):
    line = await an_empty_line(open_hospital, QUIET)
    ticket = await line.walks_in()
    doctor = await a_staff_client(open_hospital, "room3")
    await doctor.post(f"/tickets/{ticket['id']}/informed")
    await doctor.calls_next(line.rooms[0]["id"])
    await doctor.post(f"/tickets/{ticket['id']}/start")
    await sign_in_staff(desk, open_hospital, "supervisor1", "/calling")
    page = desk.page
    await page.get_by_label("科室").select_option(line.department_id)
    norms = page.get_by_role("region", name="时限完成情况")
    await expect(norms.get_by_role("row", name="医生知道后请入")).to_contain_text("100%")
    pause = page.get_by_role("region", name="整个科室暂停叫号")
    await pause.get_by_label("原因").select_option("emergency")
    await pause.get_by_role("button", name="暂停叫号").click()
    await expect(pause.get_by_role("status")).to_contain_text("已暂停叫号：紧急情况 · 预计")
    assert (await doctor.refused(f"/rooms/{line.rooms[1]['id']}/calls")).code == "paused"
    await looks_right(page)
    await desk.shoot("calling")
    await pause.get_by_role("button", name="恢复叫号").click()
    await expect(pause.get_by_role("status")).to_contain_text("正在叫号")
    rules = page.get_by_role("region", name="叫号规则")
    await rules.get_by_label("暂缓通常多久").fill("20")
    await rules.get_by_role("button", name="保存").click()
    await expect(rules.get_by_role("status")).to_contain_text("已保存")
    await line.decides(open_hospital, hold_minutes=15)
