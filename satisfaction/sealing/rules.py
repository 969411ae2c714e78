"""Sealed identities: who opens one together with whom, for how long, and what is covered until then. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from satisfaction.errors import OpenedByTwo, UnsealingOver
from server.states import Machine

SEALED = "已密封"  # stands where the name would
OPEN_FOR = timedelta(minutes=30)  # for who asked, from the approval on
DECIDE_WITHIN = timedelta(hours=24)
_STEP = 5  # minutes: how exactly a covered brief says how long somebody waited


class UnsealingState(StrEnum):
    """Where a request to open an identity stands."""

    ASKED = "asked"  # somebody said why; another one decides
    APPROVED = "approved"  # open for half an hour, for who asked
    REFUSED = "refused"
    EXPIRED = "expired"  # nobody decided in time


S = UnsealingState
UNSEALING = Machine(
    "unsealing",
    starts=frozenset({S.ASKED}),
    moves={S.ASKED: frozenset({S.APPROVED, S.REFUSED, S.EXPIRED})},
)


def check_decider(asked_by: UUID, decider: UUID) -> None:
    """Refuse who would approve their own request.

    Raises: OpenedByTwo.
    """
    if asked_by == decider:
        raise OpenedByTwo()


def check_in_time(expires_at: datetime, now: datetime) -> None:
    """Refuse a decision that comes too late.

    Raises: UnsealingOver.
    """
    if now >= expires_at:
        raise UnsealingOver()


# Numbers and addresses by which one person is found: of identity cards, telephones, mail.
_NUMBERS = (
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII),
    re.compile(r"(?<!\d)\d{6}[\s-]?(?:19|20)\d{2}[\s-]?\d{4}[\s-]?\d{3}[\dXx](?![\dXx])"),
    re.compile(r"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d){8}(?!\d)"),
    re.compile(r"(?<!\d)0\d{2,3}[\s-]?\d{7,8}(?!\d)"),
)


def covered(text: str, words: Iterable[str]) -> str:
    """Cover in a text that is shown to staff what says whom it is from.

    words: names and numbers of the account's people. Whom a complaint is about stays legible: it has to be judged.
    """
    for pattern in _NUMBERS:
        text = pattern.sub(SEALED, text)
    for word in sorted({word.strip() for word in words}, key=len, reverse=True):
        if len(word) > 1:
            text = re.sub(r"[\s·]*".join(map(re.escape, word)), SEALED, text, flags=re.IGNORECASE)
    return text


def covered_brief(brief: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of a visit's brief what tells no visit from another one of the day: how long, how often, how many.

    Ids, numbers and moments lead to the patient in a click; a scan's answer and a message may name them.
    """
    return {
        **{"visit_id": "", "appointment_id": None, "booked_for": None, "moment": None},
        "department": brief["department"],
        "day": brief["day"],
        "scans": [{"at": "", "desk": "", "outcome": "", "reason": None, "message": ""} for _ in brief["scans"]],
        "tickets": [_covered_ticket(one) for one in brief["tickets"]],
        "messages": [{"event": "", "title": "", "at": ""} for _ in brief["messages"]],
    }


def _covered_ticket(ticket: Mapping[str, Any]) -> dict[str, Any]:
    waited, promised = ticket["waited_minutes"], ticket["promised"]
    passer = {"number": "", "at": "", "room": "", "rule": "", "rule_version": 0, "text": ""}
    return {
        **{"ticket_id": "", "number": "", "arrived_at": "", "called_at": None, "events": []},
        "waited_minutes": None if waited is None else float(_STEP * round(waited / _STEP)),
        "promised": promised and {name: promised.get(name) for name in ("about_minutes", "within_minutes")},
        "passed_by": [dict(passer) for _ in ticket["passed_by"]],
    }
