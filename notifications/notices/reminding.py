"""What is told when a moment comes: the evening before a visit, two hours before it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications import fields
from notifications.notices.notice import APPOINTMENT_PAGE, Notice, lines_of, span
from notifications.rules import MessageClass
from notifications.texts import say

COMING_PAGE = APPOINTMENT_PAGE + "&ask=coming"  # shows two answers: «I come», «I cannot come»
CANCEL_PAGE = APPOINTMENT_PAGE + "&ask=cancel"  # opens with the question whether to cancel


@dataclass(frozen=True, kw_only=True)
class Visit:
    """An appointment as it stands now. is_expected: booked, and its clinic takes place. is_over: it has ended."""

    id: UUID
    version: int
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    number: int
    starts_at: datetime
    ends_at: datetime
    is_expected: bool
    is_over: bool
    department_name: str
    practitioner_name: str
    location: str
    campus_name: str
    campus_address: str
    campus_directions: str
    hospital_address: str | None
    hospital_bus_routes: str | None
    booked_at: datetime

    @property
    def address(self) -> str:
        """Say to which campus and street."""
        address = self.campus_address or self.hospital_address or ""
        return " ".join(part for part in (self.campus_name, address) if part)

    @property
    def way(self) -> str:
        """Say how to get there."""
        return self.campus_directions or self.hospital_bus_routes or ""


def visit_reminder(kind: str, visit: Visit, *, version: int, language: str, deadline: datetime) -> Notice:
    """Write the reminder of a visit. kind: `visit_day_before` or `visit_two_hours`. version: that it is for."""
    words = kind.removeprefix("visit_")
    place = visit.location or visit.department_name
    return Notice(
        event=kind,
        key=f"{kind}:{visit.id}:{version}",
        kind=MessageClass.VISIT,
        subject_kind="appointment",
        subject_id=visit.id,
        patient_id=visit.patient_id,
        title=say(f"{words}.title", language),
        lines=lines_of(
            language,
            ("patient", visit.patient_name),
            ("department", visit.department_name),
            ("doctor", visit.practitioner_name),
            ("time", span(visit.starts_at, visit.ends_at)),
            ("number", str(visit.number)),
            ("place", place),
            ("address", visit.address),
            ("way", visit.way),
            ("bring", say("visit.bring", language)),
            ("tip", say(f"{words}.advice", language)),
        ),
        template_key="appointment_reminder",
        fields={
            "thing1": fields.thing(visit.department_name),
            "name2": fields.name(visit.patient_name),
            "time3": fields.moment(visit.starts_at),
            "thing4": fields.thing(place),
            "thing5": fields.thing(say(f"{words}.tip", language)),
        },
        link=COMING_PAGE.format(visit.id),
        actions=((say("visit.cancel", language), CANCEL_PAGE.format(visit.id)),),
        deadline=deadline,
        visit_at=visit.starts_at,
    )
