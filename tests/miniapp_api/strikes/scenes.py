"""What the tests of strikes begin with: people who miss visits, staff who decide."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server import clock, db
from tests import props
from tests.cast import PatientClient

HOUR = timedelta(hours=1)


async def missed(hospital: Any, patient: PatientClient, *, days_ago: float = 0.5, **slot: Any) -> str:
    """A visit some time ago to which nobody came, marked by the job; gives the appointment."""
    appointment_id = await expected(patient, starts_at=clock.now() - timedelta(days=days_ago), **slot)
    await hospital.jobs["mark_no_shows"].run()
    return appointment_id


async def expected(patient: PatientClient, *, starts_at: datetime, booked_before: float = 72, **slot: Any) -> str:
    """A booked visit; booked_before: hours before its time."""
    made = await props.a_slot(starts_at=starts_at, **slot)
    places = await props.count("appointment", "patient_id = $1", UUID(patient.patient_id))
    appointment_id = await props.an_appointment(
        made, UUID(patient.patient_id), UUID(patient.account_id), open_place=1 + places
    )
    await db.fetch(
        "UPDATE transition SET at = $2 WHERE subject_id = $1", appointment_id, starts_at - booked_before * HOUR
    )
    return str(appointment_id)


async def cancels(patient: PatientClient, appointment_id: str) -> None:
    """Give a visit back on the phone."""
    await patient.post(f"/appointments/{appointment_id}/cancellation", {"reason": ""})


async def suspended_until(patient: PatientClient) -> datetime | None:
    """Until when the patient's person is suspended."""
    row = await db.fetch_one(
        "SELECT pe.suspended_until FROM person pe JOIN patient pt ON pt.person_id = pe.id WHERE pt.id = $1",
        UUID(patient.patient_id),
    )
    assert row is not None
    until: datetime | None = row["suspended_until"]
    return until if until and until > clock.now() else None


async def strikes_of(patient: PatientClient) -> list[dict[str, Any]]:
    """The records that the phone shows, newest first."""
    items: list[dict[str, Any]] = (await patient.get("/strikes"))["items"]
    return items


async def history(subject_id: str) -> list[tuple[str | None, str, str]]:
    """From, to and kind of actor of each step."""
    rows = await db.fetch(
        "SELECT from_state, to_state, by_kind FROM transition WHERE subject_id = $1 ORDER BY id", UUID(subject_id)
    )
    return [(row["from_state"], row["to_state"], row["by_kind"]) for row in rows]


async def a_free_slot(**values: Any) -> props.Slot:
    """A slot of tomorrow that can be booked."""
    return await props.a_slot(starts_at=clock.now() + timedelta(days=1), **values)
