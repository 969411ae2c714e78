"""Subscribe messages: credits, the order of checks, every errcode (wechat.md 2.1 to 2.5, 12.2)."""

import asyncio

import pytest

from infra.simulator.templates import TEMPLATE_IDS, TEMPLATES
from tests.infra.simulator.simulated import GOOD_DATA

SEND = "/cgi-bin/message/subscribe/send"


async def test_one_accepted_pop_up_is_one_message(sim):
    openid = await sim.person(credits=1)
    assert await sim.send(openid, page="pages/queue/show?id=7") == {"errcode": 0, "errmsg": "ok"}
    refused = await sim.send(openid)
    assert refused["errcode"] == 43101
    assert refused["errmsg"].startswith("user refuse to accept the msg rid: ")
    (message,) = await sim.messages(openid)
    assert message["title"] == "叫号提醒"
    assert message["template_id"] == sim.template_id
    assert message["data"] == GOOD_DATA
    assert message["page"] == "pages/queue/show?id=7"
    assert (message["miniprogram_state"], message["lang"]) == ("formal", "zh_CN")


async def test_credits_add_up_and_are_counted_per_template_and_person(sim):
    openid, other = await sim.person(credits=2), await sim.person()
    assert [(await sim.send(openid))["errcode"] for _ in range(3)] == [0, 0, 43101]
    assert (await sim.send(other))["errcode"] == 43101
    await sim.tap(openid)
    survey = {"thing1": {"value": "内科"}, "time2": {"value": "9:00"}, "thing3": {"value": "谢谢"}}
    assert (await sim.send(openid, template_id=TEMPLATE_IDS["survey_invitation"], data=survey))["errcode"] == 43101


async def test_every_template_can_be_sent(sim):
    values = {"thing": "请留意", "name": "张三", "time": "2026年1月5日 09:00", "date": "2026年1月5日"}
    values |= {"character_string": "A-1", "phrase": "处理中"}
    openid = await sim.person()
    for key, template in TEMPLATES.items():
        await sim.tap(openid, template_id=TEMPLATE_IDS[key])
        data = {field.key: {"value": values[field.key.rstrip("0123456789")]} for field in template.fields}
        assert (await sim.send(openid, template_id=TEMPLATE_IDS[key], data=data))["errcode"] == 0, key
    assert len(await sim.messages(openid)) == len(TEMPLATES)


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"touser": "nobody"}, 40003),
        ({"touser": ""}, 40003),
        ({"touser": None}, 40003),
        ({"touser": ["o"]}, 40003),
        ({"template_id": "wrong"}, 40037),
        ({"template_id": 5}, 40037),
        ({"page": "/pages/index"}, 41030),
        ({"page": "https://example.com"}, 41030),
        ({"page": 5}, 47001),
        ({"miniprogram_state": "beta"}, 40097),
        ({"lang": {}}, 40097),
        ({"data": None}, 47003),
        ({"data": GOOD_DATA | {"thing4": {"value": "访问赌博网站"}}}, 45168),
    ],
)
async def test_a_wrong_field_is_refused_and_costs_nothing(sim, change, errcode):
    openid = await sim.person(credits=1)
    assert (await sim.send(openid, **change))["errcode"] == errcode
    assert (await sim.send(openid))["errcode"] == 0


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({**GOOD_DATA, "thing3": {"value": ""}}, "argument invalid! data.thing3.value is empty"),
        ({"thing1.DATA": {"value": "内科"}}, "argument invalid! data.thing1.value is empty"),
        ({**GOOD_DATA, "thing1": "内科"}, "argument invalid! data.thing1.value is empty"),
        ({**GOOD_DATA, "thing3": {"value": "字" * 21}}, "argument invalid! data.thing3.value invalid"),
        (
            {**GOOD_DATA, "character_string2": {"value": "12号"}},
            "argument invalid! data.character_string2.value invalid",
        ),
        ({**GOOD_DATA, "character_string2": {"value": 12}}, "argument invalid! data.character_string2.value invalid"),
        ('{"thing1": {"value": "内科"}}', "argument invalid! data.thing1.value i"),
    ],
)
async def test_a_bad_value_is_named(sim, data, text):
    openid = await sim.person(credits=1)
    refused = await sim.send(openid, data=data)
    assert refused["errcode"] == 47003
    assert refused["errmsg"].partition(" rid: ")[0] == text


async def test_the_first_bad_field_in_the_order_of_the_template_is_named(sim):
    openid = await sim.person(credits=1)
    refused = await sim.send(openid, data={"thing4": {"value": ""}, "thing1": {"value": "内科"}})
    assert "data.character_string2.value" in refused["errmsg"]


async def test_a_body_that_is_not_json_is_refused(sim):
    token = await sim.token()
    for body, errcode in ((b"", 44002), (b"{", 47001), (b"[]", 47001), (b'{"touser": "\\ud800"}', 47001)):
        assert await sim.errcode("POST", SEND, body, access_token=token) == errcode
    assert await sim.errcode("GET", SEND, access_token=token) == 43002


