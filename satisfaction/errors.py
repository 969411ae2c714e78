"""Everything that can be refused here.

Refused                409
├─ AlreadyAnswered        the survey has its one response
├─ SurveyClosed           the deadline is over
├─ ComplaintIsClosed      nothing more can be added
├─ ConflictOfInterest     the person is the one complained about
├─ HandlerUnfit           the person holds no role that handles complaints
├─ AlreadyHandler         the complaint is theirs already
├─ HighestLevel           nobody stands above
├─ NotMergeable           two complaints of two people, or one with itself
└─ NoPhone                the file holds no phone number
"""

from typing import ClassVar

from server.errors import Refused


class AlreadyAnswered(Refused):
    """The survey has its one response."""

    code, title = "already_answered", "Already answered"
    texts: ClassVar = {
        "zh-CN": "您已完成本次评价，感谢您的反馈。",
        "zh-TW": "您已完成本次評價，感謝您的回饋。",
        "en": "You have already answered this survey. Thank you.",
    }


class SurveyClosed(Refused):
    """The deadline of the survey is over."""

    code, title = "survey_closed", "Survey closed"
    texts: ClassVar = {
        "zh-CN": "本次评价已截止。如有意见，欢迎在“投诉与建议”中告诉我们。",
        "zh-TW": "本次評價已截止。如有意見，歡迎在「投訴與建議」中告訴我們。",
        "en": "This survey is closed. You can still write to us under complaints and suggestions.",
    }


class ComplaintIsClosed(Refused):
    """The complaint has reached an end; nothing more can be added."""

    code, title = "complaint_closed", "Complaint closed"
    texts: ClassVar = {
        "zh-CN": "该投诉已结束。如仍有问题，请重新提交，我们会继续处理。",
        "zh-TW": "該投訴已結束。如仍有問題，請重新提交，我們會繼續處理。",
        "en": "This complaint is closed. Please file a new one if something is still wrong.",
    }


class ConflictOfInterest(Refused):
    """The person is the one complained about and must not handle it."""

    code, title = "conflict_of_interest", "Conflict of interest"
    texts: ClassVar = {
        "zh-CN": "该人员与被投诉事项有关，不能处理此投诉，请选择其他人员。",
        "zh-TW": "該人員與被投訴事項有關，不能處理此投訴，請選擇其他人員。",
        "en": "This person is concerned by the complaint and must not handle it. Please choose somebody else.",
    }


class HandlerUnfit(Refused):
    """The person holds no role that handles complaints."""

    code, title = "handler_unfit", "Not a complaint handler"
    texts: ClassVar = {
        "zh-CN": "该人员没有投诉处理权限，请选择其他人员。",
        "zh-TW": "該人員沒有投訴處理權限，請選擇其他人員。",
        "en": "This person does not handle complaints. Please choose somebody else.",
    }


class AlreadyHandler(Refused):
    """The complaint is in the hands of this person already."""

    code, title = "already_handler", "Already the handler"
    texts: ClassVar = {
        "zh-CN": "该投诉已由此人处理。",
        "zh-TW": "該投訴已由此人處理。",
        "en": "This person handles the complaint already.",
    }


class HighestLevel(Refused):
    """The complaint stands at the highest level of the ladder."""

    code, title = "highest_level", "Highest level"
    texts: ClassVar = {
        "zh-CN": "该投诉已升级至最高级别。",
        "zh-TW": "該投訴已升級至最高級別。",
        "en": "The complaint has reached the highest level.",
    }


class NotMergeable(Refused):
    """Two complaints of two people, or one with itself: the patient would lose sight of theirs."""

    code, title = "not_mergeable", "Cannot be merged"
    texts: ClassVar = {
        "zh-CN": "只能合并同一位患者的两件投诉。",
        "zh-TW": "只能合併同一位患者的兩件投訴。",
        "en": "Only two complaints of the same patient can be merged.",
    }


class NoPhone(Refused):
    """The patient's file holds no phone number."""

    code, title = "no_phone", "No phone number"
    texts: ClassVar = {
        "zh-CN": "该患者没有登记电话号码。",
        "zh-TW": "該患者沒有登記電話號碼。",
        "en": "No phone number is on file for this patient.",
    }
