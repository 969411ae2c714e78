"""What is shown of the waitlist."""

from datetime import date, datetime
from typing import Any, Literal

from miniapp_api.waitlist.forms import VisitType
from miniapp_api.waitlist.looking import EntrySeen
from miniapp_api.waitlist.rules import EndReason, Half, Hope, WaitlistState
from server.privacy import mask_name
from server.web import View, moment


class WaitingPerson(View):
    """Who waits."""

    id: str
    name: str


class WaitedSession(View):
    """A session in whose line an entry stands. ahead: how many entries come before it."""

    session_id: str
    department_id: str
    department_name: str
    practitioner_id: str
    practitioner_name: str
    practitioner_title: str
    visit_type: str
    day: date
    starts_at: str
    ends_at: str
    state: Literal["waiting", "offered", "paused", "done"]
    ahead: int
    closes_at: str


class WaitedCriteria(View):
    """What fits."""

    department_id: str
    department_name: str
    practitioner_ids: list[str]
    first_day: date
    last_day: date
    halves: list[Half]
    visit_types: list[VisitType]


class WaitlistChance(View):
    """How likely a place is. percent: in tens, null while the past says too little."""

    hope: Hope
    percent: int | None


class WaitlistPlace(View):
    """One place of an offer."""

    appointment_id: str
    patient: WaitingPerson
    number: int
    starts_at: str
    ends_at: str


class WaitlistOfferView(View):
    """What is kept for an entry until a deadline. seconds_left: by the server's clock."""

    id: str
    department_name: str
    practitioner_name: str
    practitioner_title: str
    location: str
    places: list[WaitlistPlace]
    deadline: str
    seconds_left: int


class WaitlistEntryView(View):
    """An entry of the waitlist. ahead: entries before it in its best line; null when it stands in none."""

    id: str
    state: WaitlistState
    patients: list[WaitingPerson]
    sessions: list[WaitedSession]
    criteria: WaitedCriteria | None
    ahead: int | None
    chance: WaitlistChance
    joined_at: str
    closes_at: str
    offer: WaitlistOfferView | None
    appointment_ids: list[str]
    end_reason: EndReason | None
    version: int


class WaitlistPage(View):
    """A page of entries."""

    items: list[WaitlistEntryView]
    next: str | None


class WaitlistLineEntry(View):
    """An entry as staff see it; names are masked in the list. can_be_told: it has an account that gets messages."""

    id: str
    state: WaitlistState
    patients: list[WaitingPerson]
    phone_tail: str
    can_be_told: bool
    channel: str
    priority: int
    priority_why: str
    sessions: list[WaitedSession]
    criteria: WaitedCriteria | None
    joined_at: str
    closes_at: str
    offer: WaitlistOfferView | None
    version: int


class WaitlistLineView(View):
    """Who waits, in order."""

    items: list[WaitlistLineEntry]


class WaitlistSession(View):
    """A session that somebody waits for. kept: places set aside that are about to be offered."""

    session_id: str
    department_id: str
    department_name: str
    practitioner_name: str
    practitioner_title: str
    visit_type: str
    day: date
    starts_at: str
    ends_at: str
    waiting: int
    offered: int
    kept: int


class WaitlistSessions(View):
    """The sessions that somebody waits for, by their begin."""

    items: list[WaitlistSession]


def show_entry(seen: EntrySeen, now: datetime) -> dict[str, Any]:
    """Show an entry to its owner."""
    row = seen.row
    waiting = [target["ahead"] for target in seen.targets if target["state"] == "waiting"]
    return {
        "id": str(seen.id),
        "state": row["state"],
        "patients": [{"id": str(one["id"]), "name": one["name"]} for one in seen.people],
        "sessions": [_session(target) for target in seen.targets],
        "criteria": _criteria(row),
        "ahead": min(waiting) if waiting else None,
        "chance": {"hope": str(seen.chance.hope), "percent": seen.chance.percent},
        "joined_at": moment(row["joined_at"]),
        "closes_at": moment(_closing(seen)),
        "offer": _offer(seen, now),
        "appointment_ids": [str(one) for one in seen.appointment_ids],
        "end_reason": row["end_reason"] if row["state"] == WaitlistState.CLOSED else None,
        "version": row["version"],
    }


