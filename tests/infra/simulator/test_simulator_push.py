"""The push client: URL check, signature, encryption, forms of events, patience, mischief (wechat.md 3, 12.3)."""

import asyncio

import orjson
import pytest
from wechatpy.crypto import WeChatCrypto

from infra.simulator.push import encrypt, signature
from infra.simulator.templates import TEMPLATE_IDS
from tests.infra.simulator.simulated import APPID, PUSH_AES_KEY, PUSH_TOKEN

VECTOR = "734H5rOppjjhWnfkswouTF3Kr3sZ/f0OdQlGcjn23w6LivjjRBSs5gQ2hxWth5wI0+QcB7r+puRwtUcWp7e/Yw=="


def test_the_signatures_are_those_of_the_reference_vector():
    assert signature(PUSH_TOKEN, "1700000000", "n0nce") == "d00e9b49a0958a86ab4632423bdc585e3c3f0f34"
    assert signature(PUSH_TOKEN, "1700000000", "n0nce", VECTOR) == "fdf8311cb1f3295f14c9808d1baa7e41350975ae"


def test_the_encryption_is_that_of_the_reference_vector(monkeypatch):
    monkeypatch.setattr("os.urandom", lambda _: b"abcdefghijklmnop")
    assert encrypt(b'{"a":1}', PUSH_AES_KEY, APPID) == VECTOR


@pytest.mark.parametrize("length", [0, 1, 14, 31, 32, 33, 500])
def test_messages_of_any_length_can_be_decrypted(length):
    message = "字" * length
    form = {"Encrypt": encrypt(message.encode(), PUSH_AES_KEY, APPID)}
    signed = signature(PUSH_TOKEN, "1", "2", form["Encrypt"])
    assert WeChatCrypto(PUSH_TOKEN, PUSH_AES_KEY, APPID).decrypt_message(form, signed, "1", "2") == message


async def test_an_accepted_send_is_followed_by_its_event(start, receiver):
    sim = await start(push_url=receiver.url, send_returns_msgid=True)
    openid = await sim.person(credits=1)
    msgid = (await sim.send(openid))["msgid"]
    popup, sent = await sim.pushes()
    assert [popup["event"], sent["event"]] == ["subscribe_msg_popup_event", "subscribe_msg_sent_event"]
    assert receiver.pushes == [popup["message"], sent["message"]]
    assert popup["message"]["FromUserName"] == openid
    assert isinstance(popup["message"]["CreateTime"], int)
    assert popup["message"]["List"] == {
        "TemplateId": sim.template_id,
        "SubscribeStatusString": "accept",
        "PopupScene": "0",
    }
    assert sent["message"]["List"] == {
        "TemplateId": sim.template_id,
        "MsgID": str(msgid),
        "ErrorCode": "0",
        "ErrorStatus": "success",
    }
    assert set(orjson.loads(receiver.bodies[0])) == {"ToUserName", "Encrypt"}
    assert receiver.queries[0]["encrypt_type"] == "aes"
    assert receiver.queries[0]["openid"] == openid


async def test_a_refused_send_pushes_nothing(start, receiver):
    sim = await start(push_url=receiver.url)
    await sim.send(await sim.person())
    assert await sim.pushes() == []


async def test_several_templates_are_one_event_with_a_list(start, receiver):
    sim = await start(push_url=receiver.url)
    openid = await sim.person()
    first, second = TEMPLATE_IDS["queue_called"], TEMPLATE_IDS["queue_joined"]
    results = [{"template_id": first, "result": "accept"}, {"template_id": second, "result": "reject"}]
    await sim.call("POST", f"/_sim/users/{openid}/subscriptions", {"results": results})
    (push,) = await sim.pushes()
    assert [(one["TemplateId"], one["SubscribeStatusString"]) for one in push["message"]["List"]] == [
        (first, "accept"),
        (second, "reject"),
    ]


async def test_a_reject_in_the_menu_is_a_change_event(start, receiver):
    sim = await start(push_url=receiver.url)
    await sim.tap(await sim.person(), "reject", scene="menu")
    (push,) = await sim.pushes()
    assert push["event"] == "subscribe_msg_change_event"
    assert push["message"]["List"] == {"TemplateId": sim.template_id, "SubscribeStatusString": "reject"}


async def test_always_keep_gives_credits_without_events(start, receiver):
    for told, events in ((False, 1), (True, 2)):
        sim = await start(f"data-{told}", push_url=receiver.url, popup_event_when_always_keep=told)
        openid = await sim.person()
        await sim.tap(openid, always_keep=True)
        await sim.tap(openid)
        assert len(await sim.pushes(event="subscribe_msg_popup_event")) == events
        assert [(await sim.send(openid))["errcode"] for _ in range(3)] == [0, 0, 43101]


async def test_the_form_of_events_has_switches(start, receiver):
    sim = await start(
        push_url=receiver.url,
        json_event_nested=True,
        json_list_single_as_object=False,
        json_createtime_type="string",
        push_mode="plain",
    )
    await sim.tap(await sim.person())
    (push,) = await sim.pushes()
    (item,) = push["message"]["SubscribeMsgPopupEvent"]["List"]
    assert item["TemplateId"] == sim.template_id
    assert isinstance(push["message"]["CreateTime"], str)
    assert receiver.pushes == [push["message"]]
    assert "msg_signature" not in receiver.queries[0]


