"""The format of a catalogue file: its kinds of line, their columns, and how a cell is read. Pure.

Every kind and column has an English name and Chinese words that stand for it. A cell that cannot be read raises
`Unreadable` with a sentence in both languages.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

CODE_LENGTH = 32
NAME_LENGTH = 40
LINE_LENGTH = 200
TEXT_LENGTH = 1000

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：]00)?")
_DAYS = "一二三四五六日"
_YES = {"1", "是", "yes", "true", "启用"}
_NO = {"0", "否", "no", "false", "停用"}
_VISIT_TYPES = {"普通": "ordinary", "专家": "expert", "特需": "special", "复诊": "revisit"}


class Unreadable(Exception):
    """A cell that says nothing we understand; carries what is wrong in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Column:
    """One column. A needed one must be filled in a new row; the others start with `default`."""

    name: str
    words: tuple[str, ...]
    read: Callable[[str], Any]
    needed: bool = False
    default: Any = ""


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of line. `key` names the columns that tell one row from another; empty: there is only one row."""

    name: str
    words: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    by_name: Mapping[str, Column] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {word.lower(): column for column in self.columns for word in (column.name, *column.words)}
        object.__setattr__(self, "by_name", found)

    def key_of(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Give what tells this row from the others of its kind."""
        return tuple(values[name] for name in self.key)


def text(most: int) -> Callable[[str], str]:
    """Make a reader of texts with at most so many characters."""

    def read(cell: str) -> str:
        if len(cell) > most:
            raise Unreadable(
                f"太长：{len(cell)} 个字，最多 {most} 个", f"too long: {len(cell)} characters, at most {most}"
            )
        if any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in cell):
            raise Unreadable("含有看不见的控制字符", "holds a control character")
        return cell

    return read


def code(cell: str) -> str:
    """Read a code of the hospital's own: letters, digits, dot, dash, underscore."""
    if len(cell) > CODE_LENGTH or not _CODE.fullmatch(cell):
        raise Unreadable(
            f"代码“{shown(cell)}”只能用字母、数字、点、横线和下划线，最多 {CODE_LENGTH} 个",
            f"the code {shown(cell)!r} may hold letters, digits, dots, dashes and underscores, at most {CODE_LENGTH}",
        )
    return cell


