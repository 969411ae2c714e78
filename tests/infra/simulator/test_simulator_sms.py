"""Text messages by two providers: signatures, refusals, limits of a number, what is asked and what is reported."""

import asyncio
import time

import pytest
from aiohttp import web

from infra.simulator.clock import shown as shown_at
from tests.infra.simulator.signed import aliyun, tencent, to_aliyun, to_tencent
from tests.infra.simulator.simulated import free_port


async def shown(sim, phone="13800138000"):
    return (await sim.call("GET", "/_sim/sms", phone=phone))["items"]


@pytest.fixture
async def reports():
    """An address to which reports go; it remembers them."""
    heard: list = []

    async def hear(request):
        heard.append((request.path, await request.json()))
        return web.json_response({"code": 0})

    app = web.Application()
    app.add_routes([web.post("/{path:.*}", hear)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    heard_at = f"http://127.0.0.1:{port}"
    yield heard, {"aliyun_receipts_url": f"{heard_at}/aliyun", "tencent_receipts_url": f"{heard_at}/tencent"}
    await runner.cleanup()


async def until(look):
    async with asyncio.timeout(5):
        while not look():
            await asyncio.sleep(0.01)


async def test_both_show_a_message_on_the_phone(sim):
    status, answer = await aliyun(sim, "SendSms", **to_aliyun())
    assert (status, answer["Code"]) == (200, "OK")
    said = await tencent(sim, "SendSms", **to_tencent(SessionContext="t" * 32))
    assert said["SendStatusSet"][0]["Code"] == "Ok"
    first, second = await shown(sim)
    assert (first["provider"], first["key"], second["provider"], second["key"]) == (
        "aliyun",
        "k" * 32,
        "tencent",
        "t" * 32,
    )
    assert first["text"] == second["text"] == "【示范医院】您有一条新通知：预约成功。请打开医院小程序查看。"
    assert first["serial"] == answer["BizId"]


async def test_a_wrong_signature_is_refused_and_nothing_is_sent(sim):
    status, answer = await aliyun(sim, "SendSms", secret="another", **to_aliyun())
    assert (status, answer["Code"]) == (400, "SignatureDoesNotMatch")
    said = await tencent(sim, "SendSms", secret="another", **to_tencent())
    assert said["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert await shown(sim) == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"PhoneNumbers": "123"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "别家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": '{"title": 7}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"title": "https://a.b"}'}, "isv.PARAM_NOT_SUPPORT_URL"),
        ({"TemplateParam": '{"title": "' + "长" * 36 + '"}'}, "isv.PARAM_LENGTH_LIMIT"),
        ({"PhoneNumbers": "17000000006"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"TemplateParam": '{"title": "代开发票"}'}, "isv.BLACK_KEY_CONTROL_LIMIT"),
    ],
)
async def test_aliyun_refuses(sim, wrong, code):
    assert (await aliyun(sim, "SendSms", **to_aliyun(**wrong)))[1]["Code"] == code


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": "+86123"}, "InvalidParameterValue.IncorrectPhoneNumber"),
        ({"SignName": "别家"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "1"}, "FailedOperation.TemplateUnapprovedOrNotExist"),
        ({"TemplateParamSet": []}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        ({"number": "+8617000000005"}, "FailedOperation.PhoneNumberInBlacklist"),
    ],
)
async def test_tencent_refuses(sim, wrong, code):
    said = await tencent(sim, "SendSms", **to_tencent(**wrong))
    assert said["SendStatusSet"][0]["Code"] == code


async def test_a_number_gets_only_so_many(start):
    sim = await start(sms_per_number_day=1)
    assert (await aliyun(sim, "SendSms", **to_aliyun()))[1]["Code"] == "OK"
    answer = (await aliyun(sim, "SendSms", **to_aliyun()))[1]
    assert (answer["Code"], "天级" in answer["Message"]) == ("isv.BUSINESS_LIMIT_CONTROL", True)
    said = await tencent(sim, "SendSms", **to_tencent())
    assert said["SendStatusSet"][0]["Code"] == "LimitExceeded.PhoneNumberDailyLimit"
    assert len(await shown(sim)) == 1


async def test_aliyun_tells_what_became_of_our_key_in_pages(sim):
    for number in range(3):
        await aliyun(sim, "SendSms", **to_aliyun(OutId=f"key-{number}"))
    today = shown_at(time.time())[:10].replace("-", "")
    asked = {"PhoneNumber": "13800138000", "SendDate": today, "PageSize": "2"}
    keys = []
    for page in ("1", "2"):
        answer = (await aliyun(sim, "QuerySendDetails", CurrentPage=page, **asked))[1]
        assert answer["TotalCount"] == "3"
        keys += [each["OutId"] for each in answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"]]
    assert keys == ["key-2", "key-1", "key-0"]


async def test_tencent_tells_only_of_what_a_carrier_reported(sim):
    began = int(time.time()) - 5
    for number, key in (("+8613800138000", "a"), ("+8617000000004", "b")):
        await tencent(sim, "SendSms", **to_tencent(number, SessionContext=key))
    for number, keys in (("+8613800138000", ["a"]), ("+8617000000004", [])):
        said = await tencent(
            sim, "PullSmsSendStatusByPhoneNumber", BeginTime=began, Offset=0, Limit=10, PhoneNumber=number
        )
        assert [each["SessionContext"] for each in said["PullSmsSendStatusSet"]] == keys


async def test_reports_come_later_doubled_and_by_their_own_addresses(start, reports):
    heard, addresses = reports
    sim = await start(**addresses)
    await sim.call("PUT", "/_sim/push", {"copies": 2, "jitter_ms": 20})
    await aliyun(sim, "SendSms", **to_aliyun())
    await aliyun(sim, "SendSms", **to_aliyun("17000000002", OutId="off"))
    await aliyun(sim, "SendSms", **to_aliyun("17000000004", OutId="silent"))
    sid = (await tencent(sim, "SendSms", **to_tencent()))["SendStatusSet"][0]["SerialNo"]
    await until(lambda: len(heard) == 6)
    from_aliyun = [body[0] for path, body in heard if path == "/aliyun"]
    assert sorted((one["out_id"], one["success"]) for one in from_aliyun) == [
        ("k" * 32, True),
        ("k" * 32, True),
        ("off", False),
        ("off", False),
    ]
    assert [body[0]["sid"] for path, body in heard if path == "/tencent"] == [sid, sid]
    assert [one["number"] for one in (await sim.call("GET", "/_sim/sms"))["items"]] == [
        "13800138000",
        "17000000004",
        "13800138000",
    ]


@pytest.mark.parametrize(
    ("mode", "code", "status"),
    [
        ("quota", "isv.DAY_LIMIT_CONTROL", 200),
        ("token_expired", "InvalidAccessKeyId.NotFound", 404),
        ("system_busy", "Throttling.User", 400),
    ],
)
async def test_faults_speak_the_language_of_the_provider(sim, mode, code, status):
    await sim.fault(mode, path="/aliyun/SendSms")
    got, answer = await aliyun(sim, "SendSms", **to_aliyun())
    assert (got, answer["Code"]) == (status, code)
    (call,) = await sim.calls("/aliyun/SendSms")
    assert (call["fault"], call["answer"]["Code"]) == (mode, code)
    assert await shown(sim) == []
