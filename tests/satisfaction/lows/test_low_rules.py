"""The rules of low ratings, as data."""

import pytest

from satisfaction.lows import rules
from satisfaction.lows.rules import SHIPPED, LowKind, Question, Rating, Rule
from satisfaction.texts.words import found_in

QUESTIONS = {
    "overall": Question("overall", "O1", "stars", is_core=True, is_sealed=False),
    "reception": Question("reception", "R1", "stars", is_core=True, is_sealed=False),
    "doctor_attitude": Question("doctor_attitude", "D1", "single", is_core=True, is_sealed=False),
    "environment": Question("environment", "E1", "stars", is_core=False, is_sealed=False),
    "recommend": Question("recommend", "O2", "scale", is_core=False, is_sealed=False),
    "integrity": Question("integrity", "F2", "single", is_core=False, is_sealed=True),
}
SCALES = {"overall": "FFT5", "reception": "L5", "doctor_attitude": "F4", "environment": "L5", "recommend": "R11"}


def codes(given=SHIPPED, *, text="", contact_me=False, choices=None, **figures):
    rating = Rating(
        questions=QUESTIONS,
        figures={item: (SCALES[item], value) for item, value in figures.items()},
        choices=choices or {},
        found=found_in([text]),
        contact_me=contact_me,
    )
    return [reason.code for reason in rules.reasons(rating, given)]


@pytest.mark.parametrize(
    ("answers", "low"),
    [
        ({"overall": 2}, ["overall"]),
        ({"overall": 3}, []),
        ({"reception": 1}, ["item:reception"]),
        ({"reception": 2}, []),
        ({"doctor_attitude": 1}, ["item:doctor_attitude"]),
        ({"environment": 1}, []),  # no core item
        ({"recommend": 3}, ["recommend"]),
        ({"recommend": 4}, []),
        ({"recommend": 0}, ["recommend"]),
        ({"text": "打针后没有出血"}, ["harm_word"]),
        ({"contact_me": True}, ["contact_me"]),
        ({"choices": {"integrity": "yes"}}, ["item:integrity"]),
        ({"choices": {"integrity": "no"}}, []),
        ({"overall": 1, "reception": 1, "recommend": 0, "text": "红包", "contact_me": True},
         ["overall", "item:reception", "recommend", "harm_word", "contact_me"]),
        ({}, []),
    ],
)  # fmt: skip
def test_what_is_shipped(answers, low):
    assert codes(**answers) == low


def test_a_rule_that_rests_finds_nothing():
    resting = [Rule(rule.code, rule.kind, rule.item, rule.value, rule.severity, is_active=False) for rule in SHIPPED]
    assert codes(resting, overall=1, reception=1, text="出血", contact_me=True) == []


def test_a_reason_that_two_rules_find_counts_once_and_as_the_graver():
    given = (
        Rule("any", LowKind.ANY_CORE_AT_MOST, value=1),
        Rule("named", LowKind.ITEM_AT_MOST, item="R1", value=2, severity="A"),
    )
    rating = Rating(QUESTIONS, {"reception": ("L5", 1)}, {}, found_in([]), False)
    found = rules.reasons(rating, given)
    assert [(reason.code, reason.severity) for reason in found] == [("item:reception", "A")]
    assert rules.severity_of(found) == "A"


def test_an_answer_about_integrity_seals_its_complaint():
    rating = Rating(QUESTIONS, {}, {"integrity": "yes"}, found_in([]), False)
    assert [reason.is_sealed for reason in rules.reasons(rating, SHIPPED)] == [True]


def test_rules_survive_being_kept():
    assert rules.rules_of([rule.as_data() for rule in SHIPPED]) == SHIPPED


def test_the_old_policy_is_version_0():
    held = rules.shipped({"overall_at_most": 3, "stars_at_most": 2})
    assert codes(held, overall=3, reception=2) == ["overall", "item:reception"]
