"""The plan and the draws: which sessions are drawn, and what happens when a department decides otherwise."""

from datetime import timedelta

from miniapp_api.release import drawing
from miniapp_api.schedules.actions import open_sessions
from server import clock as now
from server import db
from tests.cast import Client, a_patient_by_row
from tests.miniapp_api.release.things import Clinic, enters, states
from tests.miniapp_api.schedules.things import a_rule


async def draws_from_now_on(department_id, *, mode: str = "draw", days_ahead: int = 3) -> None:
    await db.fetch(
        "UPDATE schedule_setting SET release_mode = $2, release_days_ahead = $3, release_at = '07:00',"
        " draw_window_seconds = 60 WHERE department_id = $1",
        department_id,
        mode,
        days_ahead,
    )
    await open_sessions()


async def sessions() -> list[dict]:
    return await db.fetch("SELECT id, day, opens_at, is_drawing, draw_id FROM session ORDER BY day")


async def test_what_is_not_released_yet_is_drawn_and_what_comes_too_late_is_not(hospital, clock):
    rule = await a_rule()
    await draws_from_now_on(rule["department_id"])
    for row in await sessions():
        assert row["is_drawing"] == (row["opens_at"] > now.now()), row
    assert {row["is_drawing"] for row in await sessions()} == {True, False}
    assert await drawing.make_draws() == sum(row["is_drawing"] for row in await sessions())


async def test_a_department_that_changes_its_mind_calls_its_draws_off(hospital, clock):
    rule = await a_rule()
    await draws_from_now_on(rule["department_id"])
    made = await drawing.make_draws()
    await draws_from_now_on(rule["department_id"], mode="first_come")
    assert not any(row["is_drawing"] for row in await sessions())
    assert await drawing.call_off_draws() == made
    assert {row["why"] for row in await db.fetch("SELECT why FROM draw")} == {"first_come"}
    assert {row["draw_id"] for row in await sessions()} == {None}
    await draws_from_now_on(rule["department_id"])
    assert await drawing.make_draws() == made  # and again, with other seeds
    assert len({row["seed_sha256"] for row in await db.fetch("SELECT seed_sha256 FROM draw")}) == 2 * made


async def test_a_draw_follows_a_release_that_moves(hospital, clock):
    rule = await a_rule()
    await draws_from_now_on(rule["department_id"])
    await drawing.make_draws()
    await draws_from_now_on(rule["department_id"], days_ahead=4)
    await drawing.make_draws()
    for row in await sessions():
        if row["is_drawing"]:
            seen = await Client(hospital).get(f"/draws/{row['draw_id']}")
            assert seen["opens_at"] == now.local(row["opens_at"]).isoformat(timespec="seconds")


async def test_the_plan_leaves_a_draw_alone_that_is_open_or_done(hospital, clock):
    rule = await a_rule(capacity=1)
    await draws_from_now_on(rule["department_id"])
    await drawing.make_draws()
    row = next(one for one in await sessions() if one["is_drawing"])
    slots = await db.fetch("SELECT id FROM slot WHERE session_id = $1 ORDER BY starts_at", row["id"])
    clinic = Clinic(
        row["id"], rule["department_id"], rule["practitioner_id"], [slot["id"] for slot in slots], row["draw_id"]
    )
    await clock.set_to(row["opens_at"] + timedelta(seconds=1))
    person = await a_patient_by_row(hospital)
    assert (await enters(person, clinic)).status == 201
    await draws_from_now_on(rule["department_id"], mode="first_come")  # too late for this one
    assert next(one for one in await sessions() if one["id"] == row["id"])["is_drawing"]
    await clock.forward(seconds=60)
    assert await drawing.run_draws() == 1
    assert await states(clinic) == {"won": 1}
    await draws_from_now_on(rule["department_id"])
    assert not next(one for one in await sessions() if one["id"] == row["id"])["is_drawing"]
