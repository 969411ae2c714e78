"""What the hub may do: states, retries, what to do about an outcome that nobody knows, which receipt is whose. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from notifications.machine import moves
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
    WEBHOOK = "webhook"  # to another system, to no person


class Purpose(StrEnum):
    """What a message is for, as its person may allow it or not (PIPL)."""

    SERVICE = "service"  # the visit that was booked: needs no consent of its own
    CLINICAL = "clinical"  # care after a visit
    RETURN_VISIT = "return_visit"  # reminders to come again
    SATISFACTION = "satisfaction"  # asks for an opinion
    EDUCATION = "education"  # health advice of a general kind
    STAFF = "staff"  # to staff


PURPOSE_OF = {
    MessageClass.ALERT: Purpose.STAFF,
    MessageClass.VISIT: Purpose.SERVICE,
    MessageClass.FOLLOW_UP: Purpose.CLINICAL,
    MessageClass.SURVEY: Purpose.SATISFACTION,
    MessageClass.WEBHOOK: Purpose.SERVICE,
}

S = DeliveryState

DELIVERY = Machine(
    "delivery",
    # a message in the inbox is delivered by being there; what must not leave, or not yet, says so from the start
    starts=frozenset({S.PLANNED, S.DELIVERED, S.HELD, S.SUPPRESSED, S.EXPIRED}),
    moves={S(old): frozenset(S(new) for new in after) for old, after in moves().items()},
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


class Outcome(StrEnum):
    """What a call to a provider came to."""

    ACCEPTED = "accepted"  # taken
    REFUSED = "refused"  # this message never, as it is
    NO_CONSENT = "no_consent"  # this person does not want it
    RETRY = "retry"  # this message later
    TROUBLE = "trouble"  # no message now: provider away, out of quota, or our credentials are wrong
    UNKNOWN = "unknown"  # taken or not, nobody can tell


class Window(StrEnum):
    """When a provider's quota turns. The channel rests until then."""

    NEXT_MINUTE = "minute"
    NEXT_DAY = "day"  # midnight where the provider counts


class Cause(StrEnum):
    """What somebody has to mend before a provider takes more."""

    TEMPLATE = "template"  # a template, a text or a page of ours
    CREDENTIALS = "credentials"  # an id, a secret, an address of ours that it does not know
    PERMISSION = "permission"  # a right that it took or never gave
    ACCOUNT = "account"  # no money, or frozen


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
    """A delivery that was taken, or perhaps taken, and has no receipt. provider_id: empty when none was given.

    is_under_way: its call has not come back yet; its receipt may be there already, and waits for it.
    is_taken: the provider said that it took it, so a receipt of it is still to come.
    """

    id: UUID
    openid: str
    template_key: str
    provider_id: str
    began_at: datetime
    is_under_way: bool = False
    is_taken: bool = False


def pair_receipts(receipts: Sequence[OpenReceipt], deliveries: Sequence[OpenDelivery]) -> list[tuple[UUID, UUID]]:
    """Find out which receipt belongs to which delivery; gives (receipt, delivery).

    By the provider's id when there is one. Else by person, template and time: one that was surely taken, then the
    latest delivery that began before the receipt came. Not the oldest: an old one of which the platform never heard
    would take the receipt of a new one; nor may it take the one of a call that is under way, whose receipt is left for
    the next look. What nobody knows is said to have arrived only when no other can be meant.
    """
    left = sorted(deliveries, key=lambda delivery: (delivery.is_taken, delivery.began_at, delivery.id), reverse=True)
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
            if not found.is_under_way:
                pairs.append((receipt.id, found.id))
    return pairs
