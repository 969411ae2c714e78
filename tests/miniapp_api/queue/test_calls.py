"""Calling: who is next, one ticket for one room, and every step of a ticket."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db, privacy
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene, broken_invariants


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def states(appointment_id: str) -> str:
    row = await db.fetch_one("SELECT status FROM appointment WHERE id = $1::uuid", appointment_id)
    assert row is not None
    return row["status"]


async def test_the_room_calls_starts_and_finishes(scene, clock):
    person, booked, ticket = await scene.arrives(name="张小三")
    called = await scene.doctor.calls_next(scene.room_id)
    assert (called["id"], called["state"], called["room"]["name"]) == (ticket["id"], "called", "2诊室")
    assert called["patient"]["name"] == "张*三"
    started = (await scene.doctor.post(f"/tickets/{ticket['id']}/start"))["ticket"]
    assert (started["state"], await states(booked)) == ("in_service", "in_service")
    await clock.forward(minutes=6)
    revisit_on = (time.today() + timedelta(days=14)).isoformat()
    body = {"advice": "多喝水。", "revisit_on": revisit_on, "care_plan_id": str(uuid4()), "diagnosis_group": "I10"}
    done = (await scene.doctor.post(f"/tickets/{ticket['id']}/finish", body))["ticket"]
    assert (done["state"], await states(booked)) == ("done", "completed")
    encounter = await db.fetch_one("SELECT * FROM encounter")
    assert (
        privacy.unseal(encounter["advice_cipher"], place="encounter.advice_cipher", row_id=encounter["id"])
        == "多喝水。"
    )
    assert (encounter["revisit_on"].isoformat(), encounter["diagnosis_group"]) == (revisit_on, "I10")
    assert encounter["practitioner_id"] == scene.slot.practitioner_id
    names = [row["name"] for row in await db.fetch("SELECT name FROM fact ORDER BY id")]
    assert names == ["PatientArrived", "TicketCalled", "VisitFinished"]
    fact = await db.fetch_one("SELECT payload FROM fact WHERE name = 'VisitFinished'")
    payload = orjson.loads(fact["payload"])
    assert (payload["has_advice"], payload["revisit_on"], payload["practitioner_name"]) == (True, revisit_on, "王敏")
    seen = await person.get(f"/appointments/{booked}/queue")
    assert (seen["state"], seen["stage"], seen["ahead"]) == ("done", "discharge", None)
    assert await broken_invariants(WIRING) == []


async def test_an_empty_queue_a_busy_room_and_a_paused_one_say_so(scene):
    calls = f"/rooms/{scene.room_id}/calls"
    assert (await scene.doctor.refused(calls)).code == "queue_empty"
    await scene.arrives()
    await scene.arrives()
    paused = await scene.doctor.post(f"/rooms/{scene.room_id}/pause")
    assert paused["state"] == "paused"
    assert (await scene.doctor.refused(calls)).code == "paused"
    assert (await scene.doctor.refused(f"/rooms/{scene.room_id}/pause")).code == "illegal_move"
    await scene.doctor.post(f"/rooms/{scene.room_id}/resume")
    await scene.doctor.calls_next(scene.room_id)
    assert (await scene.doctor.refused(calls)).code == "room_busy"


async def test_the_same_key_calls_once(scene):
    await scene.arrives()
    key = str(uuid4())
    first = await scene.doctor.call("POST", f"/rooms/{scene.room_id}/calls", Idempotency_Key=key)
    again = await scene.doctor.call("POST", f"/rooms/{scene.room_id}/calls", Idempotency_Key=key)
    assert (first.status, again.status, again.raw) == (201, 201, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await props.count("fact", "name = 'TicketCalled'") == 1


async def test_a_recall_is_told_and_a_pass_over_frees_the_room(scene, clock):
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    early = await scene.doctor.refused(f"/tickets/{ticket['id']}/recall")
    assert (early.code, 1 <= early.body["seconds"] <= 10) == ("recall_too_soon", True)
    await clock.forward(seconds=10)
    again = (await scene.doctor.post(f"/tickets/{ticket['id']}/recall"))["ticket"]
    assert (again["state"], again["call_count"]) == ("called", 2)
    missed = (await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over"))["ticket"]
    assert (missed["state"], missed["room"], missed["miss_count"]) == ("missed", None, 1)
    assert await props.count("fact", "name = 'TicketCalled'") == 2
    assert await props.count("fact", "name = 'TicketPassedOver'") == 1
    assert (await scene.doctor.refused(f"/rooms/{scene.room_id}/calls")).code == "queue_empty"


async def test_who_missed_the_call_goes_behind_the_third_and_says_so(scene, clock):
    for _ in range(5):
        await scene.arrives()
        await clock.forward(minutes=6)
    ticket = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over")
    await scene.guide.post(f"/tickets/{ticket['id']}/return")
    assert await scene.waiting() == ["A002", "A003", "A004", "A001", "A005"]
    row = await db.fetch_one("SELECT why FROM transition WHERE from_state = 'missed'")
    assert row["why"].startswith("recall: ")


async def test_after_the_third_miss_the_visit_is_over(scene):
    _, booked, ticket = await scene.arrives()
    for _ in range(2):
        await scene.doctor.calls_next(scene.room_id)
        await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over")
        await scene.doctor.post(f"/tickets/{ticket['id']}/return")
    await scene.doctor.calls_next(scene.room_id)
    last = (await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over"))["ticket"]
    assert (last["state"], last["reason"], await states(booked)) == ("left", "missed", "left")
    assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/return")).code == "illegal_move"
    assert await broken_invariants(WIRING) == []


async def test_a_call_is_undone_within_a_minute(scene, clock):
    await scene.arrives()
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/undo")
    assert await scene.waiting() == ["A001", "A002"]
    assert (await scene.doctor.calls_next(scene.room_id))["id"] == ticket["id"]
    await clock.forward(seconds=61)
    assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/undo")).code == "undo_too_late"
    assert await broken_invariants(WIRING) == []


async def test_who_steps_aside_keeps_the_place(scene):
    _, _, first = await scene.arrives()
    await scene.arrives()
    await scene.guide.post(f"/tickets/{first['id']}/hold")
    assert await scene.waiting() == ["A002"]
    await scene.guide.post(f"/tickets/{first['id']}/return")
    assert await scene.waiting() == ["A001", "A002"]
    assert (await scene.guide.refused(f"/tickets/{first['id']}/return")).code == "illegal_move"


async def test_an_examination_and_back_goes_on_with_the_same_visit(scene, clock):
    person, booked, ticket = await scene.arrives()
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    await scene.doctor.post(f"/tickets/{ticket['id']}/stage", {"stage": "examination", "place": "2楼检验科"})
    place = await person.get(f"/appointments/{booked}/queue")
    assert (place["state"], place["stage"], place["next_place"]) == ("away", "examination", "2楼检验科")
    await scene.arrives()
    await clock.forward(minutes=10)
    await scene.guide.post(f"/tickets/{ticket['id']}/return")
    assert await scene.waiting() == ["A001", "A002"]
    assert await states(booked) == "in_service"
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    await scene.doctor.post(f"/tickets/{ticket['id']}/finish")
    assert await props.count("encounter") == 1
    assert await broken_invariants(WIRING) == []


async def test_a_transfer_keeps_the_place_in_time_and_gets_a_number_there(scene, clock):
    person, booked, ticket = await scene.arrives()
    before = await db.fetch_one("SELECT sort_at FROM ticket")
    other = await props.a_department(name="眼科", ticket_prefix="E")
    await clock.forward(minutes=7)
    new = (await scene.guide.post(f"/tickets/{ticket['id']}/transfer", {"department_id": str(other)}))["ticket"]
    assert (new["number"], new["state"], new["department"]["name"]) == ("E001", "waiting", "眼科")
    after = await db.fetch_one("SELECT sort_at, appointment_id::text FROM ticket WHERE state = 'waiting'")
    assert (after["sort_at"], after["appointment_id"]) == (before["sort_at"], booked)
    assert await scene.waiting() == []
    assert (await person.get(f"/appointments/{booked}/queue"))["number"] == "E001"
    assert await broken_invariants(WIRING) == []


async def test_a_transfer_out_of_the_room_frees_it_and_ends_this_visit(scene):
    _, booked, ticket = await scene.arrives()
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    other = await props.a_department(name="眼科", ticket_prefix="E")
    there = await props.a_room(other)
    await scene.doctor.post(f"/tickets/{ticket['id']}/transfer", {"department_id": str(other)})
    assert (await scene.doctor.refused(f"/rooms/{scene.room_id}/calls")).code == "queue_empty"
    new = await scene.guide.calls_next(there)
    await scene.guide.post(f"/tickets/{new['id']}/start")
    await scene.guide.post(f"/tickets/{new['id']}/finish")
    assert await states(booked) == "completed"
    assert await broken_invariants(WIRING) == []


async def test_a_transfer_to_somebody_who_is_not_there_is_refused(scene):
    _, _, ticket = await scene.arrives()
    stranger = await props.a_practitioner(await props.a_department())
    for body in (
        {"practitioner_id": str(stranger)},
        {"department_id": str(uuid4())},
        {"department_id": "x"},
    ):
        assert (await scene.guide.refused(f"/tickets/{ticket['id']}/transfer", body)).status == 422
    assert await scene.waiting() == ["A001"]


async def test_who_leaves_is_gone_with_a_reason(scene):
    _, booked, ticket = await scene.arrives()
    left = (await scene.guide.post(f"/tickets/{ticket['id']}/leaving", {"reason": "等候太久"}))["ticket"]
    assert (left["state"], left["reason"], await states(booked)) == ("left", "等候太久", "left")
    assert await broken_invariants(WIRING) == []


async def test_a_stale_version_is_refused_with_the_fresh_ticket(scene):
    _, _, ticket = await scene.arrives()
    reply = await scene.guide.call("POST", f"/tickets/{ticket['id']}/hold", If_Match='"7"')
    assert (reply.status, reply.code, reply.body["resource"]["ticket"]["version"]) == (412, "stale", 1)
    reply = await scene.guide.call("POST", f"/tickets/{ticket['id']}/hold", If_Match='"1"')
    assert (reply.status, reply.body["ticket"]["version"]) == (200, 2)


async def test_steps_that_a_state_does_not_allow_are_refused(scene):
    _, _, ticket = await scene.arrives()
    for step, body in (
        ("recall", {}),
        ("start", {}),
        ("pass-over", {}),
        ("return", {}),
        ("undo", {}),
        ("finish", {}),
        ("stage", {"stage": "billing"}),
    ):
        assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/{step}", body)).code == "illegal_move", step
    assert await props.count("transition", "machine = 'ticket'") == 1


async def test_what_is_wrong_with_a_step_is_said(scene):
    _, _, ticket = await scene.arrives()
    await scene.doctor.calls_next(scene.room_id)
    await scene.doctor.post(f"/tickets/{ticket['id']}/start")
    yesterday = (time.today() - timedelta(days=1)).isoformat()
    for step, body in (
        ("finish", {"advice": "x" * 2001}),
        ("finish", {"revisit_on": "soon"}),
        ("finish", {"revisit_on": yesterday}),
        ("finish", {"revisit_on": "9999-12-31"}),
        ("stage", {"stage": "cinema"}),
        ("stage", {}),
        ("leaving", {}),
        ("leaving", {"reason": " "}),
    ):
        assert (await scene.doctor.refused(f"/tickets/{ticket['id']}/{step}", body)).status == 422, (step, body)
    assert await props.count("encounter", "finished_at IS NULL") == 1


async def test_only_rooms_and_guides_of_the_department_call(scene):
    _, _, ticket = await scene.arrives()
    elsewhere = await props.a_department()
    strangers = [
        await a_member_of_staff(scene.site, "room", department_id=elsewhere),
        await a_member_of_staff(scene.site, "guide", department_id=elsewhere),
        await a_member_of_staff(scene.site, "complaint_handler"),
        await a_patient_by_row(scene.site),
    ]
    for somebody in strangers:
        assert (await somebody.refused(f"/rooms/{scene.room_id}/calls")).status == 403
        assert (await somebody.refused(f"/tickets/{ticket['id']}/hold")).status == 403
        assert (await somebody.refused(f"/queues/{scene.department_id}", method="GET")).status == 403
    assert (await scene.doctor.refused(f"/rooms/{uuid4()}/calls")).status == 404
    assert (await scene.doctor.refused(f"/tickets/{uuid4()}/hold")).status == 404


async def test_a_room_takes_the_tickets_of_who_sits_there_and_those_for_anybody(scene):
    other = await props.a_slot(starts_at=scene.slot.starts_at, department_id=scene.department_id, capacity=10)
    _, _, mine = await scene.arrives()
    _, _, theirs = await scene.arrives(other)
    anybody = await scene.walks_in()
    assert (await scene.guide.calls_next(other.room_id))["id"] == theirs["id"]
    await scene.guide.post(f"/tickets/{theirs['id']}/leaving", {"reason": "-"})
    assert (await scene.guide.calls_next(other.room_id))["id"] == anybody["id"]
    assert (await scene.guide.calls_next(scene.room_id))["id"] == mine["id"]


async def test_a_room_where_nobody_is_planned_takes_who_is_planned_nowhere_else(scene):
    spare = await props.a_room(scene.department_id)
    await scene.arrives()
    assert (await scene.guide.refused(f"/rooms/{spare}/calls")).code == "queue_empty"
    await db.fetch("UPDATE session SET room_id = NULL")
    assert (await scene.guide.calls_next(spare))["number"] == "A001"


async def test_an_urgent_patient_is_called_first(scene):
    await scene.arrives()
    urgent = await scene.walks_in(triage="urgent")
    assert await scene.waiting() == [urgent["number"], "A001"]


async def test_two_rooms_calling_at_once_never_get_one_ticket(scene):
    rooms = [scene.room_id] + [await props.a_room(scene.department_id) for _ in range(7)]
    await db.fetch("UPDATE session SET room_id = NULL")
    await asyncio.gather(*(scene.walks_in() for _ in range(30)))

    async def works(room_id: UUID) -> list[str]:
        seen: list[str] = []
        while True:
            reply = await scene.guide.call("POST", f"/rooms/{room_id}/calls")
            if reply.status == 409:
                assert reply.code == "queue_empty"
                return seen
            ticket_id = reply.body["ticket"]["id"]
            seen.append(ticket_id)
            await scene.guide.post(f"/tickets/{ticket_id}/start")
            await scene.guide.post(f"/tickets/{ticket_id}/finish")

    called = [ticket for seen in await asyncio.gather(*(works(room) for room in rooms)) for ticket in seen]
    assert len(called) == len(set(called)) == 30
    assert await props.count("ticket", "state = 'done'") == 30
    assert await broken_invariants(WIRING) == []


async def test_one_room_with_two_buttons_calls_one(scene):
    for _ in range(4):
        await scene.arrives()
    replies = await asyncio.gather(*(scene.guide.call("POST", f"/rooms/{scene.room_id}/calls") for _ in range(4)))
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
    assert {reply.code for reply in replies if reply.status == 409} == {"room_busy"}
    assert await props.count("ticket", "state = 'called'") == 1


async def test_what_yesterday_left_over_is_ended(scene, clock, hospital):
    _, booked, _ = await scene.arrives()
    await scene.arrives()
    await scene.doctor.calls_next(scene.room_id)
    await clock.set_to(time.at(time.today() + timedelta(days=1), 3))
    await hospital.jobs["close_queues"].run()
    assert await props.count("ticket", "state = 'left'") == 0
    await clock.forward(hours=2)
    await hospital.jobs["close_queues"].run()
    assert await props.count("ticket", "state = 'left' AND reason = 'day_closed'") == 2
    assert await states(booked) == "left"
    assert await broken_invariants(WIRING) == []
