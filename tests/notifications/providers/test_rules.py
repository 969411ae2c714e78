"""Breakers, buckets and shares, without anything around them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.content import Capabilities, Receipt
from notifications.providers.rules import (
    REST_SECONDS,
    THRESHOLD,
    Breaker,
    Heard,
    Standing,
    admission,
    heard,
    rest_of,
    shares,
    turned,
)
from notifications.rules import Cause, Outcome, Window

ROOMS = (100, 96, 92)
FREE = Capabilities()
GOOD = Receipt(Outcome.ACCEPTED)
AWAY = Receipt(Outcome.TROUBLE, "unreachable")
UNKNOWN = Receipt(Outcome.UNKNOWN, "no_answer")


@given(st.integers(0, 1000))
def test_every_lane_may_take_something_and_the_urgent_the_most(total):
    urgent, near, bulk = shares(total)
    assert urgent == total
    assert urgent >= near >= bulk >= 0
    assert bulk > 0 or total == 0
    assert total < 4 or urgent > near > bulk


@pytest.mark.parametrize(
    "standing", [Standing(is_paused=True), Standing(is_resting=True), Standing(probe_is_out=True)], ids=str
)
def test_a_channel_that_stands_still_admits_nothing(standing):
    assert admission(standing, FREE, ROOMS).rooms == (0, 0, 0)


def test_a_channel_in_order_admits_what_the_worker_has_room_for():
    assert admission(Standing(), FREE, ROOMS).rooms == ROOMS


def test_an_open_breaker_whose_rest_is_over_admits_one():
    found = admission(Standing(breaker=Breaker.OPEN), FREE, ROOMS)
    assert (found.rooms, found.is_probe) == ((1, 1, 1), True)
    assert not admission(Standing(breaker=Breaker.OPEN), FREE, (0, 0, 0)).is_probe


@given(
    used=st.integers(0, 60),
    limit=st.integers(1, 50),
    room=st.integers(0, 100),
    window=st.sampled_from(["second", "minute", "day"]),
)
def test_never_more_than_the_bucket_holds(used, limit, room, window):
    limits = Capabilities(**{f"per_{window}": limit})
    found = admission(Standing(**{f"used_{window}": used}), limits, (room, room, room))
    assert max(found.rooms) <= max(0, limit - used)
    assert (found.empty == window) == (used >= limit)


def test_the_last_tokens_are_for_the_urgent():
    found = admission(Standing(used_minute=18), Capabilities(per_minute=20), (20, 20, 20))
    assert found.rooms == (2, 1, 0)


# ---- what answers tell ---------------------------------------------------------------------------------------------


def test_only_what_came_after_the_last_sound_answer_is_trouble():
    assert heard([AWAY, UNKNOWN, GOOD, AWAY]) == Heard(is_alive=True, troubles=1, code="unreachable")
    assert heard([AWAY, UNKNOWN]).troubles == 2
    assert heard([UNKNOWN, Receipt(Outcome.REFUSED, "47003")]).troubles == 0


@pytest.mark.parametrize(
    "receipt",
    [
        Receipt(Outcome.RETRY, "-1"),
        Receipt(Outcome.TROUBLE, "lease_half_over"),
        Receipt(Outcome.TROUBLE, "not_called"),
        Receipt(Outcome.TROUBLE, "503", pause=timedelta(seconds=9)),
    ],
    ids=str,
)
def test_what_is_about_one_message_or_about_us_tells_nothing(receipt):
    assert heard([receipt] * 9) == Heard()


def test_a_quota_is_an_answer_and_the_longer_one_counts():
    minute, day = (Receipt(Outcome.TROUBLE, "q", window=window) for window in Window)
    told = heard([day, minute])
    assert (told.is_alive, told.troubles, told.window) == (True, 0, Window.NEXT_DAY)


def test_a_provider_that_does_not_know_us_is_barred_at_once():
    told = heard([Receipt(Outcome.TROUBLE, "40125", cause=Cause.CREDENTIALS)])
    assert turned(Breaker.CLOSED, 0, 0, told).breaker is Breaker.OPEN


# ---- the breaker ---------------------------------------------------------------------------------------------------


def test_it_opens_after_some_troubles_in_a_row():
    breaker, troubles, openings = Breaker.CLOSED, 0, 0
    seen = []
    for _ in range(THRESHOLD):
        turn = turned(breaker, troubles, openings, heard([AWAY]))
        breaker, troubles, openings = turn.breaker, turn.troubles, turn.openings
        seen.append(str(breaker))
    assert seen == ["closed"] * (THRESHOLD - 1) + ["open"]
    assert turn.rest == timedelta(seconds=REST_SECONDS[0])


def test_a_probe_that_fails_opens_it_for_longer_and_one_that_succeeds_closes_it():
    again = turned(Breaker.PROBING, 5, 1, heard([UNKNOWN]))
    assert (again.breaker, again.openings, again.rest) == (Breaker.OPEN, 2, timedelta(seconds=REST_SECONDS[1]))
    closed = turned(Breaker.PROBING, 5, 2, heard([GOOD]))
    assert (closed.breaker, closed.troubles, closed.openings, closed.rest) == (Breaker.CLOSED, 0, 0, None)


def test_rests_grow_and_end():
    assert [rest_of(n).total_seconds() for n in (-1, 0, 1, 2, 3, 4, 99)] == [5, 5, 15, 60, 120, 300, 300]


@given(
    breaker=st.sampled_from(Breaker),
    troubles=st.integers(0, 20),
    openings=st.integers(0, 9),
    receipts=st.lists(st.sampled_from([GOOD, AWAY, UNKNOWN, Receipt(Outcome.RETRY)]), max_size=12),
)
def test_a_breaker_rests_exactly_when_it_opens(breaker, troubles, openings, receipts):
    turn = turned(breaker, troubles, openings, heard(receipts))
    opens = turn.breaker is Breaker.OPEN and breaker is not Breaker.OPEN
    assert (turn.rest is not None) == opens == (turn.openings == openings + 1 and turn.openings > 0 and opens)
    if receipts and receipts[-1] is GOOD:
        assert turn.breaker is Breaker.CLOSED
