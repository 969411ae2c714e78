"""Whom the hospital asks, when, and whom it leaves in peace. Pure.

The one thing that is not decided here is whether somebody was asked lately: two looks at one moment would both say no,
so a row of the database decides it (`survey_contact`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from satisfaction.surveys.kinds.items import SurveyKind

PSYCHIATRY, PALLIATIVE_CARE = "15", "24"  # of the official list of specialities


class SkipReason(StrEnum):
    """Why somebody is not asked."""

    ASKED_LATELY = "asked_lately"  # some other questionnaire asked them within the pause
    DEPARTMENT = "department"  # its patients have a protocol of their own
    TOO_YOUNG = "too_young"
    STOPPED = "stopped"  # died, or asked to be left in peace
    OPEN_COMPLAINT = "open_complaint"  # we talk to them already
    NO_QUESTIONNAIRE = "no_questionnaire"  # none is in use for this occasion


@dataclass(frozen=True)
class SurveySetting:
    """What the hospital decided about asking. version 0: as shipped; times in hours and days."""

    pause_days: int = 30  # between two questionnaires to one patient, whatever they are about
    answerable_days: int = 7
    editable_hours: int = 72
    reminder_hours: int = 48
    discharge_hours: int = 48  # after a stay; after a visit each department says it itself
    youngest: int = 14
    excluded_specialities: tuple[str, ...] = (PSYCHIATRY, PALLIATIVE_CARE)
    excluded_departments: tuple[str, ...] = ()
    sample_per_department: int = 0  # people a month; 0: no sample is drawn
    version: int = 0

    @classmethod
    def of(cls, value: Mapping[str, Any], version: int) -> "SurveySetting":
        """Read what was saved; what it does not name stays as it is here."""
        known = {one.name for one in fields(cls)} - {"version"}
        read: dict[str, Any] = {
            name: tuple(found) if isinstance(found, list) else found for name, found in value.items()
        }
        return cls(**{name: found for name, found in read.items() if name in known}, version=version)

    def as_data(self) -> dict[str, Any]:
        """Give what is saved."""
        return {name: value for name, value in asdict(self).items() if name != "version"}

    def opening(self, kind: SurveyKind, happened_at: datetime, delay_minutes: int) -> tuple[datetime, datetime]:
        """Give from when somebody may be asked, and until when they may answer. delay_minutes: of the department."""
        delay = (
            timedelta(hours=self.discharge_hours) if kind == SurveyKind.DISCHARGE else timedelta(minutes=delay_minutes)
        )
        opens_at = happened_at + (delay if kind in (SurveyKind.OUTPATIENT, SurveyKind.DISCHARGE) else timedelta())
        return opens_at, opens_at + timedelta(days=self.answerable_days)


@dataclass(frozen=True)
class Askable:
    """What is known of a person at the moment of asking."""

    department_id: UUID
    speciality: str = ""
    birth_date: date | None = None
    is_stopped: bool = False
    has_open_complaint: bool = False


@dataclass(frozen=True)
class Ask:
    """The person may be asked. remind_at: when a reminder goes out, unless they answered."""

    remind_at: datetime = field()


@dataclass(frozen=True)
class Skip:
    """The person is left in peace."""

    reason: SkipReason


def decide(person: Askable, setting: SurveySetting, now: datetime, today: date) -> Ask | Skip:
    """Decide whether a person is asked. today: in the hospital's zone. Who gave no birthday is taken to be of age."""
    if person.is_stopped:
        return Skip(SkipReason.STOPPED)
    excluded = str(person.department_id) in setting.excluded_departments
    speciality = person.speciality.split(".")[0]
    if excluded or (speciality and speciality in setting.excluded_specialities):
        return Skip(SkipReason.DEPARTMENT)
    if person.birth_date is not None and age(person.birth_date, today) < setting.youngest:
        return Skip(SkipReason.TOO_YOUNG)
    if person.has_open_complaint:
        return Skip(SkipReason.OPEN_COMPLAINT)
    return Ask(now + timedelta(hours=setting.reminder_hours))


def age(birth_date: date, today: date) -> int:
    """Give the completed years of life."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
