"""The bank of items that is shipped: what can be asked, in three languages. Pure.

An item's id and scale never change, so that years can be compared; a wording is a version, the hospital adds its own.
`nhc_dimension`, the place in the health authority's own questionnaire, is the hospital's to fill in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from satisfaction.surveys.kinds.items import ItemType, Option, Scale, Texts

NA = "na"  # the answer «does not apply»


@dataclass(frozen=True)
class BankItem:
    """What can be asked. code: as the hospital's rules name it. scale None: it is not counted."""

    id: str
    code: str
    dimension: str
    type: ItemType
    scale: Scale | None
    text: Texts
    worst: Texts | None = None
    best: Texts | None = None
    options: tuple[Option, ...] = ()
    is_sealed: bool = False

    def wording(self) -> dict[str, Any]:
        """Give the words as they are kept: text, worst, best, options."""
        return {
            "text": dict(self.text),
            "worst": dict(self.worst) if self.worst else None,
            "best": dict(self.best) if self.best else None,
            "options": [{"value": one.value, "text": dict(one.text)} for one in self.options],
        }


def _in(simplified: str, traditional: str, english: str) -> Texts:
    return {"zh-CN": simplified, "zh-TW": traditional, "en": english}


_L5_WORST = _in("非常不满意", "非常不滿意", "Very dissatisfied")
_L5_BEST = _in("非常满意", "非常滿意", "Very satisfied")
_FFT_WORST = _in("很差", "很差", "Very poor")
_FFT_BEST = _in("很好", "很好", "Very good")
_R11_WORST = _in("完全不可能", "完全不可能", "Not at all likely")
_R11_BEST = _in("非常可能", "非常可能", "Extremely likely")

OFTEN = (
    Option("always", _in("总是", "總是", "Always")),
    Option("usually", _in("经常", "經常", "Usually")),
    Option("sometimes", _in("有时", "有時", "Sometimes")),
    Option("never", _in("从不", "從不", "Never")),
)


def _stars(item_id: str, code: str, dimension: str, *texts: str) -> BankItem:
    return BankItem(item_id, code, dimension, ItemType.STARS, Scale.L5, _in(*texts), _L5_WORST, _L5_BEST)


def _often(item_id: str, code: str, dimension: str, *texts: str) -> BankItem:
    return BankItem(item_id, code, dimension, ItemType.SINGLE, Scale.F4, _in(*texts), options=OFTEN)


def _choice(item_id: str, code: str, dimension: str, text: Texts, *options: tuple[str, Texts]) -> BankItem:
    chosen = tuple(Option(value, words) for value, words in options)
    return BankItem(item_id, code, dimension, ItemType.SINGLE, None, text, options=chosen)


