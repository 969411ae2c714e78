"""A place frees: who is offered it, what they answer, who is next."""

from datetime import datetime, timedelta

import pytest_asyncio

from miniapp_api.booking import settings
from miniapp_api.waitlist import looking
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.waitlist.scenes import (
    a_full_slot,
    broken_promises,
    counts,
    decides,
    entry,
    gives_back,
    look,
    people_who_wait,
    state,
    waits,
)


@pytest_asyncio.fixture(autouse=True)
async def at_ten_in_the_morning(clock):
    """No offer of these tests stands over a night unless it says so."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    settings.forget()
    looking.forget_past()
    yield
    assert await broken_promises() == []
    settings.forget()


async def test_a_place_that_is_given_back_is_kept_and_offered_to_the_first(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    assert await counts(slot) == {"taken": 0, "kept": 1, "capacity": 1}
    stranger = await a_patient_by_row(hospital)
    refusal = await stranger.refused("/appointments", {"slot_id": str(slot.id), "patient_id": stranger.patient_id})
    assert refusal.code == "slot_full"
    await look()
    assert await counts(slot) == {"taken": 1, "kept": 0, "capacity": 1}
    seen = await entry(first, one)
    assert seen["state"] == "offered"
    assert seen["offer"]["places"][0]["patient"]["id"] == first.patient_id
    assert datetime.fromisoformat(seen["offer"]["deadline"]) - time.now() <= timedelta(hours=2)
    assert (await entry(second, two))["ahead"] == 0
    held = (await first.get("/appointments"))["items"][0]
    assert held["status"] == "held"


async def test_who_accepts_has_a_booking(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    await gives_back(owner, booking)
    await look()
    seen = await first.post(f"/waitlist/{one['id']}/acceptance")
    assert seen["state"] == "booked"
    assert [item["status"] for item in (await first.get("/appointments"))["items"]] == ["booked"]
    assert seen["appointment_ids"] == [item["id"] for item in (await first.get("/appointments"))["items"]]
    assert (await first.refused(f"/waitlist/{one['id']}/acceptance")).code == "offer_over"
    assert (await first.refused(f"/waitlist/{one['id']}/withdrawal")).code == "illegal_move"


async def test_declined_it_passes_on_at_once(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    assert (await first.post(f"/waitlist/{one['id']}/declining"))["state"] == "declined"
    await look()
    assert await state(second, two) == "offered"
    assert (await second.post(f"/waitlist/{two['id']}/acceptance"))["state"] == "booked"


async def test_unanswered_it_passes_on(hospital, clock):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    await clock.forward(hours=2, minutes=1)
    assert (await first.refused(f"/waitlist/{one['id']}/acceptance")).code == "offer_over"
    await look()
    assert await state(first, one) == "expired"
    assert await state(second, two) == "offered"


async def test_an_accepted_offer_that_is_cancelled_goes_to_the_next_and_never_back(hospital):
    # what pretix 1163 and 1405 report: the one who cancels gets the place again, or it stays blocked
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    seen = await first.post(f"/waitlist/{one['id']}/acceptance")
    await first.post(f"/appointments/{seen['appointment_ids'][0]}/cancellation")
    await look()
    assert await state(first, one) == "booked"  # the end of that entry, whatever becomes of the booking
    assert await state(second, two) == "offered"
    await second.post(f"/waitlist/{two['id']}/declining")
    await look()
    assert await state(first, one) == "booked"
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}  # nobody waits: it is everybody's


async def test_who_cancelled_may_wait_again_behind_the_others(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    seen = await first.post(f"/waitlist/{one['id']}/acceptance")
    await first.post(f"/appointments/{seen['appointment_ids'][0]}/cancellation")
    again = await waits(first, slot)
    await look()
    assert await state(second, two) == "offered"
    assert (await entry(first, again))["ahead"] == 0
    await second.post(f"/waitlist/{two['id']}/declining")
    await look()
    assert await state(first, again) == "offered"


async def test_cancelling_the_held_appointment_declines_the_offer(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    held = (await first.get("/appointments"))["items"][0]
    await first.post(f"/appointments/{held['id']}/cancellation")
    await look()
    assert await state(first, one) == "declined"
    assert await state(second, two) == "offered"


async def test_confirming_the_held_appointment_accepts_the_offer(hospital, drain):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    await gives_back(owner, booking)
    await look()
    held = (await first.get("/appointments"))["items"][0]
    await first.post(f"/appointments/{held['id']}/confirmation")
    await drain()
    assert await state(first, one) == "booked"


async def test_a_kept_place_that_fits_nobody_becomes_everybodys(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    other = await props.a_slot(starts_at=slot.starts_at)
    await first.books(other.id)  # at the same time, elsewhere
    await gives_back(owner, booking)
    await look()
    assert await state(first, one) == "waiting"
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}
    stranger = await a_patient_by_row(hospital)
    await stranger.books(slot.id)


async def test_whom_a_place_does_not_fit_is_passed_over_with_the_reason(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await first.books((await props.a_slot(starts_at=slot.starts_at)).id)
    await gives_back(owner, booking)
    await look()
    assert await state(second, two) == "offered"
    row = await db.fetch_one("SELECT passed::text AS passed FROM waitlist_offer")
    assert row == {"passed": f'{{"{one["id"]}": "time_conflict"}}'}
    assert await state(first, one) == "waiting"


async def test_withdrawn_the_offer_passes_on(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await gives_back(owner, booking)
    await look()
    assert (await first.post(f"/waitlist/{one['id']}/withdrawal", {"reason": "好了"}))["state"] == "withdrawn"
    await look()
    assert await state(second, two) == "offered"


async def test_withdrawn_by_the_last_who_waits_the_kept_place_is_everybodys(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    await gives_back(owner, booking)
    await first.post(f"/waitlist/{one['id']}/withdrawal")
    await look()
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}


async def test_places_that_appear_by_themselves_are_offered(hospital):
    slot, _ = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    await db.fetch("UPDATE slot SET capacity = 2 WHERE id = $1", slot.id)  # the desk's reserve returns
    await look()
    assert await state(first, one) == "offered"
    assert await state(second, two) == "waiting"


async def test_the_line_closes_before_the_visit(hospital, clock, drain):
    slot, [(owner, booking)] = await a_full_slot(hospital, hours=3)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    closes_at = datetime.fromisoformat((await entry(first, one))["closes_at"])
    assert closes_at == slot.starts_at.replace(microsecond=0) - timedelta(minutes=30)
    await clock.forward(hours=2, minutes=31)
    await drain()
    seen = await entry(first, one)
    assert (seen["state"], seen["end_reason"]) == ("closed", "cut_off")
    assert (await first.inbox())[0]["event"] == "waitlist_closed"
    await gives_back(owner, booking)
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}  # nobody waits any more


async def test_near_the_visit_an_offer_stands_for_minutes(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital, hours=1)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    await gives_back(owner, booking)
    await look()
    seconds = (await entry(first, one))["offer"]["seconds_left"]
    assert 14 * 60 < seconds <= 15 * 60


async def test_an_offer_of_the_night_stands_until_the_morning(hospital, clock):
    slot, [(owner, booking)] = await a_full_slot(hospital, hours=72)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    await clock.forward(hours=14)  # midnight
    await gives_back(owner, booking)
    await look()
    deadline = time.local(datetime.fromisoformat((await entry(first, one))["offer"]["deadline"]))
    assert (deadline.hour, deadline.minute) == (9, 0)


async def test_who_books_elsewhere_what_they_waited_for_stops_waiting(hospital, drain):
    slot, _ = await a_full_slot(hospital)
    other, _ = await a_full_slot(hospital, hours=72, department_id=slot.department_id)
    [(first, one)] = [(patient := await a_patient_by_row(hospital), await waits(patient, slot, other))]
    await db.fetch("UPDATE slot SET capacity = capacity + 1 WHERE id = $1", other.id)
    await first.books(other.id)
    await drain()
    seen = await entry(first, one)
    assert (seen["state"], seen["end_reason"]) == ("closed", "booked_elsewhere")


async def test_a_stopped_clinic_ends_its_line(hospital, drain):
    slot, _ = await a_full_slot(hospital)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    await db.fetch("UPDATE session SET status = 'stopped' WHERE id = $1", slot.session_id)
    await db.fetch("UPDATE appointment SET status = 'cancelled' WHERE session_id = $1", slot.session_id)
    await db.fetch("UPDATE slot SET is_stopped = true, taken = 0 WHERE id = $1", slot.id)
    await drain()
    seen = await entry(first, one)
    assert (seen["state"], seen["end_reason"]) == ("closed", "stopped")
    await db.fetch("TRUNCATE appointment CASCADE")


async def test_an_entry_for_two_sessions_goes_on_with_the_other_after_declining(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    other, [(other_owner, other_booking)] = await a_full_slot(hospital, hours=72)
    patient = await a_patient_by_row(hospital)
    one = await waits(patient, slot, other)
    await gives_back(owner, booking)
    await look()
    seen = await entry(patient, one)
    assert [session["state"] for session in seen["sessions"]] == ["offered", "paused"]
    seen = await patient.post(f"/waitlist/{one['id']}/declining")
    assert [session["state"] for session in seen["sessions"]] == ["done", "waiting"]
    assert seen["state"] == "waiting"
    await look()
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}  # not offered to the same entry again
    await gives_back(other_owner, other_booking)
    await look()
    assert await state(patient, one) == "offered"


async def test_who_never_answers_is_asked_twice_at_most(hospital, clock):
    slots = [await a_full_slot(hospital, hours=48 + n) for n in range(3)]
    patient = await a_patient_by_row(hospital)
    one = await waits(patient, *(slot for slot, _ in slots))
    for n, (_, [(owner, booking)]) in enumerate(slots[:2]):
        await gives_back(owner, booking)
        await look()
        assert await state(patient, one) == "offered", n
        await clock.forward(hours=2, minutes=1)
        await look()
    assert await state(patient, one) == "expired"


async def test_the_numbers_are_settings(hospital):
    await decides(waitlist_offer_minutes=30, waitlist_max_open=1)
    slot, [(owner, booking)] = await a_full_slot(hospital)
    other, _ = await a_full_slot(hospital, hours=72)
    [(first, one)] = await people_who_wait(hospital, slot, 1)
    body = {"session_ids": [str(other.session_id)], "patient_id": first.patient_id}
    assert (await first.refused("/waitlist", body)).code == "too_many_waiting"
    await gives_back(owner, booking)
    await look()
    assert (await entry(first, one))["offer"]["seconds_left"] <= 30 * 60
    await db.fetch("DELETE FROM booking_setting")
