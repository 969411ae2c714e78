"""What is told before and around a visit: booking, reminders, the queue, its end. Pure."""

from datetime import date, datetime, timedelta

from notifications import fields
from notifications.notices.notice import (
    APPOINTMENT_PAGE,
    BOOKING_PAGE,
    MESSAGES_PAGE,
    NEAR,
    URGENT,
    Notice,
    end_of,
    lines_of,
    span,
)
from notifications.rules import MessageClass
from notifications.texts import say
from server import clock
from server.facts import AppointmentBooked, AppointmentCancelled, PatientArrived, TicketCalled, VisitFinished

CALL_LASTS = timedelta(minutes=10)
ARRIVAL_LASTS = timedelta(hours=2)
CANCELLATION_LASTS = timedelta(hours=1)  # at least
FINISH_LASTS = timedelta(days=3)


def booked(fact: AppointmentBooked, language: str) -> Notice:
    """Write that a booking is made."""
    tip = say("booked.tip", language)
    return Notice(
        event="appointment_booked",
        key=f"appointment_booked:{fact.appointment_id}:{fact.version}",
        kind=MessageClass.VISIT,
        subject_kind="appointment",
        subject_id=fact.appointment_id,
        patient_id=fact.patient_id,
        title=say("booked.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", span(fact.starts_at, fact.ends_at)),
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


def cancelled(fact: AppointmentCancelled, language: str) -> Notice | None:
    """Write that a booking is gone; nothing when it was only moved: the new one tells."""
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
        lines=lines_of(
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
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", span(fact.starts_at, fact.ends_at)),
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


def joined(fact: PatientArrived, language: str) -> Notice:
    """Write that a check-in is done."""
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
        lines=lines_of(
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


def called(fact: TicketCalled, language: str) -> Notice:
    """Write that it is the turn; a recall is another message."""
    words = "called" if fact.call_count <= 1 else "called_again"
    return Notice(
        event="queue_called",
        key=f"queue_called:{fact.ticket_id}:{fact.call_count}",
        kind=MessageClass.VISIT,
        subject_kind="ticket",
        subject_id=fact.ticket_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language, room=fact.room_name),
        lines=lines_of(
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
        link=APPOINTMENT_PAGE.format(fact.appointment_id) if fact.appointment_id else MESSAGES_PAGE,
        deadline=fact.called_at + CALL_LASTS,
        priority=URGENT,
    )


def finished(fact: VisitFinished, language: str) -> Notice:
    """Write that a visit took place; the advice itself stays in the app."""
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
        lines=lines_of(
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
        lines=lines_of(
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
