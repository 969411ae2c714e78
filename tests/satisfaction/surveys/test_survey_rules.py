"""Surveys: what is shipped, what is an answer. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from satisfaction.errors import AlreadyAnswered, SurveyClosed
from satisfaction.surveys.answering import Filled, checked, parts
from satisfaction.surveys.inviting import SurveySetting
from satisfaction.surveys.kinds import SURVEYS
from satisfaction.surveys.kinds.items import Item, ItemType, Option, Survey, SurveyKind, items_from_data
from satisfaction.surveys.kinds.outpatient import OUTPATIENT
from satisfaction.surveys.offering import offered
from satisfaction.surveys.rules import InvitationState, check_answerable
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


def test_a_survey_opens_after_the_delay_and_for_a_week():
    setting = SurveySetting()
    opens_at = NOON + timedelta(hours=2)
    assert setting.opening(SurveyKind.OUTPATIENT, NOON, 120) == (opens_at, opens_at + timedelta(days=7))
    assert setting.opening(SurveyKind.DISCHARGE, NOON, 120)[0] == NOON + timedelta(hours=48)
    assert setting.opening(SurveyKind.PHONE, NOON, 120)[0] == NOON


@pytest.mark.parametrize("survey", SURVEYS.values(), ids=lambda survey: survey.code)
def test_every_survey_is_short_and_speaks_three_languages(survey: Survey):
    drawn = offered(survey.items, rotating=survey.rotating, most=survey.most, seed=uuid4())
    assert len([one for one in drawn if one != "improve"]) <= 7
    assert drawn[0] == "overall"
    assert drawn[-1] == "improve"
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


def test_an_answered_an_expired_and_a_late_survey_are_refused():
    check_answerable(InvitationState.INVITED, NOON, NOON - timedelta(seconds=1))
    with pytest.raises(AlreadyAnswered):
        check_answerable(InvitationState.ANSWERED, NOON, NOON)
    with pytest.raises(SurveyClosed):
        check_answerable(InvitationState.INVITED, NOON, NOON)
    with pytest.raises(SurveyClosed):
        check_answerable(InvitationState.EXPIRED, NOON, NOON - timedelta(days=1))


def test_words_choices_in_sealed_items_and_figures_are_parted():
    items = (*EVERY_TYPE, replace(EVERY_TYPE[-1], id="bribe", is_sealed=True))
    filled = Filled({"overall": 1, "improve": "快些", "yes": True, "bribe": True}, comment="嗯")
    assert parts(filled, items) == ({"improve": "快些"}, {"bribe": True}, {"overall": 1, "yes": True})
