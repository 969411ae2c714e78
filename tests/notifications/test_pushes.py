"""What the platform pushes: only when it is signed, once, in every form in which it may come."""

import hashlib
import time as wall

import orjson
import pytest

from infra.simulator.push import encrypt
from server import db
from tests import props
from tests.notifications.telling import a_phone, booked, happens, states, until


def signed(settings, body: str = "", *, at: float | None = None) -> dict[str, str]:
    timestamp, nonce = str(int(wall.time() if at is None else at)), "n0nce"

    def sign(*parts):
        return hashlib.sha1("".join(sorted([str(settings.push_token), timestamp, nonce, *parts])).encode()).hexdigest()

    return {"timestamp": timestamp, "nonce": nonce, "signature": sign(), "msg_signature": sign(body)}


async def push(site, said: bytes | dict, *, as_xml: bool = False, at: float | None = None, **query: str):
    """Push like the platform; give status and text."""
    settings = site.settings.wechat
    message = said if isinstance(said, bytes) else orjson.dumps(said)
    cipher = encrypt(message, str(settings.push_aes_key), settings.app_id)
    envelope = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{cipher}]]></Encrypt></xml>"
    body = envelope.encode() if as_xml else orjson.dumps({"ToUserName": "gh", "Encrypt": cipher})
    params = {**signed(settings, cipher, at=at), **query}
    async with site.http.post(site.base + "/wechat/push", params=params, data=body) as reply:
        return reply.status, await reply.text()


def event(openid: str, template_id: str, name: str = "subscribe_msg_popup_event", **values):
    item = {"TemplateId": template_id, "SubscribeStatusString": "accept", "PopupScene": "0", **values}
    head = {
        "ToUserName": "gh",
        "FromUserName": openid,
        "CreateTime": int(wall.time()),
        "MsgType": "event",
        "Event": name,
    }
    return {**head, "List": item}


@pytest.fixture
def template_id(hospital):
    return hospital.settings.wechat.template_ids["appointment_booked"]


async def credits() -> int:
    return await props.count("consent_credit", "spent_at IS NULL AND void_at IS NULL")


async def test_the_address_is_proved_by_an_echo(hospital):
    settings = hospital.settings.wechat
    params = {**signed(settings), "echostr": "<3141>"}
    async with hospital.http.get(hospital.base + "/wechat/push", params=params) as reply:
        assert (reply.status, await reply.text(), reply.content_type) == (200, "<3141>", "text/plain")
    async with hospital.http.get(hospital.base + "/wechat/push", params={**params, "signature": "0" * 40}) as reply:
        assert (reply.status, (await reply.json(content_type=None))["code"]) == (403, "forged_push")


@pytest.mark.parametrize("wrong", [{"msg_signature": "0" * 40}, {"msg_signature": ""}, {"nonce": "other"}])
async def test_a_forged_push_is_refused(hospital, template_id, wrong):
    status, text = await push(hospital, event("o", template_id), **wrong)
    assert (status, orjson.loads(text)["code"]) == (403, "forged_push")
    assert await props.count("platform_event") == 0


@pytest.mark.parametrize("shift", [-601, 601])
async def test_a_signature_of_another_hour_is_refused(hospital, template_id, shift):
    status, _ = await push(hospital, event("o", template_id), at=wall.time() + shift)
    assert status == 403


async def test_a_push_of_another_app_or_without_a_cipher_is_refused(hospital, template_id):
    settings = hospital.settings.wechat
    foreign = encrypt(b"{}", str(settings.push_aes_key), "wx000000000000dead")
    for cipher, body in ((foreign, {"Encrypt": foreign}), ("rubbish", {"Encrypt": "rubbish"}), ("", {"Event": "x"})):
        params = signed(settings, cipher)
        async with hospital.http.post(hospital.base + "/wechat/push", params=params, json=body) as reply:
            assert reply.status == 403, body
    dtd = b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'
    for raw, status in ((b"", 400), (b"{", 400), (b"<xml>", 400), (b"[]", 400), (b"<xml/>", 403), (dtd, 400)):
        async with hospital.http.post(hospital.base + "/wechat/push", params=signed(settings), data=raw) as reply:
            assert reply.status == status, raw


FORMS = {
    "flat": lambda said: said,
    "array": lambda said: {**said, "List": [said["List"]]},
    "nested": lambda said: {
        **{key: value for key, value in said.items() if key != "List"},
        "SubscribeMsgPopupEvent": {"List": said["List"]},
    },
    "text time": lambda said: {**said, "CreateTime": str(said["CreateTime"])},
}


@pytest.mark.parametrize("form", FORMS)
async def test_every_json_form_of_a_tap_is_one_credit(hospital, drain, template_id, form):
    phone = await a_phone(hospital)
    assert await push(hospital, FORMS[form](event(phone.openid, template_id))) == (200, "success")
    await drain()
    assert await credits() == 1


