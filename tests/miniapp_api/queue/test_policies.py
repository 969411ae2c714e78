"""What every policy in the registry must keep, under all settings that a department may choose."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miniapp_api.queue.order.explanation_texts import OWN, STEPS
from miniapp_api.queue.order.ordering import Rule, bound_of
from miniapp_api.queue.policies import DEFAULT, POLICIES
from miniapp_api.queue.policies.appointment import Appointment
from miniapp_api.queue.policies.basis import LIMITS, Claim, Own, Policy, Reckoning, Settings, minutes
from miniapp_api.queue.policies.head_start import HeadStart
from miniapp_api.queue.policies.turns import Standing, Turn, key, next_of
from tests.miniapp_api.queue.histories import (
    NEEDS,
    NINE,
    Queue,
    all_settings,
    histories,
    passes_too_late,
    play,
    steals_a_turn,
)

policies = st.sampled_from(sorted(POLICIES)).map(POLICIES.__getitem__)
promising = policies.filter(lambda policy: policy.bound(Settings()) is not None)
moments = st.integers(-7200, 7200).map(lambda seconds: NINE + timedelta(seconds=seconds))
bands = st.one_of(
    st.none(),
    st.tuples(moments, st.integers(300, 7200)).map(lambda pair: (pair[0], pair[0] + timedelta(seconds=pair[1]))),
)
needs = st.frozensets(st.sampled_from(NEEDS))
triages = st.sampled_from(["normal", "priority"])
EVERY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_a_policy_says_what_it_is_and_has_words_for_all_its_rules(policy: Policy):
    assert POLICIES[policy.name] is policy
    assert policy.uses <= set(LIMITS) | {"late"}
    assert policy.behind(Settings()) >= timedelta(0)
    for rule in (*policy.rules, "return", "recall", "rejoin", "transfer", "wish"):
        assert set(STEPS[rule]) == set(OWN[rule]) == {"zh-CN", "zh-TW", "en"}


def test_without_a_decision_the_head_start_holds_and_promises_an_hour():
    assert (DEFAULT, POLICIES[DEFAULT].bound(Settings())) == ("head_start", timedelta(minutes=60))


@given(policies, all_settings, moments, moments, bands, triages, needs)
def test_coming_later_never_gets_one_called_earlier(policy, rule, one, other, band, triage, flags):
    first, second = (policy.place_of(Claim(at, band, triage, flags), rule) for at in sorted((one, other)))
    assert first.sort_at <= second.sort_at


@given(policies, all_settings, moments, moments, moments, moments, needs)
def test_nor_does_coming_back_later_from_an_examination_a_wish_or_a_missed_call(
    policy, rule, own, came, one, other, flags
):
    was, claim = Own(1, own, "band"), Claim(came, None, "normal", flags)
    early, late = sorted((one, other))
    returns = [policy.place_of_return(at, claim, rule).sort_at for at in (early, late)]
    wishes = [policy.place_of_wish(was, claim, now=at, settings=rule).sort_at for at in (early, late)]
    again = [policy.place_of_recall(was, [], now=at, times_missed=2, settings=rule).sort_at for at in (early, late)]
    for first, second in (returns, wishes, again):
        assert first <= second


@given(policies, all_settings, moments, bands, triages, needs)
def test_only_a_setting_that_is_used_decides(policy, rule, at, band, triage, flags):
    used = Settings(**{name: value for name, value in rule.to_json().items() if name in policy.uses})
    claim = Claim(at, band, triage, flags)
    assert policy.place_of(claim, rule).sort_at == policy.place_of(claim, used).sort_at
    assert policy.bound(rule) == policy.bound(used)


@given(policies, all_settings, moments, st.lists(moments, max_size=25), moments, st.integers(1, 3))
def test_missing_a_call_never_moves_one_forward(policy, rule, own, waiting, now, misses):
    place = policy.place_of_recall(Own(1, own, "band"), sorted(waiting), now=now, times_missed=misses, settings=rule)
    assert place.sort_at >= own
    behind = [at for at in sorted(waiting)[: rule.missed_places] if at >= place.sort_at]
    assert not behind or misses > 1


@given(policies, all_settings, moments, bands, triages, needs, st.integers(0, 7200))
def test_the_clinic_hands_on_without_a_change_where_the_rule_is_the_same(policy, rule, at, band, triage, flags, later):
    claim = Claim(at, band, triage, flags)
    place = policy.place_of(claim, rule)
    own = Own(place.sort_class, place.sort_at, place.rule, place.given)
    now = at + timedelta(seconds=later)
    handed_on = policy.place_of_transfer(own, claim, now=now, settings=rule)
    assert (handed_on.sort_at, handed_on.given) == (place.sort_at, place.given)


@given(policies, all_settings, moments, bands, needs, needs)
def test_needs_that_come_and_go_leave_the_place_as_it_was(policy, rule, at, band, flags, others):
    claim = Claim(at, band, "normal", flags)
    place = policy.place_of(claim, rule)
    seen = place
    for now in (others, flags):
        own = Own(seen.sort_class, seen.sort_at, seen.rule, seen.given)
        seen = policy.place_after_triage(own, Claim(at, band, "normal", now), rule)
    assert (seen.sort_at, seen.rule) == (place.sort_at, place.rule)


# ---- whole histories -----------------------------------------------------------------------------------------------


@EVERY
@given(promising, all_settings, histories)
def test_nobody_but_an_urgent_patient_passes_you_later_than_promised(policy, rule, history):
    bound = policy.bound(rule)
    for call in play(Queue(policy, rule), history):
        assert passes_too_late(call, bound) == []


@EVERY
@given(policies, all_settings, histories)
def test_returns_leave_the_others_their_turns_and_urgent_ones_go_first(policy, rule, history):
    queue = Queue(policy, rule)
    for call in play(queue, history):
        assert steals_a_turn(call, queue.turn) == []
        assert call.who.place.sort_class <= min((one.place.sort_class for one in call.waiting), default=1)


@EVERY
@given(policies, all_settings, histories)
def test_among_who_did_not_go_away_the_keys_are_obeyed_and_ties_go_by_number(policy, rule, history):
    for call in play(Queue(policy, rule), history):
        if call.who.place.rule != "return":
            key_of = (call.who.place.sort_class, call.who.place.sort_at, call.who.number)
            others = [one for one in call.waiting if one.place.rule != "return"]
            assert all(key_of < (one.place.sort_class, one.place.sort_at, one.number) for one in others)


@EVERY
@given(promising, promising, all_settings, all_settings, histories, histories)
def test_on_a_day_of_two_rules_holds_what_is_promised_between_them(policy, other, rule, next_rule, before, after):
    bound = bound_of([Rule(1, policy, rule), Rule(2, other, next_rule)])
    queue = Queue(policy, rule)
    for call in play(queue, before, to_the_end=False):
        assert passes_too_late(call, bound) == []
    queue.policy, queue.settings = other, next_rule
    for call in play(queue, after):
        assert passes_too_late(call, bound) == []


def test_a_return_yields_within_its_window_and_then_has_its_turn():
    turn = Turn(2, timedelta(minutes=40))
    back = Standing(1, NINE, 7, "return")
    near, far = Standing(1, NINE + minutes(40), 8, "walk_in"), Standing(1, NINE + minutes(41), 9, "walk_in")
    assert next_of([back, near, far], 1, turn) is near
    assert next_of([back, near, far], 2, turn) is back
    assert next_of([back, far], 0, turn) is back
    assert next_of([back, far, Standing(0, NINE + minutes(90), 10, "band")], 9, turn).number == 10
    assert key(back, 0, Turn(0, timedelta(minutes=40)))[:2] == (1, NINE)


# ---- policies that break what they promise: somebody must notice ---------------------------------------------------


class HelpsTwice(HeadStart):
    def place_of(self, claim, settings):
        place = super().place_of(claim, settings)
        was = place.reckoning
        help_ = was.help * max(1, len(claim.flags))
        return type(place)(place.sort_class, place.rule, Reckoning(was.start, was.shift, was.not_before, help=help_))


class FavoursReturns(HeadStart):
    def place_of_return(self, now, claim, settings):
        place = super().place_of_return(now, claim, settings)
        return type(place)(place.sort_class, place.rule, Reckoning(now, 3 * place.reckoning.shift))


class PromisesTooMuch(Appointment):
    def ahead(self, settings):
        return HeadStart().ahead(settings)


class HandsOnWithoutLimit(HeadStart):
    def place_of_transfer(self, own, claim, *, now, settings):
        place = super().place_of_transfer(own, claim, now=now, settings=settings)
        return type(place)(place.sort_class, place.rule, Reckoning(own.sort_at), own.given)


class LetsEverybodyByAReturn(HeadStart):
    def window(self, settings):
        return timedelta(hours=10)


class ForgetsWhatHelpWasGiven(HeadStart):
    def place_after_triage(self, own, claim, settings):
        return super().place_after_triage(Own(own.sort_class, own.sort_at, own.rule), claim, settings)


NOBODY, LONG = frozenset(), (-3600, 5400)  # a band that began an hour ago
WALKS_IN = ("arrive", None, "normal", NOBODY)
GOES_AWAY, CALLS, HOUR = ("call", "away"), ("call", "done"), 3661
STORIES = {
    HelpsTwice: [(0, WALKS_IN), (HOUR, ("arrive", LONG, "normal", frozenset({"elderly", "pregnant"}))), (0, CALLS)],
    FavoursReturns: [(0, WALKS_IN), (0, GOES_AWAY), (0, WALKS_IN), (HOUR, ("come_back", 0)), (0, CALLS)],
    PromisesTooMuch: [(0, WALKS_IN), (HOUR, ("arrive", (-3300, 5400), "normal", NOBODY)), (0, CALLS)],
    HandsOnWithoutLimit: [(0, WALKS_IN), (HOUR, ("hand_on", (-7200, 9000), NOBODY, 0, False)), (0, CALLS)],
    LetsEverybodyByAReturn: [
        *[(0, WALKS_IN), (0, GOES_AWAY), (0, ("come_back", 0)), (0, CALLS)],
        *[(0, WALKS_IN), (0, GOES_AWAY), (0, ("come_back", 0)), (HOUR, WALKS_IN), (0, CALLS)],
    ],
}


@pytest.mark.mutant
@pytest.mark.parametrize("broken", STORIES, ids=lambda broken: broken.__name__)
def test_a_policy_that_breaks_the_bound_is_noticed(broken):
    rule, story = Settings(), STORIES[broken]
    bound = HeadStart().bound(rule)
    assert not any(passes_too_late(call, bound) for call in play(Queue(HeadStart(), rule), story))
    if not any(passes_too_late(call, bound) for call in play(Queue(broken(), rule), story)):
        pytest.fail(f"nobody noticed {broken.__name__}")


@pytest.mark.mutant
def test_a_triage_that_gives_help_twice_is_noticed():
    with pytest.raises(AssertionError):
        test_needs_that_come_and_go_leave_the_place_as_it_was.hypothesis.inner_test(
            ForgetsWhatHelpWasGiven(), Settings(), NINE, None, frozenset({"elderly"}), frozenset()
        )


@pytest.mark.mutant
def test_a_return_that_never_yields_is_noticed():
    turn = Turn(2, timedelta(minutes=40))
    back, near = Standing(1, NINE, 7, "return"), Standing(1, NINE + minutes(5), 8, "walk_in")
    assert next_of([back, near], 0, Turn(0, turn.window)) is back
    assert next_of([back, near], 0, turn) is near
