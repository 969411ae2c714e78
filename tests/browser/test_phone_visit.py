"""One phone through a visit by its screens: code, queue, call, advice, survey, complaint, verdict. Staff act by API."""

import asyncio
import re

from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.codes import decode_qr
from tests.browser.lines import an_empty_line
from tests.browser.network import offline
from tests.browser.people import NEVER_CLOSED, a_staff_client, next_slot, sign_in_phone

ADVICE = "清淡饮食，规律作息，如有不适及时就诊。"
REPLY = "您好，您的反馈已经收到，我正在向科室核实。"
ANSWER = {
    "finding": "当日候诊人数较多，现场说明不及时。",
    "action": "已与科室沟通，候诊延误时由导诊台主动告知。",
    "responsible": "患者服务中心",
}
TOO_LONG = "等候的时候没有人说明还要多久。"
TURN_MS = 9_000  # the page of a visit asks every four seconds
TALK_MS = 20_000  # that of a complaint every fifteen
TOUCH_MS = 200
NARROW = {"viewport": {"width": 360, "height": 740}}
HEAR_TONES = """const make = AudioContext.prototype.createOscillator
    globalThis.tones = 0
    AudioContext.prototype.createOscillator = function () { tones += 1; return make.call(this) }"""


def shown(page: Page, role: str, name: str | re.Pattern[str]) -> Locator:
    """Find on the page that is seen; the tabs behind it stay in the document."""
    return page.get_by_role(role, name=name).filter(visible=True)  # type: ignore[arg-type]


async def looks_right(page: Page) -> None:
    """Ask axe once the last touch has come and faded: meanwhile what was touched is dim."""
    await page.wait_for_timeout(TOUCH_MS)
    await expect(page.locator(".tapped, .pressed")).to_have_count(0)
    await axe(page)


async def test_a_phone_from_the_code_to_a_settled_complaint(open_context, open_hospital):
    line = await an_empty_line(open_hospital, NEVER_CLOSED)
    doctor, handler = [await a_staff_client(open_hospital, name) for name in ("room2", "handler1")]
    phone = await open_context("phone", **NARROW)
    page = phone.page
    await page.add_init_script(HEAR_TONES)

    # signed in by the page; booked behind the scenes
    patient = await sign_in_phone(phone, open_hospital)
    booked = await patient.books((await next_slot(open_hospital))["id"])
    await shown(page, "button", re.compile("^预约$")).tap()
    await shown(page, "link", re.compile(NEVER_CLOSED)).first.tap()

    # the code that the guide's scanner reads from the glass, while the network is away
    picture = shown(page, "img", "就诊码")
    await expect(picture).to_be_visible()
    await expect(page.get_by_text("已登录")).to_be_hidden()  # a note that lies over the page for two seconds
    await looks_right(page)
    await phone.shoot("code")
    async with offline(phone.context):
        code = await decode_qr(picture)
    scan = await line.guide.scans(code)
    assert scan["outcome"] == "accepted", scan

    # the queue, the call with its sound, the advice
    await expect(page.get_by_text(scan["ticket"]["number"], exact=True)).to_be_visible(timeout=TURN_MS)
    await expect(shown(page, "heading", re.compile("^下一位就是您"))).to_be_visible()
    await looks_right(page)
    await phone.shoot("queue")
    room = booked["room"]
    ticket = await doctor.calls_next(room["id"])
    await expect(shown(page, "heading", f"请到 {room['name']} 就诊")).to_be_visible(timeout=TURN_MS)
    assert await page.evaluate("globalThis.tones") == 2
    await looks_right(page)
    await phone.shoot("called")
    await doctor.post(f"/tickets/{ticket['id']}/start")
    await doctor.post(f"/tickets/{ticket['id']}/finish", {"advice": ADVICE})
    await expect(page.get_by_text(ADVICE)).to_be_visible(timeout=TURN_MS)

    # the survey: one question a screen, a draft that survives a reload, back and on
    await shown(page, "button", "现在评价").tap(timeout=TURN_MS)
    for number in range(1, 6):
        await expect(page.get_by_text(f"第 {number} 题，共 7 题")).to_be_visible()
        if number == 3:
            await looks_right(page)
            await phone.shoot("survey")
            await page.reload()
            await expect(page.get_by_text("已为您保留上次填的内容")).to_be_visible()
            await shown(page, "button", "上一题").tap()
            await expect(shown(page, "radio", "2 星")).to_be_checked()
            await shown(page, "button", "下一题").tap()
        await shown(page, "radio", "有时" if number in (3, 4) else "2 星").tap()
    for number in (6, 7):  # two that were drawn for this person
        await expect(page.get_by_text(f"第 {number} 题")).to_be_visible()
        await shown(page, "button", "跳过").tap()
    await page.get_by_label("您最想让我们改进的一件事是什么").fill(TOO_LONG)
    await shown(page, "switch", "请联系我").tap()
    await looks_right(page)
    await phone.shoot("survey-last")
    await shown(page, "button", "提交评价").tap()

    # what happens next is said honestly, and can be followed
    await expect(page.get_by_text(re.compile("最晚 .*，会有人联系您"))).to_be_visible()
    await looks_right(page)
    await phone.shoot("thanks")
    await shown(page, "button", "看处理进度").tap()
    await expect(shown(page, "listitem", "").filter(has_text="首次联系您")).to_contain_text("最晚")
    await expect(page.get_by_text(TOO_LONG)).to_be_visible()

    # the talk: a reply, a word more, the answer, the verdict
    complaint = (await patient.get("/complaints"))["items"][0]
    await handler.post(f"/complaints/{complaint['id']}/reply", {"text": REPLY})
    await page.get_by_label("补充或追问").fill("谢谢，请尽快。")
    await shown(page, "button", "发送").tap()
    await expect(page.get_by_text(REPLY)).to_be_visible()
    await handler.post(f"/complaints/{complaint['id']}/answer", ANSWER)
    await expect(shown(page, "heading", "这个答复，您满意吗？")).to_be_visible(timeout=TALK_MS)
    await expect(page.get_by_text(ANSWER["finding"])).to_be_visible()
    await looks_right(page)
    await phone.shoot("answered", full_page=True)
    await shown(page, "button", "满意，可以办结").tap()
    await expect(shown(page, "heading", "您已确认满意，已办结")).to_be_visible()
    assert (await patient.get(f"/complaints/{complaint['id']}"))["state"] == "confirmed_closed"
    await phone.shoot("settled")


