"""Deliveries per second: the product's worker with a platform that answers at once, against the bare lease table."""

import asyncio
import time
from datetime import timedelta
from itertools import islice

import asyncpg

from infra.bench.arithmetic import Turn, rate_of_moments
from infra.bench.crowd import Somebody
from server import clock
from server.ids import new_id

CHANNEL = "wechat_subscribe"
TEMPLATE = "queue_called"
FIELDS = '{"thing1": "心血管内科", "character_string2": "A012", "thing3": "2诊室", "thing4": "请在3分钟内到诊室"}'
LINES = '[["科室", "心血管内科"], ["排队号", "A012"]]'
MESSAGE_COLUMNS = (
    "id",
    "event",
    "event_key",
    "class",
    "account_id",
    "subject_kind",
    "subject_id",
    "title",
    "lines",
    "fields",
    "deadline",
)
CREDIT_COLUMNS = ("id", "account_id", "template_key", "from_client_at", "granted_at")
DELIVERY_COLUMNS = ("id", "message_id", "channel", "address", "template_key", "state", "due_at", "deadline")
BATCH = 200
PATIENCE_SECONDS = 60.0

# The least that a lease table has to do: nobody else takes the row, and what came of it is written down.
CLAIM = """
WITH due AS (
    SELECT id FROM delivery WHERE channel = $1 AND state IN ('planned', 'held', 'ready', 'retry_wait')
      AND due_at <= app_now() ORDER BY priority, due_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE delivery d SET state = 'leased', fence = fence + 1, owner = 'bench', lease_until = app_now() + interval '30 s'
FROM due WHERE d.id = due.id RETURNING d.id
"""
FINISH = """
UPDATE delivery SET state = 'accepted', owner = NULL, lease_until = NULL, changed_at = app_now()
WHERE id = ANY($1::uuid[]) AND state = 'leased' RETURNING id
"""
LEFT = "SELECT count(*) FROM delivery WHERE channel = $1 AND state IN ('planned', 'held', 'ready', 'leased', 'sending')"
ENDED = """
SELECT extract(epoch FROM a.ended_at)::float8 AS moment FROM attempt a JOIN delivery d ON d.id = a.delivery_id
WHERE d.state IN ('accepted', 'delivered') AND a.ended_at IS NOT NULL AND a.delivery_id = ANY($1::uuid[])
"""
# What a bench before this one has left, of any channel.
OVER = """
UPDATE delivery SET state = 'cancelled', reason = 'bench' WHERE state IN ('planned', 'held', 'ready', 'retry_wait')
"""
NOTHING_WAITS = "UPDATE fact SET relayed_at = app_now() WHERE relayed_at IS NULL"


async def consents(connection: asyncpg.Connection, people: list[Somebody]) -> None:
    """Let each person allow one message."""
    now = clock.now()
    credits = [(new_id(), one.account_id, TEMPLATE, now, now) for one in people]
    await connection.copy_records_to_table("consent_credit", records=credits, columns=CREDIT_COLUMNS)


async def fill(connection: asyncpg.Connection, people: list[Somebody], count: int, *, is_bare: bool = False) -> list:
    """Write messages that are due now, one for each person, each with a consent; give their deliveries.

    is_bare: without consents, for channels that need none.
    """
    now = clock.now()
    deadline = now + timedelta(hours=1)
    rows = [(one, new_id(), new_id()) for one in islice(people, count)]
    messages = [
        (
            message,
            TEMPLATE,
            f"bench:{message}",
            "visit",
            one.account_id,
            "ticket",
            message,
            "叫号提醒",
            LINES,
            FIELDS,
            deadline,
        )
        for one, message, _ in rows
    ]
    deliveries = [
        (delivery, message, CHANNEL, f"bench-{one.account_id}", TEMPLATE, "planned", now, deadline)
        for one, message, delivery in rows
    ]
    async with connection.transaction():
        await connection.copy_records_to_table("message", records=messages, columns=MESSAGE_COLUMNS)
        if not is_bare:
            await consents(connection, [one for one, _, _ in rows])
        await connection.copy_records_to_table("delivery", records=deliveries, columns=DELIVERY_COLUMNS)
    return [delivery for _, _, delivery in rows]


async def worked(connection: asyncpg.Connection, people: list[Somebody], count: int) -> Turn:
    """Let the running worker deliver; its speed between the first and the last fifth is what counts."""
    deliveries = await fill(connection, people, count)
    began = time.monotonic()
    # another process works: only the database tells of it
    while await connection.fetchval(LEFT, CHANNEL) and time.monotonic() - began < PATIENCE_SECONDS:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    moments = [row["moment"] for row in await connection.fetch(ENDED, deliveries)]
    trouble = () if len(moments) == count else (f"{len(moments)} of {count} were accepted",)
    rate = rate_of_moments(moments)
    return Turn(done=len(moments), seconds=len(moments) / rate if rate else 0.0, trouble=trouble)


async def leased(connection: asyncpg.Connection, people: list[Somebody], count: int) -> Turn:
    """Claim and finish the same rows in batches, without sending anything. The worker must not run."""
    await fill(connection, people, count)
    claim, finish = await connection.prepare(CLAIM), await connection.prepare(FINISH)
    began, done = time.perf_counter(), 0
    while rows := await claim.fetch(CHANNEL, BATCH):
        done += len(await finish.fetch([row["id"] for row in rows]))
    return Turn(done=done, seconds=time.perf_counter() - began)
