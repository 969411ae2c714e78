"""Who may wait for what: one or two people, named sessions or any that fits, at the phone or at the desk."""

from datetime import timedelta

import pytest
import pytest_asyncio

from miniapp_api.booking import settings
from miniapp_api.waitlist import looking
from miniapp_api.waitlist.joining import Asked, join
from miniapp_api.waitlist.rules import STOPPED_PRIORITY
from server import clock as time
from server import db
from server.history import SYSTEM
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.waitlist.scenes import (
    a_full_slot,
    broken_promises,
    counts,
    entry,
    gives_back,
    look,
    people_who_wait,
    state,
    waits,
)


@pytest_asyncio.fixture(autouse=True)
async def at_ten_in_the_morning(clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    settings.forget()
    looking.forget_past()
    yield
    assert await broken_promises() == []


async def refused(patient, *slots, **more):
    body = {"session_ids": [str(slot.session_id) for slot in slots], "patient_id": patient.patient_id, **more}
    return (await patient.refused("/waitlist", body)).code


async def test_an_entry_shows_position_chance_and_closing_time(hospital):
    slot, _ = await a_full_slot(hospital)
    await people_who_wait(hospital, slot, 2)
    patient = await a_patient_by_row(hospital)
    seen = await waits(patient, slot)
    assert (seen["state"], seen["ahead"], seen["offer"]) == ("waiting", 2, None)
    assert seen["chance"] == {"hope": "unknown", "percent": None}
    assert seen["sessions"][0]["practitioner_name"] == "王敏"
    assert [item["id"] for item in (await patient.get("/waitlist"))["items"]] == [seen["id"]]


PAST = """
INSERT INTO waitlist_target (entry_id, session_id, seat, patient_id, person_id, state, priority, joined_at, seats,
                             closes_at, after_number, ended_at, outcome, department_id, visit_type, lead, ahead)
SELECT $1, se.id, 1, p.id, p.person_id, 'done', 0, app_now(), 1, app_now(), 9, app_now(), $4, se.department_id,
       'ordinary', 1, $5 FROM session se, patient p WHERE se.id = $2 AND p.id = $3
"""


async def somebody_waited(slot, *, ahead: int, outcome: str) -> None:
    """Somebody stood in a line of this department two days before the visit."""
    moments = {"closes_at": time.now(), "ended_at": time.now()}
    entry_id = await props.insert("waitlist_entry", state="closed", seats=1, channel="miniapp", **moments)
    await db.fetch(PAST, entry_id, slot.session_id, await props.a_patient(), outcome, ahead)


async def test_a_chance_is_told_from_what_became_of_others(hospital):
    slot, _ = await a_full_slot(hospital)
    patient, one = (await people_who_wait(hospital, slot, 1))[0]
    for n in range(30):  # twenty of thirty who waited like this got a place
        await somebody_waited(slot, ahead=n % 3, outcome="offered" if n < 20 else "closed")
    looking.forget_past()
    assert (await entry(patient, one))["chance"] == {"hope": "fair", "percent": 50}


async def test_who_need_not_wait_is_told_so(hospital):
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=2), capacity=1)
    patient = await a_patient_by_row(hospital)
    reply = await patient.refused(
        "/waitlist", {"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id}
    )
    assert (reply.code, reply.body["slot_id"]) == ("places_left", str(slot.id))
    await patient.books(slot.id)
    assert await refused(patient, slot) == "already_booked"


async def test_one_place_in_a_line_for_a_person_whatever_the_account(hospital):
    slot, _ = await a_full_slot(hospital)
    one, two = [await a_patient_by_row(hospital, name="李四", phone="13900000001") for _ in range(2)]
    await waits(one, slot)
    assert await refused(one, slot) == "already_waiting"
    assert await refused(two, slot) == "already_waiting"


async def test_a_person_waits_for_three_things_at_most(hospital):
    patient = await a_patient_by_row(hospital)
    for n in range(3):
        await waits(patient, (await a_full_slot(hospital, hours=48 + n))[0])
    slot, _ = await a_full_slot(hospital, hours=60)
    assert await refused(patient, slot) == "too_many_waiting"


async def test_what_nobody_can_wait_for(hospital):
    patient = await a_patient_by_row(hospital)
    near, _ = await a_full_slot(hospital, hours=0.4)
    assert await refused(patient, near) == "line_closed"
    slot, _ = await a_full_slot(hospital)
    await db.fetch("UPDATE session SET opens_at = app_now() + interval '1 hour' WHERE id = $1", slot.session_id)
    assert await refused(patient, slot) == "not_yet_open"
    body = {"session_ids": [str(new_id())], "patient_id": patient.patient_id}
    assert (await patient.refused("/waitlist", body)).status == 422
    assert (await patient.refused("/waitlist", {"patient_id": patient.patient_id})).status == 422
    other = await a_patient_by_row(hospital)
    assert await refused(patient, slot, patient_id=other.patient_id) in ("not_found", "not_yet_open")


async def test_nobody_waits_for_somebody_elses_people_or_sees_their_entries(hospital):
    slot, _ = await a_full_slot(hospital)
    (one, seen), (two, _) = await people_who_wait(hospital, slot, 2)
    stranger = await a_patient_by_row(hospital)
    assert await refused(stranger, slot, patient_id=one.patient_id) == "not_found"
    assert (await two.call("GET", f"/waitlist/{seen['id']}")).status == 404
    for act in ("acceptance", "declining", "withdrawal"):
        assert (await two.refused(f"/waitlist/{seen['id']}/{act}")).status == 404


async def test_who_may_not_book_may_not_wait(hospital):
    slot, _ = await a_full_slot(hospital)
    patient = await a_patient_by_row(hospital)
    await db.fetch(
        "UPDATE person SET suspended_until = app_now() + interval '3 days'"
        " WHERE id = (SELECT person_id FROM patient WHERE id = $1)",
        patient.patient_id,
    )
    assert await refused(patient, slot) == "suspended"


def any_of(slot, **more):
    return {
        "criteria": {
            "department_id": str(slot.department_id),
            "first_day": time.today().isoformat(),
            "last_day": (time.today() + timedelta(days=7)).isoformat(),
            **more,
        }
    }


async def test_any_that_fits_also_what_appears_later(hospital):
    slot, _ = await a_full_slot(hospital)
    await a_full_slot(hospital)  # of another department
    patient = await a_patient_by_row(hospital)
    one = await patient.post("/waitlist", {**any_of(slot), "patient_id": patient.patient_id})
    assert [session["session_id"] for session in one["sessions"]] == [str(slot.session_id)]
    later = await props.a_slot(
        starts_at=time.now() + timedelta(hours=30), department_id=slot.department_id, opens_at=time.now()
    )
    await look()
    assert await state(patient, one) == "waiting"  # its first minutes belong to everybody
    await db.fetch("UPDATE session SET opens_at = opens_at - interval '11 minutes' WHERE id = $1", later.session_id)
    await look()
    await look()
    seen = await entry(patient, one)
    assert seen["state"] == "offered"
    assert {session["session_id"]: session["state"] for session in seen["sessions"]} == {
        str(slot.session_id): "paused",
        str(later.session_id): "offered",
    }
    assert await props.count("waitlist_target") == 2


async def test_only_what_fits(hospital):
    slot, _ = await a_full_slot(hospital, hours=22)  # tomorrow at eight
    other, _ = await a_full_slot(hospital, hours=29, department_id=slot.department_id, visit_type="expert")
    patient = await a_patient_by_row(hospital)

    async def fits(**more):
        body = {**any_of(slot, **more), "patient_id": patient.patient_id}
        seen = await patient.post("/waitlist", body)
        await patient.post(f"/waitlist/{seen['id']}/withdrawal")
        return {session["session_id"] for session in seen["sessions"]}

    first, second = str(slot.session_id), str(other.session_id)
    assert await fits() == {first, second}
    assert await fits(halves=["morning"]) == {first}
    assert await fits(halves=["afternoon", "evening"]) == {second}
    assert await fits(visit_types=["expert"]) == {second}
    assert await fits(practitioner_ids=[str(slot.practitioner_id)]) == {first}
    assert await fits(last_day=time.today().isoformat(), halves=["evening"]) == set()


async def test_criteria_with_wrong_days_are_refused(hospital):
    slot, _ = await a_full_slot(hospital)
    patient = await a_patient_by_row(hospital)
    for more in (
        {"last_day": (time.today() - timedelta(days=1)).isoformat()},
        {"last_day": (time.today() + timedelta(days=40)).isoformat()},
        {"halves": ["night"]},
        {"department_id": "x"},
    ):
        body = {**any_of(slot, **more), "patient_id": patient.patient_id}
        assert (await patient.refused("/waitlist", body)).status == 422
    body = {**any_of(slot, department_id=str(new_id())), "patient_id": patient.patient_id}
    assert (await patient.refused("/waitlist", body)).status == 422


async def a_child_of(patient) -> str:
    return str(await props.a_patient(patient.account_id, relation="child", name="张小宝"))


async def test_two_together_get_two_places_or_none(hospital):
    slot, owners = await a_full_slot(hospital, capacity=3)
    family = await a_patient_by_row(hospital)
    one = await waits(family, slot, with_patient_id=await a_child_of(family))
    (single, two) = (await people_who_wait(hospital, slot, 1))[0]
    await gives_back(*owners[0])
    await look()
    assert await state(family, one) == "waiting"
    assert await state(single, two) == "offered"  # one place is nothing for two; the record says so
    await gives_back(*owners[1])
    assert (await counts(slot))["kept"] == 1
    await gives_back(*owners[2])
    assert (await counts(slot))["kept"] == 2
    await look()
    seen = await entry(family, one)
    assert seen["state"] == "offered"
    assert len(seen["offer"]["places"]) == 2
    seen = await family.post(f"/waitlist/{one['id']}/acceptance")
    assert len(seen["appointment_ids"]) == 2
    assert [item["status"] for item in (await family.get("/appointments"))["items"]] == ["booked", "booked"]


async def test_two_together_are_refused_together(hospital):
    slot, owners = await a_full_slot(hospital, capacity=2)
    family = await a_patient_by_row(hospital)
    child = await a_child_of(family)
    one = await waits(family, slot, with_patient_id=child)
    busy = await props.a_slot(starts_at=slot.starts_at)
    await family.post("/appointments", {"slot_id": str(busy.id), "patient_id": child})
    for owner in owners:
        await gives_back(*owner)
    await look()
    assert await state(family, one) == "waiting"
    assert await props.count("appointment", "status = 'held'") == 0
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 2}


