"""What an account has allowed, and what its phone should ask for now."""

from datetime import timedelta
from uuid import UUID

from notifications.consents.rules import ASK_AGAIN_DAYS, Moment, Standing, to_ask
from notifications.pools import pool_of
from server import clock, db
from server.hospital import policy
from server.runtime import runtime

STANDINGS = """
SELECT t.key, c.status, c.rejected_at,
       (SELECT count(*) FROM consent_credit cc WHERE cc.account_id = $1 AND cc.template_key = t.pool
        AND cc.spent_at IS NULL AND cc.void_at IS NULL) AS credits
FROM unnest($2::text[], $3::text[]) AS t (key, pool)
LEFT JOIN consent c ON c.account_id = $1 AND c.template_key = t.pool
"""


async def standings(account_id: UUID) -> list[Standing]:
    """List what an account has allowed, for every template that this mini-app uses."""
    ids = template_ids()
    rows = await db.fetch(STANDINGS, account_id, list(ids), [pool_of(key, ids) for key in ids])
    return [
        Standing(row["key"], ids[row["key"]], row["credits"], row["status"] or "unknown", row["rejected_at"])
        for row in rows
    ]


async def ask_after(moment: Moment, known: list[Standing]) -> list[Standing]:
    """Choose what to ask for after something has happened."""
    days = await policy("consents.ask_again_days", ASK_AGAIN_DAYS)
    return to_ask(moment, known, now=clock.now(), again_after=timedelta(days=days))


def template_ids() -> dict[str, str]:
    """Give the platform's id for each template key."""
    return dict(runtime().settings.wechat.template_ids)


def keys_by_id() -> dict[str, str]:
    """Give the key under which credits are kept for each of the platform's ids."""
    ids = template_ids()
    return {template_id: pool_of(key, ids) for key, template_id in ids.items()}
