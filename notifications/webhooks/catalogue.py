"""The facts that may leave the house, each with what is said of it. Pure.

An explicit list: a new fact leaves nobody's hands by being new. No personal data beyond our own ids: no name, no phone,
no text that somebody wrote, nothing medical; who needs more asks the API for the id, with rights of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args, get_type_hints
from uuid import UUID

import orjson

from server.clock import local
from server.facts import (
    AppointmentBooked,
    AppointmentCancelled,
    ArrivalAnnulled,
    ComplaintClosed,
    ComplaintFiled,
    Fact,
    PatientArrived,
    PlaceOffered,
    SurveyAnswered,
    TicketCalled,
    TicketPassedOver,
    VisitFinished,
    VisitPlaceChanged,
    VisitReopened,
    VisitStopped,
    WaitlistJoined,
)

TEST = "webhook.test"  # sent by hand, to every endpoint that is asked to take it


@dataclass(frozen=True)
class Leaving:
    """One kind of news. subject: the field whose news follow one another. once: fields that tell two such facts apart.

    says: the fields that leave; ids, moments, numbers and codes of ours. zh, en: what it means.
    """

    type: str
    subject: str
    once: tuple[str, ...]
    says: tuple[str, ...]
    zh: str
    en: str


_PATIENT = ("patient_id",)

LEAVING: Mapping[type[Fact], Leaving] = {
    AppointmentBooked: Leaving(
        "appointment.booked",
        "appointment_id",
        ("version",),
        ("appointment_id", *_PATIENT, "department_id", "number", "starts_at", "ends_at", "channel"),
        "预约成功",
        "An appointment was booked",
    ),
    AppointmentCancelled: Leaving(
        "appointment.cancelled",
        "appointment_id",
        (),
        ("appointment_id", *_PATIENT, "starts_at", "by_clinic", "is_rescheduled", "channel"),
        "预约取消",
        "An appointment was cancelled",
    ),
    VisitPlaceChanged: Leaving(
        "appointment.place_changed",
        "appointment_id",
        ("version",),
        ("appointment_id", *_PATIENT, "starts_at", "ends_at"),
        "就诊地点变更",
        "The room of an appointment changed",
    ),
    VisitStopped: Leaving(
        "appointment.stopped",
        "appointment_id",
        ("visit_id",),
        ("visit_id", "appointment_id", *_PATIENT, "starts_at", "outcome", "answer_by"),
        "停诊影响的预约",
        "The session of an appointment was stopped",
    ),
    WaitlistJoined: Leaving(
        "waitlist.joined", "entry_id", (), ("entry_id", *_PATIENT, "at"), "候补登记", "Somebody joined the waitlist"
    ),
    PlaceOffered: Leaving(
        "waitlist.offered",
        "entry_id",
        ("offer_id",),
        ("offer_id", "entry_id", *_PATIENT, "starts_at", "ends_at", "deadline"),
        "候补到号",
        "A place is kept for somebody on the waitlist",
    ),
    PatientArrived: Leaving(
        "visit.arrived",
        "ticket_id",
        (),
        ("ticket_id", "appointment_id", *_PATIENT, "department_id"),
        "报到",
        "A patient checked in",
    ),
    ArrivalAnnulled: Leaving(
        "visit.arrival_annulled",
        "ticket_id",
        (),
        ("ticket_id", "appointment_id"),
        "报到撤销",
        "A check-in was taken back",
    ),
    TicketCalled: Leaving(
        "visit.called",
        "ticket_id",
        ("call_count", "called_at"),
        ("ticket_id", "appointment_id", *_PATIENT, "department_id", "call_count", "called_at"),
        "叫号",
        "A room asked a patient in",
    ),
    TicketPassedOver: Leaving(
        "visit.passed_over",
        "ticket_id",
        ("misses",),
        ("ticket_id", *_PATIENT, "misses", "is_over"),
        "过号",
        "A called patient did not come",
    ),
    VisitFinished: Leaving(
        "visit.finished",
        "encounter_id",
        ("times",),
        (
            "encounter_id",
            "ticket_id",
            "appointment_id",
            *_PATIENT,
            "department_id",
            "practitioner_id",
            "started_at",
            "finished_at",
        ),
        "就诊完成",
        "A visit took place",
    ),
    VisitReopened: Leaving(
        "visit.reopened",
        "encounter_id",
        ("times",),
        ("encounter_id", "ticket_id", "appointment_id", *_PATIENT, "at"),
        "就诊继续",
        "The end of a visit was taken back",
    ),
    SurveyAnswered: Leaving(
        "survey.answered",
        "invitation_id",
        ("response_id",),
        ("response_id", "invitation_id"),
        "收到评价",
        "A patient rated a visit",
    ),
    ComplaintFiled: Leaving(
        "complaint.filed",
        "complaint_id",
        ("cycle",),
        ("complaint_id", "source", "severity", "received_at", "acknowledge_due_at", "response_due_at"),
        "新投诉",
        "A complaint was opened",
    ),
    ComplaintClosed: Leaving(
        "complaint.closed",
        "complaint_id",
        ("at",),
        ("complaint_id", "state", "at"),
        "投诉办结",
        "A complaint reached an end",
    ),
}

TYPES = tuple(leaving.type for leaving in LEAVING.values())
FACTS_OF: Mapping[str, str] = {leaving.type: fact.__name__ for fact, leaving in LEAVING.items()}


@dataclass(frozen=True)
class News:
    """One happening, ready to be sent: the same happening gives the same id."""

    id: str
    type: str
    subject_id: UUID
    body: str


def news_of(fact: Fact, happened_at: datetime) -> News:
    """Give what other systems hear of a fact. happened_at: for a fact that tells no moment itself.

    Raises: KeyError for a fact that does not leave.
    """
    leaving = LEAVING[type(fact)]
    subject = getattr(fact, leaving.subject)
    key = [leaving.type, str(subject), *(str(getattr(fact, name)) for name in leaving.once)]
    data = {name: _plain(getattr(fact, name)) for name in leaving.says}
    return news(leaving.type, subject, ":".join(key), at=happened_at, data=data)


def news(type_: str, subject_id: UUID, key: str, *, at: datetime, data: Mapping[str, Any]) -> News:
    """Make news. key: tells it apart from all other news; the id is made from it."""
    body = orjson.dumps({"type": type_, "timestamp": local(at).isoformat(timespec="seconds"), "data": data}).decode()
    return News(f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}", type_, subject_id, body)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return local(value).isoformat(timespec="seconds")
        case UUID():
            return str(value)
        case _:
            return value


_SAMPLES: Mapping[type, Any] = {
    datetime: "2026-11-22T09:00:00+08:00",
    UUID: "0198f1c2-7d3e-7a10-9c11-2f6f0b8f4a01",
    int: 1,
    bool: False,
    str: "…",
}


def example_of(kind: type[Fact]) -> dict[str, Any]:
    """Give what is sent of a kind of fact, as an example for who builds the other side."""
    leaving, hints = LEAVING[kind], get_type_hints(kind)
    shown = {name: _SAMPLES[(get_args(hints[name]) or (hints[name],))[0]] for name in leaving.says}
    return {"type": leaving.type, "timestamp": _SAMPLES[datetime], "data": shown}
