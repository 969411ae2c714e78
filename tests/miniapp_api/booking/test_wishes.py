"""Any practitioner at a time, and coming again after a visit."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.scenes import a_scene, broken_invariants


async def two_practitioners(capacity=2, **more):
    """One department, one time, two practitioners."""
    first = await props.a_slot(capacity=capacity, **more)
    second = await props.a_slot(capacity=capacity, department_id=first.department_id, starts_at=first.starts_at, **more)
    return first, second


def asks(patient, slot, **more):
    return {
        "department_id": str(slot.department_id),
        "starts_at": slot.starts_at.isoformat(),
        "patient_id": patient.patient_id,
        **more,
    }


async def taken(slot) -> int:
    return (await db.fetch_one("SELECT taken FROM slot WHERE id = $1", slot.id))["taken"]


async def test_any_practitioner_fills_all_evenly_and_never_more(hospital):
    first, second = await two_practitioners()
    crowd = [await a_patient_by_row(hospital) for _ in range(7)]
    replies = await asyncio.gather(
        *(patient.call("POST", "/appointments/any", asks(patient, first)) for patient in crowd)
    )
    found = Counter(reply.body["status"] if reply.status == 201 else reply.code for reply in replies)
    assert found == {"booked": 4, "slot_full": 3}
    assert [await taken(slot) for slot in (first, second)] == [2, 2]
    assert all(reply.body["is_any"] for reply in replies if reply.status == 201)
    assert await broken_invariants(WIRING) == []


async def test_any_practitioner_is_booked_once_for_a_key(hospital):
    first, _ = await two_practitioners()
    patient, key = await a_patient_by_row(hospital), str(uuid4())
    replies = [
        await patient.call("POST", "/appointments/any", asks(patient, first), Idempotency_Key=key) for _ in range(2)
    ]
    assert replies[0].raw == replies[1].raw
    assert await props.count("appointment") == 1
    nobody = asks(patient, first, visit_type="special")
    assert (await patient.refused("/appointments/any", nobody)).status == 404


async def test_any_practitioner_is_named_at_check_in_by_the_shortest_line(hospital):
    scene = await a_scene(hospital)
    other = await props.a_slot(department_id=scene.department_id, starts_at=scene.slot.starts_at)
    for _ in range(2):  # two wait for the first practitioner already
        await scene.arrives()
    patient = await a_patient_by_row(hospital)
    await db.fetch("UPDATE slot SET taken = capacity, last_number = capacity WHERE id = $1", other.id)
    booked = await patient.post("/appointments/any", asks(patient, scene.slot))
    await db.fetch("UPDATE slot SET taken = 0 WHERE id = $1", other.id)
    row = await db.fetch_one("SELECT practitioner_id FROM appointment WHERE id = $1", UUID(booked["id"]))
    assert row["practitioner_id"] == scene.slot.practitioner_id
    answer = await scene.guide.scans(await patient.code(booked["id"]))
    assert answer["outcome"] == "accepted"
    ticket = await db.fetch_one("SELECT practitioner_id FROM ticket WHERE appointment_id = $1", UUID(booked["id"]))
    assert ticket["practitioner_id"] == other.practitioner_id


async def a_visited_patient(hospital, slot, **more):
    patient = await a_patient_by_row(hospital)
    encounter = await props.an_encounter(slot, UUID(patient.patient_id), UUID(patient.account_id), **more)
    return patient, encounter


async def revisit_place(slot, capacity=1):
    """A place that is kept for revisits, in a session of tomorrow."""
    tomorrow = await props.a_slot(
        starts_at=time.now() + timedelta(days=1), department_id=slot.department_id, capacity=1
    )
    kept = await props.insert(
        "slot",
        session_id=tomorrow.session_id,
        starts_at=tomorrow.starts_at,
        ends_at=tomorrow.ends_at,
        pool="revisit",
        capacity=capacity,
    )
    return tomorrow, str(kept)


async def test_a_visit_opens_the_places_that_are_kept_for_revisits(hospital):
    slot = await props.a_slot()
    patient, encounter = await a_visited_patient(hospital, slot)
    _, kept = await revisit_place(slot)
    shown = await patient.get(f"/encounters/{encounter}/revisit-slots?patient={patient.patient_id}")
    assert {item["pool"] for item in shown["items"]} == {"app", "revisit"}
    body = {"slot_id": kept, "patient_id": patient.patient_id}
    assert (await patient.refused("/appointments", body)).status == 404  # not without the visit
    booked = await patient.post(f"/encounters/{encounter}/revisit", body)
    assert (booked["status"], booked["slot"]["pool"]) == ("booked", "revisit")
    row = await db.fetch_one("SELECT revisit_of_id FROM appointment WHERE id = $1", UUID(booked["id"]))
    assert row["revisit_of_id"] == encounter


async def test_the_return_to_one_visit_is_booked_once_at_a_time(hospital):
    slot = await props.a_slot()
    patient, encounter = await a_visited_patient(hospital, slot)
    _, kept = await revisit_place(slot)
    later = await props.a_slot(starts_at=time.now() + timedelta(days=2), department_id=slot.department_id)
    path = f"/encounters/{encounter}/revisit"
    first = await patient.post(path, {"slot_id": kept, "patient_id": patient.patient_id})
    again = {"slot_id": str(later.id), "patient_id": patient.patient_id}
    refused = await patient.refused(path, again)
    assert (refused.status, refused.code) == (409, "revisit_booked")
    assert await taken(later) == 0
    await patient.post(f"/appointments/{first['id']}/cancellation")
    await patient.post(path, again)


async def test_a_visit_of_others_of_another_department_or_of_long_ago_opens_nothing(hospital, clock):
    slot = await props.a_slot()
    patient, encounter = await a_visited_patient(hospital, slot)
    stranger = await a_patient_by_row(hospital)
    elsewhere = await props.a_slot()
    _, kept = await revisit_place(slot)
    path = f"/encounters/{encounter}/revisit"
    assert (await stranger.refused(path, {"slot_id": kept, "patient_id": stranger.patient_id})).status == 404
    assert (await patient.refused(path, {"slot_id": str(elsewhere.id), "patient_id": patient.patient_id})).status == 404
    unfinished = await props.an_encounter(slot, UUID(patient.patient_id), UUID(patient.account_id), finished=False)
    body = {"slot_id": kept, "patient_id": patient.patient_id}
    assert (await patient.refused(f"/encounters/{unfinished}/revisit", body)).status == 404
    await db.fetch("UPDATE encounter SET finished_at = app_now() - interval '91 days' WHERE id = $1", encounter)
    late = await patient.refused(path, body)
    assert (late.code, late.body["days"]) == ("revisit_over", 90)


async def test_a_return_that_is_moved_stays_the_return_to_its_visit(hospital):
    slot = await props.a_slot()
    patient, encounter = await a_visited_patient(hospital, slot)
    public, kept = await revisit_place(slot)
    elsewhere = await props.a_slot(starts_at=time.now() + timedelta(days=3))
    path = f"/encounters/{encounter}/revisit"
    first = await patient.post(path, {"slot_id": str(public.id), "patient_id": patient.patient_id})
    moved = await patient.post(f"/appointments/{first['id']}/rescheduling", {"slot_id": kept})
    assert moved["slot"]["pool"] == "revisit"
    later = await props.a_slot(starts_at=time.now() + timedelta(days=2), department_id=slot.department_id)
    again = {"slot_id": str(later.id), "patient_id": patient.patient_id}
    assert (await patient.refused(path, again)).code == "revisit_booked"
    gone = await patient.post(f"/appointments/{moved['id']}/rescheduling", {"slot_id": str(elsewhere.id)})
    row = await db.fetch_one("SELECT revisit_of_id FROM appointment WHERE id = $1", UUID(gone["id"]))
    assert row["revisit_of_id"] is None  # of another department: an ordinary booking
    await patient.post(path, again)
