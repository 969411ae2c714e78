"""Login codes, session keys and phone numbers (wechat.md 1.3 to 1.5)."""

import hashlib
import hmac

import pytest

from tests.infra.simulator.simulated import APPID, SECRET

LOGIN = "/sns/jscode2session"
PHONE = "/wxa/business/getuserphonenumber"
SESSION = "/wxa/checksession"
APP = {"appid": APPID, "secret": SECRET, "grant_type": "authorization_code"}


async def code_of(sim, openid, kind="login"):
    return (await sim.call("POST", f"/_sim/users/{openid}/{kind}"))["code"]


async def log_in(sim, code, **change):
    return await sim.call("GET", LOGIN, **(APP | {"js_code": code} | change))


async def test_a_code_tells_who_it_is_and_works_once(sim):
    openid = await sim.person()
    code = await code_of(sim, openid)
    first = await log_in(sim, code)
    assert first["openid"] == openid
    assert set(first) == {"openid", "session_key", "unionid"}
    assert (await log_in(sim, code))["errcode"] == 40163


async def test_the_code_that_came_with_a_new_phone_works_as_well(sim):
    made = await sim.call("POST", "/_sim/users", {"openid": "o-known"})
    assert (await log_in(sim, made["code"]))["openid"] == "o-known"


async def test_a_used_code_may_also_be_an_invalid_one(start):
    sim = await start(used_code_errcode=40029)
    code = await code_of(sim, await sim.person())
    await log_in(sim, code)
    assert (await log_in(sim, code))["errcode"] == 40029


async def test_a_code_lives_five_minutes(sim):
    openid = await sim.person()
    young, old = await code_of(sim, openid), await code_of(sim, openid)
    await sim.forward(285)
    assert "openid" in await log_in(sim, young)
    await sim.forward(16)
    assert (await log_in(sim, old))["errcode"] == 40029


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"js_code": "of-another-app"}, 40029),
        ({"js_code": ""}, 41008),
        ({"grant_type": "x"}, 40002),
        ({"appid": "wxother"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "wrong"}, 40125),
        ({"secret": ""}, 41004),
    ],
)
async def test_a_wrong_login_is_refused(sim, change, errcode):
    code = await code_of(sim, await sim.person())
    assert (await log_in(sim, code, **change))["errcode"] == errcode


async def test_a_blocked_user_and_a_closed_account_cannot_log_in(sim):
    openid = await sim.person()
    await sim.call("PATCH", f"/_sim/users/{openid}", {"blocked": True})
    assert (await log_in(sim, await code_of(sim, openid)))["errcode"] == 40226
    await sim.call("PATCH", f"/_sim/users/{openid}", {"blocked": False})
    code = await code_of(sim, openid)
    await sim.call("POST", f"/_sim/users/{openid}/closure", {})
    assert (await log_in(sim, code))["errcode"] == 40029


async def test_logins_can_be_limited_per_user_and_minute(start):
    sim = await start(jscode2session_limit=2)
    openid = await sim.person()
    codes = [await code_of(sim, openid) for _ in range(3)]
    answers = [await log_in(sim, code) for code in codes]
    assert [answer.get("errcode", 0) for answer in answers] == [0, 0, 45011]


async def test_the_session_key_is_checked_by_its_signature(sim):
    openid = await sim.person()
    key = (await log_in(sim, await code_of(sim, openid)))["session_key"]
    signed = hmac.new(key.encode(), b"", hashlib.sha256).hexdigest()
    query = {"access_token": await sim.token(), "openid": openid, "signature": signed, "sig_method": "hmac_sha256"}
    assert await sim.errcode("GET", SESSION, **query) == 0
    assert await sim.errcode("GET", SESSION, **(query | {"signature": "0" * 64})) == 87009
    assert await sim.errcode("GET", SESSION, **(query | {"signature": "é"})) == 87009
    assert await sim.errcode("GET", SESSION, **(query | {"sig_method": "md5"})) == 87008
    assert await sim.errcode("GET", SESSION, **(query | {"openid": "nobody"})) == 40003
    await code_of(sim, openid)  # the next wx.login replaces the key
    assert await sim.errcode("GET", SESSION, **query) == 87009


async def test_a_phone_code_gives_the_number_once(sim):
    openid = await sim.person()
    code = await code_of(sim, openid, "phone-code")
    got = await sim.call("POST", PHONE, {"code": code, "openid": openid}, access_token=await sim.token())
    info = got["phone_info"]
    assert info["phoneNumber"] == info["purePhoneNumber"]
    assert len(info["phoneNumber"]) == 11
    assert info["countryCode"] == "86"
    assert info["watermark"]["appid"] == APPID
    assert await sim.errcode("POST", PHONE, {"code": code}, access_token=await sim.token()) == 40029


async def test_a_phone_code_is_no_login_code_and_nobody_elses(sim):
    openid, other = await sim.person(), await sim.person()
    token = await sim.token()
    phone_code = await code_of(sim, openid, "phone-code")
    assert (await log_in(sim, phone_code))["errcode"] == 40029
    assert await sim.errcode("POST", PHONE, {"code": await code_of(sim, openid)}, access_token=token) == 40029
    assert await sim.errcode("POST", PHONE, {"code": phone_code, "openid": other}, access_token=token) == 40029
    assert await sim.errcode("POST", PHONE, {"code": 7}, access_token=token) == 40029
    await sim.forward(301)
    assert await sim.errcode("POST", PHONE, {"code": phone_code}, access_token=token) == 40029