async def test_the_inbox_tells_what_is_new_and_leads_there(phone, open_hospital):
    patient = await sign_in_phone(phone, open_hospital)
    page = phone.page
    booked = await patient.books((await next_slot(open_hospital))["id"])
    while not await patient.inbox():  # the worker writes the message a moment after the booking
        await asyncio.sleep(0.1)
    await shown(page, "button", re.compile("^消息")).tap()
    await expect(page.get_by_text("1 条未读")).to_be_visible()
    await expect(shown(page, "button", "消息 1")).to_be_visible()  # the number on the tab
    await looks_right(page)
    await phone.shoot("inbox")
    await shown(page, "link", re.compile("^预约成功 新")).tap()
    await expect(page).to_have_url(re.compile(f"appointment\\?id={booked['id']}"))
    await page.go_back()
    await expect(page.get_by_text("都看过了")).to_be_visible()
    assert [one["read_at"] is None for one in await patient.inbox()] == [False]


async def test_a_complaint_is_written_and_not_lost_by_a_reload(phone, open_hospital):
    patient = await sign_in_phone(phone, open_hospital)
    page = phone.page
    booked = await patient.books((await next_slot(open_hospital))["id"])
    await phone.goto(f"/m/#/pages/complain/complain?appointment={booked['id']}")
    words = page.get_by_label("发生了什么")
    await words.fill(TOO_LONG)
    await expect(shown(page, "radio", re.compile(NEVER_CLOSED))).to_be_checked()
    await page.reload()
    await expect(words).to_have_value(TOO_LONG)
    await looks_right(page)
    await phone.shoot("complain", full_page=True)
    await shown(page, "button", "提交").tap()
    await expect(page.get_by_text(TOO_LONG)).to_be_visible()
    await expect(shown(page, "listitem", "").filter(has_text="首次联系您")).to_contain_text("最晚")
    assert [one["department_name"] for one in (await patient.get("/complaints"))["items"]] == [NEVER_CLOSED]
