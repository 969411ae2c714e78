"""One bucket for all workers, one breaker for all workers, lanes that do not stand in each other's way."""

import asyncio
from datetime import timedelta

import pytest

from notifications.channels.content import Capabilities, Receipt
from notifications.channels.wecom_robot import Robot
from notifications.notices.notice import BULK, NEAR, URGENT
from notifications.outbox import lanes
from notifications.outbox.lanes import run_lane
from notifications.providers import models
from notifications.providers.actions import channel_health, pause, troubles
from notifications.rules import Cause, Outcome, Window
from notifications.wiring import WIRING
from server import clock, db
from server.ids import new_id
from tests import props
from tests.mutants import Mutant, is_killed
from tests.notifications.telling import until

CHANNEL = "wecom_robot"


@pytest.fixture(name="movable")
def the_clock_of_all(request):
    return request.getfixturevalue("clock")


@pytest.fixture(autouse=True)
async def nothing_is_broken(hospital, monkeypatch):
    monkeypatch.setattr(lanes, "RUN_SECONDS", 600)  # one run does it all, on the slowest machine too
    yield
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


class Provider(Robot):
    """Stands for a provider; says what the test wants, or waits until the test lets it go."""

    def __init__(self, **capabilities) -> None:
        self.capabilities = Capabilities(**{"at_once": 8, **capabilities})
        self.says = Receipt(Outcome.ACCEPTED, "0")
        self.called: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, content, address, key) -> Receipt:
        self.called.append(address)
        await self.gate.wait()
        return self.says


async def waiting(count: int, *, priority: int = NEAR, name: str = "p") -> None:
    """Write deliveries that are due, each for another address."""
    now = clock.now()
    deadline = now + timedelta(hours=9)
    for number in range(count):
        message_id = await props.insert(
            "message",
            event="test",
            event_key=f"test:{new_id()}",
            **{"class": "visit"},
            subject_kind="test",
            subject_id=new_id(),
            title="测试",
            lines="[]",
            deadline=deadline,
        )
        await props.insert(
            "delivery",
            message_id=message_id,
            channel=CHANNEL,
            address=f"{name}{number}",
            state="planned",
            priority=priority,
            due_at=now,
            deadline=deadline,
        )


async def standing() -> dict:
    (row,) = await db.fetch("SELECT * FROM channel_state WHERE channel = $1", CHANNEL)
    return row


async def calls_made() -> int:
    return await props.count("attempt")


# ---- the bucket ----------------------------------------------------------------------------------------------------


async def two_workers_share_a_bucket(hospital) -> None:
    await waiting(30)
    first, second = Provider(per_minute=20), Provider(per_minute=20)
    await asyncio.gather(run_lane(first), run_lane(second), run_lane(first), run_lane(second))
    assert len(first.called) + len(second.called) == 20 - 1  # the last token is kept for the urgent


async def test_two_workers_share_a_bucket(hospital):
    await two_workers_share_a_bucket(hospital)


@pytest.mark.mutant
async def test_without_writing_tokens_down_each_has_its_own(hospital, monkeypatch):
    mutant = Mutant(
        "the count of tokens", models, "STANDING",
        (("u.moment > app_now() - interval '60.1 seconds'", "u.moment > app_now()"),), two_workers_share_a_bucket,
    )  # fmt: skip
    await is_killed(mutant, monkeypatch, hospital)


async def test_tokens_come_back_a_minute_after_they_were_taken(hospital, movable):
    provider = Provider(per_minute=20)
    await waiting(45, priority=URGENT)
    await run_lane(provider)
    assert len(provider.called) == 20
    row = await standing()
    assert row["rests_why"] == "bucket"
    await movable.forward(seconds=58)
    await run_lane(provider)
    assert len(provider.called) == 20
    await movable.forward(seconds=4)
    await run_lane(provider)
    assert len(provider.called) == 40


