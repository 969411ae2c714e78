"""What the desk does not sell returns to the mini-app: when, once, under a rush, and for good."""

import asyncio
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest

from miniapp_api.booking import places
from miniapp_api.release import reserve
from miniapp_api.schedules.actions import open_sessions
from miniapp_api.wiring import WIRING
from server import clock as now
from server import db
from server.history import SYSTEM
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.miniapp_api.schedules.things import a_rule, bands_of, slot_at, tomorrow


async def returns_so(department_id: UUID, kind: str, *, minutes: int | None = None, at: time | None = None) -> None:
    await db.fetch(
        "UPDATE schedule_setting SET reserve_return = $2, reserve_return_minutes = $3, reserve_return_at = $4"
        " WHERE department_id = $1",
        department_id,
        kind,
        minutes,
        at,
    )


async def a_reserve(minutes: int | None = 60, **rule) -> dict:
    """A clinic of tomorrow, 8 to 10, with places at the desk, that returns them so long before its begin."""
    row = await a_rule(**{"capacity": 3, "desk_capacity": 2, **rule})
    await open_sessions()
    if minutes is not None:
        await returns_so(row["department_id"], "minutes_before", minutes=minutes)
    return row


async def sells(slot_id: UUID) -> bool:
    """The desk books somebody into its own pool."""
    claim = places.Claim(
        slot_id=slot_id,
        patient_id=await props.a_patient(),
        account_id=None,
        by=SYSTEM,
        pools=frozenset({"desk"}),
        is_own=False,
        is_bound=False,
        passes_release=True,
    )
    async with db.transaction():
        (taken,) = await places.take_within([claim])
    return isinstance(taken, places.Taken)


async def assert_sound() -> None:
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def test_what_is_not_sold_returns_at_its_minute_and_stays_returned(hospital, clock):
    await a_reserve()
    desk = await slot_at(tomorrow(), 8, pool="desk")
    assert await sells(desk.id)
    begin = now.at(tomorrow(), 8)
    await clock.set_to(begin - timedelta(minutes=60, seconds=1))
    assert await reserve.return_reserves() == 0
    await clock.set_to(begin - timedelta(minutes=60))
    assert await reserve.return_reserves() == 1 + 3 * 2
    assert await reserve.return_reserves() == 0
    day = now.local(begin).date()
    returned = [("08:00", 4), ("08:30", 5), ("09:00", 5), ("09:30", 5)]
    assert await bands_of(day) == returned
    assert await bands_of(day, "desk") == [("08:00", 1), ("08:30", 0), ("09:00", 0), ("09:30", 0)]
    await open_sessions()  # the plan does not take them back
    assert await bands_of(day) == returned
    assert await props.count("reserve_return") == 4
    await assert_sound()


async def test_the_day_before_at_a_time(hospital, clock):
    row = await a_reserve(None)
    await returns_so(row["department_id"], "day_before", at=time(16, 30))
    eve = now.at(tomorrow() - timedelta(days=1), 16, 30)
    await clock.set_to(eve - timedelta(seconds=1))
    assert await reserve.return_reserves() == 0
    await clock.set_to(eve)
    assert await reserve.return_reserves() == 8


async def test_never_is_never(hospital, clock):
    await a_reserve(None)
    await clock.set_to(now.at(tomorrow(), 7, 59))
    assert await reserve.return_reserves() == 0


async def test_a_band_without_mini_app_places_gets_some(hospital, clock):
    await a_reserve(capacity=0, desk_capacity=2)
    assert await bands_of(tomorrow()) == []
    day = tomorrow()
    await clock.set_to(now.at(day, 7, 30))
    assert await reserve.return_reserves() == 8
    wanted = [("08:00", 2), ("08:30", 2), ("09:00", 2), ("09:30", 2)]
    assert await bands_of(day) == wanted
    await open_sessions()
    assert await bands_of(day) == wanted
    await assert_sound()


async def test_a_place_that_the_desk_gives_back_later_returns_too(hospital, clock):
    await a_reserve()
    day = tomorrow()
    desk = await slot_at(day, 8, pool="desk")
    assert await sells(desk.id)
    await clock.set_to(now.at(day, 7, 30))
    await reserve.return_reserves()
    row = await db.fetch_one("SELECT id FROM appointment")
    await places.give_back(
        [places.Ending(appointment_id=row["id"], becomes=places.AppointmentStatus.CANCELLED, by=SYSTEM, tell=False)]
    )
    assert await reserve.return_reserves() == 1
    assert (await bands_of(day))[0] == ("08:00", 5)
    await assert_sound()


async def test_who_waits_comes_first(hospital, clock):
    await a_reserve()
    day = tomorrow()
    definition = await db.fetch_one("SELECT pg_get_functiondef('wants_place'::regproc) AS text")
    await db.fetch(
        "CREATE OR REPLACE FUNCTION wants_place(session_id uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'"
    )
    try:
        await clock.set_to(now.at(day, 7, 30))
        assert await reserve.return_reserves() == 8
        rows = await db.fetch(
            "SELECT capacity - taken - kept AS free, kept FROM slot JOIN session ON session.id = slot.session_id"
            " WHERE pool = 'app' AND day = $1",
            day,
        )
        assert [(row["free"], row["kept"]) for row in rows] == [(3, 2)] * 4
    finally:
        await db.fetch(definition["text"])


