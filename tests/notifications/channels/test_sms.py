"""Text messages: signatures, what each code means, numbers that take nothing, being asked, and reports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from notifications.channels import CHANNELS, texting
from notifications.channels.content import Receipt, Recipient
from notifications.channels.signing import Action, Keys, aliyun_headers, aliyun_query, tencent_headers
from notifications.rules import Cause, Outcome, Window
from server import clock as time
from server import db, privacy
from server import runtime as running
from server.carriers import SmsTemplate
from server.ids import new_id
from server.survey_links import token_of
from tests import props
from tests.notifications.channels.scenario import CONTENT
from tests.notifications.channels.scenarios_sending import PHONE, a_patient, came, everything
from tests.notifications.telling import fault

ALIYUN, TENCENT = CHANNELS["sms_aliyun"], CHANNELS["sms_tencent"]
BOTH = pytest.mark.parametrize("channel", [ALIYUN, TENCENT], ids=["aliyun", "tencent"])


@pytest.fixture
async def place(hospital):
    """The hospital with both providers set up."""
    opened = running.runtime()
    running._running["runtime"] = replace(opened, settings=everything(hospital.settings, hospital.simulator))
    yield hospital
    running._running["runtime"] = opened


async def send(channel, recipient: Recipient, *, key: str = "") -> Receipt:
    address = channel.address(recipient)
    assert address
    return await channel.send(CONTENT, address, key or new_id().hex)


# --- signatures: the expected ones were made by the vendors' own SDKs, or stand in their documents


def test_aliyun_is_signed_as_in_the_vendors_example():
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    headers = aliyun_headers(
        Action("ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26"),
        Keys("YourAccessKeyId", "YourAccessKeySecret"),
        query=query,
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_aliyun_is_signed_as_by_the_vendors_library():
    params = {
        "PhoneNumbers": "13800138000",
        "SignName": "阿里云 测试",
        "TemplateCode": "SMS_123",
        "TemplateParam": '{"name":"张*","time":"9:00~9:30 *"}',
        "OutId": "0123456789abcdef0123456789abcdef",
    }
    headers = aliyun_headers(
        Action("dysmsapi.aliyuncs.com", "SendSms", "2017-05-25"),
        Keys("testid", "testsecret"),
        query=aliyun_query(params),
        at=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=d5035640a26ad5f32705c4918509a9743a2ffb5ccb89c00597321c0b701e425c"
    )


def test_tencent_is_signed_as_by_the_vendors_library():
    headers = tencent_headers(
        Action("sms.tencentcloudapi.com", "SendSms", "2021-01-11"),
        Keys("testid", "testsecret"),
        service="sms",
        body=rb'{"PhoneNumberSet": ["+8613800138000"], "TemplateParamSet": ["\u5f20*"]}',
        at=datetime.fromtimestamp(1795309323, UTC),
    )
    assert headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=testid/2026-11-22/sms/tc3_request, SignedHeaders=content-type;host, "
        "Signature=1a12c0a89fe7e178ec0d7422e79f1c70d3d27224d47db74ed95e044828c6d10f"
    )


# --- what is sent


@BOTH
async def test_a_name_is_masked_and_a_link_left_out(place, channel):
    recipient = await a_patient(place)
    before = len(await came(place, "sms", PHONE))
    content = replace(CONTENT, fields={**CONTENT.fields, "thing5": "详见 https://a.example/x 谢谢"})
    receipt = await channel.send(content, channel.address(recipient), "k" * 32)
    assert receipt.outcome is Outcome.ACCEPTED
    (shown,) = (await came(place, "sms", PHONE))[before:]
    assert "就诊人 张*三" in shown["text"]
    assert ("a.example" in shown["text"], shown["key"]) == (False, "k" * 32)


@BOTH
async def test_what_has_no_template_of_its_own_takes_the_one_for_all(place, channel):
    recipient = await a_patient(place)
    before = len(await came(place, "sms", PHONE))
    content = replace(CONTENT, template_key="", event="something_else")
    assert channel.carries(content)
    assert (await channel.send(content, channel.address(recipient), "k" * 32)).outcome is Outcome.ACCEPTED
    (shown,) = (await came(place, "sms", PHONE))[before:]
    assert "您有一条新通知：预约成功。" in shown["text"]


def test_numbers_that_get_text_messages():
    found = [texting.number_of(phone) for phone in ("13812345678", "+85291234567", "02885551234", "12345", "008613")]
    assert [number and number.e164 for number in found] == ["+8613812345678", "+85291234567", None, None, None]


def test_templates_without_a_value_say_so():
    values = texting.values_of(SmsTemplate("1", {"a": "thing1", "b": "nowhere", "c": "title"}), CONTENT)
    assert values == {"a": "心血管内科", "b": "无", "c": "预约成功"}


def test_a_template_may_end_the_address_of_a_survey():
    survey = "01a204a1-8c97-775b-9f0a-807fe2e6dd82"
    template = SmsTemplate("1", {"code": "web_code"})
    found = texting.values_of(template, replace(CONTENT, link=f"pages/survey/survey?id={survey}"))
    assert found == {"code": token_of(UUID(survey))}
    assert len(found["code"]) == 22  # both providers take 35
    assert texting.values_of(template, CONTENT) == {"code": "无"}


@BOTH
@pytest.mark.parametrize("phone", ["02885551234", "12345"])
async def test_a_landline_is_not_even_tried(place, channel, phone):
    receipt = await send(channel, await a_patient(place, phone=phone))
    assert (receipt.outcome, receipt.code) == (Outcome.REFUSED, "not_a_mobile")


@BOTH
async def test_nobody_and_nothing_is_refused_without_a_call(place, channel):
    recipient = await a_patient(place)
    address = channel.address(recipient)
    await db.fetch("UPDATE patient SET phone_cipher = NULL, phone_tail = '' WHERE id = $1", recipient.patient_id)
    for where in (address, f"patient:{new_id()}", f"staff:{new_id()}"):
        receipt = await channel.send(CONTENT, where, "k" * 32)
        assert (receipt.outcome, receipt.code) == (Outcome.REFUSED, "no_address")
    assert channel.address(Recipient(patient_id=new_id())) is None


@BOTH
async def test_staff_are_reached_too(place, channel):
    staff_id = await props.a_staff("guide")
    sealed = privacy.seal(PHONE, place="staff.phone_cipher", row_id=staff_id)
    await db.fetch("UPDATE staff SET phone_cipher = $2 WHERE id = $1", staff_id, sealed)
    receipt = await send(channel, Recipient(staff_id=staff_id, has_phone=True))
    assert receipt.outcome is Outcome.ACCEPTED


@BOTH
async def test_a_number_that_takes_nothing_is_not_asked_again_until_it_is_another(place, channel):
    recipient = await a_patient(place, phone="17000000006")
    first = await send(channel, recipient)
    again = await send(channel, recipient)
    assert (first.outcome, again.outcome, again.code) == (Outcome.REFUSED, Outcome.REFUSED, "known_bad")
    sealed = privacy.seal("13812340006", place="patient.phone_cipher", row_id=recipient.patient_id)
    await db.fetch("UPDATE patient SET phone_cipher = $2 WHERE id = $1", recipient.patient_id, sealed)
    assert (await send(channel, recipient)).outcome is Outcome.ACCEPTED


# --- what codes mean


@pytest.mark.parametrize(
    ("answer", "outcome", "cause", "window"),
    [
        ({"Code": "isv.AMOUNT_NOT_ENOUGH"}, Outcome.TROUBLE, Cause.ACCOUNT, None),
        ({"Code": "isp.RAM_PERMISSION_DENY"}, Outcome.TROUBLE, Cause.PERMISSION, None),
        ({"Code": "SignatureDoesNotMatch"}, Outcome.TROUBLE, Cause.CREDENTIALS, None),
        ({"Code": "isv.SMS_TEMPLATE_ILLEGAL"}, Outcome.REFUSED, Cause.TEMPLATE, None),
        ({"Code": "isv.BLACK_KEY_CONTROL_LIMIT"}, Outcome.REFUSED, Cause.TEMPLATE, None),
        ({"Code": "isv.DAY_LIMIT_CONTROL"}, Outcome.TROUBLE, None, Window.NEXT_DAY),
        ({"Code": "Throttling.User"}, Outcome.RETRY, None, None),
        ({"Code": "isp.SYSTEM_ERROR"}, Outcome.UNKNOWN, None, None),
        ({"Code": "isv.SOMETHING_NEW"}, Outcome.UNKNOWN, None, None),
        ({}, Outcome.UNKNOWN, None, None),
    ],
)
async def test_what_aliyun_says(place, answer, outcome, cause, window):
    receipt = await ALIYUN._said(answer, None)
    assert (receipt.outcome, receipt.cause, receipt.window) == (outcome, cause, window)


@pytest.mark.parametrize(
    ("code", "outcome", "cause", "window"),
    [
        ("UnauthorizedOperation.ServiceSuspendDueToArrears", Outcome.TROUBLE, Cause.ACCOUNT, None),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", Outcome.TROUBLE, Cause.PERMISSION, None),
        ("AuthFailure.SignatureExpire", Outcome.TROUBLE, Cause.CREDENTIALS, None),
        ("FailedOperation.TemplateIdNotExist", Outcome.REFUSED, Cause.TEMPLATE, None),
        ("InvalidParameterValue.TemplateParameterLengthLimit", Outcome.REFUSED, Cause.TEMPLATE, None),
        ("LimitExceeded.AppDailyLimit", Outcome.TROUBLE, None, Window.NEXT_DAY),
        ("RequestLimitExceeded", Outcome.RETRY, None, None),
        ("InternalError.Timeout", Outcome.UNKNOWN, None, None),
        ("FailedOperation.OtherError", Outcome.UNKNOWN, None, None),
    ],
)
@pytest.mark.parametrize("where", ["request", "number"])
async def test_what_tencent_says(place, where, code, outcome, cause, window):
    status = {"Code": code, "Message": "x"}
    receipt = await TENCENT._said({"Error": status} if where == "request" else {"SendStatusSet": [status]}, None)
    assert (receipt.outcome, receipt.cause, receipt.window) == (outcome, cause, window)


@pytest.mark.parametrize(
    ("words", "low", "high"), [("触发分钟级流控Permits:1", 60, 60), ("触发小时级流控Permits:5", 3600, 3600)]
)
async def test_a_numbers_limit_holds_this_message_only(place, words, low, high):
    receipt = await ALIYUN._said({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": words}, None)
    assert (receipt.outcome, receipt.window) == (Outcome.RETRY, None)
    assert low <= receipt.pause.total_seconds() <= high


async def test_a_numbers_day_ends_at_midnight(place, clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 22))
    for receipt in (
        await ALIYUN._said({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发天级流控Permits:10"}, None),
        await TENCENT._said({"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit"}]}, None),
    ):
        assert receipt.outcome is Outcome.RETRY
        assert timedelta(hours=1, minutes=59) < receipt.pause <= timedelta(hours=2)


# --- asking


async def test_aliyun_says_no_only_when_it_has_shown_every_page(place):
    recipient = await a_patient(place, phone="13812340777")
    address, began_at, keys = ALIYUN.address(recipient), time.now(), [new_id().hex for _ in range(3)]
    for key in keys:
        await ALIYUN.send(CONTENT, address, key)
    assert [await ALIYUN.find(address, key, began_at) for key in keys] == [True, True, True]
    assert await ALIYUN.find(address, "f" * 32, began_at) is False
    await fault(place, "/aliyun/QuerySendDetails", "drop")
    assert await ALIYUN.find(address, keys[0], began_at) is None


async def test_asked_while_the_clock_is_moved_it_is_their_day_that_counts(place, clock):
    recipient = await a_patient(place, phone="13812340778")
    await clock.forward(days=40)
    began_at, key = time.now(), new_id().hex
    for channel in (ALIYUN, TENCENT):
        assert (await channel.send(CONTENT, channel.address(recipient), key)).outcome is Outcome.ACCEPTED
        assert await channel.find(channel.address(recipient), key, began_at) is True


async def test_tencent_never_says_no(place):
    recipient = await a_patient(place, phone="17000000004")  # its carrier never reports
    key, began_at = new_id().hex, time.now()
    assert (await TENCENT.send(CONTENT, TENCENT.address(recipient), key)).outcome is Outcome.ACCEPTED
    assert await TENCENT.find(TENCENT.address(recipient), key, began_at) is None
