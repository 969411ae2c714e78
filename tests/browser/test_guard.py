"""The guard proves that it can fail: each thing that no page may do is done once."""

import asyncio
import re

import pytest
from playwright.async_api import Route

from tests.browser.network import offline

FOREIGN = "https://fonts.example.com/icon.woff2"


async def complaint_about(device) -> str:
    """Give the only complaint, and let the test pass in spite of it."""
    complaints = await device.guard.complaints()
    device.guard.forget()
    assert len(complaints) == 1, complaints
    return complaints[0]


async def test_a_quiet_page_gives_no_complaint(desk):
    await desk.goto("/docs")
    assert await desk.guard.complaints() == []


async def test_quiet_is_when_all_is_answered(desk):
    answered = []

    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.5)
        answered.append(route.request.url)
        await route.fulfill(body="{}")

    await desk.goto("/docs")
    await desk.page.route("**/slow", slowly)
    await desk.page.evaluate("void fetch('/slow')")
    await desk.guard.quiet()
    assert len(answered) == 1


async def test_a_foreign_host_is_named_and_not_reached(desk):
    await desk.page.set_content(f"<img src='{FOREIGN}'>", wait_until="load")
    complaints = await desk.guard.complaints()
    desk.guard.forget()
    assert f"desk: foreign request: GET {FOREIGN}" in complaints
    assert any("ERR_NAME_NOT_RESOLVED" in complaint for complaint in complaints)


async def test_a_web_socket_to_a_foreign_host_is_named(desk):
    await desk.page.goto("about:blank")
    await desk.page.evaluate(
        "new Promise(done => new WebSocket('wss://push.example.com/').onerror = done).then(() => 0)"
    )
    complaints = await desk.guard.complaints()
    desk.guard.forget()
    assert "desk: foreign request: WEBSOCKET wss://push.example.com/" in complaints


async def test_the_simulator_is_foreign_until_it_is_asked_for(desk, open_hospital):
    await desk.page.goto(open_hospital.simulator + "/")
    assert any("foreign request" in complaint for complaint in await desk.guard.complaints())
    desk.guard.forget()
    desk.guard.allow_host(open_hospital.simulator)
    await desk.page.goto(open_hospital.simulator + "/")
    assert await desk.guard.complaints() == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("console.error('the list is empty')", "console.error: the list is empty"),
        ("setTimeout(() => { throw new Error('no such button') })", "nobody caught: no such button"),
        ("Promise.reject(new Error('no answer'))", "nobody caught: no answer"),
    ],
    ids=["console", "exception", "rejection"],
)
async def test_an_error_is_named(desk, script, words):
    await desk.page.goto("about:blank")
    await desk.page.evaluate("(script) => { setTimeout(script) }", script)
    await desk.page.evaluate("new Promise(done => setTimeout(done, 20))")
    assert words in await complaint_about(desk)


async def test_what_the_security_policy_forbids_is_named(desk):
    strict = {"content-security-policy": "default-src 'none'", "content-type": "text/html"}
    await desk.context.route("**/strict", lambda route: route.fulfill(headers=strict, body="<p style='color: red'>"))
    await desk.goto("/strict")
    complaints = await desk.guard.complaints()
    desk.guard.forget()
    assert any("content security policy: style-src-attr forbids inline" in complaint for complaint in complaints)


async def test_an_answer_of_400_or_more_has_to_be_expected(desk, open_hospital):
    await desk.goto("/docs")
    ask = "fetch('/api/v1/appointments').then(answer => answer.status)"
    assert await desk.page.evaluate(ask) == 401
    assert re.search(r"/api/v1/appointments answered 401$", await complaint_about(desk))
    desk.guard.allow_status(401, "/api/v1/appointments")
    assert await desk.page.evaluate(ask) == 401
    assert await desk.guard.complaints() == []


async def test_being_offline_is_no_fault_of_the_page(desk):
    await desk.goto("/docs")
    async with offline(desk.context):
        said = await desk.page.evaluate("fetch('/healthz').then(() => 'reached', () => 'offline')")
    assert said == "offline"
    assert await desk.page.evaluate("fetch('/healthz').then(answer => answer.status)") == 200
    assert await desk.guard.complaints() == []
