"""How stopped sessions are shown to staff and phones."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from miniapp_api.booking import settings
from miniapp_api.stops import reading, visits
from miniapp_api.stops.rules import Answer, Outcome, VisitState
from miniapp_api.stops.visits import Visit
from server import db
from server.privacy import mask_name, mask_phone
from server.web import moment

# ---- acts ----------------------------------------------------------------------------------------------------------


def show_session(row: Mapping[str, Any], bands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Show a session with its bands. bands: of any sessions."""
    own = [band for band in bands if band["session_id"] == row["id"]]
    names = ("booked", "held", "here")
    return {
        "id": str(row["id"]),
        "day": row["day"].isoformat(),
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "department_id": str(row["department_id"]),
        "department": row["department_name"],
        "practitioner_id": str(row["practitioner_id"]),
        "practitioner": row["practitioner_name"],
        "practitioner_title": row["practitioner_title"],
        "room_id": str(row["room_id"]) if row["room_id"] else None,
        "room": row["room_name"],
        "visit_type": row["visit_type"],
        "status": row["status"],
        "version": row["version"],
        **{name: sum(band[name] for band in own) for name in names},
        "bands": [
            {
                "id": str(band["id"]),
                "starts_at": moment(band["starts_at"]),
                "ends_at": moment(band["ends_at"]),
                "pool": band["pool"],
                "capacity": band["capacity"],
                **{name: band[name] for name in names},
                "is_stopped": band["is_stopped"],
            }
            for band in own
        ],
    }


