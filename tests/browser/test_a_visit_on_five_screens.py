"""One visit on five screens at once, by their pages alone: phone, desk, room, board and complaint handler."""

import asyncio
import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.codes import decode_qr
from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital
from tests.browser.lines import an_empty_line
from tests.browser.people import NEVER_CLOSED, a_number, department_named, sign_in_staff
from tests.browser.scanner import type_as_scanner

PATIENT, MASKED = "欧阳明月", "欧**月"
ADVICE = "多休息，三天后没有好转请再来。"
COMPLAINT = "等了很久，也没有人解释。"
REPLY = "您好，我是客服，已经在查这件事。"
FINDING, REMEDY = "当天有急救病人，我们没有及时说明，向您道歉。", "已改进叫号说明，每十分钟告知一次。"


@dataclass
class Screens:
    """The five devices."""

    phone: Device
    desk: Device
    room: Device
    board: Device
    handler: Device

    async def shoot(self, name: str) -> None:
        """Take a picture of each."""
        for device in (self.phone, self.desk, self.room, self.board, self.handler):
            await device.shoot(name)


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    """Find what can be pressed, by its words."""
    return page.get_by_role("button", name=name).filter(visible=True).first


async def books(phone: Device) -> str:
    """Book the next place of today as somebody new; gives the room that the phone names."""
    page = phone.page
    phone.guard.allow_status(401, "/api/v1/patients")  # the confirmation asks who, before anybody has signed in
    await phone.goto("/m/")
    await button(page, "预约挂号").click()
    await button(page, NEVER_CLOSED).click()
    await axe(page)
    await button(page, re.compile(r"\d\d:\d\d 余")).click()
    await button(page, "去登录").click()
    await button(page, "新建一位模拟用户").click()
    await button(page, "添加就诊人").click()
    await page.get_by_label("姓名").fill(PATIENT)
    await page.get_by_label("手机号").fill(a_number())
    await button(page, "保存").click()
    await expect(page.get_by_text(PATIENT).first).to_be_visible()
    await phone.shoot("confirm")
    await button(page, "确认预约").click()
    await expect(page.get_by_text("预约成功")).to_be_visible()
    await button(page, "查看预约和就诊码").click()
    code = page.get_by_role("img", name="就诊码")
    await expect(code).to_be_visible()
    words = await page.locator("uni-page:visible").inner_text()
    found = re.search(r"急诊\d诊室", words)
    assert found, words
    return found[0]


async def opens_staff_screens(screens: Screens, hospital: OpenHospital, room: str) -> None:
    """Sit down at the desk, in the room and at the complaint desk; hang up the board."""
    await sign_in_staff(screens.desk, hospital, "guide1", "/desk")
    await button(screens.desk.page, "急诊导诊台").click()
    await sign_in_staff(screens.room, hospital, "room2", "/room")
    await button(screens.room.page, room).click()
    department = await department_named(hospital, NEVER_CLOSED)
    await screens.board.goto(f"/board/{department['id']}")
    await sign_in_staff(screens.handler, hospital, "handler1", "/complaints")