def whole(least: int, most: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from `least` to `most`."""

    def read(cell: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", cell) or not least <= int(cell) <= most:
            raise Unreadable(
                f"“{shown(cell)}”不是 {least} 到 {most} 之间的整数",
                f"{shown(cell)!r} is not a whole number from {least} to {most}",
            )
        return int(cell)

    return read


def yes_or_no(cell: str) -> bool:
    """Read 是/否, yes/no, 1/0."""
    word = cell.lower()
    if word not in _YES | _NO:
        raise Unreadable(f"“{shown(cell)}”请写 是 或 否", f"{shown(cell)!r} must be yes or no")
    return word in _YES


def moment(cell: str) -> time:
    """Read a time of the day, HH:MM; 24:00 is the end of the day and is kept as 00:00."""
    found = _TIME.fullmatch(cell)
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise Unreadable(
            f"“{shown(cell)}”不是时间，请写成 08:30 这样", f"{shown(cell)!r} is not a time, write it like 08:30"
        )
    return time(hour, minute)


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
    raise Unreadable(
        f"“{shown(cell)}”不是星期，请写 1 到 7 或 周一 到 周日",
        f"{shown(cell)!r} is not a weekday, write 1 (Monday) to 7 or 周一 to 周日",
    )


def visit_type(cell: str) -> str:
    """Read 普通, 专家, 特需, 复诊 or their English names."""
    found = _VISIT_TYPES.get(cell, cell.lower())
    if found not in _VISIT_TYPES.values():
        raise Unreadable(
            f"“{shown(cell)}”请写 普通、专家、特需 或 复诊",
            f"{shown(cell)!r} must be ordinary, expert, special or revisit",
        )
    return found


def ticket_prefix(cell: str) -> str:
    """Read the one or two capital letters before a ticket's number."""
    if not re.fullmatch(r"[A-Za-z]{1,2}", cell):
        raise Unreadable(f"“{shown(cell)}”必须是一到两个字母", f"{shown(cell)!r} must be one or two letters")
    return cell.upper()


def shown(cell: str) -> str:
    """Shorten what a file says, to repeat it in a report."""
    return cell if len(cell) <= 30 else cell[:30] + "…"


def _code(name: str, *words: str, needed: bool = False, default: Any = None) -> Column:
    return Column(name, words, code, needed=needed, default=default)


def _text(name: str, *words: str, most: int = LINE_LENGTH, needed: bool = False) -> Column:
    return Column(name, words, text(most), needed=needed)


_ACTIVE = Column("active", ("启用", "是否启用"), yes_or_no, default=True)

HOSPITAL = Kind(
    "hospital",
    ("医院",),
    (),
    (
        _text("name", "名称", "医院名称", most=NAME_LENGTH, needed=True),
        _text("address", "地址"),
        _text("landmarks", "周边地标", "地标"),
        _text("bus_routes", "公交路线", "公交", most=TEXT_LENGTH),
        _text("phone", "电话", "总机"),
        _text("emergency_phone", "急诊电话"),
        _text("opening_hours", "门诊时间", "开放时间", most=TEXT_LENGTH),
        _text("services", "便民服务", most=TEXT_LENGTH),
    ),
)
CAMPUS = Kind(
    "campus",
    ("院区",),
    ("code",),
    (
        _code("code", "代码", "院区代码", needed=True),
        _text("name", "名称", "院区名称", most=NAME_LENGTH, needed=True),
        _text("address", "地址"),
        _text("directions", "来院路线", "路线", most=TEXT_LENGTH),
    ),
)
DEPARTMENT = Kind(
    "department",
    ("科室",),
    ("code",),
    (
        _code("code", "代码", "科室代码", needed=True),
        _text("name", "名称", "科室名称", most=NAME_LENGTH, needed=True),
        _code("parent_code", "上级科室代码", "上级科室"),
        _code("campus_code", "院区代码", "院区"),
        Column("speciality_code", ("诊疗科目代码", "诊疗科目"), text(LINE_LENGTH)),
        Column("ticket_prefix", ("排队号前缀", "号码前缀"), ticket_prefix, default=None),
        _text("location", "位置"),
        _text("introduction", "简介", "科室简介", most=TEXT_LENGTH),
        Column("check_in_opens_minutes", ("提前报到分钟", "报到提前分钟"), whole(0, 1440), default=120),
        Column("check_in_closes_minutes", ("报到截止分钟", "迟到保留分钟"), whole(0, 1440), default=60),
        Column("service_minutes", ("每人就诊分钟", "就诊分钟"), whole(1, 240), default=8),
        Column("survey_delay_minutes", ("问卷延迟分钟",), whole(0, 10080), default=120),
        _ACTIVE,
    ),
)
PRACTITIONER = Kind(
    "practitioner",
    ("医生", "医师"),
    ("code",),
    (
        _code("code", "代码", "医生代码", "工号", needed=True),
        _text("name", "名称", "姓名", "医生姓名", most=NAME_LENGTH, needed=True),
        _text("title", "职称", most=NAME_LENGTH),
        _code("department_code", "科室代码", "科室", needed=True),
        _text("specialities", "擅长", "专长"),
        _text("introduction", "简介", "医生简介", most=TEXT_LENGTH),
        _ACTIVE,
    ),
)
ROOM = Kind(
    "room",
    ("诊室",),
    ("code",),
    (
        _code("code", "代码", "诊室代码", needed=True),
        _text("name", "名称", "诊室名称", most=NAME_LENGTH, needed=True),
        _code("department_code", "科室代码", "科室", needed=True),
        _text("location", "位置"),
        _ACTIVE,
    ),
)
SCHEDULE = Kind(
    "schedule",
    ("排班",),
    ("practitioner_code", "weekday", "starts_at"),
    (
        _code("practitioner_code", "医生代码", "工号", needed=True),
        _code("department_code", "科室代码", "科室"),
        _code("room_code", "诊室代码", "诊室"),
        Column("weekday", ("星期",), weekday, needed=True, default=None),
        Column("starts_at", ("开始时间", "开始"), moment, needed=True, default=None),
        Column("ends_at", ("结束时间", "结束"), moment, needed=True, default=None),
        Column("slot_minutes", ("时段分钟", "号源时段分钟"), whole(5, 480), default=30),
        Column("capacity", ("号源数", "每时段号源数", "号数"), whole(1, 200), needed=True, default=None),
        Column("visit_type", ("门诊类型", "号别"), visit_type, default="ordinary"),
        _ACTIVE,
    ),
)

KINDS = (HOSPITAL, CAMPUS, DEPARTMENT, PRACTITIONER, ROOM, SCHEDULE)  # in the order in which they are written
KIND_WORDS = ("kind", "类型", "类别")  # the column that names the kind, where one sheet holds several
KIND_BY_WORD = {word.lower(): kind for kind in KINDS for word in (kind.name, *kind.words)}
COLUMN_WORDS = {word for kind in KINDS for word in kind.by_name}
NOTES = {"说明", "notes", "readme"}  # sheets that are for people
