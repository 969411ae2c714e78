"""A complaint in the mini-program package: written, talked about, settled; told by the inbox."""

import re

from playwright.async_api import expect

from tests.browser.miniprogram import start_miniprogram
from tests.browser.people import a_staff_client

WORDS = "收费窗口排队太久，没有人说明。"
REPLY = "您好，您的反馈已经收到，我正在向科室核实。"
ANSWER = {
    "finding": "当日只开了一个窗口。",
    "action": "排队超过十人时加开窗口。",
    "responsible": "门诊办公室",
}
TALK_MS = 20_000  # the page of a complaint asks every fifteen seconds
MORE = "还是一个窗口。"


async def test_a_complaint_goes_a_second_round_and_is_told_by_the_inbox(phone, miniprogram_page, open_hospital):
    handler = await a_staff_client(open_hospital, "supervisor1")
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    page = program.page
    words = page.locator("textarea").filter(visible=True)

    # written without a visit, once the home page has signed in
    await expect(page.get_by_text("还没有预约")).to_be_visible()
    await program.open("pages/complain/complain")
    await words.fill(WORDS)
    await phone.shoot("complain", full_page=True)
    await page.get_by_role("button", name="提交", exact=True).tap()
    await expect(page.get_by_text("已安排专人处理")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="首次联系您")).to_contain_text("最晚")
    await phone.shoot("received", full_page=True)

    # answered by staff, whose list has it on top
    complaint = (await handler.get("/complaints"))["items"][0]
    await handler.post(f"/complaints/{complaint['id']}/reply", {"text": REPLY})
    await handler.post(f"/complaints/{complaint['id']}/answer", ANSWER)
    await expect(page.get_by_text("这个答复，您满意吗？")).to_be_visible(timeout=TALK_MS)
    await phone.shoot("answered", full_page=True)

    # not settled: the next round begins
    await page.get_by_role("button", name="不满意", exact=True).tap()
    why = page.get_by_placeholder("写不写都可以")
    await expect(why).to_be_visible()
    await why.fill(MORE)
    await page.get_by_role("button", name="请重新处理").tap()
    await expect(page.get_by_text(f"不满意：{MORE}").filter(visible=True)).to_be_visible()
    await phone.shoot("again", full_page=True)

    # the inbox has told all of it; a message leads back
    await program.open("pages/messages/messages")
    first = page.get_by_role("link", name=re.compile("投诉处理进度")).first
    await expect(first).to_be_visible()
    await phone.shoot("inbox")
    badges = await program.calls("setTabBarBadge")
    assert badges[-1]["index"] == 2
    await first.tap()
    await expect(page.get_by_text(f"不满意：{MORE}").filter(visible=True)).to_be_visible()
