"""Each guard of the waitlist's statements, taken out: somebody must notice."""

from datetime import timedelta

import pytest
import pytest_asyncio

from miniapp_api.booking import settings
from miniapp_api.waitlist import models
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
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
from tests.mutants import Mutant, is_killed


@pytest_asyncio.fixture(autouse=True)
async def at_ten_in_the_morning(clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 10))
    settings.forget()


async def the_first_is_offered_and_the_place_is_counted_once(hospital) -> None:
    slot, [owner] = await a_full_slot(hospital)
    people = await people_who_wait(hospital, slot, 2)
    await gives_back(*owner)
    await look()
    assert [await state(*one) for one in people] == ["offered", "waiting"]
    assert (await entry(*people[0]))["sessions"][0]["state"] == "offered"
    assert await counts(slot) == {"taken": 1, "kept": 0, "capacity": 1}
    assert await broken_promises() == []


async def a_declined_session_is_not_offered_again(hospital) -> None:
    slot, [owner] = await a_full_slot(hospital)
    other, _ = await a_full_slot(hospital, hours=72)
    patient = await a_patient_by_row(hospital)
    one = await waits(patient, slot, other)
    await gives_back(*owner)
    await look()
    await patient.post(f"/waitlist/{one['id']}/declining")
    await look()
    seen = await entry(patient, one)
    assert [session["state"] for session in seen["sessions"]] == ["done", "waiting"]
    assert await counts(slot) == {"taken": 0, "kept": 0, "capacity": 1}


async def an_entry_with_an_offer_is_offered_nothing_else(hospital) -> None:
    slot, [owner] = await a_full_slot(hospital)
    other, [other_owner] = await a_full_slot(hospital, hours=72)
    patient = await a_patient_by_row(hospital)
    one = await waits(patient, slot, other)
    for who in (owner, other_owner):
        await gives_back(*who)
    await look()
    seen = await entry(patient, one)
    assert sorted(session["state"] for session in seen["sessions"]) == ["offered", "paused"]
    assert await props.count("waitlist_offer") == 1


async def the_first_minutes_of_a_release_are_everybodys(hospital) -> None:
    slot, _ = await a_full_slot(hospital)
    people = await people_who_wait(hospital, slot, 1)
    await db.fetch("UPDATE session SET opens_at = app_now() WHERE id = $1", slot.session_id)
    await db.fetch("UPDATE slot SET capacity = 2 WHERE id = $1", slot.id)
    await look()
    assert await state(*people[0]) == "waiting"


async def offers_of_a_line_are_numbered(hospital) -> None:
    slot, owners = await a_full_slot(hospital, capacity=2)
    await people_who_wait(hospital, slot, 2)
    for owner in owners:
        await gives_back(*owner)
    await look()
    assert [row["number"] for row in await db.fetch("SELECT number FROM waitlist_offer ORDER BY number")] == [1, 2]


async def a_place_that_nobody_can_take_is_let_go(hospital) -> None:
    slot, [owner] = await a_full_slot(hospital)
    [(patient, _)] = await people_who_wait(hospital, slot, 1)
    await patient.books((await props.a_slot(starts_at=slot.starts_at)).id)
    await gives_back(*owner)
    await look()
    assert (await counts(slot))["kept"] == 0


async def who_has_a_place_there_does_not_wait_for_one(hospital) -> None:
    slot, [(owner, _)] = await a_full_slot(hospital)
    body = {"session_ids": [str(slot.session_id)], "patient_id": owner.patient_id}
    assert (await owner.refused("/waitlist", body)).code == "already_booked"


async def who_need_not_wait_does_not(hospital) -> None:
    slot = await props.a_slot(starts_at=time.now() + timedelta(days=2))
    patient = await a_patient_by_row(hospital)
    body = {"session_ids": [str(slot.session_id)], "patient_id": patient.patient_id}
    assert (await patient.refused("/waitlist", body)).code == "places_left"


def of(constant: str, name: str, scenario, *edits: tuple[str, str]) -> Mutant:
    return Mutant(f"{constant}: {name}", models, constant, edits, scenario)


first = the_first_is_offered_and_the_place_is_counted_once
MUTANTS = [
    of("WAITING", "order", first, ("t.joined_at, t.entry_id LIMIT", "t.joined_at DESC, t.entry_id LIMIT")),
    of("MARK_OFFERED", "offered", first, ("THEN 'offered' ELSE 'paused' END", "THEN 'waiting' ELSE 'paused' END")),
    of(
        "MARK_OFFERED",
        "paused",
        an_entry_with_an_offer_is_offered_nothing_else,
        ("THEN 'offered' ELSE 'paused' END", "THEN 'offered' ELSE 'waiting' END"),
    ),
    of("INSERT_OFFER", "number", offers_of_a_line_are_numbered, ("last_number + 1", "last_number + 0")),
    of(
        "END_TARGETS",
        "this session",
        a_declined_session_is_not_offered_again,
        ("SET state = 'done'", "SET state = 'paused'"),
    ),
    of(
        "RESUME_TARGETS",
        "the others",
        a_declined_session_is_not_offered_again,
        ("SET state = 'waiting'", "SET state = 'paused'"),
    ),
    of(
        "PLACES",
        "release",
        the_first_minutes_of_a_release_are_everybodys,
        ("make_interval(mins => $2)", "make_interval(mins => 0 * $2)"),
    ),
    of("LET_GO", "kept", a_place_that_nobody_can_take_is_let_go, ("SET kept = 0", "SET kept = slot.kept")),
    of(
        "IN_SESSION",
        "own place",
        who_has_a_place_there_does_not_wait_for_one,
        ("WHERE person_id", "WHERE false AND person_id"),
    ),
    of("LEFT", "places", who_need_not_wait_does_not, ("s.taken + s.kept < s.capacity", "false")),
]


@pytest.mark.parametrize("scenario", sorted({one.scenario for one in MUTANTS}, key=lambda s: s.__name__))
async def test_the_story_holds(hospital, scenario):
    await scenario(hospital)


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
async def test_without_the_guard_the_story_does_not_hold(hospital, mutant, monkeypatch):
    await is_killed(mutant, monkeypatch, hospital)
