"""What a notice is, and what all of them share: priorities, pages of the mini-app, labelled lines. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from notifications import fields
from notifications.rules import MessageClass, Purpose
from notifications.texts import say
from server import clock

URGENT, NEAR, BULK = 0, 1, 2  # priorities

# pages of the mini-app
APPOINTMENT_PAGE = "pages/appointment/appointment?id={}"
VISIT_PAGE = "pages/visit/visit?id={}"
MESSAGES_PAGE = "pages/messages/messages"
WAITLIST_PAGE = "pages/waiting/waiting?id={}"
DRAW_PAGE = "pages/draw/draw?id={}"
SURVEY_PAGE = "pages/survey/survey?id={}"
COMPLAINT_PAGE = "pages/complaint/complaint?id={}"
BOOKING_PAGE = "pages/departments/departments"


@dataclass(frozen=True)
class Notice:
    """One message to one account, ready to be written down.

    key: the same happening gives the same key. lines: label and text. fields: values of the platform's template,
    already within its rules. deadline: useless after. actions: further pages to go to, with their labels.
    visit_at: it reminds of a visit at this time, and does not leave when the visit is no longer expected then.
    purpose: when it is not that of its kind. plan_step_id: the step of a follow-up plan that it carries out.
    route: the name of its route, when it is not that of its kind; chain: ways of its own, as a route keeps them.
    not_before: it does not leave earlier. alert_id: the alert of which it tells; taken, it does not leave any more.
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
    actions: tuple[tuple[str, str], ...] = ()
    visit_at: datetime | None = None
    purpose: Purpose | None = None
    plan_step_id: UUID | None = None
    route: str = ""
    chain: tuple[Mapping[str, Any], ...] = ()
    not_before: datetime | None = None
    alert_id: UUID | None = None


def lines_of(language: str, *pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Give the lines of a message, each with its label; one without a text is left out."""
    return tuple((say(f"label.{label}", language), text) for label, text in pairs if text)


def visit_page(appointment_id: UUID | None, ticket_id: UUID | None) -> str:
    """Give the page of a visit: of its appointment, or of its ticket when somebody came without one."""
    if appointment_id is not None:
        return APPOINTMENT_PAGE.format(appointment_id)
    return VISIT_PAGE.format(ticket_id) if ticket_id is not None else MESSAGES_PAGE


def end_of(day: date) -> datetime:
    """Give the last moment of a day in the hospital's zone."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.zone()) - timedelta(seconds=1)


def span(starts_at: datetime, ends_at: datetime) -> str:
    """Give the time of a visit: 2026年11月22日 09:00–09:30."""
    return f"{fields.moment(starts_at)}–{clock.local(ends_at):%H:%M}"
