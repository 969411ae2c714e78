"""Looking back: the queue as it was, opened from a complaint's visit; and the same day by other rules."""

from playwright.async_api import expect

from tests.browser.hospital import OpenHospital
from tests.browser.lines import an_empty_line
from tests.browser.people import a_staff_client, department_named, sign_in_staff
from tests.browser.test_room import QUIET, looks_right


async def test_a_supervisor_looks_back_and_tries_other_rules(desk, open_hospital: OpenHospital):
    line = await an_empty_line(open_hospital, QUIET)
    tickets = [await line.walks_in(name, flags=flags) for name, flags in (("赵无约", []), ("钱有需", ["elderly"]))]
    room = line.rooms[0]["id"]
    for _ in tickets:
        called = (await line.guide.post(f"/rooms/{room}/calls"))["ticket"]
        await line.guide.post(f"/tickets/{called['id']}/start")
        await line.guide.post(f"/tickets/{called['id']}/finish")
    first, second = (ticket["number"] for ticket in tickets)

    await sign_in_staff(desk, open_hospital, "supervisor1", f"/replay?visit={tickets[0]['id']}")
    page = desk.page
    visit = page.get_by_role("region", name="这次就诊")
    await expect(visit).to_contain_text("后到先叫（1 人）")
    await expect(visit).to_contain_text(f"{second} 在 {first} 之前")
    events = page.get_by_role("region", name="当天的记录")
    await expect(events.get_by_role("heading")).to_contain_text(f"只看 {first}")
    queue = page.get_by_role("region", name="队列")
    await expect(queue.get_by_role("row").nth(1)).to_contain_text(first)
    await looks_right(page)
    await desk.shoot("from-a-complaint")
    await events.get_by_role("button", name="看全部").click()
    await events.get_by_role("button", name=f"{second} 叫号").click()
    await expect(queue.get_by_role("row", name=second)).to_contain_text("已叫号")
    await page.get_by_role("button", name="下一步").click()
    await expect(queue.get_by_role("row", name=second)).to_contain_text("就诊中")
    await desk.shoot("a-step-later")

    department = await department_named(open_hospital, QUIET)
    assert await (await a_staff_client(open_hospital, "supervisor1")).get(f"/queues/{department['id']}/replay/days")
    await desk.goto("/console/what-if")
    await page.get_by_label("科室").select_option(department["id"])
    await page.get_by_label("排队方式").select_option("arrival")
    await page.get_by_label("照顾提前（分钟）").fill("0")
    await page.get_by_role("button", name="重排一遍").click()
    table = page.get_by_role("table")
    await expect(table.get_by_role("row", name="需要照顾")).to_be_visible()
    await expect(page.get_by_text("次与实际相同")).to_be_visible()
    await looks_right(page)
    await desk.shoot("other-rules")
