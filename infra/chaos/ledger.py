"""What the provider says it took, beside what our rows say: nothing lost, nothing twice, every call accounted for."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

SEND = "/cgi-bin/message/subscribe/send"
ROBOT = "/cgi-bin/webhook/send"
PATHS = (SEND, ROBOT)

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# $1 deliveries. unsure: calls after which nobody knew; each allows one more acceptance where the class resends.
RECORDED = """
SELECT d.id, d.channel, d.state, d.is_settled, m.class AS kind,
       (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id) AS attempts,
       (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'unknown') AS unsure
FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.id = ANY($1)
"""
RESENT = frozenset({"alert"})  # classes for which twice is better than never
ARRIVED = frozenset({"accepted", "delivered", "undelivered"})
ENDED = ARRIVED | {"failed", "expired", "suppressed", "cancelled"}


@dataclass(frozen=True)
class Record:
    """One delivery as our rows tell it."""

    id: UUID
    channel: str
    state: str
    is_settled: bool
    kind: str
    attempts: int
    unsure: int


@dataclass(frozen=True)
class Account:
    """What came of some deliveries. again: acceptances beyond the first that the class allows. held: honestly unknown,
    and taken or not. wrong: sentences about what must not be."""

    deliveries: int
    accepted: int
    lost: int
    doubled: int
    again: int
    held: int
    held_taken: int
    wrong: tuple[str, ...]


def accepted(calls: Iterable[Mapping[str, Any]]) -> Counter[UUID]:
    """Count what a provider took, by the delivery that each call bears."""
    taken: Counter[UUID] = Counter()
    for call in calls:
        # `answer` is what the platform decided, also when a fault kept it from the caller
        if call["answer"] is not None and call["answer"].get("errcode", 0) == 0:
            body = call["body"] if isinstance(call["body"], str) else orjson.dumps(call["body"]).decode()
            if found := _ID.search(body):
                taken[UUID(found.group())] += 1
    return taken


async def recorded(database: asyncpg.Connection, deliveries: Sequence[UUID]) -> list[Record]:
    """Read what our rows say."""
    return [Record(**dict(row)) for row in await database.fetch(RECORDED, list(deliveries))]


def reconcile(records: Sequence[Record], taken: Mapping[UUID, int]) -> Account:
    """Compare both. taken: by the provider, for each delivery."""
    lost = doubled = again = held = held_taken = 0
    wrong: list[str] = []
    for record in records:
        count = taken.get(record.id, 0)
        allowed = 1 + (record.unsure if record.kind in RESENT else 0)
        doubled += max(0, count - allowed)
        again += max(0, min(count, allowed) - 1)
        if count > record.attempts:  # I-5: no call without its attempt
            wrong.append(f"{record.id}: {count} taken, {record.attempts} attempts")
        if record.state == "unknown" and record.is_settled:
            held += 1
            held_taken += count > 0
        elif record.state not in ENDED:
            lost += 1
            wrong.append(f"{record.id}: left in {record.state}")
        elif record.state in ARRIVED and not count:
            lost += 1
            wrong.append(f"{record.id}: said to be {record.state}, the provider never took it")
        elif record.state not in ARRIVED:
            lost += not count
            wrong.append(f"{record.id}: {record.state}, taken {count} times")
    return Account(
        len(records), sum(taken.get(one.id, 0) for one in records), lost, doubled, again, held, held_taken, tuple(wrong)
    )