_ITEMS = (
    BankItem(
        "overall",
        "O1",
        "overall",
        ItemType.STARS,
        Scale.FFT5,
        _in("您对本次就医的总体体验如何？", "您對本次就醫的整體體驗如何？", "Overall, how was your visit?"),
        _FFT_WORST,
        _FFT_BEST,
    ),
    _stars(
        "reception",
        "R1",
        "reception",
        "导诊、挂号、收费窗口人员的服务态度",
        "導診、掛號、收費窗口人員的服務態度",
        "The attitude of the staff at the guide, registration and payment desks",
    ),
    _often(
        "doctor_attitude",
        "D1",
        "doctor",
        "医生认真听您说话、尊重您",
        "醫師認真聽您說話、尊重您",
        "The doctor listened to you carefully and treated you with respect",
    ),
    _often(
        "doctor_communication",
        "D2",
        "communication",
        "医生用您听得懂的话说明病情和治疗方案",
        "醫師用您聽得懂的話說明病情和治療方案",
        "The doctor explained your condition and treatment in words you understood",
    ),
    _often(
        "doctor_involvement",
        "D3",
        "doctor",
        "决定检查和治疗前，医生征求了您的意见",
        "決定檢查和治療前，醫師徵求了您的意見",
        "You were asked for your view before tests and treatment were decided",
    ),
    _stars("nurse_attitude", "N1", "nurse", "护士的服务态度", "護理師的服務態度", "The attitude of the nurses"),
    _often(
        "nurse_response",
        "N2",
        "nurse",
        "按铃或求助后，及时得到了帮助",
        "按鈴或求助後，及時得到了協助",
        "When you rang or asked, help came in time",
    ),
    _stars(
        "effect",
        "Q1",
        "quality",
        "对本次诊疗效果的总体评价",
        "對本次診療效果的整體評價",
        "The result of your treatment, all in all",
    ),
    _often(
        "medicines",
        "Q2",
        "quality",
        "用药方法和副作用讲清楚了",
        "用藥方法和副作用講清楚了",
        "How to take the medicines and their side effects were explained clearly",
    ),
    _often("pain", "Q3", "quality", "疼痛得到了及时处理", "疼痛得到了及時處理", "Your pain was treated in time"),
    _stars(
        "flow",
        "P1",
        "process",
        "挂号、检查、取药流程顺畅",
        "掛號、檢查、領藥流程順暢",
        "Registration, tests and pharmacy went smoothly",
    ),
    _stars(
        "waiting",
        "P2",
        "process",
        "从报到到就诊的等候时间",
        "從報到到就診的等候時間",
        "The waiting time from check-in to the consultation",
    ),
    _choice(
        "waiting_minutes",
        "P2M",
        "process",
        _in("实际大约等了多久？", "實際大約等了多久？", "About how long did you wait?"),
        ("under_15", _in("不到 15 分钟", "不到 15 分鐘", "Under 15 minutes")),
        ("15_30", _in("15 到 30 分钟", "15 到 30 分鐘", "15 to 30 minutes")),
        ("30_60", _in("30 到 60 分钟", "30 到 60 分鐘", "30 to 60 minutes")),
        ("over_60", _in("超过 60 分钟", "超過 60 分鐘", "More than an hour")),
    ),
    _often(
        "discharge",
        "P3",
        "process",
        "出院注意事项和复诊安排讲清楚了",
        "出院注意事項和複診安排講清楚了",
        "What to mind at home and when to come back were explained clearly",
    ),
    _stars(
        "cleanliness",
        "E1",
        "environment",
        "候诊区、病房清洁安静",
        "候診區、病房清潔安靜",
        "Waiting areas and wards were clean and quiet",
    ),
    _stars(
        "signs",
        "E2",
        "environment",
        "标识清楚、厕所干净、无障碍设施够用",
        "標示清楚、廁所乾淨、無障礙設施夠用",
        "Clear signs, clean toilets, good access for everybody",
    ),
    _often(
        "privacy",
        "V1",
        "privacy",
        "检查和谈话时，隐私得到了保护",
        "檢查和談話時，隱私得到了保護",
        "Your privacy was protected during examinations and talks",
    ),
    _stars(
        "fees",
        "F1",
        "fees",
        "收费透明，知道每项费用用在哪里",
        "收費透明，知道每項費用用在哪裡",
        "Fees were clear: you knew what each was for",
    ),
    BankItem(
        "integrity",
        "F2",
        "integrity",
        ItemType.SINGLE,
        None,
        _in(
            "就医时，有没有人向您索要红包，或指定到院外购买？",
            "就醫時，有沒有人向您索要紅包，或指定到院外購買？",
            "Did anybody ask you for money, or tell you to buy at a certain place outside?",
        ),
        options=(
            Option("no", _in("没有", "沒有", "No")),
            Option("yes", _in("有", "有", "Yes")),
            Option("unsaid", _in("不愿回答", "不願回答", "I would rather not say")),
        ),
        is_sealed=True,
    ),
    BankItem(
        "recommend",
        "O2",
        "recommendation",
        ItemType.SCALE,
        Scale.R11,
        _in(
            "您有多大可能向亲友推荐本院？",
            "您有多大可能向親友推薦本院？",
            "How likely are you to recommend us to family and friends?",
        ),
        _R11_WORST,
        _R11_BEST,
    ),
    BankItem(
        "improve",
        "T1",
        "improvement",
        ItemType.TEXT,
        None,
        _in(
            "您最想让我们改进的一件事是什么？",
            "您最想讓我們改進的一件事是什麼？",
            "What is the one thing we should improve?",
        ),
    ),
    BankItem(
        "contact_me",
        "C1",
        "contact",
        ItemType.YES_NO,
        None,
        _in(
            "是否希望我们联系您处理问题？", "是否希望我們聯繫您處理問題？", "Would you like us to contact you about it?"
        ),
    ),
    _choice(
        "recovery",
        "U1",
        "follow_up",
        _in("出院或就诊以后，身体恢复得怎么样？", "出院或就診以後，身體恢復得怎麼樣？", "How have you been since?"),
        ("better", _in("好转", "好轉", "Better")),
        ("same", _in("没有变化", "沒有變化", "The same")),
        ("worse", _in("变差了", "變差了", "Worse")),
    ),
    _choice(
        "taking_medicines",
        "U2",
        "follow_up",
        _in("有没有按医嘱用药？", "有沒有按醫囑用藥？", "Do you take your medicines as you were told?"),
        ("as_told", _in("按医嘱用药", "按醫囑用藥", "Yes, as I was told")),
        ("not_always", _in("有时漏用", "有時漏用", "Not always")),
        ("stopped", _in("自己停了药", "自己停了藥", "I stopped")),
        ("none", _in("没有开药", "沒有開藥", "None were prescribed")),
    ),
    BankItem(
        "knows_revisit",
        "U3",
        "follow_up",
        ItemType.YES_NO,
        Scale.YES_NO,
        _in("知道什么时候来复诊吗？", "知道什麼時候複診嗎？", "Do you know when to come back?"),
    ),
    _stars(
        "follow_up_itself",
        "U4",
        "follow_up",
        "对这次随访电话是否满意？",
        "對這次追蹤電話是否滿意？",
        "Are you satisfied with this call?",
    ),
)

BANK: Mapping[str, BankItem] = {item.id: item for item in _ITEMS}
