"""Who must not see a complaint: those it is about, their people, and whoever is related to somebody in it."""

from uuid import UUID

import pytest

from satisfaction.complaints.models import barred_from
from server import clock, db
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff

COMPLAINT = {"text": "没有听我说完。"}


async def _filed(ward, encounter_id: UUID, **form) -> UUID:
    filed = await ward.patient.post("/complaints", {**COMPLAINT, **form, "encounter_id": str(encounter_id)})
    return UUID(filed["id"])


async def _doctor(ward, hospital):
    return await a_member_of_staff(hospital, "complaint_handler", practitioner_id=ward.slot.practitioner_id)


async def test_who_received_the_patient_has_no_sight_of_the_complaint(ward, hospital):
    encounter_id = await ward.visit()
    row = await db.fetch_one("SELECT ticket_id FROM encounter WHERE id = $1", encounter_id)
    assert row is not None
    await props.insert(
        "transition",
        machine="ticket",
        subject_id=row["ticket_id"],
        to_state="waiting",
        by_kind="staff",
        by_id=UUID(ward.supervisor.staff_id),
        channel="desk",
        at=clock.now(),
    )
    complaint_id = await _filed(ward, encounter_id)
    assert UUID(ward.supervisor.staff_id) in await barred_from(complaint_id)
    assert (await ward.supervisor.refused(f"/complaints/{complaint_id}", method="GET")).status == 404
    assert (await ward.handler.get(f"/complaints/{complaint_id}"))["id"] == str(complaint_id)


@pytest.mark.parametrize(("topic", "is_barred"), [("服务态度", True), ("收费", True), ("等候时间", False)])
async def test_the_manager_is_barred_where_attitude_or_money_is_meant(ward, hospital, topic, is_barred):
    doctor = await _doctor(ward, hospital)
    manager = UUID(ward.supervisor.staff_id)
    await db.fetch("UPDATE staff SET manager_id = $2 WHERE id = $1", UUID(doctor.staff_id), manager)
    complaint_id = await _filed(ward, await ward.visit(), topic=topic)
    assert (manager in await barred_from(complaint_id)) is is_barred


async def test_who_stands_below_the_person_complained_about_is_barred(ward, hospital):
    doctor = await _doctor(ward, hospital)
    below = UUID(ward.handler.staff_id)
    await db.fetch("UPDATE staff SET manager_id = $2 WHERE id = $1", below, UUID(doctor.staff_id))
    complaint_id = await _filed(ward, await ward.visit())
    assert await barred_from(complaint_id) == {UUID(doctor.staff_id), below}


async def test_a_relation_declared_later_bars_from_then_on(ward):
    complaint_id = await _filed(ward, await ward.visit())
    assert (await ward.head.get(f"/complaints/{complaint_id}"))["id"] == str(complaint_id)
    await db.fetch(
        "INSERT INTO staff_relation (id, staff_id, to_patient_id, why, at) VALUES ($1, $2, $3, '亲属', app_now())",
        new_id(),
        UUID(ward.head.staff_id),
        UUID(ward.patient.patient_id),
    )
    assert (await ward.head.refused(f"/complaints/{complaint_id}", method="GET")).status == 404
