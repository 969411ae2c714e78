"""Each guard of a stop, taken out: somebody must notice."""

from datetime import timedelta

import pytest

from miniapp_api.stops import models, priority, reading, visits
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.stops.scenes import a_clinic, another, assert_sound, past_the_deadline, status_of, visit_of
from tests.mutants import Mutant, is_killed


async def a_second_band(clinic) -> props.Slot:
    starts_at = clinic.slot.ends_at
    ends_at = starts_at + timedelta(minutes=30)
    slot_id = await props.insert(
        "slot", session_id=clinic.slot.session_id, starts_at=starts_at, ends_at=ends_at, capacity=5
    )
    return props.Slot(**clinic.slot.__dict__ | {"id": slot_id, "starts_at": starts_at, "ends_at": ends_at})


def only(clinic, *slots):
    return [{"session_id": str(clinic.slot.session_id), "slot_ids": [str(one.id) for one in slots]}]


async def nobody_books_a_stopped_band(hospital, drain, clock):
    clinic = await a_clinic(hospital)
    await a_second_band(clinic)
    await clinic.stops("release", sessions=only(clinic, clinic.slot))
    late = await a_patient_by_row(hospital)
    reply = await late.call("POST", "/appointments", {"slot_id": str(clinic.slot.id), "patient_id": late.patient_id})
    assert (reply.status, reply.code) == (409, "session_stopped")


async def nobody_is_moved_into_a_draw(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1)
    drawn = await clinic.same_doctor(hours=24)
    await db.fetch("UPDATE session SET is_drawing = true WHERE id = $1", drawn.session_id)
    open_one = await clinic.same_doctor(hours=48)
    await clinic.stops("move")
    await drain()
    new = (await visit_of(clinic.booked[0]))["new_appointment_id"]
    row = await db.fetch_one("SELECT slot_id FROM appointment WHERE id = $1", new)
    assert row == {"slot_id": open_one.id}


async def somebody_else_takes_over_at_the_same_hour(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1)
    other = await props.a_practitioner(clinic.slot.department_id)
    await clinic.stops(kind="move", to={"practitioner_id": str(other)})
    await drain()
    assert (await visit_of(clinic.booked[0]))["outcome"] == "moved"


async def a_room_is_used_once(hospital, drain, clock):
    clinic = await a_clinic(hospital)
    other = await props.a_practitioner(clinic.slot.department_id)
    busy = await another(clinic.slot, practitioner_id=other, hours=48, room_id=clinic.slot.room_id)
    asked = clinic.asked(kind="move", to={"starts_at": busy.starts_at.isoformat()})
    assert (await clinic.admin.refused("/admin/stops/preview", asked)).code == "place_taken"


async def a_moved_session_opens_when_everybody_has_moved(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1)
    await clinic.stops(kind="move", to={"starts_at": (clinic.slot.starts_at + timedelta(days=1)).isoformat()})
    assert await props.count("session", "status = 'open' AND opens_at > app_now()") == 1
    await drain()
    assert await props.count("session", "status = 'open' AND opens_at <= app_now()") == 1


async def what_one_act_keeps_shut_another_does_not_open(hospital, drain, clock):
    clinic = await a_clinic(hospital)
    await a_second_band(clinic)
    await clinic.stops("release", sessions=only(clinic, clinic.slot))
    whole = await clinic.stops("release")
    path = f"/admin/stops/{whole['id']}/sessions/{clinic.slot.session_id}/reopening"
    await clinic.admin.post(path, {"reason": "恢复"})
    rows = await db.fetch("SELECT is_stopped FROM slot ORDER BY starts_at")
    assert [row["is_stopped"] for row in rows] == [True, False]


async def silence_ends_after_a_while(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=3))
    await clinic.same_doctor(hours=24)
    await clinic.stops()
    await drain()
    await past_the_deadline(clock)
    await drain()
    assert (await visit_of(clinic.booked[0]))["answer"] == "silent"


async def who_has_read_it_is_not_called(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1)
    await clinic.stops("release")
    await drain()
    (message,) = await clinic.people[0].inbox()
    await clinic.people[0].post(f"/messages/{message['id']}/reading")
    await drain()
    await drain()
    assert (await visit_of(clinic.booked[0]))["contact"] == "reached"


