"""Full sessions, people who wait for them, and looks of the workers."""

from datetime import timedelta
from typing import Any

from miniapp_api.booking import settings
from miniapp_api.waitlist import jobs
from miniapp_api.wiring import WIRING
from server import clock, db
from tests import props
from tests.cast import PatientClient, a_patient_by_row


async def a_full_slot(hospital, *, hours: float = 48, capacity: int = 1, **session: Any):
    """A slot without a free place; give it with whoever has its places and their bookings."""
    slot = await props.a_slot(starts_at=clock.now() + timedelta(hours=hours), capacity=capacity, **session)
    owners = [await a_patient_by_row(hospital) for _ in range(capacity)]
    booked = [await owner.books(slot.id) for owner in owners]
    return slot, list(zip(owners, booked, strict=True))


async def waits(patient: PatientClient, *slots, **more: Any) -> dict[str, Any]:
    """Join the waitlist of the sessions of these slots."""
    body = {"session_ids": [str(slot.session_id) for slot in slots], "patient_id": patient.patient_id, **more}
    return await patient.post("/waitlist", body)


async def people_who_wait(hospital, slot, count: int) -> list[tuple[PatientClient, dict[str, Any]]]:
    """So many people in the line of a session, in order."""
    people = [await a_patient_by_row(hospital) for _ in range(count)]
    return [(one, await waits(one, slot)) for one in people]


async def gives_back(owner: PatientClient, booking: dict[str, Any]) -> None:
    """Cancel a booking."""
    await owner.post(f"/appointments/{booking['id']}/cancellation")


async def look() -> None:
    """What the workers do for the waitlist."""
    await jobs.keep_lines()
    await jobs.offer_places()


async def entry(patient: PatientClient, seen: dict[str, Any]) -> dict[str, Any]:
    """See an entry anew."""
    return await patient.get(f"/waitlist/{seen['id']}")


async def state(patient: PatientClient, seen: dict[str, Any]) -> str:
    return (await entry(patient, seen))["state"]


async def counts(slot) -> dict[str, int]:
    row = await db.fetch_one("SELECT taken, kept, capacity FROM slot WHERE id = $1", slot.id)
    assert row is not None
    return row


async def broken_promises() -> list[str]:
    """Name every invariant of the package that does not hold."""
    return [sentence for sentence, sql in WIRING.invariants if await db.fetch(sql)]


async def decides(**values: Any) -> None:
    """Set what the hospital decided about booking."""
    names, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await db.fetch("DELETE FROM booking_setting")
    await db.fetch(f"INSERT INTO booking_setting ({names}) VALUES ({marks})", *values.values())
    settings.forget()
