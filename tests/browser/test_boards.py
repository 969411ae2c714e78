"""Boards at their screens: what is decided, announced and broadcast in the console, shown and said on the wall."""

import asyncio
import re
from collections.abc import Callable

import orjson
from playwright.async_api import Page, Route, expect

from tests.browser.accessibility import axe
from tests.browser.lines import an_empty_line
from tests.browser.people import sign_in_staff

DEPARTMENT = "心血管内科"
NOTICE, ALARM = "三楼电梯检修，请走扶梯", "二楼东侧停电，请在原地等候"

# the device's voice, and what a screen reader would be given
EARS = """
window.said = []
window.read = []
const voice = { lang: 'zh-CN', name: 'ears', default: true, localService: true, voiceURI: 'ears' }
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } }
Object.defineProperty(window, 'speechSynthesis', { value: {
  getVoices: () => [voice], addEventListener() {}, removeEventListener() {}, cancel() {},
  speak(one) { window.said.push(one.text); setTimeout(() => one.onend && one.onend(), 5) },
} })
new MutationObserver(() => {
  const now = document.querySelector('[aria-live=polite]')?.textContent ?? ''
  if (now && window.read.at(-1) !== now) window.read.push(now)
}).observe(document, { subtree: true, childList: true, characterData: true })
"""


async def until_said(wall: Page, right: Callable[[list[str]], bool]) -> list[str]:
    """Wait until the board has said what it should; give all that it said."""
    async with asyncio.timeout(15):
        while not right(said := await wall.evaluate("window.said")):
            await asyncio.sleep(0.1)
    return said


async def test_what_is_decided_and_announced_hangs_on_the_wall(desk, board, open_hospital):
    line = await an_empty_line(open_hospital, DEPARTMENT)
    room, wall, page = line.rooms[0], board.page, desk.page
    await wall.add_init_script(EARS)
    await board.goto(f"/board/{line.department_id}")
    await wall.get_by_role("button", name=re.compile("点此开启声音")).click()
    await line.walks_in()
    first = await line.guide.calls_next(room["id"])
    await expect(wall.locator(".large .number")).to_have_text(first["number"])
    await expect(wall.locator(".large .name")).to_have_count(0)  # numbers alone, as nobody decided otherwise
    spelled = " ".join("零一二三四五六七八九"[int(sign)] if sign.isdigit() else sign for sign in first["number"])
    said = await until_said(wall, lambda said: len(said) == 2)  # twice, after the chime
    assert said[0] == said[1]
    assert re.fullmatch(f"请 {spelled} 号到 .*{room['name']} 就诊", said[0]), said
    assert await wall.evaluate("window.read") == [said[0]]  # read out once for each call
    await axe(wall)

    await sign_in_staff(desk, open_hospital, "supervisor1", "/boards")
    await page.get_by_label("科室", exact=True).select_option(line.department_id)
    await page.get_by_label("患者显示").select_option("masked")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("已保存，候诊屏几秒内更新。")).to_be_visible()
    await expect(wall.locator(".large .name")).to_have_text(re.compile(r"\*"), timeout=8_000)
    await page.get_by_label("中文内容").fill(NOTICE)
    await page.get_by_role("button", name="发布").click()
    await expect(wall.get_by_text(NOTICE)).to_be_visible()
    await axe(page)
    await desk.shoot("settings")
    await board.shoot("notice")

    await page.get_by_role("button", name="紧急广播…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("中文内容").fill(ALARM)
    await expect(dialog.get_by_role("button", name="开始广播")).to_be_disabled()
    await dialog.get_by_role("checkbox").check()
    await desk.shoot("sure")
    await dialog.get_by_role("button", name="开始广播").click()
    await expect(wall.get_by_role("alert")).to_contain_text(ALARM)
    await until_said(wall, lambda said: ALARM in said)
    await board.shoot("broadcast")
    await page.get_by_role("button", name="结束广播").click()
    await expect(wall.get_by_role("alert")).to_have_count(0)
    await page.get_by_role("button", name="撤下").click()
    await expect(wall.get_by_text(NOTICE)).to_have_count(0)
    await page.get_by_label("患者显示").select_option("numbers")
    await page.get_by_role("button", name="保存").click()
    await expect(wall.locator(".large .name")).to_have_count(0, timeout=8_000)


async def test_a_board_says_to_the_second_since_when_it_hears_nothing_and_comes_back(board, open_hospital):
    line = await an_empty_line(open_hospital, DEPARTMENT)
    shown = orjson.dumps(await line.guide.get(f"/queues/{line.department_id}/board")).decode()
    asked = 0

    async def dying(route: Route) -> None:
        """Send one board, then nothing more: the line is cut."""
        nonlocal asked
        asked += 1
        if asked > 1:
            await route.abort("internetdisconnected")
        else:
            body = f"retry: 500\nevent: board\ndata: {shown}\n\n"
            await route.fulfill(content_type="text/event-stream", body=body)

    await board.page.route("**/board/events", dying)
    await board.page.route("**/board", _cut)
    await board.goto(f"/board/{line.department_id}")
    stale = board.page.get_by_text(re.compile(r"数据停在 \d+:\d\d:\d\d，正在重连"))
    await expect(stale).to_be_visible(timeout=15_000)
    await board.shoot("stale")
    await line.walks_in()
    await board.page.unroute("**/board/events")
    await board.page.unroute("**/board")
    await expect(board.page.get_by_text("候诊 1 人")).to_be_visible(timeout=15_000)
    await expect(stale).to_have_count(0)


async def _cut(route: Route) -> None:
    if route.request.is_navigation_request():
        await route.continue_()
    else:
        await route.abort("internetdisconnected")
