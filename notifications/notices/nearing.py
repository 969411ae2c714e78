"""What is told while somebody waits: few are ahead, the doctor is late, the doctor has begun. Pure."""

from datetime import timedelta

from notifications import fields
from notifications.notices.notice import NEAR, Notice, lines_of, visit_page
from notifications.rules import MessageClass
from notifications.texts import say
from server.facts import DoctorLate, DoctorStarted, TurnIsNear

WHILE_WAITING = frozenset({"queue_near", "doctor_late"})  # told to who waits or is awaited, and to nobody else
NEAR_LASTS = timedelta(minutes=30)
LATE_LASTS = timedelta(minutes=30)


def near(fact: TurnIsNear, language: str) -> Notice:
    """Write that few are ahead. Only in the app: the one message that was allowed is for the call itself."""
    return Notice(
        event="queue_near",
        key=f"queue_near:{fact.ticket_id}",
        kind=MessageClass.VISIT,
        subject_kind="ticket",
        subject_id=fact.ticket_id,
        patient_id=fact.patient_id,
        title=say("near.title", language, ahead=fact.ahead) if fact.ahead else say("near.next", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("ticket", fact.label),
            ("place", fact.location),
            ("tip", say("near.advice", language)),
        ),
        link=_page(fact),
        deadline=fact.at + NEAR_LASTS,
        priority=NEAR,
    )


def late(fact: DoctorLate, language: str) -> Notice:
    """Write that the doctor has not begun yet, to who waits or is booked."""
    tip = "late.here.advice" if fact.ticket_id else "late.booked.advice"
    return _of_begin(fact, language, f"doctor_late:{fact.session_id}:{fact.minutes}", tip)


def started(fact: DoctorStarted, language: str) -> Notice:
    """Write that the doctor, of whose delay somebody heard, has begun."""
    return _of_begin(fact, language, f"doctor_started:{fact.session_id}", "started.advice")


def _of_begin(fact: DoctorLate | DoctorStarted, language: str, key: str, tip: str) -> Notice:
    subject_id = fact.ticket_id or fact.appointment_id
    assert subject_id is not None  # who waits has a ticket, who is booked an appointment
    is_late = isinstance(fact, DoctorLate)
    title = (
        say("late.title", language, minutes=fact.minutes)
        if isinstance(fact, DoctorLate)
        else say("started.title", language)
    )
    short = (
        say("late.short", language, minutes=fact.minutes)
        if isinstance(fact, DoctorLate)
        else say("started.short", language)
    )
    booked = None
    if fact.starts_at is not None:  # who is not here yet hears it on the phone, if a reminder was allowed
        booked = {
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "thing4": fields.thing(fact.location or fact.department_name),
            "thing5": fields.thing(short),
        }
    return Notice(
        event="doctor_late" if is_late else "doctor_started",
        key=f"{key}:{subject_id}",
        kind=MessageClass.VISIT,
        subject_kind="ticket" if fact.ticket_id else "appointment",
        subject_id=subject_id,
        patient_id=fact.patient_id,
        title=title,
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("place", fact.location),
            ("tip", say(tip, language)),
        ),
        template_key="appointment_reminder" if booked else "",
        fields=booked,
        link=_page(fact),
        deadline=fact.at + LATE_LASTS,
        priority=NEAR,
    )


def _page(fact: TurnIsNear | DoctorLate | DoctorStarted) -> str:
    return visit_page(fact.appointment_id, fact.ticket_id)
