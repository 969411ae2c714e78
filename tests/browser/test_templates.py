"""消息模板: one writes beside what the patient reads, another approves, the next message says it."""

from playwright.async_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, sign_in_staff

TITLE = "您在{department}的预约成功"


async def test_words_are_written_beside_what_is_read_and_approved_by_another(desk, open_context, open_hospital):
    await sign_in_staff(desk, open_hospital, "ops1", "/admin/templates")
    page = desk.page
    await page.get_by_role("region", name="消息列表").get_by_role("link").filter(has_text="预约成功").first.click()
    preview = page.get_by_role("region", name="患者看到的样子")
    await expect(preview.get_by_text("心血管内科").first).to_be_visible()
    await desk.shoot("usual")

    await page.get_by_label("标题", exact=True).fill("{when}预约成功")
    await expect(preview.get_by_text("这种消息里没有“when”。")).to_be_visible()
    await expect(page.get_by_role("button", name="保存草稿")).to_be_disabled()
    await page.get_by_label("标题", exact=True).fill("您在")
    await page.get_by_role("button", name="科室").click()
    await page.get_by_label("标题", exact=True).press_sequentially("的预约成功")
    await expect(page.get_by_label("标题", exact=True)).to_have_value(TITLE)
    await expect(preview.get_by_text("您在心血管内科的预约成功")).to_be_visible()
    await desk.shoot("written")
    await axe(page)
    await page.get_by_role("button", name="保存草稿").click()
    await expect(page.get_by_text("草稿已保存，等另一位同事批准。")).to_be_visible()
    desk.guard.allow_status(409, "*/approval")
    await approve(page)
    await expect(page.get_by_role("dialog").get_by_text("自己写的模板要由另一位同事批准。")).to_be_visible()

    boss = await open_context("desk", name="supervisor")
    await sign_in_staff(boss, open_hospital, "supervisor1", "/admin/templates/appointment_booked")
    await approve(boss.page)
    await expect(boss.page.get_by_role("dialog")).to_have_count(0)
    await expect(boss.page.get_by_text("使用中").first).to_be_visible()
    await boss.shoot("approved")
    await back_to_the_usual(open_hospital)


async def approve(page: Page) -> None:
    await page.get_by_role("button", name="批准使用").click()
    await page.get_by_role("dialog").get_by_role("button", name="批准", exact=True).click()


async def back_to_the_usual(hospital: OpenHospital) -> None:
    """Retire what was approved: other tests read the usual words."""
    boss = await a_staff_client(hospital, "supervisor1")
    found = await boss.get("/admin/templates/events/appointment_booked")
    (holds,) = [one for one in found["versions"] if one["status"] == "approved"]
    assert holds["words"]["title"] == TITLE
    await boss.post(f"/admin/templates/{holds['id']}/retirement")
