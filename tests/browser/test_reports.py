"""The desk's reports on the screen: made by the worker, read, filtered, printed, taken; a correction stands above."""

import asyncio
from typing import Any

from playwright.async_api import Route, expect

from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_booked_patient, a_staff_client, sign_in_staff
from tests.browser.the_past import worked_since_yesterday
from tests.cast import StaffClient

ENOUGH_SECONDS = 60


async def the_report(who: StaffClient, name: str) -> dict[str, Any]:
    """Wait until the worker has made a report of today; give it."""
    async with asyncio.timeout(ENOUGH_SECONDS):
        while not (found := (await who.get(f"/reports/{name}"))["items"]):
            await asyncio.sleep(0.5)
    return found[0]


async def test_the_morning_is_read_filtered_and_taken(desk, open_hospital: OpenHospital):
    await a_booked_patient(open_hospital, name="方晓报")
    admin = await a_staff_client(open_hospital, "admin")
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    now = {"morning_at": "00:00", "arrivals_at": "00:01", "evening_at": "00:02"}
    reply = await admin.call("PATCH", "/admin/report-settings", now)
    assert reply.status == 200, reply.raw
    await worked_since_yesterday(open_hospital)
    try:
        report = await the_report(supervisor, "desk-morning")
        await sign_in_staff(desk, open_hospital, "supervisor1", "/reports")
        page = desk.page
        sheet = page.get_by_role("article", name="早间核对")
        await expect(sheet).to_contain_text(f"早间核对 {report['day']}")
        await expect(sheet.get_by_text("已通知：")).to_be_visible()
        await sheet.get_by_role("button", name="资料不全").click()
        await expect(sheet.get_by_role("button", name="资料不全")).to_have_attribute("aria-pressed", "true")
        await axe(page)
        await desk.shoot("morning")
        async with page.expect_download() as waiting:
            await page.get_by_role("button", name="导出 CSV").click()
        assert (await waiting.value).suggested_filename == f"desk-morning-{report['day']}.csv"
        assert (await admin.get("/admin/report-exports"))["items"][0]["name"] == "desk-morning"
        read = (await supervisor.get("/reports/desk-morning"))["items"][0]["read_by"]
        assert len(read) == 1
        await page.emulate_media(media="print")
        await desk.shoot("morning-on-paper")
        await page.emulate_media(media="screen")
    finally:
        await worked_since_yesterday(open_hospital, is_so=False)
        await admin.call("PATCH", "/admin/report-settings", {name: "23:5" + str(n) for n, name in enumerate(now, 7)})


async def test_a_correction_stands_above_what_was_sent(desk, open_hospital: OpenHospital):
    """The server makes one ten minutes after another: what it would answer then is put into its answer here."""
    line = {
        "key": "1", "department_id": "d", "department": "心血管内科", "practitioner": "王敏",
        "starts_at": "2026-11-22T09:00+08:00", "number": "3", "name": "方*报", "file_number": "100001",
        "source": "booked", "came": True, "came_at": "2026-11-22T08:40+08:00", "outcome": "waiting", "reason": "",
    }  # fmt: skip
    sent = {
        "id": "00000000-0000-7000-8000-000000000001", "name": "desk-arrivals", "day": "2026-11-22", "correction": 0,
        "due_at": "2026-11-22T17:00:00+08:00", "made_at": "2026-11-22T18:20:03+08:00", "summary": "", "digest": "",
        "told": [{"id": "o", "name": "运营甲"}], "read_by": [], "departments": [
            {"department_id": "d", "department": "心血管内科", "booked": 1, "came": 1, "not_come": 0, "waiting": 1}
        ], "totals": {"booked": 1, "came": 1, "waiting": 1}, "lines": [line], "changes": [],
    }  # fmt: skip
    gone = {**line, "came": False, "outcome": "not_come"}
    found = {**sent, "id": "00000000-0000-7000-8000-000000000002", "correction": 1, "lines": [], "departments": []}
    found |= {"totals": {}, "changes": [{"line": gone, "was": {"came": True}}], "made_at": "2026-11-22T19:05:00+08:00"}

    async def answers(route: Route) -> None:
        await route.fulfill(json={"name": "desk-arrivals", "items": [sent, found]})

    async def has_read(route: Route) -> None:
        await route.fulfill(status=204)

    await desk.page.route("**/api/v1/reports/desk-arrivals*", answers)
    await desk.page.route("**/api/v1/desk-reports/*/reading", has_read)
    await sign_in_staff(desk, open_hospital, "ops1", "/reports")
    correction = desk.page.get_by_role("article", name="更正 1")
    await expect(correction).to_contain_text("到诊：是")
    await expect(desk.page.get_by_role("article", name="到诊报告")).to_contain_text("应于 17:00 生成")
    await axe(desk.page)
    await desk.shoot("correction")
