"""What is told about opinions: invitations to rate, and the progress of a complaint. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from notifications import fields
from notifications.notices.notice import BULK, COMPLAINT_PAGE, SURVEY_PAGE, Notice, lines_of
from notifications.rules import MessageClass, Purpose
from notifications.texts import has, say
from server.facts import (
    ComplaintClosed,
    ComplaintFiled,
    ComplaintReminded,
    ComplaintReplied,
    SurveyInvited,
    SurveyReminded,
)

PROGRESS_LASTS = timedelta(days=7)
OTHER_WAY, REMINDER = "complaint_reminder", "survey_reminder"  # routes of their own


def invited(fact: SurveyInvited, language: str) -> Notice:
    """Write that a visit may be rated."""
    return _survey(fact, "survey", language, key=f"survey_invitation:{fact.invitation_id}")


def survey_reminded(fact: SurveyReminded, language: str) -> Notice:
    """Write once more that a visit may be rated; said once, and only to who has not answered."""
    notice = _survey(fact, "survey.again", language, key=f"survey_reminder:{fact.invitation_id}")
    return replace(notice, event="survey_reminder", route=REMINDER)


def _survey(fact: SurveyInvited | SurveyReminded, words: str, language: str, *, key: str) -> Notice:
    tip = say(f"{words}.tip", language)
    return Notice(
        event="survey_invitation",
        key=key,
        kind=MessageClass.SURVEY,
        subject_kind="invitation",
        subject_id=fact.invitation_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language),
        lines=lines_of(
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


def complaint_filed(fact: ComplaintFiled, language: str) -> Notice:
    """Write that a complaint is received, and that somebody will call if that was asked for."""
    return _progress(fact, "call" if fact.wants_contact else "filed", language, key="filed", at=fact.received_at)


def complaint_replied(fact: ComplaintReplied, language: str) -> Notice:
    """Write that the hospital has written."""
    words = "answered" if fact.is_answer else "replied"
    return _progress(fact, words, language, key=str(fact.entry_id), at=fact.at)


def complaint_closed(fact: ComplaintClosed, language: str) -> Notice | None:
    """Write that a complaint has reached an end."""
    if not has(f"complaint.{fact.state}.tip"):
        return None
    return _progress(fact, fact.state, language, key=f"{fact.state}:{fact.at.isoformat()}", at=fact.at)


def complaint_reminded(fact: ComplaintReminded, language: str) -> Notice:
    """Ask whether the answer settles it; the second time by another way than the first."""
    key = f"reminder:{fact.cycle}:{fact.step}"
    notice = _progress(fact, "reminder", language, key=key, at=fact.at)
    return notice if fact.step == 1 else replace(notice, route=OTHER_WAY)


_Progress = ComplaintFiled | ComplaintReplied | ComplaintClosed | ComplaintReminded


def _progress(fact: _Progress, words: str, language: str, *, key: str, at: datetime) -> Notice:
    status, tip = say(f"complaint.{words}.phrase", language), say(f"complaint.{words}.tip", language)
    return Notice(
        event="complaint_progress",
        key=f"complaint_progress:{fact.complaint_id}:{key}",
        kind=MessageClass.FOLLOW_UP,
        subject_kind="complaint",
        subject_id=fact.complaint_id,
        title=say("complaint.title", language),
        lines=lines_of(
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
        purpose=Purpose.SERVICE,  # who complained is answered, whatever else they want to hear
    )
