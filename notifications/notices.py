"""The catalogue: which fact becomes which message to the account, with its lines, fields, deadline and urgency. Pure.

A message is rendered once into neutral content; channels only carry it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from notifications import fields
from notifications.rules import MessageClass
from notifications.texts import has, say
from server import clock
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

URGENT, NEAR, BULK = 0, 1, 2  # priorities

CALL_LASTS = timedelta(minutes=10)
ARRIVAL_LASTS = timedelta(hours=2)
CANCELLATION_LASTS = timedelta(hours=1)  # at least
FINISH_LASTS = timedelta(days=3)
PROGRESS_LASTS = timedelta(days=7)

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


Writer = Callable[[Any, str], Notice | None]


def notice_of(fact: Fact, language: str) -> Notice | None:
    """Give the message that a fact becomes for its account, or None when it says nothing."""
    return _WRITERS[type(fact)](fact, language)


def told_facts() -> tuple[type[Fact], ...]:
    """List the facts of which an account may hear."""
    return tuple(_WRITERS)


def _lines(language: str, *pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((say(f"label.{label}", language), text) for label, text in pairs if text)


def _booked(fact: AppointmentBooked, language: str) -> Notice:
    tip = say("booked.tip", language)
    return Notice(
        event="appointment_booked",
        key=f"appointment_booked:{fact.appointment_id}:{fact.version}",
        kind=MessageClass.VISIT,
        subject_kind="appointment",
        subject_id=fact.appointment_id,
        patient_id=fact.patient_id,
        title=say("booked.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", _span(fact.starts_at, fact.ends_at)),
            ("number", str(fact.number)),
            ("place", fact.location),
            ("tip", tip),
        ),
        template_key="appointment_booked",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "character_string4": fields.character_string(str(fact.number)),
            "thing5": fields.thing(tip),
        },
        link=APPOINTMENT_PAGE.format(fact.appointment_id),
        deadline=fact.starts_at,
    )


def _cancelled(fact: AppointmentCancelled, language: str) -> Notice | None:
    if fact.is_rescheduled:
        return None  # the new booking tells
    words = "stopped" if fact.by_clinic else "cancelled"
    return Notice(
        event="appointment_cancelled",
        key=f"appointment_cancelled:{fact.appointment_id}",
        kind=MessageClass.VISIT,
        subject_kind="appointment",
        subject_id=fact.appointment_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("time", fields.moment(fact.starts_at)),
            ("reason", fact.reason if fact.by_clinic else ""),
            ("tip", say("stopped.advice" if fact.by_clinic else "cancelled.tip", language)),
        ),
        template_key="appointment_cancelled",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "thing4": fields.thing(say(f"{words}.tip", language)),
        },
        link=BOOKING_PAGE if fact.by_clinic else APPOINTMENT_PAGE.format(fact.appointment_id),
        deadline=max(fact.starts_at, clock.now() + CANCELLATION_LASTS),
        priority=URGENT if fact.by_clinic else NEAR,
    )


def visit_reminder(kind: str, fact: AppointmentBooked, *, language: str, deadline: datetime) -> Notice:
    """Write the reminder of a visit. kind: `visit_day_before` or `visit_two_hours`."""
    words = kind.removeprefix("visit_")
    tip = say(f"{words}.tip", language)
    place = fact.location or fact.department_name
    return Notice(
        event=kind,
        key=f"{kind}:{fact.appointment_id}",
        kind=MessageClass.VISIT,
        subject_kind="appointment",
        subject_id=fact.appointment_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", _span(fact.starts_at, fact.ends_at)),
            ("number", str(fact.number)),
            ("place", place),
            ("tip", tip),
        ),
        template_key="appointment_reminder",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "thing4": fields.thing(place),
            "thing5": fields.thing(tip),
        },
        link=APPOINTMENT_PAGE.format(fact.appointment_id),
        deadline=deadline,
    )


def _joined(fact: PatientArrived, language: str) -> Notice:
    tip = say("joined.tip", language)
    place = fact.location or fact.department_name
    return Notice(
        event="queue_joined",
        key=f"queue_joined:{fact.ticket_id}",
        kind=MessageClass.VISIT,
        subject_kind="ticket",
        subject_id=fact.ticket_id,
        patient_id=fact.patient_id,
        title=say("joined.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("ticket", fact.label),
            ("place", place),
            ("tip", tip),
        ),
        template_key="queue_joined",
        fields={
            "thing1": fields.thing(fact.department_name),
            "character_string2": fields.character_string(fact.label),
            "thing3": fields.thing(place),
            "thing4": fields.thing(tip),
        },
        link=APPOINTMENT_PAGE.format(fact.appointment_id) if fact.appointment_id else MESSAGES_PAGE,
        deadline=clock.now() + ARRIVAL_LASTS,
    )


def _called(fact: TicketCalled, language: str) -> Notice:
    words = "called" if fact.call_count <= 1 else "called_again"
    return Notice(
        event="queue_called",
        key=f"queue_called:{fact.ticket_id}:{fact.call_count}",
        kind=MessageClass.VISIT,
        subject_kind="ticket",
        subject_id=fact.ticket_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language, room=fact.room_name),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("ticket", fact.label),
            ("room", fact.room_name),
            ("place", fact.room_location),
            ("tip", say(f"{words}.tip", language)),
        ),
        template_key="queue_called",
        fields={
            "thing1": fields.thing(fact.department_name),
            "character_string2": fields.character_string(fact.label),
            "thing3": fields.thing(fact.room_name),
            "thing4": fields.thing(say(f"{words}.tip", language)),
        },
        link=MESSAGES_PAGE,
        deadline=fact.called_at + CALL_LASTS,
        priority=URGENT,
    )


def _finished(fact: VisitFinished, language: str) -> Notice:
    advice = say("finished.advice" if fact.has_advice else "finished.no_advice", language)
    revisit = say("finished.no_revisit", language)
    if fact.revisit_on:
        revisit = say("finished.revisit", language, day=fields.day(fact.revisit_on))
    return Notice(
        event="visit_finished",
        key=f"visit_finished:{fact.encounter_id}",
        kind=MessageClass.VISIT,
        subject_kind="encounter",
        subject_id=fact.encounter_id,
        patient_id=fact.patient_id,
        title=say("finished.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("advice", advice),
            ("revisit", revisit),
        ),
        template_key="visit_finished",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "thing3": fields.thing(advice),
            "thing4": fields.thing(revisit),
        },
        link=APPOINTMENT_PAGE.format(fact.appointment_id) if fact.appointment_id else MESSAGES_PAGE,
        deadline=fact.finished_at + FINISH_LASTS,
    )


def revisit_reminder(fact: VisitFinished, revisit_on: date, language: str) -> Notice:
    """Write the reminder of a return visit that the doctor asked for."""
    tip = say("revisit.tip", language)
    return Notice(
        event="revisit_reminder",
        key=f"revisit:{fact.encounter_id}",
        kind=MessageClass.FOLLOW_UP,
        subject_kind="encounter",
        subject_id=fact.encounter_id,
        patient_id=fact.patient_id,
        title=say("revisit.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("revisit_on", fields.day(revisit_on)),
            ("tip", tip),
        ),
        template_key="revisit_reminder",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "date3": fields.day(revisit_on),
            "thing4": fields.thing(tip),
        },
        link=BOOKING_PAGE,
        deadline=end_of(revisit_on),
    )


def _invited(fact: SurveyInvited, language: str) -> Notice:
    tip = say("survey.tip", language)
    return Notice(
        event="survey_invitation",
        key=f"survey_invitation:{fact.invitation_id}",
        kind=MessageClass.SURVEY,
        subject_kind="invitation",
        subject_id=fact.invitation_id,
        patient_id=fact.patient_id,
        title=say("survey.title", language),
        lines=_lines(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("time", fields.moment(fact.visited_at)),
            ("deadline", fields.moment(fact.deadline)),
            ("tip", tip),
        ),
        template_key="survey_invitation",
        fields={
            "thing1": fields.thing(fact.department_name),
            "time2": fields.moment(fact.visited_at),
            "thing3": fields.thing(tip),
        },
        link=SURVEY_PAGE.format(fact.invitation_id),
        deadline=fact.deadline,
        priority=BULK,
    )


def _complaint_filed(fact: ComplaintFiled, language: str) -> Notice:
    return _progress(fact, "call" if fact.wants_contact else "filed", language, key="filed", at=fact.received_at)


def _complaint_replied(fact: ComplaintReplied, language: str) -> Notice:
    words = "answered" if fact.is_answer else "replied"
    return _progress(fact, words, language, key=str(fact.entry_id), at=fact.at)


def _complaint_closed(fact: ComplaintClosed, language: str) -> Notice | None:
    if not has(f"complaint.{fact.state}.tip"):
        return None
    return _progress(fact, fact.state, language, key=f"{fact.state}:{fact.at.isoformat()}", at=fact.at)


def _progress(
    fact: ComplaintFiled | ComplaintReplied | ComplaintClosed, words: str, language: str, *, key: str, at: datetime
) -> Notice:
    status, tip = say(f"complaint.{words}.phrase", language), say(f"complaint.{words}.tip", language)
    return Notice(
        event="complaint_progress",
        key=f"complaint_progress:{fact.complaint_id}:{key}",
        kind=MessageClass.FOLLOW_UP,
        subject_kind="complaint",
        subject_id=fact.complaint_id,
        title=say("complaint.title", language),
        lines=_lines(
            language, ("complaint", fact.number), ("status", status), ("time", fields.moment(at)), ("tip", tip)
        ),
        template_key="complaint_progress",
        fields={
            "character_string1": fields.character_string(fact.number),
            "phrase2": fields.phrase(status),
            "time3": fields.moment(at),
            "thing4": fields.thing(tip),
        },
        link=COMPLAINT_PAGE.format(fact.complaint_id),
        deadline=at + PROGRESS_LASTS,
    )


def end_of(day: date) -> datetime:
    """Give the last moment of a day in the hospital's zone."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.zone()) - timedelta(seconds=1)


def _span(starts_at: datetime, ends_at: datetime) -> str:
    return f"{fields.moment(starts_at)}–{clock.local(ends_at):%H:%M}"


_WRITERS: dict[type[Fact], Writer] = {
    AppointmentBooked: _booked,
    AppointmentCancelled: _cancelled,
    PatientArrived: _joined,
    TicketCalled: _called,
    VisitFinished: _finished,
    SurveyInvited: _invited,
    ComplaintFiled: _complaint_filed,
    ComplaintReplied: _complaint_replied,
    ComplaintClosed: _complaint_closed,
}
