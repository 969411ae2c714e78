"""What becomes of an outcome that nobody knows: asked, remembered, waited for, called about, or left alone."""

from datetime import timedelta

import pytest

from notifications.channels.content import Receipt
from notifications.notices.notice import NEAR, URGENT
from notifications.outbox import asking, lanes, settling, statements
from notifications.outbox.lanes import run_lane
from notifications.rules import Outcome
from notifications.wiring import WIRING
from server import clock, db
from server.ids import new_id
from tests import props
from tests.mutants import Mutant, is_killed
from tests.notifications.providers.test_channels import Provider

CHANNEL = "wecom_robot"


class Lossy(Provider):
    """Its answers are lost; it tells what it knows of a key when it is asked."""

    def __init__(self, **capabilities) -> None:
        super().__init__(**capabilities)
        self.says = Receipt(Outcome.UNKNOWN, "no_answer")
        self.keys: list[str] = []
        self.knows: bool | None = True

    async def send(self, content, address, key) -> Receipt:
        self.keys.append(key)
        return await super().send(content, address, key)

    async def find(self, address, key, began_at) -> bool | None:
        return self.knows


@pytest.fixture(name="movable")
def the_clock_of_all(request):
    return request.getfixturevalue("clock")


@pytest.fixture(autouse=True)
async def nothing_is_broken(hospital, monkeypatch):
    monkeypatch.setattr(lanes, "RUN_SECONDS", 600)  # one run does it all, on the slowest machine too
    yield
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence


async def lost(provider: Lossy, *, kind: str = "visit", hours: float = 30, **message) -> dict:
    """Let the answer to one message be lost; give its delivery."""
    priority = message.pop("priority", NEAR)
    now = clock.now()
    deadline = now + timedelta(hours=hours)
    values = {"event": "test", "event_key": f"test:{new_id()}", "subject_kind": "test", "subject_id": new_id()}
    message_id = await props.insert(
        "message", **{**values, "class": kind, "title": "测试", "lines": "[]", "deadline": deadline, **message}
    )
    way = {"channel": CHANNEL, "address": "a", "state": "planned", "priority": priority}
    await props.insert("delivery", **way, message_id=message_id, due_at=now, deadline=deadline)
    await run_lane(provider)
    return await delivery()


async def delivery() -> dict:
    (row,) = await db.fetch("SELECT * FROM delivery")
    return row


def known(monkeypatch, provider: Lossy) -> Lossy:
    """Put a channel into the registry for the time of a test."""
    monkeypatch.setattr(settling, "sending", lambda: [provider])
    monkeypatch.setattr(asking, "sending", lambda: [provider])
    monkeypatch.setattr(asking, "CHANNELS", {provider.name: provider})
    return provider


@pytest.fixture
def asked(hospital, monkeypatch) -> Lossy:
    return known(monkeypatch, Lossy(is_asked=True))


async def looked(movable, **amount: float) -> dict:
    """Move on, look, and give the delivery."""
    await movable.forward(**amount)
    await settling.settle()
    await asking.ask_providers()
    return await delivery()


async def outcomes() -> list[str]:
    return [row["outcome"] for row in await db.fetch("SELECT outcome FROM attempt ORDER BY fence")]


# ---- asked ---------------------------------------------------------------------------------------------------------


async def test_what_the_provider_has_is_taken(movable, asked):
    await lost(asked)
    row = await looked(movable, seconds=59)
    assert row["state"] == "unknown"
    row = await looked(movable, seconds=3)
    assert (row["state"], row["reason"], await outcomes()) == ("accepted", "", ["accepted"])


async def what_it_has_not_goes_again_with_the_same_key(movable, asked) -> None:
    asked.knows = False
    await lost(asked)
    row = await looked(movable, seconds=62)
    assert row["state"] == "unknown"  # it may still be on its way
    row = await looked(movable, minutes=3)
    assert row["state"] == "ready"
    asked.says = Receipt(Outcome.ACCEPTED, "0")
    await run_lane(asked)
    assert (await delivery())["state"] == "accepted"
    assert len(asked.keys) == 2
    assert len(set(asked.keys)) == 1
    assert await outcomes() == ["retry", "accepted"]


async def test_what_it_has_not_goes_again_with_the_same_key(movable, asked):
    await what_it_has_not_goes_again_with_the_same_key(movable, asked)


@pytest.mark.mutant
async def test_without_the_time_to_settle_it_is_sent_while_on_its_way(movable, asked, monkeypatch):
    guard = "AND last.at > app_now() - $6::interval"
    edits = ((guard, "AND $6::interval < '0'"),)
    mutant = Mutant("the time", statements, "ASKED", edits, what_it_has_not_goes_again_with_the_same_key)
    monkeypatch.setattr(asking, "ASKED", statements.ASKED.replace(*edits[0]))
    await is_killed(mutant, monkeypatch, movable, asked)


async def test_a_provider_that_cannot_say_is_asked_again_for_a_day(movable, asked):
    asked.knows = None
    await lost(asked)
    for _ in range(5):
        row = await looked(movable, minutes=3)
        assert (row["state"], row["is_settled"]) == ("unknown", False)
    row = await looked(movable, hours=24)
    assert (row["state"], row["is_settled"], len(asked.keys)) == ("unknown", True, 1)


