"""The desk that survives the network: it scans, reloads and finds people without it, and everything is there once."""

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

from playwright.async_api import BrowserContext, Locator, Page, Playwright, expect

from server import clock
from tests.browser.accessibility import axe
from tests.browser.chromium import FLAGS
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.network import offline
from tests.browser.people import NEVER_CLOSED, a_booked_patient, a_number, a_staff_client, sign_in_staff
from tests.browser.scanner import type_as_scanner
from tests.miniapp_api.offline.lines import a_wire

ELSEWHERE = "全科医疗科"
IS_KEPT = """async () => {
    while (!(await caches.match('/console/index.html'))) await new Promise((done) => setTimeout(done, 50))
}"""


async def sit_down(device: Device, hospital: OpenHospital) -> Page:
    """Sign in at the desk of the emergency, and wait until this machine could open the console by itself."""
    await sign_in_staff(device, hospital, "guide1", "/desk")
    await device.page.get_by_role("dialog").get_by_role("button", name="急诊导诊台").click()
    await expect(device.page.get_by_role("region", name="今天").first).to_be_visible()
    await device.page.evaluate(IS_KEPT)
    return device.page


def result(page: Page) -> Locator:
    return page.get_by_role("region", name="扫码结果")


def banner(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="离线中")


async def arrivals(hospital: OpenHospital, tail: str) -> list[dict]:
    guide = await a_staff_client(hospital, "guide1")
    return (await guide.get(f"/desk/arrivals?q={tail}"))["items"]


async def test_a_desk_goes_on_without_the_network_and_everything_is_there_once(open_context, open_hospital):
    desk = await open_context("desk")
    phones = [a_number() for _ in range(3)]
    names = ["孙离一", "孙离二", "孙离三"]
    departments = [NEVER_CLOSED, NEVER_CLOSED, ELSEWHERE]
    people = [
        await a_booked_patient(open_hospital, name=name, phone=phone, department=department)
        for name, phone, department in zip(names, phones, departments, strict=True)
    ]
    await desk.page.clock.set_system_time(clock.now() + timedelta(minutes=5))  # a machine whose clock is wrong
    page = await sit_down(desk, open_hospital)
    desk.guard.allow_error("net::ERR_INTERNET_DISCONNECTED")

    async with offline(desk.context):
        await expect(banner(page)).to_contain_text("已存 0 条")
        code = await people[0][0].code(people[0][1]["id"])
        await type_as_scanner(page, code)
        await expect(result(page)).to_contain_text("离线报到成功")
        await expect(result(page)).to_contain_text("孙*一")
        size = await result(page).locator(".name").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert size >= 40, "legible from two metres, as with the network"
        await expect(banner(page)).to_contain_text("离线中 · 已存 1 条")
        await desk.shoot("accepted")
        await axe(page)
        await type_as_scanner(page, code)
        await expect(result(page)).to_contain_text("已经报到")
        await type_as_scanner(page, "6901234567892")
        await expect(result(page)).to_contain_text("不是就诊码")

        await page.reload()  # the machine has all it needs
        await expect(banner(page)).to_contain_text("已存 3 条")
        await page.keyboard.press("F2")
        await page.keyboard.type(phones[1][-4:], delay=80)
        await page.keyboard.press("Enter")
        await expect(result(page)).to_contain_text("孙*二")
        await expect(result(page)).to_contain_text("离线报到成功")
        patient, booked = people[2]
        unlisted = result(page).filter(has_text="名单上没有")  # of a department that this desk does not serve
        for _ in range(4):  # a busy machine may stretch the keys to the pace of a person: then one scans again
            await type_as_scanner(page, await patient.code(booked["id"]))
            with suppress(AssertionError):
                await expect(unlisted).to_be_visible(timeout=5_000)
                break
        await expect(unlisted).to_be_visible()
        await expect(banner(page)).to_contain_text(re.compile(r"已存 [5-8] 条"))
        await desk.shoot("list")
        for phone in phones:
            # late in the evening the other department's next place is tomorrow's: then the list of today has no row
            assert all(row["ticket"] is None for row in await arrivals(open_hospital, phone))

    await expect(page.get_by_text(re.compile(r"离线扫码已发送 \d 条，其中 1 条需要您处理。"))).to_be_visible()
    await expect(banner(page)).to_have_count(0)
    await desk.shoot("sent")
    await axe(page)
    for phone in phones[:2]:
        [row] = await arrivals(open_hospital, phone)
        assert row["ticket"]["state"] == "waiting"

    await page.get_by_role("button", name="处理", exact=True).click()
    dialog = page.get_by_role("dialog", name="离线报到：需要您决定")
    asked = dialog.get_by_role("listitem").filter(has_text="孙*三")
    await expect(asked).to_contain_text("预约的是全科医疗科")
    await desk.shoot("conflict")
    await axe(page)
    await asked.get_by_role("button", name="患者已离开").click()
    await asked.get_by_role("button", name="不予报到").click()
    await expect(asked).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("region", name="今天").first).to_be_visible()
    await expect(page.get_by_text(re.compile("离线"))).to_have_count(0)


