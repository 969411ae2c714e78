"""The complaint desk at its screen: what rings, who takes it, what is written, and what nobody may lose or see."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from server import db
from tests.browser.accessibility import axe
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, sign_in_staff
from tests.browser.the_past import database_of
from tests.cast import PatientClient, StaffClient, a_patient_with_a_phone

WIDE = {"width": 1920, "height": 1080}
REPLY = "您好，我是患者服务中心，正在核实，下班前给您答复。"
NOTE = "已问过当班护士，等排班表。"


@dataclass
class Case:
    """A complaint of this test, in the hands of handler1."""

    patient: PatientClient
    supervisor: StaffClient
    id: str
    number: str

    async def shown(self) -> dict[str, Any]:
        """Give it as the supervisor sees it now."""
        return await self.supervisor.get(f"/complaints/{self.id}")

    async def act(self, step: str, form: dict[str, Any] | None = None) -> None:
        """Let the supervisor do something behind the scenes."""
        await self.supervisor.post(f"/complaints/{self.id}/{step}", form)


async def a_case(hospital: OpenHospital, *, text: str = "等了两个小时，没有人解释。", name: str = "陈小雨") -> Case:
    """Let a patient complain; whoever is on duty may have got it, so it is handed to handler1.

    What other tests have used up of this hour's calls is given back, or its alert would be told together with others.
    """
    async with db.alone(database_of(hospital)) as connection:
        await connection.execute("DELETE FROM page")
    patient = await a_patient_with_a_phone(hospital, name=name)
    form = {"text": text, "topic": "等候时间", "patient_id": patient.patient_id}
    filed = await patient.post("/complaints", form)
    case = Case(patient, await a_staff_client(hospital, "supervisor1"), filed["id"], filed["number"])
    handler = await a_staff_client(hospital, "handler1")
    if (await case.shown())["handler_id"] != handler.staff_id:
        await case.act("assignment", {"handler_id": handler.staff_id, "reason": "测试"})
    return case


def alert_of(page: Page, case: Case) -> Locator:
    """Find the alert of a complaint."""
    return page.get_by_role("region", name="提醒", exact=True).get_by_role("article").filter(has_text=case.number)


def line_of(page: Page, case: Case) -> Locator:
    """Find the line of a complaint in the list."""
    return page.get_by_role("region", name="投诉列表").get_by_role("link").filter(has_text=case.number)


async def look_for(page: Page, words: str) -> None:
    """Narrow the list: by then other tests may have left more complaints than its first page shows."""
    await page.get_by_role("searchbox").fill(words)
    await page.keyboard.press("Enter")


def detail_of(page: Page) -> Locator:
    """Find the right half of the page."""
    return page.get_by_role("region", name="投诉详情")


async def open_case(device: Device, hospital: OpenHospital, case: Case, who: str = "handler1") -> Page:
    """Sign in and have a complaint open."""
    await sign_in_staff(device, hospital, who, f"/complaints/{case.id}")
    await expect(detail_of(device.page).get_by_text(case.number)).to_be_visible()
    return device.page


async def test_a_complaint_rings_until_it_is_taken_and_is_answered_until_the_patient_agrees(
    handler, open_context, open_hospital
):
    await sign_in_staff(handler, open_hospital, "handler1", "/complaints")
    other = await open_context("handler", name="other-window")
    await sign_in_staff(other, open_hospital, "handler1", "/complaints")
    case = await a_case(open_hospital)
    page = handler.page

    # it rings on both screens of the same person, and the title says so
    await expect(alert_of(page, case)).to_be_visible()
    await expect(alert_of(other.page, case)).to_be_visible()
    await expect(page).to_have_title(re.compile("^【"))
    await look_for(page, case.number)
    await expect(line_of(page, case)).to_contain_text("待受理")
    await expect(line_of(page, case)).to_contain_text("受理还剩")
    await expect(line_of(page, case)).to_contain_text("陈*雨")
    await handler.shoot("rings")
    await axe(page)

    # whoever takes it is led to it, and both screens fall silent because the server says so
    await alert_of(page, case).get_by_role("button", name="我来处理").click()
    await expect(page).to_have_url(re.compile(case.id))
    await expect(alert_of(page, case)).to_have_count(0)
    await expect(alert_of(other.page, case)).to_have_count(0)
    detail = detail_of(page)
    await expect(detail.get_by_role("button", name="我来处理")).to_have_count(0)
    await expect(detail.get_by_text("等了两个小时，没有人解释。")).to_be_visible()

    # the first response, a note that stays inside, the answer
    await detail.get_by_label("写给患者的话").fill(REPLY)
    await detail.get_by_role("button", name="发送首次响应").click()
    await expect(detail.get_by_text(REPLY)).to_be_visible()
    await expect(detail.get_by_label("写给患者的话")).to_have_value("")
    await detail.get_by_role("button", name="内部记录", exact=True).click()
    await detail.get_by_label("内部记录", exact=True).last.fill(NOTE)
    await detail.get_by_role("button", name="保存内部记录").click()
    await expect(detail.get_by_role("listitem").filter(has_text=NOTE)).to_contain_text("仅内部可见")
    await detail.get_by_role("button", name="正式答复").click()
    await detail.get_by_label("调查结果").fill("当天有急救病人，没有及时说明。")
    await detail.get_by_label("处理措施").fill("已改进叫号说明。")
    await handler.shoot("answer")
    await axe(page)
    await detail.get_by_role("button", name="发出答复").click()
    await expect(detail.get_by_text("已答复，等患者确认").first).to_be_visible()
    await expect(detail.get_by_role("button", name="正式答复")).to_have_count(0)

    # the patient reads what is meant for them, and their word arrives without a reload
    seen = str(await case.patient.get(f"/complaints/{case.id}"))
    assert REPLY in seen
    assert "已改进叫号说明" in seen
    assert NOTE not in seen
    await case.patient.post(f"/complaints/{case.id}/confirmation", {"satisfied": True, "text": "谢谢"})
    await expect(detail.get_by_text("患者满意，已办结", exact=True)).to_be_visible()
    await expect(detail.get_by_text("满意：谢谢")).to_be_visible()
    await expect(detail.get_by_role("button", name="回复患者")).to_have_count(0)
    await expect(line_of(page, case)).to_have_count(0)
    await handler.shoot("agreed")


async def test_taking_the_complaint_itself_silences_its_alert_too(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    await expect(alert_of(page, case)).to_be_visible()
    await detail_of(page).get_by_role("button", name="我来处理").click()
    await expect(alert_of(page, case)).to_have_count(0)
    await look_for(page, case.number)
    await expect(line_of(page, case)).not_to_contain_text("待受理")


async def test_nothing_typed_is_lost_and_whoever_was_faster_is_told(handler, open_hospital):
    case, other = await a_case(open_hospital, name="王一珏"), await a_case(open_hospital, name="王二珏")
    page = await open_case(handler, open_hospital, case)
    field = detail_of(page).get_by_label("写给患者的话")
    await field.fill(REPLY)
    await page.reload()
    await expect(field).to_have_value(REPLY)
    await look_for(page, "珏")
    await line_of(page, other).click()
    await expect(detail_of(page).get_by_text(other.number)).to_be_visible()
    await expect(field).to_have_value("")
    await line_of(page, case).click()
    await expect(field).to_have_value(REPLY)

    async def somebody_was_faster(route: Route) -> None:
        await case.act("note", {"text": "主管先写了一句。"})
        await route.continue_()

    handler.guard.allow_status(412, f"/api/v1/complaints/{case.id}/reply")
    await page.route("**/reply", somebody_was_faster, times=1)
    await detail_of(page).get_by_role("button", name="发送首次响应").click()
    refusal = detail_of(page).get_by_role("alert")
    await expect(refusal).to_be_visible()
    assert (await refusal.inner_text()).strip()
    await expect(detail_of(page).get_by_text("主管先写了一句。")).to_be_visible()
    await expect(field).to_have_value(REPLY)
    await handler.shoot("somebody-was-faster")
    await detail_of(page).get_by_role("button", name="发送首次响应").click()
    await expect(detail_of(page).get_by_text(REPLY)).to_be_visible()
    assert [entry["kind"] for entry in (await case.shown())["entries"]].count("reply") == 1


async def test_a_lost_answer_is_asked_again_and_done_once(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort("internetdisconnected")

    await page.route("**/note", lose_the_answer, times=1)
    await detail_of(page).get_by_role("button", name="内部记录", exact=True).click()
    await detail_of(page).get_by_label("内部记录", exact=True).last.fill(NOTE)
    await detail_of(page).get_by_role("button", name="保存内部记录").click()
    await detail_of(page).get_by_role("button", name="再试一次").click()
    await expect(detail_of(page).get_by_role("button", name="再试一次")).to_have_count(0)
    assert [entry["text"] for entry in (await case.shown())["entries"]].count(NOTE) == 1


async def test_the_whole_number_is_shown_for_a_reason_and_only_then(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    assert "13800138000" not in await page.content()
    await detail_of(page).get_by_role("button", name="查看电话").click()
    box = page.get_by_role("dialog", name="查看患者电话")
    await expect(box).to_contain_text("查看会留下记录")
    await expect(box.get_by_role("button", name="查看", exact=True)).to_be_disabled()
    await box.get_by_label("原因").fill("患者希望来电")
    await axe(page)
    await box.get_by_role("button", name="查看", exact=True).click()
    await expect(detail_of(page).get_by_role("link", name="13800138000")).to_be_visible()
    await page.reload()
    await expect(detail_of(page).get_by_role("button", name="查看电话")).to_be_visible()
    assert "13800138000" not in await page.content()


async def test_a_complaint_is_handed_over_escalated_and_closed_each_with_its_reason(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    detail = detail_of(page)
    await detail.get_by_role("button", name="升级").click()
    box = page.get_by_role("dialog")
    await box.get_by_label("原因").fill("需要协调科室")
    await box.get_by_role("button", name="升级").click()
    await expect(detail.get_by_text("人工升级：需要协调科室", exact=True)).to_be_visible()

    await detail.get_by_role("button", name="转交").click()
    people = box.get_by_role("combobox", name="转交给")
    await expect(people.locator("option")).not_to_have_count(1)
    await expect(people.locator("option").nth(1)).to_contain_text("值班")
    await people.select_option(index=1)
    await box.get_by_label("原因").fill("轮休")
    await handler.shoot("hand-over")
    await box.get_by_role("button", name="转交", exact=True).click()
    await expect(detail.get_by_text("原因：轮休")).to_be_visible()

    await detail.get_by_role("button", name="结束").click()
    await expect(box.get_by_role("radio")).to_have_count(1)  # only a withdrawal: nothing has been answered
    await box.get_by_label("原因").fill("患者来电撤回")
    await box.get_by_role("button", name="结束投诉").click()
    await expect(detail.get_by_text("已撤回", exact=True).first).to_be_visible()
    assert (await case.shown())["state"] == "withdrawn"


async def test_the_list_is_worked_with_the_keyboard(handler, open_hospital):
    first, second = await a_case(open_hospital, name="赵一珩"), await a_case(open_hospital, name="钱二珩")
    await sign_in_staff(handler, open_hospital, "handler1", "/complaints")
    page = handler.page
    await look_for(page, "珩")
    await expect(line_of(page, second)).to_be_visible()
    await line_of(page, first).focus()
    await page.keyboard.press("j")
    focused = page.locator("a[data-item]:focus")
    await expect(focused).not_to_contain_text(first.number)
    await page.keyboard.press("k")
    await expect(focused).to_contain_text(first.number)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(first.id))
    await expect(detail_of(page).get_by_text(first.number)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("/complaints$"))
    await expect(focused).to_contain_text(first.number)


async def test_who_may_only_read_is_offered_nothing_to_do(handler, open_hospital):
    case = await a_case(open_hospital)
    await case.act("note", {"text": NOTE})
    page = await open_case(handler, open_hospital, case, who="service1")
    await expect(detail_of(page).get_by_text(NOTE)).to_be_visible()
    for name in ("我来处理", "回复患者", "转交", "升级", "结束", "查看电话"):
        await expect(detail_of(page).get_by_role("button", name=name, exact=True)).to_have_count(0)


async def test_a_list_that_was_away_from_the_network_is_right_again_by_itself(handler, open_hospital):
    case = await a_case(open_hospital)
    page = await open_case(handler, open_hospital, case)
    await look_for(page, case.number)
    await expect(line_of(page, case)).to_contain_text("待受理")
    await page.route("**/api/v1/**", lambda route: route.abort("internetdisconnected"))
    await handler.context.set_offline(True)
    await case.act("acknowledgement")
    await case.act("note", {"text": NOTE})
    await handler.context.set_offline(False)
    await page.unroute("**/api/v1/**")
    await expect(detail_of(page).get_by_text(NOTE)).to_be_visible()
    await expect(line_of(page, case)).not_to_contain_text("待受理")


@pytest.mark.parametrize("size", [{"width": 1366, "height": 768}, WIDE], ids=["1366", "1920"])
async def test_everything_fits_in_english_too(open_context, open_hospital, size):
    device = await open_context("handler", viewport=size)
    case = await a_case(open_hospital, text="等候时间太长，也没有人解释。" * 40)
    page = await open_case(device, open_hospital, case)
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("button", name="Hand over")).to_be_visible()
    await axe(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await device.shoot("english")
