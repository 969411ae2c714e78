"""The simulation of waitlists: the same people for every rule, and ours fills more places and sooner."""

from statistics import mean

from infra.simulate.waitlist import report, simulate, whole_day
from miniapp_api.waitlist.rules import offer_deadline

SESSIONS = 300


def test_the_same_seed_gives_the_same_outcome():
    assert simulate(offer_deadline, seed=3, sessions=20) == simulate(offer_deadline, seed=3, sessions=20)


def test_a_deadline_that_shrinks_fills_more_places_and_sooner_than_a_whole_day():
    ours = simulate(offer_deadline, seed=7, sessions=SESSIONS)
    theirs = simulate(whole_day, seed=7, sessions=SESSIONS)
    assert ours.freed == theirs.freed > 1000
    assert ours.fill_rate > theirs.fill_rate + 0.03
    assert mean(ours.minutes) < mean(theirs.minutes) / 2
    assert ours.too_late / ours.offers < 0.2  # the price of it


def test_the_report_names_every_rule():
    lines = report(1, sessions=20).splitlines()
    assert len(lines) == 5
    assert lines[1].startswith("24 hours")