async def test_data_rights_are_events_about_an_openid(start, receiver):
    sim = await start(push_url=receiver.url)
    openid = await sim.person()
    await sim.call("POST", f"/_sim/users/{openid}/revocation", {"revoke_info": "8"})
    await sim.call("POST", f"/_sim/users/{openid}/closure", {})
    await sim.pushes()
    by_event = {push["Event"]: push for push in receiver.pushes}
    revoked = by_event["user_authorization_revoke"]
    assert (revoked["OpenID"], revoked["RevokeInfo"], revoked["AppID"]) == (openid, "8", APPID)
    assert by_event["user_authorization_cancellation"]["OpenID"] == openid
    assert revoked["FromUserName"] != openid


async def test_a_push_is_tried_three_times_with_the_same_body(start, receiver):
    sim = await start(push_url=receiver.url)
    receiver.answers = [500, "busy", "success"]
    await sim.tap(await sim.person())
    (push,) = await sim.pushes()
    assert [one["outcome"].split(":")[0] for one in push["tries"]] == ["answered 500", "answered 200", "success"]
    assert len(set(receiver.bodies)) == 1
    assert len({query["nonce"] for query in receiver.queries}) == 3


async def test_after_three_tries_a_push_is_given_up(start, receiver):
    sim = await start(push_url=receiver.url)
    receiver.answers = [500, 500, 500]
    await sim.tap(await sim.person())
    (push,) = await sim.pushes("failed")
    assert len(push["tries"]) == 3


async def test_an_empty_answer_is_enough(start, receiver):
    sim = await start(push_url=receiver.url)
    receiver.answers = [""]
    await sim.tap(await sim.person())
    assert len((await sim.pushes())[0]["tries"]) == 1


async def test_a_silent_server_is_left_after_the_timeout(start, receiver):
    sim = await start(push_url=receiver.url, push_timeout_ms=50, push_retries_total=1)
    receiver.answers = [None]
    await sim.tap(await sim.person())
    (push,) = await sim.pushes("failed")
    assert [(one["status"], one["outcome"]) for one in push["tries"]] == [(None, "timeout")]


async def test_nobody_at_the_address_is_a_failed_push(start):
    sim = await start(push_url="http://127.0.0.1:9/wechat/push")
    await sim.tap(await sim.person())
    assert len((await sim.pushes("failed"))[0]["tries"]) == 3


async def test_without_an_address_nothing_is_pushed(sim):
    await sim.tap(await sim.person())
    (push,) = await sim.pushes("unsent")
    assert push["tries"] == []


async def test_a_new_address_must_echo(start, receiver):
    sim = await start()
    receiver.echoes = False
    status, refused = await sim.ask("PUT", "/_sim/push", {"url": receiver.url})
    assert (status, refused["code"]) == (422, "echo_failed")
    assert (await sim.call("GET", "/_sim/health"))["push_url"] is None
    receiver.echoes = True
    assert (await sim.call("PUT", "/_sim/push", {"url": receiver.url}))["url"] == receiver.url
    await sim.tap(await sim.person())
    await sim.pushes()
    assert receiver.events == {"subscribe_msg_popup_event": 1}
    assert (await sim.ask("PUT", "/_sim/push", {"url": "http://127.0.0.1:9/"}))[0] == 422
    assert (await sim.call("GET", "/_sim/health"))["push_url"] == receiver.url


async def test_copies_come_with_the_same_body(start, receiver):
    sim = await start(push_url=receiver.url)
    await sim.call("PUT", "/_sim/push", {"copies": 3})
    await sim.tap(await sim.person())
    await sim.pushes()
    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == 1


async def test_order_can_be_lost(start, receiver):
    sim = await start(push_url=receiver.url)
    await sim.call("PUT", "/_sim/push", {"jitter_ms": 60})
    people = [await sim.person() for _ in range(12)]
    for openid in people:
        await sim.tap(openid)
    await sim.pushes()
    heard = [push["FromUserName"] for push in receiver.pushes]
    assert sorted(heard) == sorted(people)
    assert heard != people


@pytest.mark.parametrize(
    ("forge", "refusal"), [("signature", "InvalidSignatureException"), ("appid", "InvalidAppIdException")]
)
async def test_forged_pushes_are_recognised_by_wechatpy(start, receiver, forge, refusal):
    sim = await start(push_url=receiver.url)
    await sim.call("PUT", "/_sim/push", {"forge": forge})
    await sim.tap(await sim.person())
    await sim.pushes()
    assert receiver.events == {refusal: 1}


async def test_a_push_and_its_address_survive_a_restart(start, receiver):
    sim = await start(push_pause_ms=60_000)
    await sim.call("PUT", "/_sim/push", {"url": receiver.url})
    receiver.answers = [500]
    await sim.tap(await sim.person())
    async with asyncio.timeout(5):
        await receiver.heard.wait()
    await start.stop_all()
    sim = await start()
    (push,) = await sim.pushes()
    assert receiver.events == {"subscribe_msg_popup_event": 2}
    assert push["state"] == "delivered"
