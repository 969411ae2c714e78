"""What is told about draws (摇号) of places: who got none, and when one does not take place. Pure.

Winners hear of their booking as everybody does.
"""

from datetime import timedelta

from notifications import fields
from notifications.notices.notice import DRAW_PAGE, Notice, lines_of
from notifications.rules import MessageClass
from notifications.texts import has, say
from server import clock
from server.facts import DrawCalledOff, DrawLost

RESULT_LASTS = timedelta(days=1)  # at least


def lost(fact: DrawLost, language: str) -> Notice:
    """Write that a draw gave no place, where the entry stood, and what helps now and next time."""
    reason = say(f"draw_lost.{fact.reason}", language) if has(f"draw_lost.{fact.reason}") else ""
    words = "draw_refused" if fact.reason else "draw_lost"
    return Notice(
        event="draw_result",
        key=f"draw_result:{fact.entry_id}",
        kind=MessageClass.VISIT,
        subject_kind="draw_entry",
        subject_id=fact.entry_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", fields.moment(fact.starts_at)),
            ("draw_position", say("draw_lost.position", language, position=fact.position, entries=fact.entries)),
            ("reason", reason),
            ("tip", say(f"{words}.advice", language, lots=fact.lots_next)),
        ),
        link=DRAW_PAGE.format(fact.draw_id),
        deadline=max(fact.starts_at, clock.now() + RESULT_LASTS),
    )


def called_off(fact: DrawCalledOff, language: str) -> Notice:
    """Write that a draw does not take place, and what one can do."""
    return Notice(
        event="draw_result",
        key=f"draw_result:{fact.entry_id}",
        kind=MessageClass.VISIT,
        subject_kind="draw_entry",
        subject_id=fact.entry_id,
        patient_id=fact.patient_id,
        title=say("draw_off.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", fields.moment(fact.starts_at)),
            ("tip", say(f"draw_off.{fact.why}", language)),
        ),
        link=DRAW_PAGE.format(fact.draw_id),
        deadline=max(fact.starts_at, clock.now() + RESULT_LASTS),
    )
