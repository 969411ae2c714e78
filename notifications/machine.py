"""The way of a delivery as data: which event moves it from where to where, and what must hold before it may. Pure.

`rules.DELIVERY` is derived from it; the explorer in tests/notifications/proof walks it with two workers that may die at
any step, and each guard is found again in the statements of the outbox. Source: care.md 3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What moves a delivery; in brackets the statement or action that does it."""

    PLAN = "plan"  # its moment is set (the router)
    HOLD = "hold"  # the provider's minute or a quiet hour: later (HOLD, the router)
    CLAIM = "claim"  # a worker takes it (TAKE, CLAIM)
    EXPIRE = "expire"  # its deadline passed before it left (EXPIRE, INTEND)
    INTEND = "intend"  # the attempt is written down, the call is next (TAKE in the same statement, INTEND)
    STOP = "stop"  # at the last look it is no longer wanted or not allowed (TAKE, INTEND, the router)
    CALL = "call"  # the request leaves; no state of its own: from here on only the provider knows (send)
    RECORD = "record"  # what the call came to (RECORD)
    GIVE_BACK = "give_back"  # its worker is gone, nothing was begun (SWEEP)
    LOSE = "lose"  # its worker is gone, a call was begun (SWEEP)
    SEND_AGAIN = "send_again"  # an outcome that nobody knows, where twice is harmless or impossible (SETTLE)
    FIND = "find"  # the provider was asked and has it (SETTLE)
    RECEIVE = "receive"  # a receipt of the provider (APPLY_RECEIPTS)
    RETRY = "retry"  # a person lets it go again
    CALL_OFF = "call_off"  # a person or a fact takes it back


class Guard(StrEnum):
    """What must hold, in the same statement that moves the row."""

    WAITS = "waits"  # nobody has it, and it has not ended
    DUE = "due"  # its moment has come
    HELD = "held"  # this worker's lease, and no later one: state, fence, owner
    IN_TIME = "in_time"  # its deadline has not passed
    WANTED = "wanted"  # what it says still holds, nobody has withdrawn it
    ALLOWED = "allowed"  # a consent is there and is spent with it
    FRESH = "fresh"  # the call begins in the first half of the lease, by the worker's own clock
    CURRENT = "current"  # the answer belongs to the latest lease
    ANSWERABLE = "answerable"  # an answer is still awaited; a receipt knows more
    OVER = "over"  # the lease has run out
    NOT_BEGUN = "not_begun"  # leased and not sending: no attempt was written under this lease
    SETTLED = "settled"  # longer ago than any call or receipt takes
    HARMLESS = (
        "harmless"  # the class says twice is better than never, the provider knows our key or says it has nothing
    )
    REMEMBERED = "remembered"  # the deadline is cut to the time for which the provider knows our key
    BOUNDED = "bounded"  # not more tries than the limit
    RANK = "rank"  # a receipt never takes back what a better one said
    RETRIABLE = "retriable"  # it has surely not arrived
    RECALLABLE = "recallable"  # it has surely not left


@dataclass(frozen=True)
class Transition:
    """One row of the table. old: the states that it may come from; one of the guards says so too."""

    event: Event
    old: tuple[str, ...]
    new: str
    guards: tuple[Guard, ...]


WAITING = ("planned", "held", "ready", "retry_wait")
ANSWERABLE = ("sending", "unknown")
AGAIN = ("ready", "held")  # nobody knew, it was to be sent again, and nobody has taken it yet: the answer comes in time
G = Guard

TRANSITIONS: tuple[Transition, ...] = (
    Transition(Event.PLAN, ("planned", "held"), "ready", (G.WAITS, G.DUE)),
    Transition(Event.HOLD, ("planned", "ready", "retry_wait"), "held", (G.WAITS,)),
    Transition(Event.CLAIM, WAITING, "leased", (G.WAITS, G.DUE)),
    Transition(Event.EXPIRE, (*WAITING, "leased"), "expired", (G.WAITS, G.HELD)),
    Transition(Event.INTEND, ("leased",), "sending", (G.HELD, G.IN_TIME, G.WANTED, G.ALLOWED)),
    Transition(Event.STOP, (*WAITING, "leased"), "suppressed", (G.WAITS, G.HELD)),
    Transition(Event.STOP, (*WAITING, "leased"), "cancelled", (G.WAITS, G.HELD)),
    Transition(Event.CALL, ("sending",), "sending", (G.FRESH,)),
    Transition(Event.RECORD, ANSWERABLE, "accepted", (G.CURRENT, G.ANSWERABLE)),
    Transition(Event.RECORD, AGAIN, "accepted", (G.CURRENT, G.ANSWERABLE)),
    Transition(Event.RECORD, ANSWERABLE, "retry_wait", (G.CURRENT, G.ANSWERABLE)),
    Transition(Event.RECORD, ANSWERABLE, "failed", (G.CURRENT, G.ANSWERABLE)),
    Transition(Event.RECORD, ANSWERABLE, "suppressed", (G.CURRENT, G.ANSWERABLE)),
    Transition(Event.RECORD, ANSWERABLE, "unknown", (G.CURRENT, G.ANSWERABLE)),
    Transition(Event.GIVE_BACK, ("leased",), "ready", (G.OVER, G.NOT_BEGUN)),
    Transition(Event.LOSE, ("sending",), "unknown", (G.OVER,)),
    Transition(Event.SEND_AGAIN, ("unknown",), "ready", (G.SETTLED, G.HARMLESS, G.REMEMBERED, G.BOUNDED)),
    Transition(Event.FIND, ("unknown",), "accepted", (G.ANSWERABLE,)),
    Transition(Event.RECEIVE, ("accepted", "unknown"), "delivered", (G.RANK,)),
    Transition(Event.RECEIVE, ("accepted", "unknown"), "undelivered", (G.RANK,)),
    Transition(Event.RETRY, ("failed", "suppressed", "retry_wait"), "ready", (G.RETRIABLE,)),
    Transition(Event.CALL_OFF, (*WAITING, "leased"), "cancelled", (G.RECALLABLE,)),
)


def moves() -> Mapping[str, frozenset[str]]:
    """Give the states that may follow each state."""
    found: dict[str, set[str]] = {}
    for transition in TRANSITIONS:
        for old in transition.old:
            if old != transition.new:
                found.setdefault(old, set()).add(transition.new)
    return {old: frozenset(new) for old, new in found.items()}


def of(event: Event) -> tuple[Transition, ...]:
    """Give the rows of the table for an event."""
    return tuple(transition for transition in TRANSITIONS if transition.event is event)
