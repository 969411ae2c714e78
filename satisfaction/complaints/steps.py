"""The steps of the ladder: who must act, who is asked again when, how long an acknowledgement lasts. Pure.

A step is raised once for a clock, a round and a level. Whoever it calls takes a lease by acknowledging it. A lease that
runs out without progress calls again, and a step that nobody takes raises the next one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from satisfaction.complaints.rules import Clock, Level
from server.states import Machine


class StepState(StrEnum):
    """Where a step stands."""

    RAISED = "raised"  # written down; nobody was called yet
    NOTIFIED = "notified"  # somebody is called, again and again
    ACKNOWLEDGED = "acknowledged"  # everybody who must has it in hand, for the time of a lease
    RESOLVED = "resolved"  # its clock stopped, it was decided, or the complaint ended


S = StepState
STEP = Machine(
    "escalation",
    starts=frozenset({S.RAISED}),
    moves={
        S.RAISED: frozenset({S.NOTIFIED, S.ACKNOWLEDGED, S.RESOLVED}),
        S.NOTIFIED: frozenset({S.ACKNOWLEDGED, S.RESOLVED}),
        S.ACKNOWLEDGED: frozenset({S.NOTIFIED, S.RESOLVED}),
    },
)


class Reason(StrEnum):
    """Why a step was raised, besides the clocks."""

    LEASE = "lease"  # the handler had it in hand and let it lie
    SEVERITY = "severity"  # somebody was or may be harmed
    REOPENED = "reopened"  # the patient was not satisfied a second time
    NO_HANDLER = "no_handler"  # nobody is free to handle it
    BY_HAND = "by_hand"  # a person called for the next level


WHY: Mapping[str, str] = {
    Clock.ACKNOWLEDGEMENT: "受理超时",
    Clock.FIRST_RESPONSE: "首次回应超时",
    Clock.ANSWER: "答复超时",
    "legal": "法定期限已到",
    Reason.LEASE: "受理后没有进展",
    Reason.SEVERITY: "A 级投诉",
    Reason.REOPENED: "患者两次不满意",
    Reason.NO_HANDLER: "没有可以处理的人",
    Reason.BY_HAND: "人工升级",
}
AUDIENCES: Mapping[int, tuple[Level, ...]] = {  # at the third step the head and the office of quality, both
    Level.HANDLER: (Level.HANDLER,),
    Level.SUPERVISOR: (Level.SUPERVISOR,),
    Level.HEAD: (Level.HEAD, Level.SUPERVISOR),
    Level.COMMITTEE: (Level.COMMITTEE,),
}
LAST_STEP = Level.COMMITTEE
PRESSES = 3  # the first and two more: a lease is extended by progress, not by pressing


@dataclass(frozen=True)
class Setting:
    """How the ladder is climbed, as the hospital has set it. Minutes of the clock on the wall unless a name says more.

    repeat_minutes: since the first call, the calls again; then every last one. acknowledge_minutes: in what time each
    step has to be taken before the next one is raised. lease_b: minutes of office time; lease_c: working days.
    pages_per_hour: calls of one person that are told one by one. pages_per_day: beyond these the rules need a look.
    """

    repeat_minutes: tuple[int, ...] = (10, 20, 40)
    acknowledge_minutes: tuple[int, ...] = (10, 15, 15, 15)
    response_over_minutes: int = 60
    answer_over_minutes: int = 24 * 60
    lease_a_minutes: int = 30
    lease_b_work_minutes: int = 120
    lease_c_work_days: int = 1
    pages_per_hour: int = 6
    pages_per_day: int = 5
    outside_member_id: UUID | None = None
    rule_owner_id: UUID | None = None

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Setting":
        """Read it as it is kept; what a version did not know yet is as shipped."""
        known = {field.name: value[field.name] for field in fields(cls) if field.name in value}
        for name in ("repeat_minutes", "acknowledge_minutes"):
            if name in known:
                known[name] = tuple(known[name])
        for name in ("outside_member_id", "rule_owner_id"):
            if known.get(name) is not None:
                known[name] = UUID(str(known[name]))
        return cls(**known)

    def as_value(self) -> dict[str, Any]:
        """Give it as it is kept."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def next_call(asked_at: datetime, paged_at: datetime | None, pages: int, setting: Setting) -> datetime:
    """Give when the next call of a round of asking is due: the first at once, the others at the set pauses, for ever.

    pages: calls of this round so far. paged_at: the last of them: a worker that slept does not make up for what it
    missed.
    """
    if pages <= 0 or paged_at is None:
        return asked_at
    moments = (0, *setting.repeat_minutes)
    pause = moments[pages] - moments[pages - 1] if pages < len(moments) else moments[-1]
    return paged_at + timedelta(minutes=pause)


