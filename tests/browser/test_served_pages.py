"""Every door: it opens, asks no foreign host, logs no error, keeps nobody out."""

import pytest
from playwright.async_api import Route, expect

from tests.browser.accessibility import axe
from tests.browser.miniprogram import start_miniprogram
from tests.browser.people import department_named, sign_in_staff

ROOMY = {"viewport": {"width": 1920, "height": 1080}}
NARROW = {"viewport": {"width": 360, "height": 740}}


@pytest.mark.parametrize("size", [{}, ROOMY], ids=["1366", "1920"])
async def test_the_start_page_tells_who_can_do_what_where(open_context, size):
    desk = await open_context("desk", **size)
    await desk.goto("/")
    await expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
    await desk.shoot("start", full_page=True)
    await axe(desk.page)


@pytest.mark.parametrize("size", [{}, NARROW], ids=["390", "360"])
async def test_the_patients_phone_opens(open_context, size):
    phone = await open_context("phone", **size)
    await phone.goto("/m/")
    await expect(phone.page.locator("uni-page-body")).to_be_visible()
    await phone.shoot("home")
    await axe(phone.page)


async def test_the_board_is_open_to_the_waiting_room(board, open_hospital):
    department = await department_named(open_hospital)
    await board.goto(f"/board/{department['id']}")
    await expect(board.page.get_by_text(department["name"])).to_be_visible()
    await board.shoot("board")
    await axe(board.page)


@pytest.mark.parametrize(
    ("username", "door"),
    [
        ("guide1", "/desk"),
        ("room1", "/room"),
        ("handler1", "/complaints"),
        ("supervisor1", "/hub"),
        ("room1", "/boards"),
    ],
)
async def test_a_door_of_the_console_opens_to_whom_it_belongs(desk, open_hospital, username, door):
    await sign_in_staff(desk, open_hospital, username, door)
    await expect(desk.page.get_by_role("main")).to_be_visible()
    await expect(desk.page).to_have_url(f"{open_hospital.base}/console{door}")
    await desk.shoot(door.strip("/"))
    await axe(desk.page)


async def test_a_wrong_password_is_refused_in_words(desk, open_hospital):
    desk.guard.allow_status(401, "/api/v1/staff/sessions")
    await desk.goto("/console/sign-in")
    await desk.page.get_by_label("用户名").fill("guide1")
    await desk.page.get_by_label("密码").fill("wrong")
    await desk.page.get_by_role("button", name="登录", exact=True).click()
    await expect(desk.page.get_by_role("alert")).not_to_be_empty()
    await desk.shoot("refused")
    await axe(desk.page)


async def test_the_mini_program_opens(phone, miniprogram_page, open_hospital):
    await start_miniprogram(phone, miniprogram_page, open_hospital)
    await expect(phone.page.get_by_role("button", name="首页")).to_be_visible()
    await phone.shoot("home")


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
    await (await open_hospital.http.post(open_hospital.simulator + "/_sim/users", json={})).read()
    await desk.goto(open_hospital.simulator + "/")
    newest = desk.page.locator(".phone .openid").first
    before = await newest.inner_text()
    await desk.page.locator("#add").click()
    await expect(newest).not_to_have_text(before)  # the page shows the latest phones: their count may stay
    await desk.shoot("phones")
    await axe(desk.page)


async def test_a_console_of_yesterday_opens_the_new_build_where_it_wanted_to_go(desk, open_hospital):
    await sign_in_staff(desk, open_hospital, "supervisor1", "/hub")
    page, is_new = desk.page, []
    desk.guard.allow_status(404, "/console/assets/*")
    desk.guard.allow_error("dynamically imported module")

    async def gone(route: Route) -> None:
        await (route.continue_() if is_new else route.fulfill(status=404))

    await page.route("**/console/assets/BoardsPage*", gone)
    page.on("request", lambda request: request.is_navigation_request() and is_new.append(request.url))
    await page.get_by_role("link", name="候诊屏").click()
    await expect(page.get_by_role("heading", name="候诊屏")).to_be_visible()
    await expect(page).to_have_url(f"{open_hospital.base}/console/boards")
    assert len(is_new) == 1