async def test_the_token_is_looked_at_before_anything_else(sim):
    assert await sim.errcode("POST", SEND, b"{") == 41001
    assert await sim.errcode("POST", SEND, b"{", access_token="x" * 100) == 40001


async def test_a_banned_template_is_refused_until_the_ban_is_lifted(sim):
    openid = await sim.person(credits=1)
    await sim.call("PATCH", f"/_sim/templates/{sim.template_id}", {"banned": True})
    assert (await sim.send(openid))["errcode"] == 43107
    await sim.call("PATCH", f"/_sim/templates/{sim.template_id}", {"banned": False})
    assert (await sim.send(openid))["errcode"] == 0


async def test_two_sends_at_once_to_one_person_collide(start):
    sim = await start(send_takes_ms=400)
    openid, other = await sim.person(credits=3), await sim.person(credits=1)
    await sim.token()
    answers = await asyncio.gather(sim.send(openid), sim.send(openid), sim.send(other))
    assert sorted(answer["errcode"] for answer in answers) == [0, 0, 43108]
    assert answers[2]["errcode"] == 0
    assert (await sim.send(openid))["errcode"] == 0
    assert len(await sim.messages(openid)) == 2


async def test_the_main_switch_refuses_in_spite_of_credits(sim):
    openid = await sim.person(credits=1)
    await sim.call("PATCH", f"/_sim/users/{openid}", {"main_switch": False})
    assert (await sim.send(openid))["errcode"] == 43101
    await sim.call("PATCH", f"/_sim/users/{openid}", {"main_switch": True})
    assert (await sim.send(openid))["errcode"] == 0


async def test_a_reject_in_the_pop_up_keeps_credits_and_one_in_the_menu_takes_them(sim):
    openid = await sim.person(credits=2)
    await sim.tap(openid, "reject")
    assert (await sim.send(openid))["errcode"] == 0
    await sim.tap(openid, "reject", scene="menu")
    assert (await sim.send(openid))["errcode"] == 43101
    await sim.tap(openid)
    assert (await sim.send(openid))["errcode"] == 0


async def test_a_closed_account_is_nobodys_openid(sim):
    openid = await sim.person(credits=1)
    await sim.call("POST", f"/_sim/users/{openid}/closure", {})
    assert (await sim.send(openid))["errcode"] == 40003


async def test_the_order_of_data_and_consent_is_a_switch(start):
    for first, errcode in ((True, 47003), (False, 43101)):
        sim = await start(f"data-{first}", data_before_consent=first)
        assert (await sim.send(await sim.person(), data={}))["errcode"] == errcode


async def test_the_msgid_is_a_switch(start):
    sim = await start(send_returns_msgid=True)
    openid = await sim.person(credits=1)
    answer = await sim.send(openid)
    assert isinstance(answer["msgid"], int)
    assert (await sim.messages(openid))[0]["msgid"] == str(answer["msgid"])


async def test_the_older_misspelling_is_a_switch(start):
    sim = await start(empty_value_text="is emtpy")
    assert "data.thing1.value is emtpy" in (await sim.send(await sim.person(), data={}))["errmsg"]


async def test_pages_can_be_a_list_or_not_looked_at(start):
    listed = await start("listed", released_pages=("pages/home",))
    openid = await listed.person(credits=2)
    assert (await listed.send(openid, page="pages/other"))["errcode"] == 41030
    assert (await listed.send(openid, page="pages/home?a=1"))["errcode"] == 0
    unchecked = await start("unchecked", check_page_on_send=False)
    assert (await unchecked.send(await unchecked.person(credits=1), page="/x"))["errcode"] == 0


async def test_the_account_lists_its_templates(sim):
    listed = (await sim.call("GET", "/wxaapi/newtmpl/gettemplate", access_token=await sim.token()))["data"]
    called = next(one for one in listed if one["priTmplId"] == sim.template_id)
    assert called["title"] == "叫号提醒"
    assert called["type"] == 2
    assert called["content"].startswith("就诊科室:{{thing1.DATA}}\n排队号:{{character_string2.DATA}}\n")


async def test_the_pop_up_answers_as_the_phone_would(sim):
    openid = await sim.person()
    assert await sim.tap(openid) == {"errMsg": "requestSubscribeMessage:ok", sim.template_id: "accept"}
    several = [{"template_id": one, "result": "accept"} for one in list(TEMPLATE_IDS.values())[:6]]
    path = f"/_sim/users/{openid}/subscriptions"
    assert (await sim.ask("POST", path, {"results": several}))[1]["errCode"] == 20003
    assert (await sim.ask("POST", path, {"results": []}))[1]["errCode"] == 10001
    assert (await sim.ask("POST", path, {"template_id": "x", "result": "accept"}))[1]["errCode"] == 20001
    await sim.call("PATCH", f"/_sim/users/{openid}", {"main_switch": False})
    status, failed = await sim.ask("POST", path, {"template_id": sim.template_id, "result": "accept"})
    assert (status, failed["errCode"], failed["code"]) == (409, 20004, "popup_failed")