async def test_declined_for_two_both_places_go_back(hospital):
    slot, owners = await a_full_slot(hospital, capacity=2)
    family = await a_patient_by_row(hospital)
    one = await waits(family, slot, with_patient_id=await a_child_of(family))
    for owner in owners:
        await gives_back(*owner)
    await look()
    held = (await family.get("/appointments?status=held"))["items"]
    await family.post(f"/appointments/{held[0]['id']}/cancellation")  # one of the two, past the waitlist
    await look()
    assert await state(family, one) == "declined"
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 2}


async def test_two_of_different_accounts_do_not_come_together(hospital):
    slot, _ = await a_full_slot(hospital)
    one, two = [await a_patient_by_row(hospital) for _ in range(2)]
    assert await refused(one, slot, with_patient_id=two.patient_id) == "not_found"
    assert await refused(one, slot, with_patient_id=one.patient_id) == "malformed"


async def test_who_was_sent_away_by_the_hospital_comes_first(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one) = (await people_who_wait(hospital, slot, 1))[0]
    stopped = await a_patient_by_row(hospital)
    await join(
        Asked(
            account_id=None,
            patient_ids=(
                stopped_id := (await db.fetch_one("SELECT id FROM patient WHERE id = $1", stopped.patient_id))["id"],
            ),
            by=SYSTEM,
            session_ids=(slot.session_id,),
            priority=STOPPED_PRIORITY,
            why="停诊",
        )
    )
    assert stopped_id
    await gives_back(owner, booking)
    await look()
    (seen,) = (await stopped.get("/waitlist"))["items"]
    assert seen["state"] == "offered"
    assert await state(first, one) == "waiting"


