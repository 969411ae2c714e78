"""What follows a way: the next one when it failed or took too long; never after one whose outcome nobody knows."""

from datetime import timedelta

import pytest

from notifications import hub
from notifications.channels.content import Capabilities
from notifications.hub import To
from notifications.routing import advancing
from notifications.rules import MessageClass
from server import clock as server_clock
from server import db
from tests import props
from tests.mutants import Mutant, is_killed
from tests.notifications.routing.standins import (
    a_notice,
    a_route,
    ended,
    look,
    of_channel,
    stand_in,
    the_message,
    ways,
)

FIRST = {"channels": ["one"]}
SECOND = {"channels": ["two"], "when": "not_delivered", "wait_seconds": 600}
THIRD = {"channels": ["three"], "when": "not_read", "wait_seconds": 3600}


ALIYUN_IS_ILL = """
CREATE OR REPLACE FUNCTION channel_is_healthy(channel text) RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT channel <> 'sms_aliyun' $$
"""


@pytest.fixture
async def account(hospital, monkeypatch):
    """Somebody with three ways, of which one follows the other."""
    for name in ("one", "two", "three"):
        stand_in(monkeypatch, name)
    await a_route("visit", FIRST, SECOND, THIRD)
    return To(account_id=await props.an_account())


def clock_now_plus(**amount):
    return server_clock.now() + timedelta(**amount)


async def tell(to: To, **values):
    async with db.transaction():
        await hub.post(a_notice(**values), to)


async def test_a_message_freezes_its_route(account):
    await tell(account)
    await a_route("visit", {"channels": ["three"]}, version=2)
    await tell(account)
    rows = await db.fetch("SELECT route, chain FROM message ORDER BY id")
    assert [row["route"] for row in rows] == ["visit:1", "visit:2"]
    assert await of_channel("one") == [("planned", "")]
    await ended("one", "failed", "refused:1")
    await look()
    assert await of_channel("two") == [("planned", "")]


@pytest.mark.parametrize("state", ["failed", "suppressed", "undelivered"])
async def test_a_bad_end_is_followed_at_once(account, state):
    await tell(account)
    await ended("one", state, "no_consent")
    await look()
    await look()
    assert await ways() == [("one", 0, state, "no_consent"), ("two", 1, "planned", "")]


async def test_time_without_a_delivery_is_followed_and_what_waits_ends(account, clock):
    await tell(account)
    await look()
    assert await ways() == [("one", 0, "planned", "")]
    await clock.forward(minutes=11)
    await look()
    assert await ways() == [("one", 0, "cancelled", "next_way"), ("two", 1, "planned", "")]


async def test_a_delivery_is_not_followed_but_waits_for_its_reader(account, clock):
    await tell(account)
    await ended("one", "delivered")
    await clock.forward(minutes=11)
    await look()
    assert await ways() == [("one", 0, "delivered", "")]
    assert {"step": 1, "channel": "", "reason": "delivered_before"} in (await the_message())["skipped"]
    await clock.forward(minutes=61)
    await look()
    assert await of_channel("three") == [("planned", "")]


@pytest.mark.parametrize("minutes", [0, 80])
async def test_nothing_follows_what_was_read(account, clock, minutes):
    await tell(account)
    await ended("one", "delivered" if minutes else "failed", "" if minutes else "refused:1")
    await db.fetch("UPDATE message SET read_at = app_now()")
    await clock.forward(minutes=minutes)
    await look()
    assert len(await ways()) == 1
    assert (await the_message())["next_step_at"] is None


async def nothing_follows_the_unknown(account, clock):
    """The person may have it already (I-20), so nobody tells them again, however long it takes."""
    await tell(account)
    await ended("one", "unknown", "no_answer")
    await clock.forward(hours=2)
    await look()
    assert await ways() == [("one", 0, "unknown", "no_answer")]
    await db.fetch("UPDATE delivery SET is_settled = true")
    await clock.forward(hours=2)
    await look()
    assert await ways() == [("one", 0, "unknown", "no_answer")]
    assert (await the_message())["next_step_at"] is None


async def test_nothing_follows_the_unknown(account, clock):
    await nothing_follows_the_unknown(account, clock)


@pytest.mark.mutant
async def test_without_the_look_at_the_unknown_somebody_is_told_twice(account, clock, monkeypatch):
    """The state of the way is hidden from the look; the rest of the router is as it is."""
    mutant = Mutant(
        name="the state unknown in the look",
        module=advancing,
        constant="DUE",
        edits=(("'state', d.state,", "'state', replace(d.state, 'unknown', 'failed'),"),),
        scenario=nothing_follows_the_unknown,
    )
    await is_killed(mutant, monkeypatch, account, clock)


