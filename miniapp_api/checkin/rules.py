"""Who may check in, when and where. Pure: the row that was read and the time come in, a judgement goes out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

ACCEPTED, ALREADY, REFUSED = "accepted", "already_checked_in", "refused"

WRONG_DAY, WRONG_DEPARTMENT = "wrong_day", "wrong_department"
TOO_EARLY, TOO_LATE = "too_early", "too_late"
CANCELLED, SESSION_STOPPED = "cancelled", "session_stopped"
ASK_AT_DESK = "ask_at_desk"  # a printed code of a desk whose posters only tell the way

EXPECTED = frozenset({"booked", "no_show"})  # a patient who was given up and comes after all is let in
PRESENT = frozenset({"checked_in", "in_service", "completed", "left"})
EXCUSABLE = frozenset({WRONG_DAY, TOO_EARLY, TOO_LATE})  # what the desk may override with a reason

OVERRIDE, MOVE, SHOW_WAY = "override", "move", "show_way"  # what a guide may do about a refused scan


@dataclass(frozen=True)
class Arrival:
    """What must be known of an appointment to judge its arrival.

    has_place: the person already stands in this department's queue today, by this appointment or another way.
    opens_minutes: before the band begins. closes_minutes: after the band has ended.
    serves: the departments that this desk and this guide check in for; None means all.
    """

    status: str
    session_status: str
    has_place: bool
    department_id: UUID
    day: date
    starts_at: datetime
    ends_at: datetime
    opens_minutes: int
    closes_minutes: int
    serves: frozenset[UUID] | None

    @property
    def opens_at(self) -> datetime:
        """Give when check-in begins."""
        return self.starts_at - timedelta(minutes=self.opens_minutes)

    @property
    def closes_at(self) -> datetime:
        """Give when check-in ends."""
        return self.ends_at + timedelta(minutes=self.closes_minutes)


@dataclass(frozen=True)
class Judgement:
    """What a scan means: accepted, already_checked_in, or refused with a reason."""

    outcome: str
    reason: str | None = None


def acts(judgement: Judgement) -> list[str]:
    """List what a guide may do about a scan that was refused so."""
    if judgement.reason in EXCUSABLE:
        return [OVERRIDE]
    return [MOVE, SHOW_WAY] if judgement.reason == WRONG_DEPARTMENT else []


def judge_arrival(arrival: Arrival, now: datetime, today: date) -> Judgement:
    """Say whether a patient may check in now, at this desk.

    What ended the appointment goes before where and when, so that nobody is sent to another desk in vain.
    """
    if arrival.status in PRESENT:
        return Judgement(ALREADY)
    if arrival.session_status == "stopped":
        return Judgement(REFUSED, SESSION_STOPPED)
    if arrival.status not in EXPECTED:
        return Judgement(REFUSED, CANCELLED)
    if arrival.serves is not None and arrival.department_id not in arrival.serves:
        return Judgement(REFUSED, WRONG_DEPARTMENT)
    if arrival.day != today:
        return Judgement(REFUSED, WRONG_DAY)
    if now < arrival.opens_at:
        return Judgement(REFUSED, TOO_EARLY)
    if now > arrival.closes_at:
        return Judgement(REFUSED, TOO_LATE)
    # one person has one place in a department's queue: a second one would be called while the first is inside
    return Judgement(ALREADY if arrival.has_place else ACCEPTED)
