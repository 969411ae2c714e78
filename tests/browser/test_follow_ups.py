"""A plan is approved and chosen in the room; the form comes to the phone, an alarming answer to the call list."""

import re

from playwright.async_api import expect

from tests.browser.accessibility import axe
from tests.browser.follow_ups import a_plan
from tests.browser.people import a_number, a_staff_client, next_slot, sign_in_phone, sign_in_staff
from tests.browser.visits import is_called


async def test_from_a_plan_to_an_alarming_answer_to_a_call(phone, desk, open_context, open_hospital):
    head = await a_staff_client(open_hospital, "supervisor1")
    plan = await head.post("/care-plans", a_plan("visit"))

    # the supervisor reads it, tries it, and approves it
    await sign_in_staff(desk, open_hospital, "supervisor1", f"/admin/care-plans/{plan['id']}")
    page = desk.page
    await expect(page.get_by_role("heading", name="急诊后随访")).to_be_visible()
    await page.get_by_text("第 1 步 回家以后").click()
    await expect(page.get_by_label("问题", exact=True).first).to_have_value("现在疼得厉害吗？")
    await desk.shoot("plan")
    await axe(page)
    # what is wrong is said in the words of the form
    name = page.get_by_label("这一步叫什么").first
    was = await name.input_value()
    desk.guard.allow_status(422, "/api/v1/care-plans/*")
    await name.fill("")
    await page.get_by_role("button", name="保存草稿").click()
    await expect(page.get_by_role("alert").filter(has_text="第 1 步 · 这一步叫什么：")).to_be_in_viewport()
    await desk.shoot("plan-refused")
    await name.fill(was)
    await page.get_by_role("tab", name="预览").click()
    await page.get_by_role("button", name="看看患者会收到什么").click()
    await expect(page.get_by_text("想知道您回家以后怎么样。")).to_be_visible()
    await desk.shoot("preview")
    await axe(page)
    await page.get_by_role("button", name="审核通过，开始执行").click()
    await page.get_by_role("dialog").get_by_role("button", name="审核通过，开始执行").click()
    await expect(page.get_by_role("heading", name="急诊后随访").locator("..").get_by_text("执行中")).to_be_visible()

    # the room ends the visit with it
    number = a_number()
    patient = await sign_in_phone(phone, open_hospital, name="苏小满", phone=number)
    slot = await next_slot(open_hospital)
    booked = await patient.books(slot["id"])
    guide, doctor = [await a_staff_client(open_hospital, name) for name in ("guide1", "room2")]
    scan = await guide.scans(await patient.code(booked["id"]))
    ticket = await is_called(doctor, booked["room"]["id"], scan["ticket"]["number"])
    await doctor.post(f"/tickets/{ticket['id']}/start")
    await doctor.post(f"/tickets/{ticket['id']}/finish", {"advice": "多喝水。", "care_plan_id": plan["id"]})

    # the form waits on the phone
    handset = phone.page
    for _ in range(20):
        await phone.goto("/m/#/pages/home/home")
        if (await patient.get("/follow-ups?open=1"))["items"]:
            break
        await handset.wait_for_timeout(500)
    await handset.reload()
    await expect(handset.get_by_text("有 1 份随访等您填写")).to_be_visible()
    await phone.shoot("home")
    await handset.get_by_text("有 1 份随访等您填写").tap()
    await expect(handset.get_by_role("heading", name="现在疼得厉害吗？")).to_be_visible()
    await phone.shoot("form", full_page=True)
    await axe(handset)
    await handset.get_by_role("radio", name="9", exact=True).tap()
    await handset.get_by_role("radio", name="没有 / 不是").tap()
    await handset.get_by_role("button", name="提交").tap()
    await expect(handset.get_by_text("疼得厉害要马上看急诊。")).to_be_visible()
    await expect(handset.get_by_role("button", name="拨打 120")).to_be_visible()
    await phone.shoot("alarm", full_page=True)
    await axe(handset)

    # customer service sees it first, dials and writes down the result
    service = await open_context("desk", name="service")
    await sign_in_staff(service, open_hospital, "service1", "/calls")
    calls = service.page
    row = calls.get_by_role("link", name=re.compile("苏小满.*紧急回答"))
    await expect(row).to_be_visible()
    await row.click()
    await calls.get_by_role("button", name=re.compile("领取并拨号")).click()
    await expect(calls.get_by_role("link", name=number)).to_be_visible()
    await service.shoot("call")
    await axe(calls)
    await calls.get_by_role("button", name="已联系上").click()
    await expect(calls.get_by_text("已记录。")).to_be_visible()
    await service.shoot("called")
    await phone.goto("/m/#/pages/followups/followups")
    await expect(handset.get_by_text("已通知科室")).to_be_visible()
    await phone.shoot("list", full_page=True)
    await axe(handset)
