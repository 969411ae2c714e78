"""How improvements and the analysis of causes are shown."""

from datetime import date
from typing import Any
from uuid import UUID

from satisfaction.complaints.views import AttachmentView, show_attachment
from satisfaction.improvement import rules
from satisfaction.scores.rules import ENOUGH, dimension_name
from server.web import View, moment


class ImprovementView(View):
    """An improvement in a list. subject: the cause or the dimension, in words."""

    id: UUID
    number: str
    source: str
    is_automatic: bool
    title: str
    department_id: UUID
    department_name: str
    metric: str
    cause_code: str | None
    dimension: str | None
    subject: str
    measure: str
    strength: str | None
    state: str
    level: int
    level_name: str
    cycle: int
    owner_id: UUID | None
    owner_name: str
    approver_name: str
    due_on: str | None
    check1_on: str | None
    check2_on: str | None
    verdict: str | None
    version: int


class ImprovementChangeView(View):
    """A field that was changed: what it was and what it is, in words."""

    name: str
    was: str
    now: str


class ImprovementNoteView(View):
    """Something that was said or decided. changes: of what was changed."""

    kind: str
    text: str
    changes: list[ImprovementChangeView]
    by_name: str
    at: str


class ImprovementEvidenceView(View):
    """What shows that a measure was put in place. files: by /improvements/{id}/files/{file}. links: addresses."""

    id: UUID
    text: str
    files: list[AttachmentView]
    links: list[str]
    by_name: str
    at: str


class ImprovementOtherView(View):
    """Another measure of the same analysis."""

    id: UUID
    number: str
    title: str
    state: str
    strength: str | None


class ImprovementLookView(View):
    """A look at the effect. figures: before, after, effect with its interval, p, alpha, power, needed."""

    cycle: int
    look: int
    verdict: str
    judged_at: str
    figures: dict[str, Any]


class ImprovementDetail(ImprovementView):
    """An improvement with everything. acts: what the caller may do now. fixed: what cannot be changed, and why."""

    group_id: UUID
    source_ref: str
    is_training_only: bool
    why_only_weak: str
    expected_change: float
    evidence_from: str
    evidence_to: str
    starts_on: str | None
    done_on: str | None
    baseline: dict[str, Any] | None
    power_shown: dict[str, Any] | None
    looks: list[ImprovementLookView]
    notes: list[ImprovementNoteView]
    evidence: list[ImprovementEvidenceView]
    others: list[ImprovementOtherView]
    acts: list[str]
    fixed: dict[str, str]


class ImprovementPage(View):
    """A page of improvements."""

    items: list[ImprovementView]
    next: str | None


class ImprovementPower(View):
    """What of the expected change will be seen. planned: visits or answers expected within 90 days of the measure.

    needed: how many it takes for 80 %; null when no number is enough. is_frozen: said at the start.
    """

    is_frozen: bool
    is_enough: bool
    baseline: dict[str, Any]
    planned: int
    power: float
    needed: int | None
    curve: list[tuple[int, float]]


class ImprovementEffect(View):
    """The looks that were taken, and the days of those to come."""

    looks: list[ImprovementLookView]
    check1_on: str | None
    check2_on: str | None


class ImprovementShare(View):
    """How many judged measures were verified to be effective; share: null while none was judged."""

    effective: int
    not_effective: int
    too_few: int
    judged: int
    share: float | None


class CauseReportChange(View):
    """How a rate has changed since another period. change: better, worse, no_clear_change, unknown.

    ratio, low, high: now divided by then, with its exact 95 % interval; high is null when nothing bounds it.
    """

    count: int
    ratio: float | None
    low: float | None
    high: float | None
    change: str


class CauseReportLine(View):
    """How many complaints, and per 1,000 visits; for a month alone only how many."""

    key: str
    name: str
    count: int
    per_thousand: float | None
    before: CauseReportChange | None
    last_year: CauseReportChange | None


class CauseReport(View):
    """Complaints of a period. groups: by cause, head, department, source, severity, month."""

    first: str
    last: str
    total: CauseReportLine
    visits: int
    groups: dict[str, list[CauseReportLine]]


class ImprovementDimensions(View):
    """Dimensions of ratings, by code and name."""

    items: list[dict[str, str]]


