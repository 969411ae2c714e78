"""Scores on the screen of a leader: figures with intervals, an item with its trend, a file, weights; and signals."""

import asyncio

from playwright.async_api import expect

from satisfaction.scores.models import COUNT
from satisfaction.scores.people import half_before
from server import clock, db
from server.ids import new_id
from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, sign_in_staff
from tests.browser.the_past import database_of

ENOUGH_SECONDS = 60
BAD = 12  # answers that make a chart climb
RESPONSE = """
INSERT INTO response (id, answers, is_low, low_reasons, submitted_at, is_anonymous, department_id, kind, mode,
    answered_on)
SELECT $1, '{}', false, '[]', app_now(), true, id, 'outpatient', 'miniapp', $2 FROM department WHERE code = 'eye'
"""
ANSWER = "INSERT INTO answer (response_id, item, dimension, scale, value) VALUES ($1, 'waiting', 'process', 'L5', 1)"


async def many_bad_answers(hospital: OpenHospital) -> None:
    """Let patients of one department say that they waited badly."""
    async with db.alone(database_of(hospital)) as connection, connection.transaction():
        for _ in range(BAD):
            response_id = new_id()
            await connection.execute(RESPONSE, response_id, clock.today())
            await connection.execute(ANSWER, response_id)
            await connection.execute(COUNT, response_id)


async def a_signal_is_raised(hospital: OpenHospital) -> None:
    """Wait until the worker has looked at the answers."""
    supervisor = await a_staff_client(hospital, "supervisor1")
    async with asyncio.timeout(ENOUGH_SECONDS):
        while not (await supervisor.get("/signals?state=open"))["items"]:
            await asyncio.sleep(0.5)


async def test_a_leader_reads_scores_and_takes_them(desk, open_hospital: OpenHospital):
    await sign_in_staff(desk, open_hospital, "supervisor1", "/scores")
    page = desk.page
    total = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="综合得分"))
    await expect(total).to_contain_text("95% 区间")
    await expect(page.get_by_text("已公布至")).to_be_visible()
    table = page.get_by_role("region", name="各维度与题目")
    item = (
        table.get_by_role("button", name="从报到到就诊的等候时间").or_(table.get_by_role("button", name="等候")).first
    )
    await item.click()
    await expect(item).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_role("heading", name="科室分布：")).to_contain_text("等候")
    await axe(page)
    await desk.shoot("scores")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="导出 CSV").click()
    assert (await waiting.value).suggested_filename.startswith("satisfaction-20")
    await page.get_by_label("问卷").select_option(label="出院")  # nobody was asked that
    await expect(total).to_contain_text("答卷太少，暂不显示")
    await page.get_by_role("button", name="综合得分权重").click()
    dialog = page.get_by_role("dialog", name="综合得分权重")
    await expect(dialog.get_by_label("流程与等候")).to_have_value("1")
    await expect(dialog.get_by_role("button", name="保存")).to_be_disabled()
    await axe(page)
    await desk.shoot("weights")


PERSON = """
INSERT INTO response (id, answers, is_low, low_reasons, submitted_at, is_anonymous, department_id, practitioner_id,
    kind, mode, answered_on)
SELECT $1, '{}', false, '[]', app_now(), true, p.department_id, p.id, 'outpatient', 'miniapp', $2
FROM staff s JOIN practitioner p ON p.id = s.practitioner_id WHERE s.username = $3
"""
SAID = "INSERT INTO answer (response_id, item, dimension, scale, value) VALUES ($1, $2, 'doctor', 'F4', $3)"


async def said_of(hospital: OpenHospital, username: str) -> str:
    """Let 31 patients of the last half-year say something of somebody, and one of them something else; their name."""
    day = half_before(clock.today()).first
    async with db.alone(database_of(hospital)) as connection, connection.transaction():
        for place in range(31):
            response_id = new_id()
            await connection.execute(PERSON, response_id, day, username)
            await connection.execute(SAID, response_id, "doctor_attitude", 4 if place % 8 else 2)
            if place == 0:
                await connection.execute(SAID, response_id, "doctor_involvement", 4)
            await connection.execute(COUNT, response_id)
        return await connection.fetchval("SELECT name FROM staff WHERE username = $1", username)


async def test_somebody_reads_what_was_said_of_them_and_so_does_who_leads_them(open_context, open_hospital):
    name = await said_of(open_hospital, "room1")
    own = await open_context("desk")
    await sign_in_staff(own, open_hospital, "room1", "/scores/people")
    page = own.page
    await expect(page.get_by_role("heading", name=name)).to_be_visible()  # alone in the list: it is open
    row = page.get_by_role("row").filter(has_text="医生认真听您说话")
    await expect(row).to_contain_text("31")
    await expect(page.get_by_role("region", name="不足 30 份，暂不显示")).to_be_visible()
    await axe(page)
    await own.shoot("person-own")
    lead = await open_context("desk")
    await sign_in_staff(lead, open_hospital, "head1", "/scores")
    people = lead.page.get_by_role("region", name="人员评价")
    await people.scroll_into_view_if_needed()
    await lead.shoot("people-list")
    await people.get_by_role("link", name=name).click()
    await expect(lead.page.get_by_role("heading", name=name)).to_be_visible()
    await expect(lead.page.get_by_role("row").filter(has_text="医生认真听您说话")).to_contain_text("31")
    await axe(lead.page)
    await lead.shoot("person-led")


async def test_a_signal_is_taken_and_closed(desk, open_hospital: OpenHospital):
    await many_bad_answers(open_hospital)
    await a_signal_is_raised(open_hospital)
    await sign_in_staff(desk, open_hospital, "supervisor1", "/signals")
    page = desk.page
    signal = page.get_by_role("article").filter(has_text="眼科 · 流程与等候")
    await expect(signal).to_contain_text("份差评，平时约")
    await axe(page)
    await desk.shoot("signal")
    await signal.get_by_role("button", name="我来跟进").click()
    await expect(signal).to_contain_text("跟进中")
    await signal.get_by_role("button", name="结束预警").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("原因与处理").fill("叫号屏故障两天，已修复。")
    await axe(page)
    await dialog.get_by_role("button", name="结束预警").click()
    await expect(page.get_by_text("目前没有预警")).to_be_visible()
    await page.get_by_role("tab", name="已结束").click()
    await expect(signal).to_contain_text("叫号屏故障两天，已修复。")
    budget = page.get_by_role("region", name="误报预算")
    await budget.get_by_label("每周最多误报").fill("0.5")
    await budget.get_by_label("原因").fill("先少一些")
    await budget.get_by_role("button", name="保存").click()
    await expect(budget.get_by_text("先少一些")).to_be_attached()
    await desk.shoot("signals-closed")