async def test_one_visit_on_five_screens(phone, desk, room, board, handler, open_context, open_hospital):
    screens = Screens(phone, desk, room, board, handler)
    colleague = await open_context("handler", name="colleague")
    await sign_in_staff(colleague, open_hospital, "handler2", "/complaints")
    await an_empty_line(open_hospital, NEVER_CLOSED)
    door = await books(phone)
    await opens_staff_screens(screens, open_hospital, door)

    # the guide scans what the phone really shows
    await type_as_scanner(desk.page, await decode_qr(phone.page.get_by_role("img", name="就诊码")))
    result = desk.page.get_by_role("region", name="扫码结果")
    await expect(result).to_contain_text("报到成功")
    await expect(result).to_contain_text(MASKED)
    found = re.search(r"E\d{3}", await result.inner_text())
    assert found
    number = found[0]
    await expect(phone.page.get_by_text(number).filter(visible=True).first).to_be_visible()
    await expect(phone.page.get_by_text("请在诊室门口等候")).to_be_visible()
    await expect(room.page.get_by_role("region", name="候诊", exact=True)).to_contain_text(number)
    await expect(board.page.locator("body")).to_contain_text(number)
    await screens.shoot("1-arrived")

    # the room calls: board and phone say so, and nobody pressed reload
    await button(room.page, "叫下一位").click()
    await expect(board.page.get_by_text("正在叫号")).to_be_visible()
    await expect(board.page.locator(".large .number")).to_have_text(number)
    assert PATIENT not in await board.page.content()
    await expect(phone.page.get_by_text(f"请到 {door} 就诊")).to_be_visible()
    await screens.shoot("2-called")
    await button(room.page, "开始就诊").click()
    await button(room.page, "完成就诊").click()
    await room.page.get_by_label("医嘱与建议").fill(ADVICE)
    await room.page.keyboard.press("Control+Enter")
    await expect(phone.page.get_by_text(ADVICE)).to_be_visible()
    await screens.shoot("3-seen")

    # the patient rates low: within seconds the handler's screen rings, and nothing was typed by anybody
    await rates_low(phone)
    complaint = re.search(r"编号 (\S+)", await shown_on(phone))
    assert complaint, "the phone names no complaint"
    handler = screens.handler = await whose_screen_rings([handler, colleague], complaint[1])
    alert = alert_of(handler, complaint[1])
    await screens.shoot("4-alert")

    # the handler takes it, answers, and the patient says that it is well
    await alert.get_by_role("button", name="我来处理").click()
    await expect(alert).to_have_count(0)
    await answers(handler)
    await button(phone.page, "看处理进度").click()
    await expect(phone.page.get_by_text(REPLY)).to_be_visible()
    await expect(phone.page.get_by_text(REMEDY)).to_be_visible()
    await axe(phone.page)
    await screens.shoot("5-answered")
    await button(phone.page, "满意，可以办结").click()
    detail = handler.page.get_by_role("region", name="投诉详情")
    await expect(detail.get_by_text("患者满意，已办结", exact=True)).to_be_visible()
    await screens.shoot("6-closed")

    # everything was told, each once
    patient_line = await messages_of(phone)
    assert len(patient_line) == len(set(patient_line)), patient_line
    assert any("叫号" in title for title in patient_line), patient_line


async def rates_low(phone: Device) -> None:
    """Give one star wherever stars are asked for, skip the rest, and send it."""
    page = phone.page
    await button(page, "现在评价").click()
    while not await page.get_by_text("最后一步").filter(visible=True).count():
        question = await page.get_by_role("heading", level=1).filter(visible=True).inner_text()
        star = page.get_by_role("radio", name=re.compile("^1 星")).filter(visible=True)
        await (star if await star.count() else button(page, "跳过")).click()
        await expect(
            page.get_by_role("heading", level=1, name=question, exact=True).filter(visible=True)
        ).to_have_count(0)
    await page.get_by_label("您最想让我们改进的一件事是什么").fill(COMPLAINT)
    await phone.shoot("rates")
    await button(page, "提交评价").click()
    await expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()


def alert_of(handler: Device, number: str) -> Locator:
    """Find the alert about a complaint."""
    return handler.page.get_by_role("region", name="提醒").get_by_role("article").filter(has_text=number)


async def whose_screen_rings(handlers: list[Device], number: str) -> Device:
    """Wait until one of them is alerted: whoever has the least to do is given the complaint."""
    async with asyncio.timeout(20):
        while True:
            for handler in handlers:
                if await alert_of(handler, number).is_visible():
                    return handler
            await asyncio.sleep(0.1)


async def shown_on(phone: Device) -> str:
    """Give the words on the phone's screen, once they stand still."""
    await expect(button(phone.page, "看处理进度")).to_be_visible()
    return await phone.page.locator("uni-page:visible").inner_text()


async def answers(handler: Device) -> None:
    """Write the first response and the answer."""
    detail = handler.page.get_by_role("region", name="投诉详情")
    await expect(detail.get_by_label("写给患者的话")).to_be_visible()
    await expect(detail.get_by_role("button", name="我来处理")).to_have_count(0)  # the relay has told the complaint
    await detail.get_by_label("写给患者的话").fill(REPLY)
    await detail.get_by_role("button", name="发送首次响应").click()
    await expect(detail.get_by_text(REPLY)).to_be_visible()
    await detail.get_by_role("button", name="正式答复").click()
    await detail.get_by_label("调查结果").fill(FINDING)
    await detail.get_by_label("处理措施").fill(REMEDY)
    await detail.get_by_role("button", name="发出答复").click()
    await expect(detail.get_by_text("已答复，等患者确认").first).to_be_visible()


async def messages_of(phone: Device) -> list[str]:
    """Read the inbox by its page: what each message says."""
    await phone.goto("/m/#/pages/messages/messages")
    entries = phone.page.locator("uni-page:visible").get_by_role("link")
    await expect(entries.first).to_be_visible()
    await phone.shoot("inbox")
    return [(await one.get_attribute("aria-label")) or (await one.inner_text()) for one in await entries.all()]
