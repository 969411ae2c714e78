"""What is of no use any more: places of past months, words whose time is over."""

from server import clock, db

BATCH = 5000

# $1 how many, $2 zone. Places count within 30 days, so those of the month before the last matter to nobody.
OLD_SLOTS = """
DELETE FROM contact_slot WHERE delivery_id IN (
    SELECT delivery_id FROM contact_slot
    WHERE month < ((app_now() AT TIME ZONE $2)::date - date '2000-01-01') / 30 - 1 ORDER BY month LIMIT $1)
RETURNING delivery_id
"""
OLD_WORDS = """
DELETE FROM content_told WHERE key IN (
    SELECT key FROM content_told WHERE told_at < app_now() - interval '2 days' ORDER BY told_at LIMIT $1)
RETURNING key
"""


async def tidy() -> None:
    """Delete what is of no use any more, some at a time."""
    while len(await db.fetch(OLD_SLOTS, BATCH, clock.zone().key)) == BATCH:
        pass
    while len(await db.fetch(OLD_WORDS, BATCH)) == BATCH:
        pass
