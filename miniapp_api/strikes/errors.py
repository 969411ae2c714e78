"""What can be refused about strikes.

Refused                    409
├─ StrikeNotOpen                it is forgiven already, or no longer in the window
├─ AlreadyAppealed              one appeal for each strike
├─ AppealDecided                somebody decided before
├─ NothingToForgive             the person has no strike that counts
└─ OutageOver                   an outage ends once
"""

from typing import ClassVar

from server.errors import Refused


class StrikeNotOpen(Refused):
    """The strike does not count any more: there is nothing to appeal or to forgive."""

    code, title = "strike_not_open", "This record no longer counts"
    texts: ClassVar = {
        "zh-CN": "这条记录已不再计入，无需处理。",
        "zh-TW": "這筆紀錄已不再計入，無需處理。",
        "en": "This record no longer counts. There is nothing to do.",
    }


class AlreadyAppealed(Refused):
    """Each strike can be appealed once."""

    code, title = "already_appealed", "Already appealed"
    texts: ClassVar = {
        "zh-CN": "这条记录已经申诉过，每条记录可申诉一次。如还有疑问，可致电客服或到导诊台。",
        "zh-TW": "這筆紀錄已經申訴過，每筆紀錄可申訴一次。如仍有疑問，可致電客服或到導診台。",
        "en": "This record has been appealed already; each can be appealed once. "
        "If you have questions, please call us or ask the guide desk.",
    }


class AppealDecided(Refused):
    """Somebody decided about this appeal before."""

    code, title = "appeal_decided", "Already decided"
    texts: ClassVar = {
        "zh-CN": "这条申诉已经处理过了。",
        "zh-TW": "這筆申訴已經處理過了。",
        "en": "This appeal has been decided already.",
    }


class NothingToForgive(Refused):
    """The person has no strike that counts."""

    code, title = "nothing_to_forgive", "Nothing to forgive"
    texts: ClassVar = {
        "zh-CN": "该患者目前没有计入的爽约记录。",
        "zh-TW": "該患者目前沒有計入的爽約紀錄。",
        "en": "No record counts against this person at present.",
    }


class OutageOver(Refused):
    """The outage has ended already."""

    code, title = "outage_over", "Outage over"
    texts: ClassVar = {
        "zh-CN": "这条故障记录已经结束。",
        "zh-TW": "這筆故障紀錄已經結束。",
        "en": "This outage has ended already.",
    }
