"""Codes and what the guide does about a refusal: a slip of paper, the wrong department, the wrong time, a poster."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlparse

from playwright.async_api import Page, expect

from server import clock
from tests.browser.accessibility import axe
from tests.browser.codes import decode_qr
from tests.browser.people import a_booked_patient, a_number, a_staff_client, next_slot, sign_in_phone, sign_in_staff
from tests.browser.scanner import type_as_scanner
from tests.browser.test_desk import result, search, sit_down
from tests.cast import Client, a_patient_with_a_phone


async def slot_of(hospital, *, department: str | None = None, later_than: timedelta = timedelta(0)) -> dict:
    """A free place that begins later than so; not of the emergency department, whose desk is another."""
    found = (await Client(hospital).get("/departments?limit=100"))["items"]
    for one in found:
        if one["name"] == "急诊医学科" if department is None else one["name"] != department:
            continue
        for slot in (await Client(hospital).get(f"/slots?department={one['id']}"))["items"]:
            if slot["available"] > 0 and datetime.fromisoformat(slot["starts_at"]) > clock.now() + later_than:
                return slot
    raise AssertionError("nothing is free")


async def scan(page: Page, code: str, words: str) -> None:
    """Scan until these words come: a machine that halts for a second breaks a burst, and one scans again."""
    for _ in range(3):
        await type_as_scanner(page, code)
        await expect(result(page)).to_contain_text(re.compile(f"{words}|不是就诊码"))
        if "不是就诊码" not in await result(page).inner_text():
            return
    raise AssertionError(f"three scans, and not {words}")


async def sheet(page: Page):
    """The page that is about to be printed."""
    frame = page.frame_locator("dialog iframe")
    await expect(frame.locator("body")).to_contain_text(re.compile("就诊单|扫码"))
    return frame


async def test_a_slip_is_printed_for_somebody_without_a_phone_and_scanned(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    phone_number = a_number()
    await a_booked_patient(open_hospital, name="吴纸单", phone=phone_number)
    row = page.get_by_role("row").filter(has_text="吴*单")
    await row.get_by_role("button", name="打印吴*单的就诊单").click()
    paper = await sheet(page)
    await expect(paper.locator("body")).to_contain_text("急诊医学科")
    await expect(paper.locator("body")).to_contain_text("请带好")
    await expect(page.get_by_role("button", name="打印", exact=True)).to_be_focused()
    code = await decode_qr(paper.locator("svg"))
    assert code.startswith("P2.")
    await desk.shoot("slip")
    await page.set_viewport_size({"width": 1366, "height": 1400})
    await desk.shoot("slip-whole")
    await page.set_viewport_size({"width": 1366, "height": 768})
    await page.keyboard.press("Escape")
    await scan(page, code, "报到成功")
    await expect(result(page)).to_contain_text("吴*单")
    await expect(row).to_have_count(0)
    await scan(page, code, "已经报到")
    await expect(result(page)).to_contain_text("急诊导诊台")


async def test_who_came_to_the_wrong_department_is_moved_by_one_key(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    slot = await slot_of(open_hospital)
    patient = await a_patient_with_a_phone(open_hospital, name="周走错", phone=a_number())
    booked = await patient.books(slot["id"])
    await scan(page, await patient.code(booked["id"]), "不在本台")
    await expect(result(page)).to_contain_text(booked["department"]["name"])
    await expect(result(page).get_by_role("button", name=f"在{booked['department']['name']}报到")).to_be_visible()
    await desk.shoot("wrong-department")
    await axe(page)
    desk.guard.allow_status(409, "*/forwarding")
    await page.keyboard.press("F9")
    # it may be too early there as well: then a reason is asked for, by its number
    await expect(result(page)).to_contain_text(re.compile("报到成功|来早了|不是今天"))
    if "报到成功" not in await result(page).inner_text():
        await page.keyboard.press("F9")
        await page.keyboard.press("1")
        await expect(page.get_by_role("textbox", name="原因")).to_have_value("医生同意")
        await page.keyboard.press("Enter")
    await expect(result(page)).to_contain_text("报到成功")
    await expect(result(page)).to_contain_text(booked["department"]["name"])
    await desk.shoot("moved")
    await axe(page)


async def test_who_comes_too_early_is_let_in_for_a_reason_and_the_record_says_so(desk, open_context, open_hospital):
    page = await sit_down(desk, open_hospital)
    slot = await slot_of(open_hospital, department="急诊医学科", later_than=timedelta(hours=4))
    patient = await a_patient_with_a_phone(open_hospital, name="郑来早", phone=a_number())
    booked = await patient.books(slot["id"])
    await scan(page, await patient.code(booked["id"]), "来早了|不是今天")
    await desk.shoot("too-early")
    await page.keyboard.press("F9")
    await expect(page.get_by_role("textbox", name="原因")).to_be_focused()
    await page.keyboard.press("2")
    await desk.shoot("reason")
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(result(page)).to_contain_text("报到成功")
    await expect(page.get_by_role("region", name="最近扫码")).to_contain_text("郑*早")
    await page.keyboard.press("F7")
    records = page.get_by_role("region", name="扫码记录")
    mine = records.get_by_role("listitem").filter(has_text="郑*早")
    await expect(mine).to_contain_text("说明原因后报到")
    await expect(mine).to_contain_text("路上耽误")
    await desk.shoot("record")
    await axe(page)


async def test_a_card_reader_finds_whom_the_card_names(desk, open_hospital):
    page = await sit_down(desk, open_hospital)
    for _ in range(4):  # a busy machine may stretch the keys to the pace of a person: then one reads again
        await type_as_scanner(page, "11010519491231002X")
        with suppress(AssertionError):
            await expect(search(page)).to_have_value("11010519491231002X", timeout=5_000)
            break
    await expect(search(page)).to_have_value("11010519491231002X")
    await expect(page.get_by_text("没有找到「11010519491231002X」")).to_be_visible()
    await expect(result(page)).to_contain_text("请扫描患者的就诊码")


async def test_a_poster_is_printed_and_checks_a_patient_in_whom_the_desk_greets(
    desk, phone, open_hospital, open_context
):
    await sign_in_staff(desk, open_hospital, "supervisor1", "/posters")
    page = desk.page
    await expect(page.get_by_role("group", name="急诊导诊台")).to_be_visible()
    await desk.shoot("posters")
    await axe(page)
    await page.get_by_role("button", name="打印海报 急诊导诊台").click()
    paper = await sheet(page)
    link = await decode_qr(paper.get_by_role("img", name="小程序码"))
    await page.set_viewport_size({"width": 1366, "height": 1400})
    await desk.shoot("poster")
    scene = parse_qs(urlparse(link).query)["scene"][0]
    assert len(scene) == 32

    person = await sign_in_phone(phone, open_hospital, name="孙海报")
    await person.books((await next_slot(open_hospital))["id"])
    await phone.goto(f"/m/#/pages/arrive/arrive?scene={scene.replace('=', '%3D')}")
    await expect(phone.page.get_by_text("选好预约，点「报到」。")).to_be_visible()
    await phone.shoot("arrive")
    await axe(phone.page)
    await phone.page.get_by_role("button", name="报到", exact=True).tap()
    await expect(phone.page.get_by_text("您的排队号")).to_be_visible()
    guide = await a_staff_client(open_hospital, "guide1")
    rows = (await guide.get("/desk/arrivals?q=孙海报"))["items"]
    assert [one["ticket"]["arrived_by"] for one in rows] == ["poster"]

    counter = await open_context("desk", name="counter")
    page = await sit_down(counter, open_hospital)
    await page.get_by_role("button", name=re.compile("^候诊")).click()
    greet = page.get_by_role("button", name="已招呼孙*报")
    await counter.shoot("alone")
    await greet.click()
    await expect(greet).to_have_count(0)
    rows = (await guide.get("/desk/arrivals?q=孙海报"))["items"]
    assert rows[0]["ticket"]["greeted_at"] is not None
