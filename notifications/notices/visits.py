"""What is told around a visit when something happens: booking, the queue, its end. Pure."""

from datetime import timedelta

from notifications import fields
from notifications.notices.notice import (
    APPOINTMENT_PAGE,
    BOOKING_PAGE,
    NEAR,
    URGENT,
    Notice,
    lines_of,
    span,
    visit_page,
)
from notifications.rules import MessageClass
from notifications.texts import say
from server import clock
from server.facts import AppointmentBooked, AppointmentCancelled, PatientArrived, TicketCalled, VisitFinished

CALL_LASTS = timedelta(minutes=10)
ARRIVAL_LASTS = timedelta(hours=2)
CANCELLATION_LASTS = timedelta(hours=1)  # at least
FINISH_LASTS = timedelta(days=3)


def booked(fact: AppointmentBooked, language: str) -> Notice | None:
    """Write that a booking is made; nothing when the clinic moved it: the stop tells."""
    if fact.channel == "stop":
        return None
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
    if fact.is_rescheduled or fact.channel == "stop":
        return None  # the new booking tells, or the stop
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
        link=visit_page(fact.appointment_id, fact.ticket_id),
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
        link=visit_page(fact.appointment_id, fact.ticket_id),
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
        key=f"visit_finished:{fact.encounter_id}" + (f":{fact.times}" if fact.times > 1 else ""),
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
        link=visit_page(fact.appointment_id, fact.ticket_id),
        deadline=fact.finished_at + FINISH_LASTS,
    )
