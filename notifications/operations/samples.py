"""Facts as they might happen to somebody: for a trial of what they would be told. Pure."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any, get_args, get_type_hints
from uuid import UUID

from notifications.alerts.summons import Alarming
from notifications.notices import told_facts
from server import clock
from server.facts import (
    AnswerDue,
    ComplaintClosed,
    DrawCalledOff,
    Fact,
    HolidaysUnknown,
    OfferEnded,
    ReportMade,
    StoppedVisitSettled,
    StrikeForgiven,
    StrikeGiven,
    VisitStopped,
    WaitlistClosed,
)
from server.ids import new_id

# what a field says in a trial; one that is not named here says its type's
_WORDS: Mapping[str, Any] = {
    "patient_name": "张小三",
    "department_name": "心血管内科",
    "to_department_name": "心血管内科",
    "practitioner_name": "王敏",
    "to_practitioner_name": "王敏",
    "location": "门诊楼2层A区",
    "to_location": "门诊楼2层A区",
    "department_location": "门诊楼2层A区",
    "room_name": "2诊室",
    "room_location": "2层",
    "label": "A012",
    "reason": "医生临时有事",
    "topic": "等候时间",
    "severity": "B",
    "clock": "acknowledgement",
    "triage": "normal",
    "channel": "",
    "source": "patient",
    "handler_name": "陈静",
    "minutes": 20,
    "ahead": 2,
    "misses": 1,
    "survey_delay_minutes": 0,
    "limit": 3,
    "window_days": 90,
}
_ODD: Mapping[type[Fact], Mapping[str, Any]] = {
    OfferEnded: {"how": "expired", "still_waits": True},
    WaitlistClosed: {"reason": "cut_off"},
    DrawCalledOff: {"why": "stopped"},
    VisitStopped: {"outcome": "released"},
    StoppedVisitSettled: {"answer": "silent"},
    StrikeGiven: {"kind": "no_show"},
    StrikeForgiven: {"excuse": "stopped"},
    ComplaintClosed: {"state": "confirmed_closed"},
    AnswerDue: {"question": "几点上班？"},
    HolidaysUnknown: {"year": 2027},
    ReportMade: {"name": "desk-morning", "title": "导医早报", "summary": "今日预约 120 人", "correction": 0},
}
_AHEAD = ("starts_at", "visited_at", "to_starts_at")
_ENDS = ("ends_at", "to_ends_at")
_SOON = ("deadline", "answer_by", "acknowledge_due_at", "response_due_at", "due_at")


def patient_facts() -> tuple[type[Fact], ...]:
    """List the facts of which an account may hear."""
    return told_facts()


def staff_facts() -> tuple[type[Fact], ...]:
    """List the facts of which staff are told."""
    return get_args(Alarming)


def sample(kind: type[Fact], **given: Any) -> Fact:
    """Make a fact as it might happen. given: fields that are known; those that the kind has not are left out."""
    hints = get_type_hints(kind)
    odd = _ODD.get(kind, {})
    values = {}
    for field in fields(kind):
        name = field.name
        if name in given:
            values[name] = given[name]
        elif name in odd:
            values[name] = odd[name]
        else:
            values[name] = _value(name, (get_args(hints[name]) or (hints[name],))[0])
    return kind(**values)


def _value(name: str, kind: Any) -> Any:
    if name == "number":  # of a place, or of a complaint
        return 7 if kind is int else "TS20261122-0001"
    if name in _WORDS:
        return _WORDS[name]
    now = clock.now()
    match kind:
        case _ if kind is UUID:
            return () if name.endswith("_ids") else new_id()
        case _ if kind is datetime:
            return _moment(name, now)
        case _ if kind is date:
            return clock.today() + timedelta(days=14)
        case _ if kind is bool:
            return False
        case _ if kind is int:
            return 1
        case _:
            return "—"


def _moment(name: str, now: datetime) -> datetime:
    if name in _ENDS:
        return now + timedelta(days=3, minutes=30)
    if name in _AHEAD:
        return now + timedelta(days=3)
    return now + timedelta(days=1) if name in _SOON else now
