"""Template messages of the hospital's official account (服务号), to who follows it. Source: wechat.md 6.1.

The platform remembers our key for ten minutes: a repeated call within them is the first one. What the rules of 2023
forbid in a value is taken out here, since the platform would do so without a word.
"""

import unicodedata
from collections.abc import Mapping
from datetime import timedelta

import orjson
import structlog

from notifications.channels.accounts import official
from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.fields import fitted
from notifications.graphemes import shorten
from notifications.rules import Cause, Outcome, Window
from server import db
from server.runtime import runtime
from server.wechat import Call, WechatRefused, WechatUnknown, WechatUnreachable

log = structlog.get_logger("channels")

SEND = "/cgi-bin/message/template/send"
REMEMBERED = timedelta(minutes=10)
PER_DAY = 100_000
VALUE_CHARACTERS = 20
LEFT = frozenset({40003, 43004})  # no such follower, or not any more

ANSWERS: Mapping[int | str, Answer] = {
    -1: Answer(Outcome.RETRY),
    40001: Answer(Outcome.RETRY),  # again after the one refresh
    40014: Answer(Outcome.RETRY),
    42001: Answer(Outcome.RETRY),
    40003: Answer(Outcome.REFUSED),
    43004: Answer(Outcome.REFUSED),
    40037: Answer(Outcome.REFUSED, cause=Cause.TEMPLATE),
    47003: Answer(Outcome.REFUSED, cause=Cause.TEMPLATE),
    40249: Answer(Outcome.REFUSED, cause=Cause.TEMPLATE),
    45009: Answer(Outcome.TROUBLE, window=Window.NEXT_DAY),
    45011: Answer(Outcome.TROUBLE, window=Window.NEXT_MINUTE),
    40013: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    40125: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    40164: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    40243: Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS),
    48001: Answer(Outcome.TROUBLE, cause=Cause.PERMISSION),
    48004: Answer(Outcome.TROUBLE, cause=Cause.PERMISSION),
    50002: Answer(Outcome.TROUBLE, cause=Cause.ACCOUNT),
}


class OfficialMessage:
    """Reaches an account of which we know that it follows the official account."""

    name = "wechat_official"
    capabilities = Capabilities(
        remembers=REMEMBERED, has_receipts=True, at_once=50, per_day=PER_DAY, has_templates=True
    )

    def is_set_up(self) -> bool:
        """It takes an account and at least one template of it."""
        settings = runtime().settings.official
        return bool(settings.app_id and settings.template_ids)

    def carries(self, content: Content) -> bool:
        """Only what has a template at this account."""
        return bool(content.template_key in runtime().settings.official.template_ids and content.fields)

    def address(self, recipient: Recipient) -> str | None:
        """Give the openid at the official account."""
        return recipient.official_openid or None

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Call the platform once, with our key."""
        settings = runtime().settings
        template_id = settings.official.template_ids.get(content.template_key)
        if template_id is None:
            return Receipt(Outcome.REFUSED, "no_template_id", content.template_key, cause=Cause.TEMPLATE)
        values = fitted(content.fields)
        if isinstance(values, str):
            return Receipt(Outcome.REFUSED, "field_does_not_fit", values, cause=Cause.TEMPLATE)
        form = {
            "touser": address,
            "template_id": template_id,
            "data": {name: {"value": shown(value)} for name, value in values.items()},
            "client_msg_id": key,
        }
        if content.link:
            form["miniprogram"] = {"appid": settings.wechat.app_id, "pagepath": content.link}
        try:
            answer = await official().call(Call("POST", SEND, {}, orjson.dumps(form)))
        except WechatRefused as refusal:
            return await self._refused(refusal, address)
        except WechatUnreachable as trouble:
            return Receipt(Outcome.TROUBLE, "unreachable", str(trouble))
        except WechatUnknown as trouble:
            return Receipt(Outcome.UNKNOWN, "no_answer", str(trouble))
        return Receipt(Outcome.ACCEPTED, "0", provider_id=str(answer.get("msgid") or ""))

    async def _refused(self, refusal: WechatRefused, address: str) -> Receipt:
        receipt = receipt_of(ANSWERS, refusal.errcode, refusal.errmsg)
        if refusal.errcode in LEFT:
            # the platform's own word, whatever its events have told us: no message goes there until a new one
            await db.fetch("UPDATE account SET official_openid = NULL WHERE official_openid = $1", address)
            await db.fetch("UPDATE official_follower SET is_following = false WHERE openid = $1", address)
        elif receipt.cause is not None:
            log.error("official_refused", errcode=refusal.errcode, errmsg=refusal.errmsg)
        return receipt


def shown(value: str) -> str:
    """Give what the phone would show of a value: one line, no emoji, at most 20 characters; never nothing."""
    kept = "".join(" " if unicodedata.category(sign) in _SPACES else sign for sign in value if not _is_emoji(sign))
    return shorten(" ".join(kept.split()), VALUE_CHARACTERS) or "-"


_SPACES = ("Cc", "Cs", "Zl", "Zp")
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3"


def _is_emoji(sign: str) -> bool:
    return sign in _JOINERS or unicodedata.category(sign) == "So" or 0x1F000 <= ord(sign) <= 0x1FAFF
