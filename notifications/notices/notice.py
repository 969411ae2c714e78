"""What a notice is, and what all of them share: priorities, pages of the mini-app, labelled lines. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from notifications import fields
from notifications.rules import MessageClass
from notifications.texts import say
from server import clock

URGENT, NEAR, BULK = 0, 1, 2  # priorities

# pages of the mini-app
APPOINTMENT_PAGE = "pages/appointment/appointment?id={}"
MESSAGES_PAGE = "pages/messages/messages"
SURVEY_PAGE = "pages/survey/survey?id={}"
COMPLAINT_PAGE = "pages/complaint/complaint?id={}"
BOOKING_PAGE = "pages/departments/departments"


@dataclass(frozen=True)
class Notice:
    """One message to one account, ready to be written down.

    key: the same happening gives the same key. lines: label and text. fields: values of the platform's template,
    already within its rules. deadline: useless after.
    """

    event: str
    key: str
    kind: MessageClass
    subject_kind: str
    subject_id: UUID
    title: str
    lines: tuple[tuple[str, str], ...]
    deadline: datetime
    priority: int = NEAR
    template_key: str = ""
    fields: Mapping[str, str] | None = None
    link: str = ""
    patient_id: UUID | None = None


def lines_of(language: str, *pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Give the lines of a message, each with its label; one without a text is left out."""
    return tuple((say(f"label.{label}", language), text) for label, text in pairs if text)


def end_of(day: date) -> datetime:
    """Give the last moment of a day in the hospital's zone."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.zone()) - timedelta(seconds=1)


def span(starts_at: datetime, ends_at: datetime) -> str:
    """Give the time of a visit: 2026年11月22日 09:00–09:30."""
    return f"{fields.moment(starts_at)}–{clock.local(ends_at):%H:%M}"
