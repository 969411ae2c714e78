"""Questionnaires by their screens: drafted and asked, a poster printed and answered, a patient asked by phone."""

import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import NEVER_CLOSED, a_staff_client, department_named, sign_in_phone, sign_in_staff
from tests.browser.visits import a_survey_after_a_visit
from tests.cast import PatientClient, a_patient_with_a_phone

NARROW = {"viewport": {"width": 360, "height": 740}}
TITLE = "诊室小评价"


async def answers(page: Page, words: str) -> None:
    """Tap through the questions of a phone: the third star where there are stars, nothing elsewhere, then a word."""
    last = page.get_by_text("最后一步")
    while not await last.is_visible():
        progress = await page.get_by_text(re.compile(r"^第 \d+ 题")).inner_text()
        stars = page.get_by_role("radio", name="5 星")
        await (stars if await stars.is_visible() else page.get_by_role("button", name="跳过")).tap()
        await expect(page.get_by_text(progress, exact=True)).to_have_count(0)
    await page.get_by_label("您最想让我们改进的一件事是什么").fill(words)


async def test_a_poster_is_made_printed_and_answered_without_signing_in(
    desk, open_context, open_hospital: OpenHospital
):
    await sign_in_staff(desk, open_hospital, "supervisor1", "/survey-links")
    page = desk.page
    note = f"二楼 {uuid4().hex[:6]}"
    await page.get_by_role("button", name="新建入口").click()
    box = page.get_by_role("dialog")
    await box.get_by_label("科室").select_option(label=NEVER_CLOSED)
    await expect(box.get_by_label("诊室").locator("option")).not_to_have_count(1)  # the rooms of the department came
    room = await box.get_by_label("诊室").locator("option").nth(1).inner_text()
    await box.get_by_label("诊室").select_option(label=room)
    await box.get_by_label("备注").fill(note)
    await desk.shoot("new-link")
    await box.get_by_role("button", name="新建入口").click()
    line = page.get_by_role("listitem").filter(has_text=note)
    await expect(line.get_by_text("使用中")).to_be_visible()
    await expect(line).to_contain_text(room)
    await axe(page)
    await desk.shoot("links")
    link = await line.get_by_role("link", name="打开").get_attribute("href")
    await line.get_by_role("button", name="打印海报").click()
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("heading", name="请您评价")).to_be_visible()
    await expect(frame.get_by_text(room)).to_be_visible()
    await desk.shoot("poster")

    phone = await open_context("phone", **NARROW)
    await phone.goto(f"/m/{link.partition('/m/')[2]}")
    await expect(phone.page.get_by_text(re.compile("匿名评价：提交后谁也查不到"))).to_be_visible()
    await axe(phone.page)
    await phone.shoot("poster-first")
    await answers(phone.page, "候诊区再多几把椅子")
    await expect(phone.page.get_by_role("switch", name="请联系我")).to_have_count(0)
    await phone.shoot("poster-last")
    await phone.page.get_by_role("button", name="提交评价").tap()
    await expect(phone.page.get_by_role("heading", name="谢谢您")).to_be_visible()
    await phone.shoot("poster-thanks")


async def test_an_answer_is_changed_on_the_phone(open_context, open_hospital: OpenHospital):
    phone = await open_context("phone", **NARROW)
    patient = await sign_in_phone(phone, open_hospital, name="改小评")
    survey = await a_survey_after_a_visit(patient)
    page = phone.page
    await phone.goto(f"/m/?one#/pages/survey/survey?id={survey['id']}")
    await expect(page.get_by_text("只有质量管理人员能对应到这次就诊", exact=False)).to_be_visible()
    await phone.shoot("confidential")
    await page.get_by_role("button", name="跳过").tap()
    await expect(page.get_by_text("第 2 题")).to_be_visible()
    await page.get_by_role("radio", name="不适用").tap()
    await expect(page.get_by_text("第 3 题")).to_be_visible()
    await phone.shoot("frequency")
    await answers(page, "挂号快一点")
    await page.get_by_role("button", name="提交评价").tap()
    await expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    await phone.shoot("thanks")
    await page.get_by_role("button", name="修改我的评价").tap()
    await page.get_by_role("radio", name="4 星").tap()
    await answers(page, "挂号再快一点")
    await phone.shoot("change-last")
    await page.get_by_role("button", name="保存修改").tap()
    await expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    seen = await patient.get(f"/surveys/{survey['id']}")
    assert (seen["filled"]["answers"]["improve"], seen["response_version"]) == ("挂号再快一点", 2)


