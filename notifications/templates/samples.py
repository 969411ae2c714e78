"""A message of every kind, as it might be told tomorrow: what a template may name, and what its preview shows. Pure."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from notifications.notices import notice_of, told_facts
from notifications.notices.notice import Notice
from notifications.notices.reminding import Visit, visit_reminder
from notifications.templates.words import TITLE, as_template, params_of
from server import facts
from server.errors import LANGUAGES

WHEN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine in the morning
LATER = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
DAY = date(2026, 12, 21)
SOMEBODY = UUID(int=1)
VALUES: Mapping[str, Any] = {
    "patient_name": "张小三",
    "department_name": "心血管内科",
    "to_department_name": "心血管内科",
    "practitioner_name": "王敏",
    "to_practitioner_name": "李建国",
    "location": "门诊楼2层A区",
    "to_location": "门诊楼3层",
    "room_name": "2诊室",
    "room_location": "门诊楼2层",
    "department_location": "门诊楼2层A区",
    "campus_name": "东院区",
    "campus_address": "健康路8号",
    "label": "A012",
    "number": 7,
    "to_number": 9,
    "ends_at": LATER,
    "to_ends_at": LATER,
    "revisit_on": DAY,
    "reason": "",
    "how": "expired",
    "channel": "miniapp",
    "price_fen": 5000,
    "minutes": 20,
    "ahead": 2,
    "times": 1,
    "misses": 1,
    "call_count": 1,
    "is_expected": True,
}
SENTENCES = (TITLE, "tip", "status", "advice")  # which we write, and do not only hand on

# What differs from case to case: each set makes one more sample of the event.
CASES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "AppointmentCancelled": ({"by_clinic": False}, {"by_clinic": True, "reason": "医生临时有事"}),
    "TicketCalled": ({}, {"call_count": 2}),
    "TicketPassedOver": ({}, {"is_over": True}),
    "TurnIsNear": ({}, {"ahead": 0}),
    "DoctorLate": ({"ticket_id": None}, {"starts_at": None}),
    "DoctorStarted": ({"ticket_id": None}, {"starts_at": None}),
    "VisitFinished": ({}, {"has_advice": True, "revisit_on": None}),
    "OfferEnded": ({}, {"still_waits": True}),
    "WaitlistClosed": ({"reason": "cut_off"}, {"reason": "stopped"}),
    "VisitStopped": (
        {"outcome": "moved"},
        {"outcome": "offered"},
        {"outcome": "released"},
        {"outcome": "released", "is_hold": True, "to_starts_at": None},
    ),
    "StoppedVisitSettled": ({"answer": "silent"}, {"answer": "call", "to_starts_at": None}),
    "StrikeGiven": ({"kind": "no_show"}, {"kind": "late_cancel", "suspended_until": None}),
    "StrikeForgiven": ({"excuse": "present"}, {"excuse": "staff", "reason": "当天有事", "was_appealed": True}),
    "AppealRefused": ({"reason": "查无当天记录"},),
    "DrawLost": ({}, {"reason": "time_conflict"}),
    "DrawCalledOff": ({"why": "stopped"}, {"why": "gone"}),
    "ComplaintFiled": ({"number": "TS20261122-0001"}, {"number": "TS20261122-0001", "wants_contact": True}),
    "ComplaintReplied": ({"number": "TS20261122-0001"}, {"number": "TS20261122-0001", "is_answer": True}),
    "ComplaintClosed": ({"number": "TS20261122-0001", "state": "confirmed_closed"},),
}


@dataclass(frozen=True)
class Event:
    """One kind of message. samples: a notice for each case and language. names: all placeholders; always: in each case.

    differs: placeholders whose own words differ between the cases, so that a text of ours cannot stand for all of them.
    """

    event: str
    template_key: str
    samples: Mapping[str, tuple[Notice, ...]]
    names: tuple[str, ...]
    always: frozenset[str]
    differs: frozenset[str]


@lru_cache(maxsize=1)
def events() -> Mapping[str, Event]:
    """Give every kind of message that has words which a template may replace."""
    found: dict[str, dict[str, list[Notice]]] = {}
    for language in LANGUAGES:
        for notice in _notices(language):
            found.setdefault(notice.event, {}).setdefault(language, []).append(notice)
    return {event: _event(event, {key: tuple(value) for key, value in by.items()}) for event, by in found.items()}


def _event(event: str, samples: Mapping[str, tuple[Notice, ...]]) -> Event:
    cases = [params_of(notice, LANGUAGES[0]) for notice in samples[LANGUAGES[0]]]
    names = dict.fromkeys(name for case in cases for name in case)
    always = frozenset.intersection(*(frozenset(case) for case in cases))
    differs = {name for name in SENTENCES if len({_sentence(case, name) for case in cases}) > 1}
    template_key = next((one.template_key for one in samples[LANGUAGES[0]] if one.template_key), "")
    return Event(event, template_key, samples, tuple(names), always, frozenset(differs & names.keys()))


def _sentence(case: Mapping[str, str], name: str) -> str:
    values = {key: value for key, value in case.items() if key not in SENTENCES}
    return as_template(case.get(name, ""), values)


def _notices(language: str) -> Iterator[Notice]:
    for fact in told_facts():
        for case in CASES.get(fact.__name__, ({},)):
            if notice := notice_of(sample(fact, case), language):
                yield notice
    for kind in ("visit_day_before", "visit_two_hours"):
        yield visit_reminder(kind, sample(Visit, {}), version=1, language=language, deadline=LATER)


def sample(shape: type, case: Mapping[str, Any]) -> Any:
    """Make one of a dataclass: by the name of each of its values, else by its type."""
    hints = typing.get_type_hints(shape, vars(facts))
    values = {one.name: _value(one.name, hints[one.name]) for one in dataclasses.fields(shape) if one.init}
    return shape(**{**values, **{name: value for name, value in case.items() if name in values}})


_BY_TYPE: Mapping[Any, Callable[[], Any]] = {
    UUID: lambda: SOMEBODY,
    datetime: lambda: WHEN,
    date: lambda: DAY,
    bool: lambda: False,
    int: lambda: 3,
    str: lambda: "",
    float: lambda: 1.0,
}


def _value(name: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    known = VALUES.get(name)
    if known is not None and isinstance(known, hint if isinstance(hint, type) else object):
        return known
    return _BY_TYPE[hint]() if hint in _BY_TYPE else ()
