"""The place of a message that somebody sends again by hand: the cap holds for it as well."""

from collections.abc import Sequence
from uuid import UUID

import orjson

from notifications.routing.errors import ContactCapReached
from notifications.routing.limits import Settings
from notifications.routing.models import SETTINGS_NOW
from notifications.routing.ways import CHATS
from server import clock, db

# $1 deliveries, $2 places by class, $3 zone, $4 channels that reach many. Gives those for which there is no place.
TAKE_AGAIN = """
WITH again AS (
    UPDATE delivery d SET is_followed = false FROM message m
    WHERE d.id = ANY($1::uuid[]) AND m.id = d.message_id AND d.channel <> ALL ($4::text[])
    RETURNING d.id, coalesce(m.account_id, m.staff_id, m.patient_id) AS person_id, m.class AS pool,
              CASE WHEN d.priority = 0 AND $2::jsonb ? (m.class || '_urgent') THEN $2::jsonb -> (m.class || '_urgent')
                   ELSE $2::jsonb -> m.class END AS caps
), taken AS MATERIALIZED (
    SELECT again.id, take_slot(again.id, again.person_id, again.pool, ARRAY[app_now()],
                               (SELECT array_agg(value::integer ORDER BY n)
                                FROM jsonb_array_elements_text(again.caps) WITH ORDINALITY AS t (value, n)), $3) AS at
    FROM again
)
SELECT id FROM taken WHERE at IS NULL
"""


async def take_again(delivery_ids: Sequence[UUID]) -> None:
    """Take the places of deliveries that are sent again, in the open transaction.

    Raises: ContactCapReached when the person has had as many messages as one may get.
    """
    if await take_where_free(delivery_ids):
        raise ContactCapReached()


async def take_where_free(delivery_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Take the places of deliveries that are sent again; give those for which there is none, and which stay."""
    row = await db.fetch_one(SETTINGS_NOW)
    caps = {name: cap.counts for name, cap in Settings.of_row(row["settings"] if row else None).caps.items()}
    full = await db.fetch(TAKE_AGAIN, list(delivery_ids), orjson.dumps(caps).decode(), clock.zone().key, sorted(CHATS))
    found = frozenset(row["id"] for row in full)
    if found:  # they end where they ended, and nothing more follows them
        await db.fetch("UPDATE delivery SET is_followed = true WHERE id = ANY($1::uuid[])", list(found))
    return found
