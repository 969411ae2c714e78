"""What can be refused around triage.

Refused                    409
├─ SecondPersonNeeded           who set «urgent» cannot confirm it
├─ NothingToConfirm             the ticket is not urgent, or needs nobody's word any more
└─ TicketOver                   the ticket has ended
"""

from typing import ClassVar

from server.errors import Refused


class SecondPersonNeeded(Refused):
    """Who set a ticket to urgent cannot confirm it: another person looks."""

    code, title = "second_person_needed", "A second person must confirm"
    texts: ClassVar = {
        "zh-CN": "急症须由另一位工作人员确认，不能由判定人自己确认。",
        "zh-TW": "急症須由另一位工作人員確認，不能由判定人自己確認。",
        "en": "Another member of staff must confirm an urgent case.",
    }


class NothingToConfirm(Refused):
    """The ticket is not urgent, or needs nobody's word any more."""

    code, title = "nothing_to_confirm", "Nothing to confirm"
    texts: ClassVar = {
        "zh-CN": "这位患者目前没有待确认的急症判定。",
        "zh-TW": "這位病患目前沒有待確認的急症判定。",
        "en": "There is no urgent triage to confirm for this patient.",
    }


class TicketOver(Refused):
    """The ticket has ended: nothing about it changes any more."""

    code, title = "ticket_over", "The ticket has ended"
    texts: ClassVar = {
        "zh-CN": "这个号已经结束，不能再修改分诊。",
        "zh-TW": "這個號已經結束，不能再修改分診。",
        "en": "This ticket has ended. Its triage can no longer be changed.",
    }
