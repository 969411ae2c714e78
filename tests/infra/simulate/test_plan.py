"""The plan of the morning: the same numbers give the same people, and the shares are as promised."""

import pytest

from infra.simulate.plan import (
    MOST_BANDS,
    Pace,
    accepts,
    capacities,
    clinics_needed,
    draw_people,
    percentile,
)


def test_the_same_seed_gives_the_same_morning():
    assert draw_people(7, 300) == draw_people(7, 300)
    assert draw_people(7, 300) != draw_people(8, 300)


def test_more_patients_leave_the_first_ones_as_they_are():
    assert draw_people(7, 300)[:20] == draw_people(7, 20)


def test_chance_keeps_to_its_shares():
    people = draw_people(1, 4000)

    def share(which) -> float:
        return sum(1 for person in people if which(person)) / len(people)

    assert share(lambda person: person.is_walk_in) == pytest.approx(0.10, abs=0.02)
    assert share(lambda person: not person.comes) == pytest.approx(0.10, abs=0.02)
    assert share(lambda person: person.stars is not None) == pytest.approx(0.70, abs=0.03)
    assert share(lambda person: person.stars in (1, 2)) == pytest.approx(0.70 * 0.08, abs=0.015)
    assert share(lambda person: accepts(person, 3)) == pytest.approx(0.80, abs=0.03)
    assert sum(person.service_minutes for person in people) / len(people) == pytest.approx(6.0, abs=0.3)
    booked = [person.arrives_minutes for person in people if not person.is_walk_in]
    assert sum(booked) / len(booked) == pytest.approx(-15.0, abs=1.5)


@pytest.mark.parametrize("patients", [1, 12, 100, 300, 1000])
def test_about_85_of_a_hundred_who_book_find_a_place(patients):
    places = capacities(patients, clinics_needed(patients))
    assert all(place >= 1 for place in places)
    assert max(places) - min(places) <= 1
    if patients >= 100:
        assert sum(places) * MOST_BANDS == pytest.approx(patients * 0.9 * 0.85, rel=0.06)


def test_a_morning_of_four_hours_takes_two_minutes_at_speed_120():
    assert Pace(120).morning_seconds == 120
    assert Pace(120).seconds(Pace(120).band_minutes) == 15


@pytest.mark.parametrize(("speed", "bands"), [(60, 8), (120, 8), (300, 8), (600, 4), (1200, 2), (3600, 1)])
def test_bands_do_not_become_shorter_than_the_api_allows(speed, bands):
    assert Pace(speed).bands == bands
    assert Pace(speed).band_minutes * bands == 240


def test_a_percentile_is_the_nearest_rank():
    assert percentile([], 0.99) == 0
    assert percentile([5.0], 0.5) == 5
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
