"""What is refused here.

Refused
├─ VisitStays            what concerns a visit cannot be switched off
└─ ContactCapReached     the person has had as many messages as one may get
"""

from typing import ClassVar

from server.errors import Refused


class VisitStays(Refused):
    """A person who does not hear of a visit misses it."""

    code, title = "visit_stays_on", "Visit messages stay on"
    texts: ClassVar = {
        "zh-CN": "就诊通知关系到您看病，不能关闭。",
        "zh-TW": "就診通知關係到您看病，不能關閉。",
        "en": "Messages about your visits cannot be switched off.",
    }


class ContactCapReached(Refused):
    """The cap protects the person from us, also from what is sent by hand."""

    code, title = "contact_cap_reached", "Cap reached"
    texts: ClassVar = {
        "zh-CN": "这个人近期收到的消息已达上限，请稍后再发。",
        "zh-TW": "此人近期收到的訊息已達上限，請稍後再發。",
        "en": "This person has had as many messages as allowed. Try again later.",
    }
