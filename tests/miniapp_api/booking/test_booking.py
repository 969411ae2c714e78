"""Booking over HTTP: what is answered, what is refused and why, what is left in the tables."""

import logging
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from miniapp_api.booking.views import AppointmentView
from server import clock as time
from server import db, privacy
from server.ids import new_id
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row


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


async def test_a_refused_request_is_not_kept_so_that_a_retry_can_succeed(hospital):
    first, second = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot, booked = await a_booking(first, capacity=1)
    body, key = {"slot_id": str(slot.id), "patient_id": second.patient_id}, str(uuid4())
    assert (await second.call("POST", "/appointments", body, Idempotency_Key=key)).code == "slot_full"
    await first.post(f"/appointments/{booked['id']}/cancellation")
    assert (await second.call("POST", "/appointments", body, Idempotency_Key=key)).status == 201


async def test_a_full_slot_is_refused(hospital):
    first, second = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot, _ = await a_booking(first, capacity=1)
    reply = await second.refused("/appointments", {"slot_id": str(slot.id), "patient_id": second.patient_id})
    assert (reply.status, reply.code) == (409, "slot_full")
    assert "约满" in reply.body["detail"]


@pytest.mark.parametrize(
    ("session", "code"),
    [
        ({"status": "stopped"}, "session_stopped"),
        ({"status": "closed"}, "slot_over"),
        ({"starts_at": -timedelta(minutes=31)}, "slot_over"),
        ({"opens_at": timedelta(hours=1)}, "not_yet_open"),
    ],
)
async def test_a_slot_that_cannot_be_had_is_refused(hospital, session, code):
    patient = await a_patient_by_row(hospital)
    moments = {name: time.now() + value for name, value in session.items() if isinstance(value, timedelta)}
    slot = await props.a_slot(**(session | moments))
    reply = await patient.refused("/appointments", {"slot_id": str(slot.id), "patient_id": patient.patient_id})
    assert (reply.status, reply.code) == (409, code)
    assert await props.count("appointment") == await taken(slot) == 0


async def test_a_slot_under_way_can_still_be_booked(hospital):
    patient = await a_patient_by_row(hospital)
    _, booked = await a_booking(patient, starts_at=time.now() - timedelta(minutes=29))
    assert booked["status"] == "booked"


async def test_before_the_release_the_patient_hears_when(hospital):
    patient = await a_patient_by_row(hospital)
    opens_at = time.at(time.today() + timedelta(days=1), 7)
    slot = await props.a_slot(opens_at=opens_at, starts_at=opens_at + timedelta(days=2))
    reply = await patient.refused("/appointments", {"slot_id": str(slot.id), "patient_id": patient.patient_id})
    assert f"{opens_at:%m-%d} 07:00" in reply.body["detail"]
    assert reply.body["opens_at"] == opens_at.isoformat()


async def test_a_person_books_a_session_once(hospital):
    patient = await a_patient_by_row(hospital)
    slot, _ = await a_booking(patient)
    later = slot.ends_at
    second = await props.insert(
        "slot", session_id=slot.session_id, starts_at=later, ends_at=later + timedelta(minutes=30), capacity=3
    )
    for slot_id in (slot.id, second):
        reply = await patient.refused("/appointments", {"slot_id": str(slot_id), "patient_id": patient.patient_id})
        assert (reply.status, reply.code) == (409, "already_booked")


async def test_a_person_has_five_open_bookings_at_most(hospital):
    patient = await a_patient_by_row(hospital)
    *slots, last = await props.slots_apart(6)
    booked = [await patient.books(slot.id) for slot in slots]
    body = {"slot_id": str(last.id), "patient_id": patient.patient_id}
    reply = await patient.refused("/appointments", body)
    assert (reply.status, reply.code, reply.body["limit"]) == (409, "too_many_bookings", 5)
    await patient.post(f"/appointments/{booked[2]['id']}/cancellation")
    await patient.post("/appointments", body)
    rows = await db.fetch("SELECT open_place FROM appointment WHERE status = 'booked' ORDER BY open_place")
    assert [row["open_place"] for row in rows] == [1, 2, 3, 4, 5]


async def test_other_peoples_patients_and_unknown_slots_are_not_there(hospital):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot = await props.a_slot()
    for slot_id, patient_id in ((slot.id, other.patient_id), (slot.id, uuid4()), (uuid4(), patient.patient_id)):
        reply = await patient.refused("/appointments", {"slot_id": str(slot_id), "patient_id": str(patient_id)})
        assert (reply.status, reply.code) == (404, "not_found")
    assert await taken(slot) == 0


async def test_a_removed_person_cannot_be_booked_for(hospital):
    patient = await a_patient_by_row(hospital)
    await patient.call("DELETE", f"/patients/{patient.patient_id}")
    body = {"slot_id": str((await props.a_slot()).id), "patient_id": patient.patient_id}
    assert (await patient.refused("/appointments", body)).status == 404


