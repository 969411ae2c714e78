"""One lane for each channel: claim what is due, write the intent down, send, record.

A lane never waits for another, so a slow provider delays nobody else. Nothing is sent inside a transaction.
"""

import asyncio
import hashlib
import os
import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter

from notifications.channels.content import Channel, Content, Receipt
from notifications.outbox.statements import CLAIM, HOLD, INTEND, LOCK_CLAIMS, RECORD, USED
from notifications.rules import LEASE, SETTLE, Outcome, verdict
from notifications.stopping import is_stopping
from server import db, kill_points
from server.ids import new_id
from server.jobs import ring

log = structlog.get_logger("outbox")
calls = Counter("hospital_deliveries_total", "Calls to providers", ["channel", "outcome"])

BATCH = 200
RUN_SECONDS = 5.0  # then the job ends and the next look goes on: a job must not outlive the grace of its worker
RECORD_PAUSES = (0.1, 0.5, 2.0)  # seconds; an answer is worth some patience with the database
CLAIM_LOCK = 7_402_116  # any number, the same for every worker
OWNER = f"{os.getpid()}:{secrets.token_hex(6)}"
THROTTLED = timedelta(seconds=5)


@dataclass(frozen=True)
class Parcel:
    """A delivery that this worker holds. good_until: on the process's own clock; later it must not be sent."""

    id: UUID
    fence: int
    tries: int
    address: str
    content: Content
    good_until: float


@dataclass(frozen=True)
class Answer:
    """What became of a parcel."""

    parcel: Parcel
    receipt: Receipt


async def run_lane(channel: Channel) -> None:
    """Send what is due over one channel."""
    ends = time.monotonic() + RUN_SECONDS
    flying: set[asyncio.Task[Answer]] = set()
    trouble: Exception | None = None
    try:
        while True:
            if trouble is None and time.monotonic() < ends and not is_stopping():
                try:
                    parcels = await _take(channel, min(BATCH, channel.at_once - len(flying)))
                except Exception as error:  # what is in the air still has to be recorded
                    trouble, parcels = error, []
                flying |= {asyncio.create_task(_carry(channel, parcel)) for parcel in parcels}
            if not flying:
                break
            done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
            await _record(channel, [task.result() for task in done])
    finally:
        for task in flying:
            task.cancel()
    if trouble is not None:
        raise trouble
    if time.monotonic() >= ends and not is_stopping():
        ring(f"dispatch_{channel.name}")  # there may be more


async def _take(channel: Channel, room: int) -> list[Parcel]:
    """Claim what is due and write the intents down; give what may be sent now."""
    while True:
        if channel.per_minute is not None and room > 0:
            room = min(room, await _left_of_the_minute(channel, channel.per_minute))
        parcels = await _claim(channel, room) if room > 0 else []
        if not parcels:
            return []
        going = await _intend(channel, parcels)
        if going:
            return going
        # all of them were stopped, for want of consent or at their deadline: there may be more


async def _claim(channel: Channel, room: int) -> list[Parcel]:
    async with db.transaction():
        await db.fetch(LOCK_CLAIMS, CLAIM_LOCK, channel.name)
        rows = await db.fetch(CLAIM, channel.name, room, OWNER, LEASE)
        if rows:
            kill_points.reach("K1")
    if rows:
        kill_points.reach("K2")
    good_until = time.monotonic() + LEASE.total_seconds() / 2
    return [_parcel(row, good_until=good_until) for row in rows]


async def _intend(channel: Channel, parcels: Sequence[Parcel]) -> list[Parcel]:
    rows = await db.fetch(
        INTEND,
        [parcel.id for parcel in parcels],
        [parcel.fence for parcel in parcels],
        [new_id() for _ in parcels],
        [_request_hash(channel, parcel) for parcel in parcels],
        OWNER,
        LEASE / 2,
        LEASE,
        channel.needs_consent,
    )
    if rows:
        kill_points.reach("K3")
    may_go = {row["id"] for row in rows}
    return [parcel for parcel in parcels if parcel.id in may_go]


async def _left_of_the_minute(channel: Channel, per_minute: int) -> int:
    row = await db.fetch_one(USED, channel.name)
    left = per_minute - (row["used"] if row else 0)
    if left <= 0:
        await db.fetch(HOLD, channel.name, THROTTLED)
    return left


def _parcel(row: dict[str, Any], *, good_until: float) -> Parcel:
    content = Content(
        title=row["title"],
        lines=tuple((label, text) for label, text in orjson.loads(row["lines"])),
        template_key=row["template_key"],
        fields=orjson.loads(row["fields"]),
        link=row["link"],
    )
    return Parcel(row["id"], row["fence"], row["tries"] + 1, row["address"], content, good_until)


def _request_hash(channel: Channel, parcel: Parcel) -> bytes:
    content = parcel.content
    said = [channel.name, parcel.address, content.template_key, dict(content.fields), content.lines, content.link]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


async def _carry(channel: Channel, parcel: Parcel) -> Answer:
    # a worker that was paused may have lost its lease: without this look it would send what another has sent
    if time.monotonic() > parcel.good_until:
        return Answer(parcel, Receipt(Outcome.TROUBLE, "lease_half_over"))
    try:
        receipt = await channel.send(parcel.content, parcel.address)
    except Exception as error:  # a bug in a channel: whether something has left, nobody knows
        log.exception("channel_failed", channel=channel.name, delivery=str(parcel.id))
        receipt = Receipt(Outcome.UNKNOWN, "bug", type(error).__name__)
    return Answer(parcel, receipt)


async def _record(channel: Channel, answers: Sequence[Answer]) -> None:
    """Write down what became of some parcels, as one statement."""
    kill_points.reach("K6")
    rows = []
    for answer in answers:
        receipt, parcel = answer.receipt, answer.parcel
        found = verdict(receipt.outcome, tries=parcel.tries, pause=receipt.pause, dice=random.random())
        reason = _reason(receipt)
        rows.append(
            (
                parcel.id,
                parcel.fence,
                str(found.state),
                reason,
                found.pause.total_seconds(),
                receipt.provider_id,
                found.attempt,
                receipt.code[:100],
                receipt.detail[:300],
                str(found.credit),
            )
        )
        calls.labels(channel.name, str(receipt.outcome)).inc()
        if receipt.outcome not in (Outcome.ACCEPTED, Outcome.NO_CONSENT):
            log.warning("not_sent", channel=channel.name, delivery=str(parcel.id), outcome=reason)
    columns = [list(column) for column in zip(*rows, strict=True)]
    for pause in (*RECORD_PAUSES, None):
        try:
            async with db.transaction():
                await db.fetch(RECORD, *columns, SETTLE)
                kill_points.reach("K7")
            break
        except Exception:
            if pause is None:
                raise
            log.warning("not_recorded", channel=channel.name, deliveries=len(rows))
            await asyncio.sleep(pause)
    kill_points.reach("K8")


def _reason(receipt: Receipt) -> str:
    match receipt.outcome:
        case Outcome.ACCEPTED:
            return ""
        case Outcome.NO_CONSENT:
            return "no_consent"
        case _:
            return f"{receipt.outcome}:{receipt.code}"
