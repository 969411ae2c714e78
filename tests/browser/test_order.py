"""The order that can be explained: a head decides it and sees what it means, the room and a phone read why."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.lines import an_empty_line
from tests.browser.people import NEVER_CLOSED, a_staff_client, next_slot, sign_in_phone, sign_in_staff
from tests.browser.test_phone_visit import looks_right, shown

QUIET = "心血管内科"
WHY = "老年患者多，照顾时间改由诊室安排"
NARROW = {"viewport": {"width": 360, "height": 740}}
TURN_MS = 9_000


async def test_a_head_decides_the_order_and_the_room_reads_why(open_context, desk, room, open_hospital):
    line = await an_empty_line(open_hospital, QUIET)
    await line.walks_in("周先到")
    await line.walks_in("吴后到", flags=["elderly"])
    numbers = list(await line.states())

    # the room: why the one who came later is before the other, and how that was reckoned
    await sign_in_staff(room, open_hospital, "room3", f"/room/{line.rooms[0]['id']}")
    page = room.page
    for number in numbers:
        await page.get_by_role("button", name=re.compile(number)).click()
    panel = page.get_by_role("complementary", name=f"为什么 {numbers[0]} 在 {numbers[1]} 前面")
    await expect(panel.get_by_text(re.compile(f"^{numbers[0]} 在 {numbers[1]} 之前"))).to_be_visible()
    await panel.get_by_text("排序时间是怎么算的").click()
    await expect(panel.get_by_text("因需要照顾提前 20 分钟").last).to_be_visible()
    await axe(page)
    await room.shoot("why")

    # the guide, who is asked at the desk, reads the same
    asked = await open_context("desk", name="asked")
    await sign_in_staff(asked, open_hospital, "guide1", "/queue-order")
    page = asked.page
    await page.get_by_label("请选择科室").select_option(line.department_id)
    for number in numbers:
        await page.get_by_role("button", name=re.compile(number)).click()
    await expect(page.get_by_text(re.compile(f"^{numbers[0]} 在 {numbers[1]} 之前"))).to_be_visible()
    await axe(page)
    await asked.shoot("why")

    # the head: another order, what it means for those who wait, and the reason that stays with it
    head = await a_staff_client(open_hospital, "head1")
    path = f"/admin/queue-rules/{line.department_id}"
    before = await head.get(path)
    await sign_in_staff(desk, open_hospital, "head1", "/admin/queue-rules")
    page = desk.page
    await page.get_by_role("link", name=re.compile(QUIET)).click()
    await expect(page.get_by_role("heading", name=QUIET)).to_be_visible()
    await desk.shoot("rule")
    await page.get_by_role("radio", name=re.compile("先到先看")).check()
    await page.get_by_label("需要照顾的提前").fill("0")
    await expect(page.get_by_text(re.compile("2 人会排在别的位置"))).to_be_visible()
    await page.get_by_label("为什么修改").fill(WHY)
    await axe(page)
    await desk.shoot("look")
    await page.get_by_role("button", name=re.compile("保存")).click()
    await expect(page.get_by_text("已保存")).to_be_visible()
    await expect(page.get_by_text(f"原因：{WHY}")).to_be_visible()
    assert list(await line.states()) == numbers  # who waits keeps the place
    tag = page.get_by_role("link", name=re.compile(QUIET)).get_by_text("先到先看")
    await expect(tag).to_be_visible()
    await desk.shoot("decided")
    now = await head.get(path)
    body = {"policy": before["policy"], "settings": before["settings"], "why": "测试结束"}
    reply = await head.call("PUT", path, body, If_Match=f'"{now["version"]}"')
    assert (now["version"], reply.status) == (before["version"] + 1, 200)


async def test_a_phone_reads_why_it_stands_where_it_stands(open_context, open_hospital):
    line = await an_empty_line(open_hospital, NEVER_CLOSED)
    phone = await open_context("phone", **NARROW)
    page = phone.page
    patient = await sign_in_phone(phone, open_hospital)
    booked = await patient.books((await next_slot(open_hospital))["id"])
    urgent = await line.walks_in("急先生", triage="urgent")
    scan = await line.guide.scans(await patient.code(booked["id"]))
    assert scan["outcome"] == "accepted", scan
    await phone.goto(f"/m/#/pages/appointment/appointment?id={booked['id']}")
    await shown(page, "button", "为什么排在这里").tap(timeout=TURN_MS)
    await expect(page.get_by_text(re.compile("^您预约了"))).to_be_visible()
    await expect(page.get_by_text(f"在您前面的号：{urgent['number']}")).to_be_visible()
    await expect(page.get_by_text(re.compile("晚到 60 分钟以上的普通患者，不会排在您前面"))).to_be_visible()
    await expect(page.get_by_text("已登录")).to_be_hidden()  # a note that lies over the page for two seconds
    await looks_right(page)
    await phone.shoot("why", full_page=True)
