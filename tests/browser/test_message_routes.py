"""An administrator sees what a route would do and changes it; a patient chooses what comes by which way."""

from playwright.async_api import expect

from tests.browser.people import sign_in_phone, sign_in_staff


async def test_an_administrator_tries_a_route_and_saves_it(open_context, open_hospital):
    desk = await open_context("desk")
    page = desk.page
    await sign_in_staff(desk, open_hospital, "admin", "/admin/routing/news")
    await expect(page.get_by_role("heading", name="进度通知")).to_be_visible()
    preview = page.get_by_role("region", name="试一试")
    await expect(preview.get_by_text("微信订阅消息")).to_be_visible()
    await preview.get_by_label("小程序").uncheck()
    await expect(preview.get_by_text("没有这个人的联系方式").first).to_be_visible()
    second = page.get_by_role("region", name="第 2 步")
    await second.get_by_role("spinbutton", name="等前面多久").fill("3")
    await expect(page.get_by_text("有未保存的修改")).to_be_visible()
    await desk.shoot("route")
    await page.get_by_role("button", name="保存为新版").click()
    await expect(page.get_by_text("已保存。")).to_be_visible()
    await expect(page.get_by_text("第 1 版").first).to_be_visible()
    await page.get_by_role("link", name="安静时段").click()
    await expect(page.get_by_role("region", name="就诊通知").get_by_label("开始")).to_have_value("03:00")
    await desk.shoot("quiet-hours")
    await page.get_by_role("link", name="发送上限").click()
    await expect(page.get_by_role("region", name="满意度邀请").get_by_label("每天")).to_have_value("3")
    await desk.shoot("caps")


async def test_a_patient_switches_surveys_off(open_context, open_hospital):
    phone = await open_context("phone")
    page = phone.page
    person = await sign_in_phone(phone, open_hospital)
    await phone.goto("/m/#/pages/me/me")
    await page.get_by_text("消息设置").tap()
    await expect(page.get_by_text("不能关").first).to_be_visible()
    survey = page.locator(".app-card, .card", has=page.get_by_role("heading", name="满意度邀请")).last
    await survey.get_by_role("switch", name="微信订阅消息").tap()
    await expect(page.get_by_text("已改好，马上生效")).to_be_visible()
    await phone.shoot("preferences", full_page=True)
    off = [item for item in (await person.get("/preferences"))["items"] if not item["is_on"]]
    assert [(item["category"], item["channel"]) for item in off] == [("survey", "wechat_subscribe")]
