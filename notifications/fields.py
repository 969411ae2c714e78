"""Values of subscribe-message fields, shortened and cleaned so that the platform takes them. Pure.

The platform refuses a whole message for one character too many. Source: wechat.md 2.2. Where it does not say how it
counts, the count that gives more is taken.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime

from notifications.graphemes import shorten, utf16
from server import clock

THING_CHARACTERS = 20
NAME_CHARACTERS = 10
NAME_LATIN_CHARACTERS = 20
CHARACTER_STRING_CHARACTERS = 32
PHRASE_CHARACTERS = 5
NOBODY = "就诊人"
NOTHING = "无"
_NOT_CHINESE = re.compile(r"[^\u4e00-\u9fff]")
_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"\d{4}年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日"
_TIME = re.compile(rf"({_DAY} ?)?{_CLOCK}", re.ASCII)
_DATE = re.compile(rf"{_DAY}( {_CLOCK})?", re.ASCII)


def thing(text: str) -> str:
    """Give at most 20 characters on one line, the last one `…` when something was left out."""
    return shorten(line_of(text), THING_CHARACTERS) or NOTHING


def name(text: str) -> str:
    """Give a name without digits, at most 10 characters, or 20 when it is all Latin."""
    line = line_of("".join(ch for ch in _visible(text) if not ch.isdigit()))
    return shorten(line, NAME_LATIN_CHARACTERS if line.isascii() else NAME_CHARACTERS, mark="").strip() or NOBODY


def character_string(text: str) -> str:
    """Give at most 32 printable ASCII characters."""
    line = "".join(ch for ch in text if " " <= ch <= "~").strip()
    return shorten(line, CHARACTER_STRING_CHARACTERS, mark="") or "-"


def phrase(text: str) -> str:
    """Give at most 5 Chinese characters."""
    return _NOT_CHINESE.sub("", text)[:PHRASE_CHARACTERS] or NOTHING


def line_of(text: str) -> str:
    """Give a text as one line, without what cannot be seen."""
    return " ".join(_visible(text).split())


def kind_of(key: str) -> str:
    """Give the type that the key of a field carries: `thing1` is a `thing`."""
    return key.rstrip("0123456789")


def is_valid(key: str, value: str) -> bool:
    """Tell whether the platform takes a value for a field; a type that the hub does not use is not taken."""
    rule = _RULES.get(kind_of(key))
    return rule is not None and value == _visible(value) and rule(value)


def fitted(values: Mapping[str, str]) -> dict[str, str] | str:
    """Give the values as the platform takes them, or the key of the one that no shortening can mend.

    The last look before a call: words of a template, or a name that somebody typed, may be anything.
    """
    fitting: dict[str, str] = {}
    for key, value in values.items():
        if not is_valid(key, value):
            mend = _MENDS.get(kind_of(key))
            value = mend(value) if mend else value
            if not is_valid(key, value):
                return key
        fitting[key] = value
    return fitting


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


def _is_name(value: str) -> bool:
    most = NAME_LATIN_CHARACTERS if value.isascii() else NAME_CHARACTERS
    return 1 <= utf16(value) <= most and not any(ch.isdigit() for ch in value)


def _is_day(value: str, pattern: re.Pattern[str]) -> bool:
    if pattern.fullmatch(value) is None:
        return False
    found = re.match(r"(\d+)年(\d+)月(\d+)日", value)
    if found is None:
        return True
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


_RULES: Mapping[str, Callable[[str], bool]] = {
    "thing": lambda value: 1 <= utf16(value) <= THING_CHARACTERS,
    "name": _is_name,
    "character_string": lambda value: re.fullmatch(rf"[ -~]{{1,{CHARACTER_STRING_CHARACTERS}}}", value) is not None,
    "phrase": lambda value: re.fullmatch(rf"[\u4e00-\u9fff]{{1,{PHRASE_CHARACTERS}}}", value) is not None,
    "time": lambda value: _is_day(value, _TIME),
    "date": lambda value: _is_day(value, _DATE),
}
_MENDS: Mapping[str, Callable[[str], str]] = {
    "thing": thing,
    "name": name,
    "character_string": character_string,
    "phrase": phrase,
}
