"""Complaints: clocks, ladder, moves. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from satisfaction.complaints import rules
from satisfaction.complaints.rules import (
    CLOSED,
    COMPLAINT,
    PLAIN_WORDS,
    Answer,
    Clock,
    ComplaintState,
    Hand,
    Level,
)
from satisfaction.errors import ComplaintIsClosed, HighestLevel, NotMergeable
from server.errors import LANGUAGES, IllegalMove

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
S = ComplaintState


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


@pytest.mark.parametrize(
    ("now", "stopped", "is_overdue", "is_missed"),
    [
        (-1, None, False, False),
        (0, None, False, False),
        (0.01, None, True, True),
        (5, -1, False, False),
        (5, 0, False, False),
        (5, 1, False, True),
    ],
)
def test_a_clock_is_missed_after_its_moment_not_at_it(now, stopped, is_overdue, is_missed):
    hand = Hand(Clock.ANSWER, NOON, None if stopped is None else NOON + minutes(stopped))
    assert bool(rules.overdue([hand], NOON + minutes(now))) is is_overdue
    assert hand.is_missed(NOON + minutes(now)) is is_missed


@pytest.mark.parametrize(
    ("clock", "level", "expected"),
    [
        (Clock.ACKNOWLEDGEMENT, 0, Level.SUPERVISOR),
        (Clock.ACKNOWLEDGEMENT, 1, Level.HEAD),
        (Clock.ACKNOWLEDGEMENT, 2, Level.COMMITTEE),
        (Clock.ACKNOWLEDGEMENT, 3, Level.COMMITTEE),
        (Clock.FIRST_RESPONSE, 0, Level.SUPERVISOR),
        (Clock.FIRST_RESPONSE, 2, Level.HEAD),
        (Clock.ANSWER, 0, Level.HEAD),
        (Clock.ANSWER, 1, Level.HEAD),
        (Clock.ANSWER, 3, Level.COMMITTEE),
    ],
)
def test_who_must_act_when_a_clock_runs_out(clock, level, expected):
    assert rules.level_after(clock, level) == expected


def test_there_is_nothing_above_the_committee():
    assert [rules.level_above(level) for level in (0, 1, 2)] == [1, 2, 3]
    with pytest.raises(HighestLevel):
        rules.level_above(3)


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_search_for_somebody_visits_every_level_once_and_its_own_first(level):
    order = rules.search_order(level)
    assert order[0] == level
    assert sorted(order) == [0, 1, 2, 3]


def test_whoever_is_not_satisfied_twice_talks_to_the_supervisor():
    assert [rules.handler_level(cycle) for cycle in (1, 2, 3, 4)] == [0, 0, 1, 1]
    assert [rules.level_of_round(level) for level in (0, 1, 2, 3)] == [1, 2, 3, 3]


def test_the_least_loaded_person_is_chosen_and_the_first_of_equals():
    a, b, c = uuid4(), uuid4(), uuid4()
    assert rules.least_loaded([a, b, c], {a: 2, b: 1, c: 1}) == b
    assert rules.least_loaded([a, b], {b: 1}) == a
    assert rules.least_loaded([], {}) is None


def test_a_number_is_said_on_the_phone():
    assert rules.number_of(1, NOON) == "TS20261120-0001"
    assert rules.number_of(12345, NOON) == "TS20261120-12345"


def test_harm_makes_a_complaint_severe():
    assert rules.severity_of("", "等了很久") == "B"
    assert rules.severity_of("用药", "吃了以后过敏") == "A"


def test_only_the_hospitals_own_topics_are_shown_in_lists():
    assert rules.topic_of("等候时间") == ("等候时间", "")
    assert rules.topic_of("我的癌症被误诊") == ("其他", "我的癌症被误诊")
    assert rules.topic_of("") == ("其他", "")


@pytest.mark.parametrize("state", list(S))
def test_every_state_is_told_in_plain_words_in_three_languages(state):
    assert set(PLAIN_WORDS[state]) == set(LANGUAGES)


@pytest.mark.parametrize("state", list(S))
def test_the_way_to_a_response_and_an_answer_leaves_no_move_out(state):
    for goal in (S.RESPONDED, S.ANSWERED):
        try:
            way = rules.path_to(state, goal)
        except IllegalMove:
            assert state in CLOSED | {S.ANSWERED}
            continue
        present = state
        for step in way:
            COMPLAINT.check(present, step)
            present = step
        assert present == goal or (goal == S.RESPONDED and not way)


@pytest.mark.parametrize("state", list(S))
def test_nothing_is_added_to_a_closed_complaint(state):
    if state in CLOSED:
        with pytest.raises(ComplaintIsClosed):
            rules.check_open(state)
    else:
        rules.check_open(state)


@pytest.mark.parametrize("state", [state for state in S if state != S.ANSWERED])
def test_only_an_answer_can_be_judged(state):
    rules.check_confirmation(S.ANSWERED)
    with pytest.raises(IllegalMove):
        rules.check_confirmation(state)


def test_only_complaints_of_one_patient_are_merged():
    me, you, i, j = uuid4(), uuid4(), uuid4(), uuid4()
    rules.check_merge((i, me, None), (j, me, None))
    rules.check_merge((i, None, me), (j, None, me))
    for one, other in (
        ((i, me, None), (i, me, None)),
        ((i, me, None), (j, you, None)),
        ((i, None, None), (j, None, None)),
        ((i, me, you), (j, None, you)),
    ):
        with pytest.raises(NotMergeable):
            rules.check_merge(one, other)


def test_an_answer_says_how_to_object():
    text = Answer("查明", "改进", "陈静").as_text()
    assert text.splitlines()[:3] == ["调查结果：查明", "处理措施：改进", "责任人：陈静"]
    assert "异议途径" in text
