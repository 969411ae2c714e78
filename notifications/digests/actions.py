"""Bind items to a digest, tell it, and tell it again when it surely did not arrive. Looks at the database.

Binding and posting are one transaction, and an item never leaves its digest: it is told by one digest, once.
"""

from typing import Any
from uuid import UUID

import structlog

from notifications import hub
from notifications.digests.rules import LASTS, MAX_ROUNDS, last_time, lines, title
from notifications.notices.notice import NEAR, Notice
from notifications.routing.limits import Settings
from notifications.routing.models import SETTINGS_NOW
from notifications.routing.rules import SILENT
from notifications.rules import MessageClass, Purpose
from server import clock, db
from server.ids import new_id

log = structlog.get_logger("digests")

BATCH = 100

# $1 the last set time: whoever has an item that is older
WAITING = """
SELECT i.account_id, i.staff_id FROM digest_item i WHERE i.digest_id IS NULL AND i.created_at <= $1
GROUP BY i.account_id, i.staff_id ORDER BY min(i.created_at) LIMIT $2
"""
# $1 id, $2 account, $3 member of staff, $4 the set time
BEGIN = """
INSERT INTO digest (id, account_id, staff_id, due_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING id
"""
# $1 digest, $2 account, $3 member of staff, $4 the set time
BIND = """
UPDATE digest_item SET digest_id = $1
WHERE digest_id IS NULL AND created_at <= $4
  AND account_id IS NOT DISTINCT FROM $2::uuid AND staff_id IS NOT DISTINCT FROM $3::uuid
RETURNING message_id
"""
ITEMS = """
SELECT m.title FROM digest_item i JOIN message m ON m.id = i.message_id WHERE i.digest_id = $1
ORDER BY i.created_at, m.id
"""
# A digest whose message has ended: it arrived, may have, or surely did not. $1 silent channels
ENDED = """
SELECT g.id, g.account_id, g.staff_id, g.round,
       bool_or(d.state IN ('accepted', 'delivered', 'unknown')) AS may_have_arrived
FROM digest g JOIN message m ON m.id = g.message_id
LEFT JOIN delivery d ON d.message_id = m.id AND d.channel <> ALL ($1::text[])
WHERE NOT g.is_done AND m.next_step_at IS NULL
GROUP BY g.id
HAVING coalesce(bool_and(d.state IN ('accepted', 'delivered', 'undelivered', 'unknown', 'failed', 'suppressed',
                                     'expired', 'cancelled') AND (d.is_followed OR d.state NOT IN
                                    ('undelivered', 'failed', 'suppressed', 'expired', 'cancelled'))), true)
ORDER BY g.id LIMIT $2
"""


async def send_digests() -> None:
    """Tell together what has waited for the set time, and again what surely did not arrive."""
    row = await db.fetch_one(SETTINGS_NOW)
    settings = Settings.of_row(row["settings"] if row else None)
    due_at = last_time(settings.digest_times, now=clock.now())
    for waiting in await db.fetch(WAITING, due_at, BATCH):
        try:
            async with db.transaction():
                await _begin(waiting["account_id"], waiting["staff_id"], due_at)
        except Exception:  # one digest that cannot be made must not hold up the others
            log.exception("digest_failed")
    for ended in await db.fetch(ENDED, list(SILENT), BATCH):
        async with db.transaction():
            await _end(ended, due_at)


async def _begin(account_id: UUID | None, staff_id: UUID | None, due_at: Any) -> None:
    begun = await db.fetch_one(BEGIN, new_id(), account_id, staff_id, due_at)
    if begun is None:  # that of this time has left: it waits for the next
        return
    await db.fetch(BIND, begun["id"], account_id, staff_id, due_at)
    await _tell(begun["id"], account_id, staff_id, number=1)


async def _end(row: dict[str, Any], due_at: Any) -> None:
    """Close a digest that has arrived or may have; tell one that has not again at the next set time."""
    locked = await db.fetch_one(
        "SELECT g.round, m.created_at < $2 AS is_due FROM digest g JOIN message m ON m.id = g.message_id"
        " WHERE g.id = $1 AND NOT g.is_done AND g.round = $3 FOR UPDATE OF g",
        row["id"],
        due_at,
        row["round"],
    )
    if locked is None:
        return
    if row["may_have_arrived"] or row["round"] >= MAX_ROUNDS:
        await db.fetch("UPDATE digest SET is_done = true WHERE id = $1", row["id"])
    elif locked["is_due"]:
        await _tell(row["id"], row["account_id"], row["staff_id"], number=row["round"] + 1)


async def _tell(digest_id: UUID, account_id: UUID | None, staff_id: UUID | None, *, number: int) -> None:
    to = await hub.account(account_id) if account_id else hub.To(staff_id=staff_id)
    language = to.language if to else "zh-CN"
    titles = [item["title"] for item in await db.fetch(ITEMS, digest_id)]
    key = f"digest:{digest_id}:{number}"
    if to is not None and titles:
        await hub.post(
            Notice(
                event="digest",
                key=key,
                kind=MessageClass.ALERT if staff_id else MessageClass.FOLLOW_UP,
                subject_kind="digest",
                subject_id=digest_id,
                title=title(len(titles), language),
                lines=lines(titles, language),
                deadline=clock.now() + LASTS,
                priority=NEAR,
                purpose=Purpose.STAFF if staff_id else Purpose.SERVICE,
                route="digest",
            ),
            to,
        )
    await db.fetch(
        "UPDATE digest SET round = $2, is_done = $3, message_id = (SELECT id FROM message WHERE event_key = $4)"
        " WHERE id = $1",
        digest_id,
        number,
        to is None or not titles,  # nobody is left to tell
        key,
    )
