"""One tap and its two reports, in any order; what to ask for, and when again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.consents.rules import (
    ASK_AFTER,
    AT_ONCE,
    PAIRING,
    Moment,
    Standing,
    taps_of,
    to_ask,
)
from notifications.consents.wording import ASK, CURRENT, WORDINGS, words_in
from notifications.pools import pool_of
from notifications.rules import Purpose

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)

seconds = st.integers(0, 3600)
apart = st.integers(-int(PAIRING.total_seconds()), int(PAIRING.total_seconds()))
# a tap: when, how much later the platform says it was, and which of the two reports come
taps = st.lists(st.tuples(seconds, apart, st.sampled_from(["both", "client", "event"])), max_size=12)


def at(second: int) -> datetime:
    return NOW + timedelta(seconds=second)


@given(taps)
def test_never_more_credits_than_taps_and_never_fewer_than_one_side_reports(tapped):
    client = [at(when) for when, _, who in tapped if who != "event"]
    event = [at(when + later) for when, later, who in tapped if who != "client"]
    found = taps_of(client, event)
    assert max(len(client), len(event)) <= len(found) <= len(tapped)
    assert sorted(one for one, _ in found if one) == sorted(client)
    assert sorted(other for _, other in found if other) == sorted(event)


@given(taps, st.randoms())
def test_the_order_of_reports_does_not_matter(tapped, dice):
    client, event = [at(when) for when, _, _ in tapped], [at(when + later) for when, later, _ in tapped]
    expected = taps_of(client, event)
    dice.shuffle(client)
    dice.shuffle(event)
    assert taps_of(client, event) == expected


@given(st.lists(seconds), st.lists(seconds), seconds)
def test_one_more_report_is_one_more_tap_or_none(client, event, more):
    """So the ledger adds one row or pairs what is there."""
    before = len(taps_of([at(one) for one in client], [at(one) for one in event]))
    assert len(taps_of([at(one) for one in [*client, more]], [at(one) for one in event])) - before in (0, 1)


def standing(key: str, credits: int = 0, status: str = "unknown", rejected_at: datetime | None = None) -> Standing:
    return Standing(key, f"id-{key}", credits, status, rejected_at)


def asked(*standings: Standing, moment: Moment = Moment.BOOKED) -> list[str]:
    return [one.key for one in to_ask(moment, standings, now=NOW, again_after=WEEK)]


@pytest.mark.parametrize("moment", list(Moment))
def test_the_most_important_are_asked_for_and_never_too_many(moment):
    everything = [standing(key) for keys in ASK_AFTER.values() for key in reversed(keys)]
    assert asked(*everything, moment=moment) == list(ASK_AFTER[moment])[:AT_ONCE]
    assert len(ASK_AFTER[moment]) <= AT_ONCE
    assert all(words_in(ASK[moment], language) for language in ("zh-CN", "zh-TW", "en"))


def test_what_is_banned_or_enough_is_not_asked_for():
    assert asked(
        standing("appointment_reminder", credits=1),  # two are of use
        standing("queue_called", status="banned"),
        standing("appointment_cancelled", credits=1),
    ) == ["appointment_reminder"]


@pytest.mark.parametrize(("ago", "is_asked"), [(timedelta(days=6, hours=23), False), (WEEK, True)])
def test_after_a_no_we_wait_some_days(ago, is_asked):
    said_no = standing("queue_called", status="rejected", rejected_at=NOW - ago)
    assert asked(said_no) == (["queue_called"] if is_asked else [])


def test_templates_that_share_an_id_share_their_credits_and_are_asked_for_once():
    ids = {"appointment_booked": "x", "queue_joined": "y", "queue_called": "y", "appointment_reminder": "x", "odd": "z"}
    assert [pool_of(key, ids) for key in ids] == [
        "appointment_reminder",
        "queue_called",
        "queue_called",
        "appointment_reminder",
        "odd",
    ]
    assert pool_of("nowhere", ids) == "nowhere"
    one, other = Standing("appointment_reminder", "x", 0, "unknown"), Standing("queue_called", "x", 0, "unknown")
    assert asked(one, other) == ["appointment_reminder"]


def test_every_wording_tells_all_that_may_be_asked_in_three_languages():
    for wording in WORDINGS.values():
        assert set(wording) == {Purpose.CLINICAL, Purpose.RETURN_VISIT, Purpose.SATISFACTION, Purpose.EDUCATION}
        for words in wording.values():
            assert all(all(part) for part in (words.title, words.text, words.without))
    assert max(WORDINGS) == CURRENT
