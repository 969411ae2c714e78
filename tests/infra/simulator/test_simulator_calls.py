"""The other calls: content check, codes, robots, quotas, the retired one; and the ledger's way to tell them."""

import pytest

from infra.simulator.content import TEXT_CHARACTERS

CHECK = "/wxa/msg_sec_check"
CODE = "/wxa/getwxacodeunlimit"
ROBOT = "/cgi-bin/webhook/send"
QUOTA = "/cgi-bin/openapi/quota/get"


async def check(sim, openid, /, **change):
    form = {"content": "等候时间太长", "version": 2, "scene": 2, "openid": openid} | change
    return await sim.call("POST", CHECK, form, access_token=await sim.token())


async def visitor(sim):
    openid = await sim.person()
    await sim.call("POST", f"/_sim/users/{openid}/login")
    return openid


@pytest.mark.parametrize(
    ("text", "suggest"), [("等候时间太长", "pass"), ("这是疑似违规的话", "review"), ("访问赌博网站", "risky")]
)
async def test_a_text_is_judged(sim, text, suggest):
    judged = await check(sim, await visitor(sim), content=text)
    assert judged["errcode"] == 0
    assert judged["result"]["suggest"] == suggest
    assert judged["detail"]
    assert judged["trace_id"]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"version": None}, 40097),
        ({"content": ""}, 40097),
        ({"scene": 9}, 40129),
        ({"content": "字" * (TEXT_CHARACTERS + 1)}, 45002),
        ({"openid": "nobody"}, 40003),
    ],
)
async def test_a_wrong_content_check_is_refused(sim, change, errcode):
    assert (await check(sim, await visitor(sim), **change))["errcode"] == errcode


async def test_the_author_must_have_visited_within_two_hours(sim):
    openid = await visitor(sim)
    await sim.forward(7180)
    assert (await check(sim, openid))["errcode"] == 0
    await sim.forward(21)
    sim._token = None
    assert (await check(sim, openid))["errcode"] == 61010


async def picture(sim, **form):
    url, query = sim.base + CODE, {"access_token": await sim.token()}
    async with sim.http.post(url, json={"scene": "desk=7"} | form, params=query) as answer:
        return answer.content_type, await answer.read()


async def test_a_code_is_a_picture(sim):
    kind, png = await picture(sim, page="pages/arrival/index", width=280)
    assert kind == "image/png"
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(png[16:20], "big")
    assert 200 <= width <= 280
    (call,) = await sim.calls(CODE)
    assert call["answer"] == {"png_bytes": len(png)}


@pytest.mark.parametrize(
    ("form", "errcode"),
    [
        ({"scene": ""}, 40129),
        ({"scene": "中文"}, 40129),
        ({"scene": "a%20b"}, 40129),
        ({"scene": "x" * 33}, 40169),
        ({"scene": "scancode_time=1"}, 85096),
        ({"page": "/pages/a"}, 41030),
        ({"page": "pages/a?b=1"}, 41030),
        ({"page": 5}, 41030),
        ({"env_version": "beta"}, 40097),
        ({"width": 100}, 40097),
        ({"width": "430"}, 40097),
    ],
)
async def test_a_wrong_code_is_refused_in_json(sim, form, errcode):
    kind, body = await picture(sim, **form)
    assert kind == "application/json"
    assert f'"errcode":{errcode}'.encode() in body


async def test_pages_of_codes_are_checked_against_the_released_ones_unless_told_not_to(start):
    sim = await start(released_pages=("pages/home",))
    assert b"41030" in (await picture(sim, page="pages/new"))[1]
    assert (await picture(sim, page="pages/new", check_path=False))[0] == "image/png"
    query = {"access_token": await sim.token()}
    assert await sim.errcode("POST", CODE, b"scene=1", **query) == 40169
    assert await sim.errcode("POST", CODE, b"", **query) == 44002


async def say(sim, key="sim-robot", **form):
    form = form or {"msgtype": "text", "text": {"content": "新的投诉"}}
    return await sim.call("POST", ROBOT, form, key=key)


async def test_a_robot_says_text_and_markdown(sim):
    assert await say(sim) == {"errcode": 0, "errmsg": "ok"}
    await say(sim, msgtype="markdown", markdown={"content": "**新的投诉**"})
    items = (await sim.call("GET", "/_sim/robots/sim-robot/messages"))["items"]
    assert [(one["msgtype"], one["content"]) for one in items] == [("text", "新的投诉"), ("markdown", "**新的投诉**")]
    assert (await sim.ask("GET", "/_sim/robots/unknown/messages"))[0] == 404


async def test_the_twenty_first_message_of_a_minute_is_too_many_for_a_robot(start):
    sim = await start(robot_keys=("one", "two"))
    assert [(await say(sim, "one"))["errcode"] for _ in range(20)] == [0] * 20
    refused = await say(sim, "one")
    assert refused["errcode"] == 45009
    assert refused["errmsg"].startswith("api freq out of limit, hint: [")
    assert (await say(sim, "two"))["errcode"] == 0
    await sim.forward(61)
    assert (await say(sim, "one"))["errcode"] == 0


