"""What a post writes: quiet hours, caps that hold in a race, the same words once, and all of it in few statements."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from notifications import hub
from notifications.hub import To
from notifications.notices.notice import BULK, URGENT
from notifications.routing.caps import take_again
from notifications.routing.errors import ContactCapReached
from notifications.routing.plan import plan_of
from notifications.routing.tidying import tidy
from notifications.rules import MessageClass
from server import clock as server_clock
from server import db
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.routing.standins import (
    a_notice,
    a_route,
    a_setting,
    ended,
    look,
    of_channel,
    stand_in,
    the_message,
    ways,
)

CAP = {"hour": 1, "day": 5, "month": 9, "over": "suppress"}


@pytest.fixture
async def to(hospital, monkeypatch):
    """Somebody who is reached by one way."""
    stand_in(monkeypatch, "one")
    await a_route("visit", {"channels": ["inbox", "one"], "takes": "all"})
    return To(account_id=await props.an_account())


async def tell(to: To, **values):
    async with db.transaction():
        return await hub.post(a_notice(**values), to)


async def at_local(clock, hour: int, minute: int = 0) -> None:
    """Go to an hour of tomorrow in the hospital's zone."""
    tomorrow = server_clock.today() + timedelta(days=1)
    await clock.set_to(server_clock.at(tomorrow, hour, minute))


NIGHT = {"visit": {"from": "22:00", "to": "07:00", "breaks": ["urgent"], "late": "expire"}}


async def test_in_quiet_hours_it_waits_in_the_inbox(to, clock):
    await a_setting("quiet_hours", NIGHT)
    await at_local(clock, 23)
    await tell(to)
    assert sorted(await ways()) == [("inbox", 0, "delivered", ""), ("one", 0, "held", "")]
    row = await db.fetch_one(
        "SELECT due_at, (SELECT not_before FROM message) AS not_before FROM delivery d WHERE channel = 'one'"
    )
    assert row["due_at"] == row["not_before"]
    assert server_clock.local(row["due_at"]).hour == 7


async def test_what_is_urgent_breaks_them_and_what_is_late_expires(to, clock):
    await a_route("visit_urgent", {"channels": ["one"]})
    await a_setting("quiet_hours", NIGHT)
    await at_local(clock, 23)
    await tell(to, priority=URGENT)
    await tell(to, deadline=server_clock.now() + timedelta(hours=2))
    assert await of_channel("one") == [("planned", ""), ("expired", "quiet_hours")]


async def test_a_route_takes_no_hour_of_the_server(to, clock):
    """The hospital's zone decides, whatever zone the machine is in."""
    await a_setting("quiet_hours", NIGHT)
    await clock.set_to(datetime(2027, 1, 5, 15, 30, tzinfo=UTC))  # 23:30 there
    await tell(to)
    assert await of_channel("one") == [("held", "")]


async def test_over_the_cap_it_is_suppressed_and_nothing_follows(to, monkeypatch):
    stand_in(monkeypatch, "two")
    await a_route(
        "visit", {"channels": ["one"]}, {"channels": ["two"], "when": "not_delivered", "wait_seconds": 600}, version=2
    )
    await a_setting("caps", {"visit": CAP})
    await tell(to)
    await tell(to)
    await look()
    assert await of_channel("one") == [("planned", ""), ("suppressed", "cap")]
    assert await of_channel("two") == []


async def test_over_the_cap_it_waits_for_the_next_hour(to, clock):
    await a_setting("caps", {"visit": {**CAP, "over": "wait"}})
    await at_local(clock, 10, 20)
    await tell(to)
    await tell(to)
    assert await of_channel("one") == [("planned", ""), ("held", "")]
    row = await db.fetch_one("SELECT max(due_at) AS due_at FROM delivery WHERE channel = 'one'")
    assert (server_clock.local(row["due_at"]).hour, server_clock.local(row["due_at"]).minute) == (11, 0)


@pytest.mark.parametrize(("state", "is_free"), [("failed", True), ("cancelled", True), ("undelivered", False)])
async def test_a_place_is_given_back_when_surely_nothing_was_sent(to, state, is_free):
    await a_setting("caps", {"visit": CAP})
    await tell(to)
    await ended("one", state, "test")
    await look()
    await tell(to)
    assert (await of_channel("one"))[1] == (("planned", "") if is_free else ("suppressed", "cap"))


