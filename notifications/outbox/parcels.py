"""Take what is due: claim it, write the intents down, give what may be sent now."""

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog

from notifications.channels.content import Channel, Content
from notifications.notices.notice import URGENT
from notifications.outbox.sparing import sparing
from notifications.outbox.statements import CLAIM, INTEND, LOCK_CLAIMS, TAKE
from notifications.providers.actions import admit, nothing_to_probe_with, taken
from notifications.providers.rules import Admission, Rooms, Standing
from notifications.rules import LEASE, DeliveryState
from server import db, kill_points
from server.ids import new_id

log = structlog.get_logger("outbox")

CLAIM_LOCK = 7_402_116  # any number, the same for every worker
OWNER = f"{os.getpid()}:{secrets.token_hex(6)}"


class Parcel(NamedTuple):
    """A delivery that this worker holds. good_until: on the process's own clock; later it must not be sent."""

    id: UUID
    fence: int
    tries: int
    priority: int
    address: str
    content: Content
    good_until: float


@dataclass(frozen=True)
class Taken:
    """What a look came to. is_dry: there was no more. standing: of the channel, as the claim saw it."""

    parcels: Sequence[Parcel]
    is_dry: bool
    standing: Standing


@dataclass(frozen=True)
class _Held:
    """What a statement has given to this worker. good_until: half of its lease, on the process's own clock."""

    found: Admission
    standing: Standing
    rows: Sequence[Mapping[str, Any]] = ()
    good_until: float = 0.0


async def take(channel: Channel, rooms: Rooms) -> Taken:
    """Claim what is due and write the intents down; give what may be sent now.

    rooms: how many of the urgent, the near and the bulk the worker has room for.
    """
    while True:
        held, going = await _take(channel, rooms)
        if not going and held.found.is_probe:
            await nothing_to_probe_with(channel, owner=OWNER)
        if going or not held.rows:
            is_dry = not held.rows or len(held.rows) < min(held.found.rooms)
            return Taken(going, is_dry, held.standing)
        # all of them were stopped, for want of consent or at their deadline: there may be more


async def _take(channel: Channel, rooms: Rooms) -> tuple[_Held, list[Parcel]]:
    """Take all in one step, or step by step what cannot be written together: one that cannot be holds up no other."""
    needs_consent = channel.capabilities.needs_consent
    try:
        held = await _hold(channel, rooms, TAKE, needs_consent, [new_id() for _ in range(max(rooms))])
    except Exception as error:
        if db.is_away(error):
            raise
        log.warning("not_taken_together", channel=channel.name, error=type(error).__name__)
        return await _take_apart(channel, rooms)
    if held.rows:
        kill_points.reach("K3")
    sending = DeliveryState.SENDING
    return held, [_parcel(row, held.good_until) for row in held.rows if row["state"] == sending]


async def _take_apart(channel: Channel, rooms: Rooms) -> tuple[_Held, list[Parcel]]:
    held = await _hold(channel, rooms, CLAIM)
    if held.rows:
        kill_points.reach("K2")
    going: list[Parcel] = []
    for row in held.rows:
        try:
            is_going = await _intend(channel, row)
        except Exception as error:
            if db.is_away(error):
                raise
            # it stays leased, and is looked at again when the lease is over, until its deadline
            log.exception("not_intended", channel=channel.name, delivery=str(row["id"]))
            continue
        if is_going:
            going.append(_parcel(row, held.good_until))
    if going:
        kill_points.reach("K3")
    return held, going


async def _intend(channel: Channel, row: Mapping[str, Any]) -> bool:
    """Write the intent of one that was claimed; tell whether it may be sent now."""
    mine = [row["id"]], [row["fence"]], [new_id()]
    rows = await db.records(INTEND, *mine, LEASE / 2, OWNER, LEASE, channel.capabilities.needs_consent)
    return any(row["state"] == DeliveryState.SENDING for row in rows)


async def _hold(channel: Channel, rooms: Rooms, statement: str, *more: Any) -> _Held:
    """Run a statement that takes what is due, in the order of all workers, as far as the provider lets us."""
    async with db.transaction():
        await db.fetch(LOCK_CLAIMS, CLAIM_LOCK, channel.name)
        found, standing = await admit(channel, rooms, owner=OWNER)
        if not found.rooms[0]:
            return _Held(found, standing)
        good_until = time.monotonic() + LEASE.total_seconds() / 2
        text = sparing(statement, channel.capabilities)
        rows = await db.records(text, channel.name, *found.rooms, OWNER, LEASE, *more)
        if rows:
            await taken(channel, len(rows))
            kill_points.reach("K1")
    return _Held(found, standing, rows, good_until)


def _parcel(row: Mapping[str, Any], good_until: float) -> Parcel:
    priority = row["priority"]
    content = Content(
        row["title"],
        tuple(map(tuple, orjson.loads(row["lines"]))),
        row["template_key"],
        orjson.loads(row["fields"]),
        row["link"],
        row["event"],
        priority == URGENT,
    )
    return Parcel(row["id"], row["fence"], row["tries"] + 1, priority, row["address"], content, good_until)