@pytest.mark.parametrize(
    ("key", "form", "errcode"),
    [
        ("wrong", {"msgtype": "text", "text": {"content": "x"}}, 93000),
        ("sim-robot", {"msgtype": "voice"}, 40008),
        ("sim-robot", {"text": {"content": "x"}}, 40008),
        ("sim-robot", {"msgtype": "text", "text": {"content": ""}}, 40058),
        ("sim-robot", {"msgtype": "text", "text": "x"}, 40058),
        ("sim-robot", {"msgtype": "text", "text": {"content": "字" * 682 + "abc"}}, 40058),
        ("sim-robot", {"msgtype": "markdown", "markdown": {"content": "字" * 1366}}, 40058),
    ],
)
async def test_a_wrong_robot_message_is_refused(sim, key, form, errcode):
    assert (await say(sim, key, **form))["errcode"] == errcode
    assert (await sim.call("GET", "/_sim/robots/sim-robot/messages"))["items"] == []


async def test_a_robot_message_may_fill_its_bytes(sim):
    assert (await say(sim, msgtype="text", text={"content": "字" * 682 + "ab"}))["errcode"] == 0
    assert (await say(sim, msgtype="markdown", markdown={"content": "字" * 1365 + "a"}))["errcode"] == 0


async def test_a_daily_quota_ends_and_the_next_day_begins_anew(sim):
    await sim.call("PUT", "/_sim/quotas", {"path": "/cgi-bin/getcallbackip", "daily_limit": 2})
    query = {"access_token": await sim.token()}
    assert [await sim.errcode("GET", "/cgi-bin/getcallbackip", **query) for _ in range(3)] == [0, 0, 45009]
    shown = await sim.call("POST", QUOTA, {"cgi_path": "/cgi-bin/getcallbackip"}, **query)
    assert shown["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}
    await sim.forward(86_400)
    fresh = (await sim.stable_token())["access_token"]
    assert await sim.errcode("GET", "/cgi-bin/getcallbackip", access_token=fresh) == 0


@pytest.mark.parametrize(("path", "errcode"), [("/cgi-bin/getcallbackip", 45011), (CHECK, 44991), (CODE, 45009)])
async def test_a_minute_quota_has_the_errcode_of_its_call(sim, path, errcode):
    await sim.call("PUT", "/_sim/quotas", {"path": path, "minute_limit": 0})
    method = "GET" if path.endswith("ip") else "POST"
    assert await sim.errcode(method, path, {}, access_token=await sim.token()) == errcode
    await sim.call("PUT", "/_sim/quotas", {"path": path, "minute_limit": None})
    assert await sim.errcode(method, path, {}, access_token=await sim.token()) != errcode


@pytest.mark.parametrize(("path", "errcode"), [("/nowhere", 76021), (None, 76021), ("/sns/jscode2session", 76022)])
async def test_the_quota_of_some_paths_cannot_be_asked(sim, path, errcode):
    assert await sim.errcode("POST", QUOTA, {"cgi_path": path}, access_token=await sim.token()) == errcode


async def test_the_uniform_message_is_retired(sim):
    path = "/cgi-bin/message/wxopen/template/uniform_send"
    assert await sim.errcode("POST", path, {}, access_token=await sim.token()) == 45109


async def test_the_platforms_own_addresses_are_told(sim):
    told = await sim.call("GET", "/cgi-bin/getcallbackip", access_token=await sim.token())
    assert told == {"ip_list": ["127.0.0.1"]}


async def test_an_unknown_path_is_not_found_and_recorded(sim):
    status, answer = await sim.ask("POST", "/cgi-bin/nothing", {"a": 1})
    assert (status, answer["errcode"]) == (404, 40066)
    (call,) = await sim.calls("/cgi-bin/nothing")
    assert (call["method"], call["body"], call["status"]) == ("POST", {"a": 1}, 404)


async def test_a_huge_body_is_refused_and_recorded(sim):
    assert (await sim.ask("POST", CHECK, b"x" * 1_100_000))[0] == 413
    (call,) = await sim.calls(CHECK)
    assert call["status"] == 413


async def test_the_ledger_shows_no_secret(sim):
    token = await sim.token()
    await sim.call("GET", "/cgi-bin/token", appid="wx0000000000000001", secret="sim-secret", grant_type="x")
    await sim.call("GET", "/cgi-bin/getcallbackip", access_token=token)
    await say(sim, "wrong-robot")
    await sim.ask("POST", "/cgi-bin/stable_token", b'{"secret": "sim-secret"')
    async with sim.http.get(sim.base + "/_sim/calls") as answer:
        text = await answer.text()
    assert token not in text
    assert "sim-secret" not in text
    assert "wrong-robot" not in text
    assert '"secret":"***"' in text


async def test_calls_can_be_read_in_parts(sim):
    for number in range(5):
        await sim.errcode("GET", "/cgi-bin/getcallbackip", number=number)
    latest = await sim.call("GET", "/_sim/calls", path="/cgi-bin/getcallbackip", limit=2)
    assert [call["query"]["number"] for call in latest["items"]] == ["3", "4"]
    assert (latest["next"], latest["total"]) == (None, 5)
    read, after = [], 0
    while after is not None:
        part = await sim.call("GET", "/_sim/calls", limit=2, after=after)
        read += [call["query"]["number"] for call in part["items"]]
        after = part["next"]
    assert read == ["0", "1", "2", "3", "4"]
    assert (await sim.ask("GET", "/_sim/calls", limit="x"))[0] == 422
