"""The operator's other sides of the hub: channels, what came to nothing, and a trial."""

import re

from playwright.async_api import expect

from server.ids import new_id
from tests.browser.accessibility import axe
from tests.browser.people import a_staff_client, sign_in_staff
from tests.browser.test_complaints import a_case


async def test_an_operator_tries_a_message_and_looks_after_what_came_to_nothing(desk, open_hospital):
    patient = (await a_case(open_hospital)).patient  # who has allowed nothing
    admin = await a_staff_client(open_hospital, "admin")
    gone = f"gone-{new_id().hex}"
    async with open_hospital.http.put(f"{open_hospital.simulator}/_sim/webhooks/{gone}", json={"status": 410}) as reply:
        assert reply.status == 200
    url = f"{open_hospital.simulator}/sink/{gone}"
    endpoint = await admin.post("/admin/webhooks", {"url": url, "events": ["visit.called"]})
    await admin.post(f"/admin/webhooks/{endpoint['id']}/test")  # which comes to nothing, whatever the hour
    await sign_in_staff(desk, open_hospital, "supervisor1", "/hub/overview")
    page = desk.page
    row = page.get_by_role("article").filter(has=page.get_by_role("heading", name="企业微信群机器人"))
    await expect(row).to_contain_text(re.compile(r"近 1 小时发送 \d+ 次"))
    await desk.shoot("overview")
    await axe(page)

    await page.get_by_role("link", name="试运行").click()
    await page.get_by_label("接收人").fill(patient.account_id)
    await page.get_by_role("button", name="试运行").click()
    ways = page.get_by_role("region", name="试运行结果")
    await expect(ways).to_contain_text("小程序消息")
    await expect(ways).to_contain_text("马上发送")
    await expect(ways).to_contain_text("没有这个人的联系方式")
    await desk.shoot("trial")
    await axe(page)

    await page.get_by_role("link", name="未送达").click()
    await page.get_by_role("list", name="按原因").get_by_role("button", name="外部系统通知").first.click()
    await expect(page.get_by_role("region", name="这一类消息").get_by_role("link").first).to_be_visible()
    await desk.shoot("dead")
    await axe(page)
    await page.get_by_role("button", name="由我负责").click()
    box = page.get_by_role("dialog")
    await box.get_by_label("说明").fill("已电话通知家属")
    await box.get_by_role("button", name="由我负责").click()
    await expect(box).to_contain_text(re.compile(r"已处理 \d+ 条"))
    await box.get_by_role("button", name="关闭").last.click()
    letters = page.get_by_role("region", name="这一类消息")
    await expect(letters).to_contain_text("已电话通知家属")
    await letters.get_by_role("link").first.click()
    story = page.get_by_role("region", name="消息全过程").first
    await expect(story).to_contain_text("已电话通知家属")
    await desk.shoot("story")
    await axe(page)
    await admin.call("DELETE", f"/admin/webhooks/{endpoint['id']}")
