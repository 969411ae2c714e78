"""Send again what an endpoint missed: one message, or everything since a moment that it has not taken.

A replay is a message of its own with the id and the body of the first one, so the log keeps both and the receiver,
who knows the id, takes it once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from notifications.webhooks.catalogue import FACTS_OF, News, news_of
from notifications.webhooks.errors import EndpointIsOff
from notifications.webhooks.models import WebhookEndpoint
from notifications.webhooks.posting import ToEndpoint, post
from notifications.webhooks.rules import EndpointState
from server import clock, db
from server.errors import NotFound
from server.events import from_payload
from server.ids import first_id, new_id

BATCH = 500  # messages of one call

# $1 endpoint, $2 message
ONE = """
SELECT event, fields FROM message WHERE id = $2 AND subject_id = $1 AND class = 'webhook'
"""

# $1 endpoint, $2 first id, $3 since, $4 how many. Messages whose every sending has ended without being taken.
NOT_TAKEN = """
WITH news AS (
    SELECT m.fields ->> 'id' AS webhook_id, m.event, m.fields, m.id, d.state, d.is_settled
    FROM message m JOIN any_delivery d ON d.message_id = m.id AND d.channel = 'webhook'
    WHERE m.subject_id = $1 AND m.class = 'webhook' AND m.id >= $2 AND m.created_at >= $3
)
SELECT min(event) AS event, (array_agg(fields ORDER BY id))[1] AS fields FROM news GROUP BY webhook_id
HAVING bool_and(state IN ('failed', 'expired', 'cancelled', 'suppressed', 'undelivered')
                OR (state = 'unknown' AND is_settled))
ORDER BY (array_agg(id ORDER BY id))[1] LIMIT $4
"""

# $1 id after which to look, $2 since, $3 names, $4 how many. What has happened, oldest first.
HAPPENED = """
SELECT id, name, payload, happened_at FROM fact
WHERE id > $1 AND happened_at >= $2 AND name = ANY($3::text[]) AND relayed_at IS NOT NULL
ORDER BY id LIMIT $4
"""


@dataclass(frozen=True)
class Replayed:
    """What a replay came to. messages: that are sent now. more: there is more, ask again."""

    messages: int
    more: bool


async def replay_one(row: WebhookEndpoint, message_id: UUID) -> Replayed:
    """Send one message again, in the open transaction, also one that was taken.

    Raises: NotFound, EndpointIsOff.
    """
    found = await db.fetch_one(ONE, row.id, message_id)
    if found is None:
        raise NotFound()
    made = await post([ToEndpoint(row.id, _news(found), again=str(new_id()))], by_hand=True)
    if not made:
        raise EndpointIsOff()
    return Replayed(1, False)


async def replay_since(row: WebhookEndpoint, since: datetime) -> Replayed:
    """Send what happened since a moment and was not taken, or was never sent because the endpoint was off.

    Goes on where the last call ended: what it sent waits or was taken, and is not sent twice.
    Raises: EndpointIsOff.
    """
    if row.state != EndpointState.ON:
        raise EndpointIsOff()
    first = first_id(clock.now() - since)
    again = await db.fetch(NOT_TAKEN, row.id, first, since, BATCH)
    made = await post([ToEndpoint(row.id, _news(found), again=str(new_id())) for found in again], by_hand=True)
    missed = await _missed(row, since, room=BATCH - len(made))
    return Replayed(len(made) + missed, len(made) + missed >= BATCH)


async def _missed(row: WebhookEndpoint, since: datetime, *, room: int) -> int:
    """Write down what happened while the endpoint was off; what it has is not written twice."""
    names, done, last = [FACTS_OF[type_] for type_ in row.events], 0, first_id(clock.now() - since)
    while done < room:
        facts = await db.fetch(HAPPENED, last, since, names, room - done)
        if not facts:
            break
        news = [news_of(from_payload(one["name"], orjson.loads(one["payload"])), one["happened_at"]) for one in facts]
        done += len(await post([ToEndpoint(row.id, one) for one in news]))
        last = facts[-1]["id"]
    return done


def _news(found: dict[str, Any]) -> News:
    fields = orjson.loads(found["fields"])
    return News(fields["id"], found["event"], UUID(fields["subject"]), fields["body"])
