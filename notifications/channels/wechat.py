"""WeChat subscribe messages: one consent, one message. No key of ours makes a repeated call harmless."""

from collections.abc import Mapping

import structlog

from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.rules import Cause, Outcome, Window
from server.runtime import runtime
from server.wechat import WechatRefused, WechatUnknown, WechatUnreachable

log = structlog.get_logger("channels")

_SETTINGS = Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS)
_TEMPLATE = Answer(Outcome.REFUSED, cause=Cause.TEMPLATE)
_PERMISSION = Answer(Outcome.REFUSED, cause=Cause.PERMISSION)

# Source: wechat.md 2.3 and 0.5. What is not named here is refused for good, and somebody looks at it.
ANSWERS: Mapping[int | str, Answer] = {
    -1: Answer(Outcome.RETRY),
    40001: Answer(Outcome.RETRY),  # again after the one refresh
    40014: Answer(Outcome.RETRY),
    42001: Answer(Outcome.RETRY),
    40003: Answer(Outcome.REFUSED),  # this person is not one of ours
    43101: Answer(Outcome.NO_CONSENT),
    43108: Answer(Outcome.RETRY, seconds=2),  # two calls for one person at a time
    45009: Answer(Outcome.TROUBLE, Window.NEXT_DAY),
    45011: Answer(Outcome.TROUBLE, Window.NEXT_MINUTE),
    40037: _TEMPLATE,
    41030: _TEMPLATE,
    45168: _TEMPLATE,
    47001: _TEMPLATE,
    47003: _TEMPLATE,
    "no_template_id": _TEMPLATE,
    43107: _PERMISSION,
    48001: _PERMISSION,
    48004: _PERMISSION,
    # our own settings: somebody mends them, nothing is lost meanwhile
    40013: _SETTINGS,
    40125: _SETTINGS,
    40164: _SETTINGS,
    40243: _SETTINGS,
    41004: _SETTINGS,
    50004: _SETTINGS,
    50007: Answer(Outcome.TROUBLE, cause=Cause.ACCOUNT),
    89503: _SETTINGS,
    89506: _SETTINGS,
    89507: _SETTINGS,
}


class SubscribeMessage:
    """Reaches an account on its phone."""

    name = "wechat_subscribe"
    # 10 million a day: the platform says 45009 or 45011
    capabilities = Capabilities(has_receipts=True, at_once=100, needs_consent=True, has_templates=True)

    def is_set_up(self) -> bool:
        """The mini-app's own settings are those that the server needs anyway."""
        return True

    def carries(self, content: Content) -> bool:
        """Only what has a template."""
        return bool(content.template_key and content.fields)

    def address(self, recipient: Recipient) -> str | None:
        """Give the openid."""
        return recipient.openid or None

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Call the platform once; it knows no key of ours."""
        wechat = runtime().wechat
        template_id = wechat.template_ids.get(content.template_key)
        if template_id is None:
            return receipt_of(ANSWERS, "no_template_id", content.template_key)  # WECHAT_TEMPLATE_IDS lacks it
        try:
            answer = await wechat.send_subscribe_message(address, template_id, content.fields, page=content.link)
        except WechatRefused as refusal:
            return receipt_of(ANSWERS, refusal.errcode, refusal.errmsg)
        except WechatUnreachable as trouble:
            return Receipt(Outcome.TROUBLE, "unreachable", str(trouble))
        except WechatUnknown as trouble:
            return Receipt(Outcome.UNKNOWN, "no_answer", str(trouble))
        return Receipt(Outcome.ACCEPTED, "0", provider_id=str(answer.get("msgid") or ""))