def show_in_line(seen: EntrySeen, now: datetime) -> dict[str, Any]:
    """Show an entry to staff: names masked, the phone by its tail."""
    row = seen.row
    offer = _offer(seen, now)
    for place in offer["places"] if offer else []:
        place["patient"]["name"] = mask_name(place["patient"]["name"])
    return {
        "id": str(seen.id),
        "state": row["state"],
        "patients": [{"id": str(one["id"]), "name": mask_name(one["name"])} for one in seen.people],
        "phone_tail": seen.people[0]["phone_tail"] if seen.people else "",
        "can_be_told": row["account_id"] is not None,
        "channel": row["channel"],
        "priority": row["priority"],
        "priority_why": row["priority_why"],
        "sessions": [_session(target) for target in seen.targets if target["state"] != "done"],
        "criteria": _criteria(row),
        "joined_at": moment(row["joined_at"]),
        "closes_at": moment(_closing(seen)),
        "offer": offer,
        "version": row["version"],
    }


def show_line(row: dict[str, Any]) -> dict[str, Any]:
    """Show a session that somebody waits for."""
    return {
        "session_id": str(row["id"]),
        "department_id": str(row["department_id"]),
        "department_name": row["department_name"],
        "practitioner_name": row["practitioner_name"],
        "practitioner_title": row["practitioner_title"],
        "visit_type": row["visit_type"],
        "day": row["day"].isoformat(),
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "waiting": row["waiting"],
        "offered": row["offered"],
        "kept": row["kept"],
    }


def _closing(seen: EntrySeen) -> datetime:
    """Give when the last line closes in which it stands; of criteria, when nothing can fit any more."""
    standing = [target["closes_at"] for target in seen.targets if target["state"] != "done"]
    if seen.row["first_day"] is not None:
        standing.append(seen.row["closes_at"])
    return max(standing, default=seen.row["closes_at"])


def _session(target: dict[str, Any]) -> dict[str, Any]:
    return {
        "session_id": str(target["session_id"]),
        "department_id": str(target["department_id"]),
        "department_name": target["department_name"],
        "practitioner_id": str(target["practitioner_id"]),
        "practitioner_name": target["practitioner_name"],
        "practitioner_title": target["practitioner_title"],
        "visit_type": target["visit_type"],
        "day": target["day"].isoformat(),
        "starts_at": moment(target["starts_at"]),
        "ends_at": moment(target["ends_at"]),
        "state": target["state"],
        "ahead": target["ahead"],
        "closes_at": moment(target["closes_at"]),
    }


def _criteria(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["first_day"] is None:
        return None
    return {
        "department_id": str(row["department_id"]),
        "department_name": row["department_name"],
        "practitioner_ids": [str(one) for one in row["practitioner_ids"]],
        "first_day": row["first_day"].isoformat(),
        "last_day": row["last_day"].isoformat(),
        "halves": list(row["halves"]),
        "visit_types": list(row["visit_types"]),
    }


def _offer(seen: EntrySeen, now: datetime) -> dict[str, Any] | None:
    if not seen.offer:
        return None
    first = seen.offer[0]
    return {
        "id": str(first["id"]),
        "department_name": first["department_name"],
        "practitioner_name": first["practitioner_name"],
        "practitioner_title": first["practitioner_title"],
        "location": first["location"],
        "places": [
            {
                "appointment_id": str(place["appointment_id"]),
                "patient": {"id": str(place["patient_id"]), "name": place["patient_name"]},
                "number": place["number"],
                "starts_at": moment(place["starts_at"]),
                "ends_at": moment(place["ends_at"]),
            }
            for place in seen.offer
        ],
        "deadline": moment(first["deadline"]),
        "seconds_left": max(int((first["deadline"] - now).total_seconds()), 0),
    }
