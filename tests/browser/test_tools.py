"""The tools of browser tests are tested themselves: codes, scanner, camera, network, axe, mini-program."""

import time

import pytest

from tests.browser.accessibility import axe, axe_violations
from tests.browser.codes import decode_qr
from tests.browser.miniprogram import start_miniprogram
from tests.browser.network import slow_network
from tests.browser.people import a_booked_patient
from tests.browser.scanner import type_as_scanner

CODE = "H2.AQ-3_xYz09.Zm9vYmFy~(test)"
NO_HAND_MS = 30  # between two keys: a very quick typist needs 80
RECORD_KEYS = "addEventListener('keydown', ({key, timeStamp}) => (window.keys ??= []).push([key, timeStamp]))"


async def test_the_decoder_reads_what_the_server_draws(phone, open_hospital):
    patient, appointment = await a_booked_patient(open_hospital)
    path = f"/appointments/{appointment['id']}/code"
    before = await patient.code(appointment["id"])
    picture = (await patient.call("GET", path, Accept="image/svg+xml")).raw.decode()
    after = await patient.code(appointment["id"])
    await phone.page.set_content(f"<main style='width:300px'>{picture}</main>")
    await phone.shoot("code")
    assert await decode_qr(phone.page.locator("svg")) in {before, after}  # the codes of two seconds may differ


async def test_the_decoder_does_not_find_a_code_where_none_is(phone):
    await phone.page.set_content("<main style='width:300px;height:300px'>没有二维码</main>")
    with pytest.raises(AssertionError, match="0 codes"):
        await decode_qr(phone.page.locator("main"))


async def test_a_scanner_types_faster_than_any_hand_whatever_has_the_focus(desk):
    await desk.page.set_content(f"<button>开始</button><script>{RECORD_KEYS}</script>")
    await desk.page.get_by_role("button").focus()
    await type_as_scanner(desk.page, CODE)
    keys = [(key, at) for key, at in await desk.page.evaluate("keys") if key != "Shift"]
    assert "".join(key for key, _ in keys) == CODE + "Enter"
    assert keys[-1][1] - keys[0][1] < len(keys) * NO_HAND_MS  # 1 ms a key, but the machine may be busy


async def test_a_scanner_types_into_a_field_and_sends_the_form(desk):
    await desk.page.set_content(
        "<form onsubmit='window.sent = code.value; return false'><input id=code autofocus></form>"
    )
    await desk.page.locator("#code").focus()
    await type_as_scanner(desk.page, CODE)
    assert await desk.page.evaluate("sent") == CODE


async def test_the_camera_sees_the_code(desk_with_camera):
    desk = await desk_with_camera(CODE)
    await desk.goto("/docs")  # a camera wants an address, and a page of this machine counts as a safe one
    await desk.page.evaluate(
        """async () => {
            const video = Object.assign(document.createElement('video'), {id: 'seen', muted: true, width: 640})
            video.style.cssText = 'position:fixed; inset:0; z-index:9'
            video.srcObject = await navigator.mediaDevices.getUserMedia({video: true})
            document.body.append(video)
            await video.play()
        }"""
    )
    assert await decode_qr(desk.page.locator("#seen")) == CODE


async def test_a_slow_network_is_slow(desk):
    await desk.goto("/docs")
    ask = "fetch('/healthz').then(answer => answer.status)"
    async with slow_network(desk.page):
        began = time.monotonic()
        assert await desk.page.evaluate(ask) == 200
        slow = time.monotonic() - began
        assert slow > 0.4
    began = time.monotonic()
    assert await desk.page.evaluate(ask) == 200
    assert time.monotonic() - began < slow


async def test_axe_finds_a_field_without_a_name_and_tells_the_contrast(desk):
    await desk.page.set_content(
        "<html lang=zh-CN><title>a</title><main><input><p style='color:#999'>灰字</p></main></html>"
    )
    assert {violation["id"] for violation in await axe_violations(desk.page)} == {"label", "color-contrast"}
    with pytest.raises(AssertionError, match=r"(?s)label.*<input>|2\.84"):
        await axe(desk.page)
    await axe(desk.page, exclude={"input": "this test says so", "p": "this test says so"})


async def test_axe_runs_in_spite_of_a_strict_security_policy(desk):
    policy = "<meta http-equiv=content-security-policy content=\"default-src 'none'\">"
    await desk.page.set_content(
        f"<html lang=en><head>{policy}<title>a</title></head><body><main>b</main></body></html>"
    )
    await axe(desk.page)


MINI_PAGE = """<!doctype html><script>
    globalThis.__wx = [['request', {url: 'https://hospital.invalid/healthz'}]]
    globalThis.__mp = {errors: [], open: (path) => { document.title = path }}
    fetch('https://hospital.invalid/healthz', {headers: {authorization: 'Bearer x'}})
        .then((answer) => { __mp.status = answer.status; __mp.id = answer.headers.get('x-request-id'); __ready = true },
              (problem) => __mp.errors.push(problem.message))
</script>"""


async def test_a_mini_program_reaches_the_server_by_the_address_it_is_built_with(phone, tmp_path, open_hospital):
    (tmp_path / "index.html").write_text(MINI_PAGE)
    program = await start_miniprogram(phone, tmp_path, open_hospital)
    assert await phone.page.evaluate("[__mp.status, Boolean(__mp.id)]") == [200, True]
    assert await program.calls("request") == [{"url": "https://hospital.invalid/healthz"}]
    assert await program.errors() == []
    assert await phone.page.evaluate("__login()")
    program.will_scan("D2.desk")
    assert await phone.page.evaluate("__scan()") == "D2.desk"
    assert await phone.guard.complaints() == []


async def test_what_a_mini_program_throws_fails_the_test(phone, tmp_path, open_hospital):
    (tmp_path / "index.html").write_text(MINI_PAGE)
    program = await start_miniprogram(phone, tmp_path, open_hospital)
    await program.page.evaluate("__mp.errors.push(new TypeError('no data'))")
    assert await phone.guard.complaints() == ["phone: the mini-program threw: TypeError: no data"]
    await program.page.evaluate("__mp.errors.length = 0")
