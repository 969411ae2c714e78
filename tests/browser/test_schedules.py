"""Planning by the pages: rules, leave, rooms and unknown years are seen before they are made, and phones follow."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from server import clock
from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_number, a_staff_client, department_named, sign_in_phone, sign_in_staff
from tests.cast import StaffClient, a_patient_with_a_phone

PLANNED = "血液内科"  # no other test books here
WEEKDAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]


async def a_morning(hospital: OpenHospital, nth: int) -> list[dict[str, Any]]:
    """The slots of one clinic ahead, in their order, whose practitioner has nobody booked that day; by test another."""
    department = await department_named(hospital, PLANNED)
    admin = await a_staff_client(hospital, "admin")
    slots = (await admin.get(f"/slots?department={department['id']}"))["items"]
    today = clock.today().isoformat()

    def day_of(one: dict[str, Any]) -> tuple[str, str]:
        return one["practitioner_id"], one["starts_at"][:10]

    taken = {day_of(one) for one in slots if one["available"] < one["capacity"]}
    first = {day_of(one): one["session_id"] for one in reversed(slots) if day_of(one)[1] > today}
    session = [first[day] for day in dict.fromkeys(map(day_of, slots)) if day in first and day not in taken][nth]
    return [one for one in slots if one["session_id"] == session]


async def open_tab(device: Device, hospital: OpenHospital, tab: str, **query: str) -> Page:
    """Sign the administrator in, and be at a page of schedules for the department."""
    department = await department_named(hospital, PLANNED)
    await sign_in_staff(device, hospital, "admin", "/boards")
    asked = "&".join(f"{name}={value}" for name, value in {"department": department["id"], **query}.items())
    await device.goto(f"/console/admin/schedules/{tab}?{asked}")
    await expect(device.page.get_by_label("科室")).to_have_value(department["id"])
    return device.page


def words_of(day: str) -> str:
    return f"{day[5:]} {WEEKDAYS[date.fromisoformat(day).weekday()]}"


def hour_of(slot: dict[str, Any]) -> str:
    return slot["starts_at"][11:16]


async def seen(page: Page) -> Locator:
    """Ask for the preview, and give it."""
    await page.get_by_role("dialog").get_by_role("button", name="预览影响").click()
    preview = page.get_by_role("region", name="这一步的影响")
    await expect(preview).to_be_visible()
    return preview


async def test_a_rule_is_changed_around_those_who_are_booked_and_the_phone_follows(desk, phone, open_hospital):
    slots = await a_morning(open_hospital, 0)
    first, day = slots[0], slots[0]["starts_at"][:10]
    for name in ("陈小雨", "李安"):
        await (await a_patient_with_a_phone(open_hospital, name=name, phone=a_number())).books(first["id"])
    await sign_in_phone(phone, open_hospital)
    times = f"/m/?times#/pages/times/times?department={first['department_id']}&day={day}"
    await phone.goto(times)
    place = phone.page.get_by_role("button", name=re.compile(f"{first['practitioner_name']}.*{hour_of(slots[1])}"))
    await expect(place).to_contain_text(f"余{slots[1]['capacity']}")

    page = await open_tab(desk, open_hospital, "rules")
    session = await the_session(await a_staff_client(open_hospital, "admin"), first["session_id"])
    about = (
        f"{first['practitioner_name']} {words_of(day)[6:]} {session['starts_at'][11:16]}–{session['ends_at'][11:16]}"
    )
    await page.get_by_role("button", name=f"修改: {about}").click()
    box = page.get_by_role("dialog")
    await box.get_by_label("小程序").fill("1")
    await box.get_by_label("窗口").fill("1")
    await box.get_by_label("从哪天起改").fill(day)
    await axe(page)
    await desk.shoot("rule")
    preview = await seen(page)
    await expect(preview).to_contain_text("有 1 处已有人预约，其中 1 个号不在新的安排里")
    await expect(preview).to_contain_text("已约 2 人，新的安排只有 1 个号")
    await axe(page)
    await desk.shoot("rule-preview")
    await preview.get_by_role("button", name="确认执行").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("link", name=re.compile("冲突"))).to_contain_text("1")

    await page.get_by_role("link", name=re.compile("冲突")).click()
    conflict = page.get_by_role("listitem").filter(has_text=first["practitioner_name"])
    await expect(conflict).to_contain_text(words_of(day))
    await desk.shoot("conflicts")
    await axe(page)
    await phone.goto(times.replace("?times", "?again"))
    await expect(place).to_contain_text("余1")


async def test_a_preview_that_has_grown_old_is_shown_anew_and_nothing_is_done(desk, open_hospital):
    slots = await a_morning(open_hospital, 1)
    first, day = slots[0], slots[0]["starts_at"][:10]
    desk.guard.allow_status(409, "/api/v1/admin/schedule-exceptions")
    page = await open_tab(desk, open_hospital, "exceptions")
    await begin_leave(page, first["practitioner_name"], day)
    preview = await seen(page)
    await expect(preview).to_contain_text("没有影响到已预约的患者")
    await (await a_patient_with_a_phone(open_hospital, name="周全", phone=a_number())).books(first["id"])
    await preview.get_by_role("button", name="确认执行").click()
    await expect(preview).to_contain_text("在您查看期间情况有变化，还没有执行")
    await expect(preview).to_contain_text("有 1 处已有人预约")
    await desk.shoot("anew")
    admin = await a_staff_client(open_hospital, "admin")
    rows = (await admin.get(f"/admin/schedule-exceptions?department={first['department_id']}"))["items"]
    assert not [row for row in rows if row["practitioner_id"] == first["practitioner_id"]]


async def begin_leave(page: Page, who: str, day: str) -> None:
    await page.get_by_role("button", name="新增临时调整").click()
    box = page.get_by_role("dialog")
    person = box.get_by_label("医生")
    value = await person.locator("option").filter(has_text=who).get_attribute("value")
    await person.select_option(value=value)
    await box.get_by_label("开始日期").fill(day)
    await box.get_by_label("结束日期").fill(day)
    await box.get_by_label("原因").fill("外出进修")


async def test_leave_takes_the_days_and_gives_them_back(desk, open_hospital):
    slots = await a_morning(open_hospital, 2)
    first, day = slots[0], slots[0]["starts_at"][:10]
    who = first["practitioner_name"]
    page = await open_tab(desk, open_hospital, "exceptions", day=day)
    await begin_leave(page, who, day)
    await desk.shoot("leave")
    preview = await seen(page)
    await expect(preview).to_contain_text(re.compile("取消 [1-9] 个没有人预约的班次"))
    await expect(preview).to_contain_text(words_of(day))
    await desk.shoot("leave-preview")
    await preview.get_by_role("button", name="确认执行").click()
    row = page.get_by_role("row").filter(has_text=who).filter(has_text=words_of(day))
    await expect(row).to_contain_text("外出进修")
    await axe(page)

    await page.get_by_role("link", name="周视图").click()
    line = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=who))
    await expect(line.get_by_text("请假")).to_be_visible()
    chip = page.get_by_role("button", name=re.compile(f"^{who}，{words_of(day)}"))
    await expect(chip).to_have_count(0)
    await desk.shoot("week")
    await axe(page)

    await page.get_by_role("link", name="临时调整").click()
    await row.get_by_role("button", name=re.compile("撤销")).click()
    preview = await seen(page)
    await expect(preview).to_contain_text(re.compile("新增 [1-9] 个班次"))
    await preview.get_by_role("button", name="撤销").click()
    await expect(row).to_have_count(0)
    await page.get_by_role("link", name="周视图").click()
    await expect(chip.first).to_be_visible()


async def the_session(admin: StaffClient, session_id: str) -> dict[str, Any]:
    return await admin.get(f"/admin/timetable/sessions/{session_id}")


async def test_another_room_is_told_to_whoever_is_booked(desk, phone, open_hospital):
    slots = await a_morning(open_hospital, 3)
    first, day = slots[0], slots[0]["starts_at"][:10]
    patient = await sign_in_phone(phone, open_hospital, name="吴宁")
    await patient.books(first["id"])
    session = await the_session(await a_staff_client(open_hospital, "admin"), first["session_id"])
    page = await open_tab(desk, open_hospital, "week", day=day)
    hours = f"{session['starts_at'][11:16]}–{session['ends_at'][11:16]}"
    await page.get_by_role(
        "button", name=re.compile(f"^{first['practitioner_name']}，{words_of(day)}，\\s*{hours}")
    ).click()
    box = page.get_by_role("dialog")
    await expect(box.get_by_role("row").filter(has_text=hour_of(first))).to_contain_text(f"1 / {first['capacity']}")
    room = box.get_by_label("诊室")
    other = room.locator("option").filter(has_not_text=session["room_name"]).filter(has_not_text="未定").first
    name = (await other.inner_text()).split("（")[0]
    await room.select_option(value=await other.get_attribute("value"))
    await box.get_by_label("原因").fill("设备检修")
    await desk.shoot("room")
    await axe(page)
    await box.get_by_role("button", name="更换诊室，通知 1 人").click()
    await expect(box).to_contain_text("已更换，已约患者会收到通知")
    await box.get_by_text("诊室变更记录").click()
    await expect(box).to_contain_text(f"{session['room_name']} → {name}")
    await phone.goto("/m/?told#/pages/messages/messages")
    await expect(phone.page.get_by_text("您的就诊地点有变").first).to_be_visible()
    await expect(phone.page.get_by_text(name).first).to_be_visible()
    await phone.shoot("told")


async def test_a_department_decides_when_its_places_are_released(desk, open_hospital):
    page = await open_tab(desk, open_hospital, "release")
    await page.get_by_label("几点放号").fill("07:30:15")
    await expect(page.get_by_text("07:30:15 放出")).to_be_visible()
    await page.get_by_role("button", name="预览影响").click()
    preview = page.get_by_role("region", name="这一步的影响")
    await expect(preview).to_be_visible()
    await desk.shoot("release")
    await preview.get_by_role("button", name="确认执行").click()
    await expect(page.get_by_text("已保存")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("几点放号")).to_have_value("07:30:15")


async def an_unknown_year(hospital: OpenHospital) -> int:
    """The first year ahead whose holidays nobody knows."""
    admin = await a_staff_client(hospital, "admin")
    this = clock.today().year
    for year in range(this, this + 20):
        if (await admin.get(f"/admin/calendar?from={year}-02-01&to={year}-02-01"))["unknown_years"]:
            return year
    pytest.fail("the library knows the next twenty years")


async def test_an_unknown_year_is_marked_until_its_days_are_entered_and_confirmed(desk, open_hospital):
    year = await an_unknown_year(open_hospital)
    await sign_in_staff(desk, open_hospital, "admin", "/admin/schedules/calendar")
    page = desk.page
    for _ in range(year - clock.today().year):
        await page.get_by_role("button", name="下一年").click()
    await expect(page.get_by_role("heading", name=f"{year} 年", exact=True)).to_be_visible()
    banner = page.get_by_role("status").filter(has_text=f"{year} 年的节假日还不知道")
    await expect(banner).to_contain_text("只按星期几排班")
    await desk.shoot("unknown")
    await axe(page)
    may = date(year, 5, 3)
    day = page.get_by_role("button", name=re.compile(words_of(may.isoformat())))
    await day.click()
    box = page.get_by_role("dialog")
    await box.get_by_text("节假日", exact=True).click()
    await box.get_by_label("名称").fill("劳动节")
    preview = await seen(page)
    await desk.shoot("day")
    await preview.get_by_role("button", name="确认执行").click()
    await expect(
        page.get_by_role("button", name=re.compile(f"{words_of(may.isoformat())}，节假日，劳动节，本院另定"))
    ).to_be_visible()
    await banner.get_by_role("button", name=f"确认 {year} 年已录完").click()
    await page.get_by_role("dialog").get_by_role("button", name=f"确认 {year} 年已录完").click()
    await expect(banner).to_have_count(0)
    await desk.shoot("confirmed")


async def test_an_extra_clinic_far_ahead_is_promised_not_dropped(desk, open_hospital):
    slots = await a_morning(open_hospital, 0)
    page = await open_tab(desk, open_hospital, "week")
    await page.get_by_role("button", name="加班门诊").click()
    box = page.get_by_role("dialog")
    person = box.get_by_label("医生")
    value = await person.locator("option").filter(has_text=slots[0]["practitioner_name"]).get_attribute("value")
    await person.select_option(value=value)
    day = (clock.today() + timedelta(days=60)).isoformat()
    await box.get_by_label("开始日期").fill(day)
    await box.get_by_label("开始", exact=True).fill("19:00")
    await box.get_by_label("结束", exact=True).fill("20:00")
    preview = await seen(page)
    await expect(preview).to_contain_text(re.compile("1 次加班门诊在 .* 之后，到时自动开出"))
    await expect(preview).to_contain_text(words_of(day))
    await preview.get_by_role("button", name="确认执行").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("link", name="临时调整").click()
    await expect(page.get_by_role("row").filter(has_text=words_of(day))).to_contain_text("19:00–20:00")


def test_the_words_of_a_day_are_those_of_the_page():
    assert words_of("2026-11-24") == "11-24 周二"
    assert datetime.fromisoformat("2026-11-24").isoweekday() == 2