async def test_two_workers_and_a_busy_desk_lose_and_double_nothing(hospital, clock):
    await a_reserve(desk_capacity=6)
    day = tomorrow()
    desks = [await slot_at(day, hour, minute, pool="desk") for hour in (8, 9) for minute in (0, 30)]
    await clock.set_to(now.at(day, 7, 30))
    sold, *_ = await asyncio.gather(
        asyncio.gather(*(sells(desks[n % 4].id) for n in range(24))),
        *(reserve.return_reserves() for _ in range(3)),
    )
    await reserve.return_reserves()
    row = await db.fetch_one(
        "SELECT sum(capacity) AS all, sum(taken) FILTER (WHERE pool = 'desk') AS desk,"
        " sum(capacity) FILTER (WHERE pool = 'desk') AS left"
        " FROM slot JOIN session ON session.id = slot.session_id WHERE day = $1",
        day,
    )
    assert row["all"] == 4 * (3 + 6)
    assert row["desk"] == row["left"] == sum(sold)
    await assert_sound()


async def returns_while_the_desk_sells(hospital, slot_id: UUID) -> list[dict]:
    """The desk has taken a place and not committed while the places return."""
    async with db.alone(hospital.settings.database_url) as desk, asyncio.TaskGroup() as group, desk.transaction():
        await desk.fetch("UPDATE slot SET taken = taken + 1, last_number = 1 WHERE id = $1", slot_id)
        moving = group.create_task(db.fetch(reserve.MOVE, slot_id, uuid4()))
        await somebody_waits()
    return moving.result()


async def test_a_place_that_is_sold_at_that_moment_stays(hospital, clock):
    await a_reserve()
    desk = await slot_at(tomorrow(), 8, pool="desk")
    assert await returns_while_the_desk_sells(hospital, desk.id) == [{"places": 1, "kept": 0}]
    row = await db.fetch_one("SELECT capacity, taken FROM slot WHERE id = $1", desk.id)
    assert row == {"capacity": 1, "taken": 1}


async def test_without_the_lock_the_sold_place_returns_too_and_the_constraint_refuses(hospital, clock, monkeypatch):
    await a_reserve()
    desk = await slot_at(tomorrow(), 8, pool="desk")
    monkeypatch.setattr(reserve, "MOVE", reserve.move_statement(lock=""))
    with pytest.raises(ExceptionGroup) as caught:
        await returns_while_the_desk_sells(hospital, desk.id)
    assert "slot_never_oversold" in str(caught.value.exceptions[0])
    await db.fetch("ALTER TABLE slot DROP CONSTRAINT slot_never_oversold")
    try:
        other = await slot_at(tomorrow(), 9, pool="desk")
        await returns_while_the_desk_sells(hospital, other.id)
        row = await db.fetch_one("SELECT capacity, taken FROM slot WHERE id = $1", other.id)
        assert row["taken"] > row["capacity"]
    finally:
        await db.fetch("TRUNCATE slot CASCADE")
        await db.fetch(
            "ALTER TABLE slot ADD CONSTRAINT slot_never_oversold"
            " CHECK (taken >= 0 AND kept >= 0 AND taken + kept <= capacity)"
        )


async def test_heads_set_it_and_see_what_returned(hospital, clock):
    row = await a_reserve(None)
    head = await a_member_of_staff(hospital, "department_head", department_id=row["department_id"])
    path = f"/admin/schedule-settings/{row['department_id']}"
    before = await head.get(path)
    assert (before["release_mode"], before["draw_window_seconds"], before["reserve_return"]) == (
        "first_come",
        60,
        "never",
    )
    base = {name: before[name] for name in ("on_holidays", "release_days_ahead", "release_at")}
    wrong = {**base, "department_id": str(row["department_id"]), "reserve_return": "minutes_before"}
    assert (await head.refused("/admin/schedules/preview", {"setting": wrong})).status == 422
    body = {**base, "reserve_return": "minutes_before", "reserve_return_minutes": 90, "release_mode": "draw"}
    asked = {"setting": {**body, "department_id": str(row["department_id"])}}
    digest = (await head.post("/admin/schedules/preview", asked))["digest"]
    reply = await head.call("PUT", path, {**body, "digest": digest}, Idempotency_Key=str(uuid4()))
    assert (reply.status, reply.body["reserve_return_minutes"], reply.body["release_mode"]) == (200, 90, "draw")
    digest = await head.post(
        "/admin/schedules/preview", {"setting": {**base, "department_id": str(row["department_id"])}}
    )
    reply = await head.call("PUT", path, {**base, "digest": digest["digest"]}, Idempotency_Key=str(uuid4()))
    assert (reply.body["reserve_return_minutes"], reply.body["release_mode"]) == (90, "draw")  # what is absent stays
    await clock.set_to(now.at(tomorrow(), 7))
    head.token = await props.a_token(staff_id=UUID(head.staff_id))
    assert await reserve.return_reserves() == 8
    items = (await head.get("/admin/reserve-returns"))["items"]
    assert [one["places"] for one in items] == [2] * 4
    stranger = await a_member_of_staff(hospital, "department_head", department_id=await props.a_department())
    assert (await stranger.get("/admin/reserve-returns"))["items"] == []