async def test_an_unknown_outcome_keeps_its_place(to):
    await a_setting("caps", {"visit": CAP})
    await tell(to)
    await db.fetch(
        "INSERT INTO attempt (id, delivery_id, fence, request_hash, outcome)"
        " SELECT id, id, 1, '', 'unknown' FROM delivery WHERE channel = 'one'"
    )
    for state in ("unknown", "cancelled"):
        await ended("one", state, "test")
        await look()
        assert await props.count("contact_slot") == 1


async def test_each_person_and_each_class_has_its_own_places(to):
    other = To(account_id=await props.an_account())
    await a_route("survey", {"channels": ["one"]})
    await a_setting("caps", {"visit": CAP, "survey": CAP})
    for whom, kind in ((to, MessageClass.VISIT), (other, MessageClass.VISIT), (to, MessageClass.SURVEY)):
        await tell(whom, kind=kind)
    assert await of_channel("one") == [("planned", "")] * 3


async def test_what_is_sent_again_by_hand_takes_its_place_again(to):
    await a_setting("caps", {"visit": CAP})
    await tell(to)
    await ended("one", "failed", "refused:1")
    await look()
    assert await props.count("contact_slot") == 0
    first = await db.fetch_one("SELECT id FROM delivery WHERE channel = 'one'")
    await take_again([first["id"]])
    await take_again([first["id"]])
    assert await props.count("contact_slot") == 1
    await tell(to)
    over = await db.fetch_one("SELECT id FROM delivery WHERE channel = 'one' AND reason = 'cap'")
    with pytest.raises(ContactCapReached):
        await take_again([over["id"]])


async def the_last_place_goes_to_one(to):
    """Two post for one person at the same time: the second waits for the first, and finds no place."""
    async with db.transaction():
        await hub.post(a_notice(), to)
        second = asyncio.create_task(db.detached(lambda: tell(to)))
        await somebody_waits()
    await second
    assert sorted(await of_channel("one")) == [("planned", ""), ("suppressed", "cap")]


async def test_the_last_place_goes_to_one(to):
    await a_setting("caps", {"visit": CAP})
    await the_last_place_goes_to_one(to)


@pytest.mark.mutant
async def test_without_its_constraint_the_cap_does_not_hold(to):
    await a_setting("caps", {"visit": CAP})
    keys = {
        "hour": "(person_id, pool, hour, hour_n)",
        "day": "(person_id, pool, day, day_n)",
        "month": "(person_id, pool, month, month_n)",
    }
    for name in keys:
        await db.fetch(f"ALTER TABLE contact_slot DROP CONSTRAINT contact_slot_{name}_once")
    try:
        async with db.transaction():
            await hub.post(a_notice(), to)
            await db.detached(lambda: tell(to))  # nothing makes the second wait for the first
        assert await of_channel("one") == [("planned", ""), ("planned", "")]
    finally:
        await db.fetch("DELETE FROM contact_slot")
        for name, columns in keys.items():
            await db.fetch(f"ALTER TABLE contact_slot ADD CONSTRAINT contact_slot_{name}_once UNIQUE {columns}")


async def test_the_same_words_are_said_again_where_the_administrator_wants_it(to):
    await a_setting("dedupe", {"seconds": 0})
    for _ in range(2):
        await tell(to, title="同样的话", lines=(("内容", "一样"),))
    assert await of_channel("one") == [("planned", ""), ("planned", "")]


async def test_the_same_words_are_said_once(to, clock):
    same = {"title": "同样的话", "lines": (("内容", "一样"),)}
    for _ in range(2):
        await tell(to, **same)
    assert await of_channel("one") == [("planned", ""), ("suppressed", "duplicate")]
    assert await of_channel("inbox") == [("delivered", "")] * 2
    await clock.forward(minutes=11)
    await tell(to, **same)
    assert (await of_channel("one"))[2] == ("planned", "")


async def test_what_came_to_nothing_does_not_count_as_said(to):
    same = {"title": "同样的话", "lines": (("内容", "一样"),)}
    await tell(to, **same)
    await ended("one", "failed", "refused:1")
    await tell(to, **same)
    assert (await of_channel("one"))[1] == ("planned", "")


async def test_a_call_is_said_as_often_as_it_happens(to):
    await a_route("visit_urgent", {"channels": ["one"]})
    for _ in range(2):
        await tell(to, title="请到2诊室", priority=URGENT)
    assert await of_channel("one") == [("planned", "")] * 2


