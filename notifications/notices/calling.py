"""What is told while a patient waits to be called: come to the door, go back, missed, the visit goes on. Pure.

They are for who looks at the phone anyway: the one consent for a call is kept for the call.
"""

from datetime import timedelta

from notifications.notices.notice import MESSAGES_PAGE, URGENT, Notice, lines_of, visit_page
from notifications.rules import MessageClass
from notifications.texts import say
from server import clock
from server.facts import TicketBackInLine, TicketPassedOver, TicketReady, VisitReopened

LASTS = timedelta(minutes=30)


def ready(fact: TicketReady, language: str) -> Notice:
    """Write that somebody is asked to a room's door."""
    return _of_ticket(
        fact,
        "ready",
        language,
        (("room", fact.room_name), ("place", fact.room_location)),
    )


def back_in_line(fact: TicketBackInLine, language: str) -> Notice:
    """Write that the room does not call now, and the place is kept."""
    return _of_ticket(fact, "sent_back", language, (("place", fact.department_location),))


def _of_ticket(
    fact: TicketReady | TicketBackInLine, words: str, language: str, where: tuple[tuple[str, str], ...]
) -> Notice:
    return Notice(
        event=f"queue_{words}",
        key=f"queue_{words}:{fact.ticket_id}:{fact.version}",
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
            *where,
            ("tip", say(f"{words}.tip", language)),
        ),
        link=visit_page(fact.appointment_id, fact.ticket_id),
        deadline=fact.at + LASTS,
        priority=URGENT,
    )


def passed_over(fact: TicketPassedOver, language: str) -> Notice:
    """Write that the call was missed, and what to do: come back to the desk, or that the visit is over."""
    words = "missed_for_good" if fact.is_over else "missed"
    return Notice(
        event="queue_missed",
        key=f"queue_missed:{fact.ticket_id}:{fact.misses}",
        kind=MessageClass.VISIT,
        subject_kind="ticket",
        subject_id=fact.ticket_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("ticket", fact.label),
            ("tip", say(f"{words}.hint", language)),
        ),
        link=MESSAGES_PAGE,
        deadline=clock.now() + LASTS,
        priority=URGENT,
    )


def reopened(fact: VisitReopened, language: str) -> Notice:
    """Write that the visit is not over after all."""
    return Notice(
        event="visit_reopened",
        key=f"visit_reopened:{fact.encounter_id}:{fact.times}",
        kind=MessageClass.VISIT,
        subject_kind="encounter",
        subject_id=fact.encounter_id,
        patient_id=fact.patient_id,
        title=say("reopened.title", language),
        lines=lines_of(language, ("tip", say("reopened.hint", language))),
        link=visit_page(fact.appointment_id, fact.ticket_id),
        deadline=fact.at + LASTS,
        priority=URGENT,
    )
