"""What ended long ago leaves the tables that are worked in; its story can still be told, the table stays small."""

from datetime import timedelta

import pytest

from notifications.channels.content import Receipt
from notifications.operations.actions import story_of
from notifications.outbox import archive, lanes
from notifications.outbox.lanes import run_lane
from notifications.rules import Outcome
from notifications.wiring import WIRING
from server import clock, db
from server.accounts import SignedInStaff
from server.ids import new_id
from tests import props
from tests.mutants import Mutant, is_killed
from tests.notifications.providers.test_channels import CHANNEL, Provider, waiting


@pytest.fixture(name="movable")
def the_clock_of_all(request):
    return request.getfixturevalue("clock")


@pytest.fixture(autouse=True)
async def nothing_is_broken(hospital, monkeypatch):
    monkeypatch.setattr(lanes, "RUN_SECONDS", 600)  # one run does it all, on the slowest machine too
    yield
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def sent(count: int, outcome: Outcome = Outcome.ACCEPTED) -> None:
    provider = Provider(at_once=50)
    provider.says = Receipt(outcome, "0")
    await waiting(count)
    await run_lane(provider)


async def counted() -> tuple[int, int, int, int]:
    tables = ("delivery", "attempt", "delivery_archive", "attempt_archive")
    found = [await props.count(table) for table in tables]
    return found[0], found[1], found[2], found[3]


async def test_what_ended_moves_with_its_calls_and_its_story_stays(hospital, movable):
    operator = SignedInStaff(id=new_id(), name="运维", grants=(("operations", None),), practitioner_id=None)
    await sent(5)
    (message,) = await db.fetch("SELECT id FROM message ORDER BY id LIMIT 1")
    before = await story_of(operator, message["id"])
    await movable.forward(days=29)
    assert (await archive.archive(), await counted()) == (0, (5, 5, 0, 0))
    await movable.forward(days=2)
    assert (await archive.archive(), await counted()) == (5, (0, 0, 5, 5))
    after = await story_of(operator, message["id"])
    assert after["deliveries"] == before["deliveries"]
    assert after["attempts"] == before["attempts"] != []
    assert await archive.archive() == 0


async def what_somebody_still_looks_after_stays(movable) -> None:
    await sent(1, Outcome.UNKNOWN)
    await sent(1, Outcome.RETRY)
    await movable.forward(days=40)
    assert await archive.archive() == 0
    assert (await counted())[0] == 2
    await db.fetch("UPDATE delivery SET is_settled = true, reason = 'x' WHERE state = 'unknown'")
    await db.fetch("UPDATE delivery SET state = 'expired', reason = 'deadline' WHERE state = 'retry_wait'")


async def test_what_somebody_still_looks_after_stays(hospital, movable):
    await what_somebody_still_looks_after_stays(movable)


@pytest.mark.mutant
async def test_without_the_look_at_its_state_it_is_lost(hospital, movable, monkeypatch):
    guard = "(d.state || '' = 'unknown' AND d.is_settled)"
    edits = ((guard, "d.state || '' = 'unknown'"),)
    mutant = Mutant("the state", archive, "ARCHIVE", edits, what_somebody_still_looks_after_stays)
    await is_killed(mutant, monkeypatch, movable)
    await db.fetch("UPDATE delivery SET is_settled = true, reason = 'x', state = 'unknown' WHERE state <> 'accepted'")


async def test_a_message_whose_next_way_is_to_come_stays(hospital, movable):
    await sent(2)
    await db.fetch("UPDATE message SET next_step_at = app_now() + interval '90 days'")
    await movable.forward(days=31)
    assert await archive.archive() == 0
    await db.fetch("UPDATE message SET next_step_at = NULL")
    assert await archive.archive() == 2


async def test_it_goes_round_and_passes_nothing_over(hospital, movable, monkeypatch):
    monkeypatch.setattr(archive, "PAGE", 3)
    monkeypatch.setattr(archive, "PAGES", 2)
    message_id = await props.insert(
        "message",
        event="test",
        event_key="test",
        subject_kind="test",
        subject_id=new_id(),
        title="测试",
        lines="[]",
        deadline=clock.now() + timedelta(days=300),
        **{"class": "visit"},
    )
    far = {"due_at": clock.now() + timedelta(days=200), "deadline": clock.now() + timedelta(days=300)}
    for number in range(8):  # far ahead: they stand before what is to move
        way = {"channel": f"c{number}", "address": "a", "state": "planned"}
        await props.insert("delivery", message_id=message_id, **way, **far)
    await sent(4)
    await movable.forward(days=31)
    assert sum([await archive.archive() for _ in range(6)]) == 4
    assert await props.count("delivery") == 8
    assert CHANNEL not in {row["channel"] for row in await db.fetch("SELECT channel FROM delivery")}