@pytest.mark.parametrize("state", ["leased", "sending"])
async def test_nothing_follows_what_is_being_sent(account, clock, state):
    await tell(account)
    await db.fetch(
        "UPDATE delivery SET state = $1, owner = 'somebody', lease_until = app_now() + interval '1 day'", state
    )
    await clock.forward(hours=1)
    await look()
    assert [way[:3] for way in await ways()] == [("one", 0, state)]
    assert (await the_message())["next_step_at"] is not None


async def what_a_lane_takes_meanwhile_is_not_followed(account, clock):
    """A lane holds the row between the look and the write: the message stays as it is."""
    await tell(account)
    await clock.forward(minutes=11)
    async with db.transaction():
        await db.fetch("SELECT id FROM delivery FOR NO KEY UPDATE")  # the lane
        await db.detached(look)
    assert await ways() == [("one", 0, "planned", "")]
    await clock.forward(seconds=6)
    await look()
    assert [way[2] for way in await ways()] == ["cancelled", "planned"]


async def test_what_a_lane_takes_meanwhile_is_not_followed(account, clock):
    await what_a_lane_takes_meanwhile_is_not_followed(account, clock)


@pytest.mark.mutant
async def test_without_the_count_of_what_was_closed_it_is_followed(account, clock, monkeypatch):
    mutant = Mutant(
        name="the count of closed ways",
        module=advancing,
        constant="ADVANCE",
        edits=(("WHERE cardinality(asked.closing) = ", "WHERE 0 <= "),),
        scenario=what_a_lane_takes_meanwhile_is_not_followed,
    )
    await is_killed(mutant, monkeypatch, account, clock)


async def test_a_channel_that_is_not_set_up_is_left_out_with_its_reason(account, monkeypatch):
    stand_in(monkeypatch, "one", is_there=False)
    stand_in(monkeypatch, "two", reaches=False)
    await tell(account)
    assert await ways() == [("three", 2, "planned", "")]
    skipped = (await the_message())["skipped"]
    assert [(skip["channel"], skip["reason"]) for skip in skipped] == [("one", "not_set_up"), ("two", "no_address")]


async def test_a_group_stands_for_its_first_healthy_provider(account, monkeypatch):
    for name in ("sms_aliyun", "sms_tencent"):
        stand_in(monkeypatch, name)
    await a_route("survey", {"channels": ["sms"]})
    row = await db.fetch_one("SELECT pg_get_functiondef('channel_is_healthy(text)'::regprocedure) AS was")
    try:
        await db.fetch(ALIYUN_IS_ILL)
        await tell(account, kind=MessageClass.SURVEY)
    finally:
        await db.fetch(row["was"])
    assert await ways() == [("sms_tencent", 0, "planned", "")]


async def test_whoever_calls_off_ends_the_chain(account, clock):
    notice = a_notice()
    async with db.transaction():
        await hub.post(notice, account)
    await hub.call_off(notice.subject_id, events=(), reason="closed")
    await clock.forward(hours=2)
    await look()
    assert await ways() == [("one", 0, "cancelled", "closed")]


async def test_by_hand_ends_the_chain(account, clock):
    await tell(account)
    await ended("one", "cancelled", "by_hand")
    await look()
    await clock.forward(hours=2)
    await look()
    assert await ways() == [("one", 0, "cancelled", "by_hand")]


async def test_nothing_follows_after_the_deadline(account, clock):
    await tell(account, deadline=clock_now_plus(minutes=5))
    assert (await the_message())["next_step_at"] is None


async def test_two_workers_begin_a_way_once(account, clock):
    await tell(account)
    await ended("one", "failed", "refused:1")
    async with db.transaction():
        await look()
        await db.detached(look)
    await look()
    assert len(await of_channel("two")) == 1


async def test_an_instant_way_is_placed_when_its_turn_comes(account, monkeypatch, clock):
    call = stand_in(monkeypatch, "call_task", capabilities=Capabilities(is_instant=True))
    await a_route("survey", FIRST, {"channels": ["call_task"], "when": "not_read", "wait_seconds": 60})
    await tell(account, kind=MessageClass.SURVEY)
    assert call.placed == []
    await clock.forward(minutes=2)
    await look()
    assert call.placed == [(await the_message())["id"]]
    assert await of_channel("call_task") == [("delivered", "")]
