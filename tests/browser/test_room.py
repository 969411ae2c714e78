"""The consulting room at its screen: who is called, what can be done, what is told of the line."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.lines import an_empty_line
from tests.browser.people import (
    NEVER_CLOSED,
    next_slot,
    sign_in_staff,
)
from tests.cast import a_patient_with_a_phone

QUIET, QUIETS_ROOM_STAFF = "心血管内科", "room3"
SIZES = ({"width": 1366, "height": 768}, {"width": 1920, "height": 1080})
TOLD = {"illness": "胸闷、气短三天", "history": "青霉素过敏", "expectations": "查清原因", "needs": "听力不好"}


async def enter(device: Device, hospital: OpenHospital, room: dict[str, Any], who: str = QUIETS_ROOM_STAFF) -> Page:
    """Sign in and go into a room; gives the page when the first look has come."""
    await sign_in_staff(device, hospital, who, f"/room/{room['id']}")
    await expect(device.page.get_by_role("heading", level=1)).to_have_text(room["name"])
    await expect(device.page.get_by_role("region", name="候诊", exact=True)).to_be_visible()
    return device.page


def act(page: Page, name: str) -> Locator:
    """Find the button of an act; its key is written on it too."""
    return page.get_by_role("button", name=name)


async def looks_right(page: Page) -> None:
    """Ask axe when the act that was last done is over and painted: until then the buttons are dim."""
    await expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    await axe(page)


async def fits(page: Page) -> None:
    """Fail when the page has to be scrolled."""
    for size in SIZES:
        await page.set_viewport_size(size)
        over = await page.evaluate(
            "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
        )
        assert over == [0, 0], (size, over)
    await page.set_viewport_size(SIZES[0])


async def test_the_room_is_chosen_once_and_remembered(room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    await sign_in_staff(room, open_hospital, QUIETS_ROOM_STAFF, "/room")
    page = room.page
    await expect(page.get_by_role("heading", name="请选择诊室")).to_be_visible()
    await looks_right(page)
    await room.shoot("choose")
    chosen = line.rooms[0]
    await page.get_by_role("button", name=chosen["name"]).click()
    await expect(page).to_have_url(re.compile(chosen["id"]))
    await room.goto("/console/room")
    await expect(page.get_by_role("heading", level=1)).to_have_text(chosen["name"])
    await act(page, "换诊室").click()
    await page.get_by_role("button", name=line.rooms[1]["name"]).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(line.rooms[1]["name"])
    await room.goto("/console/room/00000000-0000-0000-0000-000000000000")
    await expect(page.get_by_role("alert")).to_contain_text("没有这间诊室")


async def test_a_visit_by_keyboard_alone(room, open_hospital):
    line = await an_empty_line(open_hospital, NEVER_CLOSED)
    await line.decides(open_hospital, recall_seconds=0)
    slot = await next_slot(open_hospital)
    patient = await a_patient_with_a_phone(open_hospital, name="张小三")
    booked = await patient.books(slot["id"], intake=TOLD)
    answer = await line.guide.post(
        "/desk/check-ins", {"appointment_id": booked["id"], "override": {"reason": "early for the test"}}
    )
    number = answer["ticket"]["number"]
    of_slot = booked["room"]
    page = await enter(room, open_hospital, of_slot, "room2")

    await expect(act(page, "叫下一位")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(act(page, "开始就诊")).to_be_visible()
    here = page.locator("article.patient")
    await expect(here).to_contain_text(number)
    await expect(here).to_contain_text("张小三")  # whole: the room makes sure that the right person came
    for words in TOLD.values():
        await expect(here).to_contain_text(words)
    await expect(act(page, "撤回叫号")).to_contain_text("秒内")
    await fits(page)
    await looks_right(page)
    await room.shoot("called")

    await page.keyboard.press("F4")
    await expect(here).to_contain_text("第 2 次呼叫")
    await page.keyboard.press("F2")
    await expect(act(page, "完成就诊")).to_be_visible()
    await page.keyboard.press("F10")
    await page.get_by_role("checkbox", name="检查").check()
    await page.get_by_label("地点").fill("2 楼超声室")
    await room.shoot("stations")
    await page.keyboard.press("Control+Enter")
    aside = page.get_by_role("region", name="不在队列中")
    await expect(aside).to_contain_text("检查 · 2 楼超声室")
    place = await patient.get(f"/appointments/{booked['id']}/queue")
    assert (place["stage"], place["next_place"]) == ("examination", "2 楼超声室")
    await aside.get_by_role("button", name=f"{number} 回到队列").click()
    await expect(page.get_by_role("region", name="候诊", exact=True)).to_contain_text("检查后返回")

    await page.keyboard.press("F8")
    await expect(act(page, "开始就诊")).to_be_visible()
    await page.keyboard.press("F2")
    await expect(act(page, "完成就诊")).to_be_visible()
    await page.keyboard.press("F9")
    advice = page.get_by_label("医嘱与建议")
    await expect(advice).to_be_focused()
    await page.keyboard.type("多喝水。")
    await page.get_by_role("button", name="如症状加重").click()
    await page.get_by_text("2 周").click()
    await looks_right(page)
    done = page.get_by_role("dialog").get_by_role("button", name="完成就诊")
    await expect(done).to_be_in_viewport(ratio=1)  # however long the form is
    await room.shoot("finish")
    await page.keyboard.press("Control+Enter")
    await expect(act(page, "叫下一位")).to_be_visible()
    await expect(page.get_by_text("今日已看")).to_be_visible()
    detail = await patient.get(f"/appointments/{booked['id']}")
    assert detail["visit"]["advice"] == "多喝水。\n如症状加重或出现新的不适，请及时就诊。"
    day = (await line.guide.get(f"/rooms/{of_slot['id']}/day"))["day"]
    assert detail["visit"]["revisit_on"] > day
    assert (await line.states()).get(number) is None


async def test_two_rooms_that_call_at_once_never_get_the_same(open_context, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    numbers = [(await line.walks_in())["number"] for _ in range(8)]
    seen = [len((await line.guide.get(f"/rooms/{room['id']}/day"))["seen"]) for room in line.rooms[:2]]
    first = await open_context("room", name="first")
    second = await open_context("room", name="second")
    pages = [
        await enter(first, open_hospital, line.rooms[0]),
        await enter(second, open_hospital, line.rooms[1]),
    ]
    called: list[str] = []
    for _ in range(len(numbers) // 2):
        await asyncio.gather(*(page.keyboard.press("F8") for page in pages))
        for page in pages:
            await expect(act(page, "开始就诊")).to_be_visible()
            called.append(await page.locator("article.patient").locator(".number").inner_text())
        for page in pages:
            await page.keyboard.press("F2")
            await act(page, "完成就诊").click()
            await page.keyboard.press("Control+Enter")
            await expect(page.get_by_role("dialog", name="完成就诊")).to_be_hidden()
            await expect(page.locator("article.patient")).to_be_hidden()
    assert sorted(called) == sorted(numbers)
    for page, room, before in zip(pages, line.rooms, seen, strict=False):
        after = len((await line.guide.get(f"/rooms/{room['id']}/day"))["seen"])
        assert after == before + 4
        await expect(page.get_by_text(f"今日已看 {after} 位")).to_be_visible()
        await expect(page.get_by_text("现在没有人候诊").first).to_be_visible()


async def test_a_call_is_undone_passed_over_held_and_left(room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    number = (await line.walks_in())["number"]
    page = await enter(room, open_hospital, line.rooms[0])
    aside = page.get_by_role("region", name="不在队列中")
    await page.keyboard.press("F8")
    await expect(act(page, "撤回叫号")).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(act(page, "叫下一位")).to_be_focused()
    assert await line.states() == {number: "waiting"}
    for key, words in (("F7", "过号 1 次"), ("F6", "暂缓")):
        await page.keyboard.press("F8")
        await expect(act(page, "开始就诊")).to_be_visible()
        await page.keyboard.press(key)
        if key == "F6":
            await page.get_by_text("5 分钟", exact=True).click()
            await page.keyboard.press("Control+Enter")
        await expect(aside).to_contain_text(words)
        await aside.get_by_role("button", name=f"{number} 回到队列").click()
        await expect(act(page, "叫下一位")).to_be_enabled()
    await page.keyboard.press("F8")
    await expect(act(page, "开始就诊")).to_be_visible()
    await page.keyboard.press("Delete")
    await expect(act(page, "记录离开")).to_be_disabled()
    await page.get_by_text("等候太久").click()
    await looks_right(page)
    await act(page, "记录离开").click()
    await expect(page.locator("article.patient")).to_be_hidden()
    assert await line.states() == {}


async def test_a_patient_is_handed_on(room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    there = await an_empty_line(open_hospital, NEVER_CLOSED)
    await line.walks_in()
    page = await enter(room, open_hospital, line.rooms[0])
    await page.keyboard.press("F8")
    await expect(act(page, "开始就诊")).to_be_visible()
    await page.keyboard.press("F3")
    dialog = page.get_by_role("dialog")
    send = dialog.get_by_role("button", name="转诊")
    await expect(send).to_be_disabled()  # to where they already are is nowhere
    await dialog.get_by_label("科室").select_option(label=NEVER_CLOSED)
    await looks_right(page)
    await send.click()
    await expect(page.locator("article.patient")).to_be_hidden()
    assert list((await there.states()).values()) == ["waiting"]


async def test_the_line_says_why_one_is_before_the_other(room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    first, second = await line.walks_in(), await line.walks_in("欧阳小四", flags=["elderly"])
    page = await enter(room, open_hospital, line.rooms[0])
    rows = page.get_by_role("region", name="候诊", exact=True).get_by_role("listitem").get_by_role("button")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text(second["number"])
    await expect(rows.nth(0)).to_contain_text("高龄")
    await rows.nth(1).click()
    await rows.nth(0).click()
    why = page.get_by_role("complementary", name=f"为什么 {second['number']} 在 {first['number']} 前面")
    await expect(why).to_contain_text("因需要照顾提前 20 分钟")
    await fits(page)
    await looks_right(page)
    await room.shoot("why")


async def test_arrivals_are_told_and_urgent_ones_stand_on_top(room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    page = await enter(room, open_hospital, line.rooms[0])
    await expect(act(page, "叫下一位")).to_be_disabled()
    await room.shoot("empty")
    number = (await line.walks_in())["number"]
    await expect(page.get_by_role("status")).to_contain_text(f"{number} 已报到")
    await page.keyboard.press("F8")
    await expect(act(page, "开始就诊")).to_be_visible()
    await line.walks_in()
    urgent = (await line.walks_in("孟急", triage="urgent"))["number"]
    await expect(page.get_by_role("status")).to_contain_text(f"急诊患者 {urgent}")
    rows = page.get_by_role("region", name="候诊", exact=True).get_by_role("listitem")
    await expect(rows.nth(0)).to_contain_text(urgent)
    await looks_right(page)
    await room.shoot("urgent")


async def test_what_was_changed_elsewhere_is_refused_shown_and_said(room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    await line.decides(open_hospital, recall_seconds=0)
    await line.walks_in()
    await room.page.route("**/events", _cut)  # so that the screen cannot know
    page = await enter(room, open_hospital, line.rooms[0])
    await expect(page.get_by_role("alert")).to_contain_text("数据停在")
    await room.shoot("lost")
    elsewhere = line.rooms[1]["id"]
    taken = await line.guide.calls_next(elsewhere)
    room.guard.allow_status(409, "/api/v1/rooms/*")
    await page.keyboard.press("F8")
    await expect(page.locator(".problem")).to_contain_text("当前没有候诊患者。")
    await expect(page.locator(".problem")).to_contain_text("名单已刷新")
    await line.guide.post(f"/tickets/{taken['id']}/undo")

    await act(page, "暂停叫号").click()
    await page.keyboard.press("Control+Enter")
    await act(page, "恢复叫号").first.click()
    await expect(act(page, "叫下一位")).to_be_enabled()
    await page.keyboard.press("F8")
    await expect(act(page, "开始就诊")).to_be_visible()
    await line.guide.post(f"/tickets/{taken['id']}/recall")
    room.guard.allow_status(412, "/api/v1/tickets/*")
    await page.keyboard.press("F2")
    await expect(page.locator(".problem")).to_contain_text("请看清后再操作一次")
    await expect(page.locator("article.patient")).to_contain_text("第 3 次呼叫")  # and the screen is fresh
    await room.shoot("stale")
    await looks_right(page)
    await page.keyboard.press("F2")
    await expect(act(page, "完成就诊")).to_be_visible()
    await expect(page.locator(".problem")).to_be_hidden()


async def _cut(route: Route) -> None:
    await route.abort("internetdisconnected")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
async def test_the_page_is_complete_in_english(open_context, open_hospital, size):
    line = await an_empty_line(open_hospital, QUIET)
    for flags in ([], ["wheelchair"], ["child", "feverish"], []):
        await line.walks_in(flags=flags)
    device = await open_context("room", viewport=size)
    page = await enter(device, open_hospital, line.rooms[0])
    await page.get_by_role("button", name="English").click()
    await page.keyboard.press("F8")
    await expect(act(page, "Start visit")).to_be_visible()
    text = await page.get_by_role("main").inner_text()
    assert "room." not in text
    await looks_right(page)
    await device.shoot("english")
    await act(page, "Pause calls").click()
    await page.keyboard.press("Control+Enter")
    await expect(act(page, "Resume calls").first).to_be_visible()
    await page.keyboard.press("F7")
    await expect(page.get_by_text("Calls are paused")).to_be_visible()
    await looks_right(page)
    await device.shoot("paused")
