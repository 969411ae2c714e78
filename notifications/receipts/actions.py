"""Keep reports, each once, and give them to their deliveries: whichever of the two comes first waits for the other."""

from collections.abc import Sequence

from notifications.receipts.reading import DEAD_NUMBERS, Report
from server import db
from server.ids import new_id
from server.jobs import ring

BATCH = 1000

KEEP = """
INSERT INTO sms_receipt (id, channel, provider_id, key, is_good, code, received_at)
SELECT told.id, $1, told.provider_id, told.key, told.is_good, told.code, app_now()
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[])
    AS told (id, provider_id, key, is_good, code)
ON CONFLICT (channel, provider_id) DO NOTHING
"""

# $1 how many. By the provider's serial; by our key for those whose answer never came. The lane's key of a delivery is
# the first half of the SHA-256 of its id. A report of another system at the same account finds nobody: after three
# days, when no provider reports any more, it is looked at no longer.
MATCH = """
WITH open AS (
    SELECT id, channel, provider_id, key, is_good, code FROM sms_receipt
    WHERE delivery_id IS NULL AND received_at > app_now() - interval '3 days'
    ORDER BY received_at DESC, id LIMIT $1 FOR UPDATE SKIP LOCKED
), by_serial AS (
    SELECT open.id, d.id AS delivery_id FROM open
    JOIN delivery d ON d.channel = open.channel AND d.provider_id = open.provider_id
    WHERE d.channel IN ('sms_aliyun', 'sms_tencent') AND d.state IN ('accepted', 'unknown')
), by_key AS (
    SELECT open.id, d.id AS delivery_id FROM open
    JOIN delivery d ON d.channel = open.channel AND d.provider_id IS NULL
    WHERE d.channel IN ('sms_aliyun', 'sms_tencent') AND d.state = 'unknown' AND open.key <> ''
      AND left(encode(sha256(uuid_send(d.id)), 'hex'), 32) = open.key
), pairs AS (
    SELECT DISTINCT ON (delivery_id) id, delivery_id FROM (TABLE by_serial UNION TABLE by_key) AS both_ways
    ORDER BY delivery_id, id
), taken AS (
    UPDATE sms_receipt r SET delivery_id = pairs.delivery_id FROM pairs
    WHERE r.id = pairs.id AND NOT EXISTS (SELECT FROM sms_receipt o WHERE o.delivery_id = pairs.delivery_id)
    RETURNING r.delivery_id, r.channel, r.provider_id, r.is_good, r.code
)
UPDATE delivery d SET state = CASE WHEN taken.is_good THEN 'delivered' ELSE 'undelivered' END,
                      reason = CASE WHEN taken.is_good THEN '' ELSE 'receipt:' || taken.code END,
                      provider_id = coalesce(d.provider_id, taken.provider_id), changed_at = app_now()
FROM taken WHERE d.id = taken.delivery_id AND d.state IN ('accepted', 'unknown')
RETURNING d.id, d.channel, d.address, taken.is_good, taken.code
"""

# $1 channels, $2 addresses, $3 codes. Of a patient: the index of the number is there; of staff it is not kept.
MARK_DEAD = """
INSERT INTO bad_address (channel, address, fingerprint, code, since)
SELECT told.channel, told.address, p.phone_index, told.code, app_now()
FROM unnest($1::text[], $2::text[], $3::text[]) AS told (channel, address, code)
JOIN patient p ON told.address = 'patient:' || p.id AND p.phone_index IS NOT NULL
ON CONFLICT (channel, address) DO UPDATE SET fingerprint = excluded.fingerprint, code = excluded.code,
                                             since = excluded.since
"""


async def keep(channel: str, reports: Sequence[Report]) -> None:
    """Write reports down; a copy of one that is there changes nothing."""
    if reports:
        await db.fetch(
            KEEP,
            channel,
            [new_id() for _ in reports],
            [report.serial for report in reports],
            [report.key for report in reports],
            [report.is_good for report in reports],
            [report.code for report in reports],
        )
        ring("settle_texts")


async def settle_texts() -> None:
    """Give every report to its delivery. Level-triggered: what finds none now is looked at again."""
    while True:
        async with db.transaction():
            ended = await db.fetch(MATCH, BATCH)
            dead = {(row["channel"], row["address"]): row["code"] for row in ended if row["code"] in DEAD_NUMBERS}
            if dead:
                channels, addresses = [key[0] for key in dead], [key[1] for key in dead]
                await db.fetch(MARK_DEAD, channels, addresses, list(dead.values()))
        if len(ended) < BATCH:
            return
