"""What the hub may do: states, retries, what to do about an outcome that nobody knows, which receipt is whose. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from server.states import Machine


class DeliveryState(StrEnum):
    """One message over one channel."""

    PLANNED = "planned"  # wanted, nobody has looked at it yet
    HELD = "held"  # its moment or the channel's next free place has not come
    READY = "ready"  # to be sent again at once
    LEASED = "leased"  # a worker has it, nothing has left yet
    SENDING = "sending"  # the attempt is written down, the call may be under way
    ACCEPTED = "accepted"  # the provider took it
    DELIVERED = "delivered"  # it is where the person sees it
    UNDELIVERED = "undelivered"  # the provider took it and could not deliver it
    RETRY_WAIT = "retry_wait"  # refused for now
    FAILED = "failed"  # refused for good; a person may try again
    EXPIRED = "expired"  # its deadline passed before it left
    SUPPRESSED = "suppressed"  # this person has not allowed it
    CANCELLED = "cancelled"  # no longer wanted
    UNKNOWN = "unknown"  # it left, and no answer came


class AlertState(StrEnum):
    """One thing that needs one member of staff."""

    RAISED = "raised"  # sounds until somebody acts
    ACKNOWLEDGED = "acknowledged"  # this person has taken it
    RESOLVED = "resolved"  # nothing to do any more


class ReminderState(StrEnum):
    """Something promised for a moment."""

    PLANNED = "planned"  # waits for its moment
    SENT = "sent"  # has become a message
    CANCELLED = "cancelled"  # called off, or its moment was missed


class MessageClass(StrEnum):
    """How much a message matters; decides what happens when its outcome is unknown."""

    ALERT = "alert"  # to staff: twice is fine, missing is not
    VISIT = "visit"  # about a visit that is near
    FOLLOW_UP = "follow_up"  # after a visit
    SURVEY = "survey"  # asks for an opinion


S = DeliveryState
_STOPPED = frozenset({S.SUPPRESSED, S.CANCELLED, S.EXPIRED})
_ANSWERED = frozenset({S.ACCEPTED, S.RETRY_WAIT, S.FAILED, S.SUPPRESSED})

DELIVERY = Machine(
    "delivery",
    starts=frozenset({S.PLANNED, S.DELIVERED}),  # a message in the inbox is delivered by being there
    moves={
        S.PLANNED: _STOPPED | {S.HELD, S.READY, S.LEASED},
        S.HELD: _STOPPED | {S.READY, S.LEASED},
        S.READY: _STOPPED | {S.HELD, S.LEASED},
        S.LEASED: _STOPPED | {S.READY, S.SENDING},
        S.SENDING: _ANSWERED | {S.UNKNOWN},
        S.ACCEPTED: frozenset({S.DELIVERED, S.UNDELIVERED}),
        S.RETRY_WAIT: _STOPPED | {S.HELD, S.READY, S.LEASED},
        S.UNKNOWN: _ANSWERED | {S.DELIVERED, S.UNDELIVERED, S.READY},
        S.FAILED: frozenset({S.READY}),
        S.SUPPRESSED: frozenset({S.READY}),
    },
)

ALERT = Machine(
    "alert",
    starts=frozenset({AlertState.RAISED}),
    moves={
        AlertState.RAISED: frozenset({AlertState.ACKNOWLEDGED, AlertState.RESOLVED}),
        AlertState.ACKNOWLEDGED: frozenset({AlertState.RESOLVED}),
    },
)

REMINDER = Machine(
    "reminder",
    starts=frozenset({ReminderState.PLANNED, ReminderState.CANCELLED}),  # called off before it was planned
    moves={ReminderState.PLANNED: frozenset({ReminderState.SENT, ReminderState.CANCELLED})},
)

WAITING = (S.PLANNED, S.HELD, S.READY, S.RETRY_WAIT)
RETRIABLE = (S.FAILED, S.SUPPRESSED, S.RETRY_WAIT)  # by a person; not what may have arrived already
CANCELLABLE = (*WAITING, S.LEASED)

LEASE = timedelta(seconds=30)  # longer than the longest call with its token
SETTLE = timedelta(seconds=60)  # after that a receipt is no longer to be expected
MAX_TRIES = 8
RETRY_SECONDS = (5, 30, 120, 600)
MINUTE_SECONDS = 60
DAILY_QUOTA_SECONDS = 600  # the quota turns at midnight; look again now and then


class Outcome(StrEnum):
    """What a call to a provider came to."""

    ACCEPTED = "accepted"  # taken
    REFUSED = "refused"  # this message never, as it is
    NO_CONSENT = "no_consent"  # this person does not want it
    RETRY = "retry"  # this message later
    TROUBLE = "trouble"  # no message now: provider away, out of quota, or our credentials are wrong
    UNKNOWN = "unknown"  # taken or not, nobody can tell


class Credit(StrEnum):
    """What becomes of the consent that was set aside for a call."""

    KEEP = "keep"  # spent, or perhaps spent
    GIVE_BACK = "give_back"  # nothing was sent
    VOID = "void"  # it was not worth anything, nor are its siblings


@dataclass(frozen=True)
class Verdict:
    """Where a delivery goes after a call. pause: until the next try, for `retry_wait`."""

    state: DeliveryState
    attempt: str
    credit: Credit
    pause: timedelta = timedelta(0)


def verdict(outcome: Outcome, *, tries: int, pause: timedelta | None = None, dice: float = 0.5) -> Verdict:
    """Decide about a delivery after a call.

    tries: calls so far, this one included. pause: what the channel asks for, instead of the ladder.
    dice: in [0, 1), spreads the tries of many deliveries that failed together.
    """
    match outcome:
        case Outcome.ACCEPTED:
            return Verdict(S.ACCEPTED, "accepted", Credit.KEEP)
        case Outcome.UNKNOWN:
            return Verdict(S.UNKNOWN, "unknown", Credit.KEEP)
        case Outcome.NO_CONSENT:
            return Verdict(S.SUPPRESSED, "refused", Credit.VOID)
        case Outcome.REFUSED:
            return Verdict(S.FAILED, "refused", Credit.GIVE_BACK)
        case Outcome.RETRY if tries >= MAX_TRIES:
            return Verdict(S.FAILED, "refused", Credit.GIVE_BACK)
    # trouble of the provider is not the message's fault: it is bounded by the deadline, not by a number of tries
    return Verdict(S.RETRY_WAIT, "retry", Credit.GIVE_BACK, (pause or retry_pause(tries)) * (0.8 + 0.4 * dice))


def retry_pause(tries: int) -> timedelta:
    """Give the pause before the next try."""
    return timedelta(seconds=RETRY_SECONDS[min(max(tries, 1), len(RETRY_SECONDS)) - 1])


# Source: wechat.md 2.3 and 0.5. What is not named here is refused for good and logged.
WECHAT_OUTCOMES: Mapping[int, tuple[Outcome, int | None]] = {  # errcode -> outcome, seconds to wait
    -1: (Outcome.RETRY, None),
    40001: (Outcome.RETRY, None),  # again after the one refresh
    40014: (Outcome.RETRY, None),
    42001: (Outcome.RETRY, None),
    43101: (Outcome.NO_CONSENT, None),
    43108: (Outcome.RETRY, 2),
    45009: (Outcome.TROUBLE, DAILY_QUOTA_SECONDS),
    45011: (Outcome.TROUBLE, MINUTE_SECONDS),
    40013: (Outcome.TROUBLE, DAILY_QUOTA_SECONDS),  # our own settings: somebody mends them, nothing is lost meanwhile
    40125: (Outcome.TROUBLE, DAILY_QUOTA_SECONDS),
    40164: (Outcome.TROUBLE, DAILY_QUOTA_SECONDS),
    40243: (Outcome.TROUBLE, DAILY_QUOTA_SECONDS),
}

# Source: wechat.md 6.4.
WECOM_OUTCOMES: Mapping[int, tuple[Outcome, int | None]] = {
    -1: (Outcome.RETRY, None),
    45009: (Outcome.TROUBLE, MINUTE_SECONDS),
    93000: (Outcome.TROUBLE, DAILY_QUOTA_SECONDS),
}

# An outcome that stays unknown: only these are sent again, everybody else has the message in the inbox already.
SENT_AGAIN_WHEN_UNKNOWN = frozenset({MessageClass.ALERT})

REPEAT_MINUTES = (2, 5, 10, 20)  # after an alert was raised
REPEAT_THEN_MINUTES = 40


def repeat_pause(repeats: int) -> timedelta:
    """Give the time from the last sound of an alert to the next.

    repeats: how often it has sounded after the first time.
    """
    if repeats >= len(REPEAT_MINUTES):
        return timedelta(minutes=REPEAT_THEN_MINUTES)
    before = REPEAT_MINUTES[repeats - 1] if repeats else 0
    return timedelta(minutes=REPEAT_MINUTES[repeats] - before)


PAIRING = timedelta(minutes=10)  # phone and platform report the same tap within this time


@dataclass(frozen=True)
class Grant:
    """One accepted pop-up as it was reported so far: by the phone, by the platform, or by both."""

    id: UUID
    from_client_at: datetime | None
    from_event_at: datetime | None


def twin_of(source: str, at: datetime, grants: Sequence[Grant]) -> UUID | None:
    """Find the grant that the other side has reported already for the same tap; None means a new one.

    source: `client` or `event`, who reports now. grants: of one account and template, in any order.
    """
    twins = []
    for grant in grants:
        mine, other = grant.from_client_at, grant.from_event_at
        if source == "event":
            mine, other = other, mine
        if mine is None and other is not None and abs(at - other) <= PAIRING:
            twins.append((other, grant.id))
    return min(twins)[1] if twins else None


@dataclass(frozen=True)
class OpenReceipt:
    """A receipt that belongs to no delivery yet."""

    id: UUID
    openid: str
    template_key: str
    provider_id: str
    received_at: datetime


@dataclass(frozen=True)
class OpenDelivery:
    """A delivery that was taken, or perhaps taken, and has no receipt. provider_id: empty when none was given."""

    id: UUID
    openid: str
    template_key: str
    provider_id: str
    began_at: datetime


def pair_receipts(receipts: Sequence[OpenReceipt], deliveries: Sequence[OpenDelivery]) -> list[tuple[UUID, UUID]]:
    """Find out which receipt belongs to which delivery; gives (receipt, delivery).

    By the provider's id when there is one. Else by person, template and time: the latest delivery that began before
    the receipt came. Not the oldest: an old one of which the platform never heard would take the receipt of a new one.
    """
    left = sorted(deliveries, key=lambda delivery: (delivery.began_at, delivery.id), reverse=True)
    pairs = []
    for receipt in sorted(receipts, key=lambda receipt: (receipt.received_at, receipt.id)):
        of_person = [
            delivery
            for delivery in left
            if (delivery.openid, delivery.template_key) == (receipt.openid, receipt.template_key)
            and delivery.began_at <= receipt.received_at
        ]
        named = [delivery for delivery in of_person if delivery.provider_id and receipt.provider_id]
        found = next(
            (delivery for delivery in named if delivery.provider_id == receipt.provider_id),
            next((delivery for delivery in of_person if delivery not in named), None),
        )
        if found is not None:
            left.remove(found)
            pairs.append((receipt.id, found.id))
    return pairs
