"""What a report of the desk says of each visit and each department, and what has changed since it was sent. Pure.

No phone number is in a report, and names are masked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from server.privacy import mask_name

MISSING = ("intake", "phone", "id_number", "needs")  # what the morning looks for
CORRECTED_DAYS = 7  # as long is looked whether something that was sent was not so
GAP = timedelta(minutes=10)  # between two corrections: what is found out together is told together
BODY = "desk_report.body_cipher"


class ReportName(StrEnum):
    """Which report."""

    MORNING = "desk-morning"
    ARRIVALS = "desk-arrivals"
    EVENING = "desk-evening"


READERS: Mapping[ReportName, tuple[str, ...]] = {
    ReportName.MORNING: ("guide", "supervisor"),
    ReportName.ARRIVALS: ("operations",),
    ReportName.EVENING: ("customer_service",),
}
# What of a line is held against what was sent.
COMPARED: Mapping[ReportName, tuple[str, ...]] = {
    ReportName.ARRIVALS: ("came",),
    ReportName.EVENING: ("came", "outcome", "reason"),
}


@dataclass(frozen=True)
class ReportSettings:
    """When the reports of a day are made, in the hospital's zone."""

    morning_at: time = time(7, 30)
    arrivals_at: time = time(17, 0)
    evening_at: time = time(21, 0)

    def of(self, name: ReportName) -> time:
        """Give the time of one."""
        return {
            ReportName.MORNING: self.morning_at,
            ReportName.ARRIVALS: self.arrivals_at,
            ReportName.EVENING: self.evening_at,
        }[name]


@dataclass(frozen=True)
class Visit:
    """One visit of a day as the database has it. intake: what was told beforehand, opened; None: nothing was told.

    key: the same for as long as it is the same visit, also when it is handed on.
    """

    key: str
    department_id: str
    department: str
    practitioner: str
    starts_at: datetime
    number: str
    name: str
    file_number: str
    is_booked: bool
    status: str
    why: str
    has_phone: bool
    has_id_number: bool
    intake: Mapping[str, str] | None
    came_at: datetime | None
    ticket_state: str | None
    triage: str | None
    flags: tuple[str, ...]
    stage: str


def body_of(name: ReportName, day: date, visits: Iterable[Visit], until: datetime) -> dict[str, Any]:
    """Give a report: {name, day, lines, departments, totals}.

    until: who came later has not come as far as this report knows.
    """
    write = _morning_line if name == ReportName.MORNING else _line
    lines = [line for visit in visits if (line := write(visit, until)) is not None]
    departments: dict[str, dict[str, Any]] = {}
    for line in lines:
        counted = departments.setdefault(
            line["department_id"], {"department_id": line["department_id"], "department": line["department"]}
        )
        for word in _counts(name, line):
            counted[word] = counted.get(word, 0) + 1
    words = sorted({word for one in departments.values() for word in one} - {"department_id", "department"})
    rows = [{**{word: 0 for word in words}, **one} for one in departments.values()]
    totals = {word: sum(row[word] for row in rows) for word in words}
    ordered = sorted(rows, key=lambda row: row["department"])
    return {"name": str(name), "day": day.isoformat(), "lines": lines, "departments": ordered, "totals": totals}


def _whose(visit: Visit) -> dict[str, Any]:
    return {
        "key": visit.key,
        "department_id": visit.department_id,
        "department": visit.department,
        "practitioner": visit.practitioner,
        "starts_at": visit.starts_at.isoformat(timespec="minutes"),
        "number": visit.number,
        "name": mask_name(visit.name),
        "file_number": visit.file_number,
        "source": "booked" if visit.is_booked else "walk_in",
    }


def _morning_line(visit: Visit, _until: datetime) -> dict[str, Any] | None:
    if not visit.is_booked or visit.status in ("cancelled", "no_show"):
        return None
    told = visit.intake or {}
    there = {
        "intake": bool(told.get("illness")),
        "phone": visit.has_phone,
        "id_number": visit.has_id_number,
        "needs": bool(told.get("needs")),
    }
    missing = [word for word in MISSING if not there[word]]
    return {**_whose(visit), "missing": missing, "needs": told.get("needs", "")}


def _line(visit: Visit, until: datetime) -> dict[str, Any] | None:
    came = visit.came_at is not None and visit.came_at <= until
    if not visit.is_booked and not came:
        return None
    outcome = _outcome(visit, came)
    return {
        **_whose(visit),
        "came": came,
        "came_at": visit.came_at.isoformat(timespec="minutes") if came and visit.came_at else None,
        "outcome": outcome,
        "stage": visit.stage if outcome == "in_care" else "",
        "reason": visit.why if outcome in ("left", "cancelled") else "",
        "triage": visit.triage if came else None,
        "flags": list(visit.flags) if came else [],
    }


def _outcome(visit: Visit, came: bool) -> str:
    if not came:
        return "cancelled" if visit.status == "cancelled" else "not_come"
    match visit.ticket_state:
        case "done":
            return "finished"
        case "left":
            return "left"
        case "in_service" | "away":
            return "in_care"
        case _:
            return "waiting"


def _counts(name: ReportName, line: dict[str, Any]) -> list[str]:
    if name == ReportName.MORNING:
        words = ["booked", *(f"no_{word}" for word in line["missing"])]
        return words + (["complete"] if not line["missing"] else []) + (["special_needs"] if line["needs"] else [])
    words = ["booked" if line["source"] == "booked" else "walk_ins", line["outcome"]]
    return words + (["came"] if line["came"] else []) + (["urgent"] if line["triage"] == "urgent" else [])


def changes(
    name: ReportName, sent: Mapping[str, Mapping[str, Any]], now: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give what of a report that was sent is not so: each line with what was said and what is so.

    sent: lines by their key, corrections included. now: the lines as they would be written at present.
    """
    words, found, seen = COMPARED[name], [], set()
    for line in now:
        seen.add(line["key"])
        said = sent.get(line["key"])
        if said is None and not line["came"]:
            continue  # booked or given back since: nobody came, and nobody was said to have come
        was = {word: None if said is None else said[word] for word in words}
        changed = [word for word in words if was[word] != line[word]]
        if changed:
            found.append({"line": dict(line), "was": {word: was[word] for word in changed}})
    for key, said in sent.items():
        if key not in seen and said["came"]:
            gone = {**said, "came": False, "outcome": "annulled", "reason": ""}
            found.append({"line": gone, "was": {word: said[word] for word in words if said[word] != gone[word]}})
    return found


def summary(name: ReportName, day: date, totals: Mapping[str, int]) -> str:
    """Say a report in one line, for the screen of who is told. No name is in it."""
    n = {"booked": 0, "complete": 0, "came": 0, "not_come": 0, "walk_ins": 0, "finished": 0, "left": 0, **totals}
    match name:
        case ReportName.MORNING:
            return f"{day} 预约 {n['booked']} 人，资料不全 {n['booked'] - n['complete']} 人"
        case ReportName.ARRIVALS:
            return f"{day} 已到 {n['came']} 人（现场 {n['walk_ins']}），未到 {n['not_come']} 人"
        case ReportName.EVENING:
            return f"{day} 来院 {n['came']} 人，完成 {n['finished']}，离开 {n['left']}，未到 {n['not_come']} 人"
