"""A complaint in the mini-program package: written, talked about, settled; told by the inbox."""

import re

from playwright.async_api import expect

from tests.browser.miniprogram import start_miniprogram
from tests.browser.people import a_staff_client
from tests.satisfaction.attachments.samples import mp3, picture

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


async def test_pictures_and_voice_are_sent_once_the_platform_and_the_person_allow_it(
    phone, miniprogram_page, open_hospital
):
    program = await start_miniprogram(phone, miniprogram_page, open_hospital)
    page = program.page
    question = page.get_by_role("dialog")

    def button(name: str):
        return page.get_by_role("button", name=name, exact=True).filter(visible=True)

    await expect(page.get_by_text("还没有预约")).to_be_visible()
    await program.open("pages/complain/complain")
    await page.locator("textarea").filter(visible=True).fill(WORDS)

    # the privacy agreement is refused: said in plain words, what is written stays, and the next press asks again
    await button("加图片").tap()
    await expect(question).to_contain_text("隐私保护指引")
    await question.get_by_role("button", name="拒绝").tap()
    await expect(page.get_by_text("还没有同意隐私指引")).to_be_visible()
    await expect(page.locator("textarea").filter(visible=True)).to_have_value(WORDS)
    await phone.shoot("privacy", full_page=True)
    program.will_choose(picture(size=(640, 480)))
    await button("加图片").tap()
    await question.get_by_role("button", name="同意").tap()
    await expect(page.get_by_text("还没有同意隐私指引")).to_be_hidden()
    await expect(page.get_by_text("已传好")).to_have_count(1)
    program.will_choose()
    await button("加图片").tap()  # turned back: nothing is said
    await expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)

    # the microphone is refused: the way to the settings; then it is recorded and heard again
    await button("录语音").tap()
    await question.get_by_role("button", name="拒绝").tap()
    await expect(page.get_by_text("您没有允许使用麦克风")).to_be_visible()
    await phone.shoot("deaf", full_page=True)
    await button("去打开麦克风").tap()
    await question.get_by_role("button", name="打开").tap()
    program.will_say(mp3(3), 3.0)
    await button("录语音").tap()
    await expect(page.get_by_text("正在录音")).to_be_visible()
    await phone.shoot("recording", full_page=True)
    await button("录好了").tap()
    await expect(button("听语音 3 秒")).to_be_visible()
    await expect(page.get_by_text("已传好")).to_have_count(2)
    await phone.shoot("files", full_page=True)

    await button("提交").tap()
    await expect(page.get_by_text("已安排专人处理")).to_be_visible()
    await expect(button("图片 1，点开看大图")).to_be_visible()
    await button("听语音 3 秒").tap()
    await expect(button("停止 3 秒")).to_be_visible()
    await phone.shoot("filed-with-files", full_page=True)
