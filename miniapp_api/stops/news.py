"""The facts of this feature, and its lines of history."""

from typing import Any
from uuid import UUID

from miniapp_api.stops.rules import Answer, Outcome
from miniapp_api.stops.visits import Visit
from server import db
from server.events import publish
from server.facts import StoppedVisitSettled, VisitStopped
from server.history import INSERT_TRANSITION, By
from server.ids import new_id
from server.states import Machine

CHANNEL = "stop"  # of what the clinic does to bookings: the stop tells the patient, nothing else does


def clinic(staff_id: UUID) -> By:
    """Give who acts for the clinic: the member of staff who stopped the session."""
    return By(kind="staff", id=staff_id, channel=CHANNEL)


async def note(machine: Machine | str, subject_id: UUID, states: tuple[str | None, str], by: By, why: str = "") -> None:
    """Write a line of history, in the open transaction. states: from and to."""
    name = machine if isinstance(machine, str) else machine.name
    old, new = states
    await db.fetch(INSERT_TRANSITION, new_id(), name, subject_id, old, str(new), by.kind, by.id, by.channel, why[:500])


def _place(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    location = " ".join(part for part in (row["room_location"] or row["department_location"], row["room_name"]) if part)
    return {
        "to_starts_at": row["starts_at"],
        "to_ends_at": row["ends_at"],
        "to_department_name": row["department_name"],
        "to_practitioner_name": row["practitioner_name"],
        "to_location": location,
        "to_number": row["number"],
    }


async def tell_stopped(one: Visit, outcome: Outcome, place: dict[str, Any] | None = None, **more: Any) -> None:
    """Say what became of a booking. place: a row of `visits.APPOINTMENT_PLACES`; more: places, answer_by, price_fen."""
    await publish(
        VisitStopped(
            visit_id=one.id,
            appointment_id=one.appointment_id,
            account_id=one.account_id,
            patient_id=one.patient_id,
            patient_name=one.patient_name,
            department_name=one.department_name,
            practitioner_name=one.practitioner_name,
            starts_at=one.starts_at,
            reason=one.reason,
            outcome=str(outcome),
            is_hold=one.is_hold,
            **_place(place),
            **more,
        )
    )


async def tell_settled(one: Visit, answer: Answer, place: dict[str, Any] | None = None) -> None:
    """Say how it ended, to whoever did not end it themselves. place: what they have now, None for nothing."""
    await publish(
        StoppedVisitSettled(
            visit_id=one.id,
            account_id=one.account_id,
            patient_id=one.patient_id,
            patient_name=one.patient_name,
            department_name=one.department_name,
            starts_at=one.starts_at,
            answer=str(answer),
            **_place(place),
        )
    )
