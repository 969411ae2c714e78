"""A clinic is stopped on the supervisor's screen; patients answer on their phones, who was not reached is called."""

import json
import re
from datetime import date

import pytest
from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.people import sign_in_phone, sign_in_staff
from tests.browser.stops import SKIN, a_far_slot, a_stopped_visit
from tests.cast import a_patient_with_a_phone

NO_CARRIER = "17000000006"  # the simulated providers refuse it: nothing but a call reaches who has it


async def test_a_clinic_is_stopped_one_accepts_on_the_phone_the_other_is_called(
    phone, desk, open_context, open_hospital
):
    slot = await a_far_slot(open_hospital)
    patient = await sign_in_phone(phone, open_hospital, name="郑小鸥")
    booked = await patient.books(slot["id"])
    other = await a_patient_with_a_phone(open_hospital, name="周一鸣", phone=NO_CARRIER)
    await other.books(slot["id"])

    # the supervisor looks first, then stops
    await sign_in_staff(desk, open_hospital, "supervisor1", "/stops")
    page = desk.page
    await page.get_by_role("button", name="停诊 / 调诊").click()
    dialog = page.get_by_role("dialog")
    await choose_department(dialog, SKIN)
    day = date.fromisoformat(slot["starts_at"][:10]).isoformat()
    await dialog.get_by_label("从", exact=True).fill(day)
    await dialog.get_by_label("到", exact=True).fill(day)
    row = dialog.locator("label").filter(has_text=slot["practitioner_name"]).filter(has_text="2 人已约")
    await row.get_by_role("checkbox").check()
    await dialog.get_by_label("原因（患者会看到）").fill("医生外出会诊")
    await desk.shoot("choose")
    await axe(page)
    await dialog.get_by_role("button", name="预览").click()
    await expect(dialog.get_by_text("郑*鸥")).to_be_visible()
    await expect(dialog.get_by_text("将改约", exact=False).first).to_be_visible()
    await desk.shoot("preview")
    await dialog.get_by_role("button", name="确认，马上通知 2 人").click()
    await expect(page.get_by_role("heading", name=re.compile("医生外出会诊"))).to_be_visible()
    await expect(page.get_by_text("已安排完").first).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="周*鸣").get_by_text("已改约")).to_be_visible()
    await desk.shoot("stopped")
    await axe(page)

    # one answers with a tap
    await phone.goto(f"/m/#/pages/appointment/appointment?id={booked['id']}")
    await phone.page.get_by_text("这次就诊因停诊有变动，请答复").tap()
    await expect(phone.page.get_by_role("heading", name="很抱歉，您的就诊有变动")).to_be_visible()
    await expect(phone.page.get_by_text("医生外出会诊")).to_be_visible()
    await phone.shoot("moved", full_page=True)
    await axe(phone.page)
    await phone.page.get_by_role("button", name="好的，我会来").tap()
    await expect(phone.page.get_by_text("您已确认新的安排。")).to_be_visible()
    await phone.shoot("kept", full_page=True)
    await expect(page.get_by_role("row").filter(has_text="郑*鸥").get_by_text("同意")).to_be_visible()

    # the other was not reached and is called
    service = await open_context("desk", name="service")
    await sign_in_staff(service, open_hospital, "service1", "/stop-calls")
    calls = service.page
    await calls.get_by_role("button", name=re.compile("周\\*鸣")).first.click()
    await expect(calls.get_by_text("可以这样说")).to_be_visible()
    await calls.get_by_role("button", name=re.compile("显示电话号码")).click()
    await expect(calls.get_by_role("link", name=NO_CARRIER)).to_be_visible()
    await service.shoot("call")
    await axe(calls)
    await calls.get_by_role("button", name="已联系，同意").click()
    await expect(calls.get_by_text("已记录")).to_be_visible()
    await service.shoot("called")
    (visit,) = (await other.get("/stopped-visits"))["items"]
    assert (visit["answer"], visit["place"]["status"]) == ("kept", "booked")


async def choose_department(dialog, name: str) -> None:
    """Choose a department of the tree, whose names are indented."""
    select = dialog.get_by_label("科室")
    value = await select.locator("option").filter(has_text=name).first.get_attribute("value")
    await select.select_option(value=value)


async def test_a_patient_chooses_one_of_the_places_that_are_held(phone, open_hospital):
    patient = await sign_in_phone(phone, open_hospital, name="何小满")
    visit = await a_stopped_visit(patient, policy="offer")
    assert visit["outcome"] == "offered"
    page = phone.page
    await phone.goto(f"/m/#/pages/stopped/stopped?id={visit['id']}")
    await expect(page.get_by_role("button", name="选这个号").first).to_be_visible()
    await phone.shoot("offered", full_page=True)
    await axe(page)
    await page.get_by_role("button", name="选这个号").first.tap()
    await expect(page.get_by_text("您已选好新的号。")).to_be_visible()
    held = (await patient.get("/appointments?status=held"))["items"]
    assert held == []
    await page.get_by_role("button", name="查看预约").tap()
    await expect(page.get_by_role("button", name="取消预约")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_refund_is_seen_by_the_patient_and_done_at_the_desk(phone, desk, open_hospital, language):
    name = {"zh-CN": "孔小鱼", "en": "孔大海"}[language]
    patient = await sign_in_phone(phone, open_hospital, name=name)
    visit = await a_stopped_visit(patient)
    page = phone.page
    await page.evaluate(
        "(value) => localStorage.setItem('language', value)", json.dumps({"type": "string", "data": language})
    )
    await phone.goto(f"/m/?{language}#/pages/stopped/stopped?id={visit['id']}")
    said = {"zh-CN": "这次就诊已取消，费用会退还给您。", "en": "This visit is cancelled. The fee will be refunded."}
    await expect(page.get_by_text(said[language])).to_be_visible()
    await phone.shoot("released", full_page=True)
    await axe(page)

    await sign_in_staff(desk, open_hospital, "service1", "/stop-calls")
    await desk.page.get_by_role("tab", name="待退费").click()
    row = desk.page.get_by_role("row").filter(has_text=f"孔*{name[-1]}")
    await row.get_by_role("button", name="已退费").click()
    await desk.page.get_by_label("退费单号或说明").fill("T20261122-01")
    await desk.shoot("refund")
    await desk.page.get_by_role("dialog").get_by_role("button", name="已退费").click()
    await expect(row).to_have_count(0)
    await page.reload()
    done = {"zh-CN": "已退还", "en": "Refunded"}
    await expect(page.get_by_text(done[language], exact=True)).to_be_visible()
