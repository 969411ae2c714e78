"""A place that is kept while a form is filled: counted, seen by its owner, confirmed, given back, over."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from miniapp_api.booking import places
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row

HELD = 300


async def holds(patient, slot, **headers):
    body = {"slot_id": str(slot.id), "patient_id": patient.patient_id}
    return await patient.call("POST", "/holds", body, **headers)


async def counts(slot) -> tuple[int, int]:
    row = await db.fetch_one("SELECT taken, kept FROM slot WHERE id = $1", slot.id)
    return row["taken"], row["kept"]


async def history_of(appointment_id: str) -> list[str]:
    rows = await db.fetch("SELECT to_state FROM transition WHERE subject_id = $1 ORDER BY id", UUID(appointment_id))
    return [row["to_state"] for row in rows]


async def assert_sound() -> None:
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def test_a_hold_counts_is_its_owners_and_tells_nobody(hospital):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot = await props.a_slot(capacity=1)
    held = await holds(patient, slot)
    assert (held.status, held.body["status"], held.body["slot"]["status"]) == (201, "held", "full")
    assert await counts(slot) == (1, 0)
    mine = (await patient.get("/appointments?status=held"))["items"]
    assert [(one["id"], one["held_until"]) for one in mine] == [(held.body["id"], held.body["held_until"])]
    refused = await other.refused("/appointments", {"slot_id": str(slot.id), "patient_id": other.patient_id})
    assert refused.code == "slot_full"
    assert await props.count("fact") == 0
    await assert_sound()


async def test_a_hold_that_came_to_nothing_is_no_visit_of_its_owner(hospital, clock):
    patient = await a_patient_by_row(hospital)
    given_back, expired, booked = await props.slots_apart(3)
    for slot in (given_back, booked):
        held = (await holds(patient, slot)).body
        await patient.post(f"/appointments/{held['id']}/{'cancellation' if slot is given_back else 'confirmation'}", {})
    await patient.post(f"/appointments/{held['id']}/cancellation")  # a booking that is cancelled is remembered
    over = (await holds(patient, expired)).body
    await clock.forward(seconds=HELD + 1)
    await places.expire_holds()
    assert [one["id"] for one in (await patient.get("/appointments"))["items"]] == [held["id"]]
    assert [one["id"] for one in (await patient.get("/appointments?status=expired"))["items"]] == [over["id"]]
    assert len((await patient.get("/appointments?status=cancelled"))["items"]) == 2


async def test_a_confirmed_hold_is_a_booking_with_what_was_told(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    held = (await holds(patient, slot)).body
    path = f"/appointments/{held['id']}/confirmation"
    key = str(uuid4())
    booked = await patient.post(path, {"intake": {"illness": "咳嗽三天"}}, key=key)
    assert (booked["status"], booked["held_until"], booked["intake"]["illness"]) == ("booked", None, "咳嗽三天")
    assert booked["number"] == held["number"]
    again = await patient.call("POST", path, {"intake": {"illness": "咳嗽三天"}}, Idempotency_Key=key)
    assert (again.status, again.body) == (200, booked)
    assert (await patient.refused(path)).code == "illegal_move"
    assert await history_of(held["id"]) == ["held", "booked"]
    assert await props.count("fact", "name = 'AppointmentBooked'") == 1
    assert await counts(slot) == (1, 0)


async def test_a_hold_that_is_over_frees_its_place_for_the_next(hospital, clock):
    patient, other = await a_patient_by_row(hospital), await a_patient_by_row(hospital)
    slot = await props.a_slot(starts_at=time.now() + timedelta(hours=3), capacity=1)
    held = (await holds(patient, slot)).body
    await clock.forward(seconds=HELD + 1)
    assert (await patient.refused(f"/appointments/{held['id']}/confirmation")).code == "hold_expired"
    # no job has run: who comes next finds the place
    await other.books(slot.id)
    assert (await patient.get(f"/appointments/{held['id']}"))["status"] == "expired"
    assert await counts(slot) == (1, 0)
    await assert_sound()


async def test_the_sweep_ends_holds_once(hospital, clock):
    slot = await props.a_slot(starts_at=time.now() + timedelta(hours=3))
    people = [await a_patient_by_row(hospital) for _ in range(3)]
    held = [(await holds(patient, slot)).body["id"] for patient in people]
    await clock.forward(seconds=HELD - 1)
    assert await places.expire_holds() == 0
    await clock.forward(seconds=2)
    assert sum(await asyncio.gather(*(places.expire_holds() for _ in range(4)))) == 3
    assert [await history_of(one) for one in held] == [["held", "expired"]] * 3
    assert await counts(slot) == (0, 0)
    assert await props.count("fact") == 0


async def test_a_hold_is_given_back_before_and_after_the_slot_begins(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot(starts_at=time.now() - timedelta(minutes=5))
    held = (await holds(patient, slot)).body
    gone = await patient.post(f"/appointments/{held['id']}/cancellation")
    assert (gone["status"], gone["held_until"]) == ("cancelled", None)
    assert await counts(slot) == (0, 0)


async def test_a_hold_is_one_of_the_persons_open_bookings(hospital):
    patient = await a_patient_by_row(hospital)
    slot = await props.a_slot()
    held = (await holds(patient, slot)).body
    again = await holds(patient, slot)
    assert (again.status, again.code, again.body["appointment_id"]) == (409, "already_booked", held["id"])
    overlapping = await holds(patient, await props.a_slot())
    assert (overlapping.code, overlapping.body["appointment_id"]) == ("time_conflict", held["id"])


async def test_confirming_and_expiring_at_once_have_one_outcome(hospital, clock):
    for _ in range(5):
        patient = await a_patient_by_row(hospital)
        slot = await props.a_slot(starts_at=time.now() + timedelta(hours=3), capacity=1)
        held = (await holds(patient, slot)).body
        await clock.forward(seconds=HELD)
        reply, *_ = await asyncio.gather(
            patient.call("POST", f"/appointments/{held['id']}/confirmation", {}),
            places.expire_holds(),
            places.expire_holds(),
        )
        status = (await patient.get(f"/appointments/{held['id']}"))["status"]
        assert (reply.status, status) in {(200, "booked"), (409, "expired")}
        assert await counts(slot) == ((1, 0) if status == "booked" else (0, 0))
    await assert_sound()


async def test_a_stop_ends_holds_without_a_word(hospital):
    patient, admin = await a_patient_by_row(hospital), await a_member_of_staff(hospital, "admin")
    slot = await props.a_slot()
    held = (await holds(patient, slot)).body
    await admin.post(f"/admin/sessions/{slot.session_id}/stop", {"reason": "医生外出"})
    assert (await patient.refused(f"/appointments/{held['id']}/confirmation")).code == "illegal_move"
    assert await counts(slot) == (0, 0)
    assert await props.count("fact", "name = 'AppointmentCancelled'") == 0
