"""A case is closed, written, approved and found again; three alike raise an improvement that is taken up and done."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

from playwright.async_api import expect

from server import clock
from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named, sign_in_staff
from tests.cast import StaffClient

SOON_MS = 15_000
ANSWER = {"finding": "叫号系统故障，没有备用办法。", "action": "修复系统，增设人工引导。", "responsible": "门诊办"}
TITLE = "叫号屏停了没有人说明"


async def until(look: Callable[[], Awaitable[str | None]]) -> str:
    """Give what a look finds once the worker has done its part."""
    async with asyncio.timeout(SOON_MS / 1000):
        while (found := await look()) is None:
            await asyncio.sleep(0.2)
    return found


async def told_by_phone(hospital: OpenHospital, handler: StaffClient, text: str) -> str:
    """A complaint about the emergency department that somebody told on the phone; its id."""
    department = await department_named(hospital)
    filed = await handler.post("/complaints", {"text": text, "source": "phone", "department_id": department["id"]})
    return filed["id"]


async def test_a_closed_case_is_found_and_three_alike_are_improved(desk, open_context, open_hospital):
    handler = await a_staff_client(open_hospital, "handler1")
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    first = await told_by_phone(open_hospital, handler, "叫号屏停了，没有人说明，等了两个小时。")
    page = desk.page
    await sign_in_staff(desk, open_hospital, "handler1")
    await desk.goto(f"/console/complaints/{first}")
    await page.get_by_role("button", name="原因与相似案例").click()
    panel = page.get_by_role("region", name="原因与相似案例")
    await panel.get_by_label("主要原因").select_option(label="言语不当（个人因素）")
    await expect(panel.get_by_label("是什么让它发生的")).to_be_visible()
    await panel.get_by_label("主要原因").select_option(label="系统故障")
    await panel.get_by_role("button", name="保存原因").click()
    await expect(panel.get_by_text("已保存")).to_be_visible()
    await panel.get_by_label("内容（只在院内可见）").fill("备用叫号办法没有写进规程")
    await panel.get_by_role("button", name="记录", exact=True).click()
    await expect(panel.get_by_text("已记录到时间线")).to_be_visible()
    await axe(page)
    await desk.shoot("causes")

    await handler.post(f"/complaints/{first}/answer", ANSWER)
    await handler.post(f"/complaints/{first}/closure", {"state": "closed_no_reply", "reason": "三次联系没有回音"})

    async def drafted():
        drafts = (await handler.get("/case-library/drafts"))["items"]
        return next((one["id"] for one in drafts if one["complaint_id"] == first), None)

    case_id = await until(drafted)
    await desk.goto(f"/console/case-library/{case_id}")
    await page.get_by_role("button", name="修改", exact=True).click()
    await page.get_by_label("标题").fill(TITLE)
    await page.get_by_label("预防").fill("故障十分钟内改为人工叫号，每季度演练。")
    await desk.shoot("draft")
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.get_by_role("heading", name="预防")).to_be_visible()

    other = await open_context("desk", name="supervisor")
    await sign_in_staff(other, open_hospital, "supervisor1")
    await other.goto(f"/console/case-library/{case_id}")
    await other.page.get_by_role("button", name="审核并发布").click()
    await other.page.get_by_role("dialog").get_by_role("button", name="审核并发布").click()
    await expect(other.page.get_by_role("dialog")).to_be_hidden()
    await expect(other.page.get_by_role("button", name="撤下", exact=True)).to_be_visible()
    box = other.page.get_by_role("searchbox")
    await box.fill("停车收费")
    await expect(other.page.get_by_text("没有找到案例")).to_be_visible(timeout=SOON_MS)
    await box.fill("叫號螢幕停了")
    await expect(box).to_have_value("叫號螢幕停了")
    await expect(other.page.get_by_role("link", name=TITLE)).to_be_visible(timeout=SOON_MS)
    await axe(other.page)
    await other.shoot("library")

    alike = [await told_by_phone(open_hospital, handler, f"叫号屏又停了，没有人说明，{n} 楼。") for n in (2, 3)]
    await desk.goto(f"/console/complaints/{alike[0]}")
    await page.get_by_role("button", name="原因与相似案例").click()
    await expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    await desk.shoot("similar")
    for complaint_id in alike:
        body = {"causes": [{"code": "information.system.down"}]}
        await handler.put(f"/complaints/{complaint_id}/causes", body)
    await improve(other, supervisor, open_hospital)


async def improve(desk, supervisor: StaffClient, hospital: OpenHospital) -> None:
    """The supervisor takes up what the machine proposes, and says that it is done."""
    page = desk.page

    async def proposed():
        found = (await supervisor.get("/improvements?state=proposed"))["items"]
        return next((one["id"] for one in found if one["cause_code"] == "information.system.down"), None)

    improvement_id = await until(proposed)
    await desk.goto(f"/console/improvements/{improvement_id}")
    await expect(page.get_by_role("region", name="能不能看出效果")).to_be_visible()
    await desk.shoot("proposed")
    await page.get_by_role("button", name="接受").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("措施", exact=True).fill("叫号屏断网时自动改为人工叫号")
    await dialog.get_by_label("措施强度").select_option("intermediate")
    await dialog.get_by_label("负责人").select_option(index=1)
    await dialog.get_by_label("期限").fill((clock.today() + timedelta(days=30)).isoformat())
    await desk.shoot("accepting")
    await dialog.get_by_role("button", name="接受").click()
    await page.get_by_role("button", name="开始落实").click()
    await page.get_by_role("dialog").get_by_role("button", name="开始落实").click()
    await page.get_by_role("button", name="已落实").click()
    await page.get_by_role("dialog").get_by_label("依据").fill(f"规程第 {uuid4().hex[:4]} 版已下发并演练")
    await page.get_by_role("dialog").get_by_role("button", name="已落实").click()
    await expect(page.get_by_text("下次评估：")).to_be_visible()
    await axe(page)
    await desk.shoot("measuring", full_page=True)
    await desk.goto("/console/complaint-analysis")
    await expect(page.get_by_role("region", name="具体原因").get_by_text("系统故障")).to_be_visible()
    await axe(page)
    await desk.shoot("analysis")
