"""Whoever is complained about never hears of it, not even when nobody else is on duty."""

from uuid import UUID

from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row


async def test_the_person_complained_about_is_not_alerted_when_alone_on_duty(hospital, drain):
    slot = await props.a_slot()
    patient = await a_patient_by_row(hospital)
    encounter_id = await props.an_encounter(slot, UUID(patient.patient_id), UUID(patient.account_id))
    doctor = await a_member_of_staff(hospital, "complaint_handler", practitioner_id=slot.practitioner_id)
    await props.a_duty(doctor.staff_id, 0)
    await patient.post("/complaints", {"text": "态度不好，没有听我说完。", "encounter_id": str(encounter_id)})
    await drain()
    assert await doctor.alerts_about("complaint") == []
    other = await a_member_of_staff(hospital, "supervisor")
    await props.a_duty(other.staff_id, 1)
    await drain()
    assert len(await other.alerts_about("complaint")) == 1
    assert await doctor.alerts_about("complaint") == []
