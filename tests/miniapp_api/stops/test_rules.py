"""Who is proposed what: the order of places, nobody twice, nobody where they cannot be, until when they may answer."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.stops.rules import (
    SHORTEST_ANSWER,
    WARNING,
    Booking,
    Outcome,
    Place,
    Policy,
    answer_by,
    apart,
    next_call,
    propose,
    propose_all,
    rank,
)
from server import clock

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
DOCTOR, OTHER, DEPARTMENT = uuid4(), uuid4(), uuid4()


def a_booking(hours: float = 24, **more) -> Booking:
    starts_at = NOW + timedelta(hours=hours)
    values = {
        "appointment_id": uuid4(),
        "practitioner_id": DOCTOR,
        "department_id": DEPARTMENT,
        "visit_type": "expert",
        "title": "主任医师",
        "pool": "app",
        "number": 1,
        "starts_at": starts_at,
        "ends_at": starts_at + HALF_HOUR,
    }
    return Booking(**values | more)


def a_place(hours: float, **more) -> Place:
    starts_at = NOW + timedelta(hours=hours)
    values = {
        "slot_id": uuid4(),
        "session_id": uuid4(),
        "practitioner_id": OTHER,
        "department_id": DEPARTMENT,
        "visit_type": "expert",
        "title": "主任医师",
        "pool": "app",
        "starts_at": starts_at,
        "ends_at": starts_at + HALF_HOUR,
        "free": 1,
    }
    return Place(**values | more)


def test_the_same_doctor_comes_first_then_the_level_then_the_nearest_hour():
    same = a_place(100, practitioner_id=DOCTOR)
    level_near, level_far = a_place(23), a_place(30)
    junior = a_place(24, title="住院医师")
    dearer = a_place(50, practitioner_id=DOCTOR, visit_type="special")
    sooner = a_place(4, practitioner_id=DOCTOR)
    found = rank(a_booking(), [dearer, junior, level_far, sooner, level_near, same], NOW)
    assert found == [same, sooner, level_near, level_far, junior, dearer]


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (Policy.MOVE, Outcome.OFFERED),
        (Policy.MOVE_LEVEL, Outcome.MOVED),
        (Policy.OFFER, Outcome.OFFERED),
        (Policy.RELEASE, Outcome.RELEASED),
    ],
)
def test_a_policy_says_what_is_tried_first(policy, outcome):
    assert propose(a_booking(), [a_place(26)], policy, NOW).outcome is outcome


def test_nobody_is_moved_to_an_earlier_hour_or_another_price():
    earlier, dearer = a_place(5, practitioner_id=DOCTOR), a_place(26, practitioner_id=DOCTOR, visit_type="special")
    assert propose(a_booking(), [earlier, dearer], Policy.MOVE_LEVEL, NOW).outcome is Outcome.OFFERED


def test_a_session_that_moves_names_the_place_of_everybody():
    twin, nearer = a_place(48, practitioner_id=DOCTOR), a_place(25, practitioner_id=DOCTOR)
    found = propose(a_booking(to_slot_id=twin.slot_id), [nearer, twin], Policy.RELEASE, NOW)
    assert (found.outcome, found.places) == (Outcome.MOVED, (twin,))


@pytest.mark.parametrize(
    "place",
    [
        a_place(0.5),  # too soon to come
        a_place(24, free=0),
        a_place(24, pool="desk"),
        a_place(27),  # the person is elsewhere
    ],
)
def test_a_place_that_cannot_be_had_is_none(place):
    booking = a_booking(busy=((NOW + timedelta(hours=26.75), NOW + timedelta(hours=27.5)),))
    assert rank(booking, [place], NOW) == []
    assert propose(booking, [place], Policy.MOVE_LEVEL, NOW).outcome is Outcome.RELEASED


def test_who_was_about_to_come_may_come_at_that_hour_to_somebody_else():
    assert rank(a_booking(0.25), [place := a_place(0.25)], NOW) == [place]
    assert rank(a_booking(0.5), [a_place(0.25)], NOW) == []


def test_a_desks_place_is_for_who_had_one():
    assert rank(a_booking(pool="desk"), [place := a_place(26, pool="desk")], NOW) == [place]


def test_a_session_in_which_somebody_is_booked_is_no_choice():
    place = a_place(26)
    assert rank(a_booking(sessions=frozenset({place.session_id})), [place], NOW) == []


hours = st.integers(0, 60).map(lambda n: n / 2)
places = st.lists(
    st.builds(
        a_place,
        hours,
        practitioner_id=st.sampled_from([DOCTOR, OTHER]),
        session_id=st.sampled_from([UUID(int=n) for n in range(4)]),
        free=st.integers(0, 3),
    ),
    max_size=12,
)
bookings = st.lists(st.builds(a_booking, hours, number=st.integers(1, 99)), max_size=20)


@given(bookings=bookings, places=places, policy=st.sampled_from(list(Policy)))
def test_no_place_is_proposed_to_more_people_than_it_has(bookings, places, policy):
    before = {place.slot_id: place.free for place in places}
    found = propose_all(bookings, places, policy, NOW)
    assert sorted(str(one.appointment_id) for one, _ in found) == sorted(str(one.appointment_id) for one in bookings)
    given_out = [place.slot_id for _, proposal in found for place in proposal.places]
    assert all(given_out.count(slot_id) <= free for slot_id, free in before.items())
    for booking, proposal in found:
        assert len(proposal.places) == {"moved": 1, "released": 0}.get(proposal.outcome, len(proposal.places))
        if proposal.outcome is Outcome.MOVED:
            assert proposal.places[0].starts_at >= booking.starts_at
        if proposal.outcome is Outcome.OFFERED:
            assert 1 <= len(proposal.places) <= 3


@given(places=places)
def test_what_is_held_for_one_person_can_be_held_at_once(places):
    chosen = apart(places)
    assert len({place.session_id for place in chosen}) == len(chosen) <= 3
    for n, one in enumerate(chosen):
        assert all(one.starts_at >= other.ends_at or other.starts_at >= one.ends_at for other in chosen[:n])


@given(minutes=st.integers(15, 4320), starts=st.lists(st.integers(1, 9000), max_size=3))
def test_a_deadline_leaves_time_to_think_and_time_to_come(minutes, starts):
    found = answer_by(NOW, minutes, [NOW + timedelta(minutes=n) for n in starts])
    assert NOW + SHORTEST_ANSWER <= found <= NOW + timedelta(minutes=minutes, hours=13)
    if starts and min(starts) >= 75:
        assert found <= NOW + timedelta(minutes=min(starts)) - WARNING
    if not starts:
        assert found >= NOW + timedelta(minutes=minutes)
        assert 9 <= clock.local(found).hour < 21


def test_a_deadline_does_not_end_in_the_night():
    noon = clock.at(date(2026, 11, 23), 12)
    assert answer_by(noon, 12 * 60, []) == clock.at(date(2026, 11, 24), 10)
    assert answer_by(noon, 14 * 60, []) == clock.at(date(2026, 11, 24), 10)
    assert answer_by(noon, 60, []) == clock.at(date(2026, 11, 23), 13)


def test_calls_are_tried_again_with_growing_pauses():
    pauses = [next_call(n, NOW) - NOW for n in (1, 2, 3, 9)]
    assert pauses == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=1)]
