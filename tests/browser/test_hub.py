"""The operator's page of the hub: every message's story, live and still, and what may be done about it."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.people import a_number, sign_in_staff
from tests.browser.test_complaints import a_case
from tests.browser.visits import a_survey_after_a_visit
from tests.cast import a_patient_with_a_phone

CHANNEL = "企业微信群机器人"


def lines_of(page: Page) -> Locator:
    """Find the lines of the list."""
    return page.get_by_role("region", name="消息列表").get_by_role("listitem").get_by_role("link")


def story_of(page: Page) -> Locator:
    """Find the right half of the page."""
    return page.get_by_role("region", name="消息全过程").first


async def test_a_message_tells_its_whole_story(desk, open_hospital):
    case = await a_case(open_hospital)
    await sign_in_staff(desk, open_hospital, "supervisor1", "/hub")
    page = desk.page
    line = lines_of(page).filter(has_text=case.number).filter(has_text=CHANNEL).first
    await expect(line).to_be_visible()
    # the robot takes twenty a minute, and all tests share it
    await expect(line).to_contain_text("平台已接收", timeout=90_000)
    await desk.shoot("list")
    await axe(page)
    await line.click()
    story = story_of(page)
    await expect(story.get_by_role("heading", name=re.compile(case.number))).to_be_visible()
    await expect(story.get_by_text("第 1 次发送").first).to_be_visible()
    await expect(story.get_by_text("平台接收了，还没有说是否送到。").first).to_be_visible()
    await desk.shoot("story")
    await axe(page)
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("/hub$"))
    assert "陈小雨" not in await page.content()


async def test_the_list_stands_still_while_somebody_reads_and_goes_on_when_they_ask(desk, open_hospital):
    old = await a_case(open_hospital)
    await sign_in_staff(desk, open_hospital, "supervisor1", "/hub")
    page = desk.page
    await expect(lines_of(page).filter(has_text=old.number).first).to_be_visible()
    live = await a_case(open_hospital)  # nobody reads: it comes by itself
    await expect(lines_of(page).filter(has_text=live.number).first).to_be_visible()

    await lines_of(page).first.click()
    top = await lines_of(page).first.inner_text()
    new = await a_case(open_hospital)
    news = page.get_by_role("button", name=re.compile("条新消息，点此更新"))
    await expect(news).to_be_visible()
    assert (await lines_of(page).first.inner_text()).splitlines()[1] == top.splitlines()[1]
    await expect(lines_of(page).filter(has_text=new.number)).to_have_count(0)
    await desk.shoot("news")
    await news.click()
    await expect(news).to_have_count(0)
    await expect(lines_of(page).first).not_to_have_text(top)


async def test_messages_are_found_by_state_event_channel_and_recipient(desk, open_hospital):
    await a_case(open_hospital)
    await sign_in_staff(desk, open_hospital, "supervisor1", "/hub")
    page = desk.page
    await expect(lines_of(page).first).to_be_visible()
    await page.get_by_label("事件", exact=True).select_option(label="投诉进度")
    await page.get_by_label("渠道", exact=True).select_option(label="小程序收件箱")
    await page.get_by_label("状态", exact=True).select_option(label="已送达")
    await expect(lines_of(page).filter(has_text=CHANNEL)).to_have_count(0)
    await expect(lines_of(page).first).to_contain_text("小程序收件箱")
    recipient = re.search(r"…\S{4}", await lines_of(page).first.inner_text())
    await lines_of(page).first.click()
    await story_of(page).get_by_role("button", name="只看此人").click()
    assert recipient is not None
    await expect(lines_of(page).filter(has_not_text=recipient[0])).to_have_count(0)
    await page.get_by_label("状态", exact=True).select_option(label="失败")
    await expect(page.get_by_text("没有这样的消息。")).to_be_visible()


async def test_what_was_not_allowed_is_sent_again_by_hand(desk, open_hospital):
    patient = await a_patient_with_a_phone(open_hospital, phone=a_number())
    await a_survey_after_a_visit(patient)  # a call breaks quiet hours
    await sign_in_staff(desk, open_hospital, "supervisor1", "/hub")
    page = desk.page
    line = lines_of(page).filter(has_text="未获允许").first
    await expect(line).to_be_visible()
    await line.click()
    story = story_of(page)
    await expect(story.get_by_text("对方没有允许接收，没有发出。").first).to_be_visible()
    await story.get_by_role("button", name="重新发送").click()
    box = page.get_by_role("dialog", name="重新发送这条消息？")
    await axe(page)
    await box.get_by_role("button", name="重新发送").click()
    await expect(story.get_by_text("：未获允许 → 马上发送").first).to_be_visible()
    await expect(box).to_have_count(0)


async def test_a_channel_is_paused_and_goes_on(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/hub/overview")
    page = desk.page
    card = page.get_by_role("article").filter(has=page.get_by_role("heading", name=CHANNEL))
    await card.get_by_role("button", name="暂停").click()
    box = page.get_by_role("dialog")
    await expect(box).to_contain_text("暂停后新消息留在系统里等待")
    await box.get_by_role("button", name="暂停", exact=True).click()
    await expect(card).to_contain_text("已暂停")
    case = await a_case(open_hospital)
    await expect(card).not_to_contain_text("等待发送 0")
    await desk.shoot("paused")
    await card.get_by_role("button", name="恢复").click()
    await box.get_by_role("button", name="恢复").click()
    await expect(card).not_to_contain_text("已暂停")
    await page.get_by_role("link", name="消息", exact=True).last.click()
    # the robot takes twenty a minute, of all tests together
    accepted = lines_of(page).filter(has_text=case.number).filter(has_text="平台已接收")
    await expect(accepted.first).to_be_visible(timeout=90_000)
