"""What a plan means for one patient: who follows it, when each step is due, what a new version changes. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from notifications.followups.kinds import AnchorKind, Eligibility, FollowUpQuestion, PlanBody, PlanStepBody, RedFlag
from server import clock

Works = Callable[[date], bool]
FAR = 30  # no holiday is longer than this
LONGEST_ANSWER = 1000


@dataclass(frozen=True)
class Planned:
    """One step of one patient. The window is [earliest_at, latest_at], both in the hospital's zone."""

    step: PlanStepBody
    earliest_at: datetime
    due_at: datetime
    latest_at: datetime


@dataclass(frozen=True, kw_only=True)
class Anchored:
    """What happened to a patient, as far as eligibility asks. days: the anchors that there are, with their days."""

    days: Mapping[AnchorKind, date]
    department_code: str = ""
    diagnosis_group: str = ""
    age: int | None = None
    is_chosen: bool = False


def anchor_of(plan: PlanBody, anchored: Anchored) -> tuple[AnchorKind, date] | None:
    """Give the anchor from which a plan counts for somebody, or None when it is not for them."""
    if not _is_for(plan.eligibility, anchored):
        return None
    return next(((kind, anchored.days[kind]) for kind in plan.anchors if kind in anchored.days), None)


def _is_for(who: Eligibility, anchored: Anchored) -> bool:
    if anchored.is_chosen:  # a person knows better than a rule, but for what the plan excludes
        return not _begins(anchored.diagnosis_group, who.excluded_groups)
    if who.is_chosen_only:
        return False
    if who.departments and anchored.department_code not in who.departments:
        return False
    if who.diagnosis_groups and not _begins(anchored.diagnosis_group, who.diagnosis_groups):
        return False
    if _begins(anchored.diagnosis_group, who.excluded_groups):
        return False
    if who.least_age is None and who.most_age is None:
        return True
    return anchored.age is not None and (who.least_age or 0) <= anchored.age <= (who.most_age or 150)


def _begins(code: str, groups: Sequence[str]) -> bool:
    return bool(code) and code.upper().startswith(tuple(group.upper() for group in groups))


def planned(plan: PlanBody, anchor_on: date, works: Works) -> list[Planned]:
    """Give every step with its moments, in the order of the plan."""
    return [moments_of(step, anchor_on, works) for step in plan.steps]


def moments_of(step: PlanStepBody, anchor_on: date, works: Works) -> Planned:
    """Give when a step is due, and its window.

    On working days only, where the step asks for it: the next one in the window, else the one before; a window without
    any is as long as the holiday that fills it.
    """
    ideal = anchor_on + timedelta(days=step.offset_days)
    first, last = ideal - timedelta(days=step.days_before), ideal + timedelta(days=step.days_after)
    due_on = working_day(ideal, first, last, works) if step.calendar == "working" else ideal
    hour, minute = (int(part) for part in step.time_of_day.split(":"))
    return Planned(
        step,
        earliest_at=clock.at(min(first, due_on), 0),
        due_at=clock.at(due_on, hour, minute),
        latest_at=end_of(max(last, due_on)),
    )


def working_day(ideal: date, first: date, last: date, works: Works) -> date:
    """Give the working day of a window that is nearest after a day, else before it, else the first one after it."""
    after = next(_days(ideal, last, works), None)
    if after is not None:
        return after
    before = list(_days(first, ideal, works))
    return before[-1] if before else next(_days(last, last + timedelta(days=FAR), works), last)


def _days(first: date, last: date, works: Works) -> Iterator[date]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if works(day):
            yield day


def end_of(day: date) -> datetime:
    """Give the last second of a day in the hospital's zone."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.zone()) - timedelta(seconds=1)


# ---- answers ---------------------------------------------------------------------------------------------------------


def wrong_answer(step: PlanStepBody, answers: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find the first answer that is missing or does not fit: (question, code of what is wrong); None: all is well."""
    asked = {question.code: question for question in step.questions}
    for code in answers:
        if code not in asked:
            return code, "unknown"
    for code, question in asked.items():
        value = answers.get(code)
        if value is None or value in ("", []):
            if question.is_required:
                return code, "missing"
            continue
        if not _fits(question, value):
            return code, "answer_does_not_fit"
    return None


def _fits(question: FollowUpQuestion, value: Any) -> bool:
    options = {option.code for option in question.options}
    match question.kind:
        case "scale":
            return (
                type(value) in (int, float) and float(value).is_integer() and question.least <= value <= question.most
            )
        case "number":
            return type(value) in (int, float) and question.least <= value <= question.most
        case "yes_no":
            return isinstance(value, bool)
        case "choice":
            return isinstance(value, str) and value in options
        case "choices":
            return isinstance(value, list) and all(isinstance(one, str) and one in options for one in value)
        case "text":
            return isinstance(value, str) and len(value) <= LONGEST_ANSWER


def red_flags(step: PlanStepBody, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the alarming answers: (question, advice), in the order of the plan."""
    return [(flag.question, flag.advice) for flag in step.red_flags if _is_red(flag, answers.get(flag.question))]


def _is_red(flag: RedFlag, said: Any) -> bool:
    if said is None or said in ("", []):
        return False
    match flag.when:
        case "at_least":
            return said >= flag.value
        case "at_most":
            return said <= flag.value
        case "includes":
            return flag.value in said
        case "is":
            return isinstance(said, bool) == isinstance(flag.value, bool) and said == flag.value


# ---- another version -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """A step as it stands for one patient. is_told: it cannot change any more."""

    code: str
    body: PlanStepBody
    due_at: datetime
    latest_at: datetime
    is_told: bool


@dataclass(frozen=True)
class Change:
    """What a new version does to one step. what: added, removed, moved (its time) or changed (what it says)."""

    code: str
    what: str
    name: str
    old_at: datetime | None = None
    new_at: datetime | None = None


def difference(old: Sequence[Standing], new: Sequence[Planned], now: datetime) -> list[Change]:
    """Tell what a new version changes for somebody who follows an older one.

    What was told never changes; what would lie in the past is not begun any more.
    """
    standing = {step.code: step for step in old}
    changes = []
    for one in new:
        before = standing.pop(one.step.code, None)
        if before is None:
            if one.latest_at >= now:
                changes.append(Change(one.step.code, "added", one.step.name, None, one.due_at))
        elif before.is_told:
            continue
        elif before.due_at != one.due_at or before.latest_at != one.latest_at:
            changes.append(Change(one.step.code, "moved", one.step.name, before.due_at, one.due_at))
        elif before.body != one.step:
            changes.append(Change(one.step.code, "changed", one.step.name, before.due_at, one.due_at))
    gone = [step for step in standing.values() if not step.is_told]
    return changes + [Change(step.code, "removed", step.body.name, step.due_at) for step in gone]
