"""A person gives a mail address on the phone; who has allowed no notice gets a text message on the simulated phone."""

from datetime import timedelta

from playwright.async_api import expect

from server import clock
from tests.browser.accessibility import axe
from tests.browser.people import department_named, sign_in_phone


async def test_a_mail_address_is_kept_and_a_text_message_comes(phone, desk, open_hospital):
    patient = await sign_in_phone(phone, open_hospital, name="邮小信")
    (person,) = (await patient.get("/patients"))["items"]
    page = phone.page
    await phone.goto(f"/m/#/pages/person/person?id={person['id']}")
    await expect(page.get_by_text("用来接收通知邮件")).to_be_visible()
    await page.get_by_label("邮箱").fill("you.example.com")
    phone.guard.allow_status(422, f"/api/v1/patients/{person['id']}")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("邮箱格式不对，请填写如 name@example.com。")).to_be_visible()
    await phone.shoot("wrong", full_page=True)
    await page.set_viewport_size({"width": 360, "height": 740})
    await phone.shoot("wrong-narrow", full_page=True)
    await axe(page)
    await page.get_by_label("邮箱").fill("you@example.com")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("已保存")).to_be_visible()
    await phone.goto(f"/m/#/pages/person/person?id={person['id']}")
    await page.reload()
    await expect(page.get_by_text("已填 y***@example.com，不改可留空")).to_be_visible()

    department = await department_named(open_hospital)
    slots = (await patient.get(f"/slots?department={department['id']}"))["items"]
    tomorrow = str(clock.today() + timedelta(days=1))  # what is about to begin is told no more
    await patient.books(next(one["id"] for one in slots if one["available"] and one["starts_at"] > tomorrow))
    desk.guard.allow_host(open_hospital.simulator)
    await desk.page.goto(open_hospital.simulator + "/")
    texts = desk.page.locator("#texts")
    await expect(texts).to_contain_text("【示范医院】预约成功通知", timeout=20_000)
    await expect(texts).to_contain_text("就诊人 邮*信")
    await texts.scroll_into_view_if_needed()
    await desk.shoot("texts")