@pytest.mark.parametrize("count", [1, 2])
async def test_xml_with_one_item_or_several(hospital, drain, count):
    phone = await a_phone(hospital)
    ids = list(hospital.settings.wechat.template_ids.values())[:count]
    items = "".join(
        f"<List><TemplateId><![CDATA[{one}]]></TemplateId>"
        "<SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString></List>"
        for one in ids
    )
    said = (
        f"<xml><ToUserName>gh</ToUserName><FromUserName><![CDATA[{phone.openid}]]></FromUserName>"
        f"<CreateTime>{int(wall.time())}</CreateTime><MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event>"
        f"<SubscribeMsgPopupEvent>{items}</SubscribeMsgPopupEvent></xml>"
    )
    assert await push(hospital, said.encode(), as_xml=True) == (200, "success")
    await drain()
    assert await credits() == count


async def test_a_copy_changes_nothing(hospital, drain, template_id):
    phone = await a_phone(hospital)
    tapped = event(phone.openid, template_id)
    for _ in range(3):
        assert await push(hospital, tapped) == (200, "success")
        await drain()
    assert await credits() == 1
    assert await props.count("platform_event") == 1


async def test_phone_and_platform_report_one_tap_in_either_order(hospital, drain, template_id):
    phone = await a_phone(hospital)
    results = {"results": [{"template_id": template_id, "result": "accept"}]}
    await push(hospital, event(phone.openid, template_id))
    await drain()
    await phone.post("/consents", results)
    assert await credits() == 1
    await phone.post("/consents", results)
    await push(hospital, {**event(phone.openid, template_id), "CreateTime": int(wall.time()) + 54})
    await drain()
    assert await credits() == 2


async def test_switching_off_in_the_menu_takes_what_was_allowed(hospital, drain, template_id):
    phone = await a_phone(hospital)
    await phone.accepts("appointment_booked")
    reject = event(phone.openid, template_id, "subscribe_msg_change_event", SubscribeStatusString="reject")
    await push(hospital, reject)
    await drain()
    assert await credits() == 0
    (mine,) = [item for item in (await phone.get("/consents"))["items"] if item["template_id"] == template_id]
    assert (mine["status"], mine["credits"]) == ("rejected", 0)


async def test_a_receipt_before_the_answer_is_kept_and_applied(hospital, drain, template_id):
    phone = await a_phone(hospital)
    await phone.accepts("appointment_booked")
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    # the worker has begun and has not heard the answer yet
    row = await db.fetch_one(
        "UPDATE delivery SET state = 'sending', fence = 1, owner = 'w', lease_until = app_now() + interval '30 s'"
        " WHERE channel = 'wechat_subscribe' RETURNING id"
    )
    await props.insert("attempt", delivery_id=row["id"], fence=1, request_hash=b"x")
    sent = event(phone.openid, template_id, "subscribe_msg_sent_event", MsgID="7", ErrorCode="0")
    await push(hospital, sent)
    await drain()
    assert await states() == ["sending"]
    await db.fetch("UPDATE delivery SET state = 'accepted', owner = NULL, lease_until = NULL WHERE id = $1", row["id"])
    await drain()
    assert await states() == ["delivered"]
    await push(hospital, {**sent, "CreateTime": int(wall.time()) + 55})
    await drain()
    assert await states() == ["delivered"]


async def test_a_bad_receipt_is_undelivered_and_nothing_is_sent_again(hospital, drain, template_id, clock):
    phone = await a_phone(hospital)
    await phone.accepts("appointment_booked")
    await happens(booked(phone.account_id))
    await hospital.jobs["relay"].run()
    row = await db.fetch_one(
        "UPDATE delivery SET state = 'accepted', fence = 1 WHERE channel = 'wechat_subscribe' RETURNING id"
    )
    await props.insert("attempt", delivery_id=row["id"], fence=1, request_hash=b"x", outcome="accepted")
    await push(hospital, event(phone.openid, template_id, "subscribe_msg_sent_event", MsgID="7", ErrorCode="20004"))
    await drain()
    assert await states() == ["undelivered"]
    await clock.forward(days=1)
    await drain()
    assert await phone.phone_shows() == []


async def test_copies_and_lost_order_on_the_real_way(hospital, drain):
    phone = await a_phone(hospital)
    async with hospital.http.put(hospital.simulator + "/_sim/push", json={"copies": 3, "jitter_ms": 60}) as reply:
        assert reply.status == 200
    try:
        for _ in range(3):
            await phone.accepts("appointment_booked")
        await happens(*(booked(phone.account_id) for _ in range(3)))

        async def all_delivered():
            await drain()
            return await states() == ["delivered"] * 3

        await until(all_delivered)
    finally:
        async with hospital.http.put(hospital.simulator + "/_sim/push", json={"copies": 1, "jitter_ms": 0}):
            pass
    assert len(await phone.phone_shows()) == 3


async def test_other_events_and_messages_are_taken_and_do_nothing(hospital, drain):
    closing = {"FromUserName": "push", "OpenID": "o-1", "CreateTime": 1, "MsgType": "event"}
    assert await push(hospital, {**closing, "Event": "user_authorization_cancellation"}) == (200, "success")
    assert await push(hospital, {"FromUserName": "o-1", "MsgType": "text", "Content": "你好"}) == (200, "success")
    await drain()
    row = await db.fetch_one("SELECT count(*) AS n, min(openid) AS openid FROM platform_event")
    assert (row["n"], row["openid"]) == (1, "o-1")
