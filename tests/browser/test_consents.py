"""隐私与同意: what may be written about, said on the phone, withdrawn on the telephone."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.people import sign_in_phone, sign_in_staff
from tests.browser.test_phone_visit import looks_right, shown

NARROW = {"viewport": {"width": 360, "height": 740}}


async def test_what_may_be_written_about_is_said_on_the_phone(open_context, desk, open_hospital):
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital, name="田小雨")
    await phone.goto("/m/#/pages/me/me")
    await page.get_by_text("隐私与同意").last.tap()
    await expect(shown(page, "switch", "健康科普")).to_have_attribute("aria-checked", "false")
    await expect(shown(page, "switch", "就诊评价邀请")).to_have_attribute("aria-checked", "true")
    await looks_right(page)
    await phone.shoot("privacy", full_page=True)
    await axe(page)

    await shown(page, "switch", "就诊评价邀请").tap()
    await expect(shown(page, "switch", "就诊评价邀请")).to_have_attribute("aria-checked", "false")
    await expect(page.get_by_text(re.compile("您选的"))).to_be_visible()
    await shown(page, "switch", "健康科普").tap()
    await expect(shown(page, "switch", "健康科普")).to_have_attribute("aria-checked", "true")
    await phone.shoot("chosen", full_page=True)

    # what is withdrawn on the telephone stands on the page as well
    await sign_in_staff(desk, open_hospital, "service1", "/consents")
    await desk.page.get_by_role("searchbox").fill("田小雨")
    await desk.page.get_by_role("region", name="查找患者").get_by_role("link").first.click()
    care = desk.page.get_by_role("region", name="诊后关怀")
    await care.get_by_role("button", name="登记不再发送").click()
    await desk.page.get_by_role("dialog").get_by_label("谁来电，怎样核对的").fill("本人来电，核对了手机尾号")
    await desk.page.get_by_role("dialog").get_by_role("button", name="登记", exact=True).click()
    await expect(care.get_by_text("不允许", exact=True)).to_be_visible()
    await expect(
        desk.page.get_by_role("region", name="历次选择").get_by_text("本人来电，核对了手机尾号")
    ).to_be_visible()
    await desk.shoot("withdrawn")
    await axe(desk.page)
    await page.reload()
    await expect(shown(page, "switch", "诊后关怀")).to_have_attribute("aria-checked", "false")
    held = (await patient.get("/me/consents"))["items"][0]["purposes"]
    assert {one["purpose"]: one["is_allowed"] for one in held} == {
        "clinical": False,
        "return_visit": True,
        "satisfaction": False,
        "education": True,
    }
