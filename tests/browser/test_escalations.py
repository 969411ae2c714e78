"""The list that nobody may miss, the steps of a complaint, and the rota, at the supervisor's screen."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator, Page, expect

from server import clock
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, sign_in_staff
from tests.browser.test_complaints import a_case


async def to_line(page: Page, number: str, words: str) -> Locator:
    """Give the line of a step, however far down the list it stands."""
    line = page.get_by_role("listitem").filter(has_text=number).filter(has_text=words)
    more = page.get_by_role("button", name="再看一些")
    async with asyncio.timeout(60):
        while not await line.count():
            if await more.is_visible():
                with suppress(PlaywrightError):  # news draw the list anew between the look and the click
                    await more.click(timeout=1_000)
            await page.wait_for_timeout(100)
    return line


async def test_a_step_is_taken_from_the_list_and_seen_in_the_complaint(handler: Device, open_hospital: OpenHospital):
    case = await a_case(open_hospital)
    await case.act("escalation", {"reason": "需要主管协调"})
    page = handler.page
    await sign_in_staff(handler, open_hospital, "supervisor1", "/escalations")
    line = await to_line(page, case.number, "人工升级")
    await expect(page.get_by_role("button", name="我的", exact=True)).to_have_attribute("aria-pressed", "true")
    await line.get_by_role("button", name="我来处理").click()
    await expect(line.get_by_text("有人在处理")).to_be_visible()
    await line.get_by_role("link", name=case.number).click()
    steps = page.get_by_role("region", name="升级与提醒")
    await expect(steps.get_by_text("人工升级：需要主管协调")).to_be_visible()
    await expect(steps.get_by_text("负责到").first).to_be_visible()


async def test_a_line_of_the_week_is_added(handler: Device, open_hospital: OpenHospital):
    page = handler.page
    keeper = await a_staff_client(open_hospital, "supervisor1")
    before = await keeper.get("/admin/duties")
    await sign_in_staff(handler, open_hospital, "supervisor1", "/duty")
    await page.get_by_role("columnheader", name="周三").click()
    day = page.get_by_role("region", name="周三")
    await day.get_by_role("button", name="加一班").click()
    await day.get_by_label("人员").last.select_option(index=1)
    await day.get_by_label("从").last.fill("20:00")
    await day.get_by_label("到").last.fill("08:00")
    await page.get_by_role("button", name="保存值班表").click()
    await expect(page.get_by_text("已保存。")).to_be_visible()
    after = await keeper.get("/admin/duties")
    assert (len(after["week"]), after["version"]) == (len(before["week"]) + 1, before["version"] + 1)
    await page.get_by_role("button", name="日期与节假日").click()
    await expect(page.get_by_role("button", name="单独安排").first).to_be_visible()


async def test_who_stands_in_is_shown_on_the_rota_and_reached_by_the_next_step(
    handler: Device, open_hospital: OpenHospital
):
    page = handler.page
    keeper = await a_staff_client(open_hospital, "supervisor1")
    names = {one["id"]: one["name"] for one in (await keeper.get("/admin/duties"))["people"]}
    head, stand_in = [await a_staff_client(open_hospital, who) for who in ("head1", "committee1")]
    await sign_in_staff(handler, open_hospital, "supervisor1", "/duty")
    await page.get_by_role("button", name="请假与代班").click()
    form = page.get_by_role("form", name="登记请假")
    now = clock.local(clock.now())
    await form.get_by_label("请假人").select_option(head.staff_id)
    await form.get_by_label("从", exact=True).fill(f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    await form.get_by_label("到", exact=True).fill(f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}")
    await form.get_by_label("代班人").select_option(stand_in.staff_id)
    await form.get_by_label("原因").fill("外出开会")
    await form.get_by_role("button", name="登记请假").click()
    line = page.get_by_role("listitem").filter(has_text="外出开会")
    try:
        await expect(line).to_contain_text(f"代班人 {names[stand_in.staff_id]}")
        await expect(page.get_by_text(f"代 {names[head.staff_id]}").first).to_be_visible()
        await handler.shoot("away")
        case = await a_case(open_hospital)
        for _ in range(2):  # to the supervisor, then to the head
            await case.act("escalation", {"reason": "需要科室负责人协调"})
        steps = (await keeper.get(f"/complaints/{case.id}/escalations"))["items"]
        called = {call["name"] for step in steps if step["step"] == 2 for call in step["calls"]}
        assert names[stand_in.staff_id] in called
        assert names[head.staff_id] not in called
        await handler.goto(f"/console/complaints/{case.id}")
        region = page.get_by_role("region", name="升级与提醒")
        await expect(region.get_by_text(names[stand_in.staff_id]).first).to_be_visible()
    finally:
        for one in (await keeper.get("/admin/duties"))["absences"]:
            if one["why"] == "外出开会":
                await keeper.post(f"/admin/duties/absences/{one['id']}/end")


async def test_the_committee_decides_with_minutes_at_the_top(handler: Device, open_hospital: OpenHospital):
    case = await a_case(open_hospital)
    for _ in range(3):
        await case.act("escalation", {"reason": "需要更高一级协调"})
    page = handler.page
    await sign_in_staff(handler, open_hospital, "committee1", "/escalations")
    line = await to_line(page, case.number, "院委会 ·")
    await line.get_by_role("button", name="院委会决定").click()
    await page.get_by_label("会议纪要和决定").fill("参加人：何主任、李主任。决定：减免检查费，由门诊部负责。")
    await handler.shoot("decision")
    await page.get_by_role("button", name="记入决定").click()
    await expect(line).to_have_count(0)
    await handler.goto(f"/console/complaints/{case.id}")
    detail = page.get_by_role("region", name="投诉详情")
    await expect(detail.get_by_text("院委会决定：参加人：何主任、李主任。").first).to_be_visible()
    assert "减免检查费" not in str(await case.patient.get(f"/complaints/{case.id}"))
