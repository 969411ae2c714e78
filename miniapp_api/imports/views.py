"""What an import tells an administrator, in the caller's language."""

from typing import Any

from miniapp_api.imports.columns import KINDS
from miniapp_api.imports.report import Report
from server.web import View

SHOWN_LINES = 500
SHOWN_CONFLICTS = 100


class MistakeView(View):
    """One thing that is wrong. line 0: the file or the sheet; column: its English name, or empty."""

    sheet: str
    line: int
    column: str
    code: str
    detail: str


class CountView(View):
    """How many rows of a kind are new, changed, or already as the file says."""

    kind: str
    new: int
    changed: int
    unchanged: int


class CellChange(View):
    """A cell as it stands and as it shall be, as a file writes it."""

    column: str
    before: str
    after: str


class RowView(View):
    """What a line makes or changes. act: new or changed."""

    sheet: str
    line: int
    kind: str
    name: str
    act: str
    changes: list[CellChange]


class BookedView(View):
    """Booked places that the plan does not have any more so; they stay, and a person decides."""

    practitioner_name: str
    day: str
    starts_at: str
    taken: int
    wanted: int
    why: str


class ImportPlan(View):
    """What an import means for sessions and places. conflicts: the first hundred that were not there before."""

    new_sessions: int
    gone_sessions: int
    changed_sessions: int
    new_places: int
    gone_places: int
    conflicts: list[BookedView]
    conflicts_count: int


class ImportView(View):
    """The outcome of an import. With a mistake nothing was written. digest: what was shown, to be sent with the import.

    mistakes, rows: the first five hundred.
    """

    dry_run: bool
    is_good: bool
    digest: str
    mistakes_count: int
    mistakes: list[MistakeView]
    counts: list[CountView]
    rows: list[RowView]
    plan: ImportPlan


class ColumnView(View):
    """A column of a kind of line. words: what may stand for its name; needed: in a new row."""

    name: str
    words: list[str]
    needed: bool


class KindView(View):
    """A kind of line."""

    kind: str
    words: list[str]
    columns: list[ColumnView]


class KindList(View):
    """Every kind of line that a file may hold."""

    items: list[KindView]
    next: str | None


def show_report(report: Report, language: str) -> dict[str, Any]:
    """Show the outcome of an import."""
    return {
        "dry_run": report.dry_run,
        "is_good": report.is_good,
        "digest": report.digest,
        "mistakes_count": len(report.bad),
        "mistakes": [
            {
                **{name: getattr(bad, name) for name in ("sheet", "line", "column", "code")},
                "detail": bad.said(language),
            }
            for bad in report.bad[:SHOWN_LINES]
        ],
        "counts": [{"kind": kind, **vars(count)} for kind, count in report.counts.items()],
        "rows": [
            {
                **{name: getattr(one, name) for name in ("sheet", "line", "kind", "name", "act")},
                "changes": [
                    {"column": column, "before": before, "after": after} for column, before, after in one.changes
                ],
            }
            for one in report.differences[:SHOWN_LINES]
        ],
        "plan": _show_plan(report.plan),
    }


def _show_plan(plan: dict[str, Any]) -> dict[str, Any]:
    counts = plan.get("counts", {})
    conflicts = plan.get("conflicts", [])
    return {
        **{name: counts.get(name, 0) for name in ("new_sessions", "gone_sessions", "changed_sessions")},
        "new_places": counts.get("new_bands", 0),
        "gone_places": counts.get("gone_bands", 0),
        "conflicts": [{name: one[name] for name in BookedView.model_fields} for one in conflicts[:SHOWN_CONFLICTS]],
        "conflicts_count": counts.get("conflicts", 0),
    }


def show_kinds() -> dict[str, Any]:
    """Show every kind of line with its columns."""
    items = [
        {
            "kind": kind.name,
            "words": list(kind.words),
            "columns": [
                {"name": column.name, "words": list(column.words), "needed": column.needed} for column in kind.columns
            ],
        }
        for kind in KINDS
    ]
    return {"items": items, "next": None}
