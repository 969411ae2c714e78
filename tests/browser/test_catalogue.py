"""The catalogue in the console: what an administrator makes there, patients see; what a colleague saves is not lost."""

import re
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named, sign_in_staff
from tests.cast import Client

WIDE = {"width": 1920, "height": 1080}


def detail_of(page: Page) -> Locator:
    """Find the right half of the page."""
    return page.get_by_role("region", name=re.compile("内容$"))


def a_photo() -> bytes:
    """Draw a picture that is a photo for all that the server asks."""
    picture = BytesIO()
    Image.new("RGB", (320, 320), (120, 160, 150)).save(picture, "PNG")
    return picture.getvalue()


async def saved(page: Page) -> str:
    """Save something new by the keys; give its id."""
    await page.keyboard.press("Control+Enter")
    await expect(page).to_have_url(re.compile("/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]


async def a_department(device: Device, name: str, code: str) -> str:
    """Make a department on the page."""
    page = device.page
    await page.get_by_role("link", name="新增科室").click()
    await page.get_by_label("名称", exact=True).fill(name)
    device.guard.allow_status(422, "/api/v1/admin/departments")
    await page.keyboard.press("Control+Enter")
    await expect(detail_of(page).get_by_text("请填写这一项。")).to_be_visible()
    await page.get_by_label("代码", exact=True).fill(code)
    await page.get_by_label("院区", exact=True).select_option(label="本部")
    await page.get_by_label("患者的叫法").fill("看手的、手科")
    await page.get_by_label("位置").fill("门诊楼9层A区")
    return await saved(page)


async def seen_by_patients(hospital: OpenHospital, department_id: str) -> dict[str, Any]:
    """Give the one practitioner of a department as the phone gets it."""
    found = await Client(hospital).get(f"/practitioners?department={department_id}")
    (one,) = found["items"]
    return one


async def test_a_department_a_practitioner_and_a_price_are_made_and_seen_by_patients(desk, open_hospital):
    code = f"hand-{uuid4().hex[:8]}"
    name = f"手外{code[-4:]}科"
    await sign_in_staff(desk, open_hospital, "admin", "/admin/departments")
    page = desk.page
    department_id = await a_department(desk, name, code)
    await desk.shoot("department")
    assert (await department_named(open_hospital, name))["aliases"] == ["看手的", "手科"]

    # a practitioner with a photo
    await page.get_by_role("button", name=re.compile("^管理")).click()
    await page.get_by_role("link", name="医生", exact=True).click()
    await page.get_by_role("link", name="新增医生").click()
    await page.get_by_label("姓名").fill("温以宁")
    await page.get_by_label("代码", exact=True).fill(f"D-{code}")
    await detail_of(page).get_by_label("科室", exact=True).select_option(value=department_id)
    await page.get_by_label("职称").fill("主任医师")
    await page.get_by_label("会说的语言").fill("普通话、粤语")
    await saved(page)
    photo = {"name": "face.png", "mimeType": "image/png", "buffer": a_photo()}
    await page.get_by_label("照片").set_input_files(files=[photo])
    picture = page.get_by_role("img", name="温以宁的照片")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth }") == 320
    await desk.shoot("practitioner")
    await axe(page)

    # what the visit costs there, and why
    await page.get_by_role("button", name=re.compile("^管理")).click()
    await page.get_by_role("link", name="价格", exact=True).click()
    await page.get_by_role("button", name="加一行").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("号别").select_option(label="专家")
    await dialog.get_by_label("科室").select_option(value=department_id)
    await dialog.get_by_label("职称").fill("主任医师")
    await dialog.get_by_label("价格（元）").fill("88.8")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_have_count(0)
    tried = page.get_by_role("region", name="看看实际收多少")
    await tried.get_by_label("科室").select_option(value=department_id)
    await tried.get_by_label("职称").fill("主任医师")
    await expect(tried.get_by_text(f"按「{name} · 主任医师」")).to_be_visible()
    await expect(tried.get_by_text("¥88.80")).to_be_visible()
    await desk.shoot("prices")
    await axe(page)

    doctor = await seen_by_patients(open_hospital, department_id)
    assert (doctor["name"], doctor["title"], doctor["languages"]) == ("温以宁", "主任医师", ["普通话", "粤语"])
    assert {one["visit_type"]: one["price_fen"] for one in doctor["prices"]}["expert"] == 8880
    assert doctor["photo"]


async def test_a_colleague_was_faster_and_nothing_is_lost(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/admin/departments")
    department_id = await a_department(desk, "并行科", f"both-{uuid4().hex[:8]}")
    page = desk.page
    await page.get_by_label("位置").fill("门诊楼8层")
    await page.get_by_label("介绍").fill("我写的介绍")
    colleague = await a_staff_client(open_hospital, "admin")
    theirs = {"location": "门诊楼2层", "aliases": ["看手"]}
    reply = await colleague.call("PATCH", f"/admin/departments/{department_id}", theirs)
    assert reply.status == 200, reply.raw
    desk.guard.allow_status(412, "*/admin/departments/*")
    await page.keyboard.press("Control+Enter")
    note = page.get_by_role("alert").filter(has_text="同事刚保存过")
    await expect(note).to_contain_text("门诊楼2层")
    await expect(page.get_by_label("患者的叫法")).to_have_value("看手")
    await expect(page.get_by_label("介绍")).to_have_value("我写的介绍")
    await desk.shoot("both")
    await axe(page)
    await note.get_by_role("button", name="用同事的").click()
    await page.keyboard.press("Control+Enter")
    await expect(detail_of(page).get_by_text("已保存")).to_be_visible()
    kept = await colleague.get(f"/admin/departments/{department_id}")
    assert (kept["location"], kept["aliases"], kept["introduction"]) == ("门诊楼2层", ["看手"], "我写的介绍")

    # what it was and what it is stands in its history; then it goes out of use, and comes back
    await page.get_by_text("修改经过").click()
    await expect(detail_of(page).get_by_text("门诊楼9层A区 → 门诊楼2层")).to_be_visible()
    await page.get_by_role("button", name="停用", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("原因（选填）").fill("合并到手外科")
    await dialog.get_by_role("button", name="停用", exact=True).click()
    await expect(detail_of(page).get_by_text("已停用", exact=True)).to_be_visible()
    await desk.shoot("out-of-use")
    await page.get_by_role("button", name="恢复使用").click()
    await dialog.get_by_role("button", name="恢复使用").click()
    await expect(page.get_by_role("button", name="停用", exact=True)).to_be_visible()


async def test_what_is_used_says_what_stands_in_the_way(desk, open_hospital):
    department = await department_named(open_hospital, "内科")
    await sign_in_staff(desk, open_hospital, "admin", f"/admin/departments/{department['id']}")
    await desk.page.get_by_role("button", name="停用", exact=True).click()
    dialog = desk.page.get_by_role("dialog")
    await expect(dialog.get_by_text("现在不能停用，还有：")).to_be_visible()
    await expect(dialog.get_by_text("个下级科室")).to_be_visible()
    await expect(dialog.get_by_role("button", name="停用", exact=True)).to_be_disabled()
    await desk.shoot("used")


async def test_the_hospital_page_takes_a_point_as_maps_copy_it(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/admin/hospital")
    page = desk.page
    latitude = page.get_by_label("纬度")
    await expect(latitude).to_have_value(re.compile(r"\d"))
    admin = await a_staff_client(open_hospital, "admin")
    before = await admin.get("/admin/hospital")
    await page.get_by_label("便民服务").fill("轮椅借用、手语翻译")
    await latitude.focus()
    await page.evaluate(
        """() => {
            const data = new DataTransfer()
            data.setData('text', '27.1234, 118.4321')
            const how = { clipboardData: data, bubbles: true, cancelable: true }
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', how))
        }"""
    )
    await expect(page.get_by_label("经度")).to_have_value("118.4321")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("已保存", exact=True)).to_be_visible()
    await desk.shoot("hospital")
    after = await Client(open_hospital).get("/hospital")
    assert after["service_list"] == ["轮椅借用", "手语翻译"]
    assert after["map_point"] == {"latitude": 27.1234, "longitude": 118.4321}
    assert after["name"] == before["name"]
    as_it_was = {name: value for name, value in before.items() if name != "version"}
    assert (await admin.call("PUT", "/admin/hospital", as_it_was)).status == 200


@pytest.mark.parametrize("door", ["hospital", "departments", "practitioners", "rooms", "prices"])
async def test_pages_use_a_wide_screen(open_context, open_hospital, door):
    wide = await open_context("desk", viewport=WIDE)
    await sign_in_staff(wide, open_hospital, "admin", f"/admin/{door}")
    first = wide.page.locator("a[data-item]").first
    if door not in ("hospital", "prices"):
        await first.click()
        await expect(wide.page.get_by_label("代码", exact=True)).to_be_disabled()
    await expect(wide.page.get_by_role("heading").first).to_be_visible()
    await wide.shoot("wide")
    assert await wide.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
