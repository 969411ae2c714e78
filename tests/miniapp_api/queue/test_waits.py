"""Promised waits: given with the ticket, kept, shown without jumping down, told as a word while nobody calls."""

from datetime import timedelta
from itertools import pairwise

import pytest

from miniapp_api.queue.waiting import waits
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is five past nine, the clinic has begun."""
    waits.forget()
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9, 5))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9))


async def promise(ticket_id: str) -> dict:
    row = await db.fetch_one("SELECT * FROM wait_promise WHERE ticket_id = $1", ticket_id)
    assert row is not None
    return row


async def test_a_scan_keeps_what_it_promised(scene):
    await scene.arrives()
    _, _, ticket = await scene.arrives()
    kept = await promise(ticket["id"])
    assert (kept["ahead"], kept["about_minutes"], kept["within_minutes"]) == (
        ticket["ahead"],
        ticket["wait"]["about_minutes"],
        ticket["wait"]["within_minutes"],
    )
    assert (kept["shown_about"], kept["shown_at"]) == (kept["about_minutes"], kept["at"])
    assert 0 < kept["expected_minutes"] <= kept["about_minutes"]
    assert kept["waited_minutes"] is None


async def test_walk_ins_people_found_by_name_and_transfers_are_promised_too(scene):
    walked = await scene.walks_in()
    assert (await promise(walked["id"]))["ahead"] == 0
    _, booked = await scene.books()
    named = (await scene.guide.post("/desk/check-ins", {"appointment_id": booked}))["ticket"]
    assert (await promise(named["id"]))["about_minutes"] is not None
    moved = await scene.guide.post(f"/tickets/{walked['id']}/transfer", {"department_id": str(scene.department_id)})
    assert (await promise(moved["ticket"]["id"]))["ahead"] <= 1


async def test_what_a_phone_shows_gets_shorter_by_one_step_a_minute(scene, clock):
    others = [await scene.arrives() for _ in range(4)]
    person, booked, _ = await scene.arrives()
    first = await person.get(f"/appointments/{booked}/queue")
    assert (first["ahead"], first["wait_note"]) == (4, None)
    for _, _, ticket in others:
        await scene.guide.post(f"/tickets/{ticket['id']}/leaving", {"reason": "回家"})
    seen = [first["wait"]]
    for _ in range(24):
        await clock.forward(seconds=20)
        seen.append((await person.get(f"/appointments/{booked}/queue"))["wait"])
    for column in ("about_minutes", "within_minutes"):
        values = [one[column] for one in seen]
        assert values == sorted(values, reverse=True)
        assert all(before - after in (0, 5) for before, after in pairwise(values))
        assert all(before - after <= 5 for before, after in zip(values, values[3:], strict=False))
    assert seen[-1]["about_minutes"] == 5


async def test_a_paused_room_is_told_as_a_word_and_not_as_a_number(scene):
    person, booked, _ = await scene.arrives()
    await scene.doctor.post(f"/rooms/{scene.room_id}/pause", {})
    place = await person.get(f"/appointments/{booked}/queue")
    assert (place["wait"], place["wait_note"], place["ahead"]) == (None, "paused", 0)
    waits.forget()
    late, its = await scene.books()
    answer = await scene.guide.scans(await late.code(its))
    assert (answer["ticket"]["wait"], answer["ticket"]["ahead"]) == (None, 1)
    assert "暂停叫号" in answer["message"]
    assert "分钟" not in answer["message"]
    assert (await promise(answer["ticket"]["id"]))["about_minutes"] is None
    await scene.doctor.post(f"/rooms/{scene.room_id}/resume", {})
    await db.fetch("UPDATE queue_line SET pause_reason = 'emergency'")
    assert (await late.get(f"/appointments/{its}/queue"))["wait_note"] == "paused"
    await db.fetch("UPDATE queue_line SET pause_reason = NULL")
    assert (await late.get(f"/appointments/{its}/queue"))["wait"] is not None


async def test_visits_are_counted_when_they_end_and_what_is_usual_comes_from_the_last_weeks(scene, clock):
    await scene.arrives()
    ticket = (await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {}))["ticket"]
    await scene.doctor.post(f"/tickets/{ticket['id']}/start", {})
    await clock.forward(minutes=9)
    await scene.doctor.post(f"/tickets/{ticket['id']}/finish", {})
    row = await db.fetch_one("SELECT practitioner_id, visit_type, visits, minutes FROM service_day")
    assert (row["practitioner_id"], row["visit_type"], row["visits"]) == (scene.slot.practitioner_id, "ordinary", 1)
    assert row["minutes"] == pytest.approx(9, abs=0.2)
    await props.insert_without_id(
        "service_day",
        department_id=scene.department_id,
        day=time.today() - timedelta(days=7),
        practitioner_id=scene.slot.practitioner_id,
        visit_type="ordinary",
        visits=192,
        minutes=192 * 16.0,
        squares=192 * 300.0,
    )
    pace = await waits.pace_of(scene.department_id, time.today(), practitioner_id=scene.slot.practitioner_id)
    assert (pace.usual_minutes, pace.visits) == (15.68, 1)  # drawn a little towards the department's eight
    assert pace.spread == 0.41
    other = await waits.pace_of(scene.department_id, time.today(), practitioner_id=(await a_colleague(scene)))
    assert (other.usual_minutes, other.visits) == (8.0, 0)


async def a_colleague(scene):
    return await props.a_practitioner(scene.department_id)


async def test_a_line_for_anybody_is_shared_by_the_rooms_in_which_clinics_run(scene, hospital):
    await props.a_slot(department_id=scene.department_id, starts_at=time.at(time.today(), 9))
    await props.a_room(scene.department_id)  # nobody is planned there
    pace = await waits.pace_of(scene.department_id, time.today(), practitioner_id=None)
    assert (pace.rooms, pace.running) == (2, 0)
    await a_patient_by_row(hospital)
    ticket = await scene.walks_in()
    await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {})
    pace = await waits.pace_of(scene.department_id, time.today(), practitioner_id=None)
    assert (pace.rooms, pace.running) == (2, 1)
    assert ticket["state"] == "waiting"
