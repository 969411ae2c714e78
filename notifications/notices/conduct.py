"""What is told about missed and late visits: that one counts, that it counts no more, what came of an appeal. Pure.

Kindly: most people who miss a visit had a reason.
"""

from datetime import datetime, timedelta

from notifications import fields
from notifications.notices.notice import NEAR, Notice, lines_of
from notifications.rules import MessageClass, Purpose
from notifications.texts import say
from server import clock
from server.facts import AppealRefused, StrikeForgiven, StrikeGiven

STRIKE_PAGE = "pages/strikes/strikes?id={}"
LASTS = timedelta(days=30)
EXCUSES_WITH_WORDS = ("appeal", "staff", "overdue")  # in which somebody wrote the reason


def strike_given(fact: StrikeGiven, language: str) -> Notice:
    """Write that a visit counts as missed or as given back late, what follows, and where to say otherwise."""
    return _notice(
        fact,
        language,
        event="strike_given",
        title=say(f"strike.{fact.kind}.title", language),
        told=(
            ("status", say("strike.count", language, count=fact.count, limit=fact.limit, days=fact.window_days)),
            ("suspended_until", _until(fact.suspended_until)),
            ("tip", say(f"strike.{fact.kind}.advice", language)),
        ),
    )


def strike_forgiven(fact: StrikeForgiven, language: str) -> Notice:
    """Write that a visit counts no more, and why."""
    why = fact.reason if fact.excuse in EXCUSES_WITH_WORDS else say(f"strike.excuse.{fact.excuse}", language)
    still = "still_suspended" if fact.suspended_until else "free"
    return _notice(
        fact,
        language,
        event="strike_forgiven",
        title=say("strike.appeal_granted.title" if fact.was_appealed else "strike.forgiven.title", language),
        told=(
            ("reason", why),
            ("suspended_until", _until(fact.suspended_until)),
            ("tip", say(f"strike.{still}.advice", language)),
        ),
    )


def appeal_refused(fact: AppealRefused, language: str) -> Notice:
    """Write that a visit still counts, and why."""
    return _notice(
        fact,
        language,
        event="appeal_refused",
        title=say("strike.appeal_refused.title", language),
        told=(
            ("reason", fact.reason),
            ("suspended_until", _until(fact.suspended_until)),
            ("tip", say("strike.appeal_refused.advice", language)),
        ),
    )


def _until(moment: datetime | None) -> str:
    return fields.moment(moment) if moment else ""


def _notice(
    fact: StrikeGiven | StrikeForgiven | AppealRefused,
    language: str,
    *,
    event: str,
    title: str,
    told: tuple[tuple[str, str], ...],
) -> Notice:
    return Notice(
        event=event,
        key=f"{event}:{fact.strike_id}",
        kind=MessageClass.FOLLOW_UP,
        subject_kind="strike",
        subject_id=fact.strike_id,
        patient_id=fact.patient_id,
        title=title,
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("time", fields.moment(fact.starts_at)),
            *told,
        ),
        link=STRIKE_PAGE.format(fact.strike_id),
        deadline=clock.now() + LASTS,
        priority=NEAR,
        purpose=Purpose.SERVICE,  # it decides about booking
    )
