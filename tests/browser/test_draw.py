"""Two phones enter a draw for one place: one wins, the other reads kind words; an office decides, and sees it."""

import asyncio
import json
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.async_api import Locator, Page, expect

from miniapp_api.release.proof import verify
from server import clock
from tests.browser.accessibility import axe
from tests.browser.people import a_staff_client, department_named, sign_in_phone, sign_in_staff
from tests.cast import Client

DRAWS = "骨科"  # the demonstration's department whose places are drawn
DECIDES = "肾病科"  # another, whose office changes how it releases
NARROW = {"viewport": {"width": 360, "height": 740}}
OPENS_IN, WINDOW = 30, 55
OUTCOME_MS = 120_000


def shown(page: Page, role: str, name: str | re.Pattern[str]) -> Locator:
    """Find on the page that is seen; the tabs behind it stay in the document."""
    return page.get_by_role(role, name=name).filter(visible=True)  # type: ignore[arg-type]


async def a_draw_with_one_place(hospital: Any) -> tuple[dict, list[dict]]:
    """Let a department release a day by a draw soon, with one place a band; gives it and one doctor's slots."""
    admin = await a_staff_client(hospital, "admin")
    department = await department_named(hospital, DRAWS)
    slots = (await Client(hospital).get(f"/slots?department={department['id']}"))["items"]
    day = next(one for one in slots if one["status"] == "not_yet")["starts_at"][:10]
    there = [one for one in slots if one["starts_at"].startswith(day)]
    # whoever has one clinic that day has one card on the phone
    first = next(
        one
        for one in there
        if len({other["session_id"] for other in there if other["practitioner_id"] == one["practitioner_id"]}) == 1
    )
    exception = {
        "kind": "capacity",
        "practitioner_id": first["practitioner_id"],
        "department_id": department["id"],
        "first_day": day,
        "last_day": day,
        "capacity": 1,
    }
    digest = (await admin.post("/admin/schedules/preview", {"create_exception": exception}))["digest"]
    await admin.post("/admin/schedule-exceptions", {**exception, "digest": digest})
    await releases(admin, department, day, release_mode="draw", draw_window_seconds=WINDOW)
    slots = (await Client(hospital).get(f"/slots?department={department['id']}&from={day}&to={day}"))["items"]
    mine = [one for one in slots if one["session_id"] == first["session_id"]]
    assert {one["capacity"] for one in mine} == {1}
    return department, mine


async def releases(admin: Any, department: dict, day: str, **how: Any) -> None:
    """Let a department release the places of a day in a moment."""
    opens_at = clock.local(clock.now() + timedelta(seconds=OPENS_IN))
    setting = {
        "on_holidays": "sunday",
        "release_days_ahead": (datetime.fromisoformat(day).date() - opens_at.date()).days,
        "release_at": f"{opens_at:%H:%M:%S}",
        **how,
    }
    asked = {"setting": {**setting, "department_id": department["id"]}}
    digest = (await admin.post("/admin/schedules/preview", asked))["digest"]
    path = f"/admin/schedule-settings/{department['id']}"
    reply = await admin.call("PUT", path, {**setting, "digest": digest}, Idempotency_Key=str(uuid4()))
    assert reply.status == 200, reply.raw
    path = f"/slots?department={department['id']}&from={day}&to={day}"
    async with asyncio.timeout(10):
        while True:  # the worker moves the draws, or calls them off
            slots = (await admin.get(path))["items"]
            opens = [one["draw"] and one["draw"]["opens_at"] for one in slots]
            if opens == [one["opens_at"] if setting["release_mode"] == "draw" else None for one in slots]:
                return
            await asyncio.sleep(0.1)


async def looks_right(page: Page) -> None:
    """Ask axe once the last touch has faded: meanwhile what was touched is dim."""
    await page.wait_for_timeout(250)
    await expect(page.locator(".tapped, .pressed")).to_have_count(0)
    await expect(page.locator(".uni-simple-toast__text").filter(visible=True)).to_have_count(0)  # it fades
    await axe(page)


