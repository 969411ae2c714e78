"""Files in and out in the console: a bad line is told in its place, a mended file is imported as it was seen."""

import re
from uuid import uuid4

from playwright.async_api import FilePayload, Page, expect

from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, sign_in_staff
from tests.cast import Client


async def choose(page: Page, content: bytes, name: str = "rooms.csv") -> None:
    """Choose a CSV file on the page."""
    picker = page.get_by_role("region", name="导入", exact=True).locator("input[type=file]")
    await picker.set_input_files(files=[FilePayload(name=name, mimeType="text/csv", buffer=content)])


async def rooms_of(hospital: OpenHospital, code: str) -> list[str]:
    """Give the names of the rooms whose code begins so, as everybody gets them."""
    found, cursor = [], ""
    while True:
        page = await Client(hospital).get(f"/consulting-rooms?limit=100{cursor}")
        found += [room["name"] for room in page["items"] if room["code"].startswith(code)]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def test_a_bad_line_is_told_and_the_mended_file_is_imported(desk, open_hospital):
    code = f"imp-{uuid4().hex[:6]}"
    await sign_in_staff(desk, open_hospital, "admin", "/admin/imports")
    page = desk.page
    import_ = page.get_by_role("region", name="导入", exact=True)
    await import_.get_by_label("内容").select_option(label="诊室")
    lines = ["代码,名称,科室代码,位置", f"{code}-1,试用一诊室,emergency,急诊楼", f"{code}-2,试用二诊室,no-such,急诊楼"]
    await choose(page, "\n".join(lines).encode())
    report = import_.get_by_role("region", name="有 1 处不对，没有导入任何内容")
    await expect(report).to_be_visible()
    bad = report.get_by_role("row").filter(has_text="科室代码")
    await expect(bad.get_by_role("cell").nth(0)).to_have_text("3")
    await expect(bad).to_contain_text("没有代码为“no-such”的科室")
    await desk.shoot("bad")
    await axe(page)
    assert await rooms_of(open_hospital, code) == []

    # mended: what would be made is shown, and only then made
    lines[2] = f"{code}-2,试用二诊室,emergency,急诊楼"
    await choose(page, "\n".join(lines).encode())
    report = import_.get_by_role("region", name="检查通过，还没有导入")
    await expect(report.get_by_role("row").filter(has_text="试用二诊室")).to_contain_text("新增")
    await desk.shoot("good")
    await axe(page)
    assert await rooms_of(open_hospital, code) == []
    await report.get_by_role("button", name="导入").click()
    await expect(import_.get_by_role("region", name="已经导入")).to_be_visible()
    await desk.shoot("done")
    assert sorted(await rooms_of(open_hospital, code)) == ["试用一诊室", "试用二诊室"]

    # once more the same changes nothing
    await choose(page, "\n".join(lines).encode())
    await expect(import_.get_by_text("文件和现在的内容完全一样")).to_be_visible()
    await expect(import_.get_by_role("button", name="导入", exact=True)).to_have_count(0)


async def test_a_plan_that_moved_on_is_checked_again_before_anything_is_done(desk, open_hospital):
    code = f"mov-{uuid4().hex[:6]}"
    await sign_in_staff(desk, open_hospital, "admin", "/admin/imports")
    page = desk.page
    import_ = page.get_by_role("region", name="导入", exact=True)
    await import_.get_by_label("内容").select_option(label="诊室")
    await choose(page, f"代码,名称,科室代码\n{code},流动诊室,emergency".encode())
    await expect(import_.get_by_role("region", name="检查通过，还没有导入")).to_be_visible()
    colleague = await a_staff_client(open_hospital, "admin")
    department_id = await emergency(colleague)
    await colleague.post("/admin/rooms", {"code": code, "name": "同事先建的诊室", "department_id": department_id})
    desk.guard.allow_status(409, "/api/v1/admin/imports/*")
    await import_.get_by_role("button", name="导入", exact=True).click()
    await expect(import_.get_by_role("alert").filter(has_text="已经重新检查")).to_be_visible()
    await expect(import_.get_by_text("同事先建的诊室 → 流动诊室")).to_be_visible()
    await desk.shoot("moved-on")
    assert await rooms_of(open_hospital, code) == ["同事先建的诊室"]


async def emergency(staff: Client) -> str:
    """Give the id of the department whose code the files of these tests name."""
    found = await staff.get("/admin/departments?limit=100")
    return next(one["id"] for one in found["items"] if one["code"] == "emergency")


async def test_what_is_given_out_can_be_let_in_again(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "admin", "/admin/imports")
    page = desk.page
    export = page.get_by_role("region", name="导出", exact=True)
    await export.get_by_label("内容").select_option(label="价格")
    async with page.expect_download() as waiting:
        await export.get_by_role("button", name="导出 CSV").click()
    given = await waiting.value
    assert re.fullmatch(r"price-[\d-]+\.csv", given.suggested_filename)
    import_ = page.get_by_role("region", name="导入", exact=True)
    await import_.get_by_label("内容").select_option(label="价格")
    await choose(page, (await given.path()).read_bytes(), "price.csv")
    await expect(import_.get_by_text("文件和现在的内容完全一样")).to_be_visible()
    await desk.shoot("same")
