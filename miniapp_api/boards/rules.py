"""What a board shows and says of a call. Pure."""

import re
from dataclasses import dataclass

LANGUAGES = ("zh-CN", "zh-TW", "en")
CALL, RECALL, READY = "call", "recall", "ready"

_DIGITS = "零一二三四五六七八九"
_HAN = re.compile(r"[\u3400-\u9fff]")
_SAID = {
    CALL: {
        "zh-CN": "请 {number} 号{name}到{room}就诊",
        "zh-TW": "請 {number} 號{name}到{room}就診",
        "en": "Number {number}, please go to {room}",
    },
    RECALL: {
        "zh-CN": "再次呼叫，请 {number} 号{name}到{room}就诊",
        "zh-TW": "再次呼叫，請 {number} 號{name}到{room}就診",
        "en": "Calling again. Number {number}, please go to {room}",
    },
    READY: {
        "zh-CN": "请 {number} 号{name}到{room}门口候诊",
        "zh-TW": "請 {number} 號{name}到{room}門口候診",
        "en": "Number {number}, please wait in front of {room}",
    },
}
_SOMEWHERE = {"zh-CN": "诊室", "zh-TW": "診室", "en": "the consulting room"}


@dataclass(frozen=True)
class BoardSettings:
    """How a department's boards show and speak.

    names: `numbers` or `masked`. spoken: `number` or `family_name`; the whole name is never said. languages: the large
    one first, the small one beneath. alternates: the two change places by themselves. spoken_languages: in which a
    call is said, one after the other.
    """

    names: str = "numbers"
    languages: tuple[str, ...] = ("zh-CN", "en")
    alternates: bool = False
    voice: bool = True
    spoken: str = "number"
    spoken_languages: tuple[str, ...] = ("zh-CN",)


def spelled(number: str, language: str) -> str:
    """Read a number one sign after the other: a voice would make «thousand» of E1001.

    >>> spelled("A012", "zh-CN")
    'A 零 一 二'
    """
    signs = number if language == "en" else [_DIGITS[int(sign)] if sign.isdecimal() else sign for sign in number]
    return " ".join(signs)


def spoken_name(masked: str) -> str:
    """Say of a masked name the family name alone; empty for a foreign initial, which says nothing to anybody.

    >>> spoken_name("张*三"), spoken_name("J***")
    ('张某', '')
    """
    return f"{masked[0]}某" if masked and _HAN.match(masked[0]) else ""


def said(kind: str, number: str, where: str, *, name: str = "") -> dict[str, str]:
    """Give what is said for a call in every language. name: masked; empty when none is said. where: may be empty."""
    sentences = {}
    for language, template in _SAID[kind].items():
        spoken = spoken_name(name) if language != "en" else ""
        sentences[language] = template.format(
            number=spelled(number, language),
            name=f"，{spoken}，" if spoken else "",
            room=_place(where or _SOMEWHERE[language], language),
        )
    return sentences


def _place(where: str, language: str) -> str:
    # a pause before and after what begins or ends with a figure or a letter, as people say it
    return where if language == "en" else f" {where} "


def where(location: str | None, room: str | None, here: str) -> str:
    """Say where to go: the room, and before it its place when that is another than the board's own."""
    return " ".join(part for part in ("" if location == here else location, room) if part)
