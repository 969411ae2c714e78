"""Two families of tokens, their lives, grace times and forced refreshes (wechat.md 1.1, 1.2)."""

import asyncio
from datetime import datetime

import pytest

from tests.infra.simulator.simulated import APPID, SECRET

CHECKED = "/cgi-bin/getcallbackip"
STABLE = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}


async def plain_token(sim):
    return (await sim.call("GET", "/cgi-bin/token", **STABLE))["access_token"]


async def errcode_with(sim, token):
    return await sim.errcode("GET", CHECKED, access_token=token)


async def test_the_stable_token_stays_the_same_and_says_what_is_left(sim):
    first = await sim.stable_token()
    assert first["expires_in"] == 7200
    assert "errcode" not in first
    await sim.forward(1000)
    second = await sim.stable_token()
    assert second["access_token"] == first["access_token"]
    assert 6190 <= second["expires_in"] <= 6200


async def test_two_cold_workers_get_the_same_stable_token(sim):
    both = await asyncio.gather(sim.stable_token(), sim.stable_token())
    assert both[0]["access_token"] == both[1]["access_token"]


async def test_in_the_last_five_minutes_a_new_stable_token_comes_and_both_work_for_five_minutes(sim):
    old = (await sim.stable_token())["access_token"]
    await sim.forward(7200 - 290)
    new = (await sim.stable_token())["access_token"]
    assert new != old
    await sim.forward(285)
    assert (await errcode_with(sim, old), await errcode_with(sim, new)) == (0, 0)
    await sim.forward(16)
    assert (await errcode_with(sim, old), await errcode_with(sim, new)) == (40001, 0)


async def test_a_token_that_nobody_renewed_expires_with_42001(sim):
    token = await sim.token()
    assert await errcode_with(sim, token) == 0
    await sim.forward(7201)
    assert await errcode_with(sim, token) == 42001


async def test_a_new_plain_token_leaves_the_old_one_five_minutes(sim):
    old = await plain_token(sim)
    new = await plain_token(sim)
    assert old != new
    assert await errcode_with(sim, old) == 0
    await sim.forward(301)
    assert (await errcode_with(sim, old), await errcode_with(sim, new)) == (40001, 0)


async def test_the_families_do_not_disturb_each_other(sim):
    stable, plain = await sim.token(), await plain_token(sim)
    await sim.stable_token(force_refresh=True)
    await sim.forward(1)
    assert (await errcode_with(sim, stable), await errcode_with(sim, plain)) == (40001, 0)


async def test_a_forced_refresh_needs_thirty_seconds_after_the_last_one(sim):
    first = (await sim.stable_token(force_refresh=True))["access_token"]
    assert (await sim.stable_token(force_refresh=True))["access_token"] == first
    await sim.forward(31)
    second = (await sim.stable_token(force_refresh=True))["access_token"]
    assert second != first
    assert await errcode_with(sim, first) == 40001


async def test_the_twenty_first_forced_refresh_of_a_day_is_refused(sim):
    # begin early in a Chinese day, so that all twenty fall into it
    now = (await sim.call("GET", "/_sim/health"))["now"]
    hours, minutes = int(now[11:13]), int(now[14:16])
    await sim.forward(86_400 - hours * 3600 - minutes * 60)
    for _ in range(20):
        assert "access_token" in await sim.stable_token(force_refresh=True)
        await sim.forward(31)
    assert (await sim.stable_token(force_refresh=True))["errcode"] == 45009
    assert "access_token" in await sim.stable_token()
    await sim.forward(86_400)
    assert "access_token" in await sim.stable_token(force_refresh=True)


async def test_all_tokens_can_be_expired_at_once(sim):
    stable, plain = await sim.token(), await plain_token(sim)
    assert (await sim.call("POST", "/_sim/tokens/expire"))["expired"] == 2
    assert (await errcode_with(sim, stable), await errcode_with(sim, plain)) == (42001, 42001)
    fresh = (await sim.stable_token())["access_token"]
    assert fresh != stable
    assert await errcode_with(sim, fresh) == 0


@pytest.mark.parametrize(
    ("token", "errcode"), [(None, 41001), ("", 41001), ("short", 40014), ("x" * 600, 40014), ("x" * 136, 40001)]
)
async def test_a_bad_token_is_refused(sim, token, errcode):
    query = {} if token is None else {"access_token": token}
    assert await sim.errcode("GET", CHECKED, **query) == errcode


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wxother"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
    ],
)
async def test_a_wrong_app_gets_no_token(sim, change, errcode):
    assert await sim.errcode("GET", "/cgi-bin/token", **(STABLE | change)) == errcode
    assert await sim.errcode("POST", "/cgi-bin/stable_token", STABLE | change) == errcode


async def test_the_stable_token_is_posted_as_json(sim):
    assert await sim.errcode("GET", "/cgi-bin/stable_token", **STABLE) == 43002
    assert await sim.errcode("POST", "/cgi-bin/token", **STABLE) == 43001
    assert await sim.errcode("POST", "/cgi-bin/stable_token") == 44002
    assert await sim.errcode("POST", "/cgi-bin/stable_token", b"grant_type=client_credential") == 47001
    assert await sim.errcode("POST", "/cgi-bin/stable_token", []) == 47001


async def test_a_refusal_ends_with_a_rid_that_begins_with_the_moment(sim):
    now = datetime.fromisoformat((await sim.call("GET", "/_sim/health"))["now"])
    refused = await sim.call("GET", CHECKED)
    text, _, rid = refused["errmsg"].partition(" rid: ")
    assert text == "access_token missing"
    moment, *rest = rid.split("-")
    assert [len(part) for part in rest] == [8, 8]
    assert 0 <= int(moment, 16) - int(now.timestamp()) <= 5
