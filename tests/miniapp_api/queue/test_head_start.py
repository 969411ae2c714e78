"""The default order in numbers, and the two others where they differ."""

from datetime import timedelta

from miniapp_api.queue.order.ordering import DEFAULT_RULE, Rule, bound_of
from miniapp_api.queue.policies import POLICIES
from miniapp_api.queue.policies.basis import Claim, Own, Settings, minutes
from tests.miniapp_api.queue.histories import NINE

BAND = (NINE, NINE + minutes(30))
HEAD_START = POLICIES["head_start"]


def place(at, band=BAND, *, policy="head_start", rule=None, **more):
    return POLICIES[policy].place_of(Claim(at, band, **more), rule or Settings())


def sort_at(at, band=BAND, **more):
    return place(at, band, **more).sort_at


def test_being_early_gives_nothing_more_than_the_beginning_of_the_band():
    assert sort_at(NINE - minutes(100)) == sort_at(NINE + minutes(10)) == NINE
    assert sort_at(NINE + minutes(25)) == NINE + minutes(15)


def test_who_comes_after_the_band_stands_as_if_booked_on_arrival():
    at = BAND[1] + minutes(5)
    assert (sort_at(at), place(at).rule) == (at, "late")


def test_or_so_many_places_behind_the_band_but_not_too_far_before_the_coming():
    rule = Settings(late="ladder")
    at = BAND[1] + minutes(5)
    assert (sort_at(at, rule=rule), place(at, rule=rule).rule) == (BAND[1] + minutes(15), "ladder")
    assert sort_at(BAND[1] + minutes(50), rule=rule) == BAND[1] + minutes(30)
    assert HEAD_START.bound(rule) == minutes(60)
    assert HEAD_START.bound(Settings(late="ladder", late_places=10, late_ahead_minutes=45)) == minutes(50 + 20 + 45)


def test_a_walk_in_stands_twenty_minutes_behind_and_help_gives_them_back_once():
    assert sort_at(NINE, None) == NINE + minutes(20)
    assert sort_at(NINE, None, flags=frozenset({"elderly", "wheelchair"}), triage="priority") == NINE
    assert sort_at(NINE, None, flags=frozenset({"feverish"})) == NINE + minutes(20)


def test_an_urgent_patient_is_in_a_class_before_all_others():
    assert place(NINE, None, triage="urgent").sort_class < place(NINE - minutes(600)).sort_class


def test_who_missed_the_call_goes_behind_the_third_who_waits_and_never_ahead_of_before():
    def again(own, waiting, misses=1):
        was = Own(1, own, "band")
        now = NINE + minutes(8)
        found = HEAD_START.place_of_recall(was, waiting, now=now, times_missed=misses, settings=Settings())
        return found.sort_at, found.rule

    waiting = [NINE + minutes(n) for n in range(5)]
    assert again(NINE - minutes(9), waiting) == (waiting[2] + timedelta(microseconds=1), "recall")
    assert again(NINE, []) == (NINE, "recall")
    assert again(NINE + minutes(90), waiting)[0] == NINE + minutes(90)
    assert again(NINE, waiting, 2) == (NINE + minutes(8), "rejoin")


def test_order_of_arrival_knows_no_band_and_no_walk_ins():
    assert sort_at(NINE, None, policy="arrival") == sort_at(NINE, policy="arrival") == NINE
    assert sort_at(NINE, policy="arrival", triage="priority") == NINE - minutes(20)
    assert POLICIES["arrival"].bound(Settings()) == minutes(40)


def test_order_of_appointments_knows_only_the_band_and_promises_nothing():
    assert sort_at(NINE + minutes(29), policy="appointment") == NINE
    assert sort_at(NINE + minutes(31), policy="appointment") == NINE + minutes(31)
    assert POLICIES["appointment"].bound(Settings()) is None


def test_what_is_promised_on_a_day_of_two_rules_holds_between_them():
    other = Rule(1, HEAD_START, Settings(walk_in_minutes=40, return_minutes=5, early_minutes=0))
    assert bound_of([DEFAULT_RULE]) == minutes(60)
    assert bound_of([DEFAULT_RULE, other]) == minutes(40 + 40 + 15)
    assert bound_of([DEFAULT_RULE, Rule(2, POLICIES["appointment"], Settings())]) is None
