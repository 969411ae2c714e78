"""What is told to whoever waits (候补): joined, a place with a deadline, that it passed on, the end. Pure."""

from datetime import datetime, timedelta

from notifications import fields
from notifications.notices.notice import BULK, NEAR, URGENT, WAITLIST_PAGE, Notice, lines_of, span
from notifications.rules import MessageClass
from notifications.texts import say
from server.facts import OfferEnded, PlaceOffered, WaitlistClosed, WaitlistJoined

TOLD_FOR = timedelta(days=1)


def joined(fact: WaitlistJoined, language: str) -> Notice:
    """Write that somebody stands on the waitlist; only for the inbox: nothing has to be done."""
    return Notice(
        event="waitlist_joined",
        key=f"waitlist_joined:{fact.entry_id}",
        kind=MessageClass.VISIT,
        subject_kind="waitlist_entry",
        subject_id=fact.entry_id,
        patient_id=fact.patient_id,
        title=say("waitlist_joined.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("tip", say("waitlist_joined.hint", language)),
        ),
        link=WAITLIST_PAGE.format(fact.entry_id),
        deadline=fact.at + TOLD_FOR,
        priority=BULK,
    )


def offered(fact: PlaceOffered, language: str) -> Notice:
    """Write that a place is kept until a deadline; one tap takes it. After the deadline it is never sent."""
    tip = say("place_offered.tip", language)
    return Notice(
        event="place_offered",
        key=f"place_offered:{fact.offer_id}",
        kind=MessageClass.VISIT,
        subject_kind="offer",
        subject_id=fact.offer_id,
        patient_id=fact.patient_id,
        title=say("place_offered.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("doctor", fact.practitioner_name),
            ("time", span(fact.starts_at, fact.ends_at)),
            ("place", fact.location),
            ("answer_until", fields.moment(fact.deadline)),
            ("tip", tip),
        ),
        template_key="place_offered",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "time4": fields.moment(fact.deadline),
            "thing5": fields.thing(tip),
        },
        link=WAITLIST_PAGE.format(fact.entry_id),
        deadline=fact.deadline,
        priority=URGENT,
    )


def ended(fact: OfferEnded, language: str) -> Notice | None:
    """Write that a place has passed on because nobody answered; any other end is told by what caused it."""
    if fact.how != "expired":
        return None
    words = "offer_expired"
    advice = "offer_expired.waits" if fact.still_waits else "offer_expired.tip"
    return _over(fact, words, advice, language=language, key=f"offer_expired:{fact.offer_id}", at=fact.at)


def closed(fact: WaitlistClosed, language: str) -> Notice:
    """Write that nothing can come any more, and why."""
    advice = f"waitlist_closed.{fact.reason}.tip"
    return _over(fact, "waitlist_closed", advice, language=language, key=f"waitlist_closed:{fact.entry_id}", at=fact.at)


def _over(
    fact: OfferEnded | WaitlistClosed, words: str, advice: str, *, language: str, key: str, at: datetime
) -> Notice:
    status, tip = say(f"{words}.phrase", language), say(advice, language)
    return Notice(
        event=words,
        key=key,
        kind=MessageClass.VISIT,
        subject_kind="waitlist_entry",
        subject_id=fact.entry_id,
        patient_id=fact.patient_id,
        title=say(f"{words}.title", language),
        lines=lines_of(
            language,
            ("patient", fact.patient_name),
            ("department", fact.department_name),
            ("tip", tip),
        ),
        template_key="waitlist_ended",
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "phrase3": fields.phrase(status),
            "thing4": fields.thing(tip),
        },
        link=WAITLIST_PAGE.format(fact.entry_id),
        deadline=at + TOLD_FOR,
        priority=NEAR,
    )
