"""Take what is due: claim it, write the intents down, give what may be sent now."""

import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import structlog

from notifications.channels.content import Channel, Content
from notifications.notices.notice import URGENT
from notifications.outbox.sparing import claim_of
from notifications.outbox.statements import INTEND, LOCK_CLAIMS
from notifications.providers.actions import admit, nothing_to_probe_with, taken
from notifications.providers.rules import Admission, Rooms, Standing
from notifications.rules import LEASE
from server import db, kill_points
from server.ids import new_id

log = structlog.get_logger("outbox")

CLAIM_LOCK = 7_402_116  # any number, the same for every worker
OWNER = f"{os.getpid()}:{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class Parcel:
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


async def take(channel: Channel, rooms: Rooms) -> Taken:
    """Claim what is due and write the intents down; give what may be sent now.

    rooms: how many of the urgent, the near and the bulk the worker has room for.
    """
    while True:
        found, parcels, standing = await _claim(channel, rooms)
        if not parcels:
            if found.is_probe:
                await nothing_to_probe_with(channel, owner=OWNER)
            return Taken((), True, standing)
        going = await _intend(channel, parcels)
        if going:
            return Taken(going, len(parcels) < min(found.rooms), standing)
        if found.is_probe:
            await nothing_to_probe_with(channel, owner=OWNER)
        # all of them were stopped, for want of consent or at their deadline: there may be more


async def _claim(channel: Channel, rooms: Rooms) -> tuple[Admission, Sequence[Parcel], Standing]:
    async with db.transaction():
        await db.fetch(LOCK_CLAIMS, CLAIM_LOCK, channel.name)
        found, standing = await admit(channel, rooms, owner=OWNER)
        urgent, near, bulk = found.rooms
        if not urgent:
            return found, (), standing
        last = 2 if bulk else 1 if near else 0
        claim, more = claim_of(channel.capabilities)
        rows = await db.fetch(claim, channel.name, urgent, near, bulk, OWNER, LEASE, last, *more)
        if rows:
            await taken(channel, len(rows))
            kill_points.reach("K1")
    if rows:
        kill_points.reach("K2")
    good_until = time.monotonic() + LEASE.total_seconds() / 2
    return found, [_parcel(row, good_until) for row in rows], standing


async def _intend(channel: Channel, parcels: Sequence[Parcel]) -> list[Parcel]:
    """Write the intents down; give what may be sent now. One that cannot be written does not hold up the others."""
    try:
        return await _intend_together(channel, parcels)
    except Exception as error:
        if db.is_away(error) or len(parcels) == 1:
            raise
    going: list[Parcel] = []
    for parcel in parcels:
        try:
            going += await _intend_together(channel, [parcel])
        except Exception as error:
            if db.is_away(error):
                raise
            # it stays leased, and is looked at again when the lease is over, until its deadline
            log.exception("not_intended", channel=channel.name, delivery=str(parcel.id))
    return going


async def _intend_together(channel: Channel, parcels: Sequence[Parcel]) -> list[Parcel]:
    name = channel.name
    rows = await db.fetch(
        INTEND,
        [parcel.id for parcel in parcels],
        [parcel.fence for parcel in parcels],
        [new_id() for _ in parcels],
        [_request_hash(name, parcel) for parcel in parcels],
        OWNER,
        LEASE / 2,
        LEASE,
        channel.capabilities.needs_consent,
    )
    if rows:
        kill_points.reach("K3")
    may_go = {row["id"] for row in rows if row["state"] == "sending"}
    return [parcel for parcel in parcels if parcel.id in may_go]


def _parcel(row: dict[str, Any], good_until: float) -> Parcel:
    content = Content(
        title=row["title"],
        lines=tuple(map(tuple, orjson.loads(row["lines"]))),
        template_key=row["template_key"],
        fields=orjson.loads(row["fields"]),
        link=row["link"],
        event=row["event"],
        is_urgent=row["priority"] == URGENT,
    )
    return Parcel(row["id"], row["fence"], row["tries"] + 1, row["priority"], row["address"], content, good_until)


def _request_hash(channel: str, parcel: Parcel) -> bytes:
    content = parcel.content
    said = [channel, parcel.address, content.template_key, dict(content.fields), content.lines, content.link]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
