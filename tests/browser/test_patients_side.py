"""A complaint with a picture and a voice: sent from a phone, seen and heard by who handles it, judged, opened again."""

import re
from uuid import uuid4

from playwright.async_api import FilePayload, Page, expect

from tests.browser.accessibility import axe
from tests.browser.people import a_number, a_staff_client, next_slot, sign_in_phone, sign_in_staff
from tests.browser.visits import is_called, is_seen
from tests.satisfaction.attachments.samples import picture, wav

ANSWER = {"finding": "当天叫号屏故障。", "action": "已修好，并安排人工引导。", "responsible": "门诊办公室"}
LATER_MS = 20_000  # the page of a complaint asks every fifteen seconds
PICTURE: FilePayload = {"name": "候诊区.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(800, 600))}
DEAF = "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
VOICE: FilePayload = {"name": "经过.wav", "mimeType": "audio/wav", "buffer": wav(3)}


async def choose(page: Page, button: str, file: FilePayload) -> None:
    async with page.expect_file_chooser() as opened:
        await page.get_by_role("button", name=button, exact=True).tap()
    await (await opened.value).set_files(file)


async def a_visit(phone_patient) -> str:
    """A visit of theirs that is over; its appointment."""
    hospital = phone_patient.site
    guide, doctor = await a_staff_client(hospital, "guide1"), await a_staff_client(hospital, "room2")
    booked = await phone_patient.books((await next_slot(hospital))["id"])
    scan = await guide.scans(await phone_patient.code(booked["id"]))
    await is_seen(doctor, await is_called(doctor, booked["room"]["id"], scan["ticket"]["number"]), None)
    return booked["id"]


async def test_pictures_and_voice_reach_who_handles_it_with_the_brief_of_the_visit(phone, handler, open_hospital):
    patient = await sign_in_phone(phone, open_hospital, name="林晓", phone=a_number())
    appointment = await a_visit(patient)
    page = phone.page
    await phone.goto(f"/m/#/pages/complain/complain?appointment={appointment}")
    await expect(page.get_by_text("图片和语音（可不加）")).to_be_visible()
    await expect(page.get_by_role("button", name="提交", exact=True)).to_be_disabled()

    # no microphone: said in plain words, with another way
    await page.evaluate(DEAF)
    await page.get_by_role("button", name="录语音", exact=True).tap()
    await expect(page.get_by_role("alert")).to_contain_text("浏览器没有允许录音")
    await phone.shoot("deaf", full_page=True)

    # a picture, and one that was not sent at first: tried again it is there once
    await page.route("**/api/v1/attachments", lambda route: route.abort("internetdisconnected"), times=1)
    await choose(page, "加图片", PICTURE)
    await expect(page.get_by_text("有图片或语音没发出去")).to_be_visible()
    await phone.shoot("failed", full_page=True)
    await page.get_by_role("button", name="再试一次").tap()
    await expect(page.get_by_text("已传好")).to_have_count(1)
    await choose(page, "选录音文件", VOICE)
    await expect(page.get_by_text("已传好")).to_have_count(2)
    await expect(page.get_by_role("button", name="听语音 3 秒")).to_be_visible()
    await phone.shoot("files", full_page=True)
    await axe(page)

    # what is there outlives a reload
    await page.reload()
    await expect(page.get_by_text("已传好")).to_have_count(2)
    await page.locator("textarea").fill("等了两个小时，屏幕没有叫号。")
    await page.get_by_role("button", name="提交", exact=True).tap()
    await expect(page.get_by_role("heading", name="已安排专人处理")).to_be_visible()
    log = page.get_by_role("log")
    await expect(log.get_by_role("button", name="图片 1，点开看大图")).to_be_visible()
    await expect(log.get_by_role("button", name="听语音 3 秒")).to_be_visible()
    await phone.shoot("filed", full_page=True)
    case = (await patient.get("/complaints"))["items"][0]
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    me = await a_staff_client(open_hospital, "handler1")
    if (await supervisor.get(f"/complaints/{case['id']}"))["handler_id"] != me.staff_id:
        body = {"handler_id": me.staff_id, "reason": "测试"}
        await supervisor.post(f"/complaints/{case['id']}/assignment", body, key=str(uuid4()))

    # who handles it: the brief first, then what happened, seen and heard with the keyboard
    await sign_in_staff(handler, open_hospital, "handler1", f"/complaints/{case['id']}")
    screen = handler.page
    brief = screen.get_by_role("region", name="就诊当时", exact=True)
    line = brief.get_by_role("button", name=re.compile("就诊当时"))
    await expect(line).to_contain_text("扫码 1 次")
    await expect(line).to_contain_text("候诊")
    await handler.shoot("opens")
    await line.press("Enter")
    await expect(brief.get_by_text("报到成功").first).to_be_visible()
    await handler.shoot("brief")
    await line.press("Enter")
    detail = screen.get_by_role("region", name="投诉详情")
    await detail.get_by_role("button", name="图片 1").first.press("Enter")
    box = screen.get_by_role("dialog", name="图片 1")
    await expect(box.locator("img")).to_have_js_property("naturalWidth", 800)
    await handler.shoot("picture")
    await screen.keyboard.press("Escape")
    await expect(box).to_have_count(0)
    await detail.get_by_role("button", name="听语音（3 秒）").press("Enter")
    await expect(detail.locator("audio")).to_have_js_property("error", None)
    await handler.shoot("voice")
    await axe(screen)
    assert await screen.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_patient_asks_for_a_call_and_opens_again_what_ended_without_them(phone, open_hospital):
    patient = await sign_in_phone(phone, open_hospital, name="吴桂兰", phone=a_number())
    supervisor = await a_staff_client(open_hospital, "supervisor1")
    case = await patient.post("/complaints", {"text": "等了两个小时。", "patient_id": patient.patient_id})
    path = f"/complaints/{case['id']}"
    await supervisor.post(f"{path}/answer", ANSWER)
    page = phone.page
    await phone.goto(f"/m/#/pages/complaint/complaint?id={case['id']}")
    await expect(page.get_by_text("这个答复，您满意吗？")).to_be_visible()
    await phone.shoot("verdict", full_page=True)
    await page.get_by_role("button", name="请先给我回电").tap()
    await expect(page.get_by_role("button", name="已请人给您回电")).to_be_disabled()
    await expect(page.get_by_text("这个答复，您满意吗？")).to_be_visible()
    await page.get_by_role("button", name="不满意", exact=True).tap()
    await phone.shoot("not-settled", full_page=True)
    await page.get_by_role("button", name="再想想").tap()

    await supervisor.post(f"{path}/closure", {"state": "closed_no_reply", "reason": "多次电话未接通，先行结束。"})
    again = page.get_by_role("button", name="重新处理")
    await expect(again).to_be_visible(timeout=LATER_MS)
    await expect(page.get_by_text("不表示您已经满意")).to_be_visible()
    await phone.shoot("closed", full_page=True)
    await again.tap()
    await page.locator("textarea").fill("电话换了号码，问题还在。")
    await axe(page)
    await phone.shoot("again", full_page=True)
    await page.get_by_role("button", name="重新处理").tap()
    await expect(page.get_by_role("log").get_by_text("电话换了号码，问题还在。")).to_be_visible()

    # and taken back, in their own words
    await page.get_by_role("button", name="撤回这件意见").tap()
    await page.locator("textarea").last.fill("已经当面说清楚了。")
    await phone.shoot("withdraw", full_page=True)
    await page.get_by_role("button", name="确定撤回").tap()
    await expect(page.get_by_role("heading", name="已撤回")).to_be_visible()
