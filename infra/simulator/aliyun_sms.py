"""Aliyun's Dysmsapi 2017-05-25: SendSms and QuerySendDetails with their V3 signature, and the SmsReport it pushes.

The signature is computed here from the vendor's description, and not with the product's own code.
"""

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from infra.simulator.clock import Clock, shown
from infra.simulator.protocol import Call, Worded
from infra.simulator.settings import SimulatorSettings
from infra.simulator.sms import DELIVERED, ILLEGAL, MOBILE, TextMessages, Wanted, filled, said
from infra.simulator.sms_templates import BY_ALIYUN_ID

FRESH_SECONDS = 900
VALUE_CHARACTERS = 35
PAGE_SIZE_MOST = 50
_SCHEME = "ACS3-HMAC-SHA256"
_MESSAGES = {
    "isv.SMS_SIGNATURE_ILLEGAL": "签名不合法",
    "isv.SMS_TEMPLATE_ILLEGAL": "模板不合法(不存在或被拉黑)",
    "isv.MOBILE_NUMBER_ILLEGAL": "号码格式非法",
    "isv.MOBILE_COUNT_OVER_LIMIT": "号码数量超过限制",
    "isv.INVALID_JSON_PARAM": "JSON参数不合法",
    "isv.TEMPLATE_MISSING_PARAMETERS": "模板缺少变量",
    "isv.PARAM_LENGTH_LIMIT": "参数超过长度限制",
    "isv.PARAM_NOT_SUPPORT_URL": "变量不支持传入URL",
    "isv.BLACK_KEY_CONTROL_LIMIT": "黑名单管控",
    "isv.DAY_LIMIT_CONTROL": "触发日发送限额",
}
_BY_ERRCODE = {  # what the faults of the platform's errcodes are called here: code, http status
    45009: ("isv.DAY_LIMIT_CONTROL", 200),
    42001: ("InvalidAccessKeyId.NotFound", 404),
    -1: ("Throttling.User", 400),
}


class Refusal(Exception):
    """Aliyun answers with a code other than OK."""

    def __init__(self, code: str, message: str = "", *, status: int = 200) -> None:
        super().__init__(code)
        self.answer = Worded(status, {"Code": code, "Message": message or _MESSAGES.get(code, code), **_request_id()})