async def test_a_day_is_the_providers(hospital, movable):
    provider = Provider(per_day=5)
    await waiting(8, priority=URGENT)
    await run_lane(provider)
    assert len(provider.called) == 5
    row = await standing()
    assert row["rests_until"].astimezone(clock.zone()).strftime("%H:%M:%S") == "00:00:00"
    await movable.set_to(row["rests_until"] + timedelta(seconds=1))
    await db.fetch("UPDATE delivery SET deadline = app_now() + interval '1 hour' WHERE state = 'planned'")
    await run_lane(provider)
    assert len(provider.called) == 8


async def test_a_second_is_short(hospital, movable):
    provider = Provider(per_second=3)
    await waiting(5, priority=URGENT)
    await run_lane(provider)
    assert len(provider.called) == 3
    await movable.forward(seconds=2)
    await run_lane(provider)
    assert len(provider.called) == 5


# ---- quota windows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("window", "seconds"), [(Window.NEXT_MINUTE, 60), (Window.NEXT_DAY, 3600)])
async def test_a_quota_that_is_used_up_stops_the_whole_channel(hospital, movable, window, seconds):
    await movable.set_to(clock.at(clock.today(), 12))
    provider = Provider(at_once=1)
    provider.says = Receipt(Outcome.TROUBLE, "45009", window=window)
    await waiting(5)
    await run_lane(provider)
    assert len(provider.called) == 1  # the others are not tried in vain
    row = await standing()
    assert (row["rests_why"], row["breaker"]) == (str(window), "closed")
    await movable.forward(seconds=seconds - 2)
    provider.says = Receipt(Outcome.ACCEPTED, "0")
    await run_lane(provider)
    assert len(provider.called) == 1
    await pause(CHANNEL, is_paused=False, by=None)  # somebody knows better
    await run_lane(provider)
    assert len(provider.called) == 6
    assert await props.count("delivery", "tries = 1 AND state = 'accepted'") == 5


# ---- the breaker ---------------------------------------------------------------------------------------------------


async def in_trouble(provider: Provider, outcome: Outcome = Outcome.TROUBLE) -> None:
    provider.says = Receipt(outcome, "unreachable")
    await waiting(5, name="early")
    await run_lane(provider)
    assert (await standing())["breaker"] == "open", await db.fetch("SELECT * FROM delivery")


async def an_open_breaker_eats_no_attempt(hospital, movable) -> None:
    provider = Provider()
    await in_trouble(provider)
    before = await calls_made()
    await waiting(20)
    provider.says = Receipt(Outcome.ACCEPTED, "0")
    await asyncio.gather(run_lane(provider), run_lane(Provider()))
    assert await calls_made() == before
    await movable.forward(seconds=6)
    provider.gate.clear()
    probing = asyncio.create_task(run_lane(provider))
    await until(lambda: asyncio.sleep(0, len(provider.called) > 5 or probing.done()), 30)
    assert not probing.done(), (probing, await standing())
    await run_lane(Provider())  # another worker meanwhile
    assert await calls_made() == before + 1
    provider.gate.set()
    await probing
    await run_lane(provider)
    assert (await standing())["breaker"] == "closed"
    assert await props.count("delivery", "state = 'accepted'") == 25


async def test_an_open_breaker_eats_no_attempt_and_one_message_probes(hospital, movable):
    await an_open_breaker_eats_no_attempt(hospital, movable)


@pytest.mark.mutant
@pytest.mark.parametrize(
    ("constant", "old", "new"),
    [
        ("STANDING", "coalesce(s.rests_until > app_now(), false)", "false"),
        ("STANDING", "coalesce(s.probe_until > app_now(), false)", "false"),
    ],
    ids=["the rest", "the one probe"],
)
async def test_without_it_attempts_are_eaten(hospital, movable, monkeypatch, constant, old, new):
    edits = [(old, new)]
    if "probe" in old:
        monkeypatch.setattr(models, "PROBE", models.PROBE.replace("probe_until <= app_now()", "true"))
    mutant = Mutant(old, models, constant, tuple(edits), an_open_breaker_eats_no_attempt)
    await is_killed(mutant, monkeypatch, hospital, movable)


