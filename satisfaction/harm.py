"""The words that say that somebody was or may be harmed; every text of a patient is read for them. Pure.

A text with one of them is looked at by a person at once, also when it says «no bleeding»: a call too many is cheap.
"""

from collections.abc import Iterable

HARM_WORDS = (
    "疼痛加重", "疼得更", "出血", "流血", "过敏", "休克", "昏迷", "晕倒",
    "跌倒", "摔倒", "摔伤", "感染", "烫伤", "误诊", "用错药", "发错药",
    "打错针", "红包", "回扣", "打人", "骂人", "辱骂", "骚扰", "猥亵",
    "自杀", "不想活", "轻生", "抢救", "死亡", "残疾", "疼痛加劇", "過敏",
    "出血不止", "暈倒", "誤診", "紅包", "自殺", "bleeding", "allergic", "suicide",
    "overdose",
)  # fmt: skip


def harm_word_in(texts: Iterable[str], words: Iterable[str] = HARM_WORDS) -> str | None:
    """Give the first word of harm that one of the texts contains, or None."""
    lowered = [text.lower() for text in texts]
    return next((word for word in words if any(word.lower() in text for text in lowered)), None)
