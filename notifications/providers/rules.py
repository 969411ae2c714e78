"""When a channel may call its provider, and with how many calls at a time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from notifications.channels.content import Capabilities, Receipt
from notifications.rules import Cause, Outcome, Window


class Breaker(StrEnum):
    """Whether a provider is called at all."""

    CLOSED = "closed"  # it is
    OPEN = "open"  # it is not, for a while: it was in trouble too often
    PROBING = "probing"  # one message is on its way to find out


THRESHOLD = 5  # troubles one after another
REST_SECONDS = (5, 15, 60, 120, 300)  # of an open breaker, longer each time
MINUTE = timedelta(seconds=60)
PROBE = timedelta(seconds=30)  # then another worker may probe; as long as a lease

Rooms = tuple[int, int, int]  # for urgent, near and bulk


def shares(total: int) -> Rooms:
    """Say how many of some places may be taken when one more of each lane begins: the last ones are for the urgent.

    A lane that may take few never keeps a more urgent one from its places, however many wait in it.
    """
    if total < 4:
        return total, total, total
    kept = max(1, total // 25)
    return total, total - kept, total - 2 * kept


@dataclass(frozen=True)
class Standing:
    """A channel as the database has it. used_*: tokens that are out: of this second, minute and day."""

    is_paused: bool = False
    is_resting: bool = False
    breaker: Breaker = Breaker.CLOSED
    probe_is_out: bool = False
    used_second: int = 0
    used_minute: int = 0
    used_day: int = 0
    troubles: int = 0


@dataclass(frozen=True)
class Admission:
    """What a look may take. rests: why it may take nothing, when the bucket is empty: `second`, `minute` or `day`."""

    rooms: Rooms
    is_probe: bool = False
    empty: str = ""


NOTHING = Admission((0, 0, 0))


def admission(standing: Standing, limits: Capabilities, rooms: Rooms) -> Admission:
    """Say how many messages of each lane may be taken now.

    rooms: how many the worker itself has room for.
    """
    if standing.is_paused or standing.is_resting or standing.probe_is_out:
        return NOTHING
    for name, limit, used in (
        ("day", limits.per_day, standing.used_day),
        ("minute", limits.per_minute, standing.used_minute),
        ("second", limits.per_second, standing.used_second),
    ):
        if limit is None:
            continue
        if used >= limit:
            return Admission((0, 0, 0), empty=name)
        urgent, near, bulk = (max(0, share - used) for share in shares(limit))
        rooms = min(rooms[0], urgent), min(rooms[1], near), min(rooms[2], bulk)
    if standing.breaker is not Breaker.CLOSED:
        urgent, near, bulk = (min(room, 1) for room in rooms)
        return Admission((urgent, near, bulk), is_probe=bool(urgent))
    return Admission(rooms)


@dataclass(frozen=True)
class Heard:
    """What some answers tell about their provider.

    is_alive: it answered at least once. troubles: after its last sound answer. window: its quota is used up.
    is_barred: it does not know us; no message gets through before somebody mends that.
    """

    is_alive: bool = False
    troubles: int = 0
    window: Window | None = None
    is_barred: bool = False
    code: str = ""

    @property
    def is_news(self) -> bool:
        """Tell whether there is anything to write down, for a channel that was in order."""
        return bool(self.troubles or self.window or self.is_barred)


_BARRING = frozenset({Cause.CREDENTIALS, Cause.PERMISSION, Cause.ACCOUNT})
OWN = frozenset({"lease_half_over", "not_called"})  # codes of ours: the provider has not been called


def heard(receipts: Sequence[Receipt]) -> Heard:
    """Draw from some answers, in the order in which they came, what they tell about their provider."""
    is_alive, troubles, window, is_barred, code = False, 0, None, False, ""
    for receipt in receipts:
        if receipt.code in OWN:
            continue
        match receipt.outcome:
            case Outcome.TROUBLE if receipt.window is not None:  # it speaks to us, only not now
                is_alive, troubles, code = True, 0, receipt.code
                window = max(window, receipt.window, key=_length) if window else receipt.window
            case Outcome.TROUBLE if receipt.pause is not None:  # about this one address
                continue
            case Outcome.TROUBLE | Outcome.UNKNOWN:
                troubles, code = troubles + 1, receipt.code
                is_barred = is_barred or receipt.cause in _BARRING
            case Outcome.RETRY:
                continue
            case _:
                is_alive, troubles = True, 0
    return Heard(is_alive, troubles, window, is_barred, code)


def _length(window: Window) -> int:
    return 2 if window is Window.NEXT_DAY else 1


@dataclass(frozen=True)
class Turn:
    """Where a breaker stands after some answers. rest: for how long nobody is called."""

    breaker: Breaker
    troubles: int
    openings: int
    rest: timedelta | None = None


def turned(breaker: Breaker, troubles: int, openings: int, told: Heard) -> Turn:
    """Turn a breaker after some answers.

    openings: since it was last closed; the rest grows with them.
    """
    count = told.troubles if told.is_alive else troubles + told.troubles
    is_bad = told.troubles > 0 and (
        told.is_barred or count >= THRESHOLD or (breaker is Breaker.PROBING and not told.is_alive)
    )
    if is_bad and breaker is not Breaker.OPEN:
        return Turn(Breaker.OPEN, count, openings + 1, rest_of(openings))
    if told.is_alive and not is_bad:
        return Turn(Breaker.CLOSED, count, 0)
    return Turn(breaker, count, openings)


def rest_of(openings: int) -> timedelta:
    """Give how long a breaker stays open that was opened so often before."""
    return timedelta(seconds=REST_SECONDS[min(max(openings, 0), len(REST_SECONDS) - 1)])
