"""What an act on sessions would do, before it is done: who is booked there, and what is proposed for each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking import settings
from miniapp_api.errors import SessionStopped, SlotOver
from miniapp_api.stops import models, visits
from miniapp_api.stops.errors import PlaceTaken, TooManySessions
from miniapp_api.stops.rules import MOST_SESSIONS, Booking, Kind, Place, Policy, Proposal, propose_all
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import NotFound, wrong_field

PLANNERS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD)  # an administrator may all


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a session takes place instead; what is None stays."""

    starts_at: datetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody wants to do. parts: sessions, each with the bands that stop, None for all of it."""

    kind: Kind
    parts: dict[UUID, tuple[UUID, ...] | None]
    policy: Policy
    reason: str
    target: Target = Target()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What it would do. sessions, bands: as they stand; proposals: for everybody who is booked, by their hour."""

    digest: str
    sessions: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    rows: dict[UUID, dict[str, Any]]
    proposals: list[tuple[Booking, Proposal]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The sessions of an act as they stand. affected: the bands that stop, by session."""

    sessions: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    affected: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def slot_ids(self) -> list[UUID]:
        """Give the bands that stop."""
        return [band["id"] for bands in self.affected.values() for band in bands]


def planned_by(staff: SignedInStaff) -> list[UUID] | None:
    """Give the departments whose sessions somebody may stop; None is all of them."""
    found = staff.departments_of(*PLANNERS)
    return None if found is None else sorted(found)


# ---- looking -------------------------------------------------------------------------------------------------------


async def preview(staff: SignedInStaff, asked: Asked) -> Plan:
    """Say who is booked and what is proposed for each, and change nothing.

    Raises: NotFound, Malformed, SessionStopped, SlotOver, PlaceTaken, TooManySessions.
    """
    seen = await look(staff, asked)
    if asked.kind is not Kind.STOP:
        await check_target(seen.sessions[0], asked)
    rows = await db.fetch(visits.BOOKINGS, seen.slot_ids)
    return Plan(
        digest=digest_of(asked, seen, rows),
        sessions=seen.sessions,
        bands=seen.bands,
        rows={row["appointment_id"]: row for row in rows},
        proposals=await _proposals(asked, seen, rows),
    )


async def look(staff: SignedInStaff, asked: Asked) -> Seen:
    """Give the sessions of an act as they stand.

    Raises: NotFound, Malformed, SessionStopped, SlotOver, TooManySessions.
    """
    if len(asked.parts) > MOST_SESSIONS:
        raise TooManySessions(limit=MOST_SESSIONS)
    mine = planned_by(staff)
    rows = await db.fetch(models.SESSIONS, list(asked.parts))
    if len(rows) != len(asked.parts) or any(mine is not None and row["department_id"] not in mine for row in rows):
        raise NotFound()
    if any(row["status"] == "stopped" for row in rows):
        raise SessionStopped()
    if any(row["ends_at"] <= clock.now() for row in rows):
        raise SlotOver()
    if asked.kind is not Kind.STOP and (len(rows) != 1 or asked.parts[rows[0]["id"]] is not None):
        raise wrong_field("/sessions", "one_whole_session", "one whole session at a time moves")
    seen = Seen(sessions=rows, bands=await db.fetch(models.BANDS, [row["id"] for row in rows]))
    for row in rows:
        chosen = asked.parts[row["id"]]
        own = [band for band in seen.bands if band["session_id"] == row["id"]]
        seen.affected[row["id"]] = [band for band in own if chosen is None or band["id"] in chosen]
        if chosen is not None and len(seen.affected[row["id"]]) != len(set(chosen)):
            raise NotFound()
        if chosen is not None and any(band["is_stopped"] for band in seen.affected[row["id"]]):
            raise SessionStopped()
    return seen


def digest_of(asked: Asked, seen: Seen, rows: Sequence[dict[str, Any]]) -> str:
    """Name who is affected by what. Which places are free elsewhere is not in it: that changes all the time."""
    lines = [
        [asked.kind, asked.policy, asked.target.starts_at, asked.target.practitioner_id, asked.target.room_id],
        *sorted([str(session_id), *sorted(map(str, chosen or ()))] for session_id, chosen in asked.parts.items()),
        sorted(str(slot_id) for slot_id in seen.slot_ids),
        sorted(str(row["appointment_id"]) for row in rows),
    ]
    return hashlib.sha256(orjson.dumps(lines, default=str)).hexdigest()[:32]


async def _proposals(asked: Asked, seen: Seen, rows: Sequence[dict[str, Any]]) -> list[tuple[Booking, Proposal]]:
    elsewhere: dict[UUID, list[dict[str, Any]]] = {}
    people, ending = [row["person_id"] for row in rows], [row["appointment_id"] for row in rows]
    for row in await db.fetch(visits.ALL_ELSEWHERE, people, ending):
        elsewhere.setdefault(row["person_id"], []).append(row)
    bookings = [
        visits.as_booking(row, elsewhere.get(row["person_id"], []), None if asked.kind is Kind.STOP else row["slot_id"])
        for row in rows
    ]
    last = clock.today() + timedelta(days=(await settings.current()).stop_search_days)
    gone = set(seen.slot_ids)
    places = [one for one in await visits.places(bookings, last) if one.slot_id not in gone]
    if asked.kind is not Kind.STOP:
        session = seen.sessions[0]
        places += [_moved_place(session, band, asked.target) for band in seen.affected[session["id"]]]
    return propose_all(bookings, places, asked.policy, clock.now())


def _moved_place(session: dict[str, Any], band: dict[str, Any], target: Target) -> Place:
    """Give a band of a session as it will be after the move; it keeps the id, which the preview only compares."""
    shift = (target.starts_at or session["starts_at"]) - session["starts_at"]
    return Place(
        slot_id=band["id"],
        session_id=session["id"],
        practitioner_id=target.practitioner_id or session["practitioner_id"],
        department_id=session["department_id"],
        visit_type=session["visit_type"],
        title=session["practitioner_title"],
        pool=band["pool"],
        starts_at=band["starts_at"] + shift,
        ends_at=band["ends_at"] + shift,
        free=band["capacity"],
    )


async def check_target(session: dict[str, Any], asked: Asked) -> tuple[datetime, datetime, UUID, UUID | None]:
    """Give when, who and where a session takes place instead.

    Raises: Malformed, PlaceTaken.
    """
    target = asked.target
    starts_at = target.starts_at or session["starts_at"]
    ends_at = starts_at + (session["ends_at"] - session["starts_at"])
    practitioner_id = target.practitioner_id or session["practitioner_id"]
    room_id = target.room_id or session["room_id"]
    is_same = (starts_at, practitioner_id) == (session["starts_at"], session["practitioner_id"])
    if asked.kind is Kind.ROOM and (not is_same or room_id == session["room_id"]):
        raise wrong_field("/to/room_id", "needed", "name another room, and nothing else")
    if asked.kind is Kind.MOVE and is_same:
        raise wrong_field("/to/starts_at", "needed", "name another time or practitioner")
    if starts_at <= clock.now():
        raise wrong_field("/to/starts_at", "in_the_past", "has passed")
    if starts_at - clock.now() > timedelta(days=366):
        raise wrong_field("/to/starts_at", "too_far_ahead", "at most 366 days from now")
    row = await db.fetch_one(models.PLACE_IN_ROOM, practitioner_id, room_id, session["department_id"])
    if row is None:
        raise wrong_field("/to/practitioner_id", "unknown", "no such practitioner in this department")
    if room_id is not None and row["room_id"] is None:
        raise wrong_field("/to/room_id", "unknown", "no such room in this department")
    busy = await db.fetch_one(models.IN_THE_WAY, practitioner_id, room_id, starts_at, ends_at, [session["id"]])
    if busy is not None:
        raise PlaceTaken(what="practitioner" if busy["is_practitioner"] else "room")
    return starts_at, ends_at, practitioner_id, room_id