async def the_same_words_at_the_same_time_are_said_once(to):
    same = {"title": "同样的话", "lines": (("内容", "一样"),)}
    async with db.transaction():
        await hub.post(a_notice(**same), to)
        second = asyncio.create_task(db.detached(lambda: tell(to, **same)))
        await somebody_waits()
    await second
    assert sorted(await of_channel("one")) == [("planned", ""), ("suppressed", "duplicate")]


async def test_the_same_words_at_the_same_time_are_said_once(to):
    await the_same_words_at_the_same_time_are_said_once(to)


@pytest.mark.mutant
async def test_without_the_row_of_words_they_are_said_twice(to, monkeypatch):
    mutant = Mutant(
        name="the condition on words said before",
        module=hub,
        constant="POST",
        edits=(("WHERE c.told_at <= app_now() - $27::interval", "WHERE c.told_at <= app_now() + $27::interval"),),
        scenario=the_same_words_at_the_same_time_are_said_once,
    )
    await is_killed(mutant, monkeypatch, to)


async def test_who_withdrew_the_consent_is_told_nothing(to):
    row = await db.fetch_one("SELECT pg_get_functiondef('consent_is_withdrawn(uuid, uuid, text)'::regprocedure) AS was")
    try:
        await db.fetch(
            "CREATE OR REPLACE FUNCTION consent_is_withdrawn(account_id uuid, patient_id uuid, purpose text)"
            " RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT true $$"
        )
        await tell(to)
    finally:
        await db.fetch(row["was"])
    stopped = ("suppressed", "consent_withdrawn")
    assert [(state, reason) for _, _, state, reason in await ways()] == [stopped, stopped]
    assert (await the_message())["next_step_at"] is None


async def test_a_post_is_two_statements(to, monkeypatch):
    said = []
    real = db.fetch

    async def counted(sql, *args):
        if "live_event" not in sql and "message_template" not in sql:  # a badge; words that are kept
            said.append(sql)
        return await real(sql, *args)

    monkeypatch.setattr(db, "fetch", counted)
    await tell(to)
    assert len(said) == 2


async def test_a_plan_tells_what_a_post_would_do_and_writes_nothing(to, monkeypatch, clock):
    stand_in(monkeypatch, "two")
    await a_route(
        "visit",
        {"channels": ["inbox", "one"], "takes": "all"},
        {"channels": ["nowhere", "two"], "when": "not_delivered", "wait_seconds": 600},
        version=2,
    )
    await a_setting("caps", {"visit": CAP})
    await at_local(clock, 10)
    notice = a_notice(title="同样的话")
    now = server_clock.now()
    plan = await plan_of(notice, to, at=now)
    assert [(way.channel, way.will, way.reason) for way in plan.ways] == [
        ("inbox", "at_once", ""),
        ("one", "at_once", ""),
        ("nowhere", "skipped", "not_set_up"),
        ("two", "if_not_delivered", ""),
    ]
    assert plan.ways[3].at == now + timedelta(minutes=10)
    assert plan.route == "visit:2"
    assert await props.count("message") == 0
    await tell(to, title="别的话")
    over = await plan_of(notice, to)
    assert [(way.channel, way.will, way.reason) for way in over.ways][1:] == [
        ("one", "suppressed", "cap"),
        ("nowhere", "skipped", "cap"),
        ("two", "skipped", "cap"),
    ]
    assert await props.count("contact_slot") == 1


async def test_a_plan_in_quiet_hours_tells_the_morning(to, clock):
    await a_setting("quiet_hours", NIGHT)
    await at_local(clock, 23)
    way = (await plan_of(a_notice(), to)).ways[1]
    assert (way.will, way.reason, server_clock.local(way.at).hour) == ("held", "quiet_hours", 7)


async def test_low_alerts_wait_for_a_digest(hospital, monkeypatch):
    stand_in(monkeypatch, "wecom_app")
    to = To(staff_id=await props.a_staff("admin"))
    await tell(to, kind=MessageClass.ALERT, priority=BULK)
    assert await ways() == []
    assert await props.count("digest_item", "staff_id = $1 AND digest_id IS NULL", to.staff_id) == 1


async def test_old_places_and_words_are_forgotten(to, clock):
    await tell(to)
    await tidy()
    assert (await props.count("contact_slot"), await props.count("content_told")) == (1, 1)
    await clock.forward(days=3)
    await tidy()
    assert (await props.count("contact_slot"), await props.count("content_told")) == (1, 0)
    await clock.forward(days=70)
    await tidy()
    assert await props.count("contact_slot") == 0