async def test_unknown_outcomes_open_it_too(hospital):
    provider = Provider()
    await in_trouble(provider, Outcome.UNKNOWN)
    assert await props.count("delivery", "state = 'unknown'") == 5


async def test_the_providers_trouble_counts_for_no_message(hospital, movable):
    provider = Provider()
    await in_trouble(provider)
    for _ in range(12):
        await movable.forward(minutes=6)
        await run_lane(provider)
    assert await props.count("delivery", "state = 'retry_wait' AND tries = 0") == 5
    assert (await standing())["openings"] >= 10


async def test_a_probe_that_finds_nothing_to_send_is_given_back(hospital, movable):
    provider = Provider()
    await in_trouble(provider)
    await db.fetch("UPDATE delivery SET state = 'cancelled', reason = 'test'")
    await movable.forward(seconds=6)
    await run_lane(provider)
    row = await standing()
    assert (row["breaker"], row["probe_of"]) == ("open", None)
    await waiting(1)
    provider.says = Receipt(Outcome.ACCEPTED, "0")
    await run_lane(provider)
    assert (await standing())["breaker"] == "closed"


async def test_a_worker_that_dies_with_the_probe_holds_nobody_up_for_long(hospital, movable):
    provider = Provider()
    await in_trouble(provider)
    await waiting(1)
    await movable.forward(seconds=6)
    await db.fetch(models.PROBE, CHANNEL, "dead", timedelta(seconds=30))
    await run_lane(provider)
    assert len(provider.called) == 5
    await movable.forward(seconds=31)
    provider.says = Receipt(Outcome.ACCEPTED, "0")
    await run_lane(provider)
    assert (await standing())["breaker"] == "closed"


async def test_operations_hear_once_that_a_provider_is_away_and_that_it_is_back(hospital, movable, drain):
    await props.a_staff("operations")
    provider = Provider()
    await in_trouble(provider)
    for _ in range(4):
        await movable.forward(minutes=6)
        await run_lane(provider)
    await hospital.jobs["relay"].run()
    assert await props.count("alert", "kind = 'provider_down' AND state = 'raised'") == 1
    provider.says = Receipt(Outcome.ACCEPTED, "0")
    await movable.forward(minutes=6)
    await run_lane(provider)
    await hospital.jobs["relay"].run()
    assert await props.count("alert", "kind = 'provider_down' AND state = 'resolved'") == 1


@pytest.mark.parametrize("cause", list(Cause))
async def test_what_somebody_has_to_mend_is_told_once_and_not_for_each_message(hospital, movable, cause):
    await props.a_staff("operations")
    provider = Provider()
    provider.says = Receipt(Outcome.REFUSED, "47003", "data.thing1.value invalid", cause=cause)
    await waiting(12)
    await run_lane(provider)
    await hospital.jobs["relay"].run()
    assert await props.count("alert", "kind = 'provider_trouble'") == 1
    (found,) = await troubles()
    assert (found["cause"], found["code"], found["count"]) == (str(cause), "47003", 12)


# ---- lanes ---------------------------------------------------------------------------------------------------------


async def the_urgent_overtake(hospital, *, patience: float = 20) -> None:
    provider = Provider(at_once=8)
    await waiting(40, priority=BULK, name="bulk")
    provider.gate.clear()  # slow: nothing comes back
    running = asyncio.create_task(run_lane(provider))
    try:
        await until(lambda: asyncio.sleep(0, len(provider.called) >= 6))
        await waiting(1, priority=URGENT, name="urgent")
        lanes.hurry(f"dispatch_{CHANNEL}")
        async with asyncio.timeout(patience):
            await until(lambda: asyncio.sleep(0, "urgent0" in provider.called), patience)
        assert len(provider.called) <= 8
    finally:
        provider.gate.set()
        await running


