"""A draw is drawn once, whoever dies or runs beside it; and each guard is missed when it is taken out."""

import asyncio
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest

from miniapp_api.booking import places
from miniapp_api.release import drawing, effects
from miniapp_api.release.proof import verify
from miniapp_api.wiring import WIRING
from server import db
from tests import props
from tests.cast import Client, a_patient_by_row
from tests.locks import somebody_waits
from tests.miniapp_api.release.things import WINDOW, a_draw, closes, enters, people, states
from tests.processes import a_process


async def broken() -> list[str]:
    return [sentence for sentence, sql in WIRING.invariants if await db.fetch(sql)]


async def is_whole(hospital, clinic, *, won: int, lost: int) -> None:
    """The draw is done, once."""
    assert await states(clinic) == {"won": won, "lost": lost}
    assert await props.count("appointment", "channel = 'draw' AND status = 'booked'") == won
    assert await props.count("fact", "name = 'DrawLost'") == lost
    assert await props.count("fact", "name = 'AppointmentBooked'") == won
    assert await props.count("transition", "machine = 'draw' AND to_state = 'drawn'") == 1
    assert verify(await Client(hospital).get(f"/draws/{clinic.draw_id}/record")) == []
    assert await broken() == []


@pytest.fixture
async def entered(hospital, clock):
    """A draw of three places with eight entries, about to close."""
    clinic = await a_draw(clock, 2, 1)
    for person in await people(hospital, 8):
        assert (await enters(person, clinic, 0, 1)).status == 201
    return clinic


@pytest.mark.parametrize("point", ["draw_awarded", "draw_settled", "draw_told"])
async def test_a_worker_that_dies_in_a_draw_has_done_nothing_of_it(hospital, clock, entered, point):
    await clock.forward(seconds=WINDOW)
    async with a_process("worker", {**hospital.environment, "KILL_POINT": point}) as worker:
        assert await worker.ended() == 137
    assert await states(entered) == {"entered": 8}
    assert await props.count("appointment") == 0
    assert await props.count("draw", "state = 'waiting' AND seed IS NULL") == 1
    async with asyncio.timeout(30):
        while not await drawing.run_draws():  # the dead worker's connection is still being cleared away
            await asyncio.sleep(0.05)
    await is_whole(hospital, entered, won=3, lost=5)


async def test_four_workers_at_once_draw_once(hospital, clock, entered):
    await clock.forward(seconds=WINDOW)
    assert sum(await asyncio.gather(*(drawing.run_draws() for _ in range(4)))) == 1
    assert await drawing.run_draws() == 0
    await is_whole(hospital, entered, won=3, lost=5)


async def test_a_draw_does_not_begin_while_somebody_enters(hospital, clock, entered):
    late = await a_patient_by_row(hospital)
    arguments = (entered.draw_id, UUID(late.patient_id), UUID(late.account_id), [entered.slots[0]], uuid4())
    async with db.alone(hospital.settings.database_url) as other, other.transaction():
        assert await other.fetch(effects.ENTER, *arguments, "patient", None, "miniapp")
        assert await closes(clock) == 0
    assert await drawing.run_draws() == 1
    await is_whole(hospital, entered, won=3, lost=6)


async def enters_while_it_is_drawn(hospital, clinic) -> str:
    """Somebody's request arrives in time and stands before the draw's lock; gives what it is told."""
    late = await a_patient_by_row(hospital)
    async with db.alone(hospital.settings.database_url) as other, asyncio.TaskGroup() as group, other.transaction():
        await other.fetch("SELECT id FROM draw WHERE id = $1 FOR UPDATE", clinic.draw_id)
        asks = group.create_task(enters(late, clinic))
        await somebody_waits()
        await other.fetch(
            "UPDATE draw SET state = 'cancelled', why = 'gone', settled_at = app_now() WHERE id = $1",
            clinic.draw_id,
        )
        await other.fetch(
            "UPDATE draw_entry SET state = 'cancelled', settled_at = app_now() WHERE draw_id = $1", clinic.draw_id
        )
    return asks.result().body.get("code") or asks.result().body["state"]


async def test_who_waited_for_the_draw_hears_that_it_is_closed(hospital, clock, entered):
    assert await enters_while_it_is_drawn(hospital, entered) == "draw_closed"
    assert await states(entered) == {"cancelled": 8}


async def test_without_the_lock_an_entry_comes_after_the_draw_and_nobody_draws_it(
    hospital, clock, entered, monkeypatch
):
    monkeypatch.setattr(effects, "ENTER", effects.enter_statement(lock=""))
    assert await enters_while_it_is_drawn(hospital, entered) == "entered"
    assert await broken() == ["A draw that is done has settled every entry"]
    await db.fetch("DELETE FROM draw_entry")


