"""Why one ticket is before the other: the rule of each, its numbers, and a sentence in three languages. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from miniapp_api.queue.policies import head_start
from server import clock

ZH_CN, ZH_TW, EN = "zh-CN", "zh-TW", "en"

_RULES = {
    "band": {
        ZH_CN: "预约时段 {band}，{checked_in} 报到：按时段开始与报到前 {early} 分钟中较晚者排序",
        ZH_TW: "預約時段 {band}，{checked_in} 報到：按時段開始與報到前 {early} 分鐘中較晚者排序",
        EN: "booked for {band}, checked in {checked_in}: the later of the band's start and {early} min before check-in",
    },
    "late": {
        ZH_CN: "预约时段 {band}，{checked_in} 迟到报到：按报到时间排序",
        ZH_TW: "預約時段 {band}，{checked_in} 遲到報到：按報到時間排序",
        EN: "booked for {band}, checked in late at {checked_in}: the time of check-in",
    },
    "walk_in": {
        ZH_CN: "现场登记，{checked_in} 取号：按取号时间加 {walk_in} 分钟排序",
        ZH_TW: "現場登記，{checked_in} 取號：按取號時間加 {walk_in} 分鐘排序",
        EN: "walk-in, registered {checked_in}: {walk_in} min after registration",
    },
    "return": {
        ZH_CN: "检查后返回：按返回时间提前 {back} 分钟排序",
        ZH_TW: "檢查後返回：按返回時間提前 {back} 分鐘排序",
        EN: "back from an examination: {back} min before the return",
    },
    "recall": {
        ZH_CN: "过号后重新排队：排在当时第 {places} 位之后",
        ZH_TW: "過號後重新排隊：排在當時第 {places} 位之後",
        EN: "missed the call: behind the {places} who then waited first",
    },
    "rejoin": {
        ZH_CN: "再次过号后重新排队：按重新排队时间排序",
        ZH_TW: "再次過號後重新排隊：按重新排隊時間排序",
        EN: "missed the call again: the time of coming back",
    },
    "transfer": {
        ZH_CN: "由本院转诊：保留原来的排序时间",
        ZH_TW: "由本院轉診：保留原來的排序時間",
        EN: "handed on by the clinic: the former place is kept",
    },
}
_HELPED = {
    ZH_CN: "，因需要照顾提前 {help} 分钟",
    ZH_TW: "，因需要照顧提前 {help} 分鐘",
    EN: ", {help} min ahead because of special needs",
}
_URGENT = {ZH_CN: "急诊优先", ZH_TW: "急診優先", EN: "urgent patients come first"}
_SENTENCE = {
    ZH_CN: "{first} 在 {second} 之前：{first} {first_why}（排序时间 {first_at}）；"
    "{second} {second_why}（排序时间 {second_at}）。",
    ZH_TW: "{first} 在 {second} 之前：{first} {first_why}（排序時間 {first_at}）；"
    "{second} {second_why}（排序時間 {second_at}）。",
    EN: "{first} comes before {second}: {first} {first_why} ({first_at}); {second} {second_why} ({second_at}).",
}


@dataclass(frozen=True)
class Basis:
    """What a place rests on; as `models.TICKET` reads it."""

    label: str
    number: int
    rule: str
    sort_class: int
    sort_at: datetime
    checked_in_at: datetime
    band: tuple[datetime, datetime] | None
    triage: str
    flags: tuple[str, ...]

    @property
    def key(self) -> tuple[int, datetime, int]:
        """Give what tickets are ordered by."""
        return self.sort_class, self.sort_at, self.number

    @property
    def head_start(self) -> timedelta:
        """Give how much the person stands ahead for special needs; only at a place by one's own arrival."""
        given = self.rule in ("band", "late", "walk_in")
        return head_start.head_start(self.triage, self.flags) if given else timedelta(0)


def why(basis: Basis, language: str) -> str:
    """Say what a place rests on."""
    if basis.sort_class == head_start.URGENT_CLASS:
        return _URGENT[language]
    band = "–".join(f"{clock.local(at):%H:%M}" for at in basis.band) if basis.band else ""
    text = _RULES[basis.rule][language].format(
        band=band,
        checked_in=f"{clock.local(basis.checked_in_at):%H:%M:%S}",
        early=_minutes(head_start.EARLY),
        walk_in=_minutes(head_start.WALK_IN),
        back=_minutes(head_start.RETURN),
        places=head_start.MISSED_PLACES,
    )
    if basis.head_start:
        text += _HELPED[language].format(help=_minutes(basis.head_start))
    return text


def sentence(first: Basis, second: Basis, language: str) -> str:
    """Say why the first comes before the second."""
    return _SENTENCE[language].format(
        first=first.label,
        second=second.label,
        first_why=why(first, language),
        second_why=why(second, language),
        first_at=f"{clock.local(first.sort_at):%H:%M:%S}",
        second_at=f"{clock.local(second.sort_at):%H:%M:%S}",
    )


def numbers(basis: Basis) -> dict[str, Any]:
    """Give what a place rests on, for programs."""
    return {
        "number": basis.label,
        "rule": _rule(basis.sort_class, basis.rule),
        "sort_class": basis.sort_class,
        "sort_at": clock.local(basis.sort_at).isoformat(),
        "checked_in_at": clock.local(basis.checked_in_at).isoformat(),
        "band": [clock.local(at).isoformat() for at in basis.band] if basis.band else None,
        "head_start_minutes": _minutes(basis.head_start),
    }


def rule_of(row: dict[str, Any]) -> str:
    """Give the rule by which a ticket stands where it stands; `models.TICKET` reads the row."""
    return _rule(row["sort_class"], row["rule"])


def _rule(sort_class: int, rule: str) -> str:
    return "urgent" if sort_class == head_start.URGENT_CLASS else rule


def _minutes(amount: timedelta) -> int:
    return int(amount.total_seconds() // 60)
