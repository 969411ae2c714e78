"""What no answer settles: leases of dead workers, outcomes that nobody knows, receipts that come on their own way."""

from datetime import timedelta
from typing import Any

from notifications.calls.tasks import NewCall, place
from notifications.channels import sending
from notifications.outbox.statements import APPLY_RECEIPTS, EXPIRE, OPEN_DELIVERIES, OPEN_RECEIPTS, SETTLE, SWEEP
from notifications.rules import (
    LEASE,
    MAX_TRIES,
    SENT_AGAIN_WHEN_UNKNOWN,
    OpenDelivery,
    OpenReceipt,
    pair_receipts,
)
from notifications.rules import SETTLE as SETTLE_TIME
from server import clock, db
from server.jobs import ring

SETTLE_LOCK = 7_402_117  # any number, the same for every worker
RECEIPTS = 1000
AT_ONCE = 1000  # rows of one statement
CALL_BEFORE = timedelta(hours=2)  # of the deadline of what nobody knows to have arrived
ASKED_FOR = timedelta(days=1)  # a provider that can be asked; then the class decides


async def settle() -> None:
    """Take back what dead workers hold, end what is too late, match receipts, and settle what stays unknown.

    Receipts first: an unknown delivery whose receipt is there is not unknown.
    """
    async with db.transaction():
        # one worker at a time: two would match two receipts to one delivery
        free = await db.fetch_one("SELECT pg_try_advisory_xact_lock($1) AS free", SETTLE_LOCK)
        if not free or not free["free"]:
            return
        is_found = False
        while (swept := await db.fetch_one(SWEEP, SETTLE_TIME)) and swept["back"] + swept["unsure"]:
            is_found = is_found or swept["back"] > 0
            if swept["back"] + swept["unsure"] < AT_ONCE:
                break
        while len(await db.fetch(EXPIRE)) == AT_ONCE:
            pass
        while await _match_receipts() == RECEIPTS:
            pass
        while len(rows := await _settle_unknown()) == AT_ONCE:
            is_found = True
        if is_found or any(row["what"] == "again" for row in rows):
            for channel in sending():
                ring(f"dispatch_{channel.name}")


async def _settle_unknown() -> list[dict[str, Any]]:
    channels = sending()
    remembering = [(one.name, one.capabilities.remembers) for one in channels if one.capabilities.remembers]
    rows = await db.fetch(
        SETTLE,
        [str(kind) for kind in SENT_AGAIN_WHEN_UNKNOWN],
        MAX_TRIES,
        [name for name, _ in remembering],
        [lasts for _, lasts in remembering],
        LEASE,
        [one.name for one in channels if one.capabilities.is_asked],
        CALL_BEFORE,
        ASKED_FOR,
    )
    for row in rows:
        if row["what"] == "call":
            await _call(row)
    return rows


async def _call(row: dict[str, Any]) -> None:
    """Put the patient on the call list: nobody knows whether the message has arrived, and it matters."""
    await place(
        NewCall(
            source=f"message:{row['message_id']}",
            kind="message",
            patient_id=row["patient_id"],
            title=row["title"],
            reason="消息已发出，平台没有回音，不确定患者是否收到",
            due_at=clock.now(),
            window_ends_at=row["deadline"],
            message_id=row["message_id"],
        )
    )


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
