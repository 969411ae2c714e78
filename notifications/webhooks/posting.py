"""Write news down for the endpoints that asked for it: a message and its delivery each, as for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from notifications.channels.webhook import NAME, address_of
from notifications.notices.notice import BULK, NEAR
from notifications.rules import MessageClass
from notifications.webhooks.catalogue import LEAVING, News, news_of
from notifications.webhooks.rules import LASTS
from server import clock, db
from server.facts import Fact
from server.ids import new_id
from server.jobs import ring

# $1 message ids, $2 delivery ids, $3 endpoints, $4 addresses, $5 keys, $6 types, $7 fields, $8 class, $9 channel,
# $10 priority, $11 deadline, $12 whether it waits while its endpoint is left in peace. An endpoint that is
# being switched off takes nothing more: its row is locked against that until the news stands.
POST = """
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
        AS t (message_id, delivery_id, endpoint_id, address, event_key, type, fields)
), open AS (
    SELECT e.id, e.open_until FROM webhook_endpoint e
    WHERE e.id IN (SELECT endpoint_id FROM asked) AND e.state = 'on' ORDER BY e.id FOR SHARE OF e
), told AS (
    INSERT INTO message (id, event, event_key, class, subject_kind, subject_id, title, lines, fields, deadline,
                         created_at)
    SELECT asked.message_id, asked.type, asked.event_key, $8, 'webhook_endpoint', asked.endpoint_id, asked.type, '[]',
           asked.fields::jsonb, $11, app_now()
    FROM asked JOIN open ON open.id = asked.endpoint_id
    ON CONFLICT (event_key) DO NOTHING RETURNING id
)
INSERT INTO delivery (id, message_id, channel, address, state, priority, due_at, deadline, created_at, changed_at)
SELECT asked.delivery_id, asked.message_id, $9, asked.address, 'planned', $10,
       greatest(app_now(), CASE WHEN $12 AND open.open_until < $11 THEN open.open_until END), $11, app_now(), app_now()
FROM told JOIN asked ON asked.message_id = told.id JOIN open ON open.id = asked.endpoint_id
RETURNING message_id
"""


@dataclass(frozen=True)
class ToEndpoint:
    """News for one endpoint. again: names a replay; empty the first time."""

    endpoint_id: UUID
    news: News
    again: str = ""


async def tell(fact: Fact) -> None:
    """Write down what endpoints hear of a fact, in the relay's transaction; again is the same."""
    type_ = LEAVING[type(fact)].type
    asking = await db.fetch(
        "SELECT id FROM webhook_endpoint WHERE state = 'on' AND events @> to_jsonb($1::text) ORDER BY id", type_
    )
    if asking:
        news = news_of(fact, clock.now())
        await post([ToEndpoint(row["id"], news) for row in asking])


async def post(many: Sequence[ToEndpoint], *, by_hand: bool = False) -> list[UUID]:
    """Write news down, in the open transaction; give the messages that are new. Nothing for endpoints that are off.

    by_hand: somebody wants to see whether it arrives, also at an endpoint that is left in peace.
    """
    deliveries = [new_id() for _ in many]
    rows = await db.fetch(
        POST,
        [new_id() for _ in many],
        deliveries,
        [one.endpoint_id for one in many],
        [address_of(one.endpoint_id, one.news.subject_id) for one in many],
        [f"webhook:{one.endpoint_id}:{one.news.id}" + (f":{one.again}" if one.again else "") for one in many],
        [one.news.type for one in many],
        [_fields(one.news, delivery_id) for one, delivery_id in zip(many, deliveries, strict=True)],
        str(MessageClass.WEBHOOK),
        NAME,
        BULK if any(one.again for one in many) else NEAR,
        clock.now() + LASTS,
        not by_hand,
    )
    ring(f"dispatch_{NAME}")
    return [row["message_id"] for row in rows]


def _fields(news: News, delivery_id: UUID) -> str:
    said = {"id": news.id, "body": news.body, "subject": str(news.subject_id), "delivery": str(delivery_id)}
    return orjson.dumps(said).decode()
