"""Reports as tables: one line for each visit, a correction's lines below with what was said before. Pure."""

from collections.abc import Iterable
from typing import Any

HEADER = (
    "日期", "更正", "科室", "医生", "时间", "号", "姓名", "病历号", "来源", "缺少资料", "特殊需要", "到诊", "到诊时间",
    "结果", "去向", "原因", "更正前",
)  # fmt: skip
WORDS = {
    "booked": "预约",
    "walk_in": "现场",
    "intake": "病情",
    "phone": "手机号",
    "id_number": "身份证号",
    "needs": "特殊需要",
    "finished": "已完成",
    "left": "已离开",
    "in_care": "就诊中",
    "waiting": "候诊",
    "not_come": "未到",
    "cancelled": "已取消",
    "annulled": "报到已撤销",
    "came": "到诊",
    "outcome": "结果",
    "reason": "原因",
    "day_closed": "当天未就诊",
    "missed": "多次过号",
}


def table_of(reports: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Give the lines of reports below their header."""
    rows = [list(HEADER)]
    for report in reports:
        first = [report["day"], str(report["correction"] or "")]
        rows += [first + _cells(line, {}) for line in report["lines"]]
        rows += [first + _cells(change["line"], change["was"]) for change in report["changes"]]
    return rows


def _cells(line: dict[str, Any], was: dict[str, Any]) -> list[str]:
    came = {True: "是", False: "否", None: ""}
    before = [f"{WORDS[word]}：{came[value] if word == 'came' else said(value)}" for word, value in was.items()]
    return [
        line["department"],
        line["practitioner"],
        line["starts_at"][11:16],
        line["number"],
        line["name"],
        line["file_number"],
        said(line["source"]),
        "、".join(said(word) for word in line.get("missing", ())),
        line.get("needs", ""),
        came[line.get("came")],
        (line.get("came_at") or "")[11:16],
        said(line.get("outcome")),
        line.get("stage", ""),
        said(line.get("reason")),
        "；".join(before),
    ]


def said(word: str | None) -> str:
    """Say a word of a line in Chinese; what a person wrote stays."""
    return WORDS.get(word or "", word or "")
