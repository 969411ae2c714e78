"""What people are asked and told about their consents, in three languages, each wording with its version. Pure.

A wording is never changed: a new one gets the next number, so that what somebody agreed to can be read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.consents.rules import Moment
from notifications.rules import Purpose
from server.errors import LANGUAGES

Words = tuple[str, str, str]  # zh-CN, zh-TW, en


@dataclass(frozen=True)
class Wording:
    """One purpose in words. text: what we do. without: what follows from a no."""

    title: Words
    text: Words
    without: Words


WORDINGS: Mapping[int, Mapping[Purpose, Wording]] = {
    1: {
        Purpose.CLINICAL: Wording(
            ("诊后关怀", "診後關懷", "Care after a visit"),
            (
                "看完病以后，我们会提醒您用药和注意事项，问问恢复得怎么样。会用到您的就诊科室和医生的嘱咐。",
                "看完診以後，我們會提醒您用藥和注意事項，問問恢復得怎麼樣。會用到您的就診科別和醫師的囑咐。",
                "After a visit we remind you of medicine and advice, and ask how you are. "
                "This uses the department that you saw and what the doctor wrote down.",
            ),
            (
                "关闭后不再收到诊后提醒；医生的嘱咐仍可在就诊记录里看到。",
                "關閉後不再收到診後提醒；醫師的囑咐仍可在就診紀錄裡看到。",
                "Without it you get no reminders after a visit; the doctor's advice stays in your records.",
            ),
        ),
        Purpose.RETURN_VISIT: Wording(
            ("复诊提醒", "複診提醒", "Reminders to return"),
            (
                "医生请您复诊时，快到日子我们会提醒您，帮您预约。",
                "醫師請您複診時，快到日子我們會提醒您，協助您預約。",
                "When a doctor asks you to come again, we remind you in time and help you to book.",
            ),
            (
                "关闭后不再提醒复诊，请您自己记住日子；随时仍可预约。",
                "關閉後不再提醒複診，請您自己記住日子；隨時仍可預約。",
                "Without it nobody reminds you: please keep the date in mind. You can book at any time.",
            ),
        ),
        Purpose.SATISFACTION: Wording(
            ("就诊评价邀请", "就診評價邀請", "Invitations to rate"),
            (
                "就诊后请您花一分钟说说感受，帮我们改进。",
                "就診後請您花一分鐘說說感受，協助我們改進。",
                "After a visit we ask for a minute of your time, so that we can do better.",
            ),
            (
                "关闭后不再邀请您评价；有意见仍可随时告诉我们。",
                "關閉後不再邀請您評價；有意見仍可隨時告訴我們。",
                "Without it we do not ask. You can still tell us at any time what was not right.",
            ),
        ),
        Purpose.EDUCATION: Wording(
            ("健康科普", "健康衛教", "Health advice"),
            (
                "根据您看过的科室，偶尔发送健康知识。这需要您单独同意。",
                "根據您看過的科別，偶爾發送健康知識。這需要您單獨同意。",
                "Now and then, advice on health that fits the departments you have seen. This needs your own yes.",
            ),
            (
                "不打开就不会收到，对看病没有任何影响。",
                "不開啟就不會收到，對看診沒有任何影響。",
                "You get none without it, and your treatment is the same.",
            ),
        ),
    },
}
CURRENT = max(WORDINGS)

ASK: Mapping[Moment, Words] = {
    Moment.BOOKED: (
        "允许我们在就诊前提醒您、轮到您时叫您。每次同意只能发一条，所以会再问您。",
        "允許我們在就診前提醒您、輪到您時叫您。每次同意只能發一則，所以會再問您。",
        "May we remind you before the visit and call you when it is your turn? Each yes is good for one message, "
        "which is why we ask again.",
    ),
    Moment.CHECKED_IN: (
        "允许我们轮到您时发微信叫您，您可以放心走动。",
        "允許我們輪到您時發微信叫您，您可以放心走動。",
        "May we call you by WeChat when it is your turn? Then you need not watch the screen.",
    ),
    Moment.FINISHED: (
        "允许我们在快到复诊的日子提醒您。",
        "允許我們在快到複診的日子提醒您。",
        "May we remind you when it is time to come again?",
    ),
    Moment.WAITLISTED: (
        "有人退号时需要马上告诉您，请允许我们发消息。",
        "有人退掛時需要馬上告訴您，請允許我們發訊息。",
        "When a place comes free we must tell you at once. May we?",
    ),
    Moment.COMPLAINED: (
        "允许我们在有处理结果时告诉您。",
        "允許我們在有處理結果時告訴您。",
        "May we tell you when there is an answer?",
    ),
}


def words_in(words: Words, language: str) -> str:
    """Give words in a language; Simplified Chinese for one that is not there."""
    return words[LANGUAGES.index(language) if language in LANGUAGES else 0]
