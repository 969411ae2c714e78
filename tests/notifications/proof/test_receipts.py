"""Receipts in any order, doubled, early: each finds its own delivery, and none is given to another one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifications.rules import OpenDelivery, OpenReceipt, pair_receipts

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
PEOPLE = ("a", "b")


def _delivery(
    number: int, at: int, *, person: str = "a", under_way: bool = False, provider_id: str = ""
) -> OpenDelivery:
    began_at = NOW + timedelta(seconds=at)
    return OpenDelivery(UUID(int=number), person, "queue_called", provider_id, began_at, under_way)


def _receipt(number: int, at: int, *, person: str = "a", provider_id: str = "") -> OpenReceipt:
    return OpenReceipt(UUID(int=1000 + number), person, "queue_called", provider_id, NOW + timedelta(seconds=at))


def test_an_old_one_never_takes_the_receipt_of_a_call_that_is_under_way():
    old, new = _delivery(1, 0), _delivery(2, 60, under_way=True)
    assert pair_receipts([_receipt(1, 61)], [old, new]) == []  # it waits until the call has come back
    new = _delivery(2, 60)
    assert pair_receipts([_receipt(1, 61)], [old, new]) == [(UUID(int=1001), UUID(int=2))]


def test_one_that_was_surely_taken_comes_before_what_nobody_knows():
    taken, unknown = replace(_delivery(1, 0), is_taken=True), _delivery(2, 60)
    assert pair_receipts([_receipt(1, 61)], [taken, unknown]) == [(UUID(int=1001), UUID(int=1))]
    assert pair_receipts([_receipt(1, 61), _receipt(2, 62)], [taken, unknown])[1] == (UUID(int=1002), UUID(int=2))


def test_a_second_receipt_goes_to_nobody_when_its_delivery_has_one():
    assert pair_receipts([_receipt(1, 5), _receipt(2, 6)], [_delivery(1, 0)]) == [(UUID(int=1001), UUID(int=1))]


sends = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(PEOPLE), st.booleans()), max_size=6)
shuffled = st.randoms(use_true_random=False)


@given(sends=sends, dice=shuffled, doubles=st.integers(0, 2))
def test_in_any_order_each_receipt_is_its_own_by_the_providers_id(sends, dice, doubles):
    deliveries = [_delivery(n, at, person=person, provider_id=str(n)) for n, (at, person, _) in enumerate(sends)]
    receipts = [
        _receipt(10 * n + copy, at + 1, person=person, provider_id=str(n))
        for n, (at, person, _) in enumerate(sends)
        for copy in range(doubles + 1)
    ]
    dice.shuffle(deliveries)
    dice.shuffle(receipts)
    pairs = pair_receipts(receipts, deliveries)
    assert sorted((receipt.int - 1000) // 10 for receipt, _ in pairs) == sorted(found.int for _, found in pairs)
    assert {found for _, found in pairs} == {delivery.id for delivery in deliveries}
    assert all((receipt.int - 1000) // 10 == found.int for receipt, found in pairs)


@given(sends=sends, dice=shuffled)
def test_without_ids_no_two_share_one_and_none_is_older_than_its_call(sends, dice):
    deliveries = [_delivery(n, at, person=person, under_way=way) for n, (at, person, way) in enumerate(sends)]
    receipts = [_receipt(n, at + 1, person=person) for n, (at, person, _) in enumerate(sends)]
    dice.shuffle(deliveries)
    dice.shuffle(receipts)
    pairs = pair_receipts(receipts, deliveries)
    by_id = {delivery.id: delivery for delivery in deliveries}
    when = {receipt.id: receipt for receipt in receipts}
    assert len({found for _, found in pairs}) == len(pairs) == len({receipt for receipt, _ in pairs})
    for receipt, found in pairs:
        assert by_id[found].began_at <= when[receipt].received_at
        assert by_id[found].openid == when[receipt].openid
        assert not by_id[found].is_under_way