async def test_what_is_absent_for_ever_ends(movable, asked):
    asked.knows = False
    await lost(asked)
    await db.fetch("UPDATE delivery SET tries = 8")
    row = await looked(movable, minutes=5)
    assert (row["state"], row["reason"]) == ("failed", "absent")


async def test_a_late_answer_is_no_worse_for_a_question(movable, asked):
    row = await lost(asked)
    await movable.forward(minutes=5)
    await db.fetch("UPDATE delivery SET state = 'accepted', reason = ''")
    await db.fetch(statements.ASKED, [row["id"]], [row["fence"]], ["absent"], 8, timedelta(0), timedelta(0))
    assert (await delivery())["state"] == "accepted"


# ---- remembered ----------------------------------------------------------------------------------------------------


async def test_what_the_provider_remembers_is_sent_again_while_it_does(hospital, movable, monkeypatch):
    provider = known(monkeypatch, Lossy(remembers=timedelta(minutes=10)))
    first = await lost(provider, kind="survey")
    row = await looked(movable, seconds=62)
    assert row["state"] == "ready"
    # whoever sleeps over it does not send it after the provider has forgotten
    assert row["deadline"] < first["created_at"] + timedelta(minutes=10)
    await movable.forward(minutes=9)
    await run_lane(provider)
    assert ((await delivery())["state"], len(provider.keys)) == ("ready", 1)
    await settling.settle()
    assert (await delivery())["state"] == "expired"


async def test_what_it_has_forgotten_is_not_sent_again(hospital, movable, monkeypatch):
    provider = known(monkeypatch, Lossy(remembers=timedelta(minutes=10)))
    await lost(provider, kind="survey")
    row = await looked(movable, minutes=10)
    assert (row["state"], row["is_settled"]) == ("unknown", True)


# ---- by class ------------------------------------------------------------------------------------------------------


@pytest.fixture
def deaf(hospital, monkeypatch) -> Lossy:
    """A provider that can be asked nothing."""
    return known(monkeypatch, Lossy())


@pytest.fixture
async def patient(hospital):
    return await props.a_patient()


async def tasks() -> int:
    return await props.count("call_task")


async def a_visit_is_called_about_two_hours_before(movable, deaf, patient) -> None:
    await lost(deaf, patient_id=patient)
    row = await looked(movable, seconds=62)
    assert (row["state"], row["is_settled"], await tasks()) == ("unknown", False, 0)
    await looked(movable, hours=27)
    assert await tasks() == 0
    row = await looked(movable, hours=1)
    assert (row["state"], row["is_settled"], await tasks(), len(deaf.keys)) == ("unknown", True, 1, 1)
    await looked(movable, minutes=30)
    assert await tasks() == 1


async def test_a_visit_is_called_about_two_hours_before(movable, deaf, patient):
    await a_visit_is_called_about_two_hours_before(movable, deaf, patient)


@pytest.mark.parametrize(
    "told",
    [
        "UPDATE message SET read_at = app_now()",
        "INSERT INTO delivery (id, message_id, channel, address, state, due_at, deadline) SELECT gen_random_uuid(),"
        " message_id, 'email', 'b', 'accepted', app_now(), deadline FROM delivery",
    ],
    ids=["read", "another way"],
)
async def test_who_was_told_otherwise_is_not_called(movable, deaf, patient, told):
    await lost(deaf, patient_id=patient)
    await looked(movable, seconds=62)
    await db.fetch(told)
    await movable.forward(hours=28)
    await settling.settle()
    assert await tasks() == 0
    await db.fetch("DELETE FROM delivery WHERE channel = 'email'")  # it was never called


async def test_what_was_of_use_for_minutes_only_is_called_about_by_nobody(movable, deaf, patient):
    await lost(deaf, patient_id=patient, hours=1)
    row = await looked(movable, seconds=62)
    assert (row["is_settled"], await tasks()) == (True, 0)


async def test_something_grave_is_called_about_at_once(movable, deaf, patient):
    await lost(deaf, kind="follow_up", patient_id=patient, purpose="clinical", priority=URGENT)
    row = await looked(movable, seconds=62)
    assert (row["is_settled"], await tasks()) == (True, 1)


async def test_a_survey_is_never_sent_again_and_nobody_is_called(movable, deaf, patient):
    await lost(deaf, kind="survey", patient_id=patient, purpose="satisfaction")
    row = await looked(movable, seconds=62)
    assert (row["is_settled"], await tasks(), len(deaf.keys)) == (True, 0, 1)


async def test_many_leases_of_dead_workers_are_taken_back_in_one_look(hospital, movable):
    message_id = await props.insert(
        "message", event="test", event_key="test", subject_kind="test", subject_id=new_id(), title="测试", lines="[]",
        deadline=clock.now() + timedelta(days=1), **{"class": "visit"},
    )  # fmt: skip
    await db.fetch(
        "INSERT INTO delivery (id, message_id, channel, address, state, due_at, deadline, owner, lease_until)"
        " SELECT gen_random_uuid(), $1, 'c' || n, 'a', 'leased', app_now(), app_now() + interval '1 day', 'dead',"
        " app_now() FROM generate_series(1, 2500) n",
        message_id,
    )
    await settling.settle()
    assert await props.count("delivery", "state = 'ready'") == 2500
    await db.fetch("WITH gone AS (DELETE FROM delivery) DELETE FROM message")  # on channels that do not exist