async def test_the_desk_waits_for_a_caller_and_answers_for_them(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    desk = await a_member_of_staff(hospital, "customer_service")
    caller = str(await props.a_patient(None, name="赵大爷"))
    seen = await desk.post("/desk/waitlist", {"session_ids": [str(slot.session_id)], "patient_id": caller})
    assert (seen["channel"], seen["can_be_told"], seen["patients"][0]["name"]) == ("phone", False, "赵*爷")
    await gives_back(owner, booking)
    await look()
    (one,) = (await desk.get("/desk/waitlist?offered=true"))["items"]
    assert one["offer"]["places"][0]["patient"]["name"] == "赵*爷"
    (line,) = (await desk.get("/desk/waitlist/sessions"))["items"]
    assert (line["waiting"], line["offered"]) == (0, 1)
    done = await desk.post(f"/desk/waitlist/{seen['id']}/acceptance")
    assert done["state"] == "booked"
    row = await db.fetch_one(
        "SELECT by_kind, channel FROM transition WHERE subject_id::text = $1 AND to_state = 'booked'", seen["id"]
    )
    assert row == {"by_kind": "staff", "channel": "phone"}


async def test_staff_see_and_move_only_what_is_theirs(hospital):
    slot, _ = await a_full_slot(hospital)
    (_, one) = (await people_who_wait(hospital, slot, 1))[0]
    other = await a_member_of_staff(hospital, "guide", department_id=await props.a_department())
    assert (await other.get("/desk/waitlist"))["items"] == []
    assert (await other.call("GET", f"/desk/waitlist?department={slot.department_id}")).status == 403
    assert (await other.refused(f"/desk/waitlist/{one['id']}/withdrawal")).status == 404
    body = {"session_ids": [str(slot.session_id)], "patient_id": str(await props.a_patient(None))}
    assert (await other.refused("/desk/waitlist", body)).status == 404
    assert (await other.call("POST", "/desk/waitlist", body)).status == 404  # without a key, nothing stays either
    assert await props.count("waitlist_entry") == 1
    patient = await a_patient_by_row(hospital)
    assert (await patient.call("GET", "/desk/waitlist")).status == 403


async def test_staff_move_nobody_up_without_a_reason(hospital):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (first, one), (second, two) = await people_who_wait(hospital, slot, 2)
    guide = await a_member_of_staff(hospital, "guide")
    assert (await guide.refused(f"/desk/waitlist/{two['id']}/priority", {"priority": 3, "reason": "急"})).status == 403
    supervisor = await a_member_of_staff(hospital, "supervisor")
    assert (await supervisor.refused(f"/desk/waitlist/{two['id']}/priority", {"priority": 3})).status == 422
    moved = await supervisor.post(f"/desk/waitlist/{two['id']}/priority", {"priority": 3, "reason": "术后复查"})
    assert (moved["priority"], moved["priority_why"]) == (3, "术后复查")
    items = (await supervisor.get(f"/desk/waitlist?session={slot.session_id}"))["items"]
    assert [item["id"] for item in items] == [two["id"], one["id"]]
    row = await db.fetch_one("SELECT why FROM transition WHERE by_kind = 'staff'")
    assert row == {"why": "priority 0 -> 3: 术后复查"}
    await gives_back(owner, booking)
    await look()
    assert (await state(second, two), await state(first, one)) == ("offered", "waiting")


async def test_a_repeated_request_is_one_entry(hospital):
    slot, _ = await a_full_slot(hospital)
    patient = await a_patient_by_row(hospital)
    body = {"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id}
    key = str(new_id())
    first, again = [await patient.post("/waitlist", body, key=key) for _ in range(2)]
    assert first == again
    assert await props.count("waitlist_entry") == 1


@pytest.mark.parametrize("act", ["acceptance", "declining"])
async def test_a_stale_command_is_refused(hospital, act):
    slot, [(owner, booking)] = await a_full_slot(hospital)
    (patient, one) = (await people_who_wait(hospital, slot, 1))[0]
    await gives_back(owner, booking)
    await look()
    reply = await patient.call(
        "POST", f"/waitlist/{one['id']}/{act}", {}, If_Match='"1"', Idempotency_Key=str(new_id())
    )
    assert reply.status == 412
    assert reply.body["resource"]["state"] == "offered"


async def test_who_turns_out_to_be_a_known_person_keeps_the_place_in_line(hospital):
    slot, _ = await a_full_slot(hospital)
    other, _ = await a_full_slot(hospital, hours=72)
    known = await a_patient_by_row(hospital, name="李四", phone="13900000002")
    again = await a_patient_by_row(hospital, name="李四", phone="13900000003")
    await waits(known, slot)
    await waits(again, slot)
    await waits(again, other)
    index = (await db.fetch("SELECT phone_index FROM patient WHERE id::text = $1", known.patient_id))[0]["phone_index"]
    await db.fetch("UPDATE patient SET phone_index = $1 WHERE id::text = $2", index, again.patient_id)
    rows = await db.fetch(
        "SELECT t.session_id, t.person_id = p.person_id AS follows FROM waitlist_target t JOIN patient p"
        " ON p.id = t.patient_id WHERE p.id::text = $1",
        again.patient_id,
    )
    assert {row["session_id"]: row["follows"] for row in rows} == {slot.session_id: False, other.session_id: True}


@pytest.mark.parametrize(
    ("table", "constraint"),
    [
        ("waitlist_target", "waitlist_target_once"),
        ("waitlist_offer", "waitlist_offer_one_live"),
        ("waitlist_offer", "waitlist_offer_session_id_number_key"),
        ("waitlist_seat", "waitlist_seat_appointment_id_key"),
        ("waitlist_person", "waitlist_person_entry_id_patient_id_key"),
    ],
)
async def test_the_table_holds_it_too(hospital, table, constraint):
    rows = await db.fetch("SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexname = $2", table, constraint)
    assert "UNIQUE" in rows[0]["indexdef"]


@pytest.mark.parametrize(
    "constraint",
    [
        "waitlist_entry_criteria_whole",
        "waitlist_entry_end",
        "waitlist_entry_priority_has_reason",
        "waitlist_target_end",
        "waitlist_offer_end",
        "waitlist_offer_has_time",
    ],
)
async def test_the_table_checks_it_too(hospital, constraint):
    assert len(await db.fetch("SELECT 1 FROM pg_constraint WHERE conname = $1 AND contype = 'c'", constraint)) == 1
