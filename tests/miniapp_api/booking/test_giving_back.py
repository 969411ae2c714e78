"""Cancelling and moving a booking; nobody came."""

from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.booking.test_booking import a_booking, taken


async def facts(name: str) -> list[dict]:
    rows = await db.fetch("SELECT payload FROM fact WHERE name = $1 ORDER BY id", name)
    return [orjson.loads(row["payload"]) for row in rows]


async def history(appointment_id) -> list[tuple]:
    rows = await db.fetch("SELECT * FROM transition WHERE subject_id = $1 ORDER BY id", appointment_id)
    return [(row["from_state"], row["to_state"], row["why"]) for row in rows]


async def test_a_cancelled_booking_gives_its_place_back(hospital):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient, capacity=1)
    gone = await patient.post(f"/appointments/{booked['id']}/cancellation", {"reason": "临时有事"})
    assert (gone["status"], gone["version"], gone["slot"]["available"]) == ("cancelled", 2, 1)
    assert await taken(slot) == 0
    assert (await history(booked["id"]))[1:] == [("booked", "cancelled", "临时有事")]
    (fact,) = await facts("AppointmentCancelled")
    assert (fact["appointment_id"], fact["by_clinic"], fact["is_rescheduled"]) == (booked["id"], False, False)
    assert fact["reason"] == ""  # what the patient wrote may be medical
    again = await patient.books(slot.id)
    assert again["number"] == 2  # a number is never given to a second person


async def test_a_second_cancellation_is_refused_and_the_same_request_replayed(hospital):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient)
    path, key = f"/appointments/{booked['id']}/cancellation", str(uuid4())
    first = await patient.call("POST", path, {}, Idempotency_Key=key)
    again = await patient.call("POST", path, {}, Idempotency_Key=key)
    assert (first.status, first.raw, again.headers["Idempotent-Replayed"]) == (200, again.raw, "true")
    reply = await patient.refused(path)
    assert (reply.status, reply.code) == (409, "illegal_move")
    assert await taken(slot) == 0


async def test_a_cancellation_after_the_begin_is_refused(hospital):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient, starts_at=time.now() - timedelta(minutes=1))
    reply = await patient.refused(f"/appointments/{booked['id']}/cancellation")
    assert (reply.status, reply.code) == (409, "cancel_too_late")
    assert await taken(slot) == 1


async def test_a_stale_cancellation_gets_the_fresh_booking(hospital):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient)
    path = f"/appointments/{booked['id']}/cancellation"
    reply = await patient.call("POST", path, {}, If_Match='"7"')
    assert (reply.status, reply.body["resource"]["version"]) == (412, 1)
    assert (await patient.call("POST", path, {}, If_Match='"1"')).status == 200


@pytest.mark.parametrize("body", [{"reason": "长" * 201}, {"reason": 1}, {"why": "x"}])
async def test_a_wrong_reason_is_refused(hospital, body):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient)
    assert (await patient.refused(f"/appointments/{booked['id']}/cancellation", body)).status == 422


async def test_a_moved_booking_takes_the_new_place_and_frees_the_old(hospital):
    patient = await a_patient_by_row(hospital)
    slot, other = await props.a_slot(), await props.a_slot()
    booked = await patient.books(slot.id, intake={"needs": "轮椅"})
    moved = await patient.post(f"/appointments/{booked['id']}/rescheduling", {"slot_id": str(other.id)})
    assert (moved["status"], moved["slot"]["id"], moved["number"]) == ("booked", str(other.id), 1)
    assert moved["intake"]["needs"] == "轮椅"
    old = await patient.get(f"/appointments/{booked['id']}")
    assert (old["status"], old["rescheduled_to_id"]) == ("rescheduled", moved["id"])
    assert (await taken(slot), await taken(other)) == (0, 1)
    assert (await history(booked["id"]))[1:] == [("booked", "rescheduled", "")]
    assert await history(moved["id"]) == [(None, "booked", "")]
    assert [fact["is_rescheduled"] for fact in await facts("AppointmentCancelled")] == [True]
    assert (await facts("AppointmentBooked"))[-1]["number"] == 1


async def test_a_move_inside_the_session_and_with_five_bookings_is_possible(hospital):
    patient = await a_patient_by_row(hospital)
    for other in await props.slots_apart(4):
        await patient.books(other.id)
    slot, booked = await a_booking(patient, starts_at=time.now() + timedelta(hours=6))
    later = await props.insert(
        "slot",
        session_id=slot.session_id,
        starts_at=slot.ends_at,
        ends_at=slot.ends_at + timedelta(minutes=30),
        capacity=1,
    )
    moved = await patient.post(f"/appointments/{booked['id']}/rescheduling", {"slot_id": str(later)})
    assert moved["slot"]["id"] == str(later)


async def test_a_refused_move_leaves_the_booking_as_it_was(hospital):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient)
    full, _ = await a_booking(other, capacity=1)
    mine, _ = await a_booking(patient, starts_at=time.now() + timedelta(hours=3))
    stopped = await props.a_slot(status="stopped")
    path = f"/appointments/{booked['id']}/rescheduling"
    for slot_id, status, code in (
        (full.id, 409, "slot_full"),
        (mine.id, 409, "already_booked"),
        (slot.id, 409, "already_booked"),
        (stopped.id, 409, "session_stopped"),
        (uuid4(), 404, "not_found"),
    ):
        reply = await patient.refused(path, {"slot_id": str(slot_id)})
        assert (reply.status, reply.code) == (status, code)
    assert (await patient.get(f"/appointments/{booked['id']}")) == booked | {"intake": None, "visit": None}
    assert [await taken(one) for one in (slot, full, mine, stopped)] == [1, 1, 1, 0]


async def test_what_is_over_is_not_moved(hospital):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient, starts_at=time.now() - timedelta(minutes=1))
    body = {"slot_id": str((await props.a_slot()).id)}
    assert (await patient.refused(f"/appointments/{booked['id']}/rescheduling", body)).code == "cancel_too_late"


async def test_a_move_is_repeated_as_one(hospital):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient)
    other, key = await props.a_slot(), str(uuid4())
    path, body = f"/appointments/{booked['id']}/rescheduling", {"slot_id": str(other.id)}
    first = await patient.call("POST", path, body, Idempotency_Key=key)
    again = await patient.call("POST", path, body, Idempotency_Key=key)
    assert (first.status, first.raw) == (again.status, again.raw) == (201, first.raw)
    assert (await patient.call("POST", path, body, If_Match='"1"')).status == 412


async def test_who_did_not_come_is_marked_when_check_in_has_closed(hospital, clock):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient)
    run = hospital.jobs["mark_no_shows"].run
    await clock.set_to(slot.ends_at + timedelta(minutes=59))
    await run()
    assert (await patient.get(f"/appointments/{booked['id']}"))["status"] == "booked"
    await clock.forward(minutes=2)
    await run()
    await run()
    shown = await patient.get(f"/appointments/{booked['id']}")
    assert (shown["status"], shown["version"]) == ("no_show", 2)
    assert (await history(booked["id"]))[1:] == [("booked", "no_show", "")]
    assert await taken(slot) == 1


async def test_who_was_scanned_is_no_no_show(hospital, clock):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient)
    scan = {"desk_id": await props.a_desk(), "by_id": uuid4(), "appointment_id": booked["id"], "body": "{}"}
    await props.insert("scan", outcome="accepted", **scan)
    await clock.set_to(slot.ends_at + timedelta(hours=5))
    await hospital.jobs["mark_no_shows"].run()
    assert (await patient.get(f"/appointments/{booked['id']}"))["status"] == "cancelled"  # and nobody's fault
