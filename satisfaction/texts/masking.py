"""What of a text could tell who wrote it or who is meant is covered before others read it. Pure.

Covered are names that are known (the doctor's, the patient's, those of the department), a surname before a title
(王医生), phone numbers, identity numbers, dates of birth, mail addresses and links. It covers too much rather than too
little; what stands between the lines no program covers, so that a person can hide a text at any time.
"""

import re
from collections.abc import Iterable

COVER = "＊"

_TITLES = (
    "医生|医师|大夫|护士长|护士|主任|教授|专家|技师|药师|院长|科长|老师|师傅|先生|女士|小姐|阿姨"
    "|醫生|醫師|護士|護理師|護理長|藥師"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "張劉陳楊趙吳孫馬鄭謝羅許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸範賈韋鄒龍賀顧龔萬錢嚴湯"
)
_PATTERNS = (
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE),
    re.compile(r"(?<!\d)\d{6}[\s-]?(?:19|20)\d{2}[\s-]?\d{4}[\s-]?\d{3}[\dXx](?![\dXx])"),
    re.compile(r"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d){8}(?!\d)"),
    re.compile(r"(?<!\d)0\d{2,3}[\s-]?\d{7,8}(?!\d)"),
    re.compile(r"(?<!\d)(?:19|20)\d{2}\s?[年./-]\s?\d{1,2}\s?[月./-]\s?\d{1,2}\s?日?(?!\d)"),
    re.compile(r"(?<![\dA-Za-z])(?:\d[\s-]?){8,20}(?![\dA-Za-z])"),  # card, bed and file numbers
)
_TITLED = re.compile(rf"(?<!主)[{_SURNAMES}][㐀-鿿]{{0,2}}?(?=(?:{_TITLES}))")
_ENGLISH = re.compile(r"\b(Dr|Doctor|Nurse|Prof|Professor|Mr|Mrs|Ms|Miss)\b\.?\s+[A-Z][\w'-]*(?:\s[A-Z][\w'-]*)?")


def masked(text: str, names: Iterable[str] = ()) -> str:
    """Cover in a text what could tell who wrote it or who is meant. names: whole names that are known."""
    for pattern in _PATTERNS:
        text = pattern.sub(COVER, text)
    for name in sorted({name.strip() for name in names}, key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, COVER)
    text = _TITLED.sub(COVER, text)
    return _ENGLISH.sub(lambda found: f"{found[1]} {COVER}", text)
