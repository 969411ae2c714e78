"""The catalogue: which fact becomes which message to the account, with its lines, fields, deadline and urgency. Pure.

A message is rendered once into neutral content; channels only carry it. A new kind is a writer and a line below.
"""

from collections.abc import Callable
from typing import Any

from notifications.notices import opinions, visits
from notifications.notices.notice import Notice
from server.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReplied,
    Fact,
    PatientArrived,
    SurveyInvited,
    TicketCalled,
    VisitFinished,
)

Writer = Callable[[Any, str], Notice | None]

_WRITERS: dict[type[Fact], Writer] = {
    AppointmentBooked: visits.booked,
    AppointmentCancelled: visits.cancelled,
    PatientArrived: visits.joined,
    TicketCalled: visits.called,
    VisitFinished: visits.finished,
    SurveyInvited: opinions.invited,
    ComplaintFiled: opinions.complaint_filed,
    ComplaintReplied: opinions.complaint_replied,
    ComplaintClosed: opinions.complaint_closed,
}


def notice_of(fact: Fact, language: str) -> Notice | None:
    """Give the message that a fact becomes for its account, or None when it says nothing."""
    return _WRITERS[type(fact)](fact, language)


def told_facts() -> tuple[type[Fact], ...]:
    """List the facts of which an account may hear."""
    return tuple(_WRITERS)
