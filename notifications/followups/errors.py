"""What is refused of follow-up plans.

Refused
├─ AnsweredAlready       a form is answered once
├─ FollowUpOver          the plan has ended, nobody reads an answer any more
├─ NothingToApprove      the plan has no draft
├─ PlanCodeTaken         another plan has this code
└─ PlanNotRunning        nobody can be put on a plan that is not approved
"""

from typing import ClassVar

from server.errors import Refused


class AnsweredAlready(Refused):
    """This form has been answered."""

    code, title = "answered_already", "Answered already"
    texts: ClassVar = {
        "zh-CN": "这份随访您已经填过了，谢谢。",
        "zh-TW": "這份隨訪您已經填過了，謝謝。",
        "en": "You have answered this already. Thank you.",
    }


class FollowUpOver(Refused):
    """The plan has ended; nobody would read the answer."""

    code, title = "follow_up_over", "Follow-up is over"
    texts: ClassVar = {
        "zh-CN": "这项随访已经结束。身体不舒服请预约就诊，紧急情况请拨打 120。",
        "zh-TW": "這項隨訪已經結束。身體不適請預約就診，緊急情況請撥打 120。",
        "en": "This follow-up is over. If you feel unwell, please book a visit; in an emergency dial 120.",
    }


class NothingToApprove(Refused):
    """The plan has no draft."""

    code, title = "nothing_to_approve", "No draft"
    texts: ClassVar = {
        "zh-CN": "这个随访计划没有待审核的草稿。",
        "zh-TW": "這個隨訪計畫沒有待審核的草稿。",
        "en": "This plan has no draft to approve.",
    }


class PlanCodeTaken(Refused):
    """Another plan has this code."""

    code, title = "plan_code_taken", "Code is taken"
    texts: ClassVar = {
        "zh-CN": "已有随访计划使用这个代码，请换一个。",
        "zh-TW": "已有隨訪計畫使用這個代碼，請換一個。",
        "en": "Another plan has this code. Please choose another one.",
    }


class PlanNotRunning(Refused):
    """Nobody can be put on a plan that is not approved, or that does not count from this anchor."""

    code, title = "plan_not_running", "Not approved"
    texts: ClassVar = {
        "zh-CN": "没有适用的已审核随访计划，请先审核或换一个起点。",
        "zh-TW": "沒有適用的已審核隨訪計畫，請先審核或換一個起點。",
        "en": "No approved plan counts from this. Please approve one first, or choose another anchor.",
    }
