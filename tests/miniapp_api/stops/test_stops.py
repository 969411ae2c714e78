"""A session is stopped: everybody who is booked gets exactly one outcome, is told, and answers."""

from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from miniapp_api.stops.shapes import MyStoppedVisit, StopDetail, StoppedVisitList, StopPlanView
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.stops.scenes import a_clinic, another, assert_sound, past_the_deadline, status_of, visit_of


async def test_a_preview_says_what_would_become_of_everybody_and_does_nothing(hospital):
    clinic = await a_clinic(hospital, 3)
    await clinic.same_doctor(hours=24)
    plan = await clinic.admin.post("/admin/stops/preview", clinic.asked())
    StopPlanView.model_validate(plan)
    assert plan["counts"] == {"moved": 3, "offered": 0, "released": 0}
    assert [one["number"] for one in plan["visits"]] == [1, 2, 3]
    assert plan["visits"][0]["patient"] == "张*三"
    assert plan["visits"][0]["places"][0]["practitioner"] == "王敏"
    assert await props.count("stop") == 0
    assert {await status_of(one) for one in clinic.booked} == {"booked"}


async def test_everybody_is_moved_to_the_same_doctor_where_there_are_places(hospital, drain):
    clinic = await a_clinic(hospital, 3)
    later = await clinic.same_doctor(hours=24, capacity=2)
    stop = await clinic.stops()
    StopDetail.model_validate(stop)
    assert (stop["state"], stop["counts"]["undecided"]) == ("deciding", 3)
    await drain()
    visits = [await visit_of(one) for one in clinic.booked]
    assert [one["outcome"] for one in visits] == ["moved", "moved", "released"]
    assert [await status_of(one) for one in clinic.booked] == ["rescheduled", "rescheduled", "cancelled"]
    row = await db.fetch_one("SELECT taken FROM slot WHERE id = $1", later.id)
    assert row == {"taken": 2}
    after = await clinic.admin.get(f"/admin/stops/{stop['id']}")
    assert (after["state"], after["counts"]["moved"], after["counts"]["released"]) == ("done", 2, 1)
    await assert_sound()


async def test_nobody_can_book_a_session_from_the_moment_it_is_stopped(hospital):
    clinic = await a_clinic(hospital, 1)
    await clinic.stops()
    late = await a_patient_by_row(hospital)
    reply = await late.refused("/appointments", {"slot_id": str(clinic.slot.id), "patient_id": late.patient_id})
    assert reply.code == "session_stopped"


