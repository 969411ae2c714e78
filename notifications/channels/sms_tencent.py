"""Text messages by Tencent Cloud (SMS 2021-01-11). It knows no key of ours, but says it again with a carrier's report.

Asked about a number it tells only of messages of which a carrier has reported: it can say yes, and never no.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from notifications.channels import texting
from notifications.channels.addresses import Kind, Reached, address_of
from notifications.channels.answers import Answer
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.channels.signing import Action, Keys, tencent_headers
from notifications.rules import Cause, Outcome, Window
from server import clock
from server.runtime import runtime

VERSION = "2021-01-11"
SERVICE = "sms"
PAGE_SIZE = 100
PAGES = 10
AROUND = timedelta(minutes=5)  # our clock and the provider's may differ

_DAY = Answer(Outcome.TROUBLE, window=Window.NEXT_DAY)
_ACCOUNT = Answer(Outcome.TROUBLE, cause=Cause.ACCOUNT)
_RIGHTS = Answer(Outcome.TROUBLE, cause=Cause.PERMISSION)
_KEYS = Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS)
_TEMPLATE = Answer(Outcome.REFUSED, cause=Cause.TEMPLATE)
_NUMBER = Answer(Outcome.REFUSED)

# What is named here was not sent, for certain: by its whole code, or by the family before the dot. What is not (all of
# InternalError is not) is unknown.
ANSWERS: Mapping[int | str, Answer] = {
    "RequestLimitExceeded": Answer(Outcome.RETRY),
    "LimitExceeded.DeliveryFrequencyLimit": Answer(Outcome.RETRY, seconds=60),
    "LimitExceeded.GlobalSmsSendingRateLimit": Answer(Outcome.RETRY),
    "LimitExceeded.PhoneNumberThirtySecondLimit": Answer(Outcome.RETRY, seconds=35),
    "LimitExceeded.PhoneNumberOneHourLimit": Answer(Outcome.RETRY, seconds=3600),
    "LimitExceeded.AppDailyLimit": _DAY,
    "LimitExceeded.DailyLimit": _DAY,
    "LimitExceeded.AppMainlandChinaDailyLimit": _DAY,
    "LimitExceeded.AppGlobalDailyLimit": _NUMBER,  # abroad only: those at home still get theirs
    "LimitExceeded.AppCountryOrRegionDailyLimit": _NUMBER,
    "LimitExceeded.AppCountryOrRegionInBlacklist": _NUMBER,
    "AuthFailure": _KEYS,
    "UnauthorizedOperation": _RIGHTS,
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": _KEYS,
    "UnauthorizedOperation.ServiceSuspendDueToArrears": _ACCOUNT,
    "FailedOperation.InsufficientBalanceInSmsPackage": _ACCOUNT,
    "FailedOperation.PhoneNumberInBlacklist": _NUMBER,
    "InvalidParameterValue.IncorrectPhoneNumber": _NUMBER,
    "FailedOperation.ContainSensitiveWord": _TEMPLATE,
    "FailedOperation.SignatureIncorrectOrUnapproved": _TEMPLATE,
    "FailedOperation.TemplateIncorrectOrUnapproved": _TEMPLATE,
    "FailedOperation.TemplateIdNotExist": _TEMPLATE,
    "FailedOperation.TemplateUnapprovedOrNotExist": _TEMPLATE,
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": _TEMPLATE,
    "FailedOperation.ParametersOtherError": _TEMPLATE,
    "InvalidParameter": _TEMPLATE,
    "InvalidParameterValue": _TEMPLATE,
    "MissingParameter": _TEMPLATE,
    "UnsupportedOperation": _TEMPLATE,
}
NUMBER_DAY = frozenset({"LimitExceeded.PhoneNumberDailyLimit", "LimitExceeded.PhoneNumberSameContentDailyLimit"})
BAD_NUMBERS = frozenset({"FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber"})


class TencentSms:
    """Reaches a phone by its number, without an app."""

    name = "sms_tencent"
    capabilities = Capabilities(is_asked=True, has_receipts=True, at_once=50, per_second=2000, has_templates=True)

    def is_set_up(self) -> bool:
        """Keys, the application, a name that begins each message, and at least one approved template."""
        settings = runtime().settings.tencent_sms
        given = (settings.secret_id, settings.secret_key, settings.app_id, settings.sign_name, settings.templates)
        return all(given)

    def carries(self, content: Content) -> bool:
        """What has an approved template."""
        templates = runtime().settings.tencent_sms.templates
        return bool(content.title) and texting.template_of(templates, content) is not None

    def address(self, recipient: Recipient) -> str | None:
        """Give what stands for the person's number."""
        return address_of(recipient, Kind.PHONE)

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Send one message; Tencent says the key again when it is asked."""
        settings = runtime().settings.tencent_sms
        sms = await texting.written(self.name, settings.templates, content, address)
        if isinstance(sms, Receipt):
            return sms
        answer = await self._ask(
            "SendSms",
            {
                "PhoneNumberSet": [sms.number.e164],
                "SmsSdkAppId": settings.app_id,
                "SignName": settings.sign_name,
                "TemplateId": sms.template_id,
                "TemplateParamSet": list(sms.values.values()),
                "SessionContext": key,
            },
        )
        return answer if isinstance(answer, Receipt) else await self._said(answer, sms.reached)

    async def find(self, address: str, key: str, began_at: datetime) -> bool | None:
        """Ask whether a carrier has reported of the message with our key; None also when none has."""
        number = await texting.number_at(self.name, address)
        if number is None:
            return None
        asked = {
            "SmsSdkAppId": runtime().settings.tencent_sms.app_id,
            "PhoneNumber": number.e164,
            "BeginTime": int((began_at - clock.shift() - AROUND).timestamp()),
            "Limit": PAGE_SIZE,
        }
        for page in range(PAGES):
            answer = await self._ask("PullSmsSendStatusByPhoneNumber", {**asked, "Offset": page * PAGE_SIZE})
            statuses = answer.get("PullSmsSendStatusSet") if isinstance(answer, Mapping) else None
            if not isinstance(statuses, list):
                return None
            if any(isinstance(status, Mapping) and status.get("SessionContext") == key for status in statuses):
                return True
            if len(statuses) < PAGE_SIZE:
                return None
        return None

    async def _ask(self, action: str, form: Mapping[str, Any]) -> dict[str, Any] | Receipt:
        """Give what stands in the Response, or the receipt of a call that has none."""
        settings, body = runtime().settings.tencent_sms, orjson.dumps(form)
        headers = tencent_headers(
            Action(texting.host_of(settings.base_url), action, VERSION),
            Keys(settings.secret_id, str(settings.secret_key)),
            service=SERVICE,
            body=body,
            at=texting.their_now(),
        )
        headers |= {"X-TC-Region": settings.region}
        answer = await texting.call(f"{settings.base_url}/", headers, seconds=settings.timeout_seconds, body=body)
        if isinstance(answer, Receipt):
            return answer
        response = answer[1].get("Response")
        return response if isinstance(response, dict) else Receipt(Outcome.UNKNOWN, "no_answer", "unreadable answer")

    async def _said(self, response: Mapping[str, Any], reached: Reached) -> Receipt:
        error, statuses = response.get("Error"), response.get("SendStatusSet")
        status = error or (statuses[0] if isinstance(statuses, list) and statuses else None)
        if not isinstance(status, Mapping):
            return Receipt(Outcome.UNKNOWN, "no_answer", "unreadable answer")
        code = str(status.get("Code", ""))
        if code == "Ok" and not error:
            return Receipt(Outcome.ACCEPTED, code, provider_id=str(status.get("SerialNo") or ""))
        if code in NUMBER_DAY:
            return Receipt(Outcome.RETRY, code, "day", pause=texting.until_tomorrow())
        known = code if code in ANSWERS else code.partition(".")[0]
        if known not in ANSWERS:
            return Receipt(Outcome.UNKNOWN, code[:100] or "no_answer")
        return await texting.refused(self.name, reached, code, ANSWERS[known], is_bad_number=code in BAD_NUMBERS)
