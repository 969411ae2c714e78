"""Look at messages and channels; retry, cancel, pause, resume. Every act is in the history with its author."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from notifications.channels import sending
from notifications.errors import MessageTooOld, NothingToCancel, NothingToRetry
from notifications.hub import ring_for_sending
from notifications.models import Delivery, Message
from notifications.rules import CANCELLABLE, DELIVERY, RETRIABLE, DeliveryState
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.history import move
from server.ids import first_id

PAUSED = "hub.paused"  # the policy that lists the channels that a person has stopped
RECENT = timedelta(days=1)


@dataclass(frozen=True)
class Search:
    """Which messages. recipient: the id of an account or member of staff, or an openid."""

    state: str | None = None
    event: str | None = None
    channel: str | None = None
    recipient: str | None = None


async def messages(search: Search, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` messages, newest first, each with its deliveries."""
    rows = await db.fetch(
        "SELECT m.id, m.event, m.class AS kind, m.title, m.subject_kind, m.subject_id, m.created_at, m.deadline,"
        " m.account_id, m.staff_id, a.openid, s.name AS staff_name"
        " FROM message m LEFT JOIN account a ON a.id = m.account_id LEFT JOIN staff s ON s.id = m.staff_id"
        " WHERE ($1::uuid IS NULL OR m.id < $1) AND ($2::text IS NULL OR m.event = $2)"
        " AND (coalesce($3, $7) IS NULL OR EXISTS (SELECT FROM delivery d WHERE d.message_id = m.id"
        "      AND ($3::text IS NULL OR d.state = $3) AND ($7::text IS NULL OR d.channel = $7)))"
        " AND ($4::text IS NULL OR m.account_id = (SELECT id FROM account WHERE openid = $4)"
        "      OR m.account_id = $5 OR m.staff_id = $5)"
        " ORDER BY m.id DESC LIMIT $6",
        after,
        search.event,
        search.state,
        search.recipient,
        _as_id(search.recipient),
        limit + 1,
        search.channel,
    )
    deliveries = await _deliveries([row["id"] for row in rows])
    return [{**row, "deliveries": deliveries.get(row["id"], [])} for row in rows]


# What the list shows is changed by rows that are only added (messages, calls, receipts, acts of people) and by moves
# into and out of the few states in which something is still to come; each has its index. In a burst a count stands
# still at its cap, but then the newest call is another one every time.
# $1 first id    $2 cap
CHANGES = """
SELECT
    (SELECT count(*) FROM (SELECT FROM message WHERE id >= $1 LIMIT $2) r) AS messages,
    (SELECT id FROM message ORDER BY id DESC LIMIT 1) AS newest_message,
    (SELECT count(*) FROM (SELECT FROM attempt WHERE id >= $1 LIMIT $2) r) AS attempts,
    (SELECT id FROM attempt ORDER BY id DESC LIMIT 1) AS newest_attempt,
    (SELECT row(count(*), count(r.delivery_id))::text FROM (SELECT delivery_id FROM receipt WHERE id >= $1 LIMIT $2) r)
        AS receipts,
    (SELECT id FROM receipt ORDER BY id DESC LIMIT 1) AS newest_receipt,
    (SELECT count(*) FROM transition WHERE id >= $1 AND machine = 'delivery') AS acts,
    (SELECT count(*) FROM (SELECT FROM delivery WHERE state IN ('planned', 'held', 'ready', 'retry_wait')
                           LIMIT $2) r) AS waiting,
    (SELECT count(*) FROM (SELECT FROM delivery WHERE state IN ('leased', 'sending') LIMIT $2) r) AS in_flight,
    (SELECT count(*) FROM (SELECT FROM delivery WHERE state = 'unknown' AND NOT is_settled LIMIT $2) r) AS unknown
"""
CHANGES_AT_MOST = 2000


async def changes(since: UUID) -> object:
    """Give something that differs when a message or a delivery has changed; since: the first id that counts."""
    return await db.fetch_one(CHANGES, since, CHANGES_AT_MOST)


async def story_of(message_id: UUID) -> dict[str, Any]:
    """Give a message with its lines, deliveries, attempts and what people did.

    Raises: NotFound.
    """
    row = await db.fetch_one(
        "SELECT m.id, m.event, m.class AS kind, m.title, m.lines, m.link, m.language, m.subject_kind, m.subject_id,"
        " m.created_at, m.deadline, m.read_at, m.account_id, m.staff_id, a.openid, s.name AS staff_name"
        " FROM message m LEFT JOIN account a ON a.id = m.account_id LEFT JOIN staff s ON s.id = m.staff_id"
        " WHERE m.id = $1",
        message_id,
    )
    if row is None:
        raise NotFound()
    attempts = await db.fetch(
        "SELECT a.delivery_id, a.fence, a.started_at, a.ended_at, a.outcome, a.code, a.detail FROM attempt a"
        " JOIN delivery d ON d.id = a.delivery_id WHERE d.message_id = $1 ORDER BY a.started_at, a.id",
        message_id,
    )
    acts = await db.fetch(
        "SELECT t.subject_id AS delivery_id, t.from_state, t.to_state, t.by_kind, t.by_id, t.at FROM transition t"
        " JOIN delivery d ON d.id = t.subject_id WHERE d.message_id = $1 ORDER BY t.id",
        message_id,
    )
    found = (await _deliveries([message_id])).get(message_id, [])
    story = {**row, "lines": orjson.loads(row["lines"]), "deliveries": found, "attempts": attempts, "acts": acts}
    return {**story, "possible": acts_on(found)}


