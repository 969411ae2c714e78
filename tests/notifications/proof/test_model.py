"""Every world of one delivery and two workers: nothing wrong; without any one of its guards a story that goes wrong."""

import sys
from dataclasses import replace

import pytest

from notifications.machine import TRANSITIONS, Event, Guard, moves
from tests.notifications.proof.explorer import explore
from tests.notifications.proof.model import Model, Policy

EVERYTHING = Model(has_receipts=True, has_limits=True, has_people=True)
TWICE = "the provider took it 2 times"

# The smallest model in which the lack of a guard shows, and what then goes wrong.
WITHOUT: dict[Guard, tuple[Model, str]] = {
    Guard.WAITS: (Model(), TWICE),
    Guard.DUE: (Model(), "it leaves before its moment"),
    Guard.HELD: (Model(has_limits=True), "it is said not to have been sent, and the provider took it"),
    Guard.IN_TIME: (Model(has_limits=True), "a call begins after the deadline"),
    Guard.WANTED: (Model(has_limits=True), "a call begins after the wish was withdrawn"),
    Guard.ALLOWED: (Model(has_limits=True), "a call begins without a consent"),
    Guard.FRESH: (Model(Policy.ASK), TWICE),
    Guard.CURRENT: (Model(Policy.AGAIN), "an answer under an old lease changes the row"),
    Guard.ANSWERABLE: (Model(has_receipts=True), "a receipt is taken back"),
    Guard.OVER: (Model(), "a call that goes on in time is given up"),
    Guard.NOT_BEGUN: (Model(), TWICE),
    Guard.SETTLED: (Model(Policy.ASK), TWICE),
    Guard.HARMLESS: (Model(), TWICE),
    Guard.REMEMBERED: (Model(Policy.KEY), TWICE),
    Guard.BOUNDED: (Model(Policy.AGAIN), "it is sent again and again"),
    Guard.RANK: (Model(has_receipts=True), "a receipt is taken back"),
    Guard.RETRIABLE: (Model(has_people=True), TWICE),
    Guard.RECALLABLE: (Model(has_people=True), "it is said not to have been sent, and the provider took it"),
}
# Without who looks after what is left behind, a message is lost.
KEEPERS: dict[Event, Model] = {
    Event.CLAIM: Model(),
    Event.GIVE_BACK: Model(),
    Event.LOSE: Model(),
    Event.SEND_AGAIN: Model(Policy.AGAIN),
    Event.FIND: Model(Policy.ASK),
    Event.RECEIVE: Model(has_receipts=True),
}


@pytest.mark.parametrize("policy", Policy)
def test_in_no_world_is_it_lost_or_taken_twice(policy):
    found = explore(replace(EVERYTHING, policy=policy))
    assert not found.broken, found.text()
    assert found.worlds > 10_000


def test_every_guard_has_a_story():
    assert set(WITHOUT) == set(Guard)
    assert {guard for transition in TRANSITIONS for guard in transition.guards} == set(Guard)


@pytest.mark.parametrize("guard", Guard)
def test_without_a_guard_it_goes_wrong(guard):
    model, expected = WITHOUT[guard]
    assert not explore(model).broken
    found = explore(replace(model, without=frozenset({guard})))
    sys.stdout.write(f"without «{guard}»:\n{found.text()}\n")  # pytest -s shows the story
    assert found.broken == expected, found.text()
    assert found.story


@pytest.mark.parametrize("event", KEEPERS)
def test_without_a_keeper_it_is_lost(event):
    found = explore(replace(KEEPERS[event], unmoved=frozenset({event})))
    assert found.broken.startswith("nobody looks after it any more"), found.text()


def test_the_model_moves_as_the_table_says():
    done = set().union(*(explore(replace(EVERYTHING, policy=policy)).moves for policy in Policy))
    allowed = {(old, new) for old, after in moves().items() for new in after}
    done = {(old, new) for old, new in done if old != new}
    assert done <= allowed, done - allowed
    # what only the router and the operator do is no part of the model: quiet hours, caps, a lane that is held
    beyond = {(old, new) for old, new in allowed - done if "held" not in (old, new) and new != "suppressed"}
    assert beyond == {("planned", "ready")}
