"""Digests: what can wait is told together, each item in one digest, once, whatever fails."""

import asyncio
from datetime import date, time, timedelta

import pytest

from notifications import hub
from notifications.digests import actions as digests
from notifications.digests.rules import last_time, lines
from notifications.hub import To
from notifications.notices.notice import BULK
from notifications.rules import MessageClass
from server import clock as server_clock
from server import db
from tests import props
from tests.locks import somebody_waits
from tests.mutants import Mutant, is_killed
from tests.notifications.routing.standins import a_notice, a_setting, ended, look, of_channel, stand_in


@pytest.fixture
async def to(hospital, monkeypatch, clock):
    """A member of staff with one way; it is nine o'clock, digests go at ten and at eleven."""
    stand_in(monkeypatch, "wecom_app")
    await a_setting("digest", {"times": ["10:00", "11:00"]})
    await at_hour(clock, 9)
    return To(staff_id=await props.a_staff("admin"))


async def at_hour(clock, hour: int, minute: int = 0) -> None:
    tomorrow = server_clock.local(server_clock.now()).date() + timedelta(days=0 if server_clock.shift() else 1)
    await clock.set_to(server_clock.at(tomorrow, hour, minute))


async def tell(to: To, title: str) -> None:
    async with db.transaction():
        await hub.post(a_notice(kind=MessageClass.ALERT, priority=BULK, title=title), to)


async def told() -> list[str]:
    """List the lines of every digest that was posted."""
    rows = await db.fetch("SELECT lines FROM message WHERE event = 'digest' ORDER BY id")
    return [row["lines"] for row in rows]


async def test_items_wait_for_the_set_time_and_are_told_together(to, clock):
    await tell(to, "甲")
    await tell(to, "乙")
    await digests.send_digests()
    assert await told() == []
    await at_hour(clock, 10, 1)
    await digests.send_digests()
    await digests.send_digests()
    found = await told()
    assert len(found) == 1
    assert "甲" in found[0]
    assert "乙" in found[0]
    assert await of_channel("wecom_app") == [("planned", "")]
    assert await props.count("digest_item", "digest_id IS NULL") == 0


async def test_each_person_has_a_digest_of_their_own(to, clock):
    other = To(staff_id=await props.a_staff("admin"))
    await tell(to, "甲")
    await tell(other, "乙")
    await at_hour(clock, 10, 1)
    await digests.send_digests()
    assert sorted("甲" in text for text in await told()) == [False, True]


async def test_what_comes_later_goes_with_the_next(to, clock):
    await tell(to, "甲")
    await at_hour(clock, 10, 1)
    await digests.send_digests()
    await tell(to, "乙")
    await digests.send_digests()
    assert len(await told()) == 1
    await at_hour(clock, 11, 1)
    await digests.send_digests()
    found = await told()
    assert len(found) == 2
    assert "甲" not in found[1]


async def test_a_digest_that_failed_is_told_again_with_the_same_items(to, clock):
    await tell(to, "甲")
    await at_hour(clock, 10, 1)
    await digests.send_digests()
    await ended("wecom_app", "failed", "refused:1")
    await look()
    await digests.send_digests()
    assert len(await told()) == 1  # not before the next set time
    await at_hour(clock, 11, 1)
    await tell(to, "丙")
    await digests.send_digests()
    await digests.send_digests()
    found = await told()
    assert len(found) == 2
    assert found[0] == found[1]
    assert await props.count("digest") == 1
    assert await props.count("digest_item", "digest_id IS NULL") == 1


@pytest.mark.parametrize("state", ["accepted", "delivered", "unknown"])
async def test_what_may_have_arrived_is_never_told_again(to, clock, state):
    await tell(to, "甲")
    await at_hour(clock, 10, 1)
    await digests.send_digests()
    await ended("wecom_app", state, "no_answer" if state == "unknown" else "")
    await db.fetch("UPDATE message SET next_step_at = NULL")
    await at_hour(clock, 11, 1)
    await digests.send_digests()
    assert len(await told()) == 1
    assert await props.count("digest", "is_done") == 1


async def two_workers_tell_it_once(to, clock):
    await tell(to, "甲")
    await at_hour(clock, 10, 1)
    async with db.transaction():
        await digests.send_digests()
        second = asyncio.create_task(db.detached(digests.send_digests))
        await somebody_waits()
    await second
    assert len(await told()) == 1
    assert await props.count("digest") == 1


async def test_two_workers_tell_it_once(to, clock):
    await two_workers_tell_it_once(to, clock)


@pytest.mark.mutant
async def test_without_the_answer_of_the_constraint_it_is_told_twice(to, clock, monkeypatch):
    mutant = Mutant(
        name="one digest for a person and time",
        module=digests,
        constant="BEGIN",
        edits=(
            ("VALUES ($1, $2, $3, $4)", "SELECT $1, $2, $3, $4::timestamptz + random() * interval '1 second'"),
            ("ON CONFLICT DO NOTHING ", ""),
        ),
        scenario=two_workers_tell_it_once,
    )
    await is_killed(mutant, monkeypatch, to, clock)


async def test_an_item_stays_in_its_digest(to, clock):
    await tell(to, "甲")
    await at_hour(clock, 10, 1)
    await digests.send_digests()
    with pytest.raises(Exception, match="stays in its digest"):
        await db.fetch("UPDATE digest_item SET digest_id = NULL")


@pytest.mark.parametrize(("hour", "day", "at"), [(7, 21, 17), (8, 22, 8), (12, 22, 8), (18, 22, 17)])
def test_the_last_set_time_may_be_of_yesterday(hour, day, at):
    now = server_clock.at(date(2026, 11, 22), hour)
    found = server_clock.local(last_time([time(8), time(17)], now=now))
    assert (found.day, found.hour) == (day, at)


def test_many_items_are_counted():
    found = lines([f"第 {number} 条" for number in range(13)], "zh-CN")
    assert len(found) == 11
    assert "3" in found[-1][1]
