"""Look at messages, each with its whole story; retry, cancel. Every act is in the history with its author."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from notifications.errors import MessageTooOld, NothingToCancel, NothingToRetry
from notifications.hub import ring_for_sending
from notifications.models import Delivery, Message
from notifications.routing.caps import take_again
from notifications.rules import CANCELLABLE, DELIVERY, RETRIABLE, DeliveryState
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.history import move


@dataclass(frozen=True)
class Search:
    """Which messages. recipient: the id of an account or member of staff, or an openid."""

    state: str | None = None
    event: str | None = None
    channel: str | None = None
    recipient: str | None = None


# A complaint whose patient nobody may know
SEALED = """
(m.subject_kind = 'complaint' AND m.account_id IS NOT NULL
 AND EXISTS (SELECT FROM complaint c WHERE c.id = m.subject_id AND c.is_sealed))
"""
# What is said about a complaint, or about its seal, is not for whom it bars. {me}: the member of staff
NOT_BARRED = """
(m.subject_id IS NULL OR m.subject_id NOT IN (SELECT b.complaint_id FROM complaints_barred_for({me}) b))
"""


async def messages(staff: SignedInStaff, search: Search, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` messages, newest first, each with its deliveries."""
    rows = await db.fetch(
        "SELECT m.id, m.event, m.class AS kind, m.title, m.subject_kind, m.subject_id, m.created_at, m.deadline,"
        " m.account_id, m.staff_id, a.openid, s.name AS staff_name,"
        f" {SEALED} AS is_sealed"
        " FROM message m LEFT JOIN account a ON a.id = m.account_id LEFT JOIN staff s ON s.id = m.staff_id"
        f" WHERE {NOT_BARRED.format(me='$8')} AND ($1::uuid IS NULL OR m.id < $1)"
        " AND ($2::text IS NULL OR m.event = $2)"
        " AND (coalesce($3, $7) IS NULL OR EXISTS (SELECT FROM any_delivery d WHERE d.message_id = m.id"
        "      AND ($3::text IS NULL OR d.state = $3) AND ($7::text IS NULL OR d.channel = $7)))"
        " AND ($4::text IS NULL OR m.staff_id = $5"
        "      OR (m.account_id = $5 OR m.account_id = (SELECT id FROM account WHERE openid = $4))"
        f"         AND NOT {SEALED})"
        " ORDER BY m.id DESC LIMIT $6",
        after,
        search.event,
        search.state,
        search.recipient,
        _as_id(search.recipient),
        limit + 1,
        search.channel,
        staff.id,
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


async def story_of(staff: SignedInStaff, message_id: UUID) -> dict[str, Any]:
    """Give a message with its lines, deliveries, attempts and what people did.

    Raises: NotFound, also for one about a complaint that bars who looks.
    """
    row = await db.fetch_one(
        "SELECT m.id, m.event, m.class AS kind, m.title, m.lines, m.link, m.language, m.subject_kind, m.subject_id,"
        " m.created_at, m.deadline, m.read_at, m.account_id, m.staff_id, m.purpose, m.route, m.chain, m.skipped,"
        " m.not_before, m.next_step_at, m.chain_step, m.template_version, a.openid, s.name AS staff_name,"
        f" {SEALED} AS is_sealed"
        " FROM message m LEFT JOIN account a ON a.id = m.account_id LEFT JOIN staff s ON s.id = m.staff_id"
        f" WHERE m.id = $1 AND {NOT_BARRED.format(me='$2')}",
        message_id,
        staff.id,
    )
    if row is None:
        raise NotFound()
    attempts = await db.fetch(
        "SELECT a.delivery_id, a.fence, a.started_at, a.ended_at, a.outcome, a.code, a.detail FROM any_attempt a"
        " JOIN any_delivery d ON d.id = a.delivery_id WHERE d.message_id = $1 ORDER BY a.started_at, a.id",
        message_id,
    )
    acts = await db.fetch(
        "SELECT t.subject_id AS delivery_id, t.from_state, t.to_state, t.by_kind, t.by_id, t.why, t.at,"
        " s.name AS by_name FROM transition t JOIN any_delivery d ON d.id = t.subject_id"
        " LEFT JOIN staff s ON s.id = t.by_id WHERE d.message_id = $1 ORDER BY t.id",
        message_id,
    )
    receipts = await db.fetch(
        "SELECT r.delivery_id, r.received_at, r.is_good, r.code FROM receipt r"
        " JOIN any_delivery d ON d.id = r.delivery_id"
        " WHERE d.message_id = $1 ORDER BY r.received_at, r.id",
        message_id,
    )
    found = (await _deliveries([message_id])).get(message_id, [])
    read = {name: orjson.loads(row[name]) for name in ("lines", "chain", "skipped")}
    happened = {"deliveries": found, "attempts": attempts, "acts": acts, "receipts": receipts}
    return {**row, **read, **happened, "possible": acts_on(found)}


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
    Raises: NotFound, MessageTooOld, NothingToRetry, ContactCapReached.
    """
    async with db.transaction():
        rows = await _locked(message_id)
        chosen = [row for row in rows if row.state in RETRIABLE]
        if not chosen:
            raise NothingToRetry()
        now = clock.now()
        if all(row.deadline <= now for row in chosen):
            raise MessageTooOld()
        await take_again([row.id for row in chosen])
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


def _as_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def _locked(message_id: UUID) -> list[Delivery]:
    if not await Message.filter(id=message_id).exists():
        raise NotFound()
    return await Delivery.filter(message_id=message_id).order_by("id").select_for_update(no_key=True)


async def _deliveries(message_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    rows = await db.fetch(
        "SELECT id, message_id, channel, step, state, reason, tries, due_at, deadline, is_settled, changed_at"
        " FROM any_delivery WHERE message_id = ANY($1::uuid[]) ORDER BY id",
        message_ids,
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["message_id"], []).append(row)
    return found
