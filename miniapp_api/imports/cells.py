"""How a cell of a catalogue file is read, and written so that it reads the same again. Pure.

A cell that cannot be read raises `Unreadable` with the code of a sentence.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, time
from typing import Any

CODE_LENGTH = 32
NAME_LENGTH = 40
LINE_LENGTH = 200
TEXT_LENGTH = 1000
MOST_WORDS = 20

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：]00)?")
_SECOND = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?")
_YUAN = re.compile(r"(\d{1,6})(?:\.(\d{1,2}))?")
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,12})?")
_BETWEEN_WORDS = re.compile("[、，,；;]")
_DAYS = "一二三四五六日"
_YES = {"1", "是", "yes", "true", "启用"}
_NO = {"0", "否", "no", "false", "停用"}
_VISIT_TYPES = {"普通": "ordinary", "专家": "expert", "特需": "special", "复诊": "revisit"}
_GENDERS = {"男": "male", "女": "female", "其他": "other", "未知": "unknown"}
_STATES = {"草稿": "draft", "已批准": "approved", "已停用": "retired"}
_EXCEPTIONS = {"请假": "leave", "休诊": "closure", "加诊": "extra", "调整号源": "capacity"}
_DAY_KINDS = {"工作日": "workday", "周末": "weekend", "节假日": "holiday", "调休上班": "makeup"}
_ON_HOLIDAYS = {"停诊": "closed", "按周日": "sunday", "照常": "usual"}
_RELEASE_MODES = {"先到先得": "first_come", "摇号": "draw"}
_RETURNS = {"不退回": "never", "开诊前": "minutes_before", "前一天": "day_before"}
_LANGUAGES = {"简体": "zh-CN", "繁体": "zh-TW", "英文": "en"}


class Unreadable(Exception):
    """A cell that says nothing we understand; carries what is wrong as a code of `texts` with its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def text(most: int) -> Callable[[str], str]:
    """Make a reader of texts with at most so many characters."""

    def read(cell: str) -> str:
        if len(cell) > most:
            raise Unreadable("too_long", length=len(cell), most=most)
        if any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in cell):
            raise Unreadable("control_character")
        return cell

    return read


def code(cell: str) -> str:
    """Read a code of the hospital's own: letters, digits, dot, dash, underscore."""
    if len(cell) > CODE_LENGTH or not _CODE.fullmatch(cell):
        raise Unreadable("wrong_code", cell=shown(cell), most=CODE_LENGTH)
    return cell