async def enters(phone: Any, department: dict, slots: list[dict], *, pictures: bool) -> None:
    """Wait for the draw on the list of times, and enter it for the first time of a doctor."""
    page, doctor, day = phone.page, slots[0]["practitioner_name"], slots[0]["starts_at"][:10]
    await phone.goto(f"/m/#/pages/times/times?department={department['id']}")
    month, date = int(day[5:7]), int(day[8:])
    await shown(page, "tab", re.compile(f"{month}月{date}日")).tap()
    if pictures:
        await expect(page.get_by_text(re.compile("开始摇号登记")).first).to_be_visible()
        await expect(page.get_by_role("timer").filter(visible=True).first).to_contain_text("还有 00:")
        await looks_right(page)
        await phone.shoot("before")
    await shown(page, "button", re.compile(f"^去登记摇号.*{doctor}")).first.tap(timeout=60_000)  # it opens by itself
    await expect(page.get_by_text("先后都一样，不用抢")).to_be_visible()
    if pictures:
        await looks_right(page)
        await phone.shoot("explained")
    begin = slots[0]["starts_at"][11:16]
    await shown(page, "checkbox", re.compile(f"^{begin}")).tap()
    await expect(page.get_by_text("第 1 志愿")).to_be_visible()
    if pictures:
        await phone.shoot("chosen", full_page=True)
    await shown(page, "button", "登记摇号").tap()
    await expect(shown(page, "heading", "已登记，请等结果")).to_be_visible()
    await looks_right(page)
    await phone.shoot("entered")


async def outcome(phone: Any) -> str:
    """Wait for the result, without touching the phone."""
    won = shown(phone.page, "heading", "恭喜，摇中了")
    lost = shown(phone.page, "heading", "很抱歉，这次没有摇中")
    await expect(won.or_(lost)).to_be_visible(timeout=OUTCOME_MS)
    await looks_right(phone.page)
    found = "won" if await won.is_visible() else "lost"
    await phone.shoot(found, full_page=True)
    return found


async def test_two_phones_draw_for_one_place(open_context, open_hospital, desk, tmp_path):
    phones = [await open_context("phone", name="one"), await open_context("phone", name="two", **NARROW)]
    people = [
        await sign_in_phone(phone, open_hospital, name=name)
        for phone, name in zip(phones, ("陈小雨", "林向北"), strict=True)
    ]
    department, slots = await a_draw_with_one_place(open_hospital)
    await asyncio.gather(*(enters(phone, department, slots, pictures=n == 0) for n, phone in enumerate(phones)))

    found = [await outcome(phone) for phone in phones]
    assert sorted(found) == ["lost", "won"]
    winner, loser = found.index("won"), found.index("lost")
    assert [one["status"] for one in (await people[winner].get("/appointments"))["items"]] == ["booked"]

    # the winner sees the visit; the loser why, how the chance grows, and the way to the waitlist
    page = phones[loser].page
    await expect(page.get_by_text("顺序第 2 位，共 2 人")).to_be_visible()
    await expect(page.get_by_text("您有 2 个签")).to_be_visible()
    await shown(page, "button", "怎样知道是公平的").tap()
    await expect(page.get_by_text(re.compile("^[0-9a-f]{64}$")).first).to_be_visible()
    await phones[loser].shoot("proof", full_page=True)
    await shown(page, "button", "登记候补").tap()
    await expect(page).to_have_url(re.compile("pages/wait/wait"))
    await shown(phones[winner].page, "button", "查看预约和就诊码").tap()
    await expect(phones[winner].page).to_have_url(re.compile("pages/appointment/appointment"))

    # «我的» keeps both
    for n, words in ((winner, "摇中"), (loser, "未摇中")):
        page = phones[n].page
        await phones[n].goto("/m/#/pages/me/me")
        await shown(page, "button", re.compile("我的摇号")).tap()
        await expect(page.get_by_text(words, exact=True).filter(visible=True)).to_be_visible()
        await looks_right(page)
        await phones[n].shoot("mine")
    messages = [message["title"] for message in await people[loser].inbox()]
    assert messages == ["很抱歉，这次没有摇中"]

    # an office sees who got what, masked, and anybody can check the record
    await sign_in_staff(desk, open_hospital, "admin", "/boards")
    await desk.goto(f"/console/admin/schedules/draws?department={department['id']}")
    page = desk.page
    row = page.get_by_role(
        "row", name=re.compile(f"{slots[0]['practitioner_name']}.*{slots[0]['starts_at'][11:16]}.*已摇号")
    )
    await row.get_by_role("button", name=re.compile("名单与记录")).click()
    table = page.get_by_role("region", name="摇号名单，可滚动")
    await expect(table.get_by_role("row")).to_have_count(3)
    await expect(table).to_contain_text("陈*雨")
    await expect(table).not_to_contain_text("陈小雨")
    await axe(page)
    await desk.shoot("draws", full_page=True)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载公开记录").click()
    file = tmp_path / "draw.json"
    await (await download.value).save_as(file)
    record = json.loads(file.read_text(encoding="utf-8"))
    assert verify(record) == []
    assert "陈" not in json.dumps(record, ensure_ascii=False)


