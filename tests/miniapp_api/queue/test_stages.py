"""Stations: data by department, sent to several in order, one current, done by tap, staff or scan, back or home."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise.exceptions import IntegrityError

from miniapp_api.queue.stations import lists as stage_lists
from miniapp_api.queue.stations import models as step_models
from miniapp_api.queue.stations.rules import DEFAULT, SENT_TO, Station, Step, Visit, way, wrong_in
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene, broken_invariants


@pytest.fixture
async def scene(hospital, clock):
    """It is nine, the clinic begins."""
    stage_lists.forget()
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9), ends_at=time.at(time.today(), 12))


async def in_the_room(scene) -> tuple:
    person, booked, ticket = await scene.arrives()
    await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {})
    await scene.doctor.post(f"/tickets/{ticket['id']}/start", {})
    return person, booked, ticket


def told(place: dict) -> list[tuple[str, str]]:
    return [(step["stage"], step["state"]) for step in place["steps"]]


async def test_the_way_is_told_from_the_booking_to_the_pharmacy(scene):
    person, booked = await scene.books()
    place = await person.get(f"/appointments/{booked}/queue")
    assert told(place) == [("guide", "now"), ("doctor", "next")]
    await scene.guide.scans(await person.code(booked))
    place = await person.get(f"/appointments/{booked}/queue")
    assert told(place) == [("guide", "done"), ("doctor", "now")]
    ticket = (await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {}))["ticket"]
    await scene.doctor.post(f"/tickets/{ticket['id']}/start", {})
    body = {"stages": ["billing", "examination"], "place": "一楼 3 号窗"}
    sent = (await scene.doctor.post(f"/tickets/{ticket['id']}/stage", body))["ticket"]
    assert (sent["state"], sent["stage"], sent["next_place"]) == ("away", "billing", "一楼 3 号窗")
    place = await person.get(f"/appointments/{booked}/queue")
    assert told(place) == [
        ("guide", "done"),
        ("doctor", "done"),
        ("billing", "now"),
        ("examination", "next"),
        ("doctor", "later"),
    ]
    first = place["steps"][2]["id"]
    place = await person.post(f"/visits/{ticket['id']}/steps/{first}/completion", {})
    assert told(place)[2:] == [("billing", "done"), ("examination", "now"), ("doctor", "next")]
    assert (place["stage"], place["state"]) == ("examination", "away")
    again = await person.post(f"/visits/{ticket['id']}/steps/{first}/completion", {})
    assert again == place
    second = place["steps"][3]["id"]
    await scene.guide.post(f"/tickets/{ticket['id']}/steps/{second}/completion", {})
    place = await person.get(f"/appointments/{booked}/queue")
    assert told(place)[2:] == [("billing", "done"), ("examination", "done"), ("doctor", "now")]
    assert place["next_place"]
    back = await person.post(f"/visits/{ticket['id']}/return", {})
    assert back["state"] == "waiting"
    called = (await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {}))["ticket"]
    assert called["id"] == ticket["id"]
    await scene.doctor.post(f"/tickets/{ticket['id']}/start", {})
    await scene.doctor.post(f"/tickets/{ticket['id']}/finish", {"stages": ["pharmacy", "discharge"]})
    place = await person.get(f"/appointments/{booked}/queue")
    assert told(place)[-3:] == [("doctor", "done"), ("pharmacy", "now"), ("discharge", "next")]
    assert (place["state"], place["stage"]) == ("done", "pharmacy")
    last = place["steps"][-2]["id"]
    place = await person.post(f"/visits/{ticket['id']}/steps/{last}/completion", {})
    assert told(place)[-2:] == [("pharmacy", "done"), ("discharge", "now")]
    acts = await db.fetch("SELECT act, by_kind FROM queue_event WHERE act = 'station_done' ORDER BY seq")
    assert [row["by_kind"] for row in acts] == ["patient", "staff", "patient"]
    assert await broken_invariants(WIRING) == []


async def test_the_code_scanned_again_puts_who_was_away_back_into_the_line(scene):
    person, booked, ticket = await in_the_room(scene)
    await scene.doctor.post(f"/tickets/{ticket['id']}/stage", {"stages": ["examination", "treatment"]})
    answer = await scene.guide.scans(await person.code(booked))
    assert (answer["outcome"], answer["ticket"]["state"]) == ("already_checked_in", "waiting")
    assert "已回到队列" in answer["message"]
    place = await person.get(f"/appointments/{booked}/queue")
    assert told(place)[2:] == [("examination", "done"), ("treatment", "done"), ("doctor", "now")]
    row = await db.fetch_one("SELECT rule FROM ticket WHERE id = $1", ticket["id"])
    assert row == {"rule": "return"}
    again = await scene.guide.scans(await person.code(booked))
    assert "已回到队列" not in again["message"]
    assert await broken_invariants(WIRING) == []


async def test_without_a_return_the_visit_ends_and_goes_on_at_the_stations(scene):
    person, booked, ticket = await in_the_room(scene)
    body = {"stage": "infusion", "returns": False}
    assert (await scene.doctor.post(f"/tickets/{ticket['id']}/stage", body))["ticket"]["state"] == "done"
    assert told(await person.get(f"/appointments/{booked}/queue"))[-1] == ("infusion", "now")
    undone = (await scene.doctor.post(f"/tickets/{ticket['id']}/undo", {}))["ticket"]
    assert undone["state"] == "in_service"
    assert told(await person.get(f"/appointments/{booked}/queue")) == [("guide", "done"), ("doctor", "now")]
    assert await broken_invariants(WIRING) == []


async def test_who_came_without_an_appointment_sees_the_way_too_and_nobody_else_does(scene, hospital):
    person = await a_patient_by_row(hospital)
    body = {"patient_id": person.patient_id, "department_id": str(scene.department_id)}
    ticket = (await scene.guide.post("/desk/walk-ins", body))["ticket"]
    place = await person.get(f"/visits/{ticket['id']}")
    assert told(place) == [("registration", "done"), ("doctor", "now")]
    assert [one["ticket_id"] for one in (await person.get("/visits"))["items"]] == [ticket["id"]]
    stranger = await a_patient_by_row(hospital)
    assert (await stranger.get("/visits"))["items"] == []
    assert (await stranger.call("GET", f"/visits/{ticket['id']}")).status == 404
    refused = await stranger.call("POST", f"/visits/{ticket['id']}/return", {}, Idempotency_Key=str(uuid4()))
    assert refused.status == 404
    early = await person.call("POST", f"/visits/{ticket['id']}/return", {}, Idempotency_Key=str(uuid4()))
    assert (early.status, early.body["code"]) == (409, "illegal_move")


async def test_stations_are_data_that_a_department_shortens_and_extends(scene, hospital):
    admin = await a_member_of_staff(hospital, "admin")
    seen = await admin.get(f"/admin/stages?department={scene.department_id}")
    assert (seen["version"], seen["is_own"], len(seen["items"])) == (0, False, 11)
    kept = [item for item in seen["items"] if item["kind"] in ("guide", "doctor", "billing")]
    blood = {**kept[-1], "code": "blood", "kind": "examination", "name": "抽血", "name_en": "Blood test"}
    blood |= {"place": "二楼抽血室", "hint": "出门左转上电梯到二楼", "hint_en": "Left, lift to floor 2"}
    body = {"department_id": str(scene.department_id), "version": 0, "items": [*kept, blood]}
    saved = await admin.put("/admin/stages", body)
    assert (saved["version"], saved["is_own"], saved["changes"][0]["items"][-1]["name"]) == (1, True, "抽血")
    assert (await admin.call("PUT", "/admin/stages", body)).status == 409  # somebody was faster
    choices = await scene.doctor.get(f"/queues/{scene.department_id}/stations")
    assert [one["code"] for one in choices["items"]] == ["billing", "blood"]
    person, booked, ticket = await in_the_room(scene)
    wrong = await scene.doctor.call(
        "POST", f"/tickets/{ticket['id']}/stage", {"stages": ["pharmacy"]}, Idempotency_Key=str(uuid4())
    )
    assert (wrong.status, wrong.body["errors"][0]["code"]) == (422, "unknown_station")
    await scene.doctor.post(f"/tickets/{ticket['id']}/stage", {"stages": ["blood"]})
    step = (await person.get(f"/appointments/{booked}/queue"))["steps"][2]
    assert (step["name"], step["place"], step["hint_en"]) == ("抽血", "二楼抽血室", "Left, lift to floor 2")
    back = await admin.put("/admin/stages", {**body, "version": 1, "items": None})
    assert (back["version"], back["is_own"], len(back["items"])) == (2, False, 11)
    head = await a_member_of_staff(hospital, "department_head", department_id=scene.department_id)
    whole = {"department_id": None, "version": 0, "items": body["items"]}
    assert (await head.call("PUT", "/admin/stages", whole)).status == 403
    assert (await head.call("PUT", "/admin/stages", {**body, "version": 2})).status == 200
    nowhere = {**body, "version": 3, "items": [kept[0]]}
    assert (await head.call("PUT", "/admin/stages", nowhere)).body["errors"][0]["code"] == "fixed_stations"


async def test_two_who_decide_at_once_do_not_both_win(scene, hospital):
    admin = await a_member_of_staff(hospital, "admin")
    items = (await admin.get("/admin/stages"))["items"]
    body = {"department_id": None, "version": 0, "items": items}
    answers = await asyncio.gather(*(admin.call("PUT", "/admin/stages", body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert await props.count("stage_list") == 1


async def tapped_by_many(scene) -> None:
    """The patient taps twice while the guide says the same: one station is done, the next one is the only current."""
    person, booked, ticket = await in_the_room(scene)
    await scene.doctor.post(f"/tickets/{ticket['id']}/stage", {"stages": ["billing", "examination", "pharmacy"]})
    step = (await person.get(f"/appointments/{booked}/queue"))["steps"][2]["id"]
    path = f"/tickets/{ticket['id']}/steps/{step}/completion"
    await asyncio.gather(
        *(person.post(f"/visits/{ticket['id']}/steps/{step}/completion", {}) for _ in range(3)),
        *(scene.guide.post(path, {}) for _ in range(3)),
    )
    assert told(await person.get(f"/appointments/{booked}/queue"))[2:5] == [
        ("billing", "done"),
        ("examination", "now"),
        ("pharmacy", "next"),
    ]
    assert await props.count("queue_event", "act = 'station_done'") == 1


async def test_a_station_said_done_by_many_is_done_once(scene):
    await tapped_by_many(scene)


@pytest.mark.mutant
async def test_without_the_look_at_the_current_one_a_tap_too_many_is_noticed(scene, monkeypatch):
    assert step_models.END_ONE.count("AND state = 'now' ") == 1
    monkeypatch.setattr(step_models, "END_ONE", step_models.END_ONE.replace("AND state = 'now' ", ""))
    with pytest.raises(AssertionError):
        await tapped_by_many(scene)


async def test_no_ticket_has_two_current_stations(scene):
    _, _, ticket = await scene.arrives()
    values = {"ticket_id": UUID(ticket["id"]), "kind": "billing", "station": "{}", "is_after": False, "state": "now"}
    await props.insert("visit_step", number=1, given_at=time.now(), **values)
    with pytest.raises(IntegrityError, match="visit_step_one_now"):
        await props.insert("visit_step", number=2, given_at=time.now(), **values)


stations = st.lists(st.sampled_from(SENT_TO), max_size=5)


@given(stations, stations, st.integers(0, 5), st.booleans(), st.booleans())
def test_the_way_has_at_most_one_now_and_one_next_and_nothing_done_behind_them(round_, after, done, is_over, is_booked):
    def made(kinds, is_after, are_done):
        return [
            Step(
                str(new_id()),
                Station(kind, kind, kind),
                is_after,
                "done" if place < are_done else "now" if place == are_done else "later",
            )
            for place, kind in enumerate(kinds)
        ]

    steps = made(round_, False, len(round_) if is_over else done) + (made(after, True, done) if is_over else [])
    state = "done" if is_over else "away" if round_ else "waiting"
    states = [row["state"] for row in way(DEFAULT, Visit(state, is_booked, "二楼"), steps)]
    assert states.count("now") <= 1
    assert states.count("next") <= 1
    order = {"done": 0, "now": 1, "next": 2, "later": 3}
    assert [order[one] for one in states] == sorted(order[one] for one in states)


def test_a_list_needs_the_doctor_and_codes_of_their_own():
    assert wrong_in(DEFAULT) is None
    assert wrong_in((*DEFAULT, DEFAULT[5])) == "same_code"
    assert wrong_in(DEFAULT[:3]) == "fixed_stations"


async def test_who_came_without_an_appointment_reads_what_the_visit_left(scene, hospital, drain):
    person = await a_patient_by_row(hospital)
    body = {"patient_id": person.patient_id, "department_id": str(scene.department_id)}
    ticket = (await scene.guide.post("/desk/walk-ins", body))["ticket"]
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    assert (await person.get(f"/visits/{ticket['id']}"))["visit"] is None
    await scene.doctor.post(f"/tickets/{ticket['id']}/finish", {"advice": "多休息"})
    visit = await person.get(f"/visits/{ticket['id']}")
    assert (visit["visit"]["advice"], visit["patient"]["name"]) == ("多休息", "张小三")
    await drain()
    inbox = (await person.get("/messages"))["items"]
    links = {message["link"] for message in inbox if message["event"] != "survey_invitation"}
    assert links == {f"pages/visit/visit?id={ticket['id']}"}