def whole(least: int, most: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from `least` to `most`."""

    def read(cell: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", cell) or not least <= int(cell) <= most:
            raise Unreadable("wrong_number", cell=shown(cell), least=least, most=most)
        return int(cell)

    return read


def yes_or_no(cell: str) -> bool:
    """Read 是/否, yes/no, 1/0."""
    word = cell.lower()
    if word not in _YES | _NO:
        raise Unreadable("wrong_yes_or_no", cell=shown(cell))
    return word in _YES


def moment(cell: str) -> time:
    """Read a time of the day, HH:MM; 24:00 is the end of the day and is kept as 00:00."""
    found = _TIME.fullmatch(cell)
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise Unreadable("wrong_time", cell=shown(cell))
    return time(hour, minute)


def second(cell: str) -> time:
    """Read a time of the day to the second, HH:MM or HH:MM:SS."""
    found = _SECOND.fullmatch(cell)
    parts = [int(part or 0) for part in found.groups()] if found else [99, 0, 0]
    if parts[0] > 23 or parts[1] > 59 or parts[2] > 59:
        raise Unreadable("wrong_time", cell=shown(cell))
    return time(parts[0], parts[1], parts[2])


def weekday(cell: str) -> int:
    """Read 1 to 7 or 周一 to 周日; Monday is kept as 0."""
    day = cell
    for start in ("周", "星期", "礼拜"):
        day = day.removeprefix(start)
    day = day.replace("天", "日")
    if day in _DAYS and len(day) == 1:
        return _DAYS.index(day)
    if day in {"1", "2", "3", "4", "5", "6", "7"}:
        return int(day) - 1
    raise Unreadable("wrong_weekday", cell=shown(cell))


def ticket_prefix(cell: str) -> str:
    """Read the one or two capital letters before a ticket's number."""
    if not re.fullmatch(r"[A-Za-z]{1,2}", cell):
        raise Unreadable("wrong_prefix", cell=shown(cell))
    return cell.upper()


def shown(cell: str) -> str:
    """Shorten what a file says, to repeat it in a report."""
    return cell if len(cell) <= 30 else cell[:30] + "…"


def one_of(words: dict[str, str]) -> Callable[[str], str]:
    """Make a reader of a choice, by its Chinese words or its own names."""
    names = {name.lower(): name for name in words.values()}

    def read(cell: str) -> str:
        found = words.get(cell) or names.get(cell.lower())
        if found is None:
            raise Unreadable("wrong_choice", cell=shown(cell), words="、".join(words), names=", ".join(words.values()))
        return found

    return read


visit_type = one_of(_VISIT_TYPES)
gender = one_of(_GENDERS)
faq_state = one_of(_STATES)
language = one_of(_LANGUAGES)
exception_kind = one_of(_EXCEPTIONS)
day_kind = one_of(_DAY_KINDS)
on_holidays = one_of(_ON_HOLIDAYS)
release_mode = one_of(_RELEASE_MODES)
reserve_return = one_of(_RETURNS)


def several(cell: str) -> list[str]:
    """Read words with 、 or a comma between them, each once."""
    found = list(dict.fromkeys(word for part in _BETWEEN_WORDS.split(cell) if (word := part.strip())))
    if len(found) > MOST_WORDS:
        raise Unreadable("too_many_words", most=MOST_WORDS)
    for word in found:
        text(NAME_LENGTH)(word)
    return found


def yuan(cell: str) -> int:
    """Read a price in yuan, such as 12.5; it is kept in fen."""
    found = _YUAN.fullmatch(cell.removesuffix("元").strip())
    if found is None or (fen := int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))) > 10_000_000:
        raise Unreadable("wrong_price", cell=shown(cell))
    return fen


def degrees(most: int) -> Callable[[str], float]:
    """Make a reader of a place on the map, in degrees up to `most` to either side."""

    def read(cell: str) -> float:
        if not _DEGREES.fullmatch(cell) or abs(float(cell)) > most:
            raise Unreadable("wrong_degrees", cell=shown(cell), most=most)
        return float(cell)

    return read


def day(cell: str) -> date:
    """Read a day, YYYY-MM-DD; Excel adds midnight to it."""
    try:
        return date.fromisoformat(cell.removesuffix(" 00:00:00"))
    except ValueError:
        raise Unreadable("wrong_day", cell=shown(cell)) from None


def last_day(cell: str) -> date | None:
    """Read a last day, or 长期 for none."""
    return None if cell in ("长期", "open") else day(cell)


def written(value: Any) -> str:
    """Write a value as its reader understands it."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case list():
            return "、".join(value)
    return str(value)


def written_weekday(value: int) -> str:
    """Write a weekday; Monday is 1 for people."""
    return str(value + 1)


def written_as_weekday(value: int | None) -> str:
    """Write whose clinics a make-up workday has, if it is one."""
    return "" if value is None else written_weekday(value)


def written_last_day(value: date | None) -> str:
    """Write a last day, or 长期 for none."""
    return "长期" if value is None else value.isoformat()


def written_second(value: time) -> str:
    """Write a time of the day to the second."""
    return f"{value:%H:%M:%S}"


def written_yuan(value: int) -> str:
    """Write fen as yuan."""
    return f"{value // 100}.{value % 100:02}"
