"""Alerts that ring take one line of a small screen, and all of it when somebody asks."""

import json

from playwright.async_api import Route, expect

from tests.browser.accessibility import axe
from tests.browser.people import sign_in_staff

SMALL = {"width": 1024, "height": 768}


def an_alert(n: int) -> dict:
    """Give an alert as the server would."""
    return {
        "id": f"00000000-0000-4000-8000-00000000000{n}",
        "kind": "holidays_unknown",
        "subject_kind": "calendar",
        "subject_id": f"00000000-0000-4000-8000-00000000000{n}",
        "level": 0,
        "severity": "B",
        "title": f"第 {n} 条提醒，字数较多，在小屏幕上也只占一行，放不下的部分省略，点开再看完整的内容",
        "detail": "请到“排班 · 日历”录入节假日和调休，再确认这一年",
        "state": "raised",
        "raised_at": f"2026-11-23T08:0{n}:00+08:00",
        "repeats": n,
        "acknowledged_at": None,
        "resolved_at": None,
        "version": 1,
    }


async def test_alerts_fold_to_one_line_on_a_small_screen(desk, open_hospital):
    page = desk.page

    async def three(route: Route) -> None:
        body = {"items": [an_alert(n) for n in (1, 2, 3)], "next": None}
        await route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    await page.route("**/api/v1/alerts?*", three)
    await page.set_viewport_size(SMALL)
    await sign_in_staff(desk, open_hospital, "supervisor1", "/posters")
    panel = page.get_by_role("region", name="提醒")
    alerts = panel.get_by_role("article")
    await expect(alerts).to_have_count(1)
    await expect(panel.get_by_role("button", name="我来处理")).to_be_visible()
    box = await panel.bounding_box()
    assert box is not None
    assert box["height"] <= 64, box
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await axe(page)
    await desk.shoot("folded")

    await panel.get_by_role("button", name="还有 2 条").click()
    await expect(alerts).to_have_count(3)
    await expect(panel.get_by_role("button", name="还有 2 条")).to_have_count(0)
    await desk.shoot("whole")

    await page.get_by_role("button", name="3 条提醒待处理").click()
    await page.set_viewport_size({"width": 1366, "height": 768})
    await expect(alerts).to_have_count(3)
