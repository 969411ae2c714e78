"""The shape of a follow-up plan as it is written, kept and shown. Pure."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Group = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Clock = Annotated[str, StringConstraints(pattern=r"^(0[7-9]|1\d|20):[0-5]\d$")]  # nobody is written to at night
Days = Annotated[int, Field(ge=0, le=60)]


class AnchorKind(StrEnum):
    """From what a plan counts its days."""

    VISIT = "visit"  # every finished visit
    FIRST_VISIT = "first_visit"  # the first one of this patient
    REVISIT_DATE = "revisit_date"  # the day on which the doctor wants to see the patient again
    DISCHARGE = "discharge"
    OPERATION = "operation"
    DIAGNOSIS_GROUP = "diagnosis_group"  # a finished visit with one of the groups of the plan
    INQUIRY = "inquiry"  # somebody asked and did not book
    NO_SHOW = "no_show"  # a booked visit was missed


class StopKind(StrEnum):
    """What ends a plan, or a part of it. That a patient refuses or has died always does."""

    BOOKED = "booked"  # the steps that ask to book
    REVISITED = "revisited"
    READMITTED = "readmitted"
    ELSEWHERE = "elsewhere"  # is treated in another place
    COMPLAINT_OPEN = "complaint_open"  # waits until it is closed


class Piece(BaseModel):
    """A part of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FollowUpOption(Piece):
    """One answer to choose."""

    code: Code
    text: Words


class FollowUpQuestion(Piece):
    """One question. least, most: of a scale or a number, with what they mean."""

    code: Code
    kind: Literal["scale", "number", "yes_no", "choice", "choices", "text"]
    text: Words
    hint: Text = ""
    options: Annotated[tuple[FollowUpOption, ...], Field(max_length=12)] = ()
    least: float = 0
    most: float = 10
    least_text: Annotated[str, StringConstraints(max_length=20)] = ""
    most_text: Annotated[str, StringConstraints(max_length=20)] = ""
    is_required: bool = True

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind in ("choice", "choices")) != bool(self.options):
            raise ValueError(f"question {self.code}: options belong to questions with a choice")
        if len({option.code for option in self.options}) != len(self.options):
            raise ValueError(f"question {self.code}: two options have the same code")
        if self.least >= self.most:
            raise ValueError(f"question {self.code}: the least is not below the most")
        return self


class RedFlag(Piece):
    """An answer of which somebody must hear at once. advice: what the patient is told."""

    question: Code
    when: Literal["at_least", "at_most", "is", "includes"]
    value: float | bool | str
    advice: Text = ""


class PlanStepBody(Piece):
    """One step: when, by which way, what is said and asked.

    offset_days: from the anchor, negative before it. days_before, days_after: the window around that day.
    route: the chain of ways of a message. late: what becomes of it after its window.
    depends_on: an earlier step; depends_when: whether that one must have been told, answered or left unanswered.
    is_booking: it asks to book a visit.
    """

    code: Code
    name: Words
    offset_days: Annotated[int, Field(ge=-30, le=1100)]
    days_before: Days = 0
    days_after: Days = 2
    time_of_day: Clock = "10:00"
    calendar: Literal["any", "working"] = "any"
    purpose: Literal["clinical", "return_visit", "satisfaction", "education"] = "clinical"
    way: Literal["message", "call"] = "message"
    route: Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,30}$")] = "follow_up"
    text: Text = ""
    questions: Annotated[tuple[FollowUpQuestion, ...], Field(max_length=20)] = ()
    red_flags: Annotated[tuple[RedFlag, ...], Field(max_length=20)] = ()
    late: Literal["send", "call", "skip"] = "skip"
    depends_on: Code | None = None
    depends_when: Literal["told", "answered", "unanswered"] = "told"
    is_booking: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        asked = {question.code: question for question in self.questions}
        if len(asked) != len(self.questions):
            raise ValueError(f"step {self.code}: two questions have the same code")
        for flag in self.red_flags:
            if flag.question not in asked:
                raise ValueError(f"step {self.code}: a red flag names a question that is not asked: {flag.question}")
            _fits(asked[flag.question], flag)
        if not self.text and not self.questions:
            raise ValueError(f"step {self.code}: says nothing and asks nothing")
        return self


def _fits(question: FollowUpQuestion, flag: RedFlag) -> None:
    is_number = isinstance(flag.value, int | float) and not isinstance(flag.value, bool)
    fits = {
        "scale": flag.when in ("at_least", "at_most", "is") and is_number,
        "number": flag.when in ("at_least", "at_most", "is") and is_number,
        "yes_no": flag.when == "is" and isinstance(flag.value, bool),
        "choice": flag.when == "is" and flag.value in {option.code for option in question.options},
        "choices": flag.when == "includes" and flag.value in {option.code for option in question.options},
        "text": flag.when == "includes" and isinstance(flag.value, str),
    }
    if not fits[question.kind]:
        raise ValueError(f"a red flag does not fit question {question.code}")


class Eligibility(Piece):
    """Who follows a plan. Empty lists mean everybody; groups are beginnings of diagnosis codes.

    is_chosen_only: only whom the doctor's room, or staff, puts on it.
    """

    departments: Annotated[tuple[Group, ...], Field(max_length=50)] = ()  # their codes
    diagnosis_groups: Annotated[tuple[Group, ...], Field(max_length=50)] = ()
    excluded_groups: Annotated[tuple[Group, ...], Field(max_length=50)] = ()
    least_age: Annotated[int, Field(ge=0, le=150)] | None = None
    most_age: Annotated[int, Field(ge=0, le=150)] | None = None
    is_chosen_only: bool = False


class PlanBody(Piece):
    """A follow-up plan. anchors: the first of them that there is counts. max_contacts: with one patient, in all."""

    name: Words
    note: Text = ""
    anchors: Annotated[tuple[AnchorKind, ...], Field(min_length=1, max_length=8)]
    eligibility: Eligibility = Eligibility()
    steps: Annotated[tuple[PlanStepBody, ...], Field(min_length=1, max_length=40)]
    stops: tuple[StopKind, ...] = (StopKind.REVISITED, StopKind.READMITTED, StopKind.ELSEWHERE, StopKind.COMPLAINT_OPEN)
    max_contacts: Annotated[int, Field(ge=1, le=60)] = 12

    @model_validator(mode="after")
    def _whole(self) -> Self:
        before: set[str] = set()
        for step in self.steps:
            if step.code in before:
                raise ValueError(f"two steps have the same code: {step.code}")
            if step.depends_on is not None and step.depends_on not in before:
                raise ValueError(f"step {step.code} depends on a step that does not stand before it: {step.depends_on}")
            before.add(step.code)
        if len(set(self.anchors)) != len(self.anchors):
            raise ValueError("an anchor is named twice")
        return self

    def as_json(self) -> dict[str, Any]:
        """Give the plan as it is kept."""
        return self.model_dump(mode="json")
