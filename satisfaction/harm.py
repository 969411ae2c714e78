"""The words that say that somebody was or may be harmed; every text of a patient is read for them. Pure.

A text with one of them is looked at by a person at once, also when it says «no bleeding»: a call too many is cheap, and
who writes «I would not call it bleeding» may bleed. So no negation ever mutes a word. What is taken out before the look
are only names of places (感染科): they say where somebody was, and nothing else.
"""

import re
import unicodedata
from collections.abc import Iterable

HARM_WORDS = (
    "疼痛加重", "疼痛加剧", "疼得更", "痛得更", "出血", "流血", "大出血", "过敏",
    "休克", "昏迷", "晕倒", "昏倒", "跌倒", "摔倒", "摔伤", "坠床",
    "感染", "烫伤", "误诊", "漏诊", "用错药", "发错药", "拿错药", "开错药",
    "打错针", "输错", "抽错血", "认错人", "红包", "回扣", "打人", "打了我",
    "动手打", "骂人", "辱骂", "骚扰", "猥亵", "自杀", "不想活", "轻生",
    "抢救", "死亡", "去世", "残疾", "窒息", "呼吸困难", "bleeding", "allergic",
    "allergy", "suicide", "overdose", "wrong medicine", "wrong drug", "misdiagnos", "bribe", "fainted",
    "infected", "infection",
)  # fmt: skip

PLACES = ("感染性疾病科", "感染科", "感染楼", "过敏反应科", "过敏科", "过敏门诊", "抢救室门口", "抢救室外")

# the script of Taiwan and Hong Kong, as far as words of harm and of topics need it
_TRADITIONAL = (
    "過敏劇暈誤診漏藥錯針輸認紅罵騷擾殺輕搶殘難態務冷漠懶說話釋講聽間長遲號費貴價錢單據環境髒亂廁櫃臺護醫師質療結檢查"
    "電標識導隱私開門處後來員們這個時還沒與為問題應對樓層帶體驗氣噪聲陽臺係統網絡頁機報銷險發給廣顧傷燙墜數滿點熱線"
)
_SIMPLIFIED = (
    "过敏剧晕误诊漏药错针输认红骂骚扰杀轻抢残难态务冷漠懒说话释讲听间长迟号费贵价钱单据环境脏乱厕柜台护医师质疗结检查"
    "电标识导隐私开门处后来员们这个时还没与为问题应对楼层带体验气噪声阳台系统网络页机报销险发给广顾伤烫坠数满点热线"
)
_SCRIPT = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_HIDING = re.compile(r"(?<=[㐀-鿿])[\s·•・._*#~^+=|/\\-]+(?=[㐀-鿿])")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def plain(text: str) -> str:
    """Write a text so that equal words look equal: one width, one case, one script, nothing put between characters."""
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold().translate(_SCRIPT)
    return _HIDING.sub("", folded)


def words_in(texts: Iterable[str], words: Iterable[str]) -> tuple[str, ...]:
    """List the words that one of the texts contains, in the order of the words."""
    read = [_without_places(plain(text)) for text in texts]
    return tuple(word for word in words if (folded := plain(word)) and any(folded in text for text in read))


def harm_word_in(texts: Iterable[str], words: Iterable[str] = HARM_WORDS) -> str | None:
    """Give the first word of harm that one of the texts contains, or None."""
    return next(iter(words_in(texts, words)), None)


def _without_places(text: str) -> str:
    for place in PLACES:
        text = text.replace(place, "")
    return text
