"""Surveys: what is an answer, what is low. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from satisfaction.errors import AlreadyAnswered, SurveyClosed
from satisfaction.harm import harm_word_in
from satisfaction.surveys.kinds import SURVEYS
from satisfaction.surveys.kinds.items import Item, ItemType, Option, Survey, items_from_data
from satisfaction.surveys.kinds.outpatient import OUTPATIENT
from satisfaction.surveys.rules import (
    Filled,
    InvitationState,
    LowRules,
    check_answerable,
    checked,
    low_reasons,
    opening,
    summary,
    texts_apart,
)
from server.errors import LANGUAGES, Malformed

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ITEMS = OUTPATIENT.items
A_AND_B = (Option("a", {"zh-CN": "甲"}), Option("b", {"zh-CN": "乙"}))
EVERY_TYPE = (
    *ITEMS,
    Item("one", ItemType.SINGLE, "x", {"zh-CN": "单选"}, A_AND_B),
    Item(
        "some", ItemType.MULTIPLE, "x", {"zh-CN": "多选"}, (Option("a", {"zh-CN": "甲"}), Option("b", {"zh-CN": "乙"}))
    ),
    Item("tags", ItemType.TAGS, "x", {"zh-CN": "标签"}, (Option("t", {"zh-CN": "耐心"}),)),
    Item("yes", ItemType.YES_NO, "x", {"zh-CN": "是否"}),
)


def reasons(answers=None, rules=None, **more):
    return low_reasons(Filled(answers or {}, **more), ITEMS, rules or LowRules())


def test_a_survey_opens_after_the_delay_and_for_a_week():
    assert opening(NOON, 120) == (NOON + timedelta(hours=2), NOON + timedelta(hours=2, days=7))


@pytest.mark.parametrize("survey", SURVEYS.values(), ids=lambda survey: survey.code)
def test_every_survey_is_short_and_speaks_three_languages(survey: Survey):
    assert len(survey.items) <= 7
    assert len({item.id for item in survey.items}) == len(survey.items)
    texts = [survey.title, *(text for item in survey.items for text in (item.text, item.worst, item.best) if text)]
    assert all(set(text) == set(LANGUAGES) for text in texts)
    assert items_from_data(survey.items_as_data()) == survey.items


def test_every_kind_of_item_survives_being_kept():
    kept = Survey("x", 1, {"zh-CN": "x"}, EVERY_TYPE)
    assert items_from_data(kept.items_as_data()) == EVERY_TYPE


@pytest.mark.parametrize(
    ("item", "value", "code"),
    [
        ("overall", 0, "out_of_range"),
        ("overall", 6, "out_of_range"),
        ("overall", 10**30, "out_of_range"),
        ("overall", "5", "wrong_type"),
        ("overall", True, "wrong_type"),
        ("overall", 4.5, "wrong_type"),
        ("overall", None, "wrong_type"),
        ("overall", [5], "wrong_type"),
        ("recommend", -1, "out_of_range"),
        ("recommend", 11, "out_of_range"),
        ("improve", 5, "wrong_type"),
        ("improve", "长" * 2001, "too_long"),
        ("one", "c", "unknown_option"),
        ("one", ["a"], "wrong_type"),
        ("some", "a", "wrong_type"),
        ("some", ["a", "a"], "wrong_type"),
        ("some", ["a", "c"], "unknown_option"),
        ("some", [["a"]], "wrong_type"),
        ("tags", ["x"], "unknown_option"),
        ("yes", 1, "wrong_type"),
        ("nothing", 5, "unknown_item"),
    ],
)
def test_a_wrong_answer_is_named_by_its_pointer(item, value, code):
    with pytest.raises(Malformed) as refusal:
        checked(Filled({item: value}), EVERY_TYPE)
    assert [(error["pointer"], error["code"]) for error in refusal.value.data["errors"]] == [(f"/answers/{item}", code)]


def test_right_answers_pass_and_empty_texts_are_no_answers():
    right = {
        "overall": 1,
        "recommend": 0,
        "one": "a",
        "some": ["a", "b"],
        "tags": [],
        "yes": False,
        "improve": " 快些 ",
    }
    assert checked(Filled(right), EVERY_TYPE).answers == {**right, "improve": "快些"}
    assert checked(Filled({"overall": 5, "improve": "  "}), ITEMS).answers == {"overall": 5}


@pytest.mark.parametrize("filled", [Filled({}), Filled({"improve": " "})])
def test_something_must_be_said(filled):
    with pytest.raises(Malformed) as refusal:
        checked(filled, ITEMS)
    assert refusal.value.data["errors"][0]["pointer"] == "/answers"


@pytest.mark.parametrize("filled", [Filled({}, comment="好"), Filled({}, contact_me=True)])
def test_a_comment_or_a_wish_alone_is_enough(filled):
    assert checked(filled, ITEMS) == filled


def test_a_slash_in_an_item_is_escaped_in_the_pointer():
    with pytest.raises(Malformed) as refusal:
        checked(Filled({"a/b~c": 1}), ITEMS)
    assert refusal.value.data["errors"][0]["pointer"] == "/answers/a~1b~0c"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"overall": 5}, []),
        ({"overall": 3}, []),
        ({"overall": 2}, ["overall"]),
        ({"overall": 1}, ["overall"]),
        ({"waiting": 2}, []),
        ({"waiting": 1}, ["item:waiting"]),
        ({"overall": 4, "reception": 1, "waiting": 1}, ["item:reception", "item:waiting"]),
        ({"recommend": 4}, []),
        ({"recommend": 3}, ["recommend"]),
        ({"recommend": 0}, ["recommend"]),
        ({"improve": "停车位多一些"}, []),
        ({"improve": "打针后一直出血"}, ["harm_word"]),
    ],
)
def test_what_is_low(answers, expected):
    assert reasons(answers) == expected


def test_a_comment_with_harm_and_a_wish_for_contact_are_low():
    assert reasons({"overall": 5}, comment="医生收红包") == ["harm_word"]
    assert reasons({"overall": 5}, contact_me=True) == ["contact_me"]


def test_the_hospital_may_move_every_limit():
    rules = LowRules.of({"overall_at_most": 3, "harm_words": ["排队"], "unknown": 1})
    assert reasons({"overall": 3}, rules) == ["overall"]
    assert reasons({"improve": "一直出血"}, rules) == []
    assert reasons({"improve": "排队太久"}, rules) == ["harm_word"]
    assert LowRules.of({}) == LowRules()


def test_harm_is_found_in_every_script_and_case():
    assert harm_word_in(["好", "Still BLEEDING"]) == "bleeding"
    assert harm_word_in(["護士拿紅包"]) == "紅包"
    assert harm_word_in(["一切都好", ""]) is None


def test_an_answered_an_expired_and_a_late_survey_are_refused():
    check_answerable(InvitationState.INVITED, NOON, NOON - timedelta(seconds=1))
    with pytest.raises(AlreadyAnswered):
        check_answerable(InvitationState.ANSWERED, NOON, NOON)
    with pytest.raises(SurveyClosed):
        check_answerable(InvitationState.INVITED, NOON, NOON)
    with pytest.raises(SurveyClosed):
        check_answerable(InvitationState.EXPIRED, NOON, NOON - timedelta(days=1))


def test_words_are_parted_from_figures():
    filled = Filled({"overall": 1, "improve": "快些", "yes": True}, comment="嗯")
    assert texts_apart(filled, EVERY_TYPE) == ({"improve": "快些"}, {"overall": 1, "yes": True})


def test_a_rating_is_written_down_for_whoever_calls():
    answers = {"overall": 1, "recommend": 2, "improve": "快些", "one": "b", "some": ["a", "b"], "yes": False}
    text = summary(Filled(answers, comment="太久", contact_me=True), EVERY_TYPE)
    assert text.splitlines() == [
        "您对本次就医的总体体验如何：1 星（满分 5 星）",
        "您有多大可能向亲友推荐本院：2 分（满分 10 分）",
        "您最想让我们改进的一件事是什么：快些",
        "单选：乙",
        "多选：甲、乙",
        "是否：否",
        "留言：太久",
        "希望医院与我联系",
    ]