async def show_stops(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Show acts with their sessions and how far they are."""
    ids = [row["id"] for row in rows]
    sessions: dict[UUID, list[dict[str, Any]]] = {stop_id: [] for stop_id in ids}
    for one in await db.fetch(reading.SESSIONS_OF, ids):
        sessions[one["stop_id"]].append(_show_stopped(one))
    counts = {row.pop("stop_id"): row for row in await db.fetch(reading.COUNTS_OF, ids)}
    nobody = dict.fromkeys(("undecided", "moved", "offered", "released", "asked", "to_call", "reached", "all"), 0)
    return [
        {
            "id": str(row["id"]),
            "kind": row["kind"],
            "policy": row["policy"],
            "reason": row["reason"],
            "state": row["state"],
            "by": row["by_name"],
            "created_at": moment(row["created_at"]),
            "done_at": moment(row["done_at"]),
            "version": row["version"],
            "counts": counts.get(row["id"], nobody),
            "sessions": sessions[row["id"]],
        }
        for row in rows
    ]


def _show_stopped(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "session_id": str(row["session_id"]),
        "day": row["day"].isoformat(),
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "is_whole": row["slot_ids"] is None,
        "to_starts_at": moment(row["to_starts_at"]),
        "to_practitioner": row["to_practitioner_name"],
        "to_room": row["to_room_name"],
        "reopened_at": moment(row["reopened_at"]),
        "reopened_by": row["reopened_by"],
        "reopened_why": row["reopened_why"],
    }


def show_here(row: Mapping[str, Any]) -> dict[str, Any]:
    """Show somebody who had checked in."""
    return {
        "appointment_id": str(row["id"]),
        "patient": mask_name(row["patient_name"]),
        "number": row["number"],
        "starts_at": moment(row["starts_at"]),
        "status": row["status"],
        "ticket": row["label"],
    }


# ---- visits --------------------------------------------------------------------------------------------------------


def show_place(row: Mapping[str, Any]) -> dict[str, Any]:
    """Show a place as `visits.APPOINTMENT_PLACES` gives it."""
    location = (row["room_location"] or row["department_location"], row["room_name"])
    return {
        "id": str(row["id"]),
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "department_id": str(row["department_id"]),
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "practitioner_title": row["practitioner_title"],
        "location": " ".join(part for part in location if part),
        "number": row["number"],
        "status": row["status"],
    }


async def _around(seen: Sequence[Visit]) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, list[UUID]]]:
    """Give the places of some visits by their appointment, and what is held for each."""
    held = await visits.alternatives_of([one.id for one in seen])
    ids = {one.appointment_id for one in seen} | {one.new_appointment_id for one in seen if one.new_appointment_id}
    ids |= {each for many in held.values() for each in many}
    return {row["id"]: row for row in await db.fetch(visits.APPOINTMENT_PLACES, sorted(ids))}, held


async def show_visits(seen: Sequence[Visit]) -> list[dict[str, Any]]:
    """Show visits to staff."""
    rows, held = await _around(seen)
    calls: dict[UUID, list[dict[str, Any]]] = {}
    for row in await db.fetch(reading.CALLS_OF, [one.id for one in seen]):
        calls.setdefault(row["stopped_visit_id"], []).append(
            {"result": row["result"], "note": row["note"], "at": moment(row["at"]), "by": row["by_name"]}
        )
    return [
        {
            "id": str(one.id),
            "stop_id": str(one.stop_id),
            "appointment_id": str(one.appointment_id),
            "patient": mask_name(one.patient_name),
            "phone_masked": mask_phone(one.phone_tail),
            "department": one.department_name,
            "practitioner": one.practitioner_name,
            "starts_at": moment(one.starts_at),
            "number": one.number,
            "reason": one.reason,
            "is_hold": one.is_hold,
            **_ending(one),
            "contact": one.contact,
            "wants_call": one.wants_call,
            "next_call_at": moment(one.next_call_at),
            "place": _show_new(one, rows),
            "alternatives": _show_held(one, rows, held),
            "calls": calls.get(one.id, []),
        }
        for one in seen
    ]


async def show_mine(seen: Sequence[Visit]) -> list[dict[str, Any]]:
    """Show visits to their owner."""
    rows, held = await _around(seen)
    on_silence = (await settings.current()).stop_on_silence
    refunds = {row["stopped_visit_id"]: row for row in await db.fetch(visits.REFUNDS_OF, [one.id for one in seen])}
    return [
        {
            "id": str(one.id),
            "appointment_id": str(one.appointment_id),
            "kind": one.kind,
            "patient": {"id": str(one.patient_id), "name": one.patient_name},
            "before": show_place(rows[one.appointment_id]),
            "reason": one.reason,
            "is_hold": one.is_hold,
            **_ending(one),
            "on_silence": "stays" if one.outcome == Outcome.MOVED else on_silence,
            "can_answer": one.state == VisitState.ASKED,
            "can_wait": (
                one.state == VisitState.SETTLED
                and not one.is_hold
                and one.waitlist_entry_id is None
                and _show_new(one, rows) is None
            ),
            "wants_call": one.wants_call,
            "place": _show_new(one, rows),
            "alternatives": _show_held(one, rows, held),
            "refund": (
                {"price_fen": refunds[one.id]["price_fen"], "state": refunds[one.id]["state"]}
                if one.id in refunds
                else None
            ),
        }
        for one in sorted(seen, key=lambda one: one.id, reverse=True)
    ]


def _ending(one: Visit) -> dict[str, Any]:
    return {
        "state": one.state,
        "outcome": one.outcome,
        "answer": one.answer,
        "answer_by": moment(one.answer_by) if one.state == VisitState.ASKED else None,
    }


def _show_new(one: Visit, rows: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any] | None:
    if one.new_appointment_id is None or one.answer == Answer.GAVE_BACK:
        return None
    return show_place(rows[one.new_appointment_id])


def _show_held(
    one: Visit, rows: Mapping[UUID, Mapping[str, Any]], held: Mapping[UUID, Sequence[UUID]]
) -> list[dict[str, Any]]:
    """What is still held; once it is settled there is nothing to choose."""
    if one.state != VisitState.ASKED:
        return []
    return [show_place(rows[each]) for each in held.get(one.id, ()) if rows[each]["status"] == "held"]


def show_refund(row: Mapping[str, Any]) -> dict[str, Any]:
    """Show a fee that has to go back."""
    return {
        "id": str(row["id"]),
        "stopped_visit_id": str(row["stopped_visit_id"]),
        "patient": mask_name(row["patient_name"]),
        "phone_masked": mask_phone(row["phone_tail"]),
        "file_number": row["file_number"],
        "department": row["department_name"],
        "practitioner": row["practitioner_name"],
        "starts_at": moment(row["starts_at"]),
        "reason": row["reason"],
        "price_fen": row["price_fen"],
        "state": row["state"],
        "receipt": row["receipt"],
        "done_by": row["done_by"],
        "done_at": moment(row["done_at"]),
        "created_at": moment(row["created_at"]),
        "version": row["version"],
    }
