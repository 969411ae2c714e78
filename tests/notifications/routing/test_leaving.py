"""When a message may leave: quiet hours and what breaks them, the last moment, the next free place."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.routing.limits import SETTINGS, Leaving, Load, Settings, leaving
from notifications.routing.rules import ROUTES, as_data, chain_from, route_of
from notifications.rules import PURPOSE_OF, MessageClass, Purpose
from server import clock

NIGHT = {"from": "22:00", "to": "07:00", "breaks": ["urgent", "visit_today", "of_the_moment"], "late": "last_moment"}
CAPS = {"visit": {"hour": 2, "day": 3, "month": 9, "over": "wait"}}


def at(hour: int, minute: int = 0, day: int = 22) -> datetime:
    """A moment in the hospital's zone."""
    return clock.at(datetime(2026, 11, day, tzinfo=UTC).date(), hour, minute)


def load(**values) -> Load:
    plain = {"kind": MessageClass.VISIT, "priority": 1, "purpose": Purpose.SERVICE, "event": "test"}
    return Load(**{**plain, "deadline": at(12, day=25), **values})


def first(moment: datetime, quiet: dict, **values) -> Leaving:
    settings = Settings.of({"quiet_hours": {"visit": quiet}, "caps": {}})
    return leaving(load(**values), settings, at=moment)


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        (at(21, 59), at(21, 59)),
        (at(22), at(7, day=23)),
        (at(23, 30), at(7, day=23)),
        (at(3), at(7)),
        (at(6, 59), at(7)),
        (at(7), at(7)),
    ],
)
def test_the_night_reaches_over_midnight(moment, leaves):
    found = first(moment, NIGHT)
    assert found.moments == (leaves,)
    assert found.held == ("" if leaves == moment else "quiet_hours")


@pytest.mark.parametrize(("hour", "leaves"), [(11, 11), (12, 14), (13, 14), (14, 14)])
def test_quiet_hours_of_a_noon(hour, leaves):
    assert first(at(hour), {"from": "12:00", "to": "14:00"}).moments == (at(leaves),)


@pytest.mark.parametrize(
    "values",
    [{"priority": 0}, {"visit_at": at(23, 50)}, {"event": "queue_called"}],
    ids=["urgent", "visit_today", "of_the_moment"],
)
def test_what_may_break_them_goes_at_once(values):
    assert first(at(23), NIGHT, **values).moments == (at(23),)
    assert first(at(23), {**NIGHT, "breaks": []}, **values).moments == (at(7, day=23),)


def test_the_visit_of_tomorrow_waits():
    assert first(at(23), NIGHT, visit_at=at(9, day=23)).moments == (at(7, day=23),)


def test_what_is_useless_in_the_morning_goes_at_the_last_moment_or_never():
    deadline = at(2, day=23)
    assert first(at(23), NIGHT, deadline=deadline).moments == (deadline - timedelta(minutes=15),)
    never = first(at(23), {**NIGHT, "late": "expire"}, deadline=deadline)
    assert (never.moments, never.reason) == ((), "quiet_hours")


def test_it_does_not_leave_before_its_time_nor_after_its_deadline():
    later = first(at(9), NIGHT, not_before=at(15))
    assert (later.moments, later.held) == ((at(15),), "not_before")
    assert first(at(9), NIGHT, not_before=at(23)).moments == (at(7, day=23),)
    assert first(at(9), NIGHT, deadline=at(9)).reason == "deadline"


def test_over_the_cap_it_may_wait_for_the_next_hour_or_day():
    settings = Settings.of({"quiet_hours": {"visit": NIGHT}, "caps": CAPS})
    found = leaving(load(), settings, at=at(20, 30))
    assert found.moments == (at(20, 30), at(21), at(7, day=23))
    assert found.caps == [2, 3, 9]
    assert found.why(at(21)) == "cap"
    urgent = Settings.of({"quiet_hours": {}, "caps": {**CAPS, "visit_urgent": {**CAPS["visit"], "over": "suppress"}}})
    assert leaving(load(priority=0), urgent, at=at(20, 30)).moments == (at(20, 30),)


@pytest.mark.parametrize("kind", [kind for kind in MessageClass if kind in PURPOSE_OF])
@pytest.mark.parametrize("priority", [0, 1, 2])
@pytest.mark.parametrize("is_planned", [True, False])
def test_every_class_and_urgency_has_a_route(kind, priority, is_planned):
    name = route_of(kind, priority, purpose=PURPOSE_OF[kind], is_planned=is_planned)
    assert ROUTES[name]


def test_chains_are_kept_as_they_are():
    for chain in ROUTES.values():
        assert chain_from(as_data(chain)) == chain


def test_what_ships_can_be_read():
    settings = Settings.of({})
    assert set(settings.quiet) == set(SETTINGS["quiet_hours"])
    assert settings.caps["visit_urgent"].hour > settings.caps["visit"].hour
