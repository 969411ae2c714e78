"""Customer service finds a patient, writes down an operation and that nobody shall call; a supervisor takes it back."""

from playwright.async_api import expect

from server.ids import new_id
from tests.browser.accessibility import axe
from tests.browser.people import a_number, a_staff_client, sign_in_staff
from tests.cast import a_patient_with_a_phone

STEP = {"code": "a", "name": "术后第三天", "offset_days": 3, "text": "伤口恢复得怎么样？"}
CALL = {"code": "b", "name": "术后一周电话", "offset_days": 7, "text": "询问疼痛和伤口。", "way": "call"}


async def test_an_operation_begins_a_plan_and_a_stop_is_set_and_lifted(desk, handler, open_hospital):
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    body = {"name": "术后随访（全院）", "anchors": ["operation"], "steps": [STEP, CALL]}
    plan = await supervisor.post("/care-plans", {"code": f"p{new_id().hex[-8:]}", "body": body})
    await supervisor.post(f"/care-plans/{plan['id']}/approval")
    phone = a_number()
    patient = await a_patient_with_a_phone(open_hospital, name="姜听澜", phone=phone)

    await sign_in_staff(desk, open_hospital, "service1", "/follow-ups")
    page = desk.page
    await page.get_by_role("combobox", name="查找患者").press_sequentially(phone[-4:])
    await desk.shoot("find")
    await page.get_by_role("option", name="姜*澜").first.click()
    await expect(page.get_by_text("这位患者还没有随访计划")).to_be_visible()
    form = page.get_by_role("form", name="登记事项")
    await expect(form.get_by_text("术后随访（全院）").first).to_be_visible()
    await form.get_by_role("button", name="登记").click()
    await expect(form.get_by_role("status")).to_contain_text("开始了")
    plans = page.get_by_role("region", name="随访计划")
    await expect(plans.get_by_role("article")).to_contain_text("术后一周电话")
    await form.get_by_role("button", name="登记").click()
    await expect(form.get_by_role("status")).to_contain_text("之前已经登记过")
    await expect(plans.get_by_role("article")).to_have_count(1)
    await page.get_by_role("button", name="设置停止").click()
    box = page.get_by_role("dialog")
    await box.get_by_label("不要打电话").check()
    await box.get_by_label("原因").fill("本人来电说明")
    await desk.shoot("stop")
    await axe(page)
    await box.get_by_role("button", name="不再打电话").click()
    stops = page.get_by_role("region", name="停止随访")
    await expect(stops).to_contain_text("本人来电说明")
    await expect(stops.get_by_role("button", name="恢复")).to_have_count(0)
    await desk.shoot("patient")
    await axe(page)

    await sign_in_staff(handler, open_hospital, "supervisor1", f"/follow-ups/{patient.patient_id}")
    other = handler.page
    await other.get_by_role("button", name="恢复").click()
    box = other.get_by_role("dialog")
    await box.get_by_label("原因").fill("患者改变主意")
    await box.get_by_role("button", name="恢复随访").click()
    await expect(other.get_by_text("没有停止，随访照常进行")).to_be_visible()
    await other.get_by_text("以前的停止记录").click()
    await expect(other.get_by_text("患者改变主意")).to_be_visible()
    await handler.shoot("lifted")
    await axe(other)
