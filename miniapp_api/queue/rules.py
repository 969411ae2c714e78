"""Tickets: the machine and the limits of calling. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from server.states import Machine


class TicketState(StrEnum):
    """Where a ticket is."""

    WAITING = "waiting"  # in the line
    READY = "ready"  # asked to the second waiting area, in front of a room
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
        _S.WAITING: frozenset({_S.READY, _S.CALLED, _S.HELD, _S.LEFT, _S.TRANSFERRED, _S.VOIDED}),
        _S.READY: frozenset({_S.CALLED, _S.WAITING, _S.MISSED, _S.HELD, _S.LEFT, _S.TRANSFERRED}),
        # back to ready, called or in service: an act of the last minute was taken back
        _S.CALLED: frozenset(
            {_S.CALLED, _S.IN_SERVICE, _S.MISSED, _S.WAITING, _S.READY, _S.HELD, _S.LEFT, _S.TRANSFERRED}
        ),
        _S.IN_SERVICE: frozenset({_S.AWAY, _S.DONE, _S.LEFT, _S.TRANSFERRED}),
        _S.MISSED: frozenset({_S.WAITING, _S.CALLED, _S.LEFT, _S.TRANSFERRED}),
        _S.HELD: frozenset({_S.WAITING, _S.READY, _S.CALLED, _S.LEFT, _S.TRANSFERRED}),
        _S.AWAY: frozenset({_S.WAITING, _S.LEFT, _S.TRANSFERRED}),
        _S.DONE: frozenset({_S.IN_SERVICE}),
        _S.LEFT: frozenset({_S.CALLED}),
    },
)
ACTIVE = (_S.WAITING, _S.READY, _S.CALLED, _S.IN_SERVICE, _S.MISSED, _S.HELD, _S.AWAY)


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


def may_undo(called_at: datetime | None, now: datetime) -> bool:
    """Tell whether a call is young enough to be taken back."""
    return called_at is not None and now - called_at <= UNDO
