"""WeChat subscribe messages: one consent, one message. No key of ours makes a repeated call harmless."""

from datetime import timedelta

import structlog

from notifications.channels.content import Content, Receipt, Recipient
from notifications.rules import WECHAT_OUTCOMES, Outcome
from server.runtime import runtime
from server.wechat import WechatRefused, WechatUnknown, WechatUnreachable

log = structlog.get_logger("channels")


class SubscribeMessage:
    """Reaches an account on its phone."""

    name = "wechat_subscribe"
    at_once = 100
    per_minute: int | None = None  # 10 million a day: the platform says 45009 or 45011
    needs_consent = True
    is_instant = False

    def carries(self, content: Content) -> bool:
        """Only what has a template."""
        return bool(content.template_key and content.fields)

    def address(self, recipient: Recipient) -> str | None:
        """Give the openid."""
        return recipient.openid or None

    async def send(self, content: Content, address: str) -> Receipt:
        """Call the platform once."""
        wechat = runtime().wechat
        template_id = wechat.template_ids.get(content.template_key)
        if template_id is None:
            log.error("template_without_id", template=content.template_key)  # WECHAT_TEMPLATE_IDS lacks it
            return Receipt(Outcome.REFUSED, "no_template_id", content.template_key)
        try:
            answer = await wechat.send_subscribe_message(address, template_id, content.fields, page=content.link)
        except WechatRefused as refusal:
            return self._refused(refusal, content.template_key)
        except WechatUnreachable as trouble:
            return Receipt(Outcome.TROUBLE, "unreachable", str(trouble))
        except WechatUnknown as trouble:
            return Receipt(Outcome.UNKNOWN, "no_answer", str(trouble))
        return Receipt(Outcome.ACCEPTED, "0", provider_id=str(answer.get("msgid") or ""))

    def _refused(self, refusal: WechatRefused, template_key: str) -> Receipt:
        outcome, seconds = WECHAT_OUTCOMES.get(refusal.errcode, (Outcome.REFUSED, None))
        if outcome is Outcome.REFUSED or (outcome is Outcome.TROUBLE and seconds and refusal.errcode != 45011):
            # somebody has to mend a text, a template or the settings
            log.error("wechat_refused", errcode=refusal.errcode, errmsg=refusal.errmsg, template=template_key)
        pause = timedelta(seconds=seconds) if seconds else None
        return Receipt(outcome, str(refusal.errcode), refusal.errmsg, pause=pause)