def acts_on(deliveries: Sequence[dict[str, Any]]) -> list[str]:
    """List what would not be refused for a message with these deliveries: `retry`, `cancel`."""
    now = clock.now()
    acts = []
    if any(one["state"] in RETRIABLE and one["deadline"] > now for one in deliveries):
        acts.append("retry")
    if any(one["state"] in CANCELLABLE for one in deliveries):
        acts.append("cancel")
    return acts


async def retry(staff: SignedInStaff, message_id: UUID) -> None:
    """Send what failed, was suppressed or waits for its next try at once, with a new count of tries.

    What may have arrived is left alone.
    Raises: NotFound, MessageTooOld, NothingToRetry.
    """
    async with db.transaction():
        rows = await _locked(message_id)
        chosen = [row for row in rows if row.state in RETRIABLE]
        if not chosen:
            raise NothingToRetry()
        now = clock.now()
        if all(row.deadline <= now for row in chosen):
            raise MessageTooOld()
        for row in chosen:
            changes = {"due_at": now, "tries": 0, "reason": "", "changed_at": now}
            await move(DELIVERY, row, DeliveryState.READY, by=staff.by, why="retry", **changes)
        ring_for_sending()


async def cancel(staff: SignedInStaff, message_id: UUID) -> None:
    """Stop what has not left yet.

    Raises: NotFound, NothingToCancel.
    """
    async with db.transaction():
        chosen = [row for row in await _locked(message_id) if row.state in CANCELLABLE]
        if not chosen:
            raise NothingToCancel()
        for row in chosen:
            changes = {"reason": "by_hand", "owner": None, "lease_until": None, "changed_at": clock.now()}
            await move(DELIVERY, row, DeliveryState.CANCELLED, by=staff.by, why="cancellation", **changes)


async def channels() -> list[dict[str, Any]]:
    """Give each sending channel: whether it is paused, what waits and for how long, what became of the last day's."""
    paused = await _paused()
    waiting = await db.fetch(
        "SELECT channel, count(*) AS waiting, extract(epoch FROM app_now() - min(due_at)) AS lag FROM delivery"
        " WHERE state IN ('planned', 'held', 'ready', 'retry_wait') GROUP BY channel"
    )
    # ids are made in order of time: the first of a day bounds the scan without an index of its own
    counted = await db.fetch(
        "SELECT channel, state, count(*) AS n FROM delivery WHERE id >= $1 GROUP BY channel, state", first_id(RECENT)
    )
    by_channel = {row["channel"]: row for row in waiting}
    found = []
    for channel in sending():
        row = by_channel.get(channel.name)
        found.append(
            {
                "name": channel.name,
                "is_paused": channel.name in paused,
                "waiting": row["waiting"] if row else 0,
                "lag_seconds": max(0, int(row["lag"])) if row else 0,
                "counts": {item["state"]: item["n"] for item in counted if item["channel"] == channel.name},
            }
        )
    return found


async def pause(staff: SignedInStaff, name: str, *, is_paused: bool) -> dict[str, Any]:
    """Stop a channel, or let it go on. What is due waits in the table.

    Raises: NotFound for a channel that sends nothing.
    """
    if name not in [channel.name for channel in sending()]:
        raise NotFound()
    async with db.transaction():
        await db.fetch(
            "INSERT INTO policy (name, value, changed_at, changed_by) VALUES ($1, '[]', app_now(), $2)"
            " ON CONFLICT (name) DO NOTHING",
            PAUSED,
            staff.id,
        )
        await db.fetch(
            "UPDATE policy SET value = (value - $2::text) || CASE WHEN $3 THEN to_jsonb(ARRAY[$2::text])"
            " ELSE '[]'::jsonb END, changed_at = app_now(), changed_by = $4 WHERE name = $1",
            PAUSED,
            name,
            is_paused,
            staff.id,
        )
    ring_for_sending()
    return next(channel for channel in await channels() if channel["name"] == name)


def _as_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def _paused() -> set[str]:
    row = await db.fetch_one("SELECT value FROM policy WHERE name = $1", PAUSED)
    return set(orjson.loads(row["value"])) if row else set()


async def _locked(message_id: UUID) -> list[Delivery]:
    if not await Message.filter(id=message_id).exists():
        raise NotFound()
    return await Delivery.filter(message_id=message_id).order_by("id").select_for_update(no_key=True)


async def _deliveries(message_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    rows = await db.fetch(
        "SELECT id, message_id, channel, state, reason, tries, due_at, deadline, is_settled, changed_at"
        " FROM delivery WHERE message_id = ANY($1::uuid[]) ORDER BY id",
        message_ids,
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["message_id"], []).append(row)
    return found
