"""The inbox of the mini-app: what a page of messages shows, and what reading one means."""

from typing import Any
from uuid import UUID

from server import db
from server.errors import NotFound

# what somebody said no to is kept and shown to nobody
SHOWN = """NOT EXISTS (SELECT FROM any_delivery d WHERE d.message_id = message.id AND d.channel = 'inbox'
                        AND d.state = 'suppressed')"""
COLUMNS = "id, event, title, lines, link, actions, patient_id, subject_kind, subject_id, created_at, read_at"


async def messages_of(account_id: UUID, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` messages of an account, newest first, from after one of them."""
    return await db.fetch(
        f"SELECT {COLUMNS} FROM message WHERE account_id = $1 AND ($2::uuid IS NULL OR id < $2) AND {SHOWN}"
        " ORDER BY id DESC LIMIT $3",
        account_id,
        after,
        limit + 1,
    )


async def unread_of(account_id: UUID) -> int:
    """Count the messages that an account has not read."""
    row = await db.fetch_one(
        f"SELECT count(*) AS unread FROM message WHERE account_id = $1 AND read_at IS NULL AND {SHOWN}", account_id
    )
    return row["unread"] if row else 0


async def read(account_id: UUID, message_id: UUID) -> dict[str, Any]:
    """Mark a message as read; the first time counts.

    Raises: NotFound, also for somebody else's.
    """
    row = await db.fetch_one(
        f"UPDATE message SET read_at = coalesce(read_at, app_now()) WHERE id = $1 AND account_id = $2"
        f" RETURNING {COLUMNS}",
        message_id,
        account_id,
    )
    if row is None:
        raise NotFound()
    return row
