"""Every way in which a call can go wrong, and that the ledger tells what really happened."""

import asyncio
import time

import aiohttp
import pytest

SEND = "/cgi-bin/message/subscribe/send"


async def lost(call):
    """Say whether the connection ended before a whole reply."""
    try:
        await call
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientOSError):
        return True
    return False


async def test_slow_takes_effect_and_answers_late(sim):
    openid = await sim.person(credits=1)
    await sim.fault("slow", delay_ms=300, count=1)
    began = time.monotonic()
    sending = asyncio.create_task(sim.send(openid))
    async with asyncio.timeout(5):
        while not await sim.messages(openid):
            assert not sending.done()
    assert (await sending)["errcode"] == 0
    assert time.monotonic() - began >= 0.3


async def test_a_client_that_does_not_wait_has_sent_all_the_same(sim):
    openid = await sim.person(credits=1)
    await sim.token()
    await sim.fault("slow", delay_ms=60_000)
    sending = asyncio.create_task(sim.send(openid))
    async with asyncio.timeout(5):
        while not await sim.calls(SEND):
            assert not sending.done()
    sending.cancel()
    assert len(await sim.messages(openid)) == 1
    (call,) = await sim.calls(SEND)
    assert (call["answer"]["errcode"], call["fault"]) == (0, "slow")


async def test_accept_then_drop_delivers_and_says_nothing(sim):
    openid = await sim.person(credits=2)
    await sim.token()
    await sim.fault("accept_then_drop", count=1)
    assert await lost(sim.send(openid))
    assert len(await sim.messages(openid)) == 1
    (call,) = await sim.calls(SEND)
    assert (call["status"], call["answer"]["errcode"], call["fault"]) == (None, 0, "accept_then_drop")
    assert (await sim.send(openid))["errcode"] == 0


async def test_drop_does_nothing_and_says_nothing(sim):
    openid = await sim.person(credits=1)
    await sim.token()
    await sim.fault("drop", count=1)
    assert await lost(sim.send(openid))
    assert await sim.messages(openid) == []
    (call,) = await sim.calls(SEND)
    assert (call["status"], call["answer"], call["fault"]) == (None, None, "drop")
    assert (await sim.send(openid))["errcode"] == 0


async def test_half_a_body_delivers_and_breaks_off(sim):
    openid = await sim.person(credits=1)
    query = {"access_token": await sim.token()}
    await sim.fault("half_body", count=1)
    form = {"touser": openid, "template_id": sim.template_id, "data": {}}
    assert await lost(sim.call("POST", SEND, form, **query))
    (call,) = await sim.calls(SEND)
    assert (call["status"], call["answer"]["errcode"], call["fault"]) == (None, 47003, "half_body")


async def test_half_a_body_says_200_and_how_long_it_would_be(sim):
    openid = await sim.person(credits=1)
    token = await sim.token()
    await sim.fault("half_body")
    form = {"touser": openid, "template_id": sim.template_id, "data": {}}
    async with sim.http.post(sim.base + SEND, json=form, params={"access_token": token}) as answer:
        assert answer.status == 200
        assert int(answer.headers["Content-Length"]) > 60
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_a_502_after_accept_has_delivered(sim):
    openid = await sim.person(credits=1)
    token = await sim.token()
    await sim.fault("http_5xx_after_accept", count=1)
    form = {"touser": openid, "template_id": sim.template_id}
    form["data"] = {"thing1": {"value": "内科"}, "character_string2": {"value": "1"}}
    form["data"] |= {"thing3": {"value": "1 诊室"}, "thing4": {"value": "请候诊"}}
    async with sim.http.post(sim.base + SEND, json=form, params={"access_token": token}) as answer:
        assert answer.status == 502
        assert answer.content_type == "text/html"
    assert len(await sim.messages(openid)) == 1
    (call,) = await sim.calls(SEND)
    assert (call["status"], call["answer"]["errcode"]) == (502, 0)


@pytest.mark.parametrize(
    ("mode", "errcode", "text"),
    [
        ("quota", 45009, "reach max api daily quota limit"),
        ("token_expired", 42001, "access_token expired"),
        ("system_busy", -1, "system error"),
    ],
)
async def test_a_refusing_fault_has_no_effect(sim, mode, errcode, text):
    openid = await sim.person(credits=1)
    await sim.fault(mode, count=2)
    answers = [await sim.send(openid) for _ in range(3)]
    assert [answer["errcode"] for answer in answers] == [errcode, errcode, 0]
    assert answers[0]["errmsg"].startswith(text + " rid: ")
    assert len(await sim.messages(openid)) == 1


async def test_any_errcode_can_be_asked_for_without_end(sim):
    openid = await sim.person(credits=1)
    await sim.fault("errcode", errcode=40001)
    assert [(await sim.send(openid))["errcode"] for _ in range(5)] == [40001] * 5
    assert (await sim.ask("DELETE", "/_sim/faults"))[0] == 204
    assert (await sim.send(openid))["errcode"] == 0


async def test_a_rate_strikes_some_calls(start):
    sim = await start(seed=7)
    await sim.fault("system_busy", path="/cgi-bin/getcallbackip", rate=0.5)
    token = await sim.token()
    got = [await sim.errcode("GET", "/cgi-bin/getcallbackip", access_token=token) for _ in range(40)]
    assert 8 <= got.count(-1) <= 32


async def test_a_fault_strikes_its_path_only_and_a_star_all_below(sim):
    await sim.fault("system_busy", path="/cgi-bin/*")
    await sim.fault("quota", path="/cgi-bin/token")
    assert await sim.errcode("GET", "/cgi-bin/token") == 45009
    assert await sim.errcode("GET", "/cgi-bin/getcallbackip") == -1
    assert await sim.errcode("GET", "/sns/jscode2session") == 41002


async def test_faults_are_listed_replaced_and_cleared(sim):
    await sim.fault("slow", delay_ms=10)
    await sim.fault("drop", count=3)
    shown = {"path": SEND, "mode": "drop", "rate": 1.0, "count": 3, "delay_ms": 0}
    assert (await sim.call("GET", "/_sim/faults"))["items"] == [shown]
    await sim.fault("ok")
    assert (await sim.call("GET", "/_sim/faults"))["items"] == []
    await sim.fault("drop")
    assert (await sim.ask("DELETE", "/_sim/faults"))[0] == 204
    assert (await sim.call("GET", "/_sim/faults"))["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"path": None},
        {"path": "x"},
        {"mode": "nonsense"},
        {"mode": []},
        {"rate": 2},
        {"rate": "1"},
        {"count": -1},
        {"count": 1.5},
        {"delay_ms": "1"},
        {"mode": "errcode"},
    ],
)
async def test_a_wrong_fault_is_refused(sim, change):
    status, problem = await sim.ask("PUT", "/_sim/faults", {"path": SEND, "mode": "drop"} | change)
    assert (status, problem["status"]) == (422, 422)
    assert (await sim.call("GET", "/_sim/faults"))["items"] == []
