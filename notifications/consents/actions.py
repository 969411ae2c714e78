"""Consents: a tap in the pop-up is reported by the phone, by the platform, or by both; it is one credit.

Credits are set aside, given back and made void by the outbox, in the statements of its own steps.
"""

from dataclasses import dataclass
from uuid import UUID

from notifications.rules import PAIRING, Grant, twin_of
from server import clock, db
from server.ids import new_id
from server.runtime import runtime

CLIENT, EVENT = "client", "event"
STATUSES = {"accept": "accepted", "reject": "rejected", "ban": "banned"}


@dataclass(frozen=True)
class Standing:
    """What an account has allowed for one template. status: accepted, rejected, banned or unknown."""

    key: str
    template_id: str
    credits: int
    status: str


async def take_results(account_id: UUID, results: dict[str, str], source: str) -> None:
    """Take the answers of a pop-up: template key to accept, reject, ban or filter. source: `client` or `event`."""
    async with db.transaction():
        await _lock(account_id)
        for key, result in results.items():
            # acceptWithAudio and the like are accepts
            status = STATUSES.get("accept" if result.startswith("accept") else result)
            if status is None:
                continue  # filter: another template with the same title was shown instead
            await _say(account_id, key, status)
            if status == "accepted":
                await _credit(account_id, key, source)


async def reject(account_id: UUID, key: str) -> None:
    """Take that somebody switched a template off in the menu of a message: what was allowed is gone."""
    async with db.transaction():
        await _lock(account_id)
        await _say(account_id, key, "rejected")
        await db.fetch(
            "UPDATE consent_credit SET void_at = app_now()"
            " WHERE account_id = $1 AND template_key = $2 AND spent_at IS NULL AND void_at IS NULL",
            account_id,
            key,
        )


async def standings(account_id: UUID) -> list[Standing]:
    """List what an account has allowed, for every template that this mini-app uses."""
    rows = await db.fetch(
        "SELECT t.key, c.status, (SELECT count(*) FROM consent_credit cc WHERE cc.account_id = $1"
        " AND cc.template_key = t.key AND cc.spent_at IS NULL AND cc.void_at IS NULL) AS credits"
        " FROM unnest($2::text[]) AS t (key)"
        " LEFT JOIN consent c ON c.account_id = $1 AND c.template_key = t.key",
        account_id,
        list(template_ids()),
    )
    return [
        Standing(row["key"], template_ids()[row["key"]], row["credits"], row["status"] or "unknown") for row in rows
    ]


def template_ids() -> dict[str, str]:
    """Give the platform's id for each template key."""
    return dict(runtime().settings.wechat.template_ids)


def keys_by_id() -> dict[str, str]:
    """Give the template key for each of the platform's ids."""
    return {template_id: key for key, template_id in template_ids().items()}


async def _lock(account_id: UUID) -> None:
    # phone and platform report the same tap at the same time: one after the other, or it would count twice
    await db.fetch("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)


async def _say(account_id: UUID, key: str, status: str) -> None:
    await db.fetch(
        "INSERT INTO consent (id, account_id, template_key, status, changed_at) VALUES ($1, $2, $3, $4, app_now())"
        " ON CONFLICT (account_id, template_key) DO UPDATE SET status = excluded.status, changed_at = app_now()",
        new_id(),
        account_id,
        key,
        status,
    )


async def _credit(account_id: UUID, key: str, source: str) -> None:
    # spent ones too: the phone's report may have been used before the platform's came
    rows = await db.fetch(
        "SELECT id, from_client_at, from_event_at FROM consent_credit WHERE account_id = $1 AND template_key = $2"
        " AND granted_at > app_now() - $3::interval",
        account_id,
        key,
        PAIRING,
    )
    twin = twin_of(source, clock.now(), [Grant(**row) for row in rows])
    if twin is not None:
        column = "from_event_at" if source == EVENT else "from_client_at"
        await db.fetch(f"UPDATE consent_credit SET {column} = app_now() WHERE id = $1", twin)
        return
    await db.fetch(
        "INSERT INTO consent_credit (id, account_id, template_key, from_client_at, from_event_at, granted_at)"
        " VALUES ($1, $2, $3, CASE WHEN $4 = 'client' THEN app_now() END, CASE WHEN $4 = 'event' THEN app_now() END,"
        " app_now())",
        new_id(),
        account_id,
        key,
        source,
    )
