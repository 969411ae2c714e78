"""What goes in and out of the reports' routes."""

from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator

from server.web import Form, View

LONGEST_DAYS = 92
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class ReportsQuery(Form):
    """Of which days, both included; without them, of today. department: only its visits."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    department: UUID | None = None

    @model_validator(mode="after")
    def in_order(self) -> "ReportsQuery":
        """Refuse a time that ends before it begins, and one that is too long."""
        if self.from_ and self.to and not 0 <= (self.to - self.from_).days <= LONGEST_DAYS:
            raise ValueError(f"from at most {LONGEST_DAYS} days before to")
        return self


class ReportPerson(View):
    """Who was told."""

    id: str
    name: str


class ReportReader(ReportPerson):
    """Who has read it, and when first."""

    at: str


class ReportLine(View):
    """One visit as a report has it. No phone number; the name masked.

    missing, needs: of the morning. came … flags: of the others. source: booked or walk_in. outcome: finished, left,
    in_care, waiting, not_come, cancelled, or annulled in a correction.
    """

    key: str
    department_id: str
    department: str
    practitioner: str
    starts_at: str
    number: str
    name: str
    file_number: str
    source: str
    missing: tuple[str, ...] = ()
    needs: str = ""
    came: bool | None = None
    came_at: str | None = None
    outcome: str | None = None
    stage: str = ""
    reason: str = ""
    triage: str | None = None
    flags: tuple[str, ...] = ()


class ReportChange(View):
    """What was said in a report and was not so. line: as it is. was: what had been said, by field; null: nothing."""

    line: ReportLine
    was: dict[str, Any]


class DeskReportView(View):
    """A report as it was sent. correction: 0 for the report itself. due_at, made_at: differ when nobody was there.

    digest: SHA-256 of what was sent, for whoever holds it against another copy.
    """

    id: str
    name: str
    day: str
    correction: int
    due_at: str
    made_at: str
    summary: str
    digest: str
    told: list[ReportPerson]
    read_by: list[ReportReader]
    departments: list[dict[str, Any]]
    totals: dict[str, int]
    lines: list[ReportLine]
    changes: list[ReportChange]


class DeskReports(View):
    """The reports of some days with their corrections, the latest day first."""

    name: str
    items: list[DeskReportView]


class ReportSettingsForm(Form):
    """When the reports are to be made from now on, in the hospital's zone; what is not named stays."""

    morning_at: time = time(7, 30)
    arrivals_at: time = time(17, 0)
    evening_at: time = time(21, 0)


class ReportSettingsView(View):
    """When the reports are made. version 0: nothing was decided yet, these are the defaults."""

    morning_at: str
    arrivals_at: str
    evening_at: str
    version: int


class ReportSettingsChange(View):
    """One change: what held before and after, when, by whom."""

    before: dict[str, Any]
    after: dict[str, Any]
    at: str
    by_name: str | None


class ReportSettingsChanges(View):
    """The last changes, newest first."""

    items: list[ReportSettingsChange]


class ReportExportView(View):
    """Somebody took reports out of the house."""

    name: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    department: str | None
    format: str
    lines: int
    at: str
    by_name: str


class ReportExports(View):
    """The last exports, newest first."""

    items: list[ReportExportView]