class ImprovementOwner(View):
    """Somebody who may own an improvement."""

    id: UUID
    name: str


class ImprovementOwners(View):
    """Who may own an improvement of a department."""

    items: list[ImprovementOwner]


class CauseReportMonth(View):
    """The analysis of a month, as it was kept."""

    month: str
    made_at: str
    body: dict[str, Any]


class CauseReportMonths(View):
    """The analyses that were kept, the newest first."""

    items: list[CauseReportMonth]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _fields(row: dict[str, Any], language: str) -> dict[str, Any]:
    same = ("id", "number", "source", "is_automatic", "title", "department_id", "department_name", "metric")
    more = ("cause_code", "dimension", "measure", "strength", "level", "cycle", "owner_id", "version")
    names = row["cause_names"]
    subject = names.get(language, names["zh-CN"]) if names else dimension_name(row["dimension"] or "", language)
    return {
        **{name: row[name] for name in (*same, *more)},
        "state": str(row["state"]),
        "subject": subject,
        "level_name": rules.LEVEL_NAMES[row["level"]],
        "owner_name": row["owner_name"] or "",
        "approver_name": row["approver_name"] or "",
        "due_on": _day(row["due_on"]),
        "check1_on": _day(row["check1_on"]),
        "check2_on": _day(row["check2_on"]),
        "verdict": (row["verdict"] or {}).get("verdict"),
    }


def in_list(row: dict[str, Any], language: str) -> ImprovementView:
    """Show an improvement in a list."""
    return ImprovementView(**_fields(row, language))


def counted(kept: dict[str, Any]) -> dict[str, Any]:
    """Show what was counted; fewer answers than are ever shown, as if there were none. Complaints as they are."""
    return {**kept, "n": 0, "mean": 0.0, "sd": 0.0} if _is_too_few(kept) else kept


def _is_too_few(kept: dict[str, Any]) -> bool:
    return kept.get("n", ENOUGH) < ENOUGH


def look(row: dict[str, Any]) -> ImprovementLookView:
    """Show a look at an effect."""
    figures = row["figures"]
    before, after = figures["before"], figures["after"]
    if _is_too_few(before) or _is_too_few(after):  # the difference, and how sure it is, would tell what is left out
        nothing = {"effect": dict.fromkeys(figures["effect"]), "p": 1.0}
        figures = {**figures, **nothing, "before": counted(before), "after": counted(after)}
    same = ("cycle", "look", "verdict")
    return ImprovementLookView(
        **{name: row[name] for name in same}, figures=figures, judged_at=moment(row["judged_at"]) or ""
    )


def in_full(
    row: dict[str, Any], beside: dict[str, list[dict[str, Any]]], acts: list[str], language: str
) -> ImprovementDetail:
    """Show an improvement with everything."""
    same = ("group_id", "source_ref", "is_training_only", "why_only_weak", "expected_change", "power_shown")
    days = ("evidence_from", "evidence_to", "starts_on", "done_on")
    return ImprovementDetail(
        **_fields(row, language),
        **{**{name: row[name] for name in same}, **{name: _day(row[name]) for name in days}},
        baseline=counted(row["baseline"]) if row["baseline"] else None,
        looks=[look(one) for one in beside["looks"]],
        notes=[_note(one) for one in beside["notes"]],
        evidence=[_evidence(one) for one in beside["evidence"]],
        others=[ImprovementOtherView(**one) for one in beside["others"]],
        acts=acts,
        fixed=rules.fixed(
            rules.ImprovementState(row["state"]),
            has_baseline=row["baseline"] is not None,
            is_automatic=row["is_automatic"],
        ),
    )


def _note(row: dict[str, Any]) -> ImprovementNoteView:
    changes = [ImprovementChangeView(name=name, was=was, now=now) for name, (was, now) in row["changes"].items()]
    return ImprovementNoteView(
        kind=row["kind"],
        text=row["text"],
        changes=changes,
        by_name=row["by_name"] or "",
        at=moment(row["at"]) or "",
    )


def _evidence(row: dict[str, Any]) -> ImprovementEvidenceView:
    return ImprovementEvidenceView(
        id=row["id"],
        text=row["text"],
        files=[show_attachment(one) for one in row["files"]],
        links=row["links"],
        by_name=row["by_name"] or "",
        at=moment(row["at"]) or "",
    )
