"""What must change, and what is booked stays."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.schedules.differences import Changes, StandingBand, StandingSession, Why, World, differences
from miniapp_api.schedules.rules import Pool, Template, WantedSession
from server.ids import new_id
from tests.miniapp_api.schedules.things import DEPARTMENT, MONDAY, a_template, at, expand, week, weekly

EARLY = at(MONDAY, 0)


def standing(wanted: WantedSession, **changed: Any) -> StandingSession:
    """A session as the plan made it."""
    names = set(StandingSession.__dataclass_fields__) - {"id", "bands", "status", "has_own_room"}
    values = {name: getattr(wanted, name) for name in names} | {"status": "open"}
    bands = tuple(
        StandingBand(
            id=new_id(),
            starts_at=band.starts_at,
            ends_at=band.ends_at,
            pool=band.pool,
            capacity=band.capacity,
            adjusted=0,
            taken=0,
            last_number=0,
        )
        for band in wanted.bands
    )
    return StandingSession(**values | {"id": new_id(), "bands": bands} | changed)


def taken(session: StandingSession, *counts: int) -> StandingSession:
    """A session with so many places taken of its first bands."""
    bands = [replace(band, taken=n, last_number=n) for band, n in zip(session.bands, counts, strict=False)]
    return replace(session, bands=(*bands, *session.bands[len(bands) :]))


def compare(template: Template, *sessions: StandingSession, now=EARLY) -> Changes:
    return differences(template, expand(template), World(sessions, now))


def stood(template: Template) -> list[StandingSession]:
    return [standing(one) for one in expand(template)]


def test_what_is_as_it_shall_be_stays():
    template = a_template(weekly(capacities={Pool.APP: 4, Pool.DESK: 1}))
    assert compare(template, *stood(template)).is_empty
    assert len(compare(template).new_sessions) == 1


def test_a_clinic_that_ends_takes_its_free_sessions_with_it():
    (session,) = stood(a_template(weekly()))
    changes = compare(a_template(), session)
    assert changes.gone_sessions == [session]
    assert len(changes.gone_bands) == 8
    assert changes.conflicts == []


def test_a_clinic_that_ends_leaves_what_is_booked_and_tells_it():
    (session,) = stood(a_template(weekly()))
    session = taken(session, 2, 0)
    changes = compare(a_template(), session)
    assert changes.gone_sessions == changes.sessions == []
    assert [band.id for _, band in changes.gone_bands] == [band.id for band in session.bands[1:]]
    assert [(one.band.id, one.capacity) for one in changes.capacities] == [(session.bands[0].id, 2)]
    assert [(one.band, one.why, one.taken, one.wanted) for one in changes.conflicts] == [
        (session.bands[0], Why.NOT_WANTED, 2, 0)
    ]


def test_what_was_given_back_stays_as_a_row_without_places():
    (session,) = stood(a_template(weekly(ends_at=time(8, 30))))
    session = replace(session, bands=(replace(session.bands[0], last_number=1),))
    changes = compare(a_template(), session)
    assert [(one.capacity, one.session.id) for one in changes.capacities] == [(0, session.id)]
    assert [one.status for one in changes.sessions] == ["closed"]
    assert changes.conflicts == changes.gone_bands == []


def test_fewer_places_are_never_fewer_than_are_taken():
    rule = weekly(ends_at=time(9))
    (session,) = stood(a_template(rule))
    session = taken(session, 3, 1)
    changes = compare(a_template(replace(rule, capacities={Pool.APP: 2})), session)
    assert [one.capacity for one in changes.capacities] == [3, 2]
    assert [(one.why, one.taken, one.wanted) for one in changes.conflicts] == [(Why.TOO_MANY, 3, 2)]


def test_places_that_people_added_are_kept():
    rule = weekly(ends_at=time(8, 30))
    (session,) = stood(a_template(rule))
    session = replace(session, bands=(replace(session.bands[0], capacity=6, adjusted=2),))
    assert compare(a_template(rule), session).is_empty
    changes = compare(a_template(replace(rule, capacities={Pool.APP: 5})), session)
    assert [one.capacity for one in changes.capacities] == [7]


def test_another_cut_goes_around_what_is_booked():
    rule = weekly(ends_at=time(9, 30))
    (session,) = stood(a_template(rule))
    session = taken(session, 0, 1)
    changes = compare(a_template(replace(rule, slot_minutes=45)), session)
    assert len(changes.gone_bands) == 2
    assert changes.new_bands == []  # 8:00 to 8:45 and 8:45 to 9:30 would both lie across the booked half hour
    assert [one.why for one in changes.conflicts] == [Why.NOT_WANTED]


def test_a_booked_session_keeps_its_room_and_type():
    rule = weekly(ends_at=time(8, 30))
    (free,) = stood(a_template(rule))
    moved = a_template(replace(rule, room_id=new_id(), visit_type="expert"))
    assert compare(moved, free).sessions[0].room_id == moved.rules[0].room_id
    changes = compare(moved, taken(free, 1))
    assert changes.is_empty
    assert {one.why for one in changes.conflicts} == {Why.OTHER_ROOM, Why.OTHER_TYPE}


def test_beside_a_stopped_session_nothing_is_made():
    rule = weekly()
    (session,) = stood(a_template(rule))
    stopped = replace(session, status="stopped")
    assert compare(a_template(rule), stopped).is_empty
    later = a_template(replace(rule, starts_at=time(9), ends_at=time(14)))
    (made,) = compare(later, stopped).new_sessions
    assert made.bands[0].starts_at == at(MONDAY, 12)


def test_a_session_by_hand_is_left_alone_and_told_when_its_doctor_is_away():
    from tests.miniapp_api.schedules.test_expansion import leave

    (session,) = stood(a_template(weekly(ends_at=time(8, 30))))
    by_hand = replace(session, rule_id=None, version=None)
    assert compare(a_template(weekly(ends_at=time(8, 30))), by_hand).is_empty
    changes = compare(a_template(exceptions=(leave(),)), by_hand)
    assert changes.is_empty
    assert [one.why for one in changes.conflicts] == [Why.BY_HAND]


def test_what_has_ended_is_history():
    template = a_template(weekly(ends_at=time(9)))
    (session,) = stood(template)
    changes = compare(a_template(), session, now=at(MONDAY, 8, 30))
    assert [band.id for _, band in changes.gone_bands] == [session.bands[1].id]
    assert changes.gone_sessions == []
    assert compare(a_template(), session, now=at(MONDAY, 9)).is_empty


def test_what_has_been_released_stays_released():
    (wanted,) = expand(a_template(weekly()))
    later = wanted.opens_at + timedelta(days=3)
    early = compare(a_template(weekly()), standing(wanted, opens_at=later), now=wanted.opens_at)
    assert early.sessions[0].opens_at == wanted.opens_at
    moved = replace(standing(wanted), opens_at=EARLY - timedelta(days=1), rule_id=None, exception_id=new_id())
    assert [one.opens_at for one in compare(a_template(weekly()), moved).sessions] == [moved.opens_at]


def test_the_digest_names_the_changes():
    rule = weekly()
    (session,) = stood(a_template(rule))
    less = a_template(replace(rule, capacities={Pool.APP: 1}))
    assert compare(less, session).digest == compare(less, session).digest
    assert compare(less, session).digest != compare(less, taken(session, 2)).digest
    assert compare(a_template(), session).digest != compare(less, session).digest


some_rules = st.lists(
    st.builds(
        lambda weekday, begin, hours, minutes, places: weekly(
            weekday=weekday,
            starts_at=time(begin),
            ends_at=time(begin + hours),
            slot_minutes=minutes,
            capacities={Pool.APP: places, Pool.DESK: places - 1},
        ),
        st.integers(0, 2),
        st.sampled_from([8, 9, 10]),
        st.integers(1, 3),
        st.sampled_from([20, 30, 60]),
        st.integers(1, 3),
    ),
    max_size=3,
)


def after(changes: Changes, sessions: list[StandingSession]) -> list[StandingSession]:
    """The world after the changes."""
    gone = {band.id for _, band in changes.gone_bands}
    places = {one.band.id: one.capacity for one in changes.capacities}
    rows = {one.session.id: one for one in changes.sessions}
    found = []
    for session in sessions:
        if session in changes.gone_sessions:
            continue
        bands = [replace(b, capacity=places.get(b.id, b.capacity)) for b in session.bands if b.id not in gone]
        wanted = [band for one, band in changes.new_bands if one.id == session.id]
        new = standing(replace(expand(a_template(weekly()))[0], bands=tuple(wanted))).bands
        row = rows.get(session.id)
        columns = {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "session"} if row else {}
        found.append(replace(session, **columns, bands=(*bands, *new)))
    return found + [standing(one) for one in changes.new_sessions]


@given(some_rules, some_rules, st.data())
def test_every_change_keeps_what_is_booked_and_comes_to_rest(before, later, data):
    days = week(days=3)
    sessions = [
        taken(one, *(data.draw(st.integers(0, band.capacity)) for band in one.bands))
        for one in stood(a_template(*before, days=days))
    ]
    template = a_template(*later, days=days)
    changes = compare(template, *sessions)
    found = after(changes, sessions)
    bands = {band.id: band for one in found for band in one.bands}
    for band in (band for one in sessions for band in one.bands if band.taken):
        assert bands[band.id].taken == band.taken
        assert (bands[band.id].starts_at, bands[band.id].ends_at) == (band.starts_at, band.ends_at)
    assert all(band.capacity >= band.taken for band in bands.values())
    keys = [(one.practitioner_id, one.starts_at) for one in found]
    assert len(keys) == len(set(keys))
    for one in found:
        places = [(band.starts_at, band.pool) for band in one.bands]
        assert len(places) == len(set(places))
    again = compare(template, *found)
    assert again.is_empty, again
    wanted = {
        (one.starts_at, b.starts_at, b.ends_at, b.pool): b.capacity for one in expand(template) for b in one.bands
    }
    free = [(one, band) for one in found for band in one.bands if not band.taken and band.capacity]
    assert all(wanted[one.starts_at, b.starts_at, b.ends_at, b.pool] == b.capacity for one, b in free)
    if not any(band.taken for one in sessions for band in one.bands):
        assert {(one.starts_at, b.starts_at, b.ends_at, b.pool) for one, b in free} == set(wanted)


def test_another_department_s_session_of_the_same_person_is_not_ours():
    rule = weekly()
    (session,) = stood(a_template(rule))
    elsewhere = replace(session, department_id=new_id())
    assert compare(a_template(rule), elsewhere).is_empty
    assert elsewhere.department_id != DEPARTMENT


def test_a_room_that_a_person_chose_stays_and_is_no_conflict():
    mine, other = new_id(), new_id()
    (session,) = stood(a_template(weekly(room_id=mine)))
    moved = taken(replace(session, room_id=other, has_own_room=True), 1)
    changes = compare(a_template(weekly(room_id=mine)), moved)
    assert [one.room_id for one in changes.sessions] in ([], [other])
    assert changes.conflicts == []
