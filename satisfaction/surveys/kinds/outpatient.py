"""After an outpatient visit: seven items, one minute, nothing forced. Pure.

Source: the core items of the bank in the hospital's satisfaction rules (R1, D1, D2, P2, O1, O2, T1); the effect of the
treatment (Q1) is not asked hours after the visit, when nobody can know it yet.
"""

from satisfaction.surveys.kinds.items import Item, ItemType, Survey, Texts

OVERALL = "overall"
RECOMMEND = "recommend"

_WORST = {"zh-CN": "非常不满意", "zh-TW": "非常不滿意", "en": "Very dissatisfied"}
_BEST = {"zh-CN": "非常满意", "zh-TW": "非常滿意", "en": "Very satisfied"}


def _stars(item_id: str, dimension: str, text: Texts) -> Item:
    return Item(id=item_id, type=ItemType.STARS, dimension=dimension, text=text, worst=_WORST, best=_BEST)


OUTPATIENT = Survey(
    code="outpatient",
    version=1,
    title={"zh-CN": "门诊就诊评价", "zh-TW": "門診就診評價", "en": "About your visit"},
    items=(
        _stars(
            OVERALL,
            "overall",
            {
                "zh-CN": "您对本次就医的总体体验如何？",
                "zh-TW": "您對本次就醫的整體體驗如何？",
                "en": "Overall, how was your visit?",
            },
        ),
        _stars(
            "reception",
            "reception",
            {
                "zh-CN": "导诊、挂号、收费窗口人员的服务态度",
                "zh-TW": "導診、掛號、收費窗口人員的服務態度",
                "en": "The attitude of the staff at the guide, registration and payment desks",
            },
        ),
        _stars(
            "doctor_attitude",
            "doctor",
            {
                "zh-CN": "医生认真听您说话、尊重您",
                "zh-TW": "醫師認真聽您說話、尊重您",
                "en": "The doctor listened to you carefully and treated you with respect",
            },
        ),
        _stars(
            "doctor_communication",
            "communication",
            {
                "zh-CN": "医生用您听得懂的话说明病情和治疗方案",
                "zh-TW": "醫師用您聽得懂的話說明病情和治療方案",
                "en": "The doctor explained your condition and treatment in words you understood",
            },
        ),
        _stars(
            "waiting",
            "process",
            {
                "zh-CN": "从报到到就诊的等候时间",
                "zh-TW": "從報到到就診的等候時間",
                "en": "The waiting time from check-in to the consultation",
            },
        ),
        Item(
            id=RECOMMEND,
            type=ItemType.SCALE,
            dimension="recommendation",
            text={
                "zh-CN": "您有多大可能向亲友推荐本院？",
                "zh-TW": "您有多大可能向親友推薦本院？",
                "en": "How likely are you to recommend us to family and friends?",
            },
            worst={"zh-CN": "完全不可能", "zh-TW": "完全不可能", "en": "Not at all likely"},
            best={"zh-CN": "非常可能", "zh-TW": "非常可能", "en": "Extremely likely"},
        ),
        Item(
            id="improve",
            type=ItemType.TEXT,
            dimension="improvement",
            text={
                "zh-CN": "您最想让我们改进的一件事是什么？",
                "zh-TW": "您最想讓我們改進的一件事是什麼？",
                "en": "What is the one thing we should improve?",
            },
        ),
    ),
)