@asynccontextmanager
async def a_browser_to_kill(playwright: Playwright, program: str, profile: Path) -> AsyncIterator[BrowserContext]:
    """Run a Chromium on a profile that stays, and end it like a power cut: nothing is flushed or closed."""
    told = profile / "DevToolsActivePort"
    told.unlink(missing_ok=True)
    flags = ("--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--lang=zh-CN")
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, *flags, start_new_session=True, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            while not told.exists() or not (port := told.read_text().partition("\n")[0]):
                await asyncio.sleep(0.05)
        browser = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        yield browser.contexts[0]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def test_a_browser_that_was_killed_goes_on_and_sends_after_a_sign_in(
    playwright, chromium, open_hospital, artefacts, tmp_path
):
    phone = a_number()
    patient, booked = await a_booked_patient(open_hospital, name="孙离杀", phone=phone)
    other, second = await a_booked_patient(open_hospital, name="孙离断")
    async with a_wire(open_hospital) as (wire, site):
        async with a_browser_to_kill(playwright, chromium, tmp_path) as context:
            page = await opened(context, site)
            await sign_in(page, open_hospital)
            async with page.expect_response(re.compile("/desks/[^/]+/day")):  # the day is taken along
                await page.get_by_role("dialog").get_by_role("button", name="急诊导诊台").click()
            await page.evaluate(IS_KEPT)
            await wire.cut()  # the server is gone, and nothing tells the browser
            await type_as_scanner(page, await patient.code(booked["id"]))
            await expect(result(page)).to_contain_text("离线报到成功")
            await expect(banner(page)).to_contain_text("已存 1 条")
        async with a_browser_to_kill(playwright, chromium, tmp_path) as context:
            page = await opened(context, site)  # what a tab knew is gone, what is on the disk is not
            await expect(banner(page)).to_contain_text("已存 1 条")
            await expect(banner(page)).to_contain_text("请登录后发送")
            await type_as_scanner(page, await other.code(second["id"]))
            await expect(result(page)).to_contain_text("离线报到成功")
            await artefacts.shoot(page, "alone")
            await wire.mend()
            await banner(page).get_by_role("link", name="登录").click()
            await sign_in(page, open_hospital)
            await expect(page.get_by_text("离线扫码已发送 2 条，全部处理完毕。")).to_be_visible()
            [row] = await arrivals(open_hospital, phone)
            assert row["ticket"]["state"] == "waiting"
            await page.get_by_role("button", name="退出登录").click()
            await expect(page).to_have_url(re.compile("/sign-in"))
            await page.wait_for_load_state("networkidle")  # the sign-out has been heard
            await wire.cut()
            await page.goto(f"{site.base}/console/desk")
            await expect(page).to_have_url(re.compile("/sign-in"))  # nobody is known here any more


async def opened(context: BrowserContext, site: OpenHospital) -> Page:
    page = context.pages[0] if context.pages else await context.new_page()
    await page.set_viewport_size({"width": 1366, "height": 768})
    await page.add_init_script("localStorage.setItem('language', 'zh-CN')")
    await page.goto(f"{site.base}/console/desk")
    return page


async def sign_in(page: Page, hospital: OpenHospital) -> None:
    login = hospital.logins["guide1"]
    await page.get_by_label("用户名").fill(login.username)
    await page.get_by_label("密码").fill(login.password)
    await page.get_by_role("button", name="登录", exact=True).click()
