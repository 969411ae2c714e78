"""What is refused here.

Refused
├─ NothingToRetry        no delivery of the message failed, was suppressed or waits for its next try
├─ NothingToCancel       everything has left already or has ended
├─ MessageTooOld         its deadline has passed
└─ NothingToSay          nobody is told anything of what is tried
Forbidden
└─ ForgedPush            a push that the platform did not sign
Malformed
└─ UnknownTemplate       a template that this account does not use
"""

from typing import ClassVar

from server.errors import Forbidden, Malformed, Refused


class NothingToRetry(Refused):
    """No delivery of the message can be tried again: it has arrived, may have arrived, or is on its way."""

    code, title = "nothing_to_retry", "Nothing to retry"
    texts: ClassVar = {
        "zh-CN": "这条消息没有可以重发的投递。",
        "zh-TW": "這則訊息沒有可以重送的投遞。",
        "en": "No delivery of this message can be sent again.",
    }


class NothingToCancel(Refused):
    """Everything has left already or has ended."""

    code, title = "nothing_to_cancel", "Nothing to cancel"
    texts: ClassVar = {
        "zh-CN": "这条消息已经发出或已结束，无法取消。",
        "zh-TW": "這則訊息已經送出或已結束，無法取消。",
        "en": "This message has left already or has ended.",
    }


class MessageTooOld(Refused):
    """Nobody has any use for the message after its deadline."""

    code, title = "message_too_old", "Message too old"
    texts: ClassVar = {
        "zh-CN": "这条消息已过时效，不再发送。",
        "zh-TW": "這則訊息已過時效，不再傳送。",
        "en": "This message is too old to be sent.",
    }


class NothingToSay(Refused):
    """Of what is tried, this person is told nothing."""

    code, title = "nothing_to_say", "Nothing to say"
    texts: ClassVar = {
        "zh-CN": "发生这件事时，不会通知这个人。",
        "zh-TW": "發生這件事時，不會通知此人。",
        "en": "This person is told nothing when that happens.",
    }


class ForgedPush(Forbidden):
    """The signature of a push is wrong, old, or missing."""

    code, title = "forged_push", "Not signed by the platform"
    texts: ClassVar = {
        "zh-CN": "推送签名不正确。",
        "zh-TW": "推送簽名不正確。",
        "en": "This push is not signed by the platform.",
    }


class UnknownTemplate(Malformed):
    """A template id that this mini-app does not use."""

    code, title = "unknown_template", "Unknown template"
    texts: ClassVar = {
        "zh-CN": "没有这个消息模板。",
        "zh-TW": "沒有這個訊息範本。",
        "en": "There is no such template.",
    }
