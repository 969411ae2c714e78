"""How causes and cases are shown."""

from typing import Any
from uuid import UUID

from satisfaction.library.rules import KINDS, PARTS
from server.web import View, moment


class CauseNodeView(View):
    """A cause of the tree. level: 1 head, 2 group, 3 leaf. used: how many complaints were given it."""

    code: str
    parent: str | None
    level: int
    name: str
    names: dict[str, str]
    is_human_error: bool
    is_active: bool
    used: int
    version: int


class CauseList(View):
    """The tree of causes, each after what stands above it. places_left: leaves that may still be added."""

    items: list[CauseNodeView]
    places_left: int


class CauseOfComplaint(View):
    """A cause that a complaint was given; place 0 is the primary one."""

    code: str
    place: int
    name: str
    is_human_error: bool
    system_factor: str
    set_by_name: str
    at: str


class CausesOfComplaint(View):
    """The causes of a complaint. version: of the complaint."""

    items: list[CauseOfComplaint]
    version: int


class CaseView(View):
    """A case of the library, without who it was. complaint_id: only where the reader may see the complaint."""

    id: UUID
    state: str
    title: str
    story: str
    finding: str
    action: str
    prevention: str
    cause_code: str | None
    cause_name: str
    department_kind: str
    department_kind_name: str
    severity: str
    month: str
    approved_at: str | None
    complaint_id: UUID | None
    score: float | None
    version: int


class CasePage(View):
    """A page of cases."""

    items: list[CaseView]
    next: str | None


class CaseDraftView(View):
    """A case that is not published, in a list for those who may see its complaint."""

    id: UUID
    complaint_id: UUID
    number: str
    topic: str
    state: str
    severity: str
    department_kind_name: str
    month: str
    is_edited: bool
    version: int


class CaseDraftPage(View):
    """A page of cases that are not published."""

    items: list[CaseDraftView]
    next: str | None


class CaseKinds(View):
    """The kinds of departments by code, for the filter."""

    items: list[dict[str, str]]


def cause(row: dict[str, Any], language: str) -> CauseNodeView:
    """Show a cause."""
    same = ("code", "parent", "level", "names", "is_human_error", "is_active", "used", "version")
    return CauseNodeView(**{name: row[name] for name in same}, name=_in(row["names"], language))


def cause_of_complaint(row: dict[str, Any], language: str) -> CauseOfComplaint:
    """Show a cause of a complaint."""
    same = ("code", "place", "is_human_error", "system_factor")
    return CauseOfComplaint(
        **{name: row[name] for name in same},
        name=_in(row["names"], language),
        set_by_name=row["by_name"],
        at=moment(row["at"]) or "",
    )


def case(row: dict[str, Any], language: str, parts: dict[str, str] | None = None) -> CaseView:
    """Show a case. parts: what was written last, for who edits it; else what is published."""
    return CaseView(
        id=row["id"],
        state=str(row["state"]),
        **{part: (parts or row)[part] for part in PARTS},
        cause_code=row["cause_code"],
        cause_name=_in(row["cause_names"], language) if row["cause_names"] else "",
        department_kind=row["department_kind"],
        department_kind_name=KINDS.get(row["department_kind"], ""),
        severity=row["severity"],
        month=f"{row['happened_month']:%Y-%m}",
        approved_at=moment(row["approved_at"]),
        complaint_id=row["open_complaint_id"],
        score=round(row["score"], 3) if row.get("score") is not None else None,
        version=row["version"],
    )


def draft(row: dict[str, Any]) -> CaseDraftView:
    """Show a case in the list of those that are not published."""
    same = ("id", "complaint_id", "number", "topic", "state", "severity", "version")
    return CaseDraftView(
        **{name: row[name] for name in same},
        department_kind_name=KINDS.get(row["department_kind"], ""),
        month=f"{row['happened_month']:%Y-%m}",
        is_edited=row["written_by"] is not None,
    )


def _in(names: dict[str, str], language: str) -> str:
    return names.get(language) or names["zh-CN"]