class AliyunSms:
    """The two calls that the product makes."""

    def __init__(self, clock: Clock, settings: SimulatorSettings, phones: TextMessages) -> None:
        self._clock = clock
        self._settings = settings
        self._phones = phones

    def send(self, call: Call) -> Worded:
        """Answer `SendSms`."""
        try:
            self._check_signature(call)
            return Worded(200, self._sent(call.query))
        except Refusal as refusal:
            return refusal.answer

    def details(self, call: Call) -> Worded:
        """Answer `QuerySendDetails`: what was sent to one number on one day, latest first, in pages."""
        try:
            self._check_signature(call)
            return Worded(200, self._listed(call.query))
        except Refusal as refusal:
            return refusal.answer

    def refused(self, errcode: int) -> Worded:
        """Word a fault of quota, token or time as Aliyun does."""
        code, status = _BY_ERRCODE.get(errcode, (f"isv.SIMULATED_{errcode}", 200))
        return Refusal(code, status=status).answer

    def _sent(self, query: Mapping[str, str]) -> dict[str, Any]:
        number = query.get("PhoneNumbers", "")
        if "," in number:
            raise Refusal("isv.MOBILE_COUNT_OVER_LIMIT")
        plain = number if number.startswith("1") and len(number) == 11 else f"+{number}"
        if not MOBILE.fullmatch(plain) or plain == ILLEGAL:
            raise Refusal("isv.MOBILE_NUMBER_ILLEGAL", f"{number}invalid mobile number")
        if query.get("SignName") != self._settings.sms_sign:
            raise Refusal("isv.SMS_SIGNATURE_ILLEGAL")
        text, template_id = self._text(query)
        if (span := self._phones.used_up(plain)) is not None:
            named = {"minute": "触发分钟级流控Permits:1", "day": "触发天级流控Permits:10"}[span]
            raise Refusal("isv.BUSINESS_LIMIT_CONTROL", named)
        serial = f"{int(self._clock.now() * 1e6)}^{uuid.uuid4().int % 10}"
        wanted = Wanted("aliyun", plain, template_id, text, query.get("OutId", ""), serial)
        self._phones.show(wanted)
        self._phones.report(wanted, self._report(wanted))
        return {"Code": "OK", "Message": "OK", "BizId": serial, **_request_id()}

    def _text(self, query: Mapping[str, str]) -> tuple[str, str]:
        template_id = query.get("TemplateCode", "")
        template = BY_ALIYUN_ID.get(template_id)
        if template is None:
            raise Refusal("isv.SMS_TEMPLATE_ILLEGAL")
        values = said(query.get("TemplateParam", "{}"))
        if values is None or not all(isinstance(value, str) for value in values.values()):
            raise Refusal("isv.INVALID_JSON_PARAM")
        for name in template.params:
            if not values.get(name):
                raise Refusal("isv.TEMPLATE_MISSING_PARAMETERS")
            if len(values[name]) > VALUE_CHARACTERS:
                raise Refusal("isv.PARAM_LENGTH_LIMIT")
            if "://" in values[name]:
                raise Refusal("isv.PARAM_NOT_SUPPORT_URL")
            if any(word in values[name] for word in self._settings.sensitive_words):
                raise Refusal("isv.BLACK_KEY_CONTROL_LIMIT")
        return f"【{self._settings.sms_sign}】{filled(template.text, values)}", template_id

    def _report(self, wanted: Wanted) -> dict[str, Any]:
        outcome = self._phones.outcome_of(wanted.number)
        now = shown(self._clock.now())[:19].replace("T", " ")
        return {
            "phone_number": wanted.number.removeprefix("+"),
            "send_time": now,
            "report_time": now,
            "success": outcome == DELIVERED,
            "err_code": outcome,
            "err_msg": "用户接收成功" if outcome == DELIVERED else "用户未收到",
            "sms_size": "1",
            "biz_id": wanted.serial,
            "out_id": wanted.key,
        }

    def _listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        number = query.get("PhoneNumber", "")
        number = number if number.startswith("1") and len(number) == 11 else f"+{number}"
        try:
            size, page = int(query["PageSize"]), int(query["CurrentPage"])
        except (KeyError, ValueError):
            raise Refusal("isv.INVALID_PARAMETERS") from None
        if not 1 <= size <= PAGE_SIZE_MOST or page < 1:
            raise Refusal("isv.INVALID_PARAMETERS")
        day = query.get("SendDate", "")
        found = [row for row in self._phones.taken("aliyun", number) if shown(row["at"])[:10].replace("-", "") == day]
        details = [
            {
                "PhoneNum": query.get("PhoneNumber", ""),
                "SendStatus": 3 if row["outcome"] == DELIVERED else 2,
                "ErrCode": row["outcome"],
                "TemplateCode": row["template"],
                "Content": row["text"],
                "SendDate": shown(row["at"])[:19].replace("T", " "),
                "OutId": row["key"],
            }
            for row in found[(page - 1) * size : page * size]
        ]
        return {
            "Code": "OK",
            "Message": "OK",
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": details},
            **_request_id(),
        }

    def _check_signature(self, call: Call) -> None:
        headers = {name.lower(): value for name, value in call.headers.items()}
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        if scheme != _SCHEME or not {"Credential", "SignedHeaders", "Signature"} <= given.keys():
            raise Refusal("MissingAuthorization", "Authorization is mandatory for this action.", status=400)
        if given["Credential"] != self._settings.aliyun_key_id:
            raise Refusal("InvalidAccessKeyId.NotFound", "Specified access key is not found.", status=404)
        try:
            at = datetime.strptime(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Refusal("InvalidTimeStamp.Format", status=400) from None
        if abs(at.timestamp() - time.time()) > FRESH_SECONDS:
            raise Refusal("InvalidTimeStamp.Expired", status=400)
        signed = given["SignedHeaders"].split(";")
        if not {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-version"} <= set(signed):
            raise Refusal("IncompleteSignature", status=400)
        if headers.get("x-acs-content-sha256") != hashlib.sha256(call.body).hexdigest():
            raise Refusal("SignatureDoesNotMatch", status=400)
        if not hmac.compare_digest(given["Signature"], self._signature(call, headers, signed)):
            raise Refusal("SignatureDoesNotMatch", "Specified signature is not matched.", status=400)

    def _signature(self, call: Call, headers: Mapping[str, str], signed: list[str]) -> str:
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(call.query.items()))
        lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed)
        canonical = "\n".join(
            ("POST", "/", query, lines, ";".join(signed), headers.get("x-acs-content-sha256", ""))
        ).encode()
        secret = self._settings.aliyun_key_secret.encode()
        return hmac.digest(secret, f"{_SCHEME}\n{hashlib.sha256(canonical).hexdigest()}".encode(), "sha256").hex()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _request_id() -> dict[str, str]:
    return {"RequestId": str(uuid.uuid4()).upper()}
