"""The rules for the values of a subscribe message, one per field type. Pure.

Source: wechat.md 2.2. Where the platform does not say how it counts, a character is one code point.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

THING_CHARACTERS = 20
CHARACTER_STRING_CHARACTERS = 32
NUMBER_CHARACTERS = 32
SYMBOL_CHARACTERS = 5
NAME_CHINESE_CHARACTERS = 10
NAME_LATIN_CHARACTERS = 20

_YEAR_FIRST = re.compile(r"(\d{4})(?:年(\d{1,2})月(\d{1,2})日|([-/.])(\d{1,2})\4(\d{1,2}))")
_YEAR_MONTH = re.compile(r"\d{4}(?:年(\d{1,2})月|[-/.](\d{1,2}))")
_MONTH_DAY = re.compile(r"(\d{1,2})(?:月(\d{1,2})日|[-/.](\d{1,2}))")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]{1,32}")
_CHARACTER_STRING = re.compile(rf"[\x20-\x7e]{{1,{CHARACTER_STRING_CHARACTERS}}}")
_AMOUNT = re.compile(r"[^\d\s]?\d{1,10}(\.\d+)?元?", re.ASCII)
_PHONE = re.compile(r"[\d+\-() ]{1,17}", re.ASCII)
_CAR = re.compile(r"[\u4e00-\u9fffA-Za-z0-9][A-Za-z0-9]{0,6}[\u4e00-\u9fffA-Za-z0-9]?")
_PHRASE = re.compile(r"[\u4e00-\u9fff]{1,5}")


def field_type(key: str) -> str:
    """Give the type that a template key carries: `thing1` is a `thing`."""
    return key.rstrip("0123456789")


def is_valid(key: str, value: str, values: tuple[str, ...] = ()) -> bool:
    """Say whether the platform would take this text for this key.

    values: what an `enum`, `enum_string` or `const` field may hold; other types ignore it.
    A type that the platform's page does not name is refused.
    """
    if _has_control_characters(value):
        return False
    kind = field_type(key)
    if kind in ("enum", "enum_string", "const"):
        return value in values
    rule = _RULES.get(kind)
    return rule is not None and rule(value)


def _has_control_characters(value: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value)


def _thing(value: str) -> bool:
    return 1 <= len(value) <= THING_CHARACTERS


def _number(value: str) -> bool:
    return len(value) <= NUMBER_CHARACTERS and _NUMBER.fullmatch(value) is not None


def _symbol(value: str) -> bool:
    return 1 <= len(value) <= SYMBOL_CHARACTERS and not any(char.isalnum() or char.isspace() for char in value)


def _name(value: str) -> bool:
    if not value or any(character.isdigit() for character in value):
        return False
    return len(value) <= (NAME_LATIN_CHARACTERS if value.isascii() else NAME_CHINESE_CHARACTERS)


def _time(value: str) -> bool:
    return _each_end(value, _is_time)


def _date(value: str) -> bool:
    return _each_end(value, _is_date)


def _each_end(value: str, rule: Callable[[str], bool]) -> bool:
    ends = value.split("~")
    return len(ends) <= 2 and all(rule(end.strip()) for end in ends)


def _is_time(text: str) -> bool:
    clock = _CLOCK.search(text)
    if clock is None or clock.end() != len(text) or not _is_clock(clock[0]):
        return False
    day = text[: clock.start()].rstrip()
    return day == "" or _is_day(day)


def _is_date(text: str) -> bool:
    if _is_day(text) or _is_year_month(text) or _is_month_day(text):
        return True
    day, _, clock = text.partition(" ")
    return _is_clock(clock.strip()) and _is_day(day)


def _is_clock(text: str) -> bool:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return False
    hour, minute, second = (int(part or 0) for part in found.groups())
    return hour <= 23 and minute <= 59 and second <= 59


def _is_day(text: str) -> bool:
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        return False
    year, month, day = int(found[1]), int(found[2] or found[5]), int(found[3] or found[6])
    return _exists(year, month, day)


def _is_year_month(text: str) -> bool:
    found = _YEAR_MONTH.fullmatch(text)
    return found is not None and 1 <= int(found[1] or found[2]) <= 12


def _is_month_day(text: str) -> bool:
    found = _MONTH_DAY.fullmatch(text)
    # a leap year, so that the 29th of February is a day of the year
    return found is not None and _exists(2024, int(found[1]), int(found[2] or found[3]))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_RULES: dict[str, Callable[[str], bool]] = {
    "thing": _thing,
    "number": _number,
    "letter": _matches(_LETTER),
    "symbol": _symbol,
    "character_string": _matches(_CHARACTER_STRING),
    "time": _time,
    "date": _date,
    "amount": _matches(_AMOUNT),
    "phone_number": _matches(_PHONE),
    "car_number": _matches(_CAR),
    "name": _name,
    "phrase": _matches(_PHRASE),
}
