"""Staff book for others: for a caller, from the places of the desk, beyond the plan."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from miniapp_api.reception import models
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import broken_invariants

CALLER = {"name": "钱来电", "phone": "13700001111"}


async def the_desk(hospital, department_id=None):
    return await a_member_of_staff(hospital, "guide", department_id=department_id)


async def the_doctor(hospital, slot):
    doctor = await a_member_of_staff(hospital, "room", department_id=slot.department_id)
    await db.fetch("UPDATE staff SET practitioner_id = $2 WHERE id = $1", UUID(doctor.staff_id), slot.practitioner_id)
    return doctor


async def desk_place(slot, pool="desk", capacity=1) -> str:
    return str(
        await props.insert(
            "slot",
            session_id=slot.session_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            pool=pool,
            capacity=capacity,
        )
    )


async def row_of(slot_id) -> dict:
    return await db.fetch_one(
        "SELECT s.taken, s.capacity, s.adjusted, se.extras FROM slot s JOIN session se ON se.id = s.session_id"
        " WHERE s.id = $1",
        UUID(str(slot_id)),
    )


async def test_a_caller_without_a_file_gets_a_file_and_a_place(hospital):
    service = await a_member_of_staff(hospital, "customer_service")
    slot = await props.a_slot()
    kept = await desk_place(slot)
    booked = await service.post("/desk/appointments", {"slot_id": kept, "patient": CALLER, "channel": "phone"})
    assert (booked["status"], booked["channel"], booked["slot"]["pool"]) == ("booked", "phone", "desk")
    assert booked["patient"]["name"] == "钱*电"
    history = await db.fetch_one("SELECT by_kind, by_id, channel FROM transition WHERE machine = 'appointment'")
    assert (history["by_kind"], history["channel"]) == ("staff", "phone")
    assert await broken_invariants(WIRING) == []


async def test_a_patient_of_the_app_sees_what_the_desk_booked(hospital):
    desk, patient = await the_desk(hospital), await a_patient_by_row(hospital)
    slot = await props.a_slot()
    body = {"slot_id": str(slot.id), "patient_id": patient.patient_id, "channel": "desk"}
    booked = await desk.post("/desk/appointments", body)
    assert [item["id"] for item in (await patient.get("/appointments"))["items"]] == [booked["id"]]


async def test_the_desk_sees_all_pools_and_its_own_departments_only(hospital):
    slot, other = await props.a_slot(), await props.a_slot()
    for pool in ("desk", "revisit"):
        await desk_place(slot, pool)
    desk = await the_desk(hospital, slot.department_id)
    shown = await desk.get(f"/desk/slots?department={slot.department_id}")
    assert [item["pool"] for item in shown["items"]] == ["app", "desk", "revisit"]
    assert shown["now"]
    assert (await desk.refused(f"/desk/slots?department={other.department_id}", method="GET")).status == 403
    body = {"slot_id": str(other.id), "patient": CALLER, "channel": "desk"}
    assert (await desk.refused("/desk/appointments", body)).status == 403
    assert await props.count("patient") == 0


async def test_limits_and_a_suspension_bind_the_phone_and_not_the_desk(hospital):
    desk, patient = await the_desk(hospital), await a_patient_by_row(hospital)
    await db.fetch("UPDATE person SET suspended_until = '2099-01-01'")
    slot = await props.a_slot()
    body = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    assert (await patient.refused("/appointments", body)).code == "suspended"
    await desk.post("/desk/appointments", body | {"channel": "desk"})
    same_time = {"slot_id": str((await props.a_slot()).id), "patient_id": patient.patient_id, "channel": "desk"}
    assert (await desk.refused("/desk/appointments", same_time)).code == "time_conflict"


async def test_before_the_release_the_desk_has_only_its_own_places(hospital):
    desk = await the_desk(hospital)
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=2), opens_at=time.now() + timedelta(days=1))
    kept = await desk_place(slot)
    public = {"slot_id": str(slot.id), "patient": CALLER, "channel": "desk"}
    assert (await desk.refused("/desk/appointments", public)).code == "not_yet_open"
    await desk.post("/desk/appointments", public | {"slot_id": kept})


async def test_a_refused_caller_leaves_no_file(hospital):
    desk = await the_desk(hospital)
    slot = await props.a_slot(capacity=0)
    body = {"slot_id": str(slot.id), "patient": CALLER, "channel": "phone"}
    assert (await desk.refused("/desk/appointments", body)).code == "slot_full"
    assert await props.count("patient") == 0


async def test_the_desk_gives_back_and_moves_for_a_caller_also_late(hospital):
    desk = await the_desk(hospital)
    slot = await props.a_slot(starts_at=time.now() - timedelta(minutes=5))
    later = await props.a_slot(department_id=slot.department_id)
    booked = await desk.post("/desk/appointments", {"slot_id": str(slot.id), "patient": CALLER, "channel": "phone"})
    moved = await desk.post(
        f"/desk/appointments/{booked['id']}/rescheduling", {"slot_id": str(later.id), "channel": "phone"}
    )
    assert moved["slot"]["id"] == str(later.id)
    gone = await desk.post(f"/desk/appointments/{moved['id']}/cancellation", {"channel": "phone", "reason": "来电取消"})
    assert gone["status"] == "cancelled"
    again = await desk.refused(f"/desk/appointments/{moved['id']}/cancellation", {"channel": "phone"})
    assert again.code == "illegal_move"
    assert [(await row_of(one.id))["taken"] for one in (slot, later)] == [0, 0]


async def test_what_a_caller_has_open_is_listed_masked_and_the_next_first(hospital):
    service = await a_member_of_staff(hospital, "customer_service")
    begins = (timedelta(days=2), timedelta(days=1), timedelta(days=3), timedelta(minutes=-45))
    later, sooner, given_back, over = [await props.a_slot(starts_at=time.now() + begin) for begin in begins]
    patient = await a_patient_by_row(hospital, name="钱来电")
    for slot in (later, sooner):
        await patient.books(slot.id)
    gone = await patient.books(given_back.id)
    await patient.post(f"/appointments/{gone['id']}/cancellation")
    await props.an_appointment(over, UUID(patient.patient_id), open_place=3)
    shown = (await service.get(f"/desk/appointments?patient={patient.patient_id}"))["items"]
    assert [one["slot"]["id"] for one in shown] == [str(sooner.id), str(later.id)]
    assert {(one["patient"]["name"], one["status"]) for one in shown} == {("钱*电", "booked")}


async def test_what_is_open_elsewhere_is_not_shown_and_only_bookers_ask(hospital):
    slot, other = await props.a_slot(), await props.a_slot()
    patient = await a_patient_by_row(hospital)
    await patient.books(slot.id)
    path = f"/desk/appointments?patient={patient.patient_id}"
    assert len((await (await the_desk(hospital, slot.department_id)).get(path))["items"]) == 1
    elsewhere = await the_desk(hospital, other.department_id)
    assert (await elsewhere.get(path))["items"] == []
    assert (await elsewhere.refused(f"/desk/appointments?patient={slot.id}", method="GET")).status == 404
    assert (await elsewhere.refused("/desk/appointments", method="GET")).status == 422
    doctor = await the_doctor(hospital, slot)
    assert (await doctor.refused(path, method="GET")).status == 403


async def test_a_place_beyond_the_plan_is_recorded_and_goes_with_its_booking(hospital):
    slot = await props.a_slot(capacity=1)
    doctor = await the_doctor(hospital, slot)
    patient = await a_patient_by_row(hospital)
    await patient.books(slot.id)
    path = f"/slots/{slot.id}/extra-places"
    extra = await doctor.post(path, {"patient": CALLER, "reason": "外地复诊患者"})
    assert (extra["is_extra"], extra["number"]) == (True, 2)
    assert await row_of(slot.id) == {"taken": 2, "capacity": 2, "adjusted": 1, "extras": 1}
    shown = (await doctor.get(f"/sessions/{slot.session_id}/extra-places"))["items"]
    assert [(one["reason"], one["patient"]) for one in shown] == [("外地复诊患者", "钱*电")]
    desk = await the_desk(hospital)
    await desk.post(f"/desk/appointments/{extra['id']}/cancellation", {"channel": "phone"})
    assert await row_of(slot.id) == {"taken": 1, "capacity": 1, "adjusted": 0, "extras": 0}
    assert await broken_invariants(WIRING) == []


async def test_a_free_place_is_taken_before_the_plan_is_widened(hospital):
    slot = await props.a_slot(capacity=1)
    doctor = await the_doctor(hospital, slot)
    first = await doctor.post(f"/slots/{slot.id}/extra-places", {"patient": CALLER, "reason": "加号"})
    assert first["is_extra"] is False
    assert await row_of(slot.id) == {"taken": 1, "capacity": 1, "adjusted": 0, "extras": 0}


async def test_only_the_practitioner_or_the_head_goes_beyond_the_plan(hospital):
    slot = await props.a_slot(capacity=0)
    body = {"patient": CALLER, "reason": "加号"}
    path = f"/slots/{slot.id}/extra-places"
    colleague = await a_member_of_staff(hospital, "room", department_id=slot.department_id)
    assert (await colleague.refused(path, body)).status == 403
    assert (await (await the_desk(hospital)).refused(path, body)).status == 403
    head = await a_member_of_staff(hospital, "department_head", department_id=slot.department_id)
    await head.post(path, body)
    assert (await head.refused(path, {"patient": CALLER, "reason": " "})).status == 422


async def rush_for_extras(hospital, people=9):
    slot = await props.a_slot(capacity=0)
    doctor = await the_doctor(hospital, slot)
    crowd = [await a_patient_by_row(hospital) for _ in range(people)]
    replies = await asyncio.gather(
        *(
            doctor.call("POST", f"/slots/{slot.id}/extra-places", {"patient_id": one.patient_id, "reason": "加号"})
            for one in crowd
        )
    )
    return slot, Counter(reply.body["status"] if reply.status == 201 else reply.code for reply in replies)


async def test_extra_places_have_a_limit_also_in_a_rush(hospital):
    slot, found = await rush_for_extras(hospital)
    assert found == {"booked": 5, "extras_used": 4}
    assert await row_of(slot.id) == {"taken": 5, "capacity": 5, "adjusted": 5, "extras": 5}
    assert await broken_invariants(WIRING) == []


@pytest.mark.mutant
async def test_without_the_guard_the_limit_is_passed(hospital, monkeypatch):
    monkeypatch.setattr(models, "GRANT", models.grant_statement(guard="$2::integer >= 0"))
    _, found = await rush_for_extras(hospital)
    assert found["booked"] > 5


@pytest.mark.parametrize("body", [{}, {"patient": CALLER, "patient_id": "01a2018e-0000-7000-8000-000000000000"}])
async def test_a_booking_is_for_one_person(hospital, body):
    desk = await the_desk(hospital)
    slot = await props.a_slot()
    reply = await desk.refused("/desk/appointments", {"slot_id": str(slot.id), "channel": "desk", **body})
    assert reply.status == 422
