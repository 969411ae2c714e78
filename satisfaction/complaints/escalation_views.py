"""What the ladder takes and shows over HTTP."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from server.web import Form, Paging, Version, View, Whole

Minutes = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]
LONGEST = timedelta(days=400)


class EscalationAckView(View):
    """Somebody who has a step in hand, or had. until: of the lease. presses: how often it was acknowledged."""

    staff_id: UUID
    name: str
    level: int
    at: str
    until: str
    presses: int
    is_live: bool


class EscalationCallView(View):
    """A call of somebody. is_pooled: beyond the budget of the hour, told in one message with others."""

    name: str
    level: int
    at: str
    is_pooled: bool


class EscalationView(View):
    """A step of the ladder. state: raised, notified, acknowledged, resolved. clock: what raised it; why: in words.

    needed: how many audiences have to acknowledge it. calls_now: calls since it was asked for last.
    """

    id: UUID
    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    handler_name: str
    clock: str
    cycle: int
    step: int
    step_name: str
    why: str
    state: str
    needed: int
    raised_at: str
    asked_at: str
    calls_now: int
    next_look_at: str | None
    expired: int
    resolved_at: str | None
    acks: list[EscalationAckView]
    calls: list[EscalationCallView]
    waits_for_me: bool
    may_decide: bool
    version: int


class EscalationWatcherView(View):
    """Somebody who follows a complaint."""

    id: UUID
    name: str


class EscalationsOfComplaint(View):
    """The steps of a complaint, the oldest first, and who follows it."""

    items: list[EscalationView]
    watchers: list[EscalationWatcherView]


class EscalationPage(View):
    """A page of steps."""

    items: list[EscalationView]
    next: str | None


class EscalationQuery(Paging):
    """Which steps: open ones (untaken first); of them those that wait for me or that I have in hand, only untaken, only
    taken; or resolved ones.
    """

    state: Literal["open", "mine", "untaken", "taken", "resolved"] = "open"


class EscalationDecisionForm(Form):
    """What the committee has decided."""

    minutes: Minutes


class EscalationWatchersForm(Form):
    """Who follows a complaint from now on."""

    staff_ids: Annotated[list[UUID], Field(max_length=10)]


M = Annotated[Whole, Field(ge=1, le=7 * 24 * 60)]


class EscalationSettingForm(Form):
    """How the ladder is climbed; see the description of each in the documentation. why: for the history."""

    repeat_minutes: Annotated[list[M], Field(min_length=1, max_length=6)]
    acknowledge_minutes: Annotated[list[M], Field(min_length=4, max_length=4)]
    response_over_minutes: M
    answer_over_minutes: M
    lease_a_minutes: Annotated[Whole, Field(ge=5, le=240)]
    lease_b_work_minutes: Annotated[Whole, Field(ge=15, le=960)]
    lease_c_work_days: Annotated[Whole, Field(ge=1, le=5)]
    pages_per_hour: Annotated[Whole, Field(ge=1, le=6)]
    pages_per_day: Annotated[Whole, Field(ge=1, le=50)]
    outside_member_id: UUID | None = None
    rule_owner_id: UUID | None = None
    why: Why
    version: Version

    @model_validator(mode="after")
    def in_order(self) -> "EscalationSettingForm":
        """Refuse moments that do not follow each other."""
        if any(later <= sooner for sooner, later in zip(self.repeat_minutes, self.repeat_minutes[1:], strict=False)):
            raise ValueError("each repeat comes after the one before")
        return self


class EscalationSettingVersion(View):
    """A version of the rules, and who made it."""

    version: int
    at: str
    by_name: str
    why: str


class EscalationSettingView(View):
    """The rules of the ladder in force, and how they came about. Version 0: as shipped."""

    version: int
    repeat_minutes: list[int]
    acknowledge_minutes: list[int]
    response_over_minutes: int
    answer_over_minutes: int
    lease_a_minutes: int
    lease_b_work_minutes: int
    lease_c_work_days: int
    pages_per_hour: int
    pages_per_day: int
    outside_member_id: UUID | None
    rule_owner_id: UUID | None
    history: list[EscalationSettingVersion]


class EscalationReportQuery(Form):
    """From which day to which, both included; the last 30 days when none is named."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None

    @model_validator(mode="after")
    def in_order(self) -> "EscalationReportQuery":
        """Refuse a time that ends before it begins, and one that is too long."""
        if self.from_ and self.to and not timedelta(0) <= self.to - self.from_ <= LONGEST:
            raise ValueError("from at most 400 days before to")
        return self


class EscalationStepTimes(View):
    """How long a level took. p50, p90: minutes from raising a step to its acknowledgement; null without any."""

    step: int
    step_name: str
    raised: int
    taken: int
    open: int
    expired: int
    passed_on: int
    p50_minutes: float | None
    p90_minutes: float | None


class EscalationCallsView(View):
    """Calls of a person on a day; pooled: those that were told in one message with others."""

    staff_id: UUID
    name: str
    day: str
    calls: int
    pooled: int


class EscalationReport(View):
    """The ladder in a period. second_or_higher: the share of steps at the second level or above, in percent."""

    first: str
    last: str
    steps: list[EscalationStepTimes]
    second_or_higher: float | None
    calls: list[EscalationCallsView]