def taken_by(asked_at: datetime, step: int, setting: Setting) -> datetime:
    """Give until when somebody has to have taken a step, before the next one is raised."""
    return asked_at + timedelta(minutes=setting.acknowledge_minutes[step])


def over_at(clock: str, step: int, due_at: datetime | None, setting: Setting) -> datetime | None:
    """Give when a clock that ran out, and still runs, raises one step more, whoever has its first one in hand."""
    if due_at is None:
        return None
    if clock == Clock.FIRST_RESPONSE and step == Level.SUPERVISOR:
        return due_at + timedelta(minutes=setting.response_over_minutes)
    if clock == Clock.ANSWER and step == Level.HEAD:
        return due_at + timedelta(minutes=setting.answer_over_minutes)
    return None


@dataclass(frozen=True)
class Stand:
    """A step as it stands. due_at: of its clock, while that runs. lease_ends: of whoever has acknowledged it.

    asked_at, paged_at, pages: of the present round of asking. was_taken: it was acknowledged by all once before.
    """

    clock: str
    step: int
    asked_at: datetime
    paged_at: datetime | None
    pages: int
    is_passed_on: bool
    is_taken: bool
    was_taken: bool = False
    due_at: datetime | None = None
    lease_ends: Sequence[datetime] = ()

    def passes_on_at(self, setting: Setting) -> datetime | None:
        """Give when this step raises the next one; None when it has, is the last, or is in hand."""
        if self.step >= LAST_STEP or self.is_passed_on:
            return None
        moments = [over_at(self.clock, self.step, self.due_at, setting)]
        # that the handler has not acknowledged a new complaint in time is told by its own clock
        is_first = self.step == 0 and not self.was_taken
        if not self.is_taken and not is_first:
            moments.append(taken_by(self.asked_at, self.step, setting))
        return min((moment for moment in moments if moment is not None), default=None)

    def next_look(self, setting: Setting) -> datetime:
        """Give when somebody has to look at the step again: there is always such a moment."""
        if self.is_taken:
            moments = [min(self.lease_ends, default=self.asked_at)]
        else:
            moments = [next_call(self.asked_at, self.paged_at, self.pages, setting)]
        if (passes_on := self.passes_on_at(setting)) is not None:
            moments.append(passes_on)
        return min(moments)


@dataclass(frozen=True)
class Callee:
    """Somebody who may be called, and where they hold the role that a step asks for; None: in the whole hospital."""

    id: UUID
    name: str
    departments: frozenset[UUID | None] = frozenset({None})


def nearest(people: Sequence[Callee], department_id: UUID | None, barred: Collection[UUID]) -> list[Callee]:
    """Choose whom to call of those on duty: those of the department, else those of the whole hospital, else any."""
    free = [person for person in people if person.id not in barred]
    for wanted in (department_id, None):
        if found := [person for person in free if wanted in person.departments]:
            return found
    return free


def told_now(half_at: datetime | None, warn_at: datetime | None, due_at: datetime, now: datetime) -> int:
    """Give which moment of a clock has come: 0 none, 1 half of it, 2 four fifths, 3 its end."""
    if due_at <= now:
        return 3
    if warn_at is not None and warn_at <= now:
        return 2
    return 1 if half_at is not None and half_at <= now else 0


def is_counted_press(at: datetime, until: datetime, now: datetime) -> bool:
    """Tell whether pressing again extends a lease: in its second half. Earlier it is the same tap twice."""
    return now >= at + (until - at) / 2