@asynccontextmanager
async def nothing_behind_the_id():
    """Take away the constraints that would still refuse a second entry."""
    await db.fetch(
        "ALTER TABLE draw_entry DROP CONSTRAINT draw_entry_once_per_person, DROP CONSTRAINT draw_entry_once_per_file"
    )
    try:
        yield
    finally:
        await db.fetch("TRUNCATE draw_entry CASCADE")
        await db.fetch(
            "ALTER TABLE draw_entry ADD CONSTRAINT draw_entry_once_per_person UNIQUE (draw_id, person_id),"
            " ADD CONSTRAINT draw_entry_once_per_file UNIQUE (draw_id, patient_id)"
        )


async def a_bot_enters(hospital, clinic, times: int) -> int:
    bot = await a_patient_by_row(hospital)
    await asyncio.gather(*(enters(bot, clinic) for _ in range(times)), return_exceptions=True)
    return await props.count("draw_entry", f"patient_id = '{bot.patient_id}'")


async def test_without_the_id_that_follows_from_the_person_a_bot_has_many_entries(hospital, clock, monkeypatch):
    clinic = await a_draw(clock, 1)
    assert await a_bot_enters(hospital, clinic, 20) == 1
    monkeypatch.setattr(effects, "ENTER", effects.enter_statement(entry_id="gen_random_uuid()"))
    async with nothing_behind_the_id():
        assert await a_bot_enters(hospital, clinic, 20) > 1


async def test_the_constraint_still_stands_behind_the_id(hospital, clock):
    clinic = await a_draw(clock, 1)
    person = await a_patient_by_row(hospital)
    await enters(person, clinic)
    with pytest.raises(Exception, match="draw_entry_once_per_person"):
        await db.fetch(
            "INSERT INTO draw_entry (id, draw_id, department_id, person_id, patient_id, account_id, receipt, slot_ids,"
            " lots, state) SELECT gen_random_uuid(), draw_id, department_id, person_id, patient_id, account_id, 'x',"
            " slot_ids, lots, state FROM draw_entry"
        )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE draw SET seed = repeat('0', 64), state = 'drawn', places = '{}', settled_at = now()", "keeps_promise"),
        ("UPDATE draw SET state = 'drawn', settled_at = now()", "draw_reveals_when_done"),
        ("UPDATE draw SET closes_at = opens_at", "draw_window"),
        ("UPDATE draw_entry SET state = 'won', position = 1, settled_at = now() WHERE id = (SELECT id FROM draw_entry"
         " LIMIT 1)", "draw_entry_winner"),
        ("UPDATE draw_entry SET position = 1", "draw_entry_drawn"),
        ("UPDATE draw_entry SET slot_ids = '{}'", "slot_ids"),
        ("UPDATE draw_entry SET lots = 0", "lots"),
        ("UPDATE session SET draw_closes_at = NULL WHERE draw_id IS NOT NULL", "session_knows_draw"),
        ("INSERT INTO draw SELECT (jsonb_populate_record(draw, jsonb_build_object('id', gen_random_uuid()))).* FROM"
         " draw", "draw_once_per_session"),
    ],
)  # fmt: skip
async def test_the_database_refuses_what_no_draw_may_be(hospital, clock, entered, change, constraint):
    with pytest.raises(Exception, match=constraint):
        await db.fetch(change)


async def test_a_desk_that_books_beside_the_draw_takes_no_place_twice(hospital, clock, entered):
    callers = await people(hospital, 6)
    await clock.forward(seconds=WINDOW)

    async def desk(person) -> bool:
        claim = places.Claim(
            slot_id=entered.slots[0],
            patient_id=UUID(person.patient_id),
            account_id=UUID(person.account_id),
            by=drawing.SYSTEM,
            passes_release=True,
            is_bound=False,
        )
        async with db.transaction():
            (taken,) = await places.take_within([claim])
        return isinstance(taken, places.Taken)

    async def draws() -> int:
        done = 0
        async with asyncio.timeout(60):
            while not done:
                done = await drawing.run_draws()
        return done

    by_desk, done = await asyncio.gather(asyncio.gather(*(desk(person) for person in callers)), draws())
    assert done == 1
    rows = await db.fetch("SELECT taken, capacity FROM slot WHERE id = ANY($1)", entered.slots)
    assert all(row["taken"] == row["capacity"] for row in rows)
    assert (await states(entered))["won"] + sum(by_desk) == 3
    assert verify(await Client(hospital).get(f"/draws/{entered.draw_id}/record")) == []
    assert await broken() == []


async def test_a_stop_in_the_middle_of_a_draw_undoes_it(hospital, clock, entered, monkeypatch):
    await clock.forward(seconds=WINDOW)
    settle = drawing._settle

    async def stops_first(*arguments) -> None:
        async def stop() -> None:
            await db.fetch("UPDATE session SET status = 'stopped' WHERE id = $1", entered.session_id)

        await db.detached(stop)
        await settle(*arguments)

    monkeypatch.setattr(drawing, "_settle", stops_first)
    assert await drawing.run_draws() == 0
    assert await props.count("appointment") == 0
    assert await drawing.call_off_draws() == 1
    assert await states(entered) == {"cancelled": 8}
    assert await props.count("fact", "name = 'DrawCalledOff'") == 8
