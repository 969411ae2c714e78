"""Booking over HTTP: what is answered, what is refused and why, what is left in the tables."""

from uuid import uuid4

import orjson

from miniapp_api.booking.views import AppointmentView
from server import db
from tests import props
from tests.cast import a_patient_by_row


async def a_booking(patient, **slot):
    """A slot and the booking of its first place."""
    slot = await props.a_slot(**slot)
    return slot, await patient.books(slot.id)


async def taken(slot) -> int:
    return (await db.fetch_one("SELECT taken FROM slot WHERE id = $1", slot.id))["taken"]


async def test_a_booking_is_answered_with_its_place(hospital):
    patient = await a_patient_by_row(hospital, name="张小三")
    slot, booked = await a_booking(patient, capacity=2)
    AppointmentView.model_validate(booked)
    assert (booked["status"], booked["number"], booked["version"]) == ("booked", 1, 1)
    assert booked["patient"] == {"id": patient.patient_id, "name": "张小三"}
    shown = (await patient.get(f"/slots?department={slot.department_id}"))["items"]
    assert booked["slot"] == shown[0]
    assert (shown[0]["available"], shown[0]["status"]) == (1, "open")
    detail = await patient.get(f"/appointments/{booked['id']}")
    assert detail == booked | {"intake": None, "visit": None}


async def test_the_last_place_is_answered_as_full(hospital):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient, capacity=1)
    assert (booked["slot"]["available"], booked["slot"]["status"]) == (0, "full")


async def test_a_booking_leaves_a_history_and_a_fact(hospital):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient)
    (history,) = await db.fetch("SELECT * FROM transition WHERE subject_id = $1", booked["id"])
    assert (history["from_state"], history["to_state"], history["channel"]) == (None, "booked", "miniapp")
    assert str(history["by_id"]) == patient.account_id
    (fact,) = await db.fetch("SELECT * FROM fact WHERE name = 'AppointmentBooked'")
    payload = orjson.loads(fact["payload"])
    assert (payload["appointment_id"], payload["number"]) == (booked["id"], 1)
    assert payload["location"] == "门诊楼2层 2诊室"


async def test_what_was_told_beforehand_is_sealed_and_shown_to_its_owner(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    booked = await patient.books(slot.id, intake={"illness": "胸闷三天", "needs": "轮椅"})
    detail = await patient.get(f"/appointments/{booked['id']}")
    assert detail["intake"] == {"illness": "胸闷三天", "history": "", "expectations": "", "needs": "轮椅"}
    row = await db.fetch_one("SELECT intake_cipher FROM appointment")
    assert "胸闷".encode() not in row["intake_cipher"]


async def test_a_repeated_request_gets_the_same_bytes_again(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    body = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    key = str(uuid4())
    first = await patient.call("POST", "/appointments", body, Idempotency_Key=key)
    again = await patient.call("POST", "/appointments", body, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201)
    assert first.raw == again.raw
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert await taken(slot) == 1


async def test_a_key_with_another_body_is_refused(hospital):
    patient = await a_patient_by_row(hospital)
    slot, other = await props.a_slot(), await props.a_slot()
    key = str(uuid4())
    body = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    await patient.post("/appointments", body, key=key)
    reply = await patient.call("POST", "/appointments", {**body, "slot_id": str(other.id)}, Idempotency_Key=key)
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert await taken(other) == 0