async def test_a_full_bulk_lane_never_delays_the_urgent(hospital):
    await the_urgent_overtake(hospital)


@pytest.mark.mutant
async def test_without_their_share_the_urgent_wait(hospital, monkeypatch):
    monkeypatch.setattr(lanes, "shares", lambda total: (total, total, total))
    with pytest.raises(TimeoutError):
        await the_urgent_overtake(hospital, patience=1)


async def test_what_is_urgent_is_taken_first(hospital):
    await waiting(5, priority=BULK, name="bulk")
    await waiting(5, priority=NEAR, name="near")
    await waiting(5, priority=URGENT, name="urgent")
    provider = Provider(at_once=1)
    await run_lane(provider)
    assert [name.rstrip("0123456789") for name in provider.called] == ["urgent"] * 5 + ["near"] * 5 + ["bulk"] * 5


async def test_a_slow_provider_delays_no_other(hospital):
    slow, quick = Provider(), Provider()
    quick.name = "quick"
    await waiting(10)
    await waiting(10, name="q")
    await db.fetch("UPDATE delivery SET channel = 'quick' WHERE address LIKE 'q%'")
    slow.gate.clear()
    running = asyncio.create_task(run_lane(slow))
    await until(lambda: asyncio.sleep(0, len(slow.called) > 0))
    async with asyncio.timeout(5):
        await run_lane(quick)
    assert len(quick.called) == 10
    slow.gate.set()
    await running


# ---- pausing, health -----------------------------------------------------------------------------------------------


async def test_health_says_how_each_channel_stands(hospital):
    await in_trouble(Provider())
    await pause(CHANNEL, is_paused=True, by=None)
    found = {row["channel"]: row for row in await channel_health()}
    row = found[CHANNEL]
    assert (row["is_paused"], row["breaker"], row["rests_why"], row["cause"]) == (
        True,
        "open",
        "breaker",
        "unreachable",
    )
    assert found["wechat_subscribe"]["breaker"] == "closed"


async def test_what_is_too_late_ends_also_on_a_channel_that_stands_still(hospital, movable):
    await pause(CHANNEL, is_paused=True, by=None)
    await waiting(3)
    await movable.forward(hours=10)
    await hospital.jobs["settle"].run()
    assert await props.count("delivery", "state = 'expired' AND reason = 'deadline'") == 3


async def test_a_worker_claims_no_more_than_it_can_send_soon(hospital):
    provider = Provider(at_once=8)
    provider.gate.clear()
    await waiting(60)
    running = asyncio.create_task(run_lane(provider))
    await until(lambda: asyncio.sleep(0, len(provider.called) >= 7))
    assert await props.count("delivery", "state IN ('leased', 'sending')") <= 8
    provider.gate.set()
    await running
    left = await db.fetch("SELECT * FROM delivery WHERE state <> 'accepted'")
    assert len(set(provider.called)) == len(provider.called) == 60, left


async def test_a_look_that_saw_a_part_is_not_the_last(hospital, monkeypatch):
    """With one place left only the urgent are looked for; the others must not wait for the next run because of that."""
    provider = Provider(at_once=8)
    await waiting(30)
    provider.gate.clear()
    running = asyncio.create_task(run_lane(provider))
    await until(lambda: asyncio.sleep(0, len(provider.called) == 7))
    take, looked, let_go = lanes.take, asyncio.Event(), asyncio.Event()

    async def slowly(channel, rooms):
        found = await take(channel, rooms)
        if rooms[1] == 0:
            looked.set()
            await let_go.wait()
        return found

    monkeypatch.setattr(lanes, "take", slowly)
    lanes.hurry(f"dispatch_{CHANNEL}")
    async with asyncio.timeout(10):
        await looked.wait()
    provider.gate.set()
    await until(lambda: props.count("delivery", "state = 'accepted'"))
    let_go.set()
    await running
    assert len(provider.called) == 30