async def test_a_day_opens_on_the_phone_by_itself(phone, open_hospital):
    admin = await a_staff_client(open_hospital, "admin")
    department = await department_named(open_hospital, DRAWS)
    slots = (await Client(open_hospital).get(f"/slots?department={department['id']}"))["items"]
    day = next(one for one in slots if one["status"] == "not_yet")["starts_at"][:10]
    await releases(admin, department, day, release_mode="first_come")
    page = phone.page
    await phone.goto(f"/m/#/pages/times/times?department={department['id']}")
    await shown(page, "tab", re.compile(f"{int(day[5:7])}月{int(day[8:])}日")).tap()
    await expect(page.get_by_text(re.compile("放号$")).filter(visible=True).first).to_be_visible()
    await expect(page.get_by_role("timer").filter(visible=True).first).to_contain_text("还有 00:")
    await looks_right(page)
    await phone.shoot("countdown")
    asked = sum("/api/v1/slots?" in line for line in phone.guard.requests)
    place = shown(page, "button", re.compile(r"余\d"))
    await expect(place.first).to_be_visible(timeout=OUTCOME_MS)
    asked = sum("/api/v1/slots?" in line for line in phone.guard.requests) - asked
    assert 0 < asked <= 12, asked  # two a look: it opened by a look or two for each clinic, and not by a storm
    await phone.shoot("opened")


async def test_an_office_decides_how_places_are_released(desk, open_hospital):
    department = await department_named(open_hospital, DECIDES)
    await sign_in_staff(desk, open_hospital, "admin", "/boards")
    await desk.goto(f"/console/admin/schedules/release?department={department['id']}")
    page = desk.page
    await page.get_by_role("radio", name="摇号").check()
    await page.get_by_label("登记时间（秒，30–600）").fill("90")
    await page.get_by_role("radio", name="前一天退回").check()
    await page.get_by_label("前一天几点").fill("15:45")
    await axe(page)
    await desk.shoot("release", full_page=True)
    await page.get_by_role("button", name="预览影响").click()
    await page.get_by_role("button", name="确认执行").click()
    await expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("前一天几点")).to_have_value("15:45")
    admin = await a_staff_client(open_hospital, "admin")
    found = await admin.get(f"/admin/schedule-settings/{department['id']}")
    assert (found["release_mode"], found["draw_window_seconds"]) == ("draw", 90)
    assert (found["reserve_return"], found["reserve_return_at"]) == ("day_before", "15:45:00")
