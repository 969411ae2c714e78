"""What is told when a session is stopped or moved, and how it ended for whoever did not answer. Pure."""

from datetime import timedelta

from notifications import fields
from notifications.notices.notice import BOOKING_PAGE, URGENT, Notice, lines_of, span
from notifications.rules import MessageClass
from notifications.texts import say
from server import clock
from server.facts import StoppedVisitSettled, VisitStopped

STOPPED_PAGE = "pages/stopped/stopped?id={}"
STOP_LASTS = timedelta(hours=1)  # at least


def stopped(fact: VisitStopped, language: str) -> Notice:
    """Write that a visit does not take place as booked, what the clinic did about it, and until when to answer."""
    words = "hold" if fact.is_hold else fact.outcome
    refund = "" if fact.price_fen is None else say("stop.refund", language, yuan=f"{fact.price_fen / 100:.2f}")
    return Notice(
        event="visit_stopped",
        key=f"visit_stopped:{fact.visit_id}",
        kind=MessageClass.VISIT,
        subject_kind="stopped_visit",
        subject_id=fact.visit_id,
        patient_id=fact.patient_id,
        title=say(f"stop.{words}.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("old_time", fields.moment(fact.starts_at)),
            ("reason", fact.reason),
            *_new_place(fact),
            ("places_held", str(fact.places) if fact.places else ""),
            ("refund", refund),
            ("answer_by", fields.moment(fact.answer_by) if fact.answer_by else ""),
            ("tip", say(f"stop.{words}.advice", language)),
        ),
        template_key="appointment_cancelled",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "thing4": fields.thing(say(f"stop.{words}.tip", language)),
        },
        link=BOOKING_PAGE if fact.is_hold else STOPPED_PAGE.format(fact.visit_id),
        deadline=max(fact.starts_at, fact.to_starts_at or fact.starts_at, clock.now() + STOP_LASTS),
        priority=URGENT,
    )


def settled(fact: StoppedVisitSettled, language: str) -> Notice:
    """Write how it ended, to whoever did not end it by a tap."""
    has_place = fact.to_starts_at is not None
    words = f"{'silent' if fact.answer == 'silent' else 'called'}_{'place' if has_place else 'released'}"
    return Notice(
        event="visit_stop_settled",
        key=f"visit_stop_settled:{fact.visit_id}:{fact.answer}",
        kind=MessageClass.VISIT,
        subject_kind="stopped_visit",
        subject_id=fact.visit_id,
        patient_id=fact.patient_id,
        title=say(f"stop.{words}.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("old_time", fields.moment(fact.starts_at)),
            *_new_place(fact),
            ("tip", say(f"stop.{words}.advice", language)),
        ),
        template_key="appointment_cancelled",
        fields={
            "thing1": fields.thing(fact.to_department_name or fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.to_starts_at or fact.starts_at),
            "thing4": fields.thing(say(f"stop.{words}.tip", language)),
        },
        link=STOPPED_PAGE.format(fact.visit_id),
        deadline=max(fact.starts_at, fact.to_starts_at or fact.starts_at, clock.now() + STOP_LASTS),
        priority=URGENT,
    )


def _new_place(fact: VisitStopped | StoppedVisitSettled) -> tuple[tuple[str, str], ...]:
    if fact.to_starts_at is None:
        return ()
    return (
        ("new_time", span(fact.to_starts_at, fact.to_ends_at or fact.to_starts_at)),
        ("new_doctor", fact.to_practitioner_name),
        ("place", fact.to_location or fact.to_department_name),
        ("number", str(fact.to_number)),
    )
