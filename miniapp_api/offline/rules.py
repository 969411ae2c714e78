"""When an offline scan was, whether it holds by itself, and who of several was first. Pure.

The result never depends on the order in which desks upload: a scan is judged by its own time alone, and of those that
hold the earliest keeps the place. docs/offline-desk.md.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from miniapp_api.checkin.rules import ACCEPTED, PRESENT, REFUSED, Arrival, Judgement, judge_arrival
from server import clock
from server.states import Machine

UNSURE = "unsure"  # a true code that is not on the device's list: kept for the server to say
# what a device let in, or left to the server: these ask for a place
CLAIMS = frozenset({ACCEPTED, UNSURE})

DAY_OVER, ANNULLED, HAS_PLACE = "day_over", "annulled", "has_place"
CLOCK_UNKNOWN = "clock_unknown"  # the code can only be judged by its time, and the device's clock cannot be trusted

SLACK = timedelta(seconds=30)  # so far may a corrected time lie outside of what is possible: clocks are read, not known
CHANGED = timedelta(minutes=2)  # a clock that moved by more between contact and upload was changed by somebody
LONGEST_APART = timedelta(hours=36)  # a desk that was away for longer has no day's material any more

DEVICE, UPLOAD = "device", "upload"  # by which clock the time of a scan is known


class ConflictState(StrEnum):
    """Whether somebody still has to decide."""

    OPEN = "open"
    RESOLVED = "resolved"


CONFLICT = Machine(
    "offline_conflict",
    starts=frozenset({ConflictState.OPEN}),
    moves={ConflictState.OPEN: frozenset({ConflictState.RESOLVED})},
)
CHECK_IN, DISMISS, SETTLED = "check_in", "dismiss", "settled"


@dataclass(frozen=True)
class Contact:
    """One instant on two clocks: when the device last heard the server."""

    device_at: datetime
    server_at: datetime

    @property
    def offset(self) -> timedelta:
        """Give what must be added to the device's time."""
        return self.server_at - self.device_at


@dataclass(frozen=True)
class When:
    """When a scan was. source: `device`, its own time corrected; `upload`, because that was not possible."""

    at: datetime
    source: str


def corrected(scanned_at: datetime, contact: Contact, *, sent_at: datetime, now: datetime) -> When:
    """Give the time of a scan by the server's clock.

    sent_at: the device's time when it sent the batch; now: the server's at the same moment.
    A time that cannot be (in the future, before the last contact, by a clock that was changed meanwhile) is not
    believed: then the scan counts from its upload.
    """
    was_changed = abs((now - sent_at) - contact.offset) > CHANGED
    is_contact_possible = now - LONGEST_APART <= contact.server_at <= now + SLACK
    at = scanned_at + contact.offset
    if was_changed or not is_contact_possible or not contact.server_at - SLACK <= at <= now + SLACK:
        return When(now, UPLOAD)
    return When(min(max(at, contact.server_at), now), DEVICE)


def judge_alone(arrival: Arrival, when: When, now: datetime) -> Judgement:
    """Say whether a scan holds by itself at its own time, whoever else came meanwhile: accepted, or refused."""
    day = clock.local(when.at).date()
    if day != clock.local(now).date():
        return Judgement(REFUSED, DAY_OVER)  # yesterday's queue is closed
    alone = replace(arrival, has_place=False, status="booked" if arrival.status in PRESENT else arrival.status)
    return judge_arrival(alone, when.at, day)


@dataclass(frozen=True)
class Claim:
    """One scan that holds by itself."""

    at: datetime
    scan_id: UUID

    def is_before(self, other: "Claim") -> bool:
        """Tell which was first; of two at one instant that with the smaller id, so that everybody says the same."""
        return (self.at, self.scan_id.int) < (other.at, other.scan_id.int)


@dataclass(frozen=True)
class Standing:
    """The ticket that the appointment has already. first: by which scan it counts. can_change: it still waits."""

    first: Claim
    can_change: bool


def settle(claim: Claim, standing: Standing | None) -> str:
    """Say what a scan that holds becomes: `enter` (a new ticket), `first` (the ticket counts from it), or `later`."""
    if standing is None:
        return "enter"
    return "first" if standing.can_change and claim.is_before(standing.first) else "later"
