"""Keep what the platform pushes, once; then take consents and receipts from it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson
import structlog

from notifications.consents import ledger
from notifications.consents.actions import keys_by_id
from notifications.pushes.reading import CHANGE, POPUP, SENT, Pushed, read_event
from server import clock, db
from server.events import publish
from server.facts import PlatformEventReceived
from server.ids import new_id
from server.jobs import ring

log = structlog.get_logger("pushes")

A_SECOND = timedelta(seconds=1)


async def keep(pushed: Pushed) -> None:
    """Write an event down; a copy of one that is there changes nothing."""
    async with db.transaction():
        row = await db.fetch_one(
            "INSERT INTO platform_event (id, dedup_key, event, openid, payload, received_at)"
            " VALUES ($1, $2, $3, $4, $5, app_now()) ON CONFLICT (dedup_key) DO NOTHING RETURNING id",
            new_id(),
            pushed.dedup_key,
            pushed.event,
            pushed.openid,
            orjson.dumps(dict(pushed.payload)).decode(),
        )
        if row is not None:
            await publish(PlatformEventReceived(platform_event_id=row["id"]))


async def act_upon(fact: PlatformEventReceived) -> None:
    """Take what an event says: consents, receipts. Events of other kinds are only kept."""
    row = await db.fetch_one("SELECT event, openid, payload FROM platform_event WHERE id = $1", fact.platform_event_id)
    pushed = read_event(orjson.loads(row["payload"])) if row else None
    if pushed is None:
        return
    if pushed.event in (POPUP, CHANGE):
        await _consents(pushed)
    elif pushed.event == SENT:
        await _receipts(fact, pushed)


async def _consents(pushed: Pushed) -> None:
    account = await db.fetch_one("SELECT id FROM account WHERE openid = $1", pushed.openid)
    if account is None:
        return  # allowed something, but has never signed in: there is nobody to write to
    at = _said_at(pushed)
    for key, item in _known(pushed):
        result = item.get("SubscribeStatusString", "")
        if pushed.event == POPUP:
            await ledger.take_results(account["id"], {key: result}, ledger.EVENT, at=at)
        elif result == "reject":
            # the platform tells whole seconds: what was tapped within this one is taken as before it
            await ledger.switch_off(account["id"], key, at=at + A_SECOND)


async def _receipts(fact: PlatformEventReceived, pushed: Pushed) -> None:
    for key, item in _known(pushed):
        await db.fetch(
            "INSERT INTO receipt (id, platform_event_id, openid, template_key, provider_id, is_good, code, received_at)"
            " SELECT $1, e.id, $3, $4, $5, $6, $7, e.received_at FROM platform_event e WHERE e.id = $2"
            " ON CONFLICT DO NOTHING",
            new_id(),
            fact.platform_event_id,
            pushed.openid,
            key,
            item.get("MsgID", ""),
            item.get("ErrorCode", "0") == "0",
            item.get("ErrorCode", "")[:100],
        )
    ring("settle")


def _known(pushed: Pushed) -> list[tuple[str, Mapping[str, str]]]:
    keys = keys_by_id()
    return [(keys[item["TemplateId"]], item) for item in pushed.items if item.get("TemplateId") in keys]


def _said_at(pushed: Pushed) -> datetime:
    """Give when it was said, never later than now. The platform goes by the wall, also when a test moved our time."""
    now = clock.now()
    try:
        return min(now, datetime.fromtimestamp(int(pushed.created), tz=UTC) + clock.shift())
    except (ValueError, OverflowError, OSError):
        return now
