"""What becomes of the steps of one patient at one moment: told, put off, merged into one contact, skipped. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from notifications.followups.kinds import PlanStepBody
from notifications.followups.rules import working_day
from server import clock

RANK = {"clinical": 0, "return_visit": 1, "satisfaction": 2, "education": 3}
HOLD = timedelta(hours=1)  # something that may end soon is looked at again
BUDGET_DAYS = 7
# an end for good, and what may still turn: a complaint is closed, an earlier step is told
WAITS = frozenset({"complaint_open", "depends"})


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A step that has not been told. stays: why it must not be told now, empty when it may.

    is_due: its moment has come; the others are open to go along with one. told: contacts of its enrolment so far.
    depends: what its earlier step says: `yes`, `wait` or `no`.
    """

    id: UUID
    enrolment_id: UUID
    step: PlanStepBody
    earliest_at: datetime
    due_at: datetime
    latest_at: datetime
    is_due: bool
    stays: str = ""
    has_account: bool = True
    told: int = 0
    max_contacts: int = 60
    depends: Literal["yes", "wait", "no"] = "yes"


@dataclass(frozen=True)
class Decision:
    """What becomes of a step. what: send, call, merge, hold or skip. into: the step with which it is told.

    at: when a held step is looked at again. reason: why it is held, skipped or called.
    """

    id: UUID
    what: Literal["send", "call", "merge", "hold", "skip"]
    reason: str = ""
    into: UUID | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Budget:
    """How often this patient was told in the last days: the moments; most: so often at most."""

    told_at: tuple[datetime, ...]
    most: int

    def free_at(self, now: datetime) -> datetime | None:
        """Give when there is room for another contact; None: now."""
        recent = sorted(at for at in self.told_at if at > now - timedelta(days=BUDGET_DAYS))
        return None if len(recent) < self.most else recent[len(recent) - self.most] + timedelta(days=BUDGET_DAYS)


def decide(
    steps: Sequence[Candidate], budget: Budget, *, now: datetime, works: Callable[[date], bool]
) -> list[Decision]:
    """Decide about all steps of one patient whose window is open; what is neither due nor merged is left out."""
    looked = [(step, _alone(step, now, works)) for step in steps]
    told = [(step, first) for step, first in looked if step.is_due and first.what in ("send", "call")]
    decisions = [first for step, first in looked if step.is_due and first.what in ("hold", "skip")]
    decisions += [first for _, first in told if first.what == "call"]
    to_send = sorted((step for step, first in told if first.what == "send"), key=_rank)
    if not to_send:
        return decisions
    lead = to_send[0]
    free_at = budget.free_at(now) if lead.step.purpose != "clinical" else None
    if free_at is not None:
        return decisions + [_later(step, free_at, "budget") for step in to_send]
    others = [
        step
        for step, first in looked
        if not step.is_due and first.what == "send" and step.enrolment_id != lead.enrolment_id
    ]
    along = [*to_send[1:], *sorted(others, key=_rank)]
    why = {first.id: first.reason for _, first in told}
    led = [Decision(step.id, "merge", why.get(step.id, ""), into=lead.id) for step in along]
    return [*decisions, Decision(lead.id, "send", why[lead.id]), *led]


def _rank(step: Candidate) -> tuple[int, datetime, UUID]:
    return RANK[step.step.purpose], step.due_at, step.id


def _alone(step: Candidate, now: datetime, works: Callable[[date], bool]) -> Decision:
    """Decide about a step as if it were the only one."""
    if step.stays and step.stays not in WAITS:
        return Decision(step.id, "skip", step.stays)
    if step.depends == "no":
        return Decision(step.id, "skip", "depends")
    waits_for = step.stays or ("depends" if step.depends == "wait" else "")
    if waits_for:
        return _later(step, now + HOLD, waits_for)
    if step.told >= step.max_contacts:
        return Decision(step.id, "skip", "budget")
    if now > step.latest_at:
        return _late(step)
    today = clock.local(now).date()
    if step.step.calendar == "working" and not works(today):
        return _next_working(step, today, works)
    if step.step.way == "call":
        return Decision(step.id, "call")
    return Decision(step.id, "send") if step.has_account else Decision(step.id, "call", "no_account")


def _late(step: Candidate) -> Decision:
    if step.step.late == "skip":
        return Decision(step.id, "skip", "late")
    if step.step.late == "call" or step.step.way == "call" or not step.has_account:
        return Decision(step.id, "call", "late")
    return Decision(step.id, "send", "late")


def _next_working(step: Candidate, today: date, works: Callable[[date], bool]) -> Decision:
    """Put a step off: a holiday was announced since it was planned."""
    last = clock.local(step.latest_at).date()
    day = working_day(today, today, max(last, today), works)
    hour, minute = (int(part) for part in step.step.time_of_day.split(":"))
    if day > last or day == today:
        return Decision(
            step.id, "send" if step.has_account and step.step.way == "message" else "call", "no_working_day"
        )
    return Decision(step.id, "hold", "holiday", at=clock.at(day, hour, minute))


def _later(step: Candidate, at: datetime, reason: str) -> Decision:
    """Put a step off; what does not fit into its window any more is skipped."""
    if at > step.latest_at:
        return Decision(step.id, "skip", reason)
    return Decision(step.id, "hold", reason, at=at)
