"""The rules of the hub, without anything around them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rules
from notifications.rules import (
    DELIVERY,
    Credit,
    DeliveryState,
    OpenDelivery,
    OpenReceipt,
    Outcome,
    pair_receipts,
    repeat_pause,
    retry_pause,
    verdict,
)
from server.errors import IllegalMove

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outcome", "state", "attempt", "credit"),
    [
        (Outcome.ACCEPTED, "accepted", "accepted", Credit.KEEP),
        (Outcome.UNKNOWN, "unknown", "unknown", Credit.KEEP),
        (Outcome.NO_CONSENT, "suppressed", "refused", Credit.VOID),
        (Outcome.REFUSED, "failed", "refused", Credit.GIVE_BACK),
        (Outcome.RETRY, "retry_wait", "retry", Credit.GIVE_BACK),
        (Outcome.TROUBLE, "retry_wait", "retry", Credit.GIVE_BACK),
    ],
)
def test_every_outcome_has_its_verdict(outcome, state, attempt, credit):
    found = verdict(outcome, tries=1)
    assert (found.state, found.attempt, found.credit) == (state, attempt, credit)


@given(outcome=st.sampled_from(Outcome), tries=st.integers(1, 50), dice=st.floats(0, 0.999))
def test_a_verdict_is_a_move_that_the_machine_knows(outcome, tries, dice):
    found = verdict(outcome, tries=tries, dice=dice)
    DELIVERY.check(DeliveryState.SENDING, found.state)
    assert (found.state is DeliveryState.RETRY_WAIT) == (found.pause > timedelta(0))


def test_pauses_grow_and_end():
    assert [retry_pause(tries).total_seconds() for tries in (1, 2, 3, 4, 5, 99)] == [5, 30, 120, 600, 600, 600]


def test_a_message_is_tried_eight_times_and_trouble_of_the_provider_does_not_count():
    assert verdict(Outcome.RETRY, tries=7).state is DeliveryState.RETRY_WAIT
    assert verdict(Outcome.RETRY, tries=8).state is DeliveryState.FAILED
    assert verdict(Outcome.TROUBLE, tries=80).state is DeliveryState.RETRY_WAIT


def test_the_channel_may_ask_for_a_pause_of_its_own():
    assert verdict(Outcome.RETRY, tries=1, pause=timedelta(seconds=2)).pause == timedelta(seconds=2)


@pytest.mark.parametrize("state", [DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNKNOWN])
def test_what_may_have_arrived_is_never_leased_again(state):
    with pytest.raises(IllegalMove):
        DELIVERY.check(state, DeliveryState.LEASED)


def test_alerts_sound_again_after_two_five_ten_and_twenty_minutes_and_then_every_forty():
    moments, at = [], timedelta(0)
    for repeats in range(6):
        at += repeat_pause(repeats)
        moments.append(at.total_seconds() / 60)
    assert moments == [2, 5, 10, 20, 60, 100]


def test_only_staff_alerts_are_sent_again_when_nobody_knows():
    assert set(rules.SENT_AGAIN_WHEN_UNKNOWN) == {rules.MessageClass.ALERT}


# ---- receipts ------------------------------------------------------------------------------------------------------


def receipt(seconds: float, provider_id: str = "", openid: str = "o") -> OpenReceipt:
    return OpenReceipt(uuid4(), openid, "queue_called", provider_id, NOW + timedelta(seconds=seconds))


def delivery(seconds: float, provider_id: str = "", openid: str = "o") -> OpenDelivery:
    return OpenDelivery(uuid4(), openid, "queue_called", provider_id, NOW + timedelta(seconds=seconds))


def test_a_receipt_belongs_to_the_delivery_with_its_id():
    first, second, came = delivery(0, "1"), delivery(1, "2"), receipt(2, "1")
    assert pair_receipts([came], [first, second]) == [(came.id, first.id)]


def test_without_an_id_it_belongs_to_the_latest_that_had_begun():
    never_taken, taken, later = delivery(0), delivery(100), delivery(300)
    came = receipt(101)
    assert pair_receipts([came], [never_taken, taken, later]) == [(came.id, taken.id)]


def test_a_receipt_of_somebody_else_or_from_before_belongs_to_nothing():
    assert pair_receipts([receipt(5, openid="other"), receipt(-1)], [delivery(0)]) == []


def test_an_id_that_fits_nothing_falls_back_to_those_without_one():
    known, nameless, came = delivery(0, "1"), delivery(0), receipt(1, "9")
    assert pair_receipts([came], [known, nameless]) == [(came.id, nameless.id)]


@given(st.lists(st.integers(0, 5), max_size=6), st.lists(st.integers(0, 5), max_size=6))
def test_nothing_is_matched_twice(receipts, deliveries):
    pairs = pair_receipts([receipt(at) for at in receipts], [delivery(at) for at in deliveries])
    assert len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs}) == len(pairs)
