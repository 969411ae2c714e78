"""Rules of low ratings, comments that a person releases, and a sealed identity that two people open."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_number, a_staff_client, sign_in_phone, sign_in_staff
from tests.browser.test_complaints import detail_of
from tests.browser.visits import a_survey_after_a_visit
from tests.cast import a_patient_with_a_phone

NAME = "欧阳静秋"


async def test_the_rules_of_low_ratings_are_tried_out_and_saved(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "supervisor1", "/admin/low-rules")
    page = desk.page
    rules = page.get_by_role("region", name="低分规则")
    await expect(rules.get_by_role("listitem").first).to_be_visible()
    before = await rules.locator("ul").first.get_by_role("listitem").count()
    await desk.shoot("rules")
    await axe(page)
    await rules.get_by_role("button", name="增加规则").click()
    await expect(rules.get_by_label("哪一题").first).to_have_value("F2")  # by its words, not by its code alone
    await rules.get_by_label("哪一题").last.select_option(index=1)
    await rules.get_by_role("button", name=re.compile("试算")).click()
    await expect(rules.get_by_role("status")).to_contain_text("最近 90 天看了")
    await rules.get_by_label("为什么修改").fill("试行一周")
    await desk.shoot("tried")
    await rules.get_by_role("button", name=re.compile("^保存")).click()
    await expect(rules.get_by_role("status")).to_contain_text("已保存")
    await expect(rules.locator("ul").first.get_by_role("listitem")).to_have_count(before + 1)
    await rules.get_by_text("修改记录").click()
    await expect(rules).to_contain_text("试行一周")
    await page.get_by_role("region", name="词表").scroll_into_view_if_needed()
    await desk.shoot("words")


async def test_a_comment_that_the_platform_doubts_is_released_by_a_person(desk, open_hospital):
    who = "司徒安然"
    patient = await a_patient_with_a_phone(open_hospital, name=who)
    survey = await a_survey_after_a_visit(patient)
    answers = {"overall": 4, "improve": f"疑似违规：候诊区太吵，{who}听不清叫号"}
    await patient.post(f"/surveys/{survey['id']}/response", {"answers": answers})
    await sign_in_staff(desk, open_hospital, "supervisor1", "/comments?state=to_be_read")
    row = desk.page.get_by_role("listitem").filter(has_text="听不清叫号")
    await expect(row).to_contain_text("平台拿不准", timeout=30_000)
    await desk.shoot("to-be-read")
    await axe(desk.page)
    await row.get_by_role("button", name="公开给科室").click()
    await expect(row).to_have_count(0)
    await desk.page.get_by_label("内容检查").select_option("passed")
    await expect(row).to_be_visible()
    await expect(row).not_to_contain_text(who)  # masked
    await expect(row).to_contain_text("公开")
    await desk.shoot("released")
    await row.get_by_role("button", name="不公开").click()
    dialog = desk.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="不公开")).to_be_disabled()
    await dialog.get_by_label("原因").fill("提到了别人")
    await axe(desk.page)
    await desk.shoot("why-hidden")
    await dialog.get_by_role("button", name="不公开").click()
    await expect(row).to_have_count(0)
    await desk.page.get_by_label("内容检查").select_option("hidden")
    await expect(row).to_contain_text("提到了别人")
    await desk.shoot("decisions")


async def a_sealed_case(hospital: OpenHospital, phone: str) -> str:
    """Let a patient complain who wants to stay unknown; handler1 has it."""
    patient = await a_patient_with_a_phone(hospital, name=NAME, phone=phone)
    form = {"text": "有医生暗示要红包。", "topic": "其他", "patient_id": patient.patient_id, "is_sealed": True}
    complaint_id = (await patient.post("/complaints", form))["id"]
    supervisor, handler = [await a_staff_client(hospital, who) for who in ("supervisor1", "handler1")]
    if (await supervisor.get(f"/complaints/{complaint_id}"))["handler_id"] != handler.staff_id:
        form = {"handler_id": handler.staff_id, "reason": "测试"}
        await supervisor.post(f"/complaints/{complaint_id}/assignment", form)
    return complaint_id


async def test_a_sealed_identity_is_opened_by_two_people(handler, open_context, open_hospital):
    number = a_number()
    complaint_id = await a_sealed_case(open_hospital, number)
    await sign_in_staff(handler, open_hospital, "handler1", f"/complaints/{complaint_id}")
    note = handler.page.get_by_role("region", name="患者身份已密封")
    await expect(note).to_be_visible()
    await expect(detail_of(handler.page)).not_to_contain_text(NAME)
    await note.get_by_role("button", name="申请查看身份").click()
    await note.get_by_label("为什么需要知道身份？").fill("需要回电核实时间")
    await handler.shoot("ask")
    await note.get_by_role("button", name="提交申请").click()
    await expect(note).to_contain_text("等待决定")
    await axe(handler.page)

    other = await open_context("handler", name="supervisor")
    await sign_in_staff(other, open_hospital, "supervisor1", f"/complaints/{complaint_id}")
    theirs = other.page.get_by_role("region", name="患者身份已密封")
    await other.shoot("decide")
    await theirs.get_by_role("button", name=re.compile("^同意")).click()
    await expect(theirs).to_contain_text("已同意")
    await expect(theirs).not_to_contain_text(NAME)

    await note.get_by_role("button", name=re.compile("^查看身份")).click()
    await expect(note.get_by_role("status")).to_contain_text(NAME)
    await expect(note.get_by_role("status")).to_contain_text(number)
    await handler.shoot("open")


async def test_the_patient_keeps_their_identity_from_the_department(phone, open_hospital):
    patient = await sign_in_phone(phone, open_hospital, name=NAME, phone=a_number())
    await phone.goto("/m/#/pages/complain/complain")
    page = phone.page
    await page.locator("textarea").fill("有人暗示要红包。")
    await page.get_by_role("switch", name="请对科室保密我的身份").tap()
    await expect(page.get_by_role("switch", name="请对科室保密我的身份")).to_be_checked()
    await phone.shoot("complain", full_page=True)
    await axe(page)
    await page.get_by_role("button", name="提交", exact=True).tap()
    await expect(page.get_by_text("您的身份已保密")).to_be_visible()
    await expect(page.get_by_text("目前没有人查看过。")).to_be_visible()
    await phone.shoot("sealed", full_page=True)
    complaint_id = (await patient.get("/complaints"))["items"][0]["id"]
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    assert (await supervisor.get(f"/complaints/{complaint_id}"))["patient_name"] == "已密封"
