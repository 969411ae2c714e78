"""What is told when a visit takes place somewhere else. Pure."""

from notifications import fields
from notifications.notices.notice import APPOINTMENT_PAGE, URGENT, Notice, lines_of, span
from notifications.rules import MessageClass
from notifications.texts import say
from server.facts import VisitPlaceChanged


def place_changed(fact: VisitPlaceChanged, language: str) -> Notice:
    """Write that a visit has another room."""
    place = fact.location or fact.department_name
    tip = say("place_changed.tip", language)
    return Notice(
        event="visit_place_changed",
        key=f"visit_place_changed:{fact.appointment_id}:{fact.version}",
        kind=MessageClass.VISIT,
        subject_kind="appointment",
        subject_id=fact.appointment_id,
        patient_id=fact.patient_id,
        title=say("place_changed.title", language),
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
        template_key="appointment_reminder",  # the platform's form with a place in it
        fields={
            "thing1": fields.thing(fact.department_name),
            "name2": fields.name(fact.patient_name),
            "time3": fields.moment(fact.starts_at),
            "thing4": fields.thing(place),
            "thing5": fields.thing(tip),
        },
        link=APPOINTMENT_PAGE.format(fact.appointment_id),
        deadline=fact.ends_at,
        priority=URGENT,
    )
