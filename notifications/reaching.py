"""Tells the rest of the house that a message about a complaint has reached its person.

A look at the deliveries, so that a lost ring or a killed worker delays it and loses nothing.
"""

from server import db
from server.events import publish
from server.facts import MessageReached

AT_ONCE = 200

# The moment is that of the first way by which it arrived, not that of this look.
_TAKE = """
WITH reached AS (
    SELECT m.id, min(d.changed_at) AS at FROM message m JOIN any_delivery d ON d.message_id = m.id
    WHERE m.event = 'complaint_progress' AND m.reached_told_at IS NULL AND d.state IN ('accepted', 'delivered')
    GROUP BY m.id ORDER BY m.id LIMIT $1
), mine AS (
    SELECT m.id FROM message m JOIN reached r ON r.id = m.id WHERE m.reached_told_at IS NULL
    ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
)
UPDATE message m SET reached_told_at = app_now() FROM mine JOIN reached r ON r.id = mine.id WHERE m.id = mine.id
RETURNING m.subject_kind, m.subject_id, m.event_key, r.at
"""


async def tell_reached() -> None:
    """Publish what has arrived since the last look, each message once."""
    async with db.transaction():
        for row in await db.fetch(_TAKE, AT_ONCE):
            await publish(
                MessageReached(
                    subject_kind=row["subject_kind"], subject_id=row["subject_id"], key=row["event_key"], at=row["at"]
                )
            )
