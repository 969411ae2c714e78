"""How the places of a session are drawn (摇号): promise, receipts, lots, order, who gets what. Pure.

Everything that decides is text and SHA-256, so that anybody can do it again with a pencil and `sha256sum`:

- seed: 64 hexadecimal digits, chosen before the draw opens. Its SHA-256 is published then, itself only after the draw.
- receipt of an entry: SHA-256 of its id. Everybody sees receipts; only who entered knows the id.
- root: SHA-256 of all receipts, sorted, one a line. So nobody, not even who knows the seed, knows an outcome before the
  last entry is in.
- an entry has one lot, and one more for every day of release on which its person lost here before, up to a limit.
- ticket of the k-th lot: SHA-256 of `seed:root:receipt:k`. The smallest of an entry's tickets is its key, and the
  smallest key comes first. Every lot of the draw is equally likely to be the smallest, so an entry with n lots is first
  n times as likely as one with one, and the same holds again among those that remain.
- in that order each takes the first of its bands that has a place left.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from server.states import Machine

CHOICES_AT_MOST = 3
LATE_OPENING_SECONDS = 30  # a draw that is made after its release opens so much later: the promise comes first
BATCH = 100


class DrawState(StrEnum):
    """How far a draw is, as it is kept."""

    WAITING = "waiting"
    DRAWN = "drawn"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """How far a draw is, as people see it."""

    NOT_YET = "not_yet"
    OPEN = "open"  # one may enter
    DRAWING = "drawing"  # nobody enters any more, the result comes at once
    DRAWN = "drawn"
    CANCELLED = "cancelled"


class EntryState(StrEnum):
    """What became of an entry."""

    ENTERED = "entered"
    WITHDRAWN = "withdrawn"
    WON = "won"
    LOST = "lost"
    REFUSED = "refused"  # its turn came, and the booking rules said no
    CANCELLED = "cancelled"


DRAW = Machine(
    "draw",
    frozenset({DrawState.WAITING}),
    {DrawState.WAITING: frozenset({DrawState.DRAWN, DrawState.CANCELLED})},
)
ENTRY = Machine(
    "draw_entry",
    frozenset({EntryState.ENTERED}),
    {
        EntryState.ENTERED: frozenset(
            {EntryState.WITHDRAWN, EntryState.WON, EntryState.LOST, EntryState.REFUSED, EntryState.CANCELLED}
        ),
        EntryState.WITHDRAWN: frozenset({EntryState.ENTERED}),
    },
)


def phase_of(state: str, opens_at: datetime, closes_at: datetime, now: datetime) -> Phase:
    """Give how far a draw is at a moment."""
    if state != DrawState.WAITING:
        return Phase(state)
    if now < opens_at:
        return Phase.NOT_YET
    return Phase.OPEN if now < closes_at else Phase.DRAWING


def sha256(text: str) -> str:
    """Give the SHA-256 of a text as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def receipt_of(entry_id: UUID) -> str:
    """Give what everybody may see of an entry."""
    return sha256(str(entry_id))


def root_of(receipts: Iterable[str]) -> str:
    """Give the text that stands for exactly these entries."""
    return sha256("\n".join(sorted(receipts)))


def lots_of(losses: int, at_most: int) -> int:
    """Give how many lots an entry has whose person lost on so many days of release."""
    return min(1 + losses, at_most)


@dataclass(frozen=True, slots=True)
class Entrant:
    """An entry as the draw sees it. slots: the first is the dearest."""

    receipt: str
    lots: int
    slots: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry. position: from 1, in the order of the draw. slot: that it won."""

    receipt: str
    position: int
    state: EntryState
    slot: UUID | None


def key_of(seed: str, root: str, entrant: Entrant) -> str:
    """Give the smallest ticket of an entry."""
    return min(sha256(f"{seed}:{root}:{entrant.receipt}:{lot}") for lot in range(1, entrant.lots + 1))


def order(seed: str, entrants: Sequence[Entrant]) -> list[Entrant]:
    """Put entries in the order in which they choose."""
    root = root_of(one.receipt for one in entrants)
    keys = {one.receipt: key_of(seed, root, one) for one in entrants}
    return sorted(entrants, key=lambda one: (keys[one.receipt], one.receipt))


def share_out(
    ordered: Sequence[Entrant], places: Mapping[UUID, int], refused: Mapping[str, frozenset[UUID]]
) -> list[Outcome]:
    """Give every entry, in its turn, the first of its slots that has a place left.

    places: of each slot. refused: by receipt, the slots of which the booking rules said no.
    """
    left = dict(places)
    outcomes = []
    for position, one in enumerate(ordered, start=1):
        free = [slot for slot in one.slots if left.get(slot, 0) > 0]
        nos = refused.get(one.receipt, frozenset())
        slot = next((slot for slot in free if slot not in nos), None)
        if slot is not None:
            left[slot] -= 1
            outcomes.append(Outcome(one.receipt, position, EntryState.WON, slot))
        else:
            state = EntryState.REFUSED if nos.intersection(free) else EntryState.LOST
            outcomes.append(Outcome(one.receipt, position, state, None))
    return outcomes