async def test_places_of_the_same_level_are_offered_and_held_until_an_answer(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    near = await clinic.colleague(hours=2)
    await clinic.colleague(hours=26)
    await clinic.colleague("住院医师", hours=1)
    await clinic.stops("offer")
    await drain()
    person = clinic.people[0]
    (mine,) = (await person.get("/stopped-visits"))["items"]
    MyStoppedVisit.model_validate(mine)
    assert (mine["outcome"], mine["state"], mine["can_answer"]) == ("offered", "asked", True)
    assert mine["on_silence"] == "release"
    assert len(mine["alternatives"]) == 3
    assert mine["alternatives"][0]["starts_at"] == near.starts_at.astimezone(time.zone()).isoformat(timespec="seconds")
    assert await status_of(clinic.booked[0]) == "cancelled"
    chosen = mine["alternatives"][1]["id"]
    done = await person.post(f"/stopped-visits/{mine['id']}/answer", {"choice": "choose", "alternative_id": chosen})
    assert (done["state"], done["answer"], done["place"]["id"]) == ("settled", "chose", chosen)
    assert await status_of(chosen) == "booked"
    assert [await status_of(one["id"]) for one in mine["alternatives"]] == ["cancelled", "booked", "cancelled"]
    assert await props.count("refund_due") == 0
    again = await person.refused(f"/stopped-visits/{mine['id']}/answer", {"choice": "give_back"})
    assert again.code == "already_settled"
    await assert_sound()


async def test_a_patient_keeps_the_new_place_with_one_tap(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    person = clinic.people[0]
    (mine,) = (await person.get(f"/stopped-visits?appointment={clinic.booked[0]}"))["items"]
    done = await person.post(f"/stopped-visits/{mine['id']}/answer", {"choice": "keep"})
    assert (done["answer"], done["place"]["status"]) == ("kept", "booked")
    row = await visit_of(clinic.booked[0])
    assert row["contact"] == "reached"


async def test_a_patient_takes_the_money_back(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    await props.insert("price", visit_type="ordinary", price_fen=2500)
    await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    person = clinic.people[0]
    (mine,) = (await person.get("/stopped-visits"))["items"]
    done = await person.post(f"/stopped-visits/{mine['id']}/answer", {"choice": "give_back"})
    assert (done["place"], done["refund"]) == (None, {"price_fen": 2500, "state": "open"})
    assert await status_of(mine["place"]["id"]) == "cancelled"
    service = await a_member_of_staff(hospital, "customer_service")
    (due,) = (await service.get("/refunds-due?state=open"))["items"]
    assert (due["price_fen"], due["patient"]) == (2500, "张*三")
    assert (await service.refused(f"/refunds-due/{due['id']}/completion", {"receipt": ""})).status == 422
    paid = await service.post(f"/refunds-due/{due['id']}/completion", {"receipt": "T20261122-01"})
    assert (paid["state"], paid["receipt"]) == ("done", "T20261122-01")
    again = await service.refused(f"/refunds-due/{due['id']}/completion", {"receipt": "x"})
    assert again.code == "illegal_move"
    await assert_sound()


async def test_a_release_owes_the_fee_of_the_price_list(hospital, drain):
    clinic = await a_clinic(hospital, 2)
    await props.insert("price", visit_type="ordinary", department_id=clinic.slot.department_id, price_fen=3000)
    await clinic.stops("release")
    await drain()
    rows = await db.fetch("SELECT price_fen, state FROM refund_due")
    assert rows == [{"price_fen": 3000, "state": "open"}] * 2
    facts = await db.fetch("SELECT payload FROM fact WHERE name = 'AppointmentCancelled'")
    assert {orjson.loads(row["payload"])["by_clinic"] for row in facts} == {True}


async def test_everybody_is_told_once_and_urgently(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    (message,) = await clinic.people[0].inbox()
    assert message["event"] == "visit_stopped"
    assert message["link"] == f"pages/stopped/stopped?id={(await visit_of(clinic.booked[0]))['id']}"
    assert "医生外出会诊" in str(message["lines"])
    row = await db.fetch_one("SELECT min(priority) AS least FROM delivery")
    assert row == {"least": 0}


async def test_silence_keeps_a_moved_place_and_releases_offered_ones(hospital, drain, clock):
    clinic = await a_clinic(hospital, 2, starts_at=time.now() + timedelta(days=3))
    await clinic.same_doctor(hours=24, capacity=1)
    await clinic.colleague(hours=2, capacity=1)
    await clinic.stops()
    await drain()
    moved, offered = [await visit_of(one) for one in clinic.booked]
    assert (moved["outcome"], offered["outcome"]) == ("moved", "offered")
    await past_the_deadline(clock)
    await drain()
    moved, offered = [await visit_of(one) for one in clinic.booked]
    assert (moved["state"], moved["answer"], await status_of(moved["new_appointment_id"])) == (
        "settled", "silent", "booked",
    )  # fmt: skip
    assert (offered["state"], offered["answer"], offered["new_appointment_id"]) == ("settled", "silent", None)
    assert await props.count("appointment", "status = 'held'") == 0
    assert await props.count("refund_due") == 1
    events = [one["event"] for one in await clinic.people[1].inbox()]
    assert events == ["visit_stop_settled", "visit_stopped"]
    await assert_sound()


async def test_silence_may_keep_the_first_of_the_offered_places(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=3))
    await clinic.admin.call("PATCH", "/admin/booking-settings", {"stop_on_silence": "first"})
    first = await clinic.colleague(hours=1)
    await clinic.colleague(hours=30)
    await clinic.stops("offer")
    await drain()
    await past_the_deadline(clock)
    await drain()
    row = await visit_of(clinic.booked[0])
    assert (row["answer"], await status_of(row["new_appointment_id"])) == ("silent", "booked")
    taken = await db.fetch_one("SELECT taken FROM slot WHERE id = $1", first.id)
    assert taken == {"taken": 1}
    assert await props.count("appointment", "status = 'held'") == 0
    await assert_sound()


async def test_a_whole_session_moves_to_another_time_with_its_people_in_order(hospital, drain):
    clinic = await a_clinic(hospital, 3)
    at = (clinic.slot.starts_at + timedelta(days=2)).isoformat()
    stop = await clinic.stops(kind="move", to={"starts_at": at})
    await drain()
    rows = await db.fetch(
        "SELECT a.number, a.starts_at, old.number AS was FROM stopped_visit v"
        " JOIN appointment a ON a.id = v.new_appointment_id JOIN appointment old ON old.id = v.appointment_id"
        " ORDER BY a.number"
    )
    assert [(row["number"], row["was"]) for row in rows] == [(1, 1), (2, 2), (3, 3)]
    assert {row["starts_at"] for row in rows} == {clinic.slot.starts_at + timedelta(days=2)}
    moved = (await clinic.admin.get(f"/admin/stops/{stop['id']}"))["sessions"][0]
    assert moved["to_practitioner"] == "王敏"
    session = await db.fetch_one("SELECT opens_at <= app_now() AS is_open FROM session WHERE status = 'open'")
    assert session == {"is_open": True}
    reply = await clinic.admin.refused(
        f"/admin/stops/{stop['id']}/sessions/{clinic.slot.session_id}/reopening", {"reason": "x"}
    )
    assert reply.code == "not_reopened"
    await assert_sound()


async def test_a_session_moves_only_where_doctor_and_room_are_free(hospital):
    clinic = await a_clinic(hospital, 1)
    busy = await clinic.same_doctor(hours=24)
    asked = clinic.asked(kind="move", to={"starts_at": busy.starts_at.isoformat()})
    reply = await clinic.admin.refused("/admin/stops/preview", asked)
    assert (reply.code, reply.body["what"]) == ("place_taken", "practitioner")
    other = await props.a_practitioner(clinic.slot.department_id)
    in_room = await another(clinic.slot, practitioner_id=other, hours=48, room_id=clinic.slot.room_id)
    asked = clinic.asked(kind="move", to={"starts_at": in_room.starts_at.isoformat()})
    assert (await clinic.admin.refused("/admin/stops/preview", asked)).body["what"] == "room"


async def test_another_doctor_takes_the_session_over_at_the_same_hour(hospital, drain):
    clinic = await a_clinic(hospital, 2)
    other = await props.a_practitioner(clinic.slot.department_id, name="李华")
    await clinic.stops(kind="move", to={"practitioner_id": str(other)})
    await drain()
    rows = await db.fetch("SELECT practitioner_id, starts_at FROM appointment WHERE status = 'booked'")
    assert [row["practitioner_id"] for row in rows] == [other, other]
    assert {row["starts_at"] for row in rows} == {clinic.slot.starts_at}
    await assert_sound()


async def test_another_room_keeps_everybodys_place(hospital, drain):
    clinic = await a_clinic(hospital, 2)
    room = await props.a_room(clinic.slot.department_id, name="8诊室")
    await clinic.stops(kind="room", to={"room_id": str(room)})
    await drain()
    assert {await status_of(one) for one in clinic.booked} == {"booked"}
    (mine,) = (await clinic.people[0].get("/stopped-visits"))["items"]
    assert (mine["kind"], mine["outcome"], mine["place"]["id"]) == ("room", "moved", clinic.booked[0])
    assert "8诊室" in mine["place"]["location"]
    await assert_sound()


async def test_some_bands_of_a_session_stop_and_the_others_go_on(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    late_id = await props.insert(
        "slot",
        session_id=clinic.slot.session_id,
        starts_at=clinic.slot.ends_at,
        ends_at=clinic.slot.ends_at + timedelta(minutes=30),
        capacity=5,
    )
    part = {"session_id": str(clinic.slot.session_id), "slot_ids": [str(clinic.slot.id)]}
    await clinic.stops("move", sessions=[part])
    await drain()
    row = await visit_of(clinic.booked[0])
    assert row["outcome"] == "moved"
    moved = await db.fetch_one("SELECT slot_id FROM appointment WHERE id = $1", row["new_appointment_id"])
    assert moved == {"slot_id": late_id}
    session = await db.fetch_one("SELECT status FROM session WHERE id = $1", clinic.slot.session_id)
    assert session == {"status": "open"}
    await assert_sound()


async def test_several_sessions_stop_in_one_act_and_none_is_a_place_for_the_other(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    second = await clinic.same_doctor(hours=24)
    third = await clinic.same_doctor(hours=48)
    await clinic.stops(sessions=[{"session_id": str(one.session_id)} for one in (clinic.slot, second)])
    await drain()
    row = await visit_of(clinic.booked[0])
    moved = await db.fetch_one("SELECT slot_id FROM appointment WHERE id = $1", row["new_appointment_id"])
    assert moved == {"slot_id": third.id}


async def test_what_has_changed_since_the_preview_is_looked_at_again(hospital):
    clinic = await a_clinic(hospital, 1)
    plan = await clinic.admin.post("/admin/stops/preview", clinic.asked())
    await clinic.comes()
    body = {**clinic.asked(), "reason": "停诊", "digest": plan["digest"]}
    assert (await clinic.admin.refused("/admin/stops", body)).code == "plan_changed"
    assert await props.count("stop") == 0
    assert await props.count("session", "status = 'stopped'") == 0


async def test_holds_end_and_their_owners_are_told(hospital, drain):
    clinic = await a_clinic(hospital)
    person = await a_patient_by_row(hospital)
    held = await person.post("/holds", {"slot_id": str(clinic.slot.id), "patient_id": person.patient_id})
    await clinic.stops()
    refused = await person.refused(f"/appointments/{held['id']}/confirmation", {})
    assert refused.status == 409
    await drain()
    assert await status_of(held["id"]) == "cancelled"
    (message,) = await person.inbox()
    assert message["event"] == "visit_stopped"
    assert await props.count("refund_due") == 0
    await assert_sound()


async def test_who_has_checked_in_stays_and_is_shown_to_the_desk(hospital, drain):
    clinic = await a_clinic(hospital, 2)
    await db.fetch("UPDATE appointment SET status = 'checked_in' WHERE id = $1::uuid", clinic.booked[1])
    await props.insert(
        "transition", machine="appointment", subject_id=clinic.booked[1], to_state="checked_in", by_kind="staff",
        channel="desk",
    )  # fmt: skip
    stop = await clinic.stops("release")
    assert [(one["number"], one["status"]) for one in stop["here"]] == [(2, "checked_in")]
    await drain()
    assert await status_of(clinic.booked[1]) == "checked_in"
    assert await props.count("stopped_visit") == 1


async def test_an_annulled_check_in_in_a_stopped_session_gets_its_outcome_too(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    await db.fetch("UPDATE appointment SET status = 'checked_in' WHERE id = $1::uuid", clinic.booked[0])
    await clinic.stops("release")
    await drain()
    assert await props.count("stopped_visit") == 0
    await db.fetch("UPDATE appointment SET status = 'booked' WHERE id = $1::uuid", clinic.booked[0])
    await drain()
    assert (await visit_of(clinic.booked[0]))["outcome"] == "released"


async def test_a_session_that_is_opened_again_brings_nobody_back_by_itself(hospital, drain):
    clinic = await a_clinic(hospital, 2)
    stop = await clinic.stops("release")
    await drain()
    path = f"/admin/stops/{stop['id']}/sessions/{clinic.slot.session_id}/reopening"
    assert (await clinic.admin.refused(path, {"reason": ""})).status == 422
    after = await clinic.admin.post(path, {"reason": "医生提前返回"})
    assert after["sessions"][0]["reopened_why"] == "医生提前返回"
    assert {await status_of(one) for one in clinic.booked} == {"cancelled"}
    person = clinic.people[0]
    assert (await person.books(clinic.slot.id))["status"] == "booked"
    assert (await clinic.admin.refused(path, {"reason": "x"})).code == "not_reopened"
    await assert_sound()


async def test_who_was_not_decided_yet_keeps_the_place_when_the_session_opens_again(hospital, drain):
    clinic = await a_clinic(hospital, 2)
    stop = await clinic.stops("release")
    await clinic.admin.post(
        f"/admin/stops/{stop['id']}/sessions/{clinic.slot.session_id}/reopening", {"reason": "误操作"}
    )
    await drain()
    assert {await status_of(one) for one in clinic.booked} == {"booked"}
    assert await clinic.people[0].inbox() == []
    assert await props.count("stopped_visit", "state = 'void'") == 2
    await assert_sound()


async def test_a_head_stops_only_what_is_of_the_own_department(hospital):
    clinic = await a_clinic(hospital, 1)
    head = await a_member_of_staff(hospital, "department_head", department_id=clinic.slot.department_id)
    other = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    guide = await a_member_of_staff(hospital, "guide")
    assert (await other.refused("/admin/stops/preview", clinic.asked())).status == 404
    assert (await guide.refused("/admin/stops/preview", clinic.asked())).status == 403
    plan = await head.post("/admin/stops/preview", clinic.asked())
    stop = await head.post("/admin/stops", {**clinic.asked(), "reason": "停诊", "digest": plan["digest"]})
    assert (await other.call("GET", f"/admin/stops/{stop['id']}")).status == 404
    assert (await other.get("/admin/stops"))["items"] == []
    listed = (await head.get("/admin/stops"))["items"]
    assert [one["id"] for one in listed] == [stop["id"]]
    visits = await head.get(f"/admin/stops/{stop['id']}/visits")
    StoppedVisitList.model_validate(visits)
    assert (await other.call("GET", f"/admin/stops/{stop['id']}/visits")).status == 404
    assert (await other.call("GET", f"/admin/stops/sessions?department={clinic.slot.department_id}")).status == 404


async def test_a_stopped_visit_of_somebody_else_is_not_there(hospital, drain):
    clinic = await a_clinic(hospital, 1)
    await clinic.stops("release")
    await drain()
    visit = await visit_of(clinic.booked[0])
    stranger = await a_patient_by_row(hospital)
    assert (await stranger.call("GET", f"/stopped-visits/{visit['id']}")).status == 404
    assert (await stranger.refused(f"/stopped-visits/{visit['id']}/answer", {"choice": "keep"})).status == 404
    assert (await stranger.get("/stopped-visits"))["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"sessions": []},
        {"sessions": [{"session_id": "x"}]},
        {"policy": "whatever"},
        {"kind": "move"},
        {"kind": "stop", "to": {}},
        {"kind": "move", "to": {"starts_at": "2020-01-01T00:00:00+08:00"}},
        {"kind": "move", "to": {"starts_at": "2999-01-01T00:00:00+08:00"}},
        {"kind": "move", "to": {"starts_at": "0001-01-01T00:00:00+14:00"}},
        {"kind": "move", "to": {"practitioner_id": str(uuid4())}},
        {"kind": "room", "to": {"room_id": str(uuid4())}},
        {"kind": "room", "to": {}},
    ],
)
async def test_an_impossible_act_is_refused(hospital, change):
    clinic = await a_clinic(hospital, 1)
    reply = await clinic.admin.refused("/admin/stops/preview", clinic.asked() | change)
    assert reply.status == 422, reply.raw


async def test_a_session_that_is_not_there_or_stopped_is_refused(hospital):
    clinic = await a_clinic(hospital, 1)
    nowhere = clinic.asked(sessions=[{"session_id": str(uuid4())}])
    assert (await clinic.admin.refused("/admin/stops/preview", nowhere)).status == 404
    await clinic.stops("release")
    assert (await clinic.admin.refused("/admin/stops/preview", clinic.asked())).code == "session_stopped"


async def test_the_list_of_sessions_says_how_many_are_booked(hospital):
    clinic = await a_clinic(hospital, 2)
    day = clinic.slot.day.isoformat()
    found = await clinic.admin.get(f"/admin/stops/sessions?department={clinic.slot.department_id}&from={day}&to={day}")
    assert [(one["booked"], len(one["bands"]), one["practitioner"]) for one in found["items"]] == [(2, 1, "王敏")]
    wrong = await clinic.admin.call("GET", "/admin/stops/sessions?from=2026-01-02&to=2026-01-01")
    assert wrong.status == 422
