"""The ledger of subscribe credits: one tap is one credit, whoever reports it, in whatever order, however often.

Credits are set aside, given back and made void by the outbox, in the statements of its own steps.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.consents.rules import LEDGER_LOOK, Tap, taps_of
from server import db
from server.ids import new_id

CLIENT, EVENT = "client", "event"
STATUSES = {"accept": "accepted", "reject": "rejected", "ban": "banned"}

# $1 id, $2 account, $3 template, $4 status, $5 when it was said. An older word that comes late does not undo a newer.
# It comes first: phone and platform report one tap at the same moment, and the second waits here for the first one's
# commit. Otherwise neither would see the other's row, and the tap would count twice.
SAY = """
INSERT INTO consent AS c (id, account_id, template_key, status, changed_at, rejected_at)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $4 = 'rejected' THEN $5::timestamptz END)
ON CONFLICT (account_id, template_key) DO UPDATE SET
    status = CASE WHEN excluded.changed_at >= c.changed_at THEN excluded.status ELSE c.status END,
    changed_at = greatest(c.changed_at, excluded.changed_at),
    rejected_at = greatest(c.rejected_at, excluded.rejected_at)
"""

# $1 account, $2 template, $3 when it was switched off. What was tapped later is another yes.
EMPTY = """
WITH emptied AS (
    UPDATE consent SET emptied_at = greatest(emptied_at, $3::timestamptz) WHERE account_id = $1 AND template_key = $2
)
UPDATE consent_credit SET void_at = app_now()
WHERE account_id = $1 AND template_key = $2 AND spent_at IS NULL AND void_at IS NULL AND granted_at <= $3
"""

# $1 account, $2 template, $3 and $4 from when to when. Spent ones too: one report may be used before the other comes.
TAPS = """
SELECT id, from_client_at, from_event_at FROM consent_credit
WHERE account_id = $1 AND template_key = $2 AND granted_at BETWEEN $3 AND $4 ORDER BY granted_at, id
"""

# $1 ids, $2 and $3 when the phone and the platform say
PAIR = """
UPDATE consent_credit c SET from_client_at = t.client, from_event_at = t.event,
                            granted_at = least(t.client, t.event)
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS t (id, client, event) WHERE c.id = t.id
"""

# $1 id, $2 account, $3 template, $4 and $5 when the phone and the platform say, $6 when the report says. Nothing is
# worth a tap from before the moment at which the platform knew of none, or at which all was switched off.
ADD = """
INSERT INTO consent_credit (id, account_id, template_key, from_client_at, from_event_at, granted_at, void_at)
SELECT $1, $2, $3, $4, $5, least($4::timestamptz, $5::timestamptz),
       CASE WHEN $6::timestamptz <= greatest(
           (SELECT emptied_at FROM consent WHERE account_id = $2 AND template_key = $3),
           (SELECT max(void_at) FROM consent_credit WHERE account_id = $2 AND template_key = $3)) THEN app_now() END
"""


async def take_results(account_id: UUID, results: dict[str, str], source: str, *, at: datetime) -> None:
    """Take the answers of a pop-up: template key to accept, reject, ban or filter.

    source: `client` or `event`. at: when it was tapped, as this source tells it.
    """
    async with db.transaction():
        for key, result in sorted(results.items()):  # in one order, so that two reports never wait for each other
            # acceptWithAudio and the like are accepts
            status = STATUSES.get("accept" if result.startswith("accept") else result)
            if status is None:
                continue  # filter: another template with the same title was shown instead
            await db.fetch(SAY, new_id(), account_id, key, status, at)
            if status == "accepted":
                await _credit(account_id, key, source, at)


async def switch_off(account_id: UUID, key: str, *, at: datetime) -> None:
    """Take that somebody switched a template off in the menu of a message: what was allowed until then is gone."""
    async with db.transaction():
        await db.fetch(SAY, new_id(), account_id, key, "rejected", at)
        await db.fetch(EMPTY, account_id, key, at)


async def _credit(account_id: UUID, key: str, source: str, at: datetime) -> None:
    rows = await db.fetch(TAPS, account_id, key, at - LEDGER_LOOK, at + LEDGER_LOOK)
    client = [row["from_client_at"] for row in rows if row["from_client_at"]] + ([at] if source == CLIENT else [])
    event = [row["from_event_at"] for row in rows if row["from_event_at"]] + ([at] if source == EVENT else [])
    taps = taps_of(client, event)
    if len(taps) < len(rows):
        return  # more was credited than there were taps: nothing is added
    changed = [(row["id"], *tap) for row, tap in zip(rows, taps, strict=False) if _tap(row) != tap]
    if changed:
        await db.fetch(PAIR, *[list(column) for column in zip(*changed, strict=True)])
    if len(taps) > len(rows):
        await db.fetch(ADD, new_id(), account_id, key, *taps[-1], at)


def _tap(row: dict[str, Any]) -> Tap:
    return row["from_client_at"], row["from_event_at"]
