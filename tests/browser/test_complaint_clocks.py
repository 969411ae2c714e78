"""Why a complaint is due when it is, a logged call, and what other promises or working time would change."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.people import sign_in_staff
from tests.browser.test_complaints import a_case, detail_of, open_case


async def test_a_handler_sees_what_was_counted_and_logs_a_call(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    detail = detail_of(page)
    await detail.get_by_text("时限说明").click()
    first = detail.get_by_role("button", name=re.compile("^首次回应"))
    await first.click()
    await expect(detail.get_by_text("合计 1 小时，等于目标")).to_be_visible()
    await first.click()
    legal = detail.get_by_role("button", name=re.compile("法定期限"))
    await legal.click()
    await expect(detail.get_by_text("收到当日不计，从次日起算")).to_be_visible()
    await handler.shoot("story")
    await axe(page)
    await legal.click()
    await detail.get_by_role("button", name="记录通话").click()
    await detail.get_by_label("说了什么").fill("已致歉并说明原因")
    await handler.shoot("call")
    await detail.get_by_role("button", name="保存", exact=True).click()
    await expect(detail.get_by_text("已致歉并说明原因")).to_be_visible()
    await expect(first).to_contain_text("完成")


async def test_a_supervisor_tries_out_promises_and_sees_how_they_were_kept(desk, open_hospital):
    case = await a_case(open_hospital)
    await sign_in_staff(desk, open_hospital, "supervisor1", "/complaint-clocks")
    page = desk.page
    await expect(page.get_by_role("row").filter(has_text="法定期限")).to_be_visible()
    await desk.shoot("report")
    await axe(page)
    await page.get_by_role("button", name="时限承诺").click()
    await page.get_by_label("答复 目标").fill("720")
    await page.get_by_role("button", name="先看影响").click()
    await expect(page.get_by_role("status")).to_contain_text("个时限会变")
    await expect(page.get_by_role("link", name=case.number)).to_be_visible()
    await desk.shoot("promises")
    await axe(page)
    await page.get_by_role("button", name="工作时间").click()
    await expect(page.get_by_role("listitem").filter(has_text="08:00–12:00").first).to_be_visible()
    await desk.shoot("calendars")
    await axe(page)
    await page.get_by_role("button", name="重算记录").click()
    await expect(page.get_by_role("row").filter(has_text="时限或日历有变").first).to_be_visible()
    await desk.shoot("runs")
