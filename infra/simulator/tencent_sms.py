"""Tencent Cloud's SMS 2021-01-11: SendSms and PullSmsSendStatusByPhoneNumber, signed by TC3, and the status it pushes.

The signature is computed here from the vendor's description, and not with the product's own code.
"""

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.simulator.clock import Clock, shown
from infra.simulator.protocol import Call, Worded
from infra.simulator.settings import SimulatorSettings
from infra.simulator.sms import BLACKLISTED, DELIVERED, ILLEGAL, MOBILE, SILENT, TextMessages, Wanted, filled, said
from infra.simulator.sms_templates import BY_TENCENT_ID

FRESH_SECONDS = 300
_SCHEME = "TC3-HMAC-SHA256"
_BY_ERRCODE = {  # what the faults of the platform's errcodes are called here
    45009: "LimitExceeded.AppDailyLimit",
    42001: "AuthFailure.SecretIdNotFound",
    -1: "RequestLimitExceeded",
}


class Refusal(Exception):
    """The whole request is refused. All of them have status 200."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.answer = Worded(200, {"Response": {"Error": {"Code": code, "Message": message or code}, **_request_id()}})


class TencentSms:
    """The two calls that the product makes."""

    def __init__(self, clock: Clock, settings: SimulatorSettings, phones: TextMessages) -> None:
        self._clock = clock
        self._settings = settings
        self._phones = phones

    def send(self, call: Call) -> Worded:
        """Answer `SendSms` for one number; what is wrong with the number stands in its own status."""
        try:
            form = self._opened(call)
            return Worded(200, {"Response": {"SendStatusSet": [self._sent(form)], **_request_id()}})
        except Refusal as refusal:
            return refusal.answer

    def pull(self, call: Call) -> Worded:
        """Answer `PullSmsSendStatusByPhoneNumber`: only messages of which a carrier has reported."""
        try:
            form = self._opened(call)
        except Refusal as refusal:
            return refusal.answer
        number = str(form.get("PhoneNumber", "")).removeprefix("+86")
        begin, end = form.get("BeginTime", 0), form.get("EndTime") or self._clock.now()
        rows = [row for row in self._phones.taken("tencent", number) if begin <= row["at"] <= end + 1]
        offset, limit = form.get("Offset", 0), form.get("Limit", 10)
        known = [row for row in rows if number != SILENT][offset : offset + limit]
        statuses = [
            {
                "UserReceiveTime": int(row["at"]),
                "CountryCode": "86",
                "SubscriberNumber": number,
                "PhoneNumber": form.get("PhoneNumber", ""),
                "SerialNo": row["serial"],
                "ReportStatus": "SUCCESS" if row["outcome"] == DELIVERED else "FAIL",
                "Description": "DELIVRD" if row["outcome"] == DELIVERED else row["outcome"],
                "SessionContext": row["key"],
            }
            for row in known
        ]
        return Worded(200, {"Response": {"PullSmsSendStatusSet": statuses, **_request_id()}})

    def refused(self, errcode: int) -> Worded:
        """Word a fault of quota, token or time as Tencent does."""
        return Refusal(_BY_ERRCODE.get(errcode, f"FailedOperation.Simulated{errcode}")).answer

    def _opened(self, call: Call) -> dict[str, Any]:
        self._check_signature(call)
        form = said(call.body)
        if form is None:
            raise Refusal("InvalidParameter", "The request is not JSON.")
        if form.get("SmsSdkAppId") != self._settings.tencent_app_id:
            raise Refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        return form

    def _sent(self, form: Mapping[str, Any]) -> dict[str, Any]:
        numbers = form.get("PhoneNumberSet")
        if not isinstance(numbers, list) or len(numbers) != 1:
            raise Refusal("InvalidParameterValue.IncorrectPhoneNumber")
        number = str(numbers[0]).removeprefix("+86")
        code, text = self._text(form)
        if not MOBILE.fullmatch(number) or number == ILLEGAL:
            code = "InvalidParameterValue.IncorrectPhoneNumber"
        elif code == "Ok" and number == BLACKLISTED:
            code = "FailedOperation.PhoneNumberInBlacklist"
        elif code == "Ok" and (span := self._phones.used_up(number)) is not None:
            limits = {"minute": "PhoneNumberThirtySecondLimit", "day": "PhoneNumberDailyLimit"}
            code = f"LimitExceeded.{limits[span]}"
        serial = ""
        if code == "Ok":
            serial = f"{uuid.uuid4().int % 10**4}:{int(self._clock.now() * 1e6)}"
            key = str(form.get("SessionContext", ""))
            wanted = Wanted("tencent", number, str(form.get("TemplateId")), text, key, serial)
            self._phones.show(wanted)
            self._phones.report(wanted, self._report(wanted))
        return {
            "SerialNo": serial,
            "PhoneNumber": str(numbers[0]),
            "Fee": 1 if code == "Ok" else 0,
            "SessionContext": form.get("SessionContext", ""),
            "Code": code,
            "Message": "send success" if code == "Ok" else code,
            "IsoCode": "CN",
        }

    def _text(self, form: Mapping[str, Any]) -> tuple[str, str]:
        template = BY_TENCENT_ID.get(str(form.get("TemplateId")))
        if template is None:
            return "FailedOperation.TemplateUnapprovedOrNotExist", ""
        if form.get("SignName") != self._settings.sms_sign:
            return "FailedOperation.SignatureIncorrectOrUnapproved", ""
        values = form.get("TemplateParamSet")
        if not isinstance(values, list) or len(values) != len(template.params):
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", ""
        if any(not isinstance(value, str) or not value or len(value) > 64 for value in values):
            return "InvalidParameterValue.TemplateParameterLengthLimit", ""
        text = filled(template.text, dict(zip(template.params, values, strict=True)))
        return "Ok", f"【{self._settings.sms_sign}】{text}"

    def _report(self, wanted: Wanted) -> dict[str, Any]:
        outcome = self._phones.outcome_of(wanted.number)
        return {
            "user_receive_time": shown(self._clock.now())[:19].replace("T", " "),
            "nationcode": "86",
            "mobile": wanted.number,
            "report_status": "SUCCESS" if outcome == DELIVERED else "FAIL",
            "errmsg": "DELIVRD" if outcome == DELIVERED else outcome,
            "description": "用户短信送达成功" if outcome == DELIVERED else "用户短信送达失败",
            "sid": wanted.serial,
        }

    def _check_signature(self, call: Call) -> None:
        headers = {name.lower(): value for name, value in call.headers.items()}
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        secret_id, *scope = given.get("Credential", "").split("/")
        if scheme != _SCHEME or len(scope) != 3 or "Signature" not in given:
            raise Refusal("AuthFailure.InvalidAuthorization")
        if secret_id != self._settings.tencent_secret_id:
            raise Refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        stamp = headers.get("x-tc-timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > FRESH_SECONDS:
            raise Refusal("AuthFailure.SignatureExpire", "The provided credentials have expired.")
        day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
        signed = given.get("SignedHeaders", "").split(";")
        if scope != [day, "sms", "tc3_request"] or not {"content-type", "host"} <= set(signed):
            raise Refusal("AuthFailure.InvalidAuthorization")
        lines = "".join(f"{name}:{headers.get(name, '').strip().lower()}\n" for name in signed)
        canonical = "\n".join(
            ("POST", "/", "", lines, ";".join(signed), hashlib.sha256(call.body).hexdigest())
        ).encode()
        text = "\n".join((_SCHEME, stamp, "/".join(scope), hashlib.sha256(canonical).hexdigest()))
        key = ("TC3" + self._settings.tencent_secret_key).encode()
        for part in scope:
            key = hmac.digest(key, part.encode(), "sha256")
        if not hmac.compare_digest(given["Signature"], hmac.digest(key, text.encode(), "sha256").hex()):
            raise Refusal("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")


def _request_id() -> dict[str, str]:
    return {"RequestId": str(uuid.uuid4())}
