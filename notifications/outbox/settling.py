"""What no answer settles: leases of dead workers, outcomes that nobody knows, receipts that come on their own way."""

from notifications.outbox.statements import APPLY_RECEIPTS, OPEN_DELIVERIES, OPEN_RECEIPTS, SETTLE, SWEEP
from notifications.rules import (
    MAX_TRIES,
    SENT_AGAIN_WHEN_UNKNOWN,
    OpenDelivery,
    OpenReceipt,
    pair_receipts,
)
from notifications.rules import SETTLE as SETTLE_TIME
from server import db

SETTLE_LOCK = 7_402_117  # any number, the same for every worker
RECEIPTS = 1000


async def settle() -> None:
    """Take back what dead workers hold, match receipts, and settle what stays unknown.

    Receipts first: an unknown delivery whose receipt is there is not unknown.
    """
    async with db.transaction():
        # one worker at a time: two would match two receipts to one delivery
        free = await db.fetch_one("SELECT pg_try_advisory_xact_lock($1) AS free", SETTLE_LOCK)
        if not free or not free["free"]:
            return
        await db.fetch(SWEEP, SETTLE_TIME)
        while await _match_receipts() == RECEIPTS:
            pass
        await db.fetch(SETTLE, [str(kind) for kind in SENT_AGAIN_WHEN_UNKNOWN], MAX_TRIES)


async def _match_receipts() -> int:
    """Match receipts with deliveries; give the number of pairs. One that comes early waits for its delivery."""
    receipts = [OpenReceipt(**row) for row in await db.fetch(OPEN_RECEIPTS, RECEIPTS)]
    if not receipts:
        return 0
    openids = sorted({receipt.openid for receipt in receipts})
    deliveries = [OpenDelivery(**row) for row in await db.fetch(OPEN_DELIVERIES, openids)]
    pairs = pair_receipts(receipts, deliveries)
    if pairs:
        await db.fetch(APPLY_RECEIPTS, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return len(pairs)
