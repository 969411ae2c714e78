"""What is new in the inbox is on the tab at once; staff are told in WeCom and in their other chats."""

from playwright.async_api import expect

from tests.browser.people import next_slot, sign_in_phone


async def test_the_badge_moves_at_once_and_staff_hear_in_their_chats(phone, desk, open_hospital):
    patient = await sign_in_phone(phone, open_hospital, name="通小知")
    page = phone.page
    await phone.goto("/m/#/pages/home/home")
    badge = page.locator(".uni-tabbar__badge")
    await expect(badge).to_have_count(0)
    slot = await next_slot(open_hospital)
    await patient.books(slot["id"])
    await expect(badge.first).to_have_text("1", timeout=10_000)  # without the stream it would be a minute
    await phone.shoot("badge")

    await patient.post("/complaints", {"text": "等了两个小时，没有人解释。", "topic": "等候时间"})
    desk.guard.allow_host(open_hospital.simulator)
    await desk.page.goto(open_hospital.simulator + "/")
    own = desk.page.get_by_label("手机 ").first
    await own.get_by_role("button", name="关注公众号", exact=True).click()
    await expect(desk.page.locator("#wecom")).to_contain_text("编号", timeout=20_000)
    await expect(desk.page.locator("#chats")).to_contain_text("投诉", timeout=20_000)
    await desk.page.locator("#wecom").scroll_into_view_if_needed()
    await desk.shoot("staff")