async def test_a_questionnaire_is_drafted_and_taken_into_use(desk, open_hospital: OpenHospital):
    await sign_in_staff(desk, open_hospital, "supervisor1", "/questionnaires")
    page = desk.page
    await page.get_by_role("link").filter(has_text="每月抽样").first.click()
    await expect(page.get_by_role("button", name="复制为草稿")).to_be_visible()
    await axe(page)
    await desk.shoot("shipped")
    await page.get_by_role("button", name="复制为草稿").click()
    await page.get_by_label("问卷名称 · 简体中文").fill(TITLE)
    await page.get_by_role("button", name="移除 F2").click()
    await page.get_by_label("从题库添加").select_option("waiting_minutes")
    await page.get_by_label("只在这种情况下问 P2M", exact=True).select_option("waiting")
    await desk.shoot("draft")
    await page.get_by_role("button", name="保存草稿").click()
    await expect(page.get_by_text("已保存", exact=True)).to_be_visible()
    await axe(page)
    await page.get_by_role("button", name="启用", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="启用", exact=True).click()
    await expect(page.get_by_text("只在「从报到到就诊的等候时间」不高于“3”时问")).to_be_visible()
    await desk.shoot("in-use")
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    listed = (await supervisor.get("/admin/questionnaires"))["items"]
    active = [one for one in listed if one["kind"] == "monthly" and one["state"] == "active"]
    assert [one["title"]["zh-CN"] for one in active] == [TITLE]


async def asked_by_phone(hospital: OpenHospital, patient: PatientClient) -> str:
    """Let service1 begin a questionnaire by phone; its id."""
    caller = await a_staff_client(hospital, "service1")
    department = (await department_named(hospital))["id"]
    form = {"kind": "phone", "patient_id": patient.patient_id, "department_id": department}
    made = await caller.post("/survey-invitations", {**form, "happened_at": "2026-11-20T10:00:00+08:00"})
    return made["id"]


async def test_a_patient_is_asked_by_phone(desk, open_hospital: OpenHospital):
    patient = await a_patient_with_a_phone(open_hospital, name="电小话")
    invitation_id = await asked_by_phone(open_hospital, patient)
    await sign_in_staff(desk, open_hospital, "service1", f"/survey-calls/{invitation_id}")
    page = desk.page
    await expect(page.get_by_role("heading", name="电小话", exact=False)).to_be_visible()
    await page.get_by_role("button", name="显示电话").click()
    await expect(page.get_by_text(re.compile(r"^1\d{10}$"))).to_be_visible()
    await (
        page.get_by_role("group", name="您对本次就医的总体体验如何？")
        .get_by_role("button", name="5", exact=True)
        .click()
    )
    await page.get_by_role("group", name="知道什么时候来复诊吗？").get_by_role("button", name="是").click()
    await axe(page)
    await desk.shoot("call")
    await page.get_by_role("button", name="记录回答").click()
    await expect(page.get_by_text("已记录", exact=False)).to_be_visible()
    await desk.shoot("call-done")


async def test_the_rules_of_asking_are_saved_with_their_reason(desk, open_hospital: OpenHospital):
    await sign_in_staff(desk, open_hospital, "admin", "/survey-settings")
    page = desk.page
    await expect(page.get_by_label("最小年龄（岁）")).to_have_value("14")
    await page.get_by_label("最小年龄（岁）").fill("13")
    await page.get_by_label("修改原因").fill("院周会决定")
    await axe(page)
    await page.get_by_role("button", name="保存新版本").click()
    await expect(page.get_by_text("院周会决定")).to_be_visible()
    await desk.shoot("settings", full_page=True)
