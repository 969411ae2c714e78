"""统一用语 in the console: one writes, another approves what they have really seen, patients read it."""

import re
from urllib.parse import quote

from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, sign_in_staff
from tests.cast import Client

QUESTION = "可以带宠物进门诊楼吗？"
ANSWER = "不可以。导盲犬可以进。"
BETTER = "不可以带宠物。导盲犬可以进，请在导诊台登记。"


def detail_of(page: Page) -> Locator:
    """Find the right half of the page."""
    return page.get_by_role("region", name="用语内容")


async def public(hospital: OpenHospital) -> list[str]:
    """Give what patients read about it."""
    found = await Client(hospital).get(f"/faq?q={quote('宠物')}")
    return [item["answer"] for item in found["items"] if item["question"] == QUESTION]


async def test_an_answer_is_written_approved_by_another_and_read_by_patients(desk, open_context, open_hospital):
    await sign_in_staff(desk, open_hospital, "service1", "/admin/faq")
    page = desk.page
    await page.get_by_role("link", name="写一条").click()
    await page.get_by_label("患者会怎么问").fill(QUESTION)
    await page.get_by_label("统一的答案").fill("不")
    desk.guard.allow_status(422, "/api/v1/admin/faq")
    await page.keyboard.press("Control+Enter")
    await expect(detail_of(page).get_by_text("太短了，至少 2 个字。")).to_be_visible()
    await expect(page.get_by_label("统一的答案")).to_be_focused()
    await page.reload()  # what was typed is there again
    await expect(page.get_by_label("患者会怎么问")).to_have_value(QUESTION)
    await page.get_by_label("统一的答案").fill(ANSWER)
    await page.keyboard.press("Control+Enter")
    await expect(page).to_have_url(re.compile("/admin/faq/[0-9a-f-]{36}$"))
    await expect(detail_of(page).get_by_text("待批准", exact=True)).to_be_visible()
    await expect(detail_of(page).get_by_text("写好后请主管批准。")).to_be_visible()
    await desk.shoot("written")
    assert await public(open_hospital) == []

    # the approver finds it, and the writer changes it under their eyes: nobody approves what they have not seen
    boss = await open_context("desk", name="supervisor")
    await sign_in_staff(boss, open_hospital, "supervisor1", "/admin/faq")
    await boss.page.get_by_role("searchbox").fill("宠物")
    await boss.page.get_by_label("显示").select_option(label="待批准")
    await boss.page.get_by_role("link").filter(has_text=QUESTION).click()
    await expect(boss.page.get_by_label("统一的答案")).to_have_value(ANSWER)
    await page.get_by_label("统一的答案").fill(BETTER)
    await page.get_by_role("button", name="保存").click()
    await expect(detail_of(page).get_by_text("已保存")).to_be_visible()
    boss.guard.allow_status(412, "*/approval")
    await detail_of(boss.page).get_by_role("button", name="批准", exact=True).click()
    dialog = boss.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="批准", exact=True).click()
    await expect(dialog.get_by_text("现在显示的是最新内容")).to_be_visible()
    await expect(boss.page.get_by_label("统一的答案")).to_have_value(BETTER)
    await boss.shoot("moved-on")
    await dialog.get_by_role("button", name="批准", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(detail_of(boss.page).get_by_text("已批准", exact=True)).to_be_visible()
    await expect(detail_of(boss.page).get_by_role("listitem").filter(has_text="批准")).to_be_visible()
    await boss.shoot("approved")
    await axe(boss.page)
    assert await public(open_hospital) == [BETTER]


async def test_a_retired_answer_is_kept_and_not_shown(desk, open_hospital):
    author, boss = await a_staff_client(open_hospital, "service1"), await a_staff_client(open_hospital, "supervisor1")
    written = await author.post("/admin/faq", {"question": "可以借雨伞吗？", "answer": "可以，在导诊台登记。"})
    await boss.post(f"/admin/faq/{written['id']}/approval", {})
    await sign_in_staff(desk, open_hospital, "supervisor1", "/admin/faq")
    page = desk.page
    await page.get_by_role("searchbox").fill("雨伞")
    await page.get_by_role("region", name="用语列表").get_by_role("link").filter(has_text="可以借雨伞吗？").click()
    await page.get_by_role("button", name="停用", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("原因").fill("雨伞借完了")
    await dialog.get_by_role("button", name="停用", exact=True).click()
    await expect(detail_of(page).get_by_text("这条已经停用")).to_be_visible()
    await expect(page.get_by_label("统一的答案")).to_be_disabled()
    await expect(detail_of(page).get_by_text("停用：雨伞借完了")).to_be_visible()
    await desk.shoot("retired")
    found = await Client(open_hospital).get(f"/faq?q={quote('雨伞')}")
    assert "可以借雨伞吗？" not in [item["question"] for item in found["items"]]
