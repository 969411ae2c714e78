"""Who was not reached is called, and what they say on the phone is done at once; who lost a place comes first."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from miniapp_api.stops.shapes import StoppedVisitList, StoppedVisitView
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_with_a_phone
from tests.miniapp_api.stops.scenes import a_clinic, another, assert_sound, past_the_deadline, status_of, visit_of


async def comes_to_rest(drain) -> None:
    """What became of the messages is seen by the next look."""
    await drain()
    await drain()


async def a_call_list(hospital, drain, policy="move", people=1):
    """A stopped session whose people no phone can be reached; gives the clinic and who calls."""
    clinic = await a_clinic(hospital, people, starts_at=time.now() + timedelta(days=3))
    if policy == "move":
        await clinic.same_doctor(hours=24)
    if policy == "offer":
        await clinic.colleague(hours=2)
        await clinic.colleague(hours=30)
    await clinic.stops(policy)
    await comes_to_rest(drain)
    service = await a_member_of_staff(hospital, "customer_service")
    return clinic, service


async def test_whom_no_phone_can_reach_stands_on_the_call_list_in_order_of_the_visit(hospital, drain):
    clinic, service = await a_call_list(hospital, drain, people=2)
    sooner = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=1))
    await sooner.stops("release")
    await comes_to_rest(drain)
    found = await service.get("/stop-calls")
    StoppedVisitList.model_validate(found)
    assert [one["appointment_id"] for one in found["items"]] == [sooner.booked[0], *clinic.booked]
    assert {(one["patient"], one["contact"]) for one in found["items"]} == {("张*三", "to_call")}
    first = await service.get("/stop-calls?limit=1")
    assert (await service.get(f"/stop-calls?limit=2&cursor={first['next']}"))["items"] == found["items"][1:]


async def test_whom_the_phone_has_told_needs_no_call(hospital, drain):
    clinic = await a_clinic(hospital)
    person = await a_patient_with_a_phone(hospital)
    await person.accepts("appointment_cancelled")
    booked = await props.an_appointment(clinic.slot, UUID(person.patient_id), UUID(person.account_id))
    await clinic.stops("release")
    await comes_to_rest(drain)
    async with asyncio.timeout(20):
        while (await visit_of(str(booked)))["contact"] == "telling":  # the platform tells when the phone has it
            await drain()
    assert [one["template_id"] for one in await person.phone_shows()] != []
    assert (await visit_of(str(booked)))["contact"] == "reached"


async def test_who_was_told_and_has_not_answered_is_called_when_answers_count(hospital, drain, clock):
    clinic = await a_clinic(hospital, starts_at=time.now() + timedelta(days=3))
    await clinic.admin.call("PATCH", "/admin/booking-settings", {"stop_reached_by": "answered"})
    person = await a_patient_with_a_phone(hospital)
    await person.accepts("appointment_cancelled")
    booked = await props.an_appointment(clinic.slot, UUID(person.patient_id), UUID(person.account_id))
    await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    assert (await visit_of(str(booked)))["contact"] == "telling"
    await clock.forward(minutes=31)
    await drain()
    visit = await visit_of(str(booked))
    assert visit["contact"] == "to_call"
    await person.post(f"/stopped-visits/{visit['id']}/answer", {"choice": "keep"})
    assert (await visit_of(str(booked)))["contact"] == "reached"


async def test_who_opens_the_message_leaves_the_list(hospital, drain):
    clinic, service = await a_call_list(hospital, drain)
    (message,) = await clinic.people[0].inbox()
    await clinic.people[0].post(f"/messages/{message['id']}/reading")
    await drain()
    assert (await service.get("/stop-calls"))["items"] == []


async def test_a_whole_number_is_seen_by_a_recorded_act_only(hospital, drain):
    clinic, service = await a_call_list(hospital, drain)
    visit = await visit_of(clinic.booked[0])
    shown = await service.post(f"/stop-calls/{visit['id']}/phone")
    assert shown["phone"].startswith("138")
    [record] = await db.fetch("SELECT staff_id, patient_id, what FROM access_record")
    assert record == {"staff_id": UUID(service.staff_id), "patient_id": visit["patient_id"], "what": "phone"}
    other = await a_member_of_staff(hospital, "guide", department_id=await props.a_department())
    assert (await other.refused(f"/stop-calls/{visit['id']}/phone")).status == 404
    assert (await other.get("/stop-calls"))["items"] == []
    room = await a_member_of_staff(hospital, "room")
    assert (await room.refused(f"/stop-calls/{visit['id']}/phone")).status == 403
    assert await props.count("access_record") == 1


async def test_who_agrees_on_the_phone_keeps_the_place(hospital, drain):
    clinic, service = await a_call_list(hospital, drain)
    visit = await visit_of(clinic.booked[0])
    told = await service.post(f"/stop-calls/{visit['id']}/results", {"result": "accepted", "note": "说好了"})
    StoppedVisitView.model_validate(told)
    assert (told["state"], told["answer"], told["contact"]) == ("settled", "kept", "reached")
    assert [(call["result"], call["note"]) for call in told["calls"]] == [("accepted", "说好了")]
    assert (await service.get("/stop-calls"))["items"] == []
    await drain()
    events = [one["event"] for one in await clinic.people[0].inbox()]
    assert events == ["visit_stop_settled", "visit_stopped"]
    await assert_sound()


async def test_who_chooses_on_the_phone_gets_that_place_and_the_others_are_free(hospital, drain):
    _, service = await a_call_list(hospital, drain, "offer")
    (one,) = (await service.get("/stop-calls"))["items"]
    path = f"/stop-calls/{one['id']}/results"
    assert (await service.refused(path, {"result": "chose"})).status == 422
    assert (await service.refused(path, {"result": "chose", "alternative_id": str(uuid4())})).status == 422
    chosen = one["alternatives"][1]["id"]
    told = await service.post(path, {"result": "chose", "alternative_id": chosen})
    assert (told["answer"], told["place"]["id"]) == ("chose", chosen)
    assert await status_of(chosen) == "booked"
    assert await props.count("appointment", "status = 'held'") == 0
    await assert_sound()


async def test_who_wants_the_money_on_the_phone_gets_it(hospital, drain):
    clinic, service = await a_call_list(hospital, drain)
    visit = await visit_of(clinic.booked[0])
    told = await service.post(f"/stop-calls/{visit['id']}/results", {"result": "released"})
    assert (told["answer"], told["place"]) == ("gave_back", None)
    assert await props.count("refund_due", "state = 'open'") == 1
    assert await status_of(visit["new_appointment_id"]) == "cancelled"
    await assert_sound()


async def test_what_silence_decided_may_be_said_otherwise_on_the_phone(hospital, drain, clock):
    clinic, service = await a_call_list(hospital, drain)
    await past_the_deadline(clock)
    await comes_to_rest(drain)
    visit = await visit_of(clinic.booked[0])
    assert (visit["answer"], visit["contact"]) == ("silent", "to_call")
    told = await service.post(f"/stop-calls/{visit['id']}/results", {"result": "released"})
    assert (told["answer"], told["place"]) == ("gave_back", None)
    assert await status_of(visit["new_appointment_id"]) == "cancelled"
    assert await props.count("refund_due") == 1
    await assert_sound()


async def test_nobody_answers_and_somebody_calls_again_later(hospital, drain, clock):
    clinic, service = await a_call_list(hospital, drain)
    visit = await visit_of(clinic.booked[0])
    told = await service.post(f"/stop-calls/{visit['id']}/results", {"result": "no_answer"})
    assert told["contact"] == "to_call"
    assert (await service.get("/stop-calls"))["items"] == []
    assert len((await service.get("/stop-calls?later=true"))["items"]) == 1
    await clock.forward(minutes=16)
    assert len((await service.get("/stop-calls"))["items"]) == 1
    await service.post(f"/stop-calls/{visit['id']}/results", {"result": "no_answer"})
    await clock.forward(minutes=16)
    assert (await service.get("/stop-calls"))["items"] == []


async def test_a_released_person_is_told_by_phone_and_that_is_all(hospital, drain):
    clinic, service = await a_call_list(hospital, drain, "release")
    visit = await visit_of(clinic.booked[0])
    told = await service.post(f"/stop-calls/{visit['id']}/results", {"result": "accepted"})
    assert (told["outcome"], told["answer"], told["contact"]) == ("released", None, "reached")
    assert await props.count("refund_due") == 1


async def test_call_me_puts_somebody_on_the_list_even_when_the_message_was_read(hospital, drain):
    clinic, service = await a_call_list(hospital, drain)
    person = clinic.people[0]
    (message,) = await person.inbox()
    await person.post(f"/messages/{message['id']}/reading")
    await drain()
    assert (await service.get("/stop-calls"))["items"] == []
    visit = await visit_of(clinic.booked[0])
    shown = await person.post(f"/stopped-visits/{visit['id']}/answer", {"choice": "call_me"})
    assert (shown["wants_call"], shown["can_answer"]) == (True, True)
    await drain()
    assert [one["wants_call"] for one in (await service.get("/stop-calls"))["items"]] == [True]
    await service.post(f"/stop-calls/{visit['id']}/results", {"result": "accepted"})
    assert (await service.get("/stop-calls"))["items"] == []


async def test_somebody_without_an_account_is_called_at_once(hospital, drain):
    clinic = await a_clinic(hospital)
    walk_in = await props.a_patient(None)
    booked = await props.an_appointment(clinic.slot, walk_in)
    await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    visit = await visit_of(str(booked))
    assert (visit["contact"], visit["outcome"]) == ("to_call", "moved")
    await assert_sound()


async def test_the_list_closes_when_the_hour_has_long_passed(hospital, drain, clock):
    clinic, _ = await a_call_list(hospital, drain, "release")
    await clock.forward(days=4)
    await drain()
    assert (await visit_of(clinic.booked[0]))["contact"] == "closed"


# ---- what the person does elsewhere --------------------------------------------------------------------------------


async def test_a_moved_place_that_is_cancelled_elsewhere_is_given_back(hospital, drain):
    clinic, _ = await a_call_list(hospital, drain)
    visit = await visit_of(clinic.booked[0])
    await clinic.people[0].post(f"/appointments/{visit['new_appointment_id']}/cancellation")
    await drain()
    assert (await visit_of(clinic.booked[0]))["answer"] == "gave_back"
    assert await props.count("refund_due") == 1
    await assert_sound()


async def test_a_moved_place_to_which_nobody_came_was_never_agreed_to(hospital, drain):
    clinic, _ = await a_call_list(hospital, drain)
    visit = await visit_of(clinic.booked[0])
    await db.fetch("UPDATE appointment SET status = 'no_show' WHERE id = $1", visit["new_appointment_id"])
    await drain()
    assert (await visit_of(clinic.booked[0]))["answer"] == "silent"
    row = await db.fetch_one("SELECT is_of_stop($1) AS yes", visit["new_appointment_id"])
    assert row == {"yes": True}


async def test_a_moved_place_that_is_moved_elsewhere_is_chosen(hospital, drain):
    clinic, _ = await a_call_list(hospital, drain)
    other = await clinic.colleague(hours=50)
    visit = await visit_of(clinic.booked[0])
    path = f"/appointments/{visit['new_appointment_id']}/rescheduling"
    new = await clinic.people[0].post(path, {"slot_id": str(other.id)})
    await drain()
    after = await visit_of(clinic.booked[0])
    assert (after["answer"], str(after["new_appointment_id"])) == ("chose", new["id"])
    await assert_sound()


async def test_a_held_place_that_is_confirmed_elsewhere_is_chosen(hospital, drain):
    clinic, _ = await a_call_list(hospital, drain, "offer")
    person = clinic.people[0]
    (mine,) = (await person.get("/stopped-visits"))["items"]
    await person.post(f"/appointments/{mine['alternatives'][0]['id']}/confirmation")
    await drain()
    after = await visit_of(clinic.booked[0])
    assert (after["answer"], str(after["new_appointment_id"])) == ("chose", mine["alternatives"][0]["id"])
    assert await props.count("appointment", "status = 'held'") == 0
    await assert_sound()


async def test_a_place_that_was_moved_to_may_be_stopped_as_well(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    later = await clinic.same_doctor(hours=24)
    await another(clinic.slot, practitioner_id=clinic.slot.practitioner_id, hours=72)
    await clinic.stops()
    await drain()
    first = await visit_of(clinic.booked[0])
    await clinic.stops(sessions=[{"session_id": str(later.session_id)}])
    await drain()
    second = await visit_of(str(first["new_appointment_id"]))
    assert second["outcome"] == "moved"
    after = await visit_of(clinic.booked[0])
    assert (after["answer"], after["new_appointment_id"]) == ("chose", second["new_appointment_id"])
    assert await props.count("appointment", "status = 'booked'") == 1
    assert await props.count("refund_due") == 0
    await assert_sound()


# ---- first the next time -------------------------------------------------------------------------------------------


async def test_who_lost_a_place_waits_before_others(hospital, drain):
    clinic = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=2))
    full = await another(clinic.slot, practitioner_id=clinic.slot.practitioner_id, hours=72, capacity=1)
    other, _ = await clinic.comes(full)
    await clinic.stops("release")
    await drain()
    person = clinic.people[0]
    (mine,) = (await person.get("/stopped-visits"))["items"]
    assert (mine["outcome"], mine["can_wait"]) == ("released", True)
    after = await person.post(f"/stopped-visits/{mine['id']}/answer", {"choice": "wait"})
    assert after["can_wait"] is False
    assert await props.count("waitlist_entry", "priority = 5 AND state = 'waiting'") == 1
    again = await person.refused(f"/stopped-visits/{mine['id']}/answer", {"choice": "wait"})
    assert again.code == "already_settled"
    await other.post(f"/appointments/{clinic.booked[1]}/cancellation")
    await drain()
    assert await props.count("waitlist_offer", "state = 'live'") == 1
    await assert_sound()


async def test_an_entry_of_the_own_making_is_put_first_once(hospital, drain):
    clinic = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=2))
    full = await another(clinic.slot, practitioner_id=clinic.slot.practitioner_id, hours=72, capacity=1)
    await clinic.comes(full)
    await clinic.stops("release")
    await drain()
    person = clinic.people[0]
    await person.post("/waitlist", {"session_ids": [str(full.session_id)], "patient_id": person.patient_id})
    await drain()
    rows = await db.fetch("SELECT priority, priority_why FROM waitlist_entry")
    assert rows == [{"priority": 5, "priority_why": "停诊后优先安排"}]
    assert (await visit_of(clinic.booked[0]))["waitlist_entry_id"] is not None
    await assert_sound()


async def test_a_call_has_one_result_for_a_repeated_request(hospital, drain):
    clinic, service = await a_call_list(hospital, drain)
    visit, key = await visit_of(clinic.booked[0]), str(uuid4())
    path = f"/stop-calls/{visit['id']}/results"
    first = await service.post(path, {"result": "accepted"}, key=key)
    assert await service.post(path, {"result": "accepted"}, key=key) == first
    assert await props.count("stop_call") == 1
