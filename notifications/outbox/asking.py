"""Ask the providers that can be asked what became of a message whose answer was lost. No call in a transaction."""

import asyncio
from datetime import datetime, timedelta
from typing import cast

import structlog

from notifications.channels import CHANNELS, sending
from notifications.channels.content import Asked
from notifications.outbox.lanes import key_of
from notifications.outbox.settling import ASKED_FOR
from notifications.outbox.statements import ASKED, TO_ASK
from notifications.rules import MAX_TRIES
from server import db
from server.jobs import ring

log = structlog.get_logger("outbox")

BATCH = 100
AT_ONCE = 10  # questions under way
AGAIN = timedelta(minutes=2)  # a provider that cannot say now is asked again after this time
ON_ITS_WAY = timedelta(minutes=3)  # so long a provider may take to list what it took


async def ask_providers() -> None:
    """Ask about what stays unknown: what is found is taken, what is surely absent goes again with the same key."""
    while True:
        names = [channel.name for channel in sending() if channel.capabilities.is_asked and channel.is_set_up()]
        rows = await db.fetch(TO_ASK, names, BATCH, ASKED_FOR) if names else []
        if not rows:
            return
        places = asyncio.Semaphore(AT_ONCE)
        words = await asyncio.gather(
            *(_word(places, row["channel"], row["address"], key_of(row["id"]), row["began_at"]) for row in rows)
        )
        found = await db.fetch(
            ASKED,
            [row["id"] for row in rows],
            [row["fence"] for row in rows],
            list(words),
            MAX_TRIES,
            AGAIN,
            ON_ITS_WAY,
        )
        for name in {row["channel"] for row in rows} if any(one["word"] == "absent" for one in found) else ():
            ring(f"dispatch_{name}")
        if len(rows) < BATCH:
            return


async def _word(places: asyncio.Semaphore, name: str, address: str, key: str, began_at: datetime) -> str:
    async with places:
        try:
            found = await cast(Asked, CHANNELS[name]).find(address, key, began_at)
        except Exception:  # one bad answer must not hold up the others
            log.exception("not_asked", channel=name)
            found = None
    return "silent" if found is None else "taken" if found else "absent"
