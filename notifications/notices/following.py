"""What the steps of follow-up plans say: one message for all that are told together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from notifications import fields
from notifications.notices.notice import BOOKING_PAGE, NEAR, URGENT, Notice, lines_of
from notifications.rules import MessageClass, Purpose
from notifications.texts import say

FOLLOW_UP_PAGE = "pages/followup/followup?id={}"
FOLLOW_UPS_PAGE = "pages/followups/followups"
REVISIT_PAGE = "pages/revisit/revisit?encounter={encounter}&patient={patient}&department={department}"
ROUTE = "follow_up"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One step that is told. encounter_id: the visit after which one may come again, if the plan comes from one."""

    step_id: UUID
    patient_id: UUID
    patient_name: str
    purpose: str
    text: str
    has_form: bool
    is_booking: bool
    route: str = ROUTE
    department_name: str = ""
    practitioner_name: str = ""
    department_id: UUID | None = None
    practitioner_id: UUID | None = None
    encounter_id: UUID | None = None
    revisit_on: date | None = None

    @property
    def booking_page(self) -> str:
        """Name the page on which this visit is booked in one tap, with its department, doctor and day."""
        if self.encounter_id is None or self.department_id is None:
            return BOOKING_PAGE
        page = REVISIT_PAGE.format(encounter=self.encounter_id, patient=self.patient_id, department=self.department_id)
        doctor = f"&doctor={self.practitioner_id}" if self.practitioner_id else ""
        return page + doctor + (f"&day={self.revisit_on.isoformat()}" if self.revisit_on else "")


def follow_up(steps: Sequence[Told], language: str, deadline: datetime) -> Notice:
    """Write one message for steps that are told together; the first one leads."""
    lead = steps[0]
    is_return = lead.is_booking and lead.revisit_on is not None
    words = "revisit" if is_return else "follow_up"
    ways = _ways(steps, language)
    return Notice(
        event="revisit_reminder" if is_return else "follow_up",
        key=f"plan_step:{lead.step_id}",
        kind=MessageClass.FOLLOW_UP,
        subject_kind="plan_step",
        subject_id=lead.step_id,
        patient_id=lead.patient_id,
        title=say(f"{words}.title", language),
        lines=lines_of(
            language,
            ("patient", lead.patient_name),
            ("department", lead.department_name),
            ("doctor", lead.practitioner_name),
            ("revisit_on", fields.day(lead.revisit_on) if is_return and lead.revisit_on else ""),
            ("follow_up", " ".join(step.text for step in steps if step.text)),
            ("tip", say(f"{words}.tip", language) if is_return or lead.has_form else ""),
        ),
        template_key="revisit_reminder" if is_return else "follow_up",
        fields=_fields(lead, language),
        link=ways[0][1] if ways else FOLLOW_UPS_PAGE,
        actions=tuple(ways[1:]),
        deadline=deadline,
        priority=NEAR,
        purpose=Purpose(lead.purpose),
        plan_step_id=lead.step_id,
        route=lead.route,
    )


def _ways(steps: Sequence[Told], language: str) -> list[tuple[str, str]]:
    """Give the pages to go to: forms first, then the bookings."""
    forms = [(say("follow_up.fill", language), FOLLOW_UP_PAGE.format(step.step_id)) for step in steps if step.has_form]
    bookings = [(say("follow_up.book", language), step.booking_page) for step in steps if step.is_booking]
    return [*forms, *dict.fromkeys(bookings)]


def _fields(lead: Told, language: str) -> dict[str, str]:
    both = {"thing1": fields.thing(lead.department_name), "name2": fields.name(lead.patient_name)}
    if lead.is_booking and lead.revisit_on is not None:
        return {**both, "date3": fields.day(lead.revisit_on), "thing4": fields.thing(say("revisit.tip", language))}
    return {**both, "thing3": fields.thing(lead.text), "thing4": fields.thing(say("follow_up.tip", language))}


def alarming(told: Told, advice: Sequence[str], language: str, deadline: datetime) -> Notice:
    """Write what somebody is told whose answers are alarming: what to do, and that a call comes."""
    return Notice(
        event="follow_up_alarm",
        key=f"follow_up_alarm:{told.step_id}",
        kind=MessageClass.FOLLOW_UP,
        subject_kind="plan_step",
        subject_id=told.step_id,
        patient_id=told.patient_id,
        title=say("follow_up.alarm.title", language),
        lines=lines_of(
            language,
            ("patient", told.patient_name),
            ("advice", " ".join(advice)),
            ("tip", say("follow_up.alarm.then", language)),
        ),
        link=FOLLOW_UP_PAGE.format(told.step_id),
        deadline=deadline,
        priority=URGENT,
        purpose=Purpose.SERVICE,
        route="news",  # no call of its own: one is on the list already
    )
