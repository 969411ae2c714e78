"""Text messages by Aliyun (Dysmsapi 2017-05-25). It knows no key of ours, and tells what became of it when asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import orjson

from notifications.channels import texting
from notifications.channels.addresses import Kind, Reached, address_of
from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.channels.signing import Action, Keys, aliyun_headers, aliyun_query
from notifications.rules import Cause, Outcome, Window
from server import clock
from server.runtime import runtime

VERSION = "2017-05-25"
CHINA = timezone(timedelta(hours=8))
PAGE_SIZE = 50
PAGES = 20
AROUND = timedelta(minutes=5)  # our clock and the provider's may differ, also at midnight

_LATER = Answer(Outcome.RETRY)
_MINUTE = Answer(Outcome.RETRY, seconds=60)  # of this number
_HOUR = Answer(Outcome.RETRY, seconds=3600)
_ACCOUNT = Answer(Outcome.TROUBLE, cause=Cause.ACCOUNT)
_RIGHTS = Answer(Outcome.TROUBLE, cause=Cause.PERMISSION)
_KEYS = Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS)
_TEMPLATE = Answer(Outcome.REFUSED, cause=Cause.TEMPLATE)
_NUMBER = Answer(Outcome.REFUSED)

# What is named here was not sent, for certain; what is not is unknown, and Aliyun is asked about it.
ANSWERS: Mapping[int | str, Answer] = {
    "Throttling": _LATER,
    "Throttling.User": _LATER,
    "Throttling.Api": _LATER,
    "isv.DAY_LIMIT_CONTROL": Answer(Outcome.TROUBLE, window=Window.NEXT_DAY),
    "isv.MONTH_LIMIT_CONTROL": _ACCOUNT,
    "isv.AMOUNT_NOT_ENOUGH": _ACCOUNT,
    "isv.OUT_OF_SERVICE": _ACCOUNT,
    "isv.ACCOUNT_NOT_EXISTS": _ACCOUNT,
    "isv.ACCOUNT_ABNORMAL": _ACCOUNT,
    "isv.PRODUCT_UN_SUBSCRIPT": _ACCOUNT,
    "isv.PRODUCT_UNSUBSCRIBE": _ACCOUNT,
    "isp.RAM_PERMISSION_DENY": _RIGHTS,
    "Forbidden.RAM": _RIGHTS,
    "NoPermission": _RIGHTS,
    "InvalidAccessKeyId.NotFound": _KEYS,
    "InvalidAccessKeyId.Inactive": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "IncompleteSignature": _KEYS,
    "MissingAuthorization": _KEYS,
    "InvalidTimeStamp.Expired": _KEYS,
    "SignatureNonceUsed": _LATER,
    "isv.SMS_TEMPLATE_ILLEGAL": _TEMPLATE,
    "isv.SMS_SIGNATURE_ILLEGAL": _TEMPLATE,
    "isv.SMS_SIGN_ILLEGAL": _TEMPLATE,
    "isv.SMS_CONTENT_ILLEGAL": _TEMPLATE,
    "isv.TEMPLATE_MISSING_PARAMETERS": _TEMPLATE,
    "isv.TEMPLATE_PARAMS_ILLEGAL": _TEMPLATE,
    "isv.INVALID_PARAMETERS": _TEMPLATE,
    "isv.INVALID_JSON_PARAM": _TEMPLATE,
    "isv.PARAM_LENGTH_LIMIT": _TEMPLATE,
    "isv.PARAM_NOT_SUPPORT_URL": _TEMPLATE,
    "isv.MOBILE_NUMBER_ILLEGAL": _NUMBER,
    "isv.BLACK_KEY_CONTROL_LIMIT": _TEMPLATE,  # words in a parameter that it does not carry
    "isv.DENY_IP_RANGE": _RIGHTS,
}
BAD_NUMBERS = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
LIMIT = "isv.BUSINESS_LIMIT_CONTROL"  # of one number; the sentence beside it says of which span
_SPANS = {"分钟": _MINUTE, "小时": _HOUR}


class AliyunSms:
    """Reaches a phone by its number, without an app."""

    name = "sms_aliyun"
    capabilities = Capabilities(is_asked=True, has_receipts=True, at_once=50, per_second=3000, has_templates=True)

    def is_set_up(self) -> bool:
        """Keys, a name that begins each message, and at least one approved template."""
        settings = runtime().settings.aliyun_sms
        return bool(settings.key_id and settings.key_secret and settings.sign_name and settings.templates)

    def carries(self, content: Content) -> bool:
        """What has an approved template."""
        return bool(content.title) and texting.template_of(runtime().settings.aliyun_sms.templates, content) is not None

    def address(self, recipient: Recipient) -> str | None:
        """Give what stands for the person's number."""
        return address_of(recipient, Kind.PHONE)

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Send one message; Aliyun says the key again in its report and when it is asked."""
        settings = runtime().settings.aliyun_sms
        sms = await texting.written(self.name, settings.templates, content, address)
        if isinstance(sms, Receipt):
            return sms
        answer = await self._ask(
            "SendSms",
            {
                "PhoneNumbers": sms.number.national,
                "SignName": settings.sign_name,
                "TemplateCode": sms.template_id,
                "TemplateParam": orjson.dumps(sms.values).decode(),
                "OutId": key,
            },
        )
        return answer if isinstance(answer, Receipt) else await self._said(answer, sms.reached)

    async def find(self, address: str, key: str, began_at: datetime) -> bool | None:
        """Ask whether Aliyun took the message with our key, on the days on which it may have been sent."""
        number = await texting.number_at(self.name, address)
        if number is None:
            return None
        at = (began_at - clock.shift()).astimezone(CHINA)
        for day in sorted({(at - AROUND).date(), (at + AROUND).date()}):
            found = await self._sent_on(f"{day:%Y%m%d}", number.national, key)
            if found is not False:
                return found
        return False

    async def _sent_on(self, day: str, number: str, key: str) -> bool | None:
        seen = 0
        for page in range(1, PAGES + 1):
            asked = {"PhoneNumber": number, "SendDate": day, "PageSize": str(PAGE_SIZE), "CurrentPage": str(page)}
            answer = await self._ask("QuerySendDetails", asked)
            if isinstance(answer, Receipt) or answer.get("Code") != "OK":
                return None
            try:
                details = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
                total = int(answer["TotalCount"])
                if any(detail.get("OutId") == key for detail in details):
                    return True
            except (KeyError, TypeError, ValueError, AttributeError):
                return None
            seen += len(details)
            if seen >= total:
                return False
            if not details:
                return None
        return None

    async def _ask(self, action: str, params: Mapping[str, str]) -> dict[str, Any] | Receipt:
        settings, query = runtime().settings.aliyun_sms, aliyun_query(params)
        headers = aliyun_headers(
            Action(texting.host_of(settings.base_url), action, VERSION),
            Keys(settings.key_id, str(settings.key_secret)),
            query=query,
            at=texting.their_now(),
            nonce=uuid4().hex,
        )
        answer = await texting.call(f"{settings.base_url}/?{query}", headers, seconds=settings.timeout_seconds)
        return answer if isinstance(answer, Receipt) else answer[1]

    async def _said(self, answer: Mapping[str, Any], reached: Reached) -> Receipt:
        code, words = str(answer.get("Code", "")), str(answer.get("Message", ""))
        if code == "OK":
            return Receipt(Outcome.ACCEPTED, code, provider_id=str(answer.get("BizId") or ""))
        if code == LIMIT:
            found = next((each for span, each in _SPANS.items() if span in words), None)
            if found is None:
                return Receipt(Outcome.RETRY, code, "day", pause=texting.until_tomorrow())
            return receipt_of({code: found}, code)
        if code not in ANSWERS:
            return Receipt(Outcome.UNKNOWN, code[:100] or "no_answer")
        return await texting.refused(self.name, reached, code, ANSWERS[code], is_bad_number=code in BAD_NUMBERS)
