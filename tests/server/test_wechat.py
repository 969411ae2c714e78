"""The platform over HTTP: one token for many calls, refreshed within bounds, and four kinds of outcome."""

import asyncio

import pytest

from server.runtime import runtime
from server.wechat import Composer, Wechat, WechatRefused, WechatUnknown, WechatUnreachable
from tests.cast import a_patient_with_a_phone

FIELDS = {
    "thing1": "心血管内科",
    "name2": "张小三",
    "time3": "2026-11-24 09:00",
    "character_string4": "1",
    "thing5": "请提前到院",
}


@pytest.fixture
def wechat(hospital) -> Wechat:
    return Wechat(hospital.settings.wechat, runtime().http)


async def fault(hospital, path: str, mode: str, **more) -> None:
    body = {"path": path, "mode": mode, **more}
    async with hospital.http.put(hospital.simulator + "/_sim/faults", json=body) as reply:
        assert reply.status < 300, await reply.text()


async def calls(hospital, path: str) -> int:
    async with hospital.http.get(f"{hospital.simulator}/_sim/calls?path={path}&limit=1000") as reply:
        return len((await reply.json())["items"])


def send(wechat: Wechat, openid: str, key: str = "appointment_booked"):
    return wechat.send_subscribe_message(openid, wechat.template_ids[key], FIELDS, page="pages/index")


def test_wechatpy_composes_what_the_platform_asks():
    call = Composer("wx1", "secret").wxa.send_subscribe_message("openid", "template", {"thing1": {"value": "甲"}})
    assert (call.method, call.path) == ("POST", "/cgi-bin/message/subscribe/send")
    assert b'"touser":"openid"' in call.body
    login = Composer("wx1", "secret").wxa.code_to_session("code")
    assert (login.path, login.params["js_code"], "access_token" in login.params) == (
        "/sns/jscode2session",
        "code",
        False,
    )


async def test_many_calls_at_once_fetch_one_token(hospital, wechat):
    people = [await a_patient_with_a_phone(hospital, phone=f"1380013800{n}") for n in range(8)]
    for person in people:
        await person.accepts("appointment_booked")
    before = await calls(hospital, "/cgi-bin/stable_token")
    await asyncio.gather(*(send(wechat, person.openid) for person in people))
    assert await calls(hospital, "/cgi-bin/stable_token") == before + 1
    assert [len(await person.phone_shows()) for person in people] == [1] * 8


async def test_a_refused_token_is_refreshed_once(hospital, wechat):
    person = await a_patient_with_a_phone(hospital)
    await person.accepts("appointment_booked")
    await fault(hospital, "/cgi-bin/message/subscribe/send", "token_expired", count=1)
    await send(wechat, person.openid)
    assert len(await person.phone_shows()) == 1


async def test_a_token_that_is_refused_for_ever_ends_after_two_calls(hospital, wechat):
    person = await a_patient_with_a_phone(hospital)
    await fault(hospital, "/cgi-bin/message/subscribe/send", "token_expired")
    before = await calls(hospital, "/cgi-bin/message/subscribe/send")
    with pytest.raises(WechatRefused) as caught:
        await send(wechat, person.openid)
    assert caught.value.errcode == 42001
    assert await calls(hospital, "/cgi-bin/message/subscribe/send") == before + 2


async def test_a_message_without_consent_is_refused_with_its_code(hospital, wechat):
    person = await a_patient_with_a_phone(hospital)
    with pytest.raises(WechatRefused) as caught:
        await send(wechat, person.openid)
    assert caught.value.errcode == 43101


@pytest.mark.parametrize("mode", ["accept_then_drop", "drop", "half_body", "http_5xx_after_accept"])
async def test_an_answer_that_is_lost_is_unknown(hospital, wechat, mode):
    person = await a_patient_with_a_phone(hospital)
    await person.accepts("appointment_booked")
    await fault(hospital, "/cgi-bin/message/subscribe/send", mode, count=1)
    with pytest.raises(WechatUnknown):
        await send(wechat, person.openid)


async def test_an_answer_that_comes_too_late_is_unknown(hospital, wechat):
    person = await a_patient_with_a_phone(hospital)
    await person.accepts("appointment_booked")
    await fault(hospital, "/cgi-bin/message/subscribe/send", "slow", delay_ms=2500, count=1)
    with pytest.raises(WechatUnknown):
        await send(wechat, person.openid)


async def test_a_platform_that_is_not_there_took_nothing(hospital):
    from dataclasses import replace

    nowhere = replace(hospital.settings.wechat, base_url="http://127.0.0.1:9")
    with pytest.raises(WechatUnreachable):
        await send(Wechat(nowhere, runtime().http), "openid")


async def test_a_token_that_cannot_be_fetched_means_that_nothing_was_sent(hospital, wechat):
    await fault(hospital, "/cgi-bin/stable_token", "drop", count=1)
    with pytest.raises(WechatUnreachable):
        await send(wechat, "openid")
