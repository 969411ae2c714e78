"""What follows a way that did not reach its person: the next one, later, or nothing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.routing.rules import SILENT, Chain, Step, When

# After these no other way is tried: the message is not wanted, or was said already, or the person has had enough.
ENDS_THE_CHAIN = frozenset(
    {
        "duplicate",
        "cap",
        "quiet_hours",
        "deadline",
        "consent_withdrawn",
        "visit_not_expected",
        "plan_stopped",
        "acknowledged",
    }
)
IN_FLIGHT = frozenset({"leased", "sending", "unknown"})
WAITING = frozenset({"planned", "held", "ready", "retry_wait"})
IN_FLIGHT_LOOK = timedelta(seconds=30)  # until the next look at a message of which a call is under way
UNKNOWN_LOOK = timedelta(minutes=10)  # and at one of which nobody knows; a bad end is looked at by itself


@dataclass(frozen=True)
class Way:
    """A delivery of a message as the router sees it. has_receipts: its channel reports what became of a message."""

    channel: str
    step: int
    state: str
    due_at: datetime
    created_at: datetime
    reason: str = ""
    is_settled: bool = False
    has_receipts: bool = False

    @property
    def has_reached(self) -> bool:
        """Tell whether the person was told by it, as far as anybody can know."""
        return self.channel not in SILENT and (
            self.state == "delivered" or (self.state == "accepted" and not self.has_receipts)
        )

    @property
    def began_at(self) -> datetime:
        """Give when it left, or was written down as long as it has not left."""
        return max(self.created_at, self.due_at) if self.state in ("accepted", "delivered") else self.created_at


def waited_until(ways: Sequence[Way], chain: Chain, number: int, *, created_at: datetime) -> datetime:
    """Give when the time of the ways before a step is up: the waits since the last one that told somebody.

    created_at: of the message, when none has.
    """
    told = [way for way in ways if way.channel not in SILENT and way.step < number]
    last = max((way.step for way in told), default=0)
    began = max((way.began_at for way in told if way.step == last), default=created_at)
    return began + sum((step.wait for step in chain[last + 1 : number + 1]), timedelta(0))


class Next(StrEnum):
    """What a look at a message came to."""

    END = "end"  # nothing follows
    LATER = "later"
    GO = "go"  # its next way is begun now
    SKIP = "skip"  # its next way is not needed; the one after it is looked at


@dataclass(frozen=True)
class Look:
    """A decision about the next way of a message. at: when to look again, for LATER. why: for END and SKIP."""

    next: Next
    at: datetime | None = None
    why: str = ""


def look(ways: Sequence[Way], step: Step, *, now: datetime, is_up_at: datetime, is_over: str) -> Look:
    """Decide about the next way of a message.

    is_up_at: when the time of the ways before it is up. is_over: why nothing must follow (read, answered,
    withdrawn, stopped), empty when nothing speaks against it. Nothing follows a way whose outcome nobody knows: the
    person may have the message already.
    """
    if is_over:
        return Look(Next.END, why=is_over)
    told = [way for way in ways if way.channel not in SILENT]
    if any(way.state == "unknown" and way.is_settled for way in told):
        return Look(Next.END, why="unknown_before")
    if any(way.state in IN_FLIGHT for way in told):
        pause = UNKNOWN_LOOK if any(way.state == "unknown" for way in told) else IN_FLIGHT_LOOK
        return Look(Next.LATER, at=now + pause)
    if any((way.state == "cancelled" and way.reason != "next_way") or way.reason in ENDS_THE_CHAIN for way in told):
        return Look(Next.END, why="called_off")
    is_open = any(way.state in WAITING or way.has_reached or way.state == "accepted" for way in told)
    held = max((way.due_at for way in told if way.state == "held"), default=None)
    if held is not None and held > now:
        return Look(Next.LATER, at=held + step.wait)
    if is_open and now < is_up_at:
        return Look(Next.LATER, at=is_up_at)
    if step.when is When.NOT_DELIVERED and any(way.has_reached for way in told):
        return Look(Next.SKIP, why="delivered_before")
    return Look(Next.GO)
