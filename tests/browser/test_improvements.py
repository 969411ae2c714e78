"""An improvement on the screen: changed while it may be, shown to be done, judged, and given to the next level."""

import asyncio
import re
from datetime import date, timedelta

from arq.connections import ArqRedis
from playwright.async_api import Page, expect

from satisfaction.scores.models import COUNT
from server import clock, db
from server.ids import new_id
from server.runtime import pack
from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named, sign_in_staff
from tests.browser.the_past import database_of
from tests.satisfaction.attachments.samples import picture

WARD, OTHER = "康复医学科", "中医科"
TITLE = "换药前先说明步骤"
MOVED = timedelta(days=95)
ANSWERS = 120  # before, and again after: enough to see five points
JUDGED_SECONDS = 20
RESPONSE = """
INSERT INTO response (id, answers, is_low, low_reasons, submitted_at, is_anonymous, department_id, kind, mode,
    answered_on)
SELECT $1, '{}', false, '[]', app_now(), true, id, 'outpatient', 'miniapp', $2 FROM department WHERE name = $3
"""
ANSWER = """
INSERT INTO answer (response_id, item, dimension, scale, value) VALUES ($1, 'nurse_attitude', 'nurse', 'L5', $2)
"""
# As if it had been begun and finished long ago; what was counted and who did what stay as they are.
LONG_AGO = """
UPDATE improvement SET starts_on = starts_on - $2::integer, done_on = done_on - $2::integer,
    check1_on = check1_on - $2::integer, check2_on = check2_on - $2::integer WHERE id = $1
"""


async def answered_alike(hospital: OpenHospital, first: date, last: date) -> None:
    """Let patients of a department be as content with its nurses on all of these days."""
    async with db.alone(database_of(hospital)) as connection, connection.transaction():
        for n in range(ANSWERS):
            response_id = new_id()
            day = first + (last - first) * n // (ANSWERS - 1)
            await connection.execute(RESPONSE, response_id, day, WARD)
            await connection.execute(ANSWER, response_id, 4 + n % 2)
            await connection.execute(COUNT, response_id)


async def is_judged(hospital: OpenHospital) -> None:
    """Wake the worker for the looks at effects."""
    socket = hospital.data_dir / "redis" / "socket" / "redis.sock"
    async with ArqRedis(unix_socket_path=str(socket), job_serializer=pack) as bell:
        await bell.enqueue_job("look", "measure_improvements")


async def press(page: Page, name: str) -> None:
    """Press a step and say yes to its question."""
    await page.get_by_role("button", name=name, exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_an_improvement_is_changed_done_judged_and_given_to_the_next_level(desk, open_hospital):
    today = clock.today()
    await answered_alike(open_hospital, today - timedelta(days=300), today - timedelta(days=100))
    await answered_alike(open_hospital, today - timedelta(days=94), today - timedelta(days=6))
    committee = await a_staff_client(open_hospital, "committee1")
    ward, other = [await department_named(open_hospital, name) for name in (WARD, OTHER)]
    body = {"title": "护士态度", "department_id": other["id"], "metric": "dimension_score", "dimension": "nurse"}
    item = await committee.post("/improvements", body)
    await sign_in_staff(desk, open_hospital, "supervisor1", f"/improvements/{item['id']}")
    page = desk.page
    desk.guard.allow_status(412, "/api/v1/improvements/*")  # the slower of two

    # changed, while a colleague changes it as well: nothing is lost, and both are told
    await page.get_by_role("button", name="修改", exact=True).click()
    await page.get_by_label("标题").fill(TITLE)
    await page.get_by_label("科室").select_option(ward["id"])
    reply = await committee.call("PATCH", f"/improvements/{item['id']}", {"title": "护士换药", "expected_change": 6})
    assert reply.status == 200
    await page.get_by_role("button", name=re.compile("^保存")).click()
    await expect(page.get_by_role("alert").get_by_text("护士换药", exact=True)).to_be_visible()
    await axe(page)
    await desk.shoot("meanwhile")
    await page.get_by_role("button", name=re.compile("^保存")).click()
    history = page.get_by_role("region", name="经过")
    await expect(history).to_contain_text(f"标题：护士换药 → {TITLE}")
    await expect(history).to_contain_text(f"科室：{OTHER} → {WARD}")
    await desk.shoot("changed", full_page=True)

    # taken up and begun: what the verdict is measured by is fixed, and the form says why
    await page.get_by_role("button", name="接受", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("措施", exact=True).fill("换药车上放步骤卡，先说后做")
    await dialog.get_by_label("措施强度").select_option("intermediate")
    await dialog.get_by_label("负责人").select_option(index=1)
    await dialog.get_by_label("期限").fill((today + timedelta(days=30)).isoformat())
    await dialog.get_by_role("button", name="接受", exact=True).click()
    await press(page, "开始落实")
    await page.get_by_role("button", name="修改", exact=True).click()
    await expect(page.get_by_label("措施", exact=True)).to_be_disabled()
    await expect(page.get_by_text("改了就无法比较效果").first).to_be_visible()
    later = (today + timedelta(days=45)).isoformat()
    await page.get_by_label("期限").fill(later)
    await axe(page)
    await desk.shoot("fixed")
    await page.get_by_role("button", name=re.compile("^保存")).click()
    await expect(history).to_contain_text(f"期限：{today + timedelta(days=30)} → {later}")

    # shown to be done: words, a picture, an address
    await page.get_by_role("button", name="已落实", exact=True).click()
    await dialog.get_by_label("依据").fill("步骤卡已放到每辆换药车")
    async with page.expect_file_chooser() as opened:
        await dialog.get_by_role("button", name="添加图片或录音").click()
    photo = {"name": "换药车.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(640, 480))}
    await (await opened.value).set_files([photo])
    await dialog.get_by_label("链接").fill("https://oa.hospital.example/doc/12")
    await axe(page)
    await desk.shoot("evidence")
    await dialog.get_by_role("button", name="已落实", exact=True).click()
    shown = page.get_by_role("region", name="落实依据")
    await expect(shown.get_by_role("link", name="https://oa.hospital.example/doc/12")).to_be_visible()
    await shown.get_by_role("button", name="图片 1").click()
    await expect(page.get_by_role("dialog").locator("img")).to_have_js_property("naturalWidth", 640)
    await page.keyboard.press("Escape")

    # ninety-five days later it is judged twice, has had no effect, and somebody else has to find another measure
    async with db.alone(database_of(open_hospital)) as connection:
        await connection.execute(LONG_AGO, item["id"], MOVED.days)
    await is_judged(open_hospital)
    async with asyncio.timeout(JUDGED_SECONDS):
        while (await committee.get(f"/improvements/{item['id']}"))["cycle"] == 1:
            await asyncio.sleep(0.2)
    await page.reload()
    effect = page.get_by_role("region", name="效果")
    await expect(effect.get_by_text("暂时看不出变化")).to_be_visible()
    await expect(effect.get_by_text("没有效果：已交给上一级，另找措施")).to_be_visible()
    await expect(page.get_by_text("上级 · 第 2 项措施")).to_be_visible()
    await expect(page.get_by_role("button", name="换一项措施", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="开始落实", exact=True)).to_have_count(0)  # not the same one again
    await axe(page)
    await desk.shoot("reopened", full_page=True)
