"""The format of a catalogue file: its kinds of line and their columns. Pure.

Every kind and column has an English name and Chinese words that stand for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from miniapp_api.imports import cells
from miniapp_api.imports.cells import LINE_LENGTH, NAME_LENGTH, TEXT_LENGTH


@dataclass(frozen=True)
class Column:
    """One column. A needed one must be filled in a new row; the others start with `default`.

    write: gives a cell that `read` reads as the same value.
    """

    name: str
    words: tuple[str, ...]
    read: Callable[[str], Any]
    needed: bool = False
    default: Any = ""
    write: Callable[[Any], str] = cells.written


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of line. `key` names the columns that tell one row from another; empty: there is only one row.

    ends: a row that is not active is none: a line that says so ends it, and there is nothing to make of one.
    """

    name: str
    words: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    ends: bool = False
    by_name: Mapping[str, Column] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {word.lower(): column for column in self.columns for word in (column.name, *column.words)}
        object.__setattr__(self, "by_name", found)

    def key_of(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Give what tells this row from the others of its kind; what is not filled in counts as its default."""
        return tuple(values.get(name, self.by_name[name].default) for name in self.key)

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give a whole row: what is not filled in has its default."""
        return {column.name: column.default for column in self.columns} | dict(values)

    def has_key(self, values: Mapping[str, Any]) -> bool:
        """Tell whether every needed part of the key is filled in."""
        return all(name in values for name in self.key if self.by_name[name].needed)


def _code(name: str, *words: str, needed: bool = False, default: Any = None) -> Column:
    return Column(name, words, cells.code, needed=needed, default=default)


def _text(name: str, *words: str, most: int = LINE_LENGTH, needed: bool = False) -> Column:
    return Column(name, words, cells.text(most), needed=needed)


def _several(name: str, *words: str) -> Column:
    return Column(name, words, cells.several, default=[])


_ACTIVE = Column("active", ("启用", "是否启用"), cells.yes_or_no, default=True)

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
        _text("emergency_hours", "急诊时间"),
        _text("price_notes", "价格说明", "收费说明", most=TEXT_LENGTH),
        Column("latitude", ("纬度",), cells.degrees(90), default=None),
        Column("longitude", ("经度",), cells.degrees(180), default=None),
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
        Column("speciality_code", ("诊疗科目代码", "诊疗科目"), cells.text(LINE_LENGTH)),
        Column("ticket_prefix", ("排队号前缀", "号码前缀"), cells.ticket_prefix, default=None),
        _text("location", "位置"),
        _text("introduction", "简介", "科室简介", most=TEXT_LENGTH),
        _several("aliases", "别名", "俗称"),
        Column("check_in_opens_minutes", ("提前报到分钟", "报到提前分钟"), cells.whole(0, 1440), default=120),
        Column("check_in_closes_minutes", ("报到截止分钟", "迟到保留分钟"), cells.whole(0, 1440), default=60),
        Column("service_minutes", ("每人就诊分钟", "就诊分钟"), cells.whole(1, 240), default=8),
        Column("survey_delay_minutes", ("问卷延迟分钟",), cells.whole(0, 10080), default=120),
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
        _several("languages", "语言", "会说的语言"),
        _text("photo", "照片"),
        Column("gender", ("性别",), cells.gender, default=None),
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
_POOLS = (
    ("capacity", "号源数", "每时段号源数", "号数"),
    ("desk_capacity", "窗口号", "窗口号源数"),
    ("revisit_capacity", "复诊号", "复诊号源数"),
    ("referral_capacity", "转诊号", "转诊号源数"),
)


def _pools(default: int | None) -> tuple[Column, ...]:
    return tuple(Column(name, tuple(words), cells.whole(0, 200), default=default) for name, *words in _POOLS)


# Of a clinic there may be several versions, one after the other: `rules` finds the one that a line is about.
SCHEDULE = Kind(
    "schedule",
    ("排班",),
    ("practitioner_code", "weekday", "starts_at", "valid_from"),
    (
        _code("practitioner_code", "医生代码", "工号", needed=True),
        _code("department_code", "科室代码", "科室"),
        _code("room_code", "诊室代码", "诊室"),
        Column("weekday", ("星期",), cells.weekday, needed=True, default=None, write=cells.written_weekday),
        Column("starts_at", ("开始时间", "开始"), cells.moment, needed=True, default=None),
        Column("ends_at", ("结束时间", "结束"), cells.moment, needed=True, default=None),
        Column("slot_minutes", ("时段分钟", "号源时段分钟"), cells.whole(5, 480), default=30),
        *_pools(0),
        Column("visit_type", ("门诊类型", "号别"), cells.visit_type, default="ordinary"),
        Column("valid_from", ("生效日期",), cells.day, default=None),
        Column("valid_until", ("失效日期",), cells.last_day, default=None, write=cells.written_last_day),
        _ACTIVE,
    ),
    ends=True,
)
EXCEPTION = Kind(
    "exception",
    ("例外", "临时调整"),
    ("exception", "practitioner_code", "department_code", "first_day", "last_day", "starts_at", "ends_at"),
    (
        Column("exception", ("例外类型",), cells.exception_kind, needed=True, default=None),
        _code("practitioner_code", "医生代码", "工号"),
        _code("department_code", "科室代码", "科室"),
        Column("first_day", ("开始日期",), cells.day, needed=True, default=None),
        Column("last_day", ("结束日期",), cells.day, needed=True, default=None),
        Column("starts_at", ("开始时间", "开始"), cells.moment, default=None),
        Column("ends_at", ("结束时间", "结束"), cells.moment, default=None),
        _code("room_code", "诊室代码", "诊室"),
        Column("slot_minutes", ("时段分钟", "号源时段分钟"), cells.whole(5, 480), default=None),
        *_pools(None),
        Column("visit_type", ("门诊类型", "号别"), cells.visit_type, default=None),
        _text("reason", "原因"),
        _ACTIVE,
    ),
    ends=True,
)
DAY = Kind(
    "day",
    ("日历", "节假日安排"),
    ("day",),
    (
        Column("day", ("日期",), cells.day, needed=True, default=None),
        Column("day_kind", ("日期类型",), cells.day_kind, needed=True, default=None),
        _text("name", "名称", most=NAME_LENGTH),
        Column("as_weekday", ("按星期",), cells.weekday, default=None, write=cells.written_as_weekday),
        _ACTIVE,
    ),
    ends=True,
)
SETTING = Kind(
    "setting",
    ("放号", "放号设置"),
    ("department_code",),
    (
        _code("department_code", "科室代码", "科室", needed=True),
        Column("on_holidays", ("节假日",), cells.on_holidays, default="sunday"),
        Column("release_days_ahead", ("提前放号天数",), cells.whole(0, 90), default=14),
        Column("release_at", ("放号时间",), cells.second, default=time(0), write=cells.written_second),
        Column("release_mode", ("放号方式",), cells.release_mode, default="first_come"),
        Column("draw_window_seconds", ("摇号报名秒数",), cells.whole(30, 600), default=60),
        Column("reserve_return", ("窗口号退回",), cells.reserve_return, default="never"),
        Column("reserve_return_minutes", ("提前退回分钟",), cells.whole(0, 10080), default=None),
        Column("reserve_return_at", ("前一天退回时间",), cells.moment, default=None),
    ),
)
PRICE = Kind(
    "price",
    ("价格",),
    ("visit_type", "department_code", "title"),
    (
        Column("visit_type", ("门诊类型", "号别"), cells.visit_type, needed=True, default=None),
        _code("department_code", "科室代码", "科室"),
        Column("title", ("职称",), cells.text(NAME_LENGTH), default=None),
        # people write yuan, we keep fen
        Column("price", ("金额", "价格（元）"), cells.yuan, needed=True, default=None, write=cells.written_yuan),
    ),
)
FAQ = Kind(
    "faq",
    ("问答", "常见问题"),
    ("code",),
    (
        _code("code", "代码", "问答代码", needed=True),
        _text("question", "问题", needed=True),
        _text("answer", "答复", "回答", most=TEXT_LENGTH, needed=True),
        _code("department_code", "科室代码", "科室"),
        _text("condition", "病情", "疾病", most=NAME_LENGTH),
        Column("language", ("文字", "答复语言"), cells.language, default="zh-CN"),
        Column("state", ("状态",), cells.faq_state, default="draft"),
        Column("review_on", ("复核日期",), cells.day, default=None),
        Column("owner", ("负责人", "负责人账号"), cells.text(NAME_LENGTH), default=None),
    ),
)

KINDS: tuple[Kind, ...] = (
    HOSPITAL,
    CAMPUS,
    DEPARTMENT,
    PRACTITIONER,
    ROOM,
    SCHEDULE,
    EXCEPTION,
    DAY,
    SETTING,
    PRICE,
    FAQ,
)  # in the order in which they are written
KIND_WORDS = ("kind", "类型", "类别")  # the column that names the kind, where one sheet holds several
KIND_BY_WORD = {word.lower(): kind for kind in KINDS for word in (kind.name, *kind.words)}
COLUMN_WORDS = {word for kind in KINDS for word in kind.by_name}
SCHEDULING = (SCHEDULE, EXCEPTION, DAY, SETTING)  # which change the plan, by the plan's own steps
NOTES = {"说明", "notes", "readme"}  # sheets that are for people
