"""Plans on paper: who follows them, when steps are due, what is told together, what a new version changes."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifications.followups import shipped
from notifications.followups.deciding import RANK, Budget, Candidate, decide
from notifications.followups.kinds import AnchorKind, PlanBody, PlanStepBody
from notifications.followups.rules import (
    Anchored,
    Standing,
    anchor_of,
    difference,
    end_of,
    moments_of,
    planned,
    red_flags,
    wrong_answer,
)
from server import clock
from server.workdays import is_worked
from tests.notifications.followups.plans import PAIN, PAIN_FLAG, a_plan, a_step

DAY = date(2026, 9, 23)
days = st.dates(date(2025, 12, 1), date(2026, 12, 1))
purposes = st.sampled_from(sorted(RANK))
steps = st.builds(
    lambda offset, before, after, calendar, purpose, minute, way: PlanStepBody(
        code="a",
        name="一步",
        text="文字",
        offset_days=offset,
        days_before=before,
        days_after=after,
        calendar=calendar,
        purpose=purpose,
        way=way,
        time_of_day=f"{7 + minute // 60:02d}:{minute % 60:02d}",
    ),
    st.integers(-30, 400),
    st.integers(0, 5),
    st.integers(0, 9),
    st.sampled_from(["any", "working"]),
    purposes,
    st.integers(0, 13 * 60),
    st.sampled_from(["message", "call"]),
)


@given(step=steps, anchor_on=days)
def test_a_step_is_due_inside_its_window_on_the_days_that_it_asks_for(step, anchor_on):
    one = moments_of(step, anchor_on, is_worked)
    assert one == moments_of(step, anchor_on, is_worked)
    assert one.earliest_at <= one.due_at <= one.latest_at
    ideal = anchor_on + timedelta(days=step.offset_days)
    due_on = clock.local(one.due_at).date()
    assert f"{clock.local(one.due_at):%H:%M}" == step.time_of_day
    window = [ideal + timedelta(days=n) for n in range(-step.days_before, step.days_after + 1)]
    if step.calendar == "any":
        assert due_on == ideal
        return
    assert is_worked(due_on)
    worked = [day for day in window if is_worked(day)]
    if worked:
        assert due_on in worked
        assert one.latest_at == end_of(window[-1])
        later = [day for day in worked if day >= ideal]
        assert due_on == (later[0] if later else worked[-1])
    else:  # a holiday fills the window: the first day that is worked after it
        assert due_on > window[-1]
        gap = range(1, (due_on - window[-1]).days)
        assert not any(is_worked(window[-1] + timedelta(days=n)) for n in gap)


def test_the_long_holiday_of_october_is_waited_for():
    step = PlanStepBody.model_validate(a_step("call", 8, calendar="working", days_after=3))
    one = moments_of(step, DAY, is_worked)  # 1 October
    assert clock.local(one.due_at).date() == date(2026, 10, 8)
    makeup = PlanStepBody.model_validate(a_step("call", -3, calendar="working", days_after=3))
    assert clock.local(moments_of(makeup, DAY, is_worked).due_at).date() == date(2026, 9, 20)  # a Sunday that is worked


@pytest.mark.parametrize(
    ("values", "who", "is_for"),
    [
        ({}, {}, True),
        ({"departments": ["0401"]}, {"department_code": "0401"}, True),
        ({"departments": ["0401"]}, {"department_code": "0402"}, False),
        ({"diagnosis_groups": ["I10", "E11"]}, {"diagnosis_group": "e11.9"}, True),
        ({"diagnosis_groups": ["I10"]}, {"diagnosis_group": "J44"}, False),
        ({"diagnosis_groups": ["I10"]}, {}, False),
        ({"excluded_groups": ["Z51"]}, {"diagnosis_group": "Z51.5"}, False),
        ({"least_age": 18}, {"age": 17}, False),
        ({"least_age": 18, "most_age": 60}, {"age": 60}, True),
        ({"least_age": 18}, {"age": None}, False),
        ({"is_chosen_only": True}, {}, False),
        ({"is_chosen_only": True, "departments": ["0401"]}, {"is_chosen": True}, True),
        ({"excluded_groups": ["Z51"]}, {"is_chosen": True, "diagnosis_group": "Z51"}, False),
    ],
)
def test_who_follows_a_plan(values, who, is_for):
    plan = a_plan(a_step("a", 1), eligibility=values)
    found = anchor_of(plan, Anchored(days={AnchorKind.VISIT: DAY}, **who))
    assert found == ((AnchorKind.VISIT, DAY) if is_for else None)


def test_the_first_anchor_that_there_is_counts():
    plan = a_plan(a_step("a", 1), anchors=["operation", "discharge"])
    later = DAY + timedelta(days=4)
    both = {AnchorKind.DISCHARGE: later, AnchorKind.OPERATION: DAY}
    assert anchor_of(plan, Anchored(days=both)) == (AnchorKind.OPERATION, DAY)
    assert anchor_of(plan, Anchored(days={AnchorKind.DISCHARGE: later})) == (AnchorKind.DISCHARGE, later)
    assert anchor_of(plan, Anchored(days={AnchorKind.VISIT: DAY})) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": [a_step("a", 1), a_step("a", 2)]},
        {"steps": [a_step("a", 1, depends_on="b"), a_step("b", 2)]},
        {"steps": [a_step("a", 1, red_flags=[PAIN_FLAG])]},
        {"steps": [a_step("a", 1, questions=[PAIN], red_flags=[{**PAIN_FLAG, "value": "much"}])]},
        {"steps": [a_step("a", 1, questions=[{"code": "q", "kind": "choice", "text": "?"}])]},
        {"steps": [a_step("a", 1, time_of_day="23:00")]},
        {"steps": [{**a_step("a", 1), "text": ""}]},
        {"steps": []},
        {"anchors": ["visit", "visit"]},
    ],
    ids=["twice", "later", "no_question", "no_number", "no_options", "night", "silent", "empty", "anchor_twice"],
)
def test_a_plan_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValidationError):
        PlanBody.model_validate({"name": "x", "anchors": ["visit"], "steps": [a_step("z", 1)], **wrong})


@pytest.mark.parametrize(
    ("answers", "wrong", "red"),
    [
        ({"pain": 7}, None, ["pain"]),
        ({"pain": 6}, None, []),
        ({"pain": 11}, ("pain", "answer_does_not_fit"), None),
        ({"pain": 6.5}, ("pain", "answer_does_not_fit"), None),
        ({"pain": True}, ("pain", "answer_does_not_fit"), None),
        ({}, ("pain", "missing"), None),
        ({"pain": 3, "more": 1}, ("more", "unknown"), None),
        ({"pain": 3, "fever": True}, None, ["fever"]),
        ({"pain": 3, "fever": False, "where": ["leg"]}, None, []),
        ({"pain": 3, "where": ["chest", "leg"]}, None, ["where"]),
        ({"pain": 3, "where": ["head"]}, ("where", "answer_does_not_fit"), None),
    ],
)
def test_answers_fit_their_questions_and_alarming_ones_are_found(answers, wrong, red):
    where = {"code": "where", "kind": "choices", "text": "哪里？", "is_required": False}
    where["options"] = [{"code": code, "text": code} for code in ("chest", "leg")]
    fever = {"code": "fever", "kind": "yes_no", "text": "发烧？", "is_required": False}
    flags = [
        PAIN_FLAG,
        {"question": "fever", "when": "is", "value": True},
        {"question": "where", "when": "includes", "value": "chest"},
    ]
    step = a_plan(a_step("a", 1, questions=[PAIN, fever, where], red_flags=flags)).steps[0]
    assert wrong_answer(step, answers) == wrong
    if wrong is None:
        assert [code for code, _ in red_flags(step, answers)] == red


NOW = clock.at(DAY, 10)
candidates = st.builds(
    lambda n, plan, step, due, stays, has_account, told, depends: Candidate(
        id=UUID(int=n),
        enrolment_id=UUID(int=plan),
        step=step,
        earliest_at=NOW - timedelta(days=3),
        due_at=NOW + timedelta(hours=due),
        latest_at=NOW + timedelta(hours=max(due, due % 7 * 12 - 24)),
        is_due=due <= 0,
        stays=stays,
        has_account=has_account,
        told=told,
        max_contacts=5,
        depends=depends,
    ),
    st.integers(1, 10_000),
    st.integers(1, 4),
    steps,
    st.integers(-40, 40),
    st.sampled_from(["", "", "", "booked", "complaint_open", "patient_stopped"]),
    st.booleans(),
    st.integers(0, 6),
    st.sampled_from(["yes", "yes", "yes", "wait", "no"]),
)


@given(
    looked=st.lists(candidates, max_size=8, unique_by=lambda one: one.id),
    told=st.lists(st.integers(0, 240), max_size=4),
    most=st.integers(1, 3),
)
def test_one_contact_at_a_time_and_never_one_that_must_not_be(looked, told, most):
    works: Callable[[date], bool] = is_worked
    budget = Budget(tuple(NOW - timedelta(hours=hours) for hours in told), most)
    decisions = decide(looked, budget, now=NOW, works=works)
    by_id = {one.id: one for one in looked}
    assert len({one.id for one in decisions}) == len(decisions)
    assert {one.id for one in looked if one.is_due} <= {one.id for one in decisions}
    sent = [one for one in decisions if one.what == "send"]
    assert len(sent) <= 1
    for one in decisions:
        step = by_id[one.id]
        if one.what in ("send", "merge", "call"):
            assert step.stays == ""
            assert step.depends == "yes"
            assert step.told < step.max_contacts
            assert step.step.calendar == "any" or is_worked(DAY) or one.reason == "late"
        if one.what in ("send", "merge"):
            assert step.has_account
        if one.what == "merge":
            assert one.into == sent[0].id
            lead = by_id[sent[0].id]
            if not step.is_due:  # of another plan, and its window is open
                assert step.enrolment_id != lead.enrolment_id
                assert step.earliest_at <= NOW <= step.latest_at
            else:
                assert RANK[lead.step.purpose] <= RANK[step.step.purpose]
        if one.what == "hold":
            assert one.at is not None
            assert one.at > NOW
    if sent and by_id[sent[0].id].step.purpose != "clinical":
        assert budget.free_at(NOW) is None


@given(
    old=st.lists(steps, min_size=1, max_size=6),
    new=st.lists(steps, min_size=1, max_size=6),
    told=st.sets(st.integers(0, 5)),
    passed=st.integers(-5, 60),
)
def test_a_new_version_changes_nothing_that_was_told_and_leads_to_itself(old, new, told, passed):
    def named(some):
        return tuple(step.model_copy(update={"code": f"s{n}"}) for n, step in enumerate(some))

    now = clock.at(DAY + timedelta(days=passed), 12)
    before = planned(a_plan(*(step.model_dump() for step in named(old))), DAY, is_worked)
    after = planned(a_plan(*(step.model_dump() for step in named(new))), DAY, is_worked)
    standing = [Standing(one.step.code, one.step, one.due_at, one.latest_at, n in told) for n, one in enumerate(before)]
    changes = difference(standing, after, now)
    assert len({change.code for change in changes}) == len(changes)
    assert not {one.code for one in standing if one.is_told} & {change.code for change in changes}
    # doing it leaves nothing to do
    by_code = {one.step.code: one for one in after}
    gone = {change.code for change in changes if change.what == "removed"}
    kept = [one for one in standing if one.code not in gone]
    done = [
        Standing(one.code, by_code[one.code].step, by_code[one.code].due_at, by_code[one.code].latest_at, False)
        if not one.is_told
        else one
        for one in kept
    ]
    added = [by_code[change.code] for change in changes if change.what == "added"]
    done += [Standing(one.step.code, one.step, one.due_at, one.latest_at, False) for one in added]
    assert difference(done, after, now) == []


@pytest.mark.parametrize("code", sorted(shipped.PLANS))
def test_what_is_shipped_is_whole_and_says_that_it_is_to_be_approved(code):
    plan = shipped.PLANS[code]
    assert PlanBody.model_validate(plan.as_json()) == plan
    assert planned(plan, DAY, is_worked)
    assert (code in shipped.APPROVED) or shipped.TO_APPROVE in plan.note


def test_the_migration_and_the_product_ship_the_same_plan():
    from pathlib import Path

    from infra import migrations

    sql = (Path(migrations.__file__).parent / "0032_followups.sql").read_text(encoding="utf-8")
    assert shipped.PLANS[shipped.REVISIT].model_dump_json() in sql
    assert str(shipped.plan_id(shipped.REVISIT)) in sql
    assert str(shipped.version_id(shipped.REVISIT)) in sql
