"""The vocabulary: every fact that can happen. Past tense, frozen, self-sufficient, only ever extended.

A fact carries the ids and what a reader needs to show, but no medical text and no phone number: those stay encrypted
with their owner.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Fact:
    """Something that has happened."""


@dataclass(frozen=True)
class AppointmentBooked(Fact):
    """A place was sold to a patient."""

    appointment_id: UUID
    version: int
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    practitioner_name: str
    location: str
    number: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class AppointmentCancelled(Fact):
    """A booking was given back, by the patient or by the clinic."""

    appointment_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    by_clinic: bool
    reason: str = ""
    is_rescheduled: bool = False


@dataclass(frozen=True)
class PatientArrived(Fact):
    """A patient checked in or was registered at the desk, and has a ticket."""

    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    location: str
    label: str
    triage: str = "normal"


@dataclass(frozen=True)
class ArrivalAnnulled(Fact):
    """A check-in was taken back."""

    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None


@dataclass(frozen=True)
class TicketCalled(Fact):
    """A room asked a patient in; `call_count` above one is a recall."""

    ticket_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    label: str
    room_name: str
    room_location: str
    call_count: int
    called_at: datetime
    appointment_id: UUID | None = None


@dataclass(frozen=True)
class TicketPassedOver(Fact):
    """A called patient did not come."""

    ticket_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    label: str


@dataclass(frozen=True)
class VisitFinished(Fact):
    """The visit took place; advice stays in the encounter."""

    encounter_id: UUID
    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    practitioner_id: UUID | None
    practitioner_name: str
    has_advice: bool
    revisit_on: date | None
    started_at: datetime
    finished_at: datetime
    survey_delay_minutes: int


@dataclass(frozen=True)
class SurveyInvited(Fact):
    """A patient may rate a visit now."""

    invitation_id: UUID
    account_id: UUID
    patient_id: UUID
    patient_name: str
    department_name: str
    visited_at: datetime
    deadline: datetime


@dataclass(frozen=True)
class SurveyAnswered(Fact):
    """A patient rated a visit."""

    response_id: UUID
    invitation_id: UUID
    account_id: UUID
    is_low: bool


@dataclass(frozen=True)
class ComplaintFiled(Fact):
    """A complaint was opened, by a person or by a low rating."""

    complaint_id: UUID
    number: str
    source: str
    severity: str
    topic: str
    account_id: UUID | None
    patient_name: str
    department_name: str
    handler_id: UUID | None
    handler_name: str
    cycle: int
    wants_contact: bool
    received_at: datetime
    acknowledge_due_at: datetime
    response_due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintAssigned(Fact):
    """A complaint was handed to another handler."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    handler_id: UUID
    handler_name: str
    cycle: int
    acknowledge_due_at: datetime
    response_due_at: datetime


@dataclass(frozen=True)
class ComplaintAcknowledged(Fact):
    """A member of staff took responsibility; its alerts are done."""

    complaint_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class ComplaintEscalated(Fact):
    """A clock ran out: the next step of the ladder must act."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    level: int
    clock: str
    cycle: int
    staff_ids: tuple[UUID, ...]
    due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintReplied(Fact):
    """The hospital wrote to the patient: a first response, a question or the answer."""

    complaint_id: UUID
    entry_id: UUID
    number: str
    account_id: UUID | None
    is_answer: bool
    at: datetime


@dataclass(frozen=True)
class ComplaintMessaged(Fact):
    """The patient wrote to the hospital about an open complaint."""

    complaint_id: UUID
    number: str
    handler_id: UUID | None
    topic: str
    at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintClosed(Fact):
    """A complaint reached an end."""

    complaint_id: UUID
    number: str
    account_id: UUID | None
    state: str
    at: datetime


@dataclass(frozen=True)
class ComplaintReopened(Fact):
    """The patient was not satisfied: another round begins, one level higher."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    account_id: UUID | None
    department_name: str
    handler_id: UUID | None
    handler_name: str
    cycle: int
    acknowledge_due_at: datetime
    response_due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class AlertAcknowledged(Fact):
    """A member of staff acknowledged an alert on the live screen."""

    alert_id: UUID
    subject_kind: str
    subject_id: UUID
    staff_id: UUID
    staff_name: str


@dataclass(frozen=True)
class PlatformEventReceived(Fact):
    """The platform pushed an event; its text is in `platform_event`."""

    platform_event_id: UUID


def vocabulary() -> dict[str, type[Fact]]:
    """Give every kind of fact by its name."""
    return {kind.__name__: kind for kind in Fact.__subclasses__()}


@cache
def _adapter(name: str) -> TypeAdapter:
    return TypeAdapter(vocabulary()[name])


def as_payload(fact: Fact) -> dict[str, Any]:
    """Give the fields of a fact, ready for JSON."""
    return _adapter(type(fact).__name__).dump_python(fact, mode="json")


def from_payload(name: str, payload: dict[str, Any]) -> Fact:
    """Read a fact back; fields that this version does not know are left out.

    Raises: KeyError for an unknown name, pydantic.ValidationError for a payload that lacks a field.
    """
    kind = vocabulary()[name]
    known = {field.name for field in fields(kind)}
    return _adapter(name).validate_python({key: value for key, value in payload.items() if key in known})
