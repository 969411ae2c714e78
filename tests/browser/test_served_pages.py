"""Pages that the server and the simulator make themselves."""

from tests.browser.accessibility import axe


async def test_the_description_of_the_api_can_be_read_in_the_dark(open_context):
    desk = await open_context("desk", color_scheme="dark")
    await desk.goto("/docs")
    await axe(desk.page)


async def test_the_description_of_the_api_is_for_everybody(desk):
    await desk.goto("/docs")
    assert await desk.page.get_by_role("heading", level=1).is_visible()
    await desk.page.get_by_text("/api/v1/appointments", exact=True).first.click()
    await desk.shoot("docs")
    await axe(desk.page)


async def test_the_simulators_phones_can_be_looked_at(desk, open_hospital):
    desk.guard.allow_host(open_hospital.simulator)
    await desk.goto(open_hospital.simulator + "/")
    before = await desk.page.locator(".phone").count()
    await desk.page.locator("#add").click()
    await desk.page.wait_for_function("(before) => document.querySelectorAll('.phone').length > before", arg=before)
    await desk.shoot("phones")
    await axe(desk.page)
