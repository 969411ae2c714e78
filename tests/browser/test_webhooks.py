"""Another system is listed, tried out, and sees what happens; its secret is shown once."""

import re

from playwright.async_api import expect

from server.ids import new_id
from tests.browser.accessibility import axe
from tests.browser.people import sign_in_staff


async def test_another_system_is_listed_tried_and_replayed(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/admin/webhooks")
    page = desk.page
    name = f"s{new_id().hex}"
    await page.get_by_role("link", name="登记").click()
    await page.get_by_label("接收地址").fill(f"{open_hospital.simulator}/sink/{name}")
    await page.get_by_label("名称").fill("集成平台")
    await page.get_by_label("叫号 visit.called").check()
    await desk.shoot("new")
    await axe(page)
    await page.get_by_role("button", name="登记").click()
    box = page.get_by_role("dialog", name="请保存签名密钥")
    secret = await box.get_by_label("签名密钥").inner_text()
    assert re.fullmatch(r"whsec_\S{32}", secret)
    await desk.shoot("secret")
    await axe(page)
    await box.get_by_role("button", name="已保存，关闭").click()
    assert secret not in await page.content()

    await page.get_by_role("button", name="发送测试").click()
    log = page.get_by_role("region", name="发送记录")
    await expect(log).to_contain_text("webhook.test")
    await expect(log).to_contain_text("平台已接收")
    await log.get_by_role("button", name=re.compile("再发一次")).first.click()
    await expect(log.get_by_text("补发", exact=True)).to_have_count(1)
    await desk.shoot("log")
    await axe(page)

    async with open_hospital.http.get(f"{open_hospital.simulator}/_sim/webhooks/{name}") as reply:
        took = (await reply.json())["items"]
    assert took
    assert {call["id"] for call in took} == {took[0]["id"]}
    await page.get_by_role("button", name="停用").click()
    await page.get_by_role("dialog").get_by_role("button", name="停用").click()
    await expect(page.get_by_role("region", name="外部系统详情")).to_contain_text("已停用")
