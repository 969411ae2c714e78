"""Messages of the hospital's application in WeCom (企业微信应用), to one member of staff each. Source: wechat.md 6.4.

The platform knows no key of ours. It drops a request that equals one of the last half hour, so our key stands in the
text: the same delivery is the same request, two deliveries never are. What goes over a member's limit it drops without
a word; the outbox holds it back before (`per_address_minute`).
"""

from collections.abc import Mapping
from datetime import timedelta

import orjson
import structlog

from notifications.channels.accounts import wecom
from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.graphemes import shorten, utf8
from notifications.rules import Cause, Outcome, Window
from server.runtime import runtime
from server.wechat import Call, WechatRefused, WechatUnknown, WechatUnreachable

log = structlog.get_logger("channels")

SEND = "/cgi-bin/message/send"
TEXT_BYTES = 2048
KEY_CHARACTERS = 8
REMEMBERED = timedelta(minutes=30)
PER_MEMBER_MINUTE, PER_MEMBER_HOUR = 30, 1000

ANSWERS: Mapping[int | str, Answer] = {
    -1: Answer(Outcome.RETRY),
    40014: Answer(Outcome.RETRY),  # again after the one refresh
    42001: Answer(Outcome.RETRY),
    40001: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),  # of `gettoken`: the secret
    40013: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    40056: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),  # the application's number
    60020: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),  # our address is not on its list
    48002: Answer(Outcome.TROUBLE, cause=Cause.PERMISSION),
    45009: Answer(Outcome.TROUBLE, window=Window.NEXT_MINUTE),
    81013: Answer(Outcome.REFUSED),  # no member, or not in the application's reach
    82001: Answer(Outcome.REFUSED),
}


class AppMessage:
    """Reaches a member of staff whose WeCom user id is known."""

    name = "wecom_app"
    capabilities = Capabilities(
        remembers=REMEMBERED,
        drops_silently=True,
        at_once=20,
        per_address_minute=PER_MEMBER_MINUTE,
        per_address_hour=PER_MEMBER_HOUR,
    )

    def is_set_up(self) -> bool:
        """It takes a company, an application and its secret."""
        settings = runtime().settings.wecom
        return bool(settings.corp_id and settings.agent_id and settings.app_secret)

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give the member's user id."""
        return recipient.wecom_userid or None

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Call the platform once."""
        form = {
            "touser": address,
            "msgtype": "text",
            "agentid": runtime().settings.wecom.agent_id,
            "text": {"content": marked(content.text(), key)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(REMEMBERED.total_seconds()),
        }
        try:
            answer = await wecom().call(Call("POST", SEND, {}, orjson.dumps(form)))
        except WechatRefused as refusal:
            return self._refused(refusal)
        except WechatUnreachable as trouble:
            return Receipt(Outcome.TROUBLE, "unreachable", str(trouble))
        except WechatUnknown as trouble:
            return Receipt(Outcome.UNKNOWN, "no_answer", str(trouble))
        if address in str(answer.get("invaliduser") or "").split("|"):
            return Receipt(Outcome.REFUSED, "invaliduser")  # «ok» and yet to nobody
        return Receipt(Outcome.ACCEPTED, "0", provider_id=str(answer.get("msgid") or ""))

    def _refused(self, refusal: WechatRefused) -> Receipt:
        # its text may name the address that we call from, so it is not kept
        receipt = receipt_of(ANSWERS, refusal.errcode)
        if receipt.cause is not None:
            log.error("wecom_app_refused", errcode=refusal.errcode)
        return receipt


def marked(text: str, key: str) -> str:
    """Give a text with the mark of its delivery at the end, within what the application takes."""
    mark = f"\n编号 {key[:KEY_CHARACTERS]}"
    return shorten(text, TEXT_BYTES - utf8(mark), measure=utf8) + mark
