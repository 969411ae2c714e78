"""Tickets: the machine, the limits of calling, and how long the wait will be. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, sqrt

from server.states import Machine


class TicketState(StrEnum):
    """Where a ticket is."""

    WAITING = "waiting"  # in the line
    CALLED = "called"  # asked into a room
    IN_SERVICE = "in_service"  # in the room
    MISSED = "missed"  # was called and did not come
    HELD = "held"  # asked for a moment; keeps the place
    AWAY = "away"  # sent to a station of the visit, comes back
    DONE = "done"  # seen
    LEFT = "left"  # gone without being seen to the end
    TRANSFERRED = "transferred"  # goes on as another ticket
    VOIDED = "voided"  # the check-in was taken back


_S = TicketState
TICKET = Machine(
    "ticket",
    starts=frozenset({_S.WAITING}),
    moves={
        _S.WAITING: frozenset({_S.CALLED, _S.HELD, _S.LEFT, _S.TRANSFERRED, _S.VOIDED}),
        _S.CALLED: frozenset({_S.CALLED, _S.IN_SERVICE, _S.MISSED, _S.WAITING, _S.HELD, _S.LEFT, _S.TRANSFERRED}),
        _S.IN_SERVICE: frozenset({_S.AWAY, _S.DONE, _S.LEFT, _S.TRANSFERRED}),
        _S.MISSED: frozenset({_S.WAITING, _S.LEFT, _S.TRANSFERRED}),
        _S.HELD: frozenset({_S.WAITING, _S.LEFT, _S.TRANSFERRED}),
        _S.AWAY: frozenset({_S.WAITING, _S.LEFT, _S.TRANSFERRED}),
    },
)
ACTIVE = (_S.WAITING, _S.CALLED, _S.IN_SERVICE, _S.MISSED, _S.HELD, _S.AWAY)


class RoomState(StrEnum):
    """Whether a room calls."""

    OPEN = "open"
    PAUSED = "paused"  # for a while
    CLOSED = "closed"  # for good


ROOM = Machine(
    "room",
    starts=frozenset({RoomState.OPEN}),
    moves={
        RoomState.OPEN: frozenset({RoomState.PAUSED, RoomState.CLOSED}),
        RoomState.PAUSED: frozenset({RoomState.OPEN, RoomState.CLOSED}),
    },
)

UNDO = timedelta(seconds=60)
MISSES_UNTIL_GONE = 3
STAGES = ("billing", "examination", "treatment", "pharmacy", "infusion", "admission")
FLAGS = ("elderly", "disabled", "pregnant", "child", "wheelchair", "feverish")

PRIOR_VISITS = 8  # the department's own figure weighs as much as so many visits of today
SPREAD = 0.7  # coefficient of variation of a visit
P80 = 0.84  # of the normal distribution: the start, until the hospital's own days say better
STEP_MINUTES = 5
TABLE = 60  # people ahead; behind more the wait is told as for so many


def may_undo(called_at: datetime | None, now: datetime) -> bool:
    """Tell whether a call is young enough to be taken back."""
    return called_at is not None and now - called_at <= UNDO


@dataclass(frozen=True)
class Pace:
    """How fast a line moves.

    usual_minutes: what the department says of a visit. visits, minutes: finished today and their sum. rooms: open
    ones that call from this line. starts_in_minutes: until the session begins; 0 when it has.
    """

    usual_minutes: float
    visits: int = 0
    minutes: float = 0.0
    rooms: int = 1
    starts_in_minutes: float = 0.0

    @property
    def visit_minutes(self) -> float:
        """Give the mean visit, drawn towards what is usual while today has shown little."""
        return (PRIOR_VISITS * self.usual_minutes + self.minutes) / (PRIOR_VISITS + self.visits)


def wait(ahead: int, pace: Pace) -> tuple[int, int]:
    """Say how long somebody waits with so many ahead: about, and within which eight of ten are called; in minutes.

    Both are rounded up to 5, never 0: an estimate that was too low is what people remember.
    Source: booking-queue.md 4.2.
    """
    rooms = max(1, pace.rooms)
    rest_of_the_running = pace.visit_minutes * (1 + SPREAD**2) / 2
    about = pace.starts_in_minutes + (ahead * pace.visit_minutes + rest_of_the_running) / rooms
    within = about + P80 * SPREAD * pace.visit_minutes * sqrt(ahead + 1) / rooms
    return _up(about), max(_up(within), _up(about) + STEP_MINUTES)


def wait_table(pace: Pace) -> tuple[list[int], list[int]]:
    """Give the waits with 0, 1, … people ahead, for a statement that counts them itself."""
    waits = [wait(ahead, pace) for ahead in range(TABLE + 1)]
    return [about for about, _ in waits], [within for _, within in waits]


def _up(minutes: float) -> int:
    return max(STEP_MINUTES, ceil(minutes / STEP_MINUTES - 1e-9) * STEP_MINUTES)
