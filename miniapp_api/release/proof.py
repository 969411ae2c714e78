"""The public record of a draw, and whether it is right: everything is computed again from the record alone. Pure.

A record tells the promise, the seed, the places and every entry by its receipt; nothing of it names a person.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from miniapp_api.release.rules import (
    CHOICES_AT_MOST,
    Entrant,
    EntryState,
    order,
    root_of,
    sha256,
    share_out,
)

FORMAT: Literal["hospital-draw-1"] = "hospital-draw-1"
MOST_ENTRIES = 200_000
Hex = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Result = Literal[EntryState.WON, EntryState.LOST, EntryState.REFUSED]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DrawPlaces(_Part):
    """A band of the session, and how many places were drawn there."""

    slot_id: UUID
    starts_at: str
    places: Annotated[int, Field(ge=0, le=10_000)]


class DrawEntryRecord(_Part):
    """An entry. refused_slot_ids: its turn came, and the booking rules said no."""

    receipt: Hex
    lots: Annotated[int, Field(ge=1, le=10)]
    slot_ids: Annotated[list[UUID], Field(min_length=1, max_length=CHOICES_AT_MOST)]
    refused_slot_ids: list[UUID]
    position: int
    result: Result
    slot_id: UUID | None


class DrawRecord(_Part):
    """A draw that is done."""

    format: Literal["hospital-draw-1"]
    draw_id: UUID
    department: str
    practitioner: str
    session_starts_at: str
    opens_at: str
    closes_at: str
    drawn_at: str
    loss_days: int
    lots_at_most: Annotated[int, Field(ge=1, le=10)]
    seed_sha256: Hex
    seed: Hex
    root: Hex
    places: list[DrawPlaces]
    entries: Annotated[list[DrawEntryRecord], Field(max_length=MOST_ENTRIES)]


def verify(record: Any, promised: str | None = None) -> list[str]:
    """Compute a draw again; give what is wrong with its record, nothing when it is right.

    record: as decoded from JSON. promised: the SHA-256 of the seed as somebody noted it before the draw.
    """
    try:
        draw = DrawRecord.model_validate(record)
    except ValidationError as error:
        return [
            f"/{'/'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)[:20]
        ]
    return [*_promise(draw, promised), *_entries(draw), *_result(draw)]


def _promise(draw: DrawRecord, promised: str | None) -> list[str]:
    wrong = []
    if sha256(draw.seed) != draw.seed_sha256:
        wrong.append("the seed is not the one that was promised: its SHA-256 is another")
    if promised is not None and promised.lower() != draw.seed_sha256:
        wrong.append("the record's promise is not the one that you noted before the draw")
    return wrong


def _entries(draw: DrawRecord) -> list[str]:
    wrong = []
    receipts = [one.receipt for one in draw.entries]
    if len(set(receipts)) != len(receipts):
        wrong.append("a receipt appears more than once")
    if root_of(receipts) != draw.root:
        wrong.append("the root does not stand for these entries: one was added, taken away or changed")
    slots = {one.slot_id for one in draw.places}
    if len(slots) != len(draw.places):
        wrong.append("a band appears more than once")
    for one in draw.entries:
        if one.lots > draw.lots_at_most:
            wrong.append(f"{one.receipt[:12]}: more lots than an entry may have")
        if len(set(one.slot_ids)) != len(one.slot_ids) or not set(one.refused_slot_ids) <= set(one.slot_ids):
            wrong.append(f"{one.receipt[:12]}: its bands are not in order")
    return wrong


def _result(draw: DrawRecord) -> list[str]:
    entrants = [Entrant(one.receipt, one.lots, tuple(one.slot_ids)) for one in draw.entries]
    refused = {one.receipt: frozenset(one.refused_slot_ids) for one in draw.entries}
    outcomes = share_out(order(draw.seed, entrants), {one.slot_id: one.places for one in draw.places}, refused)
    computed = {one.receipt: one for one in outcomes}
    wrong = []
    for one in draw.entries:
        right = computed[one.receipt]
        if one.position != right.position:
            wrong.append(f"{one.receipt[:12]}: position {one.position}, computed {right.position}")
        if (one.result, one.slot_id) != (right.state, right.slot):
            wrong.append(f"{one.receipt[:12]}: {one.result} {one.slot_id}, computed {right.state} {right.slot}")
    return wrong
