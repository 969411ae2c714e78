"""An administrator brings a colleague in; the colleague sets a password; rights are taken and the account is closed."""

import re

from playwright.async_api import expect

from server.ids import new_id
from tests.browser.accessibility import axe
from tests.browser.people import sign_in_staff

OWN = "a sentence of mine"


async def test_a_colleague_comes_and_goes(desk, handler, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/staff")
    page, username = desk.page, f"wen{new_id().hex[-8:]}"
    await desk.shoot("list")
    await page.get_by_role("link", name="新增员工").click()
    detail = page.get_by_role("region", name="员工账号")
    await detail.get_by_label("姓名", exact=True).fill("温若溪")
    await detail.get_by_label("用户名", exact=True).fill(username)
    await detail.get_by_role("button", name="添加角色").click()
    await detail.get_by_label("角色 1").select_option(label="导医")
    await detail.get_by_role("button", name="添加角色").click()
    await detail.get_by_label("角色 2").select_option(label="客服")
    await detail.get_by_label("所属科室 2").select_option(index=1)
    await detail.get_by_label("手机号").fill("13800138000")
    await desk.shoot("new")
    await axe(page)
    await page.keyboard.press("Control+Enter")
    box = page.get_by_role("dialog", name="温若溪 的一次性密码")
    one_time = (await box.get_by_test_id("one-time-password").inner_text()).strip()
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", one_time)
    await desk.shoot("one-time-password")
    await axe(page)
    await box.get_by_role("button", name="已告知，关闭").click()
    assert one_time not in await page.content()
    await expect(detail.get_by_text("一次性密码", exact=False).first).to_be_visible()

    other = handler.page
    await handler.goto(f"/console/sign-in?next=/queue-order&user={username}")
    await other.get_by_label("密码").fill(one_time)
    await other.get_by_role("button", name="登录", exact=True).click()
    await expect(other.get_by_role("heading", name="请设置您自己的密码")).to_be_visible()
    await handler.shoot("first-password")
    await axe(other)
    await other.get_by_label("一次性密码").fill(one_time)
    await other.get_by_label("新密码", exact=True).fill(OWN)
    await other.get_by_label("再输一次新密码").fill(OWN)
    await other.get_by_role("button", name="保存新密码").click()
    await expect(other.get_by_role("link", name="导诊台", exact=True)).to_be_visible()
    await other.get_by_role("button", name="温若溪：修改密码").click()
    await expect(other.get_by_role("dialog", name="修改密码")).to_be_visible()
    await handler.shoot("own-password")
    await axe(other)
    await other.keyboard.press("Escape")

    await page.reload()
    await detail.get_by_role("button", name="去掉这个角色：客服").click()
    await detail.get_by_role("button", name="保存").click()
    await expect(detail.get_by_text("已保存")).to_be_visible()
    await detail.get_by_role("button", name="查看完整号码").click()
    box = page.get_by_role("dialog")
    await box.get_by_label("查看原因").fill("排班确认")
    await box.get_by_role("button", name="查看完整号码").click()
    await expect(box.get_by_text("13800138000")).to_be_visible()
    await box.get_by_role("button", name="关闭").last.click()
    await detail.get_by_role("button", name="停用账号").click()
    await expect(box.get_by_text("名下没有未完成的事情")).to_be_visible()
    await box.get_by_label("原因").fill("离职")
    await desk.shoot("switch-off")
    handler.guard.allow_status(401)
    await box.get_by_role("button", name="停用账号").click()
    await expect(detail.get_by_text("已停用")).to_be_visible()
    await detail.get_by_text("变更记录").click()
    await expect(detail.get_by_text("停用：离职")).to_be_visible()
    await expect(detail.get_by_text("查看完整联系方式：排班确认")).to_be_visible()
    await detail.get_by_text("新建账号").scroll_into_view_if_needed()
    await desk.shoot("history")
    await axe(page)
    await other.reload()
    await expect(other.get_by_role("heading", name="请登录")).to_be_visible()
