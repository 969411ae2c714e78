"""Full clinics behind the scenes, for what somebody does who waits for a place."""

from datetime import timedelta
from typing import Any

from server import clock
from tests.browser.hospital import OpenHospital
from tests.browser.people import a_staff_client, department_named
from tests.cast import Client, PatientClient, a_patient_with_a_phone

FIRST_HOUR, LAST_HOUR = 18, 22  # of clinics in the evening, when the demonstration hospital's own are over
_taken: set[tuple[str, str]] = set()


async def a_full_clinic(
    hospital: OpenHospital, department: str, *, doctor_id: str | None = None
) -> tuple[dict[str, Any], PatientClient, dict[str, Any]]:
    """Open an extra clinic with one place, in the day after tomorrow's evening, and let somebody book it.

    doctor_id: whose; without, of any doctor of the department. Gives its slot, who has the place, and the booking.
    """
    found = await department_named(hospital, department)
    doctors = (await Client(hospital).get(f"/practitioners?department={found['id']}"))["items"]
    day = clock.today() + timedelta(days=2)
    admin = await a_staff_client(hospital, "admin")
    free = (
        (doctor["id"], clock.at(day, hour).isoformat())
        for hour in range(FIRST_HOUR, LAST_HOUR)
        for doctor in doctors
        if doctor_id in (None, doctor["id"]) and (doctor["id"], clock.at(day, hour).isoformat()) not in _taken
    )
    for doctor_id, begin in free:
        _taken.add((doctor_id, begin))
        end = (clock.at(day, int(begin[11:13])) + timedelta(minutes=30)).isoformat()
        body = {"practitioner_id": doctor_id, "starts_at": begin, "ends_at": end, "slot_minutes": 30, "capacity": 1}
        reply = await admin.call("POST", "/admin/sessions", body)
        if reply.status == 201:
            owner = await a_patient_with_a_phone(hospital, name="林早", phone=f"137{len(_taken):08d}")
            (slot,) = reply.body["slots"]
            return slot, owner, await owner.books(slot["id"])
        assert reply.status == 409, reply.raw  # another clinic of this doctor at that time
    raise AssertionError("every evening hour of every doctor is taken")


async def waits(patient: PatientClient, slot: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Let somebody wait for a clinic."""
    body = {"session_ids": [slot["session_id"]], "patient_id": patient.patient_id, **more}
    return await patient.post("/waitlist", body)


async def gives_back(owner: PatientClient, booking: dict[str, Any]) -> None:
    """Let somebody cancel."""
    await owner.post(f"/appointments/{booking['id']}/cancellation")
