"""What people are shown of draws."""

from datetime import datetime
from typing import Any

from miniapp_api.release.models import DrawSeen, EntrySeen
from miniapp_api.release.rules import EntryState, Phase, lots_of, phase_of
from server import clock, privacy
from server.web import View, moment


class DrawView(View):
    """A draw. now: the clock that decides, to the millisecond. seed: revealed when it is drawn."""

    id: str
    session_id: str | None
    department_id: str
    department_name: str
    practitioner_id: str
    practitioner_name: str
    practitioner_title: str
    starts_at: str
    ends_at: str
    opens_at: str
    closes_at: str
    phase: Phase
    why: str
    loss_days: int
    lots_at_most: int
    seed_sha256: str
    seed: str | None
    drawn_at: str | None
    entries: int
    winners: int
    version: int
    now: str


class DrawBand(View):
    """A band that can be wished for."""

    id: str
    starts_at: str
    ends_at: str
    places: int


class DrawDetail(DrawView):
    """A draw with the bands of its session."""

    bands: list[DrawBand]


class DrawList(View):
    """A page of draws, the latest first."""

    items: list[DrawView]
    next: str | None


class DrawPerson(View):
    """Who entered."""

    id: str
    name: str


class DrawWish(View):
    """A band that was wished for. starts_at: null when the plan took it away since."""

    slot_id: str
    starts_at: str | None


class DrawEntryView(View):
    """An entry, for who entered it.

    receipt: under which it stands in the public record. position, entries: its place among how many, once drawn.
    lots_next: how many lots the person has next time. reason: the code of the rule that said no, or why it was
    cancelled. chosen: the band that it won.
    """

    id: str
    draw_id: str
    session_id: str | None
    patient: DrawPerson
    department_id: str
    department_name: str
    practitioner_name: str
    practitioner_title: str
    starts_at: str
    opens_at: str
    closes_at: str
    phase: Phase
    state: EntryState
    wishes: list[DrawWish]
    lots: int
    lots_next: int
    lots_at_most: int
    receipt: str
    position: int | None
    entries: int | None
    reason: str
    appointment_id: str | None
    chosen: DrawWish | None
    entered_at: str
    version: int
    now: str


class DrawEntryList(View):
    """A page of entries, the latest first."""

    items: list[DrawEntryView]
    next: str | None


class StaffDrawEntryView(View):
    """An entry as staff see it: who, masked, and what came of it."""

    id: str
    receipt: str
    patient_name: str
    lots: int
    state: EntryState
    position: int | None
    reason: str
    starts_at: str | None
    entered_at: str


class StaffDrawEntryList(View):
    """A page of entries in the order of the draw."""

    items: list[StaffDrawEntryView]
    next: str | None


class ReserveReturnView(View):
    """Places that went from the desk to the mini-app. kept: of them, for those who wait."""

    id: str
    session_id: str
    department_name: str
    practitioner_name: str | None
    starts_at: str
    places: int
    kept: int
    at: str


class ReserveReturnList(View):
    """A page of returns, newest first."""

    items: list[ReserveReturnView]
    next: str | None


def exact(value: datetime) -> str:
    """Show a moment to the millisecond: a countdown is set by it."""
    return clock.local(value).isoformat(timespec="milliseconds")


def show_draw(seen: DrawSeen) -> dict[str, Any]:
    """Show a draw."""
    return {
        "id": str(seen.id),
        "session_id": str(seen.session_id) if seen.session_id else None,
        "department_id": str(seen.department_id),
        "department_name": seen.department_name,
        "practitioner_id": str(seen.practitioner_id),
        "practitioner_name": seen.practitioner_name,
        "practitioner_title": seen.practitioner_title,
        "starts_at": moment(seen.starts_at),
        "ends_at": moment(seen.ends_at),
        "opens_at": moment(seen.opens_at),
        "closes_at": moment(seen.closes_at),
        "phase": phase_of(seen.state, seen.opens_at, seen.closes_at, seen.now).value,
        "why": seen.why,
        "loss_days": seen.loss_days,
        "lots_at_most": seen.lots_at_most,
        "seed_sha256": seen.seed_sha256,
        "seed": seen.seed,
        "drawn_at": moment(seen.settled_at) if seen.seed else None,
        "entries": seen.entries,
        "winners": seen.winners,
        "version": seen.version,
        "now": exact(seen.now),
    }


def show_band(row: dict[str, Any]) -> dict[str, Any]:
    """Show a band that can be wished for."""
    return {
        "id": str(row["id"]),
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "places": row["places"],
    }


def show_entry(seen: EntrySeen) -> dict[str, Any]:
    """Show an entry to who entered it."""
    wishes = [
        {"slot_id": str(slot_id), "starts_at": moment(starts_at)}
        for slot_id, starts_at in zip(seen.slot_ids, seen.slot_times, strict=True)
    ]
    has_lost = seen.state == EntryState.LOST
    return {
        "id": str(seen.id),
        "draw_id": str(seen.draw_id),
        "session_id": str(seen.session_id) if seen.session_id else None,
        "patient": {"id": str(seen.patient_id), "name": seen.patient_name},
        "department_id": str(seen.department_id),
        "department_name": seen.department_name,
        "practitioner_name": seen.practitioner_name,
        "practitioner_title": seen.practitioner_title,
        "starts_at": moment(seen.starts_at),
        "opens_at": moment(seen.opens_at),
        "closes_at": moment(seen.closes_at),
        "phase": phase_of(seen.draw_state, seen.opens_at, seen.closes_at, seen.now).value,
        "state": seen.state,
        "wishes": wishes,
        "lots": seen.lots,
        "lots_next": lots_of(seen.lots, seen.lots_at_most) if has_lost else seen.lots,
        "lots_at_most": seen.lots_at_most,
        "receipt": seen.receipt,
        "position": seen.position,
        "entries": seen.entries,
        "reason": seen.reason,
        "appointment_id": str(seen.appointment_id) if seen.appointment_id else None,
        "chosen": next((wish for wish in wishes if seen.slot_id and wish["slot_id"] == str(seen.slot_id)), None),
        "entered_at": moment(seen.entered_at),
        "version": seen.version,
        "now": exact(seen.now),
    }


def show_entry_to_staff(row: dict[str, Any]) -> dict[str, Any]:
    """Show an entry to staff; who it is stays masked."""
    return {
        "id": str(row["id"]),
        "receipt": row["receipt"],
        "patient_name": privacy.mask_name(row["patient_name"]),
        "lots": row["lots"],
        "state": row["state"],
        "position": row["position"],
        "reason": row["reason"],
        "starts_at": moment(row["starts_at"]),
        "entered_at": moment(row["entered_at"]),
    }


def show_return(row: dict[str, Any]) -> dict[str, Any]:
    """Show places that returned."""
    return {
        "id": str(row["id"]),
        "session_id": str(row["session_id"]),
        "department_name": row["department_name"],
        "practitioner_name": row["practitioner_name"],
        "starts_at": moment(row["starts_at"]),
        "places": row["places"],
        "kept": row["kept"],
        "at": moment(row["at"]),
    }
