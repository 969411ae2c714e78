"""When an offline scan was and who was first: for any clock and any order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.checkin.rules import Arrival
from miniapp_api.offline import rules
from miniapp_api.offline.rules import Claim, Contact, Standing, When, corrected, judge_alone, settle

NOON = datetime(2026, 3, 9, 4, tzinfo=UTC)
minutes = st.integers(-600, 600).map(lambda n: timedelta(minutes=n))
spans = st.integers(0, 6 * 3600).map(lambda n: timedelta(seconds=n))


@given(wrong_by=minutes, until_scan=spans, until_upload=spans)
def test_a_steady_clock_is_corrected_however_wrong_it_is(wrong_by, until_scan, until_upload):
    contact = Contact(NOON + wrong_by, NOON)
    scanned_at = NOON + until_scan
    now = scanned_at + until_upload
    assert corrected(scanned_at + wrong_by, contact, sent_at=now + wrong_by, now=now) == When(scanned_at, "device")


@given(device=minutes, scanned=minutes, sent=minutes)
def test_a_time_is_never_in_the_future_nor_before_the_last_contact(device, scanned, sent):
    contact = Contact(NOON + device, NOON)
    now = NOON + timedelta(hours=2)
    when = corrected(NOON + scanned, contact, sent_at=now + sent, now=now)
    assert contact.server_at <= when.at <= now
    assert when.source == "device" or when.at == now


@pytest.mark.parametrize(
    ("scanned", "sent", "contact"),
    [
        (timedelta(hours=3), timedelta(hours=2), timedelta(0)),  # after the upload
        (timedelta(minutes=-5), timedelta(hours=2), timedelta(0)),  # before the last contact
        (timedelta(hours=1), timedelta(hours=2, minutes=3), timedelta(0)),  # the clock was changed on the way
        (timedelta(hours=1), timedelta(hours=2), timedelta(hours=3)),  # a contact that is still to come
        (timedelta(hours=1), timedelta(hours=2), timedelta(hours=-40)),  # of the day before yesterday
    ],
)
def test_what_cannot_be_counts_from_the_upload(scanned, sent, contact):
    now = NOON + timedelta(hours=2)
    when = corrected(NOON + scanned, Contact(NOON + contact, NOON + contact), sent_at=NOON + sent, now=now)
    assert when == When(now, "upload")


def an_arrival(**values) -> Arrival:
    return Arrival(
        **{
            "status": "booked",
            "session_status": "open",
            "has_place": False,
            "department_id": UUID(int=1),
            "day": NOON.date(),
            "starts_at": NOON,
            "ends_at": NOON + timedelta(minutes=30),
            "opens_minutes": 60,
            "closes_minutes": 30,
            "serves": None,
            **values,
        }
    )


def reason(when: datetime = NOON, now: datetime = NOON, **values) -> str | None:
    return judge_alone(an_arrival(**values), When(when, "device"), now).reason


def test_a_scan_is_judged_by_its_own_time_whoever_came_meanwhile():
    assert reason(status="checked_in", has_place=True) is None
    assert reason(NOON - timedelta(hours=2)) == "too_early"
    assert reason(NOON, NOON + timedelta(hours=5)) is None, "an upload in the evening"
    assert reason(NOON, NOON + timedelta(days=1)) == "day_over"
    assert reason(status="cancelled") == "cancelled"
    assert reason(session_status="stopped") == "session_stopped"
    assert reason(serves=frozenset()) == "wrong_department"


claims = st.lists(
    st.builds(Claim, at=st.integers(0, 3).map(lambda n: NOON + timedelta(seconds=n)), scan_id=st.uuids()),
    min_size=1,
    max_size=4,
    unique_by=lambda claim: claim.scan_id,
)


def after_all(order) -> tuple[Claim, frozenset[UUID]]:
    """Merge claims in this order; give the first and all others."""
    standing = None
    seen: set[UUID] = set()
    for claim in order:
        if settle(claim, standing) != "later":
            standing = Standing(claim, can_change=True)
        seen.add(claim.scan_id)
    assert standing is not None
    return standing.first, frozenset(seen - {standing.first.scan_id})


@given(claims)
def test_the_first_is_the_same_in_every_order_of_uploads(made):
    assert len({after_all(order) for order in permutations(made)}) == 1
    assert after_all(made)[0] == min(made, key=lambda claim: (claim.at, claim.scan_id.int))


def test_a_ticket_that_was_called_keeps_its_time():
    late, early = Claim(NOON, UUID(int=2)), Claim(NOON - timedelta(minutes=5), UUID(int=1))
    assert settle(early, Standing(late, can_change=False)) == "later"
    assert rules.settle(early, Standing(late, can_change=True)) == "first"
