"""Values of subscribe-message fields, shortened and cleaned so that the platform takes them. Pure.

The platform refuses a whole message for one character too many. Source: wechat.md 2.2.
"""

import re
import unicodedata
from datetime import date, datetime

from server import clock

THING_CHARACTERS = 20
NAME_CHARACTERS = 10
NAME_LATIN_CHARACTERS = 20
CHARACTER_STRING_CHARACTERS = 32
PHRASE_CHARACTERS = 5
NOBODY = "就诊人"
NOTHING = "无"
_NOT_CHINESE = re.compile(r"[^\u4e00-\u9fff]")


def thing(text: str) -> str:
    """Give at most 20 characters on one line, the last one `…` when something was left out."""
    line = " ".join(_visible(text).split())
    if len(line) > THING_CHARACTERS:
        line = line[: THING_CHARACTERS - 1].rstrip() + "…"
    return line or NOTHING


def name(text: str) -> str:
    """Give a name without digits, at most 10 characters, or 20 when it is all Latin."""
    line = " ".join("".join(ch for ch in _visible(text) if not ch.isdigit()).split())
    return line[: NAME_LATIN_CHARACTERS if line.isascii() else NAME_CHARACTERS].rstrip() or NOBODY


def character_string(text: str) -> str:
    """Give at most 32 printable ASCII characters."""
    line = "".join(ch for ch in text if " " <= ch <= "~").strip()
    return line[:CHARACTER_STRING_CHARACTERS] or "-"


def phrase(text: str) -> str:
    """Give at most 5 Chinese characters."""
    return _NOT_CHINESE.sub("", text)[:PHRASE_CHARACTERS] or NOTHING


def moment(value: datetime) -> str:
    """Give a moment in the hospital's zone, to the minute: 2026年11月22日 09:00."""
    local = clock.local(value)
    return f"{day(local.date())} {local:%H:%M}"


def day(value: date) -> str:
    """Give a day: 2026年11月22日."""
    return f"{value.year}年{value.month:02}月{value.day:02}日"


def _visible(text: str) -> str:
    # control characters, lone surrogates and line separators make the platform refuse the message
    return "".join(" " if unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp") else ch for ch in text)