async def whom_nobody_reached_is_called(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=3))
    await clinic.admin.call("PATCH", "/admin/booking-settings", {"stop_reached_by": "answered"})
    await clinic.stops("release")
    await drain()
    await db.fetch("UPDATE delivery SET state = 'accepted' WHERE channel <> 'inbox'")
    await db.fetch("UPDATE stopped_visit SET contact = 'telling', next_call_at = NULL")
    await clock.forward(minutes=29)
    await hospital.jobs["watch_stops"].run()
    assert (await visit_of(clinic.booked[0]))["contact"] == "telling"
    await clock.forward(minutes=2)
    await hospital.jobs["watch_stops"].run()
    assert (await visit_of(clinic.booked[0]))["contact"] == "to_call"


async def somebody_whose_check_in_was_annulled_is_not_forgotten(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1)
    await db.fetch("UPDATE appointment SET status = 'checked_in' WHERE id = $1::uuid", clinic.booked[0])
    await clinic.stops("release")
    await drain()
    await db.fetch("UPDATE appointment SET status = 'booked' WHERE id = $1::uuid", clinic.booked[0])
    await drain()
    assert await status_of(clinic.booked[0]) == "cancelled"
    await assert_sound()


async def one_loss_puts_one_entry_first(hospital, drain, clock):
    clinic = await a_clinic(hospital, 1, starts_at=time.now() + timedelta(days=2))
    full = [
        await another(clinic.slot, practitioner_id=clinic.slot.practitioner_id, hours=hours, capacity=1)
        for hours in (72, 96)
    ]
    for one in full:
        await clinic.comes(one)
    await clinic.stops("release")
    await drain()
    person = clinic.people[0]
    for one in full:
        await person.post("/waitlist", {"session_ids": [str(one.session_id)], "patient_id": person.patient_id})
        await drain()
    rows = await db.fetch("SELECT priority FROM waitlist_entry ORDER BY priority")
    assert [row["priority"] for row in rows] == [0, 5]


def of(module, constant, name, scenario, *edits) -> Mutant:
    return Mutant(f"{constant}: {name}", module, constant, edits, scenario)


MUTANTS = [
    of(models, "STOP_SLOTS", "shut", nobody_books_a_stopped_band, ("is_stopped = true", "is_stopped = false")),
    of(visits, "PLACES", "draws", nobody_is_moved_into_a_draw, ("AND NOT se.is_drawing", "")),
    of(
        visits,
        "ELSEWHERE",
        "but the booking itself",
        somebody_else_takes_over_at_the_same_hour,
        ("AND id <> $2", "AND id IS DISTINCT FROM NULLIF($2::uuid, $2)"),
    ),
    of(models, "IN_THE_WAY", "room", a_room_is_used_once, ("OR se.room_id = $2", "OR $2::uuid IS NULL")),
    of(
        visits,
        "OPEN_NEW_SESSIONS",
        "when all have moved",
        a_moved_session_opens_when_everybody_has_moved,
        ("least(session.opens_at, x.opens_at)", "session.opens_at"),
    ),
    of(
        models,
        "REOPEN_SLOTS",
        "other acts",
        what_one_act_keeps_shut_another_does_not_open,
        ("AND o.id <> mine.id", "AND false"),
    ),
    of(reading, "TO_SETTLE", "deadline", silence_ends_after_a_while, ("v.answer_by <= app_now()", "false")),
    of(reading, "REACH", "read", who_has_read_it_is_not_called, ("m.read_at IS NOT NULL", "false")),
    of(
        reading,
        "REACH",
        "time to hear",
        whom_nobody_reached_is_called,
        ("mins => $2::integer", "mins => 0 * $2::integer"),
    ),
    of(
        visits,
        "ADOPTABLE",
        "who has no row",
        somebody_whose_check_in_was_annulled_is_not_forgotten,
        ("a.status IN ('booked', 'held')", "false"),
    ),
    of(priority, "OWED", "lost places", one_loss_puts_one_entry_first, ("v.outcome = 'released'", "false")),
]


@pytest.mark.parametrize("scenario", sorted({one.scenario for one in MUTANTS}, key=lambda s: s.__name__))
async def test_the_story_holds(hospital, drain, clock, scenario):
    await scenario(hospital, drain, clock)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
async def test_without_the_guard_the_story_does_not_hold(hospital, drain, clock, mutant, monkeypatch):
    await is_killed(mutant, monkeypatch, hospital, drain, clock)