@pytest.mark.parametrize(
    "change",
    [
        {"slot_id": "none"},
        {"slot_id": None},
        {"slot_id": 7},
        {"patient_id": ["x"]},
        {"intake": "headache"},
        {"intake": {"illness": 3}},
        {"intake": {"illness": "痛" * 2001}},
        {"intake": {"unknown": "x"}},
        {"surprise": True},
    ],
)
async def test_a_wrong_field_is_refused(hospital, change):
    patient = await a_patient_by_row(hospital)
    body = {"slot_id": str((await props.a_slot()).id), "patient_id": patient.patient_id}
    reply = await patient.refused("/appointments", body | change)
    assert (reply.status, reply.code) == (422, "malformed")
    assert await props.count("appointment") == 0


async def test_a_body_that_is_no_json_is_unreadable(hospital):
    patient = await a_patient_by_row(hospital)
    headers = {"Authorization": f"Bearer {patient.token}", "Content-Type": "application/json"}
    for body in (b"{", b"[]", b"\xff\xfe"):
        async with hospital.http.post(hospital.base + "/api/v1/appointments", data=body, headers=headers) as reply:
            assert (reply.status, (await reply.json(content_type=None))["code"]) == (400, "unreadable")


async def test_only_patients_book(hospital):
    staff = await a_member_of_staff(hospital, "admin")
    assert (await staff.refused("/appointments", {})).status == 403
    assert (await Client(hospital).refused("/appointments", {})).status == 401
    assert (await Client(hospital, token="forged").refused("/appointments", {})).status == 401


async def test_my_appointments_come_newest_first_in_pages(hospital):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    ids = [(await patient.books(slot.id))["id"] for slot in await props.slots_apart(3)]
    await other.books((await props.a_slot()).id)
    first = await patient.get("/appointments?limit=2")
    rest = await patient.get(f"/appointments?limit=2&cursor={first['next']}")
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    AppointmentView.model_validate(first["items"][0])


async def test_my_appointments_by_status(hospital):
    patient = await a_patient_by_row(hospital)
    kept, gone = [(await patient.books(slot.id))["id"] for slot in await props.slots_apart(2)]
    await patient.post(f"/appointments/{gone}/cancellation")
    assert [item["id"] for item in (await patient.get("/appointments?status=booked"))["items"]] == [kept]
    assert [item["id"] for item in (await patient.get("/appointments?status=cancelled"))["items"]] == [gone]
    assert (await patient.refused("/appointments?status=lost", method="GET")).status == 422


async def test_what_is_not_mine_is_not_there(hospital):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    _, booked = await a_booking(other)
    for appointment_id in (booked["id"], uuid4(), "none"):
        path = f"/appointments/{appointment_id}"
        assert (await patient.refused(path, method="GET")).status == 404
        assert (await patient.refused(path + "/calendar.ics", method="GET")).status == 404
        assert (await patient.refused(path + "/cancellation")).status == 404
        assert (await patient.refused(path + "/rescheduling", {"slot_id": str(uuid4())})).status == 404


async def test_what_the_visit_left_is_shown_to_its_owner(hospital):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient)
    encounter_id = new_id()
    await props.an_encounter(
        slot,
        patient.patient_id,
        patient.account_id,
        id=encounter_id,
        appointment_id=booked["id"],
        advice_cipher=privacy.seal("低盐饮食", place="encounter.advice_cipher", row_id=encounter_id),
        revisit_on=time.today(),
    )
    visit = (await patient.get(f"/appointments/{booked['id']}"))["visit"]
    assert (visit["advice"], visit["revisit_on"]) == ("低盐饮食", time.today().isoformat())


async def test_the_calendar_file_names_place_and_time(hospital):
    patient = await a_patient_by_row(hospital)
    slot, booked = await a_booking(patient)
    reply = await patient.call("GET", f"/appointments/{booked['id']}/calendar.ics")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    text = reply.raw.replace(b"\r\n ", b"").decode()
    assert f"DTSTART:{slot.starts_at:%Y%m%dT%H%M%SZ}" in text
    assert "门诊楼2层 2诊室" in text
    await patient.post(f"/appointments/{booked['id']}/cancellation")
    reply = await patient.call("GET", f"/appointments/{booked['id']}/calendar.ics")
    assert b"STATUS:CANCELLED" in reply.raw


async def test_a_booking_costs_one_statement_and_a_token(hospital, caplog):
    patient = await a_patient_by_row(hospital)
    slots = await props.slots_apart(2)
    counted = []
    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        for slot in slots:
            caplog.clear()
            await patient.books(slot.id)
            counted.append(sum(record.name == "tortoise.db_client" for record in caplog.records))
    assert counted == [4, 2]  # the first also asks for the settings and the slot, which are then remembered
